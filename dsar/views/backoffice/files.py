"""The files that came with a person's words: a list, and each one for a reason that is recorded before it opens."""

from __future__ import annotations

from base64 import b64encode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from dsar.access import ACTORS, READERS, StaffRequest, roles
from dsar.domain.errors import DsarError
from dsar.forms.identity import PaperForm
from dsar.models import DataSubjectRequest
from dsar.services import attachments
from dsar.views.backoffice.common import REFUSED, errors_of, find, language
from identity.documents import DocumentError


@roles(*READERS)
@require_safe
def index(request: StaffRequest, reference: str) -> HttpResponse:
    return _list(request, find(request, reference))


def _list(
    request: StaffRequest, dsr: DataSubjectRequest, form: PaperForm | None = None, wanted: UUID | None = None, refusal: str = ""
) -> HttpResponse:
    form = form or PaperForm(prefix="paper")
    context = {
        "here": "queue",
        "dsr": dsr,
        "files": attachments.of_case(dsr),
        "form": form,
        "wanted": wanted,
        "may_act": request.user.may_act_on_cases,
        "mistakes": errors_of(form),
        "refusal": refusal,
    }
    return render(request, "backoffice/files.html", context, status=REFUSED if wanted else 200)


@roles(*ACTORS)
@require_POST
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
    return _list(request, dsr, form, document_id, refusal)
