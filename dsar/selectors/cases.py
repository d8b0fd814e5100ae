"""Everything the case page shows, asked once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dsar.controller import controller
from dsar.domain.clock import Deadlines
from dsar.domain.references import normalise_reference
from dsar.models import (
    Approval,
    DataSubjectRequest,
    HandTask,
    Package,
    PartFile,
    RequestEvent,
    RequestPart,
    SourceTask,
    User,
)
from dsar.selectors.actions import NextAction, next_action
from dsar.selectors.lists import with_everything
from dsar.selectors.search import Gap, current_part_files, gaps, rows_found
from notifications.models import Message


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
    dsr = with_everything(DataSubjectRequest.objects.visible_to(user).filter(reference=canonical or "")).first()
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
