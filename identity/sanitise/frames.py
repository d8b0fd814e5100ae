"""Several byte strings in one: a four-byte length before each."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

_LENGTH = struct.Struct("!L")


def joined(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield `parts`, each after its length."""
    for part in parts:
        yield _LENGTH.pack(len(part))
        yield part


def split(whole: bytes) -> list[bytes]:
    """The parts of what `joined` made. Raises ValueError when a length is not that of what follows."""
    parts, at = [], 0
    while at < len(whole):
        if len(whole) - at < _LENGTH.size:
            raise ValueError("a length is cut off")
        (length,) = _LENGTH.unpack_from(whole, at)
        at += _LENGTH.size
        if length > len(whole) - at:
            raise ValueError("a part is cut off")
        parts.append(whole[at : at + length])
        at += length
    return parts
