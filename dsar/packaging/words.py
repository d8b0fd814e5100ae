"""Words and formats of the package in the reader's language; the texts are files, `templates/package/words/<language>.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType

TEMPLATES = Path(__file__).resolve().parent.parent.parent / "templates"
LANGUAGES = ("fr", "en")
NO_BREAK = "\u00a0"
NARROW = "\u202f"

_MONTHS = {
    "fr": [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}
SHORT_MONTHS = {
    "fr": ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."],
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
}


@cache
def words(language: str) -> Mapping[str, str]:
    """Every short text of the package in `language`, by key."""
    text = (TEMPLATES / "package" / "words" / f"{language}.json").read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(text)
    return MappingProxyType(found)


def other(language: str) -> str:
    return "en" if language == "fr" else "fr"


def long_date(day: date, language: str) -> str:
    """4 septembre 2023, 1er mai 2026; 4 September 2023."""
    first = "1er" if language == "fr" and day.day == 1 else str(day.day)
    return f"{first}{NO_BREAK}{_MONTHS[language][day.month - 1]} {day.year}"


def short_date(day: date, language: str) -> str:
    first = "1er" if language == "fr" and day.day == 1 else str(day.day)
    return f"{first} {SHORT_MONTHS[language][day.month - 1]} {day.year}"


def number(value: int, language: str) -> str:
    return f"{value:,}".replace(",", NARROW) if language == "fr" else f"{value:,}"


def file_size(size: int, language: str) -> str:
    unit, byte = ("o", "octets") if language == "fr" else ("B", "bytes")
    if size < 1000:
        return f"{size}{NO_BREAK}{byte}"
    for prefix, limit in (("k" if language == "en" else "K", 1e6), ("M", 1e9), ("G", 1e15)):
        if size < limit:
            amount = size / (limit / 1000)
            shown = f"{amount:.1f}" if amount < 10 else f"{amount:.0f}"
            return f"{shown.replace('.', ',') if language == 'fr' else shown}{NO_BREAK}{prefix}{unit}"
    raise ValueError(size)


def period(first: str, last: str, language: str) -> str:
    """ "2021 à 2026" from two ISO dates; one year when both share it; "" without dates."""
    start, end = first[:4], last[:4]
    if not start.isdigit() or not end.isdigit():
        return ""
    return start if start == end else f"{start} {words(language)['to']} {end}"


def listed(items: list[str], language: str) -> str:
    """ "a, b et c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {words(language)['and']} {items[-1]}"
