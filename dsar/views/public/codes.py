"""Codes that a person types: tries are counted by network; what a code is for happens, or its refusal stands beside the field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.forms import BaseForm
from django.http import HttpRequest
from django.utils.translation import gettext as _

from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import TokenPurpose
from dsar.language import language
from dsar.models import DataSubjectRequest
from dsar.services import tokens, verify
from dsar.views.public.shared import now, say, too_often

TRIES_PER_HOUR = 120  # of one network, over all its requests


def too_many_tries(request: HttpRequest) -> bool:
    return too_often(request, "codes", per_hour=TRIES_PER_HOUR)


def accepted(form: BaseForm, step: Callable[[], object], *, otherwise: str = "code") -> bool:
    """Take the step. A code that is refused is said beside the code, any other refusal beside the field `otherwise`."""
    try:
        step()
    except tokens.TokenRefused as refusal:
        form.add_error("code", refusal.sentence(language()))
        return False
    except DsarError as refusal:
        form.add_error(otherwise, refusal.sentence(language()))
        return False
    return True


def address_proven(form: BaseForm, dsr: DataSubjectRequest) -> bool:
    """Whether the code proves that the person reads the mail of their address; if so, that is kept."""
    return accepted(form, lambda: verify.confirm_email(dsr_id=dsr.pk, code=form.cleaned_data["code"], now=now()))


def prove_address_again(request: HttpRequest, dsr: DataSubjectRequest) -> None:
    """Another code to an address that is not proven yet, after a minute."""
    if dsr.email_confirmed_at is not None:
        return
    try:
        tokens.send_code(dsr=dsr, purpose=TokenPurpose.CONFIRM_EMAIL, now=now())
    except DsarError as refusal:
        say(request, refusal.sentence(language()))
    else:
        say(request, _("A new code is on its way. Check your spam folder too."))


@dataclass(frozen=True)
class FreshCode:
    """What takes a code of this very hour: a button sends it, alone in its mail, then the form asks for it."""

    purpose: TokenPurpose
    key: str  # session key: when this session asked for it

    def send(self, request: HttpRequest, dsr: DataSubjectRequest) -> None:
        """To the address for the answer. Who just had one is told so, and types that one."""
        try:
            tokens.send_code(dsr=dsr, purpose=self.purpose, now=now())
        except DsarError as refusal:
            say(request, refusal.sentence(language()))
        request.session[self.key] = now().timestamp()

    def asked(self, request: HttpRequest) -> bool:
        """Whether this session asked for one that may still be valid."""
        at = request.session.get(self.key)
        return at is not None and now().timestamp() - at < timedelta(minutes=settings.CODE_MINUTES).total_seconds()

    def used(self, request: HttpRequest) -> None:
        request.session.pop(self.key, None)
