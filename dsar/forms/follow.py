"""What a person types on the status page: a message with files, a new address."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dsar.forms.fields import Email, Files, Paragraphs
from dsar.forms.public import CodeForm, Question

MOST_BYTES = 25 * 1024 * 1024  # of one sending


class FilesOfAMessage(Files):
    """As many bytes at once as one message may hold."""

    def validate(self, value: Any) -> None:
        if sum(file.size or 0 for file in value) > MOST_BYTES:
            raise forms.ValidationError(_("Together these files are larger than 25 MB: send them in several messages"))


class MessageForm(Question):
    """Words, files, or both."""

    words = Paragraphs(label=_("Your message"), required=False)
    file = FilesOfAMessage(label=_("Files"))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("words") and not given.get("file") and "words" not in self.errors:
            self.add_error("words", _("Write your message, or choose a file"))
        return given


class AddressForm(CodeForm):
    """The new address, and the code that went to the present one."""

    email = Email(label=_("Your new email address"), error_messages={"required": _("Write your new email address")})
