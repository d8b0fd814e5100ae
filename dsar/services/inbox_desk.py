"""What an officer does with a mail that arrived: names its rights, joins it to a case, sets it aside, or makes it a request."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from dsar import selectors
from dsar.controller import controller
from dsar.domain.errors import DsarError
from dsar.domain.references import normalise_reference
from dsar.domain.steps import Move
from dsar.domain.vocabulary import Channel, EventKind, ReceiptEvidence, RequestType, Status
from dsar.domain.wishes import propose
from dsar.models import DataSubjectRequest, RequestEvent, RequestPart, User
from dsar.services import inbox, intake, moves
from dsar.services.acknowledge import acknowledge_receipt
from dsar.services.intake import Intake
from identity import vault
from notifications.inbox_models import MailState, ReceivedMail

KEPT_ASIDE = timedelta(days=30)  # the words of what was set aside, after a person dealt with it


class ReasonWanted(DsarError):
    fr = "Écrivez en quelques mots pourquoi."
    en = "Write in a few words why."


class DealtWithAlready(DsarError):
    fr = "Ce message a déjà été traité. Rechargez la page."
    en = "This message has been dealt with already. Reload the page."


class NoSuchCase(DsarError):
    fr = "Aucun de vos dossiers ne porte cette référence."
    en = "None of your cases has this reference."


@dataclass(frozen=True)
class Words:
    """What a mail says, opened; all empty once its key is destroyed."""

    subject: str = ""
    text: str = ""
    sender_name: str = ""
    written_from: str = ""


def opened(mail: ReceivedMail) -> Words:
    """The words of a mail. Forgotten ones are empty."""
    if not mail.content:
        return Words()
    try:
        return Words(**json.loads(vault.open_text(mail.key_name, bytes(mail.content))))
    except vault.KeyDestroyed:
        return Words()


def note_of(mail: ReceivedMail) -> str:
    """Why a person set it aside; "" when nobody did, or when it is forgotten."""
    try:
        return vault.open_text(mail.key_name, bytes(mail.note)) if mail.note else ""
    except vault.KeyDestroyed:
        return ""


def _checked(mail_id: UUID, officer: User) -> ReceivedMail:
    if not officer.may_act_on_cases:
        raise moves.NotAllowed
    mail = selectors.mails_of(officer).filter(pk=mail_id).first()
    if mail is None:
        raise moves.NotAllowed
    return mail


def _still(mail: ReceivedMail, *states: MailState) -> ReceivedMail:
    """The row, locked, if nobody dealt with it meanwhile."""
    locked = ReceivedMail.objects.select_for_update().get(pk=mail.pk)
    if locked.state not in states:
        raise DealtWithAlready
    return locked


def _settled(mail: ReceivedMail, state: MailState, officer: User, now: datetime) -> None:
    mail.state, mail.settled_by, mail.settled_at = state, officer.email, now
    mail.save()


def draft_part(reference: str) -> RequestPart | None:
    """The part of a draft that still waits to be read."""
    unread = RequestPart.objects.filter(dsr__reference=reference, right=RequestType.UNSPECIFIED).exclude(step=Status.CLOSED)
    return unread.select_related("dsr").first()


@transaction.atomic
def name_rights(*, mail_id: UUID, officer: User, rights: Sequence[RequestType], now: datetime) -> DataSubjectRequest:
    """A person says which rights the message uses; the rules only proposed."""
    mail = _checked(mail_id, officer)
    part = draft_part(mail.reference)
    if part is None:
        raise intake.AlreadyQualified
    moves.locked(part.dsr_id)
    mail = _still(mail, MailState.DRAFT)
    dsr = intake.qualify(part_id=part.pk, officer=officer, rights=rights, now=now)
    _settled(mail, MailState.REGISTERED, officer, now)
    return dsr


@transaction.atomic
def join_case(*, mail_id: UUID, officer: User, reference: str, now: datetime) -> DataSubjectRequest:
    """Add the message to a case of the officer's choice; a draft that it had opened is closed."""
    mail = _checked(mail_id, officer)
    wanted = normalise_reference(reference, prefix=controller().reference_prefix)
    found = (
        DataSubjectRequest.objects.visible_to(officer).filter(reference=wanted or "").exclude(reference=mail.reference).first()
    )
    if found is None and mail.state == MailState.SET_ASIDE:
        found = DataSubjectRequest.objects.visible_to(officer).filter(reference=wanted or "").first()
    if found is None:
        raise NoSuchCase
    part = draft_part(mail.reference) if mail.state == MailState.DRAFT else None
    for dsr_id in sorted({found.pk, *([part.dsr_id] if part else [])}):  # always in one order, so that two joins never cross
        moves.locked(dsr_id)
    target = moves.locked(found.pk)
    mail = _still(mail, MailState.DRAFT, MailState.SET_ASIDE)
    if mail.state == MailState.DRAFT:
        _close_draft(part, officer, target.reference, now)
    words, old_key = opened(mail), mail.key_name
    mail.content = _sealed_again(target.key_name, words)
    mail.key_name, mail.reference, mail.named_reference = target.key_name, target.reference, ""
    _settled(mail, MailState.JOINED, officer, now)
    _destroy_own_key(old_key)
    inbox.record_joined(mail, target, inbox.words_of(words.subject, words.text), now=now)
    return target


