"""Whose request it is: the ladder, the question on a recorded doubt, what arrived, and a person's decision (GDPR Art. 12(6))."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.forms import BaseForm
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dsar.access import ACTORS, READERS, StaffRequest, roles
from dsar.controller import Documents, controller
from dsar.domain.calendars import rule_pack
from dsar.domain.clock import asked_late
from dsar.domain.errors import DsarError
from dsar.domain.identity_levels import MANDATE_DOUBTS, Compared
from dsar.domain.vocabulary import Doubt, IdentityMeans, SubjectKind
from dsar.forms import identity as forms
from dsar.forms import office
from dsar.language import language
from dsar.models import DataSubjectRequest
from dsar.selectors import Case
from dsar.selectors.identity import open_question, pending_proofs
from dsar.services import address, ask, ladder, on_file, papers, tell, verify
from dsar.views.backoffice import letters
from dsar.views.backoffice.case_page import Returned as CaseReturned
from dsar.views.backoffice.case_page import render_case
from dsar.views.backoffice.common import act, back_to, find, find_case, pictures_within, say
from dsar.views.backoffice.identity_page import Returned, proof_choices, render_page
from identity.documents import DocumentError


@roles(*READERS)
@require_safe
def page(request: StaffRequest, reference: str) -> HttpResponse:
    return render_page(request, find_case(request, reference))


def back(dsr: DataSubjectRequest) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("backoffice:whose", args=[dsr.reference]))


def step(
    request: StaffRequest, reference: str, name: str, form: BaseForm, do: Callable[[dict[str, Any]], Any], said: str
) -> HttpResponse:
    """Check the form, do the step, say how it went; a refusal keeps what was typed."""
    dsr = find(request, reference)
    refusal, status = "", 422
    if form.is_valid():
        refusal, status = act(request, dsr, lambda: do(form.cleaned_data))
        if not refusal:
            say(request, said)
            return back(dsr)
    return render_page(request, find_case(request, reference), Returned({name: form}, refusal, status))


def kind_of(case: Case) -> SubjectKind:
    return SubjectKind(case.dsr.subject_kind)


@roles(*ACTORS)
@require_POST
def reveal(request: StaffRequest, reference: str) -> HttpResponse:
    """Show what the systems hold for this one answer; the look is recorded before."""
    case = find_case(request, reference)
    found = on_file.reveal(dsr_id=case.dsr.pk, officer=request.user, now=timezone.now())
    return render_page(request, find_case(request, reference), Returned(revealed=found))


@roles(*ACTORS)
@require_POST
def ask_person(request: StaffRequest, reference: str) -> HttpResponse:
    """First POST shows the question as the person will get it; the second sends it."""
    case = find_case(request, reference)
    dsr, now = case.dsr, timezone.now()
    form = forms.AskForm(request.POST, prefix="ask", kind=kind_of(case))
    refusal, status = "", 422
    if form.is_valid() and "back" not in request.POST:
        doubt, words = form.chosen, form.cleaned_data["words"].strip()
        missing = [Compared(code) for code in form.cleaned_data.get("missing", [])]
        if "send" not in request.POST:
            if found := ask.reveals(dsr, words):
                refusal = ask.RevealsTheFile(found=found).sentence(language())
            else:
                return preview(request, dsr, doubt, words, missing, again=False)
        else:
            refusal, status = act(request, dsr, lambda: _asked(dsr, request, doubt, words, missing, now))
            if not refusal:
                say(request, _("The question is on its way; the case waits for the person."))
                return back(dsr)
    status = 200 if "back" in request.POST else status
    return render_page(request, find_case(request, reference), Returned({"ask": form}, refusal, status))


def _asked(dsr: DataSubjectRequest, request: StaffRequest, doubt: Doubt, words: str, missing: list[Compared], now: Any) -> None:
    if doubt in MANDATE_DOUBTS:
        ask.ask_mandate(dsr_id=dsr.pk, officer=request.user, doubt=doubt, words=words, missing=missing, now=now)
    else:
        ask.ask_identity(dsr_id=dsr.pk, officer=request.user, doubt=doubt, words=words, now=now)


def preview(
    request: StaffRequest, dsr: DataSubjectRequest, doubt: Doubt, words: str, missing: list[Compared], *, again: bool
) -> HttpResponse:
    """The mail in the person's language, with a warning when it leaves too late to earn credit."""
    now, question = timezone.now(), open_question(dsr)
    late = asked_late(received_at=dsr.received_at, asked_at=now, pack=rule_pack(controller().rule_pack))
    if again and question is not None:
        late = bool(question.data.get("late"))
    context = ask.question(
        dsr,
        doubt,
        words,
        now=now,
        late=late,
        document=doubt in MANDATE_DOUBTS or controller().identity.documents is not Documents.NEVER,
        link=tell.absolute("public:identity", dsr.language) if dsr.answer_email else "",
        missing=missing,
    )
    shown = {
        "here": "queue",
        "dsr": dsr,
        "doubt": doubt.value,
        "words": words,
        "missing": [code.value for code in missing],
        "late": late,
        "again": again,
        "mail": letters.identity_mail(dsr, ask.message_kind(doubt), context),
        "seen": request.POST.get("seen", ""),
    }
    return render(request, "backoffice/identity_preview.html", shown)


