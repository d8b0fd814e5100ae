"""Changes the address for the answer: whose request it is stands open again, and the old address is told (SECURITY T2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.core.files.storage import storages
from django.db import transaction

from dsar.domain.errors import DsarError
from dsar.domain.steps import Move
from dsar.domain.vocabulary import (
    AT_ONCE,
    BY_PACKAGE,
    ActorKind,
    ApprovalState,
    EventKind,
    Outcome,
    PackageState,
    Status,
    TokenPurpose,
)
from dsar.models import DataSubjectRequest, Package, RequestEvent, RequestPart, User
from dsar.services import moves, tell, tokens
from dsar.services.bell import ring_for
from dsar.services.person import THEMSELVES
from identity import decide as identity_decide
from identity import vault
from identity.vault import keyed_hash
from notifications.address import check_address

FROZEN = timedelta(hours=24)  # no download meanwhile: time for the owner of the old address to object
_BACK = (Status.RECEIVED, Status.COLLECTING, Status.REVIEWING, Status.APPROVING, Status.EXECUTING)


class SameAddress(DsarError):
    fr = "C’est déjà l’adresse de ce dossier. Écrivez-en une autre, ou ne changez rien."
    en = "This is already the address of this case. Write another one, or change nothing."


class CaseClosed(DsarError):
    fr = "Ce dossier est clos : rouvrez-le d’abord."
    en = "This case is closed: reopen it first."


@transaction.atomic
def change_delivery(*, dsr_id: UUID, email: str, now: datetime, officer: User | None = None) -> DataSubjectRequest:
    """Write the answer to another address from now on.

    The decision on identity is void, control of the new address must be proven, every copy that was ready is withdrawn, and
    nothing is downloaded for 24 hours. Both addresses are logged as keyed hashes; the old one is written to. A person decides
    anew: an address that was changed never proves anything by itself.
    """
    dsr = moves.locked(dsr_id)
    if officer is not None and not officer.may_act_on_cases:
        raise moves.NotAllowed
    check_address(email)
    old = dsr.answer_email or dsr.email
    if email.casefold() == old.casefold():
        raise SameAddress
    if dsr.status == Status.CLOSED:
        raise CaseClosed
    frozen_until = now + FROZEN
    event = RequestEvent.objects.record(
        dsr,
        EventKind.DELIVERY_CHANGED,
        at=now,
        actor=officer,
        actor_kind=None if officer else ActorKind.DATA_SUBJECT,
        data={"old": keyed_hash(old.lower(), "delivery") if old else "none", "new": keyed_hash(email.lower(), "delivery")},
    )
    if old:
        tell.tell_address(
            dsr,
            "address_changed",
            to=old,
            now=now,
            occasion=f"event-{event.sequence}",
            frozen_until=frozen_until,
            changed_date=now,
        )
    tokens.end(dsr, *TokenPurpose, now=now)
    identity_decide.reset(reference=dsr.reference, now=now)
    _withdraw_copies(dsr, now)
    dsr.approvals.filter(state=ApprovalState.PROPOSED).update(state=ApprovalState.EXPIRED)
    # Still a way to find the person's files, and never a proof; a parent's, proxy's or heir's address would find theirs.
    if old and dsr.subject_kind in THEMSELVES:
        kept = [value for value in dsr.identifiers.get("email", []) if value.casefold() != email.casefold()]
        dsr.identifiers = {**dsr.identifiers, "email": list(dict.fromkeys([*kept, old]))}
    dsr.email, dsr.delivery_email = email, ""
    dsr.email_confirmed_at = dsr.identified_at = None
    dsr.address_frozen_until = frozen_until
    dsr.save(
        update_fields=["identifiers", "email", "delivery_email", "email_confirmed_at", "identified_at", "address_frozen_until"]
    )
    for part in dsr.parts.filter(step__in=_BACK).exclude(right__in=AT_ONCE):
        _back_to_identity(part, dsr)
    tokens.send_code(dsr=dsr, purpose=TokenPurpose.CONFIRM_EMAIL, now=now, at_once=officer is not None)
    moves.look_at(dsr, now)
    ring_for(dsr.pk)
    return dsr


def _back_to_identity(part: RequestPart, dsr: DataSubjectRequest) -> None:
    part.dsr = dsr
    part.outcome, part.grounds, part.reasons = "", [], b""
    part.decided_by, part.decided_at, part.answered_at = None, None, None
    moves.move(part, Move.VOID_IDENTITY)


def _withdraw_copies(dsr: DataSubjectRequest, now: datetime) -> None:
    """A copy that was ready or open was made for the old address: it goes, and is made again once identity is established."""
    ready = [PackageState.BUILDING, PackageState.READY, PackageState.RELEASED]
    for package in dsr.packages.select_for_update().filter(state__in=ready):
        released = package.state == PackageState.RELEASED
        package.state, package.next_at, package.lease_until = PackageState.WITHDRAWN, None, None
        package.fencing += 1  # a worker that is still building can no longer publish
        package.save(update_fields=["state", "next_at", "lease_until", "fencing"])
        if released:
            data: dict[str, str | int] = {"package_sha256": package.sha256, "downloads": package.downloads.count()}
            RequestEvent.objects.record(dsr, EventKind.RELEASE_WITHDRAWN, at=now, data=data)
        transaction.on_commit(lambda gone=package: _destroy(gone))  # type: ignore[misc]
    answered = dsr.parts.filter(right__in=BY_PACKAGE, step=Status.ANSWERED)
    for part in answered.filter(outcome__in=[Outcome.GRANTED, Outcome.PARTLY_GRANTED]):
        part.dsr = dsr
        part.answered_at = None
        moves.move(part, Move.WITHDRAW_RELEASE)


def _destroy(package: Package) -> None:
    if package.path:
        vault.destroy_object(storage=storages["objects"], path=package.path, key_name=package.key_name)
