"""Sends a file in slices as our script does, one request after the other."""

from __future__ import annotations

import hashlib
from typing import Any

from django.test import Client

from identity.slices import SLICE


def begin(client: Client, what: str, data: bytes, **more: Any) -> Any:
    named = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} | more
    return client.post(f"/fr/upload/{what}/", named)


def put(client: Client, what: str, number: str, data: bytes, offset: int) -> Any:
    url = f"/fr/upload/{what}/{number}/?at={offset}"
    return client.post(url, data[offset : offset + SLICE], content_type="application/octet-stream")


def send(client: Client, what: str, data: bytes) -> str:
    """All of it; returns the number that its form names."""
    begun = begin(client, what, data)
    assert begun.status_code == 200, begun.content
    number, held = begun.json()["upload"], begun.json()["held"]
    while held < len(data):
        held = put(client, what, number, data, held).json()["held"]
    return str(number)
