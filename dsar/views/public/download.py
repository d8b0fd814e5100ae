"""The download: a fresh code on demand opens it once; what was cut can begin again in the same session."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from dsar.domain.errors import DsarError
from dsar.forms.pass_phrase import OpenForm
from dsar.forms.public import CodeForm
from dsar.language import language
from dsar.models import DataSubjectRequest, Package
from dsar.selectors import subject_view, today_at_seat
from dsar.services import deliver, pass_phrase
from dsar.services.tokens import TooSoon
from dsar.views.public.codes import too_many_tries
from dsar.views.public.shared import now, page_of, posted, said, say, slow_down
from dsar.views.public.status import DOWNLOADED, can_resume, for_subject


@for_subject
@posted("public:download")
def download_code(request: HttpRequest, dsr: DataSubjectRequest) -> HttpResponseBase:
    """A fresh code, alone in its mail, on demand."""
    try:
        deliver.send_download_code(dsr_id=dsr.pk, now=now())
    except pass_phrase.NotChosen:
        return redirect("public:pass_phrase")
    except TooSoon as refusal:
        say(request, refusal.sentence(language()))
    except DsarError as refusal:
        say(request, refusal.sentence(language()))
        return redirect("public:status")
    return redirect("public:download")


@for_subject
@require_http_methods(["GET", "HEAD", "POST"])
def download(request: HttpRequest, dsr: DataSubjectRequest) -> HttpResponseBase:
    """The code opens one download; the bytes flow from the encrypted object without ever lying whole in memory."""
    view = subject_view(dsr, today=today_at_seat(now()))
    if view.package is None:
        return redirect("public:status")
    needed = pass_phrase.needed(view.package)
    kind = OpenForm if needed else CodeForm
    form = kind(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if too_many_tries(request):
            return slow_down(request)
        try:
            package, chunks = deliver.open_download(
                dsr=dsr,
                code=form.cleaned_data["code"],
                phrase=form.cleaned_data.get("phrase", ""),
                session_key=_session_key(request),
                now=now(),
            )
        except (pass_phrase.WrongPhrase, pass_phrase.Frozen) as refusal:
            form.add_error("phrase", refusal.sentence(language()))
        except DsarError as refusal:
            form.add_error("code", refusal.sentence(language()))
        else:
            request.session[DOWNLOADED] = now().timestamp()
            return _attachment(package, chunks)
    context = {
        "form": form,
        "dsr": dsr,
        "package": view.package,
        "needs_phrase": needed,
        "code_minutes": settings.CODE_MINUTES,
        "can_resume": can_resume(request),
        "notice": said(request),
    }
    return page_of(request, "public/download.html", context)


@for_subject
@posted("public:status")
def download_again(request: HttpRequest, dsr: DataSubjectRequest) -> HttpResponseBase:
    """A download that was cut, again for the same session within 15 minutes, without a second code."""
    try:
        package, chunks = deliver.resume_download(dsr=dsr, session_key=_session_key(request), now=now())
    except DsarError as refusal:
        say(request, refusal.sentence(language()))
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
