"""The reckoning, line by line, so that a lawyer can follow which rule led to which day; `explain` puts it into words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from dsar.domain.rules import Bilingual, Period, Questions, RulePack, Unit
from dsar.domain.running import Question, Run
from dsar.domain.vocabulary import PauseKind


class StepKind(StrEnum):
    """What one line of the reckoning does."""

    RECEIPT = "receipt"
    ACKNOWLEDGE = "acknowledge"
    EXTENDED = "extended"
    RESTART = "restart"  # proof of identity starts the period
    AWAITED = "awaited"  # the same while the proof is awaited
    PERIOD = "period"
    PAUSE = "pause"
    NO_CREDIT = "no_credit"  # a question that left too late
    NO_PAUSE = "no_pause"  # a question where questions stop nothing
    ROLL = "roll"
    LIMIT = "limit"
    OPEN = "open"  # "not before"
    NOTICE = "notice"
    VOID_EXTENSION = "void_extension"  # announced too late: without effect
    NO_EXTENSION = "no_extension"  # announced where the law knows none
    CAREFUL = "careful"
    PROMISE = "promise"
    WORKING = "working"


@dataclass(frozen=True)
class ClockStep:
    """One line: the rule (LAW 5.2), its source, the day it leads to.

    `amount` counts months or days as `kind` and `unit` say; `since` is the day counted from, or the day of a question;
    `skipped` are the weekends and holidays that a roll passed.
    """

    kind: StepKind
    rule: str
    source: Bilingual
    day: date
    amount: int = 0
    unit: Unit = Unit.DAYS
    since: date | None = None
    skipped: tuple[date, ...] = ()


PROMISE_RULE = "P30-MIN"
_OWN_PROMISE = Bilingual("engagement publié", "published promise")
_AT_ONCE = Bilingual("CEPD, lignes directrices 01/2022, § 5.3", "EDPB Guidelines 01/2022, s. 5.3")
_CONVENTION = Bilingual("convention A8", "convention A8")
_RESTART = Bilingual("RGPD britannique, art. 12A, § 2", "UK GDPR Art. 12A(2)")
_CLARIFICATION = Bilingual("RGPD britannique, art. 12A, § 5", "UK GDPR Art. 12A(5)")


@dataclass(frozen=True)
class Ingredients:
    """What was found, for the reckoning to tell."""

    pack: RulePack
    receipt: date
    questions: tuple[Question, ...]
    ran: Run
    longer: Period | None  # the extension that this right has
    notice_by: date | None
    announced: date | None
    extended: bool
    acknowledge_by: date | None
    promise_days: int | None
    careful: date
    working: date


def reckoning(found: Ingredients) -> tuple[ClockStep, ...]:
    return (*_to_the_limit(found), *_extension(found), *_own_dates(found))


def _to_the_limit(found: Ingredients) -> Iterator[ClockStep]:
    pack, ran = found.pack, found.ran
    period = ran.period
    yield ClockStep(StepKind.RECEIPT, period.rule, pack.first_day, found.receipt)
    if found.acknowledge_by and (promptly := pack.acknowledge):
        skipped = tuple(_passed(found.receipt, found.acknowledge_by, pack))
        yield ClockStep(
            StepKind.ACKNOWLEDGE,
            promptly.rule,
            promptly.source,
            found.acknowledge_by,
            promptly.amount,
            promptly.unit,
            skipped=skipped,
        )
    if found.extended and found.notice_by:
        yield ClockStep(StepKind.EXTENDED, period.rule, period.source, found.notice_by)
    if _restarts(pack):
        proofs = [q for spell in ran.spells for q in spell.questions if q.kind is PauseKind.IDENTITY]
        if proofs:
            kind = StepKind.AWAITED if any(q.open for q in proofs) else StepKind.RESTART
            yield ClockStep(kind, "UK-ID", _RESTART, ran.start)
    skipped = tuple(_passed(ran.start, ran.base, pack)) if period.unit is Unit.BUSINESS_DAYS else ()
    yield ClockStep(StepKind.PERIOD, period.rule, period.source, ran.base, period.amount, period.unit, ran.start, skipped)
    rule, unrolled = period.rule, ran.base + timedelta(days=ran.credit)
    if ran.credit:
        rule = period.paused_rule
        yield ClockStep(StepKind.PAUSE, rule, _CLARIFICATION if _restarts(pack) else _AT_ONCE, unrolled, ran.credit)
    yield from _without_effect(found)
    if pack.roll and ran.limit > unrolled:
        days = (ran.limit - unrolled).days
        skipped = tuple(unrolled + timedelta(days=n) for n in range(days))
        yield ClockStep(StepKind.ROLL, rule, pack.roll, ran.limit, days, skipped=skipped)
    if waiting := ran.awaiting:
        yield ClockStep(StepKind.OPEN, rule, _source_of(waiting[0], pack), ran.limit, since=waiting[0].asked)
    else:
        yield ClockStep(StepKind.LIMIT, rule, period.source, ran.limit)


def _restarts(pack: RulePack) -> bool:
    return pack.questions is Questions.RESTART


def _source_of(question: Question, pack: RulePack) -> Bilingual:
    """What lets a question of this kind hold the clock."""
    if not _restarts(pack):
        return _AT_ONCE
    return _RESTART if question.kind is PauseKind.IDENTITY else _CLARIFICATION


def _without_effect(found: Ingredients) -> Iterator[ClockStep]:
    """Questions that add nothing: asked too late, or under a law whose clock they do not stop."""
    period = found.ran.period
    if found.pack.questions is Questions.NOTHING:
        for question in found.questions:
            yield ClockStep(StepKind.NO_PAUSE, period.rule, found.pack.first_day, question.asked)
        return
    for question in sorted([*(q for q in found.questions if q.late), *found.ran.ignored]):
        rule = "UK-ID" if _restarts(found.pack) and question.kind is PauseKind.IDENTITY else period.paused_rule
        yield ClockStep(StepKind.NO_CREDIT, rule, _CONVENTION if _restarts(found.pack) else _AT_ONCE, question.asked)


def _passed(start: date, end: date, pack: RulePack) -> Iterator[date]:
    """Holidays that fell on a weekday between the two days, and so did not count as business days."""
    for n in range(1, (end - start).days):
        day = start + timedelta(days=n)
        if day.weekday() < 5 and not pack.is_working_day(day):
            yield day


def _extension(found: Ingredients) -> Iterator[ClockStep]:
    period = found.ran.period
    if found.longer is None:
        if found.announced:
            yield ClockStep(StepKind.NO_EXTENSION, period.rule, period.source, found.ran.limit)
        return
    if found.extended or found.notice_by is None:
        return
    yield ClockStep(StepKind.NOTICE, found.longer.rule, found.longer.source, found.notice_by)
    if found.announced:
        yield ClockStep(StepKind.VOID_EXTENSION, found.longer.rule, found.longer.source, found.announced, since=found.notice_by)


def _own_dates(found: Ingredients) -> Iterator[ClockStep]:
    """The careful and the working date. A valid extension takes the place of the promise (LAW 5.4)."""
    ran = found.ran
    days = None if found.extended else found.promise_days
    if days is None:
        yield ClockStep(StepKind.CAREFUL, ran.period.rule, ran.period.source, found.careful)
        yield ClockStep(StepKind.WORKING, ran.period.rule, ran.period.source, found.working)
        return
    yield ClockStep(StepKind.CAREFUL, PROMISE_RULE, _OWN_PROMISE, found.careful, days)
    promise = found.receipt + timedelta(days=days + ran.waited)
    yield ClockStep(StepKind.PROMISE, PROMISE_RULE, _OWN_PROMISE, promise, days, since=found.receipt)
    yield ClockStep(StepKind.WORKING, PROMISE_RULE, _OWN_PROMISE, found.working, days)
