"""TOML and YAML as one tree of values that remember their lines."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from dsar.controller.problems import Page

LARGEST_FILE = 256 * 1024  # bytes
LARGEST_TREE = 100_000  # values, aliases written out
DEEPEST_TREE = 40
DEEPEST_ALIAS = 5  # an alias inside an alias inside …

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN_TAGS = {None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}


@dataclass(frozen=True)
class Node:
    """`value` is a dict of nodes, a list of nodes, or a scalar. `line` is that of the key, or of the list item."""

    value: Any
    line: int
    size: int = 1
    alias_depth: int = 0

    def plain(self) -> Any:
        """The value without lines."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def child(self, step: int | str) -> Node | None:
        """What lies one step below: by key in a mapping, by number in a list."""
        if isinstance(self.value, dict):
            found = self.value.get(step)
        elif isinstance(self.value, list) and isinstance(step, int) and step < len(self.value):
            found = self.value[step]
        else:
            found = None
        return found if isinstance(found, Node) else None

    def line_at(self, path: tuple[int | str, ...]) -> int:
        """The line of what lies at `path`, or of the last part of it that exists."""
        node = self
        for step in path:
            below = node.child(step)
            if below is None:
                break
            node = below
        return node.line


class _Unreadable(Exception):
    """The file cannot be read on from here."""

    def __init__(self, line: int, message: str, mend: str) -> None:
        self.line, self.message, self.mend = line, message, mend


def read_text(content: bytes, page: Page, size: int) -> str | None:
    """The file's text, or None with the reason on the page. `content` may be cut short, `size` is the whole file's."""
    if len(content) > LARGEST_FILE:
        page.problem(
            1, f"The file has {size} bytes; 262144 (256 KB) are read at most.", "Split it, or take out what is not needed."
        )
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        page.problem(line, "The file is not UTF-8 text.", "Save it as UTF-8.")
        return None


# YAML


def read_yaml(text: str, page: Page) -> Node | None:
    """The one document in `text`; None with the reason on the page when it cannot be read."""
    try:
        return _Composer(text, page).document()
    except _Unreadable as error:
        page.problem(error.line, error.message, error.mend)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position if isinstance(error.position, int) else 0) + 1
        page.problem(line, "There is a character that YAML does not allow.", "Take out control characters.")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = " ".join(part for part in (error.context, error.problem) if part)
        mend = "Check indentation, colons and quotes there and on the line before; indent with spaces, never with tabs."
        page.problem(mark.line + 1 if mark else 1, f"This is not YAML: {reason}.", mend)
    return None


class _Composer:
    """Builds the tree from the parser's events: no tags of Python, bounded depth, bounded aliases, no key twice."""

    def __init__(self, text: str, page: Page) -> None:
        self.events: Iterator[Any] = yaml.parse(text, Loader=_Loader)
        self.page = page
        self.anchors: dict[str, Node] = {}
        self.scalars = yaml.SafeLoader("")

    def document(self) -> Node | None:
        next(self.events)  # stream start
        event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            return None
        root = self.node(next(self.events), depth=0)
        next(self.events)  # document end
        event = next(self.events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise _Unreadable(
                event.start_mark.line + 1, "A second document begins here.", "Keep one document in a file; take out `---`."
            )
        return root

    def node(self, event: Any, *, depth: int) -> Node:
        line = event.start_mark.line + 1
        if depth > DEEPEST_TREE:
            raise _Unreadable(line, f"Values lie in each other more than {DEEPEST_TREE} deep.", "Write it flatter.")
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event.anchor, line)
        if isinstance(event, yaml.ScalarEvent):
            node = Node(self.scalar(event, line), line)
        else:
            if event.tag not in _PLAIN_TAGS:
                self.page.problem(line, f"The tag {event.tag} is not read here.", "Take the tag out.")
            is_map = isinstance(event, yaml.MappingStartEvent)
            node = self.mapping(line, depth) if is_map else self.sequence(line, depth)
        if node.size > LARGEST_TREE:
            raise _Unreadable(
                line,
                f"With its aliases written out the file has more than {LARGEST_TREE} values.",
                "Write the values themselves, without aliases (*name).",
            )
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def alias(self, anchor: str | None, line: int) -> Node:
        target = self.anchors.get(anchor or "")
        if target is None:
            raise _Unreadable(
                line,
                f"The alias *{anchor} names nothing that is complete above it.",
                f"Put &{anchor} on an earlier value, or write the value itself.",
            )
        if target.alias_depth >= DEEPEST_ALIAS:
            raise _Unreadable(
                line,
                f"Aliases lie in each other more than {DEEPEST_ALIAS} deep.",
                "Write the values themselves, without aliases (*name).",
            )
        return Node(target.value, line, target.size, target.alias_depth + 1)

    def scalar(self, event: Any, line: int) -> Any:
        tag = event.tag
        if tag in (None, "!"):
            tag = self.scalars.resolve(yaml.ScalarNode, event.value, event.implicit)
        try:
            return self.scalars.construct_object(yaml.ScalarNode(tag, event.value, event.start_mark, event.end_mark))
        except yaml.constructor.ConstructorError:
            self.page.problem(line, f"The tag {tag} is not read here.", "Take the tag out.")
        except (ValueError, OverflowError):
            self.page.problem(
                line, f"{event.value!r} looks like a number or a date and is none.", "Put it in quotes, or correct it."
            )
        return event.value

    def sequence(self, line: int, depth: int) -> Node:
        items: list[Node] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(event, depth=depth + 1))
        return _sized(items, items, line)

    def mapping(self, line: int, depth: int) -> Node:
        values: dict[str, Node] = {}
        merged: list[Node] = []
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key_line = event.start_mark.line + 1
            if not isinstance(event, yaml.ScalarEvent):
                raise _Unreadable(key_line, "A key is not a plain word.", "Write keys as `word: value`.")
            key = event.value  # as it is written: a column may be called `on` or `no`
            value = self.node(next(self.events), depth=depth + 1)
            if key == "<<" and event.implicit[0]:
                merged += value.value if isinstance(value.value, list) else [value]
            elif key in values:
                first = values[key].line
                self.page.problem(key_line, f"The key {key!r} is already on line {first}.", "Keep one of the two.")
            else:
                values[key] = Node(value.value, key_line, value.size, value.alias_depth)
        for node in merged:
            if not isinstance(node.value, dict):
                raise _Unreadable(
                    node.line,
                    "`<<` takes over the keys of a mapping, and this is none.",
                    "Put an alias of a mapping (*name) there.",
                )
            values = {**node.value, **values}
        return _sized(values, list(values.values()), line)


