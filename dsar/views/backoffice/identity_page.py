"""What the page about whose request it is shows: the ladder, both sides, what arrived; a refused form keeps what was typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from dsar.access import StaffRequest
from dsar.controller import Documents, controller
from dsar.domain.calendars import rule_pack
from dsar.domain.clock import asked_late
from dsar.domain.identity_levels import NEEDED, Level
from dsar.domain.vocabulary import Doubt, EventKind, IdentityMeans, SubjectKind
from dsar.forms import identity as forms
from dsar.labels import label
from dsar.models import DataSubjectRequest, RequestEvent
from dsar.selectors import Case
from dsar.selectors.identity import address_was_changed, arrived_at, open_question, pending_proofs, waiting_parts, words_asked
from dsar.services import ask, on_file, papers, verify
from dsar.sources.query import fold
from dsar.views.backoffice.common import errors_of
from dsar.views.backoffice.timeline import who
from identity.models import Purpose


@dataclass(frozen=True)
class Step:
    """One rung: what it shows, and who took it when."""

    title: str
    shows: str
    state: str  # done, now, later
    taken: tuple[str, ...] = ()


@dataclass(frozen=True)
class Side:
    """One fact as the request gives it and as a file holds it."""

    label: str
    given: str
    held: tuple[str, ...]
    agrees: bool | None  # None: one of the two sides is silent


@dataclass
class Returned:
    """A form that was refused, by its name, and the sentence of the refusal."""

    forms: dict[str, BaseForm] = field(default_factory=dict)
    refusal: str = ""
    status: int = 200
    revealed: tuple[on_file.FileFound, ...] | None = None


def render_page(request: StaffRequest, case: Case, returned: Returned | None = None) -> HttpResponse:
    returned = returned or Returned()
    dsr, kind = case.dsr, SubjectKind(case.dsr.subject_kind)
    waiting = dsr.identified_at is None and waiting_parts(dsr)
    may_act = request.user.may_act_on_cases
    found = returned.revealed if returned.revealed is not None else (on_file.files(dsr) if waiting else ())
    proofs = pending_proofs(dsr)
    question = open_question(dsr)
    now = timezone.now()

    def form(name: str, make: Any, **arguments: Any) -> BaseForm:
        return returned.forms.get(name) or make(prefix=name, **arguments)

    addresses = [(one.mark, one.masked) for one in on_file.addresses(found)]
    context = {
        "here": "queue",
        "case": case,
        "dsr": dsr,
        "may_act": may_act and waiting,
        "waiting": waiting,
        "level": level_words(verify.level_of(dsr)),
        "alone": verify.settles_by_itself(dsr, IdentityMeans.EMAIL_ON_FILE),
        "changed": address_was_changed(dsr),
        "always": controller().identity.why_always,
        "never": controller().identity.documents is Documents.NEVER,
        "steps": ladder(case, dsr),
        "question": question,
        "doubt": label(Doubt(question.data["doubt"])) if question else "",
        "words": words_asked(dsr),
        "closes": ask.closes_on(timezone.localtime(question.at).date()) if question else None,
        "late": asked_late(received_at=dsr.received_at, asked_at=now, pack=rule_pack(controller().rule_pack)),
        "sides": sides(dsr, found, masked=returned.revealed is None),
        "several": on_file.several_people(found),
        "found": len(found),
        "revealed": returned.revealed is not None,
        "needed": [forms.COMPARED[code] for code in NEEDED.get(kind, ())],
        "representative": bool(NEEDED.get(kind)),
        "proofs": [(proof, proof_words(proof)) for proof in proofs],
        "papers": [paper for paper in papers.listed(dsr) if paper.sent_at],
        "paper_form": form("paper", forms.PaperForm),
        "ask_form": form("ask", forms.AskForm, kind=kind),
        "again_form": form("again", forms.AgainForm),
        "code_form": form("code", forms.CodeForm, addresses=addresses) if addresses else None,
        "facts_form": form("facts", forms.FactsForm, kind=kind),
        "proof_form": form("proof", forms.ProofForm, initial={"arrived_on": timezone.localtime(now).date()}),
        "address_form": form("address", forms.AddressForm),
        "decision_form": form("identity", forms.DecisionForm, kind=kind, proofs=proof_choices(proofs)),
        "seen": case.events[0].sequence if case.events else 0,
        "refusal": returned.refusal,
        "mistakes": errors_of(*returned.forms.values()),
    }
    return render(request, "backoffice/identity.html", context, status=returned.status)


def level_words(level: Level) -> str:
    return {
        Level.NONE: _("Nobody needs to be identified for this"),
        Level.CONTACT: _("Control of a contact or an account that we already hold"),
        Level.HIGH: _("The same, for data of high stake"),
        Level.PERSON: _("Somebody asks for somebody else"),
    }[level]


def proof_words(proof: RequestEvent) -> str:
    ways = {
        "document": _("Files sent on the page"),
        "code_on_file": _("The right code, from a contact on file"),
        "account": _("Sign-in with our own account"),
    }
    how = str(proof.data.get("how", ""))
    return f"{ways.get(how) or forms.PROOFS.get(how, how)}, {date_format(timezone.localtime(arrived_at(proof)), 'j F Y')}"


def proof_choices(proofs: list[RequestEvent]) -> list[tuple[str, str]]:
    return [(str(proof.sequence), proof_words(proof)) for proof in proofs]


def ladder(case: Case, dsr: DataSubjectRequest) -> list[Step]:
    """The rungs, gentlest first."""
    person = dsr.data_subject_name

    def taken(*kinds: EventKind, **data: object) -> tuple[str, ...]:
        events = [e for e in reversed(case.events) if e.kind in kinds and all(e.data.get(k) == v for k, v in data.items())]
        return tuple(
            f"{date_format(timezone.localtime(e.at), 'j N, H:i')}, {who(e, person)}: {label(EventKind(e.kind))}" for e in events
        )

    looked = taken(EventKind.IDENTITY_MATCHED, EventKind.IDENTITY_NOT_MATCHED, EventKind.EMAIL_CONFIRMED)
    codes = taken(EventKind.CODE_ISSUED, purpose="on_file") + taken(EventKind.PROOF_RECEIVED, how="code_on_file")
    facts = taken(EventKind.FACTS_CHECKED)
    # A file that came with a message, or a scan of the letter, shows nobody's identity and was asked of nobody.
    papers = [
        taken(EventKind.DOCUMENT_RECEIVED, EventKind.DOCUMENT_VIEWED, purpose=purpose.value)
        for purpose in (Purpose.IDENTITY, Purpose.MANDATE)
    ]
    asked = sum(papers, taken(EventKind.PAUSED, kind="identity"))
    rungs = [
        (_("The address given"), _("Shows that the person reads a mailbox that we already know."), looked),
        (
            _("A code to a contact on file"),
            _("Shows that the person reads a contact that we hold, whatever address was typed."),
            codes,
        ),
        (
            _("Facts compared by a person"),
            _("Shows that the person knows, or is, what the file says: call back, visit, known details."),
            facts,
        ),
        (_("A document, on a recorded doubt"), _("Shows a name and a date of birth. It is destroyed with the decision."), asked),
    ]
    untried = next((n for n, rung in enumerate(rungs) if not rung[2]), -1)
    return [
        Step(title, shows, "done" if events else "now" if number == untried else "later", events)
        for number, (title, shows, events) in enumerate(rungs)
    ]


def sides(dsr: DataSubjectRequest, found: tuple[on_file.FileFound, ...], *, masked: bool) -> list[Side]:
    """The request beside the files: names, birth date and identifiers; masked, with whether they agree."""
    given: dict[str, tuple[str, ...]] = {
        "name": tuple(filter(None, (dsr.data_subject_name, dsr.other_names))),
        "email": tuple(filter(None, (dsr.email,))),
        "birth_date": tuple(str(value) for key, value in dsr.about.items() if "birth" in key),
        **{kind: tuple(values) for kind, values in dsr.identifiers.items() if kind != "email"},
    }
    held: dict[str, list[on_file.Fact]] = {}
    for file in found:
        for fact in file.facts:
            held.setdefault(fact.kind or fact.name, []).append(fact)
    lines = []
    for key in dict.fromkeys([*given, *held]):
        facts = held.get(key, [])
        values = list(dict.fromkeys(fact.masked if masked else fact.value for fact in facts))
        title = _NAMES[key]() if key in _NAMES else str(facts[0].label) if facts else key
        said = [_covered(value) if masked and key == "email" else value for value in given.get(key, ())]
        lines.append(Side(title, ", ".join(said), tuple(values), agrees(key, given.get(key, ()), facts)))
    return lines


def _covered(email: str) -> str:
    local, _at, domain = email.partition("@")
    return f"{local[:1]}•••••@{domain}"


_NAMES = {"name": lambda: _("Name"), "email": lambda: _("Email"), "birth_date": lambda: _("Date of birth")}


def agrees(key: str, given: tuple[str, ...], facts: list[on_file.Fact]) -> bool | None:
    if not given or not facts:
        return None
    if key == "name":
        words = {word for value in given for word in fold(value).split()}
        return any(set(fold(fact.value).split()) <= words for fact in facts)
    return any(value.casefold() == fact.value.casefold() for value in given for fact in facts)
