"""The status page of one request: where it stands, messages, withdrawal, the download."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from itertools import chain

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import AT_ONCE, ActorKind, EventKind, IdentityMeans, RequestType
from dsar.forms.public import CodeForm, WriteForm
from dsar.labels import label
from dsar.models import DataSubjectRequest, Package
from dsar.selectors import subject_view, today_at_seat
from dsar.selectors.identity import open_question
from dsar.services import deliver, intake, tell
from dsar.services.tokens import TooSoon
from dsar.views.public.deadline import deadline_of
from dsar.views.public.sent import CODES_PER_HOUR, language
from dsar.views.public.shared import now, private, slow_down, subject_of, too_often

SubjectPage = Callable[[HttpRequest, DataSubjectRequest], HttpResponseBase]
DOWNLOADED = "downloaded_at"  # session key: when this session's download began
MESSAGES_PER_HOUR = 30
OVER = ("withdrawn", "closed", "cannot_identify")  # no later step will come
HEADINGS = {  # the state of a request in the person's words
    "received": gettext_lazy("We have received your request"),
    "identifying": gettext_lazy("We are making sure it is you"),
    "gathering": gettext_lazy("We are gathering your data"),
    "checking": gettext_lazy("A person is checking our answer"),
    "carrying_out": gettext_lazy("We are carrying out your request"),
    "ready": gettext_lazy("Your data are ready"),
    "answered": gettext_lazy("We have answered"),
    "withdrawn": gettext_lazy("You have withdrawn this request"),
    "cannot_identify": gettext_lazy("We could not make sure it is you"),
    "closed": gettext_lazy("This request is closed"),
}


def for_subject(view: SubjectPage) -> Callable[[HttpRequest], HttpResponseBase]:
    """A page of the request that this session opened; without one, to the page that opens it."""

    @private
    @wraps(view)
    def opened(request: HttpRequest) -> HttpResponseBase:
        dsr = subject_of(request)
        if dsr is None:
            request.session["follow_notice"] = "closed"
            return redirect("public:follow")
        return view(request, dsr)

    return opened


@for_subject
@require_safe
def status(request: HttpRequest, dsr: DataSubjectRequest) -> HttpResponseBase:
    return _show(request, dsr, WriteForm())


def _show(request: HttpRequest, dsr: DataSubjectRequest, form: WriteForm) -> HttpResponseBase:
    today = today_at_seat(now())
    view = subject_view(dsr, today=today)
    at_once = all(RequestType(part.right) in AT_ONCE for part in view.parts)
    context = {
        "view": view,
        "heading": HEADINGS.get(view.state, HEADINGS["closed"]),
        "dsr": dsr,
        "form": form,
        "rights": [label(RequestType(part.right)) for part in view.parts],
        "deadline": deadline_of(view, today=today),
        "timeline": [
            step
            for step in view.timeline
            if not (at_once and step.key == "identity") and (view.state not in OVER or step.state == "done")
        ],
        "documented": dsr.events.filter(kind=EventKind.IDENTITY_VERIFIED, data__means=IdentityMeans.DOCUMENT.value).exists(),
        "messages_shown": [
            {"mine": event.actor_kind == ActorKind.DATA_SUBJECT, "at": event.at, "words": event.text()}
            for event in view.conversation
        ],
        "downloads": view.package.downloads.count() if view.package else 0,
        "can_resume": _can_resume(request),
        "session_minutes": settings.SUBJECT_SESSION_MINUTES,
        "notice": request.session.pop("status_notice", ""),
        "asked": dsr.identified_at is None and view.can_withdraw and open_question(dsr) is not None,
    }
    return render(request, "public/status.html", context)


def _can_resume(request: HttpRequest) -> bool:
    began = request.session.get(DOWNLOADED)
    return began is not None and now().timestamp() - began < deliver.RESUME.total_seconds()


@for_subject
@require_POST
def write(request: HttpRequest, dsr: DataSubjectRequest) -> HttpResponseBase:
    """A message to the data protection team; kept sealed on the case."""
    if too_often(request, "messages", per_hour=MESSAGES_PER_HOUR):
        return slow_down(request)
    form = WriteForm(request.POST)
    if form.is_valid():
        try:
            tell.receive_from_subject(dsr_id=dsr.pk, words=form.cleaned_data["words"], now=now())
        except DsarError as refusal:
            form.add_error("words", refusal.sentence(language()))
        else:
            request.session["status_notice"] = _("Your message has reached us.")
            return redirect("public:status")
    return _show(request, dsr, form)


@for_subject
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, dsr: DataSubjectRequest) -> HttpResponseBase:
    """Stop the request; one page says what that means, its button does it."""
    view = subject_view(dsr, today=today_at_seat(now()))
    if not view.can_withdraw:
        return redirect("public:status")
    if request.method != "POST":
        return render(request, "public/withdraw.html", {"dsr": dsr})
    intake.withdraw(dsr_id=dsr.pk, now=now())
    request.session["status_notice"] = _("Your request is withdrawn.")
    return redirect("public:status")


@for_subject
@require_POST
def download_code(request: HttpRequest, dsr: DataSubjectRequest) -> HttpResponseBase:
    """A fresh code, alone in its mail, on demand."""
    try:
        deliver.send_download_code(dsr_id=dsr.pk, now=now())
    except TooSoon as refusal:
        request.session["download_notice"] = refusal.sentence(language())
    except DsarError as refusal:
        request.session["status_notice"] = refusal.sentence(language())
        return redirect("public:status")
    return redirect("public:download")


@for_subject
@require_http_methods(["GET", "HEAD", "POST"])
def download(request: HttpRequest, dsr: DataSubjectRequest) -> HttpResponseBase:
    """The code opens one download; the bytes flow from the encrypted object without ever lying whole in memory."""
    view = subject_view(dsr, today=today_at_seat(now()))
    if view.package is None:
        return redirect("public:status")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if too_often(request, "codes", per_hour=CODES_PER_HOUR):
            return slow_down(request)
        try:
            package, chunks = deliver.open_download(
                dsr=dsr, code=form.cleaned_data["code"], session_key=_session_key(request), now=now()
            )
        except DsarError as refusal:
            form.add_error("code", refusal.sentence(language()))
        else:
            request.session[DOWNLOADED] = now().timestamp()
            return _attachment(package, chunks)
    context = {
        "form": form,
        "dsr": dsr,
        "package": view.package,
        "code_minutes": settings.CODE_MINUTES,
        "can_resume": _can_resume(request),
        "notice": request.session.pop("download_notice", ""),
    }
    return render(request, "public/download.html", context)


@for_subject
@require_POST
def download_again(request: HttpRequest, dsr: DataSubjectRequest) -> HttpResponseBase:
    """A download that was cut, again for the same session within 15 minutes, without a second code."""
    try:
        package, chunks = deliver.resume_download(dsr=dsr, session_key=_session_key(request), now=now())
    except DsarError as refusal:
        request.session["status_notice"] = refusal.sentence(language())
        return redirect("public:status")
    return _attachment(package, chunks)


def _session_key(request: HttpRequest) -> str:
    return request.session.session_key or ""


def _attachment(package: Package, chunks: Iterator[bytes]) -> StreamingHttpResponse:
    first = next(chunks, b"")  # an object that cannot be opened is an error page, not an empty file
    response = StreamingHttpResponse(chain([first], chunks), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{package.file_name}"'
    response["Content-Length"] = str(package.bytes)
    return response
