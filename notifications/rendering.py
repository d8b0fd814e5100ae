"""Writes a mail: one text template per kind and language, and the HTML twin made from that text, so that they cannot disagree.

The first line of a template is `Subject: …`; paragraphs follow, lists as lines that start with "- ". Dates come out in words.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Mapping
from datetime import date, datetime
from functools import cache, lru_cache
from types import SimpleNamespace

from django.conf import settings
from django.template import Context, Engine
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from notifications.kinds import IDENTIFIERS, KINDS, LANGUAGES, check_context

LONGEST_SUBJECT = 150
LONGEST_HEADING = 60
_HOLE = "\x00hole:%s\x00"  # what the engine leaves for a variable that nobody gave
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


class BadTemplate(ValueError):
    """A mail's template is not what it must be; the sentence names it."""


@dataclasses.dataclass(frozen=True)
class Rendered:
    """A mail ready to be stored: one subject line and two bodies that say the same."""

    subject: str
    text: str
    html: str


class DayInWords:
    """A date as people write it: "mardi 22 décembre 2026"; `short` leaves the weekday out."""

    def __init__(self, day: date, language: str) -> None:
        self._day, self._language = day, language

    def __str__(self) -> str:
        return self._written("l ")

    @property
    def short(self) -> str:
        return self._written("")

    def _written(self, weekday: str) -> str:
        with translation.override(self._language):
            words = date_format(self._day, f"{weekday}j F Y")
        # French counts the first of a month: "vendredi 1er janvier 2027".
        return re.sub(r"(^|\s)1 ", r"\g<1>1er ", words, count=1) if self._language == "fr" else words


def render(kind: str, language: str, context: Mapping[str, object]) -> Rendered:
    """The mail of this kind in this language, English when we do not write it. Raises `ContextMismatch` or `BadTemplate`."""
    language = language if language in LANGUAGES else "en"
    check_context(KINDS[kind], context)
    with translation.override(language):
        values = {name: _plain(value, language) for name, value in context.items()}
        if isinstance(kinds := values.get("identifiers"), list):
            values["identifiers"] = [IDENTIFIERS.get(str(one), {}).get(language, str(one)) for one in kinds]
        if isinstance(size := values.get("size"), int):
            values["size"] = _size_in_words(size, language)
        written = _text_engine().get_template(f"messages/{kind}/{language}.txt").render(Context(values, autoescape=False))
    where = f"templates/messages/{kind}/{language}.txt"
    if hole := re.search("\x00hole:(.*?)\x00", written):
        raise BadTemplate(f"{where} uses {hole[1]!r}, which nobody gives.")
    first, _, body = written.partition("\n")
    label, colon, subject = first.partition(":")
    if label != "Subject" or not colon or not subject.strip():
        raise BadTemplate(f"{where} must start with a line 'Subject: …'.")
    subject = subject.strip()
    if len(subject) > LONGEST_SUBJECT or _CONTROL.search(subject):
        raise BadTemplate(f"{where}: a subject is one line of at most {LONGEST_SUBJECT} characters.")
    text = re.sub(r"\n{3,}", "\n\n", body.replace("\r\n", "\n").replace("\r", "\n")).strip() + "\n"
    if language == "fr":
        text = french_spaces(text)
    return Rendered(subject, text, _html(subject, text, language, headings=_headings(where)))


def french_spaces(text: str) -> str:
    """The text with the spaces that French puts before double punctuation and inside quotes made unbreakable."""
    return re.sub(r" (?=[:;?!»])|(?<=«) ", "\u00a0", text)


def _plain(value: object, language: str) -> object:
    """What a template may print: words in this language, dates in words, lists and simple records of such."""
    if isinstance(value, datetime):
        return DayInWords(timezone.localtime(value).date() if timezone.is_aware(value) else value.date(), language)
    if isinstance(value, date):
        return DayInWords(value, language)
    if hasattr(value, "in_language"):
        return value.in_language(language)
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(item, language) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return SimpleNamespace(**{f.name: _plain(getattr(value, f.name), language) for f in dataclasses.fields(value)})
    return value


def _size_in_words(size: int, language: str) -> str:
    """Decimal units, as shops and file managers count: "4,2 Mo", "4.2 MB"."""
    units = ("ko", "Mo", "Go") if language == "fr" else ("kB", "MB", "GB")
    number = max(size, 100) / 1000
    for unit in units:
        if number < 1000 or unit == units[-1]:
            break
        number /= 1000
    written = f"{number:.1f}".removesuffix(".0")
    return f"{written.replace('.', ',') if language == 'fr' else written} {unit}"


@lru_cache(maxsize=1)
def _text_engine() -> Engine:
    return Engine(dirs=[str(settings.BASE_DIR / "templates")], autoescape=False, string_if_invalid=_HOLE)


@lru_cache(maxsize=1)
def _html_engine() -> Engine:
    return Engine(dirs=[str(settings.BASE_DIR / "templates")])


@cache
def _headings(template: str) -> frozenset[str]:
    """The lines of a template of ours that stand alone and end no sentence; what anybody wrote into a mail never becomes one."""
    source = (settings.BASE_DIR / template).read_text(encoding="utf-8")
    blocks = (block.strip() for block in re.sub(r"{%.*?%}", "", source).split("\n\n"))
    return frozenset(one for one in blocks if one and len(one) < LONGEST_HEADING and not re.search(r"[\n{]|[.,:;]$", one))


def _html(subject: str, text: str, language: str, *, headings: Collection[str]) -> str:
    blocks = [format_html("<h2>{}</h2>", block) if block in headings else _block(block) for block in text.strip().split("\n\n")]
    layout = _html_engine().get_template("messages/layout.html")
    return layout.render(Context({"subject": subject, "language": language, "blocks": blocks})).lstrip()


def _block(block: str) -> SafeString:
    """One paragraph or list of the text, escaped; a list may have a line before it."""
    lines = block.split("\n")
    items = [line for line in lines if line.startswith("- ")]
    if items and lines[-len(items) :] == items:
        before = lines[: -len(items)]
        listed = format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((_linked(item[2:]),) for item in items)))
        return format_html("{}{}", _paragraph(before), listed) if before else listed
    return _paragraph(lines)


def _paragraph(lines: list[str]) -> SafeString:
    if len(lines) == 1 and re.fullmatch(r"\d{6}", lines[0].strip()):
        return format_html('<p class="code">{}</p>', lines[0].strip())
    return format_html("<p>{}</p>", mark_safe("<br>".join(_linked(line) for line in lines)))  # noqa: S308  (each part is escaped)


def _linked(line: str) -> SafeString:
    """The line escaped, with its web and mail addresses as links that show where they lead."""
    parts, end = [], 0
    for found in _LINK.finditer(line):
        scheme = "" if ":" in found[0] else "mailto:"
        parts += [escape(line[end : found.start()]), format_html('<a href="{1}{0}">{0}</a>', found[0], scheme)]
        end = found.end()
    return mark_safe("".join([*parts, escape(line[end:])]))  # noqa: S308  (each part is escaped)
