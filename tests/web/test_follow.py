"""Codes and links: work after the answer, each token for its own page and no other, a new address only by a fresh code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.logs import LINK
from dsar import urls_public
from dsar.domain.vocabulary import EventKind, TokenPurpose
from dsar.models import AccessToken, DataSubjectRequest, User
from dsar.services import tokens
from dsar.views.public import follow as follow_views
from notifications.models import Message
from tests.people import CAMILLE_EMAIL
from tests.stories import PHRASE, RECEIVED_AT, choose_phrase, code_in, receive, text_of
from tests.web import handing, states
from tests.web.asking import errors_in, step_of, title_of
from tests.web.desk import words
from tests.web.following import opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("school")]
LATER = RECEIVED_AT + timedelta(days=2)  # Thursday 12 March 2026
NEW = "camille@nouvelle.example"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(LATER, tick=False) as moving:
        yield moving


@pytest.fixture(autouse=True)
def _tools(settings):
    settings.HANDOVER_KEYS, settings.PUBLIC_URL = list(handing.KEYS), handing.BASE


@pytest.fixture
def dsr() -> DataSubjectRequest:
    return receive()


def mails(dsr: DataSubjectRequest) -> int:
    return Message.objects.filter(reference=dsr.reference, kind="code").count()


# Work after the answer (SECURITY T16)


def test_the_mail_is_written_once_the_answer_has_left(dsr, monkeypatch, clock):
    left: list[follow_views.AnsweredFirst] = []
    monkeypatch.setattr(
        follow_views.AnsweredFirst, "close", lambda answer: left.append(answer)
    )  # the server closes after the last byte
    client = Client()
    client.post("/fr/follow/", {"known_by": dsr.reference})
    assert mails(dsr) == 0
    left.pop().work()
    assert mails(dsr) == 1
    clock.shift(61)
    client.post("/fr/follow/code/new/")
    assert mails(dsr) == 1
    left.pop().work()
    assert mails(dsr) == 2


def test_until_the_answer_a_known_and_an_unknown_person_cost_the_same_queries(dsr, monkeypatch, clock):
    monkeypatch.setattr(follow_views.AnsweredFirst, "close", lambda answer: None)
    client = Client()
    client.post("/fr/follow/", {"known_by": "quelqu.un@nulle-part.example"})

    def asked(known_by: str) -> list[int]:
        with CaptureQueriesContext(
            connection,
        ) as first:
            client.post("/fr/follow/", {"known_by": known_by})
        clock.shift(61)
        with CaptureQueriesContext(connection) as again:
            client.post("/fr/follow/code/new/")
        return [len(first), len(again)]

    assert asked(dsr.reference) == asked("CE-7K4M-2XQ9")
    assert asked(CAMILLE_EMAIL) == asked("personne@nulle-part.example")


def test_a_mail_that_cannot_be_written_changes_nothing_for_who_asks(dsr, monkeypatch):
    monkeypatch.setattr(tokens, "send_code", lambda **_: 1 / 0)
    assert step_of(Client().post("/fr/follow/", {"known_by": dsr.reference})) == "code"


def test_one_mail_holds_the_link_and_the_code(dsr):
    Client().post("/fr/follow/", {"known_by": dsr.reference})
    mail = text_of(Message.objects.get(reference=dsr.reference, kind="code"))
    assert code_in(dsr, "code") in mail.replace(" ", "")
    assert "/fr/follow/open/" in mail


# Tokens of every kind at every other endpoint: 0 accepted (SECURITY T18)

LINKS = {
    "/fr/confirm/{}/": TokenPurpose.CONFIRM_EMAIL,
    "/fr/follow/open/{}/": TokenPurpose.FOLLOW,
    "/fr/identity/open/{}/": TokenPurpose.IDENTITY,
    "/fr/request/resume/{}/": None,  # of a draft, that no request has
    "/fr/handover/{}/": None,  # of another tool, sealed under its own key
}
CODES = {
    "/fr/request/sent/": TokenPurpose.CONFIRM_EMAIL,
    "/fr/follow/code/": TokenPurpose.FOLLOW,
    "/fr/status/confirm/": TokenPurpose.CONFIRM_EMAIL,
    "/fr/status/address/": TokenPurpose.CHANGE_ADDRESS,
    "/fr/status/download/": TokenPurpose.DOWNLOAD,
    "/fr/identity/code/": TokenPurpose.ON_FILE,
    "/fr/status/pass-phrase/": TokenPurpose.PASS_PHRASE,
}


def spent() -> int:
    return AccessToken.objects.filter(used_at__isnull=False).count()


@pytest.mark.parametrize("page", LINKS)
def test_a_link_opens_the_page_of_its_purpose_and_no_other(dominique, noa, page):
    dsr = states.asked(RECEIVED_AT, dominique, noa)
    before = spent()
    for purpose in TokenPurpose:
        _, code, link = tokens.issue(dsr, purpose, now=LATER)
        if purpose is LINKS[page]:
            assert Client().post(page.format(link)).status_code == 302, "the check can fail"
            before = spent()
        else:
            assert Client().get(page.format(link)).status_code == 410, purpose
            assert Client().post(page.format(link)).status_code == 410, purpose
            assert Client().post(page.format(code)).status_code == 410, "a code is no link"
            assert spent() == before, purpose


@pytest.mark.parametrize("page", [*LINKS, *CODES])
def test_a_link_of_another_tool_opens_the_page_of_hand_overs_and_no_other(dsr, page):
    token = handing.token(rights=["access"], at=LATER)
    before = spent()
    if page in LINKS:
        statuses = {Client().get(page.format(token)).status_code, Client().post(page.format(token)).status_code}
        assert statuses == ({200, 302} if "handover" in page else {410})
    else:
        client = opened(dsr)
        before = spent()
        assert client.post(page, {"code": token, "email": NEW}).status_code in (200, 302, 422)
    assert spent() == before


@pytest.mark.parametrize("page", CODES)
def test_a_code_is_taken_on_the_page_of_its_purpose_and_no_other(dominique: User, noa: User, page, clock):
    make = states.ready if "download" in page else states.asked if "identity" in page else states.received
    dsr = make(RECEIVED_AT, dominique, noa)
    choose_phrase(dsr, at=LATER - timedelta(days=1))
    dsr.refresh_from_db()
    client = opened(dsr)
    before = spent()

    def type_in(code: str):
        session = client.session
        session["sent"] = {"dsr": str(dsr.pk)}
        session[follow_views.FOLLOW] = {"dsr": str(dsr.pk), "by_address": False, "at": LATER.timestamp(), "codes": 1, "tries": 0}
        session.save()
        return client.post(page, {"code": code, "email": NEW, "phrase": PHRASE, "again": PHRASE})

    for purpose in TokenPurpose:
        if purpose is not CODES[page]:
            _, code, link = tokens.issue(dsr, purpose, now=LATER)
            for wrong in (code, link):
                answer = type_in(wrong)
                assert answer.status_code in (200, 422), (purpose, answer.status_code)
                assert answer["Content-Type"].startswith("text/html")
            assert spent() == before, purpose
    _, code, _ = tokens.issue(dsr, CODES[page], now=LATER)
    assert type_in(code).status_code == 302 or "download" in page
    assert spent() > before, "the check can fail"


def test_the_code_of_one_request_opens_no_other(dsr):
    other = receive(email="sacha@mail.example", name="Sacha Modèle")
    client = opened(dsr)
    _, code, _ = tokens.issue(other, TokenPurpose.CHANGE_ADDRESS, now=LATER)
    assert client.post("/fr/status/address/", {"code": code, "email": NEW}).status_code == 422
    other.refresh_from_db()
    assert other.email == "sacha@mail.example"


def test_the_logs_hold_no_secret_of_any_link():
    for page in LINKS:
        assert "s3cret" not in LINK.sub(r"\1…", "GET " + page.format("s3cret")), page


# Another address (SECURITY T2)


def ask_code(client: Client) -> None:
    assert step_of(client.post("/fr/status/address/code/")) == "address"


def test_a_new_address_takes_a_fresh_code_that_is_alone_in_its_mail(dsr, clock):
    client = opened(dsr)
    first = client.get("/fr/status/address/")
    assert "c•••••@etu.cesi.example" in first.content.decode()
    assert 'name="email"' not in first.content.decode(), "first the code"
    clock.shift(1)
    ask_code(client)
    mail = text_of(Message.objects.filter(reference=dsr.reference, kind="code").latest("created_at"))
    assert "changer" in mail or "adresse" in mail
    assert "/fr/" not in mail.replace("/fr/follow/\n", ""), "no link beside it"
    assert 'name="email"' in client.get("/fr/status/address/").content.decode()
    for code, email, wrong in (("", NEW, 1), ("12", NEW, 1), (code_in(dsr, "code"), "nouvelle", 1), ("", "", 2)):
        page = client.post("/fr/status/address/", {"code": code, "email": email})
        assert (page.status_code, len(errors_in(page))) == (422, wrong), (code, email)
    dsr.refresh_from_db()
    assert dsr.email == CAMILLE_EMAIL


def test_the_change_is_told_to_the_old_address_frozen_for_a_day_and_proven_by_the_new_one(dsr, clock):
    client = opened(dsr)
    clock.shift(61)
    elsewhere = opened(dsr)
    clock.shift(61)
    ask_code(client)
    code = code_in(dsr, "code")
    clock.shift(1)
    page = client.post("/fr/status/address/", {"code": code, "email": NEW}, follow=True)
    said = words(page)
    dsr.refresh_from_db()
    assert dsr.email == NEW
    assert Message.objects.get(reference=dsr.reference, kind="address_changed").recipient == CAMILLE_EMAIL
    until = dsr.address_frozen_until
    assert until is not None
    assert until - LATER < timedelta(hours=24, minutes=5)
    assert "rien ne peut être téléchargé avant le 13 mars 2026 à 10:3" in said, "the hour at the seat"
    assert "Confirmez votre e-mail" in said
    assert elsewhere.get("/fr/status/").status_code == 302, "what the old address had opened is closed"
    assert dsr.email_confirmed_at is None
    assert client.post("/fr/status/confirm/", {"code": "000000"}).status_code == 422
    assert step_of(client.get("/fr/status/confirm/code/")) == "status"
    assert "Attendez une minute" in words(client.post("/fr/status/confirm/code/", follow=True))
    done = client.post("/fr/status/confirm/", {"code": code_in(dsr, "code")}, follow=True)
    assert "Votre e-mail est confirmé." in words(done)
    dsr.refresh_from_db()
    assert dsr.email_confirmed_at is not None


def test_one_code_changes_the_address_once(dsr, clock):
    client = opened(dsr)
    clock.shift(1)
    ask_code(client)
    code = code_in(dsr, "code")
    assert client.post("/fr/status/address/", {"code": code, "email": NEW}).status_code == 302
    clock.shift(120)
    assert client.post("/fr/status/address/", {"code": code, "email": "autre@nouvelle.example"}).status_code == 422
    dsr.refresh_from_db()
    assert dsr.email == NEW
    assert dsr.events.filter(kind=EventKind.DELIVERY_CHANGED).count() == 1


def test_a_code_that_has_just_gone_to_the_old_address_does_not_stop_a_change(clock):
    """The acknowledgement carries one: whoever saw at once that the address was wrong was told to wait for a code."""
    dsr = receive(at=LATER)
    client = opened(dsr)
    clock.shift(5)
    ask_code(client)
    assert client.post("/fr/status/address/", {"code": code_in(dsr, "code"), "email": NEW}).status_code == 302
    assert Message.objects.filter(reference=dsr.reference, kind="code", recipient=NEW).count() == 1


def test_the_same_address_is_said_and_spends_nothing(dsr, clock):
    client = opened(dsr)
    clock.shift(1)
    ask_code(client)
    code = code_in(dsr, "code")
    page = client.post("/fr/status/address/", {"code": code, "email": CAMILLE_EMAIL})
    assert errors_in(page) == ["C’est déjà l’adresse de ce dossier. Écrivez-en une autre, ou ne changez rien."]
    assert client.post("/fr/status/address/", {"code": code, "email": NEW}).status_code == 302


def test_a_frozen_copy_shows_when_it_opens_and_offers_no_code(dominique, noa):
    dsr = states.ready(RECEIVED_AT, dominique, noa)
    choose_phrase(dsr)
    client = opened(dsr)
    assert "download/code" in client.get("/fr/status/").content.decode()
    DataSubjectRequest.objects.filter(pk=dsr.pk).update(address_frozen_until=datetime(2026, 3, 13, 8, 5, tzinfo=UTC))
    page = client.get("/fr/status/")
    assert "13 mars 2026 à 09:05" in words(page)
    assert "download/code" not in page.content.decode()
    assert "24 heures" in words(client.post("/fr/status/download/code/", follow=True))


@pytest.mark.parametrize("make", [states.closed, states.withdrawn])
def test_a_closed_request_changes_no_address(dominique, noa, make):
    dsr = make(RECEIVED_AT, dominique, noa)
    client = opened(dsr)
    assert "/status/address/" not in client.get("/fr/status/").content.decode()
    for answer in (client.get("/fr/status/address/"), client.post("/fr/status/address/code/")):
        assert step_of(answer) == "status"


def test_no_page_of_the_person_is_kept_and_no_address_names_them(dsr):
    client = opened(dsr)
    for page in ("", "easy/", "address/", "withdraw/"):
        answer = client.get(f"/fr/status/{page}")
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "no-store", page
        assert answer["Referrer-Policy"] == "same-origin"
        assert "Camille" not in title_of(answer)


TELLING = {
    "start",
    "notice",
    "mandate",
    "easy",
    "accessibility",
    "contact",
    "mails",
}  # nothing of anybody; mails: on this machine only


def test_every_page_that_may_hold_something_of_a_person_stays_in_no_cache_and_no_index(dsr):
    client, looked = opened(dsr), set()
    for route in urls_public.urlpatterns:
        if "<" in str(route.pattern) or route.name in TELLING:
            continue
        looked.add(route.name)
        answer = client.get(f"/fr/{route.pattern}")
        assert answer.status_code in (200, 302, 405), route.name
        kept = (answer.get("Cache-Control"), answer.get("X-Robots-Tag"), answer["Referrer-Policy"])
        assert kept == ("no-store", "noindex", "same-origin"), route.name
    assert len(looked) > 30
    assert "Cache-Control" not in client.get("/fr/contact/"), "the check can fail"
