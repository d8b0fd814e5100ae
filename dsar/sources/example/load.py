"""Loads the generated school into PostgreSQL (COPY) or SQLite (one transaction)."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import psycopg

from dsar.domain.errors import DsarError
from dsar.sources.base import SourceUrl
from dsar.sources.example.people import School
from dsar.sources.example.tables import TABLES, Table

BATCH = 4000  # rows


class AlreadyFilled(DsarError):
    fr = "La base contient déjà l’école d’exemple ; ajoutez --replace pour la refaire."
    en = "The database already holds the example school; add --replace to make it anew."


class Loader(Protocol):
    """One engine's way to fill tables."""

    def filled(self) -> bool: ...
    def create(self) -> None: ...
    def load(self, table: Table, rows: list[tuple[Any, ...]]) -> None: ...
    def finish(self) -> None: ...


def generate(*, url: str, people: int, seed: int, big: int, huge: int, replace: bool) -> dict[str, int]:
    """Fill the database behind `url`; returns rows per table. Raises `AlreadyFilled`."""
    place = SourceUrl.parse(url)
    if place.engine == "sqlite":
        return _generate_sqlite(Path(place.database), people=people, seed=seed, big=big, huge=huge, replace=replace)
    with psycopg.connect(place.dsn()) as connection:
        loader = PostgresLoader(connection, replace=replace)
        if loader.filled() and not replace:
            raise AlreadyFilled
        return _fill(loader, people=people, seed=seed, big=big, huge=huge)


def _generate_sqlite(file: Path, *, replace: bool, **sizes: int) -> dict[str, int]:
    """Made beside the file and moved into place, so that nobody ever sees half a school."""
    if file.exists() and not replace:
        connection = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
        filled = SqliteLoader(connection).filled()
        connection.close()
        if filled:
            raise AlreadyFilled
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        connection = sqlite3.connect(draft, isolation_level=None)
        connection.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;")
        rows = _fill(SqliteLoader(connection), **sizes)
        connection.close()
        draft.chmod(0o600)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    return rows


def _fill(loader: Loader, **sizes: int) -> dict[str, int]:
    tables = {table.name: table for table in TABLES}
    waiting: dict[str, list[tuple[Any, ...]]] = {name: [] for name in tables}
    loader.create()

    def put(name: str, row: tuple[Any, ...]) -> None:
        rows = waiting[name]
        rows.append(row)
        if len(rows) >= BATCH:
            loader.load(tables[name], rows)
            rows.clear()

    school = School(put=put, **sizes)
    school.fill()
    for name, rows in waiting.items():
        loader.load(tables[name], rows)
    loader.finish()
    return {table.name: school.ids[table.name] for table in TABLES}


class SqliteLoader:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def filled(self) -> bool:
        return bool(self.connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'students'").fetchone())

    def create(self) -> None:
        self.connection.execute("BEGIN")
        for table in TABLES:
            self.connection.execute(table.create_with_links())

    def load(self, table: Table, rows: list[tuple[Any, ...]]) -> None:
        marks = ",".join("?" * len(table.columns))
        self.connection.executemany(f"INSERT INTO {table.name} VALUES ({marks})", rows)  # noqa: S608 - our own name

    def finish(self) -> None:
        self._each(lambda table: table.create_indexes())
        self.connection.execute("COMMIT")
        self.connection.execute("ANALYZE")

    def _each(self, statements: Callable[[Table], list[str]]) -> None:
        for table in TABLES:
            for statement in statements(table):
                self.connection.execute(statement)


class PostgresLoader:
    def __init__(self, connection: psycopg.Connection[Any], *, replace: bool) -> None:
        self.connection, self.replace = connection, replace

    def filled(self) -> bool:
        found = self.connection.execute("SELECT to_regclass('students') IS NOT NULL").fetchone()
        return bool(found and found[0])

    def create(self) -> None:
        for table in TABLES:
            if self.replace:
                self.connection.execute(f"DROP TABLE IF EXISTS {table.name} CASCADE")
            self.connection.execute(table.create())

    def load(self, table: Table, rows: list[tuple[Any, ...]]) -> None:
        with self.connection.cursor() as cursor, cursor.copy(f"COPY {table.name} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def finish(self) -> None:
        for statements in (Table.create_indexes, Table.add_links):
            for table in TABLES:
                for statement in statements(table):
                    self.connection.execute(statement)
        self.connection.commit()
        self.connection.autocommit = True
        self.connection.execute("ANALYZE")
