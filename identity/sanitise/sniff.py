"""What a file is by its first bytes; its name and its declared type are never asked."""

from __future__ import annotations

import filetype

# Our own list: what filetype recognises and is not here is refused.
_KINDS = {
    "image/jpeg": "jpeg",
    "image/png": "png",
    "image/apng": "png",  # its first frame
    "image/heic": "heic",
    "application/pdf": "pdf",
}
_PDF_MAY_START_WITH = b"\xef\xbb\xbf\r\n\t \0"


def kind(data: bytes) -> str | None:
    """jpeg, png, heic or pdf; None for anything else, which is not decoded at all."""
    if data[:64].lstrip(_PDF_MAY_START_WITH).startswith(b"%PDF-"):
        return "pdf"
    found = filetype.guess_mime(data[:4096])
    return _KINDS.get(found or "")
