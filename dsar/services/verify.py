"""Makes sure whose request it is, with the gentlest sufficient proof (GDPR Art. 11(2), 12(6))."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from dsar.controller import Documents, controller
from dsar.domain.errors import DsarError
from dsar.domain.identity_levels import NEEDED, Compared, Level, required_level, settles_alone
from dsar.domain.steps import Move
from dsar.domain.vocabulary import (
    AT_ONCE,
    Act,
    ActorKind,
    ApprovalState,
    EventKind,
    IdentityMeans,
    Outcome,
    PauseKind,
    RequestType,
    Status,
    SubjectKind,
    TokenPurpose,
)
from dsar.models import AccessToken, Approval, DataSubjectRequest, RequestEvent, User
from dsar.selectors.identity import address_was_changed, arrived_at, open_question, pending_proofs, waiting_parts
from dsar.services import acknowledge, collect, moves, papers, pause, represented, tell, tokens
from dsar.services.bell import ring_for
from identity import decide as identity_decide
from identity import vault

# For whom the address on file is proof enough; a parent, a proxy and an heir are always read by a person.
RECOGNISED_ALONE = frozenset({SubjectKind.SELF, SubjectKind.SELF_MINOR})


class ReasonNeeded(DsarError):
    fr = "Écrivez en quelques mots ce qui a été vérifié, et comment."
    en = "Write in a few words what was checked, and how."


class AlreadyIdentified(DsarError):
    fr = "L’identité est déjà établie pour ce dossier."
    en = "Identity is already established for this case."


class NothingToIdentify(DsarError):
    fr = "Aucune partie de cette demande n’attend une identité. Rechargez le dossier."
    en = "No part of this request is waiting for an identity. Reload the case."


class ChecklistIncomplete(DsarError):
    fr = "Pour agir au nom d’autrui, chaque point de la liste doit être vérifié et coché. Sinon, demandez ce qui manque."
    en = "To act for somebody else, every point of the list must be checked and ticked. Otherwise ask for what is missing."


class SecondPersonNeeded(DsarError):
    fr = "Répondre que nous ne pouvons pas identifier la personne demande deux personnes : proposez-le."
    en = "It takes two people to answer that we cannot identify the person: propose it."


def confirm_email(*, dsr_id: UUID, now: datetime, code: str = "", link: str = "") -> DataSubjectRequest:
    """Prove control of the address by a code or link that was sent to it. Raises `TokenRefused`."""
    return _confirm(tokens.find(purpose=TokenPurpose.CONFIRM_EMAIL, now=now, dsr_id=dsr_id, code=code, link=link), now)


def open_follow(*, now: datetime, dsr_id: UUID | None = None, code: str = "", link: str = "") -> DataSubjectRequest:
    """Open the status page by a fresh code or link; that proves control of the address as well. Raises `TokenRefused`."""
    return _confirm(tokens.find(purpose=TokenPurpose.FOLLOW, now=now, dsr_id=dsr_id, code=code, link=link), now)


@transaction.atomic
def _confirm(token: AccessToken, now: datetime) -> DataSubjectRequest:
    dsr = moves.locked(token.dsr_id)
    tokens.spend(token, now=now)
    if dsr.email_confirmed_at is None:
        dsr.email_confirmed_at = now
        dsr.save(update_fields=["email_confirmed_at"])
        RequestEvent.objects.record(dsr, EventKind.EMAIL_CONFIRMED, at=now, actor_kind=ActorKind.DATA_SUBJECT)
        acknowledge.release(dsr, now=now)
        moves.look_at(dsr, now)
        ring_for(dsr.pk)
    return dsr


def level_of(dsr: DataSubjectRequest) -> Level:
    """How sure we must be of who asks: by the rights still open, for whom, and what the register calls high stake."""
    open_parts = dsr.parts.exclude(step__in=[Status.ANSWERED, Status.CLOSED])
    rights = {RequestType(right) for right in open_parts.values_list("right", flat=True)}
    copy_of_own_only = rights - AT_ONCE <= {RequestType.PORTABILITY}
    stakes = [one for one in controller().categories.values() if one.high_stake and (one.portable or not copy_of_own_only)]
    return required_level(rights, SubjectKind(dsr.subject_kind), high_stake=bool(stakes))


def settles_by_itself(dsr: DataSubjectRequest, means: IdentityMeans) -> bool:
    """Whether the system may establish identity by this step; never once the address for the answer was changed (SECURITY T1)."""
    policy = controller().identity
    if policy.documents is Documents.ALWAYS or address_was_changed(dsr):
        return False
    return settles_alone(means, level_of(dsr), automatic=policy.automatic, automatic_high_stake=policy.automatic_high_stake)


def match_on_file(*, dsr_id: UUID, now: datetime) -> None:
    """Recognise a person who answered from an address that the controller already holds; else ask a member of staff.

    Runs in the worker, after the answer to the visitor, so that a known and an unknown address look the same.
    """
    dsr = DataSubjectRequest.objects.get(pk=dsr_id)
    if dsr.email_confirmed_at is None or dsr.identified_at or _looked_already(dsr):
        return
    allowed = settles_by_itself(dsr, IdentityMeans.EMAIL_ON_FILE)
    known = dsr.subject_kind in RECOGNISED_ALONE and allowed and collect.is_known(dsr)
    with transaction.atomic():
        dsr = moves.locked(dsr_id)
        if dsr.identified_at or _looked_already(dsr):
            return
        if known:
            RequestEvent.objects.record(dsr, EventKind.IDENTITY_MATCHED, at=now)
            establish(dsr, IdentityMeans.EMAIL_ON_FILE, None, "", now)
        else:
            RequestEvent.objects.record(dsr, EventKind.IDENTITY_NOT_MATCHED, at=now)
            for part in dsr.parts.filter(step=Status.RECEIVED).exclude(right__in=AT_ONCE):
                part.dsr = dsr
                moves.move(part, Move.ASK_IDENTITY)


def _looked_already(dsr: DataSubjectRequest) -> bool:
    return dsr.events.filter(kind__in=[EventKind.IDENTITY_MATCHED, EventKind.IDENTITY_NOT_MATCHED]).exists()


@transaction.atomic
def record_identity(
    *,
    dsr_id: UUID,
    officer: User,
    established: bool,
    means: IdentityMeans,
    reason: str,
    now: datetime,
    compared: Sequence[Compared] = (),
    sufficient: int | None = None,
) -> DataSubjectRequest:
    """A named member of staff establishes whose request it is, and writes down why (GDPR Art. 12(6)).

    `compared` is the checklist; who asks for somebody else needs all of theirs. `sufficient` is the sequence number of the proof
    that was enough: the pause ends on the day it arrived. That we cannot identify takes two people: `ladder.propose_refusal`.
    """
    dsr = moves.locked(dsr_id)
    if not officer.may_act_on_cases:
        raise moves.NotAllowed
    if dsr.identified_at:
        raise AlreadyIdentified
    if not waiting_parts(dsr):
        raise NothingToIdentify
    if not reason.strip():
        raise ReasonNeeded
    if not established:
        raise SecondPersonNeeded
    if set(NEEDED.get(SubjectKind(dsr.subject_kind), ())) - set(compared):
        raise ChecklistIncomplete
    if compared:
        record_facts(dsr, officer, means, compared, fits=True, words="", now=now)
    establish(dsr, means, officer, reason, now, sufficient=sufficient)
    return dsr


def record_facts(
    dsr: DataSubjectRequest,
    officer: User,
    means: IdentityMeans,
    compared: Sequence[Compared],
    *,
    fits: bool,
    words: str,
    now: datetime,
) -> RequestEvent:
    """What an officer compared, as codes; runs in the caller's transaction."""
    codes = list(dict.fromkeys(one.value for one in compared))
    data: dict[str, str | bool | list[str]] = {"means": means.value, "compared": codes, "fits": fits}
    return RequestEvent.objects.record(dsr, EventKind.FACTS_CHECKED, at=now, actor=officer, data=data, text=words.strip())


