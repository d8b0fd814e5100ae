"""Each branch of the form in a real browser, in both languages, with and without our scripts; axe looks in test_every_page.py."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dsar.domain.vocabulary import SubjectKind
from dsar.models import DataSubjectRequest, Suppression
from notifications.models import Message
from tests.browser.looking import DESK, PHONE, OpenPage, glance
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME, SACHA_NAME
from tests.stories import text_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


def press(page: Page) -> None:
    page.locator("main form button.btn").first.click()


def start(page: Page, home: str, language: str, *rights: str) -> None:
    page.goto(f"{home}/{language}/?site=bordeaux")
    press(page)
    for right in rights:
        page.check(f"input[value={right}]")
    press(page)


def who(page: Page, kind: str, about: dict[str, str], picks: tuple[str, ...], name: str) -> None:
    page.check(f"input[value={kind}]")
    press(page)
    glance(page, name)
    for field, value in about.items():
        page.fill(f"[name={field}]", value)
    for pick in picks:
        page.check(f"input{pick}")
    if kind == "mandate":
        page.set_input_files("[name=mandate]", {"name": "m.png", "mimeType": "image/png", "buffer": SIGNED})
    press(page)


def finish(page: Page, details: dict[str, str], name: str, *, tie: bool = True) -> None:
    if tie:  # an heir is not asked
        page.check("input[value=student]")
        assert page.locator("[name=site]").input_value() == "bordeaux"
        press(page)
    page.fill("[name=name]", CAMILLE_NAME)
    page.fill("[name=email]", CAMILLE_EMAIL)
    press(page)
    glance(page, name)
    for field, value in details.items():
        page.fill(f"[name={field}]", value)
    press(page)
    press(page)
    expect(page.locator("main .ref").first).to_be_visible()


SIGNED = b"\x89PNG\r\n\x1a\n" + b"what is signed" * 20
WALKS = [
    pytest.param("fr", PHONE, "light", False, id="fr-phone-no-scripts"),
    pytest.param("en", DESK, "dark", True, id="en-desk-dark"),
    pytest.param("fr", DESK, "light", True, id="fr-desk"),
    pytest.param("en", PHONE, "light", False, id="en-phone-no-scripts"),
]


@pytest.mark.parametrize(("language", "viewport", "scheme", "scripts"), WALKS)
def test_a_mandate_an_heir_a_child_and_a_minor(
    live_server: Any, open_page: OpenPage, language: str, viewport: Any, scheme: str, scripts: bool
):
    page: Page = open_page(scripts=scripts, viewport=viewport, color_scheme=scheme)
    start(page, live_server.url, language, "access", "portability")
    mandate = {"person_name": SACHA_NAME, "rights_covered": "copie", "data_covered": "tout", "duration": "un an"}
    who(page, "mandate", mandate, ("[value=person]",), "50-mandate")
    finish(page, {"access_period": "2021", "portability_to": "École de Brest"}, "51-help-copies")
    start(page, live_server.url, language, "erasure")
    heir = ("[name=tie][value=heir]", "[name=directives][value=no]", "[name=purpose][value=death]")
    who(page, "deceased", {"person_name": SACHA_NAME}, heir, "52-deceased")
    finish(page, {"heirs": "Fermer le compte."}, "53-help-heir", tie=False)
    start(page, live_server.url, language, "rectification")
    born = {"person_name": SACHA_NAME, "birth_day": "1", "birth_month": "2", "birth_year": "2012"}
    who(page, "child", born, ("[value=parent]",), "54-child")
    finish(page, {"rectification_what": "nom", "rectification": "Modèle"}, "55-help-correction")
    start(page, live_server.url, language, "unspecified")
    page.check("input[value=self_minor]")
    press(page)
    finish(page, {"unspecified": "On m’écrit sans cesse."}, "56-help-own-words")
    kinds = set(DataSubjectRequest.objects.values_list("subject_kind", flat=True))
    assert kinds == {SubjectKind.MANDATE, SubjectKind.DECEASED, SubjectKind.CHILD, SubjectKind.SELF_MINOR}
    assert set(DataSubjectRequest.objects.values_list("site", flat=True)) == {"bordeaux"}


@pytest.mark.parametrize(("language", "viewport", "scheme", "scripts"), WALKS)
def test_other_rights_a_link_to_come_back_and_advertising(
    live_server: Any, open_page: OpenPage, language: str, viewport: Any, scheme: str, scripts: bool
):
    page: Page = open_page(scripts=scripts, viewport=viewport, color_scheme=scheme)
    start(page, live_server.url, language, "other")
    for right in ("objection", "restriction", "withdrawal"):
        page.check(f"input[value={right}]")
    press(page)
    page.check("input[value=self]")
    press(page)
    page.check("input[value=graduate]")
    press(page)
    page.fill("[name=name]", CAMILLE_NAME)
    page.fill("[name=email]", CAMILLE_EMAIL)
    press(page)
    press(page)
    glance(page, "57-help-errors")
    assert page.locator(".note.bad a").count() == 5
    page.locator("main button[name=save]").click()
    glance(page, "58-save")
    press(page)
    glance(page, "59-saved")
    found = re.search(r"/request/resume/[\w-]+/", text_of(Message.objects.get(kind="draft_link")))
    assert found
    other: Page = open_page(scripts=scripts, viewport=viewport, color_scheme=scheme)
    other.goto(f"{live_server.url}/{language}{found.group()}")
    glance(other, "60-resume")
    press(other)
    glance(other, "61-help-kept")
    for field in ("objection", "objection_situation", "restriction", "withdrawal"):
        other.fill(f"[name={field}]", "le profilage")
    other.check("input[value=contested]")
    press(other)
    glance(other, "62-check-kept")
    press(other)
    glance(other, "63-sent-confirmed")
    assert DataSubjectRequest.objects.get().email_confirmed_at
    start(page, live_server.url, language, "marketing_objection")
    glance(page, "64-advertising")
    page.fill("[name=name]", CAMILLE_NAME)
    page.fill("[name=email]", CAMILLE_EMAIL)
    press(page)
    press(page)
    glance(page, "65-advertising-sent")
    assert Suppression.objects.count() == 1
    for path in ("easy", "notice"):
        page.goto(f"{live_server.url}/{language}/{path}/")
        glance(page, f"66-{path}")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_beyond_the_limit_the_browser_works_or_a_mailbox_answers(
    live_server: Any, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, scripts: bool
):
    monkeypatch.setattr("dsar.views.public.form.REQUESTS_PER_HOUR", 0)
    monkeypatch.setattr("dsar.views.public.work.COST", 10)
    page: Page = open_page(scripts=scripts, viewport=PHONE)
    start(page, live_server.url, "fr", "marketing_objection")
    page.fill("[name=name]", CAMILLE_NAME)
    page.fill("[name=email]", CAMILLE_EMAIL)
    press(page)
    press(page)
    send = page.locator("form[data-work] button")
    if scripts:
        expect(send).to_be_visible()
        glance(page, "67-beyond")
        send.click()
    else:
        glance(page, "67-beyond-no-scripts")
        expect(send).to_be_hidden()
        page.locator("form[action$='/request/save/'] button").click()
        found = re.search(r"/request/resume/[\w-]+/", text_of(Message.objects.get(kind="draft_link")))
        assert found
        page.goto(f"{live_server.url}/fr{found.group()}")
        press(page)
        press(page)
    expect(page.locator("main .ref").first).to_be_visible()
    assert DataSubjectRequest.objects.count() == 1
