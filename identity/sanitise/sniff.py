"""What a file is by its first bytes; its name and its declared type are never asked."""

from __future__ import annotations

import filetype

from identity.refusals import MAX_BYTES, Refusal

# Our own list: what filetype recognises and is not here is refused.
_KINDS = {
    "image/jpeg": "jpeg",
    "image/png": "png",
    "image/apng": "png",  # its first frame
}
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis")
_PDF_MAY_START_WITH = b"\xef\xbb\xbf\r\n\t \0"


def kind(data: bytes) -> str | None:
    """jpeg, png, heic or pdf; None for anything else, which is not decoded at all."""
    if data[:64].lstrip(_PDF_MAY_START_WITH).startswith(b"%PDF-"):
        return "pdf"
    if data[4:8] == b"ftyp":  # by hand: filetype raises where a brand is not ASCII
        length = min(int.from_bytes(data[:4], "big"), 256)
        brands = [data[8:12], *(data[at : at + 4] for at in range(16, length, 4))]
        is_heic = brands[0] in (*_HEIC_BRANDS, b"mif1") and any(brand in _HEIC_BRANDS for brand in brands)
        return "heic" if is_heic else None
    return _KINDS.get(filetype.guess_mime(data[:4096]) or "")


def refusal(data: bytes) -> Refusal | None:
    """Why `data` is not accepted at the door, before anything decodes it; None when it goes on."""
    if not data:
        return Refusal.EMPTY
    if len(data) > MAX_BYTES:
        return Refusal.SIZE
    return Refusal.TYPE if kind(data) is None else None
