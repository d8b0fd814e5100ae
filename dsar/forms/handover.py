"""What a hand-over link says, looked at by the fields of the form itself: what they would refuse counts as not said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from dsar.forms.public import OTHER, OTHER_RIGHTS, RIGHTS, ContactForm, OtherForm, TieForm, WhatForm
from dsar.forms.route import HANDED, ORIGIN

CONTACT = ("email", *ContactForm.COOKIES)
SAYS = ("rights", "site", *CONTACT)  # all that a link may say; whatever else it holds is not looked at


@dataclass(frozen=True)
class Begun:
    """The answers that a form begins with, and the names of what was said and could not be read."""

    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    unread: tuple[str, ...] = ()


def begin(said: Mapping[str, Any]) -> Begun:
    """The form as far as it is filled in.

    What cannot be read is asked, as if nothing had been said: refusing the whole link would cost the person all of it for a
    mistake of a tool. Of rights all count or none, so that no wish is lost because its neighbour was understood.
    """
    answers: dict[str, dict[str, Any]] = {}
    unread = []
    if wanted := said.get("rights"):
        rights = _rights(wanted)
        answers |= rights
        unread += [] if rights else ["rights"]
    site, contact = TieForm().fields["site"], ContactForm().fields
    known = {name: _clean(contact[name], said.get(name)) for name in CONTACT}
    known["site"] = _clean(site, said.get("site"))
    unread += [name for name in SAYS if name in known and said.get(name) and not known[name]]
    if known["site"]:
        answers[ORIGIN] = {"site": known["site"]}
    answers[HANDED] = {name: known[name] for name in CONTACT if known[name]}
    return Begun(answers, tuple(unread))


def _rights(wanted: Any) -> dict[str, dict[str, Any]]:
    """The first question answered, and the one that “Something else” leads to; {} when a right among them is none."""
    if not isinstance(wanted, list) or not all(isinstance(one, str) for one in wanted):
        return {}
    first = [right for right in RIGHTS if right in wanted and right != OTHER]  # in the order of the page, each once
    further = [right for right in OTHER_RIGHTS if right in wanted]
    if set(wanted) != {*first, *further}:
        return {}
    what = WhatForm({"rights": [*first, *([OTHER] if further else [])]})
    answers = {"what": dict(what.cleaned_data)} if what.is_valid() else {}
    if OTHER in answers.get("what", {}).get("rights", []):
        other = OtherForm({"rights": further})
        answers |= {"other": dict(other.cleaned_data)} if other.is_valid() else {}
    return answers


def _clean(box: forms.Field, value: Any) -> str:
    """The value as the form would keep it; "" when it would refuse it."""
    if not isinstance(value, str) or not value:
        return ""
    try:
        return str(box.clean(value))
    except ValidationError:
        return ""
