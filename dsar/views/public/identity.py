"""Show who you are: the reason first, then the ways without a document, then the document (UX 4.5).

Reached from the status page, or by the link of our mail: opening the link changes nothing, its button opens this page and no
other. The page of a link shows nothing of the request but its reference and our question.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from functools import wraps
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from dsar.controller import Documents, controller
from dsar.domain.errors import DsarError
from dsar.domain.identity_levels import MANDATE_DOUBTS
from dsar.domain.vocabulary import Doubt, TokenPurpose
from dsar.forms.public import CodeForm, WriteForm
from dsar.labels import told
from dsar.language import language
from dsar.models import AccessToken, DataSubjectRequest, RequestEvent
from dsar.selectors import days_kept, subject_view, today_at_seat
from dsar.selectors.identity import last_asked_at, open_question, words_asked
from dsar.services import ask, ladder, papers, school_account, tell, tokens
from dsar.services.person import about_of
from dsar.views.public.arrived import arrived
from dsar.views.public.codes import too_many_tries
from dsar.views.public.shared import closed, now, posted, private, said, say, slow_down, subject_of, too_often, wait
from identity.documents import KEPT_AT_MOST, LIVE, DocumentError

SIGNING_IN = "signing_in"  # session key: the sign-in that is under way, and for which request
ASKED = "asked"  # session key: the request whose link opened this page, and the token it came by
MESSAGES_PER_HOUR = 30
WISHES_PER_HOUR = 20
FILES_PER_HOUR = 30
IdentityPage = Callable[[HttpRequest, DataSubjectRequest, RequestEvent], HttpResponseBase]


@private
@require_http_methods(["GET", "HEAD", "POST"])
def identity_link(request: HttpRequest, link: str) -> HttpResponseBase:
    """The link of the mail; it lives 14 days or until the question is settled, and opens this page alone."""
    dsr = tokens.peek_link(link, TokenPurpose.IDENTITY, now())
    if dsr is None:
        return render(request, "public/link_over.html", status=410)
    if request.method != "POST":
        return render(request, "public/identity_link.html")
    token = tokens.find(purpose=TokenPurpose.IDENTITY, now=now(), link=link)
    request.session.cycle_key()
    request.session[ASKED] = {"dsr": str(dsr.pk), "token": token.pk, "seen": now().timestamp()}
    return redirect("public:identity")


def asked_of(request: HttpRequest) -> DataSubjectRequest | None:
    """The request that this browser may answer for: by its status page, or by a link that still lives."""
    if (dsr := subject_of(request)) is not None:
        return dsr
    opened = request.session.get(ASKED)
    if not opened:
        return None
    idle = timedelta(minutes=settings.SUBJECT_SESSION_MINUTES).total_seconds()
    live = AccessToken.objects.filter(pk=opened["token"], used_at__isnull=True, link_expires_at__gt=now()).exists()
    if not live or not 0 <= now().timestamp() - opened["seen"] < idle:
        request.session.pop(ASKED, None)
        return None
    request.session[ASKED] = {**opened, "seen": now().timestamp()}
    return DataSubjectRequest.objects.filter(pk=UUID(opened["dsr"])).first()


def for_asked(view: IdentityPage) -> Callable[[HttpRequest], HttpResponseBase]:
    """A page for whoever was asked; a question that is settled leads back to the status page."""

    @private
    @wraps(view)
    def opened(request: HttpRequest) -> HttpResponseBase:
        dsr = asked_of(request)
        if dsr is None:
            return closed(request)
        question = open_question(dsr)
        if question is None or dsr.identified_at:
            return redirect("public:status")
        return view(request, dsr, question)

    return opened


@for_asked
@require_safe
def identity(request: HttpRequest, dsr: DataSubjectRequest, question: RequestEvent) -> HttpResponseBase:
    return show(request, dsr, question)


def show(
    request: HttpRequest,
    dsr: DataSubjectRequest,
    question: RequestEvent,
    *,
    code_form: CodeForm | None = None,
    refusal: str = "",
) -> HttpResponseBase:
    doubt = Doubt(question.data["doubt"])
    view = subject_view(dsr, today=today_at_seat(now()))
    asked_at = last_asked_at(dsr) or question.at
    mandate = doubt in MANDATE_DOUBTS
    context = {
        "dsr": dsr,
        "doubt": told(doubt),
        "words": words_asked(dsr),
        "mandate": mandate,
        "about": about_of(dsr),
        "documents": mandate or controller().identity.documents is not Documents.NEVER,
        "papers": papers.listed(dsr),
        "unsent": any(paper.sent_at is None and paper.document.state in LIVE for paper in papers.listed(dsr)),
        "most": papers.MOST,
        "gone_by": today_at_seat(now() + KEPT_AT_MOST),
        "account": controller().identity.oidc,
        "code_form": code_form or CodeForm(),
        "refusal": refusal,
        "view": view,
        "late": bool(question.data.get("late")),
        "paused_days_left": days_kept(dsr, view.dates) if view.dates.paused_since else None,
        "closes": ask.closes_on(today_at_seat(asked_at)),
        "whole_page": subject_of(request) is not None,
        "notice": said(request),
    }
    return render(request, "public/identity.html", context, status=422 if refusal else 200)


@for_asked
@posted("public:identity")
def identity_want_code(request: HttpRequest, dsr: DataSubjectRequest, question: RequestEvent) -> HttpResponseBase:
    """A code to the contact on file; the sentence is the same whether there is one or not."""
    if too_often(request, "codes", per_hour=WISHES_PER_HOUR):
        return slow_down(request)
    ladder.want_code(dsr_id=dsr.pk, now=now())
    say(request, _("If we hold a contact for you, a code is on its way to it. Type it below."))
    return redirect("public:identity")


@for_asked
@posted("public:identity")
def identity_code(request: HttpRequest, dsr: DataSubjectRequest, question: RequestEvent) -> HttpResponseBase:
    if too_many_tries(request):
        return slow_down(request)
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            settled = ladder.answer_code_on_file(dsr_id=dsr.pk, code=form.cleaned_data["code"], now=now())
        except DsarError:
            # One sentence for every refusal: it tells nothing about whether a code was ever sent.
            form.add_error("code", _("This code is not right, or no longer valid."))
        else:
            known = (
                _("Thank you, we are now sure that it is you.")
                if settled
                else _("Thank you. A person now looks at your request.")
            )
            say(request, known)
            return redirect("public:status" if subject_of(request) or settled else "public:identity")
    return show(request, dsr, question, code_form=form)


@for_asked
@posted("public:identity")
def identity_call(request: HttpRequest, dsr: DataSubjectRequest, question: RequestEvent) -> HttpResponseBase:
    """Ask to be called back at the number on file; no number is asked."""
    if too_often(request, "messages", per_hour=MESSAGES_PER_HOUR):
        return slow_down(request)
    tell.receive_from_subject(dsr_id=dsr.pk, words=_("Please call me back at the number in my file."), now=now())
    say(request, _("We will call you at the number that we already have for you."))
    return redirect("public:identity")


@for_asked
@require_http_methods(["GET", "HEAD", "POST"])
def identity_cannot(request: HttpRequest, dsr: DataSubjectRequest, question: RequestEvent) -> HttpResponseBase:
    """A door, not a wall: whoever cannot provide a document writes to us."""
    form = WriteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if too_often(request, "messages", per_hour=MESSAGES_PER_HOUR):
            form.add_error("words", wait())
            return render(request, "public/identity_cannot.html", {"dsr": dsr, "form": form}, status=429)
        try:
            tell.receive_from_subject(dsr_id=dsr.pk, words=form.cleaned_data["words"], now=now())
        except DsarError as refusal:
            form.add_error("words", refusal.sentence(language()))
        else:
            say(request, _("Your message has reached us. A person will answer you."))
            return redirect("public:identity")
    return render(request, "public/identity_cannot.html", {"dsr": dsr, "form": form})


@for_asked
@posted("public:identity")
def identity_add(request: HttpRequest, dsr: DataSubjectRequest, question: RequestEvent) -> HttpResponseBase:
    """Add up to two files; each says by itself what became of it. Nothing is sent yet."""
    if too_often(request, "files", per_hour=FILES_PER_HOUR):
        return slow_down(request)
    came = arrived(request, "file", reference=dsr.reference, purpose=papers.purpose_of(question))
    if came.refusal:
        return show(request, dsr, question, refusal=came.refusal.sentence(language()))
    files = came.files.getlist("file")
    if not files and not came.again:
        return show(request, dsr, question, refusal=_("Choose a file first."))
    try:
        with came.used(now()):
            added = [papers.add(dsr_id=dsr.pk, stream=file, size=file.size, now=now()) for file in files]
    except DsarError as refusal:
        return show(request, dsr, question, refusal=refusal.sentence(language()))
    if refused := [document.why(language()) for document in added if document.refusal]:
        return show(request, dsr, question, refusal=" ".join(dict.fromkeys(refused)))
    say(request, _("Added. Press “Send my files” when everything is there."))
    return redirect("public:identity")


@for_asked
@posted("public:identity")
def identity_remove(request: HttpRequest, dsr: DataSubjectRequest, question: RequestEvent) -> HttpResponseBase:
    """Take a file back; possible until somebody opened it."""
    try:
        papers.remove(dsr_id=dsr.pk, document_id=UUID(request.POST.get("file", "")), now=now())
    except ValueError:
        return redirect("public:identity")
    except DocumentError as refusal:
        return show(request, dsr, question, refusal=refusal.sentence(language()))
    say(request, _("Removed and destroyed."))
    return redirect("public:identity")


@for_asked
@posted("public:identity")
def identity_send(request: HttpRequest, dsr: DataSubjectRequest, question: RequestEvent) -> HttpResponseBase:
    """Send what was added; a person opens it, and nobody else."""
    try:
        papers.send(dsr_id=dsr.pk, now=now())
    except DsarError as refusal:
        return show(request, dsr, question, refusal=refusal.sentence(language()))
    say(request, _("Your files are sent. A person looks at them, and you will hear from us."))
    return redirect("public:identity")


@for_asked
@posted("public:identity")
def identity_account(request: HttpRequest, dsr: DataSubjectRequest, question: RequestEvent) -> HttpResponseBase:
    """Sign in with the controller's own account: a page with the link there, since our forms are sent to nobody else."""
    if too_often(request, "accounts", per_hour=WISHES_PER_HOUR):
        return slow_down(request)
    try:
        started = school_account.begin(redirect_uri=_back())
    except DsarError as refusal:
        return show(request, dsr, question, refusal=refusal.sentence(language()))
    request.session[SIGNING_IN] = {**asdict(started), "dsr": str(dsr.pk)}
    return render(request, "public/identity_account.html", {"dsr": dsr, "url": started.url})


