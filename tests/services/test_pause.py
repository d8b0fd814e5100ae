"""The clock stands still while a question waits for the person, and only then (LAW 5.2 D3, 5.3, R-22, R-26, A7, A8)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from dsar.domain.vocabulary import Doubt, EventKind, PauseKind
from dsar.services import pause
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
        words="L'adresse donnée n'est dans aucun de nos fichiers.",
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
    assert event.text() == "L'adresse donnée n'est dans aucun de nos fichiers."


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
