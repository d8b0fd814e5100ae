"""Takes a request in, on whatever channel; the clock starts when it reached the controller (GDPR Art. 12(3))."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import IntegrityError, transaction

from dsar.controller import controller
from dsar.domain.calendars import rule_pack
from dsar.domain.clock import ClockFacts, Deadlines, deadlines, local_date
from dsar.domain.errors import DsarError
from dsar.domain.references import new_reference
from dsar.domain.steps import Move
from dsar.domain.vocabulary import (
    AT_ONCE,
    ActorKind,
    Channel,
    EventKind,
    Outcome,
    ReceiptEvidence,
    RequestType,
    Status,
    SubjectKind,
    Tie,
)
from dsar.labels import asked
from dsar.models import DataSubjectRequest, RequestEvent, RequestPart, User
from dsar.selectors import today_at_seat
from dsar.services import acknowledge as receipt
from dsar.services import execute, moves, suppress, tell
from dsar.services.bell import ring_for
from identity import vault


class NothingAsked(DsarError):
    fr = "Choisissez au moins une demande, ou « Je ne sais pas »."
    en = "Choose at least one thing to ask, or “I’m not sure”."


class NoWayToAnswer(DsarError):
    fr = "Donnez une adresse e-mail ou une adresse postale : sans elles, nous ne pouvons pas répondre."
    en = "Give an email address or a postal address: without one we cannot answer."


class ReceivedInTheFuture(DsarError):
    fr = "La date de réception ne peut pas être dans l’avenir."
    en = "The date of receipt cannot be in the future."


class EvidenceDoesNotFit(DsarError):
    fr = "Cette preuve ne va pas avec ce mode d’arrivée. Choisissez celle qui montre le jour de réception."
    en = "This evidence does not go with this channel. Choose the one that shows the day of receipt."


class AlreadyQualified(DsarError):
    fr = "Cette demande a déjà été qualifiée. Rechargez le dossier."
    en = "This request has already been qualified. Reload the case."


# What may show the day of receipt, by channel; the first one when nothing is said. A postmark never counts (LAW R-03).
EVIDENCE: Mapping[Channel, tuple[ReceiptEvidence, ...]] = {
    Channel.FORM: (ReceiptEvidence.FORM_SENT,),
    Channel.EMAIL: (ReceiptEvidence.MAIL_HEADERS, ReceiptEvidence.FORWARDED),
    Channel.POST: (ReceiptEvidence.POST_STAMP, ReceiptEvidence.DELIVERY_SLIP, ReceiptEvidence.FORWARDED),
    Channel.PHONE: (ReceiptEvidence.CALL_NOTE, ReceiptEvidence.FORWARDED),
    Channel.COUNTER: (ReceiptEvidence.COUNTER_RECEIPT, ReceiptEvidence.FORWARDED),
    Channel.API: (ReceiptEvidence.API_CALL, ReceiptEvidence.FORWARDED),
}


@dataclass(frozen=True)
class Intake:
    """What the form, or an officer for the person, wrote down. `identifiers` maps a kind to its values."""

    rights: tuple[RequestType, ...]
    name: str
    language: str
    email: str = ""
    subject_kind: SubjectKind = SubjectKind.SELF
    about: Mapping[str, str] = field(default_factory=dict)
    tie: Tie = Tie.OTHER
    site: str = ""
    years: str = ""
    other_names: str = ""
    identifiers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    details: Mapping[RequestType, str] = field(default_factory=dict)
    postal_address: str = ""
    handed_over_by: str = ""  # the tool of ours whose signed link began the form: where it came from, and nothing else


def receive_request(
    *,
    answers: Intake,
    channel: Channel,
    received_at: datetime,
    now: datetime,
    officer: User | None = None,
    evidence: ReceiptEvidence | None = None,
    evidence_note: str = "",
    idempotency_key: str = "",
    acknowledge: bool = True,
    prove: Callable[[DataSubjectRequest], None] | None = None,
) -> DataSubjectRequest:
    """Store the request, its parts, the receipt and the acknowledgement in one transaction, or nothing at all.

    `received_at` is when it reached the controller (a letter: its delivery; a processor had it first: their day, LAW R-05);
    `evidence` shows that day, with the officer's note of it (LAW R-02).
    `prove` confirms an address whose mailbox answered before there was a request, so that the acknowledgement asks for nothing.
    The same `idempotency_key` gives the same request again. Without `acknowledge` nothing leaves by itself: a person looks
    first. Never needs the broker.
    """
    if not answers.rights:
        raise NothingAsked
    if not (answers.email or answers.postal_address):
        raise NoWayToAnswer
    if received_at > now:
        raise ReceivedInTheFuture
    shown_by = evidence or EVIDENCE[channel][0]
    if shown_by not in EVIDENCE[channel]:
        raise EvidenceDoesNotFit
    receipt = (shown_by, evidence_note)
    if idempotency_key and (known := DataSubjectRequest.objects.filter(idempotency_key=idempotency_key).first()):
        return known
    dsr_id = uuid.uuid4()
    vault.create_text_key(f"requests/{dsr_id}")
    try:
        return _store(dsr_id, answers, channel, received_at, now, officer, receipt, idempotency_key, acknowledge, prove)
    except IntegrityError:
        vault.destroy_key(f"requests/{dsr_id}")
        # Two copies of one form at the same instant: the other one won.
        if idempotency_key and (known := DataSubjectRequest.objects.filter(idempotency_key=idempotency_key).first()):
            return known
        raise
    except BaseException:
        vault.destroy_key(f"requests/{dsr_id}")
        raise


def says_the_same(dsr: DataSubjectRequest, answers: Intake) -> bool:
    """Whether a second sending of one form brought nothing new; a form that went on on two devices may."""
    parts = {part.right: vault.open_text(dsr.key_name, bytes(part.details)) if part.details else "" for part in dsr.parts.all()}
    wanted = {right.value: answers.details.get(right, "") for right in answers.rights}
    stored = (dsr.data_subject_name, dsr.email, dsr.subject_kind, dsr.other_names, dsr.postal_address, dsr.identifiers, dsr.about)
    given = (
        *(answers.name, answers.email, answers.subject_kind, answers.other_names, answers.postal_address),
        *({kind: list(values) for kind, values in answers.identifiers.items() if values}, dict(answers.about)),
    )
    return parts == wanted and stored == given


@transaction.atomic
def _store(
    dsr_id: uuid.UUID,
    answers: Intake,
    channel: Channel,
    received_at: datetime,
    now: datetime,
    officer: User | None,
    evidence: tuple[ReceiptEvidence, str],
    idempotency_key: str,
    acknowledge: bool,
    prove: Callable[[DataSubjectRequest], None] | None,
) -> DataSubjectRequest:
    dates = promised_dates(received_at)
    dsr = DataSubjectRequest.objects.create(
        id=dsr_id,
        reference=_free_reference(),
        channel=channel,
        language=answers.language,
        received_at=received_at,
        subject_kind=answers.subject_kind,
        data_subject_name=answers.name,
        email=answers.email,
        postal_address=answers.postal_address,
        other_names=answers.other_names,
        identifiers={kind: list(values) for kind, values in answers.identifiers.items() if values},
        about=dict(answers.about),
        tie=answers.tie,
        site=answers.site,
        years=answers.years,
        careful_date=dates.careful_date,
        working_date=dates.working_date,
        legal_limit=dates.legal_limit,
        next_at=now,
        idempotency_key=idempotency_key,
    )
    for right in dict.fromkeys(answers.rights):
        _add_part(dsr, right, answers.details.get(right, ""))
    RequestEvent.objects.record(
        dsr,
        EventKind.RECEIVED,
        at=now,
        actor=officer,
        actor_kind=None if officer else ActorKind.DATA_SUBJECT,
        data={
            "channel": channel.value,
            "received_at": received_at.isoformat(),
            "rights": [right.value for right in answers.rights],
            "evidence": evidence[0].value,
            **({"handed_over_by": answers.handed_over_by} if answers.handed_over_by else {}),
        },
        text=evidence[1].strip(),
    )
    for part in dsr.parts.filter(right__in=[right.value for right in AT_ONCE]):
        part.dsr = dsr
        moves.move(part, Move.START_AT_ONCE)
        execute.give_hand_tasks(part, now=now)
    suppress.suppress(dsr, now=now)
    if prove:
        prove(dsr)
    if acknowledge:
        receipt.acknowledge_receipt(dsr, now=now, at_once=officer is not None)
    ring_for(dsr.pk)
    return dsr


def _add_part(dsr: DataSubjectRequest, right: RequestType, details: str) -> RequestPart:
    return RequestPart.objects.create(dsr=dsr, right=right, details=vault.seal_text(dsr.key_name, details) if details else b"")


def promised_dates(received_at: datetime) -> Deadlines:
    """The three dates that follow from receipt alone, under the controller's rule pack and promise."""
    who = controller()
    pack = rule_pack(who.rule_pack)
    return deadlines(
        ClockFacts(received_at=received_at), pack=pack, promise_days=who.promise_days, today=local_date(received_at, pack)
    )


