"""index.html: one file that shows everything, runs nothing but its own script, and calls nobody (PACKAGE section 4)."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from dsar.packaging.columns import Column, Kind, Table
from dsar.packaging.csv_json import Outcome
from dsar.packaging.display import Layout, display, is_mask, layout_of
from dsar.packaging.inputs import PackageFacts
from dsar.packaging.markup import escape
from dsar.packaging.rows import exact_json
from dsar.packaging.viewer_texts import UNSEARCHED, viewer_texts
from dsar.packaging.words import LANGUAGES, SHORT_MONTHS, TEMPLATES, number

MOST_ROWS = 50_000
MOST_BYTES = 25_000_000
STATIC_BYTES = 2_000_000  # of one category's rows in the HTML itself
ALL_STATIC_BYTES = 8_000_000
DATA_BYTES = MOST_BYTES - ALL_STATIC_BYTES - 1_000_000
_NUMERIC = (Kind.INTEGER, Kind.NUMBER)


@dataclass(frozen=True)
class Shown:
    """A table with what its pass found and the rows that the viewer shows, as JSON arrays."""

    table: Table
    outcome: Outcome
    lines: Sequence[bytes]
    static_bytes: int
    files: Mapping[str, int]  # path to bytes: the links under the table


@cache
def _asset(name: str) -> str:
    return (TEMPLATES / "package" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


class Viewer:
    """Writes the page piece by piece; no piece is larger than one row."""

    def __init__(self, facts: PackageFacts, shown: Sequence[Shown], empty: Sequence[Table]) -> None:
        self.facts, self.shown, self.empty = facts, shown, empty
        self.language = facts.language
        self.total = sum(one.outcome.rows for one in shown)
        self.masked = sum(one.outcome.masked for one in shown)
        self.texts = {language: viewer_texts(facts, shown, empty, language) for language in LANGUAGES}
        self.text = self.texts[self.language]

    def stream(self) -> Iterator[bytes]:
        for piece in self._pieces():
            yield piece.encode("utf-8", "replace")
        # Data blocks are never run: the policy has no hash for them, and `<` is written \u003c.
        for one in self.shown:
            yield f'<script type="application/json" id="data-{one.table.category.key}">[\n'.encode()
            for position, line in enumerate(one.lines):
                yield b",\n" + line if position else line
            yield b"\n]</script>\n"
        script = _asset("viewer.js")
        yield f"<script>{script}</script>\n</body>\n</html>\n".encode()

    def _pieces(self) -> Iterator[str]:
        style = _asset("viewer.css") + self._small_screen_labels()
        policy = (
            f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(_asset('viewer.js'))}'; "
            "img-src data:; base-uri 'none'; form-action 'none'"
        )
        name = escape(self.facts.controller.name)
        yield (
            f'<!doctype html>\n<html lang="{self.language}">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="robots" content="noindex">\n'
            f"<title>{escape(self.text['title'])}</title>\n<style>{style}</style>\n</head>\n<body>\n"
            f'<a class="skip" href="#main" data-t="v_skip">{self._t("v_skip")}</a>\n'
            f'<header class="top"><div><span class="mark"><span>{name}<small data-t="v_copy">{self._t("v_copy")}</small></span></span>'
            f'<button type="button" class="link needs-js" id="language" hidden>{self._t("v_language")}</button></div></header>\n'
            '<div class="viewer">\n'
        )
        yield self._navigation()
        yield self._head()
        yield self._overview()
        for one in self.shown:
            yield from self._category(one)
        yield self._masked_section()
        yield self._searched()
        yield self._rights()
        yield self._end()

    def _t(self, key: str, **values: object) -> str:
        return escape(self.text[key].format(**values) if values else self.text[key])

    def _n(self, count: int) -> str:
        return f'<span data-n="{count}">{number(count, self.language)}</span>'

    def _navigation(self) -> str:
        lines = [f'<li><a href="#overview" aria-current="true" data-t="v_overview">{self._t("v_overview")}</a></li>']
        for one in self.shown:
            key = one.table.category.key
            lines.append(
                f'<li><a href="#c-{key}"><span data-t="c.{key}.label">{self._t(f"c.{key}.label")}</span> '
                f'<span class="num">{number(one.outcome.rows, self.language)}</span></a></li>'
            )
        for name in ("masked", "searched", "rights"):
            lines.append(f'<li><a href="#{name}" data-t="v_{name}">{self._t(f"v_{name}")}</a></li>')
        return f'<nav aria-label="{self._t("v_nav")}" data-t-label="v_nav"><ul>\n{chr(10).join(lines)}\n</ul></nav>\n'

    def _head(self) -> str:
        sources = "".join(
            f'<option value="{key}" data-t="source.{key}">{self._t(f"source.{key}")}</option>' for key in self.facts.controller.sources
        )
        return (
            '<main id="main" tabindex="-1">\n'
            f'<h1 data-t="h1">{self._t("h1")}</h1>\n'
            f'<p class="lead"><span data-t="lead">{self._t("lead")}</span>'
            f'<span class="ref">{escape(self.facts.reference)}</span>.</p>\n'
            f'<div class="note" id="extract" hidden><h2 data-t="v_extract">{self._t("v_extract")}</h2>'
            f'<p data-t="v_extract_how">{self._t("v_extract_how")}</p></div>\n'
            '<form class="search needs-js" role="search" hidden>'
            f'<div><label class="vh" for="q" data-t="v_search">{self._t("v_search")}</label>'
            '<input type="search" id="q" autocomplete="off" spellcheck="false"></div>'
            f'<button class="btn" data-t="v_go">{self._t("v_go")}</button></form>\n'
            f'<details id="filters" class="needs-js" hidden><summary data-t="v_filters">{self._t("v_filters")}</summary><div class="filters">'
            f'<div><label for="from" data-t="v_from">{self._t("v_from")}</label><input type="date" id="from"></div>'
            f'<div><label for="to" data-t="v_until">{self._t("v_until")}</label><input type="date" id="to"></div>'
            f'<div><label for="source" data-t="v_source">{self._t("v_source")}</label><select id="source">'
            f'<option value="" data-t="v_all_sources">{self._t("v_all_sources")}</option>{sources}</select></div></div></details>\n'
            f'<p class="hint" role="status" id="status"></p>\n'
            f'<p class="screen"><button type="button" class="link" id="clear" data-t="v_clear" hidden>{self._t("v_clear")}</button></p>\n'
            f'<noscript><p class="hint">{self._t("v_noscript")}</p></noscript>\n'
        )

    def _overview(self) -> str:
        head = "".join(
            f'<th scope="col"{css} data-t="{key}">{self._t(key)}</th>'
            for key, css in (("v_category", ""), ("v_items", ' class="r"'), ("v_period", ""), ("v_kept", ""))
        )
        lines = []
        for one in self.shown:
            key = one.table.category.key
            unit = "v_item_unit_one" if one.outcome.rows == 1 else "v_item_unit"
            lines.append(
                f'<tr><th scope="row"><a href="#c-{key}" data-t="c.{key}.label">{self._t(f"c.{key}.label")}</a></th>'
                f'<td class="r num">{self._n(one.outcome.rows)}<span class="unit"> <span data-t="{unit}">{self._t(unit)}</span></span></td>'
                f'<td data-t="c.{key}.period">{self._t(f"c.{key}.period")}</td>'
                f'<td data-t="c.{key}.kept">{self._t(f"c.{key}.kept")}</td></tr>'
            )
        states = {line.collection: line.state for line in self.facts.searched}
        for name, wanted in (("nothing", False), ("not_searched", True)):
            found = [t for t in self.empty if (states.get(t.category.collection) in UNSEARCHED) is wanted]
            if found:
                lines.append(
                    f'<tr><th scope="row" data-t="{name}">{self._t(name)}</th><td class="r num">{"–" if wanted else "0"}</td>'
                    f'<td colspan="2" class="gone" data-t="v_{name}">{self._t(f"v_{name}")}</td></tr>'
                )
        foot = (
            f'<tfoot><tr><th scope="row" data-t="v_total">{self._t("v_total")}</th>'
            f'<td class="r num">{self._n(self.total)}</td><td colspan="2"></td></tr></tfoot>'
        )
        return (
            f'<section id="overview"><h2 data-t="v_overview">{self._t("v_overview")}</h2><table class="stack">'
            f'<caption class="vh" data-t="v_category">{self._t("v_category")}</caption><thead><tr>{head}</tr></thead>\n'
            f"<tbody>\n{chr(10).join(lines)}\n</tbody>{foot}</table>"
            f'<p class="chips needs-js" hidden><button type="button" data-print="all" data-t="v_print_all">{self._t("v_print_all")}</button></p>'
            "</section>\n"
        )

    def _category(self, one: Shown) -> Iterator[str]:
        key, layout = one.table.category.key, layout_of(one.table)
        label = self._t(f"c.{key}.label")
        why = "".join(
            f'<div><dt data-t="v_{item}">{self._t(f"v_{item}")}</dt><dd data-t="c.{key}.{item}">{self._t(f"c.{key}.{item}")}</dd></div>'
            for item in ("why", "basis", "origin", "recipients", "retention", "transfers", "automated")
        )
        yield (
            f'<section id="c-{key}" aria-labelledby="h-{key}"><h2 id="h-{key}" data-t="c.{key}.label">{label}</h2>\n<dl class="why">{why}</dl>\n'
            '<p class="chips kinds" hidden></p>\n'
        )
        if len(one.lines) < one.outcome.rows:
            yield f'<p class="hint" data-t="c.{key}.truncated">{self._t(f"c.{key}.truncated")}</p>\n'
        caption_key = "v_caption_one" if one.outcome.rows == 1 else "v_caption_all"
        caption = self._t(caption_key, n=number(one.outcome.rows, self.language))
        yield '<h3 class="page-title" hidden></h3>\n'
        rows = self._static_rows(one, layout)
        if layout.kind == "record":
            yield f'<p class="hint caption">{caption}</p><div class="body">\n'
            yield from rows
            yield "</div>\n"
        else:
            yield (
                f'<div class="scroll" role="region" tabindex="0" aria-labelledby="h-{key}"><table class="stack {layout.kind}"><caption class="caption">{caption}</caption>'
                f'<thead><tr>{self._heads(one.table, layout)}</tr></thead>\n<tbody class="body">\n'
            )
            yield from rows
            yield "</tbody></table></div>\n"
        links = "".join(
            f'<a href="{path}"><span data-t="v_{path[-4:].lstrip(".")}">{self._t("v_" + path[-4:].lstrip("."))}</span>, '
            f'<span data-t="c.{key}.size_{path[-4:].lstrip(".")}">{self._t(f"c.{key}.size_" + path[-4:].lstrip("."))}</span></a>'
            for path in one.files
        )
        yield (
            '<nav class="pager" hidden></nav><p class="more" hidden><a href="#"></a></p>\n'
            f'<p class="chips">{links}<button type="button" class="needs-js" hidden data-print="one" data-t="v_print">{self._t("v_print")}</button></p>\n'
            "</section>\n"
        )

    def _heads(self, table: Table, layout: Layout) -> str:
        def head(index: int, css: str = "") -> str:
            key = f"c.{table.category.key}.f.{table.columns[index].key}"
            return f'<th scope="col"{css} data-t="{key}">{self._t(key)}</th>'

        if layout.kind == "table":
            return "".join(head(index) for index in layout.order)
        date = head(layout.date, ' class="c-date"') if layout.date >= 0 else ""
        return f'{date}{head(layout.title, chr(32) + "class=" + chr(34) + "c-item" + chr(34))}<th scope="col" data-t="v_details">{self._t("v_details")}</th>'

    def _static_rows(self, one: Shown, layout: Layout) -> Iterator[str]:
        """Rows in the page itself, up to the share of this category; the script shows the rest from the data block."""
        size = 0
        for line in one.lines:
            row = self._row(exact_json(line), one.table, layout)
            size += len(row)
            if size > one.static_bytes:
                return
            yield row

    def _row(self, values: list[Any], table: Table, layout: Layout) -> str:
        columns = table.columns

        def cell(index: int) -> str:
            column, value = columns[index], values[index]
            tag = "th" if index == layout.title else "td"
            css = "num nw" if index == layout.date else "num" if column.kind in _NUMERIC else ""
            scope = ' scope="row"' if tag == "th" else ""
            return f"<{tag}{scope}{f' class={chr(34)}{css}{chr(34)}' if css else ''}>{self._value(value, column)}</{tag}>"

        if layout.kind == "table":
            return f"<tr>{''.join(map(cell, layout.order))}</tr>\n"
        skipped = (layout.date, layout.title) if layout.kind == "list" else ()
        pairs = "".join(
            f"<div><dt>{self._t(f'c.{table.category.key}.f.{column.key}')}</dt><dd>{self._value(value, column)}</dd></div>"
            for index, (column, value) in enumerate(zip(columns, values, strict=True))
            if index not in skipped and value is not None and value != ""
        )
        if layout.kind == "record":
            return f'<dl class="rows">{pairs}</dl>\n'
        date = cell(layout.date) if layout.date >= 0 else ""
        return f'<tr>{date}{cell(layout.title)}<td><dl class="kv">{pairs}</dl></td></tr>\n'

    def _value(self, value: Any, column: Column) -> str:
        text = escape(display(value, column, self.language))
        return f'<span class="gone">{text}</span>' if is_mask(value, column) else text

    def _masked_section(self) -> str:
        mail = escape(self.facts.controller.dpo.email)
        key = "masked_summary"
        lines = "".join(
            f'<li><span data-t="c.{one.table.category.key}.label">{self._t(f"c.{one.table.category.key}.label")}</span> '
            f'(<span class="num">{self._n(one.outcome.masked)}</span>)</li>'
            for one in self.shown
            if one.outcome.masked
        )
        withheld = "".join(f"<li>{escape(item.what)}: {escape(item.reason)}</li>" for item in self.facts.withheld)
        return (
            f'<section id="masked"><h2 data-t="v_masked">{self._t("v_masked")}</h2>'
            f'<p><span data-t="{key}">{self._t(key)}</span>'
            + (f' <span data-t="v_disagree">{self._t("v_disagree")}</span> <a href="mailto:{mail}">{mail}</a>.' if self.masked else "")
            + "</p>"
            + (f"<ul>{lines}</ul>" if lines else "")
            + (f'<h3 data-t="v_withheld">{self._t("v_withheld")}</h3><ul>{withheld}</ul>' if withheld else "")
            + "</section>\n"
        )

    def _searched(self) -> str:
        head = "".join(
            f'<th scope="col" data-t="search_{name}">{self._t(f"search_{name}")}</th>' for name in ("collection", "source", "state", "rows")
        )
        lines = []
        for position, line in enumerate(self.facts.searched):
            reason = f"<br>{escape(line.reason)}" if line.reason else ""
            lines.append(
                f'<tr><th scope="row">{escape(line.collection)}</th><td data-t="s.{position}">{self._t(f"s.{position}")}</td>'
                f'<td><span data-t="state_{line.state}">{self._t(f"state_{line.state}")}</span>{reason}</td>'
                f'<td class="num">{self._n(line.rows)}</td></tr>'
            )
        return (
            f'<section id="searched"><h2 data-t="v_searched">{self._t("v_searched")}</h2><table class="stack">'
            f'<caption class="vh" data-t="v_searched">{self._t("v_searched")}</caption><thead><tr>{head}</tr></thead>\n'
            f"<tbody>\n{chr(10).join(lines)}\n</tbody></table></section>\n"
        )

    def _rights(self) -> str:
        controller = self.facts.controller
        mail, site = escape(controller.dpo.email), escape(controller.authority.url)
        return (
            f'<section id="rights"><h2 data-t="v_rights">{self._t("v_rights")}</h2>'
            f'<p><span data-t="v_rights_intro">{self._t("v_rights_intro")}</span> <a href="mailto:{mail}">{mail}</a>.</p>'
            f'<p><span data-t="v_rights_authority">{self._t("v_rights_authority")}</span> {escape(controller.authority.name)}, '
            f'{escape(controller.authority.address)}, <a href="{site}" rel="noreferrer">{site}</a>.</p>'
            f'<p data-t="v_rights_court">{self._t("v_rights_court")}</p></section>\n'
        )

    def _end(self) -> str:
        config = {
            "language": self.language,
            "total": self.total,
            "texts": self.texts,
            "months": SHORT_MONTHS,
            "categories": [self._config(one) for one in self.shown],
        }
        text = json.dumps(config, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
        return (
            f'<hr><p class="hint"><span data-t="v_offline">{self._t("v_offline")}</span> <code>datapackage.json</code>. '
            f'<span data-t="v_safe">{self._t("v_safe")}</span></p>\n</main>\n</div>\n'
            f'<script type="application/json" id="config">{text}</script>\n'
        )

    def _config(self, one: Shown) -> dict[str, Any]:
        layout, table = layout_of(one.table), one.table
        return {
            "key": table.category.key,
            "source": source_of(table, self.facts),
            "count": one.outcome.rows,
            "layout": layout.kind,
            "order": layout.order,
            "date": layout.date,
            "title": layout.title,
            "columns": [{"key": c.key, "kind": c.kind.value, "mask": c.mask} for c in table.columns],
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
                    label = self.texts[language][f"c.{one.table.category.key}.f.{one.table.columns[index].key}"]
                    plain = "".join(c if c.isalnum() or c in " -’'()," else f"\\{ord(c):x} " for c in label).replace("'", "\\27 ")
                    rules.append(
                        f'html[lang={language}] #c-{one.table.category.key} td:nth-child({place})::before{{content:"{plain} ";color:var(--soft)}}'
                    )
        return f"@media screen and (max-width: 44rem) {{\n{chr(10).join(rules)}\n}}\n" if rules else ""


def source_of(table: Table, facts: PackageFacts) -> str:
    """The key of the source that holds the table's dataset."""
    dataset = table.category.collection.split(".")[0]
    return next((key for key, source in facts.controller.sources.items() if dataset in source.datasets), "")


__all__ = ["Shown", "Viewer", "source_of"]
