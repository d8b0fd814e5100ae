"""Whether the product works on its own: when its loops last ran, and what waits for them (SECURITY R16)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Min, Q

from dsar.models import DataSubjectRequest, Heartbeat, SourceTask
from notifications.models import Message, MessageState

LOOPS = ("advance_requests", "relay_messages", "send_reminders")
SILENCE = timedelta(minutes=5)  # five rounds of the slower ones
_started = time.monotonic()


@dataclass(frozen=True)
class Standstill:
    """Which loops are silent, and how long the oldest mail and the oldest task have been waiting."""

    loops: tuple[str, ...]
    since: datetime | None  # the last sign of life of the one that is silent longest
    oldest_mail: timedelta | None
    oldest_task: timedelta | None


def silent_loops(now: datetime) -> tuple[str, ...]:
    """The loops that did not run for five minutes.

    One that never ran since the product was installed has five minutes from the start of this process. One that ran before
    has none: whoever restarts the web process does not make a dead scheduler look alive. A sign of life from the future, left
    by a clock that has been set back since, is none.
    """
    loops = (*LOOPS, "poll_mailbox") if settings.IMAP_HOST else LOOPS
    heard = dict(Heartbeat.objects.filter(name__in=loops).values_list("name", "at"))
    starting = time.monotonic() - _started < SILENCE.total_seconds()
    return tuple(name for name in loops if (abs(now - heard[name]) > SILENCE if name in heard else not starting))


def standstill(now: datetime) -> Standstill | None:
    """What the banner of the back office says; None while all loops run."""
    loops = silent_loops(now)
    if not loops:
        return None
    heard = dict(Heartbeat.objects.filter(name__in=loops).values_list("name", "at"))
    mail = Message.objects.filter(state__in=[MessageState.WAITING, MessageState.SENDING], next_at__lte=now)
    tasks = SourceTask.objects.filter(Q(state__in=["waiting", "running"]), next_at__lte=now)
    oldest_mail = mail.aggregate(at=Min("next_at"))["at"]
    looks = (DataSubjectRequest.objects.filter(next_at__lte=now).aggregate(at=Min("next_at"))["at"],)
    oldest_task = min((at for at in (tasks.aggregate(at=Min("next_at"))["at"], *looks) if at), default=None)
    return Standstill(
        loops=loops,
        since=min((heard[name] for name in loops if name in heard), default=None),
        oldest_mail=now - oldest_mail if oldest_mail else None,
        oldest_task=now - oldest_task if oldest_task else None,
    )
