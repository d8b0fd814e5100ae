"""What officers type about whose request it is; the rules are the services'."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dsar.controller import controller
from dsar.domain.identity_levels import FACTS, FACTS_MEANS, IDENTITY_DOUBTS, MANDATE_DOUBTS, NEEDED, Compared
from dsar.domain.vocabulary import Doubt, SubjectKind
from dsar.forms.office import AddressField, Choices, IdentityForm, Plain, choices_of, words_field

COMPARED = {
    Compared.NAME: _("Names"),
    Compared.BIRTH_DATE: _("Date of birth"),
    Compared.NUMBER: _("Student, applicant or staff number"),
    Compared.CAMPUS: _("Campus"),
    Compared.PROGRAMME: _("Programme"),
    Compared.YEARS: _("Years"),
    Compared.CONTACT: _("An address or a telephone number on file"),
    Compared.EXCHANGE: _("An exchange that only the two of you know of"),
    Compared.MANDATE_PROXY: _("The proxy is who they say they are"),
    Compared.MANDATE_RIGHTS: _("The mandate names the rights used"),
    Compared.MANDATE_DURATION: _("The mandate is still running"),
    Compared.MANDATE_OBJECT: _("The mandate names which data, and us"),
    Compared.MANDATE_RECEIVES: _("Who receives the answer is settled: if the mandate is silent, the person"),
    Compared.PARENT_TIE: _("Parental authority is shown, or this parent is on file"),
    Compared.CHILD_AGE: _("The child is under 18"),
    Compared.CHILD_VIEW: _("From 15, the child’s own view and privacy were weighed"),
    Compared.DEATH: _("The death is shown"),
    Compared.HEIR_TIE: _("The relationship to the person who died is shown"),
    Compared.DIRECTIVES: _("Directives of the person who died come first; none speaks against it"),
}
PROOFS = {
    "letter": _("A letter"),
    "mail": _("An email"),
    "visit": _("A visit"),
    "call": _("A telephone call"),
    "message": _("A message on the status page"),
}


def compared_choices(codes: Sequence[Compared]) -> Choices:
    return [(code.value, COMPARED[code]) for code in codes]  # type: ignore[misc]


def checklist(kind: SubjectKind) -> tuple[Compared, ...]:
    """What is compared for this kind of request: what they must all show first, then the facts about the person."""
    return (*NEEDED.get(kind, ()), *FACTS)


class AskForm(Plain):
    """A doubt from the list and its words."""

    doubt = forms.ChoiceField(
        label=_("Which doubt?"), widget=forms.RadioSelect, error_messages={"required": _("Choose the doubt.")}
    )
    missing = forms.MultipleChoiceField(label=_("What is missing"), required=False, widget=forms.CheckboxSelectMultiple)
    words = words_field(
        _("The doubt, in plain words to the person"),
        hint=_("Say why what was given is not enough. No number, no address, nothing that is on file."),
        needed=_("Write the doubt in a few words."),
    )

    def __init__(self, *args: Any, kind: SubjectKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        needed = NEEDED.get(kind, ())
        doubts = (*MANDATE_DOUBTS, *IDENTITY_DOUBTS) if needed else IDENTITY_DOUBTS
        self.fields["doubt"].choices = choices_of(doubts)  # type: ignore[attr-defined]
        self.fields["missing"].choices = compared_choices(needed)  # type: ignore[attr-defined]
        if not needed:
            del self.fields["missing"]

    @property
    def chosen(self) -> Doubt:
        return Doubt(self.cleaned_data["doubt"])


class AgainForm(Plain):
    words = words_field(
        _("Why what arrived is not enough, or why you ask once more"),
        hint=_("The person reads it. No number, no address, nothing that is on file."),
        needed=_("Write the reason."),
    )


class CodeForm(Plain):
    mark = forms.ChoiceField(
        label=_("To which address on file?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose an address."), "invalid_choice": _("Choose an address.")},
    )

    def __init__(self, *args: Any, addresses: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mark"].choices = addresses  # type: ignore[attr-defined]


class FactsForm(Plain):
    means = forms.ChoiceField(label=_("How"), choices=choices_of(FACTS_MEANS))
    compared = forms.MultipleChoiceField(
        label=_("What was compared"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick what you compared.")},
    )
    fits = forms.ChoiceField(
        label=_("Does it fit?"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Say whether it fits.")},
    )
    words = words_field(_("How it went"), hint=_("No value of the file: words only."))

    def __init__(self, *args: Any, kind: SubjectKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["compared"].choices = compared_choices(checklist(kind))  # type: ignore[attr-defined]


class ProofForm(Plain):
    """Something arrived by another way than the page: a letter, a visit."""

    how = forms.ChoiceField(label=_("What arrived"), choices=list(PROOFS.items()))
    arrived_on = forms.DateField(
        label=_("On which day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Give the day."), "invalid": _("Write the day as 2026-12-24.")},
    )

    def arrived_at(self) -> datetime:
        """The start of that day at the seat, or now when it is today: the pause never looks longer than it was."""
        day: date = self.cleaned_data["arrived_on"]
        start = datetime.combine(day, time(0, 0), tzinfo=ZoneInfo(controller().seat_time_zone)).astimezone(UTC)
        now = timezone.now()
        return now if timezone.localtime(now, ZoneInfo(controller().seat_time_zone)).date() == day else start


class PaperForm(Plain):
    reason = words_field(_("Why you open it"), needed=_("Write why you open it."), longest=200)


class AddressForm(Plain):
    email = AddressField(label=_("New address for the answer"), error_messages={"required": _("Write the new address.")})


class DecisionForm(IdentityForm):
    """The decision with its checklist, and which of several proofs was enough."""

    compared = forms.MultipleChoiceField(label=_("What was compared"), required=False, widget=forms.CheckboxSelectMultiple)
    sufficient = forms.ChoiceField(
        label=_("Which proof was enough?"),
        required=False,
        help_text=_("The pause ends on the day it arrived."),
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, kind: SubjectKind, proofs: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["compared"].choices = compared_choices(checklist(kind))  # type: ignore[attr-defined]
        self.fields["sufficient"].choices = proofs  # type: ignore[attr-defined]
        if len(proofs) < 2:
            del self.fields["sufficient"]
        self.order_fields(["established", "means", "compared", "sufficient", "reason"])

    def codes(self) -> list[Compared]:
        return [Compared(code) for code in self.cleaned_data.get("compared", [])]

    def proof(self) -> int | None:
        return int(self.cleaned_data["sufficient"]) if self.cleaned_data.get("sufficient") else None
