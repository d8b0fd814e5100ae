"""A request with its key and its receipt, without the journey around it: for tests of what every step stands on."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dsar.domain.references import new_reference
from dsar.domain.vocabulary import ActorKind, Channel, EventKind
from identity import vault
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME

if TYPE_CHECKING:
    from dsar.models import DataSubjectRequest

RECEIVED_AT = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)


def bare_request(*, received_at: datetime = RECEIVED_AT, words: str = "") -> DataSubjectRequest:
    """A row, a key, and the event of receipt as the first of its chain."""
    from dsar.models import DataSubjectRequest, RequestEvent

    dsr_id = uuid.uuid4()
    vault.create_text_key(f"requests/{dsr_id}")
    today = received_at.date()
    dsr = DataSubjectRequest.objects.create(
        id=dsr_id,
        reference=new_reference("CE"),
        channel=Channel.FORM,
        language="fr",
        received_at=received_at,
        data_subject_name=CAMILLE_NAME,
        email=CAMILLE_EMAIL,
        careful_date=today,
        working_date=today,
        legal_limit=today,
    )
    data = {"channel": "form", "received_at": received_at.isoformat()}
    RequestEvent.objects.record(dsr, EventKind.RECEIVED, at=received_at, actor_kind=ActorKind.DATA_SUBJECT, data=data, text=words)
    return dsr
