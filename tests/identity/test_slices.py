"""Files that arrive in slices: each slice once, sealed by itself, put together only when it is the file that was announced."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from secrets import token_bytes
from typing import TYPE_CHECKING

import pytest
from django.apps import apps
from django.conf import settings
from django.core.files.storage import storages
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from identity import slices, vault
from identity.models import Purpose, Upload
from identity.refusals import MAX_BYTES, Refusal
from tests.identity.papers import NOW, REFERENCE, stored

if TYPE_CHECKING:
    from uuid import UUID

pytestmark = pytest.mark.django_db(transaction=True)

HERE = {"reference": REFERENCE, "purpose": Purpose.IDENTITY}
PLANTED = b"Camille Durand, 1987-05-04, <<<880692310285"
FILE = PLANTED + token_bytes(slices.SLICE) + PLANTED + token_bytes(slices.SLICE) + PLANTED  # three slices


def begin(data: bytes = FILE, **more: object) -> Upload:
    facts = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "at_most": 2, "now": NOW}
    return slices.begin(**(HERE | facts | more))  # type: ignore[arg-type]


def add(upload: Upload, offset: int, data: bytes = FILE, **more: object) -> int:
    facts = {"offset": offset, "data": data[offset : offset + slices.SLICE], "now": NOW}
    return slices.add(upload.pk, **(HERE | facts | more))  # type: ignore[arg-type]


def send(data: bytes = FILE) -> Upload:
    upload = begin(data)
    for offset in range(0, len(data), slices.SLICE):
        add(upload, offset, data)
    return upload


def whole(number: UUID, **more: object) -> bytes:
    return slices.whole(number, **(HERE | more))  # type: ignore[arg-type]


def test_slices_in_their_order_are_the_file() -> None:
    assert whole(send().pk) == FILE


def test_a_slice_that_comes_twice_counts_once_and_its_answer_says_from_where_to_go_on() -> None:
    upload = begin()
    assert add(upload, 0) == slices.SLICE
    assert add(upload, 0) == slices.SLICE
    assert len(stored()) == 2, "one object and one key"
    assert add(upload, slices.SLICE) == 2 * slices.SLICE
    assert add(upload, 0) == 2 * slices.SLICE
    assert add(upload, 2 * slices.SLICE) == len(FILE)
    assert whole(upload.pk) == FILE


def test_a_slice_out_of_order_too_short_too_long_or_beyond_the_end_changes_nothing() -> None:
    upload = begin()
    for offset, data in [
        (slices.SLICE, FILE[slices.SLICE : 2 * slices.SLICE]),
        (0, FILE[:1000]),
        (0, FILE[: slices.SLICE + 1]),
        (0, b""),
        (-1, b"x"),
        (len(FILE), b"x"),
    ]:
        assert slices.add(upload.pk, **HERE, offset=offset, data=data, now=NOW) == 0  # type: ignore[arg-type]
    assert stored() == set()


def test_the_same_file_chosen_again_goes_on_where_it_was() -> None:
    first = begin()
    add(first, 0)
    again = begin()
    assert (again.pk, again.held) == (first.pk, slices.SLICE)
    assert begin(FILE + b"x").pk != first.pk


def test_more_than_ten_megabytes_or_nothing_is_refused_before_a_slice_is_sent() -> None:
    assert begin(b"x", size=MAX_BYTES).held == 0
    for size, refusal in ((MAX_BYTES + 1, Refusal.SIZE), (0, Refusal.EMPTY)):
        with pytest.raises(slices.NotTaken) as refused:
            begin(b"y", size=size)
        assert refused.value.refusal == refusal
    with pytest.raises(ValueError, match="SHA-256"):
        begin(sha256="not one")


def test_two_files_are_on_their_way_at_once_and_a_third_ends_the_oldest_with_its_keys() -> None:
    oldest, second = begin(b"a"), begin(b"b", now=NOW + timedelta(minutes=1))
    add(oldest, 0, b"a")
    add(second, 0, b"b", now=NOW + timedelta(minutes=1))
    assert len(stored()) == 4
    third = begin(b"c", now=NOW + timedelta(minutes=2))
    assert set(Upload.objects.values_list("pk", flat=True)) == {second.pk, third.pk}
    assert stored() == {f"{room}/slices/{second.pk}/0" for room in ("objects", "keys")}
    with pytest.raises(slices.NoSuchUpload):
        add(oldest, 0, b"a")


def test_somebody_elses_upload_is_the_same_as_none() -> None:
    upload = send()
    for other in ({"reference": "IE-2222-2222"}, {"purpose": Purpose.MANDATE}):
        with pytest.raises(slices.NoSuchUpload):
            add(upload, 0, **other)
        with pytest.raises(slices.NoSuchUpload):
            whole(upload.pk, **other)
        with pytest.raises(slices.NoSuchUpload):
            slices.give_up(upload.pk, **(HERE | other))  # type: ignore[arg-type]
    assert whole(upload.pk) == FILE


def test_what_is_not_all_here_or_not_what_was_announced_is_no_file() -> None:
    half = begin()
    add(half, 0)
    with pytest.raises(slices.NotTaken) as refused:
        whole(half.pk)
    assert refused.value.refusal == Refusal.FAILED
    assert Upload.objects.filter(pk=half.pk).exists(), "the rest may still come"
    other = bytes(len(FILE))
    for offset in range(slices.SLICE, len(FILE), slices.SLICE):
        add(half, offset, other)
    with pytest.raises(slices.NotTaken):
        whole(half.pk)
    assert not Upload.objects.exists()
    assert stored() == set()


def test_a_file_is_used_once_and_its_slices_go_with_the_commit_and_not_before() -> None:
    upload = send()
    with transaction.atomic():
        assert slices.claim(upload.pk, NOW)
        transaction.set_rollback(True)
    assert whole(upload.pk) == FILE, "the claim went back with the rest"
    with transaction.atomic():
        assert slices.claim(upload.pk, NOW)
        assert len(stored()) == 6
    assert stored() == set()
    assert not slices.claim(upload.pk, NOW)
    assert slices.was_taken(upload.pk, **HERE)  # type: ignore[arg-type]
    assert not slices.was_taken(upload.pk, reference="IE-2222-2222", purpose=Purpose.IDENTITY)
    with pytest.raises(slices.NoSuchUpload):
        add(upload, 0)


def test_what_is_settled_or_given_up_is_dead_with_its_keys() -> None:
    given_up, dead, elsewhere = begin(b"a"), begin(b"b"), begin(b"c", reference="IE-2222-2222")
    for upload, data in ((given_up, b"a"), (dead, b"b")):
        add(upload, 0, data)
    slices.give_up(given_up.pk, **HERE)  # type: ignore[arg-type]
    slices.end_all(REFERENCE)
    assert stored() == set()
    assert Upload.objects.get() == elsewhere
    with pytest.raises(slices.NoSuchUpload):
        add(dead, 0, b"b")


def test_two_hours_after_the_last_slice_an_upload_is_gone_with_its_keys_and_its_row() -> None:
    upload, used = send(), send(b"used")
    with transaction.atomic():
        slices.claim(used.pk, NOW)
    add(upload, 0, now=NOW + timedelta(hours=1))  # came before: not a sign of life
    assert slices.sweep(NOW + slices.KEPT - timedelta(seconds=1)) == 0
    assert whole(upload.pk) == FILE
    assert slices.sweep(NOW + slices.KEPT) == 2
    assert not Upload.objects.exists()
    assert stored() == set()


def test_left_over_slices_and_uploads_that_lost_one_are_found_both_ways() -> None:
    now = timezone.now()
    upload, lost = begin(now=now), begin(b"lost", now=now)
    add(upload, 0, now=now)
    add(lost, 0, b"lost", now=now)
    vault.destroy_key(f"slices/{lost.pk}/0")
    orphan = "slices/7d9f0c5e-0000-4000-8000-000000000000/0"
    vault.seal_stream(chunks=[b"x"], storage=storages["objects"], path=orphan, key_name=orphan)
    beyond = f"slices/{upload.pk}/{slices.SLICE}"  # sealed, and the row's transaction was lost
    vault.seal_stream(chunks=[b"x"], storage=storages["objects"], path=beyond, key_name=beyond)
    assert slices.sweep(now) == 0, "nothing young is left over"
    assert slices.sweep(now + timedelta(minutes=61)) == 3
    assert Upload.objects.get() == upload
    assert stored() == {f"{room}/slices/{upload.pk}/0" for room in ("objects", "keys")}


def test_a_slice_that_was_sealed_and_whose_row_was_lost_is_sealed_afresh() -> None:
    upload = begin()
    path = f"slices/{upload.pk}/0"
    vault.seal_stream(chunks=[b"half a slice"], storage=storages["objects"], path=path, key_name=path)
    assert add(upload, 0) == slices.SLICE
    for offset in (slices.SLICE, 2 * slices.SLICE):
        add(upload, offset)
    assert whole(upload.pk) == FILE


def test_the_database_itself_keeps_one_upload_of_a_file_and_no_more_than_was_announced() -> None:
    upload = begin()
    with pytest.raises(IntegrityError), transaction.atomic():
        Upload.objects.create(**HERE, mark=upload.mark, bytes=1, heard_at=NOW)  # type: ignore[arg-type]
    with pytest.raises(IntegrityError), transaction.atomic():
        Upload.objects.filter(pk=upload.pk).update(held=len(FILE) + 1)


def test_a_planted_value_that_is_in_the_file_is_nowhere_in_plain_while_it_arrives(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    upload = send()
    assert whole(upload.pk).count(PLANTED) == 3, "it is in there, for who has the master key"
    rows = b"".join(repr(list(model._default_manager.values_list())).encode() for model in apps.get_models())
    files = [file for file in Path(settings.VAR_DIR).rglob("*") if file.is_file() and "static" not in file.parts]
    assert len([file for file in files if "slices" in file.parts]) == 6
    left = rows + caplog.text.encode() + b"".join(file.read_bytes() for file in files)
    assert str(upload.pk).encode() in left, "the search looks where things are"
    for value in (PLANTED, FILE[1000:1100], hashlib.sha256(FILE).hexdigest().encode()):
        assert value not in left


def test_the_same_slice_four_times_at_once_is_sealed_once() -> None:
    upload = begin()

    def send_it(_turn: int) -> int:
        try:
            return add(upload, 0)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as at_once:
        assert set(at_once.map(send_it, range(4))) == {slices.SLICE}
    assert len(stored()) == 2
    for offset in (slices.SLICE, 2 * slices.SLICE):
        add(upload, offset)
    assert whole(upload.pk) == FILE
