"""How staff prove who they are: closed sign-up, one-time codes, and how fresh the proof of a session is (SECURITY T5)."""

from __future__ import annotations

import io
from typing import Any, cast

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from axes.handlers.proxy import AxesProxyHandler
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone, translation

from dsar.models import User
from dsar.network import address_of

FRESH_SECONDS = 300  # release and approval want a proof no older than this
BEGAN_AT = "staff_began_at"
SEEN_AT = "staff_seen_at"


def client_address(request: HttpRequest) -> str:
    """The real client's address: what our own proxies saw, never what the client says about itself."""
    return address_of(request.META)


def account_name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """The account that a sign-in is about, in one spelling; failures are counted by it."""
    given = credentials or {}
    name = given.get("email") or given.get("login") or given.get("username") or request.POST.get("login", "")
    return str(name).strip().lower()[:254]


def nobody(*_seen: object) -> str:
    """What the lock-out writes into logs in place of the account and its address: people stay in the tables."""
    return "an account"


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by an operator; the first page after sign-in speaks the person's language."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return front_page(cast(User, request.user))

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_login")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_login")

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """A sign-in of the last minutes is proof enough, so that nobody types the same password twice in a row."""
        return not is_fresh(context.request)


class MFAAdapter(DefaultMFAAdapter):
    """Secrets of the second factor lie encrypted under the master key."""

    def encrypt(self, text: str) -> str:
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _fernet().decrypt(encrypted_text.encode()).decode()

    def build_totp_svg(self, url: str) -> str:
        drawn = io.BytesIO()
        segno.make(url, error="m").save(drawn, kind="svg", xmldecl=False, scale=5, border=3, dark="#000", light="#fff")
        return drawn.getvalue().decode()


def front_page(user: User) -> str:
    """Where a member of staff lands: cases for those who read them, accounts for operators."""
    language = user.language if user.language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    with translation.override(language):
        return reverse("backoffice:queue" if user.may_read_cases else "backoffice:account")


def second_factor_proved(request: HttpRequest) -> bool:
    """Whether a second factor that still exists was shown in this session."""
    used = [record.get("id") for record in get_authentication_records(request, request.user) if record["method"] == "mfa"]
    return bool(used) and Authenticator.objects.filter(user=request.user, pk__in=used).exists()


def has_second_factor(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()


def is_fresh(request: HttpRequest) -> bool:
    """Whether this session proved itself in the last five minutes; by the second factor as soon as there is one."""
    records = get_authentication_records(request, request.user)
    if has_second_factor(cast(User, request.user)):
        records = [record for record in records if record["method"] == "mfa"]
    now = timezone.now().timestamp()
    return any(0 <= now - record["at"] < FRESH_SECONDS for record in records)


def locked_out(request: HttpRequest, user: User) -> bool:
    """Whether this account failed too often from this address; marks the request so that the lock-out page answers."""
    if AxesProxyHandler.is_allowed(request, {"email": user.email}):
        return False
    request.axes_locked_out = True  # type: ignore[attr-defined]
    request.axes_credentials = {"email": user.email}  # type: ignore[attr-defined]
    return True


def count_failure(request: HttpRequest, user: User) -> None:
    """Count a wrong second factor as a failed sign-in of this account and address."""
    user_login_failed.send(sender=__name__, credentials={"email": user.email}, request=request)


@receiver(user_logged_in)
def begin_session(sender: object, request: HttpRequest, user: User, **_kwargs: object) -> None:
    """Start the two clocks of a staff session: twelve hours in all, thirty minutes without a sign."""
    now = timezone.now().timestamp()
    request.session[BEGAN_AT], request.session[SEEN_AT] = now, now


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.MASTER_KEYS])
