"""Files that arrive in slices, for lines that break: each slice is sealed under a key of its own, as soon as it is here.

`begin` names a file by its own SHA-256 and says how much of it is here already; `add` takes the next slice, and answers every
other one with what it holds; `whole` puts the file together in memory and believes only its own SHA-256; `claim` lets it be used
once. What is in between lies in the vault and nowhere else. `sweep` ends what nobody went on with, and what was left over.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import QuerySet

from identity import vault
from identity.models import Purpose, Upload
from identity.reconcile import IN_THE_MAKING, older
from identity.refusals import MAX_BYTES, Refusal

SLICE = 512 * 1024  # bytes; the last one is shorter
KEPT = timedelta(hours=2)  # after the last slice
ROOM = "slices"  # the folder of the storages "objects" and "keys"
_SHA256 = re.compile(r"[0-9a-f]{64}")

logger = structlog.get_logger(__name__)


class NoSuchUpload(Exception):
    """There is none of this number, here and for this sender; or it is over."""


class NotTaken(Exception):
    """The file cannot be taken: `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


def begin(*, reference: str, purpose: Purpose, sha256: str, size: int, at_most: int, now: datetime) -> Upload:
    """The upload of this very file, a fresh one or the one that was cut off. Raises `NotTaken`, ValueError for no SHA-256.

    With `at_most` others open the oldest is given up: whoever changes their mind is not shut out until the sweep.
    """
    if not _SHA256.fullmatch(sha256):
        raise ValueError("no SHA-256")
    if size <= 0:
        raise NotTaken(Refusal.EMPTY)
    if size > MAX_BYTES:
        raise NotTaken(Refusal.SIZE)
    upload, fresh = Upload.objects.get_or_create(
        reference=reference,
        purpose=purpose,
        mark=_mark(reference, sha256),
        taken_at=None,
        defaults={"bytes": size, "heard_at": now},
    )
    if not fresh and upload.bytes != size:
        _end(upload.pk)
        raise NotTaken(Refusal.FAILED)
    others = Upload.objects.filter(reference=reference, purpose=purpose, taken_at=None).exclude(pk=upload.pk)
    for pk in list(others.order_by("-heard_at").values_list("pk", flat=True))[at_most - 1 :]:
        _end(pk)
    return upload


def _mark(reference: str, sha256: str) -> str:
    """The file's name for us. Of the SHA-256 itself nothing is stored: who holds the file could look for it in the table."""
    return vault.keyed_hash(f"{reference} {sha256}", "upload")


@transaction.atomic
def add(upload_id: UUID, *, reference: str, purpose: Purpose, offset: int, data: bytes, now: datetime) -> int:
    """Seal the slice that is due and return how many bytes are here. A slice that came before, comes too early, or is cut off
    changes nothing: its sender goes on from the answer. Raises `NoSuchUpload`."""
    upload = _open(reference, purpose).select_for_update().filter(pk=upload_id).first()
    if upload is None:
        raise NoSuchUpload
    if offset != upload.held or not data or len(data) != min(SLICE, upload.bytes - upload.held):
        return upload.held
    path = _path(upload.pk, offset)
    vault.destroy_object(storage=storages["objects"], path=path, key_name=path)  # a slice whose row a crash took back
    vault.seal_stream(chunks=[data], storage=storages["objects"], path=path, key_name=path)
    upload.held, upload.heard_at = upload.held + len(data), now
    upload.save(update_fields=["held", "heard_at"])
    return upload.held


def whole(upload_id: UUID, *, reference: str, purpose: Purpose) -> bytes:
    """The file, in memory. Raises `NoSuchUpload`; `NotTaken` when it is not all here, or not what was announced."""
    upload = _open(reference, purpose).filter(pk=upload_id).first()
    if upload is None:
        raise NoSuchUpload
    if upload.held < upload.bytes:
        raise NotTaken(Refusal.FAILED)
    try:
        data = b"".join(map(_opened, _paths(upload)))
    except (vault.VaultError, FileNotFoundError):
        data = b""
    if not hmac.compare_digest(_mark(reference, hashlib.sha256(data).hexdigest()), upload.mark):
        _end(upload.pk)
        raise NotTaken(Refusal.FAILED)
    return data


def was_taken(upload_id: UUID, *, reference: str, purpose: Purpose) -> bool:
    """Whether this sender's file was used before: an answer got lost on the way, and the form is sent again."""
    taken = Upload.objects.filter(reference=reference, purpose=purpose, taken_at__isnull=False)
    return taken.filter(pk=upload_id).exists()


def claim(upload_id: UUID, now: datetime) -> bool:
    """Use the upload up, in the caller's transaction; False when somebody else did. Its slices go when this commits."""
    if not Upload.objects.filter(pk=upload_id, taken_at=None).update(taken_at=now):
        return False
    transaction.on_commit(partial(_destroy, _paths(Upload.objects.get(pk=upload_id))), robust=True)
    return True


def give_up(upload_id: UUID, *, reference: str, purpose: Purpose) -> None:
    """Its sender changed their mind. Raises `NoSuchUpload`."""
    if not _open(reference, purpose).filter(pk=upload_id).exists():
        raise NoSuchUpload
    _end(upload_id)


def end_all(reference: str) -> None:
    """The question is settled: whatever was on its way is dead. After the commit, so that it waits for no slice's lock."""

    def end() -> None:
        for pk in Upload.objects.filter(reference=reference, taken_at=None).values_list("pk", flat=True):
            _end(pk)

    transaction.on_commit(end, robust=True)


def sweep(now: datetime) -> int:
    """Both ways: uploads that nobody goes on with, with their keys and rows; slices without a row, rows without a slice.

    Returns how many uploads and left-over slices are gone.
    """
    quiet = set(Upload.objects.filter(heard_at__lte=now - KEPT).values_list("pk", flat=True))
    lost = {one.pk for one in Upload.objects.filter(heard_at__lte=now - IN_THE_MAKING, taken_at=None) if _is_lost(one)}
    for pk in quiet | lost:
        _end(pk)
    objects, keys = storages["objects"], storages["keys"]
    known = {path for one in Upload.objects.filter(taken_at=None) for path in _paths(one)}
    found = set(older(objects, ROOM, now)) | {vault.plain_name(name) for name in older(keys, ROOM, now)}
    _destroy(sorted(found - known))
    if lost or found - known:
        logger.warning("slices left over", uploads=len(lost), slices=len(found - known))
    return len(quiet | lost) + len(found - known)


def _open(reference: str, purpose: Purpose) -> QuerySet[Upload]:
    return Upload.objects.filter(reference=reference, purpose=purpose, taken_at=None)


def _paths(upload: Upload) -> list[str]:
    return [_path(upload.pk, offset) for offset in range(0, upload.held, SLICE)]


def _path(upload_id: UUID, offset: int) -> str:
    return f"{ROOM}/{upload_id}/{offset}"


def _opened(path: str) -> bytes:
    return b"".join(vault.open_stream(storage=storages["objects"], path=path, key_name=path))


def _is_lost(upload: Upload) -> bool:
    return not all(storages["objects"].exists(path) and storages["keys"].exists(path) for path in _paths(upload))


@transaction.atomic
def _end(upload_id: UUID) -> None:
    """The row goes, then keys and slices; what a crash leaves of them has no row any more, and the sweep finds it."""
    upload = Upload.objects.select_for_update().filter(pk=upload_id).first()
    if upload is not None:
        upload.delete()
        transaction.on_commit(partial(_destroy, [_path(upload_id, at) for at in range(0, upload.held, SLICE)]), robust=True)


def _destroy(paths: list[str]) -> None:
    for path in paths:
        vault.destroy_object(storage=storages["objects"], path=path, key_name=path)
