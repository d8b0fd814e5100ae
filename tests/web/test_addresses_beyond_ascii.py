"""An address whose domain is not ASCII: kept in one spelling, shown to its owner in theirs, and enough to follow with."""

from __future__ import annotations

import pytest
from django.test import Client

from dsar.models import DataSubjectRequest
from dsar.templatetags.page import masked
from dsar.views.public import follow as follow_views
from notifications.address import normalise, readable
from notifications.models import Message
from tests.web.asking import ask, fill
from tests.web.desk import words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("school")]
TYPED, KEPT = "camille@exämple.org", "camille@xn--exmple-cua.org"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(follow_views, "SAME_SECONDS", 0)


@pytest.fixture
def dsr(client: Client) -> DataSubjectRequest:
    return ask(client, contact={"name": "Camille", "email": TYPED, "other_emails": "c@bücher.example, d@mail.example"})


@pytest.mark.parametrize(
    "typed", [TYPED, KEPT, TYPED.upper(), f"mailto:{TYPED}", f"Camille <{TYPED}>", f"{TYPED}.", f"« {KEPT} »"]
)
def test_a_code_leaves_for_whoever_types_their_address_as_they_know_it(dsr: DataSubjectRequest, typed: str):
    assert dsr.email == KEPT
    before = Message.objects.filter(reference=dsr.reference, kind="code").count()
    Client().post("/fr/follow/", {"known_by": typed})
    assert Message.objects.filter(reference=dsr.reference, kind="code").count() == before + 1


def test_what_is_no_address_finds_nothing_and_answers_the_same(dsr: DataSubjectRequest):
    for typed in ("camille@", "@exämple.org", "camille@exämple.org, autre@exämple.org", "c@exa mple"):
        assert Client().post("/fr/follow/", {"known_by": typed})["Location"].endswith("/follow/code/")
    assert not Message.objects.filter(reference=dsr.reference, kind="code").exists()


def test_its_owner_reads_it_in_the_summary_the_question_and_after_sending(client: Client):
    fill(client, contact={"name": "Camille", "email": TYPED, "other_emails": "c@bücher.example, d@mail.example"})
    summary = words(client.get("/fr/request/check/"))
    assert TYPED in summary
    assert "c@bücher.example, d@mail.example" in summary
    question = client.get("/fr/request/contact/").content.decode()
    assert f'value="{TYPED}"' in question
    assert "xn--" not in summary + question
    assert masked(KEPT) == "c•••••@exämple.org"


@pytest.mark.parametrize(
    "address", ["camille@etu.cesi.example", "a@xn--.example", "a@xn--zz99zz99.example", "a@xn--strae-oqa.de", ""]
)
def test_what_would_not_be_read_back_as_the_same_address_is_shown_as_it_is_kept(address: str):
    shown = readable(address)
    assert shown == address or normalise(shown) == address
