"""The form of the post room: the day on which a letter left."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class PostedForm(forms.Form):
    """When the letter was posted, by the officer who posted it."""

    posted_on = forms.DateField(
        label=_("Posted on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Give the day on which the letter left."), "invalid": _("Write the day as 2026-12-24.")},
    )
