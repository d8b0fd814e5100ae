"""Mail that arrived: drafts to read, what the machine set aside, and what joined a case. Nothing in it is trusted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.forms import BaseForm
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from dsar import selectors
from dsar.access import ACTORS, READERS, StaffRequest, roles
from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import RequestType
from dsar.domain.wishes import propose
from dsar.forms.mail import AsideForm, JoinForm
from dsar.forms.office import QualifyForm
from dsar.labels import label
from dsar.language import language
from dsar.services import inbox_desk
from dsar.views.backoffice.case_page import masked
from dsar.views.backoffice.common import REFUSED, back_to, errors_of, say
from notifications.inbox_models import MailKind, MailState, ReceivedMail

A_PAGE = 50

VIEW_NAMES: dict[str, Promise] = {
    "new": gettext_lazy("To read"),
    "aside": gettext_lazy("Set aside by the machine"),
    "joined": gettext_lazy("Joined to a case"),
    "done": gettext_lazy("Dealt with"),
}
KIND_NAMES: dict[str, Promise] = {
    MailKind.REQUEST: pgettext_lazy("mail", "Message of a person"),
    MailKind.REPLY: pgettext_lazy("mail", "Answer"),
    MailKind.AUTO_REPLY: pgettext_lazy("mail", "Automatic reply"),
    MailKind.BOUNCE: pgettext_lazy("mail", "Returned mail"),
    MailKind.LOOP: pgettext_lazy("mail", "Our own mail"),
    MailKind.OTHER: pgettext_lazy("mail", "Other"),
}
REASONS: dict[str, Promise] = {
    "own_message": gettext_lazy("It bears a number that only our own emails have."),
    "own_address": gettext_lazy("It says that it comes from our own address."),
    "too_many_hops": gettext_lazy("It passed through too many servers: it goes round in circles."),
    "read_receipt": gettext_lazy("It only says that an email was opened."),
    "delivery_report": gettext_lazy("A mail server reports on an email of ours."),
    "failed_recipients": gettext_lazy("A mail server reports on an email of ours."),
    "mailer": gettext_lazy("It comes from a mail server."),
    "returned": gettext_lazy("Its subject says that an email came back."),
    "delayed": gettext_lazy("An email of ours is late; the server is still trying."),
    "auto_submitted": gettext_lazy("It says of itself that a machine wrote it."),
    "auto_header": gettext_lazy("It says of itself that a machine wrote it."),
    "precedence": gettext_lazy("It says of itself that a machine wrote it."),
    "away_subject": gettext_lazy("Its subject is that of an absence."),
    "null_sender": gettext_lazy("It has no return address, as machines write."),
    "mailing_list": gettext_lazy("It came through a mailing list."),
    "bulk": gettext_lazy("It was sent to many."),
    "loop_header": gettext_lazy("It bears the mark of an email that went round in a circle."),
    "feedback_report": gettext_lazy("A mail provider reports that somebody marked an email of ours as unwanted."),
    "domain_report": gettext_lazy("A mail server reports on the emails sent in the name of our domain."),
    "calendar": gettext_lazy("It is an invitation of a calendar."),
    "encrypted": gettext_lazy("Its text is encrypted, or wrapped in a signature: open it in the mailbox, or ask for plain text."),
    "only_files": gettext_lazy(
        "It has no text: what it says may be in a file. Open it in the mailbox when the file was not kept."
    ),
    "no_text": gettext_lazy("It has no text and no file: ask what the person wants."),
    "no_plain_sender": gettext_lazy("Its sender is not one plain address: nobody can be answered."),
    "colleague": gettext_lazy("A colleague answered an email about a case."),
    "not_handled": gettext_lazy("The program could not handle it. Read it, and tell the operator."),
    "unreadable": gettext_lazy("Only its headers could be read: open it in the mailbox."),
    "too_large": gettext_lazy("It is very large: only its beginning was read."),
}
UNANSWERED: dict[str, Promise] = REASONS | {
    "names_a_case": gettext_lazy("It speaks of a case whose address is another."),
    "no_reply_address": gettext_lazy("Nobody reads answers at this address."),
    "asked_not_to": gettext_lazy("The sender asked for no automatic answer."),
    "sender_not_proven": gettext_lazy("The mail server found that the sender’s address may be forged."),
    "old": gettext_lazy("It arrived more than a week before it was read."),
    "many": gettext_lazy("This address wrote several times in a day."),
}


@dataclass(frozen=True)
class Line:
    """One message in a list."""

    mail: ReceivedMail
    subject: str
    who: str
    kind: str
    reason: str
    rights: tuple[str, ...]


@roles(*READERS)
@require_safe
def index(request: StaffRequest) -> HttpResponse:
    """Four lists; the one to read first."""
    view = request.GET.get("view", "new")
    view = view if view in selectors.MAIL_VIEWS else "new"
    page = Paginator(selectors.mails(request.user, view), A_PAGE).get_page(request.GET.get("page"))
    views = [
        {"url": f"?view={key}", "label": name, "current": key == view, "count": selectors.mails(request.user, key).count()}
        for key, name in VIEW_NAMES.items()
    ]
    context = {"here": "mail", "views": views, "view": view, "page": page, "lines": [_line(mail) for mail in page]}
    return render(request, "backoffice/mail.html", context)


def _line(mail: ReceivedMail) -> Line:
    words = inbox_desk.opened(mail)
    return Line(
        mail=mail,
        subject=words.subject,
        who=words.sender_name or shown_address(mail.sender) or words.written_from,
        kind=str(KIND_NAMES[mail.kind]),
        reason=str(REASONS.get(mail.reason, "")),
        rights=tuple(str(label(RequestType(right))) for right in mail.rights),
    )


def shown_address(address: str) -> str:
    parts = masked(address)
    return "@".join(parts) if parts else ""


@roles(*READERS)
@require_safe
def show(request: StaffRequest, mail_id: UUID) -> HttpResponse:
    return _page(request, _find(request, mail_id))


def _find(request: StaffRequest, mail_id: UUID) -> ReceivedMail:
    mail = selectors.mails_of(request.user).filter(pk=mail_id).first()
    if mail is None:
        raise Http404
    return mail


def _page(
    request: StaffRequest, mail: ReceivedMail, *, forms: dict[str, BaseForm] | None = None, refusal: str = "", status: int = 200
) -> HttpResponse:
    forms = forms or {}
    words = inbox_desk.opened(mail)
    may_act = request.user.may_act_on_cases
    part = inbox_desk.draft_part(mail.reference) if mail.state == MailState.DRAFT else None
    open_still = mail.state == MailState.SET_ASIDE or part is not None
    context: dict[str, Any] = {
        "here": "mail",
        "mail": mail,
        "line": _line(mail),
        "words": words,
        "address": shown_address(mail.sender) or words.written_from,
        "proposals": [{"right": label(wish.right), "words": wish.words} for wish in propose(words.text, subject=words.subject)],
        "unanswered": UNANSWERED.get(mail.unanswered, "") if mail.state in (MailState.DRAFT, MailState.REGISTERED) else "",
        "note": inbox_desk.note_of(mail),
        "named_visible": selectors.case_is_visible(request.user, mail.named_reference),
        "rights_form": forms.get("rights", QualifyForm(prefix="rights")) if part and may_act else None,
        "join_form": forms.get("join", JoinForm(prefix="join", initial={"reference": mail.named_reference or mail.reference}))
        if open_still and may_act
        else None,
        "aside_form": forms.get("aside", AsideForm(prefix="aside")) if open_still and may_act else None,
        "may_request": may_act and mail.state == MailState.SET_ASIDE,
        "may_mark": may_act and mail.state == MailState.JOINED and mail.settled_at is None and mail.kind != MailKind.BOUNCE,
        "may_acknowledge": may_act and bool(mail.unanswered) and mail.state in (MailState.DRAFT, MailState.REGISTERED),
        "refusal": refusal,
        "mistakes": errors_of(*forms.values()),
    }
    if part and mail.state == MailState.DRAFT and mail.named_reference == "" and "join" not in forms and context["join_form"]:
        context["join_form"].initial = {}
    return render(request, "backoffice/mail_one.html", context, status=status)


def _act(
    request: StaffRequest, mail_id: UUID, key: str, form: BaseForm | None, step: Callable[[], Any], said: str
) -> HttpResponse:
    mail = _find(request, mail_id)
    forms = {key: form} if form is not None else {}
    if form is not None and not form.is_valid():
        return _page(request, mail, forms=forms, status=REFUSED)
    try:
        dsr = step()
    except DsarError as refusal:
        return _page(request, _find(request, mail_id), forms=forms, refusal=refusal.sentence(language()), status=REFUSED)
    say(request, said)
    return back_to(dsr) if dsr is not None else HttpResponseRedirect(reverse("backoffice:mail"))


@roles(*ACTORS)
@require_POST
def name_rights(request: StaffRequest, mail_id: UUID) -> HttpResponse:
    """A person says which rights the message uses."""
    form = QualifyForm(request.POST, prefix="rights")

    def step() -> Any:
        return inbox_desk.name_rights(mail_id=mail_id, officer=request.user, rights=form.members(), now=timezone.now())

    return _act(request, mail_id, "rights", form, step, _("The rights are named; the search may start."))


@roles(*ACTORS)
@require_POST
def join(request: StaffRequest, mail_id: UUID) -> HttpResponse:
    form = JoinForm(request.POST, prefix="join")

    def step() -> Any:
        reference = form.cleaned_data["reference"]
        return inbox_desk.join_case(mail_id=mail_id, officer=request.user, reference=reference, now=timezone.now())

    return _act(request, mail_id, "join", form, step, _("The message is on this case now."))


@roles(*ACTORS)
@require_POST
def set_aside(request: StaffRequest, mail_id: UUID) -> HttpResponse:
    form = AsideForm(request.POST, prefix="aside")

    def step() -> None:
        inbox_desk.set_aside(mail_id=mail_id, officer=request.user, reason=form.cleaned_data["reason"], now=timezone.now())

    return _act(request, mail_id, "aside", form, step, _("The message is set aside, with your reason."))


@roles(*ACTORS)
@require_POST
def make_request(request: StaffRequest, mail_id: UUID) -> HttpResponse:
    def step() -> Any:
        return inbox_desk.make_request(mail_id=mail_id, officer=request.user, now=timezone.now())

    return _act(request, mail_id, "request", None, step, _("It is a request now; its clock runs from the arrival of the email."))


@roles(*ACTORS)
@require_POST
def mark_read(request: StaffRequest, mail_id: UUID) -> HttpResponse:
    mail = _find(request, mail_id)
    try:
        inbox_desk.mark_read(mail_id=mail.pk, officer=request.user, now=timezone.now())
    except DsarError as refusal:
        return _page(request, mail, refusal=refusal.sentence(language()), status=REFUSED)
    say(request, _("Marked as read."))
    return HttpResponseRedirect(reverse("backoffice:case", args=[mail.reference]))


@roles(*ACTORS)
@require_POST
def acknowledge(request: StaffRequest, mail_id: UUID) -> HttpResponse:
    def step() -> Any:
        return inbox_desk.acknowledge(mail_id=mail_id, officer=request.user, now=timezone.now())

    return _act(request, mail_id, "acknowledge", None, step, _("The acknowledgement is on its way."))
