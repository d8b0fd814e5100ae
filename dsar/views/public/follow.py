"""Follow a request without an account: the same answer to all, a code or a link by mail, a session of 30 minutes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from dsar.controller import controller
from dsar.domain.errors import DsarError
from dsar.domain.references import normalise_reference
from dsar.domain.vocabulary import TokenPurpose
from dsar.forms.fields import bare
from dsar.forms.public import CodeForm, FollowForm
from dsar.models import DataSubjectRequest
from dsar.selectors import of_same_mailbox
from dsar.services import tell, tokens, verify
from dsar.views.public.codes import too_many_tries
from dsar.views.public.shared import at_least, now, open_session, posted, private, said, say, slow_down, subject_of, too_often
from identity.vault import keyed_hash
from notifications.address import AddressRefused, normalise

FOLLOW = "follow"  # session key: which request was asked for (or nobody's), how, by what, when, codes asked and tries since
SAME_SECONDS = 0.25  # every answer takes so long, for a known and an unknown person
OFTEN = tell.UNPROVEN_PER_HOUR - 1  # codes in an hour that an unconfirmed mailbox gets besides its acknowledgement
ASKS_PER_HOUR = 60  # of one network
TOO_MANY = gettext_lazy("Too many tries with a wrong code. Ask for a new one.")

logger = structlog.get_logger(__name__)


class AnsweredFirst(HttpResponseRedirect):
    """A redirect whose work begins once it has left: how long the work takes, no visitor can measure (SECURITY T16)."""

    def __init__(self, to: str, work: Callable[[], None]) -> None:
        super().__init__(to)
        self.work = work

    def close(self) -> None:
        """The server calls this after the last byte."""
        try:
            self.work()
        except Exception as error:  # nobody waits for it any more; who gets no mail asks for another code
            logger.error("code not sent", reason=type(error).__name__)
        finally:
            super().close()


@private
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest) -> HttpResponseBase:
    """Reference or e-mail address; whoever asks gets the same answer."""
    if request.method != "POST":
        if subject_of(request):
            return redirect("public:status")
        return _ask(request, FollowForm())
    form = FollowForm(request.POST)
    if not form.is_valid():
        return _ask(request, form)
    if too_often(request, "follow", per_hour=ASKS_PER_HOUR):
        return slow_down(request)
    began = time.monotonic()
    known_by = form.cleaned_data["known_by"]
    typed = keyed_hash(_as_kept(known_by).lower() if "@" in known_by else known_by.upper(), "codes asked")
    _say_when(request, typed)
    answer = _code_to(request, _find(known_by), typed=typed, by_address="@" in known_by)
    at_least(began, SAME_SECONDS)
    return answer


def _say_when(request: HttpRequest, typed: str) -> None:
    """Who asks for more codes than an unconfirmed mailbox gets reads when the next one leaves, whether there is a request or not:
    counted is what was typed, on whatever device (SECURITY T14, T16)."""
    at, hour = now().timestamp(), timedelta(hours=1).total_seconds()
    key = f"codes-{typed}"
    try:
        asked = [one for one in cache.get(key, []) if one > at - hour]
        if len(asked) < OFTEN:
            cache.set(key, [*asked, at], int(hour))
            return
    except Exception as error:  # a count that cannot be kept must not stop anybody from following
        logger.warning("codes not counted", reason=type(error).__name__)
        return
    free = timezone.localtime(datetime.fromtimestamp(asked[-OFTEN] + hour, UTC))
    words = _(
        "Codes were asked for often. If this address is not confirmed yet, the next code may leave only at %(time)s. Those that"
        " came before are valid for %(code_minutes)s minutes."
    )
    say(request, words % {"time": f"{free:%H:%M}", "code_minutes": settings.CODE_MINUTES})


def _ask(request: HttpRequest, form: FollowForm) -> HttpResponseBase:
    context = {
        "form": form,
        "notice": said(request),
        "prefix": controller().reference_prefix,
    }
    return render(request, "public/follow.html", context)


def _find(known_by: str) -> DataSubjectRequest | None:
    """The request of this reference, else the newest of this address."""
    requests = DataSubjectRequest.objects.order_by("-received_at")
    if "@" in known_by:
        address = _as_kept(known_by)
        return requests.filter(Q(email__iexact=address) | Q(delivery_email__iexact=address)).first()
    reference = normalise_reference(known_by, prefix=controller().reference_prefix)
    return requests.filter(reference=reference or "").first()  # what is no reference is looked for all the same


def _as_kept(typed: str) -> str:
    """The address in the spelling that we keep, without what a sentence puts around it; what is no address is looked for all the
    same. Nobody is told when nothing was found, so what can be understood has to be."""
    try:
        return normalise(bare(typed).strip(" .,;:()«»"))
    except AddressRefused:
        return typed


def _code_to(
    request: HttpRequest, dsr: DataSubjectRequest | None, *, typed: str, by_address: bool, codes: int = 1
) -> HttpResponseBase:
    """The same redirect for everybody; the mail of a request that exists is written after it has left."""
    request.session[FOLLOW] = {
        "dsr": str(dsr.pk if dsr else tokens.NOBODY),
        "typed": typed,
        "by_address": by_address,
        "at": now().timestamp(),
        "codes": codes,
        "tries": 0,
    }
    return AnsweredFirst(reverse("public:follow_code"), lambda: _send_code(dsr))


def _send_code(dsr: DataSubjectRequest | None) -> None:
    if dsr is not None and dsr.answer_email:
        try:
            tokens.send_code(dsr=dsr, purpose=TokenPurpose.FOLLOW, now=now())
        except DsarError:
            return  # a code left a minute ago; who asks sees the same page as everybody


@private
@require_http_methods(["GET", "HEAD", "POST"])
def follow_code(request: HttpRequest) -> HttpResponseBase:
    """The code of the mail. One sentence for every refusal, so that it tells nothing about who has a request."""
    asked = request.session.get(FOLLOW)
    if asked is None:
        return redirect("public:follow")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if too_many_tries(request):
            return slow_down(request)
        began = time.monotonic()
        problem = _open(request, asked, form.cleaned_data["code"])
        at_least(began, SAME_SECONDS)
        if not problem:
            return redirect("public:requests" if _to_choose(request, asked) else "public:status")
        form.add_error("code", problem)
    context = {
        "form": form,
        "code_minutes": settings.CODE_MINUTES,
        "sent_twice": asked["codes"] > 1,
        "notice": said(request),
    }
    return render(request, "public/follow_code.html", context)


def _open(request: HttpRequest, asked: dict[str, object], code: str) -> str:
    """Open the status page, or say why not by what this session knows alone: its own clock and its own tries."""
    if now().timestamp() - float(str(asked["at"])) > settings.CODE_MINUTES * 60:
        return _("This code is no longer valid. Ask for a new one.")
    if int(str(asked["tries"])) >= tokens.TRIES:
        return str(TOO_MANY)
    tries = int(str(asked["tries"])) + 1
    request.session[FOLLOW] = {**asked, "tries": tries}
    try:
        dsr = verify.open_follow(dsr_id=UUID(str(asked["dsr"])), code=code, now=now())
    except DsarError:
        left = tokens.TRIES - tries
        return _not_right(left) if left else str(TOO_MANY)
    request.session.pop(FOLLOW, None)
    open_session(request, dsr)
    return ""


def _not_right(left: int) -> str:
    return ngettext(
        "This code is not right, or no longer valid. Check the 6 digits of the latest email. You have %(n)s try left.",
        "This code is not right, or no longer valid. Check the 6 digits of the latest email. You have %(n)s tries left.",
        left,
    ) % {"n": left}


def _to_choose(request: HttpRequest, asked: Mapping[str, object]) -> bool:
    """Whether an address was given and several requests are answered to it: the newest is open, and the person chooses."""
    dsr = subject_of(request) if asked["by_address"] else None
    return dsr is not None and len(of_same_mailbox(dsr)) > 1


@private
@posted("public:follow_code")
def follow_resend(request: HttpRequest) -> HttpResponseBase:
    """Another code, after a minute by this session's clock."""
    asked = request.session.get(FOLLOW)
    if asked is None:
        return redirect("public:follow")
    if too_often(request, "follow", per_hour=ASKS_PER_HOUR):
        return slow_down(request)
    began = time.monotonic()
    if now().timestamp() - asked["at"] < tokens.RESEND_SECONDS:
        say(request, _("A code has just been sent. Wait a minute before you ask for another."))
        at_least(began, SAME_SECONDS)
        return redirect("public:follow_code")
    dsr = DataSubjectRequest.objects.filter(pk=UUID(asked["dsr"])).first()
    say(request, _("If a request matches, a new code is on its way."))
    _say_when(request, asked["typed"])
    answer = _code_to(request, dsr, typed=asked["typed"], by_address=asked["by_address"], codes=asked["codes"] + 1)
    at_least(began, SAME_SECONDS)
    return answer


@private
@require_http_methods(["GET", "HEAD", "POST"])
def follow_link(request: HttpRequest, link: str) -> HttpResponseBase:
    """The link of the mail shows one button; only its POST opens the page and spends the link."""
    if request.method != "POST":
        known = tokens.peek_link(link, TokenPurpose.FOLLOW, now())
        return render(request, "public/follow_link.html") if known else render(request, "public/link_over.html", status=410)
    try:
        dsr = verify.open_follow(link=link, now=now())
    except DsarError:
        return render(request, "public/link_over.html", status=410)
    open_session(request, dsr)
    return redirect("public:status")


@private
@posted("public:status")
def sign_out(request: HttpRequest) -> HttpResponseBase:
    """End the session and ask the browser to forget what it kept, for shared computers (SECURITY T32)."""
    request.session.flush()
    response = redirect("public:signed_out")
    response["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


@private
@require_safe
def signed_out(request: HttpRequest) -> HttpResponseBase:
    return render(request, "public/signed_out.html")
