"""Name everything that a language beside French and English still needs, so that nobody reads a page in two languages."""

from __future__ import annotations

import ast
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

CODE = ("config", "dsar", "identity", "notifications")


class Command(BaseCommand):
    help = "List what a language lacks: sentences of the catalogues, files of words, and places in the code."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("language", help="its code, for example es")

    def handle(self, *args: Any, **options: Any) -> None:
        gaps = list(missing(options["language"]))
        for gap in gaps:
            self.stdout.write(gap)
        if gaps:
            raise CommandError(f"{options['language']}: {len(gaps)} things are missing.")
        self.stdout.write(f"{options['language']}: nothing is missing.")


def missing(language: str, root: Path | None = None) -> Iterator[str]:
    """What French has and this language has not, each with its place."""
    root = root or Path(settings.BASE_DIR)
    yield from _sentences(language, root)
    for french in sorted((root / "templates").rglob("fr.*")):
        if not (there := french.with_name(f"{language}{french.suffix}")).exists():
            yield f"{there.relative_to(root)}: no such file"
    for folder in CODE:
        for source in sorted((root / folder).rglob("*.py")):
            for line, words in sorted(_places(ast.parse(source.read_text(encoding="utf-8")), language)):
                yield f"{source.relative_to(root)}:{line}: {words}"


def _sentences(language: str, root: Path) -> Iterator[str]:
    for room in sorted((root / "locale").glob("*/fr/LC_MESSAGES/django.po")):
        here = room.parents[2] / language / "LC_MESSAGES" / "django.po"
        there = _catalogue(here, language)
        for message in _catalogue(room, "fr"):
            if message.id:
                known = there.get(message.id, message.context)
                words = known.string if known else ""
                if not words or not all(words):
                    yield f"{here.relative_to(root)}: {message.id if isinstance(message.id, str) else message.id[0]}"


def _catalogue(path: Path, language: str) -> Catalog:
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def _places(tree: ast.AST, language: str) -> Iterator[tuple[int, str]]:
    """Where code speaks French and English side by side, or chooses between them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            named = {name.id for part in node.body for name in _names(part)}
            if {"fr", "en"} <= named and language not in named:
                yield node.lineno, f"{node.name} has its words in fr and en"
        elif isinstance(node, ast.Dict):
            if _lack(node.keys, language):
                yield node.lineno, "words in fr and en"
        elif isinstance(node, ast.Tuple | ast.List | ast.Set):
            if _lack(node.elts, language):
                yield node.lineno, "a list of the languages fr and en"
        elif language not in ("fr", "en") and isinstance(node, ast.Compare):
            yield from (
                (node.lineno, "chooses between fr and another") for one in (node.left, *node.comparators) if _text(one) == "fr"
            )


def _names(part: ast.stmt) -> Iterator[ast.Name]:
    targets = part.targets if isinstance(part, ast.Assign) else [part.target] if isinstance(part, ast.AnnAssign) else []
    yield from (target for target in targets if isinstance(target, ast.Name))


def _lack(nodes: list[Any], language: str) -> bool:
    """Whether texts, or pairs that begin with one, name both languages and not this one."""
    codes = {_text(node.elts[0] if isinstance(node, ast.Tuple) and node.elts else node) for node in nodes}
    return {"fr", "en"} <= codes and language not in codes


def _text(node: Any) -> object:
    return node.value if isinstance(node, ast.Constant) else None
