"""Asks a system, now, whether it answers and what in it the data map does not know."""

from __future__ import annotations

from dataclasses import dataclass

from dsar.controller import SourceConfig, controller
from dsar.sources.plan import make_plan
from dsar.sources.sql import open_source


@dataclass(frozen=True)
class Inspection:
    """What the live catalogue shows beside the map; names alone, no values."""

    tables: int
    unmapped_tables: tuple[str, ...]
    unmapped_columns: tuple[str, ...]


def inspect_source(config: SourceConfig) -> Inspection:
    """Raises a `DsarError` when the system cannot be reached."""
    who = controller()
    with open_source(config) as source:
        catalogue = source.describe()
    kinds = frozenset(
        field.identity for dataset in who.datasets.values() for c in dataset.collections for field in c.fields if field.identity
    )
    plan = make_plan(config=config, datasets=who.datasets, catalogue=catalogue, identity_kinds=kinds, wanted=None)
    columns = tuple(f"{item.collection}.{column}" for item in plan.items for column in item.unmapped)
    return Inspection(tables=len(catalogue.tables), unmapped_tables=tuple(plan.unmapped_tables), unmapped_columns=columns)
