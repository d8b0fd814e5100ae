"""What would the clock say: a request that does not exist, with at most one question of each kind."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dsar.domain.asked import LONGEST_PROMISE, Asked, at_noon
from dsar.domain.calendars import PACKS, rule_pack
from dsar.domain.clock import ClockFacts, Pause, asked_late
from dsar.domain.vocabulary import PauseKind
from dsar.forms.office import Plain

PACK_NAMES: dict[str, str | Promise] = {
    "FR": _("France"),
    "DE": _("Germany"),
    "EU": _("European Union, without a member state"),
    "UK": _("United Kingdom"),
    "CCPA": _("California"),
    "BR": _("Brazil"),
    "CA": _("Canada, federal"),
    "QC": _("Quebec"),
    "CH": _("Switzerland"),
}
FIRST_YEAR, LAST_YEAR = 2018, 2100


def day_field(question: Any, *, needed: Any = None, hint: Any = "") -> forms.DateField:
    return forms.DateField(
        label=question,
        help_text=hint,
        required=needed is not None,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"required": needed, "invalid": _("Write the day as 2026-12-24.")},
    )


class WhatIfForm(Plain):
    pack = forms.ChoiceField(
        label=_("Law"),
        choices=[(key, PACK_NAMES[key]) for key in PACKS],
        error_messages={"required": _("Choose a law."), "invalid_choice": _("Choose a law.")},
    )
    received_on = day_field(_("Day of receipt"), needed=_("Give the day of receipt."))
    promise_days = forms.IntegerField(
        label=_("Published promise, in days"),
        required=False,
        min_value=1,
        max_value=LONGEST_PROMISE,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "invalid": _("Write a whole number."),
            "min_value": _("Write 1 or more, or leave it empty."),
            "max_value": _("Write %(limit_value)s or less."),
        },
    )
    identity_asked = day_field(_("Proof of identity asked on"))
    identity_answered = day_field(_("Sufficient proof arrived on"), hint=_("Empty: still awaited."))
    clarification_asked = day_field(_("Clarification asked on"))
    clarification_answered = day_field(_("Clarification arrived on"), hint=_("Empty: still awaited."))
    extended_on = day_field(_("Extension announced on"))
    opt_out = forms.BooleanField(label=_("A request to opt out of sale or sharing"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        received: date | None = cleaned.get("received_on")
        for name in ("received_on", "identity_answered", "clarification_answered", "extended_on"):
            day = cleaned.get(name)
            if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
                self.add_error(name, _("Write a year from 2018 to 2100."))
        for kind in PauseKind:
            asked, answered = cleaned.get(f"{kind.value}_asked"), cleaned.get(f"{kind.value}_answered")
            if answered and not asked and f"{kind.value}_asked" not in self.errors:
                self.add_error(f"{kind.value}_asked", _("Say when it was asked, too."))
            if asked and received and asked < received:
                self.add_error(f"{kind.value}_asked", _("A question follows the request: write the day of receipt or later."))
            if asked and answered and answered < asked:
                self.add_error(f"{kind.value}_answered", _("An answer follows its question: write that day or later."))
        extended = cleaned.get("extended_on")
        if extended and received and extended < received:
            self.add_error("extended_on", _("An extension follows the request: write the day of receipt or later."))
        return cleaned

    def asked(self) -> Asked:
        """The question as the clock takes it; a late question about identity is recognised as in a real case (LAW R-26)."""
        given = self.cleaned_data
        pack = rule_pack(given["pack"])
        received = at_noon(given["received_on"], pack)
        pauses = []
        for kind in PauseKind:
            asked, answered = given[f"{kind.value}_asked"], given[f"{kind.value}_answered"]
            if not asked:
                continue
            left = at_noon(asked, pack)
            late = kind is PauseKind.IDENTITY and asked_late(received_at=received, asked_at=left, pack=pack)
            pauses.append(Pause(kind, left, at_noon(answered, pack) if answered else None, late))
        extended = at_noon(given["extended_on"], pack) if given["extended_on"] else None
        return Asked(
            pack=pack,
            facts=ClockFacts(received, tuple(pauses), extended),
            promise_days=cast("int | None", given["promise_days"]),
            opt_out=given["opt_out"],
        )
