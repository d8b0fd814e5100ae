"""A proof of work, asked only of a network that sends very many requests: some seconds of a browser, and no puzzle for a person.

Bound to one form by a keyed hash, so nothing is stored and one answer cannot be used twice: a form is one request (SECURITY T14).
"""

from __future__ import annotations

import time
from hashlib import sha256

from dsar.views.public.draft import Draft
from identity.vault import keyed_hash

BITS = 17  # zero bits at the beginning: 131,000 hashes on average, a second or two of a phone
HOUR = 3600


def challenge(draft: Draft, *, hours_ago: int = 0) -> str:
    return keyed_hash(f"{draft.token} {int(time.time()) // HOUR - hours_ago}", "work")


def is_done(draft: Draft, answer: str) -> bool:
    """Whether this number solves the challenge of this hour or of the last one."""
    return bool(answer) and any(_zero_bits(challenge(draft, hours_ago=ago), answer) >= BITS for ago in (0, 1))


def _zero_bits(question: str, answer: str) -> int:
    return 256 - int.from_bytes(sha256(f"{question}:{answer}".encode()).digest()).bit_length()
