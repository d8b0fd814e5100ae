"""The questions of the public form, one form per page: one decision a page, nothing pre-ticked, no question without use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from unicodedata import decimal
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dsar.controller import controller
from dsar.domain.calendars import rule_pack
from dsar.domain.clock import local_date
from dsar.domain.vocabulary import RequestType, SubjectKind, Tie
from dsar.forms.fields import Boxes, Email, Emails, Files, Line, OneOf, Option, Paragraphs

OTHER = "other"  # asks next: object, limit, withdraw an agreement
ADULT_AGE = 18
CODE_DIGITS = 6
CHOOSE = _("Choose an answer")

RIGHTS = {
    RequestType.ACCESS.value: Option(_("Get my data"), _("A readable copy, and an explanation of what we do with it")),
    RequestType.RECTIFICATION.value: Option(_("Correct a mistake"), _("For example a name, an address, a date")),
    RequestType.ERASURE.value: Option(
        _("Have my data erased"), _("We will tell you what the law makes us keep, such as diplomas")
    ),
    RequestType.MARKETING_OBJECTION.value: Option(_("Stop advertising"), _("It is immediate, and you need no reason")),
    RequestType.PORTABILITY.value: Option(
        _("Take my data elsewhere"), _("The data you gave us, in a format that other services can read")
    ),
    OTHER: Option(_("Something else"), _("Object to a use, limit it, withdraw an agreement")),
    RequestType.UNSPECIFIED.value: Option(_("I’m not sure"), _("Tell us in your own words, we will find the right you need")),
}
OTHER_RIGHTS = {
    RequestType.OBJECTION.value: Option(_("Object to a use of my data"), _("We stop it, unless we can show a compelling reason")),
    RequestType.RESTRICTION.value: Option(
        _("Limit the use of my data"), _("We keep them without using them, for example during a dispute")
    ),
    RequestType.WITHDRAWAL.value: Option(
        _("Withdraw an agreement"), _("You said yes to something, and now say no. It takes effect at once")
    ),
}
KINDS = {
    SubjectKind.SELF.value: Option(_("For me")),
    SubjectKind.SELF_MINOR.value: Option(
        _("For me, and I am under 18"), _("You can ask by yourself: you need nobody’s permission")
    ),
    SubjectKind.CHILD.value: Option(_("For my child"), _("Under 18")),
    SubjectKind.MANDATE.value: Option(_("For someone who gave me a mandate"), _("As a lawyer, an association or a relative")),
    SubjectKind.DECEASED.value: Option(_("For someone who has died"), _("As an heir, or named in their directives")),
}
TIES = {
    Tie.STUDENT.value: Option(_("Student or apprentice")),
    Tie.APPLICANT.value: Option(_("Applicant")),
    Tie.GRADUATE.value: Option(_("Graduate")),
    Tie.PARENT.value: Option(_("Parent")),
    Tie.STAFF.value: Option(_("Staff or teacher")),
    Tie.COMPANY.value: Option(_("Company")),
    Tie.OTHER.value: Option(pgettext_lazy("tie", "Other"), _("A visitor, a subscriber to the newsletter…")),
}
CHILD_TIES = {
    "parent": Option(_("I am their mother or father")),
    "guardian": Option(_("I am their guardian")),
    "other": Option(pgettext_lazy("tie to the child", "Other")),
}
DECEASED_TIES = {
    "named": Option(_("They named me in their directives")),
    "heir": Option(_("I am an heir")),
    "other": Option(pgettext_lazy("tie to the deceased", "Other")),
}
DIRECTIVES = {  # LAW R-50: directives come first, then the person they name, then heirs
    "yes": Option(_("Yes")),
    "no": Option(_("No")),
    "unknown": Option(_("I do not know")),
}
PURPOSES = {  # Loi 78-17 art. 85: what heirs may ask without directives
    "estate": Option(_("To settle the estate"), _("What is needed for it, family memories and digital goods included")),
    "death": Option(_("To have the death noted"), _("Close accounts, stop messages, bring data up to date")),
    "directives": Option(_("To carry out their directives")),
}
ANSWER_TO = {
    "person": Option(_("To the person"), _("At the address that we already hold")),
    "proxy": Option(_("To me"), _("Only if the mandate says so; two people will check it")),
}


class Question(forms.Form):
    """One page. `initial` is what the person answered before; errors stay beside their field."""

    use_required_attribute = False  # our own words instead of the browser's
    kept: tuple[UUID, ...] = ()  # files that came before the form in slices, while it is to be corrected

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


class WhatForm(Question):
    rights = Boxes(choices=list(RIGHTS.items()), error_messages={"required": _("Tick at least one answer")})

    def clean_rights(self) -> list[str]:
        """“I'm not sure” clears the rest: a person will find the right."""
        rights: list[str] = self.cleaned_data["rights"]
        unsure = RequestType.UNSPECIFIED.value
        return [unsure] if unsure in rights else list(dict.fromkeys(rights))


