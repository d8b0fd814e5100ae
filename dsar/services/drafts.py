"""The link by which a form that is not sent yet can be gone on with, and what its opening proves."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from dsar.controller import controller
from dsar.domain.vocabulary import TokenPurpose
from dsar.models import DataSubjectRequest
from dsar.services import tell, tokens, verify
from dsar.services.bell import ring
from identity import vault
from notifications.models import Message
from notifications.outbox import queue_message

KIND = "draft_link"
KEPT = timedelta(days=8)  # a day longer than the form itself


@transaction.atomic
def send_link(*, email: str, language: str, row: str, url: str, hours: int, days: int, now: datetime) -> Message:
    """Mail the link to the address that was typed, within the budget of an address that nobody confirmed (SECURITY T14)."""
    who = controller()
    key_name = f"drafts/{row}"
    vault.create_text_key(key_name)
    ring("relay_messages")
    return queue_message(
        KIND,
        to=email,
        language=language,
        reference=f"draft-{row[:24]}",
        key_name=key_name,
        seal=vault.seal_text,
        context={
            "reference": "",
            "controller_name": who.name,
            "dpo_name": who.dpo.name,
            "dpo_email": who.dpo.email,
            "authority": who.authority,
            "follow_url": tell.absolute("public:follow", language),
            "link": url,
            "hours": hours,
            "days": days,
        },
        now=now,
        not_before=tell.budget(email, now),
    )


def confirm_address(dsr: DataSubjectRequest, *, now: datetime) -> None:
    """The link of the kept form was opened from this very mailbox: the request need not ask again."""
    if dsr.email and dsr.email_confirmed_at is None:
        _, _, link = tokens.issue(dsr, TokenPurpose.CONFIRM_EMAIL, now=now)
        verify.confirm_email(dsr_id=dsr.pk, link=link, now=now)


def forget_old_links(now: datetime) -> int:
    """Mails whose form is over: the key first, then the row with the address."""
    old = list(Message.objects.filter(kind=KIND, created_at__lt=now - KEPT))
    for message in old:
        vault.destroy_key(message.key_name)
        message.delete()
    return len(old)
