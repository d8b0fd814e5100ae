"""What the data subject sees of their own request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from dsar.controller import controller
from dsar.domain.clock import Deadlines
from dsar.domain.vocabulary import (
    AT_ONCE,
    BY_PACKAGE,
    EventKind,
    Outcome,
    PackageState,
    PauseKind,
    RequestType,
    Status,
    TaskState,
)
from dsar.models import (
    DataSubjectRequest,
    Package,
    RequestEvent,
    RequestPart,
    SourceTask,
)
from dsar.selectors.actions import DONE

SEARCHED = (TaskState.DONE, TaskState.SKIPPED)
NO = (Outcome.REFUSED, Outcome.NOTHING_HELD, Outcome.CANNOT_IDENTIFY)  # no copy comes, and the page says why

MOST_SHOWN = 50  # requests of one mailbox


@dataclass(frozen=True)
class TimelineStep:
    """One line of the person's timeline. `key` names the words; `state` is done, now or later; `on` the date when done."""

    key: str  # received, identity, gathering, checked, refused, ready, carried_out, erased
    state: str
    on: datetime | None = None
    answered: int = 0
    of: int = 0
    waiting: tuple[str, ...] = ()  # the systems that have not replied, by their names
    part: RequestPart | None = None  # what a refused step refuses
    copy: str = ""  # of the step ready: building, made, or empty
    rows: int = 0


@dataclass(frozen=True)
class SubjectView:
    """The status page. `state` names the heading: received, identifying, asked, to_specify, gathering, checking, carrying_out,
    ready, answered, nothing_held, refused, closed, withdrawn, cannot_identify."""

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
    searched: tuple[str, ...]  # the systems whose search is finished, by their names

    @property
    def answers(self) -> tuple[RequestPart, ...]:
        """The parts whose outcome the person was told."""
        return tuple(part for part in self.parts if part.answered_at and part.outcome)


def subject_view(dsr: DataSubjectRequest, *, today: date) -> SubjectView:
    """What the person may know about their own request."""
    dates = dsr.deadlines(today=today)
    parts = tuple(dsr.parts.prefetch_related("hand_tasks"))
    packages = list(dsr.packages.all())
    tasks = list(dsr.source_tasks.all())
    released = next((package for package in packages if package.state == PackageState.RELEASED), None)
    past = next((p for p in packages if p.state in (PackageState.EXPIRED, PackageState.WITHDRAWN)), None)
    words = (EventKind.MESSAGE_FROM_SUBJECT, EventKind.MESSAGE_TO_SUBJECT)
    return SubjectView(
        dsr=dsr,
        state=_subject_state(dsr, parts, released),
        dates=dates,
        days_left=(dates.working_date - today).days,
        days_of=max((dates.working_date - dates.receipt_date).days, 1),
        timeline=tuple(_timeline(dsr, parts, packages, tasks)),
        parts=parts,
        conversation=tuple(dsr.events.filter(kind__in=words).order_by("sequence")),
        package=released,
        past_package=None if released else past,
        can_withdraw=any(part.step not in DONE for part in parts),
        searched=_names(task for task in tasks if task.state == TaskState.DONE),
    )


def of_same_mailbox(dsr: DataSubjectRequest) -> list[DataSubjectRequest]:
    """The requests that are answered to the mailbox of this one and whose address was proven, newest first; this one among them.

    Whoever holds a code that went to that mailbox could ask for a code to each of them.
    """
    address = dsr.answer_email
    if not address:
        return [dsr]
    answered_there = Q(identified_at__isnull=True, email__iexact=address) | Q(
        identified_at__isnull=False, delivery_email__iexact=address
    )
    shown = Q(pk=dsr.pk) | Q(answered_there, email_confirmed_at__isnull=False)
    return list(DataSubjectRequest.objects.filter(shown).order_by("-received_at")[:MOST_SHOWN])


