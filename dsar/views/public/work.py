"""A proof of work, asked only of a network that sends very many requests: some seconds of a browser, and no puzzle for a person.

ALTCHA's challenges (PBKDF2, no widget of theirs, no request elsewhere): signed, so nothing is stored, and bound to one form, so
that one answer cannot be used twice: a form is one request (SECURITY T14).
"""

from __future__ import annotations

import json
from datetime import timedelta

import altcha
from django.utils import timezone

from dsar.views.public.draft import Draft
from identity.vault import keyed_hash

COST = 5_000  # rounds for each of 256 tries on average: a second or two of a phone
LIVES = timedelta(hours=1)


def challenge(draft: Draft) -> str:
    """JSON for the script of the page."""
    made = altcha.create_challenge(
        "PBKDF2/SHA-256", COST, expires_at=timezone.now() + LIVES, data={"form": draft.token}, hmac_secret=_secret()
    )
    return json.dumps(made.to_dict())


def is_done(draft: Draft, answer: str) -> bool:
    """Whether this is the solution of a challenge that we made for this form within the hour."""
    if not answer or not altcha.verify_solution(answer, _secret()).verified:
        return False
    return altcha.Payload.from_base64(answer).challenge.parameters.data == {"form": draft.token}


def _secret() -> str:
    return keyed_hash("signature of challenges", "work")
