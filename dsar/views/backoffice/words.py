"""Words to the person, read once more before they leave, and notes that stay inside."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dsar.access import ACTORS, StaffRequest, roles
from dsar.forms import office
from dsar.services import review, tell
from dsar.views.backoffice import letters
from dsar.views.backoffice.case_page import Returned, render_case
from dsar.views.backoffice.common import act, back_to, find, find_case, say


@roles(*ACTORS)
@require_POST
def write(request: StaffRequest, reference: str) -> HttpResponse:
    """First POST shows the mail as the person will get it; the second sends it."""
    dsr = find(request, reference)
    form = office.WordsForm(request.POST, prefix="write")
    refusal, status = "", 422
    if form.is_valid() and "back" not in request.POST:
        words = form.cleaned_data["words"]
        if "send" not in request.POST:
            context = {
                "here": "queue",
                "dsr": dsr,
                "words": words,
                "mail": letters.words_mail(dsr, words),
                "seen": request.POST.get("seen", ""),
            }
            return render(request, "backoffice/write_preview.html", context)
        refusal, status = act(
            request, dsr, lambda: tell.write_to_subject(dsr_id=dsr.pk, officer=request.user, words=words, now=timezone.now())
        )
        if not refusal:
            by_mail = bool(dsr.answer_email)
            say(request, _("Your message is on its way.") if by_mail else _("The letter is ready to print and post."))
            return back_to(dsr, "journal")
    status = 200 if "back" in request.POST else status
    return render_case(request, find_case(request, reference), Returned({"write": form}, refusal, status))


@roles(*ACTORS)
@require_POST
def note(request: StaffRequest, reference: str) -> HttpResponse:
    dsr = find(request, reference)
    form = office.NoteForm(request.POST, prefix="note")
    refusal, status = "", 422
    if form.is_valid():
        words = form.cleaned_data["words"]
        refusal, status = act(
            request, dsr, lambda: review.note(dsr_id=dsr.pk, officer=request.user, words=words, now=timezone.now())
        )
        if not refusal:
            say(request, _("Your note is kept."))
            return back_to(dsr, "journal")
    return render_case(request, find_case(request, reference), Returned({"note": form}, refusal, status))
