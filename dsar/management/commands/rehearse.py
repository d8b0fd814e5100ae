"""`manage.py rehearse --email E`: try a data map on one person before going live, without making a request."""

from __future__ import annotations

import json
import resource
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from dsar.controller import ControllerError, controller
from dsar.services.person import cleaned
from dsar.services.rehearse import Rehearsal, rehearse
from dsar.sources.base import Identity
from notifications.address import AddressRefused, normalise

BAD_INPUT = 2


def refuse(sentence: str) -> CommandError:
    return CommandError(sentence, returncode=BAD_INPUT)


class Command(BaseCommand):
    help = (
        "Search every source for one person and show the plan, what was found and what it cost; with --output also build the "
        "package. Makes no request and writes no row. Exit status: 0 searched, 1 a collection failed, 2 wrong arguments."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True, help="the person’s address")
        parser.add_argument(
            "--identifier", action="append", default=[], metavar="KIND=VALUE", help="for example student_number=202200001"
        )
        parser.add_argument("--name", default="", help="to count namesakes, and for the letter")
        parser.add_argument("--controller", metavar="DIR", help="another folder than CONTROLLER_DIR")
        parser.add_argument("--output", type=Path, metavar="FILE.zip", help="build the package here")
        parser.add_argument("--language", choices=["fr", "en"], default="fr")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["controller"]:
            settings.CONTROLLER_DIR = Path(options["controller"])
        try:
            controller()
        except ControllerError as error:
            first, others = error.problems[0], len(error.problems) - 1
            more = f" {others} more: see manage.py check_controller." if others else ""
            raise refuse(f"{first}{more}") from None
        identity = read_identity(options["email"], options["identifier"], options["name"])
        output = check_output(options["output"])
        try:
            found = rehearse(identity=identity, language=options["language"], now=timezone.now(), output=output)
        except OSError as error:
            raise CommandError(f"The rehearsal could not be written: {error.strerror or type(error).__name__}.") from error
        told = report(found, options["language"])
        self.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) if options["json"] else as_text(told))
        if found.failed:
            raise CommandError("A collection could not be searched; see above.", returncode=1)


def read_identity(email: str, identifiers: list[str], name: str) -> Identity:
    """Whom to search for; every mistake is one sentence."""
    kinds = {
        one.identity
        for dataset in controller().datasets.values()
        for collection in dataset.collections
        for one in collection.every_field()
        if one.identity
    }
    try:
        values = {"email": [normalise(email)]}
    except AddressRefused as error:
        raise refuse(f"--email: {error}") from None
    for text in identifiers:
        kind, equals, value = text.partition("=")
        if not equals or not value.strip():
            raise refuse("--identifier: write KIND=VALUE, for example student_number=202200001.")
        if kind not in kinds:
            raise refuse(f"--identifier: the data map has no identity {kind!r}; it has {', '.join(sorted(kinds))}.")
        values.setdefault(kind, []).append(value)
    return Identity({kind: cleaned(given) for kind, given in values.items()}, (name.strip(),) if name.strip() else ())


def check_output(output: Path | None) -> Path | None:
    if output is None:
        return None
    if output.suffix != ".zip":
        raise refuse("--output: the name of the package ends in .zip.")
    if not output.absolute().parent.is_dir():
        raise refuse(f"--output: the folder {output.absolute().parent} does not exist.")
    if output.exists():
        raise refuse(f"--output: {output} exists already; nothing is overwritten.")
    return output


def report(found: Rehearsal, language: str) -> dict[str, Any]:
    return {
        "collections": [line.told(language) for line in found.lines],
        "rows": found.rows,
        "namesakes": found.namesakes,
        "several_people": found.several_people,
        "seconds": round(found.seconds, 3),
        "peak_memory_bytes": peak_memory(),
        "package": found.package or None,
    }


def as_text(told: dict[str, Any]) -> str:
    """The report for a person: one collection a line, in the order of the plan."""
    rows = [
        (one["collection"], one["state"], str(one["rows"]), ", ".join(one["path"]) or one["reason"])
        for one in told["collections"]
    ]
    widths = [max(len(row[place]) for row in rows) if rows else 0 for place in range(3)]
    lines = [f"{c:<{widths[0]}}  {s:<{widths[1]}}  {n:>{widths[2]}}  {how}".rstrip() for c, s, n, how in rows]
    lines += [f"{one['collection']}: {one['reason']}" for one in told["collections"] if one["state"] == "failed" and one["path"]]
    lines += [f"{one['collection']}.{column}: unmapped" for one in told["collections"] for column in one["unmapped"]]
    if told["several_people"]:
        lines.append("These identifiers lead to people of different names: a person must look before anything leaves.")
    if told["namesakes"]:
        lines.append(
            f"{told['namesakes']} rows bear the same name and are not the person’s by these identifiers; they are left out."
        )
    peak = told["peak_memory_bytes"] / 1_048_576
    lines.append(f"{told['rows']} rows in {told['seconds']:.2f} s, peak memory {peak:.0f} MB")
    if package := told["package"]:
        lines.append(f"{package['file']}: {package['bytes']} bytes in {package['seconds']:.2f} s, SHA-256 {package['sha256']}")
    return "\n".join(lines)


def peak_memory() -> int:
    """The largest memory that this process has held, in bytes.

    Not `ru_maxrss`: on Linux that figure survives exec, so that a small process started by a large one seems large.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
