"""Looks at what people sent: each for a reason and written down before a byte flows; and who opens unusually many files.

SECURITY T8, T21.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from dsar.domain.vocabulary import ActorKind, EventKind, Role
from dsar.models import DataSubjectRequest, RequestEvent, User
from dsar.models.event import LOOKS
from dsar.services import moves
from dsar.services.bell import ring
from dsar.services.tell import absolute, common
from identity import documents
from identity.models import Document
from notifications.models import Message

KIND = "many_files_opened"
FILES_PER_HOUR = 20
HOUR = timedelta(hours=1)
_WATCHMAN = "watch-"  # reference of such a mail: whom it is about


def open_pages(
    *, dsr_id: UUID, choose: Callable[[DataSubjectRequest], Document | None], officer: User, reason: str, now: datetime
) -> list[bytes]:
    """The page images of what `choose` finds in the request, for an officer with a reason; two rows say who looked before.

    Call it outside of a transaction. Raises `documents.DocumentError`, and `NotAllowed` for who does not act on cases.
    """
    with transaction.atomic():
        dsr = moves.locked(dsr_id)
        if not officer.may_act_on_cases:
            raise moves.NotAllowed
        if not reason.strip():
            raise documents.ReasonNeeded
        document = choose(dsr)
        if document is None:
            raise documents.NotThere
        data: dict[str, str | int] = {"purpose": document.purpose, "pages": document.pages}
        RequestEvent.objects.record(dsr, EventKind.DOCUMENT_VIEWED, at=now, actor=officer, data=data, text=reason.strip())
    return documents.pages(document.pk, by=officer.email, reason=reason, now=now)


@transaction.atomic
def watch(now: datetime) -> int:
    """Tell the DPO and the deputies when somebody looked into the files of more than twenty people within an hour.

    Once an hour for one person, and never to that person themselves. Counts every look that the events know, by whatever page
    it was taken. Returns how many mails were stored.
    """
    recent = RequestEvent.objects.filter(kind__in=LOOKS, at__gt=now - HOUR, at__lte=now, actor_kind=ActorKind.STAFF)
    busy = recent.values("actor").annotate(files=Count("dsr", distinct=True)).filter(files__gt=FILES_PER_HOUR).order_by("actor")
    stored = [message for row in busy for message in _alarms(row["actor"], row["files"], now)]
    stored = Message.objects.bulk_create(stored, ignore_conflicts=True)
    if stored:
        ring("relay_messages")
    return len(stored)


def _alarms(actor_id: int, files: int, now: datetime) -> list[Message]:
    reference = f"{_WATCHMAN}{actor_id}"
    if Message.objects.filter(kind=KIND, reference=reference, created_at__gt=now - HOUR).exists():
        return []
    told = User.objects.filter(is_active=True, role__in=[Role.DPO, Role.DEPUTY]).exclude(pk=actor_id)
    return [
        Message(
            kind=KIND,
            reference=reference,
            occasion=f"{now:%Y-%m-%dT%H}-{user.pk}",
            recipient=user.email,
            language=user.language,
            key_name="",  # of no request: what it says is written when it leaves and not kept
            facts={"actor": actor_id, "files": files, "at": now.isoformat()},
            created_at=now,
            next_at=now,
        )
        for user in told
    ]


def context(message: Message) -> Mapping[str, object] | None:
    """What the mail says: who, how many, since when; the journal has each look with its reason."""
    officer = User.objects.filter(pk=message.facts["actor"]).first()
    if officer is None:
        return None
    noticed = timezone.localtime(datetime.fromisoformat(message.facts["at"]))
    return {
        **common("", message.language),
        "officer": str(officer),
        "files": message.facts["files"],
        "noticed_on": noticed.date(),
        "noticed_at": f"{noticed:%H:%M}",
        "journal_url": absolute("backoffice:journal", message.language),
    }
