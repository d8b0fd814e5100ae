"""A question to the clock, as people and machines write it: read strictly, since a misread date is a wrong date.

Instants are RFC 3339 with an offset. What cannot be read raises `Unreadable` with one sentence that says what and how to mend it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from dsar.domain.calendars import PACKS
from dsar.domain.clock import ClockFacts, Deadlines, Pause, deadlines, local_date
from dsar.domain.rules import RulePack
from dsar.domain.vocabulary import PauseKind, RequestType

KEYS = ("id", "pack", "received", "pauses", "extended", "promise_days", "right")
PAUSE_KEYS = ("kind", "from", "until", "late")
OPT_OUT = "opt_out"
LONGEST_PROMISE = 3650  # days

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?(?P<offset>[Zz]|[+-]\d{2}:\d{2})?")


class Unreadable(ValueError):
    """The question cannot be read; the sentence says what is wrong and how to write it."""


@dataclass(frozen=True)
class Asked:
    pack: RulePack
    facts: ClockFacts
    promise_days: int | None = None  # None: no promise, the law alone
    opt_out: bool = False

    def dates(self, *, now: datetime | None = None, today: date | None = None) -> Deadlines:
        """The answer as of `today`, or of `now` at the seat; it matters only while a question is unanswered."""
        try:
            as_of = today or local_date(now or self.facts.received_at, self.pack)
            return deadlines(self.facts, pack=self.pack, promise_days=self.promise_days, today=as_of, opt_out=self.opt_out)
        except (OverflowError, ValueError):
            raise Unreadable("The dates leave the calendar: use years from 2 to 9990.") from None


def asked(given: object) -> Asked:
    """A question of one JSON object: `pack`, `received`, and optionally `pauses`, `extended`, `promise_days`, `right`."""
    if not isinstance(given, Mapping):
        raise Unreadable("A line must hold one JSON object: {…}.")
    _no_misspelling(given, KEYS, "")
    pack = pack_of(given.get("pack"))
    received = instant(given.get("received"), "received")
    pauses = given.get("pauses")
    if pauses is not None and not isinstance(pauses, list):
        raise Unreadable(f"pauses: {_shown(pauses)} is not a list; write [] or [{{…}}].")
    extended = _flag(given, "extended", "")
    return Asked(
        pack=pack,
        # A valid notice was sent, whenever that was: as of receipt it is in time under every pack.
        facts=ClockFacts(
            received, tuple(_pause(one, n) for n, one in enumerate(pauses or [], 1)), received if extended else None
        ),
        promise_days=promise_of(given.get("promise_days")),
        opt_out=opt_out_of(given.get("right")),
    )


def pack_of(given: object) -> RulePack:
    if given is None:
        raise Unreadable(f"pack is missing: write one of {', '.join(sorted(PACKS))}.")
    if not isinstance(given, str) or given not in PACKS:
        raise Unreadable(f"pack: {_shown(given)} is not a rule pack; write one of {', '.join(sorted(PACKS))}.")
    return PACKS[given]


def instant(given: object, name: str) -> datetime:
    """An instant of RFC 3339; without an offset its day at the seat is unknown."""
    if given is None:
        raise Unreadable(f"{name} is missing: write a time with its offset, such as 2026-01-31T10:00:00+01:00.")
    found = _INSTANT.fullmatch(given) if isinstance(given, str) else None
    if found is None or not isinstance(given, str):
        raise Unreadable(f"{name}: {_shown(given)} is not a time of RFC 3339, such as 2026-01-31T10:00:00+01:00.")
    if not found["offset"]:
        raise Unreadable(f"{name}: {_shown(given)} has no offset; legal days need one, such as +01:00 or Z.")
    # A leap second is on the same day as the second before it, and Python knows none.
    plain = re.sub(r"(?<=:\d{2}:)60", "59", given.upper())
    try:
        return datetime.fromisoformat(plain)
    except ValueError:
        raise Unreadable(f"{name}: {_shown(given)} is not a day and time that exist.") from None


def day(given: str, name: str) -> date:
    """A civil date, ISO 8601."""
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", given):
            raise ValueError
        return date.fromisoformat(given)
    except ValueError:
        raise Unreadable(f"{name}: {_shown(given)} is not a day such as 2026-02-03.") from None


def at_noon(on: date, pack: RulePack) -> datetime:
    """A civil date at the seat as an instant of that day; no clock jumps at noon."""
    return datetime.combine(on, time(12), tzinfo=ZoneInfo(pack.time_zone))


def promise_of(given: object) -> int | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= LONGEST_PROMISE:
        raise Unreadable(f"promise_days: {_shown(given)} is not a whole number of days from 1 to {LONGEST_PROMISE}.")
    return given


def opt_out_of(given: object) -> bool:
    """Whether the right is California's opt-out; every other right runs the ordinary time limit."""
    known = [OPT_OUT, *(right.value for right in RequestType)]
    if given is not None and given not in known:
        raise Unreadable(f"right: {_shown(given)} is not known; write {OPT_OUT}, or leave it out.")
    return given == OPT_OUT


def kind_of(given: object, name: str) -> PauseKind:
    if given not in [kind.value for kind in PauseKind]:
        raise Unreadable(f"{name}: {_shown(given)} is not a kind of pause; write identity or clarification.")
    return PauseKind(given)


def _pause(given: object, number: int) -> Pause:
    name = f"pauses[{number}]"
    if not isinstance(given, Mapping):
        raise Unreadable(f"{name}: {_shown(given)} is not an object with kind, from and until.")
    _no_misspelling(given, PAUSE_KEYS, f"{name}.")
    kind = kind_of(given.get("kind"), f"{name}.kind")
    start = instant(given.get("from"), f"{name}.from")
    end = None if given.get("until") is None else instant(given["until"], f"{name}.until")
    if end is not None and end < start:
        raise Unreadable(f"{name}: it ends ({_shown(given['until'])}) before it begins ({_shown(given['from'])}).")
    return Pause(kind, start, end, _flag(given, "late", f"{name}."))


def _flag(given: Mapping[Any, Any], key: str, place: str) -> bool:
    value = given.get(key)
    if value is not None and not isinstance(value, bool):
        raise Unreadable(f"{place}{key}: {_shown(value)} is neither true nor false.")
    return bool(value)


def _no_misspelling(given: Mapping[Any, Any], known: tuple[str, ...], place: str) -> None:
    """A key that is nearly one of ours would silently change a date; one that is far from them is somebody's note."""
    for key in given:
        if key not in known and (near := difflib.get_close_matches(str(key), known, n=1, cutoff=0.7)):
            raise Unreadable(f"{place}{key} is not known here; did you mean {near[0]}?")


def _shown(value: object) -> str:
    words = repr(value)
    return words if len(words) <= 60 else f"{words[:57]}…"
