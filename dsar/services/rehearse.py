"""Rehearses a search for one person without making a request: no row is written, and what was read is destroyed at the end."""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.files.storage import FileSystemStorage

from dsar.controller import SourceConfig, SourceKind, controller
from dsar.domain.calendars import rule_pack
from dsar.domain.clock import local_date
from dsar.domain.coverage import Because, because, reason_sentence
from dsar.domain.vocabulary import CoverageState, Outcome, RequestType, Tie
from dsar.sources.base import Identity, SourceFailed
from dsar.sources.plan import Plan, PlanItem, make_plan
from dsar.sources.sql import SqlSource, open_source
from identity import vault

if TYPE_CHECKING:
    from dsar.packaging.inputs import PackageFacts, PartInput


@dataclass(frozen=True)
class Line:
    """How the search of one collection ended."""

    source: str
    collection: str
    state: CoverageState
    at: datetime
    path: tuple[str, ...] = ()
    rows: int = 0
    bytes: int = 0
    seconds: float = 0.0
    reason: str = ""
    columns: tuple[dict[str, str], ...] = ()
    unmapped: tuple[str, ...] = ()
    file: str = ""

    def told(self, language: str) -> dict[str, Any]:
        return {
            "source": self.source,
            "collection": self.collection,
            "state": self.state.value,
            "path": list(self.path),
            "rows": self.rows,
            "bytes": self.bytes,
            "seconds": round(self.seconds, 3),
            "reason": reason_sentence(self.reason, language) if self.reason else "",
            "columns": [column["name"] for column in self.columns],
            "unmapped": list(self.unmapped),
        }


@dataclass
class Rehearsal:
    """What came out. `package` is {file, bytes, sha256, seconds} when one was built."""

    lines: list[Line] = field(default_factory=list)
    namesakes: int = 0
    several_people: bool = False
    seconds: float = 0.0
    package: dict[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(line.rows for line in self.lines)

    @property
    def failed(self) -> bool:
        return any(line.state is CoverageState.FAILED for line in self.lines)


def rehearse(*, identity: Identity, language: str, now: datetime, output: Path | None = None) -> Rehearsal:
    """Plan and search every source, and build the package into `output` when it is given."""
    found = Rehearsal()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="dsar-rehearsal-") as folder:
        place = _Place(FileSystemStorage(folder, file_permissions_mode=0o600), f"objects/rehearsals/{secrets.token_hex(8)}")
        try:
            for config in controller().sources.values():
                _source(config, identity, place, found, now)
            if output is not None:
                _build(found, place, identity, language, now, output)
        finally:
            for file in place.files:
                vault.destroy_object(storage=place.storage, path=file, key_name=place.key(file))
    found.seconds = time.monotonic() - started
    return found


@dataclass
class _Place:
    """Where the encrypted rows lie for the moment."""

    storage: FileSystemStorage
    keys: str
    files: list[str] = field(default_factory=list)

    def key(self, file: str) -> str:
        return f"{self.keys}/{file}"


def _source(config: SourceConfig, identity: Identity, place: _Place, found: Rehearsal, now: datetime) -> None:
    try:
        if config.kind is not SourceKind.SQL:
            raise SourceFailed(Because.NO_CONNECTOR, config.kind.value, again=False)
        with open_source(config) as source:
            plan = make_plan(
                config=config, datasets=controller().datasets, catalogue=source.describe(), identity_kinds=identity.kinds
            )
            found.namesakes += source.namesakes(identity, plan)
            found.several_people = source.several_people(identity, plan) or found.several_people
            for item in plan.items:
                found.lines.append(_collection(config, source, plan, item, identity, place, now))
    except SourceFailed as failure:
        have = {line.collection for line in found.lines}
        for name in (f"{key}.{one.name}" for key in config.datasets for one in controller().datasets[key].collections):
            if name not in have:
                found.lines.append(Line(config.key, name, CoverageState.FAILED, now, reason=failure.reason))
        return
    for table in plan.unmapped_tables:
        reason = because(Because.TABLE_UNMAPPED, table)
        found.lines.append(Line(config.key, table, CoverageState.UNMAPPED, now, reason=reason))


