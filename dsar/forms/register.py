"""The form of the desk: a request that came by post, phone, mail or over the counter, with its day and its scans."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from dsar.controller import controller
from dsar.domain.calendars import rule_pack
from dsar.domain.receipt_day import Odd, odd
from dsar.domain.vocabulary import Channel, ReceiptEvidence, RequestType, SubjectKind, Tie
from dsar.forms.fields import Files, one_line
from dsar.forms.office import AddressField, Choices, Plain, choices_of, words_field
from dsar.language import language
from dsar.selectors import today_at_seat
from dsar.services.intake import EVIDENCE, EvidenceDoesNotFit, Intake, ReceivedInTheFuture, promised_dates
from dsar.templatetags.page import day as words_of

FIRST_YEAR = 2000  # before it no day of receipt is one
CHANNELS = (Channel.POST, Channel.EMAIL, Channel.PHONE, Channel.COUNTER)
SHOWN_BY = tuple(dict.fromkeys(one for channel in CHANNELS for one in EVIDENCE[channel]))
ODD_DAYS: dict[Odd, Promise] = {
    Odd.LIMIT_PASSED: _(
        "Received on %(day)s, this request is late from its first day: the law’s limit was %(limit)s, and it can no longer be"
        " extended (GDPR Art. 12(3))."
    ),
    Odd.PROMISE_PASSED: _(
        "Received on %(day)s, this request had to be answered by %(working)s, as we promise; the law’s limit is %(limit)s."
    ),
    Odd.NO_DELIVERY: _(
        "%(day)s is a Sunday or a public holiday, on which no letter is delivered: read the stamp or the slip again."
    ),
}


class RegisterForm(Plain):
    """A request that came by post, phone, mail or over the counter; no form may be imposed (LAW R-03, R-04).

    `own_sites` are those of the officer, None for all; a request that came to the wrong desk is written down here all the same,
    for the campus that it is about (LAW R-01). `now` tells which days are odd.
    """

    channel = forms.ChoiceField(
        label=_("How did it arrive?"),
        choices=choices_of(CHANNELS),
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
    sure = forms.CharField(label=_("Yes, it reached us on that day"), required=False)  # holds the day that was looked at twice
    evidence = forms.ChoiceField(
        label=_("What shows that day"),
        choices=choices_of(SHOWN_BY),
        required=False,
        widget=forms.RadioSelect,
        help_text=_("A letter needs one. Without a choice: the usual one of the channel."),
        error_messages={"invalid_choice": _("Say what shows the day of delivery.")},
    )
    evidence_note = words_field(
        _("Note of the receipt"),
        hint=_(
            "A letter: number of the slip, who stamped it. A call: who took it, from which number, what was said."
            " The counter: who handed over the signed receipt. Forwarded: by whom."
        ),
        needed=_("Note what proves the day of receipt."),
        longest=500,
        rows=2,
    )
    scans = Files(
        label=_("Scans of the letter"),
        help_text=_(
            "JPEG, PNG or PDF, 10 MB each, five at most. No identity paper: look at it, note that you did, and hand it back."
        ),
    )
    rights = forms.MultipleChoiceField(
        label=_("What does the person ask for?"),
        choices=choices_of(RequestType),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least one; “not sure” if the words are unclear.")},
    )
    details = words_field(_("In the person’s words"), rows=4, required=False)
    name = forms.CharField(label=_("Name of the person"), max_length=200, error_messages={"required": _("Write the name.")})
    subject_kind = forms.ChoiceField(label=_("Who asks?"), choices=choices_of(SubjectKind), initial=SubjectKind.SELF.value)
    about = forms.CharField(
        label=_("If somebody else asks: who, and in which capacity"),
        required=False,
        max_length=300,
        help_text=_("Name of the parent, proxy or heir, and what shows it."),
    )
    email = AddressField(label=_("Email"), required=False, help_text=_("Without an email, the answer goes by post."))
    postal_address = forms.CharField(
        label=_("Postal address"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"})
    )
    student_number = forms.CharField(label=_("Student or staff number"), required=False, max_length=40)
    other_names = forms.CharField(label=_("Former or other names"), required=False, max_length=200)
    tie = forms.ChoiceField(label=_("Tie to the organisation"), choices=choices_of(Tie), initial=Tie.OTHER.value)
    site = forms.ChoiceField(
        label=_("Site"),
        required=False,
        help_text=_("The person’s. If it came to your desk by mistake, choose theirs: the clock runs from the day you had it."),
    )
    language = forms.ChoiceField(label=_("Language of the answer"), choices=[("fr", "Français"), ("en", "English")], initial="fr")

    def __init__(self, *args: Any, own_sites: Iterable[str] | None, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        self.odd_day = ""
        own = None if own_sites is None else set(own_sites)
        mine: Choices = [(site.key, site.name) for site in controller().sites if own is None or site.key in own]
        others: Choices = [(site.key, site.name) for site in controller().sites if own is not None and site.key not in own]
        nowhere: Choices = [("", str(_("Not known")))]
        grouped = [*mine, (str(_("Another desk takes it over")), [*others, *nowhere])]
        self.fields["site"].choices = nowhere + mine if own is None else grouped  # type: ignore[attr-defined]

    def clean_received_on(self) -> date:
        """A browser reads a year of two digits as the first century."""
        day: date = self.cleaned_data["received_on"]
        if day.year < FIRST_YEAR:
            raise forms.ValidationError(self.fields["received_on"].error_messages["invalid"])
        return day

    def clean_name(self) -> str:
        """As on the public form: nothing that no reader can see, such as a character that turns the line around."""
        name = one_line(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError(self.fields["name"].error_messages["required"])
        return name

    def clean_other_names(self) -> str:
        return one_line(self.cleaned_data["other_names"])

    def clean_student_number(self) -> str:
        return one_line(self.cleaned_data["student_number"])

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        channel = cleaned.get("channel")
        if channel and "evidence" in cleaned and not cleaned["evidence"]:
            if channel == Channel.POST:
                self.add_error("evidence", _("Say what shows the day of delivery."))
            cleaned["evidence"] = EVIDENCE[Channel(channel)][0].value
        if channel and cleaned.get("evidence") and cleaned["evidence"] not in EVIDENCE[Channel(channel)]:
            self.add_error("evidence", EvidenceDoesNotFit().sentence(language()))
        self._look_twice_at_the_day(cleaned)
        if not self.errors and not (cleaned.get("email") or cleaned.get("postal_address", "").strip()):
            self.add_error("email", _("Give an email or a postal address: without one we cannot answer."))
        return cleaned

    def _look_twice_at_the_day(self, cleaned: dict[str, Any]) -> None:
        """A day to come is refused; an odd one is said what it means, and counts once the officer confirmed that very day."""
        day = cleaned.get("received_on")
        if day is None or "received_time" in self.errors:
            return
        received_at = self.received_at()
        if received_at > self.now:
            self.add_error("received_on", ReceivedInTheFuture().sentence(language()))
            return
        dates, pack = promised_dates(received_at), rule_pack(controller().rule_pack)
        # Whoever forwards it may have had it over a counter or by mail: theirs is not a day of delivery (LAW R-05).
        letter = cleaned.get("channel") == Channel.POST and cleaned.get("evidence") != ReceiptEvidence.FORWARDED
        found = odd(dates, today=today_at_seat(self.now), letter=letter, pack=pack)
        if not found:
            return
        self.odd_day = day.isoformat()
        if cleaned.get("sure") != self.odd_day:
            named = {"day": day, "working": dates.working_date, "limit": dates.legal_limit}
            shown = {name: words_of(one) for name, one in named.items()}
            said = [str(ODD_DAYS[one]) % shown for one in found]
            self.add_error("sure", " ".join([*said, _now("If the day is right, tick the box: it counts all the same.")]))

    def received_at(self) -> datetime:
        """At the controller's seat. A day without a time counts from its start, so that the clock never starts late."""
        at = self.cleaned_data.get("received_time") or time(0, 0)
        local = datetime.combine(self.cleaned_data["received_on"], at, tzinfo=ZoneInfo(controller().seat_time_zone))
        return local.astimezone(UTC)

    def answers(self) -> Intake:
        """What was typed, in the shape that intake takes from every channel."""
        given = self.cleaned_data
        rights = tuple(RequestType(right) for right in given["rights"])
        number = given["student_number"]
        return Intake(
            rights=rights,
            name=given["name"],
            language=given["language"],
            email=given["email"],
            subject_kind=SubjectKind(given["subject_kind"]),
            about={"capacity": given["about"].strip()} if given["about"].strip() else {},
            tie=Tie(given["tie"]),
            site=given["site"],
            other_names=given["other_names"],
            identifiers={"student_number": [number]} if number else {},
            details=dict.fromkeys(rights, given["details"].strip()) if given["details"].strip() else {},
            postal_address=given["postal_address"].strip(),
        )