def _sized(value: Any, children: list[Node], line: int) -> Node:
    return Node(value, line, 1 + sum(child.size for child in children), max((child.alias_depth for child in children), default=0))


# TOML


def read_toml(text: str, page: Page) -> Node | None:
    """The document in `text`; None with the reason on the page when it cannot be read."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+)", str(error))
        line = int(found[1]) if found else text.rstrip("\n").count("\n") + 1
        reason = re.sub(r" \(at .*\)$", "", str(error))
        page.problem(line, f"This is not TOML: {reason}.", 'Write `key = "value"`, each key once in its [table].')
        return None
    except (RecursionError, ValueError, OverflowError):
        page.problem(1, "The file holds a value that cannot be read.", "Look for very long numbers or lists inside lists.")
        return None
    return _with_lines(document, (), _toml_lines(text), 1)


def _with_lines(value: Any, path: tuple[int | str, ...], lines: dict[tuple[int | str, ...], int], line: int) -> Node:
    line = lines.get(path, line)
    if isinstance(value, dict):
        return Node({key: _with_lines(inner, (*path, key), lines, line) for key, inner in value.items()}, line)
    if isinstance(value, list):
        return Node([_with_lines(inner, (*path, number), lines, line) for number, inner in enumerate(value)], line)
    return Node(value, line)


_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")


def _toml_lines(text: str) -> dict[tuple[int | str, ...], int]:
    """Where each key stands. tomllib keeps no lines; a scan of headers and `key =` finds those that people write."""
    lines: dict[tuple[int | str, ...], int] = {}
    counts: dict[tuple[int | str, ...], int] = {}
    table: tuple[int | str, ...] = ()
    quotes = ""  # the triple quote that is open
    for number, line in enumerate(text.splitlines(), start=1):
        if quotes:
            quotes = "" if quotes in line else quotes
            continue
        if header := _HEADER.fullmatch(line):
            table = _inside_lists(_split(header[2]), counts, opens=header[1] == "[[")
            lines[table] = number
        elif key := _KEY.match(line):
            path = table
            for step in _split(key[1]):
                path = (*path, step)
                lines.setdefault(path, number)
        for mark in ('"""', "'''"):
            if line.count(mark) % 2:
                quotes = mark
    return lines


def _split(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in re.findall(r"\"[^\"]*\"|'[^']*'|[^.\s]+", dotted)]


def _inside_lists(names: list[str], counts: dict[tuple[int | str, ...], int], *, opens: bool) -> tuple[int | str, ...]:
    """The path of a header, with the number of the list item that it lies in."""
    path: tuple[int | str, ...] = ()
    for position, name in enumerate(names):
        path = (*path, name)
        if opens and position == len(names) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path
