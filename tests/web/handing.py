"""Links as another tool of the controller makes them, by the recipe of docs/handover.md and none of our code."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from cryptography.fernet import Fernet

COOKIES_KEY = "Y29va2llcy1jb29raWVzLWNvb2tpZXMtY29va2llcy0="
NEWSLETTER_KEY = "bmV3c2xldHRlci1uZXdzbGV0dGVyLW5ld3NsZXR0ZXI="
KEYS = [("cookies", COOKIES_KEY), ("newsletter", NEWSLETTER_KEY)]
BASE = "https://rights.example"


def token(key: str = COOKIES_KEY, *, at: datetime | None = None, base: str = BASE, **said: Any) -> str:
    words = json.dumps({"for": f"{base}/handover/", **said})
    return sealed(words.encode(), key, at=at)


def sealed(words: bytes, key: str = COOKIES_KEY, *, at: datetime | None = None) -> str:
    """Any bytes as a token of that tool."""
    return Fernet(key).encrypt_at_time(words, int((at or datetime.now(UTC)).timestamp())).decode().rstrip("=")


def page(made: str, language: str = "fr") -> str:
    return f"/{language}/handover/{made}/"
