"""Reads datasets/*.yml: the Fides dataset format, unchanged, validated by fideslang's own model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from fideslang import model_map
from fideslang import models as fides
from fideslang.default_taxonomy import DEFAULT_TAXONOMY
from pydantic import BaseModel, ValidationError

from dsar.controller.nodes import Node
from dsar.controller.problems import Page, nearest
from dsar.controller.shape import Collection, Dataset, Direction, Field, Reference


@lru_cache(maxsize=1)
def default_categories() -> frozenset[str]:
    return frozenset(category.fides_key for category in DEFAULT_TAXONOMY.data_category)


def own_categories(root: Node) -> Iterator[str]:
    """Categories that a Fides file defines beside its datasets (`data_category:`)."""
    listed = root.value.get("data_category") if isinstance(root.value, dict) else None
    for node in listed.value if listed and isinstance(listed.value, list) else ():
        key = node.value.get("fides_key") if isinstance(node.value, dict) else None
        if key and isinstance(key.value, str):
            yield key.value


def read_datasets(root: Node | None, page: Page, categories: frozenset[str]) -> Iterator[tuple[Dataset, Node]]:
    """The datasets of one file, each with its node for later line numbers."""
    for node in _listed(root, page):
        if not isinstance(node.value, dict):
            page.problem(node.line, "A dataset must hold keys with values.", "Begin it with `- fides_key: name`.")
            continue
        _check_table(node, page, fides.Dataset, _name(node, "fides_key") or "dataset", categories)
        model = _validated(node, page)
        if model is not None:
            yield _dataset(model, node, page), node


def _listed(root: Node | None, page: Page) -> list[Node]:
    if root is None or not isinstance(root.value, dict):
        page.problem(1, "There is no dataset in the file.", "Begin it with `dataset:` and a list, as Fides does.")
        return []
    if "dataset" in root.value:
        listed = root.value["dataset"]
        if isinstance(listed.value, list) and listed.value:
            return listed.value
        if isinstance(listed.value, dict):
            return [listed]
        page.problem(listed.line, "`dataset:` must be a list.", "Write `- fides_key: name` below it.")
        return []
    if "fides_key" in root.value and "collections" in root.value:  # as Fides's API sends one
        return [root]
    if not set(root.value) & set(model_map):
        near = nearest("dataset", root.value)
        mend = f"Write `dataset:` instead of `{near}:`." if near else "Begin it with `dataset:` and a list, as Fides does."
        page.problem(root.line, "There is no dataset in the file.", mend)
    return []


# fideslang's verdict


def _validated(node: Node, page: Page) -> fides.Dataset | None:
    try:
        return fides.Dataset.model_validate(node.plain())
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=False):
            path = _as_written(node, tuple(detail["loc"]))
            if "Duplicate entries" in detail["msg"]:
                continue  # told by _check_list, with the line
            place = _place(node, path)
            page.problem(node.line_at(path), f"{place}: {_message(detail)}", _mend(detail, path))
    except (ValueError, TypeError, RecursionError) as error:
        page.problem(node.line, f"{_place(node, ())}: {_sentence(str(error))}", "Compare it with the Fides dataset format.")
    return None


def _as_written(node: Node, path: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """fideslang renames the older `fidesops_meta` before it reads it."""
    written: list[int | str] = []
    for step in path:
        older = "fidesops_meta" if step == "fides_meta" and node.child(step) is None else step
        written.append(older)
        node = node.child(older) or node
    return tuple(written)


def _message(detail: Mapping[str, Any]) -> str:
    if detail["type"] == "missing":
        return f"`{detail['loc'][-1]}` is missing."
    words = _sentence(str(detail["msg"]).removeprefix("Value error, "))
    return f"`{detail['loc'][-1]}`: {words}" if words.startswith("Input ") and isinstance(detail["loc"][-1], str) else words


def _sentence(words: str) -> str:
    words = " ".join(words.split())
    return words if words.endswith(".") else f"{words}."


def _mend(detail: Mapping[str, Any], path: tuple[int | str, ...]) -> str:
    kind, message = str(detail["type"]), str(detail["msg"])
    key = next((step for step in reversed(path) if isinstance(step, str)), "")
    for sign, mend in (
        ("data type", "Write string, integer, float, boolean, object_id or object, with [] for a list."),
        ("FidesCollection", "Write `dataset.collection`."),
        ("FidesKey", "Use letters, digits, `.`, `_`, `-`; no spaces and no accents."),
        ("return_all_elements", "Give the field a data_type that ends in []."),
    ):
        if sign in message:
            return mend
    if kind == "missing":
        return f"Add `{key}:` there."
    if kind == "enum" and key == "direction":
        return "Write from or to, or take the direction out."
    if kind.startswith("bool"):
        return "Write true or false, without quotes."
    if kind.startswith("int") or kind == "greater_than":
        return "Write digits, a number greater than 0."
    if kind.startswith("list"):
        return "Write a list: items in [ ] or on lines that begin with -."
    if kind.startswith("string"):
        return "Write words; put numbers, yes and no in quotes."
    return "Write it as the Fides dataset format says."


def _place(node: Node, path: tuple[int | str, ...]) -> str:
    """A path as people name it: "school.students.email" for (collections, 3, fields, 2)."""
    names = [_name(node, "fides_key")]
    for step in path:
        below = node.child(step)
        if below is None:
            break
        node = below
        if isinstance(step, int):
            names.append(_name(node, "name") or _name(node, "dataset"))
    return ".".join(name for name in names if name) or "dataset"


def _name(node: Node, key: str) -> str:
    inner = node.child(key)
    return str(inner.value) if inner is not None and isinstance(inner.value, (str, int)) else ""


# What fideslang lets through, or says without a place

_OLDER_KEYS = ("fidesops_meta", "fidesctl_meta")
_META: dict[type[BaseModel], type[BaseModel]] = {
    fides.Dataset: fides.DatasetMetadata,
    fides.DatasetCollection: fides.CollectionMeta,
    fides.DatasetField: fides.FidesMeta,
}
_INSIDE: dict[str, type[BaseModel]] = {
    "collections": fides.DatasetCollection,
    "fields": fides.DatasetField,
    "references": fides.FidesDatasetReference,
}


def _check_table(node: Node, page: Page, form: type[BaseModel], place: str, categories: frozenset[str]) -> None:
    """Fides ignores keys that it does not know. So do we, but a key one letter from a known one is a mistake:
    a misspelt `identity` would hide people's data without a word."""
    known = {*form.model_fields, *_OLDER_KEYS}
    for key, inner in node.value.items():
        if key not in known and (near := nearest(key, known, cutoff=0.8)):
            page.problem(inner.line, f"{place}: `{key}` is not a key of Fides.", f"Did you mean `{near}`?")
        if key == "data_categories" and isinstance(inner.value, list):
            _check_categories(inner.value, page, place, categories)
        if key in ("fides_meta", "fidesops_meta") and isinstance(inner.value, dict) and form in _META:
            _check_table(inner, page, _META[form], place, categories)
        if key in _INSIDE and isinstance(inner.value, list):
            _check_list(inner.value, page, _INSIDE[key], place, categories)


