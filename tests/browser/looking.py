"""What a browser can see of a page: axe's violations, sideways scrolling, small targets, and what it asked elsewhere for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page

AXE = (Path(__file__).parent / "axe.min.js").read_text()
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OpenPage = Callable[..., Page]  # the fixture of tests/browser/conftest.py
SHOTS = os.environ.get("DSAR_SHOTS", "")  # a folder, to look at the pages oneself


def sign_in(context: BrowserContext, client: Client, home: str) -> None:
    """Let a browser have the session of a test client."""
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": home}])


def complaints_of(page: Page) -> list[str]:
    """What the browser complains about from now on."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    return complaints


def violations(page: Page) -> list[str]:
    """axe-core's findings, as rule and element."""
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("tags => axe.run(document, {runOnly: tags})", WCAG)
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found["violations"] for node in rule["nodes"]]


def scrolls_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def small_targets(page: Page, least: int) -> list[str]:
    """Buttons, boxes, fields and links that stand alone, lower than `least` pixels (WCAG 2.5.8)."""
    return page.evaluate(
        """least => [...document.querySelectorAll('main button, main input, main select, main textarea, main summary, a')]
          .filter(e => e.type !== 'hidden' && e.offsetParent !== null && !e.closest('.trap, .skip') && !e.matches('.skip'))
          .map(e => e.closest('label.choice') || e)
          .filter(e => e.tagName !== 'A' || getComputedStyle(e).display !== 'inline')
          .filter(e => e.getBoundingClientRect().height < least - 0.5)
          .map(e => e.outerHTML.slice(0, 120) + ' ' + e.getBoundingClientRect().height)""",
        least,
    )


def check(page: Page, name: str) -> None:
    """Fail on anything wrong with the page that is shown; keep a picture when asked to."""
    page.wait_for_load_state("load")  # a click returns as soon as the next page begins
    if SHOTS:
        width = page.viewport_size["width"] if page.viewport_size else 0
        language = page.evaluate("document.documentElement.lang")
        page.screenshot(path=f"{SHOTS}/{language}-{width}-{name}.png", full_page=True)
    assert (found := violations(page)) == [], f"{name}: {found}"
    glance(page, name)


def glance(page: Page, name: str) -> None:
    """As `check`, without axe: for walks through pages at which test_every_page.py looks with all of it."""
    page.wait_for_load_state("load")
    assert not scrolls_sideways(page), name
    if page.viewport_size and page.viewport_size["width"] < 500:
        assert (low := small_targets(page, 48)) == [], f"{name}: {low}"
    assert page.locator("h1").count() == 1, name