@roles(*ACTORS)
@require_POST
def ask_once_more(request: StaffRequest, reference: str) -> HttpResponse:
    """What arrived is not enough: say why, read it once more, send it."""
    case = find_case(request, reference)
    dsr, question = case.dsr, open_question(case.dsr)
    form = forms.AgainForm(request.POST, prefix="again")
    if question is not None and form.is_valid() and not {"send", "back"} & set(request.POST):
        words = form.cleaned_data["words"].strip()
        if found := ask.reveals(dsr, words):
            refusal = ask.RevealsTheFile(found=found).sentence(language())
            return render_page(request, case, Returned({"again": form}, refusal, 422))
        return preview(request, dsr, Doubt(question.data["doubt"]), words, [], again=True)
    if "back" in request.POST:
        return render_page(request, case, Returned({"again": form}))
    return step(
        request,
        reference,
        "again",
        form,
        lambda given: ask.ask_again(dsr_id=dsr.pk, officer=request.user, words=given["words"], now=timezone.now()),
        _("The person is asked once more; the pause goes on."),
    )


@roles(*ACTORS)
@require_POST
def send_code(request: StaffRequest, reference: str) -> HttpResponse:
    dsr = find(request, reference)
    addresses = [(one.mark, one.masked) for one in on_file.addresses(on_file.files(dsr))]
    form = forms.CodeForm(request.POST, prefix="code", addresses=addresses)
    return step(
        request,
        reference,
        "code",
        form,
        lambda given: ladder.send_code_on_file(dsr_id=dsr.pk, officer=request.user, mark=given["mark"], now=timezone.now()),
        _("The code is on its way to the address on file."),
    )


@roles(*ACTORS)
@require_POST
def check_facts(request: StaffRequest, reference: str) -> HttpResponse:
    case = find_case(request, reference)
    form = forms.FactsForm(request.POST, prefix="facts", kind=kind_of(case))
    return step(
        request,
        reference,
        "facts",
        form,
        lambda given: ladder.check_facts(
            dsr_id=case.dsr.pk,
            officer=request.user,
            means=IdentityMeans(given["means"]),
            compared=[Compared(code) for code in given["compared"]],
            fits=given["fits"] == "yes",
            words=given["words"],
            now=timezone.now(),
        ),
        _("The check is recorded. Decide when it is enough."),
    )


@roles(*ACTORS)
@require_POST
def proof(request: StaffRequest, reference: str) -> HttpResponse:
    dsr = find(request, reference)
    form = forms.ProofForm(request.POST, prefix="proof")
    return step(
        request,
        reference,
        "proof",
        form,
        lambda given: ask.proof_arrived(
            dsr_id=dsr.pk, how=given["how"], arrived_at=form.arrived_at(), officer=request.user, now=timezone.now()
        ),
        _("Noted. If it is enough, the pause ends on the day it arrived."),
    )


@roles(*ACTORS)
@require_POST
@pictures_within
def paper(request: StaffRequest, reference: str, document_id: UUID) -> HttpResponse:
    """The page images, in this answer and nowhere else; two rows say who looked, and why, before a byte flows."""
    dsr = find(request, reference)
    form = forms.PaperForm(request.POST, prefix="paper")
    refusal = ""
    if form.is_valid():
        try:
            pages = papers.look(
                dsr_id=dsr.pk,
                document_id=document_id,
                officer=request.user,
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except (DsarError, DocumentError) as refused:
            refusal = refused.sentence(language())
        else:
            images = [f"data:image/jpeg;base64,{b64encode(page).decode()}" for page in pages]
            context = {"here": "queue", "dsr": dsr, "images": images}
            return render(request, "backoffice/identity_paper.html", context)
    return render_page(request, find_case(request, reference), Returned({"paper": form}, refusal, 422))


@roles(*ACTORS)
@require_POST
def change_address(request: StaffRequest, reference: str) -> HttpResponse:
    dsr = find(request, reference)
    form = forms.AddressForm(request.POST, prefix="address")
    return step(
        request,
        reference,
        "address",
        form,
        lambda given: address.change_delivery(dsr_id=dsr.pk, email=given["email"], officer=request.user, now=timezone.now()),
        _("The address is changed; whose request it is stands open again, and the old address is told."),
    )


@roles(*ACTORS)
@require_POST
def decide(request: StaffRequest, reference: str) -> HttpResponse:
    case = find_case(request, reference)
    dsr, whole = case.dsr, request.POST.get("page") == "whose"
    form: Any = office.IdentityForm(request.POST, prefix="identity")
    if whole:
        form = forms.DecisionForm(request.POST, prefix="identity", kind=kind_of(case), proofs=proof_choices(pending_proofs(dsr)))
    refusal, status = "", 422
    if form.is_valid():
        given = form.cleaned_data
        established, now = given["established"] == "yes", timezone.now()
        means, reason = IdentityMeans(given["means"]), given["reason"]
        compared, sufficient = (form.codes(), form.proof()) if whole else ([], None)

        def decided() -> None:
            if established:
                verify.record_identity(
                    dsr_id=dsr.pk,
                    officer=request.user,
                    established=True,
                    means=means,
                    reason=reason,
                    now=now,
                    compared=compared,
                    sufficient=sufficient,
                )
            else:
                ladder.propose_refusal(dsr_id=dsr.pk, officer=request.user, means=means, reason=reason, now=now)

        refusal, status = act(request, dsr, decided)
        if not refusal:
            said = (
                _("Identity is established; the search starts.")
                if established
                else _("A second person must agree before the person is told.")
            )
            say(request, said)
            return back_to(dsr)
    if whole:
        return render_page(request, find_case(request, reference), Returned({"identity": form}, refusal, status))
    return render_case(request, find_case(request, reference), CaseReturned({"identity": form}, refusal, status))
