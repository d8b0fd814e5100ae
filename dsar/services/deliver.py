"""Hands the answer over: release, download by a fresh code, withdrawal of a release, closing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.core.files.storage import storages
from django.db import transaction
from django.db.models import F

from dsar.controller import controller
from dsar.domain.errors import DsarError
from dsar.domain.steps import Move
from dsar.domain.vocabulary import (
    BY_PACKAGE,
    Act,
    ActorKind,
    ApprovalState,
    EventKind,
    Outcome,
    PackageState,
    RequestType,
    Status,
    TokenPurpose,
)
from dsar.labels import label
from dsar.models import AccessToken, Approval, DataSubjectRequest, Download, Package, RequestEvent, RequestPart, User
from dsar.selectors import today_at_seat
from dsar.services import decide, execute, moves, pass_phrase, recipient, represented, review, tell, tokens
from dsar.services.bell import ring_for
from identity import decide as identity_decide
from identity import vault

RESUME = timedelta(minutes=15)  # a cut download can be picked up by the same session


class NotReady(DsarError):
    fr = "La copie n’est pas prête : elle se construit encore, ou sa construction a échoué. Rechargez le dossier."
    en = "The copy is not ready: it is still being built, or could not be built. Reload the case."


class AddressNotProven(DsarError):
    fr = "La personne n’a pas encore confirmé son adresse par un code : la copie ne part pas avant."
    en = "The person has not yet confirmed their address by a code: the copy does not leave until then."


class NothingToDownload(DsarError):
    fr = "Il n’y a pas de copie à télécharger : pas prête, retirée ou expirée. Écrivez-nous, nous en referons une."
    en = "There is no copy to download: it is not ready, was withdrawn or has expired. Write to us and we will make another."


class AddressFrozen(DsarError):
    """The address for the answer was changed less than 24 hours ago (SECURITY T2)."""

    fr = "L’adresse de réponse vient de changer : le téléchargement s’ouvre 24 heures après, par sécurité."
    en = "The address for the answer has just changed: the download opens 24 hours later, for safety."


class StillOpen(DsarError):
    fr = "Une partie de la demande n’a pas encore reçu de réponse : décidez-la d’abord."
    en = "A part of the request has not been answered yet: decide it first."


@transaction.atomic
def release(*, dsr_id: UUID, officer: User, now: datetime, by_post: bool = False) -> Approval | None:
    """Open the built package to the data subject for 30 days and tell them. Returns a proposal when two people are needed.

    Refused unless identity is established for exactly the delivery address and control of that address is proven;
    without an address, an officer sends the copy by post (`by_post`).
    """
    dsr = moves.locked(dsr_id)
    if not officer.may_act_on_cases:
        raise moves.NotAllowed
    package = _ready(dsr)
    _check_recipient(dsr, by_post=by_post)
    recipient.require_same_person(dsr, package)
    review.require_no_gaps(dsr)
    act = _act_needed(dsr, by_post=by_post)
    if act is not None and not _approved(dsr, act, package):
        payload: dict[str, object] = {"package": str(package.pk), "flags": list(review.flags(dsr)), "by_post": by_post}
        return decide.propose(dsr, act, officer=officer, payload=payload, reason=package.sha256, now=now)
    _open_to_subject(dsr, package, officer, now, by_post=by_post)
    return None


def _ready(dsr: DataSubjectRequest) -> Package:
    package = dsr.packages.select_for_update().filter(state=PackageState.READY).first()
    if package is None:
        raise NotReady
    return package


def _check_recipient(dsr: DataSubjectRequest, *, by_post: bool) -> None:
    if dsr.identified_at is None or not identity_decide.in_force(dsr.reference, delivery_email=dsr.delivery_email):
        raise decide.NotIdentified
    if by_post:
        if not dsr.postal_address:
            raise tell.NoAddress
        return
    if not dsr.delivery_email:
        raise tell.NoAddress
    if dsr.email_confirmed_at is None:
        raise AddressNotProven


def _act_needed(dsr: DataSubjectRequest, *, by_post: bool) -> Act | None:
    if represented.goes_to_representative(dsr, by_post=by_post):
        return Act.SEND_TO_REPRESENTATIVE
    return Act.RELEASE_FLAGGED if review.flags(dsr) else None


def _approved(dsr: DataSubjectRequest, act: Act, package: Package) -> bool:
    """Whether another person has agreed to release exactly this package."""
    return dsr.approvals.filter(act=act, state=ApprovalState.APPROVED, payload__package=str(package.pk)).exists()


def _open_to_subject(dsr: DataSubjectRequest, package: Package, officer: User, now: datetime, *, by_post: bool) -> None:
    package.state, package.released_at = PackageState.RELEASED, now
    package.expires_at = now + timedelta(days=controller().own_retention.package_days)
    package.save(update_fields=["state", "released_at", "expires_at"])
    RequestEvent.objects.record(
        dsr,
        EventKind.RELEASED,
        at=now,
        actor=officer,
        data={"package_sha256": package.sha256, "rows": package.rows, "by_post": by_post},
    )
    for part in dsr.parts.filter(right__in=BY_PACKAGE, step=Status.EXECUTING):
        part.dsr = dsr
        part.answered_at = now
        moves.move(part, Move.EXECUTE)
        RequestEvent.objects.record(
            dsr, EventKind.ANSWERED, at=now, actor=officer, data={"right": part.right, "outcome": part.outcome}
        )
        _tell_what_is_kept_back(part, now)
    write = tell.tell_by_post if by_post else tell.tell
    write(
        dsr,
        "ready",
        now=now,
        occasion=f"package-{package.pk}",
        by_post=by_post,
        pass_phrase="" if by_post else pass_phrase.word_of(dsr, package),
        expires_date=today_at_seat(package.expires_at),
        sums_sha256=package.sums_sha256,
        size=package.bytes,
    )


def _tell_what_is_kept_back(part: RequestPart, now: datetime) -> None:
    if part.outcome != Outcome.PARTLY_GRANTED:
        return
    tell.tell(
        part.dsr,
        "refusal",
        now=now,
        occasion=f"part-{part.pk}",
        right=label(RequestType(part.right)),
        grounds=[label(ground) for ground in execute.grounds_of(part)],
        facts=vault.open_text(part.dsr.key_name, bytes(part.reasons)),
        granted_part=label(Outcome.PARTLY_GRANTED),
    )


@transaction.atomic
def withdraw_release(*, dsr_id: UUID, officer: User, reason: str, now: datetime) -> None:
    """Take a release back: the codes die, the object is destroyed with its key, and the copy is built anew."""
    dsr = moves.locked(dsr_id)
    if not officer.may_act_on_cases:
        raise moves.NotAllowed
    if not reason.strip():
        raise review.ReasonNeeded
    package = dsr.packages.filter(state=PackageState.RELEASED).first()
    if package is None:
        raise NotReady
    package.state = PackageState.WITHDRAWN
    package.save(update_fields=["state"])
    dsr.tokens.filter(purpose=TokenPurpose.DOWNLOAD, used_at__isnull=True).update(used_at=now)
    for part in dsr.parts.filter(
        right__in=BY_PACKAGE, step=Status.ANSWERED, outcome__in=[Outcome.GRANTED, Outcome.PARTLY_GRANTED]
    ):
        part.dsr = dsr
        part.answered_at = None
        moves.move(part, Move.WITHDRAW_RELEASE)
    RequestEvent.objects.record(
        dsr,
        EventKind.RELEASE_WITHDRAWN,
        at=now,
        actor=officer,
        data={"package_sha256": package.sha256, "downloads": package.downloads.count()},
        text=reason,
    )
    moves.look_at(dsr, now)
    ring_for(dsr.pk)
    transaction.on_commit(lambda: destroy_package_object(package))


def destroy_package_object(package: Package) -> None:
    """Destroy the object and its key; safe to repeat."""
    if package.path:
        vault.destroy_object(storage=storages["objects"], path=package.path, key_name=package.key_name)


def send_download_code(*, dsr_id: UUID, now: datetime) -> None:
    """A fresh code, alone in its mail, to the address fixed by the identity decision.

    Raises `NothingToDownload`, and `NotChosen` or `NotYet` of the pass-phrase.
    """
    dsr = DataSubjectRequest.objects.get(pk=dsr_id)
    _openable(dsr, now)
    tokens.send_code(dsr=dsr, purpose=TokenPurpose.DOWNLOAD, now=now)


def _released(dsr: DataSubjectRequest, now: datetime) -> Package:
    package = dsr.packages.filter(state=PackageState.RELEASED).first()
    if package is None or package.expires_at is None or now >= package.expires_at:
        raise NothingToDownload
    if not identity_decide.in_force(dsr.reference, delivery_email=dsr.delivery_email):
        raise NothingToDownload
    if dsr.address_frozen_until and now < dsr.address_frozen_until:
        raise AddressFrozen
    return package


def _openable(dsr: DataSubjectRequest, now: datetime) -> Package:
    """The released copy, when its person can open it: with a pass-phrase where it holds data of high stake."""
    package = _released(dsr, now)
    pass_phrase.require_usable(dsr, package, now=now)
    return package


def open_download(
    *, dsr: DataSubjectRequest, code: str, session_key: str, now: datetime, phrase: str = ""
) -> tuple[Package, Iterator[bytes]]:
    """Spend the code and open the bytes; counted before they flow. Of many POSTs with one code exactly one gets them.

    A copy of high stake wants the pass-phrase too; a wrong one keeps the code, and counts as one of its tries.
    """
    _openable(dsr, now)
    token = tokens.find(purpose=TokenPurpose.DOWNLOAD, now=now, dsr_id=dsr.pk, code=code)
    with transaction.atomic():
        dsr = moves.locked(dsr.pk)
        package = _openable(dsr, now)
        refusal = pass_phrase.tried(dsr, package, phrase, token=token, now=now)
        if refusal is None:
            download = _spent(dsr, package, token, session_key, now)
    if refusal is not None:
        raise refusal
    return package, _counted(package, download)


def _spent(dsr: DataSubjectRequest, package: Package, token: AccessToken, session_key: str, now: datetime) -> Download:
    tokens.spend(token, now=now)
    download = Download.objects.create(package=package, at=now, session_hash=_session(session_key), resume_until=now + RESUME)
    RequestEvent.objects.record(
        dsr,
        EventKind.DOWNLOADED,
        at=now,
        actor_kind=ActorKind.DATA_SUBJECT,
        data={"package_sha256": package.sha256, "count": package.downloads.count()},
    )
    return download


def resume_download(*, dsr: DataSubjectRequest, session_key: str, now: datetime) -> tuple[Package, Iterator[bytes]]:
    """The same session gets a cut download again for 15 minutes without a second code."""
    package = _openable(dsr, now)
    download = package.downloads.filter(session_hash=_session(session_key), resume_until__gt=now).last()
    if download is None:
        raise NothingToDownload
    return package, _counted(package, download)


def open_for_post(*, dsr_id: UUID, officer: User, now: datetime) -> tuple[Package, Iterator[bytes]]:
    """The copy for an officer who prints or burns it for a person without e-mail; recorded before bytes flow."""
    with transaction.atomic():
        dsr = moves.locked(dsr_id)
        if not officer.may_act_on_cases:
            raise moves.NotAllowed
        _check_recipient(dsr, by_post=True)
        package = dsr.packages.filter(state=PackageState.RELEASED).first()
        if package is None or package.expires_at is None or now >= package.expires_at:
            raise NothingToDownload
        RequestEvent.objects.record(
            dsr, EventKind.DOWNLOADED, at=now, actor=officer, data={"package_sha256": package.sha256, "by_post": True}
        )
    return package, vault.open_stream(storage=storages["objects"], path=package.path, key_name=package.key_name)


def _counted(package: Package, download: Download) -> Iterator[bytes]:
    sent = 0
    try:
        for chunk in vault.open_stream(storage=storages["objects"], path=package.path, key_name=package.key_name):
            sent += len(chunk)
            yield chunk
    finally:
        Download.objects.filter(pk=download.pk).update(bytes_sent=F("bytes_sent") + sent)


def _session(session_key: str) -> str:
    return vault.keyed_hash(session_key, "session")


@transaction.atomic
def close(*, dsr_id: UUID, now: datetime, officer: User | None = None, reason: str = "") -> None:
    """Close a request whose every part is answered, by an officer with a reason or by the sweep; never silently."""
    dsr = moves.locked(dsr_id)
    if officer is not None and not officer.may_act_on_cases:
        raise moves.NotAllowed
    if dsr.parts.exclude(step__in=[Status.ANSWERED, Status.CLOSED]).exists():
        raise StillOpen
    for part in dsr.parts.filter(step=Status.ANSWERED):
        part.dsr = dsr
        moves.move(part, Move.CLOSE)
    dsr.closed_at, dsr.next_at = now, None
    dsr.save(update_fields=["closed_at", "next_at"])
    event = RequestEvent.objects.record(dsr, EventKind.CLOSED, at=now, actor=officer, text=reason)
    tell.tell(
        dsr,
        "closed",
        now=now,
        occasion=f"event-{event.sequence}",
        closed_date=today_at_seat(now),
        file_years=controller().own_retention.file_years,
    )


@transaction.atomic
def reopen(*, dsr_id: UUID, officer: User, reason: str, now: datetime) -> None:
    """Take a closed or unidentified request up again: nothing is lost, and the clock runs on from receipt."""
    dsr = moves.locked(dsr_id)
    if not officer.may_act_on_cases:
        raise moves.NotAllowed
    if not reason.strip():
        raise review.ReasonNeeded
    for part in dsr.parts.filter(step=Status.CLOSED):
        part.dsr = dsr
        part.outcome, part.grounds, part.reasons, part.answered_at = "", [], b"", None
        part.decided_by, part.decided_at = None, None
        moves.move(part, Move.REOPEN)
        if dsr.identified_at and part.right not in (RequestType.MARKETING_OBJECTION, RequestType.WITHDRAWAL):
            moves.move(part, Move.IDENTIFY)
    dsr.closed_at, dsr.remind_at = None, now
    dsr.save(update_fields=["closed_at", "remind_at"])
    RequestEvent.objects.record(dsr, EventKind.REOPENED, at=now, actor=officer, text=reason)
    moves.look_at(dsr, now)
    ring_for(dsr.pk)
