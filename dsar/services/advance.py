"""Brings a request forward as far as it can go without a person; safe to run twice, and at any time."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction

from dsar.domain.vocabulary import PackageState, Status, TaskState
from dsar.models import DataSubjectRequest, Package, SourceTask
from dsar.services import collect, execute, ladder, moves, package, represented, verify
from dsar.services.bell import ring

logger = structlog.get_logger(__name__)

AGAIN = timedelta(minutes=5)  # after an unexpected failure


def advance(*, dsr_id: UUID, now: datetime) -> None:
    """Recognise, start the search, finish it, order the package: each by its own verb, each only when due."""
    DataSubjectRequest.objects.filter(pk=dsr_id, next_at__isnull=False).update(next_at=now + AGAIN)
    verify.match_on_file(dsr_id=dsr_id, now=now)
    ladder.send_wanted_code(dsr_id=dsr_id, now=now)
    represented.tell_person(dsr_id=dsr_id, now=now)
    dsr = DataSubjectRequest.objects.get(pk=dsr_id)
    if dsr.parts.filter(step=Status.COLLECTING).exists():
        if not dsr.source_tasks.exists():
            collect.start_collection(dsr_id=dsr_id, now=now)
        else:
            collect.finish_collection(dsr_id=dsr_id, now=now)
    if execute.waiting_for_package(dsr_id) and not _under_way(dsr_id):
        package.request_package(dsr_id=dsr_id, now=now)
    _settle_next(dsr_id)
    for task in SourceTask.objects.filter(dsr_id=dsr_id, state=TaskState.WAITING, next_at__lte=now):
        ring("collect_source", task_id=task.pk)
    for built in Package.objects.filter(dsr_id=dsr_id, state=PackageState.BUILDING, next_at__lte=now):
        ring("build_package", package_id=built.pk)


def _under_way(dsr_id: UUID) -> bool:
    states = [PackageState.BUILDING, PackageState.READY, PackageState.RELEASED, PackageState.FAILED]
    return Package.objects.filter(dsr_id=dsr_id, state__in=states).exists()


@transaction.atomic
def _settle_next(dsr_id: UUID) -> None:
    """Nothing more to do without a person or a worker: the finder leaves the request alone until something happens."""
    dsr = moves.locked(dsr_id)
    open_work = dsr.parts.filter(step=Status.COLLECTING).exists() and not dsr.source_tasks.exists()
    if not open_work:
        dsr.next_at = None
        dsr.save(update_fields=["next_at"])
