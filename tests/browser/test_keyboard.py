"""The public pages by keyboard alone: the form, following, the papers, the way out (WCAG 2.1.1 to 2.4.11).

Nothing here clicks. At every stop of the Tab key the outline is looked for, its contrast is computed, and the stop must lie where
one sees it, below the one before; a key that leads nowhere within a page's controls fails the test.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from dsar.domain.vocabulary import TokenPurpose
from dsar.models import DataSubjectRequest
from dsar.services import tokens
from identity import documents
from tests.browser.looking import DESK, PHONE
from tests.browser.tour import SIGN_OUT, Tour, without_waiting
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME
from tests.services.test_papers import photo
from tests.stories import code_in, receive
from tests.web import states

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from dsar.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]
LOOKS = (Path(__file__).parent / "looks.js").read_text()
LONGEST_WAY = 60  # stops from one end of a page to the other


class Keys:
    """A person who has a keyboard and no mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, words: str) -> None:
        self.page.keyboard.type(words)

    def stop(self) -> dict[str, Any] | None:
        """Where the focus is; it must be seen. None outside the page."""
        self.page.evaluate(LOOKS)
        here: dict[str, Any] | None = self.page.evaluate("looks.focused()")
        assert here is None or here["wrong"] == [], here
        return here

    def is_at(self, selector: str) -> None:
        """The page itself moved the focus there."""
        expect(self.page.locator(selector)).to_be_focused()
        self.stop()

    def to(self, selector: str, *, back: bool = False) -> dict[str, Any]:
        """Tab until the focus is there, downwards (or upwards); a radio button is reached through its group by an arrow."""
        above = -1.0
        for _ in range(LONGEST_WAY):
            self.press("Shift+Tab" if back else "Tab")
            here = self.stop()
            if here is None:
                above = -1.0
                continue
            if self.page.evaluate("s => document.activeElement.matches(s)", selector):
                return here
            assert back or here["top"] >= above - 60, f"from {above} up to {here}"
            above = here["top"]
        raise AssertionError(f"no way to {selector} on {self.page.url}")

    def enter(self, selector: str) -> None:
        """To a button or a link, and through it to the next page."""
        self.to(selector)
        with self.page.expect_navigation():
            self.press("Enter")

    def go_on(self) -> None:
        self.enter("main form button.btn")

    def choose(self, value: str) -> None:
        """A radio button: Tab reaches the group, arrows move in it."""
        self.to("main input[type=radio]")
        self.press("Space")
        for _ in range(10):
            if self.page.evaluate("document.activeElement.value") == value:
                assert self.page.evaluate("document.activeElement.checked")
                self.stop()
                return
            self.press("ArrowDown")
        raise AssertionError(value)

    def stops(self) -> list[str]:
        """Every stop of the page, from the first to the last, once; the Tab key leaves the page again."""
        self.page.evaluate("document.activeElement?.blur(); scrollTo(0, 0)")
        met: list[str] = []
        for _ in range(LONGEST_WAY):
            self.press("Tab")
            here = self.stop()
            if met and (here is None or here["name"] == met[0] != met[-1]):
                return met
            if here is not None:
                met.append(here["name"])
        raise AssertionError(f"trapped: {met[-3:]}")


@pytest.fixture
def open_keys(chromium: Any, live_server: Any) -> Iterator[Any]:
    contexts = []

    def opened(**options: Any) -> Keys:
        contexts.append(chromium.new_context(base_url=live_server.url, reduced_motion="reduce", **options))
        page = contexts[-1].new_page()
        page.set_default_timeout(30_000)
        # Files are asked for through the test from here on: told only at the press of the key, the browser now and then opens a
        # window of its own that nobody sees (2 of 400 times).
        page.on("filechooser", lambda _: None)
        return Keys(page)

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with without_waiting():
        yield


