"""Nothing is left over: not on the way in, not beside the table, and no planted value after destruction."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.storage import storages
from django.core.files.uploadedfile import InMemoryUploadedFile, SimpleUploadedFile
from django.db import transaction
from django.test import RequestFactory
from django.utils import timezone

from identity import documents, vault
from identity.models import Document, DocumentState
from identity.reconcile import reconcile
from identity.refusals import MAX_BYTES, Refusal
from tests.identity import corpus
from tests.identity.corpus import CANARY, JPEG
from tests.identity.papers import NOW, REFERENCE, WHO, Committing, opened, process, ready, receive, stored

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

pytestmark = pytest.mark.django_db


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


@pytest.fixture
def buckets(s3_server: str, settings: SettingsWrapper) -> dict[str, Any]:
    """The vault in two buckets of an S3 server."""
    access = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    server = boto3.resource("s3", endpoint_url=s3_server, **access)
    made = {alias: server.create_bucket(Bucket=f"{alias}-{token_hex(6)}") for alias in ("objects", "keys")}
    options = {"endpoint_url": s3_server, "region_name": "us-east-1", "access_key": "test", "secret_key": "test"}
    backend = {"BACKEND": "storages.backends.s3.S3Storage"}
    settings.STORAGES = settings.STORAGES | {
        alias: backend | {"OPTIONS": options | {"bucket_name": bucket.name, "file_overwrite": False, "default_acl": None}}
        for alias, bucket in made.items()
    }
    return made


def test_in_buckets_too_what_is_left_over_is_found_and_a_whole_life_leaves_nothing(
    buckets: dict[str, Any], committing: Committing
) -> None:
    def names() -> set[str]:
        return {f"{alias}/{item.key}" for alias, bucket in buckets.items() for item in bucket.objects.all()}

    kept, orphan = ready(), ready()
    Document.objects.filter(pk=orphan.pk).delete()
    assert len(names()) == 4
    found = reconcile(timezone.now() + timedelta(hours=2))
    assert (found.orphans, found.lost) == (1, 0)
    assert names() == {f"objects/{kept.path}", f"keys/{kept.path}"}
    assert len(documents.pages(kept.pk, now=NOW, **WHO)) == 1
    with committing():
        documents.destroy(reference=REFERENCE, now=NOW)
    assert names() == set()


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
