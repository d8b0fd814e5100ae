"""Which day it is, for the law."""

from __future__ import annotations

from datetime import date, datetime

from dsar.controller import controller
from dsar.domain.calendars import rule_pack
from dsar.domain.clock import local_date


def today_at_seat(now: datetime) -> date:
    """The civil date at the controller's seat."""
    return local_date(now, rule_pack(controller().rule_pack))
