"""SQLite as a source: opened read-only, in one snapshot, rows written as JSON by the engine."""

from __future__ import annotations

import base64
import sqlite3
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from dsar.domain.coverage import Because
from dsar.sources.base import Catalogue, ForeignKey, SourceFailed, SourceUrl
from dsar.sources.plan import Column
from dsar.sources.query import fold

ROWS_AT_A_TIME = 1000
_STEPS = 50_000  # of the engine between two looks at the clock
_PAIRS = 60  # json_object takes 127 arguments
_PREPARER = SQLiteDialect().identifier_preparer
_LARGEST = "1.7976931348623157e308"


class SQLite:
    """One read-only connection, one read transaction, one time limit for each statement."""

    def __init__(self, url: SourceUrl, *, seconds: int) -> None:
        self._seconds, self._ends = seconds, 0.0
        self._values: dict[str, str] = {}
        file = Path(url.database)
        self._file = file.name
        try:
            self._connection = sqlite3.connect(
                f"{file.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA query_only = ON")
            self._connection.execute("BEGIN")
            self._connection.execute("SELECT 1 FROM sqlite_master").fetchone()  # the snapshot starts at the first read
        except sqlite3.Error as error:
            raise SourceFailed(Because.UNREACHABLE, self._file) from error
        self._connection.text_factory = _decode
        self._connection.create_function("dsar_fold", 1, _fold, deterministic=True)
        self._connection.create_function("dsar_base64", 1, _base64, deterministic=True)
        self._connection.set_progress_handler(self._out_of_time, _STEPS)

    def close(self) -> None:
        self._connection.close()

    def cancel(self) -> None:
        """End the statement that runs, from another thread."""
        self._connection.interrupt()

    def _out_of_time(self) -> bool:
        return bool(self._ends) and time.monotonic() > self._ends

    def catalogue(self) -> Catalogue:
        tables: dict[str, dict[str, str]] = {}
        primary: dict[str, tuple[str, ...]] = {}
        foreign: dict[str, tuple[ForeignKey, ...]] = {}
        names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        with self._told("the catalogue"):
            for (table,) in self._connection.execute(names).fetchall():
                columns = self._connection.execute(
                    "SELECT name, type, pk FROM pragma_table_xinfo(?) WHERE hidden <> 1 ORDER BY cid", (table,)
                ).fetchall()
                tables[table] = {name: kind for name, kind, _ in columns}
                primary[table] = tuple(name for name, _, place in sorted(columns, key=lambda row: row[2]) if place)
                links = self._connection.execute(
                    'SELECT "from", "table", "to" FROM pragma_foreign_key_list(?) ORDER BY id, seq', (table,)
                )
                foreign[table] = tuple(ForeignKey(column, to, to_column or "id") for column, to, to_column in links)
        return Catalogue(tables, primary, foreign)

    def first(self, query: str, about: str) -> Any:
        """The first value of the first row, or None."""
        with self._told(about):
            row = self._connection.execute(query, self._values).fetchone()
            return row[0] if row else None

    def all(self, query: str, about: str) -> list[tuple[Any, ...]]:
        with self._told(about):
            return self._connection.execute(query, self._values).fetchall()

    def json_lines(self, query: str, about: str) -> Iterator[bytes]:
        """The query's objects as JSON Lines, about 256 KiB at a time."""
        with self._told(about):
            cursor = self._connection.cursor()
            cursor.execute(query, self._values)
            while rows := cursor.fetchmany(ROWS_AT_A_TIME):
                yield "".join(f"{row}\n" for (row,) in rows).encode()

    def selected(self, columns: Iterable[Column]) -> str:
        """One JSON object a row."""
        pairs = [f"{self._literal(column.name)}, {self._json_ready(column)}" for column in columns]
        groups = [f"json_object({', '.join(pairs[start : start + _PAIRS])})" for start in range(0, len(pairs), _PAIRS)]
        # {"a":1} and {"b":2} joined: the first without its last brace, the next without its first.
        whole = groups[0] if groups else "'{}'"
        for group in groups[1:]:
            whole = f"substr({whole}, 1, length({whole}) - 1) || ',' || substr({group}, 2)"
        return whole

    def objects(self, select: str) -> str:
        return select

    def _json_ready(self, column: Column) -> str:
        """JSON holds neither bytes nor infinity: base64, and a word."""
        name = self.quote(column.name)
        number = f"iif(abs({name}) > {_LARGEST}, CAST({name} AS TEXT), {name})"
        return f"CASE typeof({name}) WHEN 'blob' THEN dsar_base64({name}) WHEN 'real' THEN {number} ELSE {name} END"

    def _literal(self, text: str) -> str:
        """A column's name as a JSON key; a name, checked against the catalogue, not a value."""
        return "'" + text.replace("'", "''") + "'"

    def _told(self, about: str) -> _Told:
        self._ends = time.monotonic() + self._seconds
        return _Told(about, self._file, self._seconds)

    # Engine of `query.py`

    def quote(self, identifier: str) -> str:
        return _PREPARER.quote_identifier(identifier)

    def value(self, text: str) -> str:
        name = f"v{len(self._values)}"
        self._values[name] = text
        return f":{name}"

    def is_text(self, column_type: str) -> bool:
        return any(word in column_type.upper() for word in ("CHAR", "CLOB", "TEXT"))

    def as_text(self, expression: str) -> str:
        return f"CAST({expression} AS TEXT)"

    def lower(self, expression: str) -> str:
        return f"lower({expression})"

    def folded(self, expression: str) -> str:
        return f"dsar_fold({expression})"

    def among(self, expression: str, values: Iterable[str]) -> str:
        return f"{expression} IN ({', '.join(map(self.value, values))})"

    def among_rows(self, expression: str, select: str) -> str:
        return f"{expression} IN ({select})"


def _decode(text: bytes) -> str:
    """SQLite checks no text; a broken byte must not lose the row."""
    return text.decode(errors="replace")


def _fold(value: object) -> str | None:
    return None if value is None else fold(str(value))


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


class _Told:
    """Turns the driver's errors into sentences without values."""

    def __init__(self, about: str, file: str, seconds: int) -> None:
        self._about, self._file, self._seconds = about, file, seconds

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, sqlite3.Error):
            return
        code = getattr(error, "sqlite_errorname", "") or type(error).__name__
        if code == "SQLITE_INTERRUPT":
            raise SourceFailed(Because.TOO_SLOW, self._seconds) from error
        if code in ("SQLITE_CANTOPEN", "SQLITE_NOTADB", "SQLITE_CORRUPT"):
            raise SourceFailed(Because.UNREACHABLE, self._file) from error
        raise SourceFailed(Because.UNREADABLE, self._about, code) from error
