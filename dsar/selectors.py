"""Questions about requests, answered for the pages: the queue, the case, and what the data subject sees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Count, F, Prefetch, Q, QuerySet
from django.utils.translation import get_language, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from dsar.controller import controller
from dsar.domain.calendars import rule_pack
from dsar.domain.clock import Deadlines, local_date
from dsar.domain.references import normalise_reference
from dsar.domain.vocabulary import (
    BY_PACKAGE,
    ApprovalState,
    CoverageState,
    EventKind,
    PackageState,
    RequestType,
    Role,
    Status,
    TaskState,
)
from dsar.models import (
    Approval,
    DataSubjectRequest,
    GapJustification,
    HandTask,
    Package,
    PartFile,
    RequestEvent,
    RequestPart,
    SourceTask,
    User,
)
from dsar.models.request import RequestQuerySet
from notifications.models import Message

SOON = 7  # days: the group that comes right after what is late
PAGE = 100
DONE = (Status.ANSWERED.value, Status.CLOSED.value)


def today_at_seat(now: datetime) -> date:
    """The civil date at the controller's seat."""
    return local_date(now, rule_pack(controller().rule_pack))


# Gaps of the search


@dataclass(frozen=True)
class Gap:
    """Something that the answer would miss. `kind` is failed, unmapped_table, unmapped_column or left_out."""

    key: str
    label: str
    kind: str
    reason: str
    justified: GapJustification | None


def gaps(dsr: DataSubjectRequest) -> tuple[Gap, ...]:
    """Every gap of the search, justified or not, in a stable order."""
    reasons = {justification.gap: justification for justification in dsr.gap_justifications.all()}
    return tuple(
        Gap(key=key, label=label, kind=kind, reason=reason, justified=reasons.get(key))
        for key, label, kind, reason in sorted(_found_gaps(dsr))
    )


def _found_gaps(dsr: DataSubjectRequest) -> Iterator[tuple[str, str, str, str]]:
    for task in dsr.source_tasks.all():
        if task.state == TaskState.FAILED:
            yield task.source_key, task.source_key, "failed", task.error
        elif task.state == TaskState.SKIPPED:
            yield task.source_key, task.source_key, "left_out", task.error
        for part in _current_files(task):
            key = f"{task.source_key}/{part.collection}"
            if part.state == CoverageState.UNMAPPED:
                yield key, part.collection, "unmapped_table", part.reason
            elif part.state == CoverageState.FAILED and task.state != TaskState.FAILED:
                yield key, part.collection, "failed", part.reason
            for column in part.unmapped:
                yield f"{key}.{column}", f"{part.collection}.{column}", "unmapped_column", ""


def _current_files(task: SourceTask) -> list[PartFile]:
    """Of the attempt that counts; a list of many requests brings them along."""
    fetched: list[PartFile] | None = task.__dict__.get("current_files")
    return list(task.part_files.filter(current=True)) if fetched is None else fetched


def current_part_files(dsr: DataSubjectRequest) -> list[PartFile]:
    """The part files of the attempt that counts, by collection."""
    return list(PartFile.objects.filter(task__dsr=dsr, current=True).select_related("task").order_by("collection"))


def rows_found(dsr: DataSubjectRequest) -> int:
    """Rows of all collections that the search found."""
    files = PartFile.objects.filter(task__dsr=dsr, current=True, state=CoverageState.FOUND)
    return sum(files.values_list("rows", flat=True))


# What comes next


@dataclass(frozen=True)
class NextAction:
    """The one thing to do now: `kind` names it for the page, `title` is a verb, `why` the consequence of doing nothing."""

    kind: str
    title: str
    why: str = ""
    blocker: str = ""
    waits_for_us: bool = True


