"""Plain access to a source, beside the product: what the tests compare with."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg

from dsar.controller import Collection, Dataset, Direction, Field, Reference, SourceConfig, SourceKind, Text
from dsar.sources.base import SourceUrl


def ask(url: str, query: str) -> list[tuple[Any, ...]]:
    place = SourceUrl.parse(url)
    if place.engine == "sqlite":
        connection = sqlite3.connect(place.database)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()
    with psycopg.connect(place.dsn(), autocommit=True) as open_one:
        return open_one.execute(query).fetchall()  # type: ignore[arg-type]


def do(url: str, *statements: str) -> None:
    place = SourceUrl.parse(url)
    if place.engine == "sqlite":
        connection = sqlite3.connect(place.database)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()
        return
    with psycopg.connect(place.dsn(), autocommit=True) as open_one:
        for statement in statements:
            open_one.execute(statement)  # type: ignore[arg-type]


def field(name: str, *references: str, identity: str | None = None, key: bool = False) -> Field:
    """A field of a map; a reference is written `shop.orders.id`, `from shop.orders.id` or `to shop.orders.id`."""
    parsed = []
    for text in references:
        way, _, target = text.rpartition(" ")
        dataset, collection, name_there = target.split(".")
        parsed.append(Reference(dataset, collection, name_there, Direction(way) if way else None))
    return Field(name, identity=identity, primary_key=key, references=tuple(parsed))


def dataset(key: str, **collections: Sequence[Field]) -> dict[str, Dataset]:
    return {key: Dataset(key, tuple(Collection(name, tuple(fields)) for name, fields in collections.items()))}


def source(*datasets: str, ignored: Iterable[str] = (), any_case: Iterable[str] = (), names: Any = None) -> SourceConfig:
    label = Text("Boutique", "Shop")
    return SourceConfig(
        key="shop",
        label=label,
        kind=SourceKind.SQL,
        connection_env="SCHOOL_DATABASE_URL",
        embedded_default="",
        datasets=datasets,
        owner_team="Team",
        owner_email="team@cesi.example",
        deputy_email="deputy@cesi.example",
        service_level_days=5,
        ignored=dict.fromkeys(ignored, label),
        name_fields=names or {},
        case_insensitive=frozenset(any_case),
    )