@for_asked
@require_http_methods(["GET", "HEAD", "POST"])
def identity_account_back(request: HttpRequest, dsr: DataSubjectRequest, question: RequestEvent) -> HttpResponseBase:
    """Back from the sign-in: the page that comes by GET changes nothing, its button brings the answer in."""
    if request.method != "POST":
        answer = {"state": request.GET.get("state", ""), "code": request.GET.get("code", "")}
        return render(request, "public/identity_account_back.html", {"dsr": dsr, "answer": answer})
    kept = request.session.pop(SIGNING_IN, None)
    if kept is None or kept.pop("dsr") != str(dsr.pk):
        return show(request, dsr, question, refusal=school_account.SignInFailed().sentence(language()))
    try:
        identifiers = school_account.finish(
            started=school_account.Started(**kept),
            state=request.POST.get("state", ""),
            code=request.POST.get("code", ""),
            redirect_uri=_back(),
            now=now(),
        )
        settled = school_account.prove(dsr_id=dsr.pk, identifiers=identifiers, now=now())
    except DsarError as refusal:
        return show(request, dsr, question, refusal=refusal.sentence(language()))
    known = _("Thank you, we are now sure that it is you.") if settled else _("Thank you. A person now looks at your request.")
    say(request, known)
    return redirect("public:status" if subject_of(request) or settled else "public:identity")


def _back() -> str:
    """Registered at the issuer, one for each language."""
    return tell.absolute("public:identity_account_back", language())
