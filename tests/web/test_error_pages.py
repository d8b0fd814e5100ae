"""Error pages: in both languages, with the DPO's address, under the strict policy."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import path

import config.urls
from dsar.access import public
from dsar.controller import controller
from tests.web.asking import begin, title_of

pytestmark = pytest.mark.django_db


@public
def broken(request):
    raise RuntimeError("planted")


@public
def without_database(request):
    raise OperationalError("planted")


urlpatterns = [path("broken/", broken), path("resting/", without_database), *config.urls.urlpatterns]
handler400, handler403 = config.urls.handler400, config.urls.handler403
handler404, handler500 = config.urls.handler404, config.urls.handler500


@pytest.mark.parametrize(
    ("language", "title"), [("fr", "Nous n’avons pas trouvé cette page"), ("en", "We did not find this page")]
)
def test_a_missing_page_helps_on_in_the_language_of_its_address(client: Client, language: str, title: str):
    page = client.get(f"/{language}/nowhere/at/all/")
    assert page.status_code == 404
    assert title_of(page).startswith(title)
    assert controller().dpo.email in page.content.decode()
    other = "en" if language == "fr" else "fr"
    assert f'href="/{other}/nowhere/at/all/"' in page.content.decode()


def test_too_much_text_at_once_is_said_with_413(client: Client):
    begin(client)
    page = client.post("/fr/request/what/", {"rights": "x" * 1_100_000})
    assert page.status_code == 413
    assert title_of(page).startswith("C’est trop à la fois")


def test_too_many_fields_are_said_with_413(client: Client):
    begin(client)
    assert client.post("/fr/request/what/", {f"field{n}": "x" for n in range(300)}).status_code == 413


@pytest.mark.urls("tests.web.test_error_pages")
@pytest.mark.parametrize(
    ("address", "status", "french"), [("/broken/", 500, "Un problème est survenu"), ("/resting/", 503, "Nous revenons")]
)
def test_our_own_mistakes_speak_both_languages_and_tell_no_detail(address: str, status: int, french: str):
    page = Client(raise_request_exception=False).get(address, headers={"Accept-Language": "en"})
    html = page.content.decode()
    assert page.status_code == status
    assert french in html
    assert ("Something went wrong" in html) or ("We are back" in html)
    assert "planted" not in html
    assert controller().dpo.email in html


def test_every_error_page_and_every_public_page_carries_the_strict_policy(client: Client):
    for address in ("/fr/", "/fr/nowhere/", "/fr/request/what/", "/fr/follow/", "/fr/status/", "/fr/contact/"):
        policy = client.get(address)["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy


def test_a_foreign_host_is_refused(client: Client):
    assert client.get("/fr/", headers={"Host": "elsewhere.example"}).status_code == 400


def test_the_first_page_is_found_without_a_language(client: Client):
    assert client.get("/", headers={"Accept-Language": "en"})["Location"] == "/en/"
    assert client.get("/", headers={"Accept-Language": "fr"})["Location"] == "/fr/"


def test_mails_are_shown_only_where_they_are_written_to_a_folder(client: Client, settings, tmp_path: Path):
    assert client.get("/fr/mails/").status_code == 404
    settings.EMAIL_BACKEND, settings.MAIL_FOLDER = "notifications.folder_backend.EmailBackend", tmp_path
    (tmp_path / "one.eml").write_bytes(
        b"Subject: Votre demande\r\nTo: camille@institut.example\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        b"123456\r\n<script>alert(1)</script>\r\n"
    )
    assert "Votre demande" in client.get("/fr/mails/").content.decode()
    page = client.get("/fr/mails/one.eml/").content.decode()
    assert "123456" in page
    assert "<script>alert" not in page
    for name in ("two.eml", "..%2Fsecret_key", "%2e%2e"):
        assert client.get(f"/fr/mails/{name}/").status_code == 404
    settings.PRODUCTION = True
    assert client.get("/fr/mails/one.eml/").status_code == 404
