"""Which columns of a part enter the package: those that a category of the register names, and no other (SECURITY T15)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from dsar.controller import Category, Controller, Text
from dsar.packaging.inputs import PartInput


class Kind(StrEnum):
    """What a column holds, as far as the source says."""

    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    TEXT = "string"


@dataclass(frozen=True)
class Column:
    """One column of the package: `key` names it in JSON, its label in CSV."""

    key: str
    label: Text
    kind: Kind
    mask: bool
    provided: bool


@dataclass(frozen=True)
class Table:
    """A category together with the part that holds its rows, and the columns both know."""

    category: Category
    columns: tuple[Column, ...]
    part: PartInput | None

    @property
    def rows(self) -> int:
        return self.part.rows if self.part else 0

    @property
    def portable_columns(self) -> tuple[Column, ...]:
        """Art. 20: what the person provided; a column that names others stays out (Art. 20(4))."""
        return tuple(column for column in self.columns if column.provided and not column.mask)

    @property
    def portable(self) -> bool:
        return bool(self.category.portable and self.rows and self.portable_columns)

    @property
    def date_key(self) -> str | None:
        date_field = self.category.date_field
        return date_field if any(column.key == date_field for column in self.columns) else None


def kind_of(declared: str) -> Kind:
    """The kind behind a source's own type name: "numeric(10,2)", "TIMESTAMP WITH TIME ZONE", "int8"."""
    name = declared.lower()
    if re.match(r"(timestamp|datetime)", name):
        return Kind.DATETIME
    if re.match(r"date\b", name):
        return Kind.DATE
    if re.match(r"bool", name):
        return Kind.BOOLEAN
    if re.match(r"(small|big|tiny|medium)?(int|serial)(eger)?\d*\b", name):
        return Kind.INTEGER
    if re.match(r"(numeric|decimal|real|double|float|money|number)", name):
        return Kind.NUMBER
    return Kind.TEXT


def tables(controller: Controller, parts: Iterable[PartInput]) -> list[Table]:
    """One table per category, in the register's order; a category without a part has no rows."""
    by_collection = {part.collection: part for part in parts}
    found = []
    for category in controller.categories.values():
        part = by_collection.get(category.collection)
        types = {column["name"]: column.get("type", "") for column in part.columns} if part else {}
        columns = tuple(
            Column(use.name, use.label, kind_of(types[use.name]), use.mask, use.provided)
            for use in category.fields
            if use.name in types
        )
        found.append(Table(category, columns, part if part and part.rows and columns else None))
    return found
