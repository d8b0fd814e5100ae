"""What an act leads to is said once, on the page that comes next, to whoever reads and not to a script that looks for news."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.stories import receive
from tests.web.desk import words
from tests.web.following import opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("school")]


@pytest.fixture
def client() -> Client:
    return opened(receive())


def test_a_notice_is_read_once_and_survives_a_script_that_looks_for_news(client: Client):
    client.post("/fr/status/write/", {"words": "Bonjour."})
    told = "Votre message nous est parvenu."
    assert told not in words(client.get("/fr/status/", headers={"X-Looking": "1"}))
    assert told in words(client.get("/fr/status/"))
    assert told not in words(client.get("/fr/status/"))


@pytest.mark.parametrize("page", ["status", "status/easy", "identity", "status/download"])
def test_who_comes_without_a_session_reads_why_they_are_asked_again(page: str):
    assert "cette page se ferme après 30 minutes sans activité" in words(Client().get(f"/fr/{page}/", follow=True))


def test_who_comes_to_the_confirmation_of_another_browser_reads_how_to_see_it():
    assert "ne s’affiche que dans le navigateur" in words(Client().get("/fr/request/sent/", follow=True))
