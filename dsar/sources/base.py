"""What every source can do, and the words for it: whom we search, what lies there, where it is reached."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from django.conf import settings

from dsar.domain.coverage import Because, because, reason_sentence
from dsar.domain.errors import DsarError

if TYPE_CHECKING:
    from dsar.controller import SourceConfig
    from dsar.sources.plan import Plan, PlanItem


class NotSupportedYet(DsarError):
    """A source cannot do this by itself; a colleague does it by hand."""

    fr = "Ce système ne sait pas encore faire cela seul : confiez la tâche à l’équipe responsable."
    en = "This system cannot do that by itself yet: give the task to the team that owns it."


class SourceFailed(DsarError):
    """A source, or one collection of it, could not be searched. `reason` is a code of `domain/coverage.py`, without values."""

    def __init__(self, code: Because, *facts: object, again: bool = True) -> None:
        self.reason = because(code, *facts)
        self.again = again  # whether another try may help
        super().__init__()

    def sentence(self, language: str) -> str:
        return reason_sentence(self.reason, language)


@dataclass(frozen=True)
class Identity:
    """Whom we search for: values by identifier kind (email, student_number, _ga), and full names for namesakes only."""

    values: Mapping[str, tuple[str, ...]]
    names: tuple[str, ...] = ()

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset(kind for kind, values in self.values.items() if values)


@dataclass(frozen=True)
class ForeignKey:
    column: str
    table: str
    to_column: str


@dataclass(frozen=True)
class Catalogue:
    """What lies in a source now: columns and their types by table, in the source's order."""

    tables: Mapping[str, Mapping[str, str]]
    primary_keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    foreign_keys: Mapping[str, tuple[ForeignKey, ...]] = field(default_factory=dict)

    def column_type(self, table: str, column: str) -> str:
        return self.tables.get(table, {}).get(column, "")


class Source(Protocol):
    """Everything that can be collected can be erased: the verbs stand side by side. A source is open while it is used."""

    def describe(self) -> Catalogue:
        """The live catalogue."""
        ...

    def knows(self, identity: Identity, plan: Plan) -> bool:
        """Whether any row is matched by the identity's own values."""
        ...

    def collect(self, identity: Identity, plan: Plan, item: PlanItem) -> Iterator[bytes]:
        """The rows of one collection as JSON Lines, in chunks."""
        ...

    def erase(self, identity: Identity, plan: Plan) -> None: ...
    def rectify(self, identity: Identity, plan: Plan) -> None: ...
    def flag(self, identity: Identity, plan: Plan) -> None: ...
    def prove(self, identity: Identity, plan: Plan) -> None: ...


@dataclass(frozen=True)
class SourceUrl:
    """Where an SQL source is reached, read from a URL; the password never shows in its repr."""

    engine: str  # postgresql or sqlite
    database: str
    host: str = ""
    port: int | None = None
    user: str = ""
    password: str = field(default="", repr=False)
    query: str = ""

    @classmethod
    def parse(cls, url: str) -> SourceUrl:
        """Raises ValueError with a sentence that repeats nothing of the URL."""
        parts = urlsplit(url)
        if parts.scheme == "sqlite":
            path = unquote(parts.path.removeprefix("/"))
            if parts.netloc or not path:
                raise ValueError("Write sqlite:///folder/file.sqlite3, or sqlite:////folder/file.sqlite3 for an absolute path.")
            return cls("sqlite", path)
        if parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
            raise ValueError("Write postgresql://user:password@host:5432/database or sqlite:///file.sqlite3.")
        try:
            port = parts.port
        except ValueError as error:
            raise ValueError("The port of the database address is not a number.") from error
        return cls(
            "postgresql",
            unquote(parts.path.lstrip("/")),
            parts.hostname or "",
            port,
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            parts.query,
        )

    def dsn(self) -> str:
        """For psycopg."""
        from psycopg.conninfo import make_conninfo

        port = str(self.port or "")
        given = {"host": self.host, "port": port, "user": self.user, "password": self.password, "dbname": self.database}
        return make_conninfo("", **(dict(parse_qsl(self.query)) | {name: value for name, value in given.items() if value}))


def source_url(config: SourceConfig) -> SourceUrl:
    """The connection of a source: its variable, else the embedded default on one machine. Raises `SourceFailed`."""
    url = os.environ.get(config.connection_env or "", "")
    if not url and not settings.PRODUCTION:
        url = (config.embedded_default or "").replace("{VAR}", str(settings.VAR_DIR))
    try:
        return SourceUrl.parse(url)
    except ValueError as error:
        raise SourceFailed(Because.NO_CONNECTION, config.connection_env, again=False) from error
