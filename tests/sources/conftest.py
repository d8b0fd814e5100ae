"""A generated school in a database of its own, and the example controller's map of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from dsar.controller import SourceConfig, load_controller
from dsar.sources.example.load import generate

CONTROLLER = load_controller(Path(__file__).resolve().parents[2] / "config" / "controller")


@pytest.fixture(scope="session")
def school_of(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """The URL of the example school, 150 people, in this engine; made once, and nobody changes it."""

    @cache
    def make(engine: str) -> str:
        if engine == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('school')}/school.sqlite3"
        else:
            url = request.getfixturevalue("postgres_database")()
        generate(url=url, people=150, seed=1, big=0, huge=0, replace=False)
        return url

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def school(request: pytest.FixtureRequest, school_of: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The example school; the product's source is connected to it."""
    monkeypatch.setenv("SCHOOL_DATABASE_URL", school_of(request.param))
    return school_of(request.param)


@pytest.fixture
def config() -> SourceConfig:
    return CONTROLLER.sources["school"]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a database of this test's own, connected as the product's source."""
    url = f"sqlite:///{tmp_path}/own.sqlite3"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_database")()
    monkeypatch.setenv("SCHOOL_DATABASE_URL", url)
    return url