def _check_list(items: list[Node], page: Page, form: type[BaseModel], place: str, categories: frozenset[str]) -> None:
    seen: dict[str, int] = {}
    for item in items:
        name = _name(item, "name")
        if name and name in seen and form is not fides.FidesDatasetReference:
            page.problem(item.line, f"{place}.{name} is already on line {seen[name]}.", "Give each of them a name of its own.")
        seen.setdefault(name, item.line)
        if isinstance(item.value, dict):
            _check_table(item, page, form, f"{place}.{name}" if name else place, categories)


def _check_categories(words: list[Node], page: Page, place: str, categories: frozenset[str]) -> None:
    """fideslang accepts any word as a category."""
    for word in words:
        if isinstance(word.value, str) and word.value not in categories:
            near = nearest(word.value, categories)
            mend = f"Did you mean {near}?" if near else "Use one of fideslang’s taxonomy, such as user.contact.email."
            page.problem(word.line, f"{place}: {word.value!r} is not a data category.", mend)


# Our dataclasses, in the order of the file (fideslang sorts by name)


def _dataset(model: fides.Dataset, node: Node, page: Page) -> Dataset:
    inherited = tuple(model.data_categories or ())
    collections = []
    for one in sorted(model.collections, key=_order(node, "collections")):
        meta = one.fides_meta or fides.CollectionMeta()
        inner = _child(node, "collections", one.name)
        collections.append(
            Collection(
                name=one.name,
                fields=_fields(one.fields, inner, (*inherited, *(one.data_categories or ())), ""),
                skip_processing=bool(meta.skip_processing),
                after=tuple(meta.after or ()),
                erase_after=tuple(meta.erase_after or ()),
            )
        )
    return Dataset(model.fides_key, tuple(collections), model.name or "", model.description or "", page.file)


def _fields(models: list[fides.DatasetField], node: Node | None, inherited: tuple[str, ...], prefix: str) -> tuple[Field, ...]:
    fields = []
    for one in sorted(models, key=_order(node, "fields")):
        meta = one.fides_meta or fides.FidesMeta()
        categories = tuple(one.data_categories or ()) or inherited
        name = f"{prefix}{one.name}"
        fields.append(
            Field(
                name=name,
                data_categories=categories,
                identity=meta.identity,
                primary_key=bool(meta.primary_key),
                references=tuple(_reference(reference) for reference in meta.references or ()),
                data_type=meta.data_type,
                read_only=bool(meta.read_only),
                fields=_fields(one.fields or [], _child(node, "fields", one.name), categories, f"{name}."),
            )
        )
    return tuple(fields)


def _reference(model: fides.FidesDatasetReference) -> Reference:
    collection, _, field = model.field.partition(".")
    return Reference(model.dataset, collection, field, Direction(model.direction.value) if model.direction else None)


def _items(node: Node | None, key: str) -> dict[str, Node]:
    listed = node.value.get(key) if node is not None else None
    return {_name(item, "name"): item for item in listed.value} if listed is not None and isinstance(listed.value, list) else {}


def _child(node: Node | None, key: str, name: str) -> Node | None:
    return _items(node, key).get(name)


def _order(node: Node | None, key: str) -> Callable[[fides.DatasetCollection | fides.DatasetField], int]:
    names = list(_items(node, key))
    return lambda one: names.index(one.name) if one.name in names else len(names)
