"""The clock of a case on its page: the dates that differ, what is awaited, and two letters that are read before they leave."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
import time_machine

from dsar.domain.vocabulary import Doubt, EventKind, ExtensionReason, PauseKind, RequestType, SubjectKind
from dsar.services import decide, extend, pause, tell
from notifications.models import Message
from tests.stories import receive, text_of
from tests.web.desk import at_desk, words

if TYPE_CHECKING:
    from dsar.models import DataSubjectRequest, User

pytestmark = pytest.mark.django_db
RECEIVED = datetime(2026, 3, 2, 10, tzinfo=UTC)  # one month is Thursday 2 April, the promise Wednesday 1 April
WHY = "Nos systèmes tiennent plus de 40 000 lignes sur vous."
REASONS = "Votre parcours couvre trois campus, dont les archives sont sur papier."
SPECIFY = {"why": WHY, "choices": "Vos cours et vos notes\nVos factures", "reply_by": "2026-03-24"}
EXTEND = {"reason": "complexity", "words": REASONS}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(datetime(2026, 3, 10, 9, tzinfo=UTC), tick=False) as moving:
        yield moving


@pytest.fixture
def dsr() -> DataSubjectRequest:
    return receive(at=RECEIVED)


def url(dsr: DataSubjectRequest, tail: str = "") -> str:
    return f"/fr/office/case/{dsr.reference}/{tail}"


def card(user: User, dsr: DataSubjectRequest) -> str:
    """The words of the clock card alone."""
    html = at_desk(user).get(url(dsr)).content.decode()
    section = re.search(r'<section class="clock" id="clock".*?</section>', html, re.S)
    assert section
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", section.group())).replace("&#x27;", "'").replace("\N{NO-BREAK SPACE}", " ")


def propose(dsr: DataSubjectRequest, officer: User, now: datetime, **changes: Any) -> int:
    given: dict[str, Any] = {"reason": ExtensionReason.COMPLEXITY, "words": REASONS}
    return extend.propose_extension(dsr_id=dsr.pk, officer=officer, now=now, **(given | changes)).pk


# The dates


def test_a_running_clock_shows_its_day_and_the_three_dates_that_differ(dominique, dsr):
    shown = card(dominique, dsr)
    for needed in (
        "Répondre au plus tard le 1 avril",
        "22 jours",
        "Date prudente",
        "Date de travail",
        "Limite légale",
        "2 avril",
    ):
        assert needed in shown, needed
    assert "Réception montrée par : Envoyée par le formulaire en ligne" in shown


def test_dates_that_are_the_same_are_one_line(dominique):
    same = receive(at=datetime(2026, 4, 8, 10, tzinfo=UTC), key="b")  # 8 May is a holiday, and the promise the same day
    assert same.careful_date == date(2026, 5, 8)
    with time_machine.travel(datetime(2026, 6, 2, 9, tzinfo=UTC), tick=False):
        june = receive(at=datetime(2026, 6, 1, 10, tzinfo=UTC), key="c")
        assert len({june.careful_date, june.working_date, june.legal_limit}) == 1
        assert "Date prudente et limite légale : le même jour." in card(dominique, june)


def test_a_closed_office_is_told_for_planning(dominique):
    received = datetime(2026, 11, 26, 10, tzinfo=UTC)  # the month ends on Saturday 26 December, inside the closure
    with time_machine.travel(datetime(2026, 12, 1, 9, tzinfo=UTC), tick=False):
        dsr = receive(at=received, key="d")
        assert (dsr.careful_date, dsr.legal_limit) == (date(2026, 12, 26), date(2026, 12, 28))
        shown = card(dominique, dsr)
    assert "À tenir prête pour" in shown
    assert "mer 23 Déc 2026" in shown or "mer. 23 déc. 2026" in shown or "23" in shown.split("À tenir prête pour")[1][:40]


# A question is open


def test_a_paused_clock_says_since_when_for_what_and_not_before_which_day(dominique, dsr):
    doubt = {"words": "Plusieurs personnes portent ce nom.", "doubt": Doubt.SEVERAL_PEOPLE_FIT}
    pause.pause(dsr, PauseKind.IDENTITY, officer=dominique, now=datetime(2026, 3, 4, 10, tzinfo=UTC), **doubt)
    shown = card(dominique, dsr)
    for needed in (
        "En pause depuis le 4 mars",
        "depuis 6 jours",
        "28 jours après la réponse",
        "demandé le 4 mars par Dominique Témoin",
        "Les éléments donnés peuvent désigner plusieurs personnes",
        "Limite légale, pas avant",
        "8 avr",
    ):
        assert needed in shown, needed


def test_a_late_question_is_awaited_while_the_clock_runs(dominique, dsr):
    doubt = {"words": "Plusieurs personnes portent ce nom.", "doubt": Doubt.SEVERAL_PEOPLE_FIT}
    pause.pause(dsr, PauseKind.IDENTITY, officer=dominique, now=datetime(2026, 3, 9, 10, tzinfo=UTC), **doubt)
    shown = card(dominique, dsr)
    assert "Demandé tard : le délai court toujours" in shown
    assert "Répondre au plus tard le 1 avril" in shown


def test_the_letter_that_asks_to_specify_is_read_before_it_leaves(dominique, dsr):
    desk = at_desk(dominique)
    assert "Demander de préciser" in words(desk.get(url(dsr, "clock/specify/")))
    preview = words(desk.post(url(dsr, "clock/specify/"), {**SPECIFY, "preview": "1"}))
    assert WHY in preview
    assert "Rien ne vous oblige à répondre" in preview
    assert not dsr.events.filter(kind=EventKind.PAUSED).exists(), "a look changes nothing"
    again = desk.post(url(dsr, "clock/specify/"), {**SPECIFY, "back": "1"})
    assert WHY in again.content.decode()
    assert desk.post(url(dsr, "clock/specify/"), {**SPECIFY, "send": "1"}).status_code == 302
    sent = text_of(Message.objects.get(reference=dsr.reference, kind="clarification_request"))
    assert WHY in sent
    shown = card(dominique, dsr)
    assert "En pause depuis le 10 mars" in shown
    assert "Réponse souhaitée le 24 mars" in shown
    assert "Demander de préciser" not in shown


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"why": " "}, "il n’y a pas de pause sans motif"),
        ({"choices": "Tout"}, "Proposez de 2 à 12 choix"),
        ({"reply_by": "2026-03-10"}, "doit être après aujourd’hui"),
        ({"reply_by": "mardi"}, "Écrivez le jour ainsi"),
    ],
)
@pytest.mark.parametrize("button", ["preview", "send"])
def test_a_letter_with_something_missing_comes_back(dominique, dsr, change, said, button):
    answer = at_desk(dominique).post(url(dsr, "clock/specify/"), {**SPECIFY, **change, button: "1"})
    assert answer.status_code == 422
    assert said in words(answer)
    assert not dsr.events.filter(kind=EventKind.PAUSED).exists()


# The answer


def asked(dsr: DataSubjectRequest, officer: User) -> None:
    pause.ask_clarification(
        dsr_id=dsr.pk,
        officer=officer,
        why=WHY,
        choices=["Notes", "Factures"],
        reply_by=date(2026, 3, 24),
        now=datetime(2026, 3, 10, 9, tzinfo=UTC),
    )


def test_a_message_of_the_person_can_be_marked_as_the_answer(dominique, dsr, clock):
    tell.receive_from_subject(dsr_id=dsr.pk, words="Un mot d'avant.", now=datetime(2026, 3, 5, 9, tzinfo=UTC))
    asked(dsr, dominique)
    tell.receive_from_subject(dsr_id=dsr.pk, words="Mes notes seulement.", now=datetime(2026, 3, 16, 9, tzinfo=UTC))
    clock.move_to(datetime(2026, 3, 18, 9, tzinfo=UTC))
    shown = card(dominique, dsr)
    assert "Mes notes seulement." in shown
    assert "Un mot d'avant." not in shown, "what came before the question is no answer to it"
    message = dsr.events.filter(kind=EventKind.MESSAGE_FROM_SUBJECT).latest("sequence")
    assert at_desk(dominique).post(url(dsr, "clock/arrived/"), {"message": message.sequence}).status_code == 302
    dsr.refresh_from_db()
    assert (dsr.waiting_for, dsr.legal_limit) == ("", date(2026, 4, 8))


def test_an_answer_by_letter_counts_from_the_day_it_arrived(dominique, dsr, clock):
    asked(dsr, dominique)
    clock.move_to(datetime(2026, 3, 18, 9, tzinfo=UTC))
    desk = at_desk(dominique)
    early = desk.post(url(dsr, "clock/arrived/"), {"arrived_on": "2026-03-09"})
    assert early.status_code == 422
    assert "ne peut pas être arrivée avant la question, posée le 10 mars 2026" in words(early)
    future = desk.post(url(dsr, "clock/arrived/"), {"arrived_on": "2026-03-19"})
    assert "ne peut pas être dans l’avenir" in words(future)
    assert 'value="2026-03-19"' in future.content.decode(), "what was typed is kept"
    assert desk.post(url(dsr, "clock/arrived/"), {"arrived_on": "2026-03-17"}).status_code == 302
    dsr.refresh_from_db()
    assert dsr.legal_limit == date(2026, 4, 9)


def test_today_is_a_day_of_arrival_before_noon_too(dominique, dsr):
    asked(dsr, dominique)
    assert at_desk(dominique).post(url(dsr, "clock/arrived/"), {"arrived_on": "2026-03-10"}).status_code == 302
    dsr.refresh_from_db()
    assert (dsr.waiting_for, dsr.legal_limit) == ("", date(2026, 4, 2))


def test_what_is_no_message_of_the_person_is_no_answer(dominique, dsr):
    asked(dsr, dominique)
    assert at_desk(dominique).post(url(dsr, "clock/arrived/"), {"message": "1"}).status_code == 404


# The extension


def test_an_extension_is_read_proposed_and_approved_by_somebody_else(dominique, noa, dsr):
    desk = at_desk(dominique)
    form = words(desk.get(url(dsr, "clock/extend/")))
    assert "mardi 2 juin 2026" in form
    preview = words(desk.post(url(dsr, "clock/extend/"), {**EXTEND, "preview": "1"}))
    assert REASONS in preview
    assert "au plus tard le mardi 2 juin 2026" in preview
    assert not dsr.approvals.exists()
    assert desk.post(url(dsr, "clock/extend/"), {**EXTEND, "send": "1"}).status_code == 302
    assert "Par Dominique Témoin. Une autre personne doit valider au plus tard le 2 avril" in card(dominique, dsr)
    approval = dsr.approvals.get()
    assert "avis au plus tard jeu" in words(at_desk(noa).get("/fr/office/approvals/"))
    page = words(at_desk(noa).get(url(dsr, f"proposal/{approval.pk}/")))
    for needed in ("La demande est complexe", REASONS, "1 avril 2026", "mardi 2 juin 2026", "jeudi 2 avril 2026", "Valider"):
        assert needed in page, needed
    assert at_desk(noa).post(url(dsr, f"proposal/{approval.pk}/"), {"verdict": "approve"}).status_code == 302
    shown = card(dominique, dsr)
    for needed in ("2 juin", "1 avril 2026", "Prolongée : La demande est complexe. Annoncé le 10 mars.", "a déjà été prolongé"):
        assert needed in shown, needed
    assert "<del>" in at_desk(dominique).get(url(dsr)).content.decode()
    assert REASONS in words(at_desk(noa).get(url(dsr, f"proposal/{approval.pk}/")))


def test_an_extension_by_letter_says_until_when_it_must_be_posted(dominique, noa):
    dsr = receive(at=RECEIVED, email="", postal_address="12 rue des Essais\n33000 Bordeaux")
    approval = propose(dsr, dominique, datetime(2026, 3, 10, 9, tzinfo=UTC))
    done = at_desk(noa).post(url(dsr, f"proposal/{approval}/"), {"verdict": "approve"}, follow=True)
    assert "postez-la au plus tard le 2 avril 2026" in words(done)


def test_an_extension_without_reasons_comes_back(dominique, dsr):
    for change, said in (({"words": " "}, "il n’y a pas de prolongation sans elles"), ({"reason": ""}, "Choisissez le motif.")):
        answer = at_desk(dominique).post(url(dsr, "clock/extend/"), {**EXTEND, **change, "send": "1"})
        assert answer.status_code == 422
        assert said in words(answer)
    assert not dsr.approvals.exists()


def test_after_the_limit_the_card_says_why_and_has_no_button(dominique, noa, dsr, clock):
    approval = propose(dsr, dominique, datetime(2026, 3, 31, 9, tzinfo=UTC))
    clock.move_to(datetime(2026, 4, 3, 9, tzinfo=UTC))
    page = words(at_desk(noa).get(url(dsr, f"proposal/{approval}/")))
    assert "Trop tard pour prolonger : l’avis devait partir au plus tard le 2 avril 2026" in page.replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert "Valider" not in page.split("Votre réponse")[1]
    refused = at_desk(noa).post(url(dsr, f"proposal/{approval}/"), {"verdict": "approve"})
    assert refused.status_code == 422
    assert not dsr.events.filter(kind=EventKind.EXTENDED).exists()
    clock.move_to(datetime(2026, 4, 8, 9, tzinfo=UTC))
    shown = card(dominique, dsr)
    assert "Trop tard pour prolonger : l’avis devait partir au plus tard le 2 avril 2026" in shown
    away = at_desk(dominique).get(url(dsr, "clock/extend/"), follow=True)
    assert away.redirect_chain == [(url(dsr), 302)]
    assert "La prolongation devait être annoncée" in words(away)


def test_the_erasure_of_a_minor_offers_the_extension_to_the_dpo_alone(dominique, noa):
    dsr = receive(RequestType.ERASURE, at=RECEIVED, subject_kind=SubjectKind.SELF_MINOR)
    assert "dans les meilleurs délais : pas de prolongation" in card(noa, dsr)
    assert "prolongé seulement si vous, DPO, dites pourquoi" in card(dominique, dsr)
    desk = at_desk(dominique)
    bare = desk.post(url(dsr, "clock/extend/"), {**EXTEND, "send": "1"})
    assert "ne se prolonge pas sans un motif du DPO" in words(bare)
    over = {**EXTEND, "override": "Une enquête est en cours."}
    letter = re.search(r'<figure class="mail">.*?</figure>', desk.post(url(dsr, "clock/extend/"), over).content.decode(), re.S)
    assert letter and REASONS in letter.group()
    assert "enquête" not in letter.group(), "kept inside"
    assert desk.post(url(dsr, "clock/extend/"), {**over, "send": "1"}).status_code == 302
    page = words(at_desk(noa).get(url(dsr, f"proposal/{dsr.approvals.get().pk}/")))
    assert "Une enquête est en cours." in page


def test_a_refused_extension_shows_in_the_history(dominique, noa, dsr):
    approval = propose(dsr, dominique, datetime(2026, 3, 10, 9, tzinfo=UTC))
    decide.answer_proposal(
        approval_id=approval, officer=noa, approve=False, reason="Tout est prêt.", now=datetime(2026, 3, 10, 9, tzinfo=UTC)
    )
    page = words(at_desk(dominique).get(url(dsr)))
    assert "Prolongation non validée" in page
    assert "Tout est prêt." in page


# Who may


def test_who_only_reads_sees_the_clock_and_no_act(dominique, noa, dsr):
    noa.role = "auditor"
    noa.save()
    asked(dsr, dominique)
    shown = card(noa, dsr)
    assert "En pause depuis le 10 mars" in shown
    assert "La réponse est arrivée" not in shown
    for tail in ("clock/specify/", "clock/extend/"):
        assert at_desk(noa).get(url(dsr, tail)).status_code == 403
    assert at_desk(noa).post(url(dsr, "clock/arrived/"), {"arrived_on": "2026-03-10"}).status_code == 403


def test_the_case_of_another_site_is_nobodys_to_pause(bordeaux_officer, dsr):
    for tail in ("clock/specify/", "clock/extend/"):
        assert at_desk(bordeaux_officer).post(url(dsr, tail), {**SPECIFY, **EXTEND, "send": "1"}).status_code == 404
