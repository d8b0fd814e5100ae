"""What one officer has to do soon: for the daily digest and for the notice above the queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q

from dsar.domain.vocabulary import Role
from dsar.models import DataSubjectRequest, HandTask, User
from dsar.selectors.lists import SOON, open_approvals

MOST_NAMED = 20


@dataclass(frozen=True)
class DueCase:
    """A case by its reference, and how many days are left or late."""

    reference: str
    due_date: date
    days: int


@dataclass(frozen=True)
class Duties:
    """Late and soon are the user's own cases, and for DPO and deputy those without owner too; the most urgent are named."""

    late: tuple[DueCase, ...]
    late_count: int
    soon: tuple[DueCase, ...]
    soon_count: int
    tasks: int
    approvals: int

    def __bool__(self) -> bool:
        return bool(self.late_count or self.soon_count or self.tasks or self.approvals)


def duties(user: User, *, today: date) -> Duties:
    """As of `today`. A case whose clock a question has stopped is neither late nor soon."""
    mine = Q(assigned_to=user)
    if user.role in (Role.DPO, Role.DEPUTY):
        mine |= Q(assigned_to__isnull=True)
    running = DataSubjectRequest.objects.visible_to(user).open().filter(mine, waiting_since__isnull=True)
    late = running.filter(working_date__lt=today)
    soon = running.filter(working_date__gte=today, working_date__lte=today + timedelta(days=SOON))

    def named(cases: object) -> tuple[DueCase, ...]:
        rows = cases.order_by("working_date", "pk").values_list("reference", "working_date")[:MOST_NAMED]  # type: ignore[attr-defined]
        return tuple(DueCase(reference, due, abs((due - today).days)) for reference, due in rows)

    return Duties(
        late=named(late),
        late_count=late.count(),
        soon=named(soon),
        soon_count=soon.count(),
        tasks=HandTask.objects.filter(owner_email__iexact=user.email, confirmed_at__isnull=True).count(),
        approvals=len(open_approvals(user)),
    )
