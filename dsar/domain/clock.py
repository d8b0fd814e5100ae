"""The legal clock: three dates computed from what happened, never stored as a due date that somebody moves.

LAW 5.2 to 5.5: GDPR Art. 12(3) read with Regulation (EEC, Euratom) No 1182/71, Art. 3. The *careful* date takes no credit for a
pause and rolls past nothing; the *working* date is the earlier of promise and law; the *legal limit* is the last day of the law.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from dsar.domain.calendars import RulePack
from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import PauseKind

ASK_WITHIN_WORKING_DAYS = 3  # a question about identity that leaves later earns no credit (LAW R-26, A8)


class ImpossibleTime(ValueError):
    """A timestamp without time zone, or one that no clock at its place ever showed."""


class ExtensionTooLate(DsarError):
    """The notice had to leave inside the first month (GDPR Art. 12(3)); `last_day` is the last day it could."""

    fr = "La prolongation devait être annoncée au plus tard le {last_day} (RGPD, art. 12.3). Envoyez ce qui est prêt."
    en = "The extension had to be announced by {last_day} (GDPR Art. 12(3)). Send what is ready."

    def __init__(self, last_day: date) -> None:
        self.last_day = last_day
        super().__init__(last_day=last_day.isoformat())


@dataclass(frozen=True)
class Pause:
    """A question that stops the clock, from the day it left to the day the sufficient answer arrived (None: not yet).

    `late` marks a question about identity that left after three working days: it earns no credit.
    """

    kind: PauseKind
    asked_at: datetime
    answered_at: datetime | None = None
    late: bool = False


@dataclass(frozen=True)
class ClockFacts:
    """What happened, as the events tell it. `extended_at` is when the notice of extension, with its reasons, left."""

    received_at: datetime
    pauses: tuple[Pause, ...] = ()
    extended_at: datetime | None = None


class StepKind(StrEnum):
    """What one line of the reckoning does."""

    RECEIPT = "receipt"
    MONTHS = "months"
    PAUSE = "pause"
    ROLL = "roll"
    PROMISE = "promise"
    WORKING = "working"
    VOID_EXTENSION = "void_extension"  # announced too late: without effect


@dataclass(frozen=True)
class ClockStep:
    """One line of the reckoning, so that a lawyer can follow it: which rule led to which day.

    `amount` is months or days as the kind says; `skipped` are the weekends and holidays a roll passed.
    """

    kind: StepKind
    rule: str
    day: date
    amount: int = 0
    skipped: tuple[date, ...] = ()


@dataclass(frozen=True)
class Deadlines:
    """The three dates (inclusive), the last day to announce an extension, and how they were found.

    While a pause is open, `paused_since` is set and `legal_limit` means "not before": it moves with every day.
    """

    receipt_date: date
    careful_date: date
    working_date: date
    legal_limit: date
    extension_notice_by: date
    paused_since: date | None
    steps: tuple[ClockStep, ...]
    extended: bool = False
    paused_days: int = 0


def deadlines(facts: ClockFacts, *, pack: RulePack, promise_days: int, today: date) -> Deadlines:
    """The dates that follow from `facts` as of `today`, which matters only while a pause is open."""
    receipt = local_date(facts.received_at, pack)
    pauses = _credited(facts, receipt, pack, today)
    first_base = add_months(receipt, pack.months)
    notice_by, first_credit = _limit(first_base, pauses, pack)
    extended = facts.extended_at is not None and local_date(facts.extended_at, pack) <= notice_by
    # One run from receipt: 31 January → 28 February → 28 April would lose two days (D2, A5).
    months = pack.extended_months if extended else pack.months
    base = add_months(receipt, months)
    legal_limit, credit = _limit(base, pauses, pack) if extended else (notice_by, first_credit)
    promise = receipt + timedelta(days=promise_days)
    if extended:
        working, careful = legal_limit, base
    else:
        working, careful = min(promise + timedelta(days=credit), legal_limit), min(promise, first_base)
    return Deadlines(
        receipt_date=receipt,
        careful_date=careful,
        working_date=working,
        legal_limit=legal_limit,
        extension_notice_by=notice_by,
        paused_since=_paused_since(facts, receipt, pack),
        steps=tuple(_reckoning(facts, receipt, base, months, credit, legal_limit, promise, working, extended, pack)),
        extended=extended,
        paused_days=credit,
    )


def check_extension(facts: ClockFacts, *, pack: RulePack, today: date) -> None:
    """Raises `ExtensionTooLate` when a notice that leaves `today` would be void: the first month, pauses included, has passed."""
    receipt = local_date(facts.received_at, pack)
    notice_by, _ = _limit(add_months(receipt, pack.months), _credited(facts, receipt, pack, today), pack)
    if today > notice_by:
        raise ExtensionTooLate(notice_by)


def asked_late(*, received_at: datetime, asked_at: datetime, pack: RulePack) -> bool:
    """Whether a question about identity left too late to earn credit: after three working days (LAW R-26, A8)."""
    return local_date(asked_at, pack) > pack.add_working_days(local_date(received_at, pack), ASK_WITHIN_WORKING_DAYS)


def local_date(at: datetime, pack: RulePack) -> date:
    """The civil date at the controller's seat (D6). Raises `ImpossibleTime` for a naive or a skipped time."""
    if at.tzinfo is None or at.utcoffset() is None:
        raise ImpossibleTime(f"{at.isoformat()} has no time zone; legal days need one.")
    instant = at.astimezone(UTC)
    if instant.astimezone(at.tzinfo).replace(tzinfo=None) != at.replace(tzinfo=None):
        raise ImpossibleTime(f"{at.isoformat()} never was: the clocks at {at.tzinfo} jumped over it.")
    return instant.astimezone(ZoneInfo(pack.time_zone)).date()


