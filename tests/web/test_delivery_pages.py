"""The download: a fresh code on demand, one download a code, the same sums on the page and in the file."""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from dsar.models import DataSubjectRequest, Download, Package, User
from dsar.services import deliver
from tests.stories import PHRASE, RECEIVED_AT, code_in, receive, released
from tests.web.asking import errors_in, step_of, title_of
from tests.web.following import enter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("school")]
NOW = RECEIVED_AT + timedelta(days=3)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=True) as moving:  # mails have an order
        yield moving


@pytest.fixture
def package(dominique: User) -> Package:
    return released(receive(), dominique)


@pytest.fixture
def dsr(package: Package) -> DataSubjectRequest:
    return package.dsr


def get_code(client: Client, dsr: DataSubjectRequest) -> str:
    assert step_of(client.post("/fr/status/download/code/")) == "download"
    return code_in(dsr, "code")


def bytes_of(response) -> bytes:
    assert response["Content-Type"] == "application/zip", errors_in(response)
    return b"".join(response.streaming_content)


def test_the_page_shows_size_sums_and_the_last_day(client: Client, dsr: DataSubjectRequest, package: Package):
    enter(client, dsr)
    page = client.get("/fr/status/")
    html = page.content.decode()
    assert title_of(page).startswith("Vos données sont prêtes")
    assert "11 avril 2026" in html, "30 days after the release of 12 March"
    assert package.sums_sha256 in html
    assert package.sha256 in html


def test_a_fresh_code_opens_the_package_whose_sums_the_page_showed(client: Client, dsr: DataSubjectRequest, package: Package):
    enter(client, dsr)
    response = client.post("/fr/status/download/", {"code": get_code(client, dsr), "phrase": PHRASE})
    body = bytes_of(response)
    assert response["Content-Disposition"] == f'attachment; filename="{package.file_name}"'
    assert int(response["Content-Length"]) == len(body)
    assert hashlib.sha256(body).hexdigest() == package.sha256
    archive = zipfile.ZipFile(io.BytesIO(body))
    sums = next(name for name in archive.namelist() if name.endswith("SHA256SUMS"))
    assert hashlib.sha256(archive.read(sums)).hexdigest() == package.sums_sha256
    assert "Téléchargé 1 fois" in client.get("/fr/status/").content.decode()


def test_a_code_opens_one_download_and_the_next_needs_another(client: Client, dsr: DataSubjectRequest, clock):
    enter(client, dsr)
    code = get_code(client, dsr)
    bytes_of(client.post("/fr/status/download/", {"code": code, "phrase": PHRASE}))
    assert "a déjà servi" in errors_in(client.post("/fr/status/download/", {"code": code, "phrase": PHRASE}))[0]
    clock.shift(61)
    bytes_of(client.post("/fr/status/download/", {"code": get_code(client, dsr), "phrase": PHRASE}))
    assert Download.objects.count() == 2


def test_a_cut_download_starts_again_for_the_same_session_without_a_code(client: Client, dsr: DataSubjectRequest, clock):
    enter(client, dsr)
    body = bytes_of(client.post("/fr/status/download/", {"code": get_code(client, dsr), "phrase": PHRASE}))
    assert "Téléchargement coupé" in client.get("/fr/status/").content.decode()
    clock.shift(14 * 60)
    assert bytes_of(client.post("/fr/status/download/again/")) == body
    assert Download.objects.count() == 1, "not a second use"
    clock.shift(2 * 60)
    assert step_of(client.post("/fr/status/download/again/")) == "status"


def test_another_session_cannot_pick_the_download_up(client: Client, dsr: DataSubjectRequest, clock):
    enter(client, dsr)
    bytes_of(client.post("/fr/status/download/", {"code": get_code(client, dsr), "phrase": PHRASE}))
    clock.shift(61)
    other = Client()
    enter(other, dsr)
    assert step_of(other.post("/fr/status/download/again/")) == "status"


def test_the_code_that_opened_the_status_page_downloads_nothing(client: Client, dsr: DataSubjectRequest):
    enter(client, dsr)
    status_code = code_in(dsr, "code")
    get_code(client, dsr)
    assert errors_in(client.post("/fr/status/download/", {"code": status_code, "phrase": PHRASE}))
    assert Download.objects.count() == 0


def test_without_a_session_there_is_nothing_to_download(dsr: DataSubjectRequest):
    client = Client()
    for call in (client.get, client.post):
        assert call("/fr/status/download/")["Location"] == "/fr/follow/"
    assert client.post("/fr/status/download/code/")["Location"] == "/fr/follow/"


def test_a_withdrawn_release_is_said_and_opens_nothing(client: Client, dsr: DataSubjectRequest, dominique: User):
    enter(client, dsr)
    code = get_code(client, dsr)
    deliver.withdraw_release(dsr_id=dsr.pk, officer=dominique, reason="Une note d'un autre élève y est restée.", now=NOW)
    assert step_of(client.post("/fr/status/download/", {"code": code, "phrase": PHRASE})) == "status"
    html = client.get("/fr/status/").content.decode()
    assert "Nous avons retiré le téléchargement" in html
    assert "autre élève" not in html


def test_after_thirty_days_the_copy_is_gone_and_can_be_had_again(
    client: Client, dsr: DataSubjectRequest, package: Package, clock
):
    clock.move_to(RECEIVED_AT + timedelta(days=33))
    enter(client, dsr)
    page = client.post("/fr/status/download/code/", follow=True)
    assert "Écrivez-nous, nous en referons une" in page.content.decode()
    assert Download.objects.count() == 0


def test_before_the_release_the_page_offers_no_download(client: Client):
    dsr = receive()
    enter(client, dsr)
    assert "download/code" not in client.get("/fr/status/").content.decode()
    assert step_of(client.get("/fr/status/download/")) == "status"
