"""One pass over a part writes its CSV, its JSON twin, the portable pair and what the viewer shows."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from json.encoder import encode_basestring
from typing import Any

from dsar.packaging.columns import Column, Kind, Table
from dsar.packaging.inputs import PackageBroken
from dsar.packaging.masks import Masker
from dsar.packaging.rows import MASKED, Literal, Row, as_json, as_text, batches, blocks, needs_digits
from dsar.packaging.selection import Selection
from dsar.packaging.spool import Spool
from dsar.packaging.words import words

BOM = b"\xef\xbb\xbf"
# SECURITY T10: what a spreadsheet could run, with the full-width forms, NUL, and whatever may stand before it.
_RISKY = frozenset("=+-@\t\r\n\0＝＋－＠")
_LOOK = _RISKY | frozenset(" \u00a0\u2007\u202f\u3000\u200b\ufeff\x0b\x0c")
_BLANKS = " \u00a0\u2007\u202f\u3000\u200b\ufeff\x0b\x0c"
_PLAIN_NUMBER = re.compile(r"[-+]?\d+([.,]\d+)?")
_KEPT = frozenset({"null", "true", "false", "{}"})
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DATETIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d(:?\d\d)?)?")


@dataclass(frozen=True)
class Dialect:
    """How a CSV is written: French Excel opens `;` and a decimal comma, others `,` and a point."""

    delimiter: str
    decimal: str
    bom: bool
    labels: str | None  # language of the header row; None: stable keys
    true: str
    false: str

    @classmethod
    def for_reader(cls, language: str) -> Dialect:
        text = words(language)
        semicolon = language == "fr"
        return cls(";" if semicolon else ",", "," if semicolon else ".", True, language, text["true"], text["false"])


PORTABLE = Dialect(",", ".", False, None, "true", "false")


@dataclass
class Outcome:
    """What one pass found out about a table: for the descriptor, the overview and redactions.csv."""

    rows: int = 0
    masked: int = 0
    masked_by_column: dict[str, int] = field(default_factory=dict)
    first: str = ""  # ISO, of the category's date field
    last: str = ""
    escaped: bool = False
    misfits: set[str] = field(default_factory=set)  # columns whose values are not all of the declared kind
    json_misfits: set[str] = field(default_factory=set)


def headers(columns: Sequence[Column], dialect: Dialect) -> list[str]:
    """The header row: labels of the reader's language, made unique by the key where two are alike."""
    if dialect.labels is None:
        return [column.key for column in columns]
    labels = [column.label.in_language(dialect.labels) for column in columns]
    return [
        label if labels.count(label) == 1 else f"{label} ({column.key})" for label, column in zip(labels, columns, strict=True)
    ]


class _Lines:
    """A file object for csv.writer that keeps the lines until they are taken."""

    def __init__(self) -> None:
        self.held: list[str] = []
        self.write = self.held.append

    def take(self) -> bytes:
        block = "".join(self.held).encode("utf-8", "replace")
        self.held.clear()
        return block


