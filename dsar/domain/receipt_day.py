"""A day of receipt that a person should look at twice before it starts the clock. It is never refused: it counts (LAW R-01)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from dsar.domain.clock import Deadlines
from dsar.domain.rules import RulePack

SUNDAY = 6


class Odd(StrEnum):
    """What is odd about a day of receipt."""

    LIMIT_PASSED = "limit_passed"  # late from its first day, and too late to extend (GDPR Art. 12(3))
    PROMISE_PASSED = "promise_passed"  # the law still leaves time, our promise does not
    NO_DELIVERY = "no_delivery"  # no letter is delivered on such a day; Saturdays are days of delivery


def odd(dates: Deadlines, *, today: date, letter: bool, pack: RulePack) -> tuple[Odd, ...]:
    """What to ask about the day from which `dates` follow; nothing for an ordinary one."""
    found = []
    if dates.legal_limit < today:
        found.append(Odd.LIMIT_PASSED)
    elif dates.working_date < today:
        found.append(Odd.PROMISE_PASSED)
    day = dates.receipt_date
    if letter and (day.weekday() == SUNDAY or day in pack.holidays(day.year)):
        found.append(Odd.NO_DELIVERY)
    return tuple(found)
