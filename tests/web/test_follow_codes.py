"""The page of the code: the same work for everybody, tries that are counted down, another way when no mail comes."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dsar.domain.vocabulary import TokenPurpose
from dsar.models import DataSubjectRequest
from dsar.services import tokens
from notifications.models import Message
from tests.people import CAMILLE_EMAIL
from tests.stories import RECEIVED_AT, code_in, receive
from tests.web.asking import errors_in, step_of, title_of
from tests.web.desk import words

pytestmark = pytest.mark.django_db
LATER = RECEIVED_AT + timedelta(days=2)  # Thursday 12 March 2026
UNKNOWN = ("CE-7K4M-2XQ9", "personne@nulle-part.example")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(LATER, tick=False) as moving:
        yield moving


@pytest.fixture
def dsr() -> DataSubjectRequest:
    return receive()


def wrong_for(dsr: DataSubjectRequest) -> str:
    return f"{(int(code_in(dsr, 'code')) + 1) % 1_000_000:06d}"


def asked(known_by: str, language: str = "fr") -> Client:
    client = Client()
    assert step_of(client.post(f"/{language}/follow/", {"known_by": known_by})) == "code"
    return client


# SECURITY T16


def test_a_wrong_code_costs_the_same_queries_bytes_and_headers_whoever_is_asked_for(dsr):
    client = asked(dsr.reference)
    wrong = wrong_for(dsr)

    def tried(client: Client) -> list[object]:
        seen: list[object] = []
        for _ in range(7):  # beyond the fifth, when the session's tries are used up
            with CaptureQueriesContext(connection) as queries:
                page = client.post("/fr/follow/code/", {"code": wrong})
            tables = [re.sub(r"\s.*", "", query["sql"]) + str(re.findall(r'"dsar_\w+"', query["sql"])[:1]) for query in queries]
            body = re.sub(rb'value="[\w]{64}"', b"", page.content)
            seen.append((page.status_code, body, sorted(page.items()), tables))
        return seen

    tried(asked("CE-9ZZZ-2XQ9"))  # the first of the hour begins the count of its network
    known = tried(client)
    assert known[0] != known[-1], "the tries are counted"
    assert any("UPDATE" in str(table) and "accesstoken" in str(table) for table in known[0][3]), "a try is written"  # type: ignore[index]
    for known_by in (*UNKNOWN, CAMILLE_EMAIL):
        for one, other in zip(tried(asked(known_by)), known, strict=True):
            for mine, theirs in zip(one, other, strict=True):  # type: ignore[call-overload]
                assert mine == theirs, known_by


def test_tries_that_somebody_else_used_up_look_like_any_wrong_code(dsr):
    client = asked(dsr.reference)
    dsr.tokens.filter(purpose=TokenPurpose.FOLLOW).update(tries=tokens.TRIES)
    stranger = asked(UNKNOWN[0])
    for one in (client, stranger):
        with CaptureQueriesContext(connection) as queries:
            page = one.post("/fr/follow/code/", {"code": "000000"})
        assert "Il vous reste 4 essais" in errors_in(page)[0]
        assert sum("dsar_accesstoken" in query["sql"] for query in queries) == 2
    dsr.tokens.filter(purpose=TokenPurpose.FOLLOW).update(tries=tokens.TRIES)
    client.post("/fr/follow/code/", {"code": "000000"})
    assert set(dsr.tokens.filter(purpose=TokenPurpose.FOLLOW).values_list("tries", flat=True)) == {tokens.TRIES}, "no further"


# UX 4.8


@pytest.mark.parametrize(
    "spelling",
    ["{a}{b}", "{a} {b}", " {a}-{b} ", "{a}–{b}", "{a}.{b}", "{a}\N{NO-BREAK SPACE}{b}", "Code : {a} {b}"],
)
def test_a_code_is_taken_however_it_is_grouped_or_pasted(dsr, spelling):
    client = asked(dsr.reference)
    code = code_in(dsr, "code")
    assert step_of(client.post("/fr/follow/code/", {"code": spelling.format(a=code[:3], b=code[3:])})) == "status"


def test_digits_of_another_script_are_digits(dsr):
    client = asked(dsr.reference)
    code = code_in(dsr, "code").translate({ord(str(n)): chr(0x660 + n) for n in range(10)})
    assert step_of(client.post("/fr/follow/code/", {"code": code})) == "status"


@pytest.mark.parametrize("slip", ["12345", "1234567", "abcdef", "²²²²²²", "😀"])
def test_what_cannot_be_a_code_costs_no_try(dsr, slip):
    client = asked(dsr.reference)
    for _ in range(6):
        assert errors_in(client.post("/fr/follow/code/", {"code": slip})) == ["Écrivez les 6 chiffres du code"]
    assert step_of(client.post("/fr/follow/code/", {"code": code_in(dsr, "code")})) == "status"


@pytest.mark.parametrize(
    ("language", "left", "over"),
    [
        ("fr", "Il vous reste {} essai", "Trop d’essais avec un mauvais code. Demandez-en un nouveau."),
        ("en", "You have {} tr", "Too many tries with a wrong code. Ask for a new one."),
    ],
)
def test_the_tries_left_are_said_and_the_fifth_says_what_to_do(dsr, language, left, over):
    client = asked(dsr.reference, language)
    wrong = wrong_for(dsr)
    for n in (4, 3, 2, 1):
        assert left.format(n) in errors_in(client.post(f"/{language}/follow/code/", {"code": wrong}))[0]
    for code in (wrong, code_in(dsr, "code")):
        assert errors_in(client.post(f"/{language}/follow/code/", {"code": code})) == [over]


def test_the_page_helps_who_gets_no_mail_by_telephone_and_post(dsr, clock):
    client = asked(dsr.reference)
    page = client.get("/fr/follow/code/").content.decode()
    assert "Rien reçu après une minute" in page
    assert re.search(r'<button class="link">Renvoyer|<button class="link">[^<]*nouveau code', page)
    assert re.search(r"<details>\s*<summary>Aucun e-mail", page), "folded at first"
    assert re.search(r'<a class="btn plain" href="tel:\+?\d{6,}">', page)
    assert "Par courrier" in page
    clock.shift(61)
    client.post("/fr/follow/code/new/")
    again = client.get("/en/follow/code/").content.decode()
    assert re.search(r"<details open>\s*<summary>No email comes", again), "after the second code it is shown at once"
    stranger = asked(UNKNOWN[0])
    clock.shift(61)
    stranger.post("/fr/follow/code/new/")
    assert "<details open>" in stranger.get("/en/follow/code/").content.decode(), "known or not"


@pytest.mark.parametrize(
    ("language", "when"),
    [("fr", "le prochain code pourrait ne partir qu’à 11:30"), ("en", "the next code may leave only at 11:30")],
)
def test_who_asks_too_often_reads_when_the_next_code_leaves_known_or_not(dsr, clock, language, when):
    def notices(known_by: str) -> list[str]:
        seen = []
        for _ in range(5):  # on five devices
            page = asked(known_by, language).get(f"/{language}/follow/code/").content.decode()
            seen.append(re.sub(r'value="\w{64}"', "", page))
        return seen

    known = notices(CAMILLE_EMAIL)
    assert [when in page for page in known] == [False, False, True, True, True]
    for known_by in (dsr.reference, *UNKNOWN):
        assert notices(known_by) == known, known_by
    clock.shift(3600)
    again = asked(CAMILLE_EMAIL, language).get(f"/{language}/follow/code/").content.decode()
    assert when[:20] not in again


def test_a_new_code_on_the_page_of_the_code_counts_too(dsr, clock):
    for known_by in (dsr.reference, UNKNOWN[0]):
        client = asked(known_by)
        for _ in range(2):
            clock.shift(61)
            client.post("/fr/follow/code/new/")
        assert "le prochain code pourrait ne partir qu’à" in words(client.get("/fr/follow/code/")), known_by
    assert Message.objects.filter(reference=dsr.reference, kind="code").count() == 3, "and none leaves late"


# SECURITY T18: an older link dies with a newer one, an older code lives to its own limit


@pytest.mark.parametrize("purpose", list(TokenPurpose))
def test_a_new_link_ends_the_older_one_of_its_purpose_and_its_request_alone(dsr, purpose):
    other = receive(at=RECEIVED_AT + timedelta(hours=1))
    neighbour = next(one for one in TokenPurpose if one is not purpose)
    _, code, old = tokens.issue(dsr, purpose, now=LATER)
    links = [tokens.issue(other, purpose, now=LATER)[2], tokens.issue(dsr, neighbour, now=LATER)[2]]
    assert tokens.peek_link(old, purpose, LATER) == dsr, "it is alive"
    soon = LATER + timedelta(minutes=1)
    _, _, new = tokens.issue(dsr, purpose, now=soon)
    assert tokens.peek_link(old, purpose, soon) is None
    with pytest.raises(tokens.TokenRefused) as refused:
        tokens.redeem(purpose=purpose, link=old, now=soon)
    assert refused.value.reason == "expired"
    assert tokens.peek_link(new, purpose, soon) == dsr
    assert tokens.peek_link(links[0], purpose, soon) == other
    assert tokens.peek_link(links[1], neighbour, soon) == dsr
    assert tokens.redeem(purpose=purpose, dsr_id=dsr.pk, code=code, now=soon) == dsr, "mails that cross lock nobody out"


def test_an_older_code_works_until_its_own_fifteen_minutes_and_no_longer(dsr, clock):
    client = asked(dsr.reference)
    first = code_in(dsr, "code")
    clock.shift(61)
    client.post("/fr/follow/code/new/")
    assert code_in(dsr, "code") != first
    clock.shift(12 * 60)
    assert step_of(client.post("/fr/follow/code/", {"code": first})) == "status"
    late = asked(dsr.reference)
    second = code_in(dsr, "code")
    clock.shift(10 * 60)
    late.post("/fr/follow/code/new/")
    clock.shift(6 * 60)
    assert errors_in(late.post("/fr/follow/code/", {"code": second})), "16 minutes old"
    assert step_of(late.post("/fr/follow/code/", {"code": code_in(dsr, "code")})) == "status"


def test_a_link_opens_for_half_an_hour_and_once(dsr, clock):
    client = asked(dsr.reference)
    _, _, link = tokens.issue(dsr, TokenPurpose.FOLLOW, now=LATER)
    clock.move_to(LATER + timedelta(minutes=29, seconds=59))
    assert client.get(f"/fr/follow/open/{link}/").status_code == 200
    clock.move_to(LATER + timedelta(minutes=30))
    assert client.get(f"/fr/follow/open/{link}/").status_code == 410
    clock.move_to(LATER + timedelta(minutes=29))
    assert step_of(client.post(f"/fr/follow/open/{link}/")) == "status"
    assert client.post(f"/fr/follow/open/{link}/").status_code == 410


def test_the_page_of_a_dead_link_says_what_to_do_and_offers_a_new_one(dsr, clock):
    asked(dsr.reference)
    _, _, old = tokens.issue(dsr, TokenPurpose.FOLLOW, now=LATER)
    assert Client().get(f"/fr/follow/open/{old}/").status_code == 200
    clock.shift(61)
    asked(dsr.reference)
    for act in ("get", "post"):
        for language, title, says in (
            ("fr", "Ce lien n’est plus valable", "un plus récent l’a remplacé"),
            ("en", "This link is no longer valid", "a newer one replaced it"),
        ):
            page = getattr(Client(), act)(f"/{language}/follow/open/{old}/")
            assert page.status_code == 410
            assert title_of(page).startswith(title)
            assert says in words(page)
            assert f'<a class="btn" href="/{language}/follow/">' in page.content.decode()
