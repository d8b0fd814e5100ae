"""A page that is refused, opened the wrong way or sent too often leads on, and what was typed on it is still there."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template import TemplateSyntaxError
from django.test import Client
from django.urls import URLPattern
from django.utils import translation

from dsar import urls_public
from dsar.controller import controller
from dsar.models import User
from dsar.views.public import errors, follow, form, identity, write
from identity.models import Document
from tests.stories import RECEIVED_AT, code_in, receive
from tests.web import handing, states
from tests.web.asking import answer, begin, errors_in, step_of, title_of
from tests.web.desk import words
from tests.web.following import opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("school")]
LATER = RECEIVED_AT + timedelta(days=2)  # Thursday 12 March 2026
TYPED = "J’étais à Lyon, puis à Bordeaux."


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(LATER, tick=False):
        yield


LEADS_TO = {  # where a form is sent to, and the page of that form
    "status/write": "status",
    "status/file/remove": "status",
    "status/language": "status",
    "status/stay": "status",
    "status/confirm": "status",
    "status/confirm/code": "status",
    "status/sign-out": "status",
    "status/download/again": "status",
    "status/download/code": "status/download",
    "status/address/code": "status/address",
    "status/pass-phrase/code": "status/pass-phrase",
    "request/sent/code": "request/sent",
    "follow/code/new": "follow/code",
    "identity/code": "identity",
    "identity/code/send": "identity",
    "identity/call": "identity",
    "identity/add": "identity",
    "identity/remove": "identity",
    "identity/send": "identity",
    "identity/account": "identity",
}


def test_where_a_form_is_sent_to_leads_back_to_its_page(dominique: User, noa: User):
    dsr = states.asked(RECEIVED_AT, dominique, noa)
    client = opened(dsr)
    before = dsr.events.count()
    for language in ("fr", "en"):
        for page, form_page in LEADS_TO.items():
            answer = client.get(f"/{language}/{page}/")
            assert (answer.status_code, answer["Location"]) == (302, f"/{language}/{form_page}/"), page
            assert client.head(f"/{language}/{page}/").status_code == 302, page
            assert client.put(f"/{language}/{page}/").status_code == 405, "nothing else is taken for a form"
    assert dsr.events.count() == before
    assert client.get("/fr/status/").status_code == 200, "nobody was signed out"


def test_no_page_for_people_is_an_empty_405(client: Client):
    """The rest is for our own script (`upload`) and is not opened by people."""
    empty = []
    for route in urls_public.urlpatterns:
        assert isinstance(route, URLPattern)
        if "<" not in str(route.pattern) and client.get(f"/fr/{route.pattern}").status_code == 405:
            empty.append(str(route.pattern))
    assert empty == []


def test_a_message_that_was_refused_can_be_read_in_the_other_language():
    client = opened(receive())
    refused = client.post("/fr/status/write/", {"words": ""})
    assert refused.status_code == 422
    assert 'href="/en/status/write/"' in refused.content.decode()
    assert title_of(client.get("/en/status/write/", follow=True)).startswith("We have received your request")


@pytest.mark.parametrize(
    ("language", "title"), [("fr", "Cette page s’ouvre par un bouton"), ("en", "This page opens from a button")]
)
def test_what_a_page_does_not_take_is_said_in_words(client: Client, language: str, title: str):
    page = client.put(f"/{language}/follow/")
    assert page.status_code == 405
    assert "POST" in page["Allow"]
    assert title_of(page).startswith(title)
    assert controller().dpo.email in page.content.decode()


# Too often (429)


def test_a_message_that_comes_too_soon_stays_in_its_field(monkeypatch):
    dsr = receive()
    client = opened(dsr)
    monkeypatch.setattr(write, "MESSAGES_PER_HOUR", 1)
    assert client.post("/fr/status/write/", {"words": "La première."}).status_code == 302
    page = client.post("/fr/status/write/", {"words": TYPED})
    assert page.status_code == 429
    assert f"{TYPED}</textarea>" in page.content.decode()
    assert re.search(r"dans 31 minutes.; ce que vous avez écrit reste ici", words(page))
    assert dsr.events.filter(kind="message_from_subject").count() == 1


def test_who_cannot_show_a_document_and_writes_too_often_keeps_the_words(dominique: User, noa: User, monkeypatch):
    client = opened(states.asked(RECEIVED_AT, dominique, noa))
    monkeypatch.setattr(identity, "MESSAGES_PER_HOUR", 0)
    page = client.post("/fr/identity/other/", {"words": TYPED})
    assert page.status_code == 429
    assert f"{TYPED}</textarea>" in page.content.decode()


def test_files_that_come_too_often_leave_the_answers_beside_them(client: Client, monkeypatch):
    monkeypatch.setattr(form, "FILES_PER_HOUR", 0)
    begin(client)
    answer(client, "what", rights=["access"])
    answer(client, "who", kind="mandate")
    file = SimpleUploadedFile("mandat.pdf", b"%PDF-1.4", "application/pdf")
    page = answer(client, "about", person_name="Sacha Modèle", duration=TYPED, mandate=file)
    assert page.status_code == 429
    assert 'value="Sacha Modèle"' in page.content.decode()
    assert TYPED in page.content.decode()


def test_no_page_promises_that_something_is_kept_which_the_browser_has_forgotten(client: Client, monkeypatch):
    monkeypatch.setattr(follow, "ASKS_PER_HOUR", 0)
    page = client.post("/fr/follow/", {"known_by": "CE-7K4M-2XQ9"})
    assert (page.status_code, "Réessayez dans 31 minutes." in words(page)) == (429, True)
    assert "gardé" not in words(page)


# The end of a session (UX 4.8)


def test_who_stays_signed_in_finds_the_message_that_is_not_sent_yet_and_nobody_else_reads_it():
    dsr, other = receive(), receive(key="b" * 32, email="sacha@etu.cesi.example")
    client = opened(dsr)
    page = client.post("/fr/status/stay/", {"words": TYPED, "file": "Mon bulletin.pdf"}, follow=True)
    assert (
        "Vous restez connecté. Votre message est gardé. Il n’est pas encore envoyé. Choisissez de nouveau vos fichiers."
        in words(page)
    )
    again = client.get("/fr/status/").content.decode()
    for shown in (page.content.decode(), again):
        assert f"{TYPED}</textarea>" in shown
        assert re.search(r'<details open class="write-to-us">', shown)
    assert not dsr.events.filter(kind="message_from_subject").exists()
    assert TYPED not in str(dict(client.session)), "sealed"
    client.post("/fr/follow/", {"known_by": other.reference})
    session = client.session
    session["subject"] = opened(other).session["subject"]  # the same browser, with another person's page
    session.save()
    assert "</textarea>" in (theirs := client.get("/fr/status/").content.decode())
    assert TYPED not in theirs


def test_a_message_that_was_sent_or_emptied_is_not_offered_again():
    client = opened(receive())
    for end in (("/fr/status/write/", {"words": TYPED}), ("/fr/status/stay/", {"words": " "})):
        client.post("/fr/status/stay/", {"words": TYPED})
        assert f"{TYPED}</textarea>" in client.get("/fr/status/").content.decode()
        client.post(*end)
        assert f"{TYPED}</textarea>" not in client.get("/fr/status/").content.decode()


@pytest.mark.parametrize("button", ["write", "stay"])
def test_a_message_that_comes_after_the_end_of_the_session_waits_until_the_person_is_back(button: str):
    dsr = receive()
    client = opened(dsr)
    with time_machine.travel(LATER + timedelta(minutes=31), tick=False):
        page = client.post(f"/fr/status/{button}/", {"words": TYPED}, follow=True)
        assert "Votre message est gardé : vous le retrouverez." in words(page).replace("\N{NO-BREAK SPACE}", " ")
        assert TYPED not in page.content.decode()
        assert step_of(client.get("/fr/status/")) == "follow", "nothing opens without a fresh code"
        client.post("/fr/follow/", {"known_by": dsr.reference})
        client.post("/fr/follow/code/", {"code": code_in(dsr, "code")})
        assert f"{TYPED}</textarea>" in client.get("/fr/status/").content.decode()


# Too many files at once


def files(count: int) -> list[SimpleUploadedFile]:
    return [SimpleUploadedFile(f"photo{n}.jpg", b"\xff\xd8\xff\xe0") for n in range(count)]


def test_more_files_than_any_form_takes_are_said_beside_the_words_and_nothing_is_stored(
    client: Client, dominique: User, noa: User
):
    too_many = "Trop de fichiers à la fois : aucun n’a été ajouté. Choisissez-en moins."
    begin(client)
    answer(client, "what", rights=["access"])
    answer(client, "who", kind="mandate")
    mandate = answer(client, "about", person_name="Sacha Modèle", duration=TYPED, mandate=files(11))
    assert 'value="Sacha Modèle"' in mandate.content.decode()
    status = opened(states.asked(RECEIVED_AT, dominique, noa))
    message = status.post("/fr/status/write/", {"words": TYPED, "file": files(11)})
    papers = status.post("/fr/identity/add/", {"file": files(11)})
    for page in (mandate, message, papers):
        assert page.status_code in (200, 422)
        assert too_many in words(page).replace("\N{NO-BREAK SPACE}", " ")
    for page in (mandate, message):
        assert TYPED in page.content.decode()
    assert not Document.objects.exists()
    status.post("/fr/status/write/", {"words": TYPED, "file": files(10)})
    assert Document.objects.exists(), "ten are looked at one by one"


# Far too long (413)


def test_a_text_far_beyond_the_limit_is_answered_by_its_own_form(client: Client):
    begin(client)
    answer(client, "what", rights=["unspecified"])
    answer(client, "who", kind="self")
    answer(client, "tie", tie="student")
    answer(client, "contact", name="Camille", email="camille@etu.cesi.example")
    text = "é" * 45_000  # 270 KB as a form sends it
    page = answer(client, "help", unspecified=text)
    assert page.status_code == 200
    assert errors_in(page) == ["Raccourcissez votre réponse de 43000 caractères"]
    assert text in page.content.decode()


def test_what_no_form_can_hold_says_where_else_it_can_be_sent(client: Client):
    page = client.post("/fr/request/what/", {"rights": "x" * 1_100_000})
    assert page.status_code == 413
    assert "envoyez-le-nous par e-mail" in words(page)
    assert controller().dpo.email in page.content.decode()


# Dead ends


def test_who_refuses_cookies_is_not_told_that_the_form_is_old():
    page = Client(enforce_csrf_checks=True).post("/fr/")
    assert page.status_code == 403
    assert title_of(page).startswith("Nous n’avons pas reconnu ce formulaire")
    assert "refuse les cookies" in words(page)
    assert controller().dpo.email in page.content.decode()


@pytest.mark.parametrize("page", ["confirm/zzz", "follow/open/zzz", "identity/open/zzz", "request/resume/zzz", "handover/zzz"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_link_that_opens_nothing_names_the_officer(client: Client, settings, page: str, language: str):
    settings.HANDOVER_KEYS, settings.PUBLIC_URL = list(handing.KEYS), handing.BASE
    over = client.get(f"/{language}/{page}/")
    assert over.status_code == 410
    assert over.content.decode().count(f"mailto:{controller().dpo.email}") == 1


def test_the_last_words_name_the_officer_too(rf, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise TemplateSyntaxError("planted")

    monkeypatch.setattr(errors, "render", broken)
    with translation.override("fr"):
        said = errors.page(rf.get("/fr/"), 500).content.decode()
    assert "de notre côté" in said
    assert f"mailto:{controller().dpo.email}" in said
