"""Which day it is, for the law."""

from __future__ import annotations

from datetime import date, datetime

from dsar.controller import controller
from dsar.domain.calendars import rule_pack
from dsar.domain.clock import local_date, planning_date


def today_at_seat(now: datetime) -> date:
    """The civil date at the controller's seat."""
    return local_date(now, rule_pack(controller().rule_pack))


def ready_by(due: date) -> date:
    """The last day on or before `due` on which the controller works: for planning, never a date of the law."""
    who = controller()
    return planning_date(due, pack=rule_pack(who.rule_pack), closed=who.closing_days)
