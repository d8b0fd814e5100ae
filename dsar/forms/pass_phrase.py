"""The pass-phrase of a person: chosen twice, so that a slip does not lock them out, and asked at the download."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dsar.forms.public import CodeForm, Question

LONGEST = 400


class Secret(forms.CharField):
    """Hidden while it is typed, never shown again; paste and password managers work."""

    def __init__(self, *, autocomplete: str, **options: Any) -> None:
        attributes = {"autocomplete": autocomplete, "autocapitalize": "none", "spellcheck": "false"}
        super().__init__(widget=forms.PasswordInput(attributes), strip=False, max_length=LONGEST, **options)
        self.widget.attrs.pop("maxlength", None)  # a paste must not be cut in silence


class PassPhraseForm(Question):
    """The first one."""

    phrase = Secret(
        label=_("Your pass-phrase"),
        help_text=_("At least 12 characters, or 4 words. Spaces and accents are welcome."),
        autocomplete="new-password",
        error_messages={"required": _("Write a pass-phrase")},
    )
    again = Secret(
        label=_("The same once more"),
        autocomplete="new-password",
        error_messages={"required": _("Write the pass-phrase once more")},
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("phrase") and given.get("again") and given["phrase"] != given["again"]:
            self.add_error("again", _("The two pass-phrases are not the same"))
        return given


class AnotherPassPhraseForm(PassPhraseForm, CodeForm):
    """Another one, with the code that went to the address for the answer."""

    field_order = ("code", "phrase", "again")


class OpenForm(CodeForm):
    """The code of the mail and the pass-phrase."""

    phrase = Secret(
        label=_("Your pass-phrase"),
        autocomplete="current-password",
        error_messages={"required": _("Write your pass-phrase")},
    )