def next_action(dsr: DataSubjectRequest) -> NextAction:
    """Computed from what is stored; the first thing that holds the least advanced part."""
    parts = [part for part in dsr.parts.all() if part.step not in DONE]
    if not parts:
        return _when_answered(dsr)
    proposal = next((a for a in dsr.approvals.all() if a.state == ApprovalState.PROPOSED), None)
    if proposal is not None:
        return NextAction(
            "approve",
            str(_("Approve or send back the proposal")),
            str(_("A proposal lapses after 7 days.")),
            str(_("A second person must agree")),
        )
    if any(part.right == RequestType.UNSPECIFIED for part in parts):
        return NextAction("qualify", str(_("Read the request and name the right")), str(_("Until then nobody searches.")))
    least = min(parts, key=lambda part: list(Status).index(Status(part.step)))
    return _STEPS[Status(least.step)](dsr, least)


def _when_answered(dsr: DataSubjectRequest) -> NextAction:
    if dsr.status == Status.CLOSED:
        return NextAction("none", str(_("Nothing to do: this case is closed")), waits_for_us=False)
    return NextAction(
        "close", str(_("Answered: close when nothing is left")), str(_("It closes by itself after 30 days.")), waits_for_us=False
    )


def _received(dsr: DataSubjectRequest, part: RequestPart) -> NextAction:
    if dsr.email and not dsr.email_confirmed_at:
        return NextAction(
            "wait_email",
            str(_("Wait for the person to confirm their address, or establish identity yourself")),
            str(_("The clock runs all the same.")),
            str(_("Address not confirmed yet")),
        )
    if dsr.email and dsr.next_at:
        return NextAction("matching", str(_("Comparing with what the systems know")), waits_for_us=False)
    return _identifying(dsr, part)


def _identifying(dsr: DataSubjectRequest, part: RequestPart) -> NextAction:
    return NextAction(
        "identify",
        str(_("Decide whose request it is")),
        str(_("Nothing is searched before. Ask for a document only on a real doubt (Art. 12(6)).")),
        str(_("The address is not in any system")) if dsr.email else "",
    )


def _collecting(dsr: DataSubjectRequest, part: RequestPart) -> NextAction:
    tasks = list(dsr.source_tasks.all())
    failed = [task for task in tasks if task.state == TaskState.FAILED]
    done = sum(task.state in (TaskState.DONE, TaskState.SKIPPED) for task in tasks)
    if failed:
        return NextAction(
            "failed_source",
            str(_("Mend or leave out a source that failed")),
            str(_("Nothing leaves while a source is unread.")),
            _source_names(failed),
        )
    words = ngettext_lazy(
        "Gathering: %(done)d of %(all)d source has answered", "Gathering: %(done)d of %(all)d sources have answered", "all"
    )
    return NextAction("collecting", words % {"done": done, "all": len(tasks)}, waits_for_us=False)


def _source_names(tasks: Sequence[SourceTask]) -> str:
    known = controller().sources
    language = get_language() or "fr"
    return ", ".join(known[t.source_key].label.in_language(language) if t.source_key in known else t.source_key for t in tasks)


def _reviewing(dsr: DataSubjectRequest, part: RequestPart) -> NextAction:
    if part.right in BY_PACKAGE and any(gap.justified is None for gap in gaps(dsr)):
        return NextAction(
            "justify",
            str(_("Close the gaps of the search")),
            str(_("Nothing leaves while a column or a table is mapped by nobody.")),
            str(_("The search has gaps")),
        )
    return NextAction("decide", str(_("Read, then decide")), str(_("The answer must leave by the working date.")))


def _executing(dsr: DataSubjectRequest, part: RequestPart) -> NextAction:
    if part.right not in BY_PACKAGE:
        waiting = [task for task in part.hand_tasks.all() if task.confirmed_at is None]
        return NextAction(
            "hand_task",
            str(_("Have it carried out and confirmed")),
            str(_("The person is told when it is done.")),
            ", ".join(task.owner_team for task in waiting),
        )
    states = {package.state for package in dsr.packages.all()}
    if PackageState.READY in states:
        return NextAction("release", str(_("Look at the package, then release it")), str(_("The person is waiting for it.")))
    if PackageState.FAILED in states and PackageState.BUILDING not in states:
        return NextAction("package_failed", str(_("Build the package again")), blocker=str(_("Building failed")))
    return NextAction("building", str(_("The package is being built")), waits_for_us=False)


