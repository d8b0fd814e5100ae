"""A worker killed while it streams a large person's rows costs its lease and nothing else (SECURITY R1, R11)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.utils import timezone

from dsar.domain.vocabulary import CoverageState, EventKind, RequestType, TaskState
from dsar.models import PartFile, RequestEvent, SourceTask
from dsar.services import collect, verify
from dsar.sources.example.load import generate
from dsar.sources.example.people import HUGE_EMAIL
from identity import vault
from tests import stories
from tests.sources.databases import ask

LEASE = 6
ROWS = 30_000
# The worker's own task, slowed down between two chunks so that the kill finds it in the middle of one collection.
WORKER = """
import sys, time, django
django.setup()
from dsar.sources import sql
from dsar import tasks
really = sql.SqlSource.collect
def slowly(self, identity, plan, item):
    for chunk in really(self, identity, plan, item):
        yield chunk
        if item.collection == "school.messages":
            print("streaming", flush=True)
            time.sleep(float(sys.argv[2]))
sql.SqlSource.collect = slowly
tasks.collect_source(task_id=sys.argv[1])
"""


def objects(room: str, folder: str) -> set[str]:
    root = Path(settings.VAR_DIR) / room
    return {str(path.relative_to(root)) for path in (root / folder).rglob("*") if path.is_file()}


@pytest.fixture
def dsr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transactional_db: None):
    url = f"sqlite:///{tmp_path}/school.sqlite3"
    generate(url=url, people=60, seed=1, big=0, huge=ROWS, replace=False)
    monkeypatch.setenv("SCHOOL_DATABASE_URL", url)
    now = timezone.now()
    received = stories.receive(RequestType.ACCESS, email=HUGE_EMAIL, name="Très Grand Dossier", at=now - timedelta(minutes=5))
    stories.confirm(received, at=now - timedelta(minutes=4))
    verify.match_on_file(dsr_id=received.pk, now=now)
    collect.start_collection(dsr_id=received.pk, now=now)
    return received


def start_worker(environment: dict[str, str], task: SourceTask, pause: float) -> subprocess.Popen[str]:
    values = environment | {"LEASE_SECONDS": str(LEASE), "SCHOOL_DATABASE_URL": os.environ["SCHOOL_DATABASE_URL"]}
    command = [sys.executable, "-c", WORKER, str(task.pk), str(pause)]
    return subprocess.Popen(command, cwd=settings.BASE_DIR, env=values, stdout=subprocess.PIPE, text=True)


def wait_until_streaming(worker: subprocess.Popen[str]) -> None:
    assert worker.stdout is not None
    assert worker.stdout.readline().strip() == "streaming"


def resume(dsr) -> SourceTask:
    """What the finder of the next minute does: nothing before the lease lapsed, then the search again."""
    deadline = time.monotonic() + 20
    while not collect.due_tasks(timezone.now()):
        assert time.monotonic() < deadline, "the task of the dead worker never became due"
        time.sleep(0.1)
    task = SourceTask.objects.get(dsr=dsr)
    assert collect.run_source_task(task_id=task.pk, clock=timezone.now)
    task.refresh_from_db()
    return task


def assert_complete(dsr, task: SourceTask) -> None:
    assert (task.state, task.error, task.rows) == (TaskState.DONE, "", ROWS)
    parts = list(PartFile.objects.filter(task=task, current=True))
    assert len(parts) == len({part.collection for part in parts}) == 14
    mine = f"(SELECT id FROM students WHERE email = '{HUGE_EMAIL}')"
    counts = {
        "school.messages": f"messages WHERE sender_id IN {mine} OR recipient_id IN {mine}",
        "school.logins": f"logins WHERE student_id IN {mine}",
        "school.grades": f"grades WHERE enrolment_id IN (SELECT id FROM enrolments WHERE student_id IN {mine})",
    }
    by_name = {part.collection: part for part in parts}
    for collection, where in counts.items():
        part = by_name[collection]
        assert part.rows == ask(os.environ["SCHOOL_DATABASE_URL"], f"SELECT count(*) FROM {where}")[0][0]
        plain = vault.open_stream(storage=storages["objects"], path=part.path, key_name=part.key_name)
        assert sum(chunk.count(b"\n") for chunk in plain) == part.rows
    found = [part for part in parts if part.state == CoverageState.FOUND]
    assert objects("objects", "parts") == {part.path for part in found}
    assert objects("keys", "objects/parts") == {part.key_name for part in found}
    assert RequestEvent.objects.filter(dsr=dsr, kind=EventKind.SOURCE_FINISHED).count() == 1
    collect.finish_collection(dsr_id=dsr.pk, now=timezone.now())
    dsr.refresh_from_db()
    assert dsr.status == "reviewing"


def test_a_worker_killed_in_the_middle_is_replaced_and_leaves_nothing(dsr, product_environment: dict[str, str]):
    worker = start_worker(product_environment, SourceTask.objects.get(dsr=dsr), pause=60)
    wait_until_streaming(worker)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    dead = SourceTask.objects.get(dsr=dsr)
    assert (dead.state, dead.attempt) == (TaskState.RUNNING, 1)
    assert objects("objects", "parts")  # the dead attempt left files behind
    task = resume(dsr)
    assert (task.attempt, task.fencing) == (2, 2)
    assert_complete(dsr, task)


def test_a_worker_that_was_paused_cannot_write_when_it_wakes(dsr, product_environment: dict[str, str]):
    worker = start_worker(product_environment, SourceTask.objects.get(dsr=dsr), pause=0.5)
    wait_until_streaming(worker)
    worker.send_signal(signal.SIGSTOP)
    task = resume(dsr)
    worker.send_signal(signal.SIGCONT)
    worker.wait(60)
    task.refresh_from_db()
    assert (task.attempt, task.fencing) == (2, 2)
    assert_complete(dsr, task)


def test_a_slow_source_keeps_its_lease_by_heartbeats(dsr, product_environment: dict[str, str]):
    """One chunk takes longer than the lease; the worker says meanwhile that it lives."""
    worker = start_worker(product_environment, SourceTask.objects.get(dsr=dsr), pause=60)
    wait_until_streaming(worker)
    for _ in range(LEASE * 2 + 3):
        assert collect.due_tasks(timezone.now()) == []
        time.sleep(0.5)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert_complete(dsr, resume(dsr))
