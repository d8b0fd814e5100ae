"""Somebody for whom a proxy acts: told at the address on file, and answered there unless the mandate lets the proxy receive.

LAW R-30 and section 8 no. 17; CNIL deliberation 2021-070.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from dsar.domain.vocabulary import EventKind, RequestType, SubjectKind
from dsar.labels import label
from dsar.models import DataSubjectRequest, RequestEvent
from dsar.selectors import today_at_seat
from dsar.services import moves, on_file, tell
from notifications.models import Message

KIND = "representative_acted"
RECEIVES = "proxy"  # what the form's answer says when the mandate lets the proxy receive
NOBODY_TO_TELL = (
    "Aucune adresse e-mail au dossier : la personne représentée n'a pas été prévenue. Prévenez-la vous-même. / "
    "No e-mail address on file: the represented person was not told. Tell them yourself."
)


def proxy_receives(dsr: DataSubjectRequest) -> bool:
    """Whether the mandate lets the proxy have the answer; one that is silent about it does not (LAW R-30)."""
    return dsr.about.get("answer_to") == RECEIVES


def answer_address(dsr: DataSubjectRequest) -> str:
    """Where the answer goes once identity is established; "" means by post.

    It is the address of the request, except for somebody represented by a proxy who may not receive the answer: then it is the
    one that we hold of that person already, and by post when we hold none or cannot tell several people apart.
    """
    if dsr.subject_kind != SubjectKind.MANDATE or proxy_receives(dsr):
        return dsr.email
    held = _held(dsr)
    return held[0].value if held else ""


def goes_to_representative(dsr: DataSubjectRequest, *, by_post: bool) -> bool:
    """Whether a release needs two people for the sake of who gets it (SECURITY T21); of a postal address
    we have the proxy's word alone."""
    if dsr.subject_kind == SubjectKind.MANDATE:
        return by_post or proxy_receives(dsr)
    return dsr.subject_kind == SubjectKind.DECEASED


def _held(dsr: DataSubjectRequest) -> tuple[on_file.Address, ...]:
    found = on_file.files(dsr)
    return () if on_file.several_people(found) else on_file.addresses(found)


def tell_person(*, dsr_id: UUID, now: datetime) -> None:
    """In the worker, once a mandate was accepted: write to each address on file of the person, never to the proxy's.

    None on file leaves a note, so that a colleague does it.
    """
    dsr = DataSubjectRequest.objects.get(pk=dsr_id)
    if dsr.subject_kind != SubjectKind.MANDATE or dsr.identified_at is None or _told(dsr):
        return
    held = _held(dsr)
    with transaction.atomic():
        dsr = moves.locked(dsr_id)
        if dsr.identified_at is None or _told(dsr):
            return
        addresses = [one for one in held if one.value.casefold() != dsr.email.casefold()]
        for one in addresses:
            tell.tell_address(
                dsr,
                KIND,
                to=one.value,
                now=now,
                occasion=one.mark,
                representative=str(dsr.about.get("requester_name", "")),
                rights=[label(RequestType(part.right)) for part in dsr.parts.all()],
                received_date=today_at_seat(dsr.received_at),
                answer_goes_to_them=proxy_receives(dsr),
            )
        if not addresses:
            RequestEvent.objects.record(dsr, EventKind.NOTE, at=now, text=NOBODY_TO_TELL)


def _told(dsr: DataSubjectRequest) -> bool:
    mailed = Message.objects.filter(kind=KIND, reference=dsr.reference).exists()
    return mailed or any(event.text() == NOBODY_TO_TELL for event in dsr.events.filter(kind=EventKind.NOTE, actor__isnull=True))
