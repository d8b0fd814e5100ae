"""Following a request without an account: the same answer to all, and one person's page for that person alone."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from dsar.domain.vocabulary import RequestType
from dsar.models import AccessToken, DataSubjectRequest
from dsar.services import tell
from dsar.views.public import follow as follow_views
from notifications.models import Message
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME, SACHA_EMAIL
from tests.stories import RECEIVED_AT, code_in, receive, text_of
from tests.web.asking import errors_in, step_of, title_of
from tests.web.following import enter

pytestmark = pytest.mark.django_db
LATER = RECEIVED_AT + timedelta(days=10)  # Friday 20 March 2026
EVEN = follow_views.SAME_SECONDS  # as the product has it; no other test waits


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(LATER, tick=False) as moving:
        yield moving


@pytest.fixture
def dsr() -> DataSubjectRequest:
    return receive()


def follow(client: Client, known_by: str, language: str = "fr"):
    return client.post(f"/{language}/follow/", {"known_by": known_by})


def link_in(dsr: DataSubjectRequest, kind: str) -> str:
    import re

    text = text_of(Message.objects.filter(reference=dsr.reference, kind=kind).latest("created_at"))
    return re.search(r"https?://[^/\s\"]+(/fr/(?:confirm|follow/open)/[\w-]+/)", text).group(1)  # type: ignore[union-attr]


@pytest.mark.parametrize("spelling", [str, str.lower, lambda text: text.replace("-", ""), lambda text: f"  {text} "])
def test_a_reference_is_understood_however_it_is_typed(client: Client, dsr: DataSubjectRequest, spelling):
    follow(client, spelling(dsr.reference))
    assert Message.objects.filter(reference=dsr.reference, kind="code").count() == 1


def test_an_address_finds_its_newest_request(client: Client, dsr: DataSubjectRequest):
    newer = receive(at=RECEIVED_AT + timedelta(days=1))
    follow(client, CAMILLE_EMAIL.upper())
    assert [message.reference for message in Message.objects.filter(kind="code")] == [newer.reference]


def test_the_code_opens_the_page_of_this_request(client: Client, dsr: DataSubjectRequest):
    enter(client, dsr)
    page = client.get("/fr/status/")
    assert title_of(page).startswith("Nous avons reçu votre demande, réponse au plus tard le 9 avril 2026")
    assert CAMILLE_NAME in page.content.decode()
    assert "il reste 20 jours" in page.content.decode()


def test_the_code_of_a_stranger_opens_nothing(client: Client, dsr: DataSubjectRequest):
    sacha = receive(email=SACHA_EMAIL, name="Sacha Modèle")
    follow(client, dsr.reference)
    follow(Client(), sacha.reference)
    page = client.post("/fr/follow/code/", {"code": code_in(sacha, "code")})
    assert errors_in(page)
    assert client.get("/fr/status/").status_code == 302


def test_known_and_unknown_get_the_same_answer_to_the_byte(dsr: DataSubjectRequest):
    import re

    def seen(known_by: str) -> list[object]:
        client = Client()
        first = follow(client, known_by)
        page = client.get("/fr/follow/code/")
        wrong = client.post("/fr/follow/code/", {"code": "000000" if code_in(dsr, "acknowledgement") != "000000" else "111111"})
        bodies = [re.sub(rb'value="[\w]{64}"', b"", answer.content) for answer in (first, page, wrong)]
        headers = [sorted((k, v) for k, v in answer.items() if k != "Content-Length") for answer in (first, page, wrong)]
        return [[first.status_code, page.status_code, wrong.status_code], bodies, headers, sorted(first.cookies)]

    known = seen(dsr.reference)
    assert seen("CE-7K4M-2XQ9") == known
    assert seen("personne@nulle-part.example") == known
    assert seen(CAMILLE_EMAIL) == known


def test_known_and_unknown_wait_for_the_same_even_answer(dsr: DataSubjectRequest, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(follow_views, "SAME_SECONDS", EVEN)
    for known_by in (dsr.reference, "CE-7K4M-2XQ9", "personne@nulle-part.example"):
        began = time.perf_counter()
        follow(Client(), known_by)
        # Not how long: a busy machine is slower. Never sooner than the even answer, so that no look-up shows through.
        assert time.perf_counter() - began >= EVEN > 0.2


def test_a_code_works_once_for_fifteen_minutes_and_five_tries(client: Client, dsr: DataSubjectRequest, clock):
    enter(client, dsr)
    other = Client()
    clock.shift(61)
    follow(other, dsr.reference)
    code = code_in(dsr, "code")
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(5):
        assert errors_in(other.post("/fr/follow/code/", {"code": wrong}))
    assert errors_in(other.post("/fr/follow/code/", {"code": code})) == [
        "Trop d’essais avec un mauvais code. Demandez-en un nouveau."
    ]
    clock.shift(61)
    assert step_of(other.post("/fr/follow/code/new/")) == "code"
    clock.shift(15 * 60 + 1)
    late = other.post("/fr/follow/code/", {"code": code_in(dsr, "code")})
    assert errors_in(late) == ["Ce code n’est plus valable. Demandez-en un nouveau."]


def test_a_new_code_waits_a_minute(client: Client, dsr: DataSubjectRequest, clock):
    follow(client, dsr.reference)
    assert "Attendez une minute" in client.post("/fr/follow/code/new/", follow=True).content.decode()
    clock.shift(61)
    assert "un nouveau code vient de partir" in client.post("/fr/follow/code/new/", follow=True).content.decode()


def test_a_link_opened_a_hundred_times_by_a_scanner_still_works_for_the_person(client: Client, dsr: DataSubjectRequest):
    follow(client, dsr.reference)
    link = link_in(dsr, "code")
    for _ in range(50):
        assert client.get(link).status_code == 200
        assert client.head(link).status_code == 200
    assert AccessToken.objects.filter(used_at__isnull=False).count() == 0
    assert step_of(client.post(link)) == "status"
    assert client.get("/fr/status/").status_code == 200
    assert title_of(client.post(link)).startswith("Ce lien n’est plus valable")


def test_the_link_of_the_acknowledgement_confirms_the_address_by_its_button_alone(client: Client):
    with time_machine.travel(RECEIVED_AT, tick=False):
        dsr = receive()
        link = link_in(dsr, "acknowledgement")
        client.get(link)
        dsr.refresh_from_db()
        assert dsr.email_confirmed_at is None
        page = client.post(link, follow=True)
    dsr.refresh_from_db()
    assert dsr.email_confirmed_at is not None
    assert title_of(page).startswith("Votre e-mail est confirmé")
    assert page.redirect_chain == [("/fr/confirm/", 302)], "nothing of the link is left in the address"


def test_a_link_of_one_kind_opens_nothing_of_another(client: Client, dsr: DataSubjectRequest):
    follow(client, dsr.reference)
    secret = link_in(dsr, "code").rstrip("/").rsplit("/", 1)[-1]
    assert client.post(f"/fr/confirm/{secret}/").status_code == 410
    assert client.post(f"/fr/follow/open/{'x' * 32}/").status_code == 410


def test_the_session_ends_after_thirty_quiet_minutes(client: Client, dsr: DataSubjectRequest, clock):
    enter(client, dsr)
    clock.shift(29 * 60)
    assert client.get("/fr/status/").status_code == 200
    clock.shift(29 * 60)
    assert client.get("/fr/status/").status_code == 200, "a look is a sign"
    clock.shift(30 * 60)
    page = client.get("/fr/status/", follow=True)
    assert title_of(page).startswith("Suivre ma demande")
    assert "30 minutes" in page.content.decode()


def test_a_page_that_looks_for_news_by_itself_does_not_keep_the_session(client: Client, dsr: DataSubjectRequest, clock):
    enter(client, dsr)
    for _ in range(2):
        clock.shift(14 * 60)
        assert client.get("/fr/status/", headers={"X-Looking": "1"}).status_code == 200
    clock.shift(2 * 60)
    assert client.get("/fr/status/", headers={"X-Looking": "1"}).status_code == 302


def test_opening_the_page_changes_the_session_key(client: Client, dsr: DataSubjectRequest):
    follow(client, dsr.reference)
    before = client.session.session_key
    client.post("/fr/follow/code/", {"code": code_in(dsr, "code")})
    assert client.session.session_key != before


def test_signing_out_asks_the_browser_to_forget(client: Client, dsr: DataSubjectRequest):
    enter(client, dsr)
    response = client.post("/fr/status/sign-out/")
    assert '"cache"' in response["Clear-Site-Data"]
    assert title_of(client.get("/fr/follow/signed-out/")).startswith("Votre session est fermée")
    assert client.get("/fr/status/").status_code == 302


def test_nothing_happens_by_get(client: Client, dsr: DataSubjectRequest):
    enter(client, dsr)
    for path in ("write", "sign-out", "download/code", "download/again"):
        assert client.get(f"/fr/status/{path}/").status_code == 302
    assert client.get("/fr/status/").status_code == 200, "not signed out"
    assert not dsr.events.filter(kind="message_from_subject").exists()
    client.get("/fr/status/withdraw/")
    dsr.refresh_from_db()
    assert dsr.status != "closed"


def test_a_message_reaches_the_case_and_shows_on_the_page(client: Client, dsr: DataSubjectRequest):
    enter(client, dsr)
    page = client.post("/fr/status/write/", {"words": "J'étais à Lyon, puis à Bordeaux.\n<b>gras</b>"}, follow=True)
    html = page.content.decode()
    assert "Votre message nous est parvenu." in html
    assert "J&#x27;étais à Lyon, puis à Bordeaux.<br>&lt;b&gt;gras&lt;/b&gt;" in html
    assert dsr.events.filter(kind="message_from_subject", actor_kind="data_subject").count() == 1


def test_an_empty_message_is_told_and_a_long_one_kept(client: Client, dsr: DataSubjectRequest):
    enter(client, dsr)
    assert errors_in(client.post("/fr/status/write/", {"words": " "})) == ["Écrivez votre message, ou choisissez un fichier"]
    page = client.post("/fr/status/write/", {"words": "z" * 2001})
    assert "Raccourcissez" in errors_in(page)[0]
    assert "z" * 2001 in page.content.decode()


def test_our_messages_stand_beside_theirs(client: Client, dsr: DataSubjectRequest, dominique):
    tell.write_to_subject(dsr_id=dsr.pk, officer=dominique, words="Merci, nous avons ajouté Lyon.", now=LATER)
    enter(client, dsr)
    html = client.get("/fr/status/").content.decode()
    assert "Merci, nous avons ajouté Lyon." in html
    assert "Équipe protection des données" in html
    assert "dominique" not in html.lower(), "a team answers, and not a person by name"


def test_withdrawing_says_what_it_means_and_stops_the_request(client: Client, dsr: DataSubjectRequest):
    enter(client, dsr)
    assert "Ce qui est fait reste fait" in client.get("/fr/status/withdraw/").content.decode()
    page = client.post("/fr/status/withdraw/", follow=True)
    assert title_of(page).startswith("Vous avez retiré cette demande")
    dsr.refresh_from_db()
    assert dsr.status == "closed"
    assert "Retirer" not in page.content.decode()


@pytest.mark.parametrize(
    ("today", "sentence"),
    [
        (datetime(2026, 4, 6, 10, tzinfo=UTC), "jeudi 9 avril 2026"),
        (datetime(2026, 4, 9, 10, tzinfo=UTC), "Aujourd’hui au plus tard"),
        (datetime(2026, 4, 11, 10, tzinfo=UTC), "Nous avons 2 jours de retard"),
    ],
)
def test_the_deadline_speaks_plainly_in_its_last_days(client: Client, dsr: DataSubjectRequest, clock, today, sentence):
    clock.move_to(today)
    enter(client, dsr)
    page = client.get("/fr/status/").content.decode()
    assert sentence in page
    assert ("saisir la" in page) or "CNIL" in page


def test_stopping_advertising_needs_no_identity_and_says_so(client: Client):
    dsr = receive(RequestType.MARKETING_OBJECTION)
    enter(client, dsr)
    html = client.get("/fr/status/").content.decode()
    assert "Nous exécutons votre demande" in html
    assert "Nous vérifions que c’est bien vous" not in html


def test_a_request_without_an_address_sends_no_code_and_looks_the_same(client: Client):
    dsr = receive(email="", postal_address="1 rue des Tests")
    assert step_of(follow(client, dsr.reference)) == "code"
    assert list(Message.objects.filter(reference=dsr.reference).values_list("kind", "state")) == [("acknowledgement", "to_post")]
