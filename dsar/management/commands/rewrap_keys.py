"""Put everything that a master key opens under the newest one, so that an older can be dropped from MASTER_KEYS."""

from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from identity import vault

SEALED = ("secret", "seed")  # of an authenticator app, of recovery codes


class Command(BaseCommand):
    help = "Wrap every key, and every second factor, with the first of MASTER_KEYS. May be killed and run again."

    def handle(self, *args: Any, **options: Any) -> None:
        factors = rewrap_second_factors()
        try:
            keys = vault.rewrap_all()
        except vault.KeyUnreadable as error:
            raise CommandError(f"{error} Put the key of before back into MASTER_KEYS and run this again.") from error
        self.stdout.write(f"{keys} keys and {factors} second factors are now under the first of MASTER_KEYS; drop the others.")


@transaction.atomic
def rewrap_second_factors() -> int:
    """Seal each second factor anew: encrypting takes the newest key, decrypting any."""
    adapter, changed = get_adapter(), 0
    for authenticator in Authenticator.objects.select_for_update():
        for name in SEALED:
            if name in authenticator.data:
                authenticator.data[name] = adapter.encrypt(adapter.decrypt(authenticator.data[name]))
        authenticator.save(update_fields=["data"])
        changed += 1
    return changed
