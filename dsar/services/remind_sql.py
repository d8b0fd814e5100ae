"""The sweep of reminders as SQL for both databases: thresholds are computed there, for all requests of a batch at once.

Measured (docs/benchmarks.md): an index on `remind_at` and INSERT … SELECT … ON CONFLICT DO NOTHING, never a loop over objects.
Only our own codes, whole numbers, dates and UUIDs are written into the text of a statement; all else is a parameter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from dsar.domain.reminders import ReminderPlan, begins_at, rules_of, task_rules_of
from dsar.domain.vocabulary import EventKind, PauseKind
from dsar.models.request import OPEN
from dsar.models.staff import ACTING_ROLES

HORIZON = 92  # days: whoever waits for a later threshold is looked at once in between


@dataclass(frozen=True)
class Batch:
    """What one batch is swept with. `managers` gives the address to escalate to for each source."""

    ids: Sequence[UUID]
    now: datetime
    day: date
    zone: str
    plan: ReminderPlan
    dpo: str
    deputy: str
    language: str  # of mails to those who have no account
    managers: Mapping[str, str]

    def parameters(self) -> dict[str, Any]:
        ops = connection.ops
        given: dict[str, Any] = {
            "now": ops.adapt_datetimefield_value(self.now),
            "day": ops.adapt_datefield_value(self.day),
            "horizon": ops.adapt_datefield_value(self.day + timedelta(days=HORIZON)),
            "dpo": self.dpo,
            "deputy": self.deputy,
            "language": self.language,
            "zone": self.zone,
        }
        for number, (source, email) in enumerate(self.managers.items()):
            given |= {f"source{number}": source, f"manager{number}": email}
        return given | ({} if _sqlite() else {"ids": list(self.ids)})


def at_once(batch: Batch) -> str:
    """PostgreSQL: stores, supersedes and writes when to look next in one statement, which computes the thresholds once.

    Returns (state, number, ids of letters); what older waiting mails were replaced comes under the state `replaced`.
    """
    return f"""
    WITH {_passing(batch)}, {_ranked()},
    stored AS ({_store()} RETURNING id, reference, kind, facts, state),
    later AS (
      SELECT reference, kind, facts->>'series' AS series, facts->>'threshold' AS threshold FROM stored WHERE state = 'waiting'
    ),
    replaced AS (
      UPDATE notifications_message SET state = 'superseded' FROM ({_older()}) old
      WHERE notifications_message.id = old.id AND {_waits("notifications_message")}  -- asked again: a relay may have it by now
      RETURNING 1
    ),
    {_looks(batch)},
    looked AS ({_look()})
    SELECT state, COUNT(*), ARRAY_AGG(id) FILTER (WHERE state = 'to_post') FROM stored GROUP BY state
    UNION ALL SELECT 'replaced', COUNT(*), NULL FROM replaced
    """  # noqa: S608  (see the head of this module)


def insert(batch: Batch) -> str:
    """SQLite: stores what is due."""
    return f"WITH {_passing(batch)}, {_ranked()} {_store()} RETURNING id, state"


def supersede() -> str:
    """SQLite: takes back what still waits of an older threshold than the mails `%(stored)s`, in the same series."""
    return f"""
    WITH later AS (
      SELECT reference, kind, facts->>'series' AS series, facts->>'threshold' AS threshold
      FROM notifications_message WHERE id IN (SELECT value FROM json_each(%(stored)s))
    )
    UPDATE notifications_message SET state = 'superseded' FROM later WHERE {_replaced("notifications_message")}
    """  # noqa: S608


def look_again(batch: Batch) -> str:
    """SQLite: writes when each request of the batch must be looked at next; null when nothing is to come."""
    return f"WITH {_passing(batch)}, {_looks(batch)} {_look()}"


def _ranked() -> str:
    """The thresholds that have passed; the latest of each series has the place 1."""
    return f"""ranked AS (
      SELECT passing.*,
        ROW_NUMBER() OVER (PARTITION BY id, series ORDER BY threshold DESC, ABS(days), base) AS place
      FROM passing WHERE threshold <= {_day()} AND kind <> ''
    )"""  # noqa: S608


def _store() -> str:
    """The latest threshold of each series to be sent, the older ones as superseded, each once for ever."""
    return f"""
    INSERT INTO notifications_message
      (id, kind, reference, occasion, recipient, language, key_name, content, facts, state, created_at, next_at,
       fencing, attempts, error)
    SELECT {_new_id()}, kind, reference, {_occasion()}, recipient, language, {_key_name()}, {_no_content()}, {_facts()},
      CASE WHEN place > 1 THEN 'superseded' WHEN recipient = '' THEN 'to_post' ELSE 'waiting' END,
      {_instant("now")}, {_instant("now")}, 0, 0, ''
    FROM ranked WHERE place >= 1 ORDER BY {_in_order()}
    ON CONFLICT (kind, reference, occasion) DO NOTHING
    """  # noqa: S608


def _in_order() -> str:
    """About as the unique index has them, which halves the time of the INSERT; by bytes, which sorts fastest."""
    return "kind, reference" if _sqlite() else 'kind COLLATE "C", reference COLLATE "C"'


def _older() -> str:
    """From each new mail to the old ones by the index on `reference`, whatever the statistics of an outbox just emptied say:
    a join that began at all that waits would compare it with each new mail."""
    return f"""
    SELECT found.id FROM later
    CROSS JOIN LATERAL (SELECT m.id FROM notifications_message m WHERE {_replaced("m")} OFFSET 0) found
    """  # noqa: S608


def _replaced(table: str) -> str:
    return f"""{table}.reference = later.reference AND {table}.kind = later.kind AND {_waits(table)}
      AND {table}.facts->>'series' = later.series AND {table}.facts->>'threshold' < later.threshold"""


def _waits(table: str) -> str:
    """Concatenated, so that the partial index on what waits, of any size since the last statistics, cannot serve."""
    return f"{table}.state || '' = 'waiting'"


def _looks(batch: Batch) -> str:
    """The next threshold of each request of the batch, and when each day begins; a request that was closed has none."""
    return f"""days (day, begins) AS (VALUES {_days(batch)}),
    looks AS (
      SELECT r.id AS id, MIN(passing.threshold) AS next
      FROM {_every(batch)} LEFT JOIN passing ON passing.id = r.id AND passing.threshold > {_day()}
      GROUP BY r.id
    )"""  # noqa: S608


def _look() -> str:
    return f"""
    UPDATE dsar_datasubjectrequest SET remind_at = days.begins
    FROM looks
    LEFT JOIN days ON days.day = CASE WHEN looks.next > {_date("horizon")} THEN {_date("horizon")} ELSE looks.next END
    WHERE dsar_datasubjectrequest.id = looks.id
    """  # noqa: S608


def _passing(batch: Batch) -> str:
    """Common table expressions that end in `passing`: every threshold of every open request of the batch."""
    rules = ", ".join(f"('{r.kind}', '{r.anchor.value}', {r.days:d}, '{r.code}')" for r in rules_of(batch.plan))
    tasks = ", ".join(f"('{r.kind}', {r.days:d}, '{r.code}')" for r in task_rules_of(batch.plan)) or "('', 0, '')"
    managers = ", ".join(f"(%(source{n})s, %(manager{n})s)" for n in range(len(batch.managers))) or "('', '')"
    return f"""
    rules (kind, anchor, days, code) AS (VALUES {rules}),
    task_rules (kind, days, code) AS (VALUES {tasks}),
    managers (source_key, email) AS (VALUES {managers}),
    claimed AS (
      SELECT r.id, r.reference, r.language AS person_language, r.careful_date, r.working_date, r.waiting_since, r.waiting_for,
        r.opened_at, {_local_date("r.received_at")} AS received_on,
        CASE WHEN r.delivery_email <> '' THEN r.delivery_email ELSE r.email END AS person,
        COALESCE(u.email, %(dpo)s) AS owner, COALESCE(u.language, %(language)s) AS owner_language,
        (r.waiting_since IS NOT NULL AND NOT COALESCE({_asked_late()}, '') IN ('true', '1')) AS frozen
      FROM dsar_datasubjectrequest r
      LEFT JOIN dsar_user u ON u.id = r.assigned_to_id AND u.is_active AND u.role IN ({_words(r.value for r in ACTING_ROLES)})
      WHERE {_among(batch, "r.id")} AND r.status IN ({_words(OPEN)})
    ),
    based AS (
      SELECT claimed.*, rules.kind, rules.anchor, rules.days, rules.code,
        CASE rules.anchor WHEN 'working' THEN working_date WHEN 'careful' THEN careful_date
          WHEN 'waiting' THEN waiting_since WHEN 'received' THEN received_on ELSE {_day()} END AS start_day
      FROM claimed CROSS JOIN rules
    ),
    given AS (
      SELECT claimed.id, claimed.reference, h.id AS task, h.owner_email, h.source_key, {_local_date("h.created_at")} AS given_on
      FROM claimed
      JOIN dsar_requestpart p ON p.dsr_id = claimed.id
      JOIN dsar_handtask h ON h.part_id = p.id AND h.confirmed_at IS NULL
    ),
    passing AS (
      SELECT id, reference, kind, kind AS series, code, days, 0 AS task,
        CASE WHEN anchor = 'day' THEN working_date ELSE start_day END AS base,
        {_plus("start_day", "days")} AS threshold,
        CASE kind WHEN 'deadline_reminder' THEN owner WHEN 'identity_reminder' THEN person ELSE %(deputy)s END AS recipient,
        CASE kind WHEN 'deadline_reminder' THEN owner_language WHEN 'identity_reminder' THEN person_language
          ELSE %(language)s END AS language
      FROM based
      WHERE start_day IS NOT NULL AND CASE anchor
        WHEN 'working' THEN NOT frozen
        WHEN 'careful' THEN frozen OR careful_date <> working_date
        WHEN 'day' THEN NOT frozen AND working_date < {_plus("start_day", "days")}
        WHEN 'waiting' THEN waiting_for = '{PauseKind.IDENTITY.value}'
        ELSE opened_at IS NULL END
      UNION ALL
      SELECT given.id, given.reference, t.kind, t.kind || ':' || CAST(given.task AS text), t.code, t.days, given.task,
        given.given_on, {_plus("given.given_on", "t.days")},
        CASE t.code WHEN 'task' THEN given.owner_email ELSE COALESCE(NULLIF(managers.email, ''), %(deputy)s) END, %(language)s
      FROM given CROSS JOIN task_rules t LEFT JOIN managers ON managers.source_key = given.source_key
    )
    """  # noqa: S608


def _sqlite() -> bool:
    return connection.vendor == "sqlite"


def _words(codes: Iterable[str]) -> str:
    return ", ".join(f"'{code}'" for code in codes)


def _among(batch: Batch, column: str) -> str:
    if _sqlite():
        return f"{column} IN ({_words(pk.hex for pk in batch.ids)})"
    return f"{column} = ANY(%(ids)s)"


def _every(batch: Batch) -> str:
    """The ids of the batch, as a table r."""
    if _sqlite():
        return f"(SELECT id FROM dsar_datasubjectrequest WHERE {_among(batch, 'id')}) r"  # noqa: S608
    return "unnest(%(ids)s) AS r (id)"


def _date(name: str) -> str:
    return f"%({name})s" if _sqlite() else f"CAST(%({name})s AS date)"


def _day() -> str:
    return _date("day")


def _instant(name: str) -> str:
    return f"%({name})s" if _sqlite() else f"CAST(%({name})s AS timestamptz)"


def _local_date(column: str) -> str:
    """The civil date at the seat; SQLite has it from a function that Django gives every connection."""
    if _sqlite():
        return f"django_datetime_cast_date({column}, %(zone)s, 'UTC')"
    return f"CAST({column} AT TIME ZONE %(zone)s AS date)"


def _plus(day: str, days: str) -> str:
    return f"date({day}, {days} || ' days')" if _sqlite() else f"({day} + {days})"


def _asked_late() -> str:
    """Whether the open question of a request left too late to stop its clock: no two of one kind are open at once."""
    return f"""CAST((
      SELECT e.data->>'late' FROM dsar_requestevent e
      WHERE e.dsr_id = r.id AND e.kind = '{EventKind.PAUSED.value}' AND e.data->>'kind' = r.waiting_for
      ORDER BY e.sequence DESC LIMIT 1) AS text)"""  # noqa: S608


def _new_id() -> str:
    return "lower(hex(randomblob(16)))" if _sqlite() else "gen_random_uuid()"


def _key_name() -> str:
    """`DataSubjectRequest.key_name`."""
    if not _sqlite():
        return "'requests/' || CAST(id AS text)"
    parts = " || '-' || ".join(f"substr(id, {start}, {length})" for start, length in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12)))
    return f"'requests/' || {parts}"


def _occasion() -> str:
    """The threshold and the date it belongs to: another date makes another occasion, and the same one is never told twice."""
    return """CASE WHEN code = 'late' THEN 'late:' || CAST(threshold AS text) ELSE code || ':' || CAST(ABS(days) AS text) END
      || ':' || CAST(base AS text) || CASE WHEN task > 0 THEN ':' || CAST(task AS text) ELSE '' END"""


def _facts() -> str:
    pairs = """'rule', code, 'days', days, 'date', CAST(base AS text), 'threshold', CAST(threshold AS text), 'series', series,
      'task', task"""
    return f"json_object({pairs})" if _sqlite() else f"jsonb_build_object({pairs})"


def _no_content() -> str:
    return "x''" if _sqlite() else "''::bytea"


def _days(batch: Batch) -> str:
    rows = []
    for ahead in range(1, HORIZON + 1):
        day = batch.day + timedelta(days=ahead)
        begins = begins_at(day, zone=batch.zone, from_hour=batch.plan.from_hour)
        if _sqlite():
            rows.append(f"('{day.isoformat()}', '{connection.ops.adapt_datetimefield_value(begins)}')")
        else:
            rows.append(f"(DATE '{day.isoformat()}', TIMESTAMPTZ '{begins.isoformat()}')")
    return ", ".join(rows)
