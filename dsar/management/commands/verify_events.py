"""Verifies the chain of events of every request; the exit status tells. `--heads` prints what an operator keeps elsewhere."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import OuterRef, Subquery

from dsar.models import DataSubjectRequest, RequestEvent
from dsar.models.event import changes_are_refused


class Command(BaseCommand):
    help = (
        "Recomputes every event’s hash and names the first bad row of each request. Rows cut from the end leave a shorter "
        "chain that verifies: keep the output of --heads outside, and compare a later one with it by --against."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--heads", action="store_true", help="print reference, sequence and hash of each chain’s last event")
        parser.add_argument("--against", metavar="FILE", help="an earlier output of --heads; each of its heads must still stand")

    def handle(self, *args: Any, heads: bool = False, against: str | None = None, **options: Any) -> None:
        if heads:
            self._print_heads()
            return
        problems = self._bad_rows() + (self._lost_heads(against) if against else [])
        if not changes_are_refused():
            problems.append("The triggers that refuse changes are missing from dsar_requestevent; run manage.py migrate.")
        for problem in problems:
            self.stderr.write(problem)
        if problems:
            raise CommandError(f"{len(problems)} problems. Compare with a backup, and find out who wrote to the database.")
        self.stdout.write(f"{RequestEvent.objects.count()} events of {DataSubjectRequest.objects.count()} requests verify.")

    def _bad_rows(self) -> list[str]:
        problems = []
        for dsr in DataSubjectRequest.objects.order_by("reference").iterator():
            match RequestEvent.objects.first_bad_row(dsr):
                case None:
                    continue
                case int(missing):
                    problems.append(f"{dsr.reference}: event {missing} is missing.")
                case bad:
                    problems.append(f"{dsr.reference}: event {bad.sequence} ({bad.kind}) is not what was written.")
        return problems

    def _print_heads(self) -> None:
        last = RequestEvent.objects.filter(dsr=OuterRef("pk")).order_by("-sequence")
        requests = DataSubjectRequest.objects.annotate(
            head_sequence=Subquery(last.values("sequence")[:1]), head_hash=Subquery(last.values("hash")[:1])
        )
        for dsr in requests.order_by("reference").iterator():
            self.stdout.write(f"{dsr.reference} {dsr.head_sequence or 0} {dsr.head_hash or '-'}")

    def _lost_heads(self, file_name: str) -> list[str]:
        try:
            with open(file_name, encoding="utf-8") as file:
                lines = [line.split() for line in file if line.strip()]
        except OSError as error:
            raise CommandError(f"{file_name} cannot be read: {error.strerror}.") from None
        problems = []
        for number, line in enumerate(lines, 1):
            if len(line) != 3 or not line[1].isdigit():
                raise CommandError(f"{file_name}, line {number}: not a line of --heads (reference, sequence, hash).")
            reference, sequence, digest = line
            standing = RequestEvent.objects.filter(dsr__reference=reference, sequence=sequence, hash=digest)
            if int(sequence) and not standing.exists():
                problems.append(f"{reference}: event {sequence} of the kept head is gone or changed.")
        return problems
