"""Decides a part: outcome, grounds and the facts told to the person; a refusal and an erasure take two people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from dsar.controller import controller
from dsar.domain.errors import DsarError
from dsar.domain.grounds import fitting_grounds
from dsar.domain.rights import needs_two_people
from dsar.domain.steps import Move
from dsar.domain.vocabulary import (
    BY_PACKAGE,
    Act,
    ApprovalState,
    EventKind,
    Ground,
    Outcome,
    PauseKind,
    RequestType,
    Role,
    Status,
)
from dsar.labels import label
from dsar.models import Approval, DataSubjectRequest, RequestEvent, RequestPart, User
from dsar.selectors import rows_found, today_at_seat
from dsar.services import execute, moves, review, tell, verify
from dsar.services.bell import ring_for
from identity import vault

PROPOSAL_LIVES = timedelta(days=7)
DECIDABLE = frozenset({Outcome.GRANTED, Outcome.PARTLY_GRANTED, Outcome.REFUSED, Outcome.NOTHING_HELD})
NEGATIVE = frozenset({Outcome.PARTLY_GRANTED, Outcome.REFUSED})


class NotIdentified(DsarError):
    fr = "L’identité n’est pas établie : décidez d’abord de qui il s’agit (RGPD, art. 12(6))."
    en = "Identity is not established: decide first whose request it is (GDPR Art. 12(6))."


class QualifyFirst(DsarError):
    fr = "Lisez d’abord la demande et dites quel droit elle exerce."
    en = "Read the request first and say which right it uses."


class CannotDecideThis(DsarError):
    fr = "Cette issue ne convient pas à ce droit ou à cette étape. Choisissez-en une autre."
    en = "This outcome does not fit this right or this step. Choose another."


class GroundNeeded(DsarError):
    fr = (
        "Un refus, même partiel, nomme son motif légal et ses faits (RGPD, art. 12(4)). Choisissez un motif et écrivez les faits."
    )
    en = "A refusal, even in part, names its legal ground and its facts (GDPR Art. 12(4)). Choose a ground and write the facts."


class SomethingHeld(DsarError):
    fr = "La recherche a trouvé {rows} éléments : « rien trouvé » serait faux. Choisissez une autre décision."
    en = "The search found {rows} items: “nothing held” would be untrue. Choose another decision."


class SamePerson(DsarError):
    fr = "Vous avez proposé cette décision : une autre personne doit la valider."
    en = "You proposed this decision: another person must approve it."


class ProposalOver(DsarError):
    fr = "Cette proposition a expiré ou a déjà reçu une réponse. Proposez de nouveau."
    en = "This proposal has expired or has already been answered. Propose again."


@transaction.atomic
def decide_part(
    *, part_id: int, officer: User, outcome: Outcome, grounds: Sequence[Ground], reasons: str, now: datetime
) -> Approval | None:
    """Decide one part. Returns the proposal when a second person must agree, else carries the decision out."""
    part = moves.locked_part(part_id)
    _check(part, officer, outcome, grounds, reasons)
    act = needs_two_people(RequestType(part.right), outcome)
    payload = {"outcome": outcome.value, "grounds": [ground.value for ground in grounds]}
    if act is not None:
        moves.move(part, Move.PROPOSE)
        return propose(part.dsr, act, officer=officer, payload=payload, reason=reasons, now=now, part=part)
    _carry_out(part, officer, outcome, grounds, reasons, now)
    return None


def _check(part: RequestPart, officer: User, outcome: Outcome, grounds: Sequence[Ground], reasons: str) -> None:
    if not officer.may_act_on_cases:
        raise moves.NotAllowed
    right = RequestType(part.right)
    if right is RequestType.UNSPECIFIED:
        raise QualifyFirst
    if part.dsr.identified_at is None:
        raise NotIdentified
    if outcome not in DECIDABLE or part.step != Status.REVIEWING:
        raise CannotDecideThis
    if outcome in NEGATIVE and (not grounds or not reasons.strip()):
        raise GroundNeeded
    if not set(grounds) <= set(fitting_grounds(right)):
        raise CannotDecideThis
    if right in BY_PACKAGE and outcome is not Outcome.REFUSED:
        review.require_no_gaps(part.dsr)
    if outcome is Outcome.NOTHING_HELD and (rows := rows_found(part.dsr)):
        raise SomethingHeld(rows=rows)


def propose(
    dsr: DataSubjectRequest,
    act: Act,
    *,
    officer: User,
    payload: Mapping[str, Any],
    reason: str,
    now: datetime,
    part: RequestPart | None = None,
) -> Approval:
    """Store a proposal for a second person and tell those who may answer it. Runs in the caller's transaction."""
    overdue = Approval.objects.filter(dsr=dsr, part=part, act=act, state=ApprovalState.PROPOSED, expires_at__lte=now)
    overdue.update(state=ApprovalState.EXPIRED)
    approval = Approval.objects.create(
        dsr=dsr,
        part=part,
        act=act,
        proposed_by=officer,
        proposed_at=now,
        expires_at=now + PROPOSAL_LIVES,
        payload=payload,
        sealed_reason=vault.seal_text(dsr.key_name, reason),
    )
    RequestEvent.objects.record(
        dsr, EventKind.APPROVAL_PROPOSED, at=now, actor=officer, data={"act": act.value, **_codes(payload)}, text=reason
    )
    for user in second_people(dsr, but=officer):
        tell.tell_staff(
            "approval_wanted",
            to=user.email,
            language=user.language,
            dsr=dsr,
            occasion=f"approval-{approval.pk}-{user.pk}",
            now=now,
            act_label=label(act),
            case_url=tell.absolute("backoffice:case", user.language, dsr.reference),
            expires_date=today_at_seat(approval.expires_at),
        )
    return approval


