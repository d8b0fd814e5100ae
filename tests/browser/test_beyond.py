"""A program that fills in every field it finds, in a real browser: some seconds of work, and the request leaves."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dsar.models import DataSubjectRequest
from tests.browser.looking import DESK, PHONE, OpenPage, check
from tests.browser.test_form_branches import press, start
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


@pytest.mark.parametrize(("language", "size"), [("fr", PHONE), ("en", DESK)], ids=["fr-phone", "en-desk"])
def test_a_hidden_field_that_was_filled_in_keeps_nobody_from_asking(
    live_server: Any, open_page: OpenPage, language: str, size: Any
):
    page: Page = open_page(viewport=size)
    start(page, live_server.url, language, "marketing_objection")
    page.fill("[name=name]", CAMILLE_NAME)
    page.fill("[name=email]", CAMILLE_EMAIL)
    press(page)
    page.evaluate("document.querySelector('[name=website]').value = 'https://camille.example'")
    press(page)
    send = page.locator("form[data-work] button")
    expect(send).to_be_visible(timeout=60_000)
    check(page, "68-robot")
    send.click()
    page.wait_for_url("**/request/sent/")
    assert DataSubjectRequest.objects.count() == 1
