"""The result of an audit of the public pages, and the word that it allows: `[accessibility]` of controller.toml."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from dsar.domain.rules import add_months

if TYPE_CHECKING:
    from dsar.controller.shape import Text


class Conformity(StrEnum):
    """The three words of RGAA 4.1.2, chapter "Déclaration d'accessibilité": all criteria met, half of them, less or no audit."""

    FULL = "full"
    PARTIAL = "partial"
    NONE = "none"


@dataclass(frozen=True)
class Audit:
    """An audit of the public pages by a person; `barriers` are what it found, for the statement."""

    audited_on: date
    auditor: str
    rate: int  # of the criteria that apply, in whole percent, rounded down
    barriers: tuple[Text, ...] = ()

    def holds(self, today: date) -> bool:
        """For three years at most, as the French rules have it; one that is still to come says nothing yet."""
        return self.audited_on <= today < add_months(self.audited_on, 36)

    @property
    def word(self) -> Conformity:
        if self.rate == 100:
            return Conformity.FULL
        return Conformity.PARTIAL if self.rate >= 50 else Conformity.NONE
