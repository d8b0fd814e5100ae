"""What a person sets on their page: the language of our letters, which of their requests is shown, that the page stays open."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta

import pytest
import time_machine
from django.core.files.storage import storages
from django.test import Client

from dsar.domain.vocabulary import EventKind, Outcome, SubjectKind
from dsar.models import DataSubjectRequest, User
from dsar.services import letters, tell
from identity import vault
from notifications.models import Message
from tests.people import CAMILLE_EMAIL, SACHA_EMAIL
from tests.stories import RECEIVED_AT, confirm, receive, text_of, work
from tests.web import states
from tests.web.asking import step_of, title_of
from tests.web.desk import words
from tests.web.following import enter, opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("school")]
LATER = RECEIVED_AT + timedelta(days=2)  # Thursday 12 March 2026, 10:30 at the seat


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(LATER, tick=False) as moving:
        yield moving


# The language in which we write (UX 4.8)


def test_reading_the_page_in_another_language_changes_nothing_that_we_write():
    dsr = receive()
    page = opened(dsr).get("/en/status/")
    assert "We write to you in" in words(page)
    dsr.refresh_from_db()
    assert dsr.language == "fr"


def test_the_language_of_our_letters_changes_by_its_button_and_is_noted(dominique: User):
    dsr = receive()
    client = opened(dsr)
    tell.write_to_subject(dsr_id=dsr.pk, officer=dominique, words="Bonjour.", now=LATER)
    said = words(client.post("/fr/status/language/", {"language": "en"}, follow=True))
    assert "Désormais, nous vous écrirons dans la langue que vous avez choisie." in said
    assert "Nous vous écrivons en English" in said
    dsr.refresh_from_db()
    event = dsr.events.get(kind=EventKind.LANGUAGE_CHANGED)
    assert (event.data, event.actor_kind) == ({"old": "fr", "new": "en"}, "data_subject")
    tell.write_to_subject(dsr_id=dsr.pk, officer=dominique, words="Hello.", now=LATER + timedelta(minutes=1))
    before, after = (text_of(one) for one in Message.objects.filter(kind="letter_to_subject").order_by("created_at"))
    assert "Votre demande" in before
    assert "Your request" in after
    assert letters.receipt(dsr, now=LATER) != letters.receipt(DataSubjectRequest(**{**fields(dsr), "language": "fr"}), now=LATER)


def fields(dsr: DataSubjectRequest) -> dict[str, object]:
    return {field.attname: getattr(dsr, field.attname) for field in dsr._meta.concrete_fields}


def test_a_copy_made_after_the_change_speaks_the_new_language(dominique: User, noa: User):
    dsr = states.checking(RECEIVED_AT, dominique, noa)
    opened(dsr).post("/fr/status/language/", {"language": "en"})
    states._decided(dsr, Outcome.GRANTED, dominique, noa, LATER)
    work(dsr.pk, at=LATER)
    built = dsr.packages.get()
    stream = vault.open_stream(storage=storages["objects"], path=built.path, key_name=built.key_name)
    names = zipfile.ZipFile(io.BytesIO(b"".join(stream))).namelist()
    assert any(name.endswith("READ-ME.txt") for name in names), names
    assert not any("LISEZ-MOI" in name for name in names)


def test_a_language_that_nobody_offers_is_refused_and_the_same_one_is_no_event():
    dsr = receive()
    client = opened(dsr)
    assert client.post("/fr/status/language/", {"language": "tlh"}).status_code == 404
    assert step_of(client.get("/fr/status/language/?language=en")) == "status"
    assert step_of(client.post("/fr/status/language/", {"language": "fr"})) == "status"
    assert not dsr.events.filter(kind=EventKind.LANGUAGE_CHANGED).exists()


# Several requests of one mailbox


def proven(**answers) -> DataSubjectRequest:
    dsr = receive(**answers)
    confirm(dsr, at=answers.get("at", RECEIVED_AT) + timedelta(minutes=2))
    dsr.refresh_from_db()
    return dsr


def test_an_address_with_one_request_leads_to_it_at_once():
    assert enter(Client(), proven(), known_by=CAMILLE_EMAIL) == "status"


def test_an_address_with_several_requests_lets_the_person_choose():
    older, newer = proven(), proven(at=RECEIVED_AT + timedelta(days=1))
    client = Client()
    assert enter(client, newer, known_by=CAMILLE_EMAIL) == "requests"
    for language, heading in (("fr", "Quelle demande"), ("en", "Which request?")):
        page = client.get(f"/{language}/status/requests/")
        assert title_of(page).startswith(heading)
        assert [ref in words(page) for ref in (older.reference, newer.reference)] == [True, True]
    assert step_of(client.post("/fr/status/requests/", {"reference": older.reference})) == "status"
    page = client.get("/fr/status/")
    assert older.reference in words(page)
    assert newer.reference not in words(page)
    assert 'href="/fr/status/requests/"' in page.content.decode()


def test_a_proxy_tells_their_clients_apart():
    clients = ("Camille Exemple", "Sacha Modèle")
    asked = [
        proven(name=name, subject_kind=SubjectKind.MANDATE, at=RECEIVED_AT + timedelta(hours=hours))
        for hours, name in enumerate(clients)
    ]
    page = words(opened(asked[-1]).get("/fr/status/requests/"))
    for dsr, name in zip(asked, clients, strict=True):
        of_it = page[page.index(dsr.reference) :]
        assert name in of_it[: of_it.index("Voir cette demande")]


def test_a_reference_leads_to_its_request_and_the_page_names_the_others():
    older = proven()
    proven(at=RECEIVED_AT + timedelta(days=1))
    client = opened(older)
    assert "1 autre demande" in words(client.get("/fr/status/"))


def test_only_requests_proven_by_the_same_mailbox_can_be_chosen():
    mine = proven()
    unproven = receive(at=RECEIVED_AT + timedelta(hours=1))
    elsewhere = proven(email=SACHA_EMAIL, name="Sacha Modèle")
    moved = proven(at=RECEIVED_AT + timedelta(hours=2))
    DataSubjectRequest.objects.filter(pk=moved.pk).update(delivery_email=SACHA_EMAIL, identified_at=LATER)
    client = opened(mine)
    said = words(client.get("/fr/status/requests/"))
    assert mine.reference in said
    for other in (unproven, elsewhere, moved):
        assert other.reference not in said
        assert client.post("/fr/status/requests/", {"reference": other.reference}).status_code == 404
    DataSubjectRequest.objects.filter(pk=unproven.pk).update(email_confirmed_at=LATER)
    assert unproven.reference in words(client.get("/fr/status/requests/")), "the check can fail"


# How long the page stays open (UX 4.8)


@pytest.mark.parametrize("page", ["", "easy/", "address/", "withdraw/", "requests/"])
def test_every_page_of_the_session_says_until_when_it_is_open_and_offers_to_stay(page):
    client = opened(receive())
    assert "Sans activité, cette page se ferme à 11:00." in words(client.get(f"/fr/status/{page}"))
    english = client.get(f"/en/status/{page}")
    assert "Without activity, this page closes at 11:00." in words(english)
    html = english.content.decode()
    stay = re.search(r'<button class="link" ([^>]+)>Stay signed in</button>', html)
    assert stay is not None
    assert ('formaction="/en/status/stay/"' in stay[1]) == (page == ""), "the page with a message to write keeps it"
    assert 'form="write"' in stay[1] if page == "" else stay[1] == 'form="stay"'
    assert 'action="/en/status/stay/" id="stay"' in html


def test_staying_is_a_post_and_keeps_the_page_open(clock):
    client = opened(receive())
    clock.shift(29 * 60)
    assert step_of(client.get("/fr/status/stay/")) == "status"
    said = words(client.post("/fr/status/stay/", follow=True))
    assert "Vous restez connecté." in said
    assert "se ferme à 11:29." in said
    clock.shift(29 * 60)
    assert client.get("/fr/status/").status_code == 200
    clock.shift(30 * 60)
    assert step_of(client.post("/fr/status/stay/")) == "follow", "too late: the session is over"