class OtherForm(Question):
    rights = Boxes(choices=list(OTHER_RIGHTS.items()), error_messages={"required": _("Tick at least one answer")})


class WhoForm(Question):
    kind = OneOf(choices=list(KINDS.items()), error_messages={"required": CHOOSE})


class ChildForm(Question):
    person_name = Line(label=_("Your child’s full name"), error_messages={"required": _("Write your child’s name")})
    birth_day = Line(label=_("Day"), required=False, numeric=True)
    birth_month = Line(label=_("Month"), required=False, numeric=True)
    birth_year = Line(label=_("Year"), required=False, numeric=True)
    tie = OneOf(
        label=_("Your relationship"), choices=list(CHILD_TIES.items()), error_messages={"required": _("Choose your relationship")}
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        try:
            year, month, day = (int(cleaned.get(f"birth_{part}") or "") for part in ("year", "month", "day"))
        except ValueError:
            self.add_error("birth_day", _("Write the birth date in digits, for example 31 3 2012"))
            return cleaned
        if not 1900 <= year <= 9999:
            self.add_error("birth_day", _("Write the year with four digits, for example 2012"))
            return cleaned
        try:
            born = date(year, month, day)
        except (ValueError, OverflowError):
            self.add_error("birth_day", _("This date does not exist: check the day and the month"))
            return cleaned
        today = local_date(timezone.now(), rule_pack(controller().rule_pack))
        if born > today:
            self.add_error("birth_day", _("The birth date must be in the past"))
        elif (today.year - ADULT_AGE, today.month, today.day) >= (born.year, born.month, born.day):
            self.add_error(
                "birth_day", _("From the age of 18, your child asks alone, or gives you a mandate: go back to change your answer")
            )
        else:
            cleaned["birth_date"] = born.isoformat()
        return cleaned


class MandateForm(Question):
    """The five fields of the CNIL's recommendation on mandates (deliberation 2021-070), and the mandate itself.

    The only file that is needed at the start; the view takes it in (`dsar.services.drafts.take_files`).
    """

    person_name = Line(
        label=_("Full name of the person you act for"), error_messages={"required": _("Write the name of the person you act for")}
    )
    rights_covered = Line(
        label=_("What does the mandate let you ask?"),
        help_text=_("For example: get a copy, have data erased"),
        error_messages={"required": _("Write what the mandate lets you ask")},
        spellcheck=True,
        limit=300,
    )
    data_covered = Line(
        label=_("Which data does it cover?"),
        help_text=_("For example: everything, or the marks of one year"),
        error_messages={"required": _("Write which data the mandate covers")},
        spellcheck=True,
        limit=300,
    )
    duration = Line(
        label=_("Until when is it valid?"),
        help_text=_("A date, or “until this request is answered”"),
        error_messages={"required": _("Write until when the mandate is valid")},
        spellcheck=True,
    )
    answer_to = OneOf(
        label=_("Who should the answer go to?"),
        choices=list(ANSWER_TO.items()),
        error_messages={"required": _("Choose who the answer should go to")},
    )
    mandate = Files(
        label=_("The signed mandate"),
        help_text=_("A photo is enough: JPEG, PNG or PDF, 10 MB at most, 2 files at most"),
    )


class DeceasedForm(Question):
    person_name = Line(
        label=_("Full name of the person who has died"),
        error_messages={"required": _("Write the name of the person who has died")},
    )
    tie = OneOf(
        label=_("Your relationship"),
        choices=list(DECEASED_TIES.items()),
        error_messages={"required": _("Choose your relationship")},
    )
    directives = OneOf(
        label=_("Did they leave instructions about their data?"),
        choices=list(DIRECTIVES.items()),
        error_messages={"required": CHOOSE},
    )
    purpose = OneOf(label=_("What is it for?"), choices=list(PURPOSES.items()), error_messages={"required": CHOOSE})

    def clean(self) -> dict[str, Any]:
        """Directives that do not exist can name nobody and cannot be carried out."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("directives") == "no" and cleaned.get("purpose") == "directives":
            self.add_error("purpose", _("You say that they left no instructions: choose another answer"))
        if cleaned.get("directives") == "no" and cleaned.get("tie") == "named":
            self.add_error("tie", _("You say that they left no instructions: choose another relationship"))
        return cleaned


class TieForm(Question):
    tie = OneOf(choices=list(TIES.items()), error_messages={"required": CHOOSE})
    site = forms.ChoiceField(label=_("Campus"), required=False)
    years = Line(
        label=_("Years"), required=False, limit=40, help_text=_("For example 2019 to 2022. It helps us search in the right place")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sites = [(site.key, site.name) for site in controller().sites]
        self.fields["site"].choices = [("", _("Not sure, or several")), *sites]  # type: ignore[attr-defined]


class ContactForm(Question):
    """Name and e-mail are enough; the rest helps to find more, and an identity paper is never asked here."""

    name = Line(label=_("Your full name"), autocomplete="name", error_messages={"required": _("Write your name")})
    email = Email(
        label=_("Your email address"),
        help_text=_("The one the school knows, if you can: we will recognise you without a document"),
        error_messages={"required": _("Write your email address")},
    )
    number = Line(label=_("Student or staff number"), required=False, limit=40)
    other_emails = Emails(
        label=_("Other email addresses that we may know"), required=False, limit=1300, help_text=_("Separated by commas")
    )
    other_names = Line(label=_("Other names"), required=False, help_text=_("A former name, or another spelling"))
    ga = Line(label="_ga", required=False, limit=100)
    hjsession = Line(label="_hjSessionUser", required=False, limit=200)
    visitor_id = Line(label="visitor_id", required=False, limit=100)

    COOKIES = ("ga", "hjsession", "visitor_id")

    def __init__(self, *args: Any, whose: str = "", only_advertising: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if only_advertising:
            del self.fields["number"], self.fields["other_names"]
            self.fields["email"].help_text = _("The one at which the advertising arrives")
            return
        if whose:
            self.fields["number"].label = _("Their student or staff number")
            self.fields["other_emails"].label = _("Their email addresses, if you know them")
            self.fields["other_names"].label = _("Other names of that person")
            if whose != SubjectKind.CHILD:  # a parent whose address is known has nothing more to show
                self.fields["email"].help_text = ""


def identifiers(contact: Mapping[str, Any]) -> dict[str, list[str]]:
    """The further identifiers of an answered contact page, by kind (LAW R-20: cookie identifiers count)."""
    found = {"email": contact["other_emails"], "student_number": [contact.get("number", "")]}
    found |= {kind: [contact[kind]] for kind in ContactForm.COOKIES}
    return {kind: kept for kind, values in found.items() if (kept := [value for value in values if value])}


class PostForm(Question):
    """Asked only of who wants an answer by post."""

    postal_address = Paragraphs(
        label=_("Your postal address"),
        autocomplete="street-address",
        rows=4,
        limit=500,
        error_messages={"required": _("Write your postal address")},
    )


class CheckForm(forms.Form):
    """The last page: the form's own number, and a field that only robots fill."""

    token = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    website = forms.CharField(required=False, max_length=200)
    work = forms.CharField(required=False, max_length=2000)  # what a browser computed, when a network sends very many requests


class CodeForm(Question):
    """Six digits, however they are grouped."""

    code = Line(
        label=_("Your 6-digit code"),
        autocomplete="one-time-code",
        numeric=True,
        limit=20,
        error_messages={"required": _("Write the 6 digits of the code")},
    )

    def clean_code(self) -> str:
        """What cannot be a code is no try: there are five, and a slip of the thumb must not cost one."""
        digits = "".join(str(decimal(c)) for c in self.cleaned_data["code"] if c.isdecimal())
        if len(digits) != CODE_DIGITS:
            raise forms.ValidationError(self.fields["code"].error_messages["required"])
        return digits


class FollowForm(Question):
    """A reference or an e-mail address, in one field."""

    known_by = Line(
        label=_("Your reference, or your email address"),
        autocomplete="email",
        limit=254,
        error_messages={"required": _("Write your reference or your email address")},
    )


class WriteForm(Question):
    """A message to the data protection team."""

    words = Paragraphs(label=_("Your message"), error_messages={"required": _("Write your message")})
