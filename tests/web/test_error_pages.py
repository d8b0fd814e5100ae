"""Error pages: in both languages, with the DPO's address, under the strict policy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.test import Client
from django.urls import path

import config.urls
from dsar.access import public
from dsar.controller import controller
from dsar.views.public import follow
from tests.web.asking import begin, title_of

pytestmark = pytest.mark.django_db


@public
def broken(request):
    raise RuntimeError("planted")


@public
def without_database(request):
    raise OperationalError("planted")


@public
def forbidden(request):
    raise PermissionDenied


POLICY = {  # all that a page may load: what we send it ourselves
    "default-src 'none'",
    *(f"{what}-src 'self'" for what in ("style", "script", "connect", "img")),
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
}
urlpatterns = [
    path("forbidden/", forbidden),
    path("broken/", broken),
    path("resting/", without_database),
    *config.urls.urlpatterns,
]
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


def met(status: str, language: str, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The page that somebody meets who speaks this language."""
    reader = {"headers": {"Accept-Language": language}}
    client = Client(raise_request_exception=False, enforce_csrf_checks=status == "403 form")
    if status == "413":
        return client.generic("POST", f"/{language}/", b"x", "application/x-www-form-urlencoded", CONTENT_LENGTH="10000000000")
    if status == "429":
        monkeypatch.setattr(follow, "ASKS_PER_HOUR", 0)
        return client.post(f"/{language}/follow/", {"known_by": "CE-7K4M-2XQ9"})
    if status == "maintenance":
        settings.VAR_DIR = tmp_path
        (tmp_path / "maintenance").touch()
        return client.get(f"/{language}/request/what/")
    if status in PLANTED:
        return client.get(PLANTED[status], **reader)
    address = {"400": f"/{language}/?{'x' * 5000}", "404": f"/{language}/nowhere/"}.get(status, f"/{language}/")
    return {"403 form": client.post, "405": client.put}.get(status, client.get)(address)


PLANTED = {"403": "/forbidden/", "500": "/broken/", "503": "/resting/"}
MET = {  # how its title begins
    "400": ("Nous n’avons pas compris", "We did not understand"),
    "403": ("Cette page ne vous est pas ouverte", "This page is not open to you"),
    "403 form": ("Nous n’avons pas reconnu ce formulaire", "We did not recognise this form"),
    "404": ("Nous n’avons pas trouvé cette page", "We did not find this page"),
    "405": ("Cette page s’ouvre par un bouton", "This page opens from a button"),
    "413": ("C’est trop à la fois", "That is too much at once"),
    "429": ("Patientez un peu", "Please wait a little"),
    "500": ("Un problème est survenu", "Something went wrong on our side"),
    "503": ("Nous revenons", "We are back in a few minutes"),
    "maintenance": ("Nous revenons", "We are back in a few minutes"),
}


@pytest.mark.urls("tests.web.test_error_pages")
@pytest.mark.parametrize("status", MET)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_each_error_page_speaks_ones_language_and_names_the_officer(status, language, settings, monkeypatch, tmp_path):
    page = met(status, language, settings, monkeypatch, tmp_path)
    assert page.status_code >= 400
    assert title_of(page).startswith(MET[status][language == "en"])
    html = page.content.decode()
    assert f'<html lang="{language}">' in html
    assert f'href="mailto:{controller().dpo.email}"' in html.partition("<main")[2].partition("</main>")[0]
    if status in ("500", "503", "maintenance"):  # whose language may be unknown
        assert all(words in html for words in MET[status])
    policy = {part.strip() for part in page["Content-Security-Policy"].split(";")}
    assert policy == POLICY


def test_every_error_page_and_every_public_page_carries_the_strict_policy(client: Client):
    for address in ("/fr/", "/fr/nowhere/", "/fr/request/what/", "/fr/follow/", "/fr/status/", "/fr/contact/"):
        policy = client.get(address)["Content-Security-Policy"]
        assert {part.strip() for part in policy.split(";")} == POLICY, address


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
