"""Show the one-time codes of the example accounts, as their authenticator app would."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.management.base import BaseCommand, CommandError

from dsar.management.examples import read_accounts


class Command(BaseCommand):
    help = "One-time sign-in codes of the example accounts (embedded mode only)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("who", nargs="?", default="", help="the beginning of an address, for example dominique; default: all")

    def handle(self, *args: Any, **options: Any) -> None:
        accounts = [account for account in read_accounts() if account.email.startswith(options["who"].lower())]
        if not accounts:
            raise CommandError(
                f"No example account begins with {options['who']!r}; `make run` makes them, in embedded mode only."
            )
        for account in accounts:
            code, seconds = code_now(account.totp_secret)
            self.stdout.write(f"{account.email:<34} {code}   for {seconds} s; each code works once")


def code_now(secret: str) -> tuple[str, int]:
    """The code of this moment and how many seconds it is still the current one."""
    counter, into = divmod(int(time.time()), app_settings.TOTP_PERIOD)
    return format_hotp_value(hotp_value(secret, counter)), app_settings.TOTP_PERIOD - into
