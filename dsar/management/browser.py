"""A browser without JavaScript, on the standard library: pages, links, forms and cookies, for `manage.py demo`."""

from __future__ import annotations

import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPResponse
from http.cookiejar import CookieJar

Values = dict[str, str | list[str]]
BLOCKS = frozenset({"p", "div", "li", "br", "tr", "td", "th", "dd", "dt", "section", "article", "form", "label", "code"})
LONGEST_HEADINGS = frozenset({"h1", "h2", "h3"})


class Stuck(Exception):
    """The page is not what a user would need to go on; says what was looked for, and what the page says."""


@dataclass
class Form:
    """A form as it would be sent if nobody touched it; `buttons` are its named buttons."""

    action: str
    method: str = "get"
    fields: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    buttons: dict[str, str] = field(default_factory=dict)


class Reader(HTMLParser):
    """Collects text, links and forms of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.title = ""
        self._inside: list[str] = []
        self._textarea = self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if tag in BLOCKS or tag in LONGEST_HEADINGS:
            self.words.append("\n")
        if tag in ("style", "script", "title"):
            self._inside.append(tag)
        elif tag == "a" and "href" in known:
            self.links.append(known["href"])
        elif tag == "form":
            self.forms.append(Form(known.get("action", ""), known.get("method", "get").lower()))
        elif self.forms:
            self._control(tag, known)

    def _control(self, tag: str, known: dict[str, str]) -> None:
        form, name, value = self.forms[-1], known.get("name", ""), known.get("value", "")
        if tag == "option" and self._select and ("selected" in known or self._select not in form.fields):
            form.fields[self._select] = [value]  # the first one, unless another is chosen
        if not name:
            return
        if tag == "button":
            form.buttons[name] = value
            return
        form.names.add(name)
        if tag == "input" and known.get("type") in ("checkbox", "radio"):
            if "checked" in known:
                form.fields.setdefault(name, []).append(value or "on")
        elif tag == "input" and known.get("type") not in ("submit", "file"):
            form.fields.setdefault(name, []).append(value)
        elif tag == "textarea":
            self._textarea = name
            form.fields[name] = [""]
        elif tag == "select":
            self._select = name

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()
        if tag == "textarea":
            self._textarea = ""
        if tag == "select":
            self._select = ""
        if tag in BLOCKS or tag in LONGEST_HEADINGS:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.forms[-1].fields[self._textarea][0] += data
        elif self._inside:
            self.title += data if self._inside[-1] == "title" else ""
        else:
            self.words.append(data)


@dataclass
class Page:
    """An answer of the server: where we ended up, and what it says."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes

    def __post_init__(self) -> None:
        is_page = "html" in self.headers.get("content-type", "")
        self._read = Reader(self.body.decode("utf-8", "replace") if is_page else "")

    @property
    def path(self) -> str:
        return urllib.parse.urlsplit(self.url).path

    @property
    def text(self) -> str:
        lines = ("".join(self._read.words)).splitlines()
        return "\n".join(" ".join(line.split()) for line in lines if line.strip())

    @property
    def forms(self) -> list[Form]:
        return self._read.forms

    def links(self, part: str) -> list[str]:
        """Absolute addresses of the links that hold `part`, in the order of the page."""
        return [urllib.parse.urljoin(self.url, link) for link in self._read.links if part in link]

    def stuck(self, looked_for: str) -> Stuck:
        return Stuck(f"{self.path} ({self.status}) has no {looked_for}. It says:\n{self.text[:1500]}")


class Browser:
    """One person's browser: its own cookies, no proxy, follows redirects."""

    def __init__(self, home: str) -> None:
        self.home = home
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)

    def get(self, address: str) -> Page:
        return self._open(urllib.request.Request(urllib.parse.urljoin(self.home, address)))

    def submit(self, page: Page, fill: Values | None = None, *, button: str = "", having: str = "", to: str = "") -> Page:
        """Fill in and send the form that has the field `having` or leads `to`; names it does not have are a mistake."""
        for form in page.forms:
            if form.method == "post" and (not having or having in form.names) and to in form.action:
                break
        else:
            raise page.stuck(f"form with {having or to or 'a button'}")
        values = fill or {}
        unknown = set(values) - form.names
        if unknown:
            raise page.stuck(f"field {', '.join(sorted(unknown))}")
        filled: Values = {**form.fields, **values}
        if button:
            filled[button] = form.buttons[button]
        body = urllib.parse.urlencode(filled, doseq=True).encode()
        address = urllib.parse.urljoin(page.url, form.action)
        headers = {"Referer": page.url, "Origin": "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(page.url))}
        return self._open(urllib.request.Request(address, data=body, headers=headers))

    def wait(self, address: str, until: Callable[[Page], bool], *, looked_for: str, seconds: float) -> Page:
        """Reload a page until it shows what is looked for."""
        deadline = time.monotonic() + seconds
        for page in self._reload(address):
            if until(page):
                return page
            if time.monotonic() > deadline:
                raise page.stuck(f"{looked_for} after {seconds:.0f} s")
        raise AssertionError("unreachable")

    def _reload(self, address: str) -> Iterator[Page]:
        while True:
            yield self.get(address)
            time.sleep(0.3)

    def _open(self, question: urllib.request.Request) -> Page:
        try:
            answer: HTTPResponse | urllib.error.HTTPError = self._opener.open(question, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        except OSError as error:
            raise Stuck(f"{question.full_url} does not answer: {error}") from error
        with answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Page(answer.geturl() or question.full_url, answer.status or 0, headers, answer.read())
