"""Lets the tests, and nothing else, empty the append-only table of events between two tests on a real database.

Tests on committed data end with a flush (TRUNCATE, or DELETE on SQLite), which the triggers rightly refuse.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase

TABLE = "dsar_requestevent"


@contextmanager
def changes_allowed() -> Iterator[None]:
    """Switch the triggers off as the table's owner, and on again: what an attacker with the owner's password could do."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [TABLE])
            triggers = cursor.fetchall()
            for name, _ in triggers:
                cursor.execute(f"DROP TRIGGER {name}")
        else:
            cursor.execute(f"ALTER TABLE {TABLE} DISABLE TRIGGER USER")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                for _, statement in triggers:
                    cursor.execute(statement)
            else:
                cursor.execute(f"ALTER TABLE {TABLE} ENABLE TRIGGER USER")


@pytest.fixture(scope="session", autouse=True)
def _events_can_be_flushed() -> Iterator[None]:
    """Wraps Django's flush after a test on committed data."""
    case: Any = TransactionTestCase
    flush = case._fixture_teardown

    def flush_events_too(self: TransactionTestCase) -> None:
        with changes_allowed():
            flush(self)

    case._fixture_teardown = flush_events_too
    yield
    case._fixture_teardown = flush
