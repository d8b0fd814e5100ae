"""The clock of a case as its card shows it: the dates that differ, who waits for what since when, and what may be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.forms import BaseForm
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dsar import selectors
from dsar.controller import controller
from dsar.domain.calendars import rule_pack
from dsar.domain.clock import ExtensionTooLate, planning_date
from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import Doubt, EventKind, ExtensionReason, PauseKind, ReceiptEvidence, Role
from dsar.forms.clock import ArrivedForm
from dsar.labels import label
from dsar.language import language
from dsar.models import RequestEvent, User
from dsar.selectors import Case
from dsar.services import extend, pause


@dataclass(frozen=True)
class Awaited:
    """One question without its answer yet."""

    kind: str
    doubt: str
    since: date
    days: int
    who: str
    reply_by: date | None
    late: bool
    reminder: date | None  # when the person is next reminded
    specify: bool  # a request to specify: its answer is told here


@dataclass(frozen=True)
class Reply:
    """What the person wrote since the question, which may be its answer."""

    sequence: int
    at: datetime
    words: str


def clock(case: Case, user: User, returned: BaseForm | None = None) -> dict[str, Any]:
    """What the card needs. `returned` is the form of the answer's day when it came back refused."""
    now = timezone.now()
    today = selectors.today_at_seat(now)
    dates, dsr = case.dates, case.dsr
    over = dsr.status in selectors.DONE
    left = case.days_left if dates.paused_since is None else selectors.days_kept(dsr, dates)
    whole = max((dates.working_date - dates.receipt_date).days, 1)
    answered = [part.answered_at for part in case.parts if part.answered_at]
    tone = "" if left > 7 else "warn" if left > 5 else "bad"
    awaited = [] if over else awaited_of(case, today)
    card: dict[str, Any] = {
        "whole": whole,
        "gone": min(max(whole - case.days_left, 0), whole),
        "tone": "" if over else "hold" if dates.paused_since else tone,
        "left": days_words(left),
        "over": over,
        "others": [] if over else other_dates(case),
        "answered_on": max(answered) if answered and over else None,
        "took": (selectors.today_at_seat(max(answered)) - dates.receipt_date).days if answered else None,
        "awaited": awaited,
        "paused_for": (today - dates.paused_since).days if dates.paused_since else 0,
        "evidence": evidence_of(case),
        "extended": extended_of(case),
    }
    if user.may_act_on_cases and not over:
        card |= acts(case, user, now)
        if any(line.specify for line in awaited):
            card["replies"] = replies(case)
            latest = selectors.today_at_seat(card["replies"][0].at) if card["replies"] else today
            card["arrived_form"] = returned or ArrivedForm(prefix="arrived", initial={"arrived_on": latest})
    return card


def days_words(days: int) -> str:
    if days == 0:
        return _("today")
    if days < 0:
        return ngettext("%(n)s day late", "%(n)s days late", -days) % {"n": -days}
    return ngettext("%(n)s day left", "%(n)s days left", days) % {"n": days}


def other_dates(case: Case) -> list[tuple[str, date]]:
    """The three dates when they differ, and the day to have an answer ready when the office is closed on the working date."""
    dates = case.dates
    lines: list[tuple[str, date]] = []
    if len({dates.careful_date, dates.working_date, dates.legal_limit}) > 1 or dates.paused_since:
        lines = [
            (_("Careful date"), dates.careful_date),
            (_("Working date, not before") if dates.paused_since else _("Working date"), dates.working_date),
            (_("Legal limit, not before") if dates.paused_since else _("Legal limit"), dates.legal_limit),
        ]
    pack = rule_pack(controller().rule_pack)
    ready = planning_date(dates.working_date, pack=pack, closed=controller().closing_days)
    if ready != dates.working_date and not dates.paused_since:
        lines.append((_("Have it ready by (office closed after)"), ready))
    return lines


def awaited_of(case: Case, today: date) -> list[Awaited]:
    """The open questions, oldest first."""
    open_kinds = {question.kind for question in case.dsr.clock_facts().pauses if question.answered_at is None}
    latest: dict[str, RequestEvent] = {}
    for event in reversed(case.events):
        if event.kind == EventKind.PAUSED:
            latest[event.data["kind"]] = event
    lines = []
    for kind in open_kinds:
        event = latest[kind.value]
        since = selectors.today_at_seat(event.at)
        lines.append(
            Awaited(
                kind=str(label(kind)),
                doubt=str(label(Doubt(event.data["doubt"]))) if event.data.get("doubt") else "",
                since=since,
                days=(today - since).days,
                who=str(event.actor) if event.actor else _("automatic"),
                reply_by=date.fromisoformat(event.data["reply_by"]) if event.data.get("reply_by") else None,
                late=bool(event.data.get("late")),
                reminder=selectors.next_reminder(case.dsr, today) if kind is PauseKind.IDENTITY else None,
                specify=kind is PauseKind.CLARIFICATION,
            )
        )
    return sorted(lines, key=lambda line: line.since)


def replies(case: Case) -> list[Reply]:
    """What the person wrote since they were asked to specify, newest first."""
    question = pause.open_question(case.dsr, PauseKind.CLARIFICATION)
    if question is None:
        return []
    return [
        Reply(event.sequence, event.at, event.text())
        for event in case.events
        if event.kind == EventKind.MESSAGE_FROM_SUBJECT and event.at >= question.asked_at
    ]


def evidence_of(case: Case) -> str:
    """What shows the day of receipt; "" for a request of before this was kept."""
    code = case.events[-1].data.get("evidence") if case.events else None
    return str(label(ReceiptEvidence(code))) if code else ""


def extended_of(case: Case) -> dict[str, Any] | None:
    """The date that an extension replaced, why, and when the person was told."""
    before = selectors.date_before_extension(case.dsr, case.dates)
    event = next((one for one in reversed(case.events) if one.kind == EventKind.EXTENDED), None)
    if before is None or event is None:
        return None
    reason = event.data.get("reason")
    return {"before": before, "reason": str(label(ExtensionReason(reason))) if reason else "", "at": event.at}


def acts(case: Case, user: User, now: datetime) -> dict[str, Any]:
    """What may be done with the clock; an act that is not possible comes with its reason instead of a button."""
    dsr = case.dsr
    found: dict[str, Any] = {"may_specify": True, "may_extend": True}
    try:
        pause.may_ask_to_specify(dsr)
    except pause.AlreadyAsked:
        found["may_specify"] = False  # the card says since when it waits
    except DsarError as refusal:
        found |= {"may_specify": False, "no_specify": refusal.sentence(language())}
    proposal = extend.open_proposal(dsr, now)
    if proposal is not None:
        return found | {"may_extend": False, "extension_proposal": proposal}
    try:
        extend.may_extend(dsr, now=now, overridden=user.role == Role.DPO)
    except ExtensionTooLate as refusal:
        found |= {"may_extend": False, "too_late_since": refusal.last_day}
    except DsarError as refusal:
        found |= {"may_extend": False, "no_extend": refusal.sentence(language())}
    found["extend_until"] = case.dates.extension_notice_by
    found["minor"] = extend.is_minor_erasure(dsr)
    return found
