"""Releases the copy after two looks at who receives it, takes a release back, and gives the copy to an officer who posts it."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from dsar.access import ACTORS, StaffRequest, roles
from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import PackageState
from dsar.forms import office
from dsar.language import language
from dsar.services import deliver, pass_phrase, recipient, review
from dsar.services import package as package_service
from dsar.views.backoffice import steps
from dsar.views.backoffice.approvals import flag_words
from dsar.views.backoffice.case_page import Returned, render_case, rights_line
from dsar.views.backoffice.common import FreshProof, act, back_to, errors_of, find, find_case, say

COMPARED = {"name": gettext_lazy("Name"), "address": gettext_lazy("Address"), "reference": gettext_lazy("Reference")}


@roles(*ACTORS)
@require_http_methods(["GET", "HEAD", "POST"])
def release(request: StaffRequest, reference: str) -> HttpResponse:
    """Three identifiers side by side, a fresh proof, then the release."""
    case = find_case(request, reference)
    package = next((p for p in case.packages if p.state == PackageState.READY), None)
    if package is None:
        return back_to(case.dsr)
    by_post = not case.dsr.delivery_email
    proof, form = FreshProof(request), office.ReleaseForm(request.POST if request.method == "POST" else None)
    compared = recipient.compare(case.dsr, package)
    other = recipient.mismatch(case.dsr, compared)
    refusal, status = "", 200
    if request.method == "POST":
        status = 422
        proven = proof.accepted()
        if form.is_valid() and proven and not other:
            refusal, status = act(
                request,
                case.dsr,
                lambda: deliver.release(dsr_id=case.dsr.pk, officer=request.user, now=timezone.now(), by_post=by_post),
            )
            if not refusal:
                case.dsr.refresh_from_db()
                released = case.dsr.packages.filter(state=PackageState.RELEASED).exists()
                say(
                    request,
                    _("Released. The person has been told.")
                    if released
                    else _("Proposed: a second person must agree to this release."),
                )
                return back_to(case.dsr)
            proof = FreshProof(request)
    context = {
        "here": "queue",
        "case": case,
        "dsr": case.dsr,
        "rights": rights_line(case),
        "package": package,
        "compared": [(COMPARED[pair.key], pair) for pair in compared],
        "mismatch": other,
        "by_post": by_post,
        "phrase": pass_phrase.standing(case.dsr, now=timezone.now()),
        "form": form,
        "proof": proof,
        "mistakes": errors_of(form, proof.form),
        "refusal": refusal,
        "flags": [flag_words(flag) for flag in review.flags(case.dsr)],
        "seen": request.POST.get("seen") or (case.events[0].sequence if case.events else 0),
    }
    return render(request, "backoffice/release.html", context, status=status)


@roles(*ACTORS)
@require_POST
def withdraw_release(request: StaffRequest, reference: str) -> HttpResponse:
    dsr = find(request, reference)
    officer, now = request.user, timezone.now()
    return steps.by_form(
        request,
        dsr,
        "withdraw",
        office.ReasonForm(request.POST, prefix="withdraw"),
        lambda given: deliver.withdraw_release(dsr_id=dsr.pk, officer=officer, reason=given["reason"], now=now),
        said=_("The release is withdrawn: its link is dead and its file destroyed."),
    )


@roles(*ACTORS)
@require_POST
def build_again(request: StaffRequest, reference: str) -> HttpResponse:
    """Build a package anew after a failure."""
    dsr = find(request, reference)
    return steps.by_button(
        request,
        dsr,
        lambda: package_service.request_package(dsr_id=dsr.pk, now=timezone.now()),
        said=_("The package is being built again."),
    )


@roles(*ACTORS)
@require_POST
def copy_for_post(request: StaffRequest, reference: str) -> HttpResponseBase:
    """The released copy for an officer who sends it by post; noted before a byte flows."""
    dsr = find(request, reference)
    if not dsr.postal_address:
        raise Http404
    try:
        package, chunks = deliver.open_for_post(dsr_id=dsr.pk, officer=request.user, now=timezone.now())
    except DsarError as refusal:
        returned = Returned(refusal=refusal.sentence(language()), status=422)
        return render_case(request, find_case(request, reference), returned)
    response = FileResponse(chunks, as_attachment=True, filename=package.file_name, content_type="application/zip")
    response["Content-Length"] = str(package.bytes)
    return response
