"""For whom one asks: oneself under 18, a child, by mandate, for the dead; each with its own page and rules (LAW 2.3 to 2.5)."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from dsar.domain.vocabulary import EventKind
from dsar.models import DataSubjectRequest
from dsar.services import drafts
from identity import documents
from identity.models import Document
from identity.refusals import Refusal
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME, SACHA_NAME
from tests.web.asking import answer, ask, begin, errors_in, fill, send, step_of, title_of, token_in
from tests.web.desk import words

pytestmark = pytest.mark.django_db

CHILD = {"person_name": SACHA_NAME, "birth_day": "31", "birth_month": "3", "birth_year": "2012", "tie": "parent"}
SIGNED = b"\x89PNG\r\n\x1a\n" + b"what is signed" * 20


def signed(content: bytes = SIGNED) -> SimpleUploadedFile:
    """A photo of the mandate; a fresh one each time, since sending reads it."""
    return SimpleUploadedFile("mandat.png", content, "image/png")


MANDATE = {
    "person_name": SACHA_NAME,
    "rights_covered": "recevoir une copie",
    "data_covered": "tout",
    "duration": "jusqu’à la réponse",
    "answer_to": "person",
}


def test_who_is_under_18_reads_simpler_words_and_needs_no_parent(client: Client):
    met = fill(client, who={"kind": "self_minor"})
    assert met == ["what", "who", "tie", "contact", "help"]
    assert "Nous vous répondons à vous" in client.get("/fr/request/contact/").content.decode()
    assert "Écrivez comme vous parlez" in client.get("/fr/request/help/").content.decode()


def test_for_a_child_the_child_is_the_data_subject_and_the_parent_asks(client: Client):
    met = fill(client, who={"kind": "child"}, about=CHILD)
    assert met == ["what", "who", "about", "tie", "contact", "help"]
    send(client)
    dsr = DataSubjectRequest.objects.get()
    assert (dsr.subject_kind, dsr.data_subject_name) == ("child", SACHA_NAME)
    assert dsr.about == {"requester_name": CAMILLE_NAME, "birth_date": "2012-03-31", "tie": "parent"}


def test_a_child_of_age_asks_alone_or_gives_a_mandate(client: Client):
    begin(client)
    answer(client, "what", rights=["access"])
    answer(client, "who", kind="child")
    assert errors_in(answer(client, "about", **{**CHILD, "birth_year": "2001"})) == [
        "Dès 18 ans, votre enfant demande lui-même, ou vous donne mandat\u00a0: revenez en arrière pour changer votre réponse"
    ]


@pytest.mark.parametrize(
    ("day", "month", "year", "sentence"),
    [
        ("31", "2", "2012", "Cette date n’existe pas\u00a0: vérifiez le jour et le mois"),
        ("", "", "", "Écrivez la date de naissance en chiffres, par exemple 31 3 2012"),
        ("a", "mars", "c", "Écrivez la date de naissance en chiffres, par exemple 31 3 2012"),
        ("3/3/2012", "3", "2012", "Écrivez la date de naissance en chiffres, par exemple 31 3 2012"),
        ("1", "1", "99999", "Écrivez l’année en quatre chiffres, par exemple 2012"),
        ("1", "1", "12", "Écrivez l’année en quatre chiffres, par exemple 2012"),
        ("31", "3", "2999", "La date de naissance doit être dans le passé"),
    ],
)
def test_a_birth_date_that_is_none_is_said_in_one_sentence(client: Client, day: str, month: str, year: str, sentence: str):
    begin(client)
    answer(client, "what", rights=["access"])
    answer(client, "who", kind="child")
    page = answer(client, "about", **{**CHILD, "birth_day": day, "birth_month": month, "birth_year": year})
    assert errors_in(page) == [sentence]
    assert page.status_code == 200


def test_a_mandate_answers_the_five_fields_of_the_recommendation(client: Client):
    dsr = ask(client, who={"kind": "mandate"}, about={**MANDATE, "mandate": signed()})
    assert dsr.about == {
        "requester_name": CAMILLE_NAME,
        "rights_covered": "recevoir une copie",
        "data_covered": "tout",
        "duration": "jusqu’à la réponse",
        "answer_to": "person",
    }
    assert dsr.data_subject_name == SACHA_NAME
    assert f"Concerne {SACHA_NAME}" in words(client.get("/fr/request/sent/")), "a lawyer has several"


def up_to_the_mandate(client: Client) -> None:
    begin(client)
    answer(client, "what", rights=["access"])
    answer(client, "who", kind="mandate")


def test_the_signed_mandate_is_compulsory_there_and_goes_through_the_sanitiser(client: Client):
    up_to_the_mandate(client)
    assert errors_in(answer(client, "about", **MANDATE)) == ["Ajoutez le mandat signé"]
    assert step_of(answer(client, "about", **MANDATE, mandate=signed())) == "tie"
    (document,) = Document.objects.all()
    assert (document.purpose, document.state) == ("mandate", "pending")
    with storages["objects"].open(document.path) as stored:
        assert SIGNED not in stored.read(), "sealed, never as it came"
    answer(client, "tie", tie="other")
    answer(client, "contact", name=CAMILLE_NAME, email=CAMILLE_EMAIL)
    answer(client, "help")
    assert "Ajouté" in client.get("/fr/request/check/").content.decode()
    send(client)
    dsr = DataSubjectRequest.objects.get()
    document.refresh_from_db()
    assert document.reference == dsr.reference
    received = dsr.events.get(kind=EventKind.DOCUMENT_RECEIVED)
    assert received.data["purpose"] == "mandate"
    assert dsr.events.filter(kind=EventKind.PROOF_RECEIVED, data__how="document").count() == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "Ce fichier est vide"), (b"MZ not a picture", "Ce fichier n’est ni un JPEG"), (SIGNED * 40_000, "dépasse 10 Mo")],
)
def test_a_file_that_is_not_accepted_is_said_and_nothing_of_it_is_kept(client: Client, content: bytes, sentence: str):
    up_to_the_mandate(client)
    (error,) = errors_in(answer(client, "about", **MANDATE, mandate=signed(content)))
    assert sentence in error
    assert not Document.objects.filter(state="pending").exists()


def test_a_mandate_that_was_added_is_kept_when_another_answer_is_wrong_and_replaced_by_another(client: Client):
    up_to_the_mandate(client)
    page = answer(client, "about", **{**MANDATE, "duration": ""}, mandate=signed())
    assert errors_in(page) == ["Écrivez jusqu’à quand le mandat est valable"]
    assert "Ajouté" in page.content.decode()
    assert step_of(answer(client, "about", **MANDATE)) == "tie"
    first = Document.objects.get(state="pending")
    answer(client, "about", **MANDATE, mandate=signed())
    first.refresh_from_db()
    assert first.state == "destroyed"
    assert Document.objects.filter(state="pending").count() == 1


def test_a_mandate_refused_after_its_page_is_told_before_anything_is_sent(client: Client):
    up_to_the_mandate(client)
    assert step_of(answer(client, "about", **MANDATE, mandate=signed(b"%PDF-1.4 no PDF at all"))) == "tie"
    answer(client, "tie", tie="other")
    answer(client, "contact", name=CAMILLE_NAME, email=CAMILLE_EMAIL)
    assert step_of(answer(client, "help")) == "check"
    sent = token_in(client.get("/fr/request/check/"))
    Document.objects.update(state="refused", refusal=Refusal.UNREADABLE, next_at=None)  # what the worker finds a second later
    assert step_of(client.get("/fr/request/check/")) == "about"
    assert step_of(client.post("/fr/request/check/", {"token": sent})) == "about"
    page = client.get("/fr/request/about/").content.decode()
    assert Refusal.UNREADABLE.sentence("fr") in unescape(page)
    assert "Erreur" in title_of(client.get("/fr/request/about/"))
    assert not DataSubjectRequest.objects.exists()
    assert step_of(answer(client, "about", **MANDATE, mandate=signed())) == "check"
    send(client)
    assert DataSubjectRequest.objects.get().events.filter(kind=EventKind.DOCUMENT_RECEIVED).exists()


def test_a_wrong_file_never_costs_the_right_one(client: Client):
    up_to_the_mandate(client)
    answer(client, "about", **MANDATE, mandate=signed())
    assert errors_in(answer(client, "about", **MANDATE, mandate=signed(b"just words")))
    assert Document.objects.filter(state="pending").count() == 1
    (said,) = errors_in(answer(client, "about", **MANDATE, mandate=[signed(), signed(), signed()]))
    assert said == "Choisissez 2 fichiers au plus\u00a0; aucun de ceux-ci n’est ajouté"
    assert Document.objects.filter(state="pending").count() == 1


def test_the_mandate_of_a_form_that_turns_out_to_be_for_oneself_is_destroyed(client: Client):
    up_to_the_mandate(client)
    answer(client, "about", **MANDATE, mandate=signed())
    answer(client, "who", kind="self")
    answer(client, "tie", tie="other")
    answer(client, "contact", name=CAMILLE_NAME, email=CAMILLE_EMAIL)
    answer(client, "help")
    send(client)
    assert Document.objects.get().state == "destroyed"
    assert not DataSubjectRequest.objects.get().events.filter(kind=EventKind.DOCUMENT_RECEIVED).exists()


def test_a_mandate_lives_as_long_as_its_form_and_is_the_requests_once_sent(client: Client):
    up_to_the_mandate(client)
    answer(client, "about", **MANDATE, mandate=signed())
    (document,) = Document.objects.all()
    assert documents.destroy_due(timezone.now() + timedelta(minutes=110)) == 0
    left = document.destroy_by - timezone.now()
    assert timedelta(minutes=119) < left <= timedelta(hours=2)
    answer(client, "tie", tie="other")
    document.refresh_from_db()
    assert document.destroy_by - timezone.now() > left - timedelta(seconds=1), "each answer keeps it on"
    answer(client, "contact", name=CAMILLE_NAME, email=CAMILLE_EMAIL)
    answer(client, "help")
    send(client)
    document.refresh_from_db()
    assert document.destroy_by == document.uploaded_at + documents.KEPT_AT_MOST


def test_a_mandate_whose_form_was_never_sent_goes_after_two_hours_or_eight_days_whatever_happens(client: Client):
    up_to_the_mandate(client)
    answer(client, "about", **MANDATE, mandate=signed())
    now = timezone.now()
    assert drafts.forget_old_files(now + timedelta(days=7)) == 0
    assert drafts.forget_old_files(now + timedelta(days=9)) == 1


def test_heirs_have_their_own_short_path(client: Client):
    about = {"tie": "heir", "directives": "unknown", "purpose": "estate"}
    dsr = ask(client, who={"kind": "deceased"}, about={"person_name": SACHA_NAME, **about})
    assert (dsr.subject_kind, dsr.about) == ("deceased", {"requester_name": CAMILLE_NAME, **about})


def test_directives_that_were_not_left_name_nobody_and_cannot_be_carried_out(client: Client):
    begin(client)
    answer(client, "what", rights=["access"])
    answer(client, "who", kind="deceased")
    page = answer(client, "about", person_name=SACHA_NAME, tie="named", directives="no", purpose="directives")
    assert errors_in(page) == [
        "Vous dites qu’elle n’a pas laissé de directives\u00a0: choisissez un autre lien",
        "Vous dites qu’elle n’a pas laissé de directives\u00a0: choisissez une autre réponse",
    ]
