"""Changes the address for the answer on the person's own word: a fresh code from the address that we wrote to so far."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from dsar.domain.vocabulary import TokenPurpose
from dsar.models import DataSubjectRequest
from dsar.services import address, tokens


def change(*, dsr_id: UUID, code: str, email: str, now: datetime) -> DataSubjectRequest:
    """Spend the code and change the address, both or neither. Raises `TokenRefused`, `SameAddress`, `CaseClosed`."""
    token = tokens.find(purpose=TokenPurpose.CHANGE_ADDRESS, now=now, dsr_id=dsr_id, code=code)
    with transaction.atomic():
        tokens.spend(token, now=now)
        return address.change_delivery(dsr_id=dsr_id, email=email, now=now)