_STEPS = {
    Status.RECEIVED: _received,
    Status.IDENTIFYING: _identifying,
    Status.COLLECTING: _collecting,
    Status.REVIEWING: _reviewing,
    Status.APPROVING: _reviewing,
    Status.EXECUTING: _executing,
}


# The queue


@dataclass(frozen=True)
class QueueRow:
    dsr: DataSubjectRequest
    rights: tuple[str, ...]  # members of RequestType
    due: date  # the working date
    days_left: int
    paused: bool
    action: NextAction


@dataclass(frozen=True)
class QueueGroup:
    key: str  # late, soon, later, paused, done
    label: str
    rows: tuple[QueueRow, ...]


@dataclass(frozen=True)
class QueuePage:
    groups: tuple[QueueGroup, ...]
    total: int
    after: str  # keyset cursor of the next page, "" when this is the last
    next_due: date | None  # the nearest date of all open requests, for the empty list

    def __len__(self) -> int:
        return sum(len(group.rows) for group in self.groups)


VIEWS = ("all", "mine", "no_owner", "blocked", "to_approve", "erasures", "answered", "closed", "late", "soon", "paused")
_GROUPS = {
    "late": _("Late"),
    "soon": _("Within 7 days"),
    "later": _("Later"),
    "paused": _("Paused: the clock stands still"),
    "done": _("Answered"),
}


def queue(user: User, *, today: date, view: str = "all", query: str = "", after: str = "", site: str = "") -> QueuePage:
    """The user's list, the most urgent first. `query` is a reference, a name (part of) or an exact e-mail address."""
    visible = DataSubjectRequest.objects.visible_to(user)
    found = _search(visible, query) if query.strip() else _view(visible, view, user, today)
    if site:
        found = found.filter(site=site)
    total = found.count()
    page = list(_with_everything(_after(found, after).order_by("working_date", "pk")[: PAGE + 1]))
    rows = [_row(dsr, today) for dsr in page[:PAGE]]
    cursor = f"{page[PAGE - 1].working_date.isoformat()}_{page[PAGE - 1].pk}" if len(page) > PAGE else ""
    next_due = visible.open().order_by("working_date").values_list("working_date", flat=True).first()
    return QueuePage(groups=_grouped(rows, today), total=total, after=cursor, next_due=next_due)


def _view(visible: RequestQuerySet, view: str, user: User, today: date) -> RequestQuerySet:
    opened = visible.open()
    match view:
        case "mine":
            return opened.assigned_to(user)
        case "no_owner":
            return opened.filter(assigned_to__isnull=True)
        case "blocked":
            return opened.filter(Q(source_tasks__state=TaskState.FAILED) | Q(status=Status.IDENTIFYING)).distinct()
        case "to_approve":
            proposed = Approval.objects.filter(state=ApprovalState.PROPOSED).exclude(proposed_by=user)
            return opened.filter(pk__in=proposed.values("dsr_id"))
        case "erasures":
            return opened.filter(parts__right=RequestType.ERASURE)
        case "late":
            return opened.filter(working_date__lt=today)
        case "soon":
            return opened.filter(working_date__gte=today, working_date__lte=today + timedelta(days=SOON))
        case "paused":
            return opened.filter(pk__in=_paused_ids())
        case "answered":
            return visible.filter(status=Status.ANSWERED)
        case "closed":
            return visible.filter(status=Status.CLOSED)
    return opened


def _paused_ids() -> QuerySet[Any, Any]:
    counts = RequestEvent.objects.filter(kind__in=[EventKind.PAUSED, EventKind.RESUMED]).values("dsr_id")
    return (
        counts.annotate(
            paused=Count("pk", filter=Q(kind=EventKind.PAUSED)), resumed=Count("pk", filter=Q(kind=EventKind.RESUMED))
        )
        .filter(paused__gt=F("resumed"))
        .values("dsr_id")
    )


