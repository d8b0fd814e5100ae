"""Extends the time limit by two months: once, with reasons specific to the request, announced inside the first month (LAW R-61).

Two people. The limit is looked at when the extension is proposed and again when it is approved, since a notice sent late is void.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from dsar.controller import controller
from dsar.domain.calendars import rule_pack
from dsar.domain.clock import ClockFacts, check_extension, deadlines
from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import Act, ApprovalState, EventKind, ExtensionReason, RequestType, Role, SubjectKind
from dsar.labels import label
from dsar.models import Approval, DataSubjectRequest, RequestEvent, User
from dsar.selectors import DONE, today_at_seat
from dsar.services import decide, moves, tell
from dsar.services.bell import ring_for
from dsar.services.pause import NothingRuns
from identity import vault

LONGEST_WORDS = 2000
MINORS = frozenset({SubjectKind.SELF_MINOR, SubjectKind.CHILD})


class ReasonsNeeded(DsarError):
    fr = "Écrivez pourquoi cette demande-ci prend plus de temps : la personne le lira (RGPD, art. 12.3)."
    en = "Write why this very request takes longer: the person will read it (GDPR Art. 12(3))."


class AlreadyExtended(DsarError):
    fr = "Ce délai a déjà été prolongé : une seule prolongation est possible (RGPD, art. 12.3)."
    en = "This time limit has been extended already: only one extension is possible (GDPR Art. 12(3))."


class AlreadyProposed(DsarError):
    fr = "Une prolongation est déjà proposée et attend une autre personne. Rechargez le dossier."
    en = "An extension is already proposed and is waiting for another person. Reload the case."


class MinorErasure(DsarError):
    fr = (
        "L’effacement des données d’un mineur se fait dans les meilleurs délais : pas de prolongation,"
        " sauf si le DPO passe outre avec un motif (loi 78-17, art. 51 II)."
    )
    en = (
        "The erasure of a minor’s data takes place without delay: no extension,"
        " unless the DPO overrides this with a reason (Loi 78-17, art. 51 II)."
    )


@transaction.atomic
def propose_extension(
    *, dsr_id: UUID, officer: User, reason: ExtensionReason, words: str, now: datetime, override: str = ""
) -> Approval:
    """Propose to a second person to extend; `words` are the reasons that the person will read.

    `override` is the DPO's reason to extend a minor's erasure (LAW R-43). Raises as `may_extend`, or `ReasonsNeeded`.
    """
    dsr = moves.locked(dsr_id)
    if not officer.may_act_on_cases:
        raise moves.NotAllowed
    may_extend(dsr, now=now, overridden=officer.role == Role.DPO and bool(override.strip()))
    if not words.strip() or len(words) > LONGEST_WORDS:
        raise ReasonsNeeded
    if open_proposal(dsr, now) is not None:
        raise AlreadyProposed
    payload: dict[str, Any] = {"reason": reason.value}
    if is_minor_erasure(dsr):
        note = RequestEvent.objects.record(
            dsr, EventKind.NOTE, at=now, actor=officer, data={"override": "minor_erasure"}, text=override.strip()
        )
        payload["override"] = note.sequence
    return decide.propose(dsr, Act.EXTEND, officer=officer, payload=payload, reason=words.strip(), now=now)


def may_extend(dsr: DataSubjectRequest, *, now: datetime, overridden: bool = False) -> None:
    """Raises `NothingRuns`, `AlreadyExtended`, `ExtensionTooLate`, `NoExtension` or `MinorErasure`: why it cannot be extended."""
    if dsr.status in DONE:
        raise NothingRuns
    facts = dsr.clock_facts()
    if facts.extended_at is not None:
        raise AlreadyExtended
    check_extension(facts, pack=rule_pack(controller().rule_pack), today=today_at_seat(now))
    if is_minor_erasure(dsr) and not overridden:
        raise MinorErasure


def is_minor_erasure(dsr: DataSubjectRequest) -> bool:
    """Whether the data of a minor are to be erased and are not yet (LAW R-42)."""
    erasures = [part for part in dsr.parts.all() if part.right == RequestType.ERASURE and part.step not in DONE]
    return dsr.subject_kind in MINORS and bool(erasures)


def open_proposal(dsr: DataSubjectRequest, now: datetime) -> Approval | None:
    """The extension that waits for a second person."""
    proposed = dsr.approvals.filter(act=Act.EXTEND, state=ApprovalState.PROPOSED, expires_at__gt=now)
    return proposed.select_related("proposed_by").first()


def carry_out(dsr: DataSubjectRequest, approval: Approval, *, officer: User, now: datetime) -> None:
    """The second person agreed: record it and tell the person. Raises as `may_extend`, also when the limit passed meanwhile."""
    may_extend(dsr, now=now, overridden="override" in approval.payload)
    words = vault.open_text(dsr.key_name, bytes(approval.sealed_reason))
    reason = ExtensionReason(approval.payload["reason"])
    facts = notice_facts(dsr, reason, words, now=now)
    RequestEvent.objects.record(
        dsr,
        EventKind.EXTENDED,
        at=now,
        actor=officer,
        data={"reason": reason.value, "limit": facts["new_limit"]},
        text=words,
    )
    tell.tell(dsr, "extension", now=now, **facts)
    ring_for(dsr.pk)


def send_back(dsr: DataSubjectRequest, approval: Approval, *, officer: User, reason: str, now: datetime) -> None:
    """The second person did not agree: the time limit stays."""
    RequestEvent.objects.record(
        dsr, EventKind.EXTENSION_REFUSED, at=now, actor=officer, data={"reason": approval.payload["reason"]}, text=reason
    )


def notice_facts(dsr: DataSubjectRequest, reason: ExtensionReason, words: str, *, now: datetime) -> dict[str, Any]:
    """What the notice of extension says when it leaves now, for the mail and for its preview."""
    today = today_at_seat(now)
    return {
        "reason_label": label(reason),
        "words": words.strip(),
        "old_date": dsr.deadlines(today=today).working_date,
        "new_limit": limit_when_extended(dsr, now=now),
        "delivered": [label(RequestType(part.right)) for part in dsr.parts.order_by("pk") if part.answered_at],
    }


def limit_when_extended(dsr: DataSubjectRequest, *, now: datetime) -> date:
    """The legal limit if the notice leaves now."""
    facts = dsr.clock_facts()
    extended = ClockFacts(facts.received_at, facts.pauses, extended_at=now)
    pack = rule_pack(controller().rule_pack)
    return deadlines(extended, pack=pack, promise_days=controller().promise_days, today=today_at_seat(now)).legal_limit