@pytest.mark.parametrize(
    ("language", "options"),
    [("fr", {"viewport": PHONE, "color_scheme": "dark"}), ("en", {"viewport": DESK, "color_scheme": "light"})],
    ids=["fr-phone-dark", "en-desk"],
)
def test_the_whole_form_is_filled_in_and_sent_by_keyboard(open_keys: Any, language: str, options: Any) -> None:
    keys: Keys = open_keys(permissions=["clipboard-read", "clipboard-write"], **options)
    page = keys.page
    page.goto(f"/{language}/")
    keys.press("Tab")
    skip = keys.stop()
    assert skip and 'class="skip"' in skip["name"], "the first stop skips the head of the page"
    keys.press("Enter")
    keys.to("main a, main button")
    assert page.evaluate("document.activeElement === document.querySelector('main').querySelector('a[href], button')")
    keys.go_on()
    keys.go_on()  # nothing chosen
    keys.is_at("[data-focus]")
    keys.press("Tab", "Enter")  # its first link
    first = keys.stop()
    assert first and 'name="rights"' in first["name"]
    keys.go_on()  # again nothing: the address now ends in #id_rights_0, which takes no focus away
    keys.is_at("[data-focus]")
    keys.to("[name=rights]")
    keys.press("Space", "Space")
    for right in ("access", "rectification"):
        if not page.evaluate("v => document.activeElement.value === v", right):
            keys.to(f"[name=rights][value={right}]")
        keys.press("Space")
        expect(page.locator(f"[name=rights][value={right}]")).to_be_checked()
    keys.go_on()
    keys.choose("child")
    keys.go_on()
    page.go_back()  # the browser's own key, which a browser without a window does not hear
    keys.choose("self")
    keys.go_on()
    keys.choose("student")
    keys.go_on()
    keys.to("[name=name]")
    keys.type(CAMILLE_NAME)
    keys.press("Tab")
    assert page.evaluate("document.activeElement.name") == "email"
    keys.type(CAMILLE_EMAIL)
    with page.expect_navigation():
        keys.press("Enter")  # from a field, as everywhere
    keys.to("[name=rectification_what]")
    keys.type("Mon nom")
    keys.to("[name=rectification]")
    keys.type("Modèle")
    keys.go_on()
    keys.enter("section.answers a[href$='/request/contact/']")
    keys.to("[name=name]")
    keys.press("End")
    keys.type("-Dupont")
    keys.go_on()
    expect(page).to_have_url(f"{page.url.split('/' + language)[0]}/{language}/request/check/")
    assert f"{CAMILLE_NAME}-Dupont" in page.inner_text("main")
    keys.go_on()
    dsr = DataSubjectRequest.objects.get()
    keys.to("[name=code]")
    code = code_in(dsr)
    page.evaluate("words => navigator.clipboard.writeText(words)", f"{code[:3]} {code[3:]}")
    keys.press("Control+V")  # a code is pasted, not copied from memory (WCAG 3.3.8)
    assert page.input_value("[name=code]") == f"{code[:3]} {code[3:]}"
    keys.go_on()
    dsr.refresh_from_db()
    assert dsr.email_confirmed_at is not None


def test_a_request_is_followed_written_about_and_left_by_keyboard(open_keys: Any) -> None:
    dsr = receive(at=timezone.now() - timedelta(days=2))
    keys: Keys = open_keys(viewport=PHONE)
    page = keys.page
    page.goto("/fr/")
    keys.to("footer a", back=True)
    page.goto("/fr/follow/")
    keys.to("[name=known_by]")
    keys.type(dsr.reference)
    keys.go_on()
    keys.to("[name=code]")
    keys.type("12")
    keys.go_on()
    keys.is_at("[data-focus]")
    keys.press("Tab", "Enter")
    field = keys.stop()
    assert field and 'name="code"' in field["name"]
    keys.press("Control+A")
    keys.type(code_in(dsr, "code"))
    with page.expect_navigation():
        keys.press("Enter")
    assert page.url.split("#")[0].endswith("/fr/status/")
    keys.to(".write-to-us > summary")
    keys.press("Enter")
    keys.press("Tab")
    keys.stop()
    keys.type("J’étais à Lyon.")
    keys.enter(".write-to-us button")
    assert "J’étais à Lyon." in page.inner_text("#messages")
    for summary_of in page.locator("main details:not(.write-to-us) > summary").all():
        summary_of.focus()
        keys.stop()
        keys.press("Enter")
        assert summary_of.evaluate("e => e.parentElement.open")
    keys.enter("a[href$='/status/address/']")
    assert page.url.endswith("/status/address/")
    keys.enter("a.back")
    keys.enter(SIGN_OUT)
    assert page.url.endswith("/follow/signed-out/")


def test_papers_are_covered_added_and_sent_by_keyboard(open_keys: Any, dominique: User, tmp_path: Path) -> None:
    dsr = states.asked(timezone.now() - timedelta(days=1), dominique, dominique)
    _, _, link = tokens.issue(dsr, TokenPurpose.IDENTITY, now=timezone.now())
    file = tmp_path / "card.jpg"
    file.write_bytes(photo())
    keys: Keys = open_keys(viewport=PHONE)
    page = keys.page
    page.goto(f"/fr/identity/open/{link}/")
    keys.go_on()
    keys.to("#file")
    with page.expect_file_chooser() as chooser:
        keys.press("Space")
    chooser.value.set_files(file)
    page.get_by_role("application").wait_for()
    keys.is_at("canvas")
    keys.press("ArrowRight", "Shift+ArrowDown", "Enter")
    assert "1" in page.locator("[data-area]").inner_text()
    keys.to("[data-undo]")
    keys.press("Space")
    keys.to("[data-cover]", back=True)
    keys.press("Space")
    keys.to("[data-take]", back=True)
    keys.press("Enter")
    page.locator("form[action$='/identity/send/']").wait_for()
    keys.enter("form[action$='/identity/send/'] button")
    paper = documents.of(dsr.reference).get()
    assert paper.state
    keys.enter("a[href$='/identity/other/']")
    keys.to("textarea")
    keys.type("Voilà.")
    keys.go_on()
    assert page.url.endswith("/fr/identity/")


