"""Going on later: a link by mail, a page with one button, and the answers are back."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from dsar.forms import route
from dsar.language import language
from dsar.services import drafts as links
from dsar.services import tell
from dsar.views.public import draft as drafts
from dsar.views.public.shared import now, private, slow_down, too_often

LINKS_PER_HOUR = 20  # of one network
SAVED = "draft_saved"  # session key: the link has just left


@private
@require_http_methods(["GET", "HEAD", "POST"])
def save(request: HttpRequest) -> HttpResponseBase:
    """Ask for the link; it goes to the address of question 4."""
    draft = drafts.load(request)
    if draft is None or not draft.email:
        return redirect("public:question", route.first_open(draft.answers if draft else {}) or "what")
    if request.method == "POST":
        if too_often(request, "links", per_hour=LINKS_PER_HOUR):
            return slow_down(request)
        link = drafts.keep(request, draft)
        url = tell.absolute("public:resume", language(), link)
        links.send_link(
            email=draft.email,
            language=language(),
            row=drafts.row_of(link),
            url=url,
            hours=drafts.HOURS,
            days=drafts.KEPT_DAYS,
            now=now(),
        )
        request.session[SAVED] = True
        return redirect("public:save")
    context = {
        "email": draft.email,
        "sent": request.session.pop(SAVED, False),
        "hours": drafts.HOURS,
        "days": drafts.KEPT_DAYS,
        "kept_until": draft.kept_day,
        "back": route.first_open(draft.answers) or "contact",
        "answered": route.first_open(draft.answers) is None,
    }
    return render(request, "public/save.html", context)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def resume(request: HttpRequest, link: str) -> HttpResponseBase:
    """The link of the mail: opening it changes nothing; the button brings the answers back and confirms the address."""
    if drafts.kept(link) is None:
        return render(request, "public/form_link_over.html", status=410)
    if request.method != "POST":
        return render(request, "public/resume.html", {"days": drafts.KEPT_DAYS})
    draft = drafts.resume(request, link)
    if draft is None:
        return render(request, "public/form_link_over.html", status=410)
    following = route.first_open(draft.answers)
    return redirect("public:question", following) if following else redirect("public:check")
