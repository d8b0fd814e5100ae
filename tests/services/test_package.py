"""Builds that are killed, raced, cut or outdated: one package is published, or none (SECURITY R1, R11; T17)."""

from __future__ import annotations

import io
import os
import time
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import storages

from dsar.domain.vocabulary import EventKind, Outcome, PackageState, RequestType
from dsar.models import DataSubjectRequest, Package, RequestEvent, User
from dsar.services import advance, collect, decide, package
from identity import vault
from tests import stories
from tests.stories import RECEIVED_AT

pytestmark = pytest.mark.django_db(transaction=True)
DAY = RECEIVED_AT + timedelta(days=1)


@pytest.fixture
def ordered(school: Path, dominique: User) -> Package:
    """A package that is ordered and that nobody has begun to build."""
    dsr = stories.collected(stories.receive(RequestType.ACCESS))
    part = dsr.parts.get()
    decide.decide_part(part_id=part.pk, officer=dominique, outcome=Outcome.GRANTED, grounds=[], reasons="", now=DAY)
    advance.advance(dsr_id=dsr.pk, now=DAY)
    return dsr.packages.get()


def build(ordered: Package, *, at=DAY) -> bool:  # type: ignore[no-untyped-def]
    return package.build_package(package_id=ordered.pk, clock=lambda: at)


def objects() -> list[str]:
    root = Path(storages["objects"].location)  # type: ignore[attr-defined]
    return sorted(str(file.relative_to(root)) for file in root.glob("packages/**/*") if file.is_file())


def plain(row: Package) -> bytes:
    return b"".join(vault.open_stream(storage=storages["objects"], path=row.path, key_name=row.key_name))


def built_events(dsr: DataSubjectRequest) -> int:
    return RequestEvent.objects.filter(dsr=dsr, kind=EventKind.PACKAGE_BUILT).count()


def test_a_built_package_is_sealed_checked_and_told_once(ordered: Package) -> None:
    assert package.due_packages(DAY) == [ordered.pk]
    assert build(ordered)
    ordered.refresh_from_db()
    assert ordered.state == PackageState.READY
    content = plain(ordered)
    assert len(content) == ordered.bytes
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert any(name.endswith("/index.html") for name in names)
    stored = (Path(storages["objects"].location) / ordered.path).read_bytes()  # type: ignore[attr-defined]
    assert stored.startswith(b"age-encryption.org")
    assert b"index.html" not in stored
    assert ordered.rows == sum(line["rows"] for line in ordered.inventory) > 0
    assert built_events(ordered.dsr) == 1
    assert not build(ordered)
    assert package.due_packages(DAY) == []


def test_ordering_twice_makes_one_package(ordered: Package) -> None:
    assert package.request_package(dsr_id=ordered.dsr_id, now=DAY).pk == ordered.pk
    assert Package.objects.count() == 1


def test_a_worker_that_holds_the_lease_is_left_alone(ordered: Package) -> None:
    Package.objects.filter(pk=ordered.pk).update(lease_until=DAY + timedelta(seconds=60), fencing=1, tries=1)
    assert not build(ordered)
    assert package.due_packages(DAY) == []
    assert build(ordered, at=DAY + timedelta(seconds=61))


def test_what_a_killed_worker_left_is_destroyed_by_the_next(ordered: Package) -> None:
    path, key_name = package._place(ordered.pk, 1)
    vault.seal_stream(chunks=[b"half"], storage=storages["objects"], path=path, key_name=key_name)
    Package.objects.filter(pk=ordered.pk).update(lease_until=DAY, fencing=1, tries=1)
    assert objects() == [path]
    assert build(ordered, at=DAY + timedelta(seconds=1))
    ordered.refresh_from_db()
    assert objects() == [ordered.path]
    assert ordered.path.endswith("/2.zip.age")
    assert built_events(ordered.dsr) == 1


