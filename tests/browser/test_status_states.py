"""The status page in a browser: news without a jump, a warning before the end, several requests of one mailbox."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Page, expect

from dsar.models import User
from dsar.services import intake
from tests.browser.looking import DESK, PHONE, OpenPage, check, sign_in
from tests.stories import confirm, receive
from tests.web import states
from tests.web.following import opened

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


def test_news_arrive_politely_and_move_no_focus(live_server: Any, open_page: OpenPage, dominique: User, noa: User) -> None:
    dsr = states.received(timezone.now() - timedelta(days=2), dominique, noa)
    page: Page = open_page(viewport=DESK)
    page.clock.install()
    sign_in(page.context, opened(dsr), live_server.url)
    page.goto("/fr/status/")
    expect(page.locator("[data-no-script]")).to_be_hidden()
    page.locator(".write-to-us > summary").click()
    page.fill("[name=words]", "Je n’ai pas fini d’écrire")
    intake.withdraw(dsr_id=dsr.pk, now=timezone.now())
    page.clock.fast_forward("00:31")
    expect(page.locator("h1")).to_have_text("Vous avez retiré cette demande")
    assert page.title().startswith("Vous avez retiré cette demande")
    expect(page.locator("[name=words]")).to_be_focused()
    expect(page.locator("[name=words]")).to_have_value("Je n’ai pas fini d’écrire")
    assert page.locator("[data-live][role=status]").count() == 1
    assert page.locator("[data-live][role=status]").get_attribute("aria-live") in (None, "polite")


def test_five_minutes_before_the_end_the_page_says_so(live_server: Any, open_page: OpenPage, dominique: User, noa: User) -> None:
    dsr = states.received(timezone.now() - timedelta(days=2), dominique, noa)
    page: Page = open_page(viewport=PHONE)
    page.clock.install()
    sign_in(page.context, opened(dsr), live_server.url)
    page.goto("/fr/status/")
    left, received = (page.locator(f".clock > progress + .ends {one}").bounding_box() for one in ("strong", "span"))
    assert left
    assert received
    assert left["y"] <= received["y"], "where both do not fit on one line, the days left come first"
    page.locator(".write-to-us > summary").click()
    page.fill("[name=words]", "Je n’ai pas fini d’écrire")
    warning = page.locator("[data-closing] .note")
    expect(warning).to_be_hidden()
    page.clock.fast_forward("25:11")
    expect(warning).to_be_visible()
    assert page.locator("[data-closing]").get_attribute("aria-live") == "polite"
    expect(page.locator("[name=words]")).to_be_focused()
    check(page, "53-closing")
    stay = warning.get_by_role("button", name="Rester connecté")
    box = stay.bounding_box()
    assert box
    assert box["y"] + box["height"] <= PHONE["height"], "the warning is seen wherever the person reads"
    stay.focus()
    with page.expect_response(lambda answer: answer.url.endswith("/status/stay/")):
        page.keyboard.press("Enter")
    expect(warning).to_be_hidden()
    expect(page.locator("[name=words]")).to_be_focused()
    expect(page.locator("[name=words]")).to_have_value("Je n’ai pas fini d’écrire")
    expect(page.locator("[data-stayed]")).to_have_text("Vous restez connecté.")
    page.clock.fast_forward("24:00")
    expect(warning).to_be_hidden()
    page.clock.fast_forward("01:11")
    expect(warning).to_be_visible()
    Session.objects.all().delete()  # the server's clock ran on as well
    page.clock.fast_forward("05:00")
    page.wait_for_url("**/fr/follow/")
    assert "Camille" not in page.content(), "a screen that was left shows nobody's request"


@pytest.mark.parametrize("scripts", [True, False])
def test_the_button_to_stay_keeps_the_message_that_is_written(
    live_server: Any, open_page: OpenPage, dominique: User, noa: User, scripts: bool
) -> None:
    dsr = states.received(timezone.now() - timedelta(days=2), dominique, noa)
    page: Page = open_page(viewport=PHONE, java_script_enabled=scripts)
    sign_in(page.context, opened(dsr), live_server.url)
    page.goto("/fr/status/")
    page.locator(".write-to-us > summary").click()
    page.fill("[name=words]", "Je n’ai pas fini d’écrire")
    page.set_input_files(".write-to-us input[type=file]", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8"})
    page.locator(".sign-out").get_by_role("button", name="Rester connecté").click()
    expect(page.locator("main > .note[role=status]")).to_contain_text("Votre message est gardé")
    expect(page.locator("main > .note[role=status]")).to_contain_text("Choisissez de nouveau vos fichiers.")
    expect(page.locator("[name=words]")).to_be_visible()
    expect(page.locator("[name=words]")).to_have_value("Je n’ai pas fini d’écrire")


def test_several_requests_of_one_mailbox_and_the_page_of_the_code(live_server: Any, open_page: OpenPage) -> None:
    at = timezone.now() - timedelta(days=2)
    first, second = receive(at=at), receive(at=at + timedelta(hours=1))
    for dsr in (first, second):
        confirm(dsr, at=dsr.received_at + timedelta(minutes=2))
    pages: list[Page] = [open_page(viewport=PHONE, color_scheme="light"), open_page(viewport=DESK, color_scheme="dark")]
    for page, language in zip(pages, ("fr", "en"), strict=True):
        page.goto(f"/{language}/follow/")
        page.fill("[name=known_by]", first.reference)
        page.locator("main > form button.btn").click()
        page.fill("[name=code]", "000000")
        page.locator("main > form button.btn").click()
        page.locator("main details > summary").click()
        check(page, "54-code-refused")
        page.goto(f"/{language}/follow/open/{'x' * 32}/")
        check(page, "55-link-over")
    session = opened(first)
    for page, language in zip(pages, ("fr", "en"), strict=True):
        sign_in(page.context, session, live_server.url)
        page.goto(f"/{language}/status/requests/")
        check(page, "56-which-request")
    pages[0].get_by_role("button", name=second.reference).click()
    expect(pages[0].locator(".step .ref")).to_have_text(second.reference)
