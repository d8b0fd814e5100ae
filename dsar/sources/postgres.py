"""PostgreSQL as a source: the server writes the JSON itself and streams it by COPY, in one read-only snapshot."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import psycopg
from psycopg import sql

from dsar.domain.coverage import Because
from dsar.sources.base import Catalogue, ForeignKey, SourceFailed, SourceUrl
from dsar.sources.plan import Column
from dsar.sources.query import LIGATURES

CONNECT_SECONDS = 10
CHUNK = 256 * 1024  # COPY gives one row at a time; joined, what follows runs once per chunk

_COLUMNS = """
SELECT c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'f', 'm') AND NOT c.relispartition AND pg_catalog.pg_table_is_visible(c.oid)
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
ORDER BY c.relname, a.attnum
"""
_KEYS = """
SELECT k.contype::text, c.relname, a.attname, f.relname, b.attname
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid AND pg_catalog.pg_table_is_visible(c.oid)
CROSS JOIN LATERAL unnest(k.conkey) WITH ORDINALITY AS part(attnum, place)
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = part.attnum
LEFT JOIN pg_catalog.pg_class f ON f.oid = k.confrelid
LEFT JOIN pg_catalog.pg_attribute b ON b.attrelid = f.oid AND b.attnum = k.confkey[part.place]
WHERE k.contype IN ('p', 'f')
ORDER BY c.relname, k.conname, part.place
"""
# CSV with two characters that JSON always escapes: text format would double each backslash.
_COPY = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')")
_TEXT_TYPES = ("text", "character", "citext", "name", '"char"')


def _plain_letters() -> tuple[str, str]:
    """Accented small letters, and what each becomes."""
    pairs = {}
    for code in (*range(0xE0, 0x250), *range(0x1E00, 0x1F00)):
        base = unicodedata.normalize("NFKD", chr(code))
        if len(base) > 1 and base[0].isascii() and base[0].islower() and all(map(unicodedata.combining, base[1:])):
            pairs[chr(code)] = base[0]
            pairs[chr(code).upper()[:1]] = base[0]  # a database in the C locale lowers ASCII only
    pairs |= {letter: plain for letter, plain in LIGATURES.items() if len(plain) == 1}
    return "".join(pairs), "".join(pairs.values())


_ACCENTED, _PLAIN = _plain_letters()
_WIDE = {letter: plain for letter, plain in LIGATURES.items() if len(plain) > 1}


class Postgres:
    """One connection, one REPEATABLE READ READ ONLY transaction, one time limit for each statement."""

    def __init__(self, url: SourceUrl, *, seconds: int) -> None:
        self._seconds = seconds
        try:
            self._connection = psycopg.connect(url.dsn(), connect_timeout=CONNECT_SECONDS, client_encoding="utf8")
        except psycopg.Error as error:
            raise SourceFailed(Because.UNREACHABLE, url.database) from error
        self._database = url.database
        try:
            self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            self._connection.read_only = True
            self._connection.execute(f"SET LOCAL statement_timeout = {int(seconds * 1000)}")
            self._connection.execute("SET LOCAL lock_timeout = 10000")
            self._connection.execute("SET LOCAL TIME ZONE 'UTC'")
            self._connection.execute("SET LOCAL datestyle = 'ISO'")
        except psycopg.Error as error:
            self._connection.close()
            raise SourceFailed(Because.UNREACHABLE, url.database) from error

    def close(self) -> None:
        with suppress(psycopg.Error):
            self._connection.close()

    def cancel(self) -> None:
        """End the statement that runs, from another thread."""
        with suppress(psycopg.Error):
            self._connection.cancel()

    def catalogue(self) -> Catalogue:
        tables: dict[str, dict[str, str]] = {}
        primary: dict[str, tuple[str, ...]] = {}
        foreign: dict[str, tuple[ForeignKey, ...]] = {}
        with self._told("the catalogue"):
            for table, column, kind in self._connection.execute(_COLUMNS):
                tables.setdefault(table, {})[column] = kind
            for kind, table, column, to_table, to_column in self._connection.execute(_KEYS):
                if kind == "p":
                    primary[table] = (*primary.get(table, ()), column)
                else:
                    foreign[table] = (*foreign.get(table, ()), ForeignKey(column, to_table, to_column))
        return Catalogue(tables, primary, foreign)

    def first(self, query: str, about: str) -> Any:
        """The first value of the first row, or None."""
        with self._told(about), self._connection.transaction():
            row = self._connection.execute(self._raw(query)).fetchone()
            return row[0] if row else None

    def all(self, query: str, about: str) -> list[tuple[Any, ...]]:
        with self._told(about), self._connection.transaction():
            return self._connection.execute(self._raw(query)).fetchall()

    def json_lines(self, query: str, about: str) -> Iterator[bytes]:
        """The query's `x` objects as JSON Lines. A failure ends a savepoint, not the snapshot."""
        held: list[Any] = []
        length = 0
        cursor = self._connection.cursor()
        with self._told(about), self._connection.transaction(), cursor.copy(_COPY.format(self._raw(query))) as copy:
            for row in copy:
                held.append(row)
                length += len(row)
                if length >= CHUNK:
                    yield b"".join(held)
                    held, length = [], 0
            if held:
                yield b"".join(held)

    def selected(self, columns: Iterable[Column]) -> str:
        """What to select so that `objects` can make one JSON object of each row."""
        return ", ".join(f"{self._json_ready(column)} AS {self.quote(column.name)}" for column in columns)

    def objects(self, select: str) -> str:
        return f"SELECT row_to_json(x) FROM ({select}) x"  # noqa: S608 - quoted by `query.py`

    def _json_ready(self, column: Column) -> str:
        quoted = self.quote(column.name)
        if column.type == "bytea":
            return f"replace(encode({quoted}, 'base64'), E'\\n', '')"
        # A json column keeps its line feeds, and a line feed would end the row.
        return f"{quoted}::jsonb" if column.type == "json" else quoted

    @staticmethod
    def _raw(query: str) -> sql.SQL:
        return sql.SQL(query)  # type: ignore[arg-type]  # built by `query.py` from quoted parts; no braces are filled

    def _told(self, about: str) -> _Told:
        return _Told(about, self._database, self._seconds)

    # Engine of `query.py`

    def quote(self, identifier: str) -> str:
        return sql.Identifier(identifier).as_string(self._connection)

    def value(self, text: str) -> str:
        # COPY takes no parameters of the protocol, so the driver writes the literal. No text of PostgreSQL holds a NUL.
        return sql.Literal(text.replace("\x00", "\ufffd")).as_string(self._connection)

    def is_text(self, column_type: str) -> bool:
        return column_type.startswith(_TEXT_TYPES)

    def as_text(self, expression: str) -> str:
        return f"({expression})::text"

    def lower(self, expression: str) -> str:
        return f"lower({expression})"

    def folded(self, expression: str) -> str:
        expression = f"lower(({expression})::text)"
        for letter, plain in _WIDE.items():
            expression = f"replace({expression}, {self.value(letter)}, {self.value(plain)})"
        expression = f"translate({expression}, {self.value(_ACCENTED)}, {self.value(_PLAIN)})"
        return f"btrim(regexp_replace({expression}, '\\s+', ' ', 'g'))"

    def among(self, expression: str, values: Iterable[str]) -> str:
        return f"{expression} = ANY (ARRAY[{', '.join(map(self.value, values))}]::text[])"

    def among_rows(self, expression: str, select: str) -> str:
        # An array made once lets two such conditions use two indexes; two sub-selects would read the whole table.
        return f"{expression} = ANY (ARRAY({select}))"


class _Told:
    """Turns the driver's errors into sentences without values."""

    def __init__(self, about: str, database: str, seconds: int) -> None:
        self._about, self._database, self._seconds = about, database, seconds

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, psycopg.errors.QueryCanceled):
            raise SourceFailed(Because.TOO_SLOW, self._seconds) from error
        if isinstance(error, psycopg.errors.InsufficientPrivilege):
            raise SourceFailed(Because.REFUSED, self._about) from error
        if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
            raise SourceFailed(Because.UNREACHABLE, self._database) from error
        if isinstance(error, psycopg.Error):
            raise SourceFailed(Because.UNREADABLE, self._about, error.sqlstate or type(error).__name__) from error
