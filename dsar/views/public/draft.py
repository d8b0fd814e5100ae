"""The answers of a form that is being filled in: sealed in the session for two hours, gone when sent.

The session table and its backups hold no personal value in clear; the master key is not with them.
"""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import asdict, dataclass, field
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

HOURS = 2  # a form is kept so long after the last answer
SESSION_KEY = "draft"


@dataclass
class Draft:
    """What was answered so far. `token` makes two sendings one request; `at_check` leads changed answers back to the summary."""

    token: str = field(default_factory=lambda: secrets.token_hex(16))
    started: float = field(default_factory=lambda: timezone.now().timestamp())
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    at_check: bool = False


def load(request: HttpRequest) -> Draft | None:
    """The draft of this session; None when there is none, or when two hours have passed."""
    sealed = request.session.get(SESSION_KEY)
    if not sealed:
        return None
    try:
        return Draft(**json.loads(_seal().decrypt(sealed.encode(), ttl=HOURS * 3600)))
    except (InvalidToken, ValueError, TypeError):
        drop(request)
        return None


def save(request: HttpRequest, draft: Draft) -> None:
    request.session[SESSION_KEY] = _seal().encrypt(json.dumps(asdict(draft)).encode()).decode()


def drop(request: HttpRequest) -> None:
    request.session.pop(SESSION_KEY, None)


def _seal() -> MultiFernet:
    """Keys of their own, derived from the master keys, so that a draft can never be mistaken for a wrapped key."""
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key))) for key in settings.MASTER_KEYS])


def _derived(master_key: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"form drafts").derive(base64.urlsafe_b64decode(master_key))
