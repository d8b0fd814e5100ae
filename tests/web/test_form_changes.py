"""A changed mind, a second window, a lost session: nobody's answers become another person's, and nothing is lost in silence."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone

from dsar.domain.vocabulary import SubjectKind
from dsar.models import DataSubjectRequest
from dsar.services import suppress
from notifications.models import Message
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME, SACHA_NAME
from tests.stories import text_of
from tests.web.asking import ANSWERS, answer, ask, begin, fill, send, step_of, token_in

pytestmark = pytest.mark.django_db

CHILD = {"person_name": SACHA_NAME, "birth_day": "1", "birth_month": "2", "birth_year": "2012", "tie": "parent"}
OWN = {**ANSWERS["contact"], "number": "MOI-123", "other_emails": "moi@ancien.example", "ga": "GA1.2.3"}


@pytest.mark.parametrize("kind", ["child", "mandate", "deceased", "self_minor"])
def test_who_changes_to_stopping_advertising_alone_is_suppressed_themselves(client: Client, kind: str):
    begin(client)
    answer(client, "what", rights=["access"])
    answer(client, "who", kind=kind)
    assert step_of(answer(client, "what", rights=["marketing_objection"])) == "contact"
    assert "Autres adresses e-mail que nous pouvons" in client.get("/fr/request/contact/").content.decode(), "one's own"
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
    assert step_of(answer(client, "about", **CHILD)) == "tie", "the tie was the parent’s own"
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


def test_two_windows_of_one_form_send_only_the_answers_that_were_read(client: Client):
    fill(client, help={"access": "REPONSE A"})
    read = token_in(client.get("/fr/request/check/"))
    answer(client, "help", access="REPONSE B")  # in the second window
    again = client.post("/fr/request/check/", {"token": read})
    assert "Une autre fenêtre contient des réponses plus récentes" in again.content.decode()
    assert "REPONSE B" in again.content.decode()
    assert not DataSubjectRequest.objects.exists()
    client.post("/fr/request/check/", {"token": token_in(again)})
    assert DataSubjectRequest.objects.count() == 1


def test_saving_for_later_keeps_what_stands_on_the_page(client: Client):
    fill(client, what={"rights": ["rectification"]}, help={"rectification_what": "x", "rectification": "y"})
    written = {"rectification_what": "Mon prénom", "rectification": "", "save": ""}
    assert client.post("/fr/request/help/", written)["Location"] == "/fr/request/save/"
    client.post("/fr/request/save/")
    link = re.search(r"/fr/request/resume/[\w-]+/", text_of(Message.objects.get(kind="draft_link"))).group()
    other = Client()
    other.post(link)
    page = other.get("/fr/request/help/").content.decode()
    assert "Mon prénom" in page and 'value="x"' not in page
    assert step_of(other.post("/fr/request/help/", {**written, "rectification": "Camille"})) == "save", "still not answered"
    answer(other, "help", rectification_what="Mon nom", rectification="Camille")
    assert "Mon prénom" not in other.get("/fr/request/help/").content.decode(), "an answer ends what was typed before it"


def test_the_other_language_keeps_what_is_typed_and_not_sent(client: Client):
    begin(client)
    answer(client, "what", rights=["access"])
    answer(client, "who", kind="self")
    answer(client, "tie", **ANSWERS["tie"])
    gone = client.post("/fr/request/contact/", {"name": CAMILLE_NAME, "email": "", "language": "en"})
    assert gone["Location"] == "/en/request/contact/"
    assert CAMILLE_NAME in client.get("/en/request/contact/").content.decode()
    assert client.post("/fr/request/contact/", {"name": CAMILLE_NAME, "language": "//evil.example"}).status_code == 200, (
        "the page again"
    )


def test_a_form_sent_from_another_device_says_that_newer_answers_did_not_leave(client: Client):
    fill(client)
    client.post("/fr/request/save/")
    link = re.search(r"/fr/request/resume/[\w-]+/", text_of(Message.objects.get(kind="draft_link"))).group()
    other = Client()
    other.post(link)
    send(other)
    assert DataSubjectRequest.objects.count() == 1
    answer(client, "help", access="Mes notes seulement")
    shown = token_in(client.get("/fr/request/check/"))
    page = client.post("/fr/request/check/", {"token": shown}, follow=True).content.decode()
    assert "Votre demande est déjà envoyée" in page
    assert "Ces dernières réponses ne sont pas parties" in page
    assert DataSubjectRequest.objects.count() == 1
    assert "Ces dernières" not in client.get("/fr/request/sent/already/").content.decode(), "said once"


def test_going_back_from_a_question_that_a_change_opened_leads_out_of_it(client: Client):
    fill(client)
    client.get("/fr/request/check/")
    assert step_of(answer(client, "what", rights=["access", "other"])) == "other"
    assert 'class="back" href="/fr/request/what/"' in client.get("/fr/request/other/").content.decode()


def test_stopping_advertising_asks_for_a_name_and_addresses_only(client: Client):
    begin(client)
    answer(client, "what", rights=["marketing_objection"])
    page = client.get("/fr/request/contact/").content.decode()
    for asked in ('name="name"', 'name="email"', 'name="other_emails"'):
        assert asked in page
    for needless in ('name="number"', 'name="other_names"'):
        assert needless not in page


def test_what_a_changed_mind_no_longer_asks_is_shown_nowhere_and_not_stored(client: Client):
    """The summary's button sends what it shows: not a number, a name or a postal address of an earlier round."""
    fill(
        client,
        contact={**OWN, "other_names": "Ancien-Nom"},
        help={"delivery": "post"},
        post={"postal_address": "3 rue des Lilas"},
    )
    summary = client.get("/fr/request/check/").content.decode()
    kept = ("MOI-123", "Ancien-Nom", "3 rue des Lilas")
    assert all(one in summary for one in kept), "the check can fail"
    assert step_of(answer(client, "what", rights=["marketing_objection"])) == "check"
    summary = client.get("/fr/request/check/").content.decode()
    assert not any(one in summary for one in kept)
    send(client)
    dsr = DataSubjectRequest.objects.get()
    assert (dsr.identifiers, dsr.other_names, dsr.postal_address) == (
        {"email": ["moi@ancien.example"], "ga": ["GA1.2.3"]},
        "",
        "",
    )


def test_the_site_a_person_comes_from_survives_the_easy_page(client: Client):
    assert "/fr/easy/?site=lyon" in client.get("/fr/?site=lyon").content.decode()
    assert 'action="/fr/?site=lyon"' in client.get("/fr/easy/?site=lyon").content.decode()
    assert 'action="/fr/"' in client.get("/fr/easy/?site=elsewhere").content.decode()
