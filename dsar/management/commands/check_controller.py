"""`manage.py check_controller [DIR]`: read a controller's folder and name every mistake in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from dsar.controller import Controller, ControllerError, load_controller


class Command(BaseCommand):
    help = "Read a controller’s folder (CONTROLLER_DIR by default) and name every mistake with file, line and mend."
    requires_system_checks: list[str] = []  # they read the folder too, and this one says more

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="another folder, to try it before it goes live")

    def handle(self, *args: Any, folder: Path | None, **options: Any) -> None:
        place = folder or Path(settings.CONTROLLER_DIR)
        try:
            found = load_controller(place)
        except ControllerError as error:
            for problem in error.problems:
                self.stderr.write(f"{problem.file}, line {problem.line}: {problem.message}\n    {problem.mend}")
            many = len(error.problems)
            raise CommandError(f"{place}: {many} mistake{'s' if many != 1 else ''}.") from None
        self.stdout.write(summary(found))


def summary(found: Controller) -> str:
    """What was understood, so that a reader notices what is missing."""
    collections = [f"{dataset.key}.{one.name}" for dataset in found.datasets.values() for one in dataset.collections]
    kinds = {
        field.identity
        for dataset in found.datasets.values()
        for collection in dataset.collections
        for field in collection.every_field()
        if field.identity
    }
    return "\n".join(
        [
            f"{found.name}: no mistakes.",
            f"  sites        {len(found.sites)}",
            f"  channels     {', '.join(channel.value for channel in found.channels)}",
            f"  sources      {', '.join(found.sources)}",
            f"  collections  {len(collections)} in {', '.join(found.datasets)}",
            f"  found by     {', '.join(sorted(kinds))}",
            f"  activities   {', '.join(found.activities)}",
            f"  categories   {', '.join(found.categories)}",
            f"  fingerprint  {found.fingerprint}",
        ]
    )
