"""`manage.py explain_clock`: which dates follow from what happened, and why; one request, or many as JSON lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from dsar.domain import asked, explain
from dsar.domain.clock import ClockFacts, Deadlines, Pause
from dsar.domain.rules import RulePack

TITLES = {
    "fr": ("Français", "date prudente", "date de travail", "limite légale", "pas avant", "prolongation jusqu’au", "réception"),
    "en": ("English", "careful date", "working date", "legal limit", "not before", "extension notice by", "acknowledge by"),
}


class Command(BaseCommand):
    help = "Say which dates of the law follow from what happened to a request, and every step that leads to them."
    requires_system_checks: list[str] = []  # it reads neither database nor controller

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pack", help="rule pack: FR, DE, EU, UK, CCPA, BR, CA, QC or CH")
        parser.add_argument("--received", metavar="TIME", help="RFC 3339 with offset: 2026-01-31T10:00:00+01:00")
        parser.add_argument(
            "--pause",
            action="append",
            default=[],
            metavar="KIND:FROM:UNTIL",
            help="identity or clarification, civil dates at the seat; without UNTIL it is open; :late at the end if asked so",
        )
        parser.add_argument("--extended-on", metavar="DATE", help="the day the notice of extension left, at the seat")
        parser.add_argument("--promise-days", type=int, metavar="N", help="a published promise in days; without it there is none")
        parser.add_argument("--right", help="opt_out takes California’s 15 business days")
        parser.add_argument("--today", metavar="DATE", help="as of another day; it matters only while a pause is open")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of text")
        parser.add_argument("--language", choices=explain.LANGUAGES, help="text in one language only")
        parser.add_argument("--batch", metavar="FILE", help="a file of JSON lines, or - for standard input")

    def handle(self, *args: Any, **given: Any) -> None:
        try:
            today = asked.day(given["today"], "--today") if given["today"] else None
            if given["batch"]:
                self._batch(given["batch"], today)
                return
            question = _question(given)
            dates = question.dates(now=timezone.now(), today=today)
        except asked.Unreadable as mistake:
            raise CommandError(str(mistake)) from None
        if given["json"]:
            self.stdout.write(json.dumps({"id": None, **explain.as_json(dates)}))
        else:
            languages = [given["language"]] if given["language"] else explain.LANGUAGES
            self.stdout.write("\n\n".join(_text(dates, language) for language in languages))

    def _batch(self, name: str, today: date | None) -> None:
        """A line that cannot be read is answered on its own line, and the others all the same."""
        bad = total = 0
        now = timezone.now()
        with _opened(name) as lines:
            for line in lines:
                if not line.strip():
                    continue
                total += 1
                answer = answer_line(line, now=now, today=today)
                bad += "error" in answer
                self.stdout.write(json.dumps(answer))
        if bad:
            raise CommandError(f"{bad} of {total} lines could not be answered; each says why.")


def answer_line(line: bytes, *, now: datetime, today: date | None = None) -> dict[str, Any]:
    """One JSON object in, one out."""
    name: Any = None
    try:
        given = json.loads(line.decode("utf-8-sig"))
        name = given.get("id") if isinstance(given, dict) else None
        return {"id": name, **explain.as_json(asked.asked(given).dates(now=now, today=today))}
    except asked.Unreadable as mistake:
        return {"id": name, "error": str(mistake)}
    except UnicodeDecodeError:
        return {"id": name, "error": "The line is not UTF-8."}
    except (json.JSONDecodeError, RecursionError) as mistake:
        where = f" (column {mistake.colno})" if isinstance(mistake, json.JSONDecodeError) else ""
        return {"id": name, "error": f"The line is not JSON{where}."}


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115  closed below; only the opening may fail with our sentence
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from None
    with file:
        yield file


def _question(given: dict[str, Any]) -> asked.Asked:
    pack = asked.pack_of(given["pack"])
    received = asked.instant(given["received"], "--received")
    extended = asked.at_noon(asked.day(given["extended_on"], "--extended-on"), pack) if given["extended_on"] else None
    return asked.Asked(
        pack=pack,
        facts=ClockFacts(received, tuple(_pause(words, pack) for words in given["pause"]), extended),
        promise_days=asked.promise_of(given["promise_days"]),
        opt_out=asked.opt_out_of(given["right"]),
    )


def _pause(words: str, pack: RulePack) -> Pause:
    """`identity:2026-02-03:2026-02-09`, by civil dates at the seat."""
    kind, *days = words.removesuffix(":late").split(":")
    if len(days) not in (1, 2):
        raise asked.Unreadable(f"--pause: {words!r} is not KIND:FROM:UNTIL, such as identity:2026-02-03:2026-02-09.")
    start = asked.day(days[0], "--pause")
    end = asked.day(days[1], "--pause") if days[1:] and days[1] else None
    if end and end < start:
        raise asked.Unreadable(f"--pause: {words!r} ends before it begins.")
    return Pause(
        asked.kind_of(kind, "--pause"),
        asked.at_noon(start, pack),
        asked.at_noon(end, pack) if end else None,
        late=words.endswith(":late"),
    )


def _text(dates: Deadlines, language: str) -> str:
    title, careful, working, limit, not_before, notice, acknowledge = TITLES[language]
    named = [
        (careful, dates.careful_date),
        (working, dates.working_date),
        (not_before if dates.paused_since else limit, dates.legal_limit),
        (notice, dates.extension_notice_by),
        (acknowledge, dates.acknowledge_by),
    ]
    width = max(len(name) for name, _ in named)
    table = [f"  {name:<{width}}  {explain.full_date(day, language)}" for name, day in named if day]
    lines = zip(dates.steps, explain.lines(dates, language), strict=True)
    steps = [f"  {n:>2}. [{step.rule}] {line}" for n, (step, line) in enumerate(lines, 1)]
    return "\n".join([f"{title} ({dates.version})", *table, "", *steps])
