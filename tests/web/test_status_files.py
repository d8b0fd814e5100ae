"""Files with a message: through the sanitiser and the vault, refused one by one with a sentence, seen by staff with a row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from dsar.domain.vocabulary import EventKind
from dsar.models import DataSubjectRequest, User
from dsar.services import attachments, tell
from identity import documents
from identity.models import Document, DocumentView, Purpose
from identity.refusals import MAX_BYTES, Refusal
from tests.services.test_papers import photo
from tests.stories import RECEIVED_AT, code_in, receive
from tests.web.asking import errors_in, step_of
from tests.web.desk import at_desk, words
from tests.web.following import opened

pytestmark = pytest.mark.django_db(transaction=True)
LATER = RECEIVED_AT + timedelta(days=2)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(LATER, tick=True) as moving:
        yield moving


@pytest.fixture
def dsr() -> DataSubjectRequest:
    return receive()


@pytest.fixture
def person(dsr: DataSubjectRequest) -> Client:
    return opened(dsr)


def file(data: bytes | None = None, name: str = "ma carte de Camille.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, photo() if data is None else data)


def send(client: Client, *files: SimpleUploadedFile, text: str = "", follow: bool = True) -> Any:
    return client.post("/fr/status/write/", {"words": text, "file": list(files)}, follow=follow)


def harmless() -> None:
    for document in Document.objects.filter(state="pending"):
        documents.process(document.pk, timezone.now)


def test_words_and_files_arrive_together_and_no_name_of_a_file_is_kept(person, dsr):
    page = send(person, file(), file(), text="Voici mes relevés.")
    assert "Votre message nous est parvenu." in words(page)
    assert "Fichier 1" in words(page)
    assert "Fichier 2" in words(page)
    message = dsr.events.get(kind=EventKind.MESSAGE_FROM_SUBJECT)
    assert (message.text(), message.data) == ("Voici mes relevés.", {"files": 2})
    assert dsr.events.filter(kind=EventKind.DOCUMENT_RECEIVED, data__purpose="attachment").count() == 2
    assert {one.purpose for one in Document.objects.all()} == {Purpose.ATTACHMENT}
    assert "ma carte" not in str([vars(one) for one in Document.objects.all()]) + str([e.data for e in dsr.events.all()])
    harmless()
    said = words(person.get("/fr/status/"))
    assert "Reçu" in said
    assert "1 page" in said


def test_a_word_of_ours_at_the_same_instant_carries_no_file_of_theirs(person, dsr, dominique: User):
    tell.write_to_subject(dsr_id=dsr.pk, officer=dominique, words="Merci.", now=LATER)
    attachments.send(dsr_id=dsr.pk, words="Voici.", files=[file()], now=LATER)  # type: ignore[list-item]
    assert person.get("/fr/status/").content.decode().count("<strong>Fichier 1</strong>") == 1


def test_a_file_alone_is_a_message_and_staff_read_that_it_has_no_words(person, dsr, dominique: User):
    send(person, file())
    assert dsr.events.get(kind=EventKind.MESSAGE_FROM_SUBJECT).text() == ""
    with time_machine.travel(LATER + timedelta(hours=1)):
        assert "1 fichier, sans message" in words(at_desk(dominique).get(f"/fr/office/case/{dsr.reference}/"))


def test_each_refused_file_says_why_and_the_words_are_kept(person, dsr):
    page = send(person, file(b"MZ not a picture"), file(), file(b""), text="Trois fichiers.")
    said = words(page).replace("\N{NO-BREAK SPACE}", " ")
    assert f"Fichier 1 : {Refusal.TYPE.sentence('fr')}" in said
    assert "Fichier 2 :" not in said
    assert dsr.events.get(kind=EventKind.MESSAGE_FROM_SUBJECT).data == {"files": 1}
    alone = send(person, file(b"MZ not a picture"), file(b"x" * (MAX_BYTES + 1)))
    assert alone.status_code == 422
    sentences = " ".join(errors_in(alone))
    for refusal in (Refusal.TYPE, Refusal.SIZE):
        assert refusal.sentence("fr") in sentences
    assert dsr.events.filter(kind=EventKind.MESSAGE_FROM_SUBJECT).count() == 1, "nothing was sent the second time"


def test_five_files_at_a_time_and_one_that_was_taken_back_makes_room(person, dsr):
    send(person, *(file() for _ in range(4)))
    page = send(person, file(), file())
    assert Refusal.COUNT.sentence("fr") in words(page)
    live = Document.objects.filter(state__in=documents.LIVE)
    assert live.count() == attachments.MOST == 5
    assert step_of(person.post("/fr/status/file/remove/", {"file": str(live.first().pk)})) == "status"  # type: ignore[union-attr]
    assert live.count() == 4
    assert "détruit" in words(person.get("/fr/status/"))
    send(person, file())
    assert live.count() == 5


def test_a_file_of_another_request_cannot_be_taken_back(person, dsr):
    other = receive(email="sacha@mail.example", name="Sacha Modèle")
    theirs = Client()
    theirs.post("/fr/follow/", {"known_by": other.reference})
    theirs.post("/fr/follow/code/", {"code": code_in(other, "code")})
    send(theirs, file())
    document = Document.objects.get(reference=other.reference)
    for wrong in (str(document.pk), "", "nonsense"):
        person.post("/fr/status/file/remove/", {"file": wrong})
    document.refresh_from_db()
    assert document.state == "pending"


def test_without_words_or_file_nothing_is_sent(person, dsr):
    page = send(person)
    assert errors_in(page) == ["Écrivez votre message, ou choisissez un fichier"]
    assert not dsr.events.filter(kind=EventKind.MESSAGE_FROM_SUBJECT).exists()


def test_staff_look_for_a_reason_and_two_rows_say_so_before(person, dsr, dominique: User):
    send(person, file(), text="Voici.")
    harmless()
    document = Document.objects.get()
    with time_machine.travel(LATER + timedelta(hours=1)):
        desk = at_desk(dominique)
        base = f"/fr/office/case/{dsr.reference}/"
        assert f"{base}files/" in desk.get(base).content.decode()
        listed = desk.get(f"{base}files/").content.decode()
        assert "data:image" not in listed, "nothing opens by itself"
        assert desk.get(f"{base}files/{document.pk}/").status_code == 405
        assert desk.post(f"{base}files/{document.pk}/", {"reason": " "}).status_code == 422
        assert not DocumentView.objects.exists()
        shown = desk.post(f"{base}files/{document.pk}/", {"reason": "Lire le relevé."})
        assert "data:image/jpeg;base64," in shown.content.decode()
    view = DocumentView.objects.get()
    event = dsr.events.get(kind=EventKind.DOCUMENT_VIEWED)
    assert (view.by, view.reason, event.actor, event.text()) == (dominique.email, "Lire le relevé.", dominique, "Lire le relevé.")
    assert "Ouvert par la personne" in words(person.get("/fr/status/"))
    person.post("/fr/status/file/remove/", {"file": str(document.pk)})
    document.refresh_from_db()
    assert document.state == "ready", "what was opened stays until it is destroyed by its own day"


def test_after_thirty_days_a_file_is_gone_and_the_message_says_so(person, dsr):
    send(person, file(), text="Voici.")
    harmless()
    documents.destroy_due(LATER + timedelta(days=31))
    assert not Document.objects.filter(state__in=documents.LIVE).exists()
    said = words(person.get("/fr/status/"))
    assert "Effacé" in said
    assert "Voici." in said
