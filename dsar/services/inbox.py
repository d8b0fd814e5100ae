"""Takes in the mail that arrived: a new message is a draft request with its clock running, an answer joins its case.

What machines wrote is set aside for a person to see. An acknowledgement leaves only towards the sender of a mail that passed
every check; it repeats nothing that the mail said (SECURITY T13, T14).
"""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parseaddr
from io import BytesIO

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Q

from dsar.controller import controller
from dsar.domain.references import normalise_reference
from dsar.domain.vocabulary import ActorKind, Channel, EventKind, ReceiptEvidence, RequestType
from dsar.domain.wishes import language_of, propose
from dsar.models import DataSubjectRequest, RequestEvent
from dsar.selectors.identity import open_question
from dsar.services import ask, intake, moves
from dsar.services.intake import Intake
from identity import documents, vault
from identity.models import DocumentState, Purpose
from notifications.inbox import Arrived, Mailbox, PollReport, poll
from notifications.inbox_kind import Recognised, recognise, what_came_back, why_not_to_answer
from notifications.inbox_models import MailKind, MailState, ReceivedMail
from notifications.inbox_reading import Letter, clean, id_hash, read
from notifications.models import Message, MessageState

ANSWERED_A_DAY = 3  # drafts from one address that are acknowledged by themselves; a machine that answers answers ends here
STALE = timedelta(days=7)  # an older message was overlooked somewhere: a person writes, and says why so late
MOST_FILES = 50  # noted of one mail
MOST_KEPT, MOST_KEPT_OF_A_CASE = 10, 30  # handed to the sanitiser
_FOR_GOOD = re.compile(r"\b5\d\d\b|\b5\.\d{1,3}\.\d{1,3}\b")

logger = structlog.get_logger(__name__)


def mailbox() -> Mailbox | None:
    """The configured mailbox, or None: intake by mail is off."""
    if not settings.IMAP_HOST:
        return None
    return Mailbox(
        host=settings.IMAP_HOST,
        port=settings.IMAP_PORT,
        user=settings.IMAP_USER,
        password=settings.IMAP_PASSWORD,
        tls=settings.IMAP_TLS,
        ca_file=settings.IMAP_CA_FILE,
        folder=settings.IMAP_FOLDER,
        done_folder=settings.IMAP_DONE_FOLDER,
        since=settings.IMAP_SINCE,
    )


def poll_mailbox(*, clock: Callable[[], datetime]) -> PollReport:
    """Take in what is new. Raises `MailboxUnavailable`; nothing is lost then, and the next poll goes on."""
    box = mailbox()
    return poll(box, take=lambda arrived: take_in(arrived, now=clock()), clock=clock) if box else PollReport()


def own_addresses() -> frozenset[str]:
    """The addresses that we write from and read at: mail from them is ours, gone round in a circle."""
    return frozenset(
        address.lower() for address in (parseaddr(settings.DEFAULT_FROM_EMAIL)[1], settings.IMAP_USER) if "@" in address
    )


def take_in(arrived: Arrived, *, now: datetime) -> None:
    """Store one message and what follows from it, in one transaction; a message that is known changes nothing.

    One that cannot be handled is set aside unread: it must neither be lost nor keep others waiting.
    """
    letter = read(arrived.raw, is_cut=arrived.is_cut)
    try:
        _store(arrived, letter, recognise(letter, own_addresses=own_addresses()), now)
    except DatabaseError:
        raise
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]  # the place, and no value: an exception may quote the mail
        logger.error("mail set aside", uid=arrived.uid, reason=type(error).__name__, place=f"{place.name}:{place.lineno}")
        _store(arrived, letter, Recognised(MailKind.OTHER, "not_handled"), now)


