"""One step on a case, from its page: done and said, or the page again with the refusal and what was typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.forms import BaseForm
from django.http import HttpResponse

from dsar.access import StaffRequest
from dsar.models import DataSubjectRequest
from dsar.views.backoffice.case_page import Returned, render_case
from dsar.views.backoffice.common import REFUSED, act, back_to, find_case, say


def by_button(
    request: StaffRequest, dsr: DataSubjectRequest, do: Callable[[], Any], *, said: str, anchor: str = ""
) -> HttpResponse:
    """A step that asks for nothing."""
    refusal, status = act(request, dsr, do)
    if refusal:
        return render_case(request, find_case(request, dsr.reference), Returned(refusal=refusal, status=status))
    say(request, said)
    return back_to(dsr, anchor)


def by_form(
    request: StaffRequest,
    dsr: DataSubjectRequest,
    kept_as: str,
    form: BaseForm,
    do: Callable[[dict[str, Any]], Any],
    *,
    said: Callable[[dict[str, Any]], str] | str,
    anchor: str = "",
) -> HttpResponse:
    """`do` takes what was typed; `kept_as` is the name by which the page finds a form that came back."""
    refusal, status = "", REFUSED
    if form.is_valid():
        given = form.cleaned_data
        refusal, status = act(request, dsr, lambda: do(given))
        if not refusal:
            say(request, said if isinstance(said, str) else said(given))
            return back_to(dsr, anchor)
    return render_case(request, find_case(request, dsr.reference), Returned({kept_as: form}, refusal, status))
