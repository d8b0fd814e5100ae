"""Dates that a reader compares with those of the clock: what was left when a pause began, and what an extension replaced."""

from __future__ import annotations

from datetime import date, timedelta

from dsar.controller import controller
from dsar.domain.calendars import rule_pack
from dsar.domain.clock import ClockFacts, Deadlines, deadlines
from dsar.domain.vocabulary import PauseKind
from dsar.models import DataSubjectRequest


def days_kept(dsr: DataSubjectRequest, dates: Deadlines) -> int:
    """The days that were left when the open pause began; they come back with the answer."""
    since = dates.paused_since or dates.working_date
    return (dsr.deadlines(today=since).working_date - since).days


def date_before_extension(dsr: DataSubjectRequest, dates: Deadlines) -> date | None:
    """The working date that the extension replaced; None without a valid extension."""
    if not dates.extended:
        return None
    facts, who = dsr.clock_facts(), controller()
    before = ClockFacts(facts.received_at, facts.pauses)
    today = max(dates.receipt_date, dates.paused_since or dates.receipt_date)
    return deadlines(before, pack=rule_pack(who.rule_pack), promise_days=who.promise_days, today=today).working_date


def next_reminder(dsr: DataSubjectRequest, today: date) -> date | None:
    """The next day on which the person is reminded of a question about who they are; None when none is to come."""
    if dsr.waiting_since is None or dsr.waiting_for != PauseKind.IDENTITY:
        return None
    days = [dsr.waiting_since + timedelta(days=after) for after in controller().reminders.identity_days]
    return min((day for day in days if day > today), default=None)
