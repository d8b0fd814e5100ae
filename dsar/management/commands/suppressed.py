"""Say whether an address is on the list of people whom no advertising may reach."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dsar.services.suppress import ListIncomplete, is_suppressed
from notifications.address import AddressRefused


class Command(BaseCommand):
    help = "Whether advertising to EMAIL is forbidden: exit status 0 when it is on the list, 1 when not, 2 when nobody can tell."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            entry = is_suppressed(options["email"], now=timezone.now())
        except AddressRefused as refused:
            raise CommandError(refused.en, returncode=2) from refused
        except ListIncomplete as refused:
            raise CommandError(refused.sentence("en"), returncode=2) from refused
        if entry is None:
            self.stdout.write("not on the list: nobody objected to advertising at this address")
            sys.exit(1)
        self.stdout.write(f"on the list since {entry.since.date()}, until {entry.until} ({entry.reference}): no advertising")
