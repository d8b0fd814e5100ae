"""synthese.pdf: every category on paper, long lists capped with a pointer to the file that has them whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dsar.packaging.columns import Table
from dsar.packaging.csv_json import Outcome
from dsar.packaging.display import display, is_mask, layout_of
from dsar.packaging.inputs import PackageFacts
from dsar.packaging.pdf import render_pdf
from dsar.packaging.register_text import category_text
from dsar.packaging.rows import exact_json
from dsar.packaging.selection import shares
from dsar.packaging.texts import render
from dsar.packaging.words import NO_BREAK, listed, long_date, number, period, words

MOST_OF_A_LIST = 200
MOST_ROWS = 300  # of the whole summary, about 17 pages; WeasyPrint needs 5 MB and 40 ms a page
_LONGEST_VALUE = 500


def summary(facts: PackageFacts, shown: Sequence[tuple[Table, Outcome, Sequence[bytes]]], empty: Sequence[Table]) -> bytes:
    """`shown` brings each table with the rows kept for the viewer, newest first."""
    language, word = facts.language, words(facts.language)
    given = shares([min(MOST_OF_A_LIST, len(lines)) for _, _, lines in shown], MOST_ROWS)
    sections = [_section(facts, *one, most=most) for one, most in zip(shown, given, strict=True)]
    nothing = listed([table.category.label.in_language(language) for table in empty], language)
    context = {
        "language": language,
        "title": word["s_title"],
        "intro": word["s_intro"],
        "contents": word["s_contents"],
        "word": word,
        "controller": facts.controller,
        "reference": facts.reference,
        "name": facts.data_subject_name,
        "day": long_date(facts.answered_on, language),
        "day_iso": facts.answered_on.isoformat(),
        "page": word["page"],
        "of": word["of"],
        "sections": sections,
        "nothing": word["s_empty"].format(what=nothing) if nothing else "",
    }
    return render_pdf(render("package/summary.html", context), identifier=f"{facts.reference}/{facts.package_id}/summary")


def _section(facts: PackageFacts, table: Table, outcome: Outcome, lines: Sequence[bytes], *, most: int) -> dict[str, Any]:
    language, word = facts.language, words(facts.language)
    text = category_text(table.category, facts.controller, language)
    layout = layout_of(table)
    rows = [exact_json(line) for line in lines[:most]]
    more = ""
    if len(rows) < outcome.rows:
        key = "s_more" if layout.date >= 0 else "s_more_undated"
        file = f"data/{table.category.key}.csv"
        more = word[key].format(m=number(len(rows), language), n=number(outcome.rows, language), file=file)
    return {
        "key": table.category.key,
        "label": text.label,
        "count": number(outcome.rows, language),
        "period": period(outcome.first, outcome.last, language),
        "kept": "; ".join(text.retention),
        "purposes": "; ".join(text.purposes),
        "more": more,
        "record": layout.kind == "record",
        "rows": [_row(row, table, language) for row in rows],
    }


def _row(values: Sequence[Any], table: Table, language: str) -> dict[str, Any]:
    layout = layout_of(table)
    lead = layout.date if layout.date >= 0 else layout.title
    cells = []
    for index in layout.order:
        column, value = table.columns[index], values[index]
        shown = display(value, column, language)
        if shown and (index != lead or layout.kind == "record"):
            cells.append(
                {"label": column.label.in_language(language), "text": _short(shown, language), "masked": is_mask(value, column)}
            )
    head = _short(display(values[lead], table.columns[lead], language), language)
    if layout.kind == "record":
        return {"head": head, "cells": cells}
    # One run of text: an element around each label would cost two thirds of the rendering time.
    colon = f"{NO_BREAK}:" if language == "fr" else ":"
    return {"head": head, "line": "".join(f" · {cell['label']}{colon} {cell['text']}" for cell in cells)}


def _short(text: str, language: str) -> str:
    if len(text) <= _LONGEST_VALUE:
        return text
    return f"{text[:_LONGEST_VALUE]}… {words(language)['v_long']}"
