"""The clock's pages in a browser, at a desk and on a phone: no accessibility violation, nothing that scrolls sideways."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from dsar.domain.vocabulary import ExtensionReason, RequestType
from dsar.selectors import today_at_seat
from dsar.services import decide, extend, pause
from tests.browser.looking import DESK, PHONE, SHOTS, OpenPage, scrolls_sideways, violations
from tests.stories import receive
from tests.web.desk import at_desk
from tests.web.following import opened

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from dsar.models import DataSubjectRequest, User

pytestmark = [pytest.mark.django_db(transaction=True)]
WORDS = "Votre parcours couvre trois campus, dont les archives sont sur papier."


@pytest.fixture(params=["desk", "phone"])
def office(request, open_page: OpenPage, dominique) -> Page:
    """A page of Dominique's, signed in."""
    return open_page(viewport=DESK if request.param == "desk" else PHONE, by=at_desk(dominique))


@pytest.fixture
def paused(dominique: User) -> DataSubjectRequest:
    now = timezone.now()
    dsr = receive(RequestType.ACCESS, at=now - timedelta(days=9))
    pause.ask_clarification(
        dsr_id=dsr.pk,
        officer=dominique,
        why="Nos systèmes tiennent plus de 40 000 lignes sur vous.",
        choices=["Vos cours et vos notes", "Vos factures"],
        reply_by=today_at_seat(now) + timedelta(days=14),
        now=now - timedelta(days=2),
    )
    return dsr


@pytest.fixture
def proposed(noa: User) -> DataSubjectRequest:
    now = timezone.now()
    dsr = receive(RequestType.ACCESS, name="Sacha Modèle", email="sacha@mail.example", at=now - timedelta(days=9))
    extend.propose_extension(dsr_id=dsr.pk, officer=noa, reason=ExtensionReason.COMPLEXITY, words=WORDS, now=now)
    return dsr


def look(page: Page, name: str) -> None:
    page.wait_for_load_state("load")
    if SHOTS:
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=f"{SHOTS}/clock-{width}-{name}.png", full_page=True)
    assert violations(page) == [], name
    assert not scrolls_sideways(page), name


def test_the_pages_of_the_clock_are_read_by_everybody(office, paused, proposed):
    office.goto(f"/fr/office/case/{paused.reference}/")
    office.get_by_text("La réponse est arrivée").click()
    look(office, "paused")
    office.goto(f"/fr/office/case/{paused.reference}/clock/extend/")
    look(office, "extend")
    office.get_by_label("La demande est complexe").check()
    office.locator("#id_words").fill(WORDS)
    office.get_by_role("button", name="Voir ce que la personne").click()
    office.get_by_text(WORDS).first.wait_for()
    look(office, "extend-preview")
    office.goto(f"/fr/office/case/{proposed.reference}/")
    look(office, "proposed")
    office.goto(f"/fr/office/case/{proposed.reference}/clock/specify/")
    look(office, "specify")
    office.goto(f"/fr/office/case/{proposed.reference}/proposal/{proposed.approvals.get().pk}/")
    look(office, "proposal")
    office.goto("/fr/office/register/")
    look(office, "register")
    office.goto("/fr/office/")
    look(office, "queue")


def test_the_deadline_card_is_read_by_everybody_in_each_state(open_page: OpenPage, dominique, noa, paused):
    now = timezone.now()
    late = receive(RequestType.ACCESS, at=now - timedelta(days=50))
    longer = receive(RequestType.ACCESS, at=now - timedelta(days=12))
    approval = extend.propose_extension(
        dsr_id=longer.pk, officer=dominique, reason=ExtensionReason.COMPLEXITY, words=WORDS, now=now
    )
    decide.answer_proposal(approval_id=approval.pk, officer=noa, approve=True, reason="", now=now)
    answered = receive(RequestType.ACCESS, at=now - timedelta(days=30))
    answered.parts.update(step="answered", outcome="granted", answered_at=now)
    type(answered).objects.filter(pk=answered.pk).update(status="answered")
    for name, dsr in (("late", late), ("longer", longer), ("paused", paused), ("answered", answered)):
        page = open_page(viewport=PHONE, by=opened(dsr))
        page.goto("/fr/status/")
        page.locator("section.clock").first.wait_for()
        look(page, f"card-{name}")
        page.close()
