"""Question 5: what to know of each right asked for. Reasons are asked only where the law turns on them (LAW R-07)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dsar.domain.vocabulary import RequestType, SubjectKind
from dsar.forms.fields import Files, Line, OneOf, Option, Paragraphs, Words
from dsar.forms.public import OTHER_RIGHTS, RIGHTS, Question

DELIVERIES = {
    "download": Option(_("By download"), _("With a code sent to your email")),
    "post": Option(_("By post"), _("We will ask for your address on the next page")),
}
RESTRICTION_GROUNDS = {  # GDPR Art. 18(1)(a)-(d)
    "contested": Option(_("The data are wrong, and you are checking them")),
    "unlawful": Option(_("You use them against the law, but I do not want them erased")),
    "claims": Option(_("You no longer need them, but I do, to defend my rights")),
    "objection": Option(_("I have objected to a use, and you are still examining it")),
    "unsure": Option(_("I’m not sure")),
}
FEW_WORDS = _("Write a few words here")
PROOF = "rectification_file"  # a file; the view takes it in (`dsar.services.drafts.take_files`)
PROOF_LABEL = _("A document that shows it")
PROOF_HINT = _("If you have one at hand: JPEG, PNG or PDF, 10 MB at most, 2 files at most. No identity document, please")


@dataclass(frozen=True)
class Detail:
    """One field about a right. `needed` is what an empty one is told; without it the field is optional."""

    name: str
    label: Words
    hint: Words = ""
    needed: Words = ""
    choices: Mapping[str, Option] | None = None
    short: bool = False

    def field(self) -> forms.Field:
        options: dict[str, Any] = {"label": self.label, "help_text": self.hint, "required": bool(self.needed)}
        if self.needed:
            options["error_messages"] = {"required": self.needed}
        if self.choices:
            return OneOf(choices=list(self.choices.items()), **options)
        return Line(limit=300, spellcheck=True, **options) if self.short else Paragraphs(**options)


@dataclass(frozen=True)
class Asked:
    """What is asked about one right; `hint` says what happens without an answer."""

    details: tuple[Detail, ...]
    hint: Words = ""


HELP: Mapping[RequestType, Asked] = {
    RequestType.ACCESS: Asked(
        (
            Detail("access_period", _("Only a period?"), _("For example 2021 to 2023"), short=True),
            Detail("access", _("Only some topics?"), _("For example my marks, my application")),
        ),
        _("If you write nothing, we send everything"),
    ),
    RequestType.RECTIFICATION: Asked(
        (
            Detail(
                "rectification_what",
                _("What must be corrected?"),
                _("For example my first name, my address, a date"),
                _("Write what must be corrected"),
                short=True,
            ),
            Detail(
                "rectification_wrong",
                _("What is wrong today?"),
                _("Leave empty if something is missing, or if you do not know"),
                short=True,
            ),
            Detail("rectification", _("What is right?"), needed=_("Write what is right")),
            Detail(
                "rectification_proof",
                _("What shows it?"),
                _("For example an official record. We ask for it only if we cannot check it ourselves"),
                short=True,
            ),
        ),
    ),
    RequestType.ERASURE: Asked(
        (
            Detail(
                "erasure",
                _("Have my data erased: only some of them?"),
                # Loi 78-17 art. 51 II: data of a childhood online go without delay, at whatever age one asks (LAW R-42)
                _(
                    "If you write nothing, we erase all that the law lets us erase. "
                    "Were you under 18 when you gave them? Say so: they must go without delay"
                ),
            ),
        )
    ),
    RequestType.MARKETING_OBJECTION: Asked(
        (
            Detail(
                "marketing_objection",
                _("Stop advertising: by which means?"),
                _("If you write nothing, we stop email, phone and post"),
            ),
        )
    ),
    RequestType.PORTABILITY: Asked(
        (
            Detail("portability", _("Only some of them?")),
            Detail(
                "portability_to",
                _("Who should we send them to?"),
                _("Another school or service, if it can receive them. Otherwise you receive the file"),
                short=True,
            ),
        ),
        _("If you write nothing, we send all the data you gave us"),
    ),
    RequestType.OBJECTION: Asked(
        (
            Detail(
                "objection",
                _("Which use do you object to?"),
                _("For example a ranking, a survey, a photo"),
                _("Write which use you object to"),
            ),
            Detail(
                "objection_situation",
                _("What in your situation makes it a problem?"),
                _("The law asks us to weigh it. A sentence is enough"),
                _("Write what makes it a problem in your situation"),
            ),
        ),
    ),
    RequestType.RESTRICTION: Asked(
        (
            Detail(
                "restriction_ground",
                _("Why should we stop using them?"),
                needed=_("Choose why we should stop using them"),
                choices=RESTRICTION_GROUNDS,
            ),
            Detail("restriction", _("Which data, and since when?"), needed=_("Write which data")),
        ),
    ),
    RequestType.WITHDRAWAL: Asked(
        (
            Detail(
                "withdrawal",
                _("Withdraw an agreement: which one?"),
                _("For example the newsletter, photos, a survey"),
                _("Write which agreement you withdraw"),
            ),
        )
    ),
    RequestType.UNSPECIFIED: Asked(
        (Detail("unspecified", _("Tell us in your own words"), _("What happened, or what you would like"), FEW_WORDS),)
    ),
}


# The same for whoever asks about somebody else: what would be said in the first person.
_THEIR_TITLES: Mapping[RequestType, Words] = {
    RequestType.ACCESS: _("Get the data"),
    RequestType.ERASURE: _("Have data erased"),
    RequestType.PORTABILITY: _("Take the data elsewhere"),
    RequestType.OBJECTION: _("Object to a use"),
    RequestType.RESTRICTION: _("Limit the use"),
}
_THEIR_HINTS: Mapping[RequestType, Words] = {
    RequestType.PORTABILITY: _("If you write nothing, we send all the data they gave us")
}
_THEIR_DETAILS: Mapping[str, Mapping[str, Any]] = {
    "access": {"hint": _("For example marks, an application")},
    "rectification_what": {"hint": _("For example a first name, an address, a date")},
    "erasure": {
        "label": _("Have data erased: only some of them?"),
        "hint": _("If you write nothing, we erase all that the law lets us erase"),
    },
    "objection_situation": {
        "label": _("What in their situation makes it a problem?"),
        "needed": _("Write what makes it a problem in their situation"),
    },
    "restriction_ground": {
        "choices": RESTRICTION_GROUNDS
        | {
            "unlawful": Option(_("You use them against the law, but they must not be erased")),
            "claims": Option(_("You no longer need them, but this person does, to defend their rights")),
            "objection": Option(_("This person has objected to a use, and you are still examining it")),
        }
    },
}
HEIRS = "heirs"  # the one question of an heir: what the law gives them turns on the page before (Loi 78-17 art. 85)


def asked_about(right: RequestType, *, theirs: bool) -> Asked:
    """What is asked about one right, of whoever asks for themselves or for somebody else."""
    mine = HELP[right]
    if not theirs:
        return mine
    details = tuple(replace(detail, **_THEIR_DETAILS.get(detail.name, {})) for detail in mine.details)
    return Asked(details, _THEIR_HINTS.get(right, mine.hint))


def title_of(right: RequestType, *, theirs: bool = False) -> Words:
    mine = (RIGHTS | OTHER_RIGHTS)[right.value].title
    return _THEIR_TITLES.get(right, mine) if theirs else mine


@dataclass(frozen=True)
class Group:
    """The fields of one right as the page shows them: under its name when there are several."""

    title: Words
    hint: Words
    fields: list[forms.BoundField]


def names_of(right: RequestType) -> list[str]:
    """The fields about a right, in the order of the page."""
    names = [detail.name for detail in HELP[right].details]
    return [*names, PROOF] if right == RequestType.RECTIFICATION else names


class HelpForm(Question):
    """What helps with each right asked for, and how the answer should travel. An heir is asked one thing: a person reads it."""

    delivery = OneOf(label=_("How should our answer reach you?"), choices=list(DELIVERIES.items()), required=False)

    def __init__(
        self, *args: Any, rights: tuple[RequestType, ...] = (), about: SubjectKind = SubjectKind.SELF, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.rights = rights
        self.theirs = about in (SubjectKind.CHILD, SubjectKind.MANDATE, SubjectKind.DECEASED)
        self.heirs = about is SubjectKind.DECEASED
        if self.heirs:
            self.fields[HEIRS] = Paragraphs(
                label=_("What do you need?"),
                help_text=_("For example: close an account, stop letters, receive photos for the family"),
                required=RequestType.UNSPECIFIED in rights,
                error_messages={"required": _("Write what you need")},
            )
            self.order_fields([HEIRS, "delivery"])
            return
        for right in rights:
            self.fields |= {detail.name: detail.field() for detail in asked_about(right, theirs=self.theirs).details}
            if right == RequestType.RECTIFICATION:
                self.fields[PROOF] = Files(label=PROOF_LABEL, help_text=PROOF_HINT)
        self.order_fields([*(name for right in rights for name in names_of(right)), "delivery"])

    @property
    def groups(self) -> list[Group]:
        if self.heirs:
            return [Group("", "", [self[HEIRS]])]
        return [
            Group(
                title_of(right, theirs=self.theirs),
                asked_about(right, theirs=self.theirs).hint,
                [self[name] for name in names_of(right)],
            )
            for right in self.rights
        ]

    def label_in_summary(self, name: str) -> Words:
        """The label of a field as the summary shows it: the right itself, or with the right when there are several."""
        label = self.fields[name].label or ""
        right = next((one for one in self.rights if not self.heirs and name in names_of(one)), None)
        if right is None:
            return label
        title = title_of(right, theirs=self.theirs)
        if len(names_of(right)) == 1:
            return title
        if len(self.rights) == 1:
            return label
        return gettext("%(right)s: %(question)s") % {"right": title, "question": label}


def words_of(right: RequestType, answer: Mapping[str, Any], *, theirs: bool = False) -> str:
    """The answers about one right as one text, in the language they were given in: the person's words under each question."""
    if HEIRS in answer:  # one text about all that was asked for
        return str(answer[HEIRS]) if answer["asked"][:1] == [right.value] else ""
    lines = []
    details = asked_about(right, theirs=theirs).details
    for detail in details:
        given = answer.get(detail.name) or ""
        if given and detail.choices:
            given = str(detail.choices[given])
        if given:
            lines.append(given if len(details) == 1 else f"{detail.label} {given}")
    return "\n".join(lines)
