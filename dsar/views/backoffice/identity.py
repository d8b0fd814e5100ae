"""A named person's decision about whose request it is (GDPR Art. 12(6))."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dsar.access import ACTORS, StaffRequest, roles
from dsar.domain.vocabulary import IdentityMeans
from dsar.forms import office
from dsar.services import ladder, verify
from dsar.views.backoffice.case_page import Returned, render_case
from dsar.views.backoffice.common import act, back_to, find, find_case, say


@roles(*ACTORS)
@require_POST
def decide(request: StaffRequest, reference: str) -> HttpResponse:
    dsr = find(request, reference)
    form = office.IdentityForm(request.POST, prefix="identity")
    refusal, status = "", 422
    if form.is_valid():
        given = form.cleaned_data
        established = given["established"] == "yes"
        means, reason, now = IdentityMeans(given["means"]), given["reason"], timezone.now()

        def decided() -> None:
            if established:
                verify.record_identity(dsr_id=dsr.pk, officer=request.user, established=True, means=means, reason=reason, now=now)
            else:
                ladder.propose_refusal(dsr_id=dsr.pk, officer=request.user, means=means, reason=reason, now=now)

        refusal, status = act(request, dsr, decided)
        if not refusal:
            said = (
                _("Identity is established; the search starts.")
                if established
                else _("A second person must agree before the person is told.")
            )
            say(request, said)
            return back_to(dsr)
    return render_case(request, find_case(request, reference), Returned({"identity": form}, refusal, status))
