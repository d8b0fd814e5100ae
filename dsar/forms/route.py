"""Which questions a person meets, in which order, and which of them a changed answer asks again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dsar.domain.vocabulary import RequestType, SubjectKind
from dsar.forms.details import HelpForm
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

ORIGIN = "origin"  # not a question: the site of ours that the person came from
# A branch page keeps the number of the question that it belongs to.
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
    return SubjectKind(answers.get("who", {}).get("kind") or SubjectKind.SELF)


def only_advertising(answers: Answers) -> bool:
    """Stop-advertising alone needs an address and nothing else (GDPR Art. 21(2)-(3))."""
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
    steps += ["tie", "contact", "help"]
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
        return {right.value for right in rights(answers)} <= set(answer.get("asked", []))
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
    known = {name: dict(answer) for name, answer in answers.items()}
    form = ABOUT[kind(answers)] if step == "about" else FORMS[step]
    initial = known.get(step, {}) if step != "about" or is_answered("about", answers) else {}
    if step == "tie" and not initial:
        initial = known.get(ORIGIN, {})
    extra: dict[str, Any] = {"rights": rights(answers)} if step == "help" else {}
    return form(data, files, initial=initial, answers=known, **extra)


def answer_of(step: str, form: Question, answers: Answers) -> dict[str, Any]:
    """What is kept of a valid form, with what makes it stand."""
    answer = dict(form.cleaned_data)
    if step == "about":
        answer["kind"] = kind(answers).value
    if step == "help":
        answer["asked"] = [right.value for right in rights(answers)]
    return answer
