"""Which days of receipt a person should look at twice; none is refused (LAW R-01, R-03)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from dsar.domain.calendars import rule_pack
from dsar.domain.clock import ClockFacts, deadlines
from dsar.domain.receipt_day import Odd, odd

PACK = rule_pack("FR")


def asked_about(day: date, *, today: date, letter: bool = True, promise_days: int | None = 30) -> tuple[Odd, ...]:
    received = datetime(day.year, day.month, day.day, 8, 0, tzinfo=UTC)
    dates = deadlines(ClockFacts(received_at=received), pack=PACK, promise_days=promise_days, today=today)
    return odd(dates, today=today, letter=letter, pack=PACK)


def test_an_ordinary_letter_of_last_week_is_not_asked_about():
    assert asked_about(date(2026, 3, 6), today=date(2026, 3, 10)) == ()


@pytest.mark.parametrize(
    ("today", "found"),
    [
        (date(2026, 4, 5), ()),  # the promise ends today
        (date(2026, 4, 6), (Odd.PROMISE_PASSED,)),
        (date(2026, 4, 7), (Odd.PROMISE_PASSED,)),  # the law's limit is today: 6 April is Easter Monday
        (date(2026, 4, 8), (Odd.LIMIT_PASSED,)),
    ],
)
def test_a_day_whose_dates_have_passed_is_said_to_be_late_from_the_day_after(today, found):
    assert asked_about(date(2026, 3, 6), today=today) == found


@pytest.mark.parametrize(
    ("day", "found"),
    [
        (date(2026, 3, 7), ()),  # a Saturday: letters are delivered
        (date(2026, 3, 8), (Odd.NO_DELIVERY,)),  # a Sunday
        (date(2026, 4, 6), (Odd.NO_DELIVERY,)),  # Easter Monday
    ],
)
def test_a_letter_of_a_sunday_or_a_holiday_is_asked_about(day, found):
    assert asked_about(day, today=date(2026, 4, 6) if day.month == 4 else date(2026, 3, 10)) == found


def test_a_call_may_come_on_a_sunday():
    assert asked_about(date(2026, 3, 8), today=date(2026, 3, 10), letter=False) == ()


def test_without_a_promise_only_the_law_counts():
    assert asked_about(date(2026, 3, 6), today=date(2026, 4, 7), promise_days=None) == ()