def _store(arrived: Arrived, letter: Letter, recognised: Recognised, now: datetime) -> None:
    keys: list[str] = []
    try:
        with transaction.atomic():
            mail = ReceivedMail.objects.claim(
                replace(arrived, received_at=min(arrived.received_at, now)),  # a server's clock may run ahead of ours
                fingerprint=letter.fingerprint,
                message_id_hash=id_hash(letter.message_id),
                stored_at=now,
                sender=letter.sender,
                language=language_of(f"{letter.subject}\n{letter.text}", otherwise=controller().languages[0]),
                kind=recognised.kind,
                reason=recognised.reason or ("unreadable" if letter.unreadable else "too_large" if letter.is_cut else ""),
                attachments=_files(letter),
            )
            if mail is not None:
                _place(mail, letter, now, keys)
    except BaseException:
        for key in keys:  # the transaction is undone, and a key is a file
            vault.destroy_key(key)
        raise


def _files(letter: Letter) -> list[dict[str, str | int]]:
    """What came along, by type and size; a name is the sender's word and may say anything."""
    return [{"type": f.content_type, "bytes": len(f.content), "kept": "", "refused": ""} for f in letter.attachments[:MOST_FILES]]


def _keep_files(mail: ReceivedMail, dsr: DataSubjectRequest, letter: Letter, now: datetime) -> None:
    """Hand the files to the sanitiser; none is kept as it came. A refusal is kept as its code, for a person to tell."""
    day = intake.receipt_date(mail.received_at).isoformat()
    for file, entry in list(zip(letter.attachments, mail.attachments, strict=False))[:MOST_KEPT]:
        document = documents.receive(
            reference=dsr.reference,
            purpose=Purpose.ATTACHMENT,
            stream=BytesIO(file.content),
            declared_size=len(file.content),
            label_texts=[dsr.reference, day],
            now=now,
            at_most=MOST_KEPT_OF_A_CASE,
        )
        if document.state == DocumentState.REFUSED:
            entry["refused"] = str(document.refusal)
        else:
            entry["kept"] = str(document.pk)


def _place(mail: ReceivedMail, letter: Letter, now: datetime, keys: list[str]) -> None:
    """Where this message belongs."""
    if mail.reason == "not_handled":
        _set_aside(mail, letter, keys)
    elif mail.kind == MailKind.BOUNCE:
        _came_back(mail, letter, keys)
    elif mail.kind in (MailKind.AUTO_REPLY, MailKind.LOOP):
        _set_aside(mail, letter, keys)
    elif mail.kind == MailKind.OTHER and not _asks_for_more_than_silence(letter):
        _set_aside(mail, letter, keys)  # a list that asks for nothing; one that asks may be the DPO's own list, and is a draft
    elif not letter.sender:
        mail.kind, mail.reason = MailKind.OTHER, "no_plain_sender"
        _set_aside(mail, letter, keys)
    else:
        _from_a_person(mail, letter, now, keys)


def _asks_for_more_than_silence(letter: Letter) -> bool:
    """Whether a mail of a list uses a right; "unsubscribe" alone stands in every newsletter."""
    proposed = {wish.right for wish in propose(letter.text, subject=letter.subject)}
    return bool(proposed - {RequestType.MARKETING_OBJECTION})


def _set_aside(mail: ReceivedMail, letter: Letter, keys: list[str], dsr: DataSubjectRequest | None = None) -> None:
    """Keep it readable, for a person to see; under a key of its own, unless it is about a case."""
    mail.key_name = f"mails/{mail.pk}"
    vault.create_text_key(mail.key_name)
    keys.append(mail.key_name)
    mail.state = MailState.SET_ASIDE
    mail.reference = dsr.reference if dsr else ""
    mail.content = sealed(mail.key_name, letter)
    mail.save()


def sealed(key_name: str, letter: Letter) -> bytes:
    words = {
        "subject": letter.subject,
        "text": letter.text,
        "sender_name": letter.sender_name,
        "written_from": clean(", ".join(address for _, address in letter.senders)[:500]),
    }
    return vault.seal_text(key_name, json.dumps(words, ensure_ascii=False))


