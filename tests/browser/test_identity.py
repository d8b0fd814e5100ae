"""The identity pages in a browser: accessible, nothing overflows, a photo is added with and without JavaScript."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from PIL import Image

from dsar.domain.vocabulary import Doubt, RequestType, TokenPurpose
from dsar.services import ask, papers, tokens
from identity import documents
from tests.browser.looking import OpenPage, complaints_of, scrolls_sideways, violations
from tests.services.test_papers import photo
from tests.stories import receive
from tests.web.desk import at_desk

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def asked(school, dominique):
    dsr = receive(RequestType.ACCESS, at=timezone.now() - timedelta(hours=1))
    ask.ask_identity(
        dsr_id=dsr.pk,
        officer=dominique,
        doubt=Doubt.ADDRESS_NOT_ON_FILE,
        words="Le nom et l’adresse donnés ne suffisent pas à vous reconnaître avec certitude.",
        now=timezone.now(),
    )
    return dsr


def person_page(open_page: OpenPage, dsr: Any, *, width: int, script: bool = True) -> Any:
    """Opened by the button of the mail's link."""
    page = open_page(viewport={"width": width, "height": 844}, java_script_enabled=script)
    _, _, link = tokens.issue(dsr, TokenPurpose.IDENTITY, now=timezone.now())
    page.goto(f"/fr/identity/open/{link}/")
    page.get_by_role("button", name="Continuer").click()
    page.wait_for_url("**/fr/identity/")
    return page


@pytest.mark.parametrize("width", [390, 1280])
def test_the_persons_page_is_accessible_and_fits(open_page, asked, width):
    page = person_page(open_page, asked, width=width)
    assert violations(page) == []
    assert not scrolls_sideways(page)
    page.goto("/en/identity/other/")
    assert violations(page) == []


@pytest.mark.parametrize("script", [True, False])
def test_a_photo_is_added_and_sent_with_and_without_javascript(open_page, asked, tmp_path: Path, script):
    file = tmp_path / "carte.jpg"
    file.write_bytes(photo())
    page = person_page(open_page, asked, width=390, script=script)
    page.set_input_files("#file", str(file))
    page.get_by_role("button", name="Ajouter cette image" if script else "Ajouter ce fichier").click()
    page.get_by_role("heading", name="Fichiers ajoutés, pas encore envoyés").wait_for()
    if script:
        assert violations(page) == []
    page.get_by_role("button", name="Envoyer mes fichiers").click()
    page.get_by_role("heading", name="Reçu le").wait_for()
    assert not page.get_by_role("button", name="Envoyer mes fichiers").count()


def test_a_part_of_the_picture_is_blacked_out_by_keyboard_before_it_leaves(open_page, asked, tmp_path: Path):
    file = tmp_path / "carte.jpg"
    file.write_bytes(photo())
    page = person_page(open_page, asked, width=390)
    page.set_input_files("#file", str(file))
    page.get_by_role("application").wait_for()
    assert violations(page) == []
    page.get_by_role("application").focus()
    for key in ("ArrowRight", "ArrowLeft", "Shift+ArrowDown", "Enter"):
        page.keyboard.press(key)
    assert "Zones couvertes : 1" in page.locator("[data-area]").inner_text().replace("\xa0", " ")
    page.get_by_role("button", name="Ajouter cette image").click()
    page.get_by_role("heading", name="Fichiers ajoutés, pas encore envoyés").wait_for()
    document = documents.of(asked.reference).get()
    documents.process(document.pk, timezone.now)
    papers.send(dsr_id=asked.pk, now=timezone.now())
    (image,) = documents.pages(document.pk, by="a test", reason="look at pixels", now=timezone.now())
    seen = Image.open(BytesIO(image)).convert("L")
    middle, corner = (seen.width // 2, seen.height // 2), (seen.width // 20, seen.height // 3)
    assert seen.getpixel(middle) < 40, "covered before it left the device"
    assert seen.getpixel(corner) > 200, "the rest is as it was"


@pytest.mark.parametrize("width", [390, 1280])
def test_the_officers_pages_are_accessible_and_fit(open_page, asked, dominique, width):
    document = papers.add(dsr_id=asked.pk, stream=BytesIO(photo()), size=None, now=timezone.now())
    documents.process(document.pk, timezone.now)
    papers.send(dsr_id=asked.pk, now=timezone.now())
    page = open_page(viewport={"width": width, "height": 900}, by=at_desk(dominique))
    complaints = complaints_of(page)
    page.goto(f"/fr/office/case/{asked.reference}/whose/")
    assert violations(page) == []
    assert not scrolls_sideways(page)
    page.get_by_label("Pourquoi vous l’ouvrez").fill("Comparer le nom.")
    page.get_by_role("button", name="Ouvrir").click()
    page.get_by_role("heading", name="Un document").wait_for()
    page.wait_for_function("document.querySelector('img.paper').naturalWidth > 0")  # the policy lets the image show
    assert violations(page) == []
    assert not scrolls_sideways(page)
    assert complaints == []
