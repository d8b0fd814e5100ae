"""What must be set before this product may serve; each refusal is one sentence that names the variable.

Run by `manage.py check`, by every command, by the worker when it starts, and by config/wsgi.py before the first request.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

from identity.antivirus import is_address

MODES = ("embedded", "production", "test")
SHORTEST_SECRET = 50
TOOL = re.compile(r"[a-z][a-z0-9-]{0,29}")  # how HANDOVER_KEYS names one
EXAMPLE_ACCOUNT = "dominique.temoin@cesi.example"  # its password is printed by make run


@register(Tags.security)
def operator_checks(app_configs: object = None, **kwargs: Any) -> list[CheckMessage]:
    return [Error(sentence, id="dsar.E001") for sentence in refusals()]


@register(Tags.database)
def no_example_accounts(app_configs: object = None, **kwargs: Any) -> list[CheckMessage]:
    """The example accounts have a password that anyone on their machine could read; they must not reach production."""
    if not settings.PRODUCTION or not has_example_accounts():
        return []
    sentence = "DATABASE_URL points at a database with the example accounts of `make run`; use an empty database in production."
    return [Error(sentence, id="dsar.E002")]


def refuse_to_serve() -> None:
    """Stop a web process that would serve with a bad configuration."""
    from dsar.checks import controller_is_readable

    found = list(refusals())
    if settings.PRODUCTION and has_example_accounts():
        found += [str(error.msg) for error in no_example_accounts()]
    found += [f"{message.msg} {message.hint}" for message in controller_is_readable() if message.is_serious()]
    if found:
        raise ImproperlyConfigured(" ".join(found))


def refusals() -> Iterator[str]:
    """Every sentence that applies, in no need of a database."""
    if settings.MODE not in MODES:
        yield f"DSAR_MODE={settings.MODE!r} is not a mode; write embedded, production or test."
    how = "write a long random one" if settings.PRODUCTION else "run `make run`, which writes it into var/"
    if not secret_key():
        yield f"SECRET_KEY is not set; {how}."
    if not settings.MASTER_KEYS:
        yield f"MASTER_KEYS is not set; {how}: it opens every stored object, and nothing opens them without it."
    for number, key in enumerate(settings.MASTER_KEYS, start=1):
        if not is_fernet_key(key):
            yield f"MASTER_KEYS: key {number} is not 32 bytes in URL-safe base64; docker/.env.example shows how to make one."
    yield from mailbox_refusals()
    yield from handover_refusals()
    if settings.CLAMD_ADDRESS and not is_address(settings.CLAMD_ADDRESS):
        yield f"CLAMD_ADDRESS={settings.CLAMD_ADDRESS!r} is no address; write unix:/run/clamav/clamd.ctl or tcp:host:3310."
    if settings.IDENTITY_TRUST_CERTIFICATES and not Path(settings.IDENTITY_TRUST_CERTIFICATES).is_file():
        yield f"IDENTITY_TRUST_CERTIFICATES={settings.IDENTITY_TRUST_CERTIFICATES!r} is no file; name one of certificates (PEM)."
    if settings.PRODUCTION:
        yield from production_refusals()


def mailbox_refusals() -> Iterator[str]:
    """A mailbox that is half configured would lose requests, or answer years of old mail."""
    if not settings.IMAP_HOST:
        return
    if not settings.IMAP_USER or not settings.IMAP_PASSWORD:
        yield "IMAP_HOST is set without IMAP_USER and IMAP_PASSWORD; write all three, or none when no mailbox is read."
    if settings.IMAP_SINCE is None:
        yield "IMAP_SINCE is not set; write the day from which mail counts as new, as 2026-12-24: older mail is history."
    if settings.IMAP_TLS not in ("tls", "starttls", "none"):
        yield f"IMAP_TLS={settings.IMAP_TLS!r} is no way to connect; write tls, starttls or none."
    if settings.IMAP_CA_FILE and not Path(settings.IMAP_CA_FILE).is_file():
        yield f"IMAP_CA_FILE={settings.IMAP_CA_FILE!r} is no file; name one with the certificate of your authority (PEM)."
    if settings.IMAP_TLS == "none" and settings.IMAP_HOST not in ("127.0.0.1", "::1", "localhost"):
        yield "IMAP_TLS=none would send the password over the network; write tls or starttls."


def handover_refusals() -> Iterator[str]:
    """A key that opens more than it should, or names nobody; no sentence repeats a key."""
    master_keys = {_bytes_of(key) for key in settings.MASTER_KEYS if is_fernet_key(key)}
    owners: dict[bytes, str] = {}
    for number, (tool, key) in enumerate(settings.HANDOVER_KEYS, start=1):
        if not TOOL.fullmatch(tool):
            yield f"HANDOVER_KEYS: entry {number} names no tool; write tool:key, the tool in small letters, digits and hyphens."
        elif not is_fernet_key(key):
            yield f"HANDOVER_KEYS: the key of {tool} is not 32 bytes in URL-safe base64; docs/handover.md shows how to make one."
        elif _bytes_of(key) in master_keys:
            yield f"HANDOVER_KEYS: the key of {tool} is one of MASTER_KEYS, which opens every stored object; make another."
        elif owners.setdefault(_bytes_of(key), tool) != tool:
            yield f"HANDOVER_KEYS: {owners[_bytes_of(key)]} and {tool} have one key, so a link names neither; make one for each."


def production_refusals() -> Iterator[str]:
    key = secret_key()
    if 0 < len(key) < SHORTEST_SECRET or key.startswith(("django-insecure", "change", "for-tests")):
        yield f"SECRET_KEY is a default or shorter than {SHORTEST_SECRET} characters; write a long random one."
    if connection.vendor == "sqlite":
        yield "DATABASE_URL names no PostgreSQL; SQLite carries one machine only, so write postgres://user:password@host:5432/name."
    if not settings.CELERY_BROKER_URL.startswith(("redis://", "rediss://", "redis+socket://")):
        yield "REDIS_URL names no Redis; write redis://host:6379/0."
    if "folder_backend" in settings.EMAIL_BACKEND:
        yield "EMAIL_BACKEND writes mails into a folder where nobody gets them; leave it empty for SMTP, and set EMAIL_HOST."
    if not settings.PUBLIC_URL.startswith("https://"):
        yield f"PUBLIC_URL={settings.PUBLIC_URL!r} is not https; links in mails and secure cookies need it, for example https://rights.example."
    if set(settings.ALLOWED_HOSTS) <= {"127.0.0.1", "localhost"} or "*" in settings.ALLOWED_HOSTS:
        yield "ALLOWED_HOSTS names no host of yours; write the host of PUBLIC_URL."
    buckets: list[Any] = [settings.STORAGES[alias].get("OPTIONS", {}) for alias in ("objects", "keys")]
    if buckets[0] and buckets[0] == buckets[1]:
        yield "KEYS_BUCKET is the same place as OBJECTS_BUCKET; keys must lie apart, or a backup of the objects opens itself."


def secret_key() -> str:
    """The secret key, or "" where Django would raise a sentence that names no remedy."""
    try:
        return str(settings.SECRET_KEY)
    except ImproperlyConfigured:
        return ""


def is_fernet_key(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True


def _bytes_of(key: str) -> bytes:
    return base64.urlsafe_b64decode(key)


def has_example_accounts() -> bool:
    from django.contrib.auth import get_user_model

    try:
        return bool(get_user_model()._default_manager.filter(email=EXAMPLE_ACCOUNT, is_active=True).exists())
    except DatabaseError:
        return False  # no tables yet: migrate comes first
