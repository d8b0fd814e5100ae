"""What an acknowledgement says of one request: whom it is for, under which law, what is done already (LAW section 4, R-50)."""

from __future__ import annotations

import io

import pypdf
import pytest

from dsar.domain.vocabulary import RequestType, SubjectKind
from dsar.services import letters
from notifications.models import Message
from tests.people import SACHA_NAME
from tests.services.test_post import pdf_text
from tests.stories import RECEIVED_AT, receive, text_of

pytestmark = pytest.mark.django_db

GDPR = "RGPD, article 12"


def said(dsr) -> str:
    return text_of(Message.objects.get(reference=dsr.reference, kind="acknowledgement")).replace("\u00a0", " ")


def printed(dsr) -> str:
    return pdf_text(pypdf.PdfReader(io.BytesIO(letters.receipt(dsr, now=RECEIVED_AT)))).replace("\u00a0", " ")


def test_who_asks_for_themselves_reads_the_law_they_ask_under():
    dsr = receive(RequestType.ACCESS)
    for words in (said(dsr), printed(dsr)):
        assert GDPR in words
        assert "Recevoir une copie des données (accès)" in words
        assert "Pour qui" not in words and "La publicité est arrêtée" not in words


def test_whoever_asks_for_the_dead_is_not_told_that_the_gdpr_applies():
    dsr = receive(RequestType.ERASURE, subject_kind=SubjectKind.DECEASED, about={"requester_name": "Alix Figurant"})
    for words in (said(dsr), printed(dsr)):
        assert "articles 84 à 86 de la loi n° 78-17" in words
        assert "Pour qui : la personne décédée" in words
        assert GDPR not in words and "vient bien de vous" not in words


@pytest.mark.parametrize(
    ("kind", "whom", "checked"),
    [
        (SubjectKind.CHILD, "votre enfant", "que vous pouvez agir pour votre enfant"),
        (SubjectKind.MANDATE, "la personne que vous représentez", "vérifie votre mandat"),
    ],
)
def test_a_parent_and_a_proxy_read_for_whom_they_asked_and_what_is_checked(kind: SubjectKind, whom: str, checked: str):
    dsr = receive(RequestType.ACCESS, subject_kind=kind, name=SACHA_NAME, about={"requester_name": "Alix Figurant"})
    for words in (said(dsr), printed(dsr)):
        assert f"Pour qui : {whom}." in words
        assert checked in words
        assert "vient bien de vous" not in words
        assert SACHA_NAME not in said(dsr), "nothing that was typed is repeated in a mail"


def test_that_advertising_is_stopped_is_said_at_once_and_nothing_of_a_month():
    dsr = receive(RequestType.MARKETING_OBJECTION)
    for words in (said(dsr), printed(dsr)):
        assert "La publicité est arrêtée" in words
        assert "Nous agissons sans attendre" in words
        assert "Nous vous répon" not in words and "vient bien de vous" not in words
        assert "Aucune pièce d’identité" in words


def test_a_parent_who_names_no_address_of_the_child_is_not_told_that_advertising_is_stopped():
    dsr = receive(RequestType.MARKETING_OBJECTION, subject_kind=SubjectKind.CHILD, about={"requester_name": "Alix Figurant"})
    assert "La publicité est arrêtée" not in said(dsr)
    assert "Nous agissons sans attendre" in said(dsr)


def test_own_words_come_back_as_what_they_are():
    dsr = receive(RequestType.UNSPECIFIED)
    assert "Ce que vous nous avez raconté" in said(dsr)
    assert "qualifier" not in said(dsr) + printed(dsr)


def test_who_is_under_18_reads_short_words_with_everything_in_them():
    words = said(receive(RequestType.ACCESS, subject_kind=SubjectKind.SELF_MINOR))
    for item in ("pas vos parents", "6.1.c", "5 ans", "Rien ne vous oblige", "le faire corriger, le faire effacer", "CNIL"):
        assert item in words, item
    assert "c’est une obligation légale" not in words
