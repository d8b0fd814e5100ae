"""The plan of a search: which collections, in which order, by which keys, which columns; pure, and shown before anything is read.

A reference of the data map is a road for keys (Fides format): `from` brings the other field's values here, `to` takes ours there.
Without direction the road leads from the referenced field to the referencing one, and back only into a collection that nothing
else reaches. Otherwise a message would lead to its other correspondent, and from there to the whole of another person's file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dsar.controller import Direction
from dsar.domain.coverage import Because, because
from dsar.domain.vocabulary import CoverageState
from dsar.sources.base import Catalogue

if TYPE_CHECKING:
    from dsar.controller import Collection, Dataset, SourceConfig


@dataclass(frozen=True)
class Match:
    """A column that holds an identifier which the person gave."""

    column: str
    kind: str
    any_case: bool = False


@dataclass(frozen=True)
class Road:
    """Keys that travel: rows here whose `column` is among `from_column` of the rows found in `source`."""

    source: str  # dataset.collection
    from_column: str
    target: str
    column: str
    back: bool = False
    any_case: bool = False


@dataclass(frozen=True)
class Column:
    name: str
    type: str


@dataclass(frozen=True)
class PlanItem:
    """One collection. `state` is set when it is not searched (failed or skipped), with the reason as a code."""

    collection: str  # dataset.collection
    table: str
    order: int
    matches: tuple[Match, ...] = ()  # by what we were given
    identities: tuple[Match, ...] = ()  # by whatever could be given
    roads: tuple[Road, ...] = ()
    columns: tuple[Column, ...] = ()
    unmapped: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()
    state: CoverageState | None = None
    reason: str = ""
    searchable: bool = True  # false: its own condition is broken, so nothing may be concluded from it

    @property
    def path(self) -> tuple[str, ...]:
        """By which keys, for a person: `email = email`, `student_id ← school.students.id`."""
        matches = [f"{match.column} = {match.kind}" for match in self.matches]
        return (*matches, *(f"{road.column} ← {road.source}.{road.from_column}" for road in self.roads))

    def to_json(self) -> dict[str, Any]:
        return {
            "collection": self.collection,
            "order": self.order,
            "path": list(self.path),
            "columns": [column.name for column in self.columns],
            "unmapped": list(self.unmapped),
            "state": self.state.value if self.state else "",
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Plan:
    """The search of one source. `items` holds every mapped collection once, those it depends on before it."""

    source: str
    items: tuple[PlanItem, ...]
    unmapped_tables: tuple[str, ...] = ()
    not_followed: tuple[str, ...] = ()  # roads that would lead in a circle

    def item(self, collection: str) -> PlanItem:
        return next(item for item in self.items if item.collection == collection)

    def to_json(self) -> dict[str, Any]:
        """For the case page: names only, no value."""
        return {
            "items": [item.to_json() for item in self.items],
            "unmapped_tables": list(self.unmapped_tables),
            "not_followed": list(self.not_followed),
        }


@dataclass
class _Map:
    """The data map of one source, turned into roads."""

    collections: dict[str, Collection]
    matches: dict[str, list[Match]] = field(default_factory=dict)  # of every identity kind, given or not
    forward: list[Road] = field(default_factory=list)
    back: list[Road] = field(default_factory=list)

    def outside(self, road: Road) -> bool:
        return road.source not in self.collections


def make_plan(
    *,
    config: SourceConfig,
    datasets: Mapping[str, Dataset],
    catalogue: Catalogue,
    identity_kinds: frozenset[str],
    wanted: frozenset[str] | None = None,
) -> Plan:
    """Plan the search of one source for a person of whom these identifier kinds are known; `wanted` limits what is read."""
    data_map = _read_map(config, datasets)
    matches = {
        name: tuple(match for match in data_map.matches[name] if match.kind in identity_kinds) for name in data_map.collections
    }
    stages = _reach(data_map, [name for name, found in matches.items() if found])
    used = [road for road in (*data_map.forward, *data_map.back) if _usable(road, stages)]
    order, not_followed = _order(stages, used)
    items: dict[str, PlanItem] = {}
    for number, name in enumerate(order):
        roads = tuple(road for road in used if road.target == name and road not in not_followed)
        items[name] = _item(data_map, name, number, matches[name], roads, catalogue, config, items, wanted)
    for name in data_map.collections:
        if name not in items:
            items[name] = _unreached(data_map, name, len(items), catalogue, config)
    tables = {collection.name for collection in data_map.collections.values()}
    return Plan(
        source=config.key,
        items=tuple(items.values()),
        unmapped_tables=tuple(table for table in catalogue.tables if table not in tables and table not in config.ignored),
        not_followed=tuple(f"{road.target}.{road.column} ← {road.source}.{road.from_column}" for road in not_followed),
    )


def _read_map(config: SourceConfig, datasets: Mapping[str, Dataset]) -> _Map:
    ours = {f"{key}.{collection.name}": collection for key in config.datasets for collection in datasets[key].collections}
    data_map = _Map(ours)
    for name, collection in ours.items():
        data_map.matches[name] = [
            Match(_column(one.name), one.identity, f"{name}.{one.name}" in config.case_insensitive)
            for one in collection.every_field()
            if one.identity
        ]
    for key, dataset in datasets.items():
        for collection in dataset.collections:
            here = f"{key}.{collection.name}"
            for one in collection.every_field():
                for reference in one.references:
                    there = f"{reference.dataset}.{reference.collection}"
                    any_case = not config.case_insensitive.isdisjoint({f"{here}.{one.name}", f"{there}.{reference.field}"})
                    to_here = Road(there, _column(reference.field), here, _column(one.name), any_case=any_case)
                    to_there = Road(here, _column(one.name), there, _column(reference.field), any_case=any_case)
                    _keep(data_map.forward, to_there if reference.direction == Direction.TO else to_here, ours)
                    if reference.direction is None:
                        _keep(data_map.back, replace(to_there, back=True), ours)
    return data_map


def _keep(roads: list[Road], road: Road, ours: Mapping[str, Collection]) -> None:
    """Roads into this source; one within a collection (a reply to a message) would lead to other people's rows."""
    if road.target in ours and road.source != road.target and road not in roads:
        roads.append(road)


