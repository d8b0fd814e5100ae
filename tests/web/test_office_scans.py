"""Scans at the desk: sent with the request or later, each refused one with a sentence, looked at and destroyed for a reason."""

from __future__ import annotations

import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from dsar.domain.vocabulary import EventKind
from dsar.models import DataSubjectRequest, User
from dsar.services import scans
from identity import documents
from identity.models import Document, DocumentView
from identity.refusals import MAX_BYTES
from tests.services.test_scans import photo
from tests.stories import receive
from tests.web.desk import at_desk, words
from tests.web.sentences import in_python, in_templates, without_french
from tests.web.test_office_register import LETTER, url

pytestmark = pytest.mark.django_db(transaction=True)


def file(data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile("lettre.jpg", photo() if data is None else data)


def send(desk: Client, *files: SimpleUploadedFile, once: str = "une-page", follow: bool = True, **change: Any) -> Any:
    return desk.post("/fr/office/register/", {**LETTER, "once": once, "scans": list(files), **change}, follow=follow)


def checked() -> None:
    """What the worker does."""
    for one in Document.objects.filter(state="pending"):
        documents.process(one.pk, timezone.now)


@pytest.fixture
def desk(dominique: User) -> Client:
    return at_desk(dominique)


@pytest.fixture
def letter(desk: Client) -> DataSubjectRequest:
    send(desk, file())
    checked()
    return DataSubjectRequest.objects.get()


def test_a_letter_and_its_scans_are_registered_together_and_each_refused_one_says_why(desk):
    page = words(send(desk, file(), file(b"MZ not a picture"), file(b"")))
    dsr = DataSubjectRequest.objects.get()
    assert f"Enregistrée sous la référence {dsr.reference}" in page, "the request exists, whatever becomes of its scans"
    assert [one.document.refusal for one in scans.of(dsr)] == ["", "type", "empty"]
    assert "Numérisation 1 À vérifier" in page
    assert "Numérisation 2 Refusé Ce fichier n’est ni un JPEG" in page
    assert "Numérisation 3 Refusé Ce fichier est vide." in page
    checked()
    assert "Numérisation 1 Gardée" in words(desk.get(url(dsr, "registered/")))


def test_files_that_are_too_large_together_cost_nobody_the_request(desk):
    page = words(send(desk, *[file(b"%PDF-1.7" + b"x" * MAX_BYTES) for _ in range(3)])).replace("\N{NO-BREAK SPACE}", " ")
    dsr = DataSubjectRequest.objects.get()
    assert [one.document.refusal for one in scans.of(dsr)] == ["size", "size", "size"]
    assert page.count("Ce fichier dépasse 10 Mo. Numérisez en plus basse résolution, ou en plusieurs fichiers.") == 3


def test_what_the_sanitiser_refuses_later_is_said_on_the_same_page(desk):
    send(desk, file(b"\xff\xd8\xff\xe0 no picture behind it"))
    checked()
    page = words(desk.get(url(DataSubjectRequest.objects.get(), "registered/")))
    assert "Numérisation 1 Refusé Ce fichier ne s’ouvre pas : il est abîmé ou incomplet." in page.replace(
        "\N{NO-BREAK SPACE}", " "
    )


def test_sent_twice_it_is_one_request_and_one_scan(desk):
    for _ in range(2):
        send(desk, file())
    assert DataSubjectRequest.objects.count() == 1
    assert len(scans.of(DataSubjectRequest.objects.get())) == 1


def test_while_the_virus_scanner_is_down_the_scan_waits_and_is_never_said_to_be_stored(desk, settings):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings.CLAMD_ADDRESS = f"tcp:127.0.0.1:{taken.getsockname()[1]}"
    send(desk, file())
    checked()
    dsr = DataSubjectRequest.objects.get()
    page = words(desk.get(url(dsr, "registered/")))
    assert "Numérisation 1 À vérifier" in page
    assert "Gardée" not in page
    assert "Vérification en cours" in words(desk.get(url(dsr, "files/")))


def test_a_storage_that_fails_costs_the_scan_and_not_the_request(desk, monkeypatch):
    def broken(**_: Any) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr("dsar.services.scans.add", broken)
        page = words(send(desk, file()))
    dsr = DataSubjectRequest.objects.get()
    assert "Les numérisations n’ont pas pu être gardées. La demande compte quand même" in page
    assert scans.of(dsr) == []
    send(desk, file())
    assert DataSubjectRequest.objects.count() == 1
    assert len(scans.of(dsr)) == 1, "the same page sent again brings what was missing"


def test_a_page_that_comes_back_says_that_files_are_chosen_again(desk):
    page = send(desk, file(), rights=[])
    assert page.status_code == 422
    assert "choisissez de nouveau les numérisations" in words(page)
    assert "choisissez de nouveau" not in words(send(desk, rights=[])), "nothing was chosen"
    assert not Document.objects.exists()


def test_eleven_files_at_once_come_back_with_the_form_and_what_was_typed(desk, letter):
    page = send(desk, *[file() for _ in range(11)], once="une-autre", name="Sacha Modèle")
    assert page.status_code == 422
    shown = words(page).replace("\N{NO-BREAK SPACE}", " ")
    assert "Plus de 10 fichiers à la fois : aucun n’a été gardé. Choisissez-en moins ; ajoutez les autres" in shown
    assert "choisissez de nouveau les numérisations" in shown
    assert 'value="Sacha Modèle"' in page.content.decode()
    added = desk.post(url(letter, "scan/"), {"scans": [file() for _ in range(11)], "once": "plus-tard", "to": "files"})
    assert added.status_code == 422
    assert "Trop de fichiers à la fois : aucun n’a été gardé." in words(added).replace("\N{NO-BREAK SPACE}", " ")
    assert (DataSubjectRequest.objects.get(), Document.objects.count()) == (letter, 1)
    assert send(desk, *[file() for _ in range(10)], once="encore").status_code == 200, "ten are looked at one by one"
    assert DataSubjectRequest.objects.count() == 2


@pytest.mark.parametrize(("back", "tail"), [("", "registered/"), ("files", "files/")])
def test_a_scan_is_added_later_and_a_double_click_adds_it_once(desk, letter, back, tail):
    for _ in range(2):
        done = desk.post(url(letter, "scan/"), {"scans": [file()], "once": "plus-tard", "to": back})
    assert done.url == url(letter, tail)
    assert len(scans.of(letter)) == 2


@pytest.mark.parametrize("back", ["", "files"])
def test_without_a_file_one_sentence_says_so(desk, letter, back):
    page = desk.post(url(letter, "scan/"), {"once": "x", "to": back})
    assert page.status_code == 422
    assert "Choisissez un fichier." in words(page)
    assert len(scans.of(letter)) == 1


def test_a_request_from_the_form_takes_no_scan(desk):
    dsr = receive(at=timezone.now())
    assert "Ajouter des numérisations" not in words(desk.get(url(dsr, "files/")))
    page = desk.post(url(dsr, "scan/"), {"scans": [file()], "once": "x"})
    assert page.status_code == 422
    assert "il n’y a pas de papier à numériser" in words(page)
    assert not Document.objects.exists()


def test_a_scan_opens_for_a_reason_like_every_file(desk, letter):
    document = Document.objects.get()
    page = desk.post(url(letter, f"files/{document.pk}/"), {"reason": ""})
    assert page.status_code == 422
    assert f'href="#reason-{1}"' in page.content.decode()
    assert not DocumentView.objects.exists()
    shown = desk.post(url(letter, f"files/{document.pk}/"), {"reason": "Relire la lettre."})
    assert "data:image/jpeg;base64," in shown.content.decode()
    assert DocumentView.objects.get().reason == "Relire la lettre."
    assert letter.events.get(kind=EventKind.DOCUMENT_VIEWED).text() == "Relire la lettre."


def test_an_enclosed_identity_paper_is_destroyed_for_a_reason(desk, letter, dominique):
    document = Document.objects.get()
    assert "Le détruire maintenant" in words(desk.get(url(letter, "files/")))
    page = desk.post(url(letter, f"files/{document.pk}/destroy/"), {"why": " "})
    assert page.status_code == 422
    assert 'href="#why-1"' in page.content.decode()
    assert "Écrivez pourquoi ce fichier est détruit." in words(page)
    done = desk.post(url(letter, f"files/{document.pk}/destroy/"), {"why": "Une carte d’identité."}, follow=True)
    assert "Le fichier est détruit." in words(done)
    document.refresh_from_db()
    assert (document.state, document.path) == ("destroyed", "")
    event = letter.events.get(kind=EventKind.DOCUMENT_DESTROYED)
    assert (event.actor, event.text()) == (dominique, "Une carte d’identité.")
    assert "Le détruire maintenant" not in words(done)
    assert words(desk.get(url(letter))).count("numérisation d’une lettre") == 2, "it came and it went, in the history"
    again = desk.post(url(letter, f"files/{document.pk}/destroy/"), {"why": "Encore."})
    assert again.status_code == 422


def test_a_reader_sees_that_there_is_a_scan_and_can_do_nothing_with_it(letter, django_user_model):
    auditor = at_desk(django_user_model.objects.create_user("audit@cesi.example", role="auditor", all_sites=True))
    page = words(auditor.get(url(letter, "files/")))
    assert "Numérisation" in page
    for act in ("Le détruire maintenant", "Pourquoi vous l’ouvrez", "Ajouter des numérisations"):
        assert act not in page


def test_who_registered_for_another_campus_adds_the_scan_and_opens_nothing(bordeaux_officer):
    desk = at_desk(bordeaux_officer)
    send(desk, site="lyon")
    dsr = DataSubjectRequest.objects.get()
    page = desk.post(url(dsr, "scan/"), {"scans": [file()], "once": "x", "to": "files"}, follow=True)
    assert "Numérisation 1 À vérifier" in words(page)
    checked()
    document = Document.objects.get()
    for tail in (f"files/{document.pk}/", f"files/{document.pk}/destroy/"):
        assert desk.post(url(dsr, tail), {"reason": "Voir.", "why": "Non."}).status_code == 404
    assert not DocumentView.objects.exists()


def test_a_scan_is_still_there_when_the_files_of_the_person_are_gone(letter):
    documents.destroy_due(timezone.now() + timedelta(days=31))
    assert Document.objects.get().state == "ready"


def test_every_sentence_of_the_desk_is_french_too() -> None:
    base = Path(site.BASE_DIR)
    office = base / "templates" / "backoffice"
    parts = ("files_intro", "scan_tag", "scan_form", "file_destroy")
    templates = [office / f"{name}.html" for name in ("register", "registered", "files", *(f"parts/{part}" for part in parts))]
    python = ("views/backoffice/intake.py", "views/backoffice/files.py", "views/backoffice/timeline.py", "forms/register.py")
    asked = in_templates(templates) | in_python([base / "dsar" / name for name in python])
    assert (None, "Register another request") in asked, "the reading finds something"
    assert without_french(asked) == []
