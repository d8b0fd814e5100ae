"""The forms of signing in. A code works once, whichever process sees it first (RFC 6238 section 5.2)."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ChangePasswordForm as AllauthChangePassword
from allauth.account.forms import LoginForm as AllauthLogin
from allauth.account.forms import ReauthenticateForm as AllauthReauthenticate
from allauth.account.internal.flows.login import record_authentication
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm as AllauthAuthenticate
from allauth.mfa.base.forms import ReauthenticateForm as AllauthMFAReauthenticate
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm as AllauthActivate
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from django import forms
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dsar import accounts
from dsar.models import User

LAST_COUNTER = "last_counter"  # of the newest code accepted, in Authenticator.data
CODE_ATTRIBUTES = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false", "maxlength": "20"}


def _plain(form: forms.BaseForm) -> None:
    """No placeholder stands in for a label, and the browser's own checks stay out of the way."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)
    if "code" in form.fields:
        form.fields["code"].label = _("Code")
        form.fields["code"].widget.attrs.update(CODE_ATTRIBUTES)
        form.fields["code"].error_messages["required"] = _("Type the six digits that your app shows, or a recovery code.")


def _matched_counter(secret: str, code: str) -> int | None:
    """Which of the time steps still accepted this code belongs to."""
    digits = "".join(character for character in code if character.isdigit())
    return next((c for c in yield_hotp_counters_from_time() if format_hotp_value(hotp_value(secret, c)) == digits), None)


def spend_code(authenticator: Authenticator, code: str) -> bool:
    """Accept a code of the app once: an equal or older one than the last accepted is refused, in every process."""
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
        counter = _matched_counter(decrypt(row.data["secret"]), code)
        if counter is None or counter <= row.data.get(LAST_COUNTER, -1):
            return False
        row.data[LAST_COUNTER] = counter
        row.save(update_fields=["data"])
    return True


class OneTimeCode:
    """Wrong codes count as failed sign-ins of the account and address, and a right one is spent."""

    user: User
    authenticator: Authenticator

    def clean_code(self) -> str:
        if accounts.locked_out(context.request, self.user):
            raise forms.ValidationError(gettext("Too many wrong codes. Try again in 15 minutes."))
        try:
            code: str = super().clean_code()  # type: ignore[misc]
        except forms.ValidationError:
            accounts.count_failure(context.request, self.user)
            raise
        if self.authenticator.type == Authenticator.Type.TOTP and not spend_code(self.authenticator, code):
            raise get_adapter().validation_error("incorrect_code")
        return code


class LoginForm(AllauthLogin):
    """Address and password; the same answer whether the address or the password is wrong."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self)
        self.fields["login"].label = _("Email")
        self.fields["login"].widget.attrs.update({"autocomplete": "username", "spellcheck": "false"})
        self.fields["login"].error_messages.update(
            required=_("Type your email address."), invalid=_("Write the address as name@example.org.")
        )
        self.fields["password"].help_text = ""
        self.fields["password"].error_messages["required"] = _("Type your password.")


class AuthenticateForm(OneTimeCode, AllauthAuthenticate):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self)


class MFAReauthenticateForm(OneTimeCode, AllauthMFAReauthenticate):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self)


class ReauthenticateForm(AllauthReauthenticate):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self)


class ChangePasswordForm(AllauthChangePassword):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self)


class ActivateTOTPForm(AllauthActivate):
    """The first code of a new app is a proof of it: the session goes on without asking for the next one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self)
        self.fields["code"].error_messages["required"] = _("Type the six digits that your app shows.")


def prove_new_app(request: Any, user: User, authenticator: Authenticator, code: str) -> None:
    """Spend the code that activated the app, and record it as this session's second factor."""
    if spend_code(authenticator, code):
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type, reauthenticated=True)
