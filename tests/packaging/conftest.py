"""Packages of Camille Exemple, built once a run."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from dsar.domain.vocabulary import RequestType
from dsar.packaging.build import PackageBuilder
from tests.packaging import example

Built = tuple[bytes, PackageBuilder]


def build(*args: object, **change: object) -> Built:
    language = str(args[0]) if args else "fr"
    parts = args[1] if len(args) > 1 else example.parts()
    builder = PackageBuilder(example.facts(language, **change), parts)  # type: ignore[arg-type]
    return b"".join(builder.stream()), builder


def members(package: bytes) -> dict[str, bytes]:
    """Files by their path below the one top folder."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {info.filename.split("/", 1)[1]: archive.read(info) for info in archive.infolist()}


@pytest.fixture(scope="session", params=["fr", "en"])
def package(request: pytest.FixtureRequest) -> bytes:
    """The whole copy, in each language."""
    return build(request.param)[0]


@pytest.fixture(scope="session")
def french() -> bytes:
    return build("fr")[0]


@pytest.fixture(scope="session")
def portable() -> bytes:
    """A request for portability alone."""
    return build("fr", rights=(RequestType.PORTABILITY,))[0]


@pytest.fixture
def extracted(tmp_path: Path) -> Callable[[bytes], Path]:
    """Writes a package to disk as a person would; the top folder."""

    def extract(package: bytes) -> Path:
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            archive.extractall(tmp_path)
        (top,) = tmp_path.iterdir()
        return top

    return extract
