"""A changed mind, a second window, a lost session: nobody's answers become another person's, and nothing is lost in silence."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from dsar.domain.vocabulary import SubjectKind
from dsar.models import DataSubjectRequest
from dsar.services import suppress
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME, SACHA_NAME
from tests.web.asking import ANSWERS, answer, ask, begin, fill, send, step_of

pytestmark = pytest.mark.django_db

CHILD = {"person_name": SACHA_NAME, "birth_day": "1", "birth_month": "2", "birth_year": "2012", "tie": "parent"}
OWN = {**ANSWERS["contact"], "number": "MOI-123", "other_emails": "moi@ancien.example", "ga": "GA1.2.3"}


@pytest.mark.parametrize("kind", ["child", "mandate", "deceased", "self_minor"])
def test_who_changes_to_stopping_advertising_alone_is_suppressed_themselves(client: Client, kind: str):
    begin(client)
    answer(client, "what", rights=["access"])
    answer(client, "who", kind=kind)
    assert step_of(answer(client, "what", rights=["marketing_objection"])) == "contact"
    assert "Numéro d’étudiant" in client.get("/fr/request/contact/").content.decode()
    assert suppress.is_suppressed(CAMILLE_EMAIL, now=timezone.now()) is None
    assert step_of(answer(client, "contact", **ANSWERS["contact"])) == "check"
    send(client)
    dsr = DataSubjectRequest.objects.get()
    assert (dsr.subject_kind, dsr.data_subject_name) == (SubjectKind.SELF, CAMILLE_NAME)
    assert suppress.is_suppressed(CAMILLE_EMAIL, now=timezone.now()) is not None


def test_the_number_and_addresses_of_one_person_never_become_anothers(client: Client):
    fill(client, contact=OWN)
    client.get("/fr/request/check/")
    assert step_of(answer(client, "who", kind="child")) == "about"
    assert step_of(answer(client, "about", **CHILD)) == "tie", "the tie was the parent's own"
    assert step_of(answer(client, "tie", **ANSWERS["tie"])) == "contact"
    page = client.get("/fr/request/contact/").content.decode()
    assert CAMILLE_EMAIL in page and CAMILLE_NAME in page, "who asks is the same"
    for own in ("MOI-123", "moi@ancien.example", "GA1.2.3"):
        assert own not in page
    assert step_of(answer(client, "contact", **ANSWERS["contact"])) == "check"
    send(client)
    dsr = DataSubjectRequest.objects.get()
    assert (dsr.data_subject_name, dsr.identifiers) == (SACHA_NAME, {})


def test_a_child_has_nothing_to_do_with_what_one_then_asks_for_oneself(client: Client):
    fill(client, who={"kind": "child"}, about=CHILD, contact={**OWN, "number": "ENFANT-9"})
    client.get("/fr/request/check/")
    assert step_of(answer(client, "who", kind="self")) == "tie"
    answer(client, "tie", **ANSWERS["tie"])
    assert "ENFANT-9" not in client.get("/fr/request/contact/").content.decode()


def test_the_same_person_is_not_asked_twice(client: Client):
    fill(client, contact=OWN)
    client.get("/fr/request/check/")
    assert step_of(answer(client, "who", kind="self_minor")) == "check"
    send(client)
    assert DataSubjectRequest.objects.get().identifiers["student_number"] == ["MOI-123"]


@pytest.mark.parametrize(
    ("step", "written", "until"),
    [
        ("help", {"access": "Mes notes de 2021", "delivery": "download"}, {}),
        ("other", {"rights": "restriction"}, {"what": {"rights": ["other"]}}),
        ("about", CHILD, {"who": {"kind": "child"}}),
        ("post", {"postal_address": "3 rue des Lilas"}, {"help": {"delivery": "post"}}),
    ],
)
def test_what_is_written_on_any_page_outlives_a_lost_session(client: Client, step: str, written: dict, until: dict):
    page = client.post(f"/fr/request/{step}/", written, follow=True).content.decode()
    assert "ce que vous venez d’écrire est gardé" in page
    given, at = {**ANSWERS, **until}, "what"
    while at != step:
        at = step_of(answer(client, at, **given[at]))
    page = client.get(f"/fr/request/{step}/").content.decode()
    for value in written.values():
        assert f'value="{value}"' in page or value in page
    if step == "other":
        assert 'value="restriction" checked' in " ".join(page.split()) or "checked" in page


def test_start_in_a_second_window_asks_before_it_erases_the_answers_of_the_first(client: Client):
    fill(client)
    again = client.post("/fr/")
    assert again.status_code == 200
    assert "Une demande est commencée dans ce navigateur" in again.content.decode()
    assert CAMILLE_NAME not in again.content.decode(), "whoever sits here now need not be who wrote it"
    assert step_of(client.get("/fr/request/go-on/")) == "check"
    assert client.get("/fr/request/check/").status_code == 200
    assert step_of(client.post("/fr/", {"anew": ""})) == "what"
    assert CAMILLE_NAME not in client.get("/fr/request/contact/", follow=True).content.decode()


def test_going_on_without_answers_begins_at_the_first_question(client: Client):
    assert step_of(client.get("/fr/request/go-on/")) == "what"
    ask(client)
    assert "Une demande est commencée" not in client.get("/fr/").content.decode(), "it is sent"


def test_the_link_of_a_form_that_is_over_says_that_nothing_was_sent(client: Client):
    page = client.get("/fr/request/resume/zzz/")
    assert page.status_code == 410
    said = page.content.decode()
    assert "rien ne nous a été envoyé" in said
    assert "dpo@cesi.example" in said
