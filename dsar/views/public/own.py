"""What a person sets for themselves: which of their requests is shown, in which language we write, that the page stays open."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dsar.domain.vocabulary import RequestType
from dsar.labels import label
from dsar.models import DataSubjectRequest
from dsar.selectors import of_same_mailbox, subject_view, today_at_seat
from dsar.services import own_language
from dsar.views.public import unsent
from dsar.views.public.follow_words import heading_of
from dsar.views.public.shared import now, open_session, page_of, posted, say
from dsar.views.public.status import for_subject


@for_subject
@require_http_methods(["GET", "HEAD", "POST"])
def requests(request: HttpRequest, dsr: DataSubjectRequest) -> HttpResponseBase:
    """All requests that are answered to the mailbox that opened this session; a button shows one of them."""
    known = of_same_mailbox(dsr)
    if request.method == "POST":
        chosen = next((one for one in known if one.reference == request.POST.get("reference")), None)
        if chosen is None:
            raise Http404
        open_session(request, chosen)
        return redirect("public:status")
    today = today_at_seat(now())
    lines = [
        {
            "dsr": one,
            "state": heading_of(subject_view(one, today=today)),
            "rights": ", ".join(str(label(RequestType(part.right))) for part in one.parts.all()),
        }
        for one in known
    ]
    return page_of(request, "public/status_requests.html", {"dsr": dsr, "lines": lines})


@for_subject
@posted("public:status")
def language(request: HttpRequest, dsr: DataSubjectRequest) -> HttpResponseBase:
    """In which language we write from now on. Reading the site in another language changes nothing."""
    chosen = request.POST.get("language", "")
    if chosen not in dict(settings.LANGUAGES):
        raise Http404
    if own_language.change(dsr_id=dsr.pk, language=chosen, now=now()):
        say(request, _("From now on we write to you in the language that you chose."))
    return redirect("public:status")


@for_subject
@posted("public:status")
def stay(request: HttpRequest, dsr: DataSubjectRequest) -> HttpResponseBase:
    """A sign of the person: the page stays open for another while, with the message that is written and not sent."""
    said = [_("You stay signed in.")]
    if unsent.keep(request, dsr):
        said.append(_("Your message is kept. It is not sent yet."))
    if request.POST.get("file"):  # the name of one: the button sends no files
        said.append(_("Choose your files again."))
    say(request, " ".join(said))
    return redirect("public:status")