def test_a_frame_is_placed_by_a_tap_and_needs_no_drag(open_keys: Any, dominique: User) -> None:
    dsr = states.asked(timezone.now() - timedelta(days=1), dominique, dominique)
    _, _, link = tokens.issue(dsr, TokenPurpose.IDENTITY, now=timezone.now())
    page: Page = open_keys(viewport=PHONE).page
    page.goto(f"/fr/identity/open/{link}/")
    page.locator("main form button.btn").click()
    page.set_input_files("#file", {"name": "card.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    canvas = page.get_by_role("application")
    canvas.wait_for()
    box = canvas.bounding_box()
    assert box
    said = page.locator("[data-area]")
    expect(said).to_contain_text("35 %")
    canvas.click(position={"x": box["width"] * 0.2, "y": box["height"] * 0.8})
    expect(said).to_have_text(re.compile(r"à 5.% de la gauche, à 7[01].% du haut"))
    page.locator("[data-cover]").click()
    expect(said).to_contain_text("1.")


@pytest.mark.parametrize("viewport", [PHONE, DESK, {"width": 320, "height": 256}], ids=["phone", "desk", "zoomed"])
def test_every_stop_is_seen_in_reading_order_and_none_is_a_trap(
    open_keys: Any, live_server: Any, school: Path, dominique: User, noa: User, viewport: Any
) -> None:
    dsr = states.ready(timezone.now() - timedelta(days=2), dominique, noa)
    keys: Keys = open_keys(viewport=viewport)
    page = keys.page
    Tour(page, "fr", live_server.url, lambda *_: None, dominique, noa).enter(dsr)
    for path in ("", "request/what/", "follow/signed-out/", "contact/", "status/", "status/easy/", "accounts/login/"):
        page.goto(f"/fr/{path}")
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        forward = keys.stops()
        page.evaluate(
            "window.all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]"
        )
        written = page.evaluate(
            "all.filter(e => e.tabIndex >= 0 && e.checkVisibility()).map(e => e.outerHTML.slice(0, 110).replace(/\\s+/g, ' '))"
        )
        assert forward == written, f"{path}: the order of the stops is that of the page, and none is left out"
    page.goto("/fr/status/")
    page.evaluate("document.querySelector('[data-closing] .note').hidden = false")
    assert page.evaluate("getComputedStyle(document.querySelector('[data-closing]')).position") in ("sticky", "static")
    assert len(keys.stops()) > 10, "the warning that stays in sight lies over no stop"


def test_forced_colours_keep_the_focus_visible(open_keys: Any) -> None:
    keys: Keys = open_keys(viewport=PHONE, forced_colors="active")
    for path in ("request/what/", "follow/", "contact/"):
        keys.page.goto(f"/fr/{path}")
        assert len(keys.stops()) > 5


def test_the_eyes_of_these_tests_see(open_keys: Any) -> None:
    keys: Keys = open_keys(viewport=PHONE)
    page = keys.page
    spoiled = {
        "no outline": "document.adoptedStyleSheets[0].replaceSync('a, .choice { outline: none !important }')",
        "faint outline": "document.adoptedStyleSheets[0].replaceSync('* { outline-color: #f7f5f0 !important }')",
        "under something": "document.adoptedStyleSheets[0].replaceSync('.top { position: fixed; inset: 0; z-index: 9 }')",
    }
    for fault, spoil in spoiled.items():
        page.goto("/fr/request/what/")
        page.evaluate("document.adoptedStyleSheets = [new CSSStyleSheet()]")
        page.evaluate(spoil)
        with pytest.raises(AssertionError, match=fault):
            keys.stops()
    page.goto("/fr/request/what/")
    page.evaluate("document.querySelector('main [type=checkbox]').addEventListener('keydown', (event) => event.preventDefault())")
    with pytest.raises(AssertionError, match="trapped"):
        keys.stops()
    page.goto("/fr/request/what/")
    page.evaluate("document.querySelector('main').prepend(document.querySelector('footer'))")
    page.evaluate("document.querySelector('footer a').tabIndex = 5")
    assert keys.stops()[0] != "", "a positive tabindex comes first"
    first = page.evaluate("document.querySelector('a.skip').outerHTML.slice(0, 20)")
    assert not keys.stops()[0].startswith(first)
