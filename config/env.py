"""Typed reading of environment variables; a bad value is one sentence for the operator."""

import os
from datetime import date
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def text(name: str, *, default: str | None = None) -> str:
    """The variable's value, or `default`; without a default the variable must be set."""
    value = os.environ.get(name, "")
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"{name} is not set; see docker/.env.example for what it holds.")
    return default


def integer(name: str, *, default: int) -> int:
    value = text(name, default=str(default))
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number; write digits, for example {default}.") from error


def boolean(name: str, *, default: bool) -> bool:
    value = text(name, default="true" if default else "false").lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    raise ImproperlyConfigured(f"{name}={value!r} is not a yes or a no; write true or false.")


def words(name: str, *, default: str = "") -> list[str]:
    """Comma-separated words, trimmed; empty ones dropped."""
    return [word.strip() for word in text(name, default=default).split(",") if word.strip()]


def named(name: str) -> list[tuple[str, str]]:
    """Comma-separated `name:value` pairs, in order; a word without a colon has the name ""."""
    pairs = [word.partition(":") for word in words(name)]
    return [(key.strip(), value.strip()) if colon else ("", key) for key, colon, value in pairs]


def day(name: str) -> date | None:
    """A day written as 2026-12-24; None when the variable is not set."""
    value = text(name, default="")
    try:
        return date.fromisoformat(value) if value else None
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}={value!r} is not a day; write it as 2026-12-24.") from error


def path(name: str, *, default: Path) -> Path:
    return Path(text(name, default=str(default)))


def secret_file(place: Path) -> str:
    """The secret in `place`, or "" when there is none yet; `config/checks.py` refuses to start without."""
    return place.read_text().strip() if place.is_file() else ""


def database(name: str, *, default_sqlite: Path) -> dict[str, object]:
    """Django's settings for postgres://user:password@host:port/name, or for SQLite in a file (sqlite:////folder/file)."""
    url = text(name, default="")
    if not url or url.startswith("sqlite:///"):
        file = Path(url.removeprefix("sqlite:///")) if url else default_sqlite
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": file,
            "TEST": {"NAME": file.with_name("test.sqlite3")},  # a file, so that a worker process can open it
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured(f"{name} must start with postgres:// (or sqlite:/// on one machine).")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or dict(parse_qsl(parts.query)).get("host", ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,  # a connection per request costs 3 times
        "CONN_HEALTH_CHECKS": True,
    }


def storage(bucket_variable: str, *, default_folder: Path) -> dict[str, object]:
    """An S3 bucket when its variable is set, else a private folder."""
    bucket = text(bucket_variable, default="")
    if not bucket:
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {
                "location": default_folder,
                "file_permissions_mode": 0o600,
                "directory_permissions_mode": 0o700,
            },
        }
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "endpoint_url": text("S3_ENDPOINT", default="") or None,
            "region_name": text("S3_REGION", default="") or None,
            "signature_version": "s3v4",
            "file_overwrite": False,
            "default_acl": None,
            "max_memory_size": 1 << 20,  # an object longer than that is read through a temporary file, as ciphertext
        },
    }


def broker_options(url: str, *, folder: Path) -> dict[str, object]:
    """Transport options: a killed task is redelivered soon on Redis; folders for the fallback."""
    if url.startswith("filesystem"):
        for room in ("queue", "processed", "control"):
            (folder / room).mkdir(parents=True, exist_ok=True, mode=0o700)
        return {
            "data_folder_in": str(folder / "queue"),
            "data_folder_out": str(folder / "queue"),
            "processed_folder": str(folder / "processed"),
            "control_folder": str(folder / "control"),
        }
    return {"visibility_timeout": 900, "unacked_restore_interval": 30, "unacked_restore_throttle": 1}
