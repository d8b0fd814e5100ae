"""Look one address up in the list of people whom no advertising may reach. The address stands in no URL and in no log."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from dsar.access import READERS, StaffRequest, roles
from dsar.forms.fields import Email
from dsar.language import language
from dsar.services.suppress import ListIncomplete, is_suppressed


class LookUpForm(forms.Form):
    use_required_attribute = False
    email = Email(label=_("Email address"), error_messages={"required": _("Write an address.")})


@roles(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
def look_up(request: StaffRequest) -> HttpResponse:
    form = LookUpForm(request.POST if request.method == "POST" else None, label_suffix="")
    asked = form.is_valid()
    entry = None
    if asked:
        try:
            entry = is_suppressed(form.cleaned_data["email"], now=timezone.now())
        except ListIncomplete as refusal:
            form.add_error("email", refusal.sentence(language()))
            asked = False
    context = {"here": "suppressed", "form": form, "asked": asked, "entry": entry}
    return render(request, "backoffice/suppressed.html", context)