def receipt_date(received_at: datetime) -> date:
    """The civil date at the controller's seat."""
    return local_date(received_at, rule_pack(controller().rule_pack))


def _free_reference() -> str:
    while True:
        reference = new_reference(controller().reference_prefix)
        if not DataSubjectRequest.objects.filter(reference=reference).exists():
            return reference


@transaction.atomic
def qualify(*, part_id: int, officer: User, rights: Sequence[RequestType], now: datetime) -> DataSubjectRequest:
    """Read free wording as one or more rights; the person's words go with each (GDPR Art. 12(2))."""
    part = moves.locked_part(part_id)
    dsr = part.dsr
    if not officer.may_act_on_cases:
        raise moves.NotAllowed
    if part.right != RequestType.UNSPECIFIED or part.step == Status.CLOSED:
        raise AlreadyQualified
    wanted = [right for right in dict.fromkeys(rights) if right is not RequestType.UNSPECIFIED]
    if not wanted:
        raise NothingAsked
    words = vault.open_text(dsr.key_name, bytes(part.details)) if part.details else ""
    already = set(dsr.parts.values_list("right", flat=True))
    step = part.step
    part.delete()
    for right in wanted:
        if right.value in already:
            continue
        new = _add_part(dsr, right, words)
        new.dsr = dsr
        if right in AT_ONCE:
            moves.move(new, Move.START_AT_ONCE)
            execute.give_hand_tasks(new, now=now)
        elif dsr.identified_at:
            moves.move(new, Move.IDENTIFY)
        elif step == Status.IDENTIFYING:
            moves.move(new, Move.ASK_IDENTITY)
    RequestEvent.objects.record(
        dsr, EventKind.QUALIFIED, at=now, actor=officer, data={"rights": [right.value for right in wanted]}
    )
    suppress.suppress(dsr, now=now)
    moves.settle(dsr)
    moves.look_at(dsr, now)
    ring_for(dsr.pk)
    return dsr


