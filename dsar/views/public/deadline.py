"""The one date of a request as its person reads it: running, nearly over, paused, extended, late or answered (UX 4.9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from dsar.domain.vocabulary import EventKind, ExtensionReason, PauseKind
from dsar.labels import label
from dsar.models import DataSubjectRequest, RequestEvent
from dsar.selectors import SubjectView, date_before_extension, days_kept, today_at_seat
from dsar.services import pause

WEEKDAY_UNDER = 8  # days: a day that near is named by its weekday


@dataclass(frozen=True)
class Extended:
    """Why there is a new date, in the words of the notice."""

    before: date
    reason: str
    words: str


@dataclass(frozen=True)
class Deadline:
    """`state` is answered, closed, paused, late, today or running; the rest is None or 0 where it does not apply."""

    state: str
    due: date
    received: date
    days_left: int = 0
    days_of: int = 1
    days_used: int = 0
    days_late: int = 0
    near: bool = False
    paused_since: date | None = None
    question: str = ""  # what we asked to specify, as it was asked
    reply_by: date | None = None
    extended: Extended | None = None
    excuse: RequestEvent | None = None  # what we last wrote since the date passed
    answered_on: datetime | None = None
    days_taken: int = 0
    closed_at: datetime | None = None
    notice_by: date | None = None  # until when an extension could still be announced


def deadline_of(view: SubjectView, *, today: date) -> Deadline:
    """The card of the status page."""
    dsr, dates = view.dsr, view.dates
    answered = [part.answered_at for part in view.parts if part.answered_at]
    if not view.can_withdraw and answered:
        taken = (today_at_seat(max(answered)) - dates.receipt_date).days
        return Deadline("answered", dates.working_date, dates.receipt_date, answered_on=max(answered), days_taken=taken)
    if not view.can_withdraw:
        return Deadline("closed", dates.working_date, dates.receipt_date, closed_at=dsr.closed_at)
    extended = _extended(view)
    if dates.paused_since:
        question = _question(dsr)
        return Deadline(
            "paused",
            dates.working_date,
            dates.receipt_date,
            days_left=days_kept(dsr, dates),
            paused_since=dates.paused_since,
            question=question.text() if question else "",
            reply_by=date.fromisoformat(question.data["reply_by"]) if question and question.data.get("reply_by") else None,
            extended=extended,
        )
    late = max(-view.days_left, 0)
    notice_by = dates.extension_notice_by
    return Deadline(
        "late" if late else "today" if view.days_left == 0 else "running",
        dates.working_date,
        dates.receipt_date,
        days_left=max(view.days_left, 0),
        days_of=view.days_of,
        days_used=min(max(view.days_of - view.days_left, 0), view.days_of),
        days_late=late,
        near=view.days_left < WEEKDAY_UNDER,
        extended=extended,
        excuse=_excuse(view) if late else None,
        notice_by=notice_by if notice_by and not dates.extended and today <= notice_by else None,
    )


def _extended(view: SubjectView) -> Extended | None:
    before = date_before_extension(view.dsr, view.dates)
    event = view.dsr.events.filter(kind=EventKind.EXTENDED).order_by("sequence").first()
    if before is None or event is None:
        return None
    reason = event.data.get("reason")
    return Extended(before, str(label(ExtensionReason(reason))) if reason else "", event.text())


def _question(dsr: DataSubjectRequest) -> RequestEvent | None:
    """The open request to specify, which nobody has to answer; a question about identity has its own page."""
    return None if pause.open_question(dsr, PauseKind.CLARIFICATION) is None else asked_to_specify(dsr)


def asked_to_specify(dsr: DataSubjectRequest) -> RequestEvent | None:
    """The latest request to specify, whether or not it stopped the clock and is still open."""
    asked = dsr.events.filter(kind=EventKind.PAUSED, data__kind=PauseKind.CLARIFICATION.value)
    return asked.order_by("-sequence").first()


def _excuse(view: SubjectView) -> RequestEvent | None:
    """The reason for the delay is what an officer wrote to the person about it, if anybody did."""
    ours = [event for event in view.conversation if event.kind == EventKind.MESSAGE_TO_SUBJECT]
    return ours[-1] if ours and today_at_seat(ours[-1].at) >= view.dates.working_date else None