def _search(visible: RequestQuerySet, query: str) -> RequestQuerySet:
    words = query.strip()
    reference = normalise_reference(words, prefix=controller().reference_prefix)
    if reference:
        return visible.filter(reference=reference)
    if "@" in words:
        return visible.filter(Q(email__iexact=words) | Q(delivery_email__iexact=words))
    return visible.filter(data_subject_name__icontains=words)


def _after(found: RequestQuerySet, cursor: str) -> RequestQuerySet:
    day, _sep, pk = cursor.partition("_")
    try:
        since = date.fromisoformat(day)
    except ValueError:
        return found
    return found.filter(Q(working_date__gt=since) | Q(working_date=since, pk__gt=pk))


def _with_everything(found: RequestQuerySet) -> RequestQuerySet:
    return found.select_related("assigned_to").prefetch_related(
        Prefetch("parts", RequestPart.objects.prefetch_related("hand_tasks")),
        Prefetch("events", RequestEvent.objects.of_the_clock(), to_attr="clock_events"),
        Prefetch(
            "source_tasks",
            SourceTask.objects.prefetch_related(
                Prefetch("part_files", PartFile.objects.filter(current=True), to_attr="current_files")
            ),
        ),
        Prefetch("gap_justifications", GapJustification.objects.select_related("officer")),
        "packages",
        "approvals",
    )


def _row(dsr: DataSubjectRequest, today: date) -> QueueRow:
    dates = dsr.deadlines(today=today)
    return QueueRow(
        dsr=dsr,
        rights=tuple(part.right for part in dsr.parts.all()),
        due=dates.working_date,
        days_left=(dates.working_date - today).days,
        paused=dates.paused_since is not None,
        action=next_action(dsr),
    )


def _grouped(rows: Sequence[QueueRow], today: date) -> tuple[QueueGroup, ...]:
    def group_of(row: QueueRow) -> str:
        if row.dsr.status in DONE:
            return "done"
        if row.paused:
            return "paused"
        if row.days_left < 0:
            return "late"
        return "soon" if row.days_left <= SOON else "later"

    # Within a group: date, then risk (erasure, minor, staff), then age.
    ordered = sorted(rows, key=lambda row: (row.due, not _risky(row.dsr), row.dsr.received_at))
    groups = ((key, label, tuple(row for row in ordered if group_of(row) == key)) for key, label in _GROUPS.items())
    return tuple(QueueGroup(key=key, label=str(label), rows=members) for key, label, members in groups if members)


def _risky(dsr: DataSubjectRequest) -> bool:
    return (
        dsr.tie == "staff"
        or dsr.subject_kind in ("self_minor", "child")
        or any(part.right == RequestType.ERASURE for part in dsr.parts.all())
    )


@dataclass(frozen=True)
class Figures:
    """The four figures above the queue; `in_time` is None when nothing was answered in the last 12 months."""

    open: int
    late: int
    soon: int
    paused: int
    in_time: int | None  # per cent
    median_days: int | None
    to_approve: int
    mine: int
    my_tasks: int


def figures(user: User, today: date) -> Figures:
    """Counts for this user's sites."""
    visible = DataSubjectRequest.objects.visible_to(user)
    answered = RequestPart.objects.filter(dsr__in=visible, answered_at__date__gt=today - timedelta(days=365))
    days: list[int] = []
    kept = 0
    for answered_at, received_at, limit in answered.values_list("answered_at", "dsr__received_at", "dsr__legal_limit"):
        if answered_at is None:
            continue
        day = today_at_seat(answered_at)
        kept += day <= limit
        days.append((day - today_at_seat(received_at)).days)
    return Figures(
        open=visible.open().count(),
        late=_view(visible, "late", user, today).count(),
        soon=_view(visible, "soon", user, today).count(),
        paused=_view(visible, "paused", user, today).count(),
        in_time=round(100 * kept / len(days)) if days else None,
        median_days=round(median(days)) if days else None,
        to_approve=_view(visible, "to_approve", user, today).count(),
        mine=_view(visible, "mine", user, today).count(),
        my_tasks=HandTask.objects.filter(owner_email__iexact=user.email, confirmed_at__isnull=True).count(),
    )


