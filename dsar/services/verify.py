"""Makes sure whose request it is, with the gentlest sufficient proof (GDPR Art. 11(2), 12(6))."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from dsar.controller import controller
from dsar.domain.errors import DsarError
from dsar.domain.steps import Move
from dsar.domain.vocabulary import (
    AT_ONCE,
    ActorKind,
    EventKind,
    IdentityMeans,
    Outcome,
    Status,
    SubjectKind,
    TokenPurpose,
)
from dsar.models import AccessToken, DataSubjectRequest, RequestEvent, User
from dsar.services import collect, moves, tell, tokens
from dsar.services.bell import ring_for
from identity import decide as identity_decide
from identity import vault

# For whom the address on file is proof enough; a parent, a proxy and an heir are always read by a person.
RECOGNISED_ALONE = frozenset({SubjectKind.SELF, SubjectKind.SELF_MINOR})


class ReasonNeeded(DsarError):
    fr = "Écrivez en quelques mots ce qui a été vérifié, et comment."
    en = "Write in a few words what was checked, and how."


class AlreadyIdentified(DsarError):
    fr = "L'identité est déjà établie pour ce dossier."
    en = "Identity is already established for this case."


def confirm_email(*, dsr_id: UUID, now: datetime, code: str = "", link: str = "") -> DataSubjectRequest:
    """Prove control of the address by a code or link that was sent to it. Raises `TokenRefused`."""
    dsr = DataSubjectRequest.objects.get(pk=dsr_id)
    return _confirm(tokens.find(purpose=TokenPurpose.CONFIRM_EMAIL, now=now, dsr=dsr, code=code, link=link), now)


def open_follow(*, now: datetime, dsr_id: UUID | None = None, code: str = "", link: str = "") -> DataSubjectRequest:
    """Open the status page by a fresh code or link; that proves control of the address as well. Raises `TokenRefused`.

    The code of the acknowledgement opens the page too, as long as it lives.
    """
    dsr = DataSubjectRequest.objects.get(pk=dsr_id) if dsr_id else None
    try:
        token = tokens.find(purpose=TokenPurpose.FOLLOW, now=now, dsr=dsr, code=code, link=link)
    except tokens.TokenRefused:
        if dsr is None or not dsr.tokens.filter(purpose=TokenPurpose.CONFIRM_EMAIL, used_at__isnull=True).exists():
            raise
        token = tokens.find(purpose=TokenPurpose.CONFIRM_EMAIL, now=now, dsr=dsr, code=code, link=link)
    return _confirm(token, now)


@transaction.atomic
def _confirm(token: AccessToken, now: datetime) -> DataSubjectRequest:
    dsr = moves.locked(token.dsr_id)
    tokens.spend(token, now=now)
    if dsr.email_confirmed_at is None:
        dsr.email_confirmed_at = now
        dsr.save(update_fields=["email_confirmed_at"])
        RequestEvent.objects.record(dsr, EventKind.EMAIL_CONFIRMED, at=now, actor_kind=ActorKind.DATA_SUBJECT)
        moves.look_at(dsr, now)
        ring_for(dsr.pk)
    return dsr


def match_on_file(*, dsr_id: UUID, now: datetime) -> None:
    """Recognise a person who answered from an address that the controller already holds; else ask a member of staff.

    Runs in the worker, after the answer to the visitor, so that a known and an unknown address look the same.
    """
    dsr = DataSubjectRequest.objects.get(pk=dsr_id)
    if dsr.email_confirmed_at is None or dsr.identified_at or _looked_already(dsr):
        return
    allowed = IdentityMeans.EMAIL_ON_FILE in controller().identity.automatic
    known = dsr.subject_kind in RECOGNISED_ALONE and allowed and collect.is_known(dsr)
    with transaction.atomic():
        dsr = moves.locked(dsr_id)
        if dsr.identified_at or _looked_already(dsr):
            return
        if known:
            RequestEvent.objects.record(dsr, EventKind.IDENTITY_MATCHED, at=now)
            _establish(dsr, IdentityMeans.EMAIL_ON_FILE, None, "", now)
        else:
            RequestEvent.objects.record(dsr, EventKind.IDENTITY_NOT_MATCHED, at=now)
            for part in dsr.parts.filter(step=Status.RECEIVED).exclude(right__in=AT_ONCE):
                part.dsr = dsr
                moves.move(part, Move.ASK_IDENTITY)


def _looked_already(dsr: DataSubjectRequest) -> bool:
    return dsr.events.filter(kind__in=[EventKind.IDENTITY_MATCHED, EventKind.IDENTITY_NOT_MATCHED]).exists()


@transaction.atomic
def record_identity(
    *, dsr_id: UUID, officer: User, established: bool, means: IdentityMeans, reason: str, now: datetime
) -> DataSubjectRequest:
    """A named member of staff decides whose request it is, and writes down why (GDPR Art. 12(6))."""
    dsr = moves.locked(dsr_id)
    if not officer.may_act_on_cases:
        raise moves.NotAllowed
    if dsr.identified_at:
        raise AlreadyIdentified
    if not reason.strip():
        raise ReasonNeeded
    if established:
        _establish(dsr, means, officer, reason, now)
    else:
        _not_identified(dsr, means, officer, reason, now)
    return dsr


def _establish(dsr: DataSubjectRequest, means: IdentityMeans, officer: User | None, reason: str, now: datetime) -> None:
    dsr.identified_at = now
    dsr.delivery_email = dsr.email  # fixed here; a change resets the decision
    dsr.save(update_fields=["identified_at", "delivery_email"])
    identity_decide.record_decision(
        reference=dsr.reference,
        established=True,
        means=means,
        decided_by=officer.email if officer else "system",
        delivery_email=dsr.delivery_email,
        now=now,
    )
    RequestEvent.objects.record(dsr, EventKind.IDENTITY_VERIFIED, at=now, actor=officer, data={"means": means.value}, text=reason)
    for part in dsr.parts.filter(step__in=[Status.RECEIVED, Status.IDENTIFYING]).exclude(right__in=AT_ONCE):
        part.dsr = dsr
        moves.move(part, Move.IDENTIFY)
    moves.look_at(dsr, now)
    ring_for(dsr.pk)


def _not_identified(dsr: DataSubjectRequest, means: IdentityMeans, officer: User, reason: str, now: datetime) -> None:
    identity_decide.record_decision(
        reference=dsr.reference,
        established=False,
        means=means,
        decided_by=officer.email,
        delivery_email=dsr.email,
        now=now,
    )
    RequestEvent.objects.record(dsr, EventKind.IDENTITY_REFUSED, at=now, actor=officer, data={"means": means.value}, text=reason)
    for part in dsr.parts.filter(step__in=[Status.RECEIVED, Status.IDENTIFYING]).exclude(right__in=AT_ONCE):
        part.dsr = dsr
        part.outcome = Outcome.CANNOT_IDENTIFY
        part.reasons = vault.seal_text(dsr.key_name, reason)
        part.decided_by, part.decided_at, part.answered_at = officer, now, now
        moves.move(part, Move.REFUSE_IDENTITY)
    tell.tell(
        dsr, "cannot_identify", now=now, occasion=f"{now:%Y-%m-%dT%H%M%S}", attempt=reason, what_could=_gentle_ways(dsr.language)
    )


def _gentle_ways(language: str) -> list[str]:
    """What would be enough, gentlest first; never an identity document alone."""
    if language == "fr":
        return [
            "répondre depuis l'adresse e-mail que l'établissement connaît",
            "donner votre numéro d'étudiant ou de candidat",
            "passer à l'accueil de votre campus",
        ]
    return [
        "answer from the e-mail address that the school knows",
        "give your student or applicant number",
        "come to the front desk of your campus",
    ]
