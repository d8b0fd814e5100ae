"""Template tags of the back office: the side navigation with its counts, labels of the vocabulary, days left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms, template
from django.conf import settings
from django.template import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from dsar import selectors
from dsar.controller import controller
from dsar.domain import explain, vocabulary
from dsar.domain.clock import Deadlines
from dsar.domain.coverage import reason_sentence
from dsar.labels import label
from dsar.language import language
from dsar.models import User

register = template.Library()


@dataclass(frozen=True)
class NavItem:
    key: str
    label: str
    url: str
    count: int | None = None


@dataclass(frozen=True)
class NavGroup:
    label: str
    items: tuple[NavItem, ...]


@register.simple_tag(takes_context=True)
def office_nav(context: Context) -> list[NavGroup]:
    """What this person may open, and how much waits there."""
    user: User = context["request"].user
    figures = selectors.figures(user, selectors.today_at_seat(timezone.now()))
    tasks = NavItem("tasks", _("My tasks"), reverse("backoffice:tasks"), figures.my_tasks)
    queue = reverse("backoffice:queue")
    if user.may_read_cases:
        daily = [NavItem("queue", _("Queue"), queue, figures.open)]
        if user.may_act_on_cases:
            daily.append(NavItem("mine", _("My cases"), f"{queue}?view=mine", figures.mine))
            daily.append(
                NavItem("approvals", _("To approve"), reverse("backoffice:approvals"), len(selectors.open_approvals(user)))
            )
            daily.append(tasks)
            daily.append(NavItem("post", _("Post room"), reverse("backoffice:post"), selectors.post_room_count(user)))
            daily.append(NavItem("register", _("Register a request"), reverse("backoffice:register")))
        if settings.IMAP_HOST or selectors.mails_of(user).exists():
            daily.append(NavItem("mail", _("Incoming mail"), reverse("backoffice:mail"), selectors.mails_waiting(user)))
    else:
        daily = [tasks]
    if user.may_read_cases:
        daily.append(NavItem("calendar", _("Calendar"), reverse("backoffice:calendar")))
    steer = [NavItem("sources", _("Data sources"), reverse("backoffice:sources"), len(controller().sources))]
    if user.may_read_cases:
        steer.append(NavItem("whatif", _("Simulate a deadline"), reverse("backoffice:whatif")))
        steer.append(NavItem("journal", _("Journal"), reverse("backoffice:journal")))
        steer.append(NavItem("suppressed", _("No advertising"), reverse("backoffice:suppressed")))
    if user.is_staff:
        steer.append(NavItem("admin", _("Accounts"), reverse("admin:index")))
    return [NavGroup(_("Work"), tuple(daily)), NavGroup(_("Steer"), tuple(steer))]


@register.filter
def label_of(value: str, vocabulary_name: str) -> str:
    """The words for a stored code: `{{ part.step|label_of:"Status" }}`; the code itself when it is not a member."""
    try:
        return str(label(getattr(vocabulary, vocabulary_name)(value)))
    except ValueError:
        return str(value)


@register.filter
def role_label(role: str) -> str:
    return label_of(role, "Role")


@register.filter
def days_short(days: int) -> str:
    """Days left or late, as a number with its unit; the page says beside it which of the two."""
    return _("today") if days == 0 else ngettext("%(n)s d", "%(n)s d", abs(days)) % {"n": abs(days)}


@register.filter
def due_tone(days: int) -> str:
    """Amber from seven days, red from five, always with the number beside the colour."""
    return "bad" if days <= 5 else "warn" if days <= 7 else ""


@register.filter
def size(count: int) -> str:
    """Bytes in decimal units, with the decimal mark of the language."""
    number, unit = float(count), _("B")
    for unit in (_("B"), _("kB"), _("MB"), _("GB")):
        if number < 1000 or unit == _("GB"):
            break
        number /= 1000
    return f"{number_format(number, 0 if number >= 10 or unit == _('B') else 1)} {unit}"


@register.filter
def of_person(user: User | None, me: User) -> str:
    """An owner as the reader sees them: “You” for oneself."""
    if user is None:
        return ""
    return _("You") if user.pk == me.pk else str(user)


@register.filter
def is_group(field: forms.BoundField) -> bool:
    """Whether the field is a group of boxes or buttons, which wants a fieldset."""
    return isinstance(field.field.widget, (forms.RadioSelect, forms.CheckboxSelectMultiple))


@register.filter
def site_name(key: str) -> str:
    return next((site.name for site in controller().sites if site.key == key), key)


@register.filter
def identifier_label(kind: str) -> str:
    """The words for a kind of identifier of the data map; an unknown one shows its code."""
    return {
        "email": _("Email"),
        "phone_number": _("Telephone"),
        "student_number": _("Student number"),
        "ga": _("Analytics cookie"),
        "hjsession": _("Session cookie"),
        "visitor_id": _("Visitor number"),
    }.get(kind, kind)


@register.filter
def about_label(key: str) -> str:
    """The words for an answer of question 2b."""
    return {
        "name": _("Name of the person concerned"),
        "birth_date": _("Born on"),
        "tie": _("Tie to the person"),
        "capacity": _("In which capacity"),
        "rights": _("Rights covered"),
        "until": _("Valid until"),
        "send_to": _("Answer goes to"),
    }.get(key, key)


@register.filter
def reason_words(reason: str) -> str:
    """A stored reason of the search as a sentence."""
    return reason_sentence(reason, language()) if reason else ""


@register.filter
def plan_items(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return list(plan.get("items", []))


@register.filter
def reckoning(dates: Deadlines) -> tuple[str, ...]:
    """How the dates were computed, one sentence per step, each with its rule and its day."""
    return explain.lines(dates, "fr" if language().startswith("fr") else "en")


@register.filter
def mail_kind(kind: str) -> str:
    return {
        "acknowledgement": _("Acknowledgement"),
        "acknowledgement_digest": _("Acknowledgement of several requests"),
        "code": _("Code"),
        "ready": _("Copy ready"),
        "answer": _("Answer"),
        "refusal": _("Refusal"),
        "nothing_held": _("Nothing held"),
        "cannot_identify": _("Not identified"),
        "expiring": _("Copy about to expire"),
        "closed": _("Case closed"),
        "done_at_once": _("Done at once"),
        "letter_to_subject": _("Letter of an officer"),
        "restarted": _("Clock runs again"),
        "clarification_request": _("Request to specify"),
        "extension": _("Extension"),
        "hand_task": _("Task to a colleague"),
        "approval_wanted": _("Proposal to a second person"),
        "draft_link": _("Link to go on with a form"),
        "identity_request": _("Question about identity"),
        "mandate_request": _("Question about the mandate"),
        "identity_reminder": _("Reminder of a question about identity"),
        "code_on_file": _("Code to a contact on file"),
        "closed_without_proof": _("Closed without an answer"),
        "address_changed": _("Address for the answer changed"),
        "withdrawn": _("Request withdrawn"),
        "pass_phrase_set": _("Pass-phrase chosen"),
        "pass_phrase_frozen": _("Pass-phrase wrong five times"),
        "representative_acted": _("Somebody acts for the person"),
        "child_told": _("A parent asked, to the child"),
        "many_files_opened": _("Many files opened"),
        "deadline_reminder": _("Deadline, to the owner"),
        "deadline_escalation": _("Deadline, to the deputy"),
        "unopened_case": _("Case that nobody opened"),
        "task_reminder": _("Reminder of a task"),
        "task_escalation": _("Reminder to a manager"),
        "daily_digest": _("Daily digest"),
    }.get(kind, kind)


@register.filter
def mail_error(error: str) -> str:
    """What the relay noted, in the reader's language: the server's numbers, then our sentence."""
    for english, words in {
        "the server refused the recipient or the email for good": _("the server refused the recipient or the email for good"),
        "the server asked us to come back later": _("the server asked us to come back later"),
        "the mail server could not be reached": _("the mail server could not be reached"),
        "the server refused our sender address": _("the server refused our sender address"),
        "the content could not be opened": _("the content could not be opened"),
        "given up after 72 hours": _("given up after 72 hours"),
    }.items():
        error = error.replace(english, words)
    return error


@register.filter
def mail_state(state: str) -> str:
    return {
        "waiting": _("waiting"),
        "to_post": _("to print and post"),
        "sending": _("leaving"),
        "sent": _("sent"),
        "undeliverable": _("undeliverable"),
        "superseded": _("replaced"),
        "held": _("held back"),
    }.get(state, state)


@register.filter
def speech(code: str) -> str:
    """The name of a language as it stands after "in"."""
    return {"fr": pgettext("written in", "French"), "en": pgettext("written in", "English")}.get(code, code)


@register.filter
def category_label(key: str) -> str:
    """The register's words for a category of data."""
    category = controller().categories.get(key)
    return str(category.label) if category else key
