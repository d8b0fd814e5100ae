"""Stores a mail in the transaction of the change it tells of; the relay sends it. What commits is told, and told once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime

from notifications.address import check_address
from notifications.models import Message
from notifications.rendering import render


def queue_message(
    kind: str,
    *,
    to: str,
    language: str,
    reference: str,
    occasion: str = "once",
    key_name: str,
    seal: Callable[[str, str], bytes],
    context: Mapping[str, object],
    now: datetime,
    not_before: datetime | None = None,
) -> Message:
    """The stored mail of this (kind, reference, occasion): a new one, or the one that is there already.

    `seal(key_name, text)` encrypts the content, so that destroying the key forgets it. Raises `AddressRefused`,
    `ContextMismatch` or `BadTemplate`, before anything is stored.
    """
    known = Message.objects.filter(kind=kind, reference=reference, occasion=occasion).first()
    if known:
        return known
    check_address(to)
    written = render(kind, language, context)
    content = {
        "subject": written.subject,
        "text": written.text,
        "html": written.html,
        "from_name": str(context["controller_name"]),
        "reply_to": str(context["dpo_email"]),
    }
    check_address(content["reply_to"])
    message, _ = Message.objects.get_or_create(
        kind=kind,
        reference=reference,
        occasion=occasion,
        defaults={
            "recipient": to,
            "language": language,
            "key_name": key_name,
            "content": seal(key_name, json.dumps(content, ensure_ascii=False)),
            "created_at": now,
            "next_at": max(now, not_before or now),
        },
    )
    return message
