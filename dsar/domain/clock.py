"""The legal clock: dates computed from what happened, never stored as a due date that somebody moves.

LAW 5.2 to 5.5: GDPR Art. 12(3) read with Regulation (EEC, Euratom) No 1182/71, Art. 3, and the regimes of LAW 6 as rule packs.
The *careful* date takes no credit for a pause and rolls past nothing; the *working* date is the earlier of promise and law; the
*legal limit* is the last day of the law. Where the law counts flat days, careful and working are both the earlier of the promise
and those days, since nothing pauses or rolls them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dsar.domain.errors import DsarError
from dsar.domain.reckoning import ClockStep, Ingredients, StepKind, reckoning
from dsar.domain.rules import RulePack, add_months, planning_date
from dsar.domain.running import ImpossibleTime, Pause, local_date, questions_of, run

__all__ = [
    "ASK_WITHIN_WORKING_DAYS",
    "ClockFacts",
    "ClockStep",
    "Deadlines",
    "ExtensionTooLate",
    "ImpossibleTime",
    "NoExtension",
    "Pause",
    "StepKind",
    "add_months",
    "asked_late",
    "check_extension",
    "deadlines",
    "local_date",
    "planning_date",
]

ASK_WITHIN_WORKING_DAYS = 3  # a question about identity that leaves later earns no credit (LAW R-26, A8)


class ExtensionTooLate(DsarError):
    """The notice had to leave inside the first period (GDPR Art. 12(3)); `last_day` is the last day it could."""

    fr = "La prolongation devait être annoncée au plus tard le {last_day} (RGPD, art. 12.3). Envoyez ce qui est prêt."
    en = "The extension had to be announced by {last_day} (GDPR Art. 12(3)). Send what is ready."

    def __init__(self, last_day: date) -> None:
        self.last_day = last_day
        super().__init__(last_day=last_day.isoformat())


class NoExtension(DsarError):
    """The law of this controller's seat knows no extension (LAW 6)."""

    fr = "Ce délai ne peut pas être prolongé. Envoyez ce qui est prêt."
    en = "This time limit cannot be extended. Send what is ready."


@dataclass(frozen=True)
class ClockFacts:
    """What happened, as the events tell it. `extended_at` is when the notice of extension, with its reasons, left."""

    received_at: datetime
    pauses: tuple[Pause, ...] = ()
    extended_at: datetime | None = None


@dataclass(frozen=True)
class Deadlines:
    """The dates (inclusive), the last day to announce an extension, and how they were found.

    While a pause is open, `paused_since` is set and `legal_limit` means "not before": it moves with every day. `paused_days` are
    those on which an answer of the person was awaited. `pack` and `version` name the rules that were used.
    """

    receipt_date: date
    careful_date: date
    working_date: date
    legal_limit: date
    extension_notice_by: date | None  # None: this law knows no extension
    paused_since: date | None
    steps: tuple[ClockStep, ...]
    extended: bool = False
    paused_days: int = 0
    acknowledge_by: date | None = None
    pack: str = ""
    version: str = ""


def deadlines(facts: ClockFacts, *, pack: RulePack, promise_days: int | None, today: date, opt_out: bool = False) -> Deadlines:
    """The dates that follow from `facts` as of `today`, which matters only while a pause is open.

    `opt_out` takes California's shorter period for it; other packs know none and count as always.
    """
    receipt = local_date(facts.received_at, pack)
    questions = questions_of(facts.pauses, receipt=receipt, pack=pack, today=today)
    own = pack.opt_out if opt_out else None
    ran = run(own or pack.limit, receipt=receipt, questions=questions, pack=pack)
    longer = None if own else pack.extension
    notice_by = ran.limit if longer else None
    announced = local_date(facts.extended_at, pack) if facts.extended_at else None
    extended = longer is not None and announced is not None and announced <= ran.limit
    if longer is not None and extended:
        # One run from the start: 31 January → 28 February → 28 April would lose two days (D2, A5).
        ran = run(longer, receipt=receipt, questions=questions, pack=pack)
    careful = pack.end_of(ran.period, receipt)  # no credit, no roll, and from receipt even where proof restarts the clock
    working = ran.limit
    if promise_days is not None and not extended:
        promise = receipt + timedelta(days=promise_days)
        careful = min(careful, promise)
        working = min(working, promise + timedelta(days=ran.waited))
    acknowledge_by = pack.end_of(pack.acknowledge, receipt) if pack.acknowledge and not own else None
    found = Ingredients(
        pack=pack,
        receipt=receipt,
        questions=tuple(questions),
        ran=ran,
        longer=longer,
        notice_by=notice_by,
        announced=announced,
        extended=extended,
        acknowledge_by=acknowledge_by,
        promise_days=promise_days,
        careful=careful,
        working=working,
    )
    return Deadlines(
        receipt_date=receipt,
        careful_date=careful,
        working_date=working,
        legal_limit=ran.limit,
        extension_notice_by=notice_by,
        paused_since=min((question.asked for question in ran.awaiting), default=None),
        steps=reckoning(found),
        extended=extended,
        paused_days=ran.waited,
        acknowledge_by=acknowledge_by,
        pack=pack.key,
        version=pack.version,
    )


def check_extension(facts: ClockFacts, *, pack: RulePack, today: date) -> None:
    """Raises `ExtensionTooLate` when a notice that leaves `today` would be void: the first period, pauses included, has passed.

    Raises `NoExtension` where the law knows none.
    """
    first = deadlines(ClockFacts(facts.received_at, facts.pauses), pack=pack, promise_days=None, today=today)
    if first.extension_notice_by is None:
        raise NoExtension
    if today > first.extension_notice_by:
        raise ExtensionTooLate(first.extension_notice_by)


def asked_late(*, received_at: datetime, asked_at: datetime, pack: RulePack) -> bool:
    """Whether a question about identity left too late to earn credit: after three working days (LAW R-26, A8)."""
    return local_date(asked_at, pack) > pack.add_working_days(local_date(received_at, pack), ASK_WITHIN_WORKING_DAYS)
