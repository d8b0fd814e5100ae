"""Stops the clock while a question waits for the person, and starts it again when the sufficient answer has arrived (LAW 5.3).

A pause is an event with its reason; the dates follow from the events. A question about identity that left after three working
days is recorded as late and earns nothing (LAW R-26); a request to specify rests on recital 63 and is optional for the person.
"""

from __future__ import annotations

from datetime import date, datetime

from dsar.controller import controller
from dsar.domain.calendars import rule_pack
from dsar.domain.clock import Pause, asked_late, local_date
from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import ActorKind, Doubt, EventKind, PauseKind
from dsar.models import DataSubjectRequest, RequestEvent, User
from dsar.selectors import DONE, today_at_seat
from dsar.services import tell
from notifications.rendering import DayInWords

LONGEST_WORDS = 2000
MOST_CHOICES, LONGEST_CHOICE = 12, 200


class PauseNeedsReason(DsarError):
    fr = "Une pause a toujours un motif, que la personne lit : écrivez-le."
    en = "A pause always has a reason, which the person reads: write it."


class DoubtNeeded(DsarError):
    fr = "Dites de quel doute il s'agit : sans doute précis, on ne demande rien sur l'identité (RGPD, art. 12.6)."
    en = "Say which doubt it is: without a precise doubt nothing is asked about identity (GDPR Art. 12(6))."


class AlreadyAsked(DsarError):
    fr = "Une question de ce genre attend déjà une réponse."
    en = "A question of this kind already waits for an answer."


class NothingRuns(DsarError):
    fr = "Cette demande a reçu sa réponse ou elle est close : il n'y a plus de délai."
    en = "This request is answered or closed: no clock runs any more."


class NothingAsked(DsarError):
    fr = "Aucune question de ce genre n'attend de réponse."
    en = "No question of this kind waits for an answer."


class AnswerBeforeQuestion(DsarError):
    fr = "La réponse ne peut pas être arrivée avant la question, posée le {asked}."
    en = "The answer cannot have arrived before the question, which was asked on {asked}."

    def __init__(self, asked: date) -> None:
        self.asked = asked
        super().__init__(asked=asked.isoformat())

    def sentence(self, language: str) -> str:
        """With the day in words."""
        return (self.fr if language == "fr" else self.en).format(asked=DayInWords(self.asked, language).short)


class AnswerInTheFuture(DsarError):
    fr = "Le jour d'arrivée ne peut pas être dans l'avenir."
    en = "The day of arrival cannot lie in the future."


class ChoicesNeeded(DsarError):
    fr = "Proposez au moins deux choix, un par ligne, en 12 lignes au plus."
    en = "Suggest at least two choices, one a line, on at most 12 lines."


class ReplyDayPassed(DsarError):
    fr = "Le jour de réponse souhaité doit être après aujourd'hui."
    en = "The day by which you ask for a reply must come after today."


def open_question(dsr: DataSubjectRequest, kind: PauseKind) -> Pause | None:
    """The question of that kind which waits for its answer, a late one included."""
    return next((p for p in dsr.clock_facts().pauses if p.kind is kind and p.answered_at is None), None)


def pause(
    dsr: DataSubjectRequest, kind: PauseKind, *, officer: User | None, words: str, now: datetime, doubt: Doubt | None = None
) -> RequestEvent:
    """Record that a question left now. `words` are what the person was told; a question about identity names its `doubt`.

    Runs in the caller's transaction, which holds the lock. Raises `PauseNeedsReason`, `DoubtNeeded` or `AlreadyAsked`.
    """
    if not words.strip():
        raise PauseNeedsReason
    if kind is PauseKind.IDENTITY and doubt is None:
        raise DoubtNeeded
    if open_question(dsr, kind) is not None:
        raise AlreadyAsked
    late = kind is PauseKind.IDENTITY and asked_late(
        received_at=dsr.clock_facts().received_at, asked_at=now, pack=rule_pack(controller().rule_pack)
    )
    data: dict[str, str | bool] = {"kind": kind.value, "late": late}
    if doubt is not None:
        data["doubt"] = doubt.value
    return RequestEvent.objects.record(dsr, EventKind.PAUSED, at=now, actor=officer, data=data, text=words.strip())


def resume(
    dsr: DataSubjectRequest,
    kind: PauseKind,
    *,
    arrived_at: datetime,
    now: datetime,
    officer: User | None = None,
    actor_kind: ActorKind | None = None,
) -> RequestEvent | None:
    """Record that the sufficient answer arrived at `arrived_at`, and tell the person the date once no question is left open.

    None when no question of that kind is open. Runs in the caller's transaction, which holds the lock.
    Raises `AnswerBeforeQuestion` or `AnswerInTheFuture`.
    """
    question = open_question(dsr, kind)
    if question is None:
        return None
    pack = rule_pack(controller().rule_pack)
    asked_on = local_date(question.asked_at, pack)
    if local_date(arrived_at, pack) < asked_on:
        raise AnswerBeforeQuestion(asked_on)
    if arrived_at > now:
        raise AnswerInTheFuture
    # Staff know the day of a letter and not its hour: on the day of the question it came after it.
    arrived_at = max(arrived_at, question.asked_at)
    event = RequestEvent.objects.record(
        dsr,
        EventKind.RESUMED,
        at=now,
        actor=officer,
        actor_kind=actor_kind,
        data={"kind": kind.value, "arrived_at": arrived_at.isoformat()},
    )
    if not dsr.waiting_for and dsr.status not in DONE:
        dates = dsr.deadlines(today=today_at_seat(now))
        tell.tell(
            dsr,
            "restarted",
            now=now,
            occasion=f"event-{event.sequence}",
            arrived_date=arrived_at,
            paused_days=dates.paused_days,
            working_date=dates.working_date,
            legal_limit=dates.legal_limit,
        )
    return event
