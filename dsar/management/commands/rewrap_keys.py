"""Wraps every key of the vault with the newest master key, so that an older one can be retired."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from identity import vault


class Command(BaseCommand):
    help = (
        "Put a new key first in MASTER_KEYS (or var/master_key), restart, run this, then take the old one out. "
        "No object is encrypted anew. It may be interrupted and run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            changed = vault.rewrap_all()
        except vault.VaultError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{changed} keys wrapped anew with the newest master key.")
