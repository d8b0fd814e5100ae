"""What every test of the pages has."""

from __future__ import annotations

import pytest

from dsar.views.public import follow


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who follows a request is answered at once; tests/web/test_status.py has the test of the even answer."""
    monkeypatch.setattr(follow, "SAME_SECONDS", 0)
