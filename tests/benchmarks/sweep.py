"""The sweep of reminders among a million open requests, against a plain INSERT … SELECT of as many rows in the same run.

`make bench` runs it; alone, `.venv/bin/python tests/benchmarks/sweep.py` replaces its section of docs/benchmarks.md.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

BASE = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(BASE))
from tests.benchmarks.harness import product, write_section  # noqa: E402

OPEN, CLOSED, DUE, TOLD_BEFORE, ROUNDS = 1_000_000, 200_000, 10_000, 100_000, 3
NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
HEADING = "# The sweep of reminders, measured"


def main() -> None:
    with product("sweep"):
        write_section(HEADING, report(measure()))


def measure() -> dict[str, Any]:
    started = time.perf_counter()
    fill()
    built = time.perf_counter() - started
    rounds = [one_round() for _ in range(ROUNDS)]
    return {"built": built, "rounds": rounds, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def rows_of(model: Any, values: dict[str, str], source: str) -> str:
    """INSERT … SELECT into every column of a model; a column that is not named gets its empty value."""
    empty = {"JSONField": "'{}'::jsonb", "BooleanField": "false", "BinaryField": "''::bytea"}
    numbers = ("IntegerField", "PositiveIntegerField", "PositiveSmallIntegerField")
    columns = []
    for one in model._meta.concrete_fields:
        kind = one.get_internal_type()
        usual = "NULL" if one.null else "0" if kind in numbers else empty.get(kind, "''")
        columns.append((one.column, values.get(one.column, usual)))
    names, wanted = (", ".join(part) for part in zip(*columns, strict=True))
    return f"INSERT INTO {model._meta.db_table} ({names}) SELECT {wanted} FROM {source}"


def fill() -> None:
    """Open requests with 30 to 90 days left, of which the first 10,000 stand on the 10, 5 and 2 days before their date."""
    from django.db import connection

    from dsar.models import DataSubjectRequest
    from notifications.models import Message

    today = f"DATE '{NOW.date()}'"
    soon = f"CASE n % 3 WHEN 0 THEN {today} + 10 WHEN 1 THEN {today} + 5 ELSE {today} + 2 END"
    due = f"CASE WHEN n <= {DUE} THEN {soon} ELSE {today} + 30 + n % 60 END"
    usual = {
        "id": "gen_random_uuid()",
        "channel": "'form'",
        "language": "'fr'",
        "received_at": f"TIMESTAMPTZ '{NOW.isoformat()}' - interval '20 days'",
        "opened_at": f"TIMESTAMPTZ '{NOW.isoformat()}'",
        "subject_kind": "'self'",
        "tie": "'other'",
    }
    with connection.schema_editor() as editor:  # indexes are made faster at once than row by row
        for index in DataSubjectRequest._meta.indexes:
            editor.remove_index(DataSubjectRequest, index)
    with connection.cursor() as cursor:
        for first, last, status in ((1, OPEN, "received"), (OPEN + 1, OPEN + CLOSED, "closed")):
            day = due if status == "received" else f"{today} - 90 - (n % 900)::int"
            look = f"CASE WHEN n <= {DUE} THEN {today} + TIME '06:00' ELSE ({day}) - 10 + TIME '06:00' END"
            values = usual | {
                "status": f"'{status}'",
                "reference": "'CE-' || n",
                "careful_date": day,
                "working_date": day,
                "legal_limit": day,
                "remind_at": f"({look}) AT TIME ZONE 'UTC'" if status == "received" else "NULL",
            }
            cursor.execute(rows_of(DataSubjectRequest, values, f"generate_series({first}, {last}) AS n"))
        sent = {
            "id": "gen_random_uuid()",
            "kind": "'acknowledgement'",
            "reference": "'CE-' || n",
            "occasion": "'once'",
            "language": "'fr'",
            "state": "'sent'",
            "created_at": f"TIMESTAMPTZ '{NOW.isoformat()}' - interval '20 days'",
            "next_at": f"TIMESTAMPTZ '{NOW.isoformat()}' - interval '20 days'",
        }
        cursor.execute(rows_of(Message, sent, f"generate_series(1, {TOLD_BEFORE}) AS n"))
    with connection.schema_editor() as editor:
        for index in DataSubjectRequest._meta.indexes:
            editor.add_index(DataSubjectRequest, index)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def one_round() -> dict[str, float]:
    """Floor, sweep, and a sweep that finds nothing, one after the other; then everything is as it was."""
    from django.db import connection

    from dsar.models import DataSubjectRequest
    from dsar.services import remind
    from notifications.models import Message

    found = {"floor": floor(connection)}
    started = time.perf_counter()
    swept = remind.sweep(NOW)
    found["sweep"] = time.perf_counter() - started
    told = Message.objects.filter(kind="deadline_reminder", state="waiting").values("reference").distinct().count()
    if (swept.looked_at, told) != (DUE, DUE):
        raise SystemExit(f"{swept} and {told} owners told, where {DUE} were due")
    found["stored"], found["superseded"] = swept.stored, swept.superseded
    times = []
    for _ in range(20):
        started = time.perf_counter()
        if remind.sweep(NOW + timedelta(minutes=1)).looked_at:
            raise SystemExit("something was found twice")
        times.append(time.perf_counter() - started)
    found["nothing"] = median(times)
    Message.objects.exclude(kind="acknowledgement").delete()
    last = date.fromordinal(NOW.date().toordinal() + 10)
    DataSubjectRequest.objects.filter(status="received", working_date__lte=last).update(remind_at=NOW - timedelta(hours=3))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM notifications_message")
    return found


def floor(connection: Any) -> float:
    """The same number of rows, of the same width and into the same indexes, with nothing to compute, once."""
    from notifications.models import Message

    values = {
        "id": "gen_random_uuid()",
        "kind": "'floor'",
        "reference": "reference",
        "occasion": "'due:10:2026-03-20'",
        "recipient": "'dpo@cesi.example'",
        "language": "'fr'",
        "key_name": "'requests/' || id::text",
        "facts": """'{"rule": "due", "days": 10, "date": "2026-03-20", "series": "deadline_reminder"}'::jsonb""",
        "state": "'waiting'",
        "created_at": "now()",
        "next_at": "now()",
    }
    with connection.cursor() as cursor:
        started = time.perf_counter()
        cursor.execute(rows_of(Message, values, f"(SELECT id, reference FROM dsar_datasubjectrequest LIMIT {DUE}) AS n"))
        spent = time.perf_counter() - started
    Message.objects.filter(kind="floor").delete()
    return spent


def report(results: dict[str, Any]) -> str:
    rounds = results["rounds"]
    lines = [
        HEADING,
        "",
        f"{OPEN:,} open requests and {CLOSED:,} closed ones in PostgreSQL (fsync off) on this machine, {os.cpu_count()} cores",
        f"with other work at a load of {os.getloadavg()[1]:.1f}; {DUE:,} requests stand 10, 5 or 2 days before their date.",
        f"Medians of {ROUNDS} rounds (lowest to highest), the ratio taken within each round. The floor stores {DUE:,} mails",
        "by a plain INSERT … SELECT; the sweep claims, computes, stores, supersedes and writes when to look next.",
        "",
        "| what | seconds | x floor |",
        "|---|---|---|",
    ]
    for label, name in (("floor", "floor"), (f"sweep, {DUE:,} due", "sweep"), ("sweep, nothing due", "nothing")):
        spent = sorted(one[name] for one in rounds)
        ratio = median(one[name] / one["floor"] for one in rounds)
        digits = 4 if name == "nothing" else 2
        span = f"{spent[0]:.{digits}f} to {spent[-1]:.{digits}f}"
        lines.append(f"| {label} | {median(spent):.{digits}f} ({span}) | {'1' if name == 'floor' else f'{ratio:.3g}'} |")
    one = rounds[-1]
    lines += [
        "",
        f"A sweep stores {int(one['stored']) + int(one['superseded']):,} rows: {DUE:,} mails to owners, "
        f"{int(one['stored']) - DUE:,} to the deputy, {int(one['superseded']):,} older thresholds as superseded. "
        f"{DUE / median(r['sweep'] for r in rounds):,.0f} requests a second; peak memory of the process "
        f"{results['memory']:.0f} MB.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
