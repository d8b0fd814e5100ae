"""What the tests of documents do all the time: send, have it processed, look what lies in the vault."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import storages

from identity import documents, vault
from identity.models import Document, DocumentState
from tests.identity.corpus import JPEG

Committing = Callable[..., Any]
REFERENCE = "IE-7K4M-2XQ9"
LABEL = (REFERENCE, "10 mars 2026", "Vérification d’identité")
NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
WHO = {"by": "dominique.temoin@cesi.example", "reason": "comparer le nom"}


def receive(data: bytes = JPEG, **more: Any) -> Document:
    facts = {"reference": REFERENCE, "purpose": "identity", "declared_size": len(data), "label_texts": LABEL, "now": NOW}
    return documents.receive(**({"stream": io.BytesIO(data)} | facts | more))


def process(document: Document, at: datetime = NOW) -> Document:
    return documents.process(document.pk, lambda: at)


def ready(data: bytes = JPEG) -> Document:
    document = process(receive(data))
    assert document.state == DocumentState.READY
    return document


def stored() -> set[str]:
    """Every file of the vault, objects and keys, by name."""
    rooms = [Path(settings.VAR_DIR) / room for room in ("objects", "keys")]
    return {f"{room.name}/{file.relative_to(room)}" for room in rooms for file in room.rglob("*") if file.is_file()}


def opened(document: Document) -> bytes:
    return b"".join(vault.open_stream(storage=storages["objects"], path=document.path, key_name=document.key_name))
