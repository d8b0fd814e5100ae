"""Which questions a person meets, in which order, and which of them a changed answer asks again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dsar.domain.vocabulary import RequestType, SubjectKind
from dsar.forms.details import HEIRS, HELP, HelpForm
from dsar.forms.public import (
    OTHER,
    ChildForm,
    ContactForm,
    DeceasedForm,
    MandateForm,
    OtherForm,
    PostForm,
    Question,
    TieForm,
    WhatForm,
    WhoForm,
)

Answers = Mapping[str, Mapping[str, Any]]

TYPED = "typed"  # not answered: what was written on pages whose earlier answers were gone
ORIGIN = "origin"  # not a question: the site of ours that the person came from
HANDED = "handed"  # not a question: what another tool of ours said of them, and which
# A branch page keeps the number of the question that it belongs to.
NEEDS_EARLIER = ("other", "about", "help", "post")  # pages whose questions turn on earlier answers
PERSONAL = ("tie", "contact")  # answers about one person
OF_THE_ASKER = ("name", "email")  # whomever the request is about
NUMBERS = {"what": 1, "other": 1, "who": 2, "about": 2, "tie": 3, "contact": 4, "help": 5, "post": 5}
OF_QUESTIONS = 5
ABOUT = {SubjectKind.CHILD: ChildForm, SubjectKind.MANDATE: MandateForm, SubjectKind.DECEASED: DeceasedForm}
FORMS: dict[str, type[Question]] = {
    "what": WhatForm,
    "other": OtherForm,
    "who": WhoForm,
    "tie": TieForm,
    "contact": ContactForm,
    "help": HelpForm,
    "post": PostForm,
}


def rights(answers: Answers) -> tuple[RequestType, ...]:
    """The rights asked for, in the order of the page."""
    ticked = answers.get("what", {}).get("rights", [])
    chosen = [right for right in ticked if right != OTHER]
    if OTHER in ticked:
        chosen += answers.get("other", {}).get("rights", [])
    return tuple(RequestType(right) for right in chosen)


def kind(answers: Answers) -> SubjectKind:
    """Whom the request is about. Who only stops advertising is not asked, whatever an earlier round answered."""
    if only_advertising(answers):
        return SubjectKind.SELF
    return SubjectKind(answers.get("who", {}).get("kind") or SubjectKind.SELF)


def whose(answers: Answers) -> str:
    """Whose tie, number and addresses are asked for: a changed "for whom" must never make them another person's."""
    about = kind(answers)
    return about.value if about in ABOUT else ""


def only_advertising(answers: Answers) -> bool:
    """Stop-advertising alone needs a name and addresses, and nothing else (GDPR Art. 21(2)-(3))."""
    return list(answers.get("what", {}).get("rights", [])) == [RequestType.MARKETING_OBJECTION.value]


def route(answers: Answers) -> tuple[str, ...]:
    """The questions of this person, from the first to the last."""
    if only_advertising(answers):
        return ("what", "contact")
    steps = ["what"]
    if OTHER in answers.get("what", {}).get("rights", []):
        steps.append("other")
    steps.append("who")
    if kind(answers) in ABOUT:
        steps.append("about")
    if kind(answers) is not SubjectKind.DECEASED:  # a short path: their tie to the person is what the law turns on
        steps.append("tie")
    steps += ["contact", "help"]
    if answers.get("help", {}).get("delivery") == "post":
        steps.append("post")
    return tuple(steps)


def is_answered(step: str, answers: Answers) -> bool:
    """Whether what was answered still stands: a question about another person or another right is asked again."""
    answer = answers.get(step)
    if answer is None:
        return False
    if step == "about":
        return bool(answer.get("kind") == kind(answers).value)
    if step == "help":
        an_heirs = kind(answers) is SubjectKind.DECEASED
        return (HEIRS in answer) == an_heirs and {right.value for right in rights(answers)} <= set(answer.get("asked", []))
    if step in PERSONAL:
        return bool(answer.get("whose", "") == whose(answers))
    return True


def first_open(answers: Answers) -> str | None:
    """The first question without a valid answer; None when all are answered."""
    return next((step for step in route(answers) if not is_answered(step, answers)), None)


def before(step: str, answers: Answers) -> str | None:
    """The question before this one, for the way back."""
    steps = route(answers)
    return steps[steps.index(step) - 1] if step in steps and steps.index(step) else None


def after(step: str, answers: Answers) -> str | None:
    """The question after this one; None leads to the summary."""
    steps = route(answers)
    position = steps.index(step) + 1
    return steps[position] if position < len(steps) else None


def make_form(step: str, answers: Answers, data: Any = None, files: Any = None) -> Question:
    """The form of a question, filled with what was answered before unless something was just sent."""
    form = ABOUT[kind(answers)] if step == "about" else FORMS[step]
    extra: dict[str, Any] = {}
    if step == "help":
        extra = {"rights": rights(answers), "about": kind(answers)}
    if step == "contact":
        extra = {"whose": whose(answers), "only_advertising": only_advertising(answers)}
    return form(data, files, initial=_written_before(step, answers), **extra)


def _written_before(step: str, answers: Answers) -> dict[str, Any]:
    """What the page begins with: the answer, or what is known from elsewhere while there is none."""
    typed = answers.get(TYPED, {}).get(step, {})
    answer = answers.get(step, {})
    if typed and (step not in PERSONAL or typed.get("whose") == whose(answers)):
        return dict(typed)
    if step == "contact":
        known = answer or answers.get(HANDED, {})
        mine = is_answered(step, answers) if answer else not whose(answers)
        return {name: value for name, value in known.items() if mine or name in OF_THE_ASKER}
    if answer and (step not in ("about", "tie") or is_answered(step, answers)):
        return dict(answer)
    return dict(answers.get(ORIGIN, {}) if step == "tie" else {})


def answered(step: str, form: Question, answers: Answers) -> dict[str, dict[str, Any]]:
    """The answers with those of a valid form, which end what was typed on its page before."""
    waiting = {name: dict(words) for name, words in answers.get(TYPED, {}).items() if name != step}
    others = {name: dict(answer) for name, answer in answers.items() if name != TYPED}
    return {**others, **({TYPED: waiting} if waiting else {}), step: _answer_of(step, form, answers)}


def _answer_of(step: str, form: Question, answers: Answers) -> dict[str, Any]:
    """What is kept of a valid form, with what makes it stand."""
    answer = dict(form.cleaned_data)
    if step == "about":
        answer["kind"] = kind(answers).value
    if step == "help":
        answer["asked"] = [right.value for right in rights(answers)]
    if step in PERSONAL:
        answer["whose"] = whose(answers)
    return answer


def typed(step: str, data: Mapping[str, Sequence[str]], answers: Answers) -> dict[str, Any]:
    """What was written on a page that is not answered now, for when it is asked again; files are kept by themselves."""
    forms = [*ABOUT.values()] if step == "about" else [FORMS[step]]
    known = {name for form in forms for name in form.base_fields}
    if step == "help":
        known |= {HEIRS, *(detail.name for asked in HELP.values() for detail in asked.details)}
    words = {name: values[-1] if len(values) == 1 else list(values) for name, values in data.items() if name in known and values}
    return {**words, "whose": whose(answers)} if step in PERSONAL else words
