"""The streamed ZIP: members are prepared by one thread while the caller's thread compresses, so two cores share the work."""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from stream_zip import ZIP_AUTO, MemberFile, stream_zip

from dsar.packaging.names import Names

_LEVEL = 1  # level 6 doubles the time to save 18 % (docs/benchmarks.md)
_FILE_MODE = 0o100644
_CHUNK = 256 * 1024
_AHEAD = 48  # chunks that may wait: about 12 MB
_UNKNOWN_SIZE = 1 << 30


@dataclass(frozen=True)
class Member:
    """One file to write. `at_most` bounds its size when it may exceed 4 GB (ZIP64)."""

    path: str
    chunks: Iterable[bytes]
    at_most: int = _UNKNOWN_SIZE


@dataclass(frozen=True)
class Written:
    """One file written: what SHA256SUMS and the descriptor say about it."""

    path: str
    bytes: int
    sha256: str


class Stopped(Exception):
    """The reader went away; the preparing thread stops quietly."""


def measured(member: Member, written: list[Written]) -> Iterator[bytes]:
    """The member's chunks joined to a good size, noting bytes and SHA-256 when the last has passed."""
    digest, size = hashlib.sha256(), 0
    held: list[bytes] = []
    waiting = 0
    for chunk in member.chunks:
        held.append(chunk)
        waiting += len(chunk)
        if waiting >= _CHUNK:
            block = b"".join(held) if len(held) > 1 else held[0]
            digest.update(block)
            size += waiting
            yield block
            held, waiting = [], 0
    if held:
        block = b"".join(held)
        digest.update(block)
        size += waiting
        yield block
    written.append(Written(member.path, size, digest.hexdigest()))


def zip_stream(members: Iterable[Member], *, names: Names, at: datetime, written: list[Written]) -> Iterator[bytes]:
    """The bytes of the ZIP. `written` grows as members are prepared, so a late member can tell the hashes of earlier ones."""
    prepared: queue.Queue[tuple[str, object]] = queue.Queue(maxsize=_AHEAD)
    stop = threading.Event()

    def hand_over(kind: str, thing: object) -> None:
        while True:
            if stop.is_set():
                raise Stopped
            try:
                prepared.put((kind, thing), timeout=0.2)
                return
            except queue.Full:
                continue

    def prepare() -> None:
        try:
            for member in members:
                hand_over("member", (names.take(member.path), member.at_most))
                for block in measured(member, written):
                    hand_over("block", block)
            hand_over("end", None)
        except Stopped:
            pass
        except BaseException as error:  # handed to the reader, who raises it
            with suppress(Stopped):
                hand_over("error", error)

    thread = threading.Thread(target=prepare, name="package-members", daemon=True)
    thread.start()
    try:
        yield from stream_zip(_files(prepared, at), chunk_size=_CHUNK)
    finally:
        stop.set()
        thread.join()


def _files(prepared: queue.Queue[tuple[str, object]], at: datetime) -> Generator[MemberFile, None, None]:
    """Members for stream_zip; each one's chunks are read to the end before the next is asked for."""
    following: list[tuple[str, object]] = []

    def take() -> tuple[str, object]:
        kind, thing = following.pop() if following else prepared.get()
        if kind == "error":
            assert isinstance(thing, BaseException)
            raise thing
        return kind, thing

    def blocks() -> Iterator[bytes]:
        while True:
            kind, thing = take()
            if kind != "block":
                following.append((kind, thing))
                return
            assert isinstance(thing, bytes)
            yield thing

    while True:
        kind, thing = take()
        if kind == "end":
            return
        assert isinstance(thing, tuple)
        name, at_most = thing
        yield name, at, _FILE_MODE, ZIP_AUTO(at_most, level=_LEVEL), blocks()
