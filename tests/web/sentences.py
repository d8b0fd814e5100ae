"""Reads which sentences templates and Python files ask a catalogue for, and what the catalogues say, without GNU gettext."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po
from django.conf import settings
from django.template import engines
from django.template.base import Node, NodeList, Template
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

Sentence = tuple[str | None, str]  # context, English
PLAIN = {"_", "gettext", "gettext_lazy", "gettext_noop"}
IN_CONTEXT = {"pgettext", "pgettext_lazy"}
COUNTED = {"ngettext", "ngettext_lazy"}


@cache
def _room(room: str) -> Mapping[Sentence, tuple[str, ...]]:
    found: dict[Sentence, tuple[str, ...]] = {}
    with (Path(settings.BASE_DIR) / "locale" / room / "fr" / "LC_MESSAGES" / "django.po").open("rb") as file:
        for message in read_po(file, locale="fr", abort_invalid=True):
            if message.id and not message.fuzzy:
                english = message.id if isinstance(message.id, str) else message.id[0]
                said = (message.string,) if isinstance(message.string, str) else tuple(message.string)
                found[message.context, english] = said
    return found


def french(*rooms: str) -> dict[Sentence, tuple[str, ...]]:
    """What the catalogues of these rooms, or of all, say for each sentence, singular and plural. A guess says nothing."""
    every = rooms or sorted(path.name for path in (Path(settings.BASE_DIR) / "locale").iterdir() if path.is_dir())
    return {sentence: said for room in every for sentence, said in _room(room).items()}


def without_french(asked: set[Sentence], *rooms: str) -> list[str]:
    known = french(*rooms)
    return sorted(str(sentence) for sentence in asked if not all(known.get(sentence, ("",))))


def in_templates(paths: Iterator[Path] | list[Path]) -> set[Sentence]:
    engine = engines["django"].engine
    return {sentence for path in paths for sentence in _in_nodes(Template(path.read_text(), engine=engine).nodelist)}


def in_python(paths: Iterator[Path] | list[Path]) -> set[Sentence]:
    return {sentence for path in paths for sentence in _in_calls(ast.parse(path.read_text()))}


def _in_nodes(nodes: NodeList | list[Node]) -> Iterator[Sentence]:
    for node in nodes:
        if isinstance(node, TranslateNode | BlockTranslateNode):
            context = str(node.message_context.var) if node.message_context else None
            if isinstance(node, BlockTranslateNode):
                yield context, node.render_token_list(node.singular)[0]
            elif isinstance(node.filter_expression.var, str):
                yield context, node.filter_expression.var
            elif node.filter_expression.var.literal is not None:
                yield context, str(node.filter_expression.var.literal)
        for name in (*node.child_nodelists, "nodelist"):
            yield from _in_nodes(getattr(node, name, None) or [])
        for _condition, branch in getattr(node, "conditions_nodelists", []):
            yield from _in_nodes(branch)


def _in_calls(tree: ast.AST) -> Iterator[Sentence]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        words = [
            argument.value for argument in node.args if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        ]
        if node.func.id in PLAIN | COUNTED and words:
            yield None, words[0]
        elif node.func.id in IN_CONTEXT and len(words) == 2:
            yield words[0], words[1]