@dataclass(frozen=True)
class StripDay:
    day: date
    off: str  # name of the public holiday, "weekend" or ""
    due: int


def strip(user: User, today: date, language: str, *, days: int = 21) -> list[StripDay]:
    """Three weeks of deadlines with weekends and public holidays."""
    last = today + timedelta(days=days - 1)
    counts = dict(
        DataSubjectRequest.objects.visible_to(user)
        .open()
        .filter(working_date__gte=today, working_date__lte=last)
        .values_list("working_date")
        .annotate(n=Count("pk"))
        .order_by()
    )
    pack = rule_pack(controller().rule_pack)
    result = []
    for offset in range(days):
        day = today + timedelta(days=offset)
        name = pack.holiday_name(day, language) or ""
        result.append(StripDay(day, name or ("" if pack.is_working_day(day) else "weekend"), counts.get(day, 0)))
    return result


# The case


@dataclass(frozen=True)
class Case:
    """Everything the case page shows, asked once."""

    dsr: DataSubjectRequest
    parts: tuple[RequestPart, ...]
    dates: Deadlines
    days_left: int
    action: NextAction
    sources: tuple[SourceTask, ...]
    part_files: tuple[PartFile, ...]
    rows: int
    gaps: tuple[Gap, ...]
    approvals: tuple[Approval, ...]
    hand_tasks: tuple[HandTask, ...]
    packages: tuple[Package, ...]
    events: tuple[RequestEvent, ...]
    messages: tuple[Message, ...]
    same_person: int  # other requests from the same address


def case(user: User, reference: str, *, today: date) -> Case | None:
    """The case, or None when it does not exist or is not this user's to see."""
    canonical = normalise_reference(reference, prefix=controller().reference_prefix)
    dsr = _with_everything(DataSubjectRequest.objects.visible_to(user).filter(reference=canonical or "")).first()
    if dsr is None:
        return None
    dates = dsr.deadlines(today=today)
    return Case(
        dsr=dsr,
        parts=tuple(dsr.parts.all()),
        dates=dates,
        days_left=(dates.working_date - today).days,
        action=next_action(dsr),
        sources=tuple(dsr.source_tasks.all()),
        part_files=tuple(current_part_files(dsr)),
        rows=rows_found(dsr),
        gaps=gaps(dsr),
        approvals=tuple(dsr.approvals.select_related("proposed_by", "decided_by", "part")),
        hand_tasks=tuple(HandTask.objects.filter(part__dsr=dsr).select_related("part", "confirmed_by")),
        packages=tuple(dsr.packages.all()),
        events=tuple(dsr.events.select_related("actor").order_by("-sequence")),
        messages=tuple(Message.objects.filter(reference=dsr.reference).order_by("-created_at")),
        same_person=DataSubjectRequest.objects.visible_to(user).filter(email__iexact=dsr.email).exclude(pk=dsr.pk).count()
        if dsr.email
        else 0,
    )


def open_approvals(user: User) -> list[Approval]:
    """Proposals that this user may answer: of their sites, by somebody else, not lapsed."""
    if user.role not in (Role.DPO, Role.DEPUTY):
        return []
    mine = DataSubjectRequest.objects.visible_to(user)
    waiting = Approval.objects.filter(state=ApprovalState.PROPOSED, dsr__in=mine).exclude(proposed_by=user)
    return list(waiting.select_related("dsr", "part", "proposed_by").order_by("expires_at"))


def hand_tasks_of(user: User) -> list[HandTask]:
    """Open tasks given to this user's address, and for officers those of the cases they may see."""
    tasks = HandTask.objects.filter(confirmed_at__isnull=True).select_related("part__dsr")
    wanted = Q(owner_email__iexact=user.email)
    if user.may_act_on_cases:
        wanted |= Q(part__dsr__in=DataSubjectRequest.objects.visible_to(user))
    return list(tasks.filter(wanted).order_by("due_date", "pk"))


# What the data subject sees


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
