"""The files that come with a person's words: made harmless like every file, and looked at by staff with a row before.

A file belongs to the message of its instant. One that nobody opened can be taken back; 30 days later it is gone. Scans of paper,
which staff add (`services/scans.py`), stand in the same list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Protocol
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import ActorKind, EventKind
from dsar.language import language
from dsar.models import DataSubjectRequest, RequestEvent, User
from dsar.services import looks, moves, scan_words, tell
from dsar.services.bell import ring
from identity import documents
from identity.models import Document, DocumentState, Purpose

MOST = 5  # files of one request at a time, 10 MB each
PURPOSES = (Purpose.ATTACHMENT, Purpose.EVIDENCE, Purpose.SCAN)  # identity papers have their own page and rules
THEIRS = (Purpose.ATTACHMENT, Purpose.EVIDENCE)  # what the person sent, and can take back


class NothingSent(DsarError):
    fr = "Écrivez un message ou choisissez un fichier."
    en = "Write a message or choose a file."


class WhyDestroy(DsarError):
    fr = "Écrivez pourquoi ce fichier est détruit."
    en = "Write why this file is destroyed."


class Upload(Protocol):
    """A file as it reaches a view."""

    size: int | None

    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True)
class Attachment:
    """One file as pages show it; `number` counts from 1 and stands for the name, which we do not keep."""

    number: int
    document: Document

    @property
    def why(self) -> str:
        """Why it was not accepted, in the reader's language."""
        return scan_words.why(self.document, language()) if self.is_scan else self.document.why(language())

    @property
    def is_scan(self) -> bool:
        """Of a letter or a form on paper, added by a colleague: nothing that the person sent here or can take back."""
        return self.document.purpose == Purpose.SCAN

    @property
    def refused(self) -> bool:
        return self.document.state == DocumentState.REFUSED

    @property
    def gone(self) -> bool:
        return self.document.state == DocumentState.DESTROYED

    @property
    def readable(self) -> bool:
        return self.document.state == DocumentState.READY

    @property
    def removable(self) -> bool:
        """Until somebody has opened it."""
        return not self.is_scan and self.document.state in documents.LIVE and self.document.opened_at is None

    @property
    def destructible(self) -> bool:
        return self.document.state in documents.LIVE


@dataclass(frozen=True)
class Sent:
    """What became of one sending: how many files were taken, and a sentence for each that was not."""

    taken: int
    refused: tuple[tuple[int, Document], ...]


def of_case(dsr: DataSubjectRequest) -> list[Attachment]:
    """Every file that came with words, on paper or for a right, oldest first, those that are gone too."""
    return [Attachment(number, document) for number, document in enumerate(_of(dsr), 1)]


def listed(dsr: DataSubjectRequest) -> list[Attachment]:
    """Those that the person sent themselves, with the numbers that staff see."""
    return [one for one in of_case(dsr) if not one.is_scan]


def _of(dsr: DataSubjectRequest) -> QuerySet[Document]:
    return documents.of(dsr.reference).filter(purpose__in=PURPOSES).order_by("uploaded_at", "pk")


def send(*, dsr_id: UUID, words: str, files: Sequence[Upload], now: datetime) -> Sent:
    """The person's words and files, from the status page. Words are never lost to a file that is refused.

    Raises `NothingSent` without either, `tell.NothingWritten` for words that are too long.
    """
    words = words.strip()
    if not words and not files:
        raise NothingSent
    if len(words) > tell.LONGEST_TEXT:
        raise tell.NothingWritten
    with transaction.atomic():
        dsr = moves.locked(dsr_id)
        received = [receive(dsr, file, now=now) for file in files]
        taken = sum(document.state == DocumentState.PENDING for document in received)
        if words or taken:
            RequestEvent.objects.record(
                dsr,
                EventKind.MESSAGE_FROM_SUBJECT,
                at=now,
                actor_kind=ActorKind.DATA_SUBJECT,
                data={"files": taken} if files else {},
                text=words,
            )
    refused = tuple((number, document) for number, document in enumerate(received, 1) if document.refusal)
    return Sent(taken, refused)


