"""What a rule pack is: the calendar of one seat, the periods of its law, and what a question to the person does to them.

The packs themselves are data in `calendars.py`; a new regime is a new pack, and no code.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

SATURDAY = 5
SUBSTITUTE = " (observed)"  # how the library marks the working day that replaces a holiday on a weekend


@dataclass(frozen=True)
class Bilingual:
    """Words of the law in both languages, such as the name of an article."""

    fr: str
    en: str

    def say(self, language: str) -> str:
        return self.fr if language == "fr" else self.en


class Unit(StrEnum):
    MONTHS = "months"  # same-numbered day, clamped (D1)
    DAYS = "days"  # flat count, day of receipt not counted (D8)
    BUSINESS_DAYS = "business_days"  # working days of the pack's calendar (A16)


@dataclass(frozen=True)
class Period:
    """A time limit as the law writes it. `paused_rule` is the rule's name once days of a question were added."""

    rule: str
    amount: int
    unit: Unit
    source: Bilingual
    paused_rule: str = ""


class Questions(StrEnum):
    """What an unanswered question to the person does to the clock (LAW 5.3)."""

    SUSPEND = "suspend"  # E1: identity and clarification stop it, and what is left runs on
    RESTART = "restart"  # E2: it starts at the proof of identity; clarification stops it (U1)
    NOTHING = "nothing"  # D8


@dataclass(frozen=True)
class RulePack:
    """The calendar and the periods under which one controller answers.

    `holidays` gives a year's public holidays with their name in the seat's language; `names` translates those names.
    `roll` is the source that carries a limit past weekends and holidays; None: a limit stays where it falls (D8).
    `extension` is the longer period from the same start; None: there is none, and `no_extension` says what remains to do.
    """

    key: str
    version: str
    time_zone: str
    holidays: Callable[[int], Mapping[date, str]]
    limit: Period
    first_day: Bilingual
    questions: Questions
    extension: Period | None = None
    no_extension: Bilingual = field(default_factory=lambda: Bilingual("", ""))
    opt_out: Period | None = None
    acknowledge: Period | None = None
    roll: Bilingual | None = None
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def is_working_day(self, day: date) -> bool:
        """Neither Saturday, nor Sunday, nor public holiday (Regulation 1182/71, Art. 2 and 3(4))."""
        return day.weekday() < SATURDAY and day not in self.holidays(day.year)

    def next_working_day(self, day: date) -> date:
        """`day` itself when it is a working day, else the first one after it."""
        while not self.is_working_day(day):
            day += timedelta(days=1)
        return day

    def add_working_days(self, day: date, days: int) -> date:
        """The `days`-th working day after `day`, which is not counted itself."""
        for _ in range(days):
            day = self.next_working_day(day + timedelta(days=1))
        return day

    def end_of(self, period: Period, start: date) -> date:
        """The last day of `period`, before credit and before rolling."""
        match period.unit:
            case Unit.MONTHS:
                return add_months(start, period.amount)
            case Unit.DAYS:
                return start + timedelta(days=period.amount)
            case Unit.BUSINESS_DAYS:
                return self.add_working_days(start, period.amount)

    def rolled(self, day: date) -> date:
        """Where a limit that falls on `day` ends under this law."""
        return self.next_working_day(day) if self.roll else day

    def holiday_name(self, day: date, language: str) -> str | None:
        """What the public holiday is called in `language`; None when the day is none."""
        name = self.holidays(day.year).get(day)
        if name is None:
            return None
        # In 2059 Ascension falls on 8 May: the calendar gives both names.
        return "; ".join(self._translated(one, language) for one in name.split("; "))

    def _translated(self, name: str, language: str) -> str:
        plain = name.removesuffix(SUBSTITUTE)
        # The library writes a straight apostrophe, and its names are the keys.
        said = self.names.get(plain, {}).get(language, plain).replace("'", "’")
        if plain == name:
            return said
        return f"{said} ({'jour de remplacement' if language == 'fr' else 'substitute day'})"


def planning_date(day: date, *, pack: RulePack, closed: Collection[date]) -> date:
    """The last working day on or before `day` on which the controller is open: when to have an answer ready.

    For planning only: a controller's closing days never move a date of the law (D5: bridge days and closures do not count).
    """
    while day in closed or not pack.is_working_day(day):
        day -= timedelta(days=1)
    return day


def add_months(day: date, months: int) -> date:
    """The same-numbered day `months` later, or the last day of that month when it has none (Regulation 1182/71, Art. 3(2)(c))."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
