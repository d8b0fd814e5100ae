"""The states of a request in the person's words: as a heading, and as short lines that are easy to read."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dsar.selectors import SubjectView
from dsar.services.person import THEMSELVES

Words = str | Promise

HEADINGS: Mapping[str, Words] = {
    "received": _("We have received your request"),
    "identifying": _("We are making sure it is you"),
    "asked": _("We need to be sure that it is you"),
    "to_specify": _("We have a question for you"),
    "gathering": _("We are gathering your data"),
    "checking": _("A person is checking our answer"),
    "carrying_out": _("We are carrying out your request"),
    "ready": _("Your data are ready"),
    "answered": _("We have answered"),
    "nothing_held": _("We hold nothing about you"),
    "refused": _("We cannot do what you asked"),
    "withdrawn": _("You have withdrawn this request"),
    "cannot_identify": _("We could not make sure it is you"),
    "closed": _("This request is closed"),
}

# Who asks for a child, by mandate or for somebody who has died is not whom the data are about.
FOR_SOMEBODY_ELSE: Mapping[str, Words] = {
    "identifying": _("We are making sure that you may ask for this person"),
    "asked": _("We need to be sure that you may ask for this person"),
    "gathering": _("We are gathering the data"),
    "ready": _("The data are ready"),
    "nothing_held": _("We hold nothing about this person"),
    "cannot_identify": _("We could not make sure that you may ask for this person"),
}


def heading_of(view: SubjectView) -> Words:
    """Where the request stands, as its heading."""
    mine = view.dsr.subject_kind in THEMSELVES
    return HEADINGS[view.state] if mine else FOR_SOMEBODY_ELSE.get(view.state, HEADINGS[view.state])


NOTHING_TO_DO = _("You have nothing to do.")
EASY: Mapping[str, tuple[Words, ...]] = {
    "received": (_("We have your request."), NOTHING_TO_DO),
    "identifying": (_("We want to be sure that it is you."), _("A person is reading your request."), NOTHING_TO_DO),
    "asked": (
        _("We want to be sure that it is you."),
        _("We wrote to you. Please answer."),
        _("You can do it without an identity card."),
    ),
    "to_specify": (_("We asked you a question."), _("You can answer. You do not have to.")),
    "gathering": (_("We are looking for your data."), _("We look in all our files."), NOTHING_TO_DO),
    "checking": (_("We have found your data."), _("A person reads everything once more."), NOTHING_TO_DO),
    "carrying_out": (_("We are doing what you asked."), NOTHING_TO_DO),
    "ready": (
        _("Your data are ready."),
        _("Ask for a code. The code comes by email."),
        _("Type the code. Then you get your data."),
    ),
    "answered": (_("We have answered you."), _("Look in your mailbox.")),
    "nothing_held": (
        _("We looked in all our files."),
        _("We have nothing about you."),
        _("Did you have another name or another email? Tell us. We will look again."),
    ),
    "refused": (_("We cannot do what you asked."), _("We wrote to tell you why."), _("You can say that you do not agree.")),
    "withdrawn": (_("You told us to stop."), _("We have stopped."), _("You can ask again at any time.")),
    "cannot_identify": (
        _("We are not sure that it is you."),
        _("So we cannot send the data."),
        _("Write to us. We can try another way."),
    ),
    "closed": (_("Your request is finished."), _("You can ask again at any time.")),
}
EASY_FOR_SOMEBODY_ELSE: Mapping[str, tuple[Words, ...]] = {
    "identifying": (
        _("We want to be sure that you may ask for this person."),
        _("A person is reading your request."),
        NOTHING_TO_DO,
    ),
    "asked": (
        _("We want to be sure that you may ask for this person."),
        _("We wrote to you. Please answer."),
        _("Our message says what is enough."),
    ),
    "gathering": (_("We are looking for the data."), _("We look in all our files."), NOTHING_TO_DO),
    "checking": (_("We have found the data."), _("A person reads everything once more."), NOTHING_TO_DO),
    "ready": (
        _("The data are ready."),
        _("Ask for a code. The code comes by email."),
        _("Type the code. Then you get the data."),
    ),
    "nothing_held": (
        _("We looked in all our files."),
        _("We have nothing about this person."),
        _("Did this person have another name or another email? Tell us. We will look again."),
    ),
    "cannot_identify": (
        _("We are not sure that you may ask for this person."),
        _("So we cannot send the data."),
        _("Write to us. We can try another way."),
    ),
}


def easy_of(view: SubjectView) -> tuple[Words, ...]:
    """Where the request stands, in short lines."""
    mine = view.dsr.subject_kind in THEMSELVES
    return EASY[view.state] if mine else EASY_FOR_SOMEBODY_ELSE.get(view.state, EASY[view.state])
