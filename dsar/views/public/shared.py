"""What the public pages share: no trace in caches, limits per network, and the person who opened a status page."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from dsar import access
from dsar.controller import controller
from dsar.models import DataSubjectRequest
from dsar.network import network_of
from identity.vault import keyed_hash

logger = structlog.get_logger(__name__)
View = Callable[..., HttpResponseBase]
SUBJECT = "subject"  # session key: the request that a code or link opened
SENT = "sent"  # session key: the request that this browser sent
SAID = "said"  # session key: what the next page says first
HOUR = 3600


def private(view: View) -> View:
    """A page of one person: open to all, kept by no cache, found by no search engine, named in no referrer elsewhere."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["X-Robots-Tag"] = "noindex"
        response["Referrer-Policy"] = "same-origin"
        return response

    return access.public(answered)


def posted(back_to: str) -> Callable[[View], View]:
    """What a form is sent to. Who comes by GET, by another language or the address bar, is led to the page of that form."""

    def only_posted(view: View) -> View:
        @wraps(view)
        def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            return redirect(back_to) if request.method in ("GET", "HEAD") else view(request, *args, **kwargs)

        return require_http_methods(["GET", "HEAD", "POST"])(answered)

    return only_posted


def now() -> datetime:
    return timezone.now()


def network(request: HttpRequest) -> str:
    """A keyed hash of the network that the request comes from."""
    return keyed_hash(network_of(request.META), "network")


def too_often(request: HttpRequest, what: str, *, per_hour: int) -> bool:
    """Count one act of this network; True when it did it more than `per_hour` times in the running hour."""
    window, gone = divmod(int(time.time()), HOUR)
    key = f"limit-{what}-{network(request)}-{window}"
    left = HOUR - gone  # with this hour the count is over; the hourly sweep takes its row away
    try:
        cache.add(key, 0, left)
        count = cache.incr(key)
        cache.touch(key, left)  # a count that was raised would else live for the cache's five minutes
        return bool(count > per_hour)
    except Exception as error:  # a limit that cannot be counted must not stop a request from coming in
        logger.warning("limit not counted", what=what, reason=type(error).__name__)
        return False


def slow_down(request: HttpRequest) -> HttpResponseBase:
    """The page that says how long to wait, for forms in which nobody writes much; the others say it themselves (`wait`)."""
    minutes = minutes_left()
    response = render(request, "429.html", {"minutes": minutes}, status=429)
    response["Retry-After"] = str(minutes * 60)
    return response


def wait() -> str:
    """How long to wait, beside a text that stays in its field."""
    minutes = minutes_left()
    return ngettext(
        "Too many requests came from your network. Press the button again in %(minutes)s minute; what you wrote stays here.",
        "Too many requests came from your network. Press the button again in %(minutes)s minutes; what you wrote stays here.",
        minutes,
    ) % {"minutes": minutes}


def minutes_left() -> int:
    """Until the next hour of counting begins."""
    return (HOUR - int(time.time()) % HOUR) // 60 + 1


def say(request: HttpRequest, words: object) -> None:
    """What the next page says first."""
    request.session[SAID] = str(words)


def said(request: HttpRequest) -> str:
    """What was to be said, once; a page that looks for news by itself takes nothing from who reads."""
    return "" if "X-Looking" in request.headers else str(request.session.pop(SAID, ""))


def closed(request: HttpRequest, *, kept: bool = False) -> HttpResponse:
    """To the page that opens a request again, for who comes without one; it says when their message was kept."""
    minutes = settings.SUBJECT_SESSION_MINUTES
    words = _("For your safety, this page closes after %(session_minutes)s minutes without activity. Ask for a new code.")
    waits = " " + _("Your message is kept: you find it there.") if kept else ""
    say(request, words % {"session_minutes": minutes} + waits)
    return redirect("public:follow")


def at_least(began: float, seconds: float) -> None:
    """Answer no sooner than `seconds` after `began`: a known and an unknown person wait equally long (SECURITY T16)."""
    time.sleep(max(0.0, began + seconds - time.monotonic()))


def page_of(request: HttpRequest, template: str, context: Mapping[str, object], *, status: int | None = None) -> HttpResponse:
    """A page of the status session: it says until when it stays open, and how to stay."""
    seen = datetime.fromtimestamp(request.session[SUBJECT]["seen"], UTC)
    minutes = settings.SUBJECT_SESSION_MINUTES
    closing = {"session_minutes": minutes, "closes_at": seen + timedelta(minutes=minutes)}
    return render(request, template, {**closing, **context}, status=status)


def open_session(request: HttpRequest, dsr: DataSubjectRequest) -> None:
    """Let this browser see one request, under a new session key."""
    request.session.cycle_key()
    request.session[SUBJECT] = {"dsr": str(dsr.pk), "seen": now().timestamp(), "to": _address(dsr)}


def subject_of(request: HttpRequest) -> DataSubjectRequest | None:
    """The request that this session may see; None when there is none, or after 30 minutes without a sign."""
    opened = request.session.get(SUBJECT)
    if not opened:
        return None
    idle = timedelta(minutes=settings.SUBJECT_SESSION_MINUTES).total_seconds()
    if not 0 <= now().timestamp() - opened["seen"] < idle:
        request.session.pop(SUBJECT, None)
        return None
    dsr = DataSubjectRequest.objects.filter(pk=UUID(opened["dsr"])).first()
    if dsr is not None and opened.get("to") != _address(dsr):  # opened by a code to an address that is no longer the one
        request.session.pop(SUBJECT, None)
        return None
    if dsr is not None and "X-Looking" not in request.headers:  # a page that looks for news by itself is no sign of a person
        request.session[SUBJECT] = {**opened, "seen": now().timestamp()}
    return dsr


def _address(dsr: DataSubjectRequest) -> str:
    return keyed_hash(dsr.answer_email.lower(), "session")


def sent_of(request: HttpRequest) -> DataSubjectRequest | None:
    """The request that this browser sent."""
    sent = request.session.get(SENT)
    return DataSubjectRequest.objects.filter(pk=UUID(sent["dsr"])).first() if sent else None


def known_site(request: HttpRequest) -> str:
    """The key of the site of ours that `?site=` names; "" for any other value."""
    site = request.GET.get("site", "")
    return site if any(site == one.key for one in controller().sites) else ""
