"""What belongs to a form before it is a request: the link to go on with it, what opening it proves, and its files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import IO
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from dsar.controller import controller
from dsar.domain.vocabulary import ActorKind, EventKind, PauseKind, TokenPurpose
from dsar.models import DataSubjectRequest, RequestEvent
from dsar.services import moves, tell, tokens, verify
from dsar.services.bell import ring
from identity import documents, slices, vault
from identity.models import Document, Purpose
from identity.refusals import Refusal
from notifications.models import Message
from notifications.outbox import queue_message

KIND = "draft_link"  # its mails are swept with their form
KEPT = timedelta(days=8)  # a day longer than the form itself
COUNTED = timedelta(days=1)  # a mail counts so long in the budget of its mailbox (`tell.budget`), whatever became of its form
MOST = 2  # files of one mandate, or with one correction
ROOM = "drafts/"  # of the keys of these mails, each named after the row of its form
DRAFTS = "draft-"  # begins the reference of files whose form is not sent


@transaction.atomic
def send_link(*, email: str, language: str, row: str, url: str, hours: int, days: int, now: datetime) -> Message:
    """Mail the link to the address that was typed, within the budget of an address that nobody confirmed (SECURITY T14)."""
    who = controller()
    key_name = f"{ROOM}{row}"
    vault.create_text_key(key_name)
    ring("relay_messages")
    return queue_message(
        "draft_link",
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
        mailbox=tell.mailbox_key(email),
    )


def confirm_address(dsr: DataSubjectRequest, *, now: datetime) -> None:
    """The link of the kept form was opened from this very mailbox: the request need not ask again."""
    if dsr.email and dsr.email_confirmed_at is None:
        _, _, link = tokens.issue(dsr, TokenPurpose.CONFIRM_EMAIL, now=now)
        verify.confirm_email(dsr_id=dsr.pk, link=link, now=now)


def reference_of(token: str) -> str:
    """Under which name the files of a form wait for it to be sent."""
    return f"{DRAFTS}{token[:14]}"


def take_files(
    token: str, purpose: Purpose, *, files: Sequence[tuple[IO[bytes], int | None]], keep: timedelta, now: datetime
) -> Refusal | None:
    """Take a mandate or a proof in, sealed and unseen, in place of an earlier one; why not, when it is refused.

    What was there before goes only once all of the new is there: a wrong file never costs the right one.
    """
    reference = reference_of(token)
    if len(files) > MOST:
        return Refusal.COUNT
    earlier = list(_waiting(token, purpose).values_list("pk", flat=True))
    taken: list[UUID] = []
    day = date_format(timezone.localtime(now).date(), "j F Y")
    for stream, size in files:
        document = documents.receive(
            reference=reference,
            purpose=purpose,
            stream=stream,
            declared_size=size,
            label_texts=[controller().name, day, _watermark(purpose)],
            now=now,
            keep=keep,
        )
        if document.refusal:
            _end(taken, now)
            return Refusal(document.refusal)
        taken.append(document.pk)
    _end(earlier, now)
    return None


@transaction.atomic
def _end(ids: Iterable[UUID], now: datetime) -> None:
    for pk in ids:
        documents.destroy(now=now, document_id=pk)


def refusal_of(token: str, purpose: Purpose) -> Refusal | None:
    """Why the last file of a form was refused when it was looked at, after its page had taken it; None while one is there."""
    last = documents.of(reference_of(token), purpose).order_by("-uploaded_at").first()
    return Refusal(last.refusal) if last and last.refusal and not has_files(token, purpose) else None


def _watermark(purpose: Purpose) -> str:
    return _("To check a mandate only") if purpose == Purpose.MANDATE else _("To check a correction only")


def has_files(token: str, purpose: Purpose) -> bool:
    return _waiting(token, purpose).exists()


def keep_files(token: str, until: datetime) -> None:
    """They live as long as the answers they belong to."""
    documents.of(reference_of(token)).filter(state__in=documents.LIVE).update(destroy_by=until)


@transaction.atomic
def hand_over_files(dsr: DataSubjectRequest, token: str, *, purposes: Collection[Purpose], now: datetime) -> int:
    """The form is sent: its files belong to the request, and a person looks at them. How many there were.

    Files for what is no longer asked, since an answer was changed, go.
    """
    dsr = moves.locked(dsr.pk)
    waiting = [document for purpose in purposes for document in _waiting(token, purpose)]
    for document in waiting:
        document.reference, document.destroy_by = dsr.reference, document.uploaded_at + documents.KEPT_AT_MOST
        document.save(update_fields=["reference", "destroy_by"])
        data: dict[str, str | int] = {"purpose": document.purpose, "state": document.state, "bytes": document.bytes}
        RequestEvent.objects.record(dsr, EventKind.DOCUMENT_RECEIVED, at=now, actor_kind=ActorKind.DATA_SUBJECT, data=data)
    mandates = sum(document.purpose == Purpose.MANDATE for document in waiting)
    if mandates:
        came: dict[str, str | int] = {"how": "document", "arrived_at": now.isoformat(), "files": mandates}
        came["kind"] = PauseKind.IDENTITY.value
        RequestEvent.objects.record(dsr, EventKind.PROOF_RECEIVED, at=now, actor_kind=ActorKind.DATA_SUBJECT, data=came)
    documents.destroy(now=now, reference=reference_of(token))
    slices.end_all(reference_of(token))
    return len(waiting)


def _waiting(token: str, purpose: Purpose) -> QuerySet[Document]:
    return documents.of(reference_of(token), purpose).filter(state__in=documents.LIVE)


def forget_old_files(now: datetime) -> int:
    """Files whose form was never sent."""
    old = Document.objects.filter(reference__startswith=DRAFTS, uploaded_at__lt=now - KEPT, state__in=documents.LIVE)
    with transaction.atomic():
        return sum(documents.destroy(now=now, reference=name) for name in set(old.values_list("reference", flat=True)))


def forget_old_links(now: datetime) -> int:
    """Mails whose form is over (the key first, then the row with the address), and files of forms that were never sent."""
    kept = {f"{ROOM}{row}" for row in Session.objects.filter(expire_date__gt=now).values_list("session_key", flat=True)}
    counted = Message.objects.filter(kind=KIND, created_at__lt=now - COUNTED)
    old = [message for message in counted if message.created_at < now - KEPT or message.key_name not in kept]
    for message in old:
        vault.destroy_key(message.key_name)
        message.delete()
    return len(old) + forget_old_files(now)
