"""A form that another tool of the controller began: its signed link, a page that shows what it says, and one button."""

from __future__ import annotations

from typing import Any

import structlog
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dsar.controller import controller
from dsar.forms import details, route
from dsar.forms.handover import Begun, begin
from dsar.forms.public import ContactForm
from dsar.services import handover as links
from dsar.views.public import draft as drafts
from dsar.views.public.draft import Draft
from dsar.views.public.shared import SENT, now, private

logger = structlog.get_logger(__name__)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def handover(request: HttpRequest, token: str) -> HttpResponseBase:
    """Opening the link changes nothing, however often a mail scanner does; the button begins the form, in this browser alone.

    A link is not used up: pressing twice goes on with the form that the first press began, and nothing is ever sent by it.
    """
    if not settings.HANDOVER_KEYS:
        raise Http404
    try:
        handed = links.read(token, now=now())
    except links.LinkRefused as refused:
        logger.info("hand-over link refused", reason=refused.reason, tool=refused.tool)
        return render(request, "public/handover_over.html", status=410)
    begun, link = begin(handed.said), links.fingerprint(token)
    draft = drafts.load(request)
    earlier = draft if draft and _link_of(draft) != link and _is_begun(draft) else None
    if request.method != "POST" or (earlier and request.POST.get("instead_of") != earlier.token):
        return _show(request, begun, earlier)
    if draft and _link_of(draft) == link:
        return _go_on(draft)
    if request.session.get(SENT, {}).get("link") == link:
        return redirect("public:already_sent")
    begun.answers[route.HANDED] |= {"by": handed.tool, "link": link}
    if begun.unread:
        logger.warning("hand-over link says what the form does not know", tool=handed.tool, names=list(begun.unread))
    request.session.pop(SENT, None)
    fresh = Draft(answers=begun.answers)
    drafts.save(request, fresh)
    return _go_on(fresh)


def _link_of(draft: Draft) -> str:
    return str(draft.answers.get(route.HANDED, {}).get("link", ""))


def _is_begun(draft: Draft) -> bool:
    """Whether replacing it would lose an answer, or words that wait for their question."""
    return any(step in route.NUMBERS or step == route.TYPED for step in draft.answers)


def _go_on(draft: Draft) -> HttpResponseBase:
    following = route.first_open(draft.answers)
    return redirect("public:question", following) if following else redirect("public:check")


def _show(request: HttpRequest, begun: Begun, earlier: Draft | None) -> HttpResponseBase:
    contact = begun.answers[route.HANDED]
    site = begun.answers.get(route.ORIGIN, {}).get("site")
    context: dict[str, Any] = {
        "rights": [details.title_of(right) for right in route.rights(begun.answers)],
        "email": contact.get("email", ""),
        "site": next((one.name for one in controller().sites if one.key == site), ""),
        "cookies": [ContactForm.base_fields[name].label for name in ContactForm.COOKIES if name in contact],
        "unread": bool(begun.unread),
    }
    if earlier:
        following = route.first_open(earlier.answers)
        context["earlier"] = earlier.token
        context["earlier_url"] = reverse("public:question", args=[following]) if following else reverse("public:check")
    return render(request, "public/handover.html", context)
