"""Changes the language in which we write to a person, on their own word."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from dsar.domain.vocabulary import ActorKind, EventKind
from dsar.models import DataSubjectRequest, RequestEvent
from dsar.services import moves


@transaction.atomic
def change(*, dsr_id: UUID, language: str, now: datetime) -> bool:
    """Every mail, letter and package that is made from now on speaks `language`; whether that is new.

    What was made before stays as it was read and checked.
    """
    dsr: DataSubjectRequest = moves.locked(dsr_id)
    if language not in dict(settings.LANGUAGES):
        raise ValueError(f"no such language: {language}")
    if language == dsr.language:
        return False
    data = {"old": dsr.language, "new": language}
    RequestEvent.objects.record(dsr, EventKind.LANGUAGE_CHANGED, at=now, actor_kind=ActorKind.DATA_SUBJECT, data=data)
    dsr.language = language
    dsr.save(update_fields=["language"])
    return True
