"""The post room and the messages of a case in a browser, on a desk and on a phone, without an accessibility violation."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from dsar.domain.vocabulary import RequestType
from dsar.models import User
from notifications.models import Message, MessageState
from tests.browser.looking import DESK, PHONE, SHOTS, scrolls_sideways, violations
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
def test_letters_and_bounces_are_seen_to_in_a_browser(chromium: Any, live_server: Any, dominique: User, size: dict) -> None:
    now = timezone.now()
    letter = receive(RequestType.ACCESS, email="", postal_address="12 rue de l'Essai\n33000 Bordeaux", at=now)
    bounced = receive(RequestType.ACCESS, at=now)
    error = "550 5.1.1 the server refused the recipient or the mail for good"
    Message.objects.filter(reference=bounced.reference).update(state=MessageState.UNDELIVERABLE, error=error, attempts=1)
    context = chromium.new_context(viewport=size, base_url=live_server.url)
    session = at_desk(dominique).cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto("/fr/office/post/")
    check(page, "post-room")
    page.click(f"text={bounced.reference}")
    check(page, "post-undelivered")
    page.goto(f"/fr/office/case/{letter.reference}/messages/")
    check(page, "post-letter")
    page.click("button:has-text('Lire')")
    check(page, "post-message")
    assert page.locator("pre").inner_text().strip().startswith("Bonjour")
    with context.expect_page() as opened:
        page.click("button:has-text('messagerie')")
    opened.value.wait_for_load_state("load")
    assert opened.value.evaluate("getComputedStyle(document.body).fontFamily").startswith("Georgia"), "its own style is let in"
    page.goto(f"/fr/office/case/{letter.reference}/messages/")
    page.click("button:has-text('Imprimée et postée')")
    assert "La lettre est partie" in page.inner_text("body").replace("la lettre", "La lettre")
    assert complaints == []
    context.close()