# Mail of people


def _from_a_person(mail: ReceivedMail, letter: Letter, now: datetime, keys: list[str]) -> None:
    dsr, to_colleague = _case_of(letter)
    if dsr is not None:
        mail.kind = MailKind.REPLY
        if to_colleague:
            mail.reason = "colleague"
            _set_aside(mail, letter, keys, dsr)
            return
        if is_address_of(dsr, letter.sender) and _join(mail, dsr, letter, now):
            return
        # Whoever writes from elsewhere is let into no case: a person decides, and the draft says which case it names.
        mail.named_reference = dsr.reference
    _draft(mail, letter, now, keys)


def is_address_of(dsr: DataSubjectRequest, sender: str) -> bool:
    return sender.lower() in {address.lower() for address in (dsr.email, dsr.delivery_email) if address}


def _case_of(letter: Letter) -> tuple[DataSubjectRequest | None, bool]:
    """The case that a message is about, and whether it answers a mail of ours to that very sender about somebody else's case."""
    answered = Message.objects.filter(pk__in=letter.ours).order_by("-created_at").first()
    if answered is not None:
        names = [answered.reference, *answered.carried.order_by("created_at").values_list("reference", flat=True)[:1]]
        dsr = DataSubjectRequest.objects.filter(reference__in=names).first()
        if dsr is not None:
            to_them = answered.recipient.lower() == letter.sender.lower()
            return dsr, to_them and not is_address_of(dsr, letter.sender)
    for reference in references_in(letter.subject):
        if dsr := DataSubjectRequest.objects.filter(reference=reference).first():
            return dsr, False
    earlier = ReceivedMail.objects.filter(message_id_hash__in=[id_hash(answer) for answer in letter.answers])
    for reference in earlier.exclude(reference="").values_list("reference", flat=True)[:1]:
        return DataSubjectRequest.objects.filter(reference=reference).first(), False
    return None, False


def references_in(text: str) -> list[str]:
    """Valid references in a line, as they are stored."""
    prefix = controller().reference_prefix
    written = re.findall(rf"\b{prefix}[-‐–— ]?[0-9A-Z]{{4}}[-‐–— ]?[0-9A-Z]{{4}}\b", text, re.IGNORECASE)
    found = (normalise_reference(reference, prefix=prefix) for reference in written)
    return [reference for reference in found if reference]


def _join(mail: ReceivedMail, dsr: DataSubjectRequest, letter: Letter, now: datetime) -> bool:
    """Add the words to the case of the person who wrote them; False when that case is forgotten."""
    dsr = moves.locked(dsr.pk)
    try:
        mail.content = sealed(dsr.key_name, letter)
    except vault.KeyDestroyed:
        return False
    mail.key_name, mail.reference, mail.state = dsr.key_name, dsr.reference, MailState.JOINED
    _keep_files(mail, dsr, letter, now)
    mail.save()
    record_joined(mail, dsr, words_of(letter.subject, letter.text), now=now)
    return True


def record_joined(mail: ReceivedMail, dsr: DataSubjectRequest, words: str, *, now: datetime) -> None:
    """Two events: that a mail joined (when it arrived, how many files), and what the person says. It decides nothing."""
    data: dict[str, str | int | datetime] = {
        "mail": str(mail.pk),
        "arrived_at": mail.received_at,
        "attachments": len(mail.attachments),
    }
    RequestEvent.objects.record(dsr, EventKind.MAIL_JOINED, at=now, data=data)
    RequestEvent.objects.record(
        dsr,
        EventKind.MESSAGE_FROM_SUBJECT,
        at=now,
        actor_kind=ActorKind.DATA_SUBJECT,
        data={"channel": Channel.EMAIL.value},
        text=words,
    )
    if open_question(dsr) is not None:  # it may be the answer: a person judges it, and nobody is closed for silence meanwhile
        ask.proof_arrived(dsr_id=dsr.pk, how="mail", arrived_at=mail.received_at, now=now)


