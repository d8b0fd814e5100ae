"""The back office in a browser: no accessibility violation, no overflow, shortcuts that can be turned off, a quiet CSP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from dsar.domain.vocabulary import IdentityMeans, Outcome, RequestType
from dsar.models import DataSubjectRequest
from dsar.services import decide, verify
from tests.browser.looking import DESK, OpenPage, complaints_of
from tests.stories import receive
from tests.web.desk import at_desk

pytestmark = [pytest.mark.django_db(transaction=True)]

AXE = Path(__file__).with_name("axe.min.js")


@pytest.fixture
def cases(dominique, noa) -> list[DataSubjectRequest]:
    """One to identify, one to read, one that a colleague proposed to erase."""
    now = timezone.now()
    new = receive(RequestType.ACCESS, at=now)
    unread = receive(RequestType.UNSPECIFIED, name="Max Sosie", email="max@mail.example", at=now)
    erased = receive(RequestType.ERASURE, name="Sacha Modèle", email="sacha@mail.example", at=now)
    verify.record_identity(
        dsr_id=erased.pk, officer=noa, established=True, means=IdentityMeans.COUNTER, reason="vu au guichet", now=now
    )
    decide.decide_part(
        part_id=erased.parts.get().pk, officer=noa, outcome=Outcome.GRANTED, grounds=[], reasons="Effacé.", now=now
    )
    return [new, unread, erased]


@pytest.fixture
def page(open_page: OpenPage, dominique) -> Any:
    """A page of Dominique's, signed in; what the browser complains about is collected in `page.complaints`."""
    opened = open_page(viewport=DESK, by=at_desk(dominique))
    opened.complaints = complaints_of(opened)  # type: ignore[attr-defined]
    return opened


def violations(page: Any) -> list[str]:
    return list(page.evaluate(AXE.read_text() + "; axe.run().then(r => r.violations.map(v => v.id + ' ' + v.nodes[0].target))"))


def too_wide(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"))


@pytest.mark.parametrize(("language", "width"), [("fr", 1280), ("en", 390), ("fr", 320)])
def test_no_page_has_a_violation_or_overflows(page, cases, language, width):
    erased = cases[-1]
    paths = ["", "?view=late", "?q=zzz", "approvals/", "tasks/", "register/", "sources/", "journal/", "account/"]
    paths += ["clock/", "clock/?pack=FR&received_on=2026-03-02&identity_asked=2026-03-04", "clock/?received_on=x"]
    paths += [f"case/{dsr.reference}/" for dsr in cases]
    paths += [f"case/{erased.reference}/proposal/{erased.approvals.get().pk}/"]
    page.set_viewport_size({"width": width, "height": 900})
    for path in paths:
        assert page.goto(f"/{language}/office/{path}").status == (422 if path.endswith("=x") else 200), path
        assert violations(page) == [], path
        assert not too_wide(page), path
    assert [said for said in page.complaints if "422" not in said] == [], "a refused date is no fault of the page"


def test_a_refused_form_shows_its_mistakes_first_and_focused(page, cases):
    page.goto(f"/fr/office/case/{cases[0].reference}/")
    page.get_by_role("button", name="Enregistrer la décision").click()
    assert page.title().startswith("Erreur")
    assert page.evaluate("document.activeElement.className").split()[-1] == "summary"
    assert violations(page) == []


def test_keys_move_open_search_and_can_be_turned_off(page, cases):
    page.goto("/fr/office/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.closest('tr') !== null")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.press("j")
    assert page.input_value("#q") == "j", "a shortcut is inactive in a field"
    page.goto("/fr/office/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/office/case/**")
    page.keyboard.press("g")
    page.keyboard.press("q")
    page.wait_for_url("**/fr/office/")
    page.get_by_role("button", name="Désactiver les raccourcis").click()
    page.keyboard.press("j")
    assert not page.evaluate("document.activeElement.closest('tr') !== null")


def test_the_queue_and_the_case_work_without_javascript(chromium, live_server, dominique, cases):
    context = chromium.new_context(java_script_enabled=False, base_url=live_server.url)
    session = at_desk(dominique).cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
    plain = context.new_page()
    plain.goto("/fr/office/")
    plain.get_by_label(f"Choisir {cases[0].reference}").check()
    plain.get_by_role("button", name="M’attribuer").click()
    assert "À vous maintenant." in plain.inner_text("main")
    plain.get_by_role("link", name=cases[0].reference).click()
    plain.get_by_label("Note", exact=True).fill("Sans script.")
    plain.get_by_role("button", name="Garder la note").click()
    assert "Sans script." in plain.inner_text("#journal")
    context.close()
