"""The public pages in a real browser: with and without JavaScript, on a phone and on a desk, in both languages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from dsar.domain.vocabulary import Outcome
from dsar.models import DataSubjectRequest, User
from dsar.services import decide, deliver, tell
from tests import stories
from tests.browser.looking import DESK, PHONE, OpenPage, glance, small_targets, violations
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME, SACHA_NAME

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


def press(page: Page) -> None:
    page.locator("main form button.btn").first.click()


@pytest.mark.parametrize(
    ("language", "viewport", "scheme", "javascript"),
    [("fr", PHONE, "dark", False), ("en", DESK, "light", True), ("en", PHONE, "light", False), ("fr", DESK, "light", True)],
    ids=["fr-phone-dark-no-js", "en-desk", "en-phone-no-js", "fr-desk"],
)
def test_the_whole_form_is_walked(
    live_server: Any, open_page: OpenPage, language: str, viewport: Any, scheme: str, javascript: bool
):
    page: Page = open_page(viewport=viewport, color_scheme=scheme, scripts=javascript)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{live_server.url}/{language}/")
    glance(page, "00-start")
    press(page)
    glance(page, "01-what")
    press(page)
    glance(page, "02-what-error")
    expect(page.locator("[data-focus]")).to_be_focused()
    for right in ("access", "rectification", "other"):
        page.check(f"input[value={right}]")
    press(page)
    glance(page, "03-other")
    page.check("input[value=objection]")
    press(page)
    glance(page, "04-who")
    page.check("input[value=mandate]")
    press(page)
    glance(page, "05-about-mandate")
    page.go_back()
    page.check("input[value=deceased]")
    press(page)
    glance(page, "06-about-deceased")
    page.go_back()
    page.check("input[value=child]")
    press(page)
    press(page)
    glance(page, "07-about-child-error")
    for name, value in (("person_name", SACHA_NAME), ("birth_day", "31"), ("birth_month", "3"), ("birth_year", "2012")):
        page.fill(f"[name={name}]", value)
    page.check("input[value=parent]")
    press(page)
    glance(page, "08-tie")
    page.check("input[value=student]")
    press(page)
    glance(page, "09-contact")
    page.fill("[name=email]", "camille@institut")
    press(page)
    glance(page, "10-contact-error")
    page.fill("[name=name]", CAMILLE_NAME)
    page.fill("[name=email]", CAMILLE_EMAIL)
    press(page)
    glance(page, "11-help")
    page.fill("[name=rectification]", "x" * 2001)
    press(page)
    glance(page, "12-help-error")
    page.fill("[name=rectification_what]", "Mon nom")
    page.fill("[name=rectification]", "Modèle s’écrit avec un accent.")
    page.fill("[name=objection]", "Le profilage.")
    page.fill("[name=objection_situation]", "Je suis en alternance.")
    page.check("input[value=post]")
    press(page)
    glance(page, "13-post")
    page.fill("[name=postal_address]", "1 rue des Tests\n33000 Bordeaux")
    press(page)
    glance(page, "14-check")
    page.locator("section.answers a").nth(2).click()
    page.check("input[value=self]")
    press(page)
    expect(page).to_have_url(f"{live_server.url}/{language}/request/tie/")  # the child's tie is not one's own
    page.check("input[value=student]")
    press(page)
    press(page)
    expect(page).to_have_url(f"{live_server.url}/{language}/request/check/")
    press(page)
    glance(page, "15-sent")
    dsr = DataSubjectRequest.objects.get()
    expect(page.locator("main .ref").first).to_have_text(dsr.reference)
    page.fill("[name=code]", "000 000")
    press(page)
    glance(page, "16-sent-error")
    code = stories.code_in(dsr)
    page.fill("[name=code]", f"{code[:3]}-{code[3:]}")
    press(page)
    glance(page, "17-confirmed")
    page.goto(f"{live_server.url}/{language}/request/check/")
    glance(page, "18-already-sent")
    assert DataSubjectRequest.objects.count() == 1
    assert {url.split("/")[2] for url in asked} == {live_server.url.split("/")[2]}, "nothing is asked elsewhere"


@pytest.mark.parametrize(
    ("language", "viewport", "scheme"), [("fr", PHONE, "light"), ("en", DESK, "dark"), ("fr", DESK, "light")]
)
def test_following_and_downloading(
    live_server: Any, open_page: OpenPage, school: Any, dominique: User, language: str, viewport: Any, scheme: str
):
    at = timezone.now() - timedelta(days=3)
    dsr = stories.receive(at=at)
    page: Page = open_page(viewport=viewport, color_scheme=scheme)
    page.goto(f"{live_server.url}/{language}/follow/")
    press(page)
    glance(page, "20-follow-error")
    page.fill("[name=known_by]", dsr.reference)
    press(page)
    glance(page, "21-follow-code")
    page.fill("[name=code]", "12")
    press(page)
    glance(page, "22-follow-code-error")
    page.fill("[name=code]", stories.code_in(dsr, "code"))
    press(page)
    glance(page, "23-status-received")
    tell.write_to_subject(
        dsr_id=dsr.pk, officer=dominique, words="Merci. Nous avons ajouté Lyon à la recherche.", now=timezone.now()
    )
    page.locator(".write-to-us > summary").click()
    page.fill("[name=words]", "J’étais sur le campus de Lyon, puis à Bordeaux.")
    page.locator(".write-to-us button.btn").click()
    glance(page, "24-status-messages")
    _release(dsr, dominique, at)
    page.reload()
    glance(page, "25-status-ready")
    page.locator(".clock.ready a.btn").click()
    press(page)
    glance(page, "25-pass-phrase-error")
    page.fill("[name=phrase]", stories.PHRASE)
    page.fill("[name=again]", stories.PHRASE)
    press(page)
    glance(page, "25-pass-phrase-chosen")
    page.locator("form[action$='/download/code/'] button").click()
    glance(page, "26-download")
    page.fill("[name=code]", "99")
    press(page)
    glance(page, "27-download-error")
    page.fill("[name=code]", stories.code_in(dsr, "code"))
    page.fill("[name=phrase]", stories.PHRASE)
    with page.expect_download() as download:
        press(page)
    assert download.value.suggested_filename.endswith(".zip")
    page.goto(f"{live_server.url}/{language}/status/")
    glance(page, "28-status-downloaded")
    page.locator("button[form=sign-out]").click()
    glance(page, "29-signed-out")
    page.go_back()
    expect(page.locator("body")).not_to_contain_text(CAMILLE_NAME)


def _release(dsr: DataSubjectRequest, officer: User, at: Any) -> None:
    dsr.refresh_from_db()
    if dsr.email_confirmed_at is None:
        stories.confirm(dsr, at=at + timedelta(minutes=2))
    stories.work(dsr.pk, at=timezone.now())
    decide.decide_part(
        part_id=dsr.parts.get().pk, officer=officer, outcome=Outcome.GRANTED, grounds=[], reasons="", now=timezone.now()
    )
    stories.work(dsr.pk, at=timezone.now())
    assert deliver.release(dsr_id=dsr.pk, officer=officer, now=timezone.now()) is None


def test_not_sure_clears_the_other_boxes_at_once_with_javascript(live_server: Any, open_page: OpenPage):
    page: Page = open_page(viewport=DESK)
    page.goto(f"{live_server.url}/fr/request/what/")
    page.check("input[value=access]")
    page.check("input[value=unspecified]")
    expect(page.locator("input[value=access]")).not_to_be_checked()
    page.check("input[value=erasure]")
    expect(page.locator("input[value=unspecified]")).not_to_be_checked()


def test_the_eyes_of_these_tests_see(live_server: Any, open_page: OpenPage):
    page: Page = open_page(viewport=PHONE)
    page.goto(f"{live_server.url}/fr/")
    assert violations(page) == []
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<input><button>x</button>')")
    assert any(found.startswith("label") for found in violations(page))
    assert small_targets(page, 100)
