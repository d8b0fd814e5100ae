"""What the files say about each other: each name that one uses must be in another, and no collection may be forgotten."""

from __future__ import annotations

from collections.abc import Collection as AnyCollection
from collections.abc import Mapping
from dataclasses import dataclass

from dsar.controller.nodes import Node
from dsar.controller.problems import Page, did_you_mean
from dsar.controller.shape import Category, Collection, Dataset, ErasureKind, Register, SourceConfig, SourceKind


@dataclass(frozen=True)
class Mapped:
    """A dataset, and where it stands."""

    dataset: Dataset
    node: Node
    page: Page

    def line(self, collection: str, field: str = "", reference: int | None = None) -> int:
        """The line of a collection, of a field (by its path) in it, or of one of the field's references."""
        node = _named(self.node, "collections", collection)
        for step in field.split(".") if field else ():
            node = _named(node, "fields", step)
        if reference is not None:
            meta = "fides_meta" if node.child("fides_meta") else "fidesops_meta"
            return node.line_at((meta, "references", reference, "field"))
        return node.line


def _named(node: Node, key: str, name: str) -> Node:
    listed = node.value.get(key)
    for item in listed.value if listed is not None and isinstance(listed.value, list) else ():
        if isinstance(item.value, dict) and "name" in item.value and item.value["name"].value == name:
            return item
    return node


class Map:
    """Every collection of every dataset, by "dataset.collection"."""

    def __init__(self, mapped: Mapping[str, Mapped], *, complete: bool = True) -> None:
        self.mapped = mapped
        self.complete = complete  # False when a dataset could not be read: what others name may be in it
        self.collections: dict[str, tuple[Mapped, Collection]] = {
            f"{one.dataset.key}.{collection.name}": (one, collection)
            for one in mapped.values()
            for collection in one.dataset.collections
        }

    def fields(self, collection: str) -> list[str]:
        return [field.name for field in self.collections[collection][1].every_field()]

    def split(self, path: str) -> tuple[str, str]:
        """ "school.students.email" as its collection and its field; ("", path) when no collection begins it."""
        for name in self.collections:
            if path.startswith(f"{name}."):
                return name, path[len(name) + 1 :]
        return "", path


def check_references(world: Map) -> None:
    for one in world.mapped.values():
        for collection in one.dataset.collections:
            for field in collection.every_field():
                for number, reference in enumerate(field.references):
                    where = f"{reference.dataset}.{reference.collection}"
                    place = f"{one.dataset.key}.{collection.name}.{field.name}"
                    line = one.line(collection.name, field.name, number)
                    if reference.dataset not in world.mapped and not world.complete:
                        continue
                    if reference.dataset not in world.mapped:
                        mend = did_you_mean(
                            reference.dataset,
                            world.mapped,
                            otherwise="Add that dataset’s file to datasets/, or take the reference out.",
                        )
                        one.page.problem(
                            line, f"{place} refers to the dataset {reference.dataset}, which no file describes.", mend
                        )
                    elif where not in world.collections:
                        names = [known.name for known in world.mapped[reference.dataset].dataset.collections]
                        mend = did_you_mean(
                            reference.collection, names, otherwise=f"Write collection.field with one of: {', '.join(names)}."
                        )
                        one.page.problem(line, f"{place} refers to {where}, which is no collection.", mend)
                    elif reference.field not in world.fields(where):
                        mend = did_you_mean(
                            reference.field, world.fields(where), otherwise=f"Write one of: {', '.join(world.fields(where))}."
                        )
                        one.page.problem(line, f"{place} refers to {where}.{reference.field}, which is no field.", mend)
            for other in (*collection.after, *collection.erase_after):
                if other not in world.collections and world.complete:
                    mend = did_you_mean(
                        other, world.collections, otherwise="Write dataset.collection of a collection that is mapped."
                    )
                    one.page.problem(
                        one.line(collection.name),
                        f"{one.dataset.key}.{collection.name} comes after {other}, which is no collection.",
                        mend,
                    )


def check_register(register: Register, root: Node, page: Page, world: Map) -> None:
    seen: dict[str, str] = {}
    categories = {category.key for activity in register.activities for category in activity.categories}
    for activity in register.activities:
        for category in activity.categories:
            path = ("activities", activity.key, "categories", category.key)
            if category.key in seen:
                message = f"{category.key!r} is a category of {seen[category.key]} already."
                page.problem(
                    root.line_at(path), message, "Give it a name of its own, or let the other activity use it: `uses: [name]`."
                )
            seen[category.key] = activity.key
            _check_category(category, path, root, page, world)
        for key in activity.uses:
            if key not in categories:
                mend = did_you_mean(key, categories, otherwise="Write the key of a category of another activity.")
                page.problem(
                    root.line_at(("activities", activity.key, "uses")),
                    f"{activity.key} uses {key!r}, which is no category.",
                    mend,
                )
        if not activity.categories and not activity.uses:
            message = f"{activity.key} has no category of data."
            page.problem(
                root.line_at(("activities", activity.key)),
                message,
                "Add `categories:`, or name those of other activities in `uses:`.",
            )