def establish(
    dsr: DataSubjectRequest,
    means: IdentityMeans,
    officer: User | None,
    reason: str,
    now: datetime,
    *,
    sufficient: int | None = None,
) -> None:
    """Identity is established: the clock runs again from the day the sufficient proof arrived, papers are destroyed at once.

    Runs in the caller's transaction, with the request locked.
    """
    _end_pause(dsr, sufficient, officer, now)
    dsr.identified_at = now
    dsr.delivery_email = represented.answer_address(dsr)  # fixed here; a change resets the decision
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
    open_refusals(dsr).filter(state=ApprovalState.PROPOSED).update(state=ApprovalState.EXPIRED)
    _after_decision(dsr, now, officer)
    for part in dsr.parts.filter(step__in=[Status.RECEIVED, Status.IDENTIFYING]).exclude(right__in=AT_ONCE):
        part.dsr = dsr
        moves.move(part, Move.IDENTIFY)
    moves.look_at(dsr, now)
    ring_for(dsr.pk)


def _end_pause(dsr: DataSubjectRequest, sufficient: int | None, officer: User | None, now: datetime) -> None:
    """From the day the sufficient proof arrived; of several, the first that nobody called insufficient: the shorter pause."""
    question = open_question(dsr)
    if question is None:
        return
    proofs = pending_proofs(dsr)
    chosen = next((proof for proof in proofs if proof.sequence == sufficient), proofs[0] if proofs else None)
    arrived = max(arrived_at(chosen), question.at) if chosen else now
    pause.resume(dsr, PauseKind.IDENTITY, arrived_at=arrived, now=now, officer=officer)