def _column(field_name: str) -> str:
    """A nested field of a map lies in the column of its first name."""
    return field_name.split(".")[0]


def _reach(data_map: _Map, roots: Iterable[str]) -> dict[str, int]:
    """Collections that keys can reach, in order of discovery, with the stage: how many times a road had to be taken back."""
    stages: dict[str, int] = {}
    stage = 0
    found = list(roots)
    leaving, going_back = defaultdict(list), defaultdict(list)
    for road in data_map.forward:
        leaving[road.source].append(road.target)
    for road in data_map.back:
        going_back[road.source].append(road.target)
    while found:
        while found:
            name = found.pop(0)
            if name not in stages:
                stages[name] = stage
                found += leaving[name]
        found = [target for name in stages for target in going_back[name] if target not in stages]
        stage += 1
    return stages


def _usable(road: Road, stages: Mapping[str, int]) -> bool:
    """Towards the same stage or a later one; back only to where nothing else led."""
    if road.source not in stages or road.target not in stages:
        return False
    if road.back:
        return stages[road.source] < stages[road.target]
    return stages[road.source] <= stages[road.target]


def _order(stages: Mapping[str, int], roads: Iterable[Road]) -> tuple[list[str], list[Road]]:
    """Each collection after those that bring its keys. In a circle the one discovered first goes first, and the road is named."""
    waiting = {name: [road for road in roads if road.target == name] for name in stages}
    placed: list[str] = []
    done: set[str] = set()
    not_followed: list[Road] = []
    while waiting:
        ready = next((name for name, needs in waiting.items() if all(road.source in done for road in needs)), None)
        name = ready if ready is not None else next(iter(waiting))
        not_followed += [road for road in waiting.pop(name) if road.source not in done]
        placed.append(name)
        done.add(name)
    return placed, not_followed