def _collection(
    config: SourceConfig, source: SqlSource, plan: Plan, item: PlanItem, identity: Identity, place: _Place, now: datetime
) -> Line:
    columns = tuple({"name": column.name, "type": column.type} for column in item.columns)
    line = partial(Line, config.key, item.collection, at=now, path=item.path, columns=columns, unmapped=item.unmapped)
    if item.state is not None:
        return line(item.state, reason=item.reason)
    started, file, rows = time.monotonic(), f"{len(place.files):03}", 0

    failure: SourceFailed | None = None

    def counted() -> Iterator[bytes]:
        nonlocal rows, failure
        try:
            for chunk in source.collect(identity, plan, item):
                rows += chunk.count(b"\n")
                yield chunk
        except SourceFailed as error:
            failure = error
            raise

    place.files.append(file)
    try:
        sealed = vault.seal_stream(chunks=counted(), storage=place.storage, path=file, key_name=place.key(file))
    except Exception:
        if failure is None:
            raise
        return line(CoverageState.FAILED, reason=failure.reason)
    state = CoverageState.FOUND if rows else CoverageState.NONE
    return line(state, rows=rows, bytes=sealed.plain_bytes, seconds=time.monotonic() - started, file=file)


def _build(found: Rehearsal, place: _Place, identity: Identity, language: str, now: datetime, output: Path) -> None:
    """The package a person would get, written beside and moved into place: nobody sees half of it."""
    from dsar.packaging.build import PackageBuilder
    from dsar.packaging.inputs import PartInput

    started = time.monotonic()
    parts: list[PartInput] = [
        PartInput(
            line.collection,
            line.columns,
            line.rows,
            partial(vault.open_stream, storage=place.storage, path=line.file, key_name=place.key(line.file)),
            line.bytes,
        )
        for line in found.lines
        if line.state is CoverageState.FOUND
    ]
    builder = PackageBuilder(_facts(found, identity, language, now), parts)
    sha256, length = hashlib.sha256(), 0
    with _written(output) as file:
        for chunk in builder.stream():
            file.write(chunk)
            sha256.update(chunk)
            length += len(chunk)
    found.package = {
        "file": str(output),
        "bytes": length,
        "rows": builder.result.rows,
        "sha256": sha256.hexdigest(),
        "seconds": round(time.monotonic() - started, 3),
    }


@contextmanager
def _written(output: Path) -> Iterator[Any]:
    draft = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
        draft.replace(output)
    finally:
        draft.unlink(missing_ok=True)


def _facts(found: Rehearsal, identity: Identity, language: str, now: datetime) -> PackageFacts:
    from dsar.packaging.inputs import PackageFacts, SearchLine

    who = controller()
    today = local_date(now, rule_pack(who.rule_pack))
    name = identity.names[0] if identity.names else next(iter(identity.values.get("email", ("?",))))
    searched = [
        SearchLine(
            who.sources[line.source].label,
            line.collection,
            line.state,
            line.rows,
            line.at,
            "system",
            reason_sentence(line.reason, language) if line.reason else "",
        )
        for line in found.lines
    ]
    return PackageFacts(
        reference=f"{who.reference_prefix}-0000-0000",
        language=language,
        rights=(RequestType.ACCESS,),
        received_on=today,
        answered_on=today,
        due_on=today + timedelta(days=who.promise_days),
        data_subject_name=name,
        subject_initials=" ".join(f"{word[0].upper()}." for word in name.split()),
        tie=Tie.OTHER,
        recognised_by=None,
        controller=who,
        searched=tuple(searched),
        created=now.replace(microsecond=0),
        outcomes={RequestType.ACCESS: Outcome.GRANTED},
    )
