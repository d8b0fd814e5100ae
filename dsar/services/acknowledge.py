"""Tells a person that we have their request; what a mailbox gets beyond its budget waits, and leaves as one mail for all.

A mail held back is a row of the outbox like any other, in the state HELD, without words. The digest is a row of its own that is
written when it leaves: it then takes along whatever is held for its mailbox, and what it became, each of them becomes. A set that
was taken along stays the same over retries, so that two copies of one Message-ID say the same (SECURITY T14).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils.functional import Promise

from dsar.controller import controller
from dsar.domain.vocabulary import AT_ONCE, EventKind, Outcome, RequestType, Status, SubjectKind, TokenPurpose
from dsar.labels import asked
from dsar.models import DataSubjectRequest
from dsar.selectors import today_at_seat
from dsar.services import tell, tokens
from dsar.services.bell import ring
from identity import vault
from notifications.address import same_reader
from notifications.models import Message, MessageState
from notifications.outbox import written_content

ONE = "acknowledgement"
KIND = "acknowledgement_digest"
KEPT = timedelta(days=8)  # a digest belongs to no case: its row, with the address, goes when it has long left
OVER = (MessageState.SENT, MessageState.UNDELIVERABLE, MessageState.SUPERSEDED)


@dataclass(frozen=True)
class Entry:
    """One request in a digest: what an acknowledgement must hold (LAW section 4), and no word that anybody typed."""

    reference: str
    received_date: date
    rights: list[str | Promise]
    working_date: date | None
    legal_limit: date | None
    deceased: bool = False


def acknowledge_receipt(dsr: DataSubjectRequest, *, now: datetime, at_once: bool = False) -> None:
    """Tell the person that we have it, what we understood and by when we answer; by mail with a code for their address.

    A mailbox that has had its mails of the hour or the day waits for one digest, except when a member of staff acts (`at_once`).
    """
    if not dsr.email:
        tell.tell(dsr, "acknowledgement", now=now, **acknowledgement_of(dsr))
        return
    leaves_at = None if at_once or dsr.email_confirmed_at else tell.budget(dsr.answer_email, now)
    if leaves_at:
        _hold(dsr, leaves_at, now)
    else:
        tell.tell(dsr, "acknowledgement", now=now, within_budget=False, **_with_code(dsr, now))


def acknowledgement_of(dsr: DataSubjectRequest, *, code: str = "", link: str = "") -> dict[str, Any]:
    """What an acknowledgement says; by post it holds no code and asks for nothing."""
    return {
        "received_date": today_at_seat(dsr.received_at),
        "rights": _rights(dsr),
        **what_is_it(dsr),
        "working_date": dsr.working_date,
        "legal_limit": dsr.legal_limit,
        "code": code,
        "link": link,
        "online": bool(dsr.email),
        "code_minutes": settings.CODE_MINUTES,
        "file_years": controller().own_retention.file_years,
    }


def what_is_it(dsr: DataSubjectRequest) -> dict[str, Any]:
    """Whom it is for, whether nothing but acts at once was asked, and whether advertising is stopped already."""
    rights = {RequestType(part.right) for part in dsr.parts.all()}
    return {
        "for_whom": dsr.subject_kind,
        "without_delay": rights <= AT_ONCE,
        "stopped": dsr.events.filter(kind=EventKind.SUPPRESSED).exists(),
    }


def _with_code(dsr: DataSubjectRequest, now: datetime) -> dict[str, Any]:
    if dsr.email_confirmed_at:
        return acknowledgement_of(dsr)
    _, code, link = tokens.issue(dsr, TokenPurpose.CONFIRM_EMAIL, now=now)
    return acknowledgement_of(dsr, code=code, link=tell.absolute("public:confirm", dsr.language, link))


def _rights(dsr: DataSubjectRequest) -> list[str | Promise]:
    return [asked(RequestType(part.right)) for part in dsr.parts.order_by("pk")]


def _hold(dsr: DataSubjectRequest, leaves_at: datetime, now: datetime) -> None:
    """Lay the mail aside, and see to it that a digest will leave; the caller holds the lock of the mailbox (`tell.budget`)."""
    to, box = dsr.answer_email, tell.mailbox_key(dsr.answer_email)
    untried = Message.objects.filter(kind=KIND, mailbox=box, state=MessageState.WAITING, attempts=0)
    digest = next((one for one in untried if same_reader(one.recipient, to)), None)
    if digest is None:
        digest = Message.objects.create(
            kind=KIND,
            reference=f"held-{box[:24]}",
            occasion=uuid4().hex,
            recipient=to,
            language=dsr.language,
            facts={"carries": True},
            mailbox=box,
            created_at=now,
            next_at=leaves_at,
        )
    Message.objects.get_or_create(
        kind=ONE,
        reference=dsr.reference,
        occasion="once",
        defaults={
            "recipient": to,
            "language": dsr.language,
            "key_name": dsr.key_name,
            "state": MessageState.HELD,
            "mailbox": box,
            "created_at": now,
            "next_at": digest.next_at,
        },
    )


def release(dsr: DataSubjectRequest, *, now: datetime) -> None:
    """The address is confirmed: what was held for it leaves now, unless a digest has taken it along already."""
    held = Message.objects.filter(kind=ONE, reference=dsr.reference, state=MessageState.HELD, sent_in__isnull=True)
    if held.update(state=MessageState.WAITING, next_at=now):
        ring("relay_messages")


def written(message: Message, *, now: datetime) -> Mapping[str, object] | None:
    """What a mail that was held says as it leaves, one or a digest; None when there is nothing left to tell."""
    if message.kind == KIND:
        return _digest(message, now)
    dsr = DataSubjectRequest.objects.filter(reference=message.reference).first()
    if dsr is None or _moot(dsr):
        return None
    with transaction.atomic():
        return {**tell.common(dsr.reference, message.language), **_with_code(dsr, now)}


@transaction.atomic
def _digest(message: Message, now: datetime) -> Mapping[str, object] | None:
    tell.lock_mailbox(message.mailbox)
    carried = _carried(message)
    requests = {one.reference: one for one in _requests(carried)}
    lost = [one.pk for one in carried if one.reference not in requests or _moot(requests[one.reference])]
    Message.objects.filter(pk__in=lost).update(state=MessageState.SUPERSEDED, sent_in=None)
    carried = [one for one in carried if one.pk not in lost]
    if len(carried) == 1 and message.attempts <= 1:  # nobody to share a mail with: it leaves as what it is, with a code
        Message.objects.filter(pk=carried[0].pk).update(state=MessageState.WAITING, sent_in=None, next_at=now)
        ring("relay_messages")
        return None
    if not carried:
        return None
    entries = [_entry(requests[one.reference]) for one in carried]
    shared = {**tell.common("", message.language), "file_years": controller().own_retention.file_years}
    for one, entry in zip(carried, entries, strict=True):  # each case keeps what was said of it, and of no other
        content = written_content(KIND, message.language, {**shared, "requests": [entry]})
        one.content = vault.seal_text(one.key_name, json.dumps(content, ensure_ascii=False))
        one.facts, one.language = {"together": len(carried)}, message.language
        one.save(update_fields=["content", "facts", "language"])
    return {**shared, "requests": entries}


def _carried(digest: Message) -> list[Message]:
    """What this digest takes along: all that its reader waits for, at the first try; afterwards the same again."""
    held = Message.objects.filter(kind=ONE, mailbox=digest.mailbox, state=MessageState.HELD)
    if not held.filter(sent_in=digest).exists():
        free = held.filter(sent_in__isnull=True)
        mine = [one.pk for one in free if same_reader(one.recipient, digest.recipient)]
        free.filter(pk__in=mine).update(sent_in=digest)
    return list(held.filter(sent_in=digest).order_by("created_at", "pk"))


def _requests(carried: Iterable[Message]) -> Iterable[DataSubjectRequest]:
    return DataSubjectRequest.objects.filter(reference__in=[one.reference for one in carried])


def _moot(dsr: DataSubjectRequest) -> bool:
    """Withdrawn, or set aside as no request: nothing was answered, and there is nothing to acknowledge any more."""
    return dsr.status == Status.CLOSED and not dsr.parts.exclude(outcome__in=["", Outcome.WITHDRAWN]).exists()


def _entry(dsr: DataSubjectRequest) -> Entry:
    deceased = dsr.subject_kind == SubjectKind.DECEASED
    return Entry(dsr.reference, today_at_seat(dsr.received_at), _rights(dsr), dsr.working_date, dsr.legal_limit, deceased)


def forget_old(now: datetime) -> int:
    """Digests that left long ago; what they carried stays with its cases."""
    return Message.objects.filter(kind=KIND, state__in=OVER, created_at__lt=now - KEPT).delete()[0]
