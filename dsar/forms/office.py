"""What officers type. A form checks shape; the rules are the services', whose refusals are shown beside what was typed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from dsar.controller import controller
from dsar.domain.grounds import fitting_grounds
from dsar.domain.vocabulary import BY_PACKAGE, Channel, IdentityMeans, Outcome, ReceiptEvidence, RequestType, SubjectKind, Tie
from dsar.labels import label
from dsar.services.intake import EVIDENCE, EvidenceDoesNotFit, Intake
from notifications.address import AddressRefused, normalise

LONGEST_WORDS = 2000
FEW_WORDS = _("Write a few words.")
Choices = list[tuple[str, str]]
WITHOUT_STAFF = (ReceiptEvidence.FORM_SENT, ReceiptEvidence.API_CALL)  # what machines see for themselves


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


def words_field(question: Any, *, hint: Any = "", needed: Any = FEW_WORDS, longest: int = LONGEST_WORDS) -> forms.CharField:
    return forms.CharField(
        label=question,
        help_text=hint,
        max_length=longest,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": needed, "max_length": _("Keep it to %(limit_value)s characters.")},
    )


def one_address(typed: str) -> str:
    """One plain mailbox, or ""; refused with the sentence of the rule."""
    if not typed.strip():
        return ""
    try:
        return normalise(typed)
    except AddressRefused as refused:
        raise forms.ValidationError(refused.sentence(get_language() or "fr")) from refused


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
    reasons = forms.CharField(
        label=_("Facts told to the person"),
        required=False,
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("In their language, in plain words. They go into the letter as you write them."),
        error_messages={"max_length": _("Keep it to %(limit_value)s characters.")},
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
    owner_email = forms.CharField(
        label=_("E-mail of the colleague"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Write the address of the colleague.")},
    )

    def clean_owner_email(self) -> str:
        return one_address(self.cleaned_data["owner_email"])


class WordsForm(Plain):
    words = words_field(_("Message"), needed=_("Write your message."))


class NoteForm(Plain):
    words = words_field(_("Note"), needed=_("Write your note."))


class ProposalForm(Plain):
    reason = forms.CharField(
        label=_("Reason, if you send it back"),
        required=False,
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": _("Keep it to %(limit_value)s characters.")},
    )


class ReleaseForm(Plain):
    compared = forms.BooleanField(
        label=_("I have compared the person of the request with the person of the copy: they are the same"),
        error_messages={"required": _("Compare the two columns, then tick the box.")},
    )


class RegisterForm(Plain):
    """A request that came by post, phone, mail or over the counter; no form may be imposed (LAW R-03, R-04)."""

    channel = forms.ChoiceField(
        label=_("How did it arrive?"),
        choices=choices_of([Channel.POST, Channel.EMAIL, Channel.PHONE, Channel.COUNTER]),
        widget=forms.RadioSelect,
        error_messages={"required": _("Say how it arrived.")},
    )
    received_on = forms.DateField(
        label=_("Day of receipt"),
        help_text=_(
            "When it reached the organisation, not when you read it. A letter: the day it was delivered, never the postmark."
            " Forwarded by a processor or a campus: the day they received it."
        ),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Give the day of receipt."), "invalid": _("Write the day as 2026-12-24.")},
    )
    received_time = forms.TimeField(
        label=_("Time, if known"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": _("Write the time as 14:30.")},
    )
    evidence = forms.ChoiceField(
        label=_("What shows that day"),
        choices=choices_of(one for one in ReceiptEvidence if one not in WITHOUT_STAFF),
        required=False,
        widget=forms.RadioSelect,
        help_text=_("A letter needs one. Without a choice: the usual one of the channel."),
        error_messages={"invalid_choice": _("Say what shows the day of delivery.")},
    )
    evidence_note = forms.CharField(
        label=_("Note of the receipt"),
        help_text=_(
            "A letter: number of the slip, who stamped it. A call: who took it, from which number, what was said."
            " The counter: who handed over the signed receipt. Forwarded: by whom."
        ),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Note what proves the day of receipt.")},
    )
    rights = forms.MultipleChoiceField(
        label=_("What does the person ask for?"),
        choices=choices_of(RequestType),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least one; “not sure” if the words are unclear.")},
    )
    details = forms.CharField(
        label=_("In the person's words"),
        required=False,
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"max_length": _("Keep it to %(limit_value)s characters.")},
    )
    name = forms.CharField(label=_("Name of the person"), max_length=200, error_messages={"required": _("Write the name.")})
    subject_kind = forms.ChoiceField(label=_("Who asks?"), choices=choices_of(SubjectKind), initial=SubjectKind.SELF.value)
    about = forms.CharField(
        label=_("If somebody else asks: who, and in which capacity"),
        required=False,
        max_length=300,
        help_text=_("Name of the parent, proxy or heir, and what shows it."),
    )
    email = forms.CharField(
        label=_("E-mail"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Without an e-mail, the answer goes by post."),
    )
    postal_address = forms.CharField(
        label=_("Postal address"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"})
    )
    student_number = forms.CharField(label=_("Student or staff number"), required=False, max_length=40)
    other_names = forms.CharField(label=_("Former or other names"), required=False, max_length=200)
    tie = forms.ChoiceField(label=_("Tie to the organisation"), choices=choices_of(Tie), initial=Tie.OTHER.value)
    site = forms.ChoiceField(label=_("Site"), required=False)
    language = forms.ChoiceField(label=_("Language of the answer"), choices=[("fr", "Français"), ("en", "English")], initial="fr")

    def __init__(self, *args: Any, allowed_sites: Iterable[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sites = [site for site in controller().sites if allowed_sites is None or site.key in set(allowed_sites)]
        nowhere: Choices = [("", str(_("Not known")))] if allowed_sites is None else []
        self.fields["site"].choices = nowhere + [(site.key, site.name) for site in sites]  # type: ignore[attr-defined]

    def clean_email(self) -> str:
        return one_address(self.cleaned_data["email"])

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        channel = cleaned.get("channel")
        if channel and "evidence" in cleaned and not cleaned["evidence"]:
            if channel == Channel.POST:
                self.add_error("evidence", _("Say what shows the day of delivery."))
            cleaned["evidence"] = EVIDENCE[Channel(channel)][0].value
        if channel and cleaned.get("evidence") and cleaned["evidence"] not in EVIDENCE[Channel(channel)]:
            self.add_error("evidence", EvidenceDoesNotFit().sentence(get_language() or "fr"))
        if not self.errors and not (cleaned.get("email") or cleaned.get("postal_address", "").strip()):
            self.add_error("email", _("Give an e-mail or a postal address: without one we cannot answer."))
        return cleaned

    def received_at(self) -> datetime:
        """At the controller's seat. A day without a time counts from its start, so that the clock never starts late."""
        at = self.cleaned_data.get("received_time") or time(0, 0)
        local = datetime.combine(self.cleaned_data["received_on"], at, tzinfo=ZoneInfo(controller().seat_time_zone))
        return local.astimezone(UTC)

    def answers(self) -> Intake:
        """What was typed, in the shape that intake takes from every channel."""
        given = self.cleaned_data
        rights = tuple(RequestType(right) for right in given["rights"])
        number = given["student_number"].strip()
        return Intake(
            rights=rights,
            name=given["name"].strip(),
            language=given["language"],
            email=given["email"],
            subject_kind=SubjectKind(given["subject_kind"]),
            about={"capacity": given["about"].strip()} if given["about"].strip() else {},
            tie=Tie(given["tie"]),
            site=given["site"],
            other_names=given["other_names"].strip(),
            identifiers={"student_number": [number]} if number else {},
            details=dict.fromkeys(rights, given["details"].strip()) if given["details"].strip() else {},
            postal_address=given["postal_address"].strip(),
        )
