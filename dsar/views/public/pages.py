"""The pages that only tell something: start, what becomes of the form, accessibility, contact."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dsar.access import public
from dsar.controller import controller


@public
@require_safe
def notice(request: HttpRequest) -> HttpResponse:
    """What we do with the data of the request itself (GDPR Art. 13)."""
    return render(request, "public/notice.html", {"file_years": controller().own_retention.file_years})


@public
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "public/accessibility.html")


@public
@require_safe
def contact(request: HttpRequest) -> HttpResponse:
    """Every official channel: no form may be imposed (LAW R-01)."""
    return render(request, "public/contact.html")
