"""How a table and its values are shown to a person; the viewer's script does the same in the browser."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from dsar.packaging.columns import Column, Kind, Table
from dsar.packaging.words import SHORT_MONTHS, words

_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d(?::?\d\d)?)?)?")
_UTC = re.compile(r"Z|[+-]00(:?00)?")
RECORD_ROWS = 3
_WIDE = 5  # from so many columns on, a row becomes date, item and details


@dataclass(frozen=True)
class Layout:
    """`record`: a few rows as lists of label and value. `table`: one column each. `list`: date, item, details."""

    kind: str
    order: tuple[int, ...]  # columns of a table, in the order shown
    date: int  # index, or -1
    title: int  # the row's header


def layout_of(table: Table) -> Layout:
    columns = table.columns
    date = next((i for i, column in enumerate(columns) if column.key == table.date_key), -1)
    named = [
        i
        for i, c in enumerate(columns)
        if i != date and c.kind is Kind.TEXT and not c.mask and not re.fullmatch(r"(.*_)?id", c.key)
    ]
    others = [i for i in range(len(columns)) if i != date]
    title = (named or others or [date])[0]
    order = tuple(([date] if date >= 0 and title != date else []) + [title] + [i for i in others if i != title])
    if len(columns) >= _WIDE and (table.rows == 1 or (table.rows <= RECORD_ROWS and date < 0)):
        return Layout("record", order, date, title)
    return Layout("table" if len(columns) < _WIDE else "list", order, date if date != title else -1, title)


def is_mask(value: Any, column: Column) -> bool:
    """The selection writes a mask as `{}`; nested values of the source are texts there."""
    return column.mask and type(value) is dict


def display(value: Any, column: Column, language: str) -> str:
    """The value as text in `language`; digits are those of the source."""
    if value is None:
        return ""
    if type(value) is dict:
        return words(language)["masked"]
    if type(value) is bool:
        return words(language)["true" if value else "false"]
    text = str(value)
    if column.kind in (Kind.DATE, Kind.DATETIME):
        return shown_date(text, language)
    if column.kind is Kind.NUMBER and language == "fr":
        return text.replace(".", ",", 1)
    return text


def shown_date(text: str, language: str) -> str:
    """ "4 sept. 2023, 10:12 UTC" from an ISO text; anything else as it is. The clock time is the source's, never converted."""
    found = _ISO.fullmatch(text)
    if not found or not 1 <= int(found[2]) <= 12:
        return text
    day = int(found[3])
    date = f"{'1er' if language == 'fr' and day == 1 else day} {SHORT_MONTHS[language][int(found[2]) - 1]} {found[1]}"
    if not found[4]:
        return date
    zone = "" if not found[5] else " UTC" if _UTC.fullmatch(found[5]) else f" {found[5]}"
    return f"{date}, {found[4]}{zone}"
