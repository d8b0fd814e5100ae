"""What the desk asks after it has registered a request: whose receipt may be printed, and whether it is there already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from dsar.controller import controller
from dsar.domain.references import normalise_reference
from dsar.domain.vocabulary import EventKind
from dsar.models import DataSubjectRequest, User

AT_THE_DESK = timedelta(hours=24)
MOST_SHOWN = 10


@dataclass(frozen=True)
class LookAlike:
    """Another open request that may be the same one."""

    dsr: DataSubjectRequest
    same_name: bool
    same_email: bool


def registered_by(user: User, reference: str, *, now: datetime) -> DataSubjectRequest | None:
    """The request that this user wrote down in the last 24 hours, of whatever site it is; None for every other.

    Who registers for another campus sees what they typed and its receipt, and nothing of the case (LAW R-01).
    """
    canonical = normalise_reference(reference, prefix=controller().reference_prefix)
    if not user.may_act_on_cases or not canonical:
        return None
    mine = Q(events__kind=EventKind.RECEIVED, events__actor=user, events__at__gt=now - AT_THE_DESK)
    return DataSubjectRequest.objects.filter(mine, reference=canonical).first()


def look_alikes(user: User, dsr: DataSubjectRequest) -> list[LookAlike]:
    """Open requests that this user may see, of the same name or from the same address; newest first. Nothing is merged."""
    name = Q(data_subject_name__iexact=dsr.data_subject_name)
    email = Q(email__iexact=dsr.email) | Q(delivery_email__iexact=dsr.email) if dsr.email else Q(pk__in=[])
    found = DataSubjectRequest.objects.visible_to(user).open().filter(name | email).exclude(pk=dsr.pk)
    return [
        LookAlike(
            dsr=other,
            same_name=other.data_subject_name.casefold() == dsr.data_subject_name.casefold(),
            same_email=bool(dsr.email) and dsr.email.casefold() in (other.email.casefold(), other.delivery_email.casefold()),
        )
        for other in found.prefetch_related("parts").order_by("-received_at")[:MOST_SHOWN]
    ]
