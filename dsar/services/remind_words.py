"""What a reminder says, looked up when it leaves: mails to staff hold references, dates and links only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from dsar.controller import controller
from dsar.domain.calendars import rule_pack
from dsar.domain.clock import local_date
from dsar.domain.vocabulary import EventKind, PauseKind
from dsar.models import DataSubjectRequest, HandTask, RequestEvent
from dsar.models.request import OPEN
from dsar.selectors import today_at_seat
from dsar.services.tell import absolute, common
from notifications.models import Message

Context = Mapping[str, object]


def context(message: Message, *, now: datetime) -> Context | None:
    """The variables of the mail's template as of `now`; None when there is nothing left to remind of."""
    dsr = DataSubjectRequest.objects.filter(reference=message.reference, status__in=OPEN).first()
    if dsr is None:
        return None
    own = _WRITERS[message.kind](dsr, message, today_at_seat(now))
    return None if own is None else {**common(dsr.reference, message.language), **own}


def as_json(content: Mapping[str, str]) -> str:
    return json.dumps(content, ensure_ascii=False)


def _deadline(dsr: DataSubjectRequest, message: Message, today: date) -> Context | None:
    """Of the date it was stored for; a pause or an extension since then has made another date, and another mail."""
    due = date.fromisoformat(message.facts["date"])
    if due not in (dsr.working_date, dsr.careful_date):
        return None
    left = (due - today).days
    return {
        "due_date": due,
        "days_left": max(left, 0),
        "days_late": max(-left, 0),
        "paused_since": dsr.waiting_since or "",
        "legal_limit": dsr.legal_limit,
        "case_url": absolute("backoffice:case", message.language, dsr.reference),
    }


def _unopened(dsr: DataSubjectRequest, message: Message, today: date) -> Context | None:
    if dsr.opened_at is not None:
        return None
    received = local_date(dsr.received_at, rule_pack(controller().rule_pack))
    return {
        "received_date": received,
        "days_waiting": (today - received).days,
        "working_date": dsr.working_date,
        "case_url": absolute("backoffice:case", message.language, dsr.reference),
    }


def _task(dsr: DataSubjectRequest, message: Message, today: date) -> Context | None:
    task = HandTask.objects.filter(pk=message.facts["task"], part__dsr=dsr, confirmed_at__isnull=True).first()
    if task is None:
        return None
    source = controller().sources.get(task.source_key)
    given = date.fromisoformat(message.facts["date"])
    return {
        "system": source.label.in_language(message.language) if source else task.source_key,
        "given_date": given,
        "days_waiting": (today - given).days,
        "due_date": task.due_date,
        "instructions_url": absolute("backoffice:tasks", message.language),
    }


def _manager(dsr: DataSubjectRequest, message: Message, today: date) -> Context | None:
    found = _task(dsr, message, today)
    task = HandTask.objects.filter(pk=message.facts["task"]).first()
    return None if found is None or task is None else {**found, "team": task.owner_team}


def _identity(dsr: DataSubjectRequest, message: Message, today: date) -> Context | None:
    """To the person: what we asked, since when the clock stands still, and what happens without an answer."""
    if dsr.waiting_for != PauseKind.IDENTITY or dsr.waiting_since != date.fromisoformat(message.facts["date"]):
        return None
    asked = RequestEvent.objects.filter(dsr=dsr, kind=EventKind.PAUSED, data__kind=PauseKind.IDENTITY.value)
    question = asked.order_by("-sequence").first()
    return {
        "asked_date": dsr.waiting_since,
        "question": question.text() if question else "",
        "clock_stands": not (question and question.data.get("late")),
        "closes_date": dsr.waiting_since + timedelta(days=controller().identity.unanswered_days),
    }


_WRITERS = {
    "deadline_reminder": _deadline,
    "deadline_escalation": _deadline,
    "unopened_case": _unopened,
    "task_reminder": _task,
    "task_escalation": _manager,
    "identity_reminder": _identity,
}
