"""What stands before every view: bodies that are too big or packed, maintenance, and the second factor of staff.

No staff page without a second factor shown in this session, and no session that outlives its two limits (SECURITY T5).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from allauth.account.internal.flows.logout import logout
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from dsar import accounts
from dsar.access import PUBLIC, declared_roles, is_own_account
from dsar.views.public import errors

LARGEST_BODY = 64 * 1024 * 1024  # bytes: five files of 10 MB, and room for what wraps them
LARGEST_QUERY = 4096  # characters behind the question mark
REST_SECONDS = 300
SEEN_EVERY = 60  # seconds between two notes of activity, so that a page view is not a write


class BodyLimitMiddleware:
    """Refuses, before a byte is read, what says of itself that it is too big, and bodies that would have to be unpacked (T26)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        declared = request.META.get("CONTENT_LENGTH") or "0"
        if not declared.isdecimal():
            return errors.page(request, 400)
        if len(declared) > 12 or int(declared) > LARGEST_BODY:
            return errors.page(request, 413)
        if (
            "Transfer-Encoding" in request.headers
        ):  # a body without a length: browsers send none, and nobody could say how much comes
            return errors.page(request, 411, "400.html")
        if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
            return errors.page(request, 415, "400.html")
        if len(request.META.get("QUERY_STRING", "")) > LARGEST_QUERY:
            return errors.page(request, 414, "400.html")
        return self.get_response(request)


class WordsMiddleware:
    """A page that is opened in a way it does not know (405) says so in words; programs get their own answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or response.streaming or response.content:
            return response
        page = errors.page(request, 405)
        page["Allow"] = response["Allow"]
        return page


class MaintenanceMiddleware:
    """While the file `maintenance` lies in DSAR_VAR, every page says that we are back soon; health checks go on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in ("/healthz", "/readyz") or not (settings.VAR_DIR / "maintenance").exists():
            return self.get_response(request)
        response = errors.page(request, 503)
        response["Retry-After"] = str(REST_SECONDS)
        return response


class SecondFactorMiddleware:
    """Stands before every view that is not declared public; a route that declares nothing counts as staff only."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        if match is not None and (declared_roles(match) != PUBLIC or match.url_name in ("account_login", "mfa_authenticate")):
            response["Cache-Control"] = "no-store"
            response["X-Robots-Tag"] = "noindex"
        if match is not None and match.url_name == "account_logout" and request.method == "POST":
            response["Clear-Site-Data"] = '"cache", "cookies", "storage"'
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or declared_roles(match) == PUBLIC:
            return None
        if not request.user.is_authenticated:
            return _to("account_login", request)
        if expired := _expiry(request):
            logout(request, show_message=False)
            messages.info(request, expired)
            return _to("account_login", request)
        if is_own_account(match) or accounts.second_factor_proved(request):
            return None
        return _to("mfa_reauthenticate" if accounts.has_second_factor(request.user) else "mfa_activate_totp", request)


def _expiry(request: HttpRequest) -> str:
    """Why this session is over, or "" while it lives; notes the activity."""
    now = timezone.now().timestamp()
    began, seen = request.session.get(accounts.BEGAN_AT, 0), request.session.get(accounts.SEEN_AT, 0)
    if not 0 <= now - began < settings.STAFF_SESSION_HOURS * 3600:
        return _("You were signed out: a session lasts %(hours)s hours at most.") % {"hours": settings.STAFF_SESSION_HOURS}
    if now - seen >= settings.STAFF_IDLE_MINUTES * 60:
        return _("You were signed out after %(minutes)s minutes without activity.") % {"minutes": settings.STAFF_IDLE_MINUTES}
    if now - seen >= SEEN_EVERY:
        request.session[accounts.SEEN_AT] = now
    return ""


def _to(name: str, request: HttpRequest) -> HttpResponseRedirect:
    """To a sign-in page, and afterwards back to the page one was on; a form that was being sent leads back to its page."""
    back = request.get_full_path()
    if request.method not in ("GET", "HEAD"):
        referer = request.headers.get("Referer", "")
        same_site = url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure())
        back = urlsplit(referer).path if referer and same_site else ""
    return HttpResponseRedirect(reverse(name) + (f"?{urlencode({'next': back})}" if back else ""))
