"""How one period runs: from receipt, through the questions that stop or restart it, to the last day (LAW 5.2, 5.3, 5.5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from dsar.domain.rules import Period, Questions, RulePack
from dsar.domain.vocabulary import PauseKind


class ImpossibleTime(ValueError):
    """A timestamp without time zone, or one that no clock at its place ever showed."""


@dataclass(frozen=True)
class Pause:
    """A question that stops the clock, from the day it left to the day the sufficient answer arrived (None: not yet).

    `late` marks a question about identity that left after three working days: it earns no credit.
    """

    kind: PauseKind
    asked_at: datetime
    answered_at: datetime | None = None
    late: bool = False


def local_date(at: datetime, pack: RulePack) -> date:
    """The civil date at the controller's seat (D6). Raises `ImpossibleTime` for a naive or a skipped time."""
    if at.tzinfo is None or at.utcoffset() is None:
        raise ImpossibleTime(f"{at.isoformat()} has no time zone; legal days need one.")
    instant = at.astimezone(UTC)
    if instant.astimezone(at.tzinfo).replace(tzinfo=None) != at.replace(tzinfo=None):
        raise ImpossibleTime(f"{at.isoformat()} never was: the clocks at {at.tzinfo} jumped over it.")
    return instant.astimezone(ZoneInfo(pack.time_zone)).date()


@dataclass(frozen=True, order=True)
class Question:
    """A pause by civil dates at the seat; an open one is taken as answered today."""

    asked: date
    answered: date
    kind: PauseKind
    open: bool
    late: bool


def questions_of(pauses: Iterable[Pause], *, receipt: date, pack: RulePack, today: date) -> list[Question]:
    """In the order they were asked. What lies before receipt gives nothing: the clock did not run yet."""
    found = []
    for pause in pauses:
        asked = max(local_date(pause.asked_at, pack), receipt)
        answered = today if pause.answered_at is None else local_date(pause.answered_at, pack)
        if pause.answered_at is not None and pause.answered_at < pause.asked_at:
            raise ValueError(f"answered {pause.answered_at.isoformat()} before it was asked {pause.asked_at.isoformat()}")
        found.append(Question(asked, max(answered, asked), pause.kind, pause.answered_at is None, pause.late))
    return sorted(found)


@dataclass(frozen=True)
class Spell:
    """Questions that overlap in time: what they cover counts once."""

    questions: tuple[Question, ...]

    @property
    def asked(self) -> date:
        return self.questions[0].asked

    @property
    def answered(self) -> date:
        return max(question.answered for question in self.questions)


def merged(questions: Iterable[Question]) -> list[Spell]:
    spells: list[Spell] = []
    for question in sorted(questions):
        if spells and question.asked <= spells[-1].answered:
            spells[-1] = Spell((*spells[-1].questions, question))
        else:
            spells.append(Spell((question,)))
    return spells


@dataclass(frozen=True)
class Run:
    """One period as it ran. `spells` are the questions that counted, `ignored` those that left after the limit.

    `start` is receipt, or the proof of identity where the law restarts the clock; `credit` are the days added to `base`.
    """

    period: Period
    start: date
    base: date
    credit: int
    limit: date
    spells: tuple[Spell, ...]
    ignored: tuple[Question, ...] = ()

    @property
    def waited(self) -> int:
        """Days on which an answer of the person was awaited: the promise moves by as many (LAW 5.4)."""
        return sum((spell.answered - spell.asked).days for spell in self.spells)

    @property
    def awaiting(self) -> list[Question]:
        return [question for spell in self.spells for question in spell.questions if question.open]


def run(period: Period, *, receipt: date, questions: Sequence[Question], pack: RulePack) -> Run:
    """Clamp first, add days, roll last (D3).

    A spell counts when it began on or before the running limit, rolled (A9); one that began after it came too late.
    """
    spells = [] if pack.questions is Questions.NOTHING else merged(question for question in questions if not question.late)
    ran = _with(period, receipt, (), pack)
    ignored: list[Question] = []
    for spell in spells:
        if spell.asked <= ran.limit:
            ran = _with(period, receipt, (*ran.spells, spell), pack)
        else:
            ignored += spell.questions
    return Run(**{**vars(ran), "ignored": tuple(ignored)})


def _with(period: Period, receipt: date, spells: tuple[Spell, ...], pack: RulePack) -> Run:
    start, stopping = receipt, list(spells)
    if pack.questions is Questions.RESTART:
        asked = [question for spell in spells for question in spell.questions]
        start = max([receipt, *(question.answered for question in asked if question.kind is PauseKind.IDENTITY)])
        stopping = merged(question for question in asked if question.kind is PauseKind.CLARIFICATION)
    # Days before the start stop nothing: the period has not begun.
    credit = sum(max((spell.answered - max(spell.asked, start)).days, 0) for spell in stopping)
    base = pack.end_of(period, start)
    return Run(period, start, base, credit, pack.rolled(base + timedelta(days=credit)), spells)