def second_people(dsr: DataSubjectRequest, *, but: User) -> list[User]:
    """Who may answer a proposal: DPO and deputies of the request's site, the proposer excepted."""
    candidates = User.objects.filter(is_active=True, role__in=[Role.DPO, Role.DEPUTY]).exclude(pk=but.pk)
    return [user for user in candidates if DataSubjectRequest.objects.visible_to(user).filter(pk=dsr.pk).exists()]


@transaction.atomic
def answer_proposal(*, approval_id: int, officer: User, approve: bool, reason: str, now: datetime) -> Approval:
    """A second person approves or sends back; the database refuses the proposer, whoever they are."""
    dsr = moves.locked(Approval.objects.values_list("dsr_id", flat=True).get(pk=approval_id))
    approval = Approval.objects.select_for_update(of=("self",)).select_related("part").get(pk=approval_id)
    if approval.proposed_by_id == officer.pk:
        raise SamePerson
    if officer not in second_people(dsr, but=approval.proposed_by):
        raise moves.NotAllowed
    if approval.state != ApprovalState.PROPOSED or now > approval.expires_at:
        raise ProposalOver
    if not approve and not reason.strip():
        raise GroundNeeded
    approval.state = ApprovalState.APPROVED if approve else ApprovalState.REFUSED
    approval.decided_by, approval.decided_at = officer, now
    approval.save()
    RequestEvent.objects.record(
        dsr,
        EventKind.APPROVAL_GRANTED if approve else EventKind.APPROVAL_REFUSED,
        at=now,
        actor=officer,
        data={"act": approval.act},
        text=reason,
    )
    if approval.part is not None:
        part = approval.part
        part.dsr = dsr
        if approve:
            _carry_out_approved(part, approval, now)
        else:
            moves.move(part, Move.SEND_BACK)
    elif approve and approval.payload.get("about") == PauseKind.IDENTITY:
        verify.refuse_identity(dsr, approval, now)
    elif approval.act == Act.EXTEND:
        _answer_extension(dsr, approval, officer, approve=approve, reason=reason, now=now)
    return approval


