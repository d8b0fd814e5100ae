"""Collects: one search per source, each on its own, until every collection has an answer (GDPR Art. 15).

What runs under the lease is in `search.py`; here a request's search is started, finished, tried again, or left out by a person.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction

from dsar.controller import SourceConfig, SourceKind, controller
from dsar.domain.coverage import LONGEST
from dsar.domain.errors import DsarError
from dsar.domain.steps import Move
from dsar.domain.vocabulary import BY_PACKAGE, CoverageState, EventKind, Status, TaskState
from dsar.models import DataSubjectRequest, GapJustification, PartFile, RequestEvent, SourceTask, User
from dsar.services import moves
from dsar.services.bell import ring, ring_for
from dsar.services.person import THEMSELVES, identity_of
from dsar.services.search import Outcome, destroy_parts, run_source_task, unanswered
from dsar.sources.base import Identity, SourceFailed
from dsar.sources.plan import make_plan
from dsar.sources.sql import open_source

__all__ = [
    "due_tasks",
    "finish_collection",
    "identity_of",
    "is_known",
    "retry_source",
    "run_source_task",
    "skip_source",
    "start_collection",
]

logger = structlog.get_logger(__name__)

FINISHED = (TaskState.DONE, TaskState.FAILED, TaskState.SKIPPED)


class ReasonNeeded(DsarError):
    fr = "Écrivez pourquoi ce système est laissé de côté, en 300 caractères au plus : la personne le lira."
    en = "Write why this system is left out, in at most 300 characters: the person will read it."


class TooLate(DsarError):
    """Only while the parts that a package answers are collected or reviewed."""

    fr = "La recherche est close : le dossier a dépassé la relecture. Rechargez le dossier."
    en = "The search is over: the case is past its review. Reload the case."


class NothingToDo(DsarError):
    fr = "Cette recherche est déjà en cours, ou déjà finie. Rechargez le dossier."
    en = "This search is already running, or already finished. Reload the case."


def is_known(dsr: DataSubjectRequest) -> bool:
    """Whether a system holds the confirmed address as one person's own, and nothing else that was claimed speaks against it.

    False, and a person reads, when another claimed identifier (a student number, an e-mail) lies on rows to which the address
    does not lead, when people of different names share the address, or when a system does not answer.
    """
    if dsr.subject_kind not in THEMSELVES or not dsr.email_confirmed_at or not dsr.email:
        return False
    proven = Identity({"email": (dsr.email,)})
    claimed = {
        kind: rest
        for kind, values in identity_of(dsr).values.items()
        if (rest := tuple(value for value in values if value.casefold() != dsr.email.casefold()))
    }
    known = False
    for config in _searchable():
        try:
            with open_source(config) as source:
                plan = make_plan(
                    config=config,
                    datasets=controller().datasets,
                    catalogue=source.describe(),
                    identity_kinds=proven.kinds,
                )
                known = source.knows(proven, plan) or known
                if source.contradicts(proven, plan, claimed) or source.several_people(proven, plan):
                    return False
        except SourceFailed as failure:
            logger.warning("source not asked", source=config.key, reason=failure.reason)
            return False
    return known


def _searchable() -> list[SourceConfig]:
    return [config for config in controller().sources.values() if config.kind is SourceKind.SQL]


@transaction.atomic
def start_collection(*, dsr_id: UUID, now: datetime) -> None:
    """Put one task per source before the workers; done already is fine."""
    dsr = moves.locked(dsr_id)
    if not dsr.parts.filter(step=Status.COLLECTING).exists():
        return
    keys = [key for key in controller().sources if not dsr.source_tasks.filter(source_key=key).exists()]
    tasks = [SourceTask(dsr=dsr, source_key=key, state=TaskState.WAITING, next_at=now) for key in keys]
    for task in SourceTask.objects.bulk_create(tasks):
        ring("collect_source", task_id=task.pk)
    if tasks:
        RequestEvent.objects.record(dsr, EventKind.COLLECTION_STARTED, at=now, data={"sources": keys})
    elif not dsr.source_tasks.exists():
        _reviewed_next(dsr, now)  # a controller without systems: a person answers


def due_tasks(now: datetime) -> list[int]:
    """Tasks that wait for a worker, and those whose worker has died."""
    due = SourceTask.objects.filter(state__in=[TaskState.WAITING, TaskState.RUNNING], next_at__lte=now)
    return list(due.order_by("next_at").values_list("pk", flat=True))


@transaction.atomic
def finish_collection(*, dsr_id: UUID, now: datetime) -> None:
    """When every source has ended, the parts go to review; a source that failed is a gap there."""
    dsr = moves.locked(dsr_id)
    tasks = list(dsr.source_tasks.all())
    if not dsr.parts.filter(step=Status.COLLECTING).exists() or any(task.state not in FINISHED for task in tasks):
        return
    gone = [task for task in tasks if task.part_files.filter(current=True, destroyed_at__isnull=False).exists()]
    for task in gone:  # a case opened again after its parts were destroyed: search afresh
        _wait_again(task, now)
    if not gone:
        _reviewed_next(dsr, now)


def _reviewed_next(dsr: DataSubjectRequest, now: datetime) -> None:
    for part in dsr.parts.filter(step=Status.COLLECTING):
        part.dsr = dsr
        moves.move(part, Move.COLLECT)
    files = PartFile.objects.filter(task__dsr=dsr, current=True)
    found = files.filter(state=CoverageState.FOUND)
    RequestEvent.objects.record(
        dsr,
        EventKind.COLLECTION_FINISHED,
        at=now,
        data={
            "rows": sum(found.values_list("rows", flat=True)),
            "found": found.count(),
            "failed": files.filter(state=CoverageState.FAILED).count(),
            "unmapped": files.filter(state=CoverageState.UNMAPPED).count(),
        },
    )


@transaction.atomic
def retry_source(*, task_id: int, officer: User, now: datetime) -> None:
    """Search a source again, whatever came out before; its old result counts until the new one is there."""
    task = _locked_task(task_id, officer)
    if task.state in (TaskState.WAITING, TaskState.RUNNING):
        raise NothingToDo
    for part in task.dsr.parts.filter(step=Status.REVIEWING, right__in=BY_PACKAGE):
        part.dsr = task.dsr
        moves.move(part, Move.RECOLLECT)
    _wait_again(task, now)
    GapJustification.objects.filter(dsr=task.dsr, gap=task.source_key).delete()
    RequestEvent.objects.record(task.dsr, EventKind.SOURCE_RETRIED, at=now, actor=officer, data={"source": task.source_key})


def _wait_again(task: SourceTask, now: datetime) -> None:
    # Tries are counted in rounds of LAST_TRY, so that attempts, which name files, never repeat.
    task.attempt = -(-task.attempt // settings.LAST_TRY) * settings.LAST_TRY
    task.state, task.next_at, task.error = TaskState.WAITING, now, ""
    task.finished_at = task.lease_until = None
    task.save()
    ring("collect_source", task_id=task.pk)


def skip_source(*, task_id: int, officer: User, reason: str, now: datetime) -> None:
    """A named person answers without this source, and says why; whoever is searching it loses the lease."""
    reason = reason.strip()
    if not reason or len(reason) > LONGEST:
        raise ReasonNeeded
    with transaction.atomic():
        task = _locked_task(task_id, officer)
        if task.state in (TaskState.DONE, TaskState.SKIPPED):
            raise NothingToDo
        task.state, task.error, task.next_at, task.finished_at = TaskState.SKIPPED, reason, None, now
        task.fencing += 1
        task.save()
        task.part_files.filter(current=True).update(current=False)
        unanswered(task, Outcome(CoverageState.SKIPPED, reason), attempt=task.attempt + 1, now=now)
        GapJustification.objects.update_or_create(
            dsr=task.dsr, gap=task.source_key, defaults={"reason": reason, "officer": officer, "at": now}
        )
        RequestEvent.objects.record(
            task.dsr, EventKind.GAP_JUSTIFIED, at=now, actor=officer, data={"gap": task.source_key}, text=reason
        )
        moves.look_at(task.dsr, now)
        ring_for(task.dsr.pk)
    destroy_parts(task, now)


def _locked_task(task_id: int, officer: User) -> SourceTask:
    """The task with its request locked. Raises unless this officer may act and the case still collects or reviews."""
    if not officer.may_act_on_cases:
        raise moves.NotAllowed
    task = SourceTask.objects.get(pk=task_id)
    dsr = moves.locked(task.dsr_id)
    task = SourceTask.objects.select_for_update().get(pk=task_id)
    task.dsr = dsr
    if not dsr.parts.filter(step__in=[Status.COLLECTING, Status.REVIEWING], right__in=BY_PACKAGE).exists():
        raise TooLate
    return task
