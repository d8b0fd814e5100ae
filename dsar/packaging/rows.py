"""Rows as they come: JSON Lines parsed by the batch, numbers kept as the digits the source wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from json.encoder import encode_basestring  # the C one: quotes and escapes, keeps non-ASCII
from typing import Any

import orjson

from dsar.packaging.inputs import PackageBroken

Row = dict[str, Any]
_BATCH = 192 * 1024


class Literal(str):
    """A number with a decimal point or exponent, as written in the source: 12.50 stays 12.50."""

    __slots__ = ()


class Masked:
    """Stands where a value names another person."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MASKED"


MASKED = Masked()
_NO_FRACTION = re.compile(
    r"(?i)(n?(var)?char|character|text|clob|uuid|citext|inet|date|time|bool|(small|big|tiny|medium)?(int|serial))"
)
_exact = json.JSONDecoder(parse_float=Literal)


def needs_digits(declared: Iterable[str]) -> bool:
    """Whether a value of these source types could be a number with a decimal point: then the slower parser keeps its digits."""
    return not all(_NO_FRACTION.match(name) for name in declared)


def blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes cut at line ends, about `_BATCH` long, without the last line feed of each."""
    held: list[bytes] = []
    waiting = 0
    for chunk in chunks:
        waiting += len(chunk)
        cut = chunk.rfind(b"\n") if waiting >= _BATCH else -1
        if cut < 0:
            held.append(chunk)
            continue
        held.append(chunk[:cut])
        yield b"".join(held)
        held, waiting = [chunk[cut + 1 :]], len(chunk) - cut - 1
    last = b"".join(held).strip(b"\n")
    if last:
        yield last


def batches(chunks: Iterable[bytes], *, exact: bool) -> Iterator[list[Row]]:
    """Rows, some thousands at a time."""
    for block in blocks(chunks):
        array = b"[%b]" % block.replace(b"\n", b",")
        try:
            batch = _exact.decode(array.decode()) if exact else orjson.loads(array)
        except ValueError as error:
            raise PackageBroken("a part file holds a line that is not JSON") from error
        if not all(type(row) is dict for row in batch):
            raise PackageBroken("a part file holds a line that is not an object")
        yield batch


def exact_json(text: bytes) -> Any:
    """One JSON text, digits kept."""
    return _exact.decode(text.decode())


def as_json(value: Any) -> str:
    """One value as JSON text, its digits as they came."""
    kind = type(value)
    if value is None:
        return "null"
    if kind is str:
        return encode_basestring(value)
    if kind is Literal:
        return str.__str__(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return int.__repr__(value)
    if kind is float:
        return orjson.dumps(value).decode()
    if kind is list:
        return f"[{','.join(map(as_json, value))}]"
    if kind is dict:
        return "{" + ",".join(f"{encode_basestring(key)}:{as_json(inner)}" for key, inner in value.items()) + "}"
    raise TypeError(kind)


def as_text(value: Any) -> str:
    """One value as a reader sees it in a cell; nested values are compact JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else as_json(value)
