"""The clock stands still while a question waits for the person, and only then (LAW 5.2 D3, 5.3, R-22, R-26, A7, A8)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
import time_machine

from dsar import tasks
from dsar.domain.vocabulary import Doubt, EventKind, PauseKind, RequestType
from dsar.services import intake, moves, pause
from notifications.models import Message
from tests.stories import receive, text_of

if TYPE_CHECKING:
    from dsar.models import DataSubjectRequest, User

pytestmark = pytest.mark.django_db


def at(day: int, hour: int = 10, month: int = 4) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def ask_identity(dsr: DataSubjectRequest, officer: User, when: datetime) -> None:
    pause.pause(
        dsr,
        PauseKind.IDENTITY,
        officer=officer,
        words="L’adresse donnée n’est dans aucun de nos fichiers.",
        now=when,
        doubt=Doubt.ADDRESS_NOT_ON_FILE,
    )


def ask_to_specify(dsr: DataSubjectRequest, officer: User, when: datetime) -> None:
    pause.pause(dsr, PauseKind.CLARIFICATION, officer=officer, words="Dix années de cours.", now=when)


def answered(dsr: DataSubjectRequest, kind: PauseKind, arrived: datetime, now: datetime | None = None) -> None:
    assert pause.resume(dsr, kind, arrived_at=arrived, now=now or arrived) is not None


# What a pause adds


def test_three_paused_days_are_added_before_the_roll_and_not_after_it(dominique: User) -> None:
    """LAW section 8 no. 7: 1 April + one month is 1 May, a holiday; + 3 days is Monday 4 May, and not 7 May."""
    dsr = receive(at=at(1))
    ask_identity(dsr, dominique, at(2))
    answered(dsr, PauseKind.IDENTITY, at(5))
    assert (dsr.careful_date, dsr.working_date, dsr.legal_limit) == (date(2026, 5, 1), date(2026, 5, 4), date(2026, 5, 4))


def test_questions_that_overlap_count_once(dominique: User) -> None:
    """LAW section 8 no. 8: 3 to 13 March and 10 to 17 March are 14 days, and not 17."""
    dsr = receive(at=at(2, month=3))
    ask_identity(dsr, dominique, at(3, month=3))
    ask_to_specify(dsr, dominique, at(10, month=3))
    answered(dsr, PauseKind.IDENTITY, at(13, month=3))
    answered(dsr, PauseKind.CLARIFICATION, at(17, month=3))
    assert dsr.deadlines(today=date(2026, 3, 17)).paused_days == 14
    assert dsr.legal_limit == date(2026, 4, 16)


def test_an_answer_on_the_day_of_the_question_adds_nothing(dominique: User) -> None:
    dsr = receive(at=at(2, month=3))
    ask_identity(dsr, dominique, at(4, 9, month=3))
    answered(dsr, PauseKind.IDENTITY, at(4, 17, month=3))
    assert dsr.legal_limit == date(2026, 4, 2)


def test_the_day_of_arrival_counts_and_not_the_day_somebody_looked(dominique: User) -> None:
    dsr = receive(at=at(2, month=3))
    ask_identity(dsr, dominique, at(4, month=3))
    answered(dsr, PauseKind.IDENTITY, at(11, month=3), now=at(20, month=3))
    assert dsr.legal_limit == date(2026, 4, 9)


def test_a_question_about_identity_after_three_working_days_earns_nothing(dominique: User) -> None:
    """LAW R-26: received on Monday 2 March, Thursday 5 March is in time and Friday 6 March is late."""
    in_time, late = receive(at=at(2, month=3), key="a"), receive(at=at(2, month=3), key="b")
    ask_identity(in_time, dominique, at(5, month=3))
    ask_identity(late, dominique, at(6, month=3))
    assert [dsr.events.get(kind=EventKind.PAUSED).data["late"] for dsr in (in_time, late)] == [False, True]
    assert (late.waiting_since, late.waiting_for) == (date(2026, 3, 6), "identity"), "it is still asked, and still awaited"
    for dsr in (in_time, late):
        answered(dsr, PauseKind.IDENTITY, at(16, month=3))
    assert (in_time.legal_limit, late.legal_limit) == (date(2026, 4, 13), date(2026, 4, 2))


def test_the_careful_date_takes_no_credit(dominique: User) -> None:
    dsr = receive(at=at(2, month=3))
    ask_to_specify(dsr, dominique, at(10, month=3))
    answered(dsr, PauseKind.CLARIFICATION, at(30, month=3))
    assert (dsr.careful_date, dsr.working_date, dsr.legal_limit) == (date(2026, 4, 1), date(2026, 4, 21), date(2026, 4, 22))


# What is refused


@pytest.mark.parametrize("words", ["", "   \n"])
@pytest.mark.parametrize("kind", list(PauseKind))
def test_a_pause_without_a_reason_is_impossible(dominique: User, kind: PauseKind, words: str) -> None:
    dsr = receive()
    with pytest.raises(pause.PauseNeedsReason):
        pause.pause(dsr, kind, officer=dominique, words=words, now=at(11, month=3), doubt=Doubt.HIGH_STAKE)
    assert not dsr.events.filter(kind=EventKind.PAUSED).exists()


def test_a_question_about_identity_names_its_doubt(dominique: User) -> None:
    dsr = receive()
    with pytest.raises(pause.DoubtNeeded):
        pause.pause(dsr, PauseKind.IDENTITY, officer=dominique, words="Nous hésitons.", now=at(11, month=3))
    ask_identity(dsr, dominique, at(11, month=3))
    event = dsr.events.get(kind=EventKind.PAUSED)
    assert (event.actor, event.data["doubt"]) == (dominique, "address_not_on_file")
    assert event.text() == "L’adresse donnée n’est dans aucun de nos fichiers."


def test_one_question_of_a_kind_waits_at_a_time(dominique: User) -> None:
    dsr = receive()
    ask_identity(dsr, dominique, at(11, month=3))
    with pytest.raises(pause.AlreadyAsked):
        ask_identity(dsr, dominique, at(12, month=3))
    ask_to_specify(dsr, dominique, at(12, month=3))
    assert dsr.events.filter(kind=EventKind.PAUSED).count() == 2


def test_an_answer_to_nothing_starts_nothing(dominique: User) -> None:
    dsr = receive()
    ask_identity(dsr, dominique, at(11, month=3))
    assert pause.resume(dsr, PauseKind.CLARIFICATION, arrived_at=at(12, month=3), now=at(12, month=3)) is None
    assert dsr.waiting_for == "identity"


def test_an_answer_comes_after_its_question_and_not_in_the_future(dominique: User) -> None:
    dsr = receive()
    ask_identity(dsr, dominique, at(12, month=3))
    with pytest.raises(pause.AnswerBeforeQuestion) as refused:
        pause.resume(dsr, PauseKind.IDENTITY, arrived_at=at(11, month=3), now=at(13, month=3))
    assert "12 mars 2026" in refused.value.sentence("fr")
    assert "12 March 2026" in refused.value.sentence("en")
    with pytest.raises(pause.AnswerInTheFuture):
        pause.resume(dsr, PauseKind.IDENTITY, arrived_at=at(14, month=3), now=at(13, month=3))
    # Only the day is known: midnight of the day of the question.
    answered(dsr, PauseKind.IDENTITY, datetime(2026, 3, 12, 0, 0, tzinfo=UTC), now=at(13, month=3))
    assert dsr.waiting_for == ""


# What the person is told


def test_the_person_is_told_the_new_date_once_nothing_waits_any_more(dominique: User) -> None:
    dsr = receive(at=at(2, month=3))
    ask_identity(dsr, dominique, at(4, month=3))
    ask_to_specify(dsr, dominique, at(9, month=3))
    answered(dsr, PauseKind.IDENTITY, at(11, month=3))
    told = Message.objects.filter(reference=dsr.reference, kind="restarted")
    assert not told.exists(), "another question still waits"
    answered(dsr, PauseKind.CLARIFICATION, at(16, month=3))
    text = text_of(told.get())
    assert "Nous avons reçu votre réponse le lundi 16 mars 2026" in text
    assert "suspendu 12 jours" in text
    assert "au plus tard le lundi 13 avril 2026" in text


def test_after_a_late_question_the_person_reads_that_the_date_stays(dominique: User) -> None:
    dsr = receive(at=at(2, month=3))
    ask_identity(dsr, dominique, at(6, month=3))
    answered(dsr, PauseKind.IDENTITY, at(16, month=3))
    text = text_of(Message.objects.get(reference=dsr.reference, kind="restarted"))
    assert "votre date ne change pas" in text
    assert "au plus tard le mercredi 1er avril 2026" in text


# Asking to specify (recital 63)


CHOICES = ["Vos cours et vos notes", "Votre dossier de candidature", "Vos factures"]
WHY = "Nos systèmes tiennent plus de 40 000 lignes sur vous."


def specify(dsr: DataSubjectRequest, officer: User, **changes: Any) -> None:
    given = {"why": WHY, "choices": CHOICES, "reply_by": date(2026, 3, 24), "now": at(10, month=3)}
    pause.ask_clarification(dsr_id=dsr.pk, officer=officer, **(given | changes))
    dsr.refresh_from_db()


def test_the_request_to_specify_says_all_that_the_law_wants_of_it(dominique: User) -> None:
    dsr = receive(at=at(2, month=3))
    specify(dsr, dominique)
    assert (dsr.waiting_for, dsr.waiting_since) == ("clarification", date(2026, 3, 10))
    text = text_of(Message.objects.get(reference=dsr.reference, kind="clarification_request"))
    for needed in (
        "une grande quantité de données",
        WHY,
        "- Vos factures",
        "Rien ne vous oblige à répondre",
        "nous ferons une recherche complète",
        "Le délai de réponse est suspendu depuis aujourd’hui, mardi 10 mars 2026",
        "Merci de répondre au plus tard le mardi 24 mars 2026",
        "dpo@cesi.example",
    ):
        assert needed in text, needed
    event = dsr.events.get(kind=EventKind.PAUSED)
    assert event.data["reply_by"] == "2026-03-24"
    assert event.text().startswith(WHY)
    assert WHY not in str(event.data), "words are sealed"


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"why": " "}, pause.PauseNeedsReason),
        ({"choices": ["Tout"]}, pause.ChoicesNeeded),
        ({"choices": ["Tout", "Tout", " "]}, pause.ChoicesNeeded),
        ({"choices": [f"Choix {n}" for n in range(13)]}, pause.ChoicesNeeded),
        ({"choices": ["Tout", "z" * 201]}, pause.ChoicesNeeded),
        ({"reply_by": date(2026, 3, 10)}, pause.ReplyDayPassed),
    ],
)
def test_a_request_to_specify_without_its_parts_is_refused(dominique: User, changes, refusal) -> None:
    dsr = receive(at=at(2, month=3))
    with pytest.raises(refusal):
        specify(dsr, dominique, **changes)
    assert not dsr.events.filter(kind=EventKind.PAUSED).exists()


def test_only_a_copy_of_data_can_be_asked_to_be_specified(dominique: User) -> None:
    with pytest.raises(pause.NothingToSpecify):
        specify(receive(RequestType.ERASURE, at=at(2, month=3)), dominique)


def test_who_reads_but_does_not_act_asks_nothing(dominique: User) -> None:
    dominique.role = "auditor"
    dominique.save()
    dsr = receive(at=at(2, month=3))
    with pytest.raises(moves.NotAllowed):
        specify(dsr, dominique)
    with pytest.raises(moves.NotAllowed):
        pause.clarification_arrived(dsr_id=dsr.pk, arrived_at=at(11, month=3), officer=dominique, now=at(11, month=3))


def test_a_closed_request_asks_nothing_more(dominique: User) -> None:
    dsr = receive(at=at(2, month=3))
    intake.withdraw(dsr_id=dsr.pk, now=at(3, month=3))
    with pytest.raises(pause.NothingRuns):
        specify(dsr, dominique)


def test_the_answer_starts_the_clock_from_its_day(dominique: User) -> None:
    dsr = receive(at=at(2, month=3))
    specify(dsr, dominique)
    pause.clarification_arrived(dsr_id=dsr.pk, arrived_at=pause.midday(date(2026, 3, 17)), officer=dominique, now=at(19, month=3))
    dsr.refresh_from_db()
    assert (dsr.waiting_for, dsr.waiting_since, dsr.legal_limit) == ("", None, date(2026, 4, 9))
    with pytest.raises(pause.NothingAsked):
        pause.clarification_arrived(dsr_id=dsr.pk, arrived_at=at(20, month=3), officer=dominique, now=at(20, month=3))


def test_silence_means_a_full_search_and_earns_nothing_after_the_day_of_reply(dominique: User) -> None:
    """Received 2 March, asked 10 March, reply by 24 March: 14 days are credited, however long nobody answers."""
    dsr = receive(at=at(2, month=3))
    specify(dsr, dominique)
    assert pause.end_silent_questions(datetime(2026, 3, 24, 22, 30, tzinfo=UTC)) == 0, "23:30 in Paris: the day is not over"
    assert pause.end_silent_questions(datetime(2026, 3, 28, 8, 0, tzinfo=UTC)) == 1
    assert pause.end_silent_questions(datetime(2026, 3, 28, 9, 0, tzinfo=UTC)) == 0
    dsr.refresh_from_db()
    assert (dsr.waiting_for, dsr.legal_limit) == ("", date(2026, 4, 16))
    text = text_of(Message.objects.get(reference=dsr.reference, kind="restarted"))
    assert "Nous n’avons pas reçu de réponse le mardi 24 mars 2026" in text
    assert "recherche complète" in text


def test_a_question_about_identity_is_not_ended_by_silence(dominique: User) -> None:
    dsr = receive(at=at(2, month=3))
    ask_identity(dsr, dominique, at(3, month=3))
    assert pause.end_silent_questions(at(30)) == 0
    dsr.refresh_from_db()
    assert dsr.waiting_for == "identity"


# The stored dates


def test_the_stored_dates_move_with_each_day_of_an_open_pause_and_only_then(dominique: User) -> None:
    waiting, other = receive(at=at(2, month=3), key="a"), receive(at=at(2, month=3), key="b")
    ask_identity(waiting, dominique, at(4, month=3))
    assert waiting.legal_limit == date(2026, 4, 2)
    untouched = type(other).objects.filter(pk=other.pk).values().get()
    assert pause.recompute_open_pauses(at(11, month=3)) == 1
    waiting.refresh_from_db()
    assert (waiting.careful_date, waiting.working_date, waiting.legal_limit) == (
        date(2026, 4, 1),
        date(2026, 4, 8),
        date(2026, 4, 9),
    )
    assert waiting.remind_at == at(11, month=3), "the sweep looks again"
    assert pause.recompute_open_pauses(at(11, 20, month=3)) == 0, "the same day changes nothing"
    assert type(other).objects.filter(pk=other.pk).values().get() == untouched


def test_the_dates_of_a_late_question_stay(dominique: User) -> None:
    dsr = receive(at=at(2, month=3))
    ask_identity(dsr, dominique, at(6, month=3))
    assert pause.recompute_open_pauses(at(20, month=3)) == 0


def test_the_hourly_task_does_both(dominique: User) -> None:
    waiting, silent = receive(at=at(2, month=3), key="a"), receive(at=at(2, month=3), key="b")
    ask_identity(waiting, dominique, at(4, month=3))
    specify(silent, dominique)
    with time_machine.travel(at(25, month=3), tick=False):
        tasks.expire_what_is_due()
    for dsr in (waiting, silent):
        dsr.refresh_from_db()
    assert (waiting.waiting_for, waiting.legal_limit) == ("identity", date(2026, 4, 23))
    assert (silent.waiting_for, silent.legal_limit) == ("", date(2026, 4, 16))
