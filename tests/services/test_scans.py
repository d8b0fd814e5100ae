"""Scans of letters: harmless or not kept, once however often sent, kept with the file, destroyed one by one (LAW R-03, R-24)."""

from __future__ import annotations

import socket
import threading
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings as site
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from PIL import Image

from dsar.domain.vocabulary import Channel, EventKind, RequestType
from dsar.models import DataSubjectRequest, User
from dsar.services import attachments, intake, moves, papers, scans
from identity import documents
from identity.models import Document, DocumentState, DocumentView, Purpose
from identity.refusals import MAX_BYTES
from tests.services.test_papers import objects_left
from tests.stories import receive

pytestmark = pytest.mark.django_db(transaction=True)
DELIVERED = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
SCANNED = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
CANARY = b"canari-de-la-lettre"


def photo() -> bytes:
    """A letter as a telephone takes it, with words that no reader sees."""
    out, image = BytesIO(), Image.new("RGB", (320, 200), "white")
    exif = image.getexif()
    exif[0x010E] = CANARY.decode()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def file(data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile("lettre de Camille.jpg", photo() if data is None else data)


@pytest.fixture
def letter(dominique: User) -> DataSubjectRequest:
    return intake.receive_request(
        answers=intake.Intake(
            rights=(RequestType.ACCESS,), name="Camille Exemple", language="fr", postal_address="12 rue\nBordeaux"
        ),
        channel=Channel.POST,
        received_at=DELIVERED,
        now=SCANNED,
        officer=dominique,
        evidence_note="Tampon du courrier",
    )


def add(
    dsr: DataSubjectRequest, officer: User, *files: SimpleUploadedFile, once: str = "une-page", at: datetime = SCANNED
) -> None:
    scans.add(dsr_id=dsr.pk, files=files or [file()], officer=officer, once=once, now=at)


def ready(dsr: DataSubjectRequest, officer: User, count: int = 1) -> list[Document]:
    add(dsr, officer, *[file() for _ in range(count)])
    for one in scans.of(dsr):
        documents.process(one.document.pk, lambda: SCANNED)
    found = [one.document for one in scans.of(dsr)]
    assert {one.state for one in found} == {DocumentState.READY}
    return found


def stored() -> bytes:
    return b"".join(one.read_bytes() for one in (Path(site.VAR_DIR) / "objects").rglob("*") if one.is_file())


def test_a_scan_is_sealed_at_once_and_stays_as_page_images_only(letter, dominique):
    assert CANARY in photo(), "the check can fail"
    add(letter, dominique)
    waiting = scans.of(letter)[0].document
    assert (waiting.state, waiting.purpose) == (DocumentState.PENDING, Purpose.SCAN)
    assert CANARY not in stored()
    assert photo()[:64] not in stored()
    documents.process(waiting.pk, lambda: SCANNED)
    pages = attachments.look(
        dsr_id=letter.pk, document_id=waiting.pk, officer=dominique, reason="Relire la lettre.", now=SCANNED + timedelta(hours=1)
    )
    assert [page[:2] for page in pages] == [b"\xff\xd8"]
    assert CANARY not in pages[0]
    event = letter.events.get(kind=EventKind.DOCUMENT_RECEIVED)
    assert (event.actor, event.actor_kind, event.data["purpose"]) == (dominique, "staff", "scan")
    assert "lettre de Camille" not in str([event.data, *(vars(one.document) for one in scans.of(letter))])


def test_a_look_at_a_scan_wants_a_reason_and_writes_two_rows(letter, dominique):
    document = ready(letter, dominique)[0]
    with pytest.raises(documents.ReasonNeeded):
        attachments.look(dsr_id=letter.pk, document_id=document.pk, officer=dominique, reason=" ", now=SCANNED)
    assert not DocumentView.objects.exists()
    attachments.look(dsr_id=letter.pk, document_id=document.pk, officer=dominique, reason="Relire.", now=SCANNED)
    assert DocumentView.objects.get().reason == "Relire."
    assert letter.events.get(kind=EventKind.DOCUMENT_VIEWED).text() == "Relire."


def test_each_refused_scan_says_why_in_its_place_and_the_others_are_taken(letter, dominique):
    add(letter, dominique, file(), file(b"MZ not a picture"), file(b""), file(b"%PDF" + b"x" * MAX_BYTES))
    found = scans.of(letter)
    assert [one.document.refusal for one in found] == ["", "type", "empty", "size"], "in the order in which they were chosen"
    assert "Numérisez en plus basse résolution" in found[3].why
    assert letter.events.filter(kind=EventKind.DOCUMENT_RECEIVED).count() == 4


def test_five_scans_a_case_and_the_sixth_is_told_so(letter, dominique):
    add(letter, dominique, *[file() for _ in range(6)])
    assert [one.document.refusal for one in scans.of(letter)] == ["", "", "", "", "", "count"]
    assert scans.of(letter)[5].why.startswith("Un dossier garde cinq numérisations")


def test_the_same_sending_twice_is_one_scan_and_another_sending_is_another(letter, dominique):
    for _ in range(2):
        add(letter, dominique, file(), file(), once="une-page")
    assert len(scans.of(letter)) == 2
    add(letter, dominique, once="une-autre-page")
    assert len(scans.of(letter)) == 3


def test_two_copies_of_one_sending_at_the_same_instant_are_one(letter, dominique):
    def send() -> None:
        try:
            add(letter, dominique, once="double-clic")
        finally:
            connections.close_all()

    both = [threading.Thread(target=send) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(scans.of(letter)) == 1


def test_while_the_virus_scanner_is_down_a_scan_waits_and_nobody_opens_it(letter, dominique, settings):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings.CLAMD_ADDRESS = f"tcp:127.0.0.1:{taken.getsockname()[1]}"
    add(letter, dominique)
    document = documents.process(scans.of(letter)[0].document.pk, lambda: SCANNED)
    assert (document.state, document.scan) == (DocumentState.PENDING, "waiting")
    assert not scans.of(letter)[0].readable
    with pytest.raises(documents.NotThere):
        attachments.look(dsr_id=letter.pk, document_id=document.pk, officer=dominique, reason="Relire.", now=SCANNED)


def test_a_scan_stays_as_long_as_the_request_file_and_no_longer(letter, dominique):
    """Closed on 20 April 2026, kept five years: gone after 20 April 2031, and not with the papers after 30 days."""
    document = ready(letter, dominique)[0]
    papers.sweep(SCANNED + timedelta(days=31))
    document.refresh_from_db()
    assert document.state == DocumentState.READY
    close(letter, datetime(2026, 4, 20, 8, 0, tzinfo=UTC))
    papers.sweep(datetime(2031, 4, 20, 8, 0, tzinfo=UTC))
    assert objects_left(), "on the last day it is there"
    papers.sweep(datetime(2031, 4, 21, 8, 0, tzinfo=UTC))
    document.refresh_from_db()
    assert (document.state, document.path) == (DocumentState.DESTROYED, "")
    assert objects_left() == []
    event = letter.events.get(kind=EventKind.DOCUMENT_DESTROYED)
    assert (event.actor_kind, event.data) == ("system", {"purpose": "scan", "count": 1})


def close(dsr: DataSubjectRequest, at: datetime) -> None:
    intake.withdraw(dsr_id=dsr.pk, now=at)
    dsr.refresh_from_db()
    assert dsr.closed_at == at


def test_the_scan_of_a_request_that_is_never_closed_is_not_kept_for_ever(letter, dominique):
    document = ready(letter, dominique)[0]
    assert datetime(2033, 1, 1, tzinfo=UTC) < document.destroy_by < datetime(2035, 1, 1, tzinfo=UTC)


def test_an_identity_paper_that_lay_in_the_letter_is_destroyed_at_once_and_alone(letter, dominique):
    """LAW R-24: no copy is kept; the row says who ended it and why, and the letter itself stays."""
    kept, paper = ready(letter, dominique, 2)
    with pytest.raises(attachments.WhyDestroy):
        attachments.destroy(dsr_id=letter.pk, document_id=paper.pk, officer=dominique, reason=" ", now=SCANNED)
    before = objects_left()
    attachments.destroy(dsr_id=letter.pk, document_id=paper.pk, officer=dominique, reason="Carte d’identité jointe.", now=SCANNED)
    assert str(paper.pk) in str(before)
    assert str(paper.pk) not in str(objects_left()), "key and object are gone when the step is done"
    assert str(kept.pk) in str(objects_left())
    event = letter.events.get(kind=EventKind.DOCUMENT_DESTROYED)
    assert (event.actor, event.text(), event.data) == (dominique, "Carte d’identité jointe.", {"purpose": "scan", "count": 1})
    with pytest.raises(documents.NotThere):
        attachments.destroy(dsr_id=letter.pk, document_id=paper.pk, officer=dominique, reason="Encore.", now=SCANNED)


def test_a_file_of_another_case_cannot_be_destroyed_from_this_one(letter, dominique):
    other = receive(email="sacha@mail.example", name="Sacha Modèle")
    document = ready(letter, dominique)[0]
    with pytest.raises(documents.NotThere):
        attachments.destroy(dsr_id=other.pk, document_id=document.pk, officer=dominique, reason="Erreur.", now=SCANNED)
    document.refresh_from_db()
    assert document.state == DocumentState.READY


def test_only_who_acts_on_cases_adds_or_destroys(letter, dominique, django_user_model):
    auditor = django_user_model.objects.create_user("audit@cesi.example", role="auditor", all_sites=True)
    document = ready(letter, dominique)[0]
    with pytest.raises(moves.NotAllowed):
        add(letter, auditor, once="autre")
    with pytest.raises(moves.NotAllowed):
        attachments.destroy(dsr_id=letter.pk, document_id=document.pk, officer=auditor, reason="Non.", now=SCANNED)
    assert [one.document.state for one in scans.of(letter)] == [DocumentState.READY]


def test_a_request_from_the_form_has_no_paper(dominique):
    with pytest.raises(scans.NoPaper):
        add(receive(), dominique)
    assert not Document.objects.exists()


def test_the_person_neither_sees_a_scan_among_their_files_nor_takes_it_back(letter, dominique):
    document = ready(letter, dominique)[0]
    assert [one.document.pk for one in attachments.of_case(letter)] == [document.pk]
    assert attachments.listed(letter) == []
    with pytest.raises(documents.NotThere):
        attachments.remove(dsr_id=letter.pk, document_id=document.pk, now=SCANNED)
