"""A paper's life: received sealed, made harmless, looked at with a reason, and gone."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from identity import documents, vault
from identity.models import Document, DocumentState, DocumentView, Scan
from identity.refusals import MAX_BYTES, Refusal
from identity.sanitise import run
from tests.identity import corpus
from tests.identity.corpus import CANARY, JPEG
from tests.identity.papers import LABEL, NOW, REFERENCE, WHO, Committing, opened, process, ready, receive, stored

pytestmark = pytest.mark.django_db


# In


def test_a_photo_is_sealed_as_it_came_until_its_pages_are_and_then_the_original_is_gone() -> None:
    data = corpus.saved(corpus.picture(), "JPEG", exif=corpus.exif())
    document = receive(data)
    assert document.state == DocumentState.PENDING
    assert CANARY in opened(document)
    assert len(stored()) == 2
    assert not any(CANARY in (Path(settings.VAR_DIR) / name).read_bytes() for name in stored())
    document = process(document)
    assert (document.state, document.kind, document.pages, document.scan) == ("ready", "jpeg", 1, "not_configured")
    assert CANARY not in opened(document)
    assert stored() == {f"objects/{document.path}", f"keys/{document.path}"}
    assert "received" not in document.path


class Unread(io.BytesIO):
    """Counts what is read of it."""

    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        piece = super().read(size)
        self.taken += len(piece)
        return piece


def test_a_file_that_declares_more_than_ten_megabytes_is_refused_unread() -> None:
    stream = Unread(JPEG)
    document = documents.receive(
        reference=REFERENCE, purpose="identity", stream=stream, declared_size=MAX_BYTES + 1, label_texts=LABEL, now=NOW
    )
    assert (document.state, document.refusal, stream.taken) == ("refused", "size", 0)


def test_a_file_that_is_larger_than_it_said_is_read_no_further_than_the_limit() -> None:
    stream = Unread(JPEG + bytes(3 * MAX_BYTES))
    document = documents.receive(
        reference=REFERENCE, purpose="identity", stream=stream, declared_size=100, label_texts=LABEL, now=NOW
    )
    assert document.refusal == Refusal.SIZE
    assert stream.taken <= MAX_BYTES + (1 << 16)
    assert stored() == set()


def test_a_third_file_is_refused_when_two_are_allowed_and_taken_when_one_was_withdrawn(committing: Committing) -> None:
    first, second = receive(at_most=2), receive(at_most=2)
    assert receive(at_most=2).refusal == Refusal.COUNT
    with committing():
        documents.withdraw(first.pk, now=NOW)
    assert receive(at_most=2).state == second.state == DocumentState.PENDING


def test_a_refused_file_leaves_its_reason_and_nothing_else() -> None:
    document = receive(corpus.PNG[:900])
    assert len(stored()) == 2
    document = process(document)
    assert (document.state, document.refusal, document.destroyed_at) == ("refused", "unreadable", NOW)
    assert "abîmé" in document.why("fr")
    assert "damaged" in document.why("en")
    assert stored() == set()


def test_a_damaged_vault_object_is_a_refusal_and_no_crash() -> None:
    document = receive()
    place = Path(settings.VAR_DIR) / "objects" / document.path
    place.write_bytes(place.read_bytes()[:-40])
    assert process(document).refusal == Refusal.UNREADABLE


# Work


def test_a_second_worker_leaves_a_document_alone_that_another_has(monkeypatch: pytest.MonkeyPatch) -> None:
    document, honest = receive(), run.sanitise
    seen = []

    def meanwhile(*args: Any, **kwargs: Any) -> run.Made:
        seen.append(documents.process(document.pk, lambda: NOW).state)
        return honest(*args, **kwargs)

    monkeypatch.setattr(run, "sanitise", meanwhile)
    assert process(document).state == DocumentState.READY
    assert seen == [DocumentState.CHECKING]


def test_the_work_of_a_dead_worker_is_taken_up_when_its_lease_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    document, honest = receive(), run.sanitise
    monkeypatch.setattr(run, "sanitise", dies)
    with pytest.raises(SystemExit):
        process(document)
    later = NOW + timedelta(seconds=settings.LEASE_SECONDS + 1)
    assert not documents.due(NOW).exists()
    assert documents.due(later).get() == document
    monkeypatch.setattr(run, "sanitise", honest)
    assert process(document, later).state == DocumentState.READY


def dies(*args: Any, **kwargs: Any) -> run.Made:
    raise SystemExit


def test_a_file_that_kills_its_worker_three_times_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    document, at = receive(), NOW
    monkeypatch.setattr(run, "sanitise", dies)
    for _ in range(documents.LAST_TRY):
        with pytest.raises(SystemExit):
            process(document, at)
        at += timedelta(seconds=settings.LEASE_SECONDS + 1)
    assert process(document, at).refusal == Refusal.HEAVY
    assert stored() == set()


def test_a_document_withdrawn_while_it_is_checked_leaves_no_pages(
    monkeypatch: pytest.MonkeyPatch, committing: Committing
) -> None:
    document, honest = receive(), run.sanitise

    def meanwhile(*args: Any, **kwargs: Any) -> run.Made:
        documents.withdraw(document.pk, now=NOW)
        return honest(*args, **kwargs)

    monkeypatch.setattr(run, "sanitise", meanwhile)
    with committing():
        assert process(document).state == DocumentState.DESTROYED
    assert stored() == set()


def test_where_the_child_cannot_be_shut_in_a_document_waits_and_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*args: Any, **kwargs: Any) -> run.Made:
        raise run.CageError("no filter")

    document = receive()
    monkeypatch.setattr(run, "sanitise", refuses)
    assert process(document).state == DocumentState.PENDING
    assert documents.due(NOW + documents.TRY_AGAIN).exists()


def test_the_database_refuses_a_ready_document_that_no_scanner_answered_for() -> None:
    document = receive()
    with pytest.raises(IntegrityError), transaction.atomic():
        Document.objects.filter(pk=document.pk).update(state=DocumentState.READY)
    Document.objects.filter(pk=document.pk).update(state=DocumentState.READY, scan=Scan.CLEAN)


# Looked at


def test_each_opening_is_recorded_with_who_and_why() -> None:
    document = ready()
    [page] = documents.pages(document.pk, now=NOW, **WHO)
    assert run.is_bare_jpeg(page)
    view = DocumentView.objects.get()
    assert (view.document_id, view.by, view.reason, view.at) == (document.pk, WHO["by"], WHO["reason"], NOW)
    document.refresh_from_db()
    assert document.opened_at == NOW


def test_without_a_reason_nothing_is_opened() -> None:
    document = ready()
    with pytest.raises(documents.ReasonNeeded) as refused:
        documents.pages(document.pk, by=WHO["by"], reason="  ", now=NOW)
    assert refused.value.sentence("fr") != refused.value.sentence("en")
    assert not DocumentView.objects.exists()


def test_the_opening_is_recorded_before_the_first_byte_is_opened() -> None:
    """Here there is no byte to open any more, and the record stands."""
    document = ready()
    vault.destroy_key(document.key_name)
    with pytest.raises(documents.NotThere):
        documents.pages(document.pk, now=NOW, **WHO)
    assert DocumentView.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_opening_inside_a_transaction_that_could_roll_back_is_refused() -> None:
    document = ready()
    with pytest.raises(RuntimeError), transaction.atomic():
        documents.pages(document.pk, now=NOW, **WHO)
    assert not DocumentView.objects.exists()


def test_what_is_not_ready_is_not_shown() -> None:
    document = receive()
    with pytest.raises(documents.NotThere):
        documents.pages(document.pk, now=NOW, **WHO)


# Out


def test_the_person_takes_a_document_back_until_somebody_opened_it(committing: Committing) -> None:
    first, second = ready(), ready()
    documents.pages(second.pk, now=NOW, **WHO)
    with committing():
        documents.withdraw(first.pk, now=NOW)
    with pytest.raises(documents.AlreadyOpened):
        documents.withdraw(second.pk, now=NOW)
    assert stored() == {f"objects/{second.path}", f"keys/{second.path}"}


def test_after_destruction_key_and_object_are_gone_and_the_row_says_when(committing: Committing) -> None:
    document, other = ready(), receive(reference="IE-0000-0000")
    assert f"objects/{document.path}" in stored()
    with committing():
        assert documents.destroy(reference=REFERENCE, now=NOW) == 1
    assert stored() == {f"objects/{other.path}", f"keys/{other.path}"}
    document.refresh_from_db()
    assert (document.state, document.destroyed_at, document.path) == ("destroyed", NOW, "")
    with pytest.raises(documents.NotThere):
        documents.pages(document.pk, now=NOW, **WHO)


@pytest.mark.django_db(transaction=True)
def test_a_decision_that_is_rolled_back_destroys_nothing() -> None:
    document = ready()

    @transaction.atomic
    def decide() -> None:
        documents.destroy(reference=REFERENCE, now=NOW)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        decide()
    assert len(documents.pages(document.pk, now=NOW, **WHO)) == 1


def test_a_destruction_that_a_crash_interrupted_is_finished_by_the_sweep() -> None:
    document = ready()
    documents.destroy(document_id=document.pk, now=NOW)  # nothing runs after this commit: the process died
    assert len(stored()) == 2
    assert documents.destroy_due(NOW + timedelta(hours=1)) == 1
    assert stored() == set()


def test_thirty_days_after_upload_a_document_is_gone_whatever_happens(committing: Committing) -> None:
    waiting, shown = receive(), ready()
    with committing():
        assert documents.destroy_due(NOW + timedelta(days=29, hours=23)) == 0
    assert len(stored()) == 4
    with committing():
        documents.destroy_due(NOW + timedelta(days=30))
    assert stored() == set()
    assert set(Document.objects.values_list("pk", "state")) == {(waiting.pk, "destroyed"), (shown.pk, "destroyed")}


def test_the_rows_are_forgotten_only_after_every_object_is_gone(committing: Committing) -> None:
    document = ready()
    documents.pages(document.pk, now=NOW, **WHO)
    with pytest.raises(vault.VaultError):
        documents.forget(REFERENCE)
    with committing():
        documents.destroy(reference=REFERENCE, now=NOW)
    assert documents.forget(REFERENCE) == 1
    assert not DocumentView.objects.exists()
