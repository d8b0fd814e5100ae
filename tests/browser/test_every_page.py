"""Every public page in every state, in both languages, light and dark, on a phone and at a desk (UX 7; WCAG 2.2 AA).

The whole of axe-core looks at each page once in each language, on a phone in the light. At a desk it runs the rules whose answer
a width can change, and in the dark the one about contrast: nothing else of the document differs. In French our scripts run; in
English they never arrive, so that half of what is looked at is the first paint without JavaScript.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.staticfiles import finders
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve
from django.utils import translation

from dsar.access import PUBLIC
from tests.browser.looking import AXE, DESK, PHONE, WCAG, OpenPage, small_targets
from tests.browser.tour import DEADLINES, LEGS, STATES, Tour, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, Request, Response

    from dsar.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(400)]
LOOKS = (Path(__file__).parent / "looks.js").read_text()
COLOURS = ["color-contrast"]  # the only rule whose answer the colours can change
SHIFTING = [*COLOURS, "target-size", "scrollable-region-focusable", "link-in-text-block"]  # and those that a width can
ZOOMED = {"width": 320, "height": 256}  # 1280 × 1024 at 400 %
# Without scripts the browser gives the focus to an error summary when it first paints.
PAINTED = "document.querySelector('[data-focus]') && new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))"
HEAVIEST = 60 * 1024  # bytes of a page: its HTML, style sheet and icon, as they are before any compression
HELP = ["/follow/", "/notice/", "/accessibility/", "/contact/"]  # in this order at the foot of every page (WCAG 3.2.6)
NO_PAGE = {
    "healthz": "for machines",
    "readyz": "for machines",
    "public:calendar_feed": "a file for calendars",
    "public:identity_account": "shows its own page only where an issuer is configured: tests/services/test_school_account.py",
    "public:mandate": "a PDF to fill in",
    "public:upload": "for scripts: a file in slices",
    "public:upload_slice": "for scripts",
    "public:upload_end": "for scripts",
    "account_inactive": "staff whose account is closed; the same template as the sign-in",
    "mfa_authenticate": "staff, after the password",
}
FIRST_SCREEN = {f"status-{state.replace('_', '-')}" for state in (*STATES, *(one.__name__ for one in DEADLINES))}  # as they open


class Eyes:
    """Looks at each page that the tour shows, remembers what is wrong, and which routes were asked for."""

    def __init__(self, page: Page) -> None:
        self.wrong: list[str] = []
        self.names: list[str] = []
        self.routes: set[str] = set()
        self.answer: Response | None = None
        page.on("request", self.asked)
        page.on("response", self.answered)

    def asked(self, request: Request) -> None:
        path = "/" + request.url.split("?", 1)[0].split("/", 3)[3]
        with contextlib.suppress(Resolver404), translation.override(path.split("/")[1]):  # routes lie below the active language
            self.routes.add(resolve(path).view_name)

    def answered(self, response: Response) -> None:
        if response.request.is_navigation_request() and response.request.frame.parent_frame is None:
            self.answer = response

    def find(self, name: str, found: list[str]) -> None:
        self.wrong += [f"{name}: {one}" for one in found]

    def __call__(self, page: Page, name: str) -> None:
        self.names.append(name)
        page.evaluate(AXE + LOOKS)
        page.evaluate(PAINTED)
        self.find(name, page.evaluate("[...looks.structure(), ...looks.purpose(), ...looks.moving()]"))
        self.as_sent(page, name)
        if not name.startswith("office") and page.evaluate("looks.help()") != HELP:
            self.find(name, ["help is not where it is elsewhere"])
        if name in FIRST_SCREEN:
            self.first_screen(page, name)
        page.evaluate("looks.open()")
        for width in (PHONE, DESK):
            page.set_viewport_size(width)
            self.find(f"{name} at {width['width']}", page.evaluate("looks.sideways()"))
            first = width is PHONE
            self.find(f"{name} at {width['width']}", axe(page, [] if first else SHIFTING))
            self.find(f"{name} light", page.evaluate("looks.faint()"))
            if first:
                self.find(name, [f"low: {low}" for low in small_targets(page, 48)])
                self.find(name, page.evaluate("looks.short()"))
                page.emulate_media(forced_colors="active")
                self.find(f"{name} in forced colours", page.evaluate("looks.bare()"))
                page.emulate_media(forced_colors="none")
            page.emulate_media(color_scheme="dark")
            self.find(f"{name} dark", page.evaluate("looks.faint()"))
            self.find(f"{name} at {width['width']} dark", axe(page, COLOURS))
            page.emulate_media(color_scheme="light")
        page.set_viewport_size(ZOOMED)
        self.find(f"{name} at 400 %", page.evaluate("[...looks.lost(), ...looks.unreachable()]"))
        page.evaluate("looks.spaced(true)")
        self.find(f"{name} with wide spacing", page.evaluate("looks.lost()"))
        page.evaluate("looks.spaced(false)")
        page.set_viewport_size(PHONE)

    def as_sent(self, page: Page, name: str) -> None:
        """The policy, and the weight of what was sent."""
        assert self.answer is not None
        policy = self.answer.headers.get("content-security-policy", "")
        if "default-src 'none'" not in policy or "unsafe" in policy:
            self.find(name, [f"its policy: {policy}"])
        parts = page.evaluate("[...document.querySelectorAll('link[rel=stylesheet], link[rel=icon]')].map(e => e.href)")
        if self.answer.status in (400, 403, 404, 405, 413, 500, 503) and not name.startswith("error-"):
            self.find(name, [f"is the page of an error: {self.answer.status}"])
        weight = len(self.answer.body()) + sum(size_of(part) for part in parts)
        if weight > HEAVIEST:
            self.find(name, [f"weighs {weight} bytes"])

    def first_screen(self, page: Page, name: str) -> None:
        """The deadline stands on the first screen of a phone (UX 4.8)."""
        box = page.locator(".clock .date").first.bounding_box()
        if box is None or box["y"] + box["height"] > PHONE["height"]:
            self.find(name, [f"no date on the first screen: {box}"])


def axe(page: Page, rules: list[str]) -> list[str]:
    """axe-core's findings by these rules, or by all of WCAG and the best practices."""
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": WCAG}
    found: dict[str, Any] = page.evaluate(
        "only => axe.run(document, {runOnly: only, preload: false, resultTypes: ['violations']})", only
    )
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found["violations"] for node in rule["nodes"]]


