"""What several tests of faults share: one running web process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.web import Web, running_web


@pytest.fixture(scope="session")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with running_web(tmp_path_factory.mktemp("web")) as running:
        yield running
