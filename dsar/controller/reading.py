"""Reads one table of a file key by key: a getter returns a value of its type, or notes the mistake and returns an empty one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

from babel import Locale
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from dsar.controller.durations import parse_duration
from dsar.controller.nodes import Node
from dsar.controller.problems import Page, did_you_mean
from dsar.controller.shape import Text

Member = TypeVar("Member", bound=StrEnum)

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_KEY = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*")
_URL = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:/\S*)?")
# What stands in a register where nobody has decided yet; the policy's cookie list says "Purpose pending investigation".
_UNDECIDED = re.compile(
    r"pending.*|.*pending|.*pending investigation.*|tb[acds]|todo|fixme|xxx+|[-?.,:;_–—…/ ]+|n/?a|null|unknown|inconnue?s?"
    r"|to be .*(defined|determined|decided|confirmed|completed|specified|announced)"
    r"|(reste )?a (definir|determiner|preciser|completer|confirmer|renseigner|venir|faire).*"
    r"|en attente.*|.*en cours (d'analyse|d'etude|de definition)"
)


def undecided(text: str) -> bool:
    """Whether the words only say that somebody still has to decide ("pending", "à définir", "TBD")."""
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(letter))
    bare = " ".join(bare.replace("’", "'").split()).strip(" .!:;,()[]<>*\"'")
    return not bare or any(_UNDECIDED.fullmatch(words) for words in (bare, bare.replace(".", "")))


class Table:
    """A mapping of a file. `place` names it in messages; `done()` reports the keys that nobody asked for."""

    def __init__(self, node: Node, place: str, page: Page) -> None:
        self.node, self.place, self.page = node, place, page
        self.known: list[str] = []

    # What is there

    def find(self, key: str) -> Node | None:
        """The value; None when the key is absent or empty."""
        self.known.append(key)
        node = self.node.value.get(key)
        return None if node is None or node.value is None or node.value == "" else node

    def line(self, key: str = "") -> int:
        node = self.node.value.get(key)
        return node.line if isinstance(node, Node) else self.node.line

    def problem(self, key: str, message: str, mend: str) -> None:
        self.page.problem(self.line(key), f"{self.name(key)}: {message}", mend)

    def name(self, key: str) -> str:
        return ".".join(part for part in (self.place, key) if part)

    def missing(self, key: str, example: str) -> None:
        state = "is empty" if key in self.node.value else "is missing"
        self.page.problem(self.line(key), f"{self.name(key)} {state}.", f"Write {self.page.shows(key, example)}.")

    def done(self) -> None:
        """Unknown keys are mistakes: a misspelt key would otherwise be a rule that nobody follows."""
        for key, node in self.node.value.items():
            if key not in self.known:
                mend = did_you_mean(key, self.known, otherwise=f"Take it out, or use one of: {', '.join(self.known)}.")
                if node.value is None and self.page.file.endswith((".yml", ".yaml")):
                    mend = "A comma inside { } ends the words before it: put words with commas in quotes."
                self.page.problem(node.line, f"{self.name(key)} is not known here.", mend)

    # Scalars

    def text(self, key: str, *, example: str, default: str | None = None) -> str:
        node = self.find(key)
        if node is None:
            if default is None:
                self.missing(key, example)
            return default or ""
        return self.page_text(node, self.name(key))

    def page_text(self, node: Node, name: str) -> str:
        if not isinstance(node.value, str):
            hint = " (YAML reads no, on, yes and off as true or false)" if isinstance(node.value, bool) else ""
            self.page.problem(node.line, f"{name} is not text{hint}.", "Put it in quotes.")
            return ""
        words = node.value.strip()
        if not words:
            self.page.problem(node.line, f"{name} is empty.", "Write something between the quotes.")
        elif any(unicodedata.category(letter) in ("Cc", "Cs") and letter != "\n" for letter in words):
            self.page.problem(node.line, f"{name} holds a control character.", "Take it out.")
        return words

    def matching(self, key: str, fits: Callable[[str], object], what: str, *, example: str, default: str | None = None) -> str:
        """Text that `fits`; `what` says what it must be."""
        words = self.text(key, example=example, default=default)
        if words and words != default and not fits(words):
            self.problem(key, f"{words!r} is not {what}.", f"Write for example {self.page.shows(key, example)}.")
            return default or ""
        return words

    def email(self, key: str) -> str:
        return self.matching(key, is_email, "an email address", example="dpo@school.example")

    def url(self, key: str) -> str:
        return self.matching(key, _URL.fullmatch, "a web address", example="https://www.school.example")

    def duration(self, key: str, *, default: str | None = None) -> str:
        what = "an ISO 8601 duration (P1Y is one year, P6M six months, P30D thirty days)"
        return self.matching(key, parse_duration, what, example="P1Y", default=default)

    def country(self, key: str) -> str:
        return self.matching(key, is_country, "a country of ISO 3166 in two capital letters", example="FR")

    def integer(self, key: str, *, lowest: int, highest: int, example: int) -> int:
        node = self.find(key)
        if node is None:
            self.missing(key, str(example))
            return example
        if isinstance(node.value, bool) or not isinstance(node.value, int) or not lowest <= node.value <= highest:
            mend = f"Write digits from {lowest} to {highest}, for example {self.page.shows(key, str(example))}."
            self.problem(key, f"{shown(node)} is not a whole number from {lowest} to {highest}.", mend)
            return example
        return node.value

    def boolean(self, key: str) -> bool:
        node = self.find(key)
        if node is None:
            return False
        if not isinstance(node.value, bool):
            self.problem(key, f"{shown(node)} is not a yes or a no.", "Write true or false, without quotes.")
            return False
        return node.value

    def choice(self, key: str, members: type[Member]) -> Member:
        node, first = self.find(key), next(iter(members))
        if node is None:
            self.missing(key, first)
            return first
        return self.member(node, key, members) or first

    def choices(self, key: str, members: type[Member], *, required: bool = True) -> tuple[Member, ...]:
        nodes = self.items(key, example=f"[{next(iter(members))}]", required=required)
        return tuple(member for node in nodes if (member := self.member(node, key, members)))

    def member(self, node: Node, key: str, members: type[Member]) -> Member | None:
        try:
            return members(node.value)
        except ValueError:
            known = [member.value for member in members]
            mend = did_you_mean(str(node.value), known, otherwise=f"Write one of: {', '.join(known)}.")
            self.page.problem(node.line, f"{self.name(key)}: {shown(node)} is not known.", mend)
            return None

    # Words in both languages

    def words(self, key: str) -> Text:
        node = self.find(key)
        if node is None:
            self.page.problem(
                self.line(key),
                f"{self.name(key)} {'is empty' if key in self.node.value else 'is missing'}.",
                f"Write it in both languages: {self.bilingual(key)}.",
            )
            return Text("", "")
        return self.as_words(node, self.name(key))

    def optional_words(self, key: str) -> Text | None:
        return self.as_words(node, self.name(key)) if (node := self.find(key)) else None

    def as_words(self, node: Node, name: str) -> Text:
        if not isinstance(node.value, dict):
            self.page.problem(
                node.line, f"{name} must be said in French and in English.", f"Write {self.bilingual(name.rpartition('.')[2])}."
            )
            return Text("", "")
        inner = Table(node, name, self.page)
        text = Text(inner.text("fr", example="…"), inner.text("en", example="…"))
        inner.done()
        for language in ("fr", "en"):
            words = text.in_language(language)
            if words and undecided(words):
                mend = "Decide, and write what the person may be told."
                self.page.problem(inner.line(language), f"{name}: {words!r} is not an answer yet.", mend)
                break
        return text

    def bilingual(self, key: str) -> str:
        return f'`{key} = {{ fr = "…", en = "…" }}`' if self.page.file.endswith(".toml") else f"`{key}: {{fr: …, en: …}}`"

    # Tables and lists

    def table(self, key: str, *, required: bool = True) -> Table | None:
        """A table of its own; None, with the mistake noted, when there is none."""
        node = self.find(key)
        if node is None:
            if required:
                toml = self.page.file.endswith(".toml")
                self.page.problem(
                    self.line(key),
                    f"{self.name(key)} is missing.",
                    f"Add the {f'table [{self.name(key)}]' if toml else f'key `{key}:` and what belongs under it'}.",
                )
            return None
        return self.as_table(node, self.name(key))

    def as_table(self, node: Node, name: str) -> Table | None:
        if not isinstance(node.value, dict):
            self.page.problem(
                node.line, f"{name} must hold keys with values.", "Write `key: value` lines below it, or `{key: value}`."
            )
            return None
        return Table(node, name, self.page)

    def items(self, key: str, *, example: str, required: bool = True) -> list[Node]:
        node = self.find(key)
        if node is None or node.value == []:
            if required:
                self.missing(key, example)
            return []
        if not isinstance(node.value, list):
            self.problem(key, "must be a list.", f"Write {self.page.shows(key, example)}.")
            return []
        return node.value

    def tables(self, key: str, *, required: bool = True) -> Iterator[Table]:
        for number, node in enumerate(self.items(key, example="a list of entries", required=required), start=1):
            if table := self.as_table(node, f"{self.name(key)}[{number}]"):
                yield table

    def named_tables(self, key: str) -> Iterator[tuple[str, Table]]:
        """The tables of a table, by their keys."""
        table = self.table(key)
        if table is None:
            return
        if not table.node.value:
            self.missing(key, "…")
        for name, node in table.node.value.items():
            if inner := table.as_table(node, table.name(name)):
                yield name, inner

    def texts(self, key: str, *, example: str = "[…]", required: bool = True) -> tuple[tuple[str, int], ...]:
        """Words of a list, each with its line."""
        nodes = self.items(key, example=example, required=required)
        return tuple((words, node.line) for node in nodes if (words := self.page_text(node, self.name(key))))

    def word_list(self, key: str) -> tuple[Text, ...]:
        """Sentences in both languages, one or more."""
        nodes = self.items(key, example="a list of `{fr: …, en: …}`")
        return tuple(self.as_words(node, f"{self.name(key)}[{number}]") for number, node in enumerate(nodes, start=1))

    def says_none(self, key: str) -> bool:
        """Whether the word `none` stands there: "there are none" must be said, silence is a mistake."""
        self.known.append(key)
        node = self.node.value.get(key)
        return isinstance(node, Node) and node.value == "none"


def shown(node: Node) -> str:
    """A value as a message may quote it."""
    if isinstance(node.value, (dict, list)):
        return "A list" if isinstance(node.value, list) else "A table"
    words = repr(node.value)
    return words if len(words) <= 60 else f"{words[:57]}…"


def is_slug(text: str) -> bool:
    return bool(_SLUG.fullmatch(text)) and len(text) <= 40


def is_key(text: str) -> bool:
    return bool(_KEY.fullmatch(text)) and len(text) <= 40


def is_email(text: str) -> bool:
    """One plain ASCII address with a domain that has a dot."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return text.isascii() and "." in text.rpartition("@")[2] and not text.rpartition("@")[2].startswith("[")


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    unreal = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}
    codes = {str(code) for code in Locale.parse("en").territories}
    return frozenset(code for code in codes if re.fullmatch(r"[A-Z]{2}", code)) - unreal


def is_country(text: str) -> bool:
    return text in _countries()
