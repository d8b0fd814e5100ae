"""Too much, too often, too packed: refused early, without a puzzle, and with a way on for a person (SECURITY T14, T26)."""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import altcha
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from dsar.controller import controller
from dsar.middleware import LARGEST_BODY
from dsar.models import DataSubjectRequest
from dsar.services import forget
from dsar.views.public import shared
from tests.people import CAMILLE_NAME
from tests.web.asking import begin, fill, send, step_of, title_of
from tests.web.desk import at_desk
from tests.web.test_form_later import link_sent
from tests.web.test_office_register import LETTER

pytestmark = pytest.mark.django_db


def beyond(monkeypatch: pytest.MonkeyPatch) -> None:
    """This network has used up its hour; the work is quickly done."""
    monkeypatch.setattr("dsar.views.public.work.COST", 10)
    monkeypatch.setattr("dsar.views.public.form.REQUESTS_PER_HOUR", 0)


def solve(page: HttpResponse) -> str:
    """What the script of the page computes."""
    challenge = altcha.Challenge.from_dict(json.loads(unescape(field(page.content.decode(), r'data-work="([^"]+)"'))))
    solution = altcha.solve_challenge(challenge)
    assert solution is not None
    return altcha.Payload(challenge, solution).to_base64()


def field(page: str, pattern: str) -> str:
    found = re.search(pattern, page)
    assert found, pattern
    return found.group(1)


def test_beyond_the_limit_some_work_of_the_browser_sends_the_request(client: Client, monkeypatch):
    beyond(monkeypatch)
    fill(client)
    page = send(client)
    assert page.status_code == 429
    assert 0 < int(page["Retry-After"]) <= 3600
    html = page.content.decode()
    assert "captcha" not in html.lower()
    assert re.search(r"Ou attendez\W+réessayez dans \d+ minutes?\.", html)
    token = field(html, r'name="token" value="(\w+)"')
    for wrong in ("x", "e30=", "", solve(page)[:-9], "A" * 3000):
        assert client.post("/fr/request/check/", {"token": token, "work": wrong}).status_code in (200, 429), (
            "nothing was computed"
        )
    assert DataSubjectRequest.objects.count() == 0
    assert CAMILLE_NAME in client.get("/fr/request/check/").content.decode(), "the answers are kept"
    assert step_of(client.post("/fr/request/check/", {"token": token, "work": solve(page)})) == "sent"


def test_the_same_in_english(client: Client, monkeypatch):
    beyond(monkeypatch)
    fill(client, "en")
    html = send(client, "en").content.decode()
    assert re.search(r"Or wait: try again in \d+ minutes?\.", html)
    assert "Your browser is computing something" in html


def test_the_work_of_one_form_is_worth_nothing_for_another(monkeypatch):
    beyond(monkeypatch)
    first, second = Client(), Client()
    fill(first)
    fill(second)
    answer = solve(send(first))
    token = field(second.get("/fr/request/check/").content.decode(), r'name="token" value="(\w+)"')
    assert second.post("/fr/request/check/", {"token": token, "work": answer}).status_code == 429
    token = field(first.get("/fr/request/check/").content.decode(), r'name="token" value="(\w+)"')
    assert step_of(first.post("/fr/request/check/", {"token": token, "work": answer})) == "sent"


def test_work_is_worth_nothing_after_an_hour_or_made_up_by_somebody_else(client: Client, monkeypatch):
    beyond(monkeypatch)
    with time_machine.travel(datetime(2026, 3, 10, 9, 0, tzinfo=UTC), tick=False) as clock:
        fill(client)
        answer = solve(send(client))
        clock.shift(timedelta(minutes=61))
        token = field(client.get("/fr/request/check/").content.decode(), r'name="token" value="(\w+)"')
        assert client.post("/fr/request/check/", {"token": token, "work": answer}).status_code == 429
    easy = altcha.create_challenge("PBKDF2/SHA-256", 1, hmac_secret="another")
    solution = altcha.solve_challenge(easy)
    assert solution is not None
    fill(client)
    token = field(client.get("/fr/request/check/").content.decode(), r'name="token" value="(\w+)"')
    forged = altcha.Payload(easy, solution).to_base64()
    assert client.post("/fr/request/check/", {"token": token, "work": forged}).status_code == 429


