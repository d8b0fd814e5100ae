"""Every line of clock_cases.txt, and that there are enough of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pytest

from dsar.domain.asked import at_noon
from dsar.domain.calendars import PACKS, RulePack, rule_pack
from dsar.domain.clock import ClockFacts, Pause, deadlines, local_date
from dsar.domain.explain import as_json
from dsar.domain.vocabulary import PauseKind

LINES = (Path(__file__).parent / "clock_cases.txt").read_text(encoding="utf-8").splitlines()
CASES = [line for line in LINES if line and not line.startswith("#")]
RULES = {
    *("EU-1M", "EU-3M", "EU-1M-PAUSE", "EU-3M-PAUSE", "P30-MIN", "UK-1M", "UK-3M", "UK-ID", "UK-CLAR"),
    *("CCPA-ACK-10BD", "CCPA-45D", "CCPA-90D", "CCPA-OPTOUT-15BD", "BR-15D", "CA-30D", "CA-60D", "QC-30D", "CH-30D"),
}


@dataclass
class Events:
    """The fourth column."""

    pauses: list[Pause]
    extended_at: datetime | None = None
    today: date | None = None
    opt_out: bool = False


def events(words: str, pack: RulePack) -> Events:
    read = Events([])
    for event in words.split("; "):
        match event.removeprefix("late ").split():
            case ["-"]:
                pass
            case ["opt-out"]:
                read.opt_out = True
            case ["extended", day]:
                read.extended_at = at_noon(date.fromisoformat(day), pack)
            case ["today", day]:
                read.today = date.fromisoformat(day)
            case [kind, start, ">", end]:
                answered = None if end == "open" else at_noon(date.fromisoformat(end), pack)
                asked = at_noon(date.fromisoformat(start), pack)
                read.pauses.append(Pause(PauseKind(kind), asked, answered, event.startswith("late ")))
            case _:
                raise AssertionError(f"not understood: {event}")
    return read


def written(day: str) -> date | None:
    """`Tue 2026-04-07`; the weekday is checked, since a lawyer reads it."""
    if day == "-":
        return None
    weekday, iso = day.split()
    found = date.fromisoformat(iso)
    assert found.strftime("%a") == weekday, day
    return found


@pytest.mark.parametrize("line", CASES)
def test_the_dates_of(line: str) -> None:
    key, promise, received, happened, *expected, _why = (cell.strip() for cell in line.split(" | "))
    pack = rule_pack(key)
    at = datetime.fromisoformat(received) if "T" in received else at_noon(date.fromisoformat(received), pack)
    given = events(happened, pack)
    facts = ClockFacts(at, tuple(given.pauses), given.extended_at)
    promise_days = None if promise == "-" else int(promise)
    today = given.today or local_date(at, pack)
    dates = deadlines(facts, pack=pack, promise_days=promise_days, today=today, opt_out=given.opt_out)
    found = [dates.careful_date, dates.working_date, dates.legal_limit, dates.extension_notice_by, dates.acknowledge_by]
    assert found == [written(day) for day in expected]
    assert {step.rule for step in dates.steps} <= RULES
    told = {step["date"] for step in as_json(dates)["steps"]}
    assert {day.isoformat() for day in found if day} <= told, "each date is the day of a step"


def test_there_are_at_least_150_cases_40_of_them_french_and_8_in_each_other_pack() -> None:
    counted = Counter(line.split()[0] for line in CASES)
    assert counted.total() >= 150
    assert counted["FR"] >= 40
    assert set(counted) == set(PACKS)
    assert min(counted.values()) >= 8


def test_no_case_stands_there_twice() -> None:
    questions = [line.split(" | ")[:4] for line in CASES]
    assert [one for one in questions if questions.count(one) > 1] == []
