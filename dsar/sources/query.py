"""Turns a plan into SQL. Every identifier is checked against the live catalogue and quoted by the engine's own library;
a value is only ever a parameter or a literal that the driver wrote."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Protocol

from dsar.domain.coverage import Because
from dsar.sources.base import Catalogue, Identity, SourceFailed
from dsar.sources.plan import Match, Plan, PlanItem, Road

# Letters that a decomposition does not bring to ASCII, and how people type them.
LIGATURES = {"œ": "oe", "æ": "ae", "ß": "ss", "ł": "l", "ø": "o", "đ": "d", "ı": "i", "’": "'", "-": " "}


class Engine(Protocol):
    """How one database writes what all of them can say."""

    def quote(self, identifier: str) -> str:
        """The identifier, quoted."""
        ...

    def value(self, text: str) -> str:
        """A place for the value: a parameter, or the driver's literal."""
        ...

    def is_text(self, column_type: str) -> bool: ...
    def as_text(self, expression: str) -> str: ...
    def lower(self, expression: str) -> str: ...

    def folded(self, expression: str) -> str:
        """The expression without case and accents, as far as the engine can."""
        ...

    def among(self, expression: str, values: Iterable[str]) -> str:
        """The expression is one of the values."""
        ...

    def among_rows(self, expression: str, select: str) -> str:
        """The expression is one of what the one-column SELECT gives."""
        ...


def fold(text: str) -> str:
    """A name without case, accents, ligatures and doubled spaces."""
    text = "".join(LIGATURES.get(letter, letter) for letter in text.casefold())
    plain = (letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return " ".join("".join(plain).split())


class Query:
    """SELECTs over one plan, for one person, in one engine."""

    def __init__(self, engine: Engine, catalogue: Catalogue, plan: Plan, identity: Identity) -> None:
        self.engine, self.catalogue, self.plan, self.identity = engine, catalogue, plan, identity
        self.items = {item.collection: item for item in plan.items}

    def rows(self, item: PlanItem, columns: str, *, ordered: bool = False) -> str:
        """`WITH … SELECT columns FROM its table WHERE the person's`; `columns` is SQL that we wrote."""
        order = ", ".join(self.column(item.table, name) for name in item.order_by) if ordered else ""
        return (
            f"{self._before(item)}SELECT {columns} FROM {self.table(item.table)}"  # noqa: S608 - checked and quoted
            f" WHERE {self.condition(item)}{' ORDER BY ' + order if order else ''}"
        )

    def others_named(self, item: PlanItem, columns: tuple[str, ...], names: Iterable[str]) -> str:
        """How many rows bear one of the names and are not the person's."""
        person = f"({self.condition(item)}) IS NOT TRUE" if item.searchable and item.path else "TRUE"
        before = self._before(item) if item.searchable and item.path else ""
        return f"{before}SELECT count(*) FROM {self.table(item.table)} WHERE {self._named(item, columns, names)} AND {person}"  # noqa: S608

    def contradicting(self, item: PlanItem, claimed: Iterable[Match], values: Mapping[str, tuple[str, ...]]) -> str:
        """One row that bears a claimed identifier and is not the person's by the proven one; none is good."""
        bears = " OR ".join(self._matched(item, match, values[match.kind]) for match in claimed)
        person = f"({self.condition(item)}) IS NOT TRUE" if item.searchable and item.path else "TRUE"
        before = self._before(item) if item.searchable and item.path else ""
        return f"{before}SELECT 1 FROM {self.table(item.table)} WHERE ({bears}) AND {person} LIMIT 1"  # noqa: S608

    def names(self, item: PlanItem, columns: tuple[str, ...]) -> str:
        """The different names among the person's rows, three at most."""
        first, *others = (self.engine.folded(self.column(item.table, name)) for name in columns)
        whole = f"{first} || ' ' || {others[0]}" if others else first
        return f"{self.rows(item, 'DISTINCT ' + whole)} LIMIT 3"

    def condition(self, item: PlanItem) -> str:
        """Which rows are the person's: any identifier matches, or any road leads there."""
        clauses = [self._matched(item, match, self.identity.values[match.kind]) for match in item.matches]
        clauses += [self._reached(item, road) for road in item.roads]
        if not clauses or not item.searchable:
            raise SourceFailed(Because.NO_WAY, item.collection, again=False)
        return " OR ".join(clauses)

    def table(self, name: str) -> str:
        if name not in self.catalogue.tables:
            raise SourceFailed(Because.TABLE_MISSING, name, again=False)
        return self.engine.quote(name)

    def column(self, table: str, name: str) -> str:
        if name not in self.catalogue.tables.get(table, {}):
            raise SourceFailed(Because.COLUMN_MISSING, table, name, again=False)
        return self.engine.quote(name)

    def _before(self, item: PlanItem) -> str:
        """The collections that keys come from, each once, as `WITH`."""
        needed: dict[str, set[str]] = {}
        waiting = [item]
        seen: set[str] = set()
        while waiting:
            here = waiting.pop()
            if here.collection in seen:
                continue
            seen.add(here.collection)
            for road in here.roads:
                needed.setdefault(road.source, set()).add(road.from_column)
                waiting.append(self.items[road.source])
        parts = []
        for source in sorted((self.items[name] for name in needed), key=lambda one: one.order):
            columns = ", ".join(self.column(source.table, name) for name in sorted(needed[source.collection]))
            parts.append(
                f"{self._with(source)} AS (SELECT {columns} FROM {self.table(source.table)} WHERE {self.condition(source)})"  # noqa: S608
            )
        return f"WITH {', '.join(parts)} " if parts else ""

    def _with(self, item: PlanItem) -> str:
        return self.engine.quote(f"dsar_{item.order}")

    def _matched(self, item: PlanItem, match: Match, values: tuple[str, ...]) -> str:
        column = self.column(item.table, match.column)
        if not self.engine.is_text(self.catalogue.column_type(item.table, match.column)):
            column = self.engine.as_text(column)
        if match.any_case:
            return self.engine.among(self.engine.lower(column), [value.lower() for value in values])
        return self.engine.among(column, values)

    def _reached(self, item: PlanItem, road: Road) -> str:
        source = self.items[road.source]
        here, there = self.column(item.table, road.column), self.column(source.table, road.from_column)
        kinds = (self.catalogue.column_type(item.table, road.column), self.catalogue.column_type(source.table, road.from_column))
        select = there
        texts = [self.engine.is_text(kind) for kind in kinds]
        if road.any_case or any(texts) != all(texts):
            here, select = self.engine.as_text(here), self.engine.as_text(there)
        if road.any_case:
            here, select = self.engine.lower(here), self.engine.lower(select)
        return self.engine.among_rows(here, f"SELECT {select} FROM {self._with(source)} WHERE {there} IS NOT NULL")  # noqa: S608

    def _named(self, item: PlanItem, columns: tuple[str, ...], names: Iterable[str]) -> str:
        """One column holds the whole name; of several, the first with each of the others, in either order."""
        wanted = sorted({folded for name in names if (folded := fold(name))})
        first, *others = (self.engine.folded(self.column(item.table, name)) for name in columns)
        if not others:
            return self.engine.among(first, wanted)
        both = [f"{first} || ' ' || {other}" for other in others] + [f"{other} || ' ' || {first}" for other in others]
        return f"({' OR '.join(self.engine.among(f'({whole})', wanted) for whole in both)})"
