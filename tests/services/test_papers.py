"""Papers: added, sent, looked at for a reason with its row before, destroyed with the decision (LAW R-24, SECURITY T8, T21)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from django.core.files.storage import storages
from PIL import Image

from dsar.domain.vocabulary import Doubt, EventKind, IdentityMeans, RequestType
from dsar.services import ask, ladder, moves, papers, verify
from identity import documents
from identity.models import Document, DocumentView
from tests import stories

pytestmark = pytest.mark.django_db(transaction=True)

ASKED = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)
SENT = ASKED + timedelta(days=1)


def photo() -> bytes:
    out = BytesIO()
    Image.new("RGB", (320, 200), "white").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def asked(dominique):
    dsr = stories.receive(RequestType.ACCESS, email="inconnue@ailleurs.example")
    ask.ask_identity(
        dsr_id=dsr.pk, officer=dominique, doubt=Doubt.ADDRESS_NOT_ON_FILE, words="Nous voulons en être sûrs.", now=ASKED
    )
    dsr.refresh_from_db()
    return dsr


def add(dsr, data: bytes = b"", *, at=SENT):
    data = data or photo()
    return papers.add(dsr_id=dsr.pk, stream=BytesIO(data), size=len(data), now=at)


def ready(dsr, *, at=SENT):
    document = documents.process(add(dsr, at=at).pk, lambda: at)
    assert document.state == "ready", document.refusal
    return document


def look(dsr, document, officer, reason="Comparer le nom.", at=SENT + timedelta(hours=1)):
    return papers.look(dsr_id=dsr.pk, document_id=document.pk, officer=officer, reason=reason, now=at)


def objects_left() -> list[str]:
    found = []
    for alias in ("objects", "keys"):
        storage = storages[alias]
        waiting = ["papers"]
        while waiting:
            here = waiting.pop()
            try:
                folders, files = storage.listdir(here)
            except FileNotFoundError:
                continue
            waiting += [f"{here}/{one}" for one in folders]
            found += [f"{alias}:{here}/{one}" for one in files]
    return found


def test_added_is_not_sent_and_nobody_opens_it_before(asked, dominique):
    document = ready(asked)
    with pytest.raises(documents.NotThere):
        look(asked, document, dominique)
    papers.send(dsr_id=asked.pk, now=SENT)
    proof = asked.events.get(kind=EventKind.PROOF_RECEIVED)
    assert (proof.data["how"], proof.data["files"]) == ("document", 1)
    assert look(asked, document, dominique)[0].startswith(b"\xff\xd8")


def test_a_look_wants_a_reason_and_leaves_two_rows_before_the_bytes(asked, dominique, monkeypatch):
    document = ready(asked)
    papers.send(dsr_id=asked.pk, now=SENT)
    with pytest.raises(documents.ReasonNeeded):
        look(asked, document, dominique, reason=" ")
    assert not asked.events.filter(kind=EventKind.DOCUMENT_VIEWED).exists()

    def broken(**kwargs):
        raise RuntimeError("the vault is away")

    monkeypatch.setattr(documents.vault, "open_stream", broken)
    with pytest.raises(RuntimeError):
        look(asked, document, dominique)
    seen = asked.events.get(kind=EventKind.DOCUMENT_VIEWED)
    assert (seen.actor, seen.text()) == (dominique, "Comparer le nom.")
    assert DocumentView.objects.get().by == dominique.email


def test_an_auditor_opens_nothing(asked):
    from dsar.models import User

    auditor = User.objects.create_user("audit@cesi.example", role="auditor", all_sites=True)
    document = ready(asked)
    papers.send(dsr_id=asked.pk, now=SENT)
    with pytest.raises(moves.NotAllowed):
        look(asked, document, auditor)
    assert not DocumentView.objects.exists()


def test_a_paper_of_another_request_cannot_be_opened_or_removed_through_this_one(asked, dominique):
    document = ready(asked)
    papers.send(dsr_id=asked.pk, now=SENT)
    other = stories.receive(RequestType.ACCESS, email="autre@ailleurs.example")
    with pytest.raises(documents.NotThere):
        look(other, document, dominique)
    with pytest.raises(documents.NotThere):
        papers.remove(dsr_id=other.pk, document_id=document.pk, now=SENT)
    assert look(asked, document, dominique)


def test_the_person_removes_until_it_was_opened(asked, dominique):
    first, second = ready(asked), ready(asked)
    papers.send(dsr_id=asked.pk, now=SENT)
    papers.remove(dsr_id=asked.pk, document_id=first.pk, now=SENT)
    look(asked, second, dominique)
    with pytest.raises(documents.AlreadyOpened):
        papers.remove(dsr_id=asked.pk, document_id=second.pk, now=SENT)


def test_two_files_at_most_and_each_refusal_says_why(asked):
    assert add(asked, b"").refusal == ""
    assert add(asked, b"MZ not an image").why("fr").startswith("Ce fichier n’est ni")
    add(asked)
    assert add(asked).refusal == "count"
    refused = [
        event.data["refusal"] for event in asked.events.filter(kind=EventKind.DOCUMENT_RECEIVED) if "refusal" in event.data
    ]
    assert refused == ["type", "count"]


def test_nothing_is_taken_in_without_an_open_question(dominique):
    dsr = stories.receive(RequestType.ACCESS)
    with pytest.raises(papers.NothingAsked):
        add(dsr)
    assert not Document.objects.exists()


def test_sending_nothing_is_refused(asked):
    add(asked, b"MZ not an image")
    with pytest.raises(papers.NothingAdded):
        papers.send(dsr_id=asked.pk, now=SENT)


def decide(dsr, dominique, how):
    at = SENT + timedelta(days=2)
    if how == "accepted":
        verify.record_identity(
            dsr_id=dsr.pk, officer=dominique, established=True, means=IdentityMeans.DOCUMENT, reason="nom et date", now=at
        )
    elif how == "asked again":
        ask.ask_again(dsr_id=dsr.pk, officer=dominique, words="La photo est floue.", now=at)
    else:
        from dsar.models import User
        from dsar.services import decide as approvals

        noa = User.objects.create_user("noa@cesi.example", role="deputy", all_sites=True)
        proposal = ladder.propose_refusal(
            dsr_id=dsr.pk, officer=dominique, means=IdentityMeans.DOCUMENT, reason="le nom diffère", now=at
        )
        approvals.answer_proposal(approval_id=proposal.pk, officer=noa, approve=True, reason="", now=at)


@pytest.mark.parametrize("how", ["accepted", "asked again", "refused"])
def test_after_the_decision_object_and_key_are_gone_at_once_and_the_note_stays(asked, dominique, how):
    document = ready(asked)
    papers.send(dsr_id=asked.pk, now=SENT)
    look(asked, document, dominique)
    assert objects_left(), "something lies in the vault"
    decide(asked, dominique, how)
    assert objects_left() == []
    document.refresh_from_db()
    assert (document.state, document.path) == ("destroyed", "") and document.destroyed_at
    assert asked.events.get(kind=EventKind.DOCUMENT_DESTROYED).data["count"] == 1
    assert asked.events.filter(kind=EventKind.DOCUMENT_VIEWED, actor=dominique).count() == 1, "who looked, when, stays"
    with pytest.raises(documents.NotThere):
        look(asked, document, dominique, at=SENT + timedelta(days=3))


def test_the_pause_ends_on_the_day_the_files_were_sent(asked, dominique):
    ready(asked)
    papers.send(dsr_id=asked.pk, now=SENT)
    decide(asked, dominique, "accepted")
    assert asked.events.get(kind=EventKind.RESUMED).data["arrived_at"].startswith("2026-03-13")


def test_thirty_days_after_upload_it_is_gone_whatever_happens(asked):
    ready(asked)
    papers.send(dsr_id=asked.pk, now=SENT)
    papers.sweep(SENT + timedelta(days=29))
    assert objects_left()
    papers.sweep(SENT + timedelta(days=30))
    assert objects_left() == []
