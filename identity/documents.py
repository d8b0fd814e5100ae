"""The papers that people send: received, made harmless, looked at, and gone. Every file that enters goes this way.

`receive` seals the file as it came, in memory and never on disk in plain; `process` asks the virus scanner, has page images
made in a caged child process, seals those and destroys the original; `pages` shows them after it wrote who looks and why;
`destroy` ends it. A destruction has two halves, since a storage knows no transaction: the row says DESTROYED with the caller's
transaction, key and object go right after the commit, and `destroyed_at` is written when both were looked for and not found.
`destroy_due` finishes what a crash left half-done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import IO, ClassVar
from uuid import UUID

import structlog
from django.conf import settings
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import F, Q, QuerySet

from identity import antivirus, vault
from identity.models import Document, DocumentState, DocumentView, Purpose, Scan
from identity.refusals import MAX_BYTES, Refusal
from identity.sanitise import frames, run, sniff

KEPT_AT_MOST = timedelta(days=30)  # after upload, whatever happens, unless the caller says for how long
TRY_AGAIN = timedelta(minutes=1)
LAST_TRY = 3  # a file that killed its worker so often is refused
ROOM = "papers"  # the folder of the storages "objects" and "keys"
LIVE = (DocumentState.PENDING, DocumentState.CHECKING, DocumentState.READY)

logger = structlog.get_logger(__name__)


class DocumentError(Exception):
    """A refusal that a reader sees, in both languages."""

    fr: ClassVar[str]
    en: ClassVar[str]

    def __init__(self) -> None:
        super().__init__(self.en)

    def sentence(self, language: str) -> str:
        return self.fr if language == "fr" else self.en


class NotThere(DocumentError):
    fr = "Ce document n’est pas, ou n’est plus, disponible."
    en = "This document is not available, or no longer."


class ReasonNeeded(DocumentError):
    fr = "Écrivez pourquoi vous ouvrez ce document : chaque ouverture est inscrite au journal."
    en = "Write why you open this document: each opening is recorded."


class AlreadyOpened(DocumentError):
    fr = "Ce document a déjà été ouvert par la personne qui traite la demande : il sera détruit dès la décision."
    en = "This document was already opened by the person who handles the request: it is destroyed with the decision."


# In


def receive(
    *,
    reference: str,
    purpose: Purpose | str,
    stream: IO[bytes],
    declared_size: int | None,
    label_texts: Sequence[str],
    now: datetime,
    at_most: int | None = None,
    keep: timedelta = KEPT_AT_MOST,
) -> Document:
    """Take a file in: PENDING and sealed, or REFUSED (`why()` says it) with nothing kept. Its name is not asked for.

    `label_texts` are the words of the watermark, in the reader's language: reference, date, purpose. `at_most` is how many live
    files of this purpose the reference may have; after `keep` it is gone, whatever happens. Call `process` next, here or in a
    worker.
    """
    document = Document(
        reference=reference,
        purpose=purpose,
        label=" · ".join(label_texts)[:200],
        uploaded_at=now,
        destroy_by=now + keep,
    )
    document.path = document.key_name = f"{ROOM}/{document.pk}/received"
    if at_most is not None and of(reference, purpose).filter(state__in=LIVE).count() >= at_most:
        return _refused_at_the_door(document, Refusal.COUNT, now)
    if declared_size is not None and declared_size > MAX_BYTES:
        return _refused_at_the_door(document, Refusal.SIZE, now)
    data = _read(stream)
    document.bytes = len(data)
    refusal = sniff.refusal(data)
    if refusal is not None:
        return _refused_at_the_door(document, refusal, now)
    document.kind, document.next_at = sniff.kind(data) or "", now
    document.save(force_insert=True)  # the row first: an object without row looks like an orphan
    try:
        vault.seal_stream(chunks=[data], storage=storages["objects"], path=document.path, key_name=document.key_name)
    except BaseException:
        document.delete()
        raise
    return document


def _read(stream: IO[bytes]) -> bytes:
    """All of it, and no more than one chunk beyond the limit."""
    data = bytearray()
    while len(data) <= MAX_BYTES and (chunk := stream.read(1 << 16)):
        data += chunk
    return bytes(data)


def _refused_at_the_door(document: Document, refusal: Refusal, now: datetime) -> Document:
    document.state, document.refusal, document.destroyed_at = DocumentState.REFUSED, refusal, now
    document.path = document.key_name = ""
    document.save(force_insert=True)
    logger.info("document refused", reference=document.reference, refusal=str(refusal))
    return document


def due(now: datetime) -> QuerySet[Document]:
    """Documents that wait for `process`: new ones, those the scanner did not answer for, and those whose worker died."""
    return Document.objects.filter(
        Q(state=DocumentState.PENDING, next_at__lte=now) | Q(state=DocumentState.CHECKING, lease_until__lte=now)
    )


def process(document_id: UUID, clock: Callable[[], datetime]) -> Document:
    """Scan, make page images, seal them, destroy the original. Safe to run twice; whoever comes second changes nothing."""
    document = _claim(document_id, clock())
    if document is None:
        return Document.objects.get(pk=document_id)
    if document.tries >= LAST_TRY:
        return _refuse(document, Refusal.HEAVY, clock())
    try:
        data = b"".join(
            vault.open_stream(storage=storages["objects"], path=document.path, key_name=document.key_name)
        )  # at most MAX_BYTES: receive saw to it
    except (vault.VaultError, FileNotFoundError):
        return _refuse(document, Refusal.UNREADABLE, clock())
    verdict = antivirus.scan(data)
    if verdict is antivirus.Verdict.DOWN:
        logger.warning("virus scanner does not answer", reference=document.reference)
        return _put_back(document, clock())
    document.scan = Scan(verdict.value)
    if document.scan == Scan.INFECTED:
        return _refuse(document, Refusal.VIRUS, clock())
    # From here on a try counts: what kills us is the file, not the scanner.
    if not _held(document).update(scan=document.scan, tries=F("tries") + 1):
        return Document.objects.get(pk=document_id)
    try:
        made = run.sanitise(data, label=document.label, trust=_trust(), at=document.uploaded_at)
    except run.CageError as error:  # ours to mend, and nothing is opened until then
        logger.error("sanitiser cannot be confined", error=str(error))
        return _put_back(document, clock())
    if made.refusal is not None:
        return _refuse(document, made.refusal, clock())
    document.kind, document.pages, document.signature = made.kind, len(made.pages), made.signature
    return _keep(document, made.pages)


def _claim(document_id: UUID, now: datetime) -> Document | None:
    lease = now + timedelta(seconds=settings.LEASE_SECONDS)
    taken = due(now).filter(pk=document_id)
    if not taken.update(state=DocumentState.CHECKING, lease_until=lease, next_at=None, fencing=F("fencing") + 1):
        return None
    return Document.objects.get(pk=document_id)


def _held(document: Document) -> QuerySet[Document]:
    return Document.objects.filter(pk=document.pk, state=DocumentState.CHECKING, fencing=document.fencing)


def _put_back(document: Document, now: datetime) -> Document:
    """Neither clean nor refused: it waits, and the scanner is asked afresh."""
    _held(document).update(state=DocumentState.PENDING, lease_until=None, next_at=now + TRY_AGAIN, scan=Scan.WAITING, tries=0)
    return Document.objects.get(pk=document.pk)


def _refuse(document: Document, refusal: Refusal, now: datetime) -> Document:
    if _held(document).update(state=DocumentState.REFUSED, refusal=refusal, lease_until=None, next_at=None, scan=document.scan):
        logger.info("document refused", reference=document.reference, refusal=str(refusal))
        _bury(document.pk, now)
    return Document.objects.get(pk=document.pk)


def _keep(document: Document, pages: Sequence[bytes]) -> Document:
    received, received_key = document.path, document.key_name
    # The fencing number in the name: of two workers that both believe to hold it, neither overwrites the other's object.
    path = f"{ROOM}/{document.pk}/pages-{document.fencing}"
    vault.seal_stream(chunks=frames.joined(pages), storage=storages["objects"], path=path, key_name=path)
    kept = _held(document).update(
        state=DocumentState.READY,
        path=path,
        key_name=path,
        kind=document.kind,
        pages=document.pages,
        signature=document.signature,
        lease_until=None,
        next_at=None,
    )
    gone, gone_key = (received, received_key) if kept else (path, path)  # not kept: withdrawn meanwhile, or another's by now
    vault.destroy_object(storage=storages["objects"], path=gone, key_name=gone_key)
    return Document.objects.get(pk=document.pk)


def _trust() -> bytes:
    """The certificates (PEM) whose signatures on a PDF we believe; empty when the operator named none."""
    return Path(settings.IDENTITY_TRUST_CERTIFICATES).read_bytes() if settings.IDENTITY_TRUST_CERTIFICATES else b""


# Looked at


def of(reference: str, purpose: Purpose | str | None = None) -> QuerySet[Document]:
    """The documents of a reference, oldest first, whatever became of them."""
    found = Document.objects.filter(reference=reference)
    return found if purpose is None else found.filter(purpose=purpose)


def pages(document_id: UUID, *, by: str, reason: str, now: datetime) -> list[bytes]:
    """The page images (JPEG), for a person's eyes. Who looks and why is committed before the first byte is opened.

    Call it outside a transaction: one that could still roll back would take the record with it, so Django refuses.
    Raises `ReasonNeeded`, `NotThere`.
    """
    if not reason.strip():
        raise ReasonNeeded
    with transaction.atomic(durable=True):
        document = Document.objects.select_for_update().filter(pk=document_id, state=DocumentState.READY).first()
        if document is None:
            raise NotThere
        DocumentView.objects.create(document=document, by=by, reason=reason.strip()[:200], at=now)
        if document.opened_at is None:
            document.opened_at = now
            document.save(update_fields=["opened_at"])
    try:
        whole = b"".join(vault.open_stream(storage=storages["objects"], path=document.path, key_name=document.key_name))
    except (vault.KeyDestroyed, FileNotFoundError):
        raise NotThere from None
    return frames.split(whole)


# Out


@transaction.atomic
def withdraw(document_id: UUID, *, now: datetime) -> None:
    """The person takes it back, until somebody opened it. Raises `AlreadyOpened`, `NotThere`."""
    document = Document.objects.select_for_update().filter(pk=document_id).exclude(state=DocumentState.DESTROYED).first()
    if document is None:
        raise NotThere
    if document.opened_at is not None:
        raise AlreadyOpened
    destroy(document_id=document_id, now=now)


@transaction.atomic
def destroy(*, now: datetime, document_id: UUID | None = None, reference: str | None = None, purpose: str | None = None) -> int:
    """End one document, or all of a reference (of one purpose); returns how many. Key and object go when this commits."""
    if (document_id is None) == (reference is None):
        raise ValueError("either a document or a reference")
    ending = Document.objects.filter(state__in=LIVE)
    ending = ending.filter(pk=document_id) if document_id else ending.filter(reference=reference)
    if purpose is not None:
        ending = ending.filter(purpose=purpose)
    ids = list(ending.select_for_update().values_list("pk", flat=True))
    Document.objects.filter(pk__in=ids).update(state=DocumentState.DESTROYED, next_at=None, lease_until=None)
    for pk in ids:
        transaction.on_commit(partial(_bury, pk, now), robust=True)  # one that fails leaves the others to go, and the sweep
    return len(ids)


def _bury(document_id: UUID, now: datetime) -> bool:
    """Destroy key and object of a document that is over, look for both, and write that they are gone."""
    document = Document.objects.get(pk=document_id)
    if document.path:
        vault.destroy_object(storage=storages["objects"], path=document.path, key_name=document.key_name)
        if storages["objects"].exists(document.path) or storages["keys"].exists(document.key_name):
            logger.error("document could not be destroyed", reference=document.reference)
            return False
    over = Document.objects.filter(pk=document_id, path=document.path).exclude(state__in=LIVE)
    return bool(over.update(destroyed_at=now, path="", key_name=""))


def destroy_due(now: datetime) -> int:
    """Destroy what is past its day, and finish destructions that a crash interrupted; returns how many are gone."""
    for pk in Document.objects.filter(state__in=LIVE, destroy_by__lte=now).values_list("pk", flat=True):
        destroy(document_id=pk, now=now)
    half_done = Document.objects.filter(destroyed_at__isnull=True).exclude(state__in=LIVE)
    return sum(_bury(pk, now) for pk in half_done.values_list("pk", flat=True))


def forget(reference: str) -> int:
    """Delete the rows of a reference, views included, once every object of it is gone; returns how many documents."""
    documents = of(reference)
    if documents.filter(destroyed_at__isnull=True).exists():
        raise vault.VaultError(f"Documents of {reference} are not destroyed yet; run destroy and destroy_due first.")
    count = documents.count()
    documents.delete()
    return count
