"""SQL databases as sources: one snapshot, read only, keys pushed down, rows streamed as JSON Lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING

from dsar.sources.base import Catalogue, Identity, NotSupportedYet, source_url
from dsar.sources.plan import Match, Plan, PlanItem
from dsar.sources.postgres import Postgres
from dsar.sources.query import Query
from dsar.sources.sqlite import SQLite

if TYPE_CHECKING:
    from dsar.controller import SourceConfig

STATEMENT_SECONDS = 300  # below the worker's own time limit


class SqlSource:
    """One open source. Use it in a `with`: the snapshot lasts until it is closed."""

    def __init__(self, config: SourceConfig, *, seconds: int = STATEMENT_SECONDS) -> None:
        url = source_url(config)
        self.config = config
        self._engine = SQLite(url, seconds=seconds) if url.engine == "sqlite" else Postgres(url, seconds=seconds)
        self._catalogue: Catalogue | None = None

    def __enter__(self) -> SqlSource:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._engine.close()

    def describe(self) -> Catalogue:
        if self._catalogue is None:
            self._catalogue = self._engine.catalogue()
        return self._catalogue

    def collect(self, identity: Identity, plan: Plan, item: PlanItem) -> Iterator[bytes]:
        """The rows of one collection, mapped columns only, ordered by its key so that two runs are equal."""
        query = Query(self._engine, self.describe(), plan, identity)
        # No column of ours is checked later than here: an unmapped one cannot be named.
        for column in item.columns:
            query.column(item.table, column.name)
        select = query.rows(item, self._engine.selected(item.columns), ordered=True)
        yield from self._engine.json_lines(self._engine.objects(select), item.collection)

    def cancel(self) -> None:
        """Stop the statement that runs; called from another thread."""
        self._engine.cancel()

    def knows(self, identity: Identity, plan: Plan) -> bool:
        """Whether any row bears one of the identity's own values."""
        query = Query(self._engine, self.describe(), plan, identity)
        return any(
            self._engine.first(f"{query.rows(item, '1')} LIMIT 1", item.collection)
            for item in plan.items
            if item.matches and item.searchable
        )

    def contradicts(self, proven: Identity, plan: Plan, claimed: Mapping[str, tuple[str, ...]]) -> bool:
        """Whether a claimed identifier is on a row that the proven ones do not lead to: perhaps somebody else's."""
        query = Query(self._engine, self.describe(), plan, proven)
        for item in plan.items:
            matches = [match for match in self._every_match(item) if claimed.get(match.kind)]
            if matches and self._engine.first(query.contradicting(item, matches, claimed), item.collection):
                return True
        return False

    def _every_match(self, item: PlanItem) -> list[Match]:
        """The identity columns of a collection that exist, whether or not the plan uses them."""
        live = self.describe().tables.get(item.table, {})
        return [match for match in item.identities if match.column in live]

    def several_people(self, identity: Identity, plan: Plan) -> bool:
        """Whether one of the collections that hold names has more than one among the rows found: a shared address."""
        query = Query(self._engine, self.describe(), plan, identity)
        return any(
            len(self._engine.all(query.names(item, columns), item.collection)) > 1
            for item, columns in self._with_names(plan)
            if item.searchable and item.path
        )

    def namesakes(self, identity: Identity, plan: Plan) -> int:
        """Rows that bear one of the names and are not found by the keys: shown as a number, never read, never included."""
        if not identity.names:
            return 0
        query = Query(self._engine, self.describe(), plan, identity)
        return sum(
            int(self._engine.first(query.others_named(item, columns, identity.names), item.collection) or 0)
            for item, columns in self._with_names(plan)
        )

    def _with_names(self, plan: Plan) -> Iterator[tuple[PlanItem, tuple[str, ...]]]:
        live = self.describe().tables
        for item in plan.items:
            columns = tuple(c for c in self.config.name_fields.get(item.collection, ()) if c in live.get(item.table, {}))
            if columns:
                yield item, columns

    def erase(self, identity: Identity, plan: Plan) -> None:
        raise NotSupportedYet

    def rectify(self, identity: Identity, plan: Plan) -> None:
        raise NotSupportedYet

    def flag(self, identity: Identity, plan: Plan) -> None:
        raise NotSupportedYet

    def prove(self, identity: Identity, plan: Plan) -> None:
        raise NotSupportedYet


def open_source(config: SourceConfig, *, seconds: int = STATEMENT_SECONDS) -> SqlSource:
    """Open an SQL source by its configured connection. Raises `SourceFailed`."""
    return SqlSource(config, seconds=seconds)
