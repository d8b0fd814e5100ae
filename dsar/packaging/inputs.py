"""What a package is built from: facts about the request, and part files opened as streams of JSON Lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from dsar.controller import Controller, Text
from dsar.domain.vocabulary import CoverageState, Ground, IdentityMeans, Outcome, RequestType, Tie


@dataclass(frozen=True)
class SearchLine:
    """How the search of one collection ended; one line of data/searches.csv."""

    source: Text
    collection: str  # dataset.collection
    state: CoverageState
    rows: int
    at: datetime | None
    by_role: str  # "system", or a member of Role
    reason: str = ""


@dataclass(frozen=True)
class Withheld:
    """Something left out of the package, with the reason a named person gave (role only: staff are not named)."""

    what: str
    reason: str
    by_role: str


@dataclass(frozen=True)
class PackageFacts:
    """The request, as the letter, the README and the manifest tell it. Instants are aware; dates are of the seat."""

    reference: str
    language: str
    rights: tuple[RequestType, ...]
    received_on: date
    answered_on: date
    due_on: date
    data_subject_name: str
    subject_initials: str
    tie: Tie
    recognised_by: IdentityMeans | None
    controller: Controller
    searched: tuple[SearchLine, ...]
    created: datetime
    package_id: str = ""
    recipient_name: str = ""  # who gets the letter when it is not the data subject
    postal_address: str = ""
    own_names: tuple[str, ...] = ()  # the person's own names are never masked
    outcomes: dict[RequestType, Outcome] = field(default_factory=dict)
    grounds: dict[RequestType, tuple[Ground, ...]] = field(default_factory=dict)
    reasons: dict[RequestType, str] = field(default_factory=dict)
    withheld: tuple[Withheld, ...] = ()
    package_days: int = 30
    follow_url: str = ""

    @property
    def whole(self) -> bool:
        """True for a copy of everything (Art. 15(3)); false when only the portable subset was asked for (Art. 20)."""
        return RequestType.ACCESS in self.rights

    @property
    def addressee(self) -> str:
        return self.recipient_name or self.data_subject_name


@dataclass(frozen=True)
class PartInput:
    """One collected file of JSON Lines: one object per row, keys as in `columns` ([{name, type}])."""

    collection: str
    columns: Sequence[dict[str, str]]
    rows: int
    open: Callable[[], Iterator[bytes]]
    bytes: int = 0


class PackageBroken(Exception):
    """A part does not hold what its row says; the build stops and nothing is published."""
