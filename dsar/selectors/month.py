"""The calendar of the back office: what is due on which day, with weekends and public holidays."""

from __future__ import annotations

import calendar
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Prefetch
from django.utils.translation import pgettext

from dsar.controller import controller
from dsar.domain.calendars import rule_pack
from dsar.domain.clock import local_date
from dsar.domain.reminders import Standing, thresholds
from dsar.models import DataSubjectRequest, RequestEvent, User

MOST_IN_A_DAY = 4  # named in the grid; the list names all
MOST_IN_A_MONTH = 500


@dataclass(frozen=True)
class CalendarCase:
    """A case on the day by which it must be answered."""

    reference: str
    due: date
    paused: bool
    late: bool
    next_reminder: date | None = None


@dataclass(frozen=True)
class CalendarDay:
    day: date
    in_month: bool
    off: str  # name of the public holiday, "weekend", that we are closed, or ""
    cases: tuple[CalendarCase, ...] = ()

    @property
    def named(self) -> tuple[CalendarCase, ...]:
        return self.cases[:MOST_IN_A_DAY]

    @property
    def more(self) -> int:
        return max(len(self.cases) - MOST_IN_A_DAY, 0)


@dataclass(frozen=True)
class Month:
    """One month in whole weeks from Monday; `cut` says that not every case could be named."""

    first: date
    weeks: tuple[tuple[CalendarDay, ...], ...]
    previous: date
    following: date
    cut: bool = False
    busy: tuple[CalendarDay, ...] = field(default=())


def month(user: User, first: date, *, today: date, language: str) -> Month:
    """The month that begins on `first`, for the sites of this user."""
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    found = DataSubjectRequest.objects.visible_to(user).open().filter(working_date__gte=first, working_date__lte=last)
    events = Prefetch("events", RequestEvent.objects.of_the_clock(), to_attr="clock_events")
    rows = list(found.prefetch_related(events).order_by("working_date", "reference")[: MOST_IN_A_MONTH + 1])
    by_day: dict[date, list[CalendarCase]] = defaultdict(list)
    for dsr in rows[:MOST_IN_A_MONTH]:
        by_day[dsr.working_date].append(_case(dsr, today))
    pack = rule_pack(controller().rule_pack)

    def day_of(day: date) -> CalendarDay:
        off = pack.holiday_name(day, language) or ("" if pack.is_working_day(day) else "weekend")
        if not off and day in controller().closing_days:
            off = pgettext("calendar", "we are closed")
        return CalendarDay(day, day.month == first.month, off, tuple(by_day.get(day, ())))

    weeks = tuple(tuple(day_of(day) for day in week) for week in calendar.Calendar().monthdatescalendar(first.year, first.month))
    return Month(
        first=first,
        weeks=weeks,
        previous=(first - timedelta(days=1)).replace(day=1),
        following=last + timedelta(days=1),
        cut=len(rows) > MOST_IN_A_MONTH,
        busy=tuple(day for week in weeks for day in week if day.in_month and day.cases),
    )


def _case(dsr: DataSubjectRequest, today: date) -> CalendarCase:
    paused = dsr.deadlines(today=today).paused_since is not None
    standing = Standing(
        received_on=local_date(dsr.received_at, rule_pack(controller().rule_pack)),
        careful_date=dsr.careful_date,
        working_date=dsr.working_date,
        opened=dsr.opened_at is not None,
        waiting_since=dsr.waiting_since,
        waiting_for=dsr.waiting_for,
        counts=paused,
    )
    coming = [one.day for one in thresholds(standing, controller().reminders, today) if one.day > today and one.rule.kind]
    return CalendarCase(
        reference=dsr.reference,
        due=dsr.working_date,
        paused=paused,
        late=not paused and dsr.working_date < today,
        next_reminder=min(coming, default=None),
    )
