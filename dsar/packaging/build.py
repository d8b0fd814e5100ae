"""The package, member by member, as one stream: never whole in memory, the same input giving the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dsar.packaging import lists
from dsar.packaging.archive import Member, Written, zip_stream
from dsar.packaging.columns import Table, tables
from dsar.packaging.csv_json import Outcome, TablePass
from dsar.packaging.descriptor import package_descriptor
from dsar.packaging.inputs import PackageFacts, PartInput
from dsar.packaging.letter import cover_letter
from dsar.packaging.masks import Masker
from dsar.packaging.names import LOCAL_NAMES, Names, top_folder, zip_name
from dsar.packaging.readme import readme
from dsar.packaging.schemas import category_schema, package_schema
from dsar.packaging.selection import Selection, shares
from dsar.packaging.summary import summary
from dsar.packaging.viewer import ALL_STATIC_BYTES, DATA_BYTES, MOST_ROWS, STATIC_BYTES, Shown, Viewer
from dsar.packaging.words import words

_UNKNOWN_BYTES = 1 << 40
_CELL_MARKUP = 90  # bytes around a value in the page, its label included


@dataclass(frozen=True)
class BuiltPackage:
    """What a finished build tells the row of the package; no values."""

    file_name: str
    inventory: list[dict[str, Any]]
    rows: int
    sums_sha256: str


class PackageBuilder:
    """Builds one package. `stream()` once; `result` after its end.

    With ACCESS among the rights it is the whole copy; with PORTABILITY alone the portable subset, a letter and a viewer of it.
    `paper` and `screen` leave out the PDFs and the viewer: for measuring only.
    """

    def __init__(self, facts: PackageFacts, parts: Iterable[PartInput], *, paper: bool = True, screen: bool = True) -> None:
        self.facts = facts
        self.paper, self.screen = paper, screen
        every = tables(facts.controller, parts)
        if not facts.whole:
            every = [
                replace(t, columns=t.portable_columns) if t.portable else replace(t, part=None)
                for t in every
                if t.category.portable
            ]
        self.filled = [table for table in every if table.rows]
        self.empty = [table for table in every if not table.rows]
        self.folder = top_folder(facts.controller.slug, facts.reference)
        self._written: list[Written] = []
        self._passes: list[TablePass] = []
        self._sums = b""
        self._result: BuiltPackage | None = None

    def stream(self) -> Iterator[bytes]:
        """The bytes of the ZIP."""
        yield from zip_stream(self._members(), names=Names(self.folder), at=self.facts.created, written=self._written)
        self._result = BuiltPackage(
            file_name=zip_name(self.facts.controller.slug, self.facts.reference, self.facts.answered_on.isoformat()),
            inventory=[self._line(one) for one in self._passes],
            rows=sum(one.outcome.rows for one in self._passes),
            sums_sha256=hashlib.sha256(self._sums).hexdigest(),
        )

    @property
    def result(self) -> BuiltPackage:
        if self._result is None:
            raise RuntimeError("the stream has not been read to its end")
        return self._result

    def _line(self, one: TablePass) -> dict[str, Any]:
        key = one.table.category.key
        ours = sum(file.bytes for file in self._written if file.path.rpartition("/")[2] in (f"{key}.csv", f"{key}.json"))
        return {"category": key, "rows": one.outcome.rows, "bytes": ours, "masked": one.outcome.masked}

    def _members(self) -> Iterator[Member]:
        facts = self.facts
        selections = self._selections()
        for table, selection in zip(self.filled, selections, strict=True):
            yield from self._pair(table, selection)
        outcomes = [(one.table, one.outcome) for one in self._passes]
        if facts.whole:
            yield Member("data/searches.csv", [lists.searches(facts)])
            yield Member("data/redactions.csv", [lists.redactions(facts, outcomes)])
            yield Member("documents/index.csv", [lists.documents(facts.language)])
        yield from self._schemas()
        if self.screen:
            yield Member("index.html", self._viewer(selections).stream())
        masked = sum(outcome.masked for _, outcome in outcomes)
        items = sum(outcome.rows for _, outcome in outcomes)
        local = LOCAL_NAMES[facts.language]
        yield Member(local["readme"], [readme(facts, masked=masked, items=items)])
        if self.paper:
            yield Member(local["letter"], [cover_letter(facts, tables=outcomes, empty=self.empty)])
            if facts.whole:
                pages = [(t, o, s.lines()) for (t, o), s in zip(outcomes, selections, strict=True)]
                yield Member(local["summary"], [summary(facts, pages, self.empty)])
        yield from self._manifests()

    def _selections(self) -> list[Selection]:
        """Rows and bytes of the viewer, shared so that short categories are whole and long ones show their newest."""
        if not (self.screen or self.paper):
            return [Selection(date_key=None, most_rows=0, most_bytes=0) for _ in self.filled]
        rows = shares([table.rows for table in self.filled], MOST_ROWS)
        sizes = shares([table.part.bytes or _UNKNOWN_BYTES if table.part else 0 for table in self.filled], DATA_BYTES)
        return [
            Selection(date_key=table.date_key, most_rows=most_rows, most_bytes=most_bytes)
            for table, most_rows, most_bytes in zip(self.filled, rows, sizes, strict=True)
        ]

    def _pair(self, table: Table, selection: Selection) -> Iterator[Member]:
        whole, key = self.facts.whole, table.category.key
        masker = Masker((self.facts.data_subject_name, *self.facts.own_names))
        one = TablePass(table, language=self.facts.language, masker=masker, selection=selection)
        at_most = max(1 << 30, 4 * (table.part.bytes if table.part else 0))
        if whole:
            yield Member(f"data/{key}.csv", one.csv(whole=True), at_most)
            yield Member(f"data/{key}.json", one.json(), at_most)
        else:
            for _ in one.csv(whole=False):
                raise AssertionError("a portable pass writes to its spools alone")
        if table.portable:
            yield Member(f"portable/data/{key}.csv", one.portable_csv.read(), at_most)
            yield Member(f"portable/data/{key}.json", one.json(portable=True), at_most)
        self._passes.append(one)

    def _schemas(self) -> Iterator[Member]:
        for one in self._passes:
            category = one.table.category
            title = category.label.in_language(self.facts.language)
            schema = category_schema(category.key, title, one.table.columns, one.outcome, self.facts.language)
            yield Member(f"schema/{category.key}.schema.json", [schema])
        yield Member("schema/dsar-package.schema.json", [package_schema()])

    def _viewer(self, selections: Sequence[Selection]) -> Viewer:
        sizes = {file.path: file.bytes for file in self._written}
        lines = [selection.lines() for selection in selections]
        wishes = [
            # A generous guess: escaping may double a value.
            min(STATIC_BYTES, 2 * sum(map(len, its_lines)) + len(its_lines) * _CELL_MARKUP * (len(one.table.columns) + 1))
            for one, its_lines in zip(self._passes, lines, strict=True)
        ]
        static = shares(wishes, ALL_STATIC_BYTES)
        folder = "data" if self.facts.whole else "portable/data"
        shown = []
        for one, its_lines, share in zip(self._passes, lines, static, strict=True):
            paths = [f"{folder}/{one.table.category.key}.{ending}" for ending in ("csv", "json")]
            files = {path: sizes[path] for path in paths if path in sizes}
            shown.append(Shown(one.table, one.outcome, its_lines, share, files))
        return Viewer(self.facts, shown, self.empty)

    def _manifests(self) -> Iterator[Member]:
        facts = self.facts
        described = [(one.table, one.outcome, one.portable_outcome) for one in self._passes]
        if any(one.table.portable for one in self._passes):
            own = package_descriptor(facts, written=self._written, tables=described, fixed=[], portable_only=True)
            yield Member("portable/datapackage.json", [own])
        word = words(facts.language)
        fixed = [
            ("searches", word["searches_title"], lists.columns("search", lists.SEARCHES, facts.language)),
            ("redactions", word["redactions_title"], lists.columns("redaction", lists.REDACTIONS, facts.language)),
            ("index", word["documents_title"], lists.columns("document", lists.DOCUMENTS, facts.language)),
        ]
        whole = package_descriptor(facts, written=self._written, tables=described, fixed=fixed)
        yield Member("datapackage.json", [whole])
        # Last, so that it covers every other file; its own hash travels apart from the package.
        ordered = sorted(self._written, key=lambda file: file.path)
        self._sums = "".join(f"{file.sha256}  {file.path}\n" for file in ordered).encode()
        yield Member("SHA256SUMS", [self._sums])


__all__ = ["BuiltPackage", "Outcome", "PackageBuilder"]
