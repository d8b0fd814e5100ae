"""What a person types on the status page: a message with files, a new address."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dsar.forms.fields import Email, Line, Paragraphs
from dsar.forms.public import Question

ACCEPTED = "image/jpeg,image/png,application/pdf"  # without HEIC, a telephone converts its pictures itself


class SeveralFiles(forms.ClearableFileInput):
    """One field for several files; none is shown again."""

    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Any]:
        return list(files.getlist(name)) if hasattr(files, "getlist") else []

    def format_value(self, value: Any) -> None:
        return None


MOST_BYTES = 25 * 1024 * 1024  # of one sending


class Files(forms.Field):
    """The files of one sending. What each one is, the sanitiser finds out; its name is not read."""

    widget = SeveralFiles

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, widget=SeveralFiles({"accept": ACCEPTED, "class": "picker"}), **options)

    def to_python(self, value: Any) -> list[Any]:
        return [file for file in value or [] if file]

    def validate(self, value: Any) -> None:
        if sum(file.size or 0 for file in value) > MOST_BYTES:
            raise forms.ValidationError(_("Together these files are larger than 25 MB: send them in several messages"))


class MessageForm(Question):
    """Words, files, or both."""

    words = Paragraphs(label=_("Your message"), required=False)
    file = Files(label=_("Files"))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("words") and not given.get("file") and "words" not in self.errors:
            self.add_error("words", _("Write your message, or choose a file"))
        return given


class AddressForm(Question):
    """The new address, and the code that went to the present one."""

    code = Line(
        label=_("Your 6-digit code"),
        autocomplete="one-time-code",
        numeric=True,
        limit=20,
        error_messages={"required": _("Write the 6 digits of the code")},
    )
    email = Email(label=_("Your new email address"), error_messages={"required": _("Write your new email address")})
