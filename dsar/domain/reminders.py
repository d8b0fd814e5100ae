"""Who is reminded of what and when: thresholds follow from dates, a plan and a day; nothing is ever scheduled.

LAW 5.3: alarm on the careful date, escalate on the working date, and never let an open pause hide the case. A reminder's day
begins at the plan's hour at the controller's seat, so that nobody is written to at night and no night of the year shifts one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

LATE_DAYS_TOLD = 7  # days of lateness that leave a line in the outbox after an outage; only the last of them is sent


@dataclass(frozen=True)
class ReminderPlan:
    """`[reminders]` of controller.toml. Days before a date for owner and deputy, days after a beginning for the others."""

    owner_days: tuple[int, ...] = (10, 5, 2, 0)
    daily_when_late: bool = True
    deputy_days: tuple[int, ...] = (2,)
    unopened_days: tuple[int, ...] = (5,)
    task_days: tuple[int, ...] = (3, 7, 10)
    manager_days: tuple[int, ...] = (12,)
    identity_days: tuple[int, ...] = (7, 20)
    from_hour: int = 7


class Anchor(StrEnum):
    """The date from which a threshold is counted."""

    WORKING = "working"
    CAREFUL = "careful"
    WAITING = "waiting"  # the day the oldest open question left
    RECEIVED = "received"
    DAY = "day"  # the day itself: once the working date has passed, each day is a threshold
    GIVEN = "given"  # the day a colleague got a task


@dataclass(frozen=True)
class Rule:
    """One threshold of the plan: `days` after its anchor, negative before it. A rule without kind only asks for a look."""

    kind: str
    anchor: Anchor
    days: int
    code: str


@dataclass(frozen=True)
class Standing:
    """What of a request decides about reminders. `counts`: its open question stops the clock, as a late one does not."""

    received_on: date
    careful_date: date
    working_date: date
    opened: bool = False
    waiting_since: date | None = None
    waiting_for: str = ""
    counts: bool = True

    @property
    def frozen(self) -> bool:
        return self.waiting_since is not None and self.counts


@dataclass(frozen=True)
class Threshold:
    """A day on which somebody is written to, and the date that the mail is about."""

    rule: Rule
    day: date
    base: date


def rules_of(plan: ReminderPlan) -> tuple[Rule, ...]:
    """The thresholds of a request, as data for both the sweep's SQL and `thresholds`."""
    found = []
    for kind, days_before in (("deadline_reminder", plan.owner_days), ("deadline_escalation", plan.deputy_days)):
        for anchor in (Anchor.WORKING, Anchor.CAREFUL):
            found += [Rule(kind, anchor, -days, "due") for days in days_before]
    if plan.daily_when_late:
        # From tomorrow, which is only looked forward to, back over the days that an outage may have swallowed.
        found += [Rule("deadline_reminder", Anchor.DAY, days, "late") for days in range(1, -LATE_DAYS_TOLD, -1)]
        found.append(Rule("", Anchor.WORKING, 1, "look"))
    found += [Rule("unopened_case", Anchor.RECEIVED, days, "unopened") for days in plan.unopened_days]
    found += [Rule("identity_reminder", Anchor.WAITING, days, "identity") for days in plan.identity_days]
    return tuple(found)


def task_rules_of(plan: ReminderPlan) -> tuple[Rule, ...]:
    """The thresholds of a task that a colleague has not confirmed."""
    return (
        *(Rule("task_reminder", Anchor.GIVEN, days, "task") for days in plan.task_days),
        *(Rule("task_escalation", Anchor.GIVEN, days, "manager") for days in plan.manager_days),
    )


def thresholds(standing: Standing, plan: ReminderPlan, day: date) -> Iterator[Threshold]:
    """Every threshold of a request as seen on `day`, passed or to come."""
    anchors = {
        Anchor.WORKING: standing.working_date,
        Anchor.CAREFUL: standing.careful_date,
        Anchor.WAITING: standing.waiting_since,
        Anchor.RECEIVED: standing.received_on,
        Anchor.DAY: day,
    }
    for rule in rules_of(plan):
        anchor = anchors[rule.anchor]
        if anchor is None:
            continue
        reached = anchor + timedelta(days=rule.days)
        base = standing.working_date if rule.anchor is Anchor.DAY else anchor
        if _applies(rule, standing, reached):
            yield Threshold(rule, reached, base)


def _applies(rule: Rule, standing: Standing, reached: date) -> bool:
    match rule.anchor:
        case Anchor.WORKING:
            return not standing.frozen
        case Anchor.CAREFUL:  # it takes no credit for a pause: the alarm that goes on while the clock stands still
            return standing.frozen or standing.careful_date != standing.working_date
        case Anchor.DAY:
            return not standing.frozen and standing.working_date < reached
        case Anchor.WAITING:
            return standing.waiting_for == "identity"
    return not standing.opened


def latest_passed(standing: Standing, plan: ReminderPlan, day: date) -> dict[str, Threshold]:
    """By kind, the one threshold that is told on `day`: the latest that has passed, the more urgent of two on one day."""
    told: dict[str, Threshold] = {}
    passed = [one for one in thresholds(standing, plan, day) if one.day <= day and one.rule.kind]
    for one in sorted(passed, key=lambda one: (one.day, -abs(one.rule.days))):
        told[one.rule.kind] = one
    return told


def next_look(standing: Standing, plan: ReminderPlan, day: date) -> date | None:
    """The next day on which somebody may have to be written to; None when nothing is to come."""
    return min((one.day for one in thresholds(standing, plan, day) if one.day > day), default=None)


def reminder_day(now: datetime, *, zone: str, from_hour: int) -> date:
    """The day whose reminders may leave: today at the seat from the plan's hour on, else yesterday."""
    local = now.astimezone(ZoneInfo(zone))
    return local.date() if local.hour >= from_hour else local.date() - timedelta(days=1)


def begins_at(day: date, *, zone: str, from_hour: int) -> datetime:
    """The instant at which the reminders of `day` may leave."""
    return datetime.combine(day, time(from_hour), ZoneInfo(zone)).astimezone(UTC)
