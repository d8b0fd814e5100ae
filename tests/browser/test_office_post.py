"""The post room and the messages of a case in a browser, on a desk and on a phone, without an accessibility violation."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from dsar.domain.vocabulary import RequestType
from dsar.models import User
from notifications.models import Message, MessageState
from tests.browser.looking import DESK, PHONE, SHOTS, OpenPage, complaints_of, scrolls_sideways, violations
from tests.stories import receive
from tests.web.desk import at_desk

pytestmark = [pytest.mark.django_db(transaction=True)]


def check(page: Any, name: str) -> None:
    """The navigation of the back office has targets of its own size; `looking.check` holds those of the public pages."""
    page.wait_for_load_state("load")
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{page.viewport_size['width']}-{name}.png", full_page=True)
    assert violations(page) == [], name
    assert not scrolls_sideways(page), name


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_letters_and_bounces_are_seen_to_in_a_browser(open_page: OpenPage, dominique: User, size: dict) -> None:
    now = timezone.now()
    letter = receive(RequestType.ACCESS, email="", postal_address="12 rue de l'Essai\n33000 Bordeaux", at=now)
    bounced = receive(RequestType.ACCESS, at=now)
    error = "550 5.1.1 the server refused the recipient or the email for good"
    Message.objects.filter(reference=bounced.reference).update(state=MessageState.UNDELIVERABLE, error=error, attempts=1)
    page = open_page(viewport=size, by=at_desk(dominique))
    complaints = complaints_of(page)
    page.goto("/fr/office/post/")
    check(page, "post-room")
    page.click(f"text={bounced.reference}")
    check(page, "post-undelivered")
    page.goto(f"/fr/office/case/{letter.reference}/messages/")
    check(page, "post-letter")
    page.click("button:has-text('Lire')")
    check(page, "post-message")
    assert page.locator("pre").inner_text().strip().startswith("Bonjour")
    with page.context.expect_page() as opened:
        page.click("button:has-text('messagerie')")
    opened.value.wait_for_load_state("load")
    assert opened.value.evaluate("getComputedStyle(document.body).fontFamily").startswith("Georgia"), "its own style is let in"
    page.goto(f"/fr/office/case/{letter.reference}/messages/")
    page.click("button:has-text('Imprimée et postée')")
    expect(page.locator("body")).to_contain_text(re.compile("la lettre est partie", re.IGNORECASE))
    assert complaints == []