def test_a_campus_behind_one_address_goes_on_and_other_networks_do_not_notice(monkeypatch):
    monkeypatch.setattr("dsar.views.public.form.REQUESTS_PER_HOUR", 2)
    statuses = []
    for _ in range(4):
        student = Client(REMOTE_ADDR="192.0.2.7")
        fill(student)
        page = send(student)
        statuses.append(page.status_code)
        if page.status_code == 429:
            token = field(page.content.decode(), r'name="token" value="(\w+)"')
            assert step_of(student.post("/fr/request/check/", {"token": token, "work": solve(page)})) == "sent"
    assert statuses == [302, 302, 429, 429]
    assert DataSubjectRequest.objects.count() == 4, "nobody was refused"
    elsewhere = Client(REMOTE_ADDR="192.0.2.8")
    fill(elsewhere)
    assert step_of(send(elsewhere)) == "sent"


def test_an_hour_is_counted_as_an_hour(rf, monkeypatch):
    """The cache would forget a count five minutes after it was raised."""
    request = rf.get("/")
    with time_machine.travel(datetime(2026, 3, 10, 9, 0, tzinfo=UTC), tick=False) as clock:
        seen = []
        for _ in range(4):
            seen.append(shared.too_often(request, "something", per_hour=3))
            clock.shift(timedelta(minutes=14))
        assert seen == [False, False, False, True]
        clock.shift(timedelta(minutes=5))
        assert not shared.too_often(request, "something", per_hour=3), "a new hour"


# What looks like a robot and may be a person: a password manager fills in every field that it finds


def trapped(client: Client) -> HttpResponse:
    fill(client)
    token = field(client.get("/fr/request/check/").content.decode(), r'name="token" value="(\w+)"')
    return client.post("/fr/request/check/", {"token": token, "website": "https://camille.example"})  # type: ignore[return-value]


def test_a_hidden_field_that_a_password_manager_filled_costs_some_work_and_no_request(client: Client):
    page = trapped(client)
    html = page.content.decode()
    assert page.status_code == 422
    assert "Un champ que personne ne voit a été rempli" in html
    assert 'name="website"' not in html, "there is nothing to fill in again"
    assert "réessayez dans" not in html, "waiting would not help"
    assert DataSubjectRequest.objects.count() == 0
    token = field(html, r'name="token" value="(\w+)"')
    assert step_of(client.post("/fr/request/check/", {"token": token, "work": solve(page)})) == "sent"


def test_a_hidden_field_filled_again_and_again_and_no_javascript_leave_the_mailbox(client: Client):
    trapped(client)
    client.post("/fr/request/save/")
    client.post(f"/fr/request/resume/{link_sent()}/")
    token = field(client.get("/fr/request/check/").content.decode(), r'name="token" value="(\w+)"')
    filled = {"token": token, "website": "https://camille.example"}
    assert step_of(client.post("/fr/request/check/", filled)) == "sent"


def test_a_robot_that_fills_everything_in_sends_nothing(client: Client):
    fill(client)
    token = field(client.get("/fr/request/check/").content.decode(), r'name="token" value="(\w+)"')
    everything = {"token": token, "website": "https://spam.example " * 50, "work": "https://spam.example"}
    for _ in range(5):
        assert client.post("/fr/request/check/", everything).status_code == 422
    assert DataSubjectRequest.objects.count() == 0


def test_beyond_the_limit_and_without_javascript_a_mailbox_opens_the_door(client: Client, monkeypatch):
    beyond(monkeypatch)
    fill(client)
    page = send(client)
    assert 'action="/fr/request/save/"' in page.content.decode()
    assert "hidden data-work" in page.content.decode(), "what needs JavaScript shows only with it"
    client.post("/fr/request/save/")
    client.post(f"/fr/request/resume/{link_sent()}/")
    assert step_of(send(client)) == "sent"
    assert DataSubjectRequest.objects.get().email_confirmed_at


