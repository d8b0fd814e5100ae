"""Mistakes in `config/controller/`, told to the operator: where, what, and how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake. `file` is relative to the controller's folder; `line` counts from 1."""

    file: str
    line: int
    message: str
    mend: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.message} {self.mend}"


class ControllerError(Exception):
    """The folder cannot be used; `problems` lists every mistake found, in the order of the files."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        many = len(self.problems) != 1
        heading = f"{len(self.problems)} mistake{'s' if many else ''} in the controller’s files:"
        super().__init__("\n".join([heading, *(str(problem) for problem in self.problems)]))


@dataclass(frozen=True)
class Page:
    """One file that is being read, and where its mistakes go."""

    file: str
    problems: list[Problem]

    def problem(self, line: int, message: str, mend: str) -> None:
        self.problems.append(Problem(self.file, max(line, 1), message, mend))

    def mark(self) -> int:
        """How many mistakes are known: unchanged later, what was read since is sound and may be compared."""
        return len(self.problems)

    def shows(self, key: str, example: str) -> str:
        """How a line is written in this file: TOML or YAML."""
        if self.file.endswith(".toml"):
            return f"`{key} = {example}`" if example[:1] in '"[{' or example.isdigit() else f'`{key} = "{example}"`'
        return f"`{key}: {example}`"


def did_you_mean(word: str, known: Iterable[str], *, otherwise: str) -> str:
    """A mend that offers the nearest known word, or else `otherwise`."""
    near = nearest(word, known)
    return f"Did you mean {near}?" if near else otherwise


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The known word that is closest in spelling, or None when none is close."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)
    return near[0] if near else None
