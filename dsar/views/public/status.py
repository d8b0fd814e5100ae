"""The status page of one request: where it stands, what to do now, in words that are easy to read too; withdrawal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from dsar.domain.vocabulary import ActorKind, EventKind, Ground, IdentityMeans, Outcome, RequestType
from dsar.forms.follow import MessageForm
from dsar.forms.public import CodeForm
from dsar.labels import asked, label
from dsar.models import DataSubjectRequest, RequestPart
from dsar.selectors import SubjectView, of_same_mailbox, subject_view, today_at_seat
from dsar.services import attachments, deliver, intake, pass_phrase
from dsar.services.person import about_of
from dsar.views.public import unsent
from dsar.views.public.codes import address_proven, prove_address_again, too_many_tries
from dsar.views.public.deadline import asked_to_specify, deadline_of
from dsar.views.public.follow_words import easy_of, heading_of
from dsar.views.public.shared import SUBJECT, closed, now, page_of, posted, private, said, say, slow_down, subject_of
from identity import vault
from identity.documents import KEPT_AT_MOST

SubjectPage = Callable[[HttpRequest, DataSubjectRequest], HttpResponseBase]
DOWNLOADED = "downloaded_at"  # session key: when this session's download began


@dataclass(frozen=True)
class Answer:
    """What we answered about one right, as it was told."""

    right: object
    outcome: object
    grounds: tuple[object, ...]
    facts: str
    nothing_held: bool
    part: RequestPart


@dataclass(frozen=True)
class Asked:
    """One right, and what the person wrote about it."""

    right: object
    words: str


def for_subject(view: SubjectPage) -> Callable[[HttpRequest], HttpResponseBase]:
    """A page of the request that this session opened; without one, to the page that opens it."""

    @private
    @wraps(view)
    def opened(request: HttpRequest) -> HttpResponseBase:
        was = request.session.get(SUBJECT)
        dsr = subject_of(request)
        if dsr is None:
            before = DataSubjectRequest.objects.filter(pk=UUID(was["dsr"])).first() if was else None
            return closed(request, kept=before is not None and unsent.keep(request, before))
        return view(request, dsr)

    return opened


@for_subject
@require_safe
def status(request: HttpRequest, dsr: DataSubjectRequest) -> HttpResponseBase:
    return show(request, dsr)


def show(
    request: HttpRequest,
    dsr: DataSubjectRequest,
    form: MessageForm | None = None,
    code_form: CodeForm | None = None,
    *,
    status: int = 422,
) -> HttpResponseBase:
    """The page; a form that was refused keeps what was typed, and `status` says how it was refused."""
    today = today_at_seat(now())
    view = subject_view(dsr, today=today)
    deadline = deadline_of(view, today=today)
    files = attachments.listed(dsr)
    verified = dsr.events.filter(kind=EventKind.IDENTITY_VERIFIED).order_by("-sequence").first()
    means = IdentityMeans(verified.data["means"]) if verified is not None and dsr.identified_at else None
    told = {event.at for event in view.conversation if event.kind == EventKind.MESSAGE_FROM_SUBJECT}
    frozen = dsr.address_frozen_until
    context = {
        "view": view,
        "heading": heading_of(view),
        "dsr": dsr,
        "form": form or MessageForm(initial={"words": unsent.of(request, dsr)}),
        "code_form": code_form or CodeForm(),
        "refused_form": next((one for one in (form, code_form) if one is not None and one.errors), None),
        "asked_for": [Asked(asked(RequestType(part.right)), opened_words(dsr, bytes(part.details))) for part in view.parts],
        "about": about_of(dsr),
        "rights": ", ".join(str(asked(RequestType(part.right))) for part in view.parts),
        "stopped": dsr.events.filter(kind=EventKind.SUPPRESSED).exists(),
        "answers": answers_of(view),
        "deadline": deadline,
        "timeline": [step for step in view.timeline if view.can_withdraw or step.state == "done"],
        "means": label(means) if means else "",
        "documented": means is IdentityMeans.DOCUMENT,
        # One that came too late to stop the clock: the card of the deadline does not show it.
        "question": late.text()
        if view.state == "to_specify" and not deadline.question and (late := asked_to_specify(dsr))
        else "",
        "messages_shown": messages_of(view, files),
        "other_files": [file for file in files if file.document.uploaded_at not in told],
        "most_files": attachments.MOST,
        "file_days": KEPT_AT_MOST.days,
        "downloads": view.package.downloads.count() if view.package else 0,
        "can_resume": can_resume(request),
        "frozen_until": frozen if frozen and now() < frozen else None,
        "to_confirm": bool(dsr.email) and dsr.email_confirmed_at is None and view.can_withdraw,
        "code_minutes": settings.CODE_MINUTES,
        "phrase": pass_phrase.standing(dsr, now=now()),
        "other_requests": len(of_same_mailbox(dsr)) - 1,
        "languages": [(code, name) for code, name in settings.LANGUAGES if code != dsr.language],
        "notice": said(request),
    }
    return page_of(request, "public/status.html", context, status=status if context["refused_form"] else 200)


def opened_words(dsr: DataSubjectRequest, sealed: bytes) -> str:
    """What was written, as long as the request's key exists."""
    try:
        return vault.open_text(dsr.key_name, sealed) if sealed else ""
    except vault.KeyDestroyed:
        return ""


