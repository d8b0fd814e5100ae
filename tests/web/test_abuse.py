"""Too much, too often, too packed: refused early, without a puzzle, and with a way on for a person (SECURITY T14, T26)."""

from __future__ import annotations

import gzip
import re
from hashlib import sha256
from pathlib import Path

import pytest
from django.conf import settings as site_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dsar.controller import controller
from dsar.middleware import LARGEST_BODY
from dsar.models import DataSubjectRequest
from dsar.views.public import work
from tests.web.asking import begin, fill, send, step_of, title_of
from tests.web.desk import at_desk
from tests.web.test_form_later import link_sent

pytestmark = pytest.mark.django_db


def beyond(monkeypatch: pytest.MonkeyPatch) -> None:
    """This network has used up its hour."""
    monkeypatch.setattr("dsar.views.public.form.REQUESTS_PER_HOUR", 0)


def solve(challenge: str, bits: int) -> str:
    return next(str(n) for n in range(10**7) if int.from_bytes(sha256(f"{challenge}:{n}".encode()).digest()) >> (256 - bits) == 0)


def field(page: str, pattern: str) -> str:
    found = re.search(pattern, page)
    assert found, pattern
    return found.group(1)


def test_beyond_the_limit_some_work_of_the_browser_sends_the_request(client: Client, monkeypatch):
    beyond(monkeypatch)
    monkeypatch.setattr(work, "BITS", 8)
    fill(client)
    page = send(client)
    assert page.status_code == 429
    assert "captcha" not in page.content.decode().lower()
    html = page.content.decode()
    challenge, token = field(html, r'data-work="(\w+)"'), field(html, r'name="token" value="(\w+)"')
    assert client.post("/fr/request/check/", {"token": token, "work": "x"}).status_code == 429, "nothing was computed"
    assert DataSubjectRequest.objects.count() == 0
    solved = client.post("/fr/request/check/", {"token": token, "work": solve(challenge, 8)})
    assert step_of(solved) == "sent"


def test_the_work_of_one_form_is_worth_nothing_for_another(monkeypatch):
    beyond(monkeypatch)
    monkeypatch.setattr(work, "BITS", 12)
    first, second = Client(), Client()
    fill(first)
    fill(second)
    answer = solve(field(send(first).content.decode(), r'data-work="(\w+)"'), 12)
    token = field(second.get("/fr/request/check/").content.decode(), r'name="token" value="(\w+)"')
    assert second.post("/fr/request/check/", {"token": token, "work": answer}).status_code == 429


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
    assert at_desk(dominique).get("/fr/office/register/").status_code == 200
    source = (Path(site_settings.BASE_DIR) / "dsar" / "views" / "backoffice" / "intake.py").read_text()
    assert "too_often" not in source


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
    assert client.get("/healthz").status_code != 503 or b"maintained" not in client.get("/healthz").content
