"""Empties the tables after a test on committed data, the append-only one of events too, which the product can not.

Django would flush: TRUNCATE, which the triggers rightly refuse, then every content type and permission made anew. That is half a
second and more after each of some hundred tests; deleting the few rows that a test has left takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import TransactionTestCase

TABLE = "dsar_requestevent"
OF_THE_MIGRATIONS = {"django_content_type", "auth_permission"}  # the same for every test


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


def empty_the_tables() -> None:
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - OF_THE_MIGRATIONS
    tables.add(str(settings.CACHES["default"]["LOCATION"]))  # counts of networks: those of one test must not stop another one
    names = [connection.ops.quote_name(table) for table in sorted(tables)]
    if connection.vendor == "sqlite":
        with changes_allowed(), connection.constraint_checks_disabled(), transaction.atomic(), connection.cursor() as cursor:
            for name in names:
                cursor.execute(f"DELETE FROM {name}")
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger, in whatever order tables refer to each other
        cursor.execute(f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE")  # after whoever still writes, as TRUNCATE does
        for name in names:
            cursor.execute(f"DELETE FROM {name}")


@pytest.fixture(scope="session", autouse=True)
def _tables_are_emptied() -> Iterator[None]:
    """In the place of Django's flush."""
    case: Any = TransactionTestCase
    flush = case._fixture_teardown
    case._fixture_teardown = lambda self: empty_the_tables()
    yield
    case._fixture_teardown = flush
