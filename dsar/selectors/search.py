"""How the search of the systems went: what was found, and every gap that an answer would miss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dsar.domain.vocabulary import (
    CoverageState,
    TaskState,
)
from dsar.models import (
    DataSubjectRequest,
    GapJustification,
    PartFile,
    SourceTask,
)


@dataclass(frozen=True)
class Gap:
    """Something that the answer would miss. `kind` is failed, unmapped_table, unmapped_column or left_out."""

    key: str
    label: str
    kind: str
    reason: str
    justified: GapJustification | None


def gaps(dsr: DataSubjectRequest) -> tuple[Gap, ...]:
    """Every gap of the search, justified or not, in a stable order."""
    reasons = {justification.gap: justification for justification in dsr.gap_justifications.all()}
    return tuple(
        Gap(key=key, label=label, kind=kind, reason=reason, justified=reasons.get(key))
        for key, label, kind, reason in sorted(_found_gaps(dsr))
    )


def _found_gaps(dsr: DataSubjectRequest) -> Iterator[tuple[str, str, str, str]]:
    for task in dsr.source_tasks.all():
        if task.state == TaskState.FAILED:
            yield task.source_key, task.source_key, "failed", task.error
        elif task.state == TaskState.SKIPPED:
            yield task.source_key, task.source_key, "left_out", task.error
        for part in _current_files(task):
            key = f"{task.source_key}/{part.collection}"
            if part.state == CoverageState.UNMAPPED:
                yield key, part.collection, "unmapped_table", part.reason
            elif part.state == CoverageState.FAILED and task.state != TaskState.FAILED:
                yield key, part.collection, "failed", part.reason
            for column in part.unmapped:
                yield f"{key}.{column}", f"{part.collection}.{column}", "unmapped_column", ""


def _current_files(task: SourceTask) -> list[PartFile]:
    """Of the attempt that counts; a list of many requests brings them along."""
    fetched: list[PartFile] | None = task.__dict__.get("current_files")
    return list(task.part_files.filter(current=True)) if fetched is None else fetched


def current_part_files(dsr: DataSubjectRequest) -> list[PartFile]:
    """The part files of the attempt that counts, by collection."""
    return list(PartFile.objects.filter(task__dsr=dsr, current=True).select_related("task").order_by("collection"))


def rows_found(dsr: DataSubjectRequest) -> int:
    """Rows of all collections that the search found."""
    files = PartFile.objects.filter(task__dsr=dsr, current=True, state=CoverageState.FOUND)
    return sum(files.values_list("rows", flat=True))
