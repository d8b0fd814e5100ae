"""A change of the address for the answer voids who was identified, and the old address is told (SECURITY T2)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.storage import storages

from dsar.domain.vocabulary import EventKind, IdentityMeans, Outcome, RequestType, TokenPurpose
from dsar.services import address, decide, deliver, tokens, verify
from identity import decide as identity_decide
from notifications.address import AddressRefused
from notifications.models import Message
from tests import stories
from tests.people import CAMILLE_EMAIL
from tests.stories import RECEIVED_AT

pytestmark = pytest.mark.django_db(transaction=True)

CHANGED = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
NEW = "camille@nouvelle.example"


def test_the_decision_is_void_both_addresses_are_hashed_and_the_old_one_is_told(school):
    dsr = stories.collected(stories.receive(RequestType.ACCESS))
    assert dsr.identified_at and identity_decide.in_force(dsr.reference, delivery_email=CAMILLE_EMAIL)
    address.change_delivery(dsr_id=dsr.pk, email=NEW, now=CHANGED)
    dsr.refresh_from_db()
    assert (dsr.email, dsr.delivery_email, dsr.identified_at, dsr.email_confirmed_at) == (NEW, "", None, None)
    assert dsr.status == "identifying"
    for one in (CAMILLE_EMAIL, NEW):
        assert not identity_decide.in_force(dsr.reference, delivery_email=one)
    event = dsr.events.get(kind=EventKind.DELIVERY_CHANGED)
    assert len(event.data["old"]) == len(event.data["new"]) == 64 and event.data["old"] != event.data["new"]
    assert "@" not in str(event.data)
    told = Message.objects.get(kind="address_changed")
    assert told.recipient == CAMILLE_EMAIL
    assert NEW not in stories.text_of(told)
    assert Message.objects.filter(kind="code", recipient=NEW).count() == 1, "control of the new address must be proven"


def test_the_old_code_and_the_new_address_prove_nothing_by_themselves(school, dominique):
    dsr = stories.collected(stories.receive(RequestType.ACCESS))
    tokens.send_code(dsr=dsr, purpose=TokenPurpose.FOLLOW, now=CHANGED - timedelta(minutes=5))
    old = stories.code_in(dsr, "code")
    address.change_delivery(dsr_id=dsr.pk, email=NEW, now=CHANGED)
    with pytest.raises(tokens.TokenRefused):
        verify.open_follow(dsr_id=dsr.pk, code=old, now=CHANGED)
    verify.confirm_email(dsr_id=dsr.pk, code=stories.code_in(dsr, "code"), now=CHANGED)
    stories.work(dsr.pk, at=CHANGED)
    dsr.refresh_from_db()
    assert dsr.email_confirmed_at == CHANGED
    assert dsr.identified_at is None, "a person looks, whatever the system knows"


def test_an_address_corrected_before_anything_was_matched_is_not_matched_by_the_system(school):
    dsr = stories.receive(RequestType.ACCESS, email="faute@ailleurs.example")
    address.change_delivery(dsr_id=dsr.pk, email=CAMILLE_EMAIL, now=CHANGED)
    verify.confirm_email(dsr_id=dsr.pk, code=stories.code_in(dsr, "code"), now=CHANGED)
    stories.work(dsr.pk, at=CHANGED)
    dsr.refresh_from_db()
    assert (dsr.status, dsr.identified_at) == ("identifying", None)


def test_an_open_copy_is_withdrawn_at_once_and_made_again_for_the_new_address(school, dominique):
    dsr = stories.receive(RequestType.ACCESS)
    built = stories.released(dsr, dominique)
    assert storages["objects"].exists(built.path)
    address.change_delivery(dsr_id=dsr.pk, email=NEW, now=CHANGED)
    built.refresh_from_db()
    assert (built.state, storages["objects"].exists(built.path)) == ("withdrawn", False)
    dsr.refresh_from_db()
    assert dsr.status == "identifying"
    with pytest.raises(deliver.NothingToDownload):
        deliver.send_download_code(dsr_id=dsr.pk, now=CHANGED)


def test_nothing_is_downloaded_for_a_day_even_when_a_person_has_identified_the_new_address(school, dominique):
    dsr = stories.receive(RequestType.ACCESS)
    stories.released(dsr, dominique)
    address.change_delivery(dsr_id=dsr.pk, email=NEW, now=CHANGED)
    verify.confirm_email(dsr_id=dsr.pk, code=stories.code_in(dsr, "code"), now=CHANGED)
    verify.record_identity(
        dsr_id=dsr.pk, officer=dominique, established=True, means=IdentityMeans.CALL_BACK, reason="rappelée", now=CHANGED
    )
    stories.work(dsr.pk, at=CHANGED)
    part = dsr.parts.get()
    decide.decide_part(part_id=part.pk, officer=dominique, outcome=Outcome.GRANTED, grounds=[], reasons="", now=CHANGED)
    stories.work(dsr.pk, at=CHANGED)
    deliver.release(dsr_id=dsr.pk, officer=dominique, now=CHANGED)
    with pytest.raises(deliver.AddressFrozen):
        deliver.send_download_code(dsr_id=dsr.pk, now=CHANGED + timedelta(hours=23, minutes=59))
    dsr.refresh_from_db()
    deliver.send_download_code(dsr_id=dsr.pk, now=CHANGED + timedelta(hours=24))
    assert Message.objects.filter(kind="code", recipient=NEW).count() == 2


def test_a_proposal_for_the_old_address_lapses(school, dominique, noa):
    dsr = stories.receive(RequestType.ERASURE)
    stories.confirm(dsr)
    stories.work(dsr.pk, at=RECEIVED_AT + timedelta(minutes=5))
    proposal = decide.decide_part(
        part_id=dsr.parts.get().pk, officer=dominique, outcome=Outcome.GRANTED, grounds=[], reasons="", now=CHANGED
    )
    address.change_delivery(dsr_id=dsr.pk, email=NEW, now=CHANGED)
    with pytest.raises(decide.ProposalOver):
        decide.answer_proposal(approval_id=proposal.pk, officer=noa, approve=True, reason="", now=CHANGED)
    assert dsr.parts.get().step == "identifying"


@pytest.mark.parametrize(("email", "refusal"), [(CAMILLE_EMAIL.upper(), address.SameAddress), ("root@localhost", AddressRefused)])
def test_what_is_no_change_or_no_address_is_refused(school, email, refusal):
    dsr = stories.collected(stories.receive(RequestType.ACCESS))
    with pytest.raises(refusal):
        address.change_delivery(dsr_id=dsr.pk, email=email, now=CHANGED)
    dsr.refresh_from_db()
    assert dsr.identified_at is not None
