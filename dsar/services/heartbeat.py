"""Signs of life of the loops, and the log line when the clock has jumped between two of them."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from dsar.models import Heartbeat

BACKWARD = timedelta(seconds=30)  # clocks of two machines may differ by seconds
FORWARD = timedelta(minutes=5)

logger = structlog.get_logger(__name__)


def beat(name: str, now: datetime) -> None:
    """Note that the loop `name` ran at `now`; /healthz listens."""
    last = Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()
    if last is not None and now < last - BACKWARD:
        logger.warning("the clock was set back", loop=name, seconds=round((last - now).total_seconds()))
    elif last is not None and now > last + FORWARD:
        # Nobody can tell the two apart afterwards: either way whatever fell due in between is told now.
        logger.warning("the loop was silent, or the clock jumped ahead", loop=name, seconds=round((now - last).total_seconds()))
    Heartbeat.objects.update_or_create(name=name, defaults={"at": now})
