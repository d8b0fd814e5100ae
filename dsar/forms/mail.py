"""What an officer types about a mail that arrived."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from dsar.forms.office import Plain, words_field


class JoinForm(Plain):
    reference = forms.CharField(
        label=_("Reference of the case"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Write the reference of the case.")},
    )


class AsideForm(Plain):
    reason = words_field(
        _("Why it asks for nothing that we answer here"),
        hint=_("Kept with the message. If it belongs to somebody else, tell the person first."),
        needed=_("Write the reason."),
        longest=500,
    )
