"""A paper's life: received sealed, made harmless, looked at with a reason, and gone."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.storage import storages
from django.core.files.uploadedfile import InMemoryUploadedFile, SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import RequestFactory
from django.utils import timezone

from identity import documents, vault
from identity.models import Document, DocumentState, DocumentView, Scan
from identity.reconcile import reconcile
from identity.refusals import MAX_BYTES, Refusal
from identity.sanitise import run
from tests.identity import corpus
from tests.identity.corpus import CANARY, JPEG

pytestmark = pytest.mark.django_db

REFERENCE = "IE-7K4M-2XQ9"
LABEL = (REFERENCE, "10 mars 2026", "Vérification d'identité")
NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
WHO = {"by": "dominique.temoin@cesi.example", "reason": "comparer le nom"}

Committing = Callable[..., Any]


def receive(data: bytes = JPEG, **more: Any) -> Document:
    facts = {"reference": REFERENCE, "purpose": "identity", "declared_size": len(data), "label_texts": LABEL, "now": NOW}
    return documents.receive(**({"stream": io.BytesIO(data)} | facts | more))


def process(document: Document, at: datetime = NOW) -> Document:
    return documents.process(document.pk, lambda: at)


def ready(data: bytes = JPEG) -> Document:
    document = process(receive(data))
    assert document.state == DocumentState.READY
    return document


def stored() -> set[str]:
    """Every file of the vault, objects and keys, by name."""
    rooms = [Path(settings.VAR_DIR) / room for room in ("objects", "keys")]
    return {f"{room.name}/{file.relative_to(room)}" for room in rooms for file in room.rglob("*") if file.is_file()}


def opened(document: Document) -> bytes:
    return b"".join(vault.open_stream(storage=storages["objects"], path=document.path, key_name=document.key_name))


@pytest.fixture
def committing(django_capture_on_commit_callbacks: Any) -> Committing:
    """Runs what waits for a commit, as the product's transactions do."""

    @contextmanager
    def commit() -> Iterator[None]:
        with django_capture_on_commit_callbacks(execute=True):
            yield

    return commit


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


# Left over


def test_what_lies_in_the_vault_without_a_row_is_found_and_destroyed() -> None:
    kept, orphan = ready(), ready()
    Document.objects.filter(pk=orphan.pk).delete()
    other = "packages/not-a-paper"
    vault.seal_stream(chunks=[b"x"], storage=storages["objects"], path=other, key_name=other)
    vault.seal_stream(chunks=[b"x"], storage=storages["objects"], path="papers/a/pages-1", key_name="papers/a/pages-1")
    storages["objects"].delete("papers/a/pages-1")  # a key alone is left over too
    assert reconcile(timezone.now()).orphans == 0  # nothing younger than an hour
    found = reconcile(timezone.now() + timedelta(hours=2))
    assert (found.orphans, found.lost) == (2, 0)
    assert stored() == {f"{room}/{name}" for room in ("objects", "keys") for name in (kept.path, other)}


def test_a_row_whose_key_or_object_is_gone_is_found_and_says_so() -> None:
    without_key, without_object, whole = ready(), receive(), ready()
    vault.destroy_key(without_key.key_name)
    storages["objects"].delete(without_object.path)
    assert reconcile(timezone.now() + timedelta(hours=2)).lost == 2
    assert documents.of(REFERENCE).get(state__in=documents.LIVE) == whole
    assert reconcile(timezone.now() + timedelta(hours=3)).lost == 0


# The way in, and the search for what must not be left


def test_a_large_upload_never_touches_the_disk_and_nobody_sees_what_its_sender_called_it(rf: RequestFactory) -> None:
    sent = SimpleUploadedFile("../../Camille Durand passeport.jpg", JPEG + bytes(6 << 20), content_type="text/html")
    request = rf.post("/", {"document": sent})
    file = request.FILES["document"]
    assert isinstance(file, InMemoryUploadedFile)
    assert (file.name, file.content_type, file.size) == ("file", "application/octet-stream", len(JPEG) + (6 << 20))
    assert receive(stream=file, declared_size=file.size).state == DocumentState.PENDING


def test_an_upload_beyond_the_limit_is_kept_to_the_limit_and_refused(rf: RequestFactory) -> None:
    file = rf.post("/", {"document": SimpleUploadedFile("a.jpg", JPEG + bytes(12 << 20))}).FILES["document"]
    assert len(file.read()) == MAX_BYTES + 1
    file.seek(0)
    assert receive(stream=file, declared_size=None).refusal == Refusal.SIZE


def test_a_request_that_declares_more_than_five_files_may_have_is_refused_unread(rf: RequestFactory) -> None:
    request = rf.post("/", {"document": SimpleUploadedFile("a.jpg", JPEG)}, CONTENT_LENGTH=str(65 << 20))
    with pytest.raises(RequestDataTooBig):
        request.POST  # noqa: B018


def everything_stored() -> bytes:
    """Every row of every table, every file of the product, in one piece."""
    rows = [repr(list(model._default_manager.values_list())).encode() for model in apps.get_models()]
    files = [file.read_bytes() for file in Path(settings.VAR_DIR).rglob("*") if file.is_file() and "static" not in file.parts]
    return b"".join(rows + files)


@pytest.mark.django_db(transaction=True)
def test_after_destruction_no_planted_value_is_left_in_tables_files_or_logs(caplog: pytest.LogCaptureFixture) -> None:
    name = b"Carte de Camille"
    sent = [
        corpus.saved(corpus.picture(), "JPEG", exif=corpus.exif()),
        corpus.pdf(trailer=b"/Info<</Author(" + CANARY + b")>>"),
        corpus.PNG[:900] + CANARY,  # refused
    ]
    caplog.set_level("DEBUG")
    received = [receive(data, purpose=purpose) for data, purpose in zip(sent, ("identity", "mandate", "evidence"), strict=True)]
    planted = {CANARY, name}
    assert all(CANARY in opened(document) for document in received)
    assert name in opened(received[1])
    for document in received:
        process(document)
    shown = [page for document in documents.of(REFERENCE) if document.state == "ready" for page in opened_pages(document)]
    planted |= {page[-600:-500] for page in shown}
    assert len(planted) == 4
    assert not [value for value in planted if value in everything_stored()]  # sealed: only who has the master key sees them
    with transaction.atomic():
        documents.destroy(reference=REFERENCE, now=NOW)
    left = everything_stored() + caplog.text.encode()
    assert REFERENCE.encode() in left  # the search looks where things are
    assert not [value for value in planted if value in left]
    assert stored() == set()
    assert documents.of(REFERENCE).filter(destroyed_at__isnull=True).count() == 0


def opened_pages(document: Document) -> list[bytes]:
    return documents.pages(document.pk, now=NOW, **WHO)
