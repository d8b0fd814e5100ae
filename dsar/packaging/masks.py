"""Masking: a value that names another person becomes a mark, and is counted (GDPR Art. 15(4); LAW R-64)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from dsar.packaging.rows import MASKED

_LONGEST_NAME = 200
_MOST_KNOWN = 10_000


class Masker:
    """Masks every value but nothing, emptiness and the person's own names, whatever their order, case and accents."""

    def __init__(self, own_names: Iterable[str]) -> None:
        self._own = {key for name in own_names if (key := _key(name))}
        self._known: dict[str, bool] = {}  # the same few names come again and again

    def apply(self, values: list[Any]) -> tuple[list[Any], int]:
        """The column with marks in place, and how many."""
        masked = [value if value is None or value == "" or self._is_own(value) else MASKED for value in values]
        return masked, sum(value is MASKED for value in masked)

    def _is_own(self, value: Any) -> bool:
        if not isinstance(value, str) or len(value) > _LONGEST_NAME:
            return False
        own = self._known.get(value)
        if own is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            own = self._known[value] = _key(value) in self._own
        return own


def _key(name: str) -> frozenset[str]:
    plain = unicodedata.normalize("NFKD", name.casefold())
    words = frozenset(re.findall(r"\w+", "".join(c for c in plain if not unicodedata.combining(c))))
    # One word alone ("Camille") may be anybody's: only a name of two words or more is surely the person's.
    return words if len(words) > 1 else frozenset()
