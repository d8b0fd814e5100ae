"""A copy of the shipped controller's folder, to be changed and read again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from dsar.controller import Controller, ControllerError, Problem, load_controller

SHIPPED = Path(__file__).parents[2] / "config" / "controller"


class Folder:
    def __init__(self, place: Path) -> None:
        self.place = place
        shutil.copytree(SHIPPED, place)

    def read(self) -> Controller:
        return load_controller(self.place)

    def change(self, file: str, old: str, new: str, *, times: int = 1) -> int:
        """Replace the first `times` places; return the line of the first."""
        text = (self.place / file).read_text()
        assert old in text, f"{file} has no {old!r}: the test can fail"
        (self.place / file).write_text(text.replace(old, new, times))
        return text[: text.index(old)].count("\n") + 1

    def edit(self, file: str, change: Callable[[str], str]) -> None:
        (self.place / file).write_text(change((self.place / file).read_text()))

    def write(self, file: str, text: str | bytes) -> None:
        (self.place / file).write_bytes(text.encode() if isinstance(text, str) else text)

    def problems(self) -> tuple[Problem, ...]:
        """Every mistake found; none when the folder is sound."""
        try:
            self.read()
        except ControllerError as error:
            return error.problems
        return ()

    def only_problem(self) -> Problem:
        found = self.problems()
        assert len(found) == 1, "\n".join(map(str, found)) or "no mistake was found"
        return found[0]
