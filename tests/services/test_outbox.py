"""The outbox: a message is stored with the change it tells of, once, sealed; and what leaves as headers and files."""

from __future__ import annotations

import email.policy
import json
import re
from datetime import timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from typing import Any

import pytest
from django.core.mail import BadHeaderError, get_connection
from django.db import transaction
from pytest_django import Settings

from identity import vault
from notifications import relay
from notifications.address import AddressRefused
from notifications.models import Message
from notifications.outbox import queue_message
from notifications.relay import relay_waiting
from tests.people import CAMILLE_EMAIL, DOMINIQUE_EMAIL
from tests.services.mail_contexts import (
    COMMON_CONTEXT,
    NOW,
    OWN_CONTEXT,
)

NBSP = "\N{NO-BREAK SPACE}"  # before a colon in French

# The outbox


def queue(kind: str = "code", *, to: str = CAMILLE_EMAIL, occasion: str = "once", **more: Any) -> Message:
    if not vault.storages["keys"].exists("requests/one"):
        vault.create_text_key("requests/one")
    return queue_message(
        kind,
        to=to,
        language="fr",
        reference="CE-7K4M-2XQZ",
        occasion=occasion,
        key_name="requests/one",
        seal=vault.seal_text,
        context=COMMON_CONTEXT | OWN_CONTEXT[kind],
        now=NOW,
        **more,
    )


@pytest.mark.django_db
def test_a_mail_is_stored_once_for_its_occasion_whatever_comes_twice() -> None:
    first = queue()
    assert queue() == first
    assert queue(occasion="token-2") != first
    assert Message.objects.count() == 2


@pytest.mark.django_db
def test_a_mail_goes_the_way_of_the_transaction_it_tells_of() -> None:
    def change_that_fails() -> None:
        with transaction.atomic():
            queue()
            assert Message.objects.count() == 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change_that_fails()
    assert Message.objects.count() == 0


@pytest.mark.django_db
def test_the_content_lies_encrypted_and_is_forgotten_with_the_key() -> None:
    message = queue()
    sealed = bytes(message.content)
    assert b"204816" not in sealed
    assert json.loads(vault.open_text(message.key_name, sealed))["subject"] == f"Votre demande CE-7K4M-2XQZ{NBSP}: votre code"
    vault.destroy_key("requests/one")
    with pytest.raises(vault.KeyDestroyed):
        vault.open_text(message.key_name, sealed)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["root@localhost", "a@x.example\nBcc: b@x.example", "a@x.example,b@x.example"])
def test_a_bad_address_is_refused_before_anything_is_stored(address: str) -> None:
    with pytest.raises(AddressRefused):
        queue(to=address)
    assert Message.objects.count() == 0


@pytest.mark.django_db
def test_a_mail_may_wait_for_a_later_instant() -> None:
    assert queue(not_before=NOW + timedelta(hours=1)).next_at == NOW + timedelta(hours=1)
    assert queue(occasion="two", not_before=NOW - timedelta(hours=1)).next_at == NOW


# What leaves


@pytest.mark.django_db
def test_nothing_that_anybody_typed_gets_into_a_header(settings: Settings) -> None:
    """Not even lines that look like one (SECURITY T13): headers hold the reference, the controller and one recipient."""
    settings.EMAIL_BACKEND = "notifications.folder_backend.EmailBackend"
    typed = "Bonjour\r\nBcc: sacha.modele@etu.cesi.example\n\nX-Typed: Plantée"
    vault.create_text_key("requests/one")
    queue_message(
        "letter_to_subject",
        to=CAMILLE_EMAIL,
        language="fr",
        reference="CE-7K4M-2XQZ",
        key_name="requests/one",
        seal=vault.seal_text,
        context=COMMON_CONTEXT | {"words": typed},
        now=NOW,
    )
    assert relay_waiting(unseal=vault.open_text, clock=lambda: NOW).sent == 1
    (file,) = settings.MAIL_FOLDER.glob("*.eml")
    mail = message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert "Plantée" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    head = file.read_bytes().split(b"\n\n")[0].decode()
    assert not re.search("sacha|Typed|Plant|^B?cc:", head, re.IGNORECASE | re.MULTILINE)
    assert set(mail.keys()) == {
        "Content-Type",
        "MIME-Version",
        "Subject",
        "From",
        "To",
        "Reply-To",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "Content-Language",
    }


