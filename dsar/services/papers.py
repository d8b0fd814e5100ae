"""The papers of a question about identity: added, sent, looked at for a reason, and destroyed with the decision.

What `identity.documents` stores knows no request; here each step is recorded on the request as well. A paper counts as sent once
the person pressed the button: until then nobody opens it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import IO
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from dsar.domain.errors import DsarError
from dsar.domain.identity_levels import MANDATE_DOUBTS
from dsar.domain.vocabulary import ActorKind, Doubt, EventKind, PauseKind
from dsar.language import language
from dsar.models import DataSubjectRequest, RequestEvent, User
from dsar.selectors.identity import open_question
from dsar.services import looks, moves, scans
from dsar.services.bell import ring
from identity import documents, reconcile, slices
from identity.models import Document, DocumentState, Purpose

MOST, ALL_IN_ALL = 2, 6  # files at a time, and with those that were sent before
PURPOSES = (Purpose.IDENTITY, Purpose.MANDATE)
HOW = "document"


class NothingAsked(DsarError):
    fr = "Nous n’attendons plus de document pour cette demande : vous n’avez rien à envoyer."
    en = "We are no longer waiting for a document for this request: there is nothing for you to send."


class NothingAdded(DsarError):
    fr = "Ajoutez d’abord un fichier lisible, puis envoyez-le."
    en = "Add a readable file first, then send it."


@dataclass(frozen=True)
class Paper:
    """One file as the page shows it."""

    document: Document
    sent_at: datetime | None

    @property
    def why(self) -> str:
        """Why it was refused, in the reader's language."""
        return self.document.why(language())

    @property
    def refused(self) -> bool:
        return self.document.state == DocumentState.REFUSED

    @property
    def removable(self) -> bool:
        return self.document.state in documents.LIVE and self.document.opened_at is None

    @property
    def waiting(self) -> bool:
        return self.document.state in (DocumentState.PENDING, DocumentState.CHECKING)

    @property
    def readable(self) -> bool:
        return self.document.state == DocumentState.READY


def purpose_of(question: RequestEvent) -> Purpose:
    return Purpose.MANDATE if Doubt(question.data["doubt"]) in MANDATE_DOUBTS else Purpose.IDENTITY


def listed(dsr: DataSubjectRequest) -> list[Paper]:
    """The files of this request that are still there or were refused, oldest first, with when they were sent."""
    sent = dsr.events.filter(kind=EventKind.PROOF_RECEIVED, data__how=HOW).order_by("sequence")
    instants = list(sent.values_list("at", flat=True))
    return [
        Paper(document, next((at for at in instants if at >= document.uploaded_at), None))
        for document in _of(dsr).exclude(state=DocumentState.DESTROYED)
    ]


def _of(dsr: DataSubjectRequest) -> QuerySet[Document]:
    return documents.of(dsr.reference).filter(purpose__in=PURPOSES)


def add(*, dsr_id: UUID, stream: IO[bytes], size: int | None, now: datetime) -> Document:
    """Take one file in; a refused one says why and nothing of it is kept. The worker makes it harmless."""
    with transaction.atomic():
        dsr = moves.locked(dsr_id)
        question = open_question(dsr)
        if question is None or dsr.identified_at:
            raise NothingAsked
        purpose = purpose_of(question)
        sent = sum(paper.sent_at is not None and paper.document.state in documents.LIVE for paper in listed(dsr))
        document = documents.receive(
            reference=dsr.reference,
            purpose=purpose,
            stream=stream,
            declared_size=size,
            label_texts=_watermark(dsr, purpose, now),
            now=now,
            at_most=min(MOST + sent, ALL_IN_ALL),
        )
        data: dict[str, str | int] = {"purpose": purpose.value, "state": document.state, "bytes": document.bytes}
        if document.refusal:
            data["refusal"] = document.refusal
        RequestEvent.objects.record(dsr, EventKind.DOCUMENT_RECEIVED, at=now, actor_kind=ActorKind.DATA_SUBJECT, data=data)
        if document.state == DocumentState.PENDING:
            ring("process_paper", document_id=document.pk)
    return document


def _watermark(dsr: DataSubjectRequest, purpose: Purpose, now: datetime) -> list[str]:
    with translation.override(dsr.language):
        words = _("to check a mandate only") if purpose == Purpose.MANDATE else _("to check who asks only")
        return [dsr.reference, date_format(timezone.localtime(now).date(), "j F Y"), words]


def remove(*, dsr_id: UUID, document_id: UUID, now: datetime) -> None:
    """The person takes a file back, until somebody opened it. Raises `documents.DocumentError`."""
    with transaction.atomic():
        dsr = moves.locked(dsr_id)
        if not _of(dsr).filter(pk=document_id).exists():
            raise documents.NotThere
        documents.withdraw(document_id, now=now)
        RequestEvent.objects.record(
            dsr, EventKind.DOCUMENT_DESTROYED, at=now, actor_kind=ActorKind.DATA_SUBJECT, data={"count": 1}
        )


@transaction.atomic
def send(*, dsr_id: UUID, now: datetime) -> None:
    """What was added is sent: a proof arrived today, whenever somebody looks at it."""
    dsr = moves.locked(dsr_id)
    if open_question(dsr) is None or dsr.identified_at:
        raise NothingAsked
    fresh = [paper for paper in listed(dsr) if paper.sent_at is None and paper.document.state in documents.LIVE]
    if not fresh:
        raise NothingAdded
    RequestEvent.objects.record(
        dsr,
        EventKind.PROOF_RECEIVED,
        at=now,
        actor_kind=ActorKind.DATA_SUBJECT,
        data={"kind": PauseKind.IDENTITY.value, "how": HOW, "arrived_at": now.isoformat(), "files": len(fresh)},
    )


def look(*, dsr_id: UUID, document_id: UUID, officer: User, reason: str, now: datetime) -> list[bytes]:
    """The page images for an officer, with a reason; two rows say who looked before a byte flows (SECURITY T21).

    Call it outside of a transaction. Raises `documents.DocumentError`.
    """
    return looks.open_pages(dsr_id=dsr_id, choose=lambda dsr: _sent(dsr, document_id), officer=officer, reason=reason, now=now)


def _sent(dsr: DataSubjectRequest, document_id: UUID) -> Document | None:
    found = (one.document for one in listed(dsr) if one.document.pk == document_id and one.readable and one.sent_at)
    return next(found, None)


def destroy_all(dsr: DataSubjectRequest, *, now: datetime, officer: User | None = None) -> None:
    """Destroy every paper of the request, objects and keys, when the caller's transaction commits (LAW R-24).

    What is still on its way is dead too.
    """
    slices.end_all(dsr.reference)
    count = sum(documents.destroy(now=now, reference=dsr.reference, purpose=purpose) for purpose in PURPOSES)
    if count:
        RequestEvent.objects.record(dsr, EventKind.DOCUMENT_DESTROYED, at=now, actor=officer, data={"count": count})


def sweep(now: datetime) -> None:
    """Each hour: what is past its day, what a crash left half-destroyed, and what lies in the vault without a row."""
    scans.destroy_old(now)
    documents.destroy_due(now)
    reconcile.reconcile(now)
    slices.sweep(now)
