"""What the data subject sees of their own request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from dsar.domain.clock import Deadlines
from dsar.domain.vocabulary import (
    BY_PACKAGE,
    EventKind,
    PackageState,
    Status,
    TaskState,
)
from dsar.models import (
    DataSubjectRequest,
    Package,
    RequestEvent,
    RequestPart,
)
from dsar.selectors.actions import DONE


@dataclass(frozen=True)
class TimelineStep:
    """One line of the person's timeline. `key` names the words; `state` is done, now or later; `on` the date when done."""

    key: str  # received, identity, gathering, checked, ready, carried_out, answered
    state: str
    on: datetime | None = None
    answered: int = 0
    of: int = 0


@dataclass(frozen=True)
class SubjectView:
    """The status page. `state` names the heading: received, identifying, gathering, checking, carrying_out, ready, answered,
    closed, withdrawn, cannot_identify."""

    dsr: DataSubjectRequest
    state: str
    dates: Deadlines
    days_left: int
    days_of: int  # days from receipt to the working date, for the bar
    timeline: tuple[TimelineStep, ...]
    parts: tuple[RequestPart, ...]
    conversation: tuple[RequestEvent, ...]  # both directions, oldest first
    package: Package | None  # the released one
    past_package: Package | None  # the last withdrawn or expired one, when none is released
    can_withdraw: bool


def subject_view(dsr: DataSubjectRequest, *, today: date) -> SubjectView:
    """What the person may know about their own request."""
    dates = dsr.deadlines(today=today)
    parts = tuple(dsr.parts.prefetch_related("hand_tasks"))
    packages = list(dsr.packages.all())
    released = next((package for package in packages if package.state == PackageState.RELEASED), None)
    past = next((p for p in packages if p.state in (PackageState.EXPIRED, PackageState.WITHDRAWN)), None)
    words = (EventKind.MESSAGE_FROM_SUBJECT, EventKind.MESSAGE_TO_SUBJECT)
    return SubjectView(
        dsr=dsr,
        state=_subject_state(dsr, parts, released),
        dates=dates,
        days_left=(dates.working_date - today).days,
        days_of=max((dates.working_date - dates.receipt_date).days, 1),
        timeline=tuple(_timeline(dsr, parts, released)),
        parts=parts,
        conversation=tuple(dsr.events.filter(kind__in=words).order_by("sequence")),
        package=released,
        past_package=None if released else past,
        can_withdraw=any(part.step not in DONE for part in parts),
    )


def _subject_state(dsr: DataSubjectRequest, parts: Sequence[RequestPart], released: Package | None) -> str:
    outcomes = {part.outcome for part in parts}
    if dsr.status in DONE:
        if outcomes == {"withdrawn"}:
            return "withdrawn"
        if outcomes == {"cannot_identify"}:
            return "cannot_identify"
        if released:
            return "ready"
        return "answered" if dsr.status == Status.ANSWERED else "closed"
    if released:
        return "ready"
    return {
        Status.RECEIVED: "received",
        Status.IDENTIFYING: "identifying",
        Status.COLLECTING: "gathering",
        Status.REVIEWING: "checking",
        Status.APPROVING: "checking",
        Status.EXECUTING: "carrying_out",
    }[Status(dsr.status)]


def _timeline(dsr: DataSubjectRequest, parts: Sequence[RequestPart], released: Package | None) -> Iterator[TimelineStep]:
    when = {event.kind: event.at for event in dsr.events.all()}  # the latest of each kind
    copy = any(part.right in BY_PACKAGE for part in parts)
    by_hand = [part for part in parts if part.right not in BY_PACKAGE]
    reached = list(Status).index(Status(dsr.status))

    def step(key: str, done_at: datetime | None, now_from: Status, **counts: int) -> TimelineStep:
        if done_at is not None:
            return TimelineStep(key, "done", done_at, **counts)
        return TimelineStep(key, "now" if reached >= list(Status).index(now_from) else "later", None, **counts)

    yield TimelineStep("received", "done", dsr.received_at)
    yield step("identity", dsr.identified_at, Status.RECEIVED)
    if copy:
        tasks = list(dsr.source_tasks.all())
        answered = sum(task.state in (TaskState.DONE, TaskState.SKIPPED) for task in tasks)
        yield step("gathering", when.get(EventKind.COLLECTION_FINISHED), Status.COLLECTING, answered=answered, of=len(tasks))
    if any(part.right not in ("marketing_objection", "withdrawal") for part in parts):
        yield step("checked", when.get(EventKind.DECIDED), Status.REVIEWING)
    if copy:
        yield step("ready", released.released_at if released else None, Status.EXECUTING)
    if by_hand:
        done = all(part.step in DONE for part in by_hand)
        yield step(
            "carried_out",
            max((p.answered_at for p in by_hand if p.answered_at), default=None) if done else None,
            Status.EXECUTING,
        )
