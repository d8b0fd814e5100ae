"""What people type: names as they are written, addresses that reach one mailbox, words of any length."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.people import CAMILLE_EMAIL, CAMILLE_NAME
from tests.web.asking import answer, ask, begin, errors_in, fill, step_of

pytestmark = pytest.mark.django_db


def test_what_was_typed_is_still_there_after_an_error(client: Client):
    begin(client)
    answer(client, "what", rights=["marketing_objection"])
    page = answer(client, "contact", name=CAMILLE_NAME, email="camille@institut")
    assert errors_in(page) == ["Écrivez une adresse e-mail complète, comme nom@exemple.fr"]
    assert f'value="{CAMILLE_NAME}"' in page.content.decode()
    assert 'value="camille@institut"' in page.content.decode()


@pytest.mark.parametrize(
    "address",
    [
        "root@localhost",
        "camille@[127.0.0.1]",
        "camille@institut",
        "a" * 65 + "@institut.example",
        "camille@institut.example,sacha@institut.example",
        "camille@institut.example\r\nBcc: sacha@institut.example",
        '"camille exemple"@institut.example',
        "=?utf-8?q?x?=@institut.example",
        "camille@" + "a" * 250 + ".example",
    ],
)
def test_an_address_that_reaches_nobody_or_more_than_one_is_refused(client: Client, address: str):
    begin(client)
    answer(client, "what", rights=["marketing_objection"])
    assert errors_in(answer(client, "contact", name=CAMILLE_NAME, email=address))


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("é.test@example.org", "accent avant le @"),
        ("a@example.org, b@example.org", "Écrivez une seule adresse ici"),
        ("camille", "Écrivez une adresse e-mail complète"),
    ],
)
def test_what_is_wrong_with_an_address_is_said(client: Client, written: str, sentence: str):
    begin(client)
    answer(client, "what", rights=["marketing_objection"])
    (said,) = errors_in(answer(client, "contact", name=CAMILLE_NAME, email=written))
    assert sentence in said


@pytest.mark.parametrize("pasted", ["MAILTO:{0}", "Camille Exemple <{0}>", " {0} "])
def test_an_address_is_taken_out_of_what_an_address_book_pastes(client: Client, pasted: str):
    assert ask(client, contact={"name": CAMILLE_NAME, "email": pasted.format(CAMILLE_EMAIL)}).email == CAMILLE_EMAIL


def test_of_several_addresses_the_wrong_one_is_named(client: Client):
    fill(client)
    other = "vrai@mail.example; zz, <autre@mail.example>"
    (said,) = errors_in(answer(client, "contact", name=CAMILLE_NAME, email=CAMILLE_EMAIL, other_emails=other))
    assert "zz" in said and "vrai@mail.example" not in said


@pytest.mark.parametrize("name", ["Zoé Ñandú-O’Brien", "李小龍", "D'Artagnan, Jr.", "Œuvrard ß Ång", "پری\u200cسا", "ශ්\u200dරී"])
def test_every_name_is_accepted_as_written(client: Client, name: str):
    assert ask(client, contact={"name": name, "email": CAMILLE_EMAIL}).data_subject_name == name


def test_what_no_reader_can_see_is_left_out_of_a_name(client: Client):
    dsr = ask(client, contact={"name": "Camille\r\n\x00 \u202eExemple\u200b ", "email": CAMILLE_EMAIL})
    assert dsr.data_subject_name == CAMILLE_NAME


def test_hostile_words_come_out_inert(client: Client):
    fill(client, contact={"name": "<script>alert(1)</script>{{ 7*7 }}", "email": CAMILLE_EMAIL})
    page = client.get("/fr/request/check/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in page


def test_two_thousand_characters_fit_and_one_more_is_told(client: Client):
    begin(client)
    for step, values in {"what": {"rights": ["access"]}, "who": {"kind": "self"}, "tie": {"tie": "other"}}.items():
        answer(client, step, **values)
    answer(client, "contact", name=CAMILLE_NAME, email=CAMILLE_EMAIL)
    assert errors_in(answer(client, "help", access="é" * 2001)) == ["Raccourcissez votre réponse de 1 caractère"]
    assert step_of(answer(client, "help", access="é" * 2000)) == "check"


def test_an_answer_that_no_box_offers_is_refused(client: Client):
    begin(client)
    assert errors_in(answer(client, "what", rights=["everything"]))
    answer(client, "what", rights=["access"])
    assert errors_in(answer(client, "who", kind="superuser"))


def test_fields_say_what_they_are_for(client: Client):
    begin(client)
    answer(client, "what", rights=["marketing_objection"])
    page = client.get("/fr/request/contact/").content.decode()
    for attributes in ('type="email"', 'autocomplete="email"', 'autocomplete="name"', 'spellcheck="false"', 'maxlength="254"'):
        assert attributes in page
    assert "required" not in page, "our own words instead of the browser’s"
