"""Another address for the answer: a fresh code from the present one, then 24 hours in which nothing is downloaded."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dsar.domain.vocabulary import Status, TokenPurpose
from dsar.forms.follow import AddressForm
from dsar.models import DataSubjectRequest
from dsar.services import own_address
from dsar.services.address import FROZEN
from dsar.views.public.codes import FreshCode, accepted, too_many_tries
from dsar.views.public.shared import now, open_session, page_of, posted, said, say, slow_down
from dsar.views.public.status import for_subject

CODE = FreshCode(TokenPurpose.CHANGE_ADDRESS, key="address_code")


def changeable(dsr: DataSubjectRequest) -> bool:
    """Whether there is an address to prove the wish from, and an answer still to come."""
    return bool(dsr.email) and dsr.status != Status.CLOSED


@for_subject
@require_http_methods(["GET", "HEAD", "POST"])
def address(request: HttpRequest, dsr: DataSubjectRequest) -> HttpResponseBase:
    """First one button that sends the code, then the new address with it."""
    if not changeable(dsr):
        return redirect("public:status")
    form = AddressForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if too_many_tries(request):
            return slow_down(request)
        if _changed(request, dsr, form):
            return redirect("public:status")
    context = {
        "dsr": dsr,
        "form": form,
        "ready": CODE.asked(request) or form.is_bound,
        "code_minutes": settings.CODE_MINUTES,
        "frozen_hours": int(FROZEN.total_seconds() // 3600),
        "notice": said(request),
    }
    return page_of(request, "public/status_address.html", context, status=422 if form.errors else 200)


def _changed(request: HttpRequest, dsr: DataSubjectRequest, form: AddressForm) -> bool:
    given = form.cleaned_data

    def change() -> None:
        changed = own_address.change(dsr_id=dsr.pk, code=given["code"], email=given["email"], now=now())
        open_session(request, changed)  # every other session of the old address has ended

    if not accepted(form, change, otherwise="email"):
        return False
    CODE.used(request)
    say(request, _("The address is changed. A code is on its way to the new one."))
    return True


@for_subject
@posted("public:address")
def address_code(request: HttpRequest, dsr: DataSubjectRequest) -> HttpResponseBase:
    """A fresh code, alone in its mail, to the address that we wrote to so far."""
    if not changeable(dsr):
        return redirect("public:status")
    CODE.send(request, dsr)
    return redirect("public:address")
