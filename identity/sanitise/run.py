"""Starts the child that makes page images, and believes nothing that comes back before it looked at it."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from identity.refusals import MAX_PAGES, Refusal
from identity.sanitise import frames

WALL_SECONDS = 30.0
CPU_SECONDS = 20
MEMORY_BYTES = 700 * 1024 * 1024
READY = b"ready"  # what the child says first, once it is shut in

_MOST_OUT = 64 * 1024 * 1024
_BASE = Path(__file__).resolve().parent.parent.parent
_START = "import sys; sys.path.insert(0, sys.argv[1]); from identity.sanitise.child import main; main()"
_SIGNATURES = ("none", "not_checked", "valid", "invalid")


class CageError(RuntimeError):
    """The child did not start, or the kernel would not shut it in; nothing was opened."""


@dataclass(frozen=True)
class Made:
    """Page images (JPEG) of a file, or why there are none."""

    pages: Sequence[bytes] = ()
    kind: str = ""
    signature: str = "none"
    refusal: Refusal | None = None


def sanitise(data: bytes, *, label: str, trust: bytes = b"", at: datetime, seconds: float = WALL_SECONDS) -> Made:
    """Page images of `data`, each with `label` drawn over it; `trust` holds PEM certificates for signatures, valid at `at`.

    Never raises for what a file does: a child that dies, hangs or answers nonsense is a refusal. Raises `CageError`.
    """
    ask = {"label": label, "trust": trust.decode("ascii", "replace"), "at": at.isoformat()}
    # -I -B: nothing of the environment, nothing written; the child gets neither our secrets nor our open files.
    command = [sys.executable, "-I", "-B", "-c", _START, str(_BASE), str(MEMORY_BYTES), str(CPU_SECONDS)]
    command.append("trust" if trust else "no-trust")
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/", env={"LC_ALL": "C.UTF-8"}
    )
    try:
        answer = _talk(child, b"".join(frames.joined([json.dumps(ask).encode(), data])), time.monotonic() + seconds)
    finally:
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
    if answer is None or child.returncode == -signal.SIGXCPU:
        return Made(refusal=Refusal.HEAVY)
    if not answer:
        raise CageError(f"the sanitiser ended with status {child.returncode} before it was ready; see identity/README.md")
    return _checked(answer)


def _talk(child: subprocess.Popen[bytes], question: bytes, deadline: float) -> bytes | None:
    """What the child answers; None when it takes too long or says too much."""
    assert child.stdin
    assert child.stdout
    asking = child.stdin

    def feed() -> None:
        with suppress(OSError, ValueError):
            asking.write(question)
            asking.close()

    threading.Thread(target=feed, name="sanitiser", daemon=True).start()
    answer = bytearray()
    with selectors.DefaultSelector() as waiting:
        waiting.register(child.stdout, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0 and len(answer) <= _MOST_OUT:
            if not waiting.select(left):
                continue
            piece = os.read(child.stdout.fileno(), 1 << 16)
            if not piece:
                with suppress(subprocess.TimeoutExpired):
                    child.wait(max(0.1, left))
                return bytes(answer)
            answer += piece
    return None


def _checked(answer: bytes) -> Made:
    """The answer, when it is one: a head that we know, and JPEG pages with nothing but pixels in them."""
    try:
        ready, head, *pages = frames.split(answer)
        said = json.loads(head)
        if said.get("refusal"):
            return Made(refusal=Refusal(said["refusal"]))
        whole = ready == READY and 0 < len(pages) <= MAX_PAGES and all(is_bare_jpeg(page) for page in pages)
        if whole and said["kind"] in ("jpeg", "png", "heic", "pdf") and said["signature"] in _SIGNATURES:
            return Made(pages=pages, kind=said["kind"], signature=said["signature"])
    except (ValueError, KeyError, AttributeError, RecursionError):
        pass
    return Made(refusal=Refusal.UNREADABLE)  # it died in the middle, or is not our child any more


def is_bare_jpeg(data: bytes) -> bool:
    """Whether `data` is a JPEG of tables and one scan: no comment, no application data but JFIF's, no tail."""
    if not data.startswith(b"\xff\xd8") or not data.endswith(b"\xff\xd9"):
        return False
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        is_jfif = marker == 0xE0 and length == 16
        if not is_jfif and marker not in (0xDB, 0xC0, 0xC4, 0xDA):  # tables, frame, scan
            return False
        at += 2 + length
        if marker == 0xDA:
            break
    end = at
    while (end := data.find(b"\xff", end)) >= 0 and end + 1 < len(data):
        if data[end + 1] != 0 and not 0xD0 <= data[end + 1] <= 0xD7:
            return data[end + 1] == 0xD9 and end + 2 == len(data)
        end += 2
    return False
