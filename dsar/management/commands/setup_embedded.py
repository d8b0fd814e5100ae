"""Prepare `make run`: secrets, tables, translations, the example school and its staff. What exists is kept."""

from __future__ import annotations

import base64
import os
import secrets
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from dsar.controller import ControllerError, controller
from dsar.management.commands.compile_catalogues import compile_stale
from dsar.management.examples import ACCOUNTS, ExampleAccount, read_accounts, write_accounts, write_private
from dsar.models import User


class Command(BaseCommand):
    help = "Prepare the embedded product in var/: secrets, tables, translations, example data and accounts. Safe to run again."
    requires_system_checks: list[str] = []  # they ask for what is made here

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.EMBEDDED:
            raise CommandError("DSAR_MODE is not embedded; docs/operations.md says how to prepare production.")
        if make_secrets(settings.VAR_DIR):
            # Settings were read without the secrets: start over with them.
            os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606  the same command again
        settings.STATIC_ROOT.mkdir(exist_ok=True)  # empty: the finders serve
        compile_stale(settings.LOCALE_PATHS)
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
        try:
            controller()  # a mistake is told now to the operator, not later to the first visitor
        except ControllerError as error:
            raise CommandError(str(error)) from error
        self._make_school()
        made = make_accounts()
        if made:
            self.stdout.write(f"setup: {len(made)} example accounts made.")

    def _make_school(self) -> None:
        """The generated school database, once."""
        place = settings.VAR_DIR / "example" / "school.sqlite3"
        if os.environ.get("SCHOOL_DATABASE_URL") or place.exists():
            return
        self.stdout.write("setup: generating the example school database")
        self.stdout.flush()
        call_command("generate_school", stdout=StringIO())


def make_secrets(folder: Path) -> bool:
    """Write the secret key and the master key unless they exist; True when one was written."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    made = False
    for name, secret in (
        ("secret_key", secrets.token_urlsafe(64)),
        ("master_key", base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()),
    ):
        if not (folder / name).is_file():
            write_private(folder / name, secret + "\n")
            made = True
    return made


@transaction.atomic
def make_accounts() -> list[ExampleAccount]:
    """Make the example staff, each with a password of its own and a second factor; those who exist are left as they are."""
    if read_accounts() and User.objects.filter(email=ACCOUNTS[0].email).exists():
        return []
    made = [replace(account, password=secrets.token_urlsafe(12), totp_secret=generate_totp_secret()) for account in ACCOUNTS]
    for account in made:
        fields = {
            "first_name": account.first_name,
            "last_name": account.last_name,
            "role": account.role,
            "sites": list(account.sites),
            "all_sites": not account.sites,
            "password": make_password(account.password),
        }
        user, _ = User.objects.update_or_create(email=account.email, defaults=fields)
        EmailAddress.objects.update_or_create(user=user, email=account.email, defaults={"primary": True, "verified": True})
        Authenticator.objects.filter(user=user).delete()
        TOTP.activate(user, account.totp_secret)
    write_accounts(made)
    return made