def answers_of(view: SubjectView) -> list[Answer]:
    """What we answered, right by right: what a person was told once, they can read again here."""
    return [
        Answer(
            right=label(RequestType(part.right)),
            outcome=label(Outcome(part.outcome)),
            grounds=tuple(label(Ground(ground)) for ground in part.grounds),
            facts=opened_words(view.dsr, bytes(part.reasons)),
            nothing_held=part.outcome == Outcome.NOTHING_HELD,
            part=part,
        )
        for part in view.answers
        if part.outcome != Outcome.WITHDRAWN
    ]


def messages_of(view: SubjectView, files: list[attachments.Attachment]) -> list[dict[str, object]]:
    """The words of both sides; what the person sent stands with its files, which have the same instant."""
    shown: list[dict[str, object]] = []
    for event in view.conversation:
        mine = event.actor_kind == ActorKind.DATA_SUBJECT
        theirs = [file for file in files if mine and file.document.uploaded_at == event.at]
        shown.append({"mine": mine, "at": event.at, "words": event.text(), "files": theirs})
    return shown


def can_resume(request: HttpRequest) -> bool:
    """Whether this session's download began so recently that it may begin again."""
    began = request.session.get(DOWNLOADED)
    return began is not None and now().timestamp() - began < deliver.RESUME.total_seconds()


@for_subject
@require_safe
def easy(request: HttpRequest, dsr: DataSubjectRequest) -> HttpResponseBase:
    """The same in short lines, one idea each, after the rules of easy reading."""
    today = today_at_seat(now())
    view = subject_view(dsr, today=today)
    context = {"dsr": dsr, "view": view, "lines": easy_of(view), "deadline": deadline_of(view, today=today)}
    context["phrase"], context["about"] = pass_phrase.standing(dsr, now=now()), about_of(dsr)
    return page_of(request, "public/status_easy.html", context)


@for_subject
@posted("public:status")
def confirm_code(request: HttpRequest, dsr: DataSubjectRequest) -> HttpResponseBase:
    """The code that went to a new address: control of it is proven here."""
    if too_many_tries(request):
        return slow_down(request)
    form = CodeForm(request.POST)
    if form.is_valid() and address_proven(form, dsr):
        say(request, _("Your email is confirmed."))
        return redirect("public:status")
    return show(request, dsr, code_form=form)


@for_subject
@posted("public:status")
def confirm_resend(request: HttpRequest, dsr: DataSubjectRequest) -> HttpResponseBase:
    """Another code to an address that is not confirmed yet."""
    prove_address_again(request, dsr)
    return redirect("public:status")


@for_subject
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, dsr: DataSubjectRequest) -> HttpResponseBase:
    """Stop the request; one page says what that means, its button does it."""
    view = subject_view(dsr, today=today_at_seat(now()))
    if not view.can_withdraw:
        return redirect("public:status")
    if request.method != "POST":
        return page_of(request, "public/withdraw.html", {"dsr": dsr})
    intake.withdraw(dsr_id=dsr.pk, now=now())
    say(request, _("Your request is withdrawn."))
    return redirect("public:status")
