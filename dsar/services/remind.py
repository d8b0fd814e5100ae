"""The sweep of reminders: finds by date whom to write to, stores each mail once, and writes it when it leaves.

Nothing is scheduled: after an outage the sweep tells the latest threshold that has passed and marks the older ones superseded;
run twice, by two, or under a clock that jumps, it stores nothing twice (SECURITY R2, R10, R11, R13).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from django.db import connection, transaction

from dsar.controller import controller
from dsar.domain.reminders import reminder_day
from dsar.models import DataSubjectRequest, User
from dsar.models.request import OPEN
from dsar.services import acknowledge, digest, looks, remind_sql, remind_words
from dsar.services.bell import ring
from identity import vault
from notifications.models import Message, MessageState
from notifications.outbox import written_content

BATCH = 5_000
MOST_BATCHES = 40  # a run ends before the next one is due; what is left is found then

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class SweepReport:
    """What one sweep did: requests looked at, mails and letters to be sent, older ones superseded."""

    looked_at: int = 0
    stored: int = 0
    superseded: int = 0


def sweep(now: datetime, *, batch: int = BATCH) -> SweepReport:
    """Store every reminder that is due. Safe to run twice and by two at once: each takes the requests that nobody holds."""
    looked_at, states = 0, Counter[str]()
    for _ in range(MOST_BATCHES):
        with transaction.atomic():
            found, told = _sweep_batch(now, batch)
        looked_at += found
        states += told
        if found < batch:
            break
    stored = states[MessageState.WAITING] + states[MessageState.TO_POST]
    if stored:
        ring("relay_messages")
    return SweepReport(looked_at, stored, states[MessageState.SUPERSEDED])


def _sweep_batch(now: datetime, size: int) -> tuple[int, Counter[str]]:
    features = connection.features
    due = DataSubjectRequest.objects.select_for_update(
        skip_locked=features.has_select_for_update_skip_locked, no_key=features.has_select_for_no_key_update
    )
    ids = list(due.filter(remind_at__lte=now).order_by("remind_at").values_list("pk", flat=True)[:size])
    if not ids:
        return 0, Counter()
    batch = _batch(ids, now)
    told, letters = _store_sqlite(batch) if connection.vendor == "sqlite" else _store_at_once(batch)
    _write_letters(letters, now)
    return len(ids), told


def _store_at_once(batch: remind_sql.Batch) -> tuple[Counter[str], list[UUID]]:
    """How many of each state, and the letters among them."""
    with connection.cursor() as cursor:
        # The ids are known: a walk over the whole table, or compiling the plan, costs more than the batch, which sorts in memory.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL jit = off; SET LOCAL work_mem = '32MB'")
        cursor.execute(remind_sql.at_once(batch), batch.parameters())
        lines: Sequence[tuple[str, int, list[UUID] | None]] = cursor.fetchall()
        cursor.execute("SET LOCAL enable_seqscan = DEFAULT; SET LOCAL jit = DEFAULT; SET LOCAL work_mem = DEFAULT")
    told = Counter({state: number for state, number, _ in lines})
    told[MessageState.SUPERSEDED] += told.pop("replaced")
    return told, [pk for *_, letters in lines for pk in letters or ()]


def _store_sqlite(batch: remind_sql.Batch) -> tuple[Counter[str], list[UUID]]:
    """The same in three statements: SQLite has none that changes two tables."""
    parameters = batch.parameters()
    with connection.cursor() as cursor:
        cursor.execute(remind_sql.insert(batch), parameters)
        stored: Sequence[tuple[str, str]] = cursor.fetchall()
        told = Counter(state for _, state in stored)
        if waiting := [pk for pk, state in stored if state == MessageState.WAITING]:
            cursor.execute(remind_sql.supersede(), {"stored": json.dumps(waiting)})
            told[MessageState.SUPERSEDED] += cursor.rowcount
        cursor.execute(remind_sql.look_again(batch), parameters)
    return told, [UUID(pk) for pk, state in stored if state == MessageState.TO_POST]


def _batch(ids: Sequence[UUID], now: datetime) -> remind_sql.Batch:
    who = controller()
    return remind_sql.Batch(
        ids=ids,
        now=now,
        day=reminder_day(now, zone=who.seat_time_zone, from_hour=who.reminders.from_hour),
        zone=who.seat_time_zone,
        plan=who.reminders,
        dpo=who.dpo.email,
        deputy=who.deputy.email,
        language=who.languages[0],
        managers={source.key: source.manager_email or source.deputy_email for source in who.sources.values()},
    )


def _write_letters(ids: Sequence[UUID], now: datetime) -> None:
    """A letter is written at once, since somebody prints it; few people without an e-mail address are ever reminded."""
    for message in Message.objects.filter(pk__in=ids):
        context = remind_words.context(message, now=now)
        if context is None:
            message.state = MessageState.SUPERSEDED
        else:
            content = written_content(message.kind, message.language, context)
            message.content = vault.seal_text(message.key_name, remind_words.as_json(content))
        message.save(update_fields=["state", "content"])


def written(message: Message, *, now: datetime) -> Mapping[str, object] | None:
    """What a mail of ours says as of `now`, or None when nothing is left to say: answered, opened, confirmed, a new date."""
    if message.kind in (acknowledge.ONE, acknowledge.KIND):
        return acknowledge.written(message, now=now)
    if message.kind == digest.KIND:
        return digest.context(message, now=now)
    if message.kind == looks.KIND:
        return looks.context(message)
    return remind_words.context(message, now=now)


def note_opened(*, dsr_id: UUID, officer: User, now: datetime) -> None:
    """Remember that somebody who may act has looked at the case: it is no longer one that nobody has opened."""
    if officer.may_act_on_cases:
        DataSubjectRequest.objects.filter(pk=dsr_id, opened_at__isnull=True, status__in=OPEN).update(opened_at=now)