def _answer_extension(
    dsr: DataSubjectRequest, approval: Approval, officer: User, *, approve: bool, reason: str, now: datetime
) -> None:
    from dsar.services import extend  # it proposes through this module

    if approve:
        extend.carry_out(dsr, approval, officer=officer, now=now)
    else:
        extend.send_back(dsr, approval, officer=officer, reason=reason, now=now)


def _carry_out_approved(part: RequestPart, approval: Approval, now: datetime) -> None:
    outcome = Outcome(approval.payload["outcome"])
    grounds = [Ground(ground) for ground in approval.payload["grounds"]]
    reasons = vault.open_text(part.dsr.key_name, bytes(approval.sealed_reason))
    _carry_out(part, approval.proposed_by, outcome, grounds, reasons, now)


def _carry_out(
    part: RequestPart, officer: User, outcome: Outcome, grounds: Sequence[Ground], reasons: str, now: datetime
) -> None:
    dsr, right = part.dsr, RequestType(part.right)
    part.outcome, part.grounds = outcome, [ground.value for ground in grounds]
    part.reasons = vault.seal_text(dsr.key_name, reasons.strip()) if reasons.strip() else b""
    part.decided_by, part.decided_at = officer, now
    RequestEvent.objects.record(
        dsr,
        EventKind.DECIDED,
        at=now,
        actor=officer,
        data={"right": right.value, "outcome": outcome.value, "grounds": part.grounds},
        text=reasons.strip(),
    )
    approved = part.step == Status.APPROVING
    if outcome is Outcome.REFUSED:
        _answer_now(part, Move.APPROVE_REFUSAL, officer, now)
        tell.tell(
            dsr,
            "refusal",
            now=now,
            occasion=f"part-{part.pk}",
            right=label(right),
            grounds=[label(ground) for ground in grounds],
            facts=reasons.strip(),
            granted_part="",
        )
    elif outcome is Outcome.NOTHING_HELD:
        _answer_now(part, Move.ANSWER_NOW, officer, now)
        tell.tell(
            dsr,
            "nothing_held",
            now=now,
            occasion=f"part-{part.pk}",
            systems=[source.label.in_language(dsr.language) for source in controller().sources.values()],
            identifiers=sorted({"email", *dsr.identifiers}),
        )
    else:
        moves.move(part, Move.APPROVE if approved else Move.DECIDE)
        if right not in BY_PACKAGE:
            execute.give_hand_tasks(part, now=now)
    moves.look_at(dsr, now)
    ring_for(dsr.pk)


def _answer_now(part: RequestPart, step: Move, officer: User, now: datetime) -> None:
    part.answered_at = now
    moves.move(part, step)
    RequestEvent.objects.record(
        part.dsr, EventKind.ANSWERED, at=now, actor=officer, data={"right": part.right, "outcome": part.outcome}
    )


def _codes(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in payload.items() if key in ("outcome", "grounds", "reason")}


@transaction.atomic
def expire_proposals(now: datetime) -> int:
    """Proposals older than 7 days lapse; their part goes back to review, so that nothing waits for ever."""
    lapsed = 0
    for approval in Approval.objects.filter(state=ApprovalState.PROPOSED, expires_at__lt=now).select_related("part"):
        dsr = moves.locked(approval.dsr_id)
        if not Approval.objects.filter(pk=approval.pk, state=ApprovalState.PROPOSED).update(state=ApprovalState.EXPIRED):
            continue
        lapsed += 1
        RequestEvent.objects.record(dsr, EventKind.EXPIRED, at=now, data={"act": approval.act})
        if approval.part is not None and approval.part.step == Status.APPROVING:
            approval.part.dsr = dsr
            moves.move(approval.part, Move.SEND_BACK)
    return lapsed
