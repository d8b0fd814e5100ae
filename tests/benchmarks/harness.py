"""What the benchmarks share: the product on a PostgreSQL of its own, and one section each of docs/benchmarks.md."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent.parent
PAGE = BASE / "docs" / "benchmarks.md"


@contextmanager
def product(database: str, **settings: str) -> Iterator[None]:
    """Django set up and migrated on an empty database; once a process, since settings are read once."""
    from cryptography.fernet import Fernet

    from tests.components import new_postgres_database, start_postgres

    server = start_postgres()
    try:
        with tempfile.TemporaryDirectory(prefix="dsar-bench-") as folder:
            os.environ |= {
                "DATABASE_URL": new_postgres_database(server.port, database),
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "DSAR_MODE": "test",
                "DSAR_VAR": folder,
                "SECRET_KEY": "0123456789abcdef" * 4,
                "MASTER_KEYS": Fernet.generate_key().decode(),
                "LOG_LEVEL": "ERROR",
            } | settings
            import django
            from django.core.management import call_command

            django.setup()
            call_command("migrate", verbosity=0)
            yield
    finally:
        server.stop()


def write_section(heading: str, section: str) -> None:
    """Replace the section under this heading, or add it at the end; the others stay."""
    kept = re.sub(rf"\n?{re.escape(heading)}\n.*?(?=\n# |\Z)", "", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    PAGE.write_text(f"{kept.rstrip()}\n\n{section}", encoding="utf-8")
    print(section)
