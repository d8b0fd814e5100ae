"""Reads sources.yml: the systems that hold the data, and who answers for them."""

from __future__ import annotations

import re

from dsar.controller.nodes import Node
from dsar.controller.problems import Page
from dsar.controller.reading import Table, is_key
from dsar.controller.shape import SourceConfig, SourceKind, Text

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")


def read_sources(root: Node, page: Page) -> dict[str, SourceConfig]:
    top = Table(root, "", page)
    sources = {key: _source(key, table) for key, table in top.named_tables("sources")}
    top.done()
    return sources


def _source(key: str, table: Table) -> SourceConfig:
    if not is_key(key):
        table.problem("", f"{key!r} is not a key.", "Use small letters of ASCII, digits and underscores, 40 at most.")
    kind = table.choice("kind", SourceKind)
    by_hand = kind is SourceKind.PEOPLE
    what = "the name of an environment variable (never the connection itself)"
    source = SourceConfig(
        key=key,
        label=table.words("label"),
        kind=kind,
        connection_env=table.matching(
            "connection_env", _VARIABLE.fullmatch, what, example="SCHOOL_DATABASE_URL", default="" if by_hand else None
        ),
        embedded_default=table.text("embedded_default", example="sqlite:///{VAR}/example/school.sqlite3", default=""),
        datasets=tuple(words for words, _ in table.texts("datasets", example="[school]", required=not by_hand)),
        owner_team=table.text("owner_team", example="Registrar’s office"),
        owner_email=table.email("owner_email"),
        deputy_email=table.email("deputy_email"),
        service_level_days=table.integer("service_level_days", lowest=1, highest=30, example=5),
        ignored=_ignored(table),
        name_fields=_name_fields(table),
        case_insensitive=frozenset(words for words, _ in table.texts("case_insensitive", required=False)),
        manager_email=table.email("manager_email") if table.find("manager_email") is not None else "",
    )
    table.done()
    return source


def _ignored(source: Table) -> dict[str, Text]:
    """Tables and columns that the map leaves out on purpose, each with its reason."""
    table = source.table("ignored", required=False)
    return {name: table.words(name) for name in table.node.value} if table else {}


def _name_fields(source: Table) -> dict[str, tuple[str, ...]]:
    table = source.table("name_fields", required=False)
    if table is None:
        return {}
    return {name: tuple(words for words, _ in table.texts(name, example="[first_name, last_name]")) for name in table.node.value}
