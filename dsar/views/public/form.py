"""The form: start, one page per question, the summary, the sending."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from functools import partial
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.views.decorators.http import require_http_methods

from dsar.access import public
from dsar.controller import controller
from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import Channel, RequestType, SubjectKind, Tie
from dsar.forms import details, route
from dsar.forms import public as forms
from dsar.forms.fields import Email, Emails, Files
from dsar.language import language
from dsar.services import drafts as links
from dsar.services import intake
from dsar.views.public import draft as drafts
from dsar.views.public import work
from dsar.views.public.arrived import AlreadyHere, Arrived, arrived
from dsar.views.public.draft import Draft
from dsar.views.public.shared import SENT, known_site, minutes_left, now, private, sent_of, too_often, wait
from identity.models import Purpose
from identity.refusals import Refusal

REQUESTS_PER_HOUR = 60  # of one network
FILES_PER_HOUR = 60
NOT_SENT = "not_sent"  # session key: another device had sent this form, with other answers
ADDED = "added"  # what is kept of a file in the answers
PURPOSES = {"mandate": Purpose.MANDATE, details.PROOF: Purpose.EVIDENCE}  # of the fields that take files
GET_POST = ["GET", "HEAD", "POST"]
TITLES = {  # of the questions, in the summary
    "what": gettext_lazy("What you want"),
    "other": gettext_lazy("Something else"),
    "who": gettext_lazy("For whom"),
    "about": gettext_lazy("About them"),
    "tie": gettext_lazy("How we know each other"),
    "contact": gettext_lazy("Where we answer"),
    "help": gettext_lazy("To help us"),
    "post": gettext_lazy("By post"),
}


@public
@require_http_methods(GET_POST)
def start(request: HttpRequest) -> HttpResponseBase:
    """What can be asked, how long it takes, and the other ways; the button opens a fresh form.

    `?site=` names the site of ours that the person came from; any other value is ignored. Answers that another window holds are
    lost only to whoever says so, and shown only to whoever asks for them: on a shared computer they may be somebody else's.
    """
    draft = drafts.load(request)
    begun = draft is not None and "what" in draft.answers
    site = known_site(request)
    if request.method == "POST" and (not begun or "anew" in request.POST):
        request.session.pop(SENT, None)
        drafts.save(request, Draft(answers={route.ORIGIN: {"site": site}} if site else {}))
        return redirect("public:question", "what")
    context = {
        "promise_days": controller().promise_days,
        "rights": forms.RIGHTS,
        "begun": begun,
        "pressed": request.method == "POST",
        "site": site,
    }
    return render(request, "public/start.html", context)


@private
@require_http_methods(["GET", "HEAD"])
def go_on(request: HttpRequest) -> HttpResponseBase:
    """Back to the question where the answers of this browser end."""
    return _go_on(request, drafts.load(request) or Draft(), lost=False)


def _keep_typed(request: HttpRequest, draft: Draft, step: str) -> None:
    """The words of a page that is not answered now wait until it is asked again."""
    draft.answers[route.TYPED] = {
        **draft.answers.get(route.TYPED, {}),
        step: route.typed(step, dict(request.POST.lists()), draft.answers),
    }
    drafts.save(request, draft)


def _leaves_for(request: HttpRequest, step: str) -> str:
    """Where somebody goes who presses Save or the other language instead of Continue; "" for everybody else."""
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        with override(language):
            return reverse("public:question", args=[step])
    return reverse("public:save") if "save" in request.POST else ""


@private
@require_http_methods(GET_POST)
def question(request: HttpRequest, step: str) -> HttpResponseBase:
    """One question. Without the earlier answers (two hours passed, cookies cleared) it says so and leads to the first one."""
    if step not in route.NUMBERS:
        raise Http404
    found = drafts.load(request)
    if found is None and sent_of(request):
        return redirect("public:already_sent")
    draft = found or Draft()
    if found is None and request.method == "POST" and step in route.NEEDS_EARLIER:
        _keep_typed(request, draft, step)
        return _go_on(request, draft, lost=True)
    if step not in route.route(draft.answers):
        # A branch that no longer applies, or a form whose answers are gone.
        return _go_on(request, draft, lost=found is None)
    came = _came(request, step, draft) if request.method == "POST" else None
    form = route.make_form(step, draft.answers, *((request.POST, came.files) if came else (None, None)))
    if came is None:
        if found is None and step != "what":
            return _go_on(request, draft, lost=True)
        return _show(request, step, form, draft)
    valid = form.is_valid()
    if field := file_field(form):
        if came.files and too_often(request, "files", per_hour=FILES_PER_HOUR):
            form.add_error(field, wait())
            return _show(request, step, form, draft, status=429)
        valid = _take_files(form, field, came, draft) and valid
    if elsewhere := _leaves_for(request, step):
        if came.refusal:
            return _show(request, step, form, draft)
        _keep_typed(request, draft, step)
        return redirect(elsewhere)
    if not valid:
        return _show(request, step, form, draft)
    draft.answers = route.answered(step, form, draft.answers)
    drafts.save(request, draft)
    if found is None and step != "what":
        return _go_on(request, draft, lost=True)
    following = route.first_open(draft.answers) if draft.at_check else route.after(step, draft.answers)
    return redirect("public:question", following) if following else redirect("public:check")


def file_field(form: forms.Question) -> str:
    """The field of this question that takes files; "" when it takes none."""
    return next((name for name, field in form.fields.items() if isinstance(field, Files)), "")


def _came(request: HttpRequest, step: str, draft: Draft) -> Arrived:
    field = "mandate" if step == "about" else details.PROOF
    return arrived(request, field, reference=links.reference_of(draft.token), purpose=PURPOSES[field])


def _take_files(form: forms.Question, field: str, came: Arrived, draft: Draft) -> bool:
    """Whether what must be there is: just sent, or before. It is taken in even when another answer is to be corrected."""
    files, refusal, at = [(file, file.size) for file in came.files.getlist(field)], came.refusal, now()
    if files and not refusal:
        with suppress(AlreadyHere), came.used(at):  # the same form twice at once: the other one takes them in
            refusal = links.take_files(draft.token, PURPOSES[field], files=files, keep=draft.until() - at, now=at)
    if refusal is Refusal.COUNT:
        form.add_error(field, _("Choose 2 files at most; none of these was added"))
        return False
    if refusal:
        form.add_error(field, refusal.sentence(language()))
        return False
    there = links.has_files(draft.token, PURPOSES[field])
    if field == "mandate" and not there:
        form.add_error(field, _("Add the signed mandate"))
        return False
    form.cleaned_data[field] = ADDED if there else ""
    return True


def _show(request: HttpRequest, step: str, form: forms.Question, draft: Draft, *, status: int = 200) -> HttpResponseBase:
    about = route.kind(draft.answers)
    context: dict[str, Any] = {
        "form": form,
        "step": step,
        "number": route.NUMBERS[step],
        "of": route.OF_QUESTIONS,
        "back": route.before(step, draft.answers),
        "changing": draft.at_check and route.first_open(draft.answers) != step,
        "lost": request.session.pop("form_lost", False),
        "about": about.value,
        "for_someone_else": about in route.ABOUT,
        "minor": about is SubjectKind.SELF_MINOR,
        "only_advertising": route.only_advertising(draft.answers),
        "can_save": bool(draft.email),
        "kept_until": draft.kept_day,
        "hours": drafts.HOURS,
    }
    if field := file_field(form):
        context["added"] = links.has_files(draft.token, PURPOSES[field])
        if not form.is_bound and (refusal := links.refusal_of(draft.token, PURPOSES[field])):
            context["refused"] = refusal.sentence(language())
        context["slices"] = reverse("public:upload", args=["mandate" if field == "mandate" else "proof"])
    return render(request, f"public/question_{step}.html", context, status=status)


def _go_on(request: HttpRequest, draft: Draft, *, lost: bool) -> HttpResponseBase:
    """To the first question without an answer; the page says when earlier answers were lost."""
    if lost:
        request.session["form_lost"] = True
    following = route.first_open(draft.answers)
    return redirect("public:question", following) if following else redirect("public:check")


@private
@require_http_methods(GET_POST)
def check(request: HttpRequest) -> HttpResponseBase:
    """The summary with its Change links; its POST sends the request, once."""
    draft = drafts.load(request)
    if draft is None:
        if sent_of(request):
            # The same form a second time: the same confirmation.
            return redirect("public:sent" if request.method == "POST" else "public:already_sent")
        return _go_on(request, Draft(), lost=True)
    if route.first_open(draft.answers):
        return _go_on(request, draft, lost=False)
    if route.kind(draft.answers) is SubjectKind.MANDATE and not links.has_files(draft.token, Purpose.MANDATE):
        return redirect("public:question", "about")  # it was refused when it was looked at, after its page
    if request.method == "POST":
        return _send(request, draft)
    if not draft.at_check:
        draft.at_check = True
        drafts.save(request, draft)
    return _summary(request, draft)


def _summary(request: HttpRequest, draft: Draft, *, problem: str = "") -> HttpResponseBase:
    context = {
        "sections": summary_sections(draft.answers),
        "form": forms.CheckForm(initial={"token": draft.edition}),
        "back": route.route(draft.answers)[-1],
        "problem": problem,
        "kept_until": draft.kept_day,
    }
    return render(request, "public/check.html", context)


def _send(request: HttpRequest, draft: Draft) -> HttpResponseBase:
    """Store the request. A robot is slowed down and never a person shut out: what looks like one has some work to do."""
    form = forms.CheckForm(request.POST)
    form.is_valid()
    robot = bool(form.cleaned_data.get("website")) or "website" in form.errors
    if form.cleaned_data.get("token") != draft.edition:
        return _summary(request, draft, problem=_("Another window holds newer answers. Read these, then press the button again."))
    if now().timestamp() - draft.started < settings.FORM_SECONDS:
        return _summary(request, draft, problem=_("That was quick. Please read your answers, then press the button again."))
    if not (draft.proven or work.is_done(draft, form.cleaned_data.get("work", ""))):
        if robot:
            return _beyond(request, draft, robot=True)
        if too_often(request, "requests", per_hour=REQUESTS_PER_HOUR):
            return _beyond(request, draft)
    at = now()
    answers = intake_of(draft.answers)
    try:
        dsr = intake.receive_request(
            answers=answers,
            channel=Channel.FORM,
            received_at=at,
            now=at,
            idempotency_key=draft.token,
            prove=partial(links.confirm_address, now=at) if draft.proven else None,
        )
    except DsarError as refusal:
        return _summary(request, draft, problem=refusal.sentence(language()))
    wanted = [Purpose.MANDATE] if route.kind(draft.answers) is SubjectKind.MANDATE else []
    if RequestType.RECTIFICATION in route.rights(draft.answers):
        wanted.append(Purpose.EVIDENCE)
    links.hand_over_files(dsr, draft.token, purposes=wanted, now=at)
    link = draft.answers.get(route.HANDED, {}).get("link", "")
    request.session[SENT] = {"dsr": str(dsr.pk), "at": at.timestamp(), "link": link}
    drafts.drop(request, draft)
    if dsr.received_at != at and not intake.says_the_same(dsr, answers):
        request.session[NOT_SENT] = True
        return redirect("public:already_sent")
    return redirect("public:sent")


def _beyond(request: HttpRequest, draft: Draft, *, robot: bool = False) -> HttpResponseBase:
    """Very many requests came from this network, or a hidden field was filled in, as password managers do too: the browser works
    for some seconds, or a mailbox answers, or one waits."""
    minutes = minutes_left()
    context = {"token": draft.edition, "challenge": work.challenge(draft), "minutes": minutes, "robot": robot}
    response = render(request, "public/beyond.html", context, status=422 if robot else 429)
    if not robot:
        response["Retry-After"] = str(minutes * 60)
    return response


def intake_of(answers: route.Answers) -> intake.Intake:
    """What the form wrote down, in the words of intake. For a child or a represented person, that person is the data subject."""
    rights, kind = route.rights(answers), route.kind(answers)
    asked = route.make_form("contact", answers).fields  # an earlier round may have asked more than the summary shows now
    contact = {field: value for field, value in answers["contact"].items() if field in asked}
    helped = answers.get("help", {})
    about = {key: value for key, value in answers.get("about", {}).items() if kind in route.ABOUT and key != "kind"}
    for part in ("birth_day", "birth_month", "birth_year", "mandate"):
        about.pop(part, None)
    name = contact["name"]
    if kind in route.ABOUT:
        about["requester_name"], name = name, about.pop("person_name")
    by_post = helped.get("delivery") == "post"
    tie = answers["tie"] if "tie" in route.route(answers) else answers.get(route.ORIGIN, {})
    return intake.Intake(
        rights=rights,
        name=name,
        language=language(),
        email=contact["email"],
        subject_kind=kind,
        about=about,
        tie=Tie(tie.get("tie") or Tie.OTHER),
        site=tie.get("site", ""),
        years=tie.get("years", ""),
        other_names=contact.get("other_names", ""),
        identifiers=forms.identifiers(contact),
        details={right: words for right in rights if (words := details.words_of(right, helped, theirs=kind in route.ABOUT))},
        postal_address=answers["post"]["postal_address"] if by_post and not route.only_advertising(answers) else "",
        handed_over_by=answers.get(route.HANDED, {}).get("by", ""),
    )


def summary_sections(answers: route.Answers) -> list[dict[str, Any]]:
    """The answers as the summary shows them: per question, its title and its lines of label and value; only what was asked."""
    sections: list[dict[str, Any]] = []
    for step in route.route(answers):
        form = route.make_form(step, answers)
        lines = [line for name in form.fields if (line := _line(form, name, answers[step])) is not None]
        sections.append({"step": step, "title": TITLES[step], "lines": lines})
    return sections


def _line(form: forms.Question, name: str, answer: Any) -> dict[str, Any] | None:
    """One answer, with the words of its box; None for what is shown elsewhere or was tucked away and left empty."""
    value = answer.get(name)
    if name in ("birth_month", "birth_year") or (name in forms.ContactForm.COOKIES and not value):
        return None
    field = form.fields[name]
    label = str((form.label_in_summary(name) if isinstance(form, details.HelpForm) else field.label) or "")
    if name == "birth_day":
        return {"name": name, "label": _("Birth date"), "date": date.fromisoformat(answer["birth_date"])}
    if isinstance(field, Files):
        return {"name": name, "label": label, "values": [_("Added")] if value else []}
    if isinstance(field, Email | Emails):
        value = field.prepare_value(value)
    choices = {key: str(option) for key, option in getattr(field, "choices", [])}
    if isinstance(value, list):
        return {"name": name, "label": label, "values": [choices.get(one, one) for one in value]}
    if name == "delivery":
        value, label = value or "download", _("Answer")
    return {"name": name, "label": label, "values": [choices.get(value, value)] if value else []}


@private
@require_http_methods(["GET", "HEAD"])
def already_sent(request: HttpRequest) -> HttpResponseBase:
    """Where the Back button leads after sending, and whoever sent the same form from another device with other answers."""
    dsr = sent_of(request)
    context = {"dsr": dsr, "not_sent": request.session.pop(NOT_SENT, False)}
    return render(request, "public/already_sent.html", context) if dsr else redirect("public:start")