def test_staff_is_not_counted(dominique, monkeypatch):
    """A campus registers what comes in by post, however much, from the network that the form has closed itself to."""
    beyond(monkeypatch)
    desk = at_desk(dominique)
    for number in range(3):
        assert desk.post("/fr/office/register/", {**LETTER, "name": f"Camille Exemple {number}"}).status_code == 302
    assert DataSubjectRequest.objects.count() == 3


@pytest.mark.parametrize("declared", [str(LARGEST_BODY + 1), "10000000000", "9" * 40])
def test_ten_gigabytes_are_refused_before_a_byte_is_read(client: Client, declared: str):
    class Unread:
        def read(self, *_: object) -> bytes:
            raise AssertionError("the body was read")

        readline = read

    response = client.generic(
        "POST",
        "/fr/request/what/",
        b"rights=access",
        "application/x-www-form-urlencoded",
        CONTENT_LENGTH=declared,
        **{"wsgi.input": Unread()},
    )
    assert response.status_code == 413
    assert controller().dpo.email in response.content.decode()


def test_a_length_that_is_no_number_is_refused(client: Client):
    assert client.generic("POST", "/fr/request/what/", b"x", CONTENT_LENGTH="-1").status_code == 400


def test_a_packed_body_is_not_unpacked(client: Client):
    bomb = gzip.compress(b"rights=" + b"x" * 10_000_000)
    page = client.generic(
        "POST", "/fr/request/what/", bomb, "application/x-www-form-urlencoded", headers={"Content-Encoding": "gzip"}
    )
    assert page.status_code == 415


def test_twenty_thousand_fields_and_three_hundred_files_are_too_much(client: Client):
    begin(client)
    assert client.post("/fr/request/what/", {f"f{n}": "x" for n in range(20_000)}).status_code == 413
    assert client.post("/fr/request/what/", {f"f{n}": SimpleUploadedFile("a", b"x") for n in range(300)}).status_code == 413


def test_json_however_deep_is_never_parsed(client: Client):
    deep = "[" * 100_000 + "]" * 100_000
    assert client.post("/fr/request/what/", deep, content_type="application/json").status_code in (200, 403)


def test_a_long_query_is_refused(client: Client):
    assert client.get("/fr/?site=" + "x" * 3000).status_code == 200
    assert client.get("/fr/?site=" + "x" * 5000).status_code == 414


def test_during_maintenance_every_page_says_so_in_both_languages_and_health_goes_on(client: Client, settings, tmp_path: Path):
    settings.VAR_DIR = tmp_path
    assert client.get("/fr/").status_code == 200
    (tmp_path / "maintenance").touch()
    page = client.get("/fr/request/what/")
    assert page.status_code == 503
    assert page["Retry-After"] == "300"
    assert title_of(page).startswith("Nous revenons")
    assert "We are back in a few minutes" in page.content.decode()
    assert controller().dpo.email in page.content.decode()
    health = client.get("/healthz")
    assert "Retry-After" not in health
    assert not health.content.startswith(b"<!doctype html>")


def test_the_fingerprint_of_a_network_is_gone_when_the_notice_says(client: Client):
    """Two hours at most (GDPR Art. 13(2)(a)); Django's own cache keeps what is over until the same key is asked for."""

    def counts() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM cache_entry WHERE cache_key LIKE %s", ["%limit-follow-%"])
            return int(cursor.fetchone()[0])

    with time_machine.travel(datetime(2026, 3, 10, 9, 0, tzinfo=UTC), tick=False):
        client.post("/fr/follow/", {"known_by": "personne@nulle-part.example"})
    with time_machine.travel(datetime(2026, 3, 10, 9, 59, tzinfo=UTC), tick=False):
        client.post("/fr/follow/", {"known_by": "personne@nulle-part.example"})
        forget.drop_old_counts(datetime.now(UTC))
    assert counts() == 1, "the hour is not over"
    forget.drop_old_counts(datetime(2026, 3, 10, 10, 0, 1, tzinfo=UTC))
    assert counts() == 0
