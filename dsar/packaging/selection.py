"""Which rows the viewer and the paper summary show: all where they fit, else the newest, within a bound of rows and bytes."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from dsar.packaging.rows import Row


class Selection:
    """Keeps the newest rows offered (by the date field, else by their place in the source), as JSON arrays.

    Memory is bounded by `most_bytes`, whatever is offered.
    """

    def __init__(self, *, date_key: str | None, most_rows: int, most_bytes: int) -> None:
        self.date_key, self.most_rows, self.most_bytes = date_key, most_rows, most_bytes
        self.offered = 0
        self._heap: list[tuple[str, int, bytes]] = []
        self._bytes = 0
        self._seen = 0

    @property
    def complete(self) -> bool:
        return self.offered == len(self._heap)

    @property
    def full(self) -> bool:
        return len(self._heap) >= self.most_rows or self._bytes >= self.most_bytes

    def wants(self, rows: Sequence[Row]) -> bool:
        """Whether any of `rows` could enter; counts the batch when none can."""
        if self.full and self.date_key is not None:
            newest = max((str(row.get(self.date_key) or "") for row in rows), default="")
            if newest < self._heap[0][0]:
                self.offered += len(rows)
                self._seen += len(rows)
                return False
        return True

    def offer(self, rows: Sequence[Row], encoded: Sequence[Sequence[str]]) -> None:
        """`encoded` holds each column's values as JSON text; call once per batch that `wants` accepted."""
        lines = [f"[{','.join(row)}]" for row in zip(*encoded, strict=True)]
        dates = [str(row.get(self.date_key) or "") for row in rows] if self.date_key else [""] * len(rows)
        heap = self._heap
        for date, line in zip(dates, lines, strict=True):
            entry = (date, self._seen, line.replace("<", "\\u003c").encode("utf-8", "replace"))
            self._seen += 1
            self._bytes += len(entry[2])
            heapq.heappush(heap, entry)
            while len(heap) > self.most_rows or (self._bytes > self.most_bytes and len(heap) > 1):
                self._bytes -= len(heapq.heappop(heap)[2])
        self.offered = self._seen

    def lines(self) -> list[bytes]:
        """JSON arrays, newest first when there is a date, else in the source's order; `<` is written \\u003c."""
        ordered = sorted(self._heap, key=lambda entry: entry[1])
        if self.date_key is not None:
            ordered.sort(key=lambda entry: entry[0], reverse=True)
        return [entry[2] for entry in ordered]


def shares(wishes: Sequence[int], total: int) -> list[int]:
    """Give each wish all of it while `total` lasts; the greedy ones share what is left equally."""
    given = [0] * len(wishes)
    left = total
    open_ones = sorted(range(len(wishes)), key=lambda i: wishes[i])
    for position, index in enumerate(open_ones):
        given[index] = min(wishes[index], left // (len(wishes) - position))
        left -= given[index]
    return given
