"""Searches one source for one person, under a lease.

The holder of the lease says every two seconds that it lives; whoever finds the lease lapsed takes over with a higher fencing
number, and the old holder, should it wake, can no longer write. An attempt has its own names for its files, written down before
the files are, so that what a dead attempt left is found and destroyed.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import F

from dsar.controller import SourceConfig, SourceKind, controller
from dsar.domain.coverage import LONGEST, Because, because
from dsar.domain.vocabulary import CoverageState, EventKind, Status, TaskState
from dsar.models import DataSubjectRequest, PartFile, RequestEvent, SourceTask
from dsar.services import moves
from dsar.services.bell import ring_for
from dsar.services.person import identity_of
from dsar.sources.ahead import read_ahead
from dsar.sources.base import Identity, SourceFailed
from dsar.sources.plan import Plan, PlanItem, make_plan
from dsar.sources.sql import SqlSource, open_source
from identity import vault

logger = structlog.get_logger(__name__)

BEAT_SECONDS = 2.0  # less when the lease is short: six beats must fit
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)

Clock = Callable[[], datetime]


class LeaseLost(Exception):
    """Somebody else works on this task now: stop, and write nothing."""


@dataclass(frozen=True)
class Outcome:
    """How the search of a collection ended when there is no file."""

    state: CoverageState
    reason: str


def run_source_task(*, task_id: int, clock: Clock) -> bool:
    """Take the lease and search. False when the task is not due, or was taken over while we worked."""
    task = _claim(task_id, clock())
    if task is None:
        return False
    log = logger.bind(reference=task.dsr.reference, source=task.source_key, attempt=task.attempt)
    search = _Search(task, clock)
    try:
        search.run()
    except LeaseLost:
        log.warning("lease lost")
        return False
    destroy_parts(task, clock())
    log.info("source searched", items=search.rows)
    return True


def _claim(task_id: int, now: datetime) -> SourceTask | None:
    """One conditional UPDATE decides who works. A task whose last try died is parked for a person."""
    with transaction.atomic():
        due = SourceTask.objects.filter(pk=task_id, state__in=[TaskState.WAITING, TaskState.RUNNING], next_at__lte=now)
        lease = now + timedelta(seconds=settings.LEASE_SECONDS)
        died = due.filter(state=TaskState.RUNNING).exists()
        if not due.update(
            state=TaskState.RUNNING,
            fencing=F("fencing") + 1,
            attempt=F("attempt") + 1,
            lease_until=lease,
            next_at=lease,
            heartbeat_at=now,
            started_at=now,
            rows=0,
        ):
            return None
        task = SourceTask.objects.select_related("dsr").get(pk=task_id)
        if not task.dsr.parts.filter(step=Status.COLLECTING).exists():
            task.state, task.next_at, task.error = TaskState.SKIPPED, None, because(Because.NOT_WANTED, task.source_key)
            task.save()
            return None
    if died and task.attempt > 1 and (task.attempt - 1) % settings.LAST_TRY == 0:
        _Search(task, lambda: now).give_up(because(Because.DIED, settings.LAST_TRY))
        destroy_parts(task, now)
        return None
    return task


class _Search:
    """One attempt at one task."""

    def __init__(self, task: SourceTask, clock: Clock) -> None:
        self.task, self.clock = task, clock
        self.dsr: DataSubjectRequest = task.dsr
        self.rows = 0
        self._last_beat = time.monotonic()
        self._beat_seconds = min(BEAT_SECONDS, settings.LEASE_SECONDS / 6)
        self._failures: list[SourceFailed] = []

    @property
    def last_try(self) -> bool:
        return self.task.attempt % settings.LAST_TRY == 0

    def run(self) -> None:
        try:
            config = self._config()
            identity = identity_of(self.dsr)
            with open_source(config) as source:
                plan = self._plan(source, config, identity)
                for item in plan.items:
                    self._collection(source, plan, item, identity)
                self._unmapped(plan)
        except SourceFailed as failure:
            if failure.again and not self.last_try:
                self._try_later(failure.reason)
            else:
                self.give_up(failure.reason)
            return
        self._end()

    def give_up(self, reason: str) -> None:
        """The whole source failed for good: every collection without a result says so."""
        with self._holding(request=True) as task:
            unanswered(task, Outcome(CoverageState.FAILED, reason), attempt=task.attempt, now=self.clock())
            self._settle(task, TaskState.FAILED, reason)

    def _config(self) -> SourceConfig:
        config = controller().sources.get(self.task.source_key)
        if config is None:
            raise SourceFailed(Because.GONE, self.task.source_key, again=False)
        if config.kind is not SourceKind.SQL:
            raise SourceFailed(Because.NO_CONNECTOR, config.kind.value, again=False)
        return config

    def _plan(self, source: SqlSource, config: SourceConfig, identity: Identity) -> Plan:
        """The plan, stored before anything is read, with the number of namesakes."""
        plan = make_plan(
            config=config, datasets=controller().datasets, catalogue=source.describe(), identity_kinds=identity.kinds
        )
        shown = plan.to_json() | {"several_people": source.several_people(identity, plan)}
        with self._holding() as task:
            task.plan, task.namesakes = shown, source.namesakes(identity, plan)
            task.save(update_fields=["plan", "namesakes"])
        return plan

    # One collection

    def _collection(self, source: SqlSource, plan: Plan, item: PlanItem, identity: Identity) -> None:
        part = PartFile(
            task=self.task,
            collection=item.collection,
            attempt=self.task.attempt,
            current=False,
            state=item.state or CoverageState.FAILED,
            reason=item.reason or because(Because.UNFINISHED, item.collection),
            columns=[{"name": column.name, "type": column.type} for column in item.columns],
            unmapped=list(item.unmapped),
            started_at=self.clock(),
        )
        if item.state is None:
            part.path, part.key_name = self._names(item)
        else:
            part.finished_at = part.started_at
        self._save(part)
        if item.state is not None:
            return
        try:
            self._read(source, plan, item, identity, part)
        except SourceFailed as failure:
            part.state, part.reason = CoverageState.FAILED, failure.reason
            part.path = part.key_name = ""
            self._failures.append(failure)
        part.finished_at = self.clock()
        self._finish(part)

    def _read(self, source: SqlSource, plan: Plan, item: PlanItem, identity: Identity, part: PartFile) -> None:
        chunks = read_ahead(
            source.collect(identity, plan, item), tick=self._beat, cancel=source.cancel, seconds=self._beat_seconds / 2
        )
        counted = _Counted(chunks, self._count)
        try:
            first = next(counted, None)
            if first is None:
                part.state, part.reason = CoverageState.NONE, ""
                part.path = part.key_name = ""
                return
            sealed = vault.seal_stream(
                chunks=counted.starting_with(first), storage=storages["objects"], path=part.path, key_name=part.key_name
            )
        except Exception as error:
            # What broke while reading comes wrapped by the encrypter: our own error tells more.
            raise counted.error or SourceFailed(Because.NOT_STORED, item.collection, type(error).__name__) from error
        finally:
            chunks.close()  # type: ignore[attr-defined]
        part.state, part.reason = CoverageState.FOUND, ""
        part.rows, part.bytes, part.sha256, part.path = counted.rows, sealed.plain_bytes, sealed.plain_sha256, sealed.path

    def _names(self, item: PlanItem) -> tuple[str, str]:
        """Of this attempt alone; a name in a data map may hold what a file name may not."""
        folder = f"parts/{self.dsr.pk}/{self.task.source_key}/{self.task.attempt}"
        plain = re.sub(r"[^A-Za-z0-9_.-]", "_", item.collection)[:60]
        return f"{folder}/{item.order:03}-{plain}", f"objects/{folder}/{item.order:03}"

    def _unmapped(self, plan: Plan) -> None:
        """Tables that nobody mapped: shown, and they block the release."""
        now = self.clock()
        for table in plan.unmapped_tables:
            self._save(
                PartFile(
                    task=self.task,
                    collection=table[:120],
                    attempt=self.task.attempt,
                    current=False,
                    state=CoverageState.UNMAPPED,
                    reason=because(Because.TABLE_UNMAPPED, table),
                    started_at=now,
                    finished_at=now,
                )
            )

    def _save(self, part: PartFile) -> None:
        with self._holding():
            part.save()

    def _finish(self, part: PartFile) -> None:
        """Write down what was stored; when somebody took over meanwhile, nobody will look for our file, so it goes."""
        try:
            self._save(part)
        except LeaseLost:
            if part.path:
                vault.destroy_object(storage=storages["objects"], path=part.path, key_name=part.key_name)
            raise

    # The lease

    @contextmanager
    def _holding(self, *, request: bool = False) -> Iterator[SourceTask]:
        """A short transaction with the task locked and still ours; with `request`, the request first, as everybody does."""
        with transaction.atomic():
            if request:
                moves.locked(self.dsr.pk)
            task = SourceTask.objects.select_for_update().filter(pk=self.task.pk, fencing=self.task.fencing).first()
            if task is None or task.state != TaskState.RUNNING:
                raise LeaseLost
            yield task

    def _count(self, rows: int) -> None:
        self.rows += rows
        self._beat()

    def _beat(self) -> None:
        """Say that we live, and how far we are, every two seconds."""
        if time.monotonic() - self._last_beat < self._beat_seconds:
            return
        now = self.clock()
        lease = now + timedelta(seconds=settings.LEASE_SECONDS)
        ours = SourceTask.objects.filter(pk=self.task.pk, fencing=self.task.fencing, state=TaskState.RUNNING)
        if not ours.update(heartbeat_at=now, lease_until=lease, next_at=lease, rows=self.rows):
            raise LeaseLost
        self._last_beat = time.monotonic()

    # The end

    def _end(self) -> None:
        """This attempt's results count from now on; what failed and may yet succeed is tried again, later each time."""
        again = [failure for failure in self._failures if failure.again]
        with self._holding(request=True) as task:
            task.part_files.exclude(attempt=task.attempt).filter(current=True).update(current=False)
            task.part_files.filter(attempt=task.attempt).update(current=True)
            if again and not self.last_try:
                self._wait(task, again[0].reason)
            elif again:
                self._settle(task, TaskState.FAILED, again[0].reason)
            else:
                self._settle(task, TaskState.DONE, "")

    def _try_later(self, reason: str) -> None:
        with self._holding() as task:
            self._wait(task, reason)

    def _wait(self, task: SourceTask, reason: str) -> None:
        tries = (task.attempt - 1) % settings.LAST_TRY
        task.state, task.error = TaskState.WAITING, reason
        task.next_at = self.clock() + min(FIRST_WAIT * 2**tries, LONGEST_WAIT)
        task.lease_until, task.rows = None, self.rows
        task.save()

    def _settle(self, task: SourceTask, state: TaskState, reason: str) -> None:
        """The task has ended: say so in the request's history, and have the request looked at."""
        now = self.clock()
        task.state, task.error, task.rows = state, reason, self.rows
        task.next_at = task.lease_until = None
        task.finished_at = now
        task.save()
        states = list(task.part_files.filter(current=True).values_list("state", flat=True))
        counts = {one.value: states.count(one.value) for one in CoverageState}
        RequestEvent.objects.record(
            self.dsr,
            EventKind.SOURCE_FINISHED,
            at=now,
            data={"source": task.source_key, "state": state.value, "rows": self.rows, **counts},
        )
        DataSubjectRequest.objects.filter(pk=self.dsr.pk).update(next_at=now)
        ring_for(self.dsr.pk)


