"""Forced colours and paper lose no state; and each look of looks.js sees the fault it is there for."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from PIL import Image
from playwright.sync_api import expect

from tests.browser.looking import PHONE, OpenPage
from tests.browser.tour import Tour, simplest, without_waiting
from tests.web import states

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from dsar.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]
LOOKS = (Path(__file__).parent / "looks.js").read_text()


@pytest.fixture
def tour(open_page: OpenPage, live_server: Any, dominique: User, noa: User) -> Iterator[Tour]:
    with without_waiting():
        yield Tour(open_page(viewport=PHONE), "fr", live_server.url, lambda *_: None, dominique, noa)


def picture(page: Page, selector: str) -> Image.Image:
    return Image.open(BytesIO(page.locator(selector).first.screenshot())).convert("RGB")


# Forced colours


def test_forced_colours_keep_what_is_chosen_and_what_is_wrong(tour: Tour) -> None:
    page = tour.page
    page.emulate_media(forced_colors="active")
    tour.go("request/what/")
    first = ".choice:has([value=access])"
    before = picture(page, first)
    page.check("[value=access]")
    page.mouse.move(0, 0)
    assert picture(page, first).tobytes() != before.tobytes()
    width = "e => getComputedStyle(e).borderTopWidth"
    assert page.locator(first).evaluate(width) == "3px"
    assert page.locator(".choice:has([value=erasure])").evaluate(width) == "1px"
    tour.go("follow/")
    tour.press()
    assert page.locator(".error").evaluate("e => getComputedStyle(e).borderLeftWidth") == "4px"
    expect(page.locator(".why-not")).to_be_visible()
    assert page.locator("[data-focus]").evaluate("e => parseFloat(getComputedStyle(e).outlineWidth)") >= 2


def test_forced_colours_keep_how_far_a_request_is(tour: Tour, school: Path) -> None:
    page = tour.page
    page.emulate_media(forced_colors="active")
    tour.enter(states.gathering(timezone.now() - timedelta(days=12), tour.one, tour.two))
    tour.go("status/")
    bar = picture(page, ".clock progress")
    row = [bar.getpixel((x, bar.height // 2)) for x in range(3, bar.width - 3)]
    filled = row.count(row[0]) / len(row)
    used, of = (float(page.locator(".clock progress").get_attribute(one) or 0) for one in ("value", "max"))
    assert row[0] != row[-1], "what has passed and what is left differ"
    assert abs(filled - used / of) < 0.05
    dots = {}
    for state in (".done", ".now", ":not(.done):not(.now)"):
        box = page.locator(f".line > li{state}").first.bounding_box()
        assert box
        clip = {"x": box["x"], "y": box["y"], "width": 32, "height": 28}
        dots[state] = page.screenshot(clip=clip, full_page=True)
    assert len(set(dots.values())) == 3, "done, present and later steps look different"


# Paper


def test_paper_shows_the_answer_and_no_controls(tour: Tour, school: Path) -> None:
    page = tour.page
    simplest(tour, "access")
    tour.press()
    page.evaluate(LOOKS)
    assert page.evaluate("looks.printed()") != [], "the screen has controls"
    page.emulate_media(media="print")
    assert page.evaluate("looks.printed()") == []
    for seen in ("h1", "main .ref", ".clock .date", ".line"):
        expect(page.locator(seen).first).to_be_visible()
    page.emulate_media(media="screen")
    tour.enter(states.ready(timezone.now() - timedelta(days=2), tour.one, tour.two))
    tour.go("status/")
    recourse = page.locator(".more details a[href*='cnil']").first
    expect(recourse).to_be_hidden()
    page.emulate_media(media="print")
    page.evaluate(LOOKS)
    assert page.evaluate("looks.printed()") == []
    for seen in ("h1", "main .ref", ".clock .date", ".line", ".rows"):
        expect(page.locator(seen).first).to_be_visible()
    expect(recourse).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


# The looks themselves

SPOILED = {
    "structure": ("document.querySelector('h1').hidden = true", "not one visible h1"),
    "purpose": (
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<input name=email>')",
        "autocomplete is not email",
    ),
    "sideways": ("style('main { width: 900px }')", "scrolls sideways"),
    "lost": ("style('.lead { height: 1em; overflow: hidden }')", "cut: <p"),
    "unreachable": ("style('.top { position: fixed; inset: 0; z-index: 9 }')", "cannot be reached: <button"),
    "faint": ("style('.btn { background: none; border-color: #eee }')", "faint: <button"),
    "bare": ("style('.btn { border: 0; background: #fff }')", "bare: <button"),
    "moving": ("style('.btn { transition: color 1s }')", "moves: <button"),
    "short": ("style('.btn { width: 9rem !important }')", "not full width: <button"),
}
MORE = {
    "lost": [
        ("style('.choices { display: flex } .choice { margin-right: -9rem }')", "on each other"),
        ("style('h1 { position: relative; left: 250px }')", "beyond the edge"),
    ],
    "structure": [
        (
            "document.querySelector('main').insertAdjacentHTML('beforeend', '<p class=why-not>x</p>')",
            "an error without a summary",
        ),
        (
            "document.querySelector('main').insertAdjacentHTML('beforeend', '<p data-focus>x</p>')",
            "does not begin with the error",
        ),
        ("document.querySelector('main').insertAdjacentHTML('beforeend', '<a href=#gone>x</a>')", "leads nowhere"),
        ("document.querySelector('main form button').hidden = true", "no form has a button that is seen"),
    ],
}
STYLE = """const style = (css) => {
  document.adoptedStyleSheets = [new CSSStyleSheet()];
  document.adoptedStyleSheets[0].replaceSync(css);
};"""


def test_each_look_sees_the_fault_it_is_there_for(tour: Tour) -> None:
    page = tour.page
    for look, (spoil, fault) in [*SPOILED.items(), *((look, one) for look, several in MORE.items() for one in several)]:
        tour.go("request/what/")
        page.evaluate(LOOKS)
        assert page.evaluate(f"looks.{look}()") == [], look
        page.evaluate(f"() => {{ {STYLE} {spoil} }}")
        assert any(fault in found for found in page.evaluate(f"looks.{look}()")), (look, spoil)
