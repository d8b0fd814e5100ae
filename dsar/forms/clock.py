"""What officers type about the clock: a request to specify, the day its answer came, an extension."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dsar.domain.vocabulary import ExtensionReason
from dsar.forms.office import Plain, choices_of, words_field

LONGEST_CHOICES = 2500  # twelve lines of two hundred characters


def day_field(question: Any, *, hint: Any = "") -> forms.DateField:
    return forms.DateField(
        label=question,
        help_text=hint,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Give the day."), "invalid": _("Write the day as 2026-12-24.")},
    )


class SpecifyForm(Plain):
    """Recital 63: why (quantity), what may be chosen, and the day by which an answer is asked."""

    why = words_field(
        _("Why you ask: how much there is"),
        hint=_("In the person’s language. A large quantity of data is the only reason that stops the clock."),
        needed=_("Write why: the person reads it, and there is no pause without a reason."),
    )
    choices = words_field(
        _("What the person can choose, one choice a line"),
        hint=_("For example: courses and marks; application; invoices. The person may still want everything."),
        needed=_("Suggest at least two choices, one a line."),
        longest=LONGEST_CHOICES,
    )
    reply_by = day_field(
        _("Answer asked by"),
        hint=_("After that day, silence means a full search: the clock runs again by itself."),
    )

    def lines(self) -> list[str]:
        return str(self.cleaned_data["choices"]).splitlines()


class ExtendForm(Plain):
    """One of the two grounds of the law, and the reasons specific to this request."""

    reason = forms.ChoiceField(
        label=_("Ground"),
        choices=choices_of(ExtensionReason),
        widget=forms.RadioSelect,
        help_text=_("The law knows no other: staff away, many requests of others or a question still open are none."),
        error_messages={"required": _("Choose the ground.")},
    )
    words = words_field(
        _("Reasons told to the person"),
        hint=_("What makes this very request long to answer, in the person’s language. It goes into the letter as you write it."),
        needed=_("Write the reasons: the person reads them, and there is no extension without."),
    )
    override = words_field(
        _("Why you override the protection of minors"),
        hint=_("Kept on the case and not sent. The second person reads it."),
        needed=_("The erasure of a minor’s data is not extended without a reason of the DPO."),
    )

    def __init__(self, *args: Any, minor: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not minor:
            del self.fields["override"]


class ArrivedForm(Plain):
    arrived_on = day_field(
        _("Day it arrived"),
        hint=_("When it reached the organisation, not when you read it."),
    )
