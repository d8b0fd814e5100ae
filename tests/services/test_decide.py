"""Decisions: refusals name their ground, two people refuse and erase, colleagues confirm, nothing gets stuck."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dsar.domain.vocabulary import Ground, IdentityMeans, Outcome, RequestType
from dsar.services import decide, deliver, execute, forget, intake, ladder, verify
from notifications.models import Message
from tests import stories
from tests.stories import RECEIVED_AT

LATER = RECEIVED_AT + timedelta(days=3)
pytestmark = pytest.mark.django_db(transaction=True)


def _identified(dominique, *rights: RequestType):
    dsr = stories.receive(*rights)
    stories.confirm(dsr)
    verify.record_identity(
        dsr_id=dsr.pk, officer=dominique, established=True, means=IdentityMeans.CALL_BACK, reason="rappelée", now=RECEIVED_AT
    )
    return dsr


def _kinds(dsr) -> set[str]:
    return set(Message.objects.filter(reference=dsr.reference).values_list("kind", flat=True))


def test_a_refusal_without_a_ground_is_refused(school, dominique):
    part = _identified(dominique, RequestType.RECTIFICATION).parts.get()
    with pytest.raises(decide.GroundNeeded):
        decide.decide_part(part_id=part.pk, officer=dominique, outcome=Outcome.REFUSED, grounds=[], reasons="faux", now=LATER)


def test_a_refusal_leaves_only_after_a_second_person_and_names_the_authority_and_the_court(school, dominique, noa):
    dsr = _identified(dominique, RequestType.RECTIFICATION)
    part = dsr.parts.get()
    approval = decide.decide_part(
        part_id=part.pk,
        officer=dominique,
        outcome=Outcome.REFUSED,
        grounds=[Ground.ART_16_ACCURATE],
        reasons="La date de naissance inscrite est celle de votre acte.",
        now=LATER,
    )
    assert approval is not None and "refusal" not in _kinds(dsr)
    with pytest.raises(decide.SamePerson):
        decide.answer_proposal(approval_id=approval.pk, officer=dominique, approve=True, reason="", now=LATER)
    decide.answer_proposal(approval_id=approval.pk, officer=noa, approve=True, reason="", now=LATER)
    part.refresh_from_db()
    assert (part.step, part.outcome) == ("answered", "refused")
    letter = stories.text_of(Message.objects.get(reference=dsr.reference, kind="refusal"))
    assert "CNIL" in letter and "tribunal" in letter and "acte" in letter


def test_a_proposal_sent_back_can_be_decided_again(school, dominique, noa):
    part = _identified(dominique, RequestType.ERASURE).parts.get()
    approval = decide.decide_part(
        part_id=part.pk, officer=dominique, outcome=Outcome.GRANTED, grounds=[], reasons="prospection", now=LATER
    )
    decide.answer_proposal(approval_id=approval.pk, officer=noa, approve=False, reason="gardez le diplôme", now=LATER)
    part.refresh_from_db()
    assert part.step == "reviewing"
    assert decide.decide_part(
        part_id=part.pk, officer=dominique, outcome=Outcome.GRANTED, grounds=[], reasons="sauf diplôme", now=LATER
    )


def test_a_proposal_lapses_after_seven_days_and_its_part_goes_back_to_review(school, dominique, noa):
    part = _identified(dominique, RequestType.ERASURE).parts.get()
    approval = decide.decide_part(
        part_id=part.pk, officer=dominique, outcome=Outcome.GRANTED, grounds=[], reasons="tout", now=LATER
    )
    week = LATER + timedelta(days=7, seconds=1)
    with pytest.raises(decide.ProposalOver):
        decide.answer_proposal(approval_id=approval.pk, officer=noa, approve=True, reason="", now=week)
    assert decide.expire_proposals(week) == 1
    part.refresh_from_db()
    assert part.step == "reviewing"


@pytest.mark.parametrize(
    "right", [RequestType.RECTIFICATION, RequestType.RESTRICTION, RequestType.OBJECTION, RequestType.ERASURE]
)
def test_every_right_that_no_machine_carries_out_is_confirmed_by_a_colleague_and_closed(right, school, dominique, noa):
    dsr = _identified(dominique, right)
    part = dsr.parts.get()
    approval = decide.decide_part(
        part_id=part.pk, officer=dominique, outcome=Outcome.GRANTED, grounds=[], reasons="Fait comme demandé.", now=LATER
    )
    if approval:
        decide.answer_proposal(approval_id=approval.pk, officer=noa, approve=True, reason="", now=LATER)
    tasks = list(part.hand_tasks.all())
    assert tasks and "hand_task" in _kinds(dsr) and "answer" not in _kinds(dsr)
    for task in tasks:
        execute.confirm_task(task_id=task.pk, officer=noa, items_changed=3, report="corrigé dans Scolarité", now=LATER)
    part.refresh_from_db()
    assert part.step == "answered" and "answer" in _kinds(dsr)
    deliver.close(dsr_id=dsr.pk, officer=dominique, reason="réponse envoyée", now=LATER)
    dsr.refresh_from_db()
    assert dsr.status == "closed"


@pytest.mark.parametrize("right", [RequestType.MARKETING_OBJECTION, RequestType.WITHDRAWAL])
def test_stopping_advertising_and_withdrawing_consent_start_at_once_without_identity(right, dominique):
    dsr = stories.receive(right)
    part = dsr.parts.get()
    assert part.step == "executing" and part.hand_tasks.exists()
    for task in part.hand_tasks.all():
        execute.confirm_task(task_id=task.pk, officer=dominique, items_changed=1, report="retirée des listes", now=LATER)
    part.refresh_from_db()
    assert (part.step, part.outcome) == ("answered", "granted")
    assert "done_at_once" in _kinds(dsr)


def test_free_wording_is_read_as_rights_and_goes_on(school, dominique):
    dsr = stories.receive(RequestType.UNSPECIFIED, details={RequestType.UNSPECIFIED: "je veux tout savoir et plus de pub"})
    stories.confirm(dsr)
    stories.work(dsr.pk, at=RECEIVED_AT)
    part = dsr.parts.get()
    intake.qualify(part_id=part.pk, officer=dominique, rights=[RequestType.ACCESS, RequestType.MARKETING_OBJECTION], now=LATER)
    assert dict(dsr.parts.values_list("right", "step")) == {"access": "collecting", "marketing_objection": "executing"}
    stories.work(dsr.pk, at=LATER)
    dsr.refresh_from_db()
    assert dsr.parts.get(right="access").step == "reviewing"


def test_someone_who_cannot_be_identified_is_told_and_may_come_back(school, dominique, noa):
    dsr = stories.receive(RequestType.ACCESS, email="inconnue@ailleurs.example")
    stories.confirm(dsr)
    stories.work(dsr.pk, at=RECEIVED_AT)
    proposal = ladder.propose_refusal(
        dsr_id=dsr.pk,
        officer=dominique,
        means=IdentityMeans.KNOWN_DETAILS,
        reason="Ni l'adresse ni le nom ne figurent dans nos systèmes.",
        now=LATER,
    )
    decide.answer_proposal(approval_id=proposal.pk, officer=noa, approve=True, reason="", now=LATER)
    dsr.refresh_from_db()
    assert dsr.status == "answered" and "cannot_identify" in _kinds(dsr)
    deliver.close(dsr_id=dsr.pk, officer=dominique, reason="", now=LATER)
    deliver.reopen(dsr_id=dsr.pk, officer=dominique, reason="elle a écrit avec son numéro", now=LATER)
    dsr.refresh_from_db()
    assert dsr.status == "received"


def test_nothing_held_cannot_be_said_when_something_was_found(school, dominique):
    dsr = stories.collected(stories.receive(RequestType.ACCESS))
    with pytest.raises(decide.SomethingHeld):
        decide.decide_part(
            part_id=dsr.parts.get().pk, officer=dominique, outcome=Outcome.NOTHING_HELD, grounds=[], reasons="", now=LATER
        )


def test_an_auditor_reads_and_never_decides(school, dominique, db):
    from dsar.models import User
    from dsar.services.moves import NotAllowed

    auditor = User.objects.create_user("audit@cesi.example", role="auditor", all_sites=True)
    part = _identified(dominique, RequestType.ACCESS).parts.get()
    with pytest.raises(NotAllowed):
        decide.decide_part(part_id=part.pk, officer=auditor, outcome=Outcome.GRANTED, grounds=[], reasons="", now=LATER)


def test_a_request_by_post_without_e_mail_is_answered_by_post_and_a_namesake_makes_a_second_person_look(school, dominique, noa):
    dsr = stories.receive(
        RequestType.ACCESS, email="", postal_address="3 rue du Port\n33000 Bordeaux", identifiers={"student_number": ["E00000"]}
    )
    assert not Message.objects.filter(reference=dsr.reference).exclude(recipient="").exists()
    verify.record_identity(
        dsr_id=dsr.pk, officer=dominique, established=True, means=IdentityMeans.POST_ON_FILE, reason="recommandé", now=RECEIVED_AT
    )
    stories.work(dsr.pk, at=RECEIVED_AT)
    part = dsr.parts.get()
    decide.decide_part(part_id=part.pk, officer=dominique, outcome=Outcome.GRANTED, grounds=[], reasons="", now=LATER)
    stories.work(dsr.pk, at=LATER)
    proposal = deliver.release(dsr_id=dsr.pk, officer=dominique, now=LATER, by_post=True)
    assert proposal is not None and dsr.packages.get().state == "ready", "another Camille Exemple lives in the school"
    decide.answer_proposal(approval_id=proposal.pk, officer=noa, approve=True, reason="", now=LATER)
    assert deliver.release(dsr_id=dsr.pk, officer=dominique, now=LATER, by_post=True) is None
    _, chunks = deliver.open_for_post(dsr_id=dsr.pk, officer=dominique, now=LATER)
    assert b"".join(chunks).startswith(b"PK")
    dsr.refresh_from_db()
    assert dsr.status == "answered"
    assert forget.close_answered(LATER + timedelta(days=31)) == 0, "its copy is still open"
    forget.expire_packages(LATER + timedelta(days=31))
    assert forget.close_answered(LATER + timedelta(days=31)) == 1
