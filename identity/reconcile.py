"""Proves that no paper is left over: what lies in the vault without a row, and rows whose object or key is gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.core.files.storage import Storage, storages

from identity import vault
from identity.documents import LIVE, ROOM
from identity.models import Document, DocumentState

IN_THE_MAKING = timedelta(hours=1)  # an upload writes row and object one after the other

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Reconciled:
    """What was found, and mended: `orphans` had no row and were destroyed; `lost` were rows without object or key."""

    orphans: int
    lost: int


def reconcile(now: datetime) -> Reconciled:
    """Compare the vault with the table, both ways. Nothing younger than an hour counts as left over."""
    return Reconciled(orphans=_destroy_orphans(now), lost=_mark_lost(now))


def _destroy_orphans(now: datetime) -> int:
    objects, keys = storages["objects"], storages["keys"]
    known = set(Document.objects.filter(destroyed_at__isnull=True).exclude(path="").values_list("path", flat=True))
    found = set(older(objects, ROOM, now)) | {vault.plain_name(name) for name in older(keys, ROOM, now)}
    for name in sorted(found - known):
        vault.destroy_object(storage=objects, path=name, key_name=name)
    if orphans := len(found - known):
        logger.warning("papers without a row destroyed", count=orphans)
    return orphans


def older(storage: Storage, room: str, now: datetime) -> Iterator[str]:
    """What lies in a room of a storage, minus what may still be in the making."""
    for name in _names(storage, room):
        if storage.get_modified_time(name) <= now - IN_THE_MAKING:
            yield name


def _names(storage: Storage, folder: str) -> Iterator[str]:
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}/{file}" for file in files)
    for inner in folders:
        yield from _names(storage, f"{folder}/{inner}")


def _mark_lost(now: datetime) -> int:
    objects, keys, lost = storages["objects"], storages["keys"], 0
    for document in Document.objects.filter(state__in=LIVE, uploaded_at__lte=now - IN_THE_MAKING):
        if objects.exists(document.path) and keys.exists(document.key_name):
            continue
        changed = Document.objects.filter(pk=document.pk, path=document.path, state__in=LIVE)
        vault.destroy_object(storage=objects, path=document.path, key_name=document.key_name)
        if changed.update(state=DocumentState.DESTROYED, destroyed_at=now, path="", key_name="", next_at=None, lease_until=None):
            lost += 1
            logger.error("a paper's object or key is gone", reference=document.reference)
    return lost
