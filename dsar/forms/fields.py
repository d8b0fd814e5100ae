"""Fields of the public form: what people type is kept as it is, minus what no reader can see."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from notifications.address import AddressRefused, normalise, readable

LONGEST_TEXT = 2000  # characters of a free answer
LONGEST_NAME = 200
EMAIL_WANTED = _("Write a complete email address, like name@example.com")
NO_ACCENTS = _("We cannot write to an address with an accent before the @: give another one")
ONE_ADDRESS = _("Write one address here")
Words = str | Promise


@dataclass(frozen=True)
class Option:
    """What stands beside a box: a title and, below it, one sentence of help."""

    title: Words
    hint: Words = ""

    def __str__(self) -> str:
        return str(self.title)


def one_line(text: str) -> str:
    """The text on one line, without control or invisible formatting characters."""
    kept = (" " if unicodedata.category(c) == "Cc" or c.isspace() else c for c in text if not _is_invisible(c))
    return re.sub(" +", " ", "".join(kept)).strip()


def paragraphs(text: str) -> str:
    """The text with its line breaks, without other control or direction-changing characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c in "\n\t" or not (_is_invisible(c) or unicodedata.category(c) == "Cc")).strip()


def _is_invisible(character: str) -> bool:
    """A formatting character, except the two joiners that names in Persian, Sinhala or Malayalam are spelled with."""
    return unicodedata.category(character) == "Cf" and character not in "\u200c\u200d"


class Line(forms.CharField):
    """One line of text."""

    default_validators: list[Any] = []

    def __init__(
        self,
        *,
        limit: int = LONGEST_NAME,
        autocomplete: str = "off",
        numeric: bool = False,
        spellcheck: bool = False,
        **options: Any,
    ) -> None:
        attributes = {"autocomplete": autocomplete, "spellcheck": "true" if spellcheck else "false"}
        if numeric:
            attributes["inputmode"] = "numeric"
        self.limit = limit
        super().__init__(widget=forms.TextInput(attributes), strip=False, **options)
        self.validators = []  # NUL and other controls are dropped rather than refused

    def to_python(self, value: Any) -> str:
        return one_line(str(value or ""))

    def validate(self, value: str) -> None:
        super().validate(value)
        if len(value) > self.limit:
            raise ValidationError(_("Shorten this to %(limit)s characters"), params={"limit": self.limit})


class Limited(forms.BoundField):
    """A field whose limit stands below it: read with its help and its error."""

    @property
    def aria_describedby(self) -> str | None:
        described = super().aria_describedby
        return (
            " ".join(filter(None, [described, f"{self.auto_id}_limit"])) if described is not None and self.auto_id else described
        )


class Paragraphs(forms.CharField):
    """A free answer of up to 2,000 characters; the limit is named beside it."""

    bound_field_class = Limited

    def __init__(self, *, autocomplete: str = "off", rows: int = 5, limit: int = LONGEST_TEXT, **options: Any) -> None:
        self.limit = limit
        widget = forms.Textarea({"autocomplete": autocomplete, "rows": rows, "data-limit": limit})
        super().__init__(widget=widget, strip=False, **options)
        self.validators = []

    def to_python(self, value: Any) -> str:
        return paragraphs(str(value or ""))

    def validate(self, value: str) -> None:
        super().validate(value)
        if len(value) > self.limit:
            over = len(value) - self.limit
            message = ngettext_lazy(
                "Shorten your answer by %(over)s character", "Shorten your answer by %(over)s characters", "over"
            )
            raise ValidationError(message, params={"over": over})


def check_email(address: str) -> str:
    """The address as mails are sent to it, when they reach it and nobody else (SECURITY T13)."""
    try:
        return normalise(address)
    except AddressRefused as refused:
        accents = not address.rpartition("@")[0].isascii()
        raise ValidationError(NO_ACCENTS if accents else EMAIL_WANTED) from refused


def bare(text: str) -> str:
    """The address in what a link or an address book pastes: `mailto:x@y` and `Name <x@y>`."""
    named = re.fullmatch(r"[^<>]*<([^<>]+)>", text)
    return re.sub("^mailto:", "", (named[1] if named else text).strip(), flags=re.IGNORECASE)


class Email(forms.CharField):
    """One e-mail address; paste works, nothing is corrected behind the person's back."""

    def __init__(self, **options: Any) -> None:
        attributes = {"autocomplete": "email", "spellcheck": "false", "maxlength": 254, "autocapitalize": "none"}
        super().__init__(widget=forms.EmailInput(attributes), strip=False, **options)
        self.validators = []

    def to_python(self, value: Any) -> str:
        return bare(one_line(str(value or "")))

    def clean(self, value: Any) -> str:
        address = str(super().clean(value))
        if len(re.findall("@", address)) > 1:
            raise ValidationError(ONE_ADDRESS)
        return check_email(address) if address else ""

    def prepare_value(self, value: Any) -> Any:
        return readable(value) if isinstance(value, str) else value


class Emails(Line):
    """Several addresses in one line, separated by spaces, commas or semicolons."""

    def clean(self, value: Any) -> Any:
        addresses = [part for part in re.split(r"[\s,;]+", super().clean(value)) if part]
        if len(addresses) > 5:
            raise ValidationError(_("Write five addresses at most; tell us the others in a message later"))
        found = []
        for address in addresses:
            try:
                found.append(check_email(bare(address)))
            except ValidationError as wrong:
                raise ValidationError(_("“%(address)s” is not a complete email address"), params={"address": address}) from wrong
        return found

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(readable, value)) if isinstance(value, list) else value


class Boxes(forms.MultipleChoiceField):
    """Several answers allowed; nothing is ticked beforehand."""

    widget = forms.CheckboxSelectMultiple


class OneOf(forms.ChoiceField):
    """One answer; nothing is ticked beforehand."""

    widget = forms.RadioSelect


ACCEPTED = "image/jpeg,image/png,application/pdf"  # without HEIC, a telephone converts its pictures itself


class FilesInput(forms.FileInput):
    """Files from a picture library, a camera or a folder; on a phone the system offers all three. None is shown again."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Any]:
        return list(files.getlist(name)) if hasattr(files, "getlist") else []


class Files(forms.Field):
    """The files of one sending. What each one is, the sanitiser finds out; its name is not read."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, widget=FilesInput({"accept": ACCEPTED}), **options)

    def to_python(self, value: Any) -> list[Any]:
        return [file for file in value or [] if file]
