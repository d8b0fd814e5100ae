"""A form that a cookie banner or an unsubscribe page began, in a real browser: on a phone without our scripts, and at a desk."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dsar.domain.vocabulary import EventKind
from dsar.models import DataSubjectRequest, Suppression
from tests.browser.looking import DESK, PHONE, OpenPage, check, violations
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME
from tests.web import handing

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
WHERE = [("fr", PHONE, "light", False), ("en", DESK, "dark", True)]
OTHER = {"light": "dark", "dark": "light"}


@pytest.fixture(autouse=True)
def _tools(settings: Any) -> None:
    settings.HANDOVER_KEYS, settings.PUBLIC_URL = list(handing.KEYS), handing.BASE


@pytest.fixture(params=WHERE, ids=["fr-phone-no-js", "en-desk"])
def walk(request: pytest.FixtureRequest, open_page: OpenPage) -> tuple[Page, str, str]:
    """A page, its language and its colours."""
    language, viewport, scheme, scripts = request.param
    return open_page(viewport=viewport, color_scheme=scheme, locale=language, scripts=scripts), language, scheme


def press(page: Page) -> None:
    page.locator("main form button.btn").first.click()
    page.wait_for_load_state("load")


def look(page: Page, name: str, scheme: str) -> None:
    check(page, name)
    page.emulate_media(color_scheme=OTHER[scheme])  # type: ignore[arg-type]
    assert violations(page) == [], (name, OTHER[scheme])
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]


def test_who_unsubscribes_writes_a_name_and_sends(walk: tuple[Page, str, str]) -> None:
    page, language, scheme = walk
    page.goto(handing.page(handing.token(handing.NEWSLETTER_KEY, rights=["marketing_objection"], email=CAMILLE_EMAIL), language))
    look(page, "60-handover", scheme)
    expect(page.locator("main .rows dd")).to_have_count(2)
    press(page)
    expect(page).to_have_url(page.url.split("/request/")[0] + "/request/contact/")
    expect(page.locator("[name=email]")).to_have_value(CAMILLE_EMAIL)
    page.fill("[name=name]", CAMILLE_NAME)
    press(page)
    check(page, "61-handover-check")
    press(page)
    expect(page.locator("main .ref").first).to_be_visible()
    assert Suppression.objects.count() == 1
    dsr = DataSubjectRequest.objects.get()
    assert (dsr.language, dsr.events.get(kind=EventKind.RECEIVED).data["handed_over_by"]) == (language, "newsletter")
    page.go_back()
    page.go_back()
    page.go_back()
    press(page)
    expect(page).to_have_url(page.url.split("/request/")[0] + "/request/sent/already/")
    assert DataSubjectRequest.objects.count() == 1


def test_who_comes_from_a_cookie_banner_types_nothing_twice(walk: tuple[Page, str, str]) -> None:
    page, language, scheme = walk
    page.goto(f"/{language}/")
    press(page)
    page.check("input[value=access]")
    press(page)
    cookies = {"ga": "GA1.2.123.456", "hjsession": "hj-789", "visitor_id": "v-42"}
    page.goto(handing.page(handing.token(rights=["erasure", "withdrawal"], site="bordeaux", email="none", **cookies), language))
    look(page, "62-handover-all", scheme)
    expect(page.locator("main .note")).to_have_count(2)  # not all could be read; a form was begun before
    page.locator("main .note a").click()
    expect(page.locator("input[value=self]")).to_be_visible()
    page.go_back()
    press(page)
    page.check("input[value=self]")
    press(page)
    expect(page.locator("[name=site]")).to_have_value("bordeaux")
    page.check("input[value=other]")
    press(page)
    check(page, "63-handover-contact")
    for name, value in cookies.items():
        expect(page.locator(f"[name={name}]")).to_have_value(value)
    expect(page.locator("[name=ga]")).to_be_visible()  # what was filled in is not tucked away
    page.fill("[name=name]", CAMILLE_NAME)
    page.fill("[name=email]", CAMILLE_EMAIL)
    press(page)
    page.fill("[name=withdrawal]", "Les cookies de mesure.")
    press(page)
    press(page)
    expect(page.locator("main .ref").first).to_be_visible()
    dsr = DataSubjectRequest.objects.get()
    assert dsr.identifiers == {name: [value] for name, value in cookies.items()}
    assert [part.right for part in dsr.parts.order_by("pk")] == ["erasure", "withdrawal"]


def test_a_link_that_opens_nothing_leads_to_the_form(walk: tuple[Page, str, str]) -> None:
    page, language, scheme = walk
    answer = page.goto(handing.page(handing.token(base="https://elsewhere.example"), language))
    assert answer
    assert answer.status == 410
    look(page, "64-handover-over", scheme)
    page.locator("main a.btn").click()
    expect(page.locator("main form button.btn")).to_be_visible()
