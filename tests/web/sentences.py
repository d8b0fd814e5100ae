"""Reads which sentences templates and Python files ask a catalogue for, without GNU gettext."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from django.template import engines
from django.template.base import Node, NodeList, Template
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

Sentence = tuple[str | None, str]  # context, English
PLAIN = {"_", "gettext", "gettext_lazy", "gettext_noop"}
IN_CONTEXT = {"pgettext", "pgettext_lazy"}
COUNTED = {"ngettext", "ngettext_lazy"}


def in_templates(paths: Iterator[Path] | list[Path]) -> set[Sentence]:
    engine = engines["django"].engine
    return {sentence for path in paths for sentence in _in_nodes(Template(path.read_text(), engine=engine).nodelist)}


def in_python(paths: Iterator[Path] | list[Path]) -> set[Sentence]:
    return {sentence for path in paths for sentence in _in_calls(ast.parse(path.read_text()))}


def _in_nodes(nodes: NodeList | list[Node]) -> Iterator[Sentence]:
    for node in nodes:
        if isinstance(node, TranslateNode):
            if isinstance(node.filter_expression.var, str):
                yield None, node.filter_expression.var
            elif node.filter_expression.var.literal is not None:
                yield None, str(node.filter_expression.var.literal)
        elif isinstance(node, BlockTranslateNode):
            yield None, node.render_token_list(node.singular)[0]
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
