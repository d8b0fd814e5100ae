"""The files of a case: a list, each one for a reason that is recorded before it opens, and the end of one at once."""

from __future__ import annotations

import secrets
from base64 import b64encode
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dsar.access import ACTORS, READERS, StaffRequest, roles
from dsar.domain.errors import DsarError
from dsar.forms.fields import ACCEPTED
from dsar.forms.identity import PaperForm
from dsar.language import language
from dsar.models import DataSubjectRequest
from dsar.services import attachments, scans
from dsar.views.backoffice.common import REFUSED, find, pictures_within, say
from identity.documents import DocumentError


@roles(*READERS)
@require_safe
def index(request: StaffRequest, reference: str) -> HttpResponse:
    return page(request, find(request, reference))


def page(
    request: StaffRequest,
    dsr: DataSubjectRequest,
    *,
    form: PaperForm | None = None,
    wanted: UUID | None = None,
    refusal: str = "",
    field: str = "",
) -> HttpResponse:
    """The list; `refusal` is said above it, and beside the field (`reason` or `why`) of the file that was `wanted`."""
    form = form or PaperForm(prefix="paper")
    listed = attachments.of_case(dsr)
    number = next((one.number for one in listed if one.document.pk == wanted), 0)
    mistakes = [(f"reason-{number}", str(error)) for error in form["reason"].errors] if number else []
    context = {
        "here": "queue",
        "dsr": dsr,
        "files": listed,
        "form": form,
        "wanted": wanted,
        "may_act": request.user.may_act_on_cases,
        "may_scan": request.user.may_act_on_cases and scans.wanted_for(dsr),
        "accepted": ACCEPTED,
        "once": secrets.token_urlsafe(24),
        "mistakes": [(f"why-{number}", refusal)] if field == "why" and number else mistakes,
        "refusal": "" if field == "why" and number else refusal,
        "no_reason": refusal if field == "why" else "",
    }
    return render(request, "backoffice/files.html", context, status=REFUSED if wanted or refusal else 200)


@roles(*ACTORS)
@require_POST
@pictures_within
def show(request: StaffRequest, reference: str, document_id: UUID) -> HttpResponse:
    """The page images, in this answer and nowhere else; two rows say who looked, and why, before a byte flows."""
    dsr = find(request, reference)
    form = PaperForm(request.POST, prefix="paper")
    refusal = ""
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            pages = attachments.look(
                dsr_id=dsr.pk, document_id=document_id, officer=request.user, reason=reason, now=timezone.now()
            )
        except (DsarError, DocumentError) as refused:
            refusal = refused.sentence(language())
        else:
            images = [f"data:image/jpeg;base64,{b64encode(page).decode()}" for page in pages]
            return render(request, "backoffice/files_page.html", {"here": "queue", "dsr": dsr, "images": images})
    return page(request, dsr, form=form, wanted=document_id, refusal=refusal)


@roles(*ACTORS)
@require_POST
def destroy(request: StaffRequest, reference: str, document_id: UUID) -> HttpResponse:
    """End one file at once, for a reason: an identity paper that lay in a letter (LAW R-24)."""
    dsr = find(request, reference)
    reason = request.POST.get("why", "")[:200]
    try:
        attachments.destroy(dsr_id=dsr.pk, document_id=document_id, officer=request.user, reason=reason, now=timezone.now())
    except attachments.WhyDestroy as refused:
        return page(request, dsr, wanted=document_id, refusal=refused.sentence(language()), field="why")
    except (DsarError, DocumentError) as refused:
        return page(request, dsr, wanted=document_id, refusal=refused.sentence(language()))
    say(request, _("The file is destroyed. Your reason stands in the history."))
    return HttpResponseRedirect(reverse("backoffice:files", args=[dsr.reference]))
