"""Make the .mo files that Django reads from the .po files that people edit, without GNU gettext on the machine."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Compile locale/<room>/<language>/LC_MESSAGES/*.po; those that did not change are left alone."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            compiled = compile_stale(settings.LOCALE_PATHS)
        except PoFileError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{len(compiled)} catalogues compiled.")


def compile_stale(rooms: Iterable[Path]) -> list[Path]:
    """Compile each catalogue that is newer than its .mo, and return their paths."""
    compiled = []
    for room in rooms:
        for source in sorted(Path(room).glob("*/LC_MESSAGES/*.po")):
            target = source.with_suffix(".mo")
            if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
                continue
            language = source.parent.parent.name
            try:
                with source.open("rb") as text:
                    catalogue = read_po(text, locale=language, abort_invalid=True)
            except PoFileError as error:
                raise PoFileError(f"{source}: {error}", error.catalog, error.line, error.lineno) from error
            # Written beside and moved: a web process that starts meanwhile reads the old file or the new one, never half.
            beside = target.with_suffix(f".{os.getpid()}")
            with beside.open("wb") as binary:
                write_mo(binary, catalogue)
            beside.replace(target)
            compiled.append(target)
    return compiled
