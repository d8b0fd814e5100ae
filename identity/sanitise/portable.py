"""Pages of a PDF as pictures: what a reader would see, and no script, attachment, form, layer or earlier revision of it."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from identity.refusals import MAX_PAGES, Refusal
from identity.sanitise.child import Refused
from identity.sanitise.pictures import on_white

LONGEST_SIDE = 2000  # an A4 page at 170 dots per inch
_LARGEST_SCALE = 4.0
_FOR_SIGNATURES = (
    "pyhanko.sign.validation",
    "pyhanko.keys",
    "pyhanko.pdf_utils.reader",
    "pyhanko_certvalidator",
    "asn1crypto.pem",
    "cryptography.hazmat.backends.openssl.backend",
)
_BLANK = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>\n"
)


def warm_up(*, with_signatures: bool) -> None:
    """Load what is loaded on first use; later no file can be opened. What checks signatures takes half a second."""
    list(pages(_BLANK))
    for module in _FOR_SIGNATURES if with_signatures else ():
        importlib.import_module(module)


def pages(data: bytes) -> Iterator[Image.Image]:
    """Each page, drawn. Raises `Refused`. Scripts do not run: this PDFium is built without them."""
    document = _opened(data)
    if len(document) > MAX_PAGES:
        raise Refused(Refusal.PAGES)
    if not len(document):
        raise Refused(Refusal.UNREADABLE)
    if document.get_formtype() == pdfium.FORMTYPE_ACRO_FORM:
        document.init_forms()  # what somebody filled in is part of what they see
    for number in range(len(document)):
        page = document[number]
        longest = max(page.get_size())
        if not math.isfinite(longest) or longest <= 0:
            raise Refused(Refusal.UNREADABLE)
        drawn = page.render(scale=min(LONGEST_SIDE / longest, _LARGEST_SCALE), rev_byteorder=True)
        yield on_white(drawn.to_pil())
        page.close()


def _opened(data: bytes) -> Any:
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        is_locked = getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD
        raise Refused(Refusal.PASSWORD if is_locked else Refusal.UNREADABLE) from None


def signature(data: bytes, trust: bytes, at: datetime) -> str:
    """What can be said of the PDF's electronic signature: none, not_checked, valid or invalid. Raises `Refused`.

    Valid means that each signature is intact, covers the file to its last byte, and comes from a certificate in `trust` that was
    valid `at` that moment. Revocation is not looked up: we have no network here.
    """
    document = _opened(data)
    count = pdfium.FPDF_GetSignatureCount(document.raw)
    document.close()
    if count <= 0:
        return "none"
    if not trust:
        return "not_checked"
    try:
        return "valid" if _all_valid(data, trust, at) else "invalid"
    except Exception:  # what cannot be checked to the end is not valid
        return "invalid"


def _all_valid(data: bytes, trust: bytes, at: datetime) -> bool:
    from io import BytesIO

    from pyhanko.keys import load_certs_from_pemder_data
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    roots = list(load_certs_from_pemder_data(trust))
    context = ValidationContext(trust_roots=roots, moment=at, allow_fetching=False, revocation_mode="soft-fail")
    found = PdfFileReader(BytesIO(data)).embedded_regular_signatures
    checked = [validate_pdf_signature(one, context) for one in found]
    if not checked or checked[-1].coverage is not SignatureCoverageLevel.ENTIRE_FILE:
        return False
    # Asked for here, since the library does not look at the dates of a certificate that is trusted by itself.
    dates = [(one.signing_cert.not_valid_before, one.signing_cert.not_valid_after) for one in checked]
    return all(one.bottom_line for one in checked) and all(first <= at <= last for first, last in dates)
