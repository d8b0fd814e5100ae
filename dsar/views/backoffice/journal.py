"""The latest events of all cases that one may see: references only, no names."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dsar.access import READERS, StaffRequest, roles
from dsar.models import DataSubjectRequest, RequestEvent
from dsar.views.backoffice import timeline

SHOWN = 100


@roles(*READERS)
@require_safe
def index(request: StaffRequest) -> HttpResponse:
    """The newest hundred, or the hundred before the one named by `before`."""
    events = RequestEvent.objects.filter(dsr__in=DataSubjectRequest.objects.visible_to(request.user))
    before = request.GET.get("before", "")
    if before.isdigit():
        events = events.filter(pk__lt=int(before))
    page = list(events.select_related("actor", "dsr").order_by("-pk")[: SHOWN + 1])
    shown = page[:SHOWN]
    lines = timeline.lines(shown, person=_("the person"), with_text=False)
    context = {
        "here": "journal",
        "lines": list(zip([event.dsr.reference for event in shown], lines, strict=True)),
        "before": shown[-1].pk if len(page) > SHOWN else None,
    }
    return render(request, "backoffice/journal.html", context)
