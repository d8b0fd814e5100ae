"""Scans of the paper that a request came on, added by staff: evidence of its receipt (LAW R-03), made harmless like every file.

A scan belongs to the request file and is kept as long as it (LAW 3.3): until so many years after the request is closed. An
identity paper that lay in the envelope is destroyed at once, by `attachments.destroy`, with a reason (LAW R-24).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from dsar.controller import controller
from dsar.domain.errors import DsarError
from dsar.domain.rules import add_months
from dsar.domain.vocabulary import Channel, EventKind
from dsar.models import DataSubjectRequest, RequestEvent, User
from dsar.selectors import today_at_seat
from dsar.services import attachments, moves
from identity import documents
from identity.models import Document, Purpose

LONGEST_OPEN = timedelta(days=3 * 366)  # beyond the years of the file: a scan goes then, whatever became of its request


class NoPaper(DsarError):
    fr = "Cette demande est arrivée en ligne : il n’y a pas de papier à numériser."
    en = "This request came online: there is no paper to scan."


class NothingChosen(DsarError):
    fr = "Choisissez un fichier."
    en = "Choose a file."


class TooManyAtOnce(DsarError):
    fr = "Trop de fichiers à la fois : aucun n’a été gardé. Choisissez-en moins, puis ajoutez les autres."
    en = "Too many files at once: none was stored. Choose fewer, then add the others."


def wanted_for(dsr: DataSubjectRequest) -> bool:
    """Whether it came on a channel that leaves paper."""
    return dsr.channel not in (Channel.FORM, Channel.API)


def of(dsr: DataSubjectRequest) -> list[attachments.Attachment]:
    """The scans of a request, refused and destroyed ones too, with the numbers that its other files leave them."""
    return [one for one in attachments.of_case(dsr) if one.is_scan]


@transaction.atomic
def add(*, dsr_id: UUID, files: Sequence[attachments.Upload], officer: User, once: str, now: datetime) -> None:
    """Take the scans in, each for itself: one that is refused says why in the list and keeps the others from nothing.

    All that is sent with the same `once` is taken once, however often it comes. Raises `NothingChosen`, `NoPaper`, `NotAllowed`.
    """
    dsr = moves.locked(dsr_id)
    if not officer.may_act_on_cases:
        raise moves.NotAllowed
    if not wanted_for(dsr):
        raise NoPaper
    if not files:
        raise NothingChosen
    sending = hashlib.sha256(once.encode()).hexdigest()[:32]
    if once and dsr.events.filter(kind=EventKind.DOCUMENT_RECEIVED, data__sending=sending).exists():
        return
    keep = timedelta(days=366 * controller().own_retention.file_years) + LONGEST_OPEN
    for still, file in zip(reversed(range(len(files))), files, strict=True):
        # A microsecond apart, so that the list has them in the order in which they were chosen.
        at = now - timedelta(microseconds=still)
        attachments.receive(dsr, file, now=at, purpose=Purpose.SCAN, officer=officer, keep=keep, sending=sending)


def destroy_old(now: datetime) -> int:
    """End the scans of requests that were closed as many years ago as the controller keeps the file."""
    years = controller().own_retention.file_years
    day = add_months(today_at_seat(now), -12 * years)
    limit = datetime.combine(day, time(0, 0), tzinfo=ZoneInfo(controller().seat_time_zone))
    closed = DataSubjectRequest.objects.filter(closed_at__lt=limit)
    old = Document.objects.filter(purpose=Purpose.SCAN, state__in=documents.LIVE, reference__in=closed.values("reference"))
    count = 0
    for reference in sorted(set(old.values_list("reference", flat=True))):
        with transaction.atomic():
            dsr = moves.locked(DataSubjectRequest.objects.get(reference=reference).pk)
            if dsr.closed_at is None or dsr.closed_at >= limit:
                continue
            gone = documents.destroy(now=now, reference=reference, purpose=Purpose.SCAN)
            data: dict[str, str | int] = {"purpose": Purpose.SCAN.value, "count": gone}
            RequestEvent.objects.record(dsr, EventKind.DOCUMENT_DESTROYED, at=now, data=data)
            count += gone
    return count
