"""Bytes that are needed a moment later: in memory while few, else on disk, sealed with a key that never leaves memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_IN_MEMORY = 1 << 20


class Spool:
    """Write, then read once. Each chunk is sealed by AES-GCM under a counter nonce; the key is drawn per spool."""

    def __init__(self) -> None:
        self._cipher = AESGCM(AESGCM.generate_key(bit_length=128))
        self._chunks: list[bytes] = []
        self._held = 0
        self._file: IO[bytes] | None = None
        self._count = 0

    def write(self, chunk: bytes) -> None:
        if self._file is None and self._held + len(chunk) <= _IN_MEMORY:
            self._chunks.append(chunk)
            self._held += len(chunk)
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 (lives until it is read)
            for held in self._chunks:
                self._seal(held)
            self._chunks = []
        self._seal(chunk)

    def read(self) -> Iterator[bytes]:
        """All chunks in order; the spool is empty afterwards."""
        if self._file is None:
            yield from self._chunks
            self._chunks = []
            return
        with self._file as file:
            file.seek(0)
            for number in range(self._count):
                length = int.from_bytes(file.read(4), "big")
                yield self._cipher.decrypt(number.to_bytes(12, "big"), file.read(length), None)

    def _seal(self, chunk: bytes) -> None:
        assert self._file is not None
        sealed = self._cipher.encrypt(self._count.to_bytes(12, "big"), chunk, None)
        self._count += 1
        self._file.write(len(sealed).to_bytes(4, "big"))
        self._file.write(sealed)
