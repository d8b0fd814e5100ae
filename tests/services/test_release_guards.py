"""No forged path reaches a release, and no second use of a code reaches the bytes (GDPR Art. 12(6), 32)."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import IdentityMeans, Outcome, RequestType
from dsar.models import Download, Package
from dsar.services import decide, deliver, tokens, verify
from tests import stories
from tests.stories import RECEIVED_AT

LATER = RECEIVED_AT + timedelta(days=3)


def _assert_sealed(dsr) -> None:
    assert not Package.objects.filter(dsr=dsr, state="released").exists()
    assert not Download.objects.filter(package__dsr=dsr).exists()


@pytest.mark.django_db(transaction=True)
def test_a_package_is_not_released_before_the_address_is_proven(school, dominique):
    dsr = stories.receive(RequestType.ACCESS)
    verify.record_identity(
        dsr_id=dsr.pk, officer=dominique, established=True, means=IdentityMeans.COUNTER, reason="vue à l’accueil", now=RECEIVED_AT
    )
    stories.work(dsr.pk, at=RECEIVED_AT)
    part = dsr.parts.get()
    decide.decide_part(part_id=part.pk, officer=dominique, outcome=Outcome.GRANTED, grounds=[], reasons="", now=LATER)
    stories.work(dsr.pk, at=LATER)
    assert dsr.packages.get().state == "ready"
    with pytest.raises(deliver.AddressNotProven):
        deliver.release(dsr_id=dsr.pk, officer=dominique, now=LATER)
    _assert_sealed(dsr)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_decided_or_released_before_identity_is_established(school, dominique):
    dsr = stories.receive(RequestType.ACCESS, email="inconnue@ailleurs.example")
    stories.confirm(dsr)
    stories.work(dsr.pk, at=RECEIVED_AT)
    dsr.refresh_from_db()
    assert dsr.status == "identifying"
    with pytest.raises(DsarError):
        decide.decide_part(
            part_id=dsr.parts.get().pk, officer=dominique, outcome=Outcome.GRANTED, grounds=[], reasons="", now=LATER
        )
    with pytest.raises(DsarError):
        deliver.release(dsr_id=dsr.pk, officer=dominique, now=LATER)
    _assert_sealed(dsr)


@pytest.mark.django_db(transaction=True)
def test_an_address_changed_behind_our_back_stops_the_release(school, dominique):
    dsr = stories.receive(RequestType.ACCESS)
    stories.packaged(dsr, dominique)
    dsr.refresh_from_db()
    dsr.delivery_email = "voleur@ailleurs.example"
    dsr.save()
    with pytest.raises(decide.NotIdentified):
        deliver.release(dsr_id=dsr.pk, officer=dominique, now=LATER)
    _assert_sealed(dsr)


@pytest.mark.django_db(transaction=True)
def test_a_code_for_one_purpose_opens_nothing_else(school, dominique):
    dsr = stories.receive(RequestType.ACCESS)
    code = stories.code_in(dsr)
    stories.released(dsr, dominique)
    dsr.refresh_from_db()
    with pytest.raises(tokens.TokenRefused):
        deliver.open_download(dsr=dsr, code=code, session_key="s", now=LATER, phrase=stories.PHRASE)
    assert not Download.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_thirty_posts_with_one_code_exactly_one_gets_the_bytes(school, dominique):
    dsr = stories.receive(RequestType.ACCESS)
    stories.released(dsr, dominique)
    dsr.refresh_from_db()
    deliver.send_download_code(dsr_id=dsr.pk, now=LATER)
    code = stories.code_in(dsr, "code")
    outcomes: list[str] = []

    def post() -> None:
        try:
            _, chunks = deliver.open_download(dsr=dsr, code=code, session_key="une session", now=LATER, phrase=stories.PHRASE)
            outcomes.append("bytes" if b"".join(chunks).startswith(b"PK") else "garbage")
        except tokens.TokenRefused as refusal:
            outcomes.append(refusal.reason)
        finally:
            connection.close()

    threads = [threading.Thread(target=post) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("bytes") == 1
    assert set(outcomes) == {"bytes", "used"}
    assert Download.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_withdrawn_release_kills_the_code_and_destroys_the_object(school, dominique):
    from django.core.files.storage import storages

    dsr = stories.receive(RequestType.ACCESS)
    built = stories.released(dsr, dominique)
    dsr.refresh_from_db()
    deliver.send_download_code(dsr_id=dsr.pk, now=LATER)
    code = stories.code_in(dsr, "code")
    assert storages["objects"].exists(built.path)
    deliver.withdraw_release(dsr_id=dsr.pk, officer=dominique, reason="mauvaise personne", now=LATER)
    with pytest.raises(DsarError):
        deliver.open_download(dsr=dsr, code=code, session_key="s", now=LATER, phrase=stories.PHRASE)
    assert not storages["objects"].exists(built.path)


@pytest.mark.django_db(transaction=True)
def test_a_cut_download_is_picked_up_by_the_same_session_for_a_quarter_of_an_hour(school, dominique):
    dsr = stories.receive(RequestType.ACCESS)
    stories.released(dsr, dominique)
    dsr.refresh_from_db()
    deliver.send_download_code(dsr_id=dsr.pk, now=LATER)
    code = stories.code_in(dsr, "code")
    _, chunks = deliver.open_download(dsr=dsr, code=code, session_key="la mienne", now=LATER, phrase=stories.PHRASE)
    whole = b"".join(chunks)
    _, again = deliver.resume_download(dsr=dsr, session_key="la mienne", now=LATER + timedelta(minutes=14))
    assert b"".join(again) == whole
    with pytest.raises(deliver.NothingToDownload):
        deliver.resume_download(dsr=dsr, session_key="une autre", now=LATER + timedelta(minutes=1))
    with pytest.raises(deliver.NothingToDownload):
        deliver.resume_download(dsr=dsr, session_key="la mienne", now=LATER + timedelta(minutes=15))


@pytest.mark.django_db(transaction=True)
def test_the_window_ends_after_thirty_days_and_the_bytes_are_gone(school, dominique):
    from django.core.files.storage import storages

    from dsar.services import forget

    dsr = stories.receive(RequestType.ACCESS)
    built = stories.released(dsr, dominique)
    assert storages["objects"].exists(built.path)
    after = built.expires_at
    assert forget.expire_packages(after - timedelta(seconds=1)) == 0
    assert forget.expire_packages(after) == 1
    built.refresh_from_db()
    assert (built.state, storages["objects"].exists(built.path)) == ("expired", False)
    with pytest.raises(deliver.NothingToDownload):
        deliver.send_download_code(dsr_id=dsr.pk, now=after)


@pytest.mark.django_db(transaction=True)
def test_a_mailbox_that_several_people_share_makes_a_second_person_look(school, dominique, noa):
    dsr = stories.receive(RequestType.ACCESS)
    stories.packaged(dsr, dominique)
    task = dsr.source_tasks.get()
    assert not task.plan["several_people"]
    task.plan["several_people"] = True
    task.save()
    proposal = deliver.release(dsr_id=dsr.pk, officer=dominique, now=LATER)
    assert proposal is not None and proposal.payload["flags"] == ["several_people"]
    _assert_sealed(dsr)
    decide.answer_proposal(approval_id=proposal.pk, officer=noa, approve=True, reason="", now=LATER)
    assert deliver.release(dsr_id=dsr.pk, officer=dominique, now=LATER) is None