def add_months(day: date, months: int) -> date:
    """The same-numbered day `months` later, or the last day of that month when it has none (Regulation 1182/71, Art. 3(2)(c))."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


_Interval = tuple[date, date]  # from the day the question left to the day the answer came


def _credited(facts: ClockFacts, receipt: date, pack: RulePack, today: date) -> list[_Interval]:
    """The intervals that may earn credit, by civil date, merged where they overlap; an open one ends today (D3)."""
    intervals = []
    for pause in facts.pauses:
        asked = max(local_date(pause.asked_at, pack), receipt)
        answered = max(today, asked) if pause.answered_at is None else local_date(pause.answered_at, pack)
        if pause.answered_at is not None and pause.answered_at < pause.asked_at:
            raise ValueError(f"answered {pause.answered_at.isoformat()} before it was asked {pause.asked_at.isoformat()}")
        if not pause.late:
            intervals.append((asked, max(answered, asked)))
    return _merged(intervals)


def _merged(intervals: Iterable[_Interval]) -> list[_Interval]:
    merged: list[_Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _limit(base: date, pauses: Sequence[_Interval], pack: RulePack) -> tuple[date, int]:
    """The rolled limit and the days of credit: clamp first, add days, roll last.

    A pause counts when it began on or before the running limit, rolled (A9); one that began after it came too late.
    """
    credit = 0
    for asked, answered in pauses:
        if asked <= pack.next_working_day(base + timedelta(days=credit)):
            credit += (answered - asked).days
    return pack.next_working_day(base + timedelta(days=credit)), credit


def _paused_since(facts: ClockFacts, receipt: date, pack: RulePack) -> date | None:
    waiting = [local_date(p.asked_at, pack) for p in facts.pauses if p.answered_at is None and not p.late]
    return max(min(waiting), receipt) if waiting else None


def _reckoning(
    facts: ClockFacts,
    receipt: date,
    base: date,
    months: int,
    credit: int,
    legal_limit: date,
    promise: date,
    working: date,
    extended: bool,
    pack: RulePack,
) -> Iterable[ClockStep]:
    yield ClockStep(StepKind.RECEIPT, "GDPR Art. 12(3)", receipt)
    yield ClockStep(StepKind.MONTHS, "EU-3M" if extended else "EU-1M", base, months)
    unrolled = base + timedelta(days=credit)
    if credit:
        yield ClockStep(StepKind.PAUSE, "EU-3M-PAUSE" if extended else "EU-1M-PAUSE", unrolled, credit)
    if legal_limit > unrolled:
        days = (legal_limit - unrolled).days
        skipped = tuple(unrolled + timedelta(days=n) for n in range(days))
        yield ClockStep(StepKind.ROLL, "Regulation 1182/71 Art. 3(4)", legal_limit, days, skipped)
    if facts.extended_at is not None and not extended:
        yield ClockStep(StepKind.VOID_EXTENSION, "GDPR Art. 12(3)", local_date(facts.extended_at, pack))
    if not extended:
        yield ClockStep(StepKind.PROMISE, "promise", promise + timedelta(days=credit), (promise - receipt).days)
        yield ClockStep(StepKind.WORKING, "P30-MIN", working)