def words_of(subject: str, text: str) -> str:
    return f"{subject}\n\n{text}".strip()


def _draft(mail: ReceivedMail, letter: Letter, now: datetime, keys: list[str]) -> None:
    """A request whose clock runs from the arrival; which rights it uses, a person says."""
    mail.unanswered = _why_unanswered(mail, letter, now)
    dsr = intake.receive_request(
        answers=Intake(
            rights=(RequestType.UNSPECIFIED,),
            name=letter.sender_name.replace("@", " ").strip() or letter.sender.partition("@")[0],
            language=mail.language,
            email=letter.sender,
            details={RequestType.UNSPECIFIED: words_of(letter.subject, letter.text)},
        ),
        channel=Channel.EMAIL,
        received_at=mail.received_at,
        now=now,
        evidence=ReceiptEvidence.MAIL_HEADERS,
        idempotency_key=f"mail-{mail.pk}",
        acknowledge=not mail.unanswered,
    )
    keys.append(dsr.key_name)
    mail.state, mail.reference, mail.key_name = MailState.DRAFT, dsr.reference, dsr.key_name
    mail.rights = [wish.right.value for wish in propose(letter.text, subject=letter.subject)]
    mail.content = sealed(dsr.key_name, letter)
    _keep_files(mail, dsr, letter, now)
    mail.save()


def _why_unanswered(mail: ReceivedMail, letter: Letter, now: datetime) -> str:
    """The code of the reason why no acknowledgement leaves by itself, or ""."""
    if mail.kind == MailKind.OTHER:
        return mail.reason or "mailing_list"
    if mail.named_reference:
        return "names_a_case"
    if reason := why_not_to_answer(letter):
        return reason
    if now - mail.received_at > STALE:
        return "old"
    recent = DataSubjectRequest.objects.filter(
        channel=Channel.EMAIL, email__iexact=letter.sender, received_at__gt=now - timedelta(days=1)
    )
    return "many" if recent.count() >= ANSWERED_A_DAY else ""


# Mail that came back


def _came_back(mail: ReceivedMail, letter: Letter, keys: list[str]) -> None:
    """Mark the mail of ours that could not be delivered; `post` puts it on its case, and the report itself stays readable."""
    reports = what_came_back(letter)
    for_good = any(report.for_good for report in reports) or (not reports and _FOR_GOOD.search(letter.text) is not None)
    ours = _returned_messages(letter, {report.recipient.lower() for report in reports})
    dsr = DataSubjectRequest.objects.filter(reference__in=[message.reference for message in ours]).first()
    if reports and not for_good:
        mail.reason = "delayed"
    _set_aside(mail, letter, keys, dsr)
    if not for_good or dsr is None:
        return
    status = next((report.status for report in reports if report.for_good), "")
    those = [message.pk for message in ours]
    returned = Message.objects.filter(Q(pk__in=those) | Q(sent_in__in=those), state=MessageState.SENT)
    returned.update(state=MessageState.UNDELIVERABLE, error=f"{status} the mail came back".strip())
    mail.state = MailState.JOINED
    mail.save(update_fields=["state"])


def _returned_messages(letter: Letter, recipients: set[str]) -> list[Message]:
    """By our Message-ID, which only the recipient's side knows; else the last mail about a named case to the failed address."""
    if letter.quoted:
        return list(Message.objects.filter(pk__in=letter.quoted))
    named = references_in(f"{letter.subject}\n{letter.text[:4000]}")
    same = Q()
    for recipient in recipients:
        same |= Q(recipient__iexact=recipient)
    if not named or not recipients:
        return []
    last = Message.objects.filter(same, reference__in=named, state=MessageState.SENT).order_by("-sent_at").first()
    return [last] if last else []
