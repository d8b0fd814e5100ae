"""ISO 8601 durations of whole years, months, weeks and days, as registers of processing use them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FORM = re.compile(r"P(?=\d)(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?", re.ASCII)
_UNITS = (
    ("years", ("an", "ans"), ("year", "years")),
    ("months", ("mois", "mois"), ("month", "months")),
    ("weeks", ("semaine", "semaines"), ("week", "weeks")),
    ("days", ("jour", "jours"), ("day", "days")),
)


@dataclass(frozen=True)
class Duration:
    """Calendar units are kept apart: a month is not a number of days."""

    years: int = 0
    months: int = 0
    weeks: int = 0
    days: int = 0

    def in_language(self, language: str) -> str:
        """ "1 an", "3 years", "1 an et 6 mois": in French and English."""
        parts = [
            f"{count} {(french if language == 'fr' else english)[count > 1]}"
            for unit, french, english in _UNITS
            if (count := getattr(self, unit))
        ]
        return (" et " if language == "fr" else " and ").join(parts)


def parse_duration(text: str) -> Duration | None:
    """The duration in `text`, such as "P1Y", "P99Y" or "P30D"; None when it is no duration, or an empty one."""
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    numbers = [int(number or 0) for number in match.groups()]
    return Duration(*numbers) if any(numbers) else None
