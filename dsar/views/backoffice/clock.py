"""Asks the person to specify, notes that their answer came, proposes to extend: with reasons, and the letter shown first."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from dsar import selectors
from dsar.access import ACTORS, StaffRequest, roles
from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import EventKind, ExtensionReason, Role
from dsar.forms.clock import ArrivedForm, ExtendForm, SpecifyForm
from dsar.language import language
from dsar.selectors import Case
from dsar.services import extend as extend_service
from dsar.services import pause
from dsar.views.backoffice import letters
from dsar.views.backoffice.case_page import Returned, render_case, rights_line
from dsar.views.backoffice.common import act, back_to, find_case, say
from notifications.rendering import Rendered


@roles(*ACTORS)
@require_http_methods(["GET", "HEAD", "POST"])
def specify(request: StaffRequest, reference: str) -> HttpResponse:
    """The form, then the letter, then it leaves and the clock stops; going back keeps every word."""
    case = find_case(request, reference)
    try:
        pause.may_ask_to_specify(case.dsr)
    except DsarError as refusal:
        return _turned_away(request, case, refusal)
    if request.method != "POST":
        return _form_page(request, case, SpecifyForm(), "specify")
    form = SpecifyForm(request.POST)
    if not form.is_valid():
        return _form_page(request, case, form, "specify", status=422)
    if "back" in request.POST:
        return _form_page(request, case, form, "specify")
    now, why, reply_by = timezone.now(), form.cleaned_data["why"], form.cleaned_data["reply_by"]
    if "send" in request.POST:
        refusal_words, status = act(
            request,
            case.dsr,
            lambda: pause.ask_clarification(
                dsr_id=case.dsr.pk, officer=request.user, why=why, choices=form.lines(), reply_by=reply_by, now=now
            ),
        )
        if refusal_words:
            return _form_page(request, case, form, "specify", refusal=refusal_words, status=status)
        say(request, _("Asked. The clock stands still until the answer comes."))
        return back_to(case.dsr)
    try:
        choices = pause.checked_clarification(case.dsr, request.user, why=why, choices=form.lines(), reply_by=reply_by, now=now)
    except DsarError as refusal:
        return _form_page(request, case, form, "specify", refusal=refusal.sentence(language()), status=422)
    facts = pause.clarification_facts(why=why, choices=choices, reply_by=reply_by, now=now)
    return _preview_page(request, case, form, "specify", letters.notice_mail(case.dsr, "clarification_request", facts))


@roles(*ACTORS)
@require_http_methods(["GET", "HEAD", "POST"])
def extend(request: StaffRequest, reference: str) -> HttpResponse:
    """The form, then the letter, then a proposal to a second person."""
    case = find_case(request, reference)
    now, dpo = timezone.now(), request.user.role == Role.DPO
    try:
        extend_service.may_extend(case.dsr, now=now, overridden=dpo)
    except DsarError as refusal:
        return _turned_away(request, case, refusal)
    minor = extend_service.is_minor_erasure(case.dsr)
    if request.method != "POST":
        return _form_page(request, case, ExtendForm(minor=minor), "extend")
    form = ExtendForm(request.POST, minor=minor)
    if not form.is_valid():
        return _form_page(request, case, form, "extend", status=422)
    if "back" in request.POST:
        return _form_page(request, case, form, "extend")
    reason, words = ExtensionReason(form.cleaned_data["reason"]), form.cleaned_data["words"]
    if "send" in request.POST:
        refusal_words, status = act(
            request,
            case.dsr,
            lambda: extend_service.propose_extension(
                dsr_id=case.dsr.pk,
                officer=request.user,
                reason=reason,
                words=words,
                now=now,
                override=form.cleaned_data.get("override", ""),
            ),
        )
        if refusal_words:
            return _form_page(request, case, form, "extend", refusal=refusal_words, status=status)
        say(request, _("Proposed. A second person has been told."))
        return back_to(case.dsr)
    facts = extend_service.notice_facts(case.dsr, reason, words, now=now)
    return _preview_page(request, case, form, "extend", letters.notice_mail(case.dsr, "extension", facts))


@roles(*ACTORS)
@require_POST
def arrived(request: StaffRequest, reference: str) -> HttpResponse:
    """The answer to a request to specify came: by one of the person's messages, or otherwise on a day."""
    case = find_case(request, reference)
    now = timezone.now()
    form, refusal, status = ArrivedForm(request.POST, prefix="arrived"), "", 422
    sequence = request.POST.get("message", "")
    if sequence:
        message = next((e for e in case.events if str(e.sequence) == sequence), None)
        if message is None or message.kind != EventKind.MESSAGE_FROM_SUBJECT:
            raise Http404
        arrived_at = message.at
    elif form.is_valid():
        day = form.cleaned_data["arrived_on"]
        arrived_at = pause.midday(day) if day != selectors.today_at_seat(now) else now
    else:
        return render_case(request, case, Returned({"arrived": form}, refusal, status))
    refusal, status = act(
        request,
        case.dsr,
        lambda: pause.clarification_arrived(dsr_id=case.dsr.pk, arrived_at=arrived_at, officer=request.user, now=now),
    )
    if refusal:
        returned = Returned({} if sequence else {"arrived": form}, refusal, status)
        return render_case(request, find_case(request, reference), returned)
    say(request, _("The clock runs again. The person is told the date."))
    return back_to(case.dsr)


def _turned_away(request: StaffRequest, case: Case, refusal: DsarError) -> HttpResponse:
    messages.error(request, refusal.sentence(language()))
    return back_to(case.dsr)


def _context(request: StaffRequest, case: Case, form: forms.BaseForm, kind: str) -> dict[str, Any]:
    return {
        "here": "queue",
        "case": case,
        "dsr": case.dsr,
        "rights": rights_line(case),
        "kind": kind,
        "form": form,
        "new_limit": extend_service.limit_when_extended(case.dsr, now=timezone.now()) if kind == "extend" else None,
        "seen": request.POST.get("seen") or (case.events[0].sequence if case.events else 0),
    }


def _form_page(
    request: StaffRequest, case: Case, form: forms.BaseForm, kind: str, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    context = _context(request, case, form, kind) | {"refusal": refusal}
    return render(request, "backoffice/clock_form.html", context, status=status)


def _preview_page(request: StaffRequest, case: Case, form: forms.BaseForm, kind: str, mail: Rendered) -> HttpResponse:
    kept = [(name, request.POST.get(name, "")) for name in form.fields]
    return render(request, "backoffice/clock_preview.html", _context(request, case, form, kind) | {"mail": mail, "kept": kept})
