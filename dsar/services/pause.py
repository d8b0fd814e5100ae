"""Stops the clock while a question waits for the person, and starts it again when the sufficient answer has arrived (LAW 5.3).

A pause is an event with its reason; the dates follow from the events. A question about identity that left after three working
days is recorded as late and earns nothing (LAW R-26); a request to specify rests on recital 63 and is optional for the person.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Prefetch

from dsar.controller import controller
from dsar.domain.calendars import rule_pack
from dsar.domain.clock import Pause, asked_late, local_date
from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import BY_PACKAGE, Doubt, EventKind, PauseKind, RequestType
from dsar.models import DataSubjectRequest, RequestEvent, User
from dsar.selectors import DONE, today_at_seat
from dsar.services import moves, tell
from dsar.services.bell import ring_for
from notifications.rendering import DayInWords

LONGEST_WORDS = 2000
LEAST_CHOICES, MOST_CHOICES, LONGEST_CHOICE = 2, 12, 200
# Recital 63 speaks of a large quantity of information to give; every other question is a plain message and stops nothing.
MAY_BE_SPECIFIED = frozenset({*BY_PACKAGE, RequestType.UNSPECIFIED})
AT_A_TIME = 500


class PauseNeedsReason(DsarError):
    fr = "Une pause a toujours un motif, que la personne lit : écrivez-le."
    en = "A pause always has a reason, which the person reads: write it."


class DoubtNeeded(DsarError):
    fr = "Dites de quel doute il s’agit : sans doute précis, on ne demande rien sur l’identité (RGPD, art. 12.6)."
    en = "Say which doubt it is: without a precise doubt nothing is asked about identity (GDPR Art. 12(6))."


class AlreadyAsked(DsarError):
    fr = "Une question de ce genre attend déjà une réponse. Rechargez le dossier."
    en = "A question of this kind is already waiting for an answer. Reload the case."


class NothingRuns(DsarError):
    fr = "Cette demande a reçu sa réponse ou elle est close : il n’y a plus de délai."
    en = "This request is answered or closed: no clock runs any more."


class NothingAsked(DsarError):
    fr = "Aucune question de ce genre n’attend de réponse. Rechargez le dossier."
    en = "No question of this kind is waiting for an answer. Reload the case."


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
    fr = "Le jour d’arrivée ne peut pas être dans l’avenir."
    en = "The day of arrival cannot be in the future."


class ChoicesNeeded(DsarError):
    fr = "Proposez de 2 à 12 choix, un par ligne, de 200 caractères au plus."
    en = "Suggest 2 to 12 choices, one a line, of at most 200 characters."


class NothingToSpecify(DsarError):
    fr = "Demander de préciser ne vaut que pour une copie des données (RGPD, considérant 63). Écrivez plutôt à la personne."
    en = "You may ask somebody to specify only a request for a copy of data (GDPR, recital 63). Write to the person instead."


class ReplyDayPassed(DsarError):
    fr = "Le jour de réponse souhaité doit être après aujourd’hui."
    en = "The day by which you ask for a reply must come after today."


def open_question(dsr: DataSubjectRequest, kind: PauseKind) -> Pause | None:
    """The question of that kind which waits for its answer, a late one included."""
    return next((p for p in dsr.clock_facts().pauses if p.kind is kind and p.answered_at is None), None)


def pause(
    dsr: DataSubjectRequest,
    kind: PauseKind,
    *,
    officer: User | None,
    words: str,
    now: datetime,
    doubt: Doubt | None = None,
    reply_by: date | None = None,
) -> RequestEvent:
    """Record that a question left now. `words` are what the person was told; a question about identity names its `doubt`.

    A question that is optional ends by itself after `reply_by`, see `end_silent_questions`.
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
    data: dict[str, str | bool | date] = {"kind": kind.value, "late": late}
    if doubt is not None:
        data["doubt"] = doubt.value
    if reply_by is not None:
        data["reply_by"] = reply_by
    return RequestEvent.objects.record(dsr, EventKind.PAUSED, at=now, actor=officer, data=data, text=words.strip())


