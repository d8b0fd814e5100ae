"""How old somebody is on a day of the law."""

from __future__ import annotations

from datetime import date

CONSENT_AGE = 15  # Loi 78-17 art. 45: from here the child's own view and privacy weigh (LAW)


def has_reached(age: int, *, born: date, on: date) -> bool:
    """Whether somebody has that age on this day; who was born on a 29 February has it on 1 March of a year without one.

    The 28th ends the last year and does not begin the next: a term whose day is missing ends with the month (CPC art. 641).
    """
    return (on.year - age, on.month, on.day) >= (born.year, born.month, born.day)
