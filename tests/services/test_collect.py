"""Collecting: each source under a lease, every collection answered, nothing readable outside the vault, nobody else's keys."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import storages

from dsar.domain.coverage import reason_sentence
from dsar.domain.vocabulary import CoverageState, EventKind, IdentityMeans, RequestType, Status, SubjectKind, TaskState
from dsar.models import GapJustification, PartFile, RequestEvent, SourceTask
from dsar.services import collect, moves, search, verify
from dsar.sources.example.load import generate
from dsar.sources.example.people import ASKER_EMAIL, ASKER_GA, ASKER_PERSONAL_EMAIL, OTHER_EMAIL
from identity import vault
from tests import stories
from tests.stories import RECEIVED_AT

NOW = RECEIVED_AT + timedelta(hours=1)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def source_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A school of this test's own, which it may break."""
    file = tmp_path / "school.sqlite3"
    generate(url=f"sqlite:///{file}", people=40, seed=1, big=0, huge=0, replace=False)
    monkeypatch.setenv("SCHOOL_DATABASE_URL", f"sqlite:///{file}")
    return file


def change(file: Path, *statements: str) -> None:
    connection = sqlite3.connect(file)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def count(file: Path, query: str) -> int:
    connection = sqlite3.connect(file)
    try:
        return int(connection.execute(query).fetchone()[0])
    finally:
        connection.close()


@pytest.fixture
def dsr(source_file: Path):
    """Camille's request for a copy, recognised, ready to be searched."""
    received = stories.receive(RequestType.ACCESS, email=ASKER_EMAIL, name="Camille Exemple")
    stories.confirm(received)
    verify.match_on_file(dsr_id=received.pk, now=RECEIVED_AT)
    collect.start_collection(dsr_id=received.pk, now=NOW)
    received.refresh_from_db()
    assert received.status == Status.COLLECTING
    return received


def task_of(dsr) -> SourceTask:
    return SourceTask.objects.get(dsr=dsr)


def run(dsr, at: datetime = NOW) -> bool:
    return collect.run_source_task(task_id=task_of(dsr).pk, clock=lambda: at)


def current(dsr) -> dict[str, PartFile]:
    return {part.collection: part for part in PartFile.objects.filter(task__dsr=dsr, current=True)}


def lines(part: PartFile) -> list[dict[str, object]]:
    plain = b"".join(vault.open_stream(storage=storages["objects"], path=part.path, key_name=part.key_name))
    return [json.loads(line) for line in plain.splitlines()]


def objects() -> set[str]:
    root = Path(settings.VAR_DIR) / "objects"
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def object_keys() -> set[str]:
    root = Path(settings.VAR_DIR) / "keys" / "objects"
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_every_collection_of_the_map_ends_with_an_answer(dsr, source_file: Path):
    assert run(dsr)
    parts = current(dsr)
    assert len(parts) == 14
    assert parts["school.messages"].state == CoverageState.FOUND
    assert parts["school.messages"].rows == 25
    assert parts["school.parents"].state == CoverageState.NONE
    assert parts["marketing.site_visits"].state == CoverageState.SKIPPED
    assert "ga" in reason_sentence(parts["marketing.site_visits"].reason, "fr")
    task = task_of(dsr)
    assert (task.state, task.attempt, task.error) == (TaskState.DONE, 1, "")
    assert task.rows == sum(part.rows for part in parts.values()) > 90
    assert task.namesakes > 0
    event = RequestEvent.objects.get(dsr=dsr, kind=EventKind.SOURCE_FINISHED)
    assert (event.data["rows"], event.data["skipped"]) == (task.rows, 1)


def test_the_plan_is_kept_for_the_officer_without_values(dsr):
    run(dsr)
    plan = task_of(dsr).plan
    assert [item["path"] for item in plan["items"] if item["collection"] == "school.grades"] == [
        ["enrolment_id ← school.enrolments.id"]
    ]
    assert ASKER_EMAIL not in json.dumps(plan)


def test_rows_lie_encrypted_and_open_to_what_was_counted(dsr):
    run(dsr)
    part = current(dsr)["school.logins"]
    stored = (Path(settings.VAR_DIR) / "objects" / part.path).read_bytes()
    assert b"198.51.100" not in stored
    rows = lines(part)
    assert len(rows) == part.rows
    assert list(rows[0]) == [column["name"] for column in part.columns]
    assert str(rows[0]["ip_address"]).startswith("198.51.100.")


