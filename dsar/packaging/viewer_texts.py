"""Every text of the viewer in one language, by key; the script swaps one language's texts for the other's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dsar.domain.vocabulary import CoverageState
from dsar.packaging.columns import Table
from dsar.packaging.inputs import PackageFacts
from dsar.packaging.register_text import category_text
from dsar.packaging.words import file_size, long_date, number, period, words

if TYPE_CHECKING:
    from dsar.packaging.viewer import Shown

UNSEARCHED = (CoverageState.FAILED, CoverageState.SKIPPED, CoverageState.UNMAPPED)


def viewer_texts(facts: PackageFacts, shown: Sequence[Shown], empty: Sequence[Table], language: str) -> dict[str, str]:
    word = words(language)
    controller = facts.controller
    first_name = facts.data_subject_name.split()[0] if facts.data_subject_name.split() else facts.subject_initials
    texts = {
        key: value
        for key, value in word.items()
        if key.startswith(("v_", "state_", "search_")) or key in ("true", "false", "masked")
    }
    texts["title"] = f"{word['v_title']} – {controller.name} – {facts.reference}"
    texts["h1"] = word["v_h1"].format(name=first_name)
    lead = word["v_lead_whole" if facts.whole else "v_lead_portable"]
    texts["lead"] = lead.format(controller=controller.name, date=long_date(facts.answered_on, language))
    masked = sum(one.outcome.masked for one in shown)
    texts["masked_summary"] = (
        word["v_masked_none"]
        if not masked
        else word["v_masked_one"]
        if masked == 1
        else word["v_masked_some"].format(n=number(masked, language))
    )
    for key, source in controller.sources.items():
        texts[f"source.{key}"] = source.label.in_language(language)
    for position, line in enumerate(facts.searched):
        texts[f"s.{position}"] = line.source.in_language(language)
    states = {line.collection: line.state for line in facts.searched}
    for name, unsearched in (("nothing", False), ("not_searched", True)):
        labels = [
            t.category.label.in_language(language)
            for t in empty
            if (states.get(t.category.collection) in UNSEARCHED) is unsearched
        ]
        texts[name] = ", ".join(labels)
    for one in shown:
        texts |= _category_texts(facts, one, language)
    return texts


def _category_texts(facts: PackageFacts, one: Shown, language: str) -> dict[str, str]:
    word, category = words(language), one.table.category
    text = category_text(category, facts.controller, language)
    found = {
        "label": text.label,
        "period": period(one.outcome.first, one.outcome.last, language),
        "kept": _sentence(text.retention),
        "why": _sentence(text.purposes),
        "basis": _sentence(text.basis),
        "origin": text.origin,
        "recipients": _sentence(text.recipients),
        "retention": _sentence(text.retention),
        "transfers": _sentence(text.transfers),
        "automated": _sentence(text.automated),
    }
    for path, size in one.files.items():
        found[f"size_{path.rpartition('.')[2]}"] = file_size(size, language)
    found["truncated"] = word["v_truncated"].format(
        m=number(len(one.lines), language), n=number(one.outcome.rows, language), file=f"data/{category.key}.csv"
    )
    # Last, so that no column called "label" could take the place of a text above.
    prefix = f"c.{category.key}."
    return {prefix + key: value for key, value in found.items()} | {
        f"{prefix}f.{column.key}": column.label.in_language(language) for column in one.table.columns
    }


def _sentence(items: Sequence[str]) -> str:
    """Several items of the register on one line each would be long: they are one text, set apart by semicolons."""
    text = "; ".join(item.rstrip(".;") for item in items) if len(items) > 1 else "".join(items)
    return text[:1].upper() + text[1:]
