"""index.html: one file that shows everything, runs nothing but its own script, and calls nobody (PACKAGE section 4).

The frame comes from templates/package/viewer/, the rows from `StaticRows`, the data blocks as selected; each category is
written before the next is looked at.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from dsar.packaging.columns import Table
from dsar.packaging.csv_json import Outcome
from dsar.packaging.display import Layout, layout_of
from dsar.packaging.inputs import PackageFacts
from dsar.packaging.static_rows import StaticRows
from dsar.packaging.texts import render
from dsar.packaging.viewer_texts import viewer_texts
from dsar.packaging.words import LANGUAGES, SHORT_MONTHS, TEMPLATES, number, other

MOST_ROWS = 50_000
MOST_BYTES = 25_000_000
STATIC_BYTES = 2_000_000  # of one category's rows in the HTML itself
ALL_STATIC_BYTES = 8_000_000
DATA_BYTES = MOST_BYTES - ALL_STATIC_BYTES - 1_000_000
# Before the rows arrive: where the script will show them page by page, laying out thousands first would cost seconds.
_EARLY = 'document.documentElement.classList.add("js");'
_WHY = ("why", "basis", "origin", "recipients", "retention", "transfers", "automated")


@dataclass(frozen=True)
class Shown:
    """A table with what its pass found and the rows that the viewer shows, as JSON arrays."""

    table: Table
    outcome: Outcome
    lines: Sequence[bytes]
    static_bytes: int
    files: Mapping[str, int]  # path to bytes: the links under the table

    @property
    def key(self) -> str:
        return self.table.category.key


@cache
def _asset(name: str) -> str:
    return (TEMPLATES / "package" / "viewer" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


class Viewer:
    """Writes the page piece by piece; no piece is larger than the frame or one row."""

    def __init__(self, facts: PackageFacts, shown: Sequence[Shown], empty: Sequence[Table]) -> None:
        self.facts, self.shown = facts, shown
        self.language = facts.language
        self.total = sum(one.outcome.rows for one in shown)
        self.texts = {language: viewer_texts(facts, shown, empty, language) for language in LANGUAGES}
        self.text = self.texts[self.language]

    def stream(self) -> Iterator[bytes]:
        style = _asset("viewer.css") + self._small_screen_labels()
        yield self._page("open", self._opening(style))
        for one in self.shown:
            context = {"t": self.text, "category": self._category(one), "caption": self._caption(one)}
            yield self._page("category_open", context)
            yield from StaticRows(one.table, self.text, self.language).stream(one.lines, most_bytes=one.static_bytes)
            yield self._page("category_close", context)
        yield self._page("close", self._closing())
        # Data blocks are never run: the policy has no hash for them, and `<` is written \u003c in them.
        for one in self.shown:
            yield f'<script type="application/json" id="data-{one.key}">[\n'.encode()
            for position, line in enumerate(one.lines):
                yield b",\n" + line if position else line
            yield b"\n]</script>\n"
        yield f"<script>{_asset('viewer.js')}</script>\n</body>\n</html>\n".encode()

    def _page(self, name: str, context: Mapping[str, Any]) -> bytes:
        text = render(f"package/viewer/{name}.html", context)
        return text.partition("\n")[2].encode("utf-8", "replace")  # without the line of the comment that opens each template

    def _number(self, count: int) -> str:
        return number(count, self.language)

    def _opening(self, style: str) -> dict[str, Any]:
        policy = (
            f"default-src 'none'; style-src '{_hash(style)}'; "
            f"script-src '{_hash(_EARLY)}' '{_hash(_asset('viewer.js'))}'; "
            "img-src data:; base-uri 'none'; form-action 'none'"
        )
        return {
            "t": self.text,
            "language": self.language,
            "other": other(self.language),
            "policy": policy,
            "style": style,
            "early": _EARLY,
            "controller": self.facts.controller,
            "reference": self.facts.reference,
            "categories": [self._category(one) for one in self.shown],
            "sources": [{"key": key, "label": self.text[f"source.{key}"]} for key in self.facts.controller.sources],
            "total": self.total,
            "total_shown": self._number(self.total),
        }

    def _closing(self) -> dict[str, Any]:
        masked_by = [
            {
                "key": one.key,
                "label": self.text[f"c.{one.key}.label"],
                "count": one.outcome.masked,
                "shown": self._number(one.outcome.masked),
            }
            for one in self.shown
            if one.outcome.masked
        ]
        searched = [
            {
                "collection": line.collection,
                "source_key": f"s.{position}",
                "source": self.text[f"s.{position}"],
                "state_key": f"state_{line.state}",
                "state": self.text[f"state_{line.state}"],
                "rows": line.rows,
                "shown": self._number(line.rows),
                "reason": line.reason,
            }
            for position, line in enumerate(self.facts.searched)
        ]
        return {
            "t": self.text,
            "controller": self.facts.controller,
            "masked": bool(masked_by),
            "masked_by": masked_by,
            "withheld": self.facts.withheld,
            "searched": searched,
            "config": self._config(),
        }

    def _category(self, one: Shown) -> dict[str, Any]:
        prefix = f"c.{one.key}."
        texts = {key.removeprefix(prefix): text for key, text in self.text.items() if key.startswith(prefix)}
        layout = layout_of(one.table)
        unit = "v_item_unit_one" if one.outcome.rows == 1 else "v_item_unit"
        kinds = [(path, path.rpartition(".")[2]) for path in one.files]
        return {
            "key": one.key,
            "t": texts,
            "count": one.outcome.rows,
            "shown": self._number(one.outcome.rows),
            "unit": unit,
            "unit_word": self.text[unit],
            "layout": layout.kind,
            "heads": self._heads(one.table, layout),
            "why": [{"name": name, "label": self.text[f"v_{name}"], "text": texts[name]} for name in _WHY],
            "truncated": len(one.lines) < one.outcome.rows,
            "files": [
                {"path": path, "kind": kind, "label": self.text[f"v_{kind}"], "size": texts[f"size_{kind}"]}
                for path, kind in kinds
            ],
        }

    def _heads(self, table: Table, layout: Layout) -> list[dict[str, str]]:
        def head(index: int, css: str = "") -> dict[str, str]:
            key = f"c.{table.category.key}.f.{table.columns[index].key}"
            return {"key": key, "label": self.text[key], "css": css}

        if layout.kind == "table":
            return [head(index) for index in layout.order]
        date = [head(layout.date, "c-date")] if layout.date >= 0 else []
        return [*date, head(layout.title, "c-item"), {"key": "v_details", "label": self.text["v_details"], "css": ""}]

    def _caption(self, one: Shown) -> str:
        key = "v_caption_one" if one.outcome.rows == 1 else "v_caption_all"
        return self.text[key].format(n=self._number(one.outcome.rows))

    def _config(self) -> str:
        config = {
            "language": self.language,
            "total": self.total,
            "texts": self.texts,
            "months": SHORT_MONTHS,
            "categories": [self._category_config(one) for one in self.shown],
        }
        return json.dumps(config, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")

    def _category_config(self, one: Shown) -> dict[str, Any]:
        layout = layout_of(one.table)
        source = self.facts.controller.source_of(one.table.category.collection.split(".")[0])
        return {
            "key": one.key,
            "source": source.key if source else "",
            "count": one.outcome.rows,
            "layout": layout.kind,
            "order": layout.order,
            "date": layout.date,
            "title": layout.title,
            "columns": [{"key": c.key, "kind": c.kind.value, "mask": c.mask} for c in one.table.columns],
        }

    def _small_screen_labels(self) -> str:
        """On a phone a table's cells stand below each other: each then needs its label."""
        rules = []
        for one in self.shown:
            layout = layout_of(one.table)
            if layout.kind != "table":
                continue
            for place, index in enumerate(layout.order, start=1):
                if index in (layout.title, layout.date):
                    continue
                for language in LANGUAGES:
                    label = self.texts[language][f"c.{one.key}.f.{one.table.columns[index].key}"]
                    where = f"html[lang={language}] #c-{one.key} td:nth-child({place})::before"
                    rules.append(f'{where} {{ content: "{_css_text(label)} "; color: var(--soft); }}')
        return "\n".join(["@media screen and (max-width: 44rem) {", *rules, "}\n"]) if rules else ""


def _css_text(label: str) -> str:
    """`label` inside a CSS string: anything but letters, digits and a few signs by its code."""
    return "".join(sign if sign.isalnum() or sign in " -,." else f"\\{ord(sign):x} " for sign in label)
