"""A file on a line that breaks: it goes on where it was, after a cut, after a reload, and the person hears of it."""

from __future__ import annotations

from secrets import token_bytes
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from playwright.sync_api import Page, Route, expect

from dsar.models import DataSubjectRequest
from identity.models import Document, Upload
from identity.slices import SLICE
from tests.browser.looking import DESK, PHONE, OpenPage, check
from tests.browser.test_identity import asked, person_page  # noqa: F401  (a fixture)
from tests.services.test_papers import photo
from tests.stories import receive
from tests.web.following import opened
from tests.web.test_upload import CORRECTION, up_to_the_correction

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
SLICES = "**/upload/*/*/?at=*"
WHOLE = 5  # slices


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    file = tmp_path / "carte-recto.pdf"
    file.write_bytes(b"%PDF-1.7\n" + token_bytes(WHOLE * SLICE - 9))
    return file


class Line:
    """Lets so many slices through, then is cut until it is mended."""

    def __init__(self, page: Page, through: int) -> None:
        self.left, self.offsets = through, []
        page.route(SLICES, self.pass_or_cut)

    def pass_or_cut(self, route: Route) -> None:
        if self.left <= 0:
            route.abort("internetdisconnected")
            return
        self.left -= 1
        self.offsets.append(int(route.request.url.rpartition("=")[2]) // SLICE)
        route.continue_()

    def mend(self) -> None:
        self.left = 1000


def test_a_cut_line_is_said_aloud_and_the_file_goes_on_where_it_was(open_page, asked, paper):  # noqa: F811
    page = person_page(open_page, asked, width=390)
    line = Line(page, through=2)
    page.set_input_files("#file", str(paper))
    status = page.locator("[role=status][data-said]")
    expect(status).to_have_text("Connexion perdue, nous reprendrons dès son retour.")
    expect(page.get_by_role("progressbar", name="Ajout de carte-recto.pdf")).to_have_attribute("value", "40")
    expect(page.locator("[data-how-far]")).to_have_text(
        "40\N{NO-BREAK SPACE}% de 2,5 Mo. Si la connexion coupe, l’ajout reprendra ici."
    )
    check(page, "upload-lost")
    line.mend()
    page.get_by_role("button", name="Reprendre").click()
    page.get_by_role("heading", name="Fichiers ajoutés, pas encore envoyés").wait_for()
    assert line.offsets == [0, 1, 2, 3, 4], "no slice was sent twice"
    assert Document.objects.get().bytes == WHOLE * SLICE
    check(page, "upload-added")


def test_a_telephone_that_loses_the_network_goes_on_by_itself_when_it_is_back(open_page, asked, paper):  # noqa: F811
    page = person_page(open_page, asked, width=390)
    seen = 0

    def cut(route: Route) -> None:
        nonlocal seen
        seen += 1
        if seen == 3:
            page.context.set_offline(True)
        route.continue_()

    page.route(SLICES, cut)
    page.set_input_files("#file", str(paper))
    expect(page.locator("[data-said]")).to_have_text("Connexion perdue, nous reprendrons dès son retour.")
    assert not Document.objects.exists()
    page.context.set_offline(False)
    page.get_by_role("heading", name="Fichiers ajoutés, pas encore envoyés").wait_for()
    assert Document.objects.get().bytes == WHOLE * SLICE


def test_after_a_reload_the_same_file_goes_on_and_another_begins_anew(open_page, asked, paper):  # noqa: F811
    page = person_page(open_page, asked, width=1280)
    line = Line(page, through=3)
    page.set_input_files("#file", str(paper))
    expect(page.locator("[data-said]")).to_have_text("Connexion perdue, nous reprendrons dès son retour.")
    page.reload()
    line.offsets.clear()
    line.mend()
    heard: list[str] = []
    page.expose_function("hear", lambda words: heard.append(words))
    page.evaluate(
        "new MutationObserver(() => hear(document.querySelector('[data-said]')?.textContent ?? ''))"
        ".observe(document.body, {subtree: true, childList: true, characterData: true})"
    )
    page.set_input_files("#file", str(paper))
    page.get_by_role("heading", name="Fichiers ajoutés, pas encore envoyés").wait_for()
    assert line.offsets == [3, 4]
    assert any("nous reprenons à 60" in one for one in heard), heard
    assert any(one == "Choisi\N{NO-BREAK SPACE}: carte-recto.pdf" for one in heard), "the result of the file dialog is announced"


def test_cancelling_leaves_nothing_behind(open_page, asked, paper):  # noqa: F811
    page = person_page(open_page, asked, width=390)
    Line(page, through=1)
    page.set_input_files("#file", str(paper))
    expect(page.locator("[data-said]")).to_have_text("Connexion perdue, nous reprendrons dès son retour.")
    assert Upload.objects.count() == 1
    with page.expect_response("**/end/"):
        page.get_by_role("button", name="Annuler").click()
    expect(page.locator("[data-said]")).to_contain_text("rien n’en a été gardé")
    assert not Upload.objects.exists()
    expect(page.locator("#file")).to_be_focused()


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(open_page, asked, tmp_path: Path):  # noqa: F811
    page = person_page(open_page, asked, width=390)
    line = Line(page, through=100)
    (tmp_path / "scan.pdf").write_bytes(b"%PDF-1.7\n" + bytes(10 * 1024 * 1024))
    page.set_input_files("#file", str(tmp_path / "scan.pdf"))
    expect(page.locator("[data-said].why-not")).to_contain_text("Ce fichier dépasse 10 Mo.")
    assert line.offsets == []


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_the_files_of_a_message_go_in_slices_before_its_words(open_page: OpenPage, paper: Path, viewport: Any):
    dsr = receive()
    page = open_page(viewport=viewport, by=opened(dsr))
    page.goto("/fr/status/")
    page.get_by_text("Nous écrire, ou ajouter un fichier").click()
    line = Line(page, through=2)
    page.get_by_label("Votre message").fill("Voici mon relevé.")
    page.set_input_files("[name=file]", str(paper))
    expect(page.locator("[data-said]")).to_contain_text("carte-recto.pdf")
    page.get_by_role("button", name="Envoyer mon message").click()
    expect(page.locator("[data-said]")).to_have_text("Connexion perdue, nous reprendrons dès son retour.")
    check(page, "upload-message-lost")
    assert page.get_by_label("Votre message").input_value() == "Voici mon relevé."
    line.mend()
    page.get_by_text("Votre message nous est parvenu.").wait_for()
    assert line.offsets == [0, 1, 2, 3, 4]
    assert Document.objects.get().bytes == WHOLE * SLICE


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_what_shows_a_correction_is_added_with_and_without_scripts(
    open_page: OpenPage, client: Client, tmp_path: Path, scripts: bool
):
    (tmp_path / "acte.jpg").write_bytes(photo())
    up_to_the_correction(client)
    page = open_page(viewport=PHONE, by=client, scripts=scripts)
    page.goto("/fr/request/help/")
    check(page, f"upload-correction-{scripts}")
    for name, value in CORRECTION.items():
        page.fill(f"[name={name}]", value)
    page.set_input_files("[name=rectification_file]", str(tmp_path / "acte.jpg"))
    page.get_by_role("button", name="Continuer").click()
    page.wait_for_url("**/request/check/")
    expect(page.locator("main")).to_contain_text("Ajouté")
    document = Document.objects.get()
    assert (document.purpose, document.state) == ("evidence", "pending")
    assert Upload.objects.count() == (1 if scripts else 0)
    assert not DataSubjectRequest.objects.exists()