def _item(
    data_map: _Map,
    name: str,
    order: int,
    matches: tuple[Match, ...],
    roads: tuple[Road, ...],
    catalogue: Catalogue,
    config: SourceConfig,
    before: Mapping[str, PlanItem],
    wanted: frozenset[str] | None,
) -> PlanItem:
    item = _bare(data_map, name, order, catalogue, config)
    item = replace(item, matches=matches, roads=roads)
    columns = catalogue.tables.get(item.table, {})
    broken = [
        f"{road.source}.{road.from_column}"
        for road in roads
        if not before[road.source].searchable or road.from_column not in catalogue.tables.get(before[road.source].table, {})
    ]
    own_keys_here = all(key in columns for key in [*(m.column for m in matches), *(road.column for road in roads)])
    item = replace(item, searchable=own_keys_here and not broken)
    outside = [road.source for road in data_map.forward if road.target == name and data_map.outside(road)]
    if item.state is None and broken:
        item = _failed(item, Because.NO_KEY_COLUMN, name, ", ".join(broken))
    if item.state is None and outside:
        item = replace(_failed(item, Because.OTHER_SOURCE, name, ", ".join(outside)), searchable=False)
    if item.state is None and data_map.collections[name].skip_processing:
        item = replace(item, state=CoverageState.SKIPPED, reason=because(Because.LEFT_OUT_BY_MAP, name))
    if item.state is None and wanted is not None and name not in wanted:
        item = replace(item, state=CoverageState.SKIPPED, reason=because(Because.NOT_WANTED, name))
    return item


def _unreached(data_map: _Map, name: str, order: int, catalogue: Catalogue, config: SourceConfig) -> PlanItem:
    """Skipped when another identifier of the person would lead there; failed when the map shows no way at all."""
    item = replace(_bare(data_map, name, order, catalogue, config), searchable=False)
    if item.state is not None:
        return item
    upstream, outside = _upstream(data_map, name)
    kinds = sorted({match.kind for collection in upstream for match in data_map.matches[collection]})
    if outside:
        return _failed(item, Because.OTHER_SOURCE, name, ", ".join(sorted(outside)))
    if kinds:
        return replace(item, state=CoverageState.SKIPPED, reason=because(Because.NEEDS_KEY, ", ".join(kinds)))
    return _failed(item, Because.NO_WAY, name)


def _upstream(data_map: _Map, name: str) -> tuple[set[str], set[str]]:
    """From where keys could come, itself included; and the collections of other sources among them."""
    seen: set[str] = set()
    outside: set[str] = set()
    waiting = [name]
    while waiting:
        here = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        for road in (*data_map.forward, *data_map.back):
            if road.target == here and not data_map.outside(road):
                waiting.append(road.source)
            elif road.target == here and not road.back:
                outside.add(road.source)
    return seen, outside


def _bare(data_map: _Map, name: str, order: int, catalogue: Catalogue, config: SourceConfig) -> PlanItem:
    """The item without its keys: columns that are mapped and live, columns that nobody mapped, and what the map has wrong."""
    collection = data_map.collections[name]
    table = collection.name
    live = catalogue.tables.get(table)
    item = PlanItem(collection=name, table=table, order=order)
    if live is None:
        return replace(_failed(item, Because.TABLE_MISSING, name), searchable=False)
    mapped = {_column(one.name) for one in collection.fields}
    of_table = {_column(one.name) for other in data_map.collections.values() if other.name == table for one in other.fields}
    keys = tuple(_column(one.name) for one in collection.every_field() if one.primary_key and _column(one.name) in live)
    item = replace(
        item,
        columns=tuple(Column(column, kind) for column, kind in live.items() if column in mapped),
        unmapped=tuple(c for c in live if c not in of_table and f"{table}.{c}" not in config.ignored),
        identities=tuple(data_map.matches[name]),
        order_by=keys or catalogue.primary_keys.get(table, ()),
    )
    missing = sorted(mapped - set(live))
    return _failed(item, Because.COLUMN_MISSING, name, ", ".join(missing)) if missing else item


def _failed(item: PlanItem, code: Because, *facts: str) -> PlanItem:
    return replace(item, state=CoverageState.FAILED, reason=because(code, *facts))
