"""What becomes of messages that a person must see to: letters to post, and mails that could not be delivered."""

from __future__ import annotations

from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from dsar.controller import controller
from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import EventKind
from dsar.models import DataSubjectRequest, RequestEvent, User
from dsar.selectors import today_at_seat
from dsar.services import moves, tell
from dsar.services.acknowledge import acknowledgement_of
from dsar.services.bell import ring
from notifications.kinds import KINDS
from notifications.models import Message, MessageState

AT_A_TIME = 200


class SeenTo(DsarError):
    fr = "Ce message n’attend plus rien : quelqu’un s’en est occupé. Rechargez la page."
    en = "Nothing more is needed for this message: somebody has dealt with it. Reload the page."


class NotThatDay(DsarError):
    fr = "Donnez le jour où la lettre est partie : pas avant qu’elle ait été écrite, ni après aujourd’hui."
    en = "Give the day on which the letter left: not before it was written, and not after today."


class NotOnPaper(DsarError):
    fr = "Ce message n’a pas de sens sur papier. Réessayez, ou notez comment vous avez joint la personne."
    en = "This message makes no sense on paper. Try again, or note how you reached the person."


def look_at(*, dsr: DataSubjectRequest, message: Message, officer: User, now: datetime) -> None:
    """Record the look before the words are shown."""
    if not officer.may_read_cases:
        raise moves.NotAllowed
    with transaction.atomic():
        RequestEvent.objects.record(
            moves.locked(dsr.pk),
            EventKind.DATA_VIEWED,
            at=now,
            actor=officer,
            data={"collection": f"message.{message.kind}", "message": str(message.pk)},
        )


@transaction.atomic
def mark_posted(*, dsr_id: UUID, message_id: UUID, officer: User, posted_on: date, now: datetime) -> None:
    """Somebody printed the letter and posted it on that day; the event is the proof of dispatch (LAW R-69)."""
    dsr, message = _waiting(dsr_id, message_id, officer, MessageState.TO_POST)
    if not today_at_seat(message.created_at) <= posted_on <= today_at_seat(now):
        raise NotThatDay
    noon = datetime.combine(posted_on, time(12), tzinfo=ZoneInfo(controller().seat_time_zone))
    message.state, message.sent_at = MessageState.SENT, min(max(noon, message.created_at), now)
    message.save(update_fields=["state", "sent_at"])
    RequestEvent.objects.record(
        dsr,
        EventKind.LETTER_POSTED,
        at=now,
        actor=officer,
        data={"kind": message.kind, "message": str(message.pk), "posted_on": posted_on},
    )


@transaction.atomic
def try_again(*, dsr_id: UUID, message_id: UUID, officer: User, now: datetime) -> None:
    """Send it once more, with the waits of a new mail."""
    dsr, message = _waiting(dsr_id, message_id, officer, MessageState.UNDELIVERABLE)
    message.state, message.next_at, message.attempts, message.error = MessageState.WAITING, now, 0, ""
    message.save(update_fields=["state", "next_at", "attempts", "error"])
    _settled(dsr, message, officer, "again", now)
    ring("relay_messages")


@transaction.atomic
def write_by_post(*, dsr_id: UUID, message_id: UUID, officer: User, now: datetime) -> Message:
    """Say the same in a letter. The acknowledgement is written anew, since its code is of no use on paper."""
    dsr, message = _waiting(dsr_id, message_id, officer, MessageState.UNDELIVERABLE)
    if message.kind == "ready" or not KINDS[message.kind].by_post:
        raise NotOnPaper  # a copy goes by post when its release says so: withdraw the release first
    occasion = f"{message.occasion}-post"[-80:]
    if message.kind == "acknowledgement":
        letter = tell.tell_by_post(dsr, message.kind, now=now, occasion=occasion, **acknowledgement_of(dsr))
        assert letter is not None
    else:
        letter, _ = Message.objects.get_or_create(
            kind=message.kind,
            reference=message.reference,
            occasion=occasion,
            defaults={
                "recipient": "",
                "state": MessageState.TO_POST,
                "language": message.language,
                "key_name": message.key_name,
                "content": bytes(message.content),
                "created_at": now,
                "next_at": now,
            },
        )
    _close(message, now)
    _settled(dsr, message, officer, "by_post", now)
    return letter


@transaction.atomic
def settle(*, dsr_id: UUID, message_id: UUID, officer: User, now: datetime) -> None:
    """The officer reached the person otherwise, or the message matters no more."""
    dsr, message = _waiting(dsr_id, message_id, officer, MessageState.UNDELIVERABLE)
    _close(message, now)
    _settled(dsr, message, officer, "settled", now)


def _waiting(dsr_id: UUID, message_id: UUID, officer: User, state: MessageState) -> tuple[DataSubjectRequest, Message]:
    dsr = moves.locked(dsr_id)
    if not officer.may_act_on_cases:
        raise moves.NotAllowed
    message = Message.objects.select_for_update().get(pk=message_id, reference=dsr.reference)
    if message.state != state or message.settled_at:
        raise SeenTo
    return dsr, message


def _close(message: Message, now: datetime) -> None:
    message.settled_at = now
    message.save(update_fields=["settled_at"])


def _settled(dsr: DataSubjectRequest, message: Message, officer: User, how: str, now: datetime) -> None:
    RequestEvent.objects.record(
        dsr,
        EventKind.MESSAGE_SETTLED,
        at=now,
        actor=officer,
        data={"kind": message.kind, "message": str(message.pk), "how": how},
    )


def report_undeliverable(now: datetime) -> int:
    """Put on the case what the relay could not deliver: a refusal for good, or 72 hours of tries. Safe to run twice."""
    count = 0
    failed = Message.objects.filter(state=MessageState.UNDELIVERABLE, settled_at__isnull=True).order_by("created_at")
    for message in failed[:AT_A_TIME]:
        count += _report(message, now)
    return count


@transaction.atomic
def _report(message: Message, now: datetime) -> bool:
    dsr = DataSubjectRequest.objects.select_for_update().filter(reference=message.reference).first()
    if dsr is None:  # a digest, which belongs to no case
        return False
    about = dsr.events.filter(data__message=str(message.pk), kind__in=[EventKind.UNDELIVERABLE, EventKind.MESSAGE_SETTLED])
    last = about.order_by("-sequence").first()
    if last is not None and last.kind == EventKind.UNDELIVERABLE:
        return False
    RequestEvent.objects.record(
        dsr,
        EventKind.UNDELIVERABLE,
        at=now,
        data={"kind": message.kind, "message": str(message.pk), "tries": message.attempts},
        text=message.error,
    )
    return True
