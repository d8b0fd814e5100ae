"""JSON Schema of each JSON file in the package, and of our layout of datapackage.json."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dsar.packaging.columns import Column, Kind
from dsar.packaging.csv_json import Outcome

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TYPES = {
    Kind.INTEGER: ["integer", "null"],
    Kind.NUMBER: ["number", "null"],
    Kind.BOOLEAN: ["boolean", "null"],
    Kind.DATE: ["string", "null"],
    Kind.DATETIME: ["string", "null"],
}


def category_schema(key: str, title: str, columns: Sequence[Column], outcome: Outcome, language: str) -> bytes:
    """The schema of data/<key>.json, and of its portable subset, which has fewer of the same columns."""
    properties: dict[str, Any] = {}
    for column in columns:
        properties[column.key] = {"title": column.label.in_language(language)}
        kinds = _TYPES.get(column.kind)
        # A masked cell is a text; a column whose values are not all of the declared kind promises nothing.
        if kinds and not column.mask and column.key not in outcome.json_misfits:
            properties[column.key]["type"] = kinds
    row = {"type": "object", "properties": properties, "additionalProperties": False}
    schema = {
        "$schema": DRAFT,
        "title": title,
        "type": "object",
        "required": ["category", "schema", "rows"],
        "properties": {"category": {"const": key}, "schema": {"type": "string"}, "rows": {"type": "array", "items": row}},
        "additionalProperties": False,
    }
    return _bytes(schema)


def package_schema() -> bytes:
    """The schema of what we add to a Data Package v2 descriptor."""
    text, texts = {"type": "string"}, {"type": "array", "items": {"type": "string"}}
    day = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}
    resource = {
        "type": "object",
        "required": ["name", "path", "bytes", "hash"],
        "properties": {
            "path": {"type": "string", "pattern": r"^(?!/)(?!.*\.\.)[A-Za-z0-9_./-]{1,100}$"},
            "hash": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
            "bytes": {"type": "integer", "minimum": 0},
            "dsar:rows": {"type": "integer", "minimum": 0},
            "dsar:redacted": {"type": "integer", "minimum": 0},
            "dsar:complete": {"type": "boolean"},
            "dsar:csvEscaped": {"type": "boolean"},
            "dsar:purposes": texts,
            "dsar:legalBasis": texts,
            "dsar:recipients": texts,
            "dsar:retention": texts,
            "dsar:transfers": texts,
            "dsar:sourceOfData": text,
            "dsar:automatedDecision": texts,
        },
    }
    schema = {
        "$schema": DRAFT,
        "title": "Data subject access package, layout 1.0.0",
        "type": "object",
        "required": ["$schema", "name", "id", "created", "resources", "dsar:reference", "dsar:rights", "dsar:receivedOn"],
        "properties": {
            "dsar:reference": text,
            "dsar:rights": texts,
            "dsar:receivedOn": day,
            "dsar:answeredOn": day,
            "dsar:dueOn": day,
            "dsar:subject": {
                "type": "object",
                "required": ["initials", "tie"],
                "additionalProperties": False,
                "properties": {"initials": text, "tie": text},
            },
            "dsar:part": {"type": "string", "pattern": r"^\d+/\d+$"},
            "resources": {"type": "array", "items": resource},
        },
    }
    return _bytes(schema)


def _bytes(schema: dict[str, Any]) -> bytes:
    return (json.dumps(schema, ensure_ascii=False, indent=1) + "\n").encode()
