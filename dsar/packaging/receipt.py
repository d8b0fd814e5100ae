"""The receipt of a request as a PDF: what was understood, when it came in, and by when we answer (LAW section 4)."""

from __future__ import annotations

from datetime import date

from django.template.loader import render_to_string
from django.utils import translation
from weasyprint import HTML

from dsar.controller import controller
from dsar.domain.vocabulary import RequestType
from dsar.labels import label
from dsar.models import DataSubjectRequest


class FetchRefused(ValueError):
    """A document that we render must name nothing outside of itself (SECURITY T9)."""


def refuse_everything(url: str, *_args: object, **_options: object) -> dict[str, object]:
    raise FetchRefused(f"a letter fetches nothing: {url[:80]}")


def receipt_pdf(dsr: DataSubjectRequest, *, received_date: date, language: str) -> bytes:
    """The receipt in the person's language, PDF/UA-1. Repeats nothing that the person wrote in free text."""
    with translation.override(language):
        html = render_to_string(
            "letters/receipt.html",
            {
                "dsr": dsr,
                "who": controller(),
                "language": language,
                "received_date": received_date,
                "rights": [label(RequestType(part.right)) for part in dsr.parts.all()],
            },
        )
        return bytes(HTML(string=html, url_fetcher=refuse_everything).write_pdf(pdf_variant="pdf/ua-1"))