class TablePass:
    """Reads a part once. `csv()` streams; the other files wait in spools and are read after it."""

    def __init__(self, table: Table, *, language: str, masker: Masker, selection: Selection | None) -> None:
        self.table, self.language, self.masker, self.selection = table, language, masker, selection
        self.outcome = Outcome()
        self.portable_outcome = Outcome()
        self.dialect = Dialect.for_reader(language)
        self.json_spool, self.portable_csv, self.portable_json = Spool(), Spool(), Spool()
        part = table.part
        assert part is not None
        self.part = part
        self._raw = {c["name"] for c in part.columns} == {c.key for c in table.columns} and not any(c.mask for c in table.columns)
        self._lines, self._portable_lines = _Lines(), _Lines()

    def csv(self, *, whole: bool) -> Iterator[bytes]:
        """Bytes of data/<category>.csv; with `whole` false only the portable spools are filled, and nothing is yielded."""
        columns, portable = self.table.columns, self.table.portable_columns if self.table.portable else ()
        writer = csv.writer(self._lines, delimiter=self.dialect.delimiter, lineterminator="\r\n")
        own = csv.writer(self._portable_lines, delimiter=PORTABLE.delimiter, lineterminator="\r\n")
        if whole:
            writer.writerow(guarded_headers(columns, self.dialect))
            yield BOM + self._lines.take()
        if portable:
            own.writerow(headers(portable, PORTABLE))
            self.portable_csv.write(self._portable_lines.take())
        place = [i for i, column in enumerate(columns) if column in portable]
        first = True
        for rows in batches(self.part.open(), exact=needs_digits(c.get("type", "") for c in self.part.columns)):
            values = self._values(rows)
            wants_json = portable or (whole and not self._raw) or (self.selection is not None and self.selection.wants(rows))
            encoded = [_encoded(column) for column in values] if wants_json else []
            if whole:
                writer.writerows(zip(*self._cells(values, columns, self.dialect, self.outcome), strict=True))
                yield self._lines.take()
                if not self._raw:
                    self.json_spool.write(_objects(columns, encoded, self._masked_word, first=first))
            if self.selection is not None and encoded:
                self.selection.offer(rows, [_shown(texts) for texts in encoded])
            if portable:
                cells = self._cells([values[i] for i in place], portable, PORTABLE, self.portable_outcome)
                own.writerows(zip(*cells, strict=True))
                self.portable_csv.write(self._portable_lines.take())
                self.portable_json.write(_objects(portable, [encoded[i] for i in place], None, first=first))
            first = False
        if self.outcome.rows != self.part.rows:
            raise PackageBroken(f"{self.part.collection}: {self.outcome.rows} rows read, {self.part.rows} collected")
        self.portable_outcome.rows = self.outcome.rows
        self.portable_outcome.first, self.portable_outcome.last = self.outcome.first, self.outcome.last

    def json(self, *, portable: bool = False) -> Iterator[bytes]:
        """Bytes of the JSON twin: the source's own text where every column is named and none is masked."""
        key = self.table.category.key
        yield f'{{"category":{as_json(key)},"schema":{as_json(schema_path(key, portable=portable))},"rows":[\n'.encode()
        if portable:
            yield from self.portable_json.read()
        elif self._raw:
            for number, block in enumerate(blocks(self.part.open())):
                yield (b",\n" if number else b"") + block.replace(b"\n", b",\n")
        else:
            yield from self.json_spool.read()
        yield b"\n]}\n"

    @property
    def _masked_word(self) -> str:
        return as_json(words(self.language)["masked"])

    def _values(self, rows: list[Row]) -> list[list[Any]]:
        """The batch by column, masks in place; counts rows, masks and the period."""
        outcome = self.outcome
        outcome.rows += len(rows)
        if self._raw and max(map(len, rows)) > len(self.table.columns):
            # A key beyond the map must never pass through unread.
            raise PackageBroken(f"{self.part.collection}: a row has more columns than the part declares")
        values = []
        for column in self.table.columns:
            cells = [row.get(column.key) for row in rows]
            if column.mask:
                cells, count = self.masker.apply(cells)
                outcome.masked += count
                outcome.masked_by_column[column.key] = outcome.masked_by_column.get(column.key, 0) + count
            if column.key == self.table.date_key:
                dates = [cell for cell in cells if type(cell) is str and cell]
                if dates:
                    outcome.first = min(outcome.first or "9", min(dates))
                    outcome.last = max(outcome.last, max(dates))
            values.append(cells)
        return values

    def _cells(self, values: list[list[Any]], columns: Sequence[Column], dialect: Dialect, outcome: Outcome) -> list[list[str]]:
        masked = words(self.language)["masked"]
        return [_cells(cells, column, dialect, outcome, masked) for cells, column in zip(values, columns, strict=True)]


