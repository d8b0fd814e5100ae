"""What every test may use: the people, a fixed day, and folders that are empty again after each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.emptying import _tables_are_emptied  # noqa: F401  (a fixture for every test)
from tests.people import DOMINIQUE_EMAIL, NOA_EMAIL, OFFICER_EMAIL

if TYPE_CHECKING:
    from dsar.models.staff import User


@pytest.fixture
def now() -> datetime:
    """Tuesday, in Paris too."""
    return datetime(2026, 3, 10, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _empty_folders() -> Iterator[None]:
    """Objects, keys and mails of one test are not another's."""
    yield
    from django.conf import settings

    for room in ("objects", "keys", "mails", "files"):
        shutil.rmtree(settings.VAR_DIR / room, ignore_errors=True)


def _staff(email: str, first_name: str, last_name: str, role: str, **fields: object) -> User:
    from dsar.models import User

    return User.objects.create_user(email, first_name=first_name, last_name=last_name, role=role, **fields)


@pytest.fixture
def dominique(db: None) -> User:
    """The DPO, for all sites."""
    return _staff(DOMINIQUE_EMAIL, "Dominique", "Témoin", "dpo", all_sites=True)


@pytest.fixture
def noa(db: None) -> User:
    """The deputy, for all sites: the second person of two."""
    return _staff(NOA_EMAIL, "Noa", "Specimen", "deputy", all_sites=True)


@pytest.fixture
def bordeaux_officer(db: None) -> User:
    """An officer who sees the site of Bordeaux and no other."""
    return _staff(OFFICER_EMAIL, "Alix", "Figurant", "officer", sites=["bordeaux"])


@pytest.fixture(scope="session")
def school() -> Path:
    """The example school, small: where the sources of the shipped controller look in tests."""
    from django.conf import settings

    from dsar.sources.example.load import generate

    file = Path(settings.VAR_DIR) / "example" / "school.sqlite3"
    file.parent.mkdir(parents=True, exist_ok=True)
    generate(url=f"sqlite:///{file}", people=60, seed=1, big=0, huge=0, replace=True)
    return file
