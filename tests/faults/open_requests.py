"""Many open requests at once, with the dates a test gives them: rows as the intake leaves them, without the journey."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from dsar.domain.vocabulary import Channel
from dsar.models import DataSubjectRequest

LONG_AGO = datetime(2025, 1, 1, 9, 0, tzinfo=UTC)


def open_requests(dates: Iterable[date], **fields: Any) -> list[DataSubjectRequest]:
    """One request for each working date; opened already, and to be looked at by the next sweep."""
    given: dict[str, Any] = {"received_at": LONG_AGO, "opened_at": LONG_AGO, "remind_at": LONG_AGO, "email": ""} | fields
    return DataSubjectRequest.objects.bulk_create(
        DataSubjectRequest(
            reference=f"CE-{number:08d}",
            channel=Channel.FORM,
            language="fr",
            data_subject_name="Camille Exemple",
            **({"careful_date": day, "working_date": day, "legal_limit": day} | given),
        )
        for number, day in enumerate(dates, start=DataSubjectRequest.objects.count() + 1)
    )
