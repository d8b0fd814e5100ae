"""Whose calendar counts: a rule pack names the seat's time zone, its public holidays and the periods of its law, as data.

LAW conventions D5 (nationwide holidays of the seat's state, no substitute days in France) and D6 (civil date at the seat).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

from holidays import country_holidays

SATURDAY = 5


@dataclass(frozen=True)
class RulePack:
    """The calendar and the periods under which one controller answers; adding a regime adds a pack, and no code.

    `holidays` gives a year's public holidays with their name in the seat's language; `names` translates those names.
    `months` and `extended_months` run from the day of receipt (GDPR Art. 12(3)).
    """

    key: str
    time_zone: str
    holidays: Callable[[int], Mapping[date, str]]
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    months: int = 1
    extended_months: int = 3

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

    def holiday_name(self, day: date, language: str) -> str | None:
        """What the public holiday is called in `language`; None when the day is none."""
        name = self.holidays(day.year).get(day)
        if name is None:
            return None
        # In 2059 Ascension falls on 8 May: the calendar gives both names.
        return "; ".join(self.names.get(one, {}).get(language, one) for one in name.split("; "))


class UnknownRulePack(ValueError):
    """The controller names a rule pack that does not exist; the sentence is for the operator."""


def rule_pack(key: str) -> RulePack:
    """The pack of that key. Raises `UnknownRulePack`, which names those that exist."""
    try:
        return PACKS[key]
    except KeyError:
        raise UnknownRulePack(f"There is no rule pack {key!r}; choose one of {', '.join(sorted(PACKS))}.") from None


@lru_cache(maxsize=512)
def _nationwide(country: str, language: str, year: int) -> Mapping[date, str]:
    return dict(country_holidays(country, years=[year], language=language))


def _french(year: int) -> Mapping[date, str]:
    """The 11 of Code du travail L3133-1; Good Friday and 26 December are holidays of Alsace-Moselle only."""
    return _nationwide("FR", "fr", year)


def _german(year: int) -> Mapping[date, str]:
    """Nationwide holidays only."""
    return _nationwide("DE", "de", year)


def _weekends_only(year: int) -> Mapping[date, str]:
    """GDPR without a member state: no holiday is common to all."""
    return {}


_FRENCH_NAMES = {
    "Jour de l'an": {"en": "New Year's Day"},
    "Lundi de Pâques": {"en": "Easter Monday"},
    "Fête du Travail": {"en": "Labour Day"},
    "Fête de la Victoire": {"fr": "Victoire de 1945", "en": "Victory Day 1945"},
    "Ascension": {"en": "Ascension Day"},
    "Lundi de Pentecôte": {"en": "Whit Monday"},
    "Fête nationale": {"en": "National Day"},
    "Assomption": {"en": "Assumption Day"},
    "Toussaint": {"en": "All Saints' Day"},
    "Armistice": {"fr": "Armistice de 1918", "en": "Armistice Day 1918"},
    "Noël": {"en": "Christmas Day"},
}

PACKS: Mapping[str, RulePack] = {
    pack.key: pack
    for pack in (
        RulePack("FR", "Europe/Paris", _french, _FRENCH_NAMES),
        RulePack("DE", "Europe/Berlin", _german),
        RulePack("EU", "Europe/Brussels", _weekends_only),
    )
}
