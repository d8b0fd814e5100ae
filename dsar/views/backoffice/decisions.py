"""Decides one part: read, choose, see the letter, then decide; and the letter of a decided part as PDF."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from dsar.access import ACTORS, READERS, StaffRequest, roles
from dsar.domain.rights import needs_two_people
from dsar.domain.vocabulary import BY_PACKAGE, Ground, Outcome, RequestType, Status
from dsar.forms import office
from dsar.labels import label
from dsar.language import language
from dsar.models import RequestPart
from dsar.selectors import Case
from dsar.services import decide as decide_service
from dsar.services.letters import part_letter
from dsar.views.backoffice import letters
from dsar.views.backoffice.case_page import opened, rights_line
from dsar.views.backoffice.common import act, back_to, find_case, say


@roles(*ACTORS)
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: StaffRequest, reference: str, part_id: int) -> HttpResponse:
    """The form, then its preview with the letter, then the decision; going back keeps every word."""
    case = find_case(request, reference)
    part = get_object_or_404(case.dsr.parts, pk=part_id)
    right = RequestType(part.right)
    if right is RequestType.UNSPECIFIED or part.step != Status.REVIEWING:
        return back_to(case.dsr)
    if request.method != "POST":
        suggested = Outcome.GRANTED if case.rows or right not in BY_PACKAGE else Outcome.NOTHING_HELD
        return _form_page(request, case, part, office.DecideForm(right=right, initial={"outcome": suggested.value}))
    form = office.DecideForm(request.POST, right=right)
    if not form.is_valid():
        return _form_page(request, case, part, form, status=422)
    if "back" in request.POST:
        return _form_page(request, case, part, form)
    outcome, grounds, reasons = _given(form)
    if "decide" in request.POST:
        refusal, status = act(
            request,
            case.dsr,
            lambda: decide_service.decide_part(
                part_id=part.pk, officer=request.user, outcome=outcome, grounds=grounds, reasons=reasons, now=timezone.now()
            ),
        )
        if refusal:
            return _form_page(request, case, part, form, refusal=refusal, status=status)
        two = needs_two_people(right, outcome)
        say(request, _("Proposed. A second person has been told.") if two else _("Decided."))
        return back_to(case.dsr)
    if outcome in decide_service.NEGATIVE and not (grounds and reasons.strip()):
        return _form_page(request, case, part, form, refusal=decide_service.GroundNeeded().sentence(language()), status=422)
    return _preview_page(request, case, part, form)


def _given(form: office.DecideForm) -> tuple[Outcome, list[Ground], str]:
    """Grounds count only where something is refused."""
    outcome = Outcome(form.cleaned_data["outcome"])
    grounds = [Ground(ground) for ground in form.cleaned_data["grounds"]] if outcome in decide_service.NEGATIVE else []
    return outcome, grounds, form.cleaned_data["reasons"]


def _form_page(
    request: StaffRequest, case: Case, part: RequestPart, form: office.DecideForm, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    right = RequestType(part.right)
    context = {
        "here": "queue",
        "case": case,
        "dsr": case.dsr,
        "part": part,
        "right": label(right),
        "rights": rights_line(case),
        "by_package": right in BY_PACKAGE,
        "words": opened(case.dsr, part.details),
        "open_gaps": [gap for gap in case.gaps if gap.justified is None],
        "form": form,
        "refusal": refusal,
        "seen": request.POST.get("seen") or (case.events[0].sequence if case.events else 0),
    }
    return render(request, "backoffice/decide.html", context, status=status)


def _preview_page(request: StaffRequest, case: Case, part: RequestPart, form: office.DecideForm) -> HttpResponse:
    right = RequestType(part.right)
    outcome, grounds, reasons = _given(form)
    context = {
        "here": "queue",
        "case": case,
        "dsr": case.dsr,
        "part": part,
        "right": label(right),
        "rights": rights_line(case),
        "outcome": label(outcome),
        "outcome_value": outcome.value,
        "grounds": [(ground.value, label(ground)) for ground in grounds],
        "reasons": reasons,
        "act": needs_two_people(right, outcome),
        "mail": letters.decision_mail(case.dsr, right, outcome, grounds, reasons, now=timezone.now()),
        "by_package": right in BY_PACKAGE,
        "by_hand": right not in BY_PACKAGE and outcome in (Outcome.GRANTED, Outcome.PARTLY_GRANTED),
        "seen": request.POST.get("seen", ""),
    }
    return render(request, "backoffice/decide_preview.html", context)


@roles(*READERS)
@require_safe
def letter(request: StaffRequest, reference: str, part_id: int) -> HttpResponse:
    """The letter of an answered part, to print and post."""
    case = find_case(request, reference)
    part = get_object_or_404(case.dsr.parts, pk=part_id)
    if not part.answered_at:
        raise Http404
    pdf = part_letter(part)
    return HttpResponse(
        pdf,
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="{case.dsr.reference}-{part.right}.pdf"',
            "X-Content-Type-Options": "nosniff",
        },
    )