def _names(tasks: Iterator[SourceTask]) -> tuple[str, ...]:
    sources = controller().sources
    return tuple(str(sources[task.source_key].label) if task.source_key in sources else task.source_key for task in tasks)


def _subject_state(dsr: DataSubjectRequest, parts: Sequence[RequestPart], released: Package | None) -> str:
    outcomes = {part.outcome for part in parts}
    if dsr.status in DONE:
        alone = {
            Outcome.WITHDRAWN: "withdrawn",
            Outcome.CANNOT_IDENTIFY: "cannot_identify",
            Outcome.NOTHING_HELD: "nothing_held",
            Outcome.REFUSED: "refused",
        }
        if len(outcomes) == 1 and (only := outcomes.pop()) in list(alone):
            return alone[Outcome(only)]
        if released:
            return "ready"
        return "answered" if dsr.status == Status.ANSWERED else "closed"
    if dsr.waiting_for == PauseKind.IDENTITY and dsr.identified_at is None:
        return "asked"
    if dsr.waiting_for == PauseKind.CLARIFICATION:
        return "to_specify"
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


def _timeline(
    dsr: DataSubjectRequest, parts: Sequence[RequestPart], packages: Sequence[Package], tasks: Sequence[SourceTask]
) -> Iterator[TimelineStep]:
    when = {event.kind: event.at for event in dsr.events.all()}  # the latest of each kind
    copies = [part for part in parts if part.right in BY_PACKAGE]
    hands = [part for part in parts if part.right not in BY_PACKAGE and part.outcome not in NO]
    reached = list(Status).index(Status(dsr.status))

    def state(now_from: Status) -> str:
        return "now" if reached >= list(Status).index(now_from) else "later"

    def step(key: str, done_at: datetime | None, now_from: Status) -> TimelineStep:
        return TimelineStep(key, "done", done_at) if done_at else TimelineStep(key, state(now_from))

    yield TimelineStep("received", "done", dsr.received_at)
    if any(RequestType(part.right) not in AT_ONCE for part in parts):
        yield step("identity", dsr.identified_at, Status.RECEIVED)
    if copies:
        finished = when.get(EventKind.COLLECTION_FINISHED)
        yield TimelineStep(
            "gathering",
            "done" if finished else state(Status.COLLECTING),
            finished,
            answered=sum(task.state in SEARCHED for task in tasks),
            of=len(tasks),
            waiting=_names(task for task in tasks if task.state not in SEARCHED),
        )
    if any(RequestType(part.right) not in AT_ONCE for part in parts):
        yield step("checked", when.get(EventKind.DECIDED), Status.REVIEWING)
    for part in parts:
        if part.outcome in NO and part.answered_at:
            yield TimelineStep("refused", "done", part.answered_at, part=part)
    if any(part.outcome not in NO for part in copies):
        yield _ready(packages, tasks, state(Status.EXECUTING))
    for key, theirs in (
        ("carried_out", [part for part in hands if part.right != RequestType.ERASURE]),
        ("erased", [part for part in hands if part.right == RequestType.ERASURE]),
    ):
        if theirs:
            done = all(part.step in DONE for part in theirs)
            answered = max((part.answered_at for part in theirs if part.answered_at), default=None)
            yield step(key, answered if done else None, Status.EXECUTING)


def _ready(packages: Sequence[Package], tasks: Sequence[SourceTask], state: str) -> TimelineStep:
    """The copy: open to the person, made and about to be looked at, or being built, with how many items."""
    released = next((one for one in packages if one.state == PackageState.RELEASED), None)
    if released is not None:
        return TimelineStep("ready", "done", released.released_at)
    newest = packages[0].state if packages else ""
    copy = {PackageState.BUILDING: "building", PackageState.READY: "made"}.get(PackageState(newest), "") if newest else ""
    return TimelineStep("ready", "now" if copy else state, copy=copy, rows=sum(task.rows for task in tasks))
