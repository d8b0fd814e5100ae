"""The desk in a browser: a letter registered with its scan, wide and narrow, in both languages, without our scripts too."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from dsar.models import DataSubjectRequest, User
from dsar.services import scans
from identity import documents
from tests.browser.looking import DESK, PHONE, SHOTS, OpenPage, scrolls_sideways, violations
from tests.services.test_papers import photo
from tests.stories import receive
from tests.web.desk import at_desk

pytestmark = [pytest.mark.django_db(transaction=True)]
BUTTONS = {
    "fr": ("Enregistrer", "Détruire", "Le détruire maintenant", "Ajouter les numérisations"),
    "en": ("Register", "Destroy", "Destroy it now", "Add the scans"),
}


def look(page: Page, name: str) -> None:
    """The navigation of the back office has targets of its own size; `looking.check` holds those of the public pages."""
    page.wait_for_load_state("load")
    if SHOTS:
        language, width = page.evaluate("document.documentElement.lang"), page.viewport_size["width"]  # type: ignore[index]
        page.screenshot(path=f"{SHOTS}/{language}-{width}-{name}.png", full_page=True)
    assert violations(page) == [], name
    assert not scrolls_sideways(page), name
    assert page.locator("h1").count() == 1, name


@pytest.fixture(params=[("fr", DESK, True), ("fr", PHONE, False), ("en", DESK, False), ("en", PHONE, True)], ids=str)
def page(request: pytest.FixtureRequest, open_page: OpenPage, dominique: User) -> Page:
    language, size, script = request.param
    opened = open_page(viewport=size, scripts=script, by=at_desk(dominique))
    opened.goto(f"/{language}/office/register/")
    return opened


def test_a_letter_is_registered_with_its_scan_and_the_enclosed_paper_destroyed(page: Page) -> None:
    language = page.evaluate("document.documentElement.lang")
    register, destroy, now, add = BUTTONS[language]
    receive(name="Camille Exemple", email="autre@mail.example", at=timezone.now())
    look(page, "register")
    page.check("input[name=channel][value=post]")
    page.fill("input[name=received_on]", "2025-01-06")
    page.check("input[name=evidence][value=delivery_slip]")
    page.fill("textarea[name=evidence_note]", "AR 1A 203 4")
    page.set_input_files("input[name=scans]", {"name": "lettre.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    page.check("input[name=rights][value=access]")
    page.fill("input[name=name]", "Camille Exemple")
    page.fill("textarea[name=postal_address]", "12 rue des Essais\n33000 Bordeaux")
    page.get_by_role("button", name=register, exact=True).click()
    page.locator("#id_sure").wait_for()
    look(page, "register-odd-day")
    page.check("#id_sure")
    two = [
        {"name": "lettre.jpg", "mimeType": "image/jpeg", "buffer": photo()},
        {"name": "note.txt", "mimeType": "text/plain", "buffer": b"not a picture"},
    ]
    page.set_input_files("input[name=scans]", two)
    page.get_by_role("button", name=register, exact=True).click()
    page.wait_for_url("**/registered/")
    look(page, "registered-waiting")
    dsr = DataSubjectRequest.objects.get(channel="post")
    documents.process(scans.of(dsr)[0].document.pk, timezone.now)
    page.reload()
    look(page, "registered")
    with page.expect_download() as loaded:
        page.locator(f"a[href$='{dsr.reference}/receipt/']").click()
    assert loaded.value.suggested_filename == f"{dsr.reference}.pdf"
    page.get_by_role("button", name=add).click()
    look(page, "registered-no-file")
    page.goto(f"/{language}/office/case/{dsr.reference}/files/")
    look(page, "files-of-a-letter")
    page.get_by_text(now, exact=False).first.click()
    page.get_by_role("button", name=destroy).first.click()
    look(page, "files-no-reason")
    page.fill("#why-1", "Carte d’identité jointe.")
    page.get_by_role("button", name=destroy).first.click()
    page.wait_for_url("**/files/")
    look(page, "files-destroyed")
    assert scans.of(dsr)[0].gone
