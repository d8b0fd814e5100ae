"""The steps between the address given and a document: a code to a contact on file, facts compared by an officer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dsar.domain.identity_levels import Compared
from dsar.domain.vocabulary import Doubt, EventKind, IdentityMeans, RequestType, SubjectKind, TokenPurpose
from dsar.models import AccessToken
from dsar.services import ask, ladder, moves, on_file, tokens, verify
from notifications.models import Message
from tests import stories
from tests.people import CAMILLE_EMAIL
from tests.stories import RECEIVED_AT

pytestmark = pytest.mark.django_db(transaction=True)

ASKED = datetime(2026, 3, 11, 9, 0, tzinfo=UTC)
ELSEWHERE = "camille.perso@ailleurs.example"


@pytest.fixture
def number(school) -> str:
    """Camille's student number, as the school knows it."""
    return stories.file_of_camille().values("student_number")[0]


@pytest.fixture
def elsewhere(school, number):
    """Camille writes from an address that nobody knows, with her number; the question is open."""
    dsr = stories.receive(RequestType.ACCESS, email=ELSEWHERE, identifiers={"student_number": [number]})
    stories.confirm(dsr)
    stories.work(dsr.pk, at=RECEIVED_AT + timedelta(minutes=5))
    ask.ask_identity(
        dsr_id=dsr.pk, officer=_dpo(), doubt=Doubt.ADDRESS_NOT_ON_FILE, words="Cette adresse ne nous suffit pas.", now=ASKED
    )
    dsr.refresh_from_db()
    assert dsr.status == "identifying"
    return dsr


def _dpo():
    from dsar.models import User

    return User.objects.create_user("dpo.autre@cesi.example", role="dpo", all_sites=True)


def codes(dsr):
    return Message.objects.filter(reference=dsr.reference, kind="code_on_file")


def test_the_person_asks_the_worker_sends_and_the_code_goes_to_the_address_on_file_alone(elsewhere):
    ladder.want_code(dsr_id=elsewhere.pk, now=ASKED)
    assert not codes(elsewhere).exists(), "nothing is looked up while the visitor waits"
    stories.work(elsewhere.pk, at=ASKED)
    sent = codes(elsewhere).get()
    assert sent.recipient == CAMILLE_EMAIL
    assert ELSEWHERE not in stories.text_of(sent)
    stories.work(elsewhere.pk, at=ASKED)
    assert codes(elsewhere).count() == 1


def test_the_code_establishes_identity_where_the_controller_allows_it_and_fixes_the_address_given(elsewhere):
    ladder.want_code(dsr_id=elsewhere.pk, now=ASKED)
    stories.work(elsewhere.pk, at=ASKED)
    assert ladder.answer_code_on_file(dsr_id=elsewhere.pk, code=stories.code_in(elsewhere, "code_on_file"), now=ASKED)
    elsewhere.refresh_from_db()
    assert elsewhere.identified_at == ASKED
    assert elsewhere.delivery_email == ELSEWHERE
    verified = elsewhere.events.get(kind=EventKind.IDENTITY_VERIFIED)
    assert (verified.actor, verified.data["means"]) == (None, "email_on_file")
    assert elsewhere.events.filter(kind=EventKind.RESUMED).count() == 1


def test_the_code_alone_is_not_enough_where_a_person_must_decide(elsewhere, monkeypatch):
    monkeypatch.setattr(verify, "settles_by_itself", lambda dsr, means: False)
    ladder.want_code(dsr_id=elsewhere.pk, now=ASKED)
    stories.work(elsewhere.pk, at=ASKED)
    assert not ladder.answer_code_on_file(dsr_id=elsewhere.pk, code=stories.code_in(elsewhere, "code_on_file"), now=ASKED)
    elsewhere.refresh_from_db()
    assert elsewhere.identified_at is None
    assert elsewhere.events.get(kind=EventKind.PROOF_RECEIVED).data["how"] == "code_on_file", "an officer sees that it was right"


def test_a_wrong_code_and_a_code_of_another_purpose_open_nothing(elsewhere):
    ladder.want_code(dsr_id=elsewhere.pk, now=ASKED)
    stories.work(elsewhere.pk, at=ASKED)
    right = stories.code_in(elsewhere, "code_on_file")
    for code in (f"{(int(right) + 1) % 1_000_000:06d}", stories.code_in(elsewhere)):
        with pytest.raises(tokens.TokenRefused):
            ladder.answer_code_on_file(dsr_id=elsewhere.pk, code=code, now=ASKED)
    with pytest.raises(tokens.TokenRefused):
        verify.confirm_email(dsr_id=elsewhere.pk, code=right, now=ASKED)
    elsewhere.refresh_from_db()
    assert elsewhere.identified_at is None


def test_who_names_nothing_on_file_gets_no_code_and_nobody_else_does(school):
    dsr = stories.receive(RequestType.ACCESS, email="inconnue@ailleurs.example")
    stories.confirm(dsr)
    stories.work(dsr.pk, at=RECEIVED_AT + timedelta(minutes=5))
    ladder.want_code(dsr_id=dsr.pk, now=ASKED)
    stories.work(dsr.pk, at=ASKED)
    assert not Message.objects.filter(kind="code_on_file").exists()
    assert dsr.events.filter(kind=EventKind.CODE_ISSUED).last().data == {"purpose": "on_file", "sent": False}


