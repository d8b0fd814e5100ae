"""Registers a request that came by post, phone, mail or over the counter, so that nothing is lost (LAW R-03, R-04)."""

from __future__ import annotations

import secrets
from typing import Any

import structlog
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dsar import selectors
from dsar.access import ACTORS, READERS, StaffRequest, roles
from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import Channel, EventKind, ReceiptEvidence, RequestType
from dsar.forms.fields import ACCEPTED
from dsar.forms.register import RegisterForm
from dsar.labels import label
from dsar.language import language
from dsar.models import DataSubjectRequest
from dsar.selectors.desk import look_alikes, registered_by
from dsar.services import intake, letters, scans
from dsar.views.backoffice import files
from dsar.views.backoffice.common import REFUSED, say
from identity.upload import AT_ONCE, left_out

logger = structlog.get_logger(__name__)


@roles(*ACTORS)
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: StaffRequest) -> HttpResponse:
    """One page, one POST; sent twice it is one request, with its scans once."""
    own, now = None if request.user.all_sites else request.user.sites, timezone.now()
    once = request.POST.get("once", "")[:64]
    refusal, status = "", 200
    if request.method == "POST":
        form = RegisterForm(request.POST, request.FILES, own_sites=own, now=now)
        status = REFUSED
        if left_out(request):
            form.add_error("scans", _too_many())
        if form.is_valid():
            try:
                dsr = _receive(request, form, once)
            except DsarError as error:
                refusal = error.sentence(language())
            else:
                _take_scans(request, dsr, form.cleaned_data["scans"], once)
                return HttpResponseRedirect(reverse("backoffice:registered", args=[dsr.reference]))
    else:
        initial = {"received_on": selectors.today_at_seat(now), "language": language(), "site": own[0] if own else ""}
        form = RegisterForm(own_sites=own, now=now, initial=initial)
    context = {
        "here": "register",
        "form": form,
        "refusal": refusal,
        "once": once or secrets.token_urlsafe(24),
        "files_lost": bool(request.FILES),  # a browser never fills a file field in again
    }
    return render(request, "backoffice/register.html", context, status=status)


def _too_many() -> str:
    sentence = _(
        "More than %(most)s files at once: none was stored. Choose fewer; add the others once the request is registered."
    )
    return sentence % {"most": AT_ONCE}


def _receive(request: StaffRequest, form: RegisterForm, once: str) -> DataSubjectRequest:
    return intake.receive_request(
        answers=form.answers(),
        channel=Channel(form.cleaned_data["channel"]),
        received_at=form.received_at(),
        now=timezone.now(),
        officer=request.user,
        evidence=ReceiptEvidence(form.cleaned_data["evidence"]),
        evidence_note=form.cleaned_data["evidence_note"],
        idempotency_key=once,
    )


def _take_scans(request: StaffRequest, dsr: DataSubjectRequest, chosen: list[Any], once: str) -> None:
    """The request exists by now, whatever becomes of its scans."""
    if not chosen:
        return
    try:
        scans.add(dsr_id=dsr.pk, files=chosen, officer=request.user, once=once, now=timezone.now())
    except Exception as error:  # whatever a storage raises: the receipt must not wait for it
        logger.error("scans not stored", reference=dsr.reference, reason=type(error).__name__)
        say(request, _("The scans could not be stored. The request counts all the same: add them again below."))


def _found(request: StaffRequest, reference: str) -> tuple[DataSubjectRequest, bool]:
    """The request, and whether its case is this user's to open: one that they have just registered for another site is not."""
    now = timezone.now()
    case = selectors.case(request.user, reference, today=selectors.today_at_seat(now))
    if case is not None:
        return case.dsr, True
    dsr = registered_by(request.user, reference, now=now)
    if dsr is None:
        raise Http404
    return dsr, False


@roles(*ACTORS)
@require_safe
def registered(request: StaffRequest, reference: str) -> HttpResponse:
    """What was registered: its dates, its receipt, its scans, and what looks like the same request."""
    return _registered(request, *_found(request, reference))


def _registered(request: StaffRequest, dsr: DataSubjectRequest, visible: bool, refusal: str = "") -> HttpResponse:
    received = dsr.events.filter(kind=EventKind.RECEIVED).earliest("sequence")
    dates = intake.promised_dates(dsr.received_at)
    found = scans.of(dsr)
    evidence = received.data.get("evidence")
    context = {
        "here": "register",
        "dsr": dsr,
        "visible": visible,
        "rights": [label(RequestType(right)) for right in received.data["rights"]],
        "evidence": label(ReceiptEvidence(evidence)) if evidence else "",
        "dates": dates,
        "late": dates.working_date < selectors.today_at_seat(timezone.now()),
        "scans": found,
        "waiting": any(not one.refused and not one.gone and not one.readable for one in found),
        "wants_scans": scans.wanted_for(dsr),
        "accepted": ACCEPTED,
        "once": secrets.token_urlsafe(24),
        "look_alikes": look_alikes(request.user, dsr),
        "refusal": refusal,
    }
    return render(request, "backoffice/registered.html", context, status=REFUSED if refusal else 200)


@roles(*ACTORS)
@require_POST
def add_scan(request: StaffRequest, reference: str) -> HttpResponse:
    """Add scans, again or later; from the page of the registration or from the files of the case."""
    dsr, visible = _found(request, reference)
    from_files = visible and request.POST.get("to") == "files"
    once = request.POST.get("once", "")[:64]
    chosen: list[Any] = list(request.FILES.getlist("scans"))
    try:
        if left_out(request):
            raise scans.TooManyAtOnce
        scans.add(dsr_id=dsr.pk, files=chosen, officer=request.user, once=once, now=timezone.now())
    except DsarError as error:
        refusal = error.sentence(language())
        return files.page(request, dsr, refusal=refusal) if from_files else _registered(request, dsr, visible, refusal)
    return HttpResponseRedirect(reverse("backoffice:files" if from_files else "backoffice:registered", args=[dsr.reference]))


@roles(*READERS)
@require_safe
def receipt(request: StaffRequest, reference: str) -> HttpResponse:
    """The receipt as a PDF to print, sign, and hand over or post; as often as it is wanted."""
    dsr, _visible = _found(request, reference)
    pdf = letters.receipt(dsr, now=timezone.now())
    disposition = f'attachment; filename="{dsr.reference}.pdf"'
    return HttpResponse(pdf, content_type="application/pdf", headers={"Content-Disposition": disposition})