@transaction.atomic
def withdraw(*, dsr_id: uuid.UUID, now: datetime) -> None:
    """The person stops the request, once; what is already answered stays answered.

    Told by mail: whoever finds the page open for a minute must not end somebody's request in silence.
    """
    dsr = moves.locked(dsr_id)
    stopped = list(dsr.parts.exclude(step__in=[Status.ANSWERED, Status.CLOSED]))
    if not stopped:
        return  # the button was pressed twice, or our answer was faster
    for part in stopped:
        part.dsr = dsr
        part.outcome = Outcome.WITHDRAWN
        moves.move(part, Move.CLOSE)
    event = RequestEvent.objects.record(dsr, EventKind.WITHDRAWN_BY_SUBJECT, at=now, actor_kind=ActorKind.DATA_SUBJECT)
    if dsr.status == Status.CLOSED:
        dsr.closed_at, dsr.next_at = now, None
        dsr.save(update_fields=["closed_at", "next_at"])
    tell.tell(
        dsr,
        "withdrawn",
        now=now,
        occasion=f"event-{event.sequence}",
        withdrawn_date=today_at_seat(now),
        rights=[asked(RequestType(part.right)) for part in stopped],
        start_url=tell.absolute("public:start", dsr.language),
    )


@transaction.atomic
def assign(*, dsr_id: uuid.UUID, officer: User, to: User | None, now: datetime) -> None:
    """Give the case to a member of staff who may see it, or to nobody."""
    dsr = moves.locked(dsr_id)
    if not officer.may_act_on_cases or (to and not DataSubjectRequest.objects.visible_to(to).filter(pk=dsr.pk).exists()):
        raise moves.NotAllowed
    dsr.assigned_to = to
    dsr.save(update_fields=["assigned_to"])
    RequestEvent.objects.record(dsr, EventKind.ASSIGNED, at=now, actor=officer, data={"to": to.pk if to else 0})
