"""A page of Chromium for each test, as anybody or as who is signed in; every browser is closed afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.looking import sign_in

if TYPE_CHECKING:
    from django.test import Client
    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.browser.looking import OpenPage


@pytest.fixture
def open_page(chromium: Browser, live_server: Any) -> Iterator[OpenPage]:
    """Opens a page in a browser of its own, e.g. open_page(viewport=PHONE, by=at_desk(dominique)).

    `by` has the session that this browser has too. Without `scripts` ours never arrive, and axe can still look.
    """
    contexts: list[BrowserContext] = []

    def opened(*, by: Client | None = None, scripts: bool = True, **options: Any) -> Page:
        context = chromium.new_context(**{"base_url": live_server.url, "reduced_motion": "reduce", **options})
        contexts.append(context)
        if by is not None:
            sign_in(context, by, live_server.url)
        if not scripts:
            context.route("**/*.js", lambda route: route.abort())
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who follows a request is answered at once."""
    from dsar.views.public import follow

    monkeypatch.setattr(follow, "SAME_SECONDS", 0)
