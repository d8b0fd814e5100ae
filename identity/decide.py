"""Records whose request it is, by which means and by whom; a new decision or address supersedes the one in force."""

from datetime import datetime

from django.db import transaction

from identity.models import IdentityDecision
from identity.vault import keyed_hash


@transaction.atomic
def record_decision(
    *, reference: str, established: bool, means: str, decided_by: str, delivery_email: str, now: datetime
) -> IdentityDecision:
    """Store the decision in force; the address it fixes is kept as a keyed hash (GDPR Art. 12(6))."""
    reset(reference=reference, now=now)
    return IdentityDecision.objects.create(
        reference=reference,
        established=established,
        means=means,
        decided_by=decided_by,
        decided_at=now,
        delivery_email_hash=keyed_hash(delivery_email.lower(), "delivery"),
    )


def reset(*, reference: str, now: datetime) -> None:
    """Put the decision in force out of force."""
    IdentityDecision.objects.filter(reference=reference, superseded_at__isnull=True).update(superseded_at=now)


def in_force(reference: str, *, delivery_email: str) -> bool:
    """Whether identity is established for exactly this address."""
    return IdentityDecision.objects.filter(
        reference=reference,
        superseded_at__isnull=True,
        established=True,
        delivery_email_hash=keyed_hash(delivery_email.lower(), "delivery"),
    ).exists()
