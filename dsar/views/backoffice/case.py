"""One case: its page, whose it is, what it asks, and its end."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dsar.access import ACTORS, READERS, StaffRequest, roles
from dsar.forms import office
from dsar.models import DataSubjectRequest, User
from dsar.services import deliver, intake, remind, review
from dsar.views.backoffice import steps
from dsar.views.backoffice.case_page import Returned, colleagues, render_case
from dsar.views.backoffice.common import find, find_case


@roles(*READERS)
@require_safe
def show(request: StaffRequest, reference: str) -> HttpResponse:
    case = find_case(request, reference)
    remind.note_opened(dsr_id=case.dsr.pk, officer=request.user, now=timezone.now())
    return render_case(request, case)


@roles(*READERS)
@require_POST
def reveal_email(request: StaffRequest, reference: str) -> HttpResponse:
    """Show the address for this one answer; the look is recorded before."""
    case = find_case(request, reference)
    email = review.look_at_address(dsr_id=case.dsr.pk, officer=request.user, now=timezone.now())
    return render_case(request, find_case(request, reference), Returned(email=email))


@roles(*ACTORS)
@require_POST
def assign(request: StaffRequest, reference: str) -> HttpResponse:
    """Take the case, give it to a colleague who may see it, or put it back."""
    dsr = find(request, reference)
    to = _assignee(request, dsr)
    return steps.by_button(
        request,
        dsr,
        lambda: intake.assign(dsr_id=dsr.pk, officer=request.user, to=to, now=timezone.now()),
        said=_("This case is now with %(who)s.") % {"who": to} if to else _("This case has no owner now."),
    )


def _assignee(request: StaffRequest, dsr: DataSubjectRequest) -> User | None:
    wanted = request.POST.get("to", "me")
    if wanted == "me":
        return request.user
    if wanted == "nobody":
        return None
    found = next((user for user in colleagues(dsr) if str(user.pk) == wanted), None)
    if found is None:
        raise Http404
    return found


@roles(*ACTORS)
@require_POST
def qualify(request: StaffRequest, reference: str, part_id: int) -> HttpResponse:
    """Say which rights free wording uses."""
    dsr = find(request, reference)
    part = get_object_or_404(dsr.parts, pk=part_id)
    form = office.QualifyForm(request.POST, prefix=f"qualify-{part.pk}")
    return steps.by_form(
        request,
        dsr,
        f"qualify:{part.pk}",
        form,
        lambda _given: intake.qualify(part_id=part.pk, officer=request.user, rights=form.members(), now=timezone.now()),
        said=_("The rights are named; the search may start."),
    )


@roles(*ACTORS)
@require_POST
def close(request: StaffRequest, reference: str) -> HttpResponse:
    dsr = find(request, reference)
    return steps.by_form(
        request,
        dsr,
        "close",
        office.CloseForm(request.POST, prefix="close"),
        lambda given: deliver.close(dsr_id=dsr.pk, officer=request.user, reason=given["reason"], now=timezone.now()),
        said=_("The case is closed."),
    )


@roles(*ACTORS)
@require_POST
def reopen(request: StaffRequest, reference: str) -> HttpResponse:
    dsr = find(request, reference)
    return steps.by_form(
        request,
        dsr,
        "reopen",
        office.ReasonForm(request.POST, prefix="reopen"),
        lambda given: deliver.reopen(dsr_id=dsr.pk, officer=request.user, reason=given["reason"], now=timezone.now()),
        said=_("The case is open again; its clock runs on from receipt."),
    )