def test_when_every_source_has_ended_the_parts_go_to_review(dsr):
    collect.finish_collection(dsr_id=dsr.pk, now=NOW)
    assert dsr.parts.get().step == Status.COLLECTING
    run(dsr)
    collect.finish_collection(dsr_id=dsr.pk, now=NOW)
    assert dsr.parts.get().step == Status.REVIEWING
    assert RequestEvent.objects.get(dsr=dsr, kind=EventKind.COLLECTION_FINISHED).data["failed"] == 0


def test_starting_twice_makes_one_task(dsr):
    collect.start_collection(dsr_id=dsr.pk, now=NOW)
    assert SourceTask.objects.filter(dsr=dsr).count() == 1
    assert RequestEvent.objects.filter(dsr=dsr, kind=EventKind.COLLECTION_STARTED).count() == 1


def test_a_task_runs_once_however_often_it_is_delivered(dsr):
    assert run(dsr)
    assert not run(dsr)
    assert collect.due_tasks(NOW) == []
    assert PartFile.objects.filter(task__dsr=dsr, attempt=2).count() == 0


def test_an_unmapped_table_and_column_are_shown(dsr, source_file: Path):
    change(
        source_file, "ALTER TABLE students ADD COLUMN shoe_size integer", "CREATE TABLE allergies (student_id integer, what text)"
    )
    run(dsr)
    parts = current(dsr)
    assert parts["allergies"].state == CoverageState.UNMAPPED
    assert parts["school.students"].unmapped == ["shoe_size"]
    assert "shoe_size" not in lines(parts["school.students"])[0]


def test_one_failing_collection_keeps_the_others_and_is_tried_again_later(dsr, source_file: Path):
    """A column that is computed when it is read, and cannot be."""
    change(
        source_file,
        "ALTER TABLE grades DROP COLUMN comment",
        "ALTER TABLE grades ADD COLUMN comment text AS (json_extract('{', '$')) VIRTUAL",
    )
    assert run(dsr)
    parts, task = current(dsr), task_of(dsr)
    assert parts["school.grades"].state == CoverageState.FAILED
    assert parts["school.messages"].rows == 25
    assert (task.state, task.next_at) == (TaskState.WAITING, NOW + timedelta(seconds=30))
    assert reason_sentence(task.error, "en") != task.error
    assert RequestEvent.objects.filter(dsr=dsr, kind=EventKind.SOURCE_FINISHED).count() == 0
    at = task.next_at
    assert not run(dsr, at - timedelta(seconds=1))
    assert run(dsr, at)
    assert task_of(dsr).next_at == at + timedelta(seconds=60)
    assert objects() == {part.path for part in current(dsr).values() if part.path}


def test_a_source_that_does_not_answer_is_tried_five_times_and_then_a_person_must_act(dsr, monkeypatch, dominique):
    monkeypatch.setenv("SCHOOL_DATABASE_URL", "sqlite:////nowhere/school.sqlite3")
    at = NOW
    for attempt in range(1, settings.LAST_TRY + 1):
        assert run(dsr, at)
        assert task_of(dsr).attempt == attempt
        at = task_of(dsr).next_at or at
    task = task_of(dsr)
    assert (task.state, task.next_at) == (TaskState.FAILED, None)
    assert "school.sqlite3" in reason_sentence(task.error, "fr")
    assert {part.state for part in current(dsr).values()} == {CoverageState.FAILED}
    assert len(current(dsr)) == 14
    assert collect.due_tasks(at + timedelta(days=9)) == []
    collect.finish_collection(dsr_id=dsr.pk, now=at)
    assert dsr.parts.get().step == Status.REVIEWING


def test_an_officer_has_a_failed_source_searched_again_with_all_its_tries(dsr, monkeypatch, source_file: Path, dominique):
    monkeypatch.setenv("SCHOOL_DATABASE_URL", "sqlite:////nowhere/school.sqlite3")
    at = NOW
    for _ in range(settings.LAST_TRY):
        run(dsr, at)
        at = task_of(dsr).next_at or at
    collect.finish_collection(dsr_id=dsr.pk, now=at)
    collect.retry_source(task_id=task_of(dsr).pk, officer=dominique, now=at)
    assert dsr.parts.get().step == Status.COLLECTING
    assert run(dsr, at)
    assert task_of(dsr).state == TaskState.WAITING  # not parked after one try
    monkeypatch.setenv("SCHOOL_DATABASE_URL", f"sqlite:///{source_file}")
    assert run(dsr, task_of(dsr).next_at)
    assert task_of(dsr).state == TaskState.DONE
    assert current(dsr)["school.messages"].rows == 25
    assert len(current(dsr)) == 14
    assert RequestEvent.objects.get(dsr=dsr, kind=EventKind.SOURCE_RETRIED).data == {"source": "school"}


