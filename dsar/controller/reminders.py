"""Reads `[reminders]` of controller.toml: who is reminded of what, and on which days. Without the table the defaults hold."""

from __future__ import annotations

from dsar.controller.reading import Table, shown
from dsar.domain.reminders import ReminderPlan

FURTHEST = 60  # days


def read_reminders(top: Table) -> ReminderPlan:
    usual = ReminderPlan()
    table = top.table("reminders", required=False)
    if table is None:
        return usual
    plan = ReminderPlan(
        owner_days=_days(table, "owner_days", usual.owner_days, lowest=0),
        daily_when_late=table.boolean("daily_when_late") if table.find("daily_when_late") is not None else usual.daily_when_late,
        deputy_days=_days(table, "deputy_days", usual.deputy_days, lowest=0),
        unopened_days=_days(table, "unopened_days", usual.unopened_days, lowest=1),
        task_days=_days(table, "task_days", usual.task_days, lowest=1),
        manager_days=_days(table, "manager_days", usual.manager_days, lowest=1),
        identity_days=_days(table, "identity_days", usual.identity_days, lowest=1),
        from_hour=table.integer("from_hour", lowest=5, highest=20, example=usual.from_hour)
        if table.find("from_hour") is not None
        else usual.from_hour,
    )
    table.done()
    if not plan.owner_days:
        table.problem("owner_days", "nobody would be reminded of a deadline.", "Write at least one day: `owner_days = [5, 0]`.")
    return plan


def _days(table: Table, key: str, usual: tuple[int, ...], *, lowest: int) -> tuple[int, ...]:
    """A list of days, each once, the largest first; `[]` turns that reminder off."""
    if table.find(key) is None:
        return usual
    days = set()
    for node in table.items(key, example=str(list(usual)), required=False):
        if isinstance(node.value, bool) or not isinstance(node.value, int) or not lowest <= node.value <= FURTHEST:
            message = f"{table.name(key)}: {shown(node)} is not a number of days from {lowest} to {FURTHEST}."
            table.page.problem(node.line, message, f"Write days as digits: `{key} = {list(usual)}`.")
            return usual
        days.add(node.value)
    return tuple(sorted(days, reverse=True))
