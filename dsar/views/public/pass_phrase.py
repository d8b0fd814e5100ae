"""The pass-phrase on the status page: the first one counts at once, another takes a fresh code and a day."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dsar.domain.vocabulary import TokenPurpose
from dsar.forms.pass_phrase import AnotherPassPhraseForm, PassPhraseForm
from dsar.models import DataSubjectRequest
from dsar.services import pass_phrase
from dsar.views.public.codes import FreshCode, accepted, too_many_tries
from dsar.views.public.shared import now, page_of, posted, said, say, slow_down
from dsar.views.public.status import for_subject

CODE = FreshCode(TokenPurpose.PASS_PHRASE, key="pass_phrase_code")


@for_subject
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest, dsr: DataSubjectRequest) -> HttpResponseBase:
    """The form of the first one; later a button that sends a code, then the form of another with it."""
    standing = pass_phrase.standing(dsr, now=now())
    if not (standing.needed or standing.possible or standing.chosen):
        return redirect("public:status")
    kind = AnotherPassPhraseForm if standing.chosen else PassPhraseForm
    form = kind(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if too_many_tries(request):
            return slow_down(request)
        if _taken(request, dsr, form, again=standing.chosen):
            return redirect("public:status")
    context = {
        "dsr": dsr,
        "form": form,
        "standing": standing,
        "ready": CODE.asked(request) or form.is_bound,
        "code_minutes": settings.CODE_MINUTES,
        "wait_hours": int(pass_phrase.WAIT.total_seconds() // 3600),
        "notice": said(request),
    }
    return page_of(request, "public/status_pass_phrase.html", context, status=422 if form.errors else 200)


def _taken(request: HttpRequest, dsr: DataSubjectRequest, form: PassPhraseForm, *, again: bool) -> bool:
    given = form.cleaned_data

    def choose_it() -> None:
        if again:
            pass_phrase.replace(dsr_id=dsr.pk, code=given["code"], phrase=given["phrase"], now=now())
        else:
            pass_phrase.choose(dsr_id=dsr.pk, phrase=given["phrase"], now=now())

    if not accepted(form, choose_it, otherwise="phrase"):
        return False
    CODE.used(request)
    say(request, _("Your pass-phrase is chosen. We have told you by email."))
    return True


@for_subject
@posted("public:pass_phrase")
def send_code(request: HttpRequest, dsr: DataSubjectRequest) -> HttpResponseBase:
    """A fresh code, alone in its mail, to the address that the answer goes to."""
    if not dsr.pass_phrase:
        return redirect("public:pass_phrase")
    CODE.send(request, dsr)
    return redirect("public:pass_phrase")