def _cells(values: list[Any], column: Column, dialect: Dialect, outcome: Outcome, masked: str) -> list[str]:
    """One column as CSV text, and whether each value is of the declared kind."""
    kinds = set(map(type, values)) - {type(None)}
    if column.kind in (Kind.NUMBER, Kind.INTEGER) and kinds <= {int, Literal, float}:
        if column.kind is Kind.INTEGER and kinds - {int}:
            outcome.misfits.add(column.key)
            outcome.json_misfits.add(column.key)
        texts = ["" if value is None else as_text(value) for value in values]
        if dialect.decimal != "." and kinds - {int}:
            texts = [text.replace(".", dialect.decimal) for text in texts]
        return texts
    if column.kind is Kind.BOOLEAN and kinds <= {bool}:
        return ["" if value is None else dialect.true if value else dialect.false for value in values]
    if kinds <= {str}:
        texts = ["" if value is None else value for value in values]
    else:
        texts = [masked if value is MASKED else _cell(value, dialect) for value in values]
    if column.kind in (Kind.NUMBER, Kind.INTEGER, Kind.BOOLEAN):
        outcome.misfits.add(column.key)
        outcome.json_misfits.add(column.key)
    elif column.kind is not Kind.TEXT and column.key not in outcome.misfits:
        shape = _DATE if column.kind is Kind.DATE else _DATETIME
        if not all(not text or shape.fullmatch(text) for text in texts):
            outcome.misfits.add(column.key)
    numeric = column.kind in (Kind.NUMBER, Kind.INTEGER)
    if any(text[:1] in _LOOK for text in texts if text):
        texts = [_guarded(text, outcome, numeric=numeric) if text and text[0] in _LOOK else text for text in texts]
    if any("\0" in text for text in texts):  # a NUL ends a cell in some readers
        texts = [text.replace("\0", "\ufffd") for text in texts]
    return texts


def _cell(value: Any, dialect: Dialect) -> str:
    if type(value) is bool:
        return dialect.true if value else dialect.false
    if type(value) in (Literal, float):
        return as_text(value).replace(".", dialect.decimal)
    return as_text(value)


def _guarded(text: str, outcome: Outcome, *, numeric: bool) -> str:
    """`text` with a leading apostrophe where a spreadsheet could run it (SECURITY T10)."""
    bare = text.lstrip(_BLANKS)
    if not bare or bare[0] not in _RISKY or (numeric and _PLAIN_NUMBER.fullmatch(text)):
        return text
    outcome.escaped = True
    return "'" + text


def guarded(text: str) -> str:
    """A text cell of our own lists."""
    return _guarded(text, Outcome(), numeric=False)


def guarded_headers(columns: Sequence[Column], dialect: Dialect) -> list[str]:
    return [guarded(label) for label in headers(columns, dialect)]


def _encoded(values: list[Any]) -> list[str]:
    """One column as JSON texts; a mask is `{}` until the reader's word replaces it."""
    kinds = set(map(type, values))
    if kinds == {str}:
        return list(map(encode_basestring, values))
    return ["{}" if value is MASKED else as_json(value) for value in values]


def _shown(encoded: list[str]) -> list[str]:
    """The viewer's copy of a column: numbers that a script would round and nested values become texts."""
    if all(text[0] == '"' or (len(text) < 6 and text.lstrip("-").isdigit()) for text in encoded):
        return encoded
    return [
        text if text[0] == '"' or text in _KEPT or (len(text) < 16 and text.lstrip("-").isdigit()) else encode_basestring(text)
        for text in encoded
    ]


def _objects(columns: Sequence[Column], encoded: list[list[str]], masked: str | None, *, first: bool) -> bytes:
    """Rows as JSON objects, joined by commas; a leading comma unless these are the first."""
    if masked is not None:
        encoded = [
            [masked if text == "{}" else text for text in texts] if column.mask else texts
            for column, texts in zip(columns, encoded, strict=True)
        ]
    pattern = "{" + ",".join(encode_basestring(column.key).replace("%", "%%") + ":%s" for column in columns) + "}"
    joined = ",\n".join([pattern % row for row in zip(*encoded, strict=True)])
    return (joined if first else ",\n" + joined).encode("utf-8", "replace")


def schema_path(key: str, *, portable: bool) -> str:
    return f"{'../../' if portable else '../'}schema/{key}.schema.json"