@transaction.atomic
def set_aside(*, mail_id: UUID, officer: User, reason: str, now: datetime) -> None:
    """The message asks for nothing that this product answers; why is kept. A draft that it had opened is closed."""
    mail = _checked(mail_id, officer)
    reason = reason.strip()
    if not reason:
        raise ReasonWanted
    part = draft_part(mail.reference) if mail.state == MailState.DRAFT else None
    if part is not None:
        moves.locked(part.dsr_id)
    mail = _still(mail, MailState.DRAFT, MailState.SET_ASIDE)
    if mail.state == MailState.DRAFT:
        _close_draft(part, officer, reason, now)
    mail.note = vault.seal_text(mail.key_name, reason)
    _settled(mail, MailState.DISCARDED, officer, now)


def make_request(*, mail_id: UUID, officer: User, now: datetime) -> DataSubjectRequest:
    """What the machine had set aside is a request after all; its clock runs from the arrival (LAW R-01)."""
    mail = _checked(mail_id, officer)
    words = opened(mail)
    made: list[str] = []
    try:
        with transaction.atomic():
            mail = _still(mail, MailState.SET_ASIDE)
            dsr = intake.receive_request(
                answers=Intake(
                    rights=(RequestType.UNSPECIFIED,),
                    name=words.sender_name or mail.sender.partition("@")[0],
                    language=mail.language,
                    email=mail.sender,
                    details={RequestType.UNSPECIFIED: inbox.words_of(words.subject, words.text)},
                ),
                channel=Channel.EMAIL,
                received_at=mail.received_at,
                now=now,
                officer=officer,
                evidence=ReceiptEvidence.MAIL_HEADERS,
                idempotency_key=f"mail-{mail.pk}",
                acknowledge=False,
            )
            made.append(dsr.key_name)
            old_key = mail.key_name
            mail.content = _sealed_again(dsr.key_name, words)
            mail.rights = [wish.right.value for wish in propose(words.text, subject=words.subject)]
            mail.state, mail.reference, mail.key_name, mail.unanswered = MailState.DRAFT, dsr.reference, dsr.key_name, mail.reason
            mail.save()
            _destroy_own_key(old_key)
    except BaseException:
        for key in made:
            vault.destroy_key(key)
        raise
    return dsr


@transaction.atomic
def mark_read(*, mail_id: UUID, officer: User, now: datetime) -> None:
    """An officer has read the answer that joined its case; until then the case stands first in the queue."""
    mail = _still(_checked(mail_id, officer), MailState.JOINED)
    if mail.settled_at is None:
        _settled(mail, MailState.JOINED, officer, now)


@transaction.atomic
def acknowledge(*, mail_id: UUID, officer: User, now: datetime) -> DataSubjectRequest:
    """A person has looked at the sender and sends the acknowledgement that did not leave by itself."""
    mail = _checked(mail_id, officer)
    dsr = moves.locked(DataSubjectRequest.objects.get(reference=mail.reference).pk)
    mail = _still(mail, MailState.DRAFT, MailState.REGISTERED)
    if not mail.unanswered:
        raise DealtWithAlready
    acknowledge_receipt(dsr, now=now, at_once=True)
    mail.unanswered = ""
    mail.save(update_fields=["unanswered"])
    return dsr


def _close_draft(part: RequestPart | None, officer: User, reason: str, now: datetime) -> None:
    """Close a request that was none. One whose rights are named already is decided on its case, not here."""
    if part is None or part.dsr.parts.count() > 1:
        raise intake.AlreadyQualified
    moves.move(part, Move.CLOSE)
    dsr = part.dsr
    dsr.closed_at, dsr.next_at = now, None
    dsr.save(update_fields=["closed_at", "next_at"])
    RequestEvent.objects.record(dsr, EventKind.CLOSED, at=now, actor=officer, text=reason)


def _sealed_again(key_name: str, words: Words) -> bytes:
    return vault.seal_text(key_name, json.dumps(words.__dict__, ensure_ascii=False))


def _destroy_own_key(key_name: str) -> None:
    """The key of a message that now lies under its case's; a request's own key is never touched here."""
    if key_name.startswith("mails/"):
        transaction.on_commit(lambda: vault.destroy_key(key_name))


def forget_set_aside(now: datetime) -> int:
    """The words of messages without a case, a month after a person dealt with them; the row stays, or they would come back."""
    count = 0
    old = ReceivedMail.objects.filter(state=MailState.DISCARDED, key_name__startswith="mails/", settled_at__lt=now - KEPT_ASIDE)
    for mail in old:
        vault.destroy_key(mail.key_name)  # first: a sweep that dies in between comes back for the row
        mail.sender, mail.language, mail.content, mail.note, mail.key_name = "", "", b"", b"", ""
        mail.save()
        count += 1
    return count
