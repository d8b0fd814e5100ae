"""Fill a database with the example school: a system to search, the same rows for the same seed."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from dsar.sources.base import SourceUrl
from dsar.sources.example.load import AlreadyFilled, generate
from dsar.sources.example.people import SMALLEST_BIG


def whole(*, least: int, most: int, also: int | None = None) -> Callable[[str], int]:
    """A whole number in a range, for argparse."""

    def parse(text: str) -> int:
        if text.isascii() and text.isdigit() and (least <= int(text) <= most or int(text) == also):
            return int(text)
        raise ArgumentTypeError(
            f"{text!r} is not a whole number from {least} to {most}; write digits, for example {max(least, 2000)}"
        )

    return parse


class Command(BaseCommand):
    help = "Fill a PostgreSQL or SQLite database with the generated example school; does nothing when it is filled already."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--database",
            default=f"sqlite:///{settings.VAR_DIR}/example/school.sqlite3",
            help="postgresql://user:password@host/name or sqlite:///file (default: the embedded product’s)",
        )
        parser.add_argument("--people", type=whole(least=10, most=1_000_000), default=2000, help="students and prospects")
        parser.add_argument("--seed", type=whole(least=0, most=2**31), default=1)
        rows = whole(least=SMALLEST_BIG, most=10_000_000, also=0)
        parser.add_argument(
            "--big-person", type=rows, default=0, metavar="ROWS", help="rows of grand.dossier@, for example 10000"
        )
        parser.add_argument(
            "--huge-person", type=rows, default=0, metavar="ROWS", help="rows of tres.grand.dossier@, e.g. 100000"
        )
        parser.add_argument("--replace", action="store_true", help="drop the school that is there and make it anew")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            SourceUrl.parse(options["database"])
            rows = generate(
                url=options["database"],
                people=options["people"],
                seed=options["seed"],
                big=options["big_person"],
                huge=options["huge_person"],
                replace=options["replace"],
            )
        except AlreadyFilled as filled:
            self.stdout.write(filled.sentence("en"))
            return
        except ValueError as error:
            raise CommandError(f"--database: {error}", returncode=2) from error
        except (psycopg.Error, OSError) as error:
            raise CommandError(f"The database could not be filled: {' '.join(str(error).split())}", returncode=1) from error
        self.stdout.write(f"{sum(rows.values())} rows in {len(rows)} tables: {', '.join(f'{n} {t}' for t, n in rows.items())}")
