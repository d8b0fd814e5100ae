"""What the sources hold about whoever a request names, looked up before identity is established and shown to staff alone.

Only collections that hold a person's own names are read (students, applicants), by the identifiers that were given: never a
mailbox or a log, which would bring other people along.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction

from dsar.controller import Collection, Field, SourceConfig, SourceKind, Text, controller
from dsar.domain.vocabulary import EventKind
from dsar.models import DataSubjectRequest, RequestEvent, User
from dsar.services import moves
from dsar.services.person import identity_of
from dsar.sources.base import Identity, SourceFailed
from dsar.sources.plan import PlanItem, make_plan
from dsar.sources.query import fold
from dsar.sources.sql import open_source
from identity.vault import keyed_hash

logger = structlog.get_logger(__name__)

ROWS = 5  # of each collection: enough to see that several people fit
SECONDS = 10  # a page waits for this
_KINDS = (("user.name", "name"), ("user.demographic.date_of_birth", "birth_date"))


@dataclass(frozen=True)
class Fact:
    """One value on file. `kind` is name, birth_date, an identifier's kind (email, student_number…) or "" for the rest."""

    name: str
    label: Text | str
    kind: str
    value: str

    @property
    def masked(self) -> str:
        """The first letter and no more; enough to see that something is there."""
        return f"{self.value[:1]}•••••"


@dataclass(frozen=True)
class FileFound:
    """One row about a person."""

    source: Text
    collection: Text | str
    facts: tuple[Fact, ...]

    def values(self, kind: str) -> tuple[str, ...]:
        return tuple(fact.value for fact in self.facts if fact.kind == kind)

    @property
    def person(self) -> str:
        """Who it is, to count different people."""
        return fold(" ".join(self.values("name")[:2]))


@dataclass(frozen=True)
class Address:
    """An e-mail address on file. `mark` names it in a form without telling it."""

    value: str
    mark: str

    @property
    def masked(self) -> str:
        local, _, domain = self.value.partition("@")
        return f"{local[:1]}•••••@{domain}"


def files(dsr: DataSubjectRequest) -> tuple[FileFound, ...]:
    """The rows that the request's own identifiers lead to."""
    return files_of(identity_of(dsr))


def files_of(identity: Identity) -> tuple[FileFound, ...]:
    """The rows that these identifiers lead to; a source that does not answer is left out."""
    found: list[FileFound] = []
    for config in controller().sources.values():
        if config.kind is not SourceKind.SQL or not identity.kinds:
            continue
        try:
            with open_source(config, seconds=SECONDS) as source:
                plan = make_plan(
                    config=config,
                    datasets=controller().datasets,
                    catalogue=source.describe(),
                    identity_kinds=identity.kinds,
                )
                for item in plan.items:
                    if item.matches and item.searchable and item.state is None and config.name_fields.get(item.collection):
                        rows = source.collect(identity, plan, item)
                        found += [_file(config, item, row) for row in islice(_objects(rows), ROWS)]
        except SourceFailed as failure:
            logger.warning("source not asked", source=config.key, reason=failure.reason)
    return tuple(found)


def _objects(chunks: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    with closing(chunks):  # type: ignore[type-var]
        for chunk in chunks:
            yield from (json.loads(line) for line in chunk.split(b"\n") if line)


def _file(config: SourceConfig, item: PlanItem, row: dict[str, Any]) -> FileFound:
    dataset, _, name = item.collection.partition(".")
    collection = controller().datasets[dataset].collection_named(name)
    categories = controller().categories_of(item.collection)
    facts = []
    for column, value in row.items():
        field = collection.field_named(column) if collection else None
        if field is None or not field.personal or value in (None, ""):
            continue
        use = next((use for category in categories if (use := category.field_named(column))), None)
        kind = field.identity or ("name" if column in config.name_fields[item.collection] else _kind(field))
        facts.append(Fact(column, use.label if use else column, kind, str(value)))
    return FileFound(config.label, categories[0].label if categories else _title(collection, name), tuple(facts))


def _kind(field: Field) -> str:
    return next((kind for prefix, kind in _KINDS if any(one.startswith(prefix) for one in field.data_categories)), "")


def _title(collection: Collection | None, name: str) -> str:
    return collection.name if collection else name


def addresses(found: tuple[FileFound, ...]) -> tuple[Address, ...]:
    """The e-mail addresses on file, each once."""
    values = {value.casefold(): value for file in found for value in file.values("email") if "@" in value}
    return tuple(Address(value, keyed_hash(key, "on_file")[:16]) for key, value in values.items())


def several_people(found: tuple[FileFound, ...]) -> bool:
    return len({file.person for file in found if file.person}) > 1


@transaction.atomic
def reveal(*, dsr_id: UUID, officer: User, now: datetime) -> tuple[FileFound, ...]:
    """The values in full for an officer; the look is recorded before anything is read (SECURITY T21)."""
    dsr = moves.locked(dsr_id)
    if not officer.may_act_on_cases:
        raise moves.NotAllowed
    RequestEvent.objects.record(dsr, EventKind.DATA_VIEWED, at=now, actor=officer, data={"collection": "identity.on_file"})
    return files(dsr)
