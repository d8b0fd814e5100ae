"""Registers a request that came by post, phone, mail or over the counter, so that nothing is lost (LAW R-03, R-04)."""

from __future__ import annotations

import secrets

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dsar import selectors
from dsar.access import ACTORS, StaffRequest, roles
from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import Channel, ReceiptEvidence
from dsar.forms import office
from dsar.services import intake
from dsar.views.backoffice.common import REFUSED, back_to, language, say


@roles(*ACTORS)
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: StaffRequest) -> HttpResponse:
    """One page, one POST; sent twice it is one request."""
    sites = None if request.user.all_sites else request.user.sites
    refusal, status = "", 200
    if request.method == "POST":
        form = office.RegisterForm(request.POST, allowed_sites=sites)
        status = REFUSED
        if form.is_valid():
            try:
                dsr = intake.receive_request(
                    answers=form.answers(),
                    channel=Channel(form.cleaned_data["channel"]),
                    received_at=form.received_at(),
                    now=timezone.now(),
                    officer=request.user,
                    evidence=ReceiptEvidence(form.cleaned_data["evidence"]),
                    evidence_note=form.cleaned_data["evidence_note"],
                    idempotency_key=request.POST.get("once", "")[:64],
                )
            except DsarError as error:
                refusal = error.sentence(language())
            else:
                say(request, _("Registered under %(reference)s.") % {"reference": dsr.reference})
                return back_to(dsr)
    else:
        form = office.RegisterForm(
            allowed_sites=sites,
            initial={"received_on": selectors.today_at_seat(timezone.now()), "language": language()},
        )
    once = request.POST.get("once") or secrets.token_urlsafe(24)
    return render(
        request, "backoffice/register.html", {"here": "register", "form": form, "refusal": refusal, "once": once}, status=status
    )
