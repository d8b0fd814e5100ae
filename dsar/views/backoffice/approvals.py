"""The second person: reads the proposal, proves it is them, then approves or sends it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from dsar import selectors
from dsar.access import ACTORS, READERS, StaffRequest, roles
from dsar.domain.clock import ExtensionTooLate
from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import Act, ApprovalState, ExtensionReason, Ground, Outcome, RequestType
from dsar.forms import office
from dsar.labels import label
from dsar.language import language
from dsar.models import Approval
from dsar.selectors import Case
from dsar.services import decide, extend
from dsar.templatetags.page import day as words_of
from dsar.views.backoffice import letters
from dsar.views.backoffice.case_page import opened, rights_line
from dsar.views.backoffice.common import FreshProof, act, back_to, errors_of, find_case, say


@dataclass(frozen=True)
class Waiting:
    """One line of the list: what is proposed, for whom, by whom, until when."""

    approval: Approval
    act: str
    right: str
    notice_by: date | None  # an extension: its notice must leave by then


@roles(*READERS)
@require_safe
def index(request: StaffRequest) -> HttpResponse:
    """Proposals that wait for the signed-in person."""
    waiting = [
        Waiting(
            a,
            str(label(Act(a.act))),
            str(label(RequestType(a.part.right))) if a.part else "",
            a.dsr.extension_notice_by if a.act == Act.EXTEND else None,
        )
        for a in selectors.open_approvals(request.user)
    ]
    return render(request, "backoffice/approvals.html", {"here": "approvals", "waiting": waiting})


@roles(*ACTORS)
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: StaffRequest, reference: str, approval_id: int) -> HttpResponse:
    case = find_case(request, reference)
    approval = get_object_or_404(case.dsr.approvals.select_related("part", "proposed_by", "decided_by"), pk=approval_id)
    proof = FreshProof(request)
    form = office.ProposalForm(request.POST if request.method == "POST" else None)
    refusal, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and proof.accepted():
            approve = request.POST.get("verdict") == "approve"
            refusal, status = act(
                request,
                case.dsr,
                lambda: decide.answer_proposal(
                    approval_id=approval.pk,
                    officer=request.user,
                    approve=approve,
                    reason=form.cleaned_data["reason"],
                    now=timezone.now(),
                ),
            )
            if not refusal:
                say(request, _answered(case, approval, approve=approve))
                return back_to(case.dsr)
            proof = FreshProof(request)
    part = approval.part
    outcome = Outcome(approval.payload["outcome"]) if approval.payload.get("outcome") else None
    grounds = [Ground(ground) for ground in approval.payload.get("grounds", [])]
    reasons = opened(case.dsr, approval.sealed_reason)
    extension = extension_of(case, approval)
    mail = None
    if part is not None and outcome is not None:
        mail = letters.decision_mail(case.dsr, RequestType(part.right), outcome, grounds, reasons, now=timezone.now())
    elif outcome is Outcome.CANNOT_IDENTIFY:
        mail = letters.cannot_identify_mail(case.dsr, reasons)
    if extension is not None and approval.state == ApprovalState.PROPOSED:
        facts = extend.notice_facts(case.dsr, ExtensionReason(approval.payload["reason"]), reasons, now=timezone.now())
        mail = letters.notice_mail(case.dsr, "extension", facts)
    context = {
        "here": "approvals",
        "case": case,
        "dsr": case.dsr,
        "rights": rights_line(case),
        "approval": approval,
        "act": label(Act(approval.act)),
        "right": label(RequestType(part.right)) if part else "",
        "extension": extension,
        "outcome": label(outcome) if outcome else "",
        "grounds": [label(ground) for ground in grounds],
        "reasons": reasons if part or outcome or extension else "",
        "flags": [flag_words(flag) for flag in approval.payload.get("flags", [])],
        "gaps": case.gaps,
        "words": opened(case.dsr, part.details) if part else "",
        "mail": mail,
        "form": form,
        "proof": proof,
        "mistakes": errors_of(form, proof.form),
        "refusal": refusal,
        "mine": approval.proposed_by_id == request.user.pk,
        "may_answer": approval.state == ApprovalState.PROPOSED
        and request.user in decide.second_people(case.dsr, but=approval.proposed_by),
        "open": approval.state == ApprovalState.PROPOSED and approval.expires_at > timezone.now(),
        "seen": request.POST.get("seen") or (case.events[0].sequence if case.events else 0),
    }
    return render(request, "backoffice/proposal.html", context, status=status)


def _answered(case: Case, approval: Approval, *, approve: bool) -> str:
    if not approve:
        return _("Sent back, with your reason.")
    if approval.act == Act.EXTEND and not case.dsr.answer_email and case.dates.extension_notice_by:
        last = {"day": words_of(case.dates.extension_notice_by)}
        return _("Approved. Print the letter and post it by %(day)s: a notice that leaves later is void.") % last
    return _("Approved.")


@dataclass(frozen=True)
class Extension:
    """A proposed extension: its ground, the date it replaces, the limit it would give today, and why it may be blocked by now."""

    ground: str
    before: date
    limit: date
    notice_by: date | None
    override: str  # the DPO's reason to extend a minor's erasure
    blocked: str


def extension_of(case: Case, approval: Approval) -> Extension | None:
    if approval.act != Act.EXTEND:
        return None
    now = timezone.now()
    note = next((event for event in case.events if event.sequence == approval.payload.get("override")), None)
    return Extension(
        ground=str(label(ExtensionReason(approval.payload["reason"]))),
        before=selectors.date_before_extension(case.dsr, case.dates) or case.dates.working_date,
        limit=extend.limit_when_extended(case.dsr, now=now),
        notice_by=case.dates.extension_notice_by,
        override=note.text() if note else "",
        blocked=_why_blocked(case, approval),
    )


def _why_blocked(case: Case, approval: Approval) -> str:
    """Why this proposal could not be approved now, though it could be proposed."""
    if approval.state != ApprovalState.PROPOSED:
        return ""
    try:
        extend.may_extend(case.dsr, now=timezone.now(), overridden="override" in approval.payload)
    except ExtensionTooLate as refusal:
        last = {"day": words_of(refusal.last_day)}
        return _("Too late to extend: the notice had to leave by %(day)s. Send what is ready.") % last
    except DsarError as refusal:
        return refusal.sentence(language())
    return ""


def flag_words(flag: str) -> str:
    return {
        "gap_justified": _("a part of the search was left out, with a reason"),
        "several_people": _("people of different names share this address in a system"),
        "namesake_without_proven_address": _("somebody else has the same name, and the address is not proven"),
    }.get(flag, flag)
