"""The calendar page, the secret link of one's own calendar feed, and the feed itself."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dsar.access import EVERY_ROLE, READERS, StaffRequest, public, roles
from dsar.language import language
from dsar.selectors import today_at_seat
from dsar.selectors.month import month
from dsar.services import calendar_feed
from dsar.services.tell import absolute
from dsar.views.backoffice.account import show_account
from dsar.views.backoffice.common import say


@roles(*READERS)
@require_safe
def show(request: StaffRequest) -> HttpResponse:
    """A month as a grid, or as a list (`?view=list`); `?month=2026-03` names another one."""
    today = today_at_seat(timezone.now())
    first = _month(request.GET.get("month", ""), today)
    as_list = request.GET.get("view") == "list"
    page = {
        "month": month(request.user, first, today=today, language=language()),
        "today": today,
        "as_list": as_list,
        "here": "calendar",
    }
    return render(request, "backoffice/calendar.html", page)


def _month(wanted: str, today: date) -> date:
    try:
        first = date.fromisoformat(f"{wanted}-01")
    except ValueError:
        return today.replace(day=1)
    return first if 2000 <= first.year <= 2100 else today.replace(day=1)


@roles(*READERS)
@require_POST
def link(request: StaffRequest) -> HttpResponse:
    """Make a new link, which ends the one before and is shown once; or end it."""
    if request.POST.get("do") == "revoke":
        calendar_feed.revoke_key(request.user)
        say(request, _("The calendar link opens nothing any more."))
        return HttpResponseRedirect(reverse("backoffice:account"))
    key = calendar_feed.make_key(request.user)
    return show_account(request, calendar_link=absolute("public:calendar_feed", request.user.language, key))


@roles(*EVERY_ROLE)
@require_POST
def wants_digest(request: StaffRequest) -> HttpResponse:
    """Whether one mail a day says what is due."""
    request.user.wants_digest = request.POST.get("digest") == "yes"
    request.user.save(update_fields=["wants_digest"])
    say(request, _("Your choice is noted."))
    return HttpResponseRedirect(reverse("backoffice:account"))


@public
@require_safe
def feed(request: HttpRequest, key: str) -> HttpResponse:
    """For calendar programs, which cannot sign in: the key in the address opens it. A wrong one is a page that is not there."""
    user = calendar_feed.holder(key)
    if user is None:
        raise Http404
    answer = HttpResponse(calendar_feed.feed(user, now=timezone.now()), content_type="text/calendar; charset=utf-8")
    answer["Cache-Control"] = "no-store"
    answer["X-Robots-Tag"] = "noindex"
    answer["Content-Disposition"] = 'attachment; filename="deadlines.ics"'
    return answer
