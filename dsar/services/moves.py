"""Moves a part along the table of `domain/steps.py`; nothing else changes a status."""

from datetime import datetime
from uuid import UUID

from dsar.domain.errors import DsarError
from dsar.domain.steps import Move, next_step, request_status
from dsar.domain.vocabulary import RequestType, Status
from dsar.models import DataSubjectRequest, RequestPart


class NotAllowed(DsarError):
    """The account's role does not decide on requests."""

    fr = "Votre rôle ne permet pas d’agir sur les dossiers. Demandez au DPO."
    en = "Your role does not act on cases. Ask the DPO."


def locked(dsr_id: UUID) -> DataSubjectRequest:
    """The request, locked until the transaction ends; every step starts here."""
    return DataSubjectRequest.objects.select_for_update().get(pk=dsr_id)


def locked_part(part_id: int) -> RequestPart:
    """The part, with its request locked first, so that two steps on one request never cross."""
    part = RequestPart.objects.get(pk=part_id)
    dsr = locked(part.dsr_id)
    part.refresh_from_db()
    part.dsr = dsr
    return part


def move(part: RequestPart, step: Move) -> None:
    """Take one step with a part and bring the request's status along. Raises `StepRefused`."""
    part.step = next_step(right=RequestType(part.right), step=Status(part.step), move=step)
    part.save()
    settle(part.dsr)


def settle(dsr: DataSubjectRequest) -> None:
    """The request stands where its least advanced open part stands."""
    dsr.status = request_status([Status(step) for step in dsr.parts.values_list("step", flat=True)])
    dsr.save(update_fields=["status"])


def look_at(dsr: DataSubjectRequest, now: datetime) -> None:
    """Put the request before the finder; the caller rings the bell."""
    dsr.next_at = now
    dsr.save(update_fields=["next_at"])