def test_a_stranger_cannot_flood_the_mailbox_on_file(elsewhere):
    for hour in range(6):
        ladder.want_code(dsr_id=elsewhere.pk, now=ASKED + timedelta(hours=hour))
        stories.work(elsewhere.pk, at=ASKED + timedelta(hours=hour))
    assert codes(elsewhere).count() == ladder.CODES_PER_DAY


def test_an_officer_chooses_a_masked_address_and_no_other(elsewhere, dominique):
    addresses = on_file.addresses(on_file.files(elsewhere))
    chosen = next(one for one in addresses if one.value == CAMILLE_EMAIL)
    assert CAMILLE_EMAIL.partition("@")[0] not in chosen.masked
    with pytest.raises(ladder.NoSuchAddress):
        ladder.send_code_on_file(dsr_id=elsewhere.pk, officer=dominique, mark="0" * 16, now=ASKED)
    ladder.send_code_on_file(dsr_id=elsewhere.pk, officer=dominique, mark=chosen.mark, now=ASKED)
    assert codes(elsewhere).get().recipient == CAMILLE_EMAIL
    with pytest.raises(tokens.TooSoon):
        ladder.send_code_on_file(dsr_id=elsewhere.pk, officer=dominique, mark=chosen.mark, now=ASKED)


def test_the_look_at_the_file_is_recorded_before_anything_is_read(elsewhere, dominique, monkeypatch):
    def broken(dsr):
        raise RuntimeError("the source is away")

    monkeypatch.setattr(on_file, "files", broken)
    with pytest.raises(RuntimeError):
        on_file.reveal(dsr_id=elsewhere.pk, officer=dominique, now=ASKED)
    monkeypatch.undo()
    assert on_file.reveal(dsr_id=elsewhere.pk, officer=dominique, now=ASKED)
    assert elsewhere.events.filter(kind=EventKind.DATA_VIEWED, data__collection="identity.on_file").count() == 1


def test_facts_are_checked_by_an_officer_and_kept_as_codes(elsewhere, dominique):
    def check(**more):
        given = {"means": IdentityMeans.CALL_BACK, "compared": [Compared.NAME, Compared.BIRTH_DATE], "words": "au téléphone"}
        return ladder.check_facts(dsr_id=elsewhere.pk, officer=dominique, fits=True, now=ASKED, **(given | more))

    for wrong in ({"compared": []}, {"words": " "}, {"means": IdentityMeans.DOCUMENT}):
        with pytest.raises(ladder.FactsNeeded):
            check(**wrong)
    event = check()
    assert event.data == {"means": "call_back", "compared": ["name", "birth_date"], "fits": True}
    elsewhere.refresh_from_db()
    assert elsewhere.identified_at is None, "a check is not yet a decision"


def test_a_parent_is_never_recognised_by_a_code_alone(school, number):
    dsr = stories.receive(
        RequestType.ACCESS, email=ELSEWHERE, subject_kind=SubjectKind.CHILD, identifiers={"student_number": [number]}
    )
    stories.confirm(dsr)
    stories.work(dsr.pk, at=RECEIVED_AT + timedelta(minutes=5))
    ladder.want_code(dsr_id=dsr.pk, now=ASKED)
    stories.work(dsr.pk, at=ASKED)
    assert codes(dsr).count() == 1
    assert not ladder.answer_code_on_file(dsr_id=dsr.pk, code=stories.code_in(dsr, "code_on_file"), now=ASKED)
    dsr.refresh_from_db()
    assert dsr.identified_at is None


def test_high_stake_data_need_more_than_a_code_when_the_controller_says_so(elsewhere, monkeypatch):
    from dataclasses import replace

    from dsar.controller import controller

    who = controller()
    assert any(category.high_stake for category in who.categories.values())
    strict = replace(who, identity=replace(who.identity, automatic_high_stake=()))
    monkeypatch.setattr(verify, "controller", lambda: strict)
    ladder.want_code(dsr_id=elsewhere.pk, now=ASKED)
    stories.work(elsewhere.pk, at=ASKED)
    assert not ladder.answer_code_on_file(dsr_id=elsewhere.pk, code=stories.code_in(elsewhere, "code_on_file"), now=ASKED)


def test_an_auditor_takes_no_step(elsewhere):
    from dsar.models import User

    auditor = User.objects.create_user("audit@cesi.example", role="auditor", all_sites=True)
    for step in (
        lambda: ladder.send_code_on_file(dsr_id=elsewhere.pk, officer=auditor, mark="x", now=ASKED),
        lambda: on_file.reveal(dsr_id=elsewhere.pk, officer=auditor, now=ASKED),
        lambda: ladder.propose_refusal(dsr_id=elsewhere.pk, officer=auditor, means=IdentityMeans.COUNTER, reason="x", now=ASKED),
    ):
        with pytest.raises(moves.NotAllowed):
            step()
    assert not AccessToken.objects.filter(purpose=TokenPurpose.ON_FILE).exists()