def test_a_holder_that_slept_while_another_published_destroys_its_own(ordered: Package, monkeypatch: pytest.MonkeyPatch) -> None:
    later = DAY + timedelta(minutes=10)
    check = package._read_again

    def sleep_first(*args: object) -> None:
        monkeypatch.setattr(package, "_read_again", check)
        assert build(ordered, at=later)  # another worker, after the lease ran out
        check(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(package, "_read_again", sleep_first)
    assert not build(ordered)
    ordered.refresh_from_db()
    assert (ordered.state, ordered.fencing) == (PackageState.READY, 2)
    assert objects() == [ordered.path]
    assert built_events(ordered.dsr) == 1


def test_a_stored_file_that_reads_back_differently_is_not_announced(ordered: Package, monkeypatch: pytest.MonkeyPatch) -> None:
    seal = vault.seal_stream

    def seal_and_cut(**arguments: object) -> vault.Sealed:
        sealed = seal(**arguments)  # type: ignore[arg-type]
        file = Path(storages["objects"].location) / sealed.path  # type: ignore[attr-defined]
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        return sealed

    monkeypatch.setattr(vault, "seal_stream", seal_and_cut)
    assert not build(ordered)
    ordered.refresh_from_db()
    assert ordered.state == PackageState.BUILDING
    assert ordered.next_at
    assert ordered.next_at > DAY
    assert "Truncated" in ordered.error
    assert objects() == []
    monkeypatch.undo()
    assert build(ordered, at=ordered.next_at)
    ordered.refresh_from_db()
    assert (ordered.state, ordered.error) == (PackageState.READY, "")


def test_after_the_last_try_a_person_must_look(ordered: Package, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_arguments: object) -> vault.Sealed:
        raise OSError("disk full: camille")

    monkeypatch.setattr(vault, "seal_stream", fail)
    at = DAY
    for _ in range(5):
        assert not build(ordered, at=at)
        at += timedelta(hours=2)
    ordered.refresh_from_db()
    assert ordered.state == PackageState.FAILED
    assert "camille" not in ordered.error
    assert RequestEvent.objects.filter(dsr=ordered.dsr, kind=EventKind.PACKAGE_FAILED).count() == 1
    assert package.due_packages(at) == []


def test_a_package_that_kills_its_workers_is_parked(ordered: Package) -> None:
    Package.objects.filter(pk=ordered.pk).update(tries=5, fencing=5, lease_until=DAY)
    assert not build(ordered, at=DAY + timedelta(seconds=1))
    ordered.refresh_from_db()
    assert ordered.state == PackageState.FAILED


def test_no_more_than_five_builds_run_at_once(ordered: Package) -> None:
    running = {"dsr": ordered.dsr, "state": PackageState.BUILDING, "created_at": DAY, "next_at": DAY}
    for number in range(5):
        Package.objects.create(attempt=10 + number, lease_until=DAY + timedelta(minutes=1), **running)
    assert package.due_packages(DAY) == []
    assert package.due_packages(DAY + timedelta(minutes=2)) != []


def test_the_same_order_built_twice_gives_the_same_bytes(ordered: Package) -> None:
    assert build(ordered)
    ordered.refresh_from_db()
    first = ordered.sha256
    Package.objects.filter(pk=ordered.pk).update(state=PackageState.BUILDING, next_at=DAY)
    assert build(ordered, at=DAY + timedelta(hours=3))
    ordered.refresh_from_db()
    assert ordered.sha256 == first


def test_a_package_cannot_be_built_from_destroyed_parts(ordered: Package) -> None:
    from dsar.models import PartFile

    PartFile.objects.filter(task__dsr=ordered.dsr).update(destroyed_at=DAY)
    assert not build(ordered)
    ordered.refresh_from_db()
    assert ordered.state == PackageState.FAILED
    assert "relancez la collecte" in ordered.error


def test_the_sweep_destroys_objects_without_row_and_leaves_young_and_known_ones(ordered: Package) -> None:
    assert build(ordered)
    ordered.refresh_from_db()
    storage, root = storages["objects"], Path(storages["objects"].location)  # type: ignore[attr-defined]
    lost = "packages/00000000-0000-4000-8000-000000000000/1.zip.age"
    young = "packages/00000000-0000-4000-8000-000000000000/2.zip.age"
    stray_part = f"parts/{ordered.dsr_id}/school/9/001-school.students"
    keys = {lost: f"objects/{lost}", young: f"objects/{young}", stray_part: f"objects/parts/{ordered.dsr_id}/school/9/001"}
    for path, key_name in keys.items():
        vault.seal_stream(chunks=[b"x"], storage=storage, path=path, key_name=key_name)
    old = time.time() - 7300
    for path in (lost, stray_part, ordered.path):
        os.utime(root / path, (old, old))
    from django.utils import timezone

    assert package.sweep_orphans(timezone.now()) == 2
    assert not storage.exists(lost)
    assert not storage.exists(stray_part)
    assert not storages["keys"].exists(keys[stray_part])
    assert storage.exists(young)
    assert plain(ordered)


def test_the_sweep_says_when_the_file_of_a_package_is_gone(ordered: Package) -> None:
    assert build(ordered)
    ordered.refresh_from_db()
    storages["objects"].delete(ordered.path)
    assert package.sweep_orphans(DAY) == 1
    ordered.refresh_from_db()
    assert ordered.state == PackageState.FAILED


def test_every_row_that_was_collected_is_in_the_package(ordered: Package) -> None:
    from dsar.controller import controller
    from dsar.models import PartFile

    assert build(ordered)
    ordered.refresh_from_db()
    found = {p.collection: p.rows for p in PartFile.objects.filter(task__dsr=ordered.dsr, current=True, state="found")}
    expected = {c.key: found[c.collection] for c in controller().categories.values() if c.collection in found}
    assert {line["category"]: line["rows"] for line in ordered.inventory} == expected
    assert collect.due_tasks(DAY) == []
