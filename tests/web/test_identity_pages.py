"""The person's page of proof: the reason first, ways without a document, a door for whoever has none (UX 4.5)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dsar.domain.vocabulary import Doubt, EventKind, IdentityMeans, RequestType, SubjectKind, TokenPurpose
from dsar.models import AccessToken
from dsar.services import ask, tokens, verify
from identity import documents
from identity.refusals import Refusal
from notifications.models import Message
from tests import stories
from tests.services.test_papers import photo
from tests.web.desk import words

pytestmark = pytest.mark.django_db

ASKED = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)
WORDS = "Le nom et l’adresse donnés ne suffisent pas à vous reconnaître avec certitude."


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(ASKED + timedelta(minutes=5), tick=False) as moved:
        yield moved


@pytest.fixture
def asked(dominique):
    dsr = stories.receive(RequestType.ACCESS, email="inconnue@ailleurs.example")
    ask.ask_identity(dsr_id=dsr.pk, officer=dominique, doubt=Doubt.ADDRESS_NOT_ON_FILE, words=WORDS, now=ASKED)
    return dsr


def link(dsr, kind="identity_request") -> str:
    said = stories.text_of(Message.objects.filter(reference=dsr.reference, kind=kind).latest("created_at"))
    return re.search(r"https?://[^/\s]+(/fr/identity/open/[\w-]+/)", said).group(1)


@pytest.fixture
def page(client: Client, asked):
    client.post(link(asked))
    return client


def test_opening_the_link_a_hundred_times_changes_nothing_and_its_button_opens_the_page(client: Client, asked):
    for _ in range(100):
        assert client.get(link(asked)).status_code == 200
    assert client.get("/fr/identity/").url == "/fr/follow/"
    assert not AccessToken.objects.filter(dsr=asked, used_at__isnull=False).exists()
    assert client.post(link(asked)).url == "/fr/identity/"
    assert client.get("/fr/identity/").status_code == 200
    assert Client().post(link(asked)).status_code == 302, "the person may come back until the question is settled"


def test_the_link_opens_this_page_and_no_other(page, asked):
    assert page.get("/fr/status/").url == "/fr/follow/"
    assert page.get("/fr/status/download/").url == "/fr/follow/"


def test_the_link_dies_after_fourteen_days(client: Client, asked, clock):
    clock.move_to(ASKED + timedelta(days=14))
    assert client.post(link(asked)).status_code == 410


def test_the_reason_stands_first_then_the_ways_without_a_document_then_the_document(page):
    answer = page.get("/fr/identity/")
    said = words(answer)
    order = [WORDS, "Sans document, c’est possible", "Avec un document", "Laissez visibles", "Cachez le reste"]
    places = [said.index(one) for one in order]
    assert places == sorted(places)
    for part in ("l’adresse donnée", "en pause depuis le 12 mars 2026", "11 mai 2026", "11 avril 2026", "10 Mo au plus"):
        assert part.replace("&#x27;", "'") in said, part
    body = answer.content.decode()
    assert 'accept="image/jpeg,image/png,application/pdf"' in body
    assert "capture" not in body
    assert answer["Cache-Control"] == "no-store"


def test_a_file_is_added_checked_sent_and_each_state_looks_different(page, asked):
    assert "pas encore envoyés" not in words(page.get("/fr/identity/"))
    page.post("/fr/identity/add/", {"file": SimpleUploadedFile("carte.jpg", photo())})
    said = words(page.get("/fr/identity/"))
    assert "Fichiers ajoutés, pas encore envoyés" in said and "Vérification en cours" in said
    assert "carte.jpg" not in said, "the name of the file is not kept"
    document = documents.of(asked.reference).get()
    documents.process(document.pk, lambda: ASKED + timedelta(minutes=5))
    assert "Prêt" in words(page.get("/fr/identity/"))
    page.post("/fr/identity/send/")
    said = words(page.get("/fr/identity/"))
    assert "Reçu le 12 mars 2026 à 10:05" in said and "pas encore envoyés" not in said
    assert asked.events.filter(kind=EventKind.PROOF_RECEIVED).count() == 1


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(b"", "vide"), (b"MZ\x90\x00", "ni un JPEG"), (b"\xff\xd8\xff\xe0" + b"0" * (10 * 1024 * 1024), "10 Mo")],
)
def test_a_file_that_is_refused_says_why_and_what_to_do(page, data, sentence):
    answer = page.post("/fr/identity/add/", {"file": SimpleUploadedFile("carte.jpg", data)})
    assert answer.status_code == 422
    assert sentence in words(answer)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_each_reason_of_a_refusal_is_a_sentence_of_its_own_on_the_page(page, asked, language):
    page.post("/fr/identity/add/", {"file": SimpleUploadedFile("carte.jpg", photo())})
    told = set()
    for refusal in Refusal:
        documents.of(asked.reference).update(state="refused", refusal=refusal)
        sentence = refusal.sentence(language)
        assert sentence in unescape(page.get(f"/{language}/identity/").content.decode()), refusal
        assert len(re.findall(r"\. |\.$|[?!]$", sentence.replace("’", "'"))) >= 2, "what happened, and what to do"
        told.add(sentence)
    assert len(told) == len(Refusal)


def test_a_refused_file_and_an_added_one_stand_under_their_own_headings(page, asked):
    for data in (b"MZ\x90\x00", photo(), b"MZ\x90\x00"):
        page.post("/fr/identity/add/", {"file": SimpleUploadedFile("carte.jpg", data)})
    said = words(page.get("/fr/identity/"))
    parts = re.split(r"(Non acceptés|Fichiers ajoutés, pas encore envoyés)", said)[1:]
    under = [
        (heading, "Refusé" in what, "Vérification en cours" in what) for heading, what in zip(*[iter(parts)] * 2, strict=True)
    ]
    refused = ("Non acceptés", True, False)
    assert under == [refused, ("Fichiers ajoutés, pas encore envoyés", False, True), refused]


def test_an_added_file_is_removed_again(page, asked):
    page.post("/fr/identity/add/", {"file": SimpleUploadedFile("carte.jpg", photo())})
    document = documents.of(asked.reference).get()
    page.post("/fr/identity/remove/", {"file": str(document.pk)})
    document.refresh_from_db()
    assert document.state == "destroyed"
    assert "pas encore envoyés" not in words(page.get("/fr/identity/"))


def test_no_file_and_a_made_up_number_change_nothing(page, asked):
    assert page.post("/fr/identity/add/", {}).status_code == 422
    assert page.post("/fr/identity/send/").status_code == 422
    assert page.post("/fr/identity/remove/", {"file": "x"}).status_code == 302
    assert not documents.of(asked.reference).exists()


def test_who_has_no_document_finds_a_door(page, asked):
    said = words(page.get("/fr/identity/other/"))
    assert "cherche un autre moyen avec vous" in said
    assert page.post("/fr/identity/other/", {"words": "Je n’ai plus de papiers."}).url == "/fr/identity/"
    assert asked.events.get(kind=EventKind.MESSAGE_FROM_SUBJECT).text() == "Je n’ai plus de papiers."
    page.post("/fr/identity/call/")
    assert asked.events.filter(kind=EventKind.MESSAGE_FROM_SUBJECT).count() == 2


def test_a_code_is_asked_and_its_refusal_says_the_same_whatever_the_reason(page, asked):
    page.post("/fr/identity/code/send/")
    assert "Si nous avons un contact pour vous" in words(page.get("/fr/identity/"))
    never_sent = words(page.post("/fr/identity/code/", {"code": "123456"}))
    tokens.issue(asked, TokenPurpose.ON_FILE, now=ASKED, to="x@y.example")
    wrong = words(page.post("/fr/identity/code/", {"code": "123456"}))
    assert "Ce code n’est pas le bon, ou n’est plus valable." in never_sent and never_sent == wrong


def test_a_settled_question_leads_back_to_the_status_page(page, asked, dominique):

    verify.record_identity(
        dsr_id=asked.pk, officer=dominique, established=True, means=IdentityMeans.CALL_BACK, reason="rappelée", now=ASKED
    )
    assert page.get("/fr/identity/").status_code == 302
    assert Client().post(link(asked)).status_code == 410


def test_a_mandate_is_asked_in_its_own_words(client: Client, dominique):
    dsr = stories.receive(RequestType.ACCESS, subject_kind=SubjectKind.MANDATE)
    ask.ask_mandate(dsr_id=dsr.pk, officer=dominique, doubt=Doubt.MANDATE_INCOMPLETE, words="Il manque la durée.", now=ASKED)
    client.post(link(dsr, "mandate_request"))
    said = words(client.get("/fr/identity/"))
    assert "Montrer que vous pouvez agir" in said and "Le mandat signé" in said
    assert "contact que nous avons déjà" not in said


def test_the_status_page_leads_there(client: Client, asked):
    client.post("/fr/follow/", {"known_by": asked.reference})
    client.post("/fr/follow/code/", {"code": stories.code_in(asked, "code")})
    assert 'href="/fr/identity/"' in client.get("/fr/status/").content.decode()
    assert client.get("/fr/identity/").status_code == 200