def _after_decision(dsr: DataSubjectRequest, now: datetime, officer: User | None) -> None:
    """Nothing that was sent for the question opens anything any more, and its papers are gone (LAW R-24)."""
    tokens.end(dsr, TokenPurpose.IDENTITY, TokenPurpose.ON_FILE, now=now)
    papers.destroy_all(dsr, now=now, officer=officer)


def open_refusals(dsr: DataSubjectRequest) -> QuerySet[Approval]:
    """Proposals to answer that the person cannot be identified."""
    return dsr.approvals.filter(act=Act.REFUSE, part=None, payload__about=PauseKind.IDENTITY.value)


def refuse_identity(dsr: DataSubjectRequest, approval: Approval, now: datetime) -> None:
    """Carry out what two people agreed: no action is taken, and the person is told why and what would be enough.

    Runs in the transaction of the second person's approval.
    """
    if dsr.identified_at:
        raise AlreadyIdentified
    if not waiting_parts(dsr):
        raise NothingToIdentify
    officer, means = approval.proposed_by, IdentityMeans(approval.payload["means"])
    reason = vault.open_text(dsr.key_name, bytes(approval.sealed_reason))
    identity_decide.record_decision(
        reference=dsr.reference,
        established=False,
        means=means,
        decided_by=officer.email,
        delivery_email=dsr.email,
        now=now,
    )
    RequestEvent.objects.record(dsr, EventKind.IDENTITY_REFUSED, at=now, actor=officer, data={"means": means.value}, text=reason)
    _after_decision(dsr, now, officer)
    for part in dsr.parts.filter(step__in=[Status.RECEIVED, Status.IDENTIFYING]).exclude(right__in=AT_ONCE):
        part.dsr = dsr
        part.outcome = Outcome.CANNOT_IDENTIFY
        part.reasons = vault.seal_text(dsr.key_name, reason)
        part.decided_by, part.decided_at, part.answered_at = officer, now, now
        moves.move(part, Move.REFUSE_IDENTITY)
    tell.tell(
        dsr, "cannot_identify", now=now, occasion=f"{now:%Y-%m-%dT%H%M%S}", attempt=reason, what_could=gentle_ways(dsr.language)
    )


def gentle_ways(language: str) -> list[str]:
    """What would be enough, gentlest first; never an identity document alone."""
    if language == "fr":
        return [
            "répondre depuis l’adresse e-mail que l’établissement connaît",
            "donner votre numéro d’étudiant ou de candidat",
            "passer à l’accueil de votre campus",
        ]
    return [
        "answer from the email address that the school knows",
        "give your student or applicant number",
        "come to the front desk of your campus",
    ]
