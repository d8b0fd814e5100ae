"""The queue: what is urgent first, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from dsar import selectors
from dsar.access import ACTORS, READERS, StaffRequest, roles
from dsar.domain.errors import DsarError
from dsar.language import language
from dsar.models import DataSubjectRequest
from dsar.services import intake

BULK_LIMIT = 100


@dataclass(frozen=True)
class SavedView:
    """A named list with a URL of its own."""

    key: str
    label: str
    url: str
    current: bool
    count: int | None


@dataclass(frozen=True)
class Result:
    """How a bulk action went for one reference."""

    reference: str
    done: bool
    sentence: str


@roles(*READERS)
@require_safe
def show(request: StaffRequest) -> HttpResponse:
    """The list, the figures and the strip of three weeks."""
    today = selectors.today_at_seat(timezone.now())
    view = request.GET.get("view", "all")
    view = view if view in selectors.VIEWS else "all"
    query = request.GET.get("q", "").strip()[:254]
    after = request.GET.get("after", "")
    figures = selectors.figures(request.user, today)
    page = selectors.queue(request.user, today=today, view=view, query=query, after=after, site=request.GET.get("site", ""))
    strip = selectors.strip(request.user, today, language())
    kept = {"view": view} if view != "all" else {}
    if query:
        kept["q"] = query
    return render(
        request,
        "backoffice/queue.html",
        {
            "here": "mine" if view == "mine" else "queue",
            "today": today,
            "page": page,
            "figures": figures,
            "strip": strip,
            "next_soon": next((day.day for day in strip[: selectors.SOON + 1] if day.due), None),
            "views": _views(view if not query else "", figures),
            "view": view,
            "query": query,
            "title": _title(view, query),
            "next_url": f"?{urlencode({**kept, 'after': page.after})}" if page.after else "",
            "first_page": not after,
            "may_act": request.user.may_act_on_cases,
        },
    )


def _title(view: str, query: str) -> str:
    if query:
        return _("Search")
    return {
        "mine": _("My cases"),
        "no_owner": _("Without owner"),
        "blocked": _("Blocked"),
        "to_approve": _("To approve"),
        "erasures": _("Erasures"),
        "answered": pgettext("saved view", "Answered"),
        "closed": pgettext("saved view", "Closed"),
        "late": _("Late"),
        "soon": _("Due within 7 days"),
        "paused": _("Paused"),
    }.get(view, _("Queue"))


def _views(current: str, figures: selectors.Figures) -> list[SavedView]:
    address = reverse("backoffice:queue")
    named = [
        ("all", _("All"), figures.open),
        ("mine", _("Mine"), figures.mine),
        ("no_owner", _("Without owner"), None),
        ("blocked", _("Blocked"), None),
        ("to_approve", _("To approve"), figures.to_approve),
        ("erasures", _("Erasures"), None),
        ("answered", pgettext("saved view", "Answered"), None),
        ("closed", pgettext("saved view", "Closed"), None),
    ]
    return [
        SavedView(key, words, address if key == "all" else f"{address}?view={key}", key == current, count)
        for key, words, count in named
    ]


@roles(*ACTORS)
@require_POST
def assign_many(request: StaffRequest) -> HttpResponse:
    """Take several cases at once; the result names each reference. Nothing that decides or sends is ever done in bulk."""
    chosen = request.POST.getlist("reference")[:BULK_LIMIT]
    visible = {dsr.reference: dsr for dsr in DataSubjectRequest.objects.visible_to(request.user).filter(reference__in=chosen)}
    results = [_take(request, reference, visible.get(reference)) for reference in chosen]
    return render(request, "backoffice/bulk_result.html", {"here": "queue", "results": results})


def _take(request: StaffRequest, reference: str, dsr: DataSubjectRequest | None) -> Result:
    if dsr is None:
        return Result(reference, False, _("There is no such case among yours."))
    try:
        intake.assign(dsr_id=dsr.pk, officer=request.user, to=request.user, now=timezone.now())
    except DsarError as refusal:
        return Result(reference, False, refusal.sentence(language()))
    return Result(reference, True, _("Yours now."))
