"""Lets a person read before anything leaves: gaps of the search, the collected rows, notes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.storage import storages
from django.db import transaction

from dsar.domain.errors import DsarError
from dsar.domain.vocabulary import EventKind
from dsar.models import DataSubjectRequest, GapJustification, PartFile, RequestEvent, SourceTask, User
from dsar.selectors import gaps
from dsar.services import moves
from identity import vault

LONGEST_REASON = 500


class GapsLeft(DsarError):
    """Something was not searched, or a column is mapped by nobody: fail closed."""

    fr = "La recherche a des trous : {gaps}. Complétez-la, ou justifiez chaque absence, puis décidez."
    en = "The search has gaps: {gaps}. Complete it, or justify each omission, then decide."


class NoSuchGap(DsarError):
    fr = "Il n’y a plus rien à justifier ici. Rechargez le dossier."
    en = "There is nothing left to justify here. Reload the case."


class ReasonNeeded(DsarError):
    fr = "Écrivez la raison, en 500 caractères au plus : elle figurera au dossier et dans la copie remise."
    en = "Write the reason, in at most 500 characters: it will stand on the case and in the copy handed over."


class RowsGone(DsarError):
    fr = "Ces données ne sont plus conservées ici. Relancez la collecte pour les relire."
    en = "These rows are no longer kept here. Collect again to read them."


def require_no_gaps(dsr: DataSubjectRequest) -> None:
    """Raise `GapsLeft` while an unjustified gap remains."""
    left = [gap.label for gap in gaps(dsr) if gap.justified is None]
    if left:
        raise GapsLeft(gaps=", ".join(left))


def flags(dsr: DataSubjectRequest) -> tuple[str, ...]:
    """What makes a release need a second person: a part left out, a mailbox that several people share, a namesake."""
    found = []
    if any(gap.justified for gap in gaps(dsr)):
        found.append("gap_justified")
    if any(task.plan.get("several_people") for task in dsr.source_tasks.all()):
        found.append("several_people")
    if SourceTask.objects.filter(dsr=dsr, namesakes__gt=0).exists() and not dsr.email_confirmed_at:
        found.append("namesake_without_proven_address")
    return tuple(found)


@transaction.atomic
def justify_gap(*, dsr_id: UUID, officer: User, gap: str, reason: str, now: datetime) -> None:
    """A named person answers for leaving this out; the reason goes into the package's list of searches."""
    dsr = moves.locked(dsr_id)
    if not officer.may_act_on_cases:
        raise moves.NotAllowed
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise ReasonNeeded
    if gap not in {known.key for known in gaps(dsr)}:
        raise NoSuchGap
    GapJustification.objects.update_or_create(dsr=dsr, gap=gap, defaults={"reason": reason, "officer": officer, "at": now})
    RequestEvent.objects.record(dsr, EventKind.GAP_JUSTIFIED, at=now, actor=officer, data={"gap": gap[:120]}, text=reason)


def view_rows(*, part_file_id: int, officer: User, now: datetime, limit: int = 50) -> list[dict[str, Any]]:
    """The first rows of a collection for the reviewer; the look is recorded before a byte is read."""
    part = PartFile.objects.select_related("task__dsr").get(pk=part_file_id)
    if not officer.may_read_cases:
        raise moves.NotAllowed
    with transaction.atomic():
        RequestEvent.objects.record(
            moves.locked(part.task.dsr_id),
            EventKind.DATA_VIEWED,
            at=now,
            actor=officer,
            data={"collection": part.collection, "rows": min(limit, part.rows)},
        )
    if not part.path or part.destroyed_at:
        raise RowsGone
    return _first_rows(vault.open_stream(storage=storages["objects"], path=part.path, key_name=part.key_name), limit)


def _first_rows(chunks: Iterator[bytes], limit: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        rows.extend(json.loads(line) for line in lines if line)
        if len(rows) >= limit:
            return rows[:limit]
    if rest:
        rows.append(json.loads(rest))
    return rows[:limit]


@transaction.atomic
def note(*, dsr_id: UUID, officer: User, words: str, now: datetime) -> None:
    """An internal note; it may be disclosed in an inspection, so the page says so."""
    dsr = moves.locked(dsr_id)
    words = words.strip()
    if not officer.may_act_on_cases:
        raise moves.NotAllowed
    if not words or len(words) > 2000:
        raise ReasonNeeded
    RequestEvent.objects.record(dsr, EventKind.NOTE, at=now, actor=officer, text=words)


@transaction.atomic
def look_at_address(*, dsr_id: UUID, officer: User, now: datetime) -> str:
    """The person's address in full for an officer; the look is recorded first."""
    dsr = moves.locked(dsr_id)
    if not officer.may_read_cases:
        raise moves.NotAllowed
    RequestEvent.objects.record(dsr, EventKind.DATA_VIEWED, at=now, actor=officer, data={"collection": "request.email"})
    return dsr.answer_email
