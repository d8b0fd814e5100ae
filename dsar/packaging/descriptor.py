"""datapackage.json: Frictionless Data Package v2, with what Art. 15 wants told in `dsar:` properties (PACKAGE section 3)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import UTC
from typing import Any

from dsar.packaging.archive import Written
from dsar.packaging.columns import Column, Kind, Table
from dsar.packaging.csv_json import PORTABLE, Dialect, Outcome, guarded_headers
from dsar.packaging.inputs import PackageFacts
from dsar.packaging.register_text import category_text
from dsar.packaging.words import words

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
LAYOUT_VERSION = "1.0.0"
GENERATOR = "dsar 0.1.0"
_NAMESPACE = uuid.UUID("5d6a2d55-6a4c-5d0f-9d0b-3a3d4a0c8f10")
_MEDIA = {"csv": "text/csv", "json": "application/json", "pdf": "application/pdf", "html": "text/html", "txt": "text/plain"}


def package_descriptor(
    facts: PackageFacts,
    *,
    written: Sequence[Written],
    tables: Sequence[tuple[Table, Outcome, Outcome]],
    fixed: Sequence[tuple[str, str, list[str]]],
    portable_only: bool = False,
) -> bytes:
    """The manifest of everything written so far.

    `tables` have a pair in data/, with its outcome and that of the portable pair; `fixed` are our lists: (name, title, columns).
    With `portable_only` it is the manifest of portable/ alone, whose paths start there.
    """
    word, prefix = words(facts.language), "portable/" if portable_only else ""
    by_name = {table.category.key: (table, outcome, portable) for table, outcome, portable in tables}
    fixed_by_name = {name: (title, columns) for name, title, columns in fixed}
    resources = []
    # Readers take a file called *.schema.json for a Table Schema: schemas are named by the resources that follow them.
    schemas = {file.path: {"path": file.path, "bytes": file.bytes, "hash": f"sha256:{file.sha256}"} for file in written}
    for file in written:
        if not file.path.startswith(prefix) or file.path.startswith("schema/"):
            continue
        path = file.path.removeprefix(prefix)
        stem, _, ending = path.rpartition("/")[2].rpartition(".")
        resource: dict[str, Any] = {
            "name": path.replace("/", "-").lower().replace(".", "-"),
            "path": path,
            "title": path,
            "format": ending,
            "mediatype": _MEDIA[ending],
            "bytes": file.bytes,
            "hash": f"sha256:{file.sha256}",
        }
        if ending != "pdf":
            resource["encoding"] = "utf-8"
        inside_portable = portable_only or file.path.startswith("portable/")
        if stem in by_name and "data/" in path and ending in ("csv", "json"):
            table, outcome, portable = by_name[stem]
            chosen = portable if inside_portable else outcome
            resource |= _table_resource(facts, table, chosen, ending=ending, portable=inside_portable)
            if ending == "json" and not portable_only:
                resource["dsar:schema"] = schemas[f"schema/{stem}.schema.json"]
        elif stem in fixed_by_name and ending == "csv":
            resource |= _fixed_resource(facts, *fixed_by_name[stem])
        elif ending in ("txt", "html", "pdf"):
            resource["title"] = word[{"txt": "readme_title", "html": "viewer_title"}.get(ending, f"{_role(path)}_title")]
        resources.append(resource)
    package = _package(facts, resources, portable_only=portable_only)
    if not portable_only:
        package["dsar:schema"] = schemas["schema/dsar-package.schema.json"]
    return (json.dumps(package, ensure_ascii=False, indent=1) + "\n").encode()


def _role(path: str) -> str:
    return "letter" if path.startswith("let") else "summary"


def _package(facts: PackageFacts, resources: list[dict[str, Any]], *, portable_only: bool) -> dict[str, Any]:
    controller, word = facts.controller, words(facts.language)
    identity = f"{facts.reference}/{facts.package_id}/{'portable' if portable_only else 'package'}"
    return {
        "$schema": PROFILE,
        "name": f"{facts.reference.lower()}{'-portable' if portable_only else ''}",
        "id": str(uuid.uuid5(_NAMESPACE, identity)),
        "title": f"{word['portable_title' if portable_only else 'copy_title']}, {controller.name}",
        "description": word["portable_description" if portable_only else "package_description"],
        "version": LAYOUT_VERSION,
        "created": facts.created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "languages": [facts.language],
        "contributors": [{"title": controller.name, "email": controller.dpo.email, "roles": ["controller"]}],
        "sources": [{"title": source.label.in_language(facts.language)} for source in controller.sources.values()],
        "dsar:reference": facts.reference,
        "dsar:rights": [right.value for right in facts.rights],
        "dsar:receivedOn": facts.received_on.isoformat(),
        "dsar:answeredOn": facts.answered_on.isoformat(),
        "dsar:dueOn": facts.due_on.isoformat(),
        "dsar:controller": {"name": controller.name, "address": controller.address, "website": controller.website},
        "dsar:dpo": {"name": controller.dpo.name, "email": controller.dpo.email},
        "dsar:authority": {"name": controller.authority.name, "url": controller.authority.url},
        "dsar:subject": {"initials": facts.subject_initials, "tie": facts.tie.value},
        "dsar:lang": facts.language,
        "dsar:generator": GENERATOR,
        "dsar:part": "1/1",
        "resources": resources,
    }


def _table_resource(facts: PackageFacts, table: Table, outcome: Outcome, *, ending: str, portable: bool) -> dict[str, Any]:
    category, language = table.category, facts.language
    text = category_text(category, facts.controller, language)
    first, last = outcome.first[:10], outcome.last[:10]
    found: dict[str, Any] = {
        "title": text.label,
        "dsar:category": category.key,
        "dsar:purposes": list(text.purposes),
        "dsar:legalBasis": list(
            dict.fromkeys(b.value for one in facts.controller.activities_of(category.key) for b in one.legal_basis)
        ),
        "dsar:recipients": list(text.recipients),
        "dsar:retention": list(text.retention),
        "dsar:sourceOfData": text.origin,
        "dsar:transfers": list(text.transfers),
        "dsar:automatedDecision": list(text.automated),
        "dsar:rows": outcome.rows,
        "dsar:period": {"from": first, "to": last} if first else None,
        "dsar:complete": True,
        "dsar:redacted": 0 if portable else outcome.masked,
        "dsar:portable": words(language)["portable_because"] if portable else table.portable,
    }
    if ending == "csv":
        dialect = PORTABLE if portable else Dialect.for_reader(language)
        columns = table.portable_columns if portable else table.columns
        found["type"] = "table"
        found["dialect"] = _dialect(dialect)
        found["dsar:csvEscaped"] = outcome.escaped
        found["schema"] = {"fields": _fields(columns, dialect, outcome, language), "missingValues": [""]}
    return found


def _dialect(dialect: Dialect) -> dict[str, Any]:
    return {
        "delimiter": dialect.delimiter,
        "lineTerminator": "\r\n",
        "quoteChar": '"',
        "doubleQuote": True,
        "header": True,
    }


def _fields(columns: Sequence[Column], dialect: Dialect, outcome: Outcome, language: str) -> list[dict[str, Any]]:
    fields = []
    for column, name in zip(columns, guarded_headers(columns, dialect), strict=True):
        kind = Kind.TEXT if column.mask or column.key in outcome.misfits else column.kind
        field: dict[str, Any] = {
            "name": name,
            "type": kind.value,
            "title": column.label.in_language(language),
            "dsar:key": column.key,
        }
        if kind is Kind.NUMBER and dialect.decimal != ".":
            field["decimalChar"] = dialect.decimal
        if kind is Kind.BOOLEAN:
            field |= {"trueValues": [dialect.true], "falseValues": [dialect.false]}
        if kind is Kind.DATETIME:
            field["format"] = "any"
        fields.append(field)
    return fields


def _fixed_resource(facts: PackageFacts, title: str, columns: list[str]) -> dict[str, Any]:
    return {
        "title": title,
        "type": "table",
        "dialect": _dialect(Dialect.for_reader(facts.language)),
        "schema": {"fields": [{"name": name, "type": "string"} for name in columns], "missingValues": [""]},
    }
