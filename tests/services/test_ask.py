"""Asking who this is: only on a recorded doubt, the clock paused until sufficient proof arrived, nobody closed silently."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from dsar.domain.identity_levels import Compared
from dsar.domain.vocabulary import Doubt, EventKind, IdentityMeans, RequestType, SubjectKind
from dsar.labels import told
from dsar.models import AccessToken
from dsar.services import ask, decide, deliver, intake, ladder, moves, pause, verify
from notifications.models import Message
from tests import stories
from tests.people import CAMILLE_EMAIL
from tests.stories import RECEIVED_AT

pytestmark = pytest.mark.django_db(transaction=True)

ASKED = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)  # Thursday: the second working day after receipt
WORDS = "Le nom et l’adresse donnés ne suffisent pas à vous reconnaître avec certitude."
UNKNOWN = "inconnue@ailleurs.example"


@pytest.fixture
def unknown(school):
    """Confirmed by a code, and in none of our files."""
    dsr = stories.receive(RequestType.ACCESS, email=UNKNOWN)
    stories.confirm(dsr)
    stories.work(dsr.pk, at=RECEIVED_AT + timedelta(minutes=5))
    dsr.refresh_from_db()
    assert dsr.status == "identifying"
    return dsr


def question(dsr, officer, *, at=ASKED, words=WORDS, doubt=Doubt.ADDRESS_NOT_ON_FILE, **more):
    return ask.ask_identity(dsr_id=dsr.pk, officer=officer, doubt=doubt, words=words, now=at, **more)


def accept(dsr, officer, *, at, means=IdentityMeans.CALL_BACK, **more):
    verify.record_identity(
        dsr_id=dsr.pk, officer=officer, established=True, means=means, reason="les faits concordent", now=at, **more
    )
    dsr.refresh_from_db()


def mail(dsr, kind):
    return stories.text_of(Message.objects.filter(reference=dsr.reference, kind=kind).latest("created_at"))


# A recorded doubt


@pytest.mark.parametrize(
    ("doubt", "words"), [(None, WORDS), (Doubt.ADDRESS_NOT_ON_FILE, "  "), (Doubt.MANDATE_INCOMPLETE, WORDS)]
)
def test_nothing_is_asked_without_a_doubt_of_this_kind_and_its_words(unknown, dominique, doubt, words):
    with pytest.raises(ask.DoubtNeeded):
        question(unknown, dominique, doubt=doubt, words=words)
    assert not unknown.events.filter(kind=EventKind.PAUSED).exists()
    assert not Message.objects.filter(kind="identity_request").exists()


@pytest.mark.parametrize(
    "words",
    [
        "Nous avons un téléphone qui finit par 06 12 34.",
        "Est-ce bien vous, née en 1999 ?",
        "Écrivez depuis camille@perso.example.",
    ],
)
def test_words_that_reveal_what_is_on_file_are_refused(unknown, dominique, words):
    with pytest.raises(ask.RevealsTheFile):
        question(unknown, dominique, words=words)
    question(unknown, dominique, words=f"{WORDS} Écrivez à dpo@cesi.example dans les 15 jours, ou depuis {UNKNOWN}.")


def test_words_that_name_a_value_of_the_file_are_refused(school, dominique):
    dsr = stories.receive(RequestType.ACCESS)
    assert any(fact.kind == "birth_date" for file in ask.on_file.files(dsr) for fact in file.facts), "something is on file"
    birth = next(fact.value for file in ask.on_file.files(dsr) for fact in file.facts if fact.name == "programme")
    with pytest.raises(ask.RevealsTheFile, match="may reveal"):
        question(dsr, dominique, words=f"Êtes-vous la personne inscrite en {birth} ?")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_doubt_tells_a_stranger_what_is_on_file(language: str):
    for doubt in Doubt:
        with translation.override(language):
            said = str(told(doubt)).lower()
        for revealing in ("plusieurs", "several", "aucun", "none of", "nos fichiers", "our files", "concord", " fit"):
            assert revealing not in said, doubt


def test_the_question_pauses_the_clock_and_says_all_that_the_law_wants(unknown, dominique):
    event = question(unknown, dominique)
    assert (event.data, event.text()) == ({"kind": "identity", "late": False, "doubt": "address_not_on_file"}, WORDS)
    unknown.refresh_from_db()
    assert (unknown.waiting_since, unknown.waiting_for) == (date(2026, 3, 12), "identity")
    said = mail(unknown, "identity_request")
    for item in (
        "l’adresse donnée ne suffit pas à vous reconnaître avec certitude",  # the concrete doubt
        WORDS,
        "au numéro de votre dossier",  # ways without a document
        "cachez le reste",  # masking
        "/identity/open/",  # secure upload
        "14 jours",
        "effaçons dès la vérification faite",  # deletion
        "suspendu depuis aujourd’hui",
        "11 mai 2026",  # what happens without an answer: 60 days
        "dpo@cesi.example",
    ):
        assert item in said, item


def test_a_question_after_three_working_days_earns_nothing_and_says_so(unknown, dominique):
    late = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)  # Monday, the fourth working day
    before = unknown.deadlines(today=date(2026, 3, 16)).legal_limit
    assert question(unknown, dominique, at=late).data["late"] is True
    assert unknown.deadlines(today=date(2026, 3, 30)).legal_limit == before
    assert "continue de courir" in mail(unknown, "identity_request")


def test_who_never_asks_for_documents_offers_the_other_ways_alone(unknown, dominique, monkeypatch):
    from dataclasses import replace

    from dsar.controller import Documents, controller

    who = controller()
    never = replace(who, identity=replace(who.identity, documents=Documents.NEVER))
    monkeypatch.setattr(ask, "controller", lambda: never)
    with pytest.raises(ask.DocumentsNever):
        question(unknown, dominique, document=True)
    question(unknown, dominique)
    assert "France Identité" not in mail(unknown, "identity_request")
    assert "au numéro de votre dossier" in mail(unknown, "identity_request")


def test_a_mandate_is_asked_with_what_is_missing(dominique):
    dsr = stories.receive(RequestType.ACCESS, subject_kind=SubjectKind.MANDATE)
    with pytest.raises(ask.DoubtNeeded):
        ask.ask_mandate(dsr_id=dsr.pk, officer=dominique, doubt=Doubt.ADDRESS_NOT_ON_FILE, words=WORDS, now=ASKED)
    missing = [Compared.MANDATE_DURATION, Compared.MANDATE_RECEIVES]
    ask.ask_mandate(
        dsr_id=dsr.pk,
        officer=dominique,
        doubt=Doubt.MANDATE_INCOMPLETE,
        words="Il manque deux points.",
        now=ASKED,
        missing=missing,
    )
    said = mail(dsr, "mandate_request")
    assert "la durée du mandat" in said and "qui reçoit la réponse" in said and "les droits que le mandat couvre" not in said
    dsr.refresh_from_db()
    assert (dsr.status, dsr.waiting_for) == ("identifying", "identity")


def test_a_letter_asks_whoever_has_no_address(dominique):
    dsr = stories.receive(RequestType.ACCESS, email="", postal_address="1 rue Exemple, 75001 Paris")
    question(dsr, dominique)
    letter = Message.objects.get(kind="identity_request")
    assert letter.state == "to_post"
    assert "l’accueil d’un campus" in stories.text_of(letter)
    assert not AccessToken.objects.filter(dsr=dsr, purpose="identity").exists()


# What arrives, and what it ends


def test_the_pause_ends_on_the_day_the_sufficient_proof_arrived_whenever_it_is_decided(unknown, dominique):
    question(unknown, dominique)  # 12 March
    arrived = datetime(2026, 3, 17, 15, 0, tzinfo=UTC)
    ask.proof_arrived(dsr_id=unknown.pk, how="letter", arrived_at=arrived, now=arrived)
    accept(unknown, dominique, at=datetime(2026, 4, 2, 9, 0, tzinfo=UTC))
    resumed = unknown.events.get(kind=EventKind.RESUMED)
    assert resumed.data["arrived_at"].startswith("2026-03-17")
    assert unknown.deadlines(today=date(2026, 4, 2)).paused_days == 5
    assert unknown.waiting_since is None


def test_what_is_not_enough_ends_nothing_and_is_told_with_its_reason(unknown, dominique):
    question(unknown, dominique)
    first, second = datetime(2026, 3, 13, 9, 0, tzinfo=UTC), datetime(2026, 3, 19, 9, 0, tzinfo=UTC)
    ask.proof_arrived(dsr_id=unknown.pk, how="letter", arrived_at=first, now=first)
    ask.ask_again(dsr_id=unknown.pk, officer=dominique, words="La photo est illisible.", now=first + timedelta(hours=1))
    assert unknown.events.filter(kind=EventKind.PROOF_INSUFFICIENT).count() == 1
    assert not unknown.events.filter(kind=EventKind.RESUMED).exists()
    assert "La photo est illisible." in mail(unknown, "identity_request")
    assert Message.objects.filter(kind="identity_request").count() == 2
    ask.proof_arrived(dsr_id=unknown.pk, how="letter", arrived_at=second, now=second)
    accept(unknown, dominique, at=datetime(2026, 3, 25, 9, 0, tzinfo=UTC))
    assert unknown.deadlines(today=date(2026, 3, 25)).paused_days == 7, "from the 12th to the 19th: the first was not enough"


def test_an_officer_says_which_of_two_proofs_was_enough(unknown, dominique):
    question(unknown, dominique)
    for day in (13, 18):
        at = datetime(2026, 3, day, 9, 0, tzinfo=UTC)
        last = ask.proof_arrived(dsr_id=unknown.pk, how="letter", arrived_at=at, now=at)
    accept(unknown, dominique, at=datetime(2026, 3, 20, 9, 0, tzinfo=UTC), sufficient=last.sequence)
    assert unknown.deadlines(today=date(2026, 3, 20)).paused_days == 6


def test_a_call_back_ends_the_pause_on_its_own_day(unknown, dominique):
    question(unknown, dominique)
    accept(unknown, dominique, at=datetime(2026, 3, 14, 9, 0, tzinfo=UTC))
    assert unknown.deadlines(today=date(2026, 3, 14)).paused_days == 2


def test_links_of_the_question_die_with_the_decision_and_with_the_next_question(unknown, dominique):
    question(unknown, dominique)
    first = AccessToken.objects.get(dsr=unknown, purpose="identity")
    assert first.link_expires_at == ASKED + timedelta(days=14)
    ask.ask_again(dsr_id=unknown.pk, officer=dominique, words="Encore une fois.", now=ASKED + timedelta(hours=1))
    first.refresh_from_db()
    assert first.used_at is not None
    accept(unknown, dominique, at=ASKED + timedelta(days=1))
    assert not AccessToken.objects.filter(dsr=unknown, purpose="identity", used_at__isnull=True).exists()


# Sixty days


def test_an_unanswered_question_closes_the_request_after_sixty_days_with_a_notice_and_it_may_be_reopened(unknown, dominique):
    question(unknown, dominique)
    assert ask.close_unanswered(datetime(2026, 5, 10, 12, 0, tzinfo=UTC)) == 0
    assert ask.close_unanswered(datetime(2026, 5, 11, 12, 0, tzinfo=UTC)) == 1
    assert ask.close_unanswered(datetime(2026, 5, 11, 13, 0, tzinfo=UTC)) == 0
    unknown.refresh_from_db()
    assert (unknown.status, unknown.parts.get().outcome) == ("closed", "cannot_identify")
    assert unknown.events.get(kind=EventKind.CLOSED).data["because"] == "no_proof"
    said = mail(unknown, "closed_without_proof")
    for item in ("12 mars 2026", "60 jours", "CNIL", "tribunal", "rouvrir", "11.2"):
        assert item in said, item
    later = datetime(2026, 5, 20, 9, 0, tzinfo=UTC)
    deliver.reopen(dsr_id=unknown.pk, officer=dominique, reason="elle a écrit", now=later)
    assert ask.close_unanswered(datetime(2026, 5, 20, 10, 0, tzinfo=UTC)) == 0, "reopened means that somebody looks"
    ask.ask_again(dsr_id=unknown.pk, officer=dominique, words="Il nous manque toujours une certitude.", now=later)
    assert ask.close_unanswered(datetime(2026, 7, 1, 9, 0, tzinfo=UTC)) == 0
    assert ask.close_unanswered(datetime(2026, 7, 19, 9, 0, tzinfo=UTC)) == 1


def test_a_request_with_something_to_look_at_is_never_closed_by_the_sweep(unknown, dominique):
    question(unknown, dominique)
    at = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
    ask.proof_arrived(dsr_id=unknown.pk, how="letter", arrived_at=at, now=at)
    assert ask.close_unanswered(datetime(2026, 6, 30, 9, 0, tzinfo=UTC)) == 0


# Two people refuse


def test_refusing_takes_two_people_and_is_told(unknown, dominique, noa):
    with pytest.raises(verify.SecondPersonNeeded):
        verify.record_identity(
            dsr_id=unknown.pk, officer=dominique, established=False, means=IdentityMeans.CALL_BACK, reason="non", now=ASKED
        )
    reason = "Deux appels, deux réponses fausses."
    proposal = ladder.propose_refusal(
        dsr_id=unknown.pk, officer=dominique, means=IdentityMeans.CALL_BACK, reason=reason, now=ASKED
    )
    with pytest.raises(ladder.AlreadyProposed):
        ladder.propose_refusal(dsr_id=unknown.pk, officer=noa, means=IdentityMeans.CALL_BACK, reason=reason, now=ASKED)
    assert not Message.objects.filter(kind="cannot_identify").exists(), "nobody is told before the second person agreed"
    with pytest.raises(decide.SamePerson):
        decide.answer_proposal(approval_id=proposal.pk, officer=dominique, approve=True, reason="", now=ASKED)
    decide.answer_proposal(approval_id=proposal.pk, officer=noa, approve=True, reason="", now=ASKED)
    unknown.refresh_from_db()
    assert (unknown.status, unknown.parts.get().outcome) == ("answered", "cannot_identify")
    said = mail(unknown, "cannot_identify")
    assert reason in said and "CNIL" in said and "tribunal" in said


def test_a_refusal_sent_back_leaves_the_case_open(unknown, dominique, noa):
    proposal = ladder.propose_refusal(
        dsr_id=unknown.pk, officer=dominique, means=IdentityMeans.CALL_BACK, reason="non", now=ASKED
    )
    decide.answer_proposal(approval_id=proposal.pk, officer=noa, approve=False, reason="rappelez encore", now=ASKED)
    unknown.refresh_from_db()
    assert unknown.status == "identifying"


def test_a_proposal_to_refuse_is_void_once_identity_is_established(unknown, dominique, noa):
    proposal = ladder.propose_refusal(
        dsr_id=unknown.pk, officer=dominique, means=IdentityMeans.CALL_BACK, reason="non", now=ASKED
    )
    accept(unknown, dominique, at=ASKED)
    with pytest.raises(decide.ProposalOver):
        decide.answer_proposal(approval_id=proposal.pk, officer=noa, approve=True, reason="", now=ASKED)


# Who acts for somebody else


def test_nobody_acts_for_somebody_else_before_every_point_is_checked(dominique):
    dsr = stories.receive(RequestType.ACCESS, subject_kind=SubjectKind.MANDATE)
    all_points = list(verify.NEEDED[SubjectKind.MANDATE])
    with pytest.raises(verify.ChecklistIncomplete):
        accept(dsr, dominique, at=ASKED, means=IdentityMeans.COUNTER, compared=all_points[:-1])
    accept(dsr, dominique, at=ASKED, means=IdentityMeans.COUNTER, compared=all_points)
    checked = dsr.events.get(kind=EventKind.FACTS_CHECKED)
    assert checked.data["compared"] == [point.value for point in all_points]
    assert dsr.identified_at == ASKED


def test_an_auditor_asks_nothing(unknown, auditor):
    with pytest.raises(moves.NotAllowed):
        question(unknown, auditor)
    with pytest.raises(moves.NotAllowed):
        ask.ask_again(dsr_id=unknown.pk, officer=auditor, words=WORDS, now=ASKED)


def test_one_question_at_a_time(unknown, dominique):
    question(unknown, dominique)
    with pytest.raises(pause.AlreadyAsked):
        question(unknown, dominique, at=ASKED + timedelta(hours=1))


def test_nothing_is_asked_of_who_is_known_or_only_stops_advertising(school, dominique):
    known = stories.receive(RequestType.ACCESS)
    stories.confirm(known)
    verify.match_on_file(dsr_id=known.pk, now=RECEIVED_AT + timedelta(minutes=5))
    at_once = stories.receive(RequestType.MARKETING_OBJECTION, email=CAMILLE_EMAIL)
    for dsr in (known, at_once):
        with pytest.raises(ask.NothingToAsk):
            question(dsr, dominique)


def test_withdrawing_while_asked_ends_the_matter(unknown, dominique):
    question(unknown, dominique)
    intake.withdraw(dsr_id=unknown.pk, now=ASKED + timedelta(days=1))
    assert ask.close_unanswered(datetime(2026, 6, 30, 9, 0, tzinfo=UTC)) == 0


@pytest.fixture
def auditor(db):
    from dsar.models import User

    return User.objects.create_user("audit@cesi.example", role="auditor", all_sites=True)
