"""The lists of the back office: the queue with its groups, figures and strip of deadlines; proposals; tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import median
from typing import Any

from django.db.models import Count, F, Prefetch, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from dsar.controller import controller
from dsar.domain.calendars import rule_pack
from dsar.domain.references import normalise_reference
from dsar.domain.vocabulary import (
    ApprovalState,
    EventKind,
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
    PartFile,
    RequestEvent,
    RequestPart,
    SourceTask,
    User,
)
from dsar.models.request import RequestQuerySet
from dsar.selectors.actions import DONE, NextAction, next_action
from dsar.selectors.days import today_at_seat
from dsar.selectors.inbox import unread_answers
from dsar.selectors.post import attach_mail, undelivered
from dsar.selectors.running import date_before_extension, days_kept, next_reminder

SOON = 7  # days: the group that comes right after what is late
PAGE = 100


@dataclass(frozen=True)
class QueueRow:
    dsr: DataSubjectRequest
    rights: tuple[str, ...]  # members of RequestType
    due: date  # the working date
    days_left: int
    paused: bool
    before: date | None  # the working date that an extension replaced
    reminder: date | None  # when the person is next reminded of our question
    action: NextAction
    wrote: bool = False  # the person answered by mail, and nobody has read it


@dataclass(frozen=True)
class QueueGroup:
    key: str  # wrote, late, soon, later, paused, done
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
    "wrote": _("The person wrote to us"),
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
    wrote = _wrote(visible, view, user) if not query.strip() else visible.none()
    found = found.exclude(pk__in=wrote.values("pk"))
    first = list(with_everything(wrote.order_by("working_date", "pk")[:PAGE])) if not after else []
    page = list(with_everything(_after(found, after).order_by("working_date", "pk")[: PAGE + 1]))
    attach_mail([*first, *page])
    rows = [replace(_row(dsr, today), wrote=True) for dsr in first] + [_row(dsr, today) for dsr in page[:PAGE]]
    cursor = f"{page[PAGE - 1].working_date.isoformat()}_{page[PAGE - 1].pk}" if len(page) > PAGE else ""
    next_due = visible.open().order_by("working_date").values_list("working_date", flat=True).first()
    return QueuePage(groups=_grouped(rows), total=total, after=cursor, next_due=next_due)


def _view(visible: RequestQuerySet, view: str, user: User, today: date) -> RequestQuerySet:
    opened = visible.open()
    match view:
        case "mine":
            return opened.assigned_to(user)
        case "no_owner":
            return opened.filter(assigned_to__isnull=True)
        case "blocked":
            undelivered_in = Q(reference__in=undelivered().values("reference"))
            stuck = Q(source_tasks__state=TaskState.FAILED) | Q(status=Status.IDENTIFYING)
            return visible.filter(undelivered_in | (stuck & ~Q(status__in=DONE))).distinct()
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


def _wrote(visible: RequestQuerySet, view: str, user: User) -> RequestQuerySet:
    """Cases whose person answered by mail, unread: they come first, whatever their date, and closed ones come back."""
    answered = visible.filter(reference__in=unread_answers().values("reference"))
    match view:
        case "all":
            return answered
        case "mine":
            return answered.assigned_to(user)
        case "no_owner":
            return answered.filter(assigned_to__isnull=True)
    return answered.none()


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


def with_everything(found: RequestQuerySet) -> RequestQuerySet:
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
        days_left=days_kept(dsr, dates) if dates.paused_since else (dates.working_date - today).days,
        paused=dates.paused_since is not None,
        before=date_before_extension(dsr, dates),
        reminder=next_reminder(dsr, today),
        action=next_action(dsr),
    )


def _grouped(rows: Sequence[QueueRow]) -> tuple[QueueGroup, ...]:
    def group_of(row: QueueRow) -> str:
        if row.wrote:
            return "wrote"
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


STRIP_DAYS = 21


@dataclass(frozen=True)
class StripDay:
    day: date
    off: str  # name of the public holiday, "weekend" or ""
    due: int


def strip(user: User, today: date, language: str) -> list[StripDay]:
    """Three weeks of deadlines with weekends and public holidays."""
    last = today + timedelta(days=STRIP_DAYS - 1)
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
    for offset in range(STRIP_DAYS):
        day = today + timedelta(days=offset)
        name = pack.holiday_name(day, language) or ""
        result.append(StripDay(day, name or ("" if pack.is_working_day(day) else "weekend"), counts.get(day, 0)))
    return result


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
