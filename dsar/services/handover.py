"""The signed link by which another tool of the controller begins a form: a cookie banner, an unsubscribe page, the intranet.

The token is a Fernet token under a key that we share with that one tool: sealed, signed and dated. It names the page that it is
for, lives for a day and fills in a form that the person still reads, completes and sends: nobody is believed because of it.
`docs/handover.md` tells a tool how to make one.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from dsar.services import tell
from identity.vault import keyed_hash

# A tab left open overnight still works; what stays in the history of a browser opens nothing the day after.
LIVES = timedelta(hours=24)
AHEAD = timedelta(seconds=60)  # how far the tool's clock may be before ours
LONGEST = 2048  # characters of a token: ten times what is usually said, and short enough for every browser and proxy
_SEGMENT = re.compile(r"[A-Za-z0-9_-]+")


class LinkRefused(Exception):
    """A link that opens nothing. `reason` is a code for the log, and the page does not tell it; `tool` made it, when known."""

    def __init__(self, reason: str, tool: str = "") -> None:
        self.reason, self.tool = reason, tool
        super().__init__(reason)


@dataclass(frozen=True)
class HandedOver:
    """What a tool says of a person, as it says it: `dsar.forms.handover` looks at each value."""

    tool: str
    said: Mapping[str, Any]


def audience() -> str:
    """What a token must be `for`: this page of this installation, so that one made for a rehearsal opens nothing here."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/handover/"


def make_link(tool: str, said: Mapping[str, Any], *, language: str, now: datetime) -> str:
    """A link as the tool itself would make it, under its newest key. Raises `KeyError` for a tool that has none."""
    keys: dict[str, str] = {}
    for name, key in settings.HANDOVER_KEYS:
        keys.setdefault(name, key)
    words = json.dumps({"for": audience(), **said}).encode()
    token = Fernet(keys[tool]).encrypt_at_time(words, int(now.timestamp()))
    return tell.absolute("public:handover", language, token.decode().rstrip("="))


def read(token: str, *, now: datetime) -> HandedOver:
    """What the token says. Raises `LinkRefused`."""
    tool, words, made_at = _opened(_padded(token))
    age = now.timestamp() - made_at
    if age >= LIVES.total_seconds():
        raise LinkRefused("expired", tool)
    if age < -AHEAD.total_seconds():
        raise LinkRefused("dated_ahead", tool)
    try:
        said = json.loads(words)
    except (ValueError, RecursionError) as error:
        raise LinkRefused("no_json", tool) from error
    if not isinstance(said, dict):
        raise LinkRefused("no_json", tool)
    if said.get("for") != audience():
        raise LinkRefused("for_another_page", tool)
    return HandedOver(tool, said)


def fingerprint(token: str) -> str:
    """What a browser's session remembers of a link, to know it again; nobody reads the link from it."""
    return keyed_hash(token, "hand-over")[:32]


def _padded(token: str) -> bytes:
    """The token as Fernet takes it. One spelling only: what a decoder would overlook is refused, and no log keeps part of it."""
    if len(token) > LONGEST or not _SEGMENT.fullmatch(token):
        raise LinkRefused("no_token")
    padded = (token + "=" * (-len(token) % 4)).encode()
    try:
        plain = base64.urlsafe_b64decode(padded)
    except ValueError as error:
        raise LinkRefused("no_token") from error
    if base64.urlsafe_b64encode(plain) != padded:
        raise LinkRefused("no_token")
    return padded


def _opened(padded: bytes) -> tuple[str, bytes, int]:
    """Whose token it is, what it holds and when it was made; the key that fits names the tool, whatever the token says."""
    for tool, key in settings.HANDOVER_KEYS:
        seal = Fernet(key)
        try:
            return tool, seal.decrypt(padded), seal.extract_timestamp(padded)
        except InvalidToken:
            continue
    raise LinkRefused("not_of_our_tools")