# The folder of make run


@pytest.mark.django_db
def test_make_run_writes_each_mail_as_a_file_that_any_mail_program_opens(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "notifications.folder_backend.EmailBackend"
    queue("acknowledgement")
    report = relay_waiting(unseal=vault.open_text, clock=lambda: NOW)
    assert report.sent == 1
    (file,) = settings.MAIL_FOLDER.glob("*.eml")
    mail = message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert mail["Subject"] == f"Votre demande CE-7K4M-2XQZ{NBSP}: reçue, réponse au plus tard le 22 décembre 2026"
    assert mail["To"] == CAMILLE_EMAIL
    assert mail["Reply-To"] == DOMINIQUE_EMAIL
    assert "204816" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert mail.get_body(("html",)) is not None
    assert list(settings.MAIL_FOLDER.glob("*.part")) == []


@pytest.mark.parametrize(
    "said",
    [
        {"subject": "Votre demande CE-7K4M-2XQZ : reçue, réponse au plus tard le 22 décembre 2026, 😀 " + "é" * 90},
        {"subject": "Re: what =?you asked?="},
        {"subject": "Short and plain", "from_name": "École d'été, « Réunion »"},
        {"from_name": "L'Institut, à Paris", "reply_to": "dpo@école.example"},
        {"text": "Bonjour\r\n.\n\nune ligne = " + "à " * 900 + "\nfin\n"},
        {"html": "<p>" + "x" * 1_000 + "</p>\n"},
    ],
)
def test_a_mail_reads_as_it_was_written(said: dict[str, str]) -> None:
    content = {
        "subject": "Objet",
        "text": "Bonjour\n",
        "html": "<p>Bonjour</p>\n",
        "from_name": "École",
        "reply_to": "dpo@x.example",
    }
    content |= said
    message = Message(recipient=CAMILLE_EMAIL, language="fr", kind="code", reference="CE-7K4M-2XQZ")
    sent = relay._written(message, content, get_connection()).message().as_bytes(linesep="\r\n")
    assert max(map(len, sent.split(b"\r\n"))) <= 998
    assert sent.partition(b"\r\n\r\n")[0].isascii()
    mail = message_from_bytes(sent, policy=email.policy.default)
    assert mail["Subject"] == content["subject"].strip()
    assert mail["From"].addresses[0].display_name == content["from_name"]
    assert mail["Reply-To"].replace("xn--cole-9oa", "école") == content["reply_to"]
    assert (mail["To"], mail["Message-ID"]) == (CAMILLE_EMAIL, message.message_id)
    text, html = mail.iter_parts()
    assert text.get_content().splitlines() == content["text"].splitlines()
    assert html.get_content().split() == content["html"].split()


@pytest.mark.parametrize("name", ["subject", "reply_to"])
def test_a_header_of_two_lines_is_refused(name: str) -> None:
    content = {"subject": "Objet", "text": "a", "html": "b", "from_name": "École", "reply_to": "dpo@x.example"}
    content[name] += "\nBcc: sacha@x.example"
    with pytest.raises((BadHeaderError, ValueError)):
        relay._written(Message(recipient=CAMILLE_EMAIL, language="fr"), content, get_connection()).message()


def test_a_name_of_two_lines_stays_a_name() -> None:
    content = {
        "subject": "Objet",
        "text": "a",
        "html": "b",
        "from_name": "École\nBcc: sacha@x.example",
        "reply_to": "dpo@x.example",
    }
    mail = message_from_bytes(
        relay._written(Message(recipient=CAMILLE_EMAIL, language="fr"), content, get_connection()).message().as_bytes()
    )
    assert "Bcc" in str(make_header(decode_header(mail["From"])))
    assert mail["Bcc"] is None
