"""PDF/UA-1 from our own HTML: one font configuration and one parsed style sheet a process, and nothing fetched (SECURITY T9)."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from dsar.packaging.words import TEMPLATES

_lock = threading.Lock()  # Pango's font map is shared


class FetchRefused(Exception):
    """A document asked for something outside itself; nothing was fetched and nothing rendered."""


@cache
def _tools() -> tuple[Any, Any, Any]:
    # Its warnings quote the text being set: nothing of a letter may reach a log.
    for name in ("weasyprint", "weasyprint.progress", "fontTools"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    # WeasyPrint takes 0.4 s to import and needs Pango: only who renders pays for it.
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    class ClosedFetcher(URLFetcher):
        """Opens `data:` and stops the rendering at every other scheme, redirects included."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if not url.lower().startswith("data:"):
                raise FatalURLFetchingError(f"a letter may load nothing, and asked for {url[:80]}")
            return super().fetch(url, headers)

    fetcher = ClosedFetcher(allowed_protocols=["data"], allow_redirects=False)
    fonts = FontConfiguration()
    style = (TEMPLATES / "letters" / "letter.css").read_text(encoding="utf-8")
    return fetcher, fonts, CSS(string=style, font_config=fonts, url_fetcher=fetcher)


@contextmanager
def _without_collector() -> Iterator[None]:
    """A document is many thousand boxes that all live to its end: looking for garbage among them is a fifth of the time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def render_pdf(html: str, *, identifier: str) -> bytes:
    """The PDF of one document. The same HTML and identifier give the same bytes."""
    from weasyprint import HTML
    from weasyprint.urls import FatalURLFetchingError

    with _lock, _without_collector():
        fetcher, fonts, style = _tools()
        try:
            pdf: bytes = HTML(string=html, url_fetcher=fetcher, base_url=None).write_pdf(
                stylesheets=[style],
                font_config=fonts,
                pdf_variant="pdf/ua-1",
                pdf_identifier=identifier.encode(),
            )
        except FatalURLFetchingError as error:  # a BaseException, so that WeasyPrint itself does not swallow it
            raise FetchRefused(str(error)) from None
    return pdf
