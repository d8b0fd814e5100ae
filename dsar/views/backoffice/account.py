"""One's own account: language of the pages, password, second factor; and the set-up of the first one."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from dsar.access import EVERY_ROLE, StaffRequest, roles
from dsar.forms.account import prove_new_app


@roles(*EVERY_ROLE)
def account(request: StaffRequest) -> HttpResponse:
    """Show one's account; POST changes the language of pages and of mails to oneself."""
    if request.method == "POST" and request.POST.get("language") in dict(settings.LANGUAGES):
        request.user.language = request.POST["language"]
        request.user.save(update_fields=["language"])
        with translation.override(request.user.language):
            messages.success(request, _("Your language is noted."))
            return HttpResponseRedirect(reverse("backoffice:account"))
    return show_account(request)


def show_account(request: StaffRequest, *, calendar_link: str = "") -> HttpResponse:
    """The account page; `calendar_link` is shown this once, since only its hash is kept."""
    page = {"languages": settings.LANGUAGES, "here": "account", "calendar_link": calendar_link}
    return render(request, "backoffice/account.html", page)


class SecondFactorView(AuthenticateView):
    """The code at sign-in. A POST without the field is an empty code; allauth takes it for a passkey's, which we do not offer."""

    def _build_forms(self) -> AuthenticateForm:
        self.webauthn_form = None
        typed = self.request.POST if self.request.method == "POST" else None
        self.auth_form: AuthenticateForm = self.get_form_class()(user=self.stage.login.user, data=typed)
        return self.auth_form


class ActivateView(ActivateTOTPView):
    """Set up the app that shows codes; the code that proves it also counts as this session's second factor."""

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        app = Authenticator.objects.get(user=self.request.user, type=Authenticator.Type.TOTP)
        prove_new_app(self.request, self.request.user, app, form.cleaned_data["code"])
        return response

    def get_success_url(self) -> str:
        if self.did_generate_recovery_codes:
            return reverse("mfa_view_recovery_codes")
        return str(get_adapter().get_login_redirect_url(self.request))