def _check_category(category: Category, path: tuple[str, ...], root: Node, page: Page, world: Map) -> None:
    if not category.collection:
        return
    if category.collection not in world.collections:
        if not world.complete:
            return
        mend = did_you_mean(
            category.collection, world.collections, otherwise="Write dataset.collection as the files of datasets/ name them."
        )
        page.problem(root.line_at((*path, "collection")), f"{category.key}: {category.collection!r} is in no dataset.", mend)
        return
    known = world.fields(category.collection)

    def check(name: str, *where: str) -> None:
        if name not in known:
            mend = did_you_mean(name, known, otherwise=f"Write one of: {', '.join(known)}.")
            page.problem(root.line_at((*path, *where)), f"{category.key}: {category.collection} has no field {name!r}.", mend)

    for use in category.fields:
        check(use.name, "fields", use.name)
    if category.date_field:
        check(category.date_field, "date_field")
    for name in category.erasure.fields:
        check(name, "erasure", "fields")
    # The day that a keeping counts from may stand elsewhere: a grade is kept until a day in the student's row.
    start = category.erasure.from_field
    if start and category.erasure.kind is ErasureKind.KEEP:
        collection, field = world.split(start)
        if collection and field in world.fields(collection):
            return
        check(start, "erasure", "from")


def check_coverage(register: Register, sources: AnyCollection[SourceConfig], world: Map) -> None:
    """A collection that no activity names would be read and never explained; one that no source reads would never be read."""
    used: dict[str, set[str]] = {}
    for activity in register.activities:
        for category in activity.categories:
            used.setdefault(category.collection, set()).update(use.name for use in category.fields)
    read = {key for source in sources for key in source.datasets}
    for name, (one, collection) in world.collections.items():
        if collection.skip_processing:
            continue
        if name not in used:
            mend = f"Add a category with `collection: {name}` to register.yml, or `fides_meta: {{skip_processing: true}}` here."
            one.page.problem(one.line(collection.name), f"{name} is mapped, and no activity of register.yml names it.", mend)
            continue
        for field in collection.every_field():
            inside_named = any(field.name.startswith(f"{use}.") for use in used[name])
            around_named = any(use.startswith(f"{field.name}.") for use in used[name])
            if field.personal and field.name not in used[name] and not inside_named and not around_named:
                mend = "Add it there with fr and en, or give it the data category system.operations if it is only technical."
                one.page.problem(
                    one.line(collection.name, field.name),
                    f"{name}.{field.name} is mapped, and no category of register.yml names it.",
                    mend,
                )
    for one in world.mapped.values():
        if one.dataset.key not in read:
            one.page.problem(
                one.node.line,
                f"No source of sources.yml reads the dataset {one.dataset.key}.",
                f"Add {one.dataset.key} to the `datasets:` of its source.",
            )


def check_sources(sources: Mapping[str, SourceConfig], root: Node, page: Page, world: Map) -> None:
    reader: dict[str, str] = {}
    for source in sources.values():
        path = ("sources", source.key)
        for key in source.datasets:
            if key not in world.mapped and not world.complete:
                continue
            if key not in world.mapped:
                mend = did_you_mean(key, world.mapped, otherwise="Write the fides_key of a file in datasets/.")
                page.problem(root.line_at((*path, "datasets")), f"{source.key}: {key!r} is no dataset.", mend)
            elif key in reader:
                page.problem(
                    root.line_at((*path, "datasets")),
                    f"{source.key}: {reader[key]} reads the dataset {key} already.",
                    "Let one source read it.",
                )
            reader.setdefault(key, source.key)
        for collection, names in source.name_fields.items():
            _check_names(source, collection, names, (*path, "name_fields", collection), root, page, world)
        for name in sorted(source.case_insensitive):
            collection, field = world.split(name)
            _check_names(source, collection or name, (field,), (*path, "case_insensitive"), root, page, world)
        if source.kind is not SourceKind.PEOPLE:
            _check_ignored(source, path, root, page, world)


def _check_names(
    source: SourceConfig, collection: str, names: tuple[str, ...], path: tuple[str, ...], root: Node, page: Page, world: Map
) -> None:
    own = [name for name, (one, _) in world.collections.items() if one.dataset.key in source.datasets]
    if collection not in own:
        if not world.complete:
            return
        mend = did_you_mean(
            collection, own, otherwise="Write dataset.collection of this source (and .field where a field is asked)."
        )
        page.problem(root.line_at(path), f"{source.key}: {collection!r} is no collection of this source.", mend)
        return
    known = world.fields(collection)
    for name in names:
        if name not in known:
            mend = did_you_mean(name, known, otherwise=f"Write one of: {', '.join(known)}.")
            page.problem(root.line_at(path), f"{source.key}: {collection} has no field {name!r}.", mend)


def _check_ignored(source: SourceConfig, path: tuple[str, ...], root: Node, page: Page, world: Map) -> None:
    tables = {collection.name: collection for one, collection in world.collections.values() if one.dataset.key in source.datasets}
    for name in source.ignored:
        table, _, column = name.partition(".")
        mapped = tables.get(table)
        if mapped is not None and not mapped.skip_processing and (not column or mapped.field_named(column)):
            page.problem(
                root.line_at((*path, "ignored", name)),
                f"{source.key}: {name} is ignored and mapped at once.",
                "Take it out here, or out of the dataset.",
            )