def receive(
    dsr: DataSubjectRequest,
    file: Upload,
    *,
    now: datetime,
    purpose: Purpose = Purpose.ATTACHMENT,
    officer: User | None = None,
    keep: timedelta = documents.KEPT_AT_MOST,
    sending: str = "",
) -> Document:
    """Take one file in, in the caller's transaction, and write what became of it; the worker makes it harmless.

    Without an `officer` it is the person's. `sending` marks the files that came together, so that a second copy is known.
    """
    stream: IO[bytes] = file  # type: ignore[assignment]
    document = documents.receive(
        reference=dsr.reference,
        purpose=purpose,
        stream=stream,
        declared_size=file.size,
        label_texts=_watermark(dsr, now),
        now=now,
        at_most=MOST,
        keep=keep,
    )
    data: dict[str, str | int] = {"purpose": purpose.value, "state": document.state, "bytes": document.bytes}
    if sending:
        data["sending"] = sending
    if document.refusal:
        data["refusal"] = document.refusal
    else:
        ring("process_paper", document_id=document.pk)
    actor_kind = None if officer else ActorKind.DATA_SUBJECT
    RequestEvent.objects.record(dsr, EventKind.DOCUMENT_RECEIVED, at=now, actor=officer, actor_kind=actor_kind, data=data)
    return document


def _watermark(dsr: DataSubjectRequest, now: datetime) -> list[str]:
    with translation.override(dsr.language):
        return [dsr.reference, date_format(timezone.localtime(now).date(), "j F Y"), _("for this request only")]


def remove(*, dsr_id: UUID, document_id: UUID, now: datetime) -> None:
    """The person takes a file back, until somebody opened it. Raises `documents.DocumentError`."""
    with transaction.atomic():
        dsr = moves.locked(dsr_id)
        document = _of(dsr).filter(pk=document_id, purpose__in=THEIRS).first()
        if document is None:
            raise documents.NotThere
        documents.withdraw(document_id, now=now)
        data: dict[str, str | int] = {"purpose": document.purpose, "count": 1}
        RequestEvent.objects.record(dsr, EventKind.DOCUMENT_DESTROYED, at=now, actor_kind=ActorKind.DATA_SUBJECT, data=data)


def look(*, dsr_id: UUID, document_id: UUID, officer: User, reason: str, now: datetime) -> list[bytes]:
    """The page images for an officer, with a reason; who looks is written before a byte flows (SECURITY T8, T21).

    Call it outside of a transaction. Raises `documents.DocumentError`.
    """
    return looks.open_pages(
        dsr_id=dsr_id,
        choose=lambda dsr: _of(dsr).filter(pk=document_id, state=DocumentState.READY).first(),
        officer=officer,
        reason=reason,
        now=now,
    )


@transaction.atomic
def destroy(*, dsr_id: UUID, document_id: UUID, officer: User, reason: str, now: datetime) -> None:
    """An officer ends one file at once, for a reason that is kept: an identity paper that lay in a letter, say (LAW R-24).

    Raises `WhyDestroy` without a reason, `documents.NotThere`, and `NotAllowed` for who does not act on cases.
    """
    dsr = moves.locked(dsr_id)
    if not officer.may_act_on_cases:
        raise moves.NotAllowed
    if not reason.strip():
        raise WhyDestroy
    document = _of(dsr).filter(pk=document_id, state__in=documents.LIVE).first()
    if document is None:
        raise documents.NotThere
    documents.destroy(document_id=document.pk, now=now)
    data: dict[str, str | int] = {"purpose": document.purpose, "count": 1}
    RequestEvent.objects.record(dsr, EventKind.DOCUMENT_DESTROYED, at=now, actor=officer, data=data, text=reason.strip())
