"""Asks clamd whether a file is clean, over its socket (INSTREAM). No answer is never "clean"."""

from __future__ import annotations

import re
import socket
import struct
from enum import StrEnum

from django.conf import settings

_CHUNK = 1 << 16
_SECONDS = 20.0
_LONGEST_ANSWER = 4096
_FOUND = re.compile(rb"^stream: .+ FOUND$")


class Verdict(StrEnum):
    """What is known of a file."""

    CLEAN = "clean"
    INFECTED = "infected"
    NOT_CONFIGURED = "not_configured"
    DOWN = "down"  # not asked, or no answer: nothing is known


def scan(data: bytes) -> Verdict:
    """What clamd at `CLAMD_ADDRESS` says: unix:/path/to/socket, or tcp:host:port; NOT_CONFIGURED when there is none.

    clamd cuts the line when a stream is longer than its StreamMaxLength: that is DOWN too, and logged by the caller.
    """
    if not settings.CLAMD_ADDRESS:
        return Verdict.NOT_CONFIGURED
    try:
        answer = _ask(settings.CLAMD_ADDRESS, data)
    except OSError:
        return Verdict.DOWN
    if answer == b"stream: OK":
        return Verdict.CLEAN
    return Verdict.INFECTED if _FOUND.match(answer) else Verdict.DOWN


def _ask(address: str, data: bytes) -> bytes:
    with _connected(address) as line:
        line.sendall(b"zINSTREAM\0")
        for start in range(0, len(data), _CHUNK):
            chunk = data[start : start + _CHUNK]
            line.sendall(struct.pack("!L", len(chunk)) + chunk)
        line.sendall(struct.pack("!L", 0))
        answer = b""
        while not answer.endswith(b"\0"):
            piece = line.recv(_LONGEST_ANSWER)
            if not piece or len(answer) > _LONGEST_ANSWER:
                raise ConnectionError("clamd ended the line before its answer.")
            answer += piece
    return answer.rstrip(b"\0")


def _connected(address: str) -> socket.socket:
    kind, _, place = address.partition(":")
    if kind == "unix":
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(_SECONDS)
        try:
            line.connect(place)
        except OSError:
            line.close()
            raise
        return line
    host, _, port = place.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=_SECONDS)


def is_address(text: str) -> bool:
    """Whether `text` is an address that `scan` understands."""
    return bool(re.fullmatch(r"unix:/.+|tcp:[^:]+:\d{1,5}|tcp:\[[0-9a-fA-F:]+\]:\d{1,5}", text))
