"""How the question of identity stands: what was asked, what arrived, what nobody has judged yet."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max

from dsar.domain.vocabulary import AT_ONCE, EventKind, PauseKind, Status
from dsar.models import DataSubjectRequest, RequestEvent

# After these, what arrived before is judged.
JUDGED = (EventKind.PROOF_INSUFFICIENT, EventKind.IDENTITY_VERIFIED, EventKind.IDENTITY_REFUSED, EventKind.CLOSED)


def waiting_parts(dsr: DataSubjectRequest) -> bool:
    """Whether any right of the request waits for an identity."""
    return dsr.parts.filter(step__in=[Status.RECEIVED, Status.IDENTIFYING]).exclude(right__in=AT_ONCE).exists()


def open_question(dsr: DataSubjectRequest) -> RequestEvent | None:
    """The question about identity or a mandate that is still unanswered; its text is what the person was told."""
    events = dsr.events.filter(kind__in=[EventKind.PAUSED, EventKind.RESUMED], data__kind=PauseKind.IDENTITY.value)
    last = events.order_by("-sequence").first()
    return last if last is not None and last.kind == EventKind.PAUSED else None


def last_asked_at(dsr: DataSubjectRequest) -> datetime | None:
    """When the person was last asked: the question, or its repetition."""
    question = open_question(dsr)
    if question is None:
        return None
    later = dsr.events.filter(sequence__gte=question.sequence)
    again = later.filter(kind=EventKind.PROOF_INSUFFICIENT) | later.filter(
        kind=EventKind.MESSAGE_TO_SUBJECT, data__asks=PauseKind.IDENTITY.value
    )
    return again.aggregate(last=Max("at"))["last"] or question.at


def pending_proofs(dsr: DataSubjectRequest) -> list[RequestEvent]:
    """What arrived and nobody has judged yet, oldest first."""
    judged = dsr.events.filter(kind__in=JUDGED).aggregate(last=Max("sequence"))["last"] or 0
    arrived = dsr.events.filter(kind=EventKind.PROOF_RECEIVED, sequence__gt=judged).order_by("sequence")
    return [event for event in arrived if event.data.get("kind", PauseKind.IDENTITY.value) == PauseKind.IDENTITY.value]


def arrived_at(proof: RequestEvent) -> datetime:
    """When this proof reached us, whenever somebody wrote it down."""
    return datetime.fromisoformat(proof.data["arrived_at"]) if proof.data.get("arrived_at") else proof.at


def address_was_changed(dsr: DataSubjectRequest) -> bool:
    """Whether the address for the answer is not the one given at intake: a person looks, with a red notice (SECURITY T1)."""
    return dsr.events.filter(kind=EventKind.DELIVERY_CHANGED).exists()


def words_asked(dsr: DataSubjectRequest) -> str:
    """What the person was last told: the doubt in words, or why what arrived is not enough."""
    question = open_question(dsr)
    if question is None:
        return ""
    asked = dsr.events.filter(sequence__gte=question.sequence).exclude(sealed_text=b"").order_by("-sequence")
    again = asked.filter(kind=EventKind.PROOF_INSUFFICIENT) | asked.filter(
        kind=EventKind.MESSAGE_TO_SUBJECT, data__asks=PauseKind.IDENTITY.value
    )
    return (again.first() or question).text()
