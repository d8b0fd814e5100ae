"""What officers type. A form checks shape; the rules are the services', whose refusals are shown beside what was typed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from dsar.domain.grounds import fitting_grounds
from dsar.domain.vocabulary import BY_PACKAGE, IdentityMeans, Outcome, RequestType
from dsar.labels import label
from dsar.language import language
from notifications.address import AddressRefused, normalise

LONGEST_WORDS = 2000
FEW_WORDS = _("Write a few words.")
Choices = list[tuple[str, str]]


def choices_of(members: Iterable[Any]) -> Choices:
    return [(member.value, cast(str, label(member))) for member in members]


class Plain(forms.Form):
    """Ids are unique on a page that shows one form several times."""

    required_css_class = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        self.auto_id = f"{self.prefix}_%s" if self.prefix else "id_%s"

    def add_prefix(self, field_name: str) -> str:
        """The prefix keeps ids apart; names stay short, since each form is sent alone."""
        return field_name


def words_field(
    question: Any,
    *,
    hint: Any = "",
    needed: Any = FEW_WORDS,
    longest: int = LONGEST_WORDS,
    rows: int = 3,
    required: bool = True,
) -> forms.CharField:
    return forms.CharField(
        label=question,
        help_text=hint,
        required=required,
        max_length=longest,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": needed, "max_length": _("Keep it to %(limit_value)s characters.")},
    )


class AddressField(forms.CharField):
    """One plain mailbox, or ""; refused with the sentence of the rule."""

    def __init__(self, **options: Any) -> None:
        widget = forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"})
        super().__init__(max_length=254, widget=widget, **options)

    def clean(self, value: Any) -> str:
        typed = str(super().clean(value))
        if not typed.strip():
            return ""
        try:
            return normalise(typed)
        except AddressRefused as refused:
            raise forms.ValidationError(refused.sentence(language())) from refused


class ReasonForm(Plain):
    """Why: for leaving out, withdrawing, reopening."""

    reason = words_field(_("Reason"), needed=_("Write the reason."), longest=500)


class CloseForm(Plain):
    reason = words_field(_("Why close now"), needed=_("Write why this can be closed."), longest=500)


class SkipForm(Plain):
    reason = words_field(
        _("Why leave it out"),
        hint=_("It will stand in the package that the person receives."),
        needed=_("Write the reason."),
        longest=500,
    )


class QualifyForm(Plain):
    rights = forms.MultipleChoiceField(
        label=_("Which rights does this request use?"),
        choices=choices_of(right for right in RequestType if right is not RequestType.UNSPECIFIED),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least one right.")},
    )

    def members(self) -> list[RequestType]:
        return [RequestType(right) for right in self.cleaned_data["rights"]]


class IdentityForm(Plain):
    established = forms.ChoiceField(
        label=_("Is it the person?"),
        choices=[("yes", _("Yes, identity is established")), ("no", _("No, we cannot identify the person"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Say whether identity is established.")},
    )
    means = forms.ChoiceField(
        label=_("What was checked"),
        choices=choices_of(IdentityMeans),
        help_text=_("The gentlest sufficient means. A document only on a real doubt, and it is not kept."),
    )
    reason = words_field(_("What was compared, and what it showed"), hint=_("No number and no copy of a document: words only."))


class DecideForm(Plain):
    """Outcome, grounds that fit the right, and the facts that the person is told."""

    outcome = forms.ChoiceField(
        label=_("Decision"), widget=forms.RadioSelect, error_messages={"required": _("Choose what is decided.")}
    )
    grounds = forms.MultipleChoiceField(
        label=_("Legal ground"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("For a refusal, whole or in part. The person is told each ground that you tick."),
    )
    reasons = words_field(
        _("Facts told to the person"),
        hint=_("In their language, in plain words. They go into the letter as you write them."),
        rows=5,
        required=False,
    )

    def __init__(self, *args: Any, right: RequestType, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        outcomes = [Outcome.GRANTED, Outcome.PARTLY_GRANTED, Outcome.REFUSED, Outcome.NOTHING_HELD]
        self.fields["outcome"].choices = choices_of(outcomes)  # type: ignore[attr-defined]
        self.fields["grounds"].choices = choices_of(fitting_grounds(right))  # type: ignore[attr-defined]
        self.by_package = right in BY_PACKAGE


class ConfirmTaskForm(Plain):
    items_changed = forms.IntegerField(
        label=_("Items changed"),
        min_value=0,
        max_value=10_000_000,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "required": _("Write how many items changed; 0 if there were none."),
            "invalid": _("Write a whole number."),
        },
    )
    report = words_field(_("What was done"), needed=_("Say in a few words what was done."))


class ReassignForm(Plain):
    owner_email = AddressField(
        label=_("Email of the colleague"), error_messages={"required": _("Write the address of the colleague.")}
    )


class WordsForm(Plain):
    words = words_field(_("Message"), needed=_("Write your message."))


class NoteForm(Plain):
    words = words_field(_("Note"), needed=_("Write your note."))


class ProposalForm(Plain):
    reason = words_field(_("Reason, if you send it back"), required=False)


class ReleaseForm(Plain):
    compared = forms.BooleanField(
        label=_("I have compared the person of the request with the person of the copy: they are the same"),
        error_messages={"required": _("Compare the two columns, then tick the box.")},
    )
