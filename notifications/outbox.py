"""Stores a mail in the transaction of the change it tells of; the relay sends it. What commits is told, and told once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime

from notifications.address import check_address
from notifications.kinds import KINDS
from notifications.models import Message, MessageState
from notifications.rendering import render


class NotByPost(ValueError):
    """A kind that makes no sense on paper (a code that lives for minutes, a mail to staff) was to become a letter."""


def written_content(kind: str, language: str, context: Mapping[str, object]) -> dict[str, str]:
    """What is sealed: subject, text, HTML, and whom the mail comes from. Raises as `queue_message`."""
    written = render(kind, language, context)
    content = {
        "subject": written.subject,
        "text": written.text,
        "html": written.html,
        "from_name": str(context["controller_name"]),
        "reply_to": str(context["dpo_email"]),
    }
    check_address(content["reply_to"])
    return content


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
    mailbox: str = "",
) -> Message:
    """The stored mail of this (kind, reference, occasion): a new one, or the one that is there already.

    An empty `to` stores a letter, which somebody prints and posts. `seal(key_name, text)` encrypts the content, so that
    destroying the key forgets it. `mailbox` is the caller's mark of the recipient's mailbox, to count mails by. Raises
    `AddressRefused`, `NotByPost`, `ContextMismatch` or `BadTemplate`, before anything is stored.
    """
    known = Message.objects.filter(kind=kind, reference=reference, occasion=occasion).first()
    if known:
        return known
    if to:
        check_address(to)
    elif not KINDS[kind].by_post:
        raise NotByPost(kind)
    content = written_content(kind, language, context)
    message, _ = Message.objects.get_or_create(
        kind=kind,
        reference=reference,
        occasion=occasion,
        defaults={
            "recipient": to,
            "state": MessageState.WAITING if to else MessageState.TO_POST,
            "language": language,
            "key_name": key_name,
            "content": seal(key_name, json.dumps(content, ensure_ascii=False)),
            "created_at": now,
            "next_at": max(now, not_before or now),
            "mailbox": mailbox,
        },
    )
    return message