def size_of(address: str) -> int:
    file = finders.find(address.split("/static/", 1)[1])
    assert isinstance(file, str)
    return Path(file).stat().st_size


def public_routes(under: URLResolver | None = None, space: str = "") -> Iterator[str]:
    """The names of all routes that say of themselves that anybody may call them."""
    for entry in (under or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from public_routes(entry, f"{space}{entry.namespace}:" if entry.namespace else space)
        elif isinstance(entry, URLPattern) and getattr(entry.callback, "declared_roles", None) == PUBLIC:
            yield f"{space}{entry.name}"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_page_in_every_state_holds_in_every_way_of_looking(
    open_page: OpenPage, live_server: Any, school: Path, dominique: User, noa: User, language: str
) -> None:
    page = open_page(viewport=PHONE, locale=language)
    if language == "en":
        page.route("**/*.js", lambda route: route.abort())
    eyes = Eyes(page)
    for leg in LEGS:
        walk(Tour(page, language, live_server.url, eyes, dominique, noa), leg)
    assert eyes.wrong == []
    assert len(set(eyes.names)) == len(eyes.names), "each name is one page"
    assert set(public_routes()) - eyes.routes - set(NO_PAGE) == set(), "a public route that nobody looked at"
    assert set(NO_PAGE) <= set(public_routes())
