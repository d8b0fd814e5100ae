"""Whether this process can serve, and whether the product works on its own; without details, since anybody may ask."""

from __future__ import annotations

import logging

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.files.storage import storages
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dsar.access import public
from dsar.selectors.standstill import silent_loops

logger = logging.getLogger(__name__)

_seen_tables: list[bool] = []


@public
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when this process may be sent requests: the database answers with the tables of this version, and keys can be read."""
    return _answer(_cannot_serve())


@public
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when requests come forward without anybody's help: ready, and every loop ran in the last five minutes."""
    return _answer(_cannot_serve() or _silent_sweep())


def _answer(reason: str) -> HttpResponse:
    if reason:
        logger.warning("unhealthy: %s", reason)  # the operator reads why in the log, nobody on the network does
    return HttpResponse("unavailable\n" if reason else "ok\n", status=503 if reason else 200, content_type="text/plain")


def _cannot_serve() -> str:
    """What is wrong, or "". Every failure counts, of whatever kind: a health check that raises tells less."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _has_our_tables():
            return "the database lacks migrations; run manage.py migrate"
    except Exception as error:
        return f"the database does not answer ({type(error).__name__})"
    try:
        keys = [Fernet(key) for key in settings.MASTER_KEYS]
        storages["keys"].exists("canary")
        storages["objects"].exists("canary")
    except Exception as error:
        return f"keys or objects cannot be read ({type(error).__name__})"
    return "" if keys else "MASTER_KEYS is empty"


def _has_our_tables() -> bool:
    """Asked until it is so, and never again by this process: tables do not go back."""
    if not _seen_tables:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _seen_tables.append(True)
    return True


def _silent_sweep() -> str:
    silent = silent_loops(timezone.now())
    return f"{' and '.join(silent)} did not run for five minutes; see worker and beat" if silent else ""
