"""The deadline in every state, as its person reads it in both languages, and as the queue tells it (UX 4.9)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
import time_machine

from dsar.domain.vocabulary import Doubt, ExtensionReason, PauseKind, RequestType
from dsar.services import decide, extend, intake, pause, tell
from tests.stories import receive
from tests.web.asking import title_of
from tests.web.desk import at_desk, words
from tests.web.following import opened

if TYPE_CHECKING:
    from dsar.models import DataSubjectRequest, User

pytestmark = pytest.mark.django_db
RECEIVED = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)  # promised for Thursday 9 April; the law says Friday 10 April


def at(month: int, day: int, hour: int = 10) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def pages(dsr: DataSubjectRequest, when: datetime) -> dict[str, Any]:
    """The status page at that instant in both languages, opened by one code."""
    with time_machine.travel(when, tick=False):
        client = opened(dsr)
        return {language: client.get(f"/{language}/status/") for language in ("fr", "en")}


def words_of_card(page: Any) -> str:
    section = re.search(r'<section class="clock" aria-label="(?:Délai|Deadline)">.*?</section>', page.content.decode(), re.S)
    assert section
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", section.group()))
    return plain.replace("\N{NO-BREAK SPACE}", " ")


def card(dsr: DataSubjectRequest, when: datetime) -> str:
    """The card in French."""
    return words_of_card(pages(dsr, when)["fr"])


def shows(dsr: DataSubjectRequest, when: datetime, french: list[str], english: list[str]) -> dict[str, Any]:
    """Check the card in both languages; returns the pages for more."""
    both = pages(dsr, when)
    for language, needed in (("fr", french), ("en", english)):
        shown = words_of_card(both[language])
        for one in needed:
            assert one in shown, (language, one, shown)
    return both


def extended(dominique: User, noa: User, when: datetime) -> DataSubjectRequest:
    dsr = receive(at=RECEIVED)
    words = "Votre parcours couvre trois campus."
    approval = extend.propose_extension(
        dsr_id=dsr.pk, officer=dominique, reason=ExtensionReason.COMPLEXITY, words=words, now=when
    )
    decide.answer_proposal(approval_id=approval.pk, officer=noa, approve=True, reason="", now=when)
    return dsr


def ask_identity(dsr: DataSubjectRequest, officer: User, when: datetime) -> None:
    pause.pause(dsr, PauseKind.IDENTITY, officer=officer, words="Plusieurs personnes.", now=when, doubt=Doubt.SEVERAL_PEOPLE_FIT)


# The person


def test_running():
    shows(receive(at=RECEIVED), at(3, 28), ["9 avril 2026", "il reste 12 jours"], ["9 April 2026", "12 days left"])


def test_seven_days_or_less_has_the_weekday():
    dsr = receive(at=RECEIVED)
    assert "jeudi" not in card(dsr, at(4, 1)), "eight days"
    assert "jeudi" in card(dsr, at(4, 2)), "seven days"
    shows(dsr, at(4, 7), ["jeudi 9 avril 2026", "il reste 2 jours"], ["Thursday 9 April 2026", "2 days left"])


def test_the_last_day():
    dsr = receive(at=RECEIVED)
    shows(dsr, at(4, 8, 21), ["il reste 1 jour"], ["1 day left"])
    shows(dsr, at(4, 8, 23), ["Aujourd’hui au plus tard"], ["Today at the latest"])  # one in the morning of 9 April in Paris
    shows(dsr, at(4, 9, 21), ["jeudi 9 avril 2026", "Aujourd’hui au plus tard"], ["Thursday 9 April 2026", "Today at the latest"])


def test_paused_keeps_the_days_that_were_left(dominique):
    dsr = receive(at=RECEIVED)
    ask_identity(dsr, dominique, at(3, 12))
    for when in (at(3, 12), at(3, 20), at(5, 2)):
        opened = shows(
            dsr,
            when,
            [
                "en pause depuis le 12 mars 2026",
                "il reste 28 jours",
                "Il reprendra le jour où une preuve suffisante nous arrivera.",
            ],
            ["paused since 12 March 2026", "28 days left", "It restarts on the day when sufficient proof reaches us."],
        )
        assert "réponse au plus tard" not in title_of(opened["fr"])


def test_a_late_question_shows_no_pause(dominique):
    dsr = receive(at=RECEIVED)
    ask_identity(dsr, dominique, at(3, 20))
    shows(dsr, at(3, 28), ["9 avril 2026", "il reste 12 jours"], ["9 April 2026", "12 days left"])


def test_a_request_to_specify_is_shown_with_its_question_and_that_it_is_optional(dominique):
    dsr = receive(at=RECEIVED)
    pause.ask_clarification(
        dsr_id=dsr.pk,
        officer=dominique,
        why="Plus de 40 000 lignes.",
        choices=["Vos notes", "Vos factures"],
        reply_by=date(2026, 3, 31),
        now=at(3, 17),
    )
    shows(
        dsr,
        at(3, 20),
        ["en pause depuis le 17 mars 2026", "il reste 23 jours", "Plus de 40 000 lignes.", "- Vos factures",
         "Rien ne vous oblige à répondre. Sans réponse d’ici le mardi 31 mars 2026", "Il reprendra dès votre réponse."],
        ["paused since 17 March 2026", "23 days left", "You do not have to answer", "Tuesday 31 March 2026",
         "It restarts when you reply."],
    )  # fmt: skip


def test_extended_gives_the_new_date_and_the_reason(dominique, noa):
    assert "jusqu’à deux mois de plus" in words(pages(receive(at=RECEIVED), at(3, 28))["fr"])
    dsr = extended(dominique, noa, at(4, 1))
    opened = shows(
        dsr,
        at(4, 2),
        ["Nouvelle date : nous vous répondrons au plus tard le 10 juin 2026", "répondre le 9 avril 2026 comme prévu",
         "Motif : La demande est complexe.", "Votre parcours couvre trois campus.", "il reste 69 jours"],
        ["New date: we will answer by 10 June 2026", "until 9 April 2026", "Why: The request is complex.", "69 days left"],
    )  # fmt: skip
    assert "jusqu’à deux mois de plus" not in words(opened["fr"]), "no second extension is announced"


def test_late_says_how_much_whom_to_call_and_where_to_complain(dominique):
    dsr = receive(at=RECEIVED)
    shows(
        dsr,
        at(4, 11),
        ["Nous devions répondre le 9 avril 2026", "Nous avons 2 jours de retard", "dpo@cesi.example", "01 44 45 92 00", "CNIL"],
        ["We should have answered by 9 April 2026", "We are 2 days late", "dpo@cesi.example", "01 44 45 92 00", "CNIL"],
    )
    assert "Ce que nous vous avons écrit" not in card(dsr, at(4, 11, 12))
    tell.write_to_subject(dsr_id=dsr.pk, officer=dominique, words="Un système est en panne.", now=at(4, 10))
    opened = shows(dsr, at(4, 11, 14), ["écrit le 10 avril 2026", "Un système est en panne."], ["on 10 April 2026"])
    assert "réponse au plus tard" not in title_of(opened["fr"])


def test_one_day_late_is_one_day():
    shows(receive(at=RECEIVED), at(4, 10), ["Nous avons 1 jour de retard"], ["We are 1 day late"])


def test_answered_gives_the_day_and_how_long_it_took():
    dsr = receive(at=RECEIVED)
    dsr.parts.update(step="answered", outcome="granted", answered_at=at(4, 5))
    type(dsr).objects.filter(pk=dsr.pk).update(status="answered")
    shows(dsr, at(4, 20), ["Répondu le", "5 avril 2026", "en 26 jours"], ["Answered on", "5 April 2026", "in 26 days"])


def test_withdrawn_has_no_deadline_any_more():
    dsr = receive(at=RECEIVED)
    intake.withdraw(dsr_id=dsr.pk, now=at(3, 15))
    shows(dsr, at(3, 16), ["Close", "15 mars 2026"], ["Closed", "15 March 2026"])


# The queue


def row(user: User, dsr: DataSubjectRequest, when: datetime) -> str:
    with time_machine.travel(when, tick=False):
        html = at_desk(user).get("/fr/office/").content.decode()
    found = next(line for line in re.findall(r"<tr>.*?</tr>", html, re.S) if dsr.reference in line)
    due = re.search(r'<td class="due.*?</td>', found, re.S)
    assert due
    return re.sub(r"\s+", " ", due.group())


@pytest.mark.parametrize(
    ("when", "tone", "said"),
    [
        (at(3, 28), '"due "', "12 j"),
        (at(4, 2), '"due warn"', "7 j"),
        (at(4, 4), '"due bad"', "5 j"),
        (at(4, 9), '"due bad"', "aujourd’hui"),
        (at(4, 11), '"due bad"', "2 j"),
    ],
)
def test_the_queue_gives_the_days_and_the_date_in_every_tone(dominique, when, tone, said):
    shown = row(dominique, receive(at=RECEIVED), when)
    assert tone in shown
    assert f"<b>{said}</b>" in shown
    assert 'datetime="2026-04-09"' in shown
    assert ("retard" in shown) == (when == at(4, 11))


def test_the_queue_keeps_a_paused_case_apart_with_its_days_and_its_next_reminder(dominique):
    dsr = receive(at=RECEIVED)
    ask_identity(dsr, dominique, at(3, 12))
    shown = row(dominique, dsr, at(3, 20))
    assert '"due hold"' in shown
    for needed in ("<b>28 j</b>", "après réponse", "en pause depuis le 12 ", "rappel le 1"):
        assert needed in shown, needed


def test_the_queue_strikes_the_date_that_an_extension_replaced(dominique, noa):
    shown = row(dominique, extended(dominique, noa, at(4, 1)), at(4, 2))
    assert '<time datetime="2026-06-10">' in shown
    assert '<del><time datetime="2026-04-09">' in shown


def test_the_lists_of_many_cases_ask_no_more_questions_for_it(dominique, noa, django_assert_max_num_queries):
    for number in range(6):
        dsr = receive(RequestType.ACCESS, at=RECEIVED, key=f"k{number}")
        if number % 2:
            ask_identity(dsr, dominique, at(3, 12))
    with time_machine.travel(at(3, 20), tick=False):
        desk = at_desk(dominique)
        desk.get("/fr/office/")
        with django_assert_max_num_queries(60):
            desk.get("/fr/office/")
