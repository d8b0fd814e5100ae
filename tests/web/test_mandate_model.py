"""A mandate to fill in: one page, readable by a screen reader, in both languages, with the five fields of its checking."""

from __future__ import annotations

import io

import pypdf
import pytest
from django.test import Client

from dsar.controller import controller
from dsar.services import letters
from tests.services.test_post import pdf_text, tags
from tests.web.asking import answer, begin
from tests.web.desk import words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("school")]

FIELDS = {
    "fr": [
        "1. Qui donne le mandat, et à qui",
        "2. Ce qui peut être demandé",
        "3. Sur quelles données",
        "4. Jusqu’à quand",
        "5. À qui la réponse",
    ],
    "en": [
        "1. Who gives the mandate, and to whom",
        "2. What may be asked",
        "3. Over which data",
        "4. Until when",
        "5. To whom the answer",
    ],
}


@pytest.mark.parametrize("language", FIELDS)
def test_the_model_has_the_five_fields_of_the_recommendation(client: Client, language: str):
    answer = client.get(f"/{language}/mandate/")
    assert answer["Content-Type"] == "application/pdf"
    name = "cesi-mandat.pdf" if language == "fr" else "cesi-mandate.pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    reader = pypdf.PdfReader(io.BytesIO(answer.content))
    text = pdf_text(reader)
    for field in FIELDS[language]:
        assert field in text
    assert controller().name in text
    assert controller().dpo.email in text
    assert len(reader.pages) == 1
    assert reader.trailer["/Root"]["/Lang"] == language
    assert {"H1", "H2", "P", "L"} <= {tag.strip("/") for tag in tags(reader)}
    assert b"pdfuaid" in reader.trailer["/Root"]["/Metadata"].get_object().get_data()


def test_it_is_set_once_however_often_it_is_asked_for(client: Client, monkeypatch):
    first = client.get("/fr/mandate/").content
    monkeypatch.setattr(letters, "mandate_letter", lambda **_: 1 / 0)
    assert client.get("/fr/mandate/").content == first


@pytest.mark.parametrize(
    ("language", "post"), [("fr", "toute votre demande avec lui par"), ("en", "whole request with it by post")]
)
def test_the_page_about_a_mandate_leads_to_it_and_to_no_dead_end(client: Client, language: str, post: str):
    begin(client, language)
    answer(client, "what", language, rights=["access"])
    answer(client, "who", language, kind="mandate")
    page = client.get(f"/{language}/request/about/")
    assert f'href="/{language}/mandate/"' in page.content.decode()
    assert post in words(page), "Continue needs the file, so that a mandate alone by post leads nowhere"
