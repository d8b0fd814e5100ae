"""The pages that only tell something: start, what becomes of the form, accessibility, contact."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dsar.access import public
from dsar.controller import controller
from dsar.language import language
from dsar.selectors import today_at_seat
from dsar.services import letters
from dsar.views.public.draft import HOURS, KEPT_DAYS
from dsar.views.public.shared import known_site
from identity.documents import KEPT_AT_MOST

TESTED_ON = date(2026, 11, 24)  # when somebody last read the statement against the tests and the pages
CHECKED_WITH = "axe-core 4.14.1"
NO_BREAK = "\N{NO-BREAK SPACE}"
DEFENDER = {  # of Rights, where the French model of a statement sends people whom nobody helped
    "form": "https://formulaire.defenseurdesdroits.fr/",
    "delegates": "https://www.defenseurdesdroits.fr/carte-des-delegues",
}


@public
@require_safe
def notice(request: HttpRequest) -> HttpResponse:
    """What we do with the data of the request itself (GDPR Art. 13)."""
    context = {
        "kept": controller().own_retention,
        "draft_hours": HOURS,
        "draft_days": KEPT_DAYS,
        "paper_days": KEPT_AT_MOST.days,
        "outside": [one for one in controller().processors if one.safeguard],
    }
    return render(request, "public/notice.html", context)


@public
@require_safe
def easy(request: HttpRequest) -> HttpResponse:
    """The first page again in short lines, one idea each, after the rules of easy reading."""
    context = {"promise_days": controller().promise_days, "site": known_site(request)}
    return render(request, "public/easy.html", context)


@public
@require_safe
def mandate(request: HttpRequest) -> HttpResponse:
    """A mandate to fill in: the five fields that its checking turns on, for whoever has none yet."""
    response = HttpResponse(letters.mandate_model(language()), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{controller().slug}-{_("mandate")}.pdf"'
    return response


@public
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """The statement in the form that RGAA 4.1.2 asks for; docs/accessibility.md names the test behind each claim."""
    audit, today = controller().audit, today_at_seat(timezone.now())
    holds = audit is not None and audit.holds(today)
    context = {
        "tested_on": TESTED_ON,
        "checked_with": CHECKED_WITH,
        "defender": DEFENDER,
        "audit": audit if holds else None,
        "former": audit if audit is not None and audit.audited_on <= today else None,
        "rate": f"{audit.rate}{NO_BREAK if language() == 'fr' else ''}%" if audit is not None else "",
    }
    return render(request, "public/accessibility.html", context)


@public
@require_safe
def contact(request: HttpRequest) -> HttpResponse:
    """Every official channel: no form may be imposed (LAW R-01)."""
    return render(request, "public/contact.html")
