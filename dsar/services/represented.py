"""Somebody for whom another acts is told at the addresses on file: whom a proxy acts for, and a child of 15 or over.

Whom a proxy acts for is also answered there, unless the mandate lets the proxy receive: LAW R-30 and section 8 no. 17; CNIL
deliberation 2021-070. A child is told because their own view and privacy weigh: LAW R-41; UX 4.4 and 4.7.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from dsar.controller import controller
from dsar.domain.ages import CONSENT_AGE, has_reached
from dsar.domain.vocabulary import EventKind, RequestType, SubjectKind
from dsar.labels import label
from dsar.models import DataSubjectRequest, RequestEvent
from dsar.selectors import today_at_seat
from dsar.services import moves, on_file, tell
from dsar.sources.query import fold
from notifications.address import mailbox_of
from notifications.models import Message

MANDATE_KIND, CHILD_KIND = "representative_acted", "child_told"
RECEIVES = "proxy"  # what the form's answer says when the mandate lets the proxy receive
NOBODY_TO_TELL = (
    "Aucune adresse e-mail au dossier : la personne représentée n’a pas été prévenue. Prévenez-la vous-même. / "
    "No email address on file: the represented person was not told. Tell them yourself."
)
NOBODY_FOR_SURE = (
    "Le dossier ne désigne pas une seule personne avec certitude : la personne représentée n’a pas été prévenue. "
    "Prévenez-la vous-même. / "
    "The file does not point to one person for sure: the represented person was not told. Tell them yourself."
)
NOTES = (NOBODY_TO_TELL, NOBODY_FOR_SURE)


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
    """In the worker, once it is accepted that the other may act: write to each address on file of the person, and to no other.

    Not before: who merely claims to be a proxy or a parent must not make us write to somebody. When nobody can be written to,
    a note asks a colleague to do it.
    """
    dsr = DataSubjectRequest.objects.get(pk=dsr_id)
    if not _is_to_tell(dsr) or dsr.identified_at is None or _told(dsr):
        return
    found = on_file.files(dsr)
    unsure = on_file.several_people(found) or (
        dsr.subject_kind == SubjectKind.CHILD and not all(_is_of(dsr, one) for one in found)
    )
    addresses = () if unsure else on_file.addresses(found)
    with transaction.atomic():
        dsr = moves.locked(dsr_id)
        if dsr.identified_at is None or _told(dsr):
            return
        asker = _addresses_of_asker(dsr)
        theirs = [one for one in addresses if mailbox_of(one.value) not in asker]
        for one in theirs:
            _write(dsr, one, now)
        if not theirs:
            RequestEvent.objects.record(dsr, EventKind.NOTE, at=now, text=NOBODY_FOR_SURE if unsure else NOBODY_TO_TELL)


def _is_to_tell(dsr: DataSubjectRequest) -> bool:
    return dsr.subject_kind == SubjectKind.MANDATE or is_child_to_tell(dsr)


def is_child_to_tell(dsr: DataSubjectRequest) -> bool:
    """Whether a parent asks for a child who was 15 or over on the day of receipt, at the seat."""
    born = dsr.about.get("birth_date")
    if dsr.subject_kind != SubjectKind.CHILD or not born:
        return False
    return has_reached(CONSENT_AGE, born=date.fromisoformat(born), on=today_at_seat(dsr.received_at))


def _is_of(dsr: DataSubjectRequest, file: on_file.FileFound) -> bool:
    """Whether a file is the child's: the name on it, and the birth date where there is one, are those that the parent gave.

    The identifiers are the parent's word, and may lead to the parent's own file, a twin's or a stranger's.
    """
    on_it, given = set(fold(file.person).split()), set(fold(dsr.data_subject_name).split())
    born = {value[:10] for value in file.values("birth_date")}
    return bool(on_it) and (on_it <= given or given <= on_it) and born <= {dsr.about["birth_date"]}


def _addresses_of_asker(dsr: DataSubjectRequest) -> set[str]:
    """Where the one who asks reads mail. Of a parent: also wherever a code for this request went, since the parent typed it."""
    known = {dsr.email, dsr.delivery_email}
    if dsr.subject_kind == SubjectKind.CHILD:
        known.update(Message.objects.filter(reference=dsr.reference).values_list("recipient", flat=True))
    else:
        known.discard(dsr.delivery_email)  # of a mandate it is the person's own, when the proxy may not receive
    return {mailbox_of(address) for address in known if address}


def _write(dsr: DataSubjectRequest, to: on_file.Address, now: datetime) -> None:
    who = str(dsr.about.get("requester_name", ""))
    received = today_at_seat(dsr.received_at)
    rights = [RequestType(part.right) for part in dsr.parts.all()]
    if dsr.subject_kind == SubjectKind.CHILD:
        tell.tell_address(
            dsr,
            "child_told",
            to=to.value,
            now=now,
            occasion=to.mark,
            parent=who,
            rights=[right.value for right in rights],
            received_date=received,
            phone=controller().dpo.phone,
        )
        return
    tell.tell_address(
        dsr,
        "representative_acted",
        to=to.value,
        now=now,
        occasion=to.mark,
        representative=who,
        rights=[label(right) for right in rights],
        received_date=received,
        answer_goes_to_them=proxy_receives(dsr),
        follows_here=bool(dsr.answer_email) and mailbox_of(dsr.answer_email) == mailbox_of(to.value),
    )


def _told(dsr: DataSubjectRequest) -> bool:
    mailed = Message.objects.filter(kind__in=[MANDATE_KIND, CHILD_KIND], reference=dsr.reference).exists()
    return mailed or any(event.text() in NOTES for event in dsr.events.filter(kind=EventKind.NOTE, actor__isnull=True))