def test_a_retry_of_a_good_search_replaces_its_files(dsr, dominique):
    run(dsr)
    collect.finish_collection(dsr_id=dsr.pk, now=NOW)
    before = objects()
    collect.retry_source(task_id=task_of(dsr).pk, officer=dominique, now=NOW)
    assert current(dsr)["school.messages"].rows == 25  # counts until the new one is there
    run(dsr)
    assert len(objects()) == len(before)
    assert not objects() & before
    assert objects() == {part.path for part in current(dsr).values() if part.path}
    assert len(object_keys()) == len(objects())


def test_an_officer_leaves_a_source_out_with_a_reason(dsr, monkeypatch, dominique):
    monkeypatch.setenv("SCHOOL_DATABASE_URL", "sqlite:////nowhere/school.sqlite3")
    run(dsr)
    with pytest.raises(collect.ReasonNeeded):
        collect.skip_source(task_id=task_of(dsr).pk, officer=dominique, reason="  ", now=NOW)
    collect.skip_source(task_id=task_of(dsr).pk, officer=dominique, reason="Base arrêtée depuis 2024.", now=NOW)
    assert {part.reason for part in current(dsr).values()} == {"Base arrêtée depuis 2024."}
    assert GapJustification.objects.get(dsr=dsr).gap == "school"
    collect.finish_collection(dsr_id=dsr.pk, now=NOW)
    assert dsr.parts.get().step == Status.REVIEWING
    with pytest.raises(collect.NothingToDo):
        collect.skip_source(task_id=task_of(dsr).pk, officer=dominique, reason="encore", now=NOW)


def test_who_only_reads_cannot_retry_or_skip(dsr, dominique):
    dominique.role = "auditor"
    dominique.save()
    for act, more in ((collect.retry_source, {}), (collect.skip_source, {"reason": "parce que"})):
        with pytest.raises(moves.NotAllowed):
            act(task_id=task_of(dsr).pk, officer=dominique, now=NOW, **more)


def test_a_request_withdrawn_meanwhile_is_not_searched(dsr):
    part = dsr.parts.get()
    part.step = Status.CLOSED
    part.save()
    assert not run(dsr)
    assert task_of(dsr).state == TaskState.SKIPPED
    assert objects() == set()


# Leases


def test_a_holder_that_slept_cannot_write_and_leaves_nothing_behind(dsr, monkeypatch):
    """The first holder stops after it has read; another finishes; the first wakes (SECURITY R11)."""
    slept: list[bool] = []
    really_seal = vault.seal_stream

    def seal_and_sleep(**about):
        sealed = really_seal(**about)
        if not slept:
            slept.append(True)
            later = NOW + timedelta(seconds=settings.LEASE_SECONDS + 1)
            assert collect.run_source_task(task_id=task_of(dsr).pk, clock=lambda: later)
        return sealed

    monkeypatch.setattr(search.vault, "seal_stream", seal_and_sleep)
    assert not run(dsr)  # the sleeper notices
    assert slept
    task = task_of(dsr)
    assert (task.state, task.attempt, task.fencing) == (TaskState.DONE, 2, 2)
    assert {part.attempt for part in current(dsr).values()} == {2}
    assert objects() == {part.path for part in current(dsr).values() if part.path}
    assert len(object_keys()) == len(objects())
    assert RequestEvent.objects.filter(dsr=dsr, kind=EventKind.SOURCE_FINISHED).count() == 1


def test_a_lease_that_lives_is_not_taken(dsr):
    SourceTask.objects.filter(dsr=dsr).update(state=TaskState.RUNNING, next_at=NOW + timedelta(seconds=60), attempt=1, fencing=7)
    assert not run(dsr, NOW + timedelta(seconds=59))
    assert run(dsr, NOW + timedelta(seconds=60))
    assert task_of(dsr).fencing == 8


def test_a_search_that_kills_its_worker_is_parked_after_five_tries(dsr):
    """It died without a word each time (SECURITY R15)."""
    SourceTask.objects.filter(dsr=dsr).update(state=TaskState.RUNNING, next_at=NOW, attempt=settings.LAST_TRY)
    assert not run(dsr)
    task = task_of(dsr)
    assert task.state == TaskState.FAILED
    assert "5" in reason_sentence(task.error, "fr")
    assert {part.state for part in current(dsr).values()} == {CoverageState.FAILED}


