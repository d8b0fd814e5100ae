"""What a screen reader hears of a counter, and what a printer leaves out."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import DESK, OpenPage
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    return open_page(viewport=DESK, locale="en")


def press(page: Page) -> None:
    page.locator("main form button.btn").first.click()


def to_question_five(page: Page, home: str, right: str = "unspecified") -> None:
    page.goto(f"{home}/en/")
    press(page)
    page.locator(f"input[value={right}]").check()
    press(page)
    page.locator("input[value=self]").check()
    press(page)
    page.locator("input[value=student]").check()
    press(page)
    page.fill("[name=name]", CAMILLE_NAME)
    page.fill("[name=email]", CAMILLE_EMAIL)
    press(page)
    expect(page).to_have_url(f"{home}/en/request/help/")


def test_the_counter_is_heard_at_few_numbers_only_and_once_the_typing_rests(live_server: Any, page: Page):
    to_question_five(page, live_server.url)
    area = page.locator("textarea[name=unspecified]")
    described = (area.get_attribute("aria-describedby") or "").split()
    assert [page.locator(f"#{one}").count() for one in described] == [1] * len(described)
    assert "characters at most" in " ".join(page.locator(f"#{one}").inner_text() for one in described)
    heard = page.locator("p.vh[aria-live=polite]").first
    shown = page.locator("[data-left-for]")
    area.fill("x" * 1700)
    page.clock.install()
    area.fill("x" * 1795)
    for _ in range(10):
        area.press("x")
    expect(shown).to_have_text("Characters left: 195")
    assert heard.inner_text() == "", "not at each key"
    page.clock.run_for(1100)
    expect(heard).to_have_text("Characters left: 195")
    area.press("x")
    page.clock.run_for(1100)
    expect(shown).to_have_text("Characters left: 194")
    expect(heard).to_have_text("Characters left: 195")
    for length, left in ((1901, 99), (1960, 40), (2000, 0)):
        area.fill("x" * length)
        page.clock.run_for(1100)
        expect(heard).to_have_text(f"Characters left: {left}")


def test_paper_has_no_controls(live_server: Any, page: Page):
    to_question_five(page, live_server.url)
    page.fill("textarea[name=unspecified]", "Please tell me what you know.")
    press(page)
    controls = "main button, main input:not([type=hidden]), main .head a, main .code, main .acts"
    for heading in ("Check your answers", "Request sent"):
        expect(page.locator("h1")).to_have_text(heading)
        seen = page.locator(controls).evaluate_all("all => all.filter(e => e.checkVisibility()).length")
        assert seen > 2, "on the screen they are there"
        page.emulate_media(media="print")
        left = page.locator(controls).evaluate_all("all => all.filter(e => e.checkVisibility()).map(e => e.outerHTML)")
        assert [one for one in left if "website" not in one] == []
        expect(page.locator("h1")).to_be_visible()
        page.emulate_media(media="screen")
        if heading == "Check your answers":
            press(page)
