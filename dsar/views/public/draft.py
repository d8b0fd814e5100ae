"""The answers of a form that is being filled in: sealed in the session for two hours, gone when sent.

The row of the session goes with the hourly sweep after these two hours (`config.sessions`).

Who asks for it gets a link by mail; opening it confirms the address, and from then the answers are kept for seven days. A kept
form is a row of the session table whose key is a keyed hash of the link: neither the table nor its backups open anything, and no
cookie leads there. The session table holds no personal value in clear; the master key is not with it.
"""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from dsar.services import drafts as files
from identity.vault import keyed_hash

HOURS = 2  # a form is kept so long after the last answer
KEPT_DAYS = 7  # once the address is confirmed
SESSION_KEY = "draft"
ROW = 40  # characters of a session's key


@dataclass
class Draft:
    """What was answered so far. `token` makes two sendings one request; `at_check` leads changed answers back to the summary.

    `confirmed` is the address that a link proved, `kept` the row that the link leads to, `kept_until` its last instant.
    """

    token: str = field(default_factory=lambda: secrets.token_hex(16))
    started: float = field(default_factory=lambda: timezone.now().timestamp())
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    at_check: bool = False
    confirmed: str = ""
    kept: str = ""
    kept_until: float = 0
    saved: float = 0

    @property
    def email(self) -> str:
        return str(self.answers.get("contact", {}).get("email", ""))

    @property
    def edition(self) -> str:
        """The form's number and a fingerprint of its answers: the button of a summary sends what it showed, or nothing."""
        return self.token + keyed_hash(json.dumps(self.answers, sort_keys=True), "edition")[:16]

    @property
    def proven(self) -> bool:
        """Whether the address that was typed is the one whose mailbox opened the link."""
        return bool(self.confirmed) and self.confirmed == self.email

    @property
    def kept_day(self) -> datetime | None:
        return datetime.fromtimestamp(self.kept_until, tz=UTC) if self.confirmed else None

    def until(self) -> datetime:
        """When it ends, unless another answer is written first."""
        return self.kept_day or timezone.now() + timedelta(hours=HOURS)

    def lives(self) -> bool:
        now = timezone.now().timestamp()
        return now < self.kept_until if self.confirmed else now - self.saved < HOURS * 3600


def load(request: HttpRequest) -> Draft | None:
    """The draft of this session; None when there is none, or when its time has passed."""
    sealed = request.session.get(SESSION_KEY)
    if not sealed:
        return None
    draft = _opened(sealed)
    if draft is None:
        request.session.pop(SESSION_KEY, None)
    return draft


def save(request: HttpRequest, draft: Draft) -> None:
    draft.saved = timezone.now().timestamp()
    files.keep_files(draft.token, draft.until())
    sealed = _sealed(draft)
    request.session[SESSION_KEY] = sealed
    if draft.kept:
        Session.objects.filter(session_key=draft.kept).update(session_data=sealed)


def drop(request: HttpRequest, draft: Draft | None = None) -> None:
    """Forget the answers, the kept ones too."""
    request.session.pop(SESSION_KEY, None)
    if draft and draft.kept:
        Session.objects.filter(session_key=draft.kept).delete()


def keep(request: HttpRequest, draft: Draft) -> str:
    """Make a link to these answers and return its secret; an earlier link to them opens nothing any more."""
    if draft.kept:
        Session.objects.filter(session_key=draft.kept).delete()
    link = secrets.token_urlsafe(24)
    draft.kept = row_of(link)
    until = draft.kept_day or timezone.now() + timedelta(hours=HOURS)
    Session.objects.create(session_key=draft.kept, session_data=_sealed(draft), expire_date=until)
    save(request, draft)
    return link


def kept(link: str) -> Draft | None:
    """The form that a link leads to; looking changes nothing, however often a mail scanner does."""
    row = Session.objects.filter(session_key=row_of(link), expire_date__gt=timezone.now()).first()
    return _opened(row.session_data) if row else None


def resume(request: HttpRequest, link: str) -> Draft | None:
    """Go on with a kept form in this browser: its address is confirmed, and it is kept for seven days from the first time."""
    draft = kept(link)
    if draft is None:
        return None
    if not draft.confirmed:
        until = timezone.now() + timedelta(days=KEPT_DAYS)
        draft.confirmed, draft.kept_until = draft.email, until.timestamp()
        Session.objects.filter(session_key=draft.kept).update(expire_date=until)
    request.session.cycle_key()
    save(request, draft)
    return draft


def row_of(link: str) -> str:
    return keyed_hash(link, "kept form")[:ROW]


def _sealed(draft: Draft) -> str:
    return _seal().encrypt(json.dumps(asdict(draft)).encode()).decode()


def _opened(sealed: str) -> Draft | None:
    try:
        draft = Draft(**json.loads(_seal().decrypt(sealed.encode())))
    except (InvalidToken, ValueError, TypeError):
        return None
    return draft if draft.lives() else None


def _seal() -> MultiFernet:
    """Keys of their own, derived from the master keys, so that a draft can never be mistaken for a wrapped key."""
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key))) for key in settings.MASTER_KEYS])


def _derived(master_key: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"form drafts").derive(base64.urlsafe_b64decode(master_key))
