"""The child's whole life: limits, libraries, lock; one file in, page images out. Started by `run`, once for each file."""

from __future__ import annotations

import codecs
import json
import sys
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from identity.refusals import Refusal
from identity.sanitise import cage, frames, sniff
from identity.sanitise.run import READY


class Refused(Exception):
    """The file is not accepted."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal)


@dataclass(frozen=True)
class Ask:
    """What the parent wants of a file."""

    label: str
    trust: bytes
    at: datetime


def main() -> None:
    for codec in ("ascii", "latin-1", "utf-8", "utf-16", "utf-16-be", "utf-16-le", "idna"):
        codecs.lookup(codec)  # loaded on first use, like much else: later no file can be opened
    cage.limit(memory_bytes=int(sys.argv[2]), cpu_seconds=int(sys.argv[3]))
    cage.leave_the_network()
    from identity.sanitise import pictures, portable, watermark  # after the namespace: it wants no threads

    pictures.warm_up()
    watermark.warm_up()
    portable.warm_up(with_signatures=sys.argv[4] == "trust")
    cage.lock()
    sys.stdout.buffer.write(b"".join(frames.joined([READY])))  # what dies from here on, the file killed
    sys.stdout.buffer.flush()
    answer(sys.stdin.buffer, sys.stdout.buffer)


def answer(question: IO[bytes], out: IO[bytes]) -> None:
    """Read one question, write one answer: a head in JSON, then the pages."""
    head, data = frames.split(question.read())
    said = json.loads(head)
    ask = Ask(said["label"], said["trust"].encode(), datetime.fromisoformat(said["at"]))
    try:
        found, pages = open_up(data, ask)
    except Refused as refused:
        found, pages = {"refusal": str(refused.refusal)}, []
    except MemoryError:
        found, pages = {"refusal": str(Refusal.HEAVY)}, []
    except Exception:  # a decoder's own error, whatever it is: the file is not what it says
        found, pages = {"refusal": str(Refusal.UNREADABLE)}, []
    for piece in frames.joined([json.dumps(found).encode(), *pages]):
        out.write(piece)
    out.flush()


def open_up(data: bytes, ask: Ask) -> tuple[dict[str, str], list[bytes]]:
    """Pixels, and nothing else, of each page, with the watermark drawn over it."""
    from identity.sanitise import pictures, portable, watermark

    kind, signature = sniff.kind(data), "none"
    if kind is None:
        raise Refused(Refusal.TYPE)
    if kind == "pdf":
        signature = portable.signature(data, ask.trust, ask.at)
        images = portable.pages(data)
    else:
        images = iter([pictures.picture(data, kind)])
    pages = [pictures.encoded(watermark.stamped(image, ask.label)) for image in images]
    return {"kind": kind, "signature": signature}, pages
