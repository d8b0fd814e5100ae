"""Our own lists in the package: what was searched, what is masked, which documents are enclosed."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import UTC

from dsar.packaging.columns import Table
from dsar.packaging.csv_json import BOM, Dialect, Outcome, guarded
from dsar.packaging.inputs import PackageFacts
from dsar.packaging.words import words

SEARCHES = ("source", "collection", "at", "by", "state", "rows", "reason")
REDACTIONS = ("category", "field", "cells", "reason")
DOCUMENTS = ("file", "name", "date", "source", "category")


def columns(kind: str, names: Sequence[str], language: str) -> list[str]:
    return [words(language)[f"{kind}_{name}"] for name in names]


def searches(facts: PackageFacts) -> bytes:
    """Every source searched, when, by whom (a role), with what result."""
    word = words(facts.language)
    lines = [
        (
            line.source.in_language(facts.language),
            line.collection,
            line.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if line.at else "",
            word.get(f"role_{line.by_role}", line.by_role),
            word[f"state_{line.state}"],
            str(line.rows),
            line.reason,
        )
        for line in facts.searched
    ]
    return _csv(columns("search", SEARCHES, facts.language), lines, facts.language)


def redactions(facts: PackageFacts, outcomes: Sequence[tuple[Table, Outcome]]) -> bytes:
    """Where, how many, why; never what."""
    word = words(facts.language)
    lines = []
    for table, outcome in outcomes:
        for column in table.columns:
            if count := outcome.masked_by_column.get(column.key, 0):
                label = column.label.in_language(facts.language)
                lines.append((table.category.label.in_language(facts.language), label, str(count), word["redaction_why"]))
    return _csv(columns("redaction", REDACTIONS, facts.language), lines, facts.language)


def documents(language: str) -> bytes:
    """The header alone until sources bring documents."""
    return _csv(columns("document", DOCUMENTS, language), [], language)


def _csv(header: Sequence[str], lines: Sequence[Sequence[str]], language: str) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=Dialect.for_reader(language).delimiter, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([guarded(cell) for cell in line] for line in lines)
    return BOM + text.getvalue().encode()
