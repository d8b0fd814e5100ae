"""The bell: tells a worker to look now. The database stays the queue of record: a broken bell costs a minute, nothing else."""

from functools import partial
from uuid import UUID

import structlog
from celery import current_app
from django.db import transaction

logger = structlog.get_logger(__name__)


def ring(task: str, **ids: UUID | int | str) -> None:
    """After the transaction commits, ask for `dsar.tasks.<task>` by ids only; a broker that is down is logged and ignored."""
    transaction.on_commit(partial(_send, task, {name: str(value) for name, value in ids.items()}))


def ring_for(dsr_id: UUID) -> None:
    """Ask a worker to look at this request now."""
    ring("advance_request", dsr_id=dsr_id)


def _send(task: str, ids: dict[str, str]) -> None:
    try:
        current_app.send_task(f"dsar.tasks.{task}", kwargs=ids, retry=False, ignore_result=True)
    except Exception as error:  # any broker, any reason: the sweep of the next minute finds the work
        logger.warning("bell not heard", task=task, reason=type(error).__name__)
