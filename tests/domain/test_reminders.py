"""Thresholds follow from dates, plan and day; a lawyer can check these against a calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dsar.domain.reminders import ReminderPlan, Standing, begins_at, latest_passed, next_look, reminder_day

PLAN = ReminderPlan()
PARIS = {"zone": "Europe/Paris", "from_hour": 7}


def standing(*, careful: date = date(2026, 4, 9), working: date = date(2026, 4, 9), **more) -> Standing:
    return Standing(received_on=date(2026, 3, 10), careful_date=careful, working_date=working, **({"opened": True} | more))


def told(on: date, **more) -> dict[str, tuple[str, int, date]]:
    return {
        kind: (one.rule.code, abs(one.rule.days), one.base) for kind, one in latest_passed(standing(**more), PLAN, on).items()
    }


@pytest.mark.parametrize(
    ("on", "days"),
    [
        (date(2026, 3, 29), None),
        (date(2026, 3, 30), 10),
        (date(2026, 4, 3), 10),
        (date(2026, 4, 4), 5),
        (date(2026, 4, 7), 2),
        (date(2026, 4, 8), 2),
        (date(2026, 4, 9), 0),
    ],
)
def test_the_owner_is_told_the_latest_of_ten_five_two_and_no_days(on: date, days: int | None):
    found = told(on).get("deadline_reminder")
    assert found == (None if days is None else ("due", days, date(2026, 4, 9)))


def test_after_the_working_date_each_day_is_a_threshold():
    assert told(date(2026, 4, 10))["deadline_reminder"] == ("late", 0, date(2026, 4, 9))
    assert next_look(standing(), PLAN, date(2026, 4, 10)) == date(2026, 4, 11)


def test_the_deputy_is_told_two_days_before():
    assert "deadline_escalation" not in told(date(2026, 4, 6))
    assert told(date(2026, 4, 7))["deadline_escalation"] == ("due", 2, date(2026, 4, 9))


def test_careful_and_working_date_are_both_watched_where_they_differ():
    dates = {"careful": date(2026, 4, 2), "working": date(2026, 4, 9)}
    assert told(date(2026, 4, 1), **dates)["deadline_reminder"] == ("due", 2, date(2026, 4, 2))
    assert told(date(2026, 4, 2), **dates)["deadline_reminder"] == ("due", 0, date(2026, 4, 2))
    assert told(date(2026, 4, 4), **dates)["deadline_reminder"] == ("due", 5, date(2026, 4, 9))


def test_an_open_question_that_counts_leaves_only_the_careful_date_to_watch():
    asked = {"waiting_since": date(2026, 3, 12), "waiting_for": "clarification"}
    assert told(date(2026, 4, 20), **asked)["deadline_reminder"] == ("due", 0, date(2026, 4, 9))
    assert told(date(2026, 4, 20), **asked, counts=False)["deadline_reminder"] == ("late", 0, date(2026, 4, 9))


def test_the_person_is_reminded_on_day_seven_and_twenty_of_a_question_about_identity_only():
    asked = {"waiting_since": date(2026, 3, 12), "waiting_for": "identity"}
    assert "identity_reminder" not in told(date(2026, 3, 18), **asked)
    assert told(date(2026, 3, 19), **asked)["identity_reminder"] == ("identity", 7, date(2026, 3, 12))
    assert told(date(2026, 4, 1), **asked)["identity_reminder"] == ("identity", 20, date(2026, 3, 12))
    assert "identity_reminder" not in told(date(2026, 4, 1), **(asked | {"waiting_for": "clarification"}))


def test_a_case_that_nobody_opened_goes_to_the_deputy_after_five_days():
    assert "unopened_case" not in told(date(2026, 3, 14), opened=False)
    assert told(date(2026, 3, 15), opened=False)["unopened_case"] == ("unopened", 5, date(2026, 3, 10))
    assert "unopened_case" not in told(date(2026, 3, 15), opened=True)


def test_when_nothing_is_to_come_nobody_looks():
    quiet = ReminderPlan(daily_when_late=False)
    assert next_look(standing(), quiet, date(2026, 4, 8)) == date(2026, 4, 9)
    assert next_look(standing(), quiet, date(2026, 4, 9)) is None


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 3, 29, 4, 59, tzinfo=UTC), date(2026, 3, 28)),  # summer time since three hours: 6.59
        (datetime(2026, 3, 29, 5, 0, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 10, 25, 5, 59, tzinfo=UTC), date(2026, 10, 24)),
        (datetime(2026, 10, 25, 6, 0, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2028, 2, 29, 6, 0, tzinfo=UTC), date(2028, 2, 29)),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), date(2026, 12, 31)),
    ],
)
def test_the_day_of_reminders_begins_at_seven_at_the_seat(now: datetime, day: date):
    assert reminder_day(now, **PARIS) == day
    assert begins_at(day, **PARIS) <= now


@given(some.dates(date(2026, 1, 1), date(2029, 1, 1)))
def test_each_day_begins_once_and_after_the_one_before(day: date):
    begins = begins_at(day, **PARIS)
    assert reminder_day(begins, **PARIS) == day
    assert begins > begins_at(day.fromordinal(day.toordinal() - 1), **PARIS)