class _Counted(Iterator[bytes]):
    """The chunks, their rows counted; keeps the error that ended them."""

    def __init__(self, chunks: Iterator[bytes], count: Callable[[int], None]) -> None:
        self._chunks, self._count = chunks, count
        self.rows = 0
        self.error: Exception | None = None

    def __next__(self) -> bytes:
        try:
            chunk = next(self._chunks)
            rows = chunk.count(b"\n")
            self.rows += rows
            self._count(rows)
        except StopIteration:
            raise
        except Exception as error:
            self.error = error
            raise
        return chunk

    def starting_with(self, first: bytes) -> Iterator[bytes]:
        yield first
        yield from self


def unanswered(task: SourceTask, outcome: Outcome, *, attempt: int, now: datetime) -> None:
    """Every mapped collection of the source that has no current result ends as `outcome`: nothing is silently missing."""
    config = controller().sources.get(task.source_key)
    datasets = controller().datasets
    names = [f"{key}.{one.name}" for key in config.datasets for one in datasets[key].collections] if config else []
    have = set(task.part_files.filter(current=True).values_list("collection", flat=True))
    for name in names:
        if name not in have:
            PartFile.objects.update_or_create(
                task=task,
                collection=name,
                attempt=attempt,
                defaults={"current": True, "state": outcome.state, "reason": outcome.reason[:LONGEST], "finished_at": now},
            )


def destroy_parts(task: SourceTask, now: datetime) -> None:
    """Destroy the files of attempts that do not count; done already is fine."""
    old = PartFile.objects.filter(task=task, current=False, destroyed_at__isnull=True).exclude(path="")
    for part in old.exclude(task__state=TaskState.RUNNING, attempt=F("task__attempt")):
        vault.destroy_object(storage=storages["objects"], path=part.path, key_name=part.key_name)
        part.destroyed_at = now
        part.save(update_fields=["destroyed_at"])
