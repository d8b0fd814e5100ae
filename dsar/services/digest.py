"""The daily digest: one mail a day to each officer who wants it, in their language, and only when there is something."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from dsar.controller import controller
from dsar.domain.reminders import reminder_day
from dsar.models import Heartbeat, User
from dsar.models.staff import ACTING_ROLES
from dsar.selectors import duties, today_at_seat
from dsar.services import looks
from dsar.services.bell import ring
from dsar.services.tell import absolute, common
from notifications.models import Message

KIND = "daily_digest"
PREFIX = "staff-"
KEPT = timedelta(days=30)


@transaction.atomic
def store_digests(now: datetime) -> int:
    """Once a day, from the plan's hour on; the content is written when each leaves. Returns how many were stored."""
    who = controller()

    def day_of(instant: datetime) -> str:
        return reminder_day(instant, zone=who.seat_time_zone, from_hour=who.reminders.from_hour).isoformat()

    day = day_of(now)
    last = Heartbeat.objects.select_for_update().filter(name=KIND).first()
    if last is not None and day_of(last.at) == day:
        return 0
    officers = User.objects.filter(is_active=True, wants_digest=True, role__in=[role.value for role in ACTING_ROLES])
    wanted = [user for user in officers if duties(user, today=today_at_seat(now))]
    stored = Message.objects.bulk_create(
        [
            Message(
                kind=KIND,
                reference=f"{PREFIX}{user.pk}",
                occasion=day,
                recipient=user.email,
                language=user.language,
                key_name="",  # of no request: what it says is written when it leaves and not kept
                facts={"date": day, "series": KIND, "threshold": day},
                created_at=now,
                next_at=now,
            )
            for user in wanted
        ],
        ignore_conflicts=True,
    )
    Heartbeat.objects.update_or_create(name=KIND, defaults={"at": now})
    if stored:
        ring("relay_messages")
    return len(stored)


def forget_old(now: datetime) -> int:
    """Digests say which cases an officer had, alarms who opened how many files; nobody needs the mail a month later."""
    return Message.objects.filter(kind__in=(KIND, looks.KIND), created_at__lt=now - KEPT).delete()[0]


def context(message: Message, *, now: datetime) -> Mapping[str, Any] | None:
    """What this officer has to do as of `now`; None when nothing is left, the day is over, or they no longer want it."""
    pk = message.reference.removeprefix(PREFIX)
    user = User.objects.filter(pk=pk, is_active=True, wants_digest=True).first() if pk.isdigit() else None
    today = today_at_seat(now)
    if user is None or message.facts["date"] != today.isoformat():
        return None
    found = duties(user, today=today)
    if not found:
        return None
    return {
        **common("", message.language),
        "day": today,
        "late": found.late,
        "late_count": found.late_count,
        "soon": found.soon,
        "soon_count": found.soon_count,
        "tasks": found.tasks,
        "approvals": found.approvals,
        "queue_url": absolute("backoffice:queue", message.language),
    }
