"""Tells the data subject and the staff: a message is stored in the transaction of the change it tells of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import translation

from dsar.controller import controller
from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import ActorKind, EventKind
from dsar.models import DataSubjectRequest, RequestEvent, User
from dsar.services.bell import ring
from dsar.services.moves import locked
from identity import vault
from identity.vault import keyed_hash
from notifications.address import mailbox_of
from notifications.kinds import KINDS
from notifications.models import Message, MessageState
from notifications.outbox import queue_message

UNPROVEN_PER_HOUR, UNPROVEN_PER_DAY = 3, 10  # mails to one address that nobody has confirmed yet
LONGEST_TEXT = 2000


class NoAddress(DsarError):
    fr = "Cette personne n’a pas donné d’adresse e-mail : répondez par la poste."
    en = "This person gave no email address: answer by post."


class NothingWritten(DsarError):
    fr = "Écrivez votre message, en 2 000 caractères au plus."
    en = "Write your message, in at most 2,000 characters."


def absolute(name: str, language: str, *args: object) -> str:
    """A link for a mail; the host comes from the configuration and never from a request."""
    with translation.override(language):
        return settings.PUBLIC_URL.rstrip("/") + reverse(name, args=args)


def tell(
    dsr: DataSubjectRequest, kind: str, *, now: datetime, occasion: str = "once", within_budget: bool = True, **context: object
) -> Message | None:
    """Store one mail to the data subject, in their language; without an e-mail, a letter that waits to be posted.

    An address that nobody confirmed has a budget, which not every mail keeps to (`within_budget`). None when there is no e-mail
    and the kind makes no sense on paper, such as a code.
    """
    return _store(dsr, kind, dsr.answer_email, occasion, context, now, within_budget=within_budget)


def tell_by_post(
    dsr: DataSubjectRequest, kind: str, *, now: datetime, occasion: str = "once", **context: object
) -> Message | None:
    """Store one letter to the data subject, also when they have an e-mail."""
    return _store(dsr, kind, "", occasion, context, now)


def _store(
    dsr: DataSubjectRequest,
    kind: str,
    to: str,
    occasion: str,
    context: Mapping[str, object],
    now: datetime,
    *,
    within_budget: bool = True,
) -> Message | None:
    if not to and not KINDS[kind].by_post:
        return None
    not_before = budget(to, now) if to and within_budget and not dsr.email_confirmed_at else None
    return _queue(dsr, kind, to, dsr.language, occasion, context, now, not_before)


def _queue(
    dsr: DataSubjectRequest,
    kind: str,
    to: str,
    language: str,
    occasion: str,
    context: Mapping[str, object],
    now: datetime,
    not_before: datetime | None = None,
) -> Message:
    """Store one message about a request, sealed by the request's key, and ring for the relay when it is a mail."""
    if to:
        ring("relay_messages")
    return queue_message(
        kind,
        to=to,
        language=language,
        reference=dsr.reference,
        occasion=occasion,
        key_name=dsr.key_name,
        seal=vault.seal_text,
        context={**common(dsr.reference, language), **context},
        now=now,
        not_before=not_before,
        mailbox=mailbox_key(to) if to else "",
    )


def tell_address(dsr: DataSubjectRequest, kind: str, *, to: str, now: datetime, occasion: str, **context: object) -> Message:
    """Store one mail in the person's language to another address than the request's: the old one, or one on file."""
    return _queue(dsr, kind, to, dsr.language, occasion, context, now)


def common(reference: str, language: str) -> dict[str, object]:
    """What every message names: the request, the controller, whom to ask and where to complain."""
    who = controller()
    return {
        "reference": reference,
        "controller_name": who.name,
        "dpo_name": who.dpo.name,
        "dpo_email": who.dpo.email,
        "authority": who.authority,
        "follow_url": absolute("public:follow", language),
    }


def mailbox_key(to: str) -> str:
    """By what the mails of one mailbox are counted: a keyed hash of the spelling that its variants share."""
    return keyed_hash(mailbox_of(to), "mailbox")


def lock_mailbox(key: str) -> None:
    """Keep others from planning mails to this mailbox until the transaction ends; SQLite lets in one writer at a time anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(key[:15], 16)])


def budget(to: str, now: datetime) -> datetime | None:
    """When the next mail to an unconfirmed address may leave: a stranger's mailbox must not be flooded through our form.

    Spellings of one mailbox share one budget: dots, letter case and what follows a plus sign do not make another (SECURITY T14).
    Holds the mailbox until the transaction ends, so that thirty requests at one instant are counted one after the other.
    """
    planned = _planned(to, now)
    return _after(planned, now, max([now, *planned[-1:]]))


def code_budget(to: str, now: datetime) -> datetime | None:
    """When a code may leave, in the same budget; None for at once. It never waits, since it lives 15 minutes."""
    return _after(_planned(to, now), now, now)


def _planned(to: str, now: datetime) -> list[datetime]:
    """When mails to this mailbox about requests whose address nobody confirmed left or will leave; holds the mailbox."""
    key = mailbox_key(to)
    lock_mailbox(key)
    proven = DataSubjectRequest.objects.filter(email__iexact=to, email_confirmed_at__isnull=False).values("reference")
    mails = Message.objects.filter(mailbox=key, sent_in__isnull=True).exclude(reference__in=proven)
    counted = mails.exclude(state__in=[MessageState.HELD, MessageState.SUPERSEDED])
    leaving = counted.annotate(leaves_at=Coalesce("sent_at", "next_at")).filter(leaves_at__gt=now - timedelta(days=1))
    # Those that wait count when they leave: thirty requests in one minute must not become thirty mails an hour later.
    return sorted(leaving.values_list("leaves_at", flat=True))


def _after(planned: Sequence[datetime], now: datetime, at: datetime) -> datetime | None:
    if len(planned) >= UNPROVEN_PER_HOUR:
        at = max(at, planned[-UNPROVEN_PER_HOUR] + timedelta(hours=1))
    if len(planned) >= UNPROVEN_PER_DAY:
        at = max(at, planned[-UNPROVEN_PER_DAY] + timedelta(days=1))
    return at if at > now else None


def tell_staff(
    kind: str, *, to: str, language: str, dsr: DataSubjectRequest, occasion: str, now: datetime, **context: object
) -> None:
    """Store one mail to a colleague about a case: references and links only."""
    _queue(dsr, kind, to, language, occasion, context, now)


@transaction.atomic
def write_to_subject(*, dsr_id: UUID, officer: User, words: str, now: datetime) -> None:
    """An officer's words to the person, kept on the case and sent, or laid ready to be posted."""
    dsr = locked(dsr_id)
    words = _checked(words)
    event = RequestEvent.objects.record(dsr, EventKind.MESSAGE_TO_SUBJECT, at=now, actor=officer, text=words)
    tell(dsr, "letter_to_subject", now=now, occasion=f"event-{event.sequence}", words=words)


@transaction.atomic
def receive_from_subject(*, dsr_id: UUID, words: str, now: datetime) -> None:
    """The person's words, from the status page; any sign of the person brings the case to the top again."""
    dsr = locked(dsr_id)
    RequestEvent.objects.record(
        dsr, EventKind.MESSAGE_FROM_SUBJECT, at=now, actor_kind=ActorKind.DATA_SUBJECT, text=_checked(words)
    )


def _checked(words: str) -> str:
    words = words.strip()
    if not words or len(words) > LONGEST_TEXT:
        raise NothingWritten
    return words
