"""What the register says about a category, in the reader's language: the items of GDPR Art. 15(1) and (2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dsar.controller import Category, Controller
from dsar.packaging.words import NO_BREAK, words


@dataclass(frozen=True)
class CategoryText:
    """Art. 15(1)(a), (b), (c), (d), (g), (h), 15(2) and the legal basis; no item is ever empty."""

    label: str
    kinds: tuple[str, ...]
    purposes: tuple[str, ...]
    basis: tuple[str, ...]
    recipients: tuple[str, ...]
    retention: tuple[str, ...]
    origin: str
    transfers: tuple[str, ...]
    automated: tuple[str, ...]


class EmptyItem(Exception):
    """An item that Art. 15 wants is missing from the register; no letter is written without it."""


def category_text(category: Category, controller: Controller, language: str) -> CategoryText:
    """Every item filled, or said not to apply; raises EmptyItem when the register has neither.

    A category that several activities use has the purposes, bases and recipients of all of them; how long it is kept
    and where it comes from is told by the activity that keeps it.
    """
    word = words(language)
    activities = controller.activities_of(category.key)
    keeper = activities[0]
    colon = f"{NO_BREAK}:" if language == "fr" else ":"
    text = CategoryText(
        label=category.label.in_language(language).strip(),
        kinds=_once(use.label.in_language(language) for use in category.fields),
        purposes=_once(purpose.in_language(language) for one in activities for purpose in one.purposes),
        basis=_once(word[f"basis_{basis}"] for one in activities for basis in one.legal_basis),
        recipients=_once(
            f"{r.name} ({r.why.in_language(language)}, {r.country_name(language)})" for one in activities for r in one.recipients
        )
        or (word["no_recipient"],),
        retention=_once(rule.text.in_language(language) for rule in keeper.retention_of(category.key)),
        origin=keeper.origin.in_language(language).strip(),
        transfers=_once(
            f"{t.recipient}, {t.country_name(language)}{colon} {t.safeguard.in_language(language)}"
            for one in activities
            for t in one.transfers
        )
        or (word["no_transfer"],),
        automated=_once(one.automated_decisions.in_language(language) for one in activities if one.automated_decisions)
        or (word["no_automated"],),
    )
    for name in ("label", "kinds", "purposes", "basis", "retention", "origin"):
        if not getattr(text, name):
            raise EmptyItem(f"register.yml, activity {keeper.key}, category {category.key}: {name} is empty (GDPR Art. 15(1))")
    return text


def _once(items: Iterable[str]) -> tuple[str, ...]:
    """In order, without empty ones and doubles."""
    return tuple(dict.fromkeys(item.strip() for item in items if item.strip()))