def resume(
    dsr: DataSubjectRequest,
    kind: PauseKind,
    *,
    arrived_at: datetime,
    now: datetime,
    officer: User | None = None,
    silent: bool = False,
) -> RequestEvent | None:
    """Record that the sufficient answer arrived at `arrived_at`, and tell the person the date once no question is left open.

    `silent` marks an optional question that nobody answered: `arrived_at` is then the day it was to be answered by. None when no
    question of that kind is open. Runs in the caller's transaction, which holds the lock. Raises `AnswerBeforeQuestion` or
    `AnswerInTheFuture`.
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
        data={"kind": kind.value, "arrived_at": arrived_at.isoformat(), **({"silent": True} if silent else {})},
    )
    if not dsr.waiting_for and dsr.status not in DONE:
        dates = dsr.deadlines(today=today_at_seat(now))
        tell.tell(
            dsr,
            "restarted",
            now=now,
            occasion=f"event-{event.sequence}",
            arrived_date=arrived_at,
            silent=silent,
            paused_days=dates.paused_days,
            working_date=dates.working_date,
            legal_limit=dates.legal_limit,
        )
    return event


@transaction.atomic
def ask_clarification(
    *, dsr_id: UUID, officer: User, why: str, choices: Sequence[str], reply_by: date, now: datetime
) -> RequestEvent:
    """Ask the person to specify what they want of a large quantity of data (recital 63); optional for them, and the clock stops.

    Raises `PauseNeedsReason`, `ChoicesNeeded`, `ReplyDayPassed`, `NothingToSpecify`, `AlreadyAsked` or `NothingRuns`.
    """
    dsr = moves.locked(dsr_id)
    choices = checked_clarification(dsr, officer, why=why, choices=choices, reply_by=reply_by, now=now)
    told = "\n".join([why.strip(), *(f"- {choice}" for choice in choices)])
    event = pause(dsr, PauseKind.CLARIFICATION, officer=officer, words=told, now=now, reply_by=reply_by)
    facts = clarification_facts(why=why, choices=choices, reply_by=reply_by, now=now)
    tell.tell(dsr, "clarification_request", now=now, occasion=f"event-{event.sequence}", **facts)
    return event


def checked_clarification(
    dsr: DataSubjectRequest, officer: User, *, why: str, choices: Sequence[str], reply_by: date, now: datetime
) -> list[str]:
    """The choices without blanks and doubles, when the person may be asked to specify; raises as `ask_clarification`."""
    if not officer.may_act_on_cases:
        raise moves.NotAllowed
    may_ask_to_specify(dsr)
    if not why.strip() or len(why) > LONGEST_WORDS:
        raise PauseNeedsReason
    kept = list(dict.fromkeys(choice.strip() for choice in choices if choice.strip()))
    if not LEAST_CHOICES <= len(kept) <= MOST_CHOICES or any(len(choice) > LONGEST_CHOICE for choice in kept):
        raise ChoicesNeeded
    if reply_by <= today_at_seat(now):
        raise ReplyDayPassed
    return kept


def may_ask_to_specify(dsr: DataSubjectRequest) -> None:
    """Raises `NothingRuns`, `NothingToSpecify` or `AlreadyAsked`."""
    if dsr.status in DONE:
        raise NothingRuns
    if not any(part.right in MAY_BE_SPECIFIED and part.step not in DONE for part in dsr.parts.all()):
        raise NothingToSpecify
    if open_question(dsr, PauseKind.CLARIFICATION) is not None:
        raise AlreadyAsked


def clarification_facts(*, why: str, choices: Sequence[str], reply_by: date, now: datetime) -> dict[str, Any]:
    """What the request to specify says, for the mail and for its preview."""
    return {"why": why.strip(), "choices": list(choices), "reply_by": reply_by, "asked_date": today_at_seat(now)}


@transaction.atomic
def clarification_arrived(*, dsr_id: UUID, arrived_at: datetime, officer: User, now: datetime) -> RequestEvent:
    """The person specified, or declined to: the clock runs again from the day their answer arrived. Raises as `resume`."""
    dsr = moves.locked(dsr_id)
    if not officer.may_act_on_cases:
        raise moves.NotAllowed
    event = resume(dsr, PauseKind.CLARIFICATION, arrived_at=arrived_at, now=now, officer=officer)
    if event is None:
        raise NothingAsked
    ring_for(dsr.pk)
    return event


def end_silent_questions(now: datetime) -> int:
    """End each request to specify whose day of reply has passed: silence means a full search, and no credit beyond that day."""
    today, ended = today_at_seat(now), 0
    waiting = DataSubjectRequest.objects.open().filter(waiting_since__lt=today)
    for pk in list(waiting.values_list("pk", flat=True)):
        with transaction.atomic():
            dsr = moves.locked(pk)
            if open_question(dsr, PauseKind.CLARIFICATION) is None:
                continue
            asked = dsr.events.filter(kind=EventKind.PAUSED, data__kind=PauseKind.CLARIFICATION.value).latest("sequence")
            reply_by = date.fromisoformat(asked.data["reply_by"]) if asked.data.get("reply_by") else today
            if reply_by < today:
                end = datetime.combine(reply_by, time(23, 59), tzinfo=ZoneInfo(controller().seat_time_zone))
                ended += resume(dsr, PauseKind.CLARIFICATION, arrived_at=end, now=now, silent=True) is not None
    return ended


def recompute_open_pauses(now: datetime) -> int:
    """Bring the stored dates of waiting requests along: while a question is open they move with every day.

    Writes only where a date differs, so that running it again changes nothing. Returns how many were written.
    """
    today, changed = today_at_seat(now), 0
    waiting = DataSubjectRequest.objects.open().filter(waiting_since__isnull=False)
    clock_events = Prefetch("events", RequestEvent.objects.of_the_clock(), to_attr="clock_events")
    for dsr in waiting.prefetch_related(clock_events).iterator(chunk_size=AT_A_TIME):
        if _as_stored(dsr, today):
            continue
        with transaction.atomic():
            fresh = moves.locked(dsr.pk)
            if not _as_stored(fresh, today):
                fresh.keep_dates(at=now)
                changed += 1
    return changed


def _as_stored(dsr: DataSubjectRequest, today: date) -> bool:
    dates = dsr.deadlines(today=today)
    stored = (dsr.careful_date, dsr.working_date, dsr.legal_limit, dsr.extension_notice_by)
    return stored == (dates.careful_date, dates.working_date, dates.legal_limit, dates.extension_notice_by)


def midday(day: date) -> datetime:
    """An instant on that day at the seat, for an answer of which only the day is known."""
    return datetime.combine(day, time(12), tzinfo=ZoneInfo(controller().seat_time_zone))