def test_storage_that_fails_is_told_and_tried_again(dsr, monkeypatch):
    def full(**about):
        list(about["chunks"])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(search.vault, "seal_stream", full)
    run(dsr)
    assert task_of(dsr).state == TaskState.WAITING
    assert current(dsr)["school.messages"].reason == "not_stored|school.messages|OSError"


def test_a_case_opened_again_after_its_parts_were_destroyed_is_searched_afresh(dsr):
    run(dsr)
    PartFile.objects.filter(task__dsr=dsr).exclude(path="").update(destroyed_at=NOW)
    collect.finish_collection(dsr_id=dsr.pk, now=NOW)
    assert dsr.parts.get().step == Status.COLLECTING
    assert collect.due_tasks(NOW) == [task_of(dsr).pk]
    assert run(dsr)
    collect.finish_collection(dsr_id=dsr.pk, now=NOW)
    assert dsr.parts.get().step == Status.REVIEWING


# Whom we search for


def received(**about: object):
    return stories.receive(RequestType.ACCESS, **({"email": ASKER_EMAIL, "name": "Camille Exemple"} | about))


def known(**about: object) -> bool:
    dsr = received(**about)
    assert not collect.is_known(dsr)  # before the address is proven
    stories.confirm(dsr)
    dsr.refresh_from_db()
    return collect.is_known(dsr)


def test_whom_we_search_for_is_told_by_every_identifier_given(source_file):
    identity = collect.identity_of(
        received(
            identifiers={"email": [ASKER_PERSONAL_EMAIL, " "], "ga": [ASKER_GA], "student_number": []},
            other_names="Camille Ancien, C. Exemple",
        )
    )
    assert identity.values == {"email": (ASKER_EMAIL, ASKER_PERSONAL_EMAIL), "ga": (ASKER_GA,)}
    assert identity.names == ("Camille Exemple", "Camille Ancien", "C. Exemple")


@pytest.mark.parametrize("kind", [SubjectKind.CHILD, SubjectKind.MANDATE, SubjectKind.DECEASED])
def test_the_address_of_who_asks_for_another_is_no_key(source_file, kind: SubjectKind):
    identity = collect.identity_of(received(name="Noa Exemple", subject_kind=kind, identifiers={"email": ["n@a.example"]}))
    assert identity.values == {"email": ("n@a.example",)}
    assert identity.names == ("Noa Exemple",)


def test_an_address_on_file_recognises_its_owner(source_file):
    assert known()
    assert known(identifiers={"email": [ASKER_PERSONAL_EMAIL]})
    assert not known(email="nobody@nowhere.example")


def test_a_number_or_address_of_somebody_else_is_read_by_a_person(source_file):
    """Who is on file and claims another student's number must not get that student's file (SECURITY T1)."""
    assert not known(identifiers={"student_number": ["202200002"]})
    assert not known(identifiers={"email": [OTHER_EMAIL]})
    assert not known(identifiers={"ga": [ASKER_GA]})
    assert known(identifiers={"student_number": ["202200001"]})


def test_an_address_that_two_people_share_is_read_by_a_person(source_file: Path):
    change(source_file, f"UPDATE students SET personal_email = '{ASKER_EMAIL}' WHERE id = 2")
    assert not known()


def test_a_source_that_does_not_answer_recognises_nobody(source_file, monkeypatch):
    monkeypatch.setenv("SCHOOL_DATABASE_URL", "sqlite:////nowhere/school.sqlite3")
    assert not known()


def test_a_parent_recognised_by_a_person_gets_what_the_child_identifiers_find(source_file: Path, dominique):
    dsr = received(
        email="parent@famille.example",
        subject_kind=SubjectKind.CHILD,
        about={"requester_name": "Parent Exemple"},
        identifiers={"student_number": ["202200001"]},
    )
    verify.record_identity(
        dsr_id=dsr.pk,
        officer=dominique,
        established=True,
        means=IdentityMeans.COUNTER,
        reason="livret de famille",
        compared=verify.NEEDED[SubjectKind.CHILD],
        now=NOW,
    )
    collect.start_collection(dsr_id=dsr.pk, now=NOW)
    run(dsr)
    assert current(dsr)["school.students"].rows == 1
    logins = "SELECT count(*) FROM logins WHERE student_id = 1"
    assert current(dsr)["school.logins"].rows == count(source_file, logins) == 30
