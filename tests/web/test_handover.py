"""A form begun by a signed link of another tool: nothing asked twice, nothing believed, nothing changed by looking."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import resolve
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from dsar.access import PUBLIC, declared_roles
from dsar.domain.vocabulary import EventKind, RequestType
from dsar.models import DataSubjectRequest, HandTask, Suppression
from dsar.services import handover
from notifications.models import Message
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME
from tests.web.asking import answer, begin, send, step_of, title_of
from tests.web.desk import at_desk, words
from tests.web.handing import BASE, COOKIES_KEY, KEYS, NEWSLETTER_KEY, page, sealed, token

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
COOKIES = {"ga": "GA1.2.123.456", "hjsession": "hj-789", "visitor_id": "v-42"}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as moving:
        yield moving


@pytest.fixture(autouse=True)
def _tools(settings):
    settings.HANDOVER_KEYS, settings.PUBLIC_URL = list(KEYS), BASE


def values_of(client: Client, step: str, language: str = "fr") -> dict[str, str]:
    """What the boxes of a question hold."""
    html = client.get(f"/{language}/request/{step}/").content.decode()
    boxes = re.findall(r"<input type=\"(?:text|email)\"[^>]*>", html)
    named = {re.search(r'name="(\w+)"', box).group(1): re.search(r'value="([^"]*)"', box) for box in boxes}  # type: ignore[union-attr]
    return {name: value.group(1) if value else "" for name, value in named.items()}


def press(client: Client, made: str, language: str = "fr", **fields: str) -> Any:
    return client.post(page(made, language), fields)


def rows() -> list[int]:
    return [model.objects.count() for model in (DataSubjectRequest, Message, Session)]


# What is handed over is not asked again


@pytest.mark.parametrize(
    ("language", "title", "right"),
    [
        ("fr", "Une partie est déjà remplie", "Faire effacer mes données"),
        ("en", "Part of it is already filled in", "Have my data erased"),
    ],
)
def test_the_page_shows_what_was_handed_over_and_has_one_button(language: str, title: str, right: str):
    made = token(rights=["erasure"], email=CAMILLE_EMAIL, site="bordeaux", **COOKIES)
    shown = Client().get(page(made, language))
    said = words(shown)
    assert (shown.status_code, title_of(shown).startswith(title)) == (200, True)
    assert right in said
    assert "c•••••@etu.cesi.example" in said, "who looks over a shoulder learns no address"
    assert CAMILLE_EMAIL not in shown.content.decode()
    assert "Bordeaux" in said
    assert "_ga, _hjSessionUser, visitor_id" in said
    assert COOKIES["ga"] not in shown.content.decode()
    assert shown.content.decode().count("<button") == 1


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_form_goes_on_with_the_first_question_that_is_still_open_and_is_filled_in_to_the_end(language: str):
    client = Client()
    made = token(rights=["erasure", "access"], email=CAMILLE_EMAIL, site="bordeaux", **COOKIES)
    assert press(client, made, language)["Location"] == f"/{language}/request/who/"
    assert step_of(answer(client, "who", language, kind="self")) == "tie"
    assert '<option value="bordeaux" selected>' in client.get(f"/{language}/request/tie/").content.decode()
    assert step_of(answer(client, "tie", language, tie="other", site="bordeaux")) == "contact"
    filled = values_of(client, "contact", language)
    assert filled | {"name": "", "email": CAMILLE_EMAIL, **COOKIES} == filled
    assert step_of(answer(client, "contact", language, **{**filled, "name": CAMILLE_NAME})) == "help"
    assert step_of(answer(client, "help", language)) == "check"
    assert step_of(send(client, language)) == "sent"
    dsr = DataSubjectRequest.objects.get()
    assert [part.right for part in dsr.parts.order_by("pk")] == ["access", "erasure"]
    assert (dsr.email, dsr.site, dsr.language, dsr.data_subject_name) == (CAMILLE_EMAIL, "bordeaux", language, CAMILLE_NAME)
    assert dsr.identifiers == {kind: [value] for kind, value in COOKIES.items()}


def test_stop_advertising_alone_skips_ahead_and_is_carried_out_at_once():
    client = Client()
    assert step_of(press(client, token(NEWSLETTER_KEY, rights=["marketing_objection"], email=CAMILLE_EMAIL))) == "contact"
    assert "tout ce qu’il nous faut" in client.get("/fr/request/contact/").content.decode()
    assert step_of(answer(client, "contact", name=CAMILLE_NAME, email=values_of(client, "contact")["email"])) == "check"
    assert Suppression.objects.count() == 0, "nothing before the person has sent it"
    send(client)
    assert "La publicité est arrêtée" in client.get("/fr/request/sent/").content.decode()
    assert Suppression.objects.count() == 1


def test_an_agreement_withdrawn_on_a_cookie_page_answers_both_pages_of_the_first_question():
    client = Client()
    assert step_of(press(client, token(rights=["withdrawal"], **COOKIES))) == "who"
    answer(client, "who", kind="self")
    answer(client, "tie", tie="other")
    answer(client, "contact", **{**values_of(client, "contact"), "name": CAMILLE_NAME, "email": CAMILLE_EMAIL})
    answer(client, "help", withdrawal="Les cookies de mesure.")
    send(client)
    dsr = DataSubjectRequest.objects.get()
    assert [part.right for part in dsr.parts.all()] == [RequestType.WITHDRAWAL]
    assert HandTask.objects.filter(part__dsr=dsr).exists(), "at once, as everywhere"


def test_several_wishes_stand_in_the_order_of_the_page_each_once():
    client = Client()
    wishes = ["objection", "erasure", "access", "withdrawal", "access"]
    assert step_of(press(client, token(rights=wishes))) == "who"
    html = client.get("/fr/request/what/").content.decode()
    ticked = re.findall(r'value="(\w+)"[^>]*checked', html)
    assert ticked == ["access", "erasure", "other"]
    assert re.findall(r'value="(\w+)"[^>]*checked', client.get("/fr/request/other/").content.decode()) == [
        "objection",
        "withdrawal",
    ]


def test_not_sure_clears_the_rest_as_it_does_on_the_page():
    client = Client()
    press(client, token(rights=["unspecified", "erasure", "objection"]))
    assert re.findall(r'value="(\w+)"[^>]*checked', client.get("/fr/request/what/").content.decode()) == ["unspecified"]
    assert step_of(client.get("/fr/request/other/")) == "who", "that question does not apply"


def test_a_link_that_says_nothing_opens_the_form_at_its_first_question():
    client = Client()
    assert step_of(press(client, token())) == "what"
    assert "checked" not in client.get("/fr/request/what/").content.decode()


# Where it came from


def test_the_request_keeps_which_tool_began_it_and_staff_read_it(dominique):
    client = Client()
    press(client, token(NEWSLETTER_KEY, rights=["marketing_objection"], email=CAMILLE_EMAIL, by="cookies", tool="cookies"))
    answer(client, "contact", name=CAMILLE_NAME, email=CAMILLE_EMAIL)
    send(client)
    dsr = DataSubjectRequest.objects.get()
    received = dsr.events.get(kind=EventKind.RECEIVED)
    assert received.data["handed_over_by"] == "newsletter", "the key names the tool, whatever the link says"
    assert "commencée par un lien de « newsletter »" in words(at_desk(dominique).get(f"/fr/office/case/{dsr.reference}/"))


def test_a_form_that_nobody_began_elsewhere_says_nothing_of_it():
    client = Client()
    begin(client)
    answer(client, "what", rights=["marketing_objection"])
    answer(client, "contact", name=CAMILLE_NAME, email=CAMILLE_EMAIL)
    send(client)
    assert "handed_over_by" not in DataSubjectRequest.objects.get().events.get(kind=EventKind.RECEIVED).data


# Nothing is believed


def test_a_handed_over_address_proves_nothing():
    client = Client()
    press(client, token(NEWSLETTER_KEY, rights=["marketing_objection"], email=CAMILLE_EMAIL, confirmed=CAMILLE_EMAIL))
    answer(client, "contact", name=CAMILLE_NAME, email=CAMILLE_EMAIL)
    send(client)
    dsr = DataSubjectRequest.objects.get()
    assert (dsr.email_confirmed_at, dsr.identified_at) == (None, None)
    assert Message.objects.filter(reference=dsr.reference, kind="acknowledgement").exists(), "with the code that proves it"


def test_a_link_chooses_neither_who_asks_nor_the_channel_nor_the_day_and_mails_nobody():
    client = Client()
    made = token(
        rights=["access"], email=CAMILLE_EMAIL, name="Sacha Modèle", kind="mandate", who={"kind": "child"}, channel="post",
        received_at="2026-01-01T00:00:00Z", at_check=True, kept="x", token="0" * 32, delivery="post", number="12345",
        contact={"name": "Sacha Modèle", "email": CAMILLE_EMAIL}, language="en",
    )  # fmt: skip
    assert press(client, made)["Location"] == "/fr/request/who/"
    assert "checked" not in client.get("/fr/request/who/").content.decode()
    assert (DataSubjectRequest.objects.count(), Message.objects.count()) == (0, 0)
    answer(client, "who", kind="self")
    answer(client, "tie", tie="student")
    filled = values_of(client, "contact")
    assert (filled["name"], filled["number"]) == ("", "")
    answer(client, "contact", name=CAMILLE_NAME, email=CAMILLE_EMAIL)
    answer(client, "help")
    send(client)
    dsr = DataSubjectRequest.objects.get()
    assert (dsr.channel, dsr.received_at, dsr.subject_kind, dsr.language) == ("form", NOON, "self", "fr")
    assert (dsr.data_subject_name, dsr.idempotency_key == "0" * 32, dsr.postal_address) == (CAMILLE_NAME, False, "")


def test_the_person_may_change_all_that_was_handed_over():
    client = Client()
    press(client, token(rights=["marketing_objection"], email=CAMILLE_EMAIL, **COOKIES))
    answer(client, "contact", name=CAMILLE_NAME, email="autre@mail.example", ga="", hjsession="", visitor_id="")
    assert values_of(client, "contact") | {"email": "autre@mail.example", "ga": "", "visitor_id": ""} == values_of(
        client, "contact"
    )
    assert step_of(answer(client, "what", rights=["access"])) == "who"
    for step, given_ in (("who", {"kind": "self"}), ("tie", {"tie": "student"}), ("help", {})):
        answer(client, step, **given_)
    send(client)
    dsr = DataSubjectRequest.objects.get()
    assert (dsr.email, dsr.identifiers, [part.right for part in dsr.parts.all()]) == ("autre@mail.example", {}, ["access"])


# Looking changes nothing; pressing twice does no harm


def test_looking_any_number_of_times_changes_nothing():
    made = token(rights=["erasure"], email=CAMILLE_EMAIL)
    client = Client()
    begin(client)
    answer(client, "what", rights=["portability"])
    before, session = rows(), dict(client.session)
    for _ in range(20):
        assert client.get(page(made)).status_code == 200
        assert client.head(page(made)).status_code == 200
        assert Client().get(page(made)).status_code == 200
    assert (rows(), dict(client.session)) == (before, session)
    assert "checked" in client.get("/fr/request/what/").content.decode()
    for method in ("put", "patch", "delete", "options"):
        assert getattr(client, method)(page(made)).status_code == 405


def test_a_second_press_goes_on_with_the_form_that_the_first_one_began():
    client = Client()
    made = token(rights=["access"], email=CAMILLE_EMAIL)
    assert step_of(press(client, made)) == step_of(press(client, made)) == "who"
    answer(client, "who", kind="self")
    answer(client, "tie", tie="student")
    assert "déjà commencé" not in words(client.get(page(made))), "it is the same form"
    assert step_of(press(client, made)) == "contact", "what was answered meanwhile is still there"
    answer(client, "contact", name=CAMILLE_NAME, email=CAMILLE_EMAIL)
    answer(client, "help")
    assert step_of(press(client, made)) == "check"
    send(client)
    assert step_of(press(client, made)) == "already"
    assert DataSubjectRequest.objects.count() == 1
    assert "Votre demande est déjà envoyée" in words(client.get("/fr/request/sent/already/"))


@pytest.mark.parametrize(
    ("language", "said"),
    [("fr", "Vous avez déjà commencé un formulaire dans ce navigateur"), ("en", "You have already begun a form in this browser")],
)
def test_answers_given_before_are_replaced_only_by_who_was_told(language: str, said: str):
    client = Client()
    made = token(rights=["erasure"])
    unaware = client.get(page(made, language))
    assert said not in words(unaware)
    begin(client, language)
    answer(client, "what", language, rights=["access"])
    answer(client, "who", language, kind="self")
    again = press(client, made, language)  # the button of the page that was open before
    assert (again.status_code, said in words(again)) == (200, True)
    assert f'href="/{language}/request/tie/"' in again.content.decode(), "the way back to them"
    assert "checked" in client.get(f"/{language}/request/who/").content.decode(), "they are still there"
    instead = re.search(r'name="instead_of" value="(\w+)"', client.get(page(made, language)).content.decode())
    assert instead
    assert press(client, made, language, instead_of="0" * 32).status_code == 200
    assert step_of(press(client, made, language, instead_of=instead.group(1))) == "who"
    assert "checked" not in client.get(f"/{language}/request/who/").content.decode()


def test_a_form_that_was_only_opened_loses_nothing_and_is_not_asked_about():
    client = Client()
    begin(client)
    assert "déjà commencé" not in words(client.get(page(token(rights=["access"]))))
    assert step_of(press(client, token(rights=["access"]))) == "who"


def test_words_that_wait_for_their_question_are_not_lost_in_silence_either():
    client = Client()
    answer(client, "contact", name=CAMILLE_NAME, email=CAMILLE_EMAIL)  # the earlier answers were gone
    made = token(rights=["access"])
    assert "déjà commencé" in words(client.get(page(made)))
    assert press(client, made).status_code == 200
    assert step_of(answer(client, "what", rights=["marketing_objection"])) == "contact"
    assert values_of(client, "contact")["name"] == CAMILLE_NAME


def test_two_tabs_with_links_of_two_tools_do_not_mix():
    client = Client()
    first, second = (
        token(rights=["erasure"], **COOKIES),
        token(NEWSLETTER_KEY, rights=["marketing_objection"], email=CAMILLE_EMAIL),
    )
    client.get(page(first))
    other_tab = client.get(page(second))
    assert other_tab.status_code == 200
    press(client, first)
    asked = press(client, second)
    assert asked.status_code == 200
    instead = re.search(r'name="instead_of" value="(\w+)"', asked.content.decode())
    assert instead
    assert step_of(press(client, second, instead_of=instead.group(1))) == "contact"
    assert values_of(client, "contact") | {"email": CAMILLE_EMAIL, "ga": ""} == values_of(client, "contact")


def test_another_browser_gets_a_form_of_its_own_and_sees_nothing_of_the_first():
    made = token(rights=["marketing_objection"], email=CAMILLE_EMAIL)
    first, second = Client(), Client()
    press(first, made)
    answer(first, "contact", name=CAMILLE_NAME, email=CAMILLE_EMAIL)
    send(first)
    assert step_of(press(second, made)) == "contact"
    assert values_of(second, "contact")["name"] == ""
    assert step_of(second.get("/fr/request/sent/")) == "follow"


# What opens nothing

FOREIGN = Fernet(b"Zm9yZWlnbi1mb3JlaWduLWZvcmVpZ24tZm9yZWlnbi0=")
BAD: dict[str, Any] = {
    "nothing of ours": lambda: "abc",
    "a key that we do not have": lambda: FOREIGN.encrypt_at_time(b"{}", int(NOON.timestamp())).decode().rstrip("="),
    "made a day ago": lambda: token(rights=["access"], at=NOON - timedelta(hours=24)),
    "made tomorrow": lambda: token(rights=["access"], at=NOON + timedelta(seconds=61)),
    "for another installation": lambda: token(rights=["access"], base="https://rehearsal.example"),
    "for no page": lambda: sealed(b'{"rights": ["access"]}'),
    "no JSON": lambda: sealed(b"rights=access"),
    "no text": lambda: sealed(b"\xff\xfe"),
    "a list": lambda: sealed(b"[]"),
    "very deep": lambda: sealed(b"[" * 1100),
    "too long": lambda: token(rights=["access"], note="x" * 2048),
    "with its padding": lambda: token(rights=["access"]) + "=",
    "with a dot": lambda: token(rights=["access"]) + ".",
    "with a letter that no alphabet has": lambda: token(rights=["access"]) + "é",
    "cut": lambda: token(rights=["access"])[:-1],
}


@pytest.mark.parametrize(
    ("language", "title", "way_on"),
    [("fr", "Ce lien n’est plus valable", "Ouvrir le formulaire"), ("en", "This link is no longer valid", "Open the form")],
)
def test_whichever_the_reason_a_link_that_opens_nothing_gets_the_same_page_with_the_way_to_the_form(language, title, way_on):
    client = Client()
    assert client.get(page(token(rights=["access"]), language)).status_code == 200, "the check can fail"
    seen = set()
    for why, make in BAD.items():
        made = make()
        for response in (client.get(page(made, language)), client.post(page(made, language))):
            html = response.content.decode()
            assert response.status_code == 410, why
            seen.add(
                (
                    re.sub(r"/handover/[^\"]*/", "/handover/…/", html),
                    str(sorted(response.headers.items())).replace(str(len(html.encode())), ""),
                )
            )
        assert title in words(response)
        assert way_on in words(response)
        assert f'class="btn" href="/{language}/"' in html
    bodies = {body for body, _ in seen}
    assert len(bodies) == 1
    assert rows() == [0, 0, 0]


def test_a_link_lives_for_a_day(clock):
    client = Client()
    made = token(rights=["access"])
    clock.move_to(NOON + timedelta(hours=23, minutes=59, seconds=59))
    assert client.get(page(made)).status_code == 200
    clock.move_to(NOON + timedelta(hours=24))
    assert client.get(page(made)).status_code == 410
    assert press(client, made).status_code == 410, "the page was open meanwhile"


def test_a_tool_whose_clock_is_a_minute_ahead_is_heard():
    assert Client().get(page(token(at=NOON + timedelta(seconds=60)))).status_code == 200


def test_the_older_key_of_a_tool_counts_until_it_is_dropped(settings):
    old, new = COOKIES_KEY, Fernet.generate_key().decode()
    made = token(old, rights=["access"])
    settings.HANDOVER_KEYS = [("cookies", new), ("cookies", old)]
    assert Client().get(page(made)).status_code == 200
    by_us = handover.make_link("cookies", {"rights": ["access"]}, language="fr", now=NOON)
    settings.HANDOVER_KEYS = [("cookies", new)]
    assert Client().get(page(made)).status_code == 410
    assert Client().get(by_us.removeprefix(BASE)).status_code == 200, "links are made with the newest"
    settings.HANDOVER_KEYS = [("newsletter", NEWSLETTER_KEY)]
    assert Client().get(page(made)).status_code == 410


def test_without_keys_there_is_no_such_page(settings):
    made = token(rights=["access"])
    assert Client().get(page(made)).status_code == 200
    settings.HANDOVER_KEYS = []
    assert Client().get(page(made)).status_code == 404
    assert press(Client(), made).status_code == 404


def test_a_token_changed_at_any_place_says_nothing():
    made = token(rights=["access"])
    assert handover.read(made, now=NOON).said["rights"] == ["access"]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for place, letter in enumerate(made):
        for other in (alphabet[(alphabet.index(letter) + 1) % 64], alphabet[alphabet.index(letter) ^ 32], "=", "."):
            with pytest.raises(handover.LinkRefused):
                handover.read(made[:place] + other + made[place + 1 :], now=NOON)
        with pytest.raises(handover.LinkRefused):
            handover.read(made[:place], now=NOON)


@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=2100))
def test_no_text_is_a_token(text: str):
    with pytest.raises(handover.LinkRefused):
        handover.read(text, now=NOON)


# What the form would refuse is asked, as if it had not been said


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ({"rights": ["access", "everything"]}, "what"),
        ({"rights": ["other"]}, "what"),
        ({"rights": "access"}, "what"),
        ({"rights": [["access"]]}, "what"),
        ({"rights": {"access": True}}, "what"),
        ({"rights": ["access"], "site": "elsewhere"}, "who"),
        ({"rights": ["access"], "site": 7}, "who"),
        ({"rights": ["access"], "email": "camille@localhost"}, "who"),
        ({"rights": ["access"], "email": "a@mail.example, b@mail.example"}, "who"),
        ({"rights": ["access"], "email": [CAMILLE_EMAIL]}, "who"),
        ({"rights": ["access"], "ga": "x" * 101}, "who"),
    ],
)
def test_what_cannot_be_read_is_said_and_asked(said: dict[str, Any], first: str):
    client = Client()
    made = token(**said)
    assert "Nous n’avons pas pu tout lire" in words(client.get(page(made)))
    assert "could not read all of it" in words(client.get(page(made, "en")))
    assert step_of(press(client, made)) == first
    if first == "what":
        assert "checked" not in client.get("/fr/request/what/").content.decode()
    else:
        answer(client, "who", kind="self")
        assert '<option value="" selected>' in client.get("/fr/request/tie/").content.decode()
        answer(client, "tie", tie="student")
        assert {values_of(client, "contact")[name] for name in ("email", "ga")} == {""}


def test_a_link_that_is_read_whole_says_nothing_of_the_kind():
    shown = Client().get(page(token(rights=["access"], email=CAMILLE_EMAIL, site="bordeaux", extra="of a newer tool", **COOKIES)))
    assert "pas pu tout lire" not in words(shown)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=12)
    | st.sampled_from(["access", "withdrawal", "bordeaux", CAMILLE_EMAIL]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["rights", "site", "email", "ga", "hjsession", "visitor_id", "who", "by", "link"]), JSON))
def test_whatever_a_tool_says_the_form_opens_at_a_question(said: dict[str, Any]):
    client = Client()
    made = token(**said)
    assert len(made) <= handover.LONGEST
    assert client.get(page(made)).status_code == 200
    pressed = press(client, made)
    assert step_of(pressed) in ("what", "who", "contact")
    assert client.get(pressed["Location"]).status_code == 200


def test_hostile_words_of_a_tool_are_shown_as_words():
    client = Client()
    press(client, token(rights=["marketing_objection"], ga='"><script>alert(1)</script>'))
    assert "<script>alert" not in client.get("/fr/request/contact/").content.decode()


# The page itself


def test_the_page_is_kept_nowhere_and_named_nowhere():
    for response in (Client().get(page(token(rights=["access"]))), Client().get(page("abc"))):
        assert response["Cache-Control"] == "no-store"
        assert response["X-Robots-Tag"] == "noindex"
        assert response["Referrer-Policy"] == "same-origin"
    assert declared_roles(resolve(page("abc"))) == PUBLIC


def test_a_press_from_another_site_is_refused():
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(page(token(rights=["access"]))).status_code == 403


def test_the_session_holds_neither_the_token_nor_an_address_in_clear():
    client = Client()
    made = token(rights=["marketing_objection"], email=CAMILLE_EMAIL)
    press(client, made)
    answer(client, "contact", name=CAMILLE_NAME, email=CAMILLE_EMAIL)
    assert client.session["draft"]
    for moment in ("filled in", "sent"):
        stored = json.dumps(dict(client.session))
        assert made not in stored, moment
        assert CAMILLE_EMAIL not in stored, moment
        if moment == "filled in":
            send(client)
