"""After sending: the confirmation, the code from the mail, the receipt, the link from the mail."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import AT_ONCE, EventKind, RequestType, TokenPurpose
from dsar.forms.public import CodeForm
from dsar.models import DataSubjectRequest
from dsar.services import intake, letters, tokens, verify
from dsar.views.public.codes import address_proven, prove_address_again, too_many_tries
from dsar.views.public.shared import now, posted, private, said, say, sent_of, slow_down, subject_of
from notifications.models import Message, MessageState

CONFIRMED = "confirmed"  # session key: the request whose address a link has just confirmed
ELSEWHERE = gettext_lazy(
    "For your safety, the confirmation shows only in the browser that sent the request, for a while. "
    "Ask for a code to see where your request stands."
)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def sent(request: HttpRequest) -> HttpResponseBase:
    """The confirmation; its POST takes the code of the mail. Works again later in the same browser, else by following."""
    dsr = sent_of(request)
    if dsr is None:
        say(request, ELSEWHERE)
        return redirect("public:follow")
    if request.method != "POST":
        return _show(request, dsr, CodeForm())
    if too_many_tries(request):
        return slow_down(request)
    form = CodeForm(request.POST)
    if form.is_valid() and address_proven(form, dsr):
        return redirect("public:sent")
    return _show(request, dsr, form)


def _show(request: HttpRequest, dsr: DataSubjectRequest, form: CodeForm) -> HttpResponse:
    rights = {RequestType(part.right) for part in dsr.parts.all()}
    context = {
        "dsr": dsr,
        "form": form,
        "received_date": intake.receipt_date(dsr.received_at),
        "at_once": rights <= AT_ONCE,
        "code_minutes": settings.CODE_MINUTES,
        "about": dsr.subject_kind,
        "notice": said(request),
        "suppressed": dsr.events.filter(kind=EventKind.SUPPRESSED).exists(),
        "mail": _first_mail(dsr),
    }
    return render(request, "public/sent.html", context)


def _first_mail(dsr: DataSubjectRequest) -> str:
    """How our first mail stands: "" on its way or there, "late" while we try again, "refused" for good, "held" for a digest.
    The request exists all the same, and the page says so."""
    mail = Message.objects.filter(reference=dsr.reference, kind="acknowledgement").first()
    if mail is None or mail.sent_at:
        return ""
    if mail.state == MessageState.WAITING:
        return "late" if mail.attempts else ""
    return {MessageState.UNDELIVERABLE: "refused", MessageState.HELD: "held"}.get(MessageState(mail.state), "")


@private
@posted("public:sent")
def resend(request: HttpRequest) -> HttpResponseBase:
    """Another code, after a minute."""
    dsr = sent_of(request)
    if dsr is None:
        return redirect("public:follow")
    prove_address_again(request, dsr)
    return redirect("public:sent")


@private
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, link: str) -> HttpResponseBase:
    """The link of the mail: opening it changes nothing, however often a mail scanner does; the button spends it."""
    dsr = tokens.peek_link(link, TokenPurpose.CONFIRM_EMAIL, now())
    if dsr is None:
        return render(request, "public/link_over.html", status=410)
    if request.method != "POST":
        return render(request, "public/confirm.html")
    try:
        verify.confirm_email(dsr_id=dsr.pk, link=link, now=now())
    except DsarError:
        return render(request, "public/link_over.html", status=410)
    request.session[CONFIRMED] = str(dsr.pk)
    return redirect("public:confirmed")


@private
@require_safe
def confirmed(request: HttpRequest) -> HttpResponseBase:
    """The address is confirmed; nothing of the link is left in the address bar."""
    known = request.session.get(CONFIRMED)
    dsr = DataSubjectRequest.objects.filter(pk=UUID(known)).first() if known else None
    return render(request, "public/confirmed.html", {"dsr": dsr}) if dsr else redirect("public:follow")


@private
@require_safe
def receipt(request: HttpRequest) -> HttpResponseBase:
    """The receipt as a PDF, for the browser that sent the request or the person who follows it."""
    dsr = subject_of(request) or sent_of(request)
    if dsr is None:
        return redirect("public:follow")
    pdf = letters.receipt(dsr, now=now())
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{dsr.reference}.pdf"'
    return response
