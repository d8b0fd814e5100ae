"""Text that becomes HTML: escaped, and without the characters that HTML cannot carry."""

from __future__ import annotations

import re
from html import escape as _escape

# NUL and the other C0 controls (not tab, line feed), DEL, and lone surrogates are parse errors in HTML.
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def escape(text: str) -> str:
    """`text` inert in element content and in a quoted attribute."""
    return _FORBIDDEN.sub("\ufffd", _escape(text)) if not text.isprintable() else _escape(text)
