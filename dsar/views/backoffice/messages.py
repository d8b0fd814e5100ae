"""The messages of a case as they were sent, and those that wait for a person: letters to post, mails that did not arrive."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dsar import selectors
from dsar.access import ACTORS, READERS, StaffRequest, roles
from dsar.domain.errors import DsarError
from dsar.forms.post import PostedForm
from dsar.language import language
from dsar.models import DataSubjectRequest
from dsar.services import letters, post
from dsar.views.backoffice.case_page import masked
from dsar.views.backoffice.common import act, errors_of, find, find_case, say
from notifications.kinds import KINDS
from notifications.models import Message, MessageState

# A mail brings its own style and nothing else: no script, no address of ours, no form, and no origin (SECURITY T31).
SANDBOX = "sandbox; default-src 'none'; style-src {style}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@dataclass(frozen=True)
class MessageLine:
    """One message: whom it goes to, masked, and what may be done about it."""

    message: Message
    to: tuple[str, str] | None  # first letter and domain; None for a letter
    to_post: bool
    undelivered: bool
    on_paper: bool  # whether it could go by post instead
    posted_form: PostedForm | None


@roles(*READERS)
@require_safe
def index(request: StaffRequest, reference: str) -> HttpResponse:
    return _page(request, reference)


def _page(
    request: StaffRequest,
    reference: str,
    *,
    form: PostedForm | None = None,
    about: UUID | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    case = find_case(request, reference)
    lines = [_line(message, form if message.pk == about else None) for message in case.messages]
    context = {
        "here": "queue",
        "case": case,
        "dsr": case.dsr,
        "lines": lines,
        "waiting": [line for line in lines if line.to_post or line.undelivered],
        "may_act": request.user.may_act_on_cases,
        "refusal": refusal,
        "mistakes": errors_of(form),
        "seen": case.events[0].sequence if case.events else 0,
    }
    return render(request, "backoffice/messages.html", context, status=status)


def _line(message: Message, form: PostedForm | None = None) -> MessageLine:
    to_post = message.state == MessageState.TO_POST
    undelivered = message.state == MessageState.UNDELIVERABLE and message.settled_at is None
    kind = KINDS.get(message.kind)
    today = selectors.today_at_seat(timezone.now())
    blank = PostedForm(prefix=f"posted-{message.pk}", initial={"posted_on": today})
    return MessageLine(
        message=message,
        to=masked(message.recipient),
        to_post=to_post,
        undelivered=undelivered,
        on_paper=kind is not None and kind.by_post and message.kind != "ready",
        posted_form=(form or blank) if to_post else None,
    )


def _found(dsr: DataSubjectRequest, message_id: UUID) -> Message:
    message: Message = get_object_or_404(Message, pk=message_id, reference=dsr.reference)
    return message


@roles(*READERS)
@require_POST
def show(request: StaffRequest, reference: str, message_id: UUID) -> HttpResponse:
    """One message, word for word. A POST, since the look is written down before a word is read."""
    dsr = find(request, reference)
    message = _found(dsr, message_id)
    try:
        shown = _looked_at(request, dsr, message)
    except DsarError as refusal:
        return _page(request, reference, refusal=refusal.sentence(language()), status=422)
    context = {"here": "queue", "dsr": dsr, "line": _line(message), "mail": shown}
    return render(request, "backoffice/message.html", context)


@roles(*READERS)
@require_POST
def as_html(request: StaffRequest, reference: str, message_id: UUID) -> HttpResponse:
    """The HTML of one message in a page of its own, which can load nothing and run nothing."""
    dsr = find(request, reference)
    try:
        shown = _looked_at(request, dsr, _found(dsr, message_id))
    except DsarError as refusal:
        return _page(request, reference, refusal=refusal.sentence(language()), status=422)
    styles = re.findall(r"<style>(.*?)</style>", shown.html, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() for style in styles]
    response = HttpResponse(shown.html)
    response["Content-Security-Policy"] = SANDBOX.format(style=" ".join(f"'sha256-{one}'" for one in hashes) or "'none'")
    return response


@roles(*ACTORS)
@require_POST
def letter(request: StaffRequest, reference: str, message_id: UUID) -> HttpResponse:
    """The message as a PDF to print."""
    dsr = find(request, reference)
    message = _found(dsr, message_id)
    try:
        _looked_at(request, dsr, message)
        pdf = letters.message_letter(dsr, message)
    except DsarError as refusal:
        return _page(request, reference, refusal=refusal.sentence(language()), status=422)
    name = f"{dsr.reference}-{message.kind}.pdf"
    return HttpResponse(pdf, content_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _looked_at(request: StaffRequest, dsr: DataSubjectRequest, message: Message) -> letters.Shown:
    post.look_at(dsr=dsr, message=message, officer=request.user, now=timezone.now())
    return letters.opened(message)


@roles(*ACTORS)
@require_POST
def posted(request: StaffRequest, reference: str, message_id: UUID) -> HttpResponse:
    """The letter was printed and posted on the day that is given."""
    dsr = find(request, reference)
    message = _found(dsr, message_id)
    form = PostedForm(request.POST, prefix=f"posted-{message.pk}")
    if not form.is_valid():
        return _page(request, reference, form=form, about=message.pk, status=422)
    day = form.cleaned_data["posted_on"]
    refusal, status = act(
        request,
        dsr,
        lambda: post.mark_posted(dsr_id=dsr.pk, message_id=message.pk, officer=request.user, posted_on=day, now=timezone.now()),
    )
    if refusal:
        return _page(request, reference, form=form, about=message.pk, refusal=refusal, status=status)
    say(request, _("Noted: the letter has left."))
    return _back(dsr)


STEPS = {"again": post.try_again, "by_post": post.write_by_post, "settled": post.settle}


@roles(*ACTORS)
@require_POST
def see_to(request: StaffRequest, reference: str, message_id: UUID) -> HttpResponse:
    """A mail that did not arrive: try again, write by post instead, or settled otherwise."""
    dsr = find(request, reference)
    message = _found(dsr, message_id)
    how = request.POST.get("how", "")
    step = STEPS.get(how)
    if step is None:
        return _page(request, reference, status=422)
    refusal, status = act(
        request, dsr, lambda: step(dsr_id=dsr.pk, message_id=message.pk, officer=request.user, now=timezone.now())
    )
    if refusal:
        return _page(request, reference, refusal=refusal, status=status)
    said = {
        "again": _("The message is on its way again."),
        "by_post": _("The letter is ready to print and post."),
        "settled": _("Noted: this message is dealt with."),
    }
    say(request, said[how])
    return _back(dsr)


def _back(dsr: DataSubjectRequest) -> HttpResponse:
    return HttpResponse(status=302, headers={"Location": reverse("backoffice:messages", args=[dsr.reference])})


@roles(*ACTORS)
@require_safe
def post_room(request: StaffRequest) -> HttpResponse:
    """Every letter to post and every mail that did not arrive, of all cases that one may see."""
    waiting = [(dsr, _line(message)) for dsr, message in selectors.post_room(request.user)]
    context = {
        "here": "post",
        "letters": [(dsr, line) for dsr, line in waiting if line.to_post],
        "undelivered": [(dsr, line) for dsr, line in waiting if line.undelivered],
    }
    return render(request, "backoffice/post.html", context)
