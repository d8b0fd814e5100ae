"""Rows written into the page itself: read, searched with the browser and printed without the script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dsar.packaging.columns import Column, Kind, Table
from dsar.packaging.display import display, is_mask, layout_of
from dsar.packaging.markup import escape
from dsar.packaging.rows import exact_json

_NUMERIC = (Kind.INTEGER, Kind.NUMBER)


class StaticRows:
    """The rows of one table as HTML in the person's language; values are escaped text and never an attribute."""

    def __init__(self, table: Table, text: Mapping[str, str], language: str) -> None:
        self.columns = table.columns
        self.layout = layout_of(table)
        self.language = language
        self.labels = [escape(text[f"c.{table.category.key}.f.{column.key}"]) for column in table.columns]
        self._starts = [self._start(index) for index in range(len(table.columns))]

    def stream(self, lines: Iterable[bytes], *, most_bytes: int) -> Iterator[bytes]:
        """As many rows as fit; the script shows the others from the data block."""
        size = 0
        for line in lines:
            row = self._row(exact_json(line)).encode("utf-8", "replace")
            size += len(row)
            if size > most_bytes:
                return
            yield row

    def _start(self, index: int) -> str:
        column, layout = self.columns[index], self.layout
        css = ' class="num nw"' if index == layout.date else ' class="num"' if column.kind in _NUMERIC else ""
        return f'<th scope="row"{css}>' if index == layout.title else f"<td{css}>"

    def _cell(self, values: list[Any], index: int) -> str:
        start = self._starts[index]
        return f"{start}{self._value(values[index], self.columns[index])}</{start[1:3]}>"

    def _row(self, values: list[Any]) -> str:
        layout = self.layout
        if layout.kind == "table":
            return f"<tr>{''.join([self._cell(values, index) for index in layout.order])}</tr>\n"
        if layout.kind == "record":
            return f'<dl class="rows">{self._pairs(values, ())}</dl>\n'
        date = self._cell(values, layout.date) if layout.date >= 0 else ""
        pairs = self._pairs(values, (layout.date, layout.title))
        return f'<tr>{date}{self._cell(values, layout.title)}<td><dl class="kv">{pairs}</dl></td></tr>\n'

    def _pairs(self, values: list[Any], skipped: tuple[int, ...]) -> str:
        return "".join(
            f"<div><dt>{self.labels[index]}</dt><dd>{self._value(value, self.columns[index])}</dd></div>"
            for index, value in enumerate(values)
            if index not in skipped and value is not None and value != ""
        )

    def _value(self, value: Any, column: Column) -> str:
        text = escape(display(value, column, self.language))
        return f'<span class="gone">{text}</span>' if is_mask(value, column) else text
