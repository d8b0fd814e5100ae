"""Simulates a deadline: the same clock as the cases, on a request that does not exist."""

from __future__ import annotations

from datetime import date

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dsar import selectors
from dsar.access import READERS, StaffRequest, roles
from dsar.controller import controller
from dsar.domain.clock import Deadlines
from dsar.domain.explain import full_date
from dsar.forms.whatif import WhatIfForm
from dsar.language import language
from dsar.views.backoffice.common import REFUSED


@roles(*READERS)
@require_safe
def show(request: StaffRequest) -> HttpResponse:
    """The question is in the address, so that it can be kept, sent and asked again."""
    who, now = controller(), timezone.now()
    if "received_on" in request.GET:
        form = WhatIfForm(request.GET)
    else:
        today = selectors.today_at_seat(now)
        form = WhatIfForm(initial={"pack": who.rule_pack, "received_on": today, "promise_days": who.promise_days})
    dates = form.asked().dates(now=now) if form.is_bound and form.is_valid() else None
    return render(
        request,
        "backoffice/whatif.html",
        {"here": "whatif", "form": form, "dates": dates, "named": named(dates, language()) if dates else []},
        status=REFUSED if form.errors else 200,
    )


def named(dates: Deadlines, spoken: str) -> list[tuple[str, date, str]]:
    """Each date with its name and its words; those that the law does not have are left out."""
    found = [
        (_("Careful date"), dates.careful_date),
        (_("Working date"), dates.working_date),
        (_("Legal limit, not before") if dates.paused_since else _("Legal limit"), dates.legal_limit),
        (_("Extension announced by"), dates.extension_notice_by),
        (_("Receipt confirmed by"), dates.acknowledge_by),
    ]
    if dates.pack == controller().rule_pack:
        found.insert(2, (_("Answer ready by, given your closing days"), selectors.ready_by(dates.working_date)))
    return [(name, day, full_date(day, spoken)) for name, day in found if day]
