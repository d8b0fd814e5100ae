"""References that people read aloud and type from paper: `IE-7K4M-2XQ9`, with a check character."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Callable

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base 32: no I, L, O, U
LENGTH = 8  # 7 random characters (35 bits) and the check character
_LONGEST_INPUT = 64
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})
_VALUES = {character: value for value, character in enumerate(ALPHABET)}


def new_reference(prefix: str, *, draw: Callable[[int], int] = secrets.randbelow) -> str:
    """A fresh reference; `draw(n)` returns a number from 0 to n - 1. Whether it is free, the database says."""
    body = "".join(ALPHABET[draw(len(ALPHABET))] for _ in range(LENGTH - 1))
    return _written(prefix, body + _check_character(body))


def normalise_reference(text: str, *, prefix: str) -> str | None:
    """The reference as we write it, or None when `text` is not one.

    Any case, with or without hyphens, spaces, full stop and prefix; O reads as 0, I and L as 1. With its prefix it may stand
    in other words: `Reference: IE-7K4M-2XQ9.` A single wrong character, and two that changed places, fail the check character.
    """
    if len(text) > _LONGEST_INPUT:
        return None
    text = unicodedata.normalize("NFKC", text)
    within = re.search(rf"\b{re.escape(prefix)}[\W_]*\w{{4}}[\W_]*\w{{4}}\b", text, re.IGNORECASE)
    return _read(text, prefix) or (_read(within[0], prefix) if within else None)


def _read(text: str, prefix: str) -> str | None:
    plain = "".join(c for c in text if c.isalnum())
    if not plain.isascii():
        return None
    typed, expected = plain.upper().translate(_READ_AS), prefix.upper().translate(_READ_AS)
    if len(typed) == len(expected) + LENGTH and typed.startswith(expected):
        typed = typed[len(expected) :]
    if len(typed) != LENGTH or any(c not in _VALUES for c in typed) or _check_character(typed[:-1]) != typed[-1]:
        return None
    return _written(prefix, typed)


def _written(prefix: str, characters: str) -> str:
    return f"{prefix}-{characters[:4]}-{characters[4:]}"


def _check_character(body: str) -> str:
    """Weighted sum over the field of 32 elements: weights differ by place and none is 0 or 1, so every swap of two is found."""
    total = 0
    for character in body:
        total = _double(total ^ _VALUES[character])
    return ALPHABET[total]


def _double(value: int) -> int:
    """Times the generator of GF(32), whose polynomial is x^5 + x^2 + 1."""
    value <<= 1
    return value ^ 0b100101 if value & 0b100000 else value
