"""Whom a proxy acts for is told at the addresses on file, and gets the answer unless the mandate says otherwise (LAW R-30)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from dsar.domain.vocabulary import EventKind, Outcome, RequestType, SubjectKind, TokenPurpose
from dsar.services import address, decide, deliver, on_file, represented, tell, tokens
from notifications.models import Message, MessageState
from tests import stories
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME
from tests.stories import RECEIVED_AT

pytestmark = pytest.mark.django_db(transaction=True)

PROXY = "maitre.figurant@barreau.example"
HELD = ["camille.exemple@courriel.example", CAMILLE_EMAIL]  # both are in the example school
LATER = RECEIVED_AT + timedelta(days=1)


@pytest.fixture
def number(school) -> str:
    """Camille's student number, as the school knows it."""
    return stories.file_of_camille().values("student_number")[0]


def by_mandate(number: str, *rights: RequestType, answer_to: str = "person", **more: object):
    about = {"requester_name": "Maître Alix Figurant", "answer_to": answer_to}
    identifiers = {"student_number": [number]} if number else {}
    dsr = stories.receive(
        *rights, email=PROXY, name=CAMILLE_NAME, subject_kind=SubjectKind.MANDATE, about=about, identifiers=identifiers, **more
    )
    stories.confirm(dsr)
    stories.work(dsr.pk, at=RECEIVED_AT + timedelta(minutes=5))
    return dsr


def accept(dsr, officer):
    return stories.accepted(dsr, officer, reason="Mandat signé, vu.", at=LATER)


def built(dsr, officer):
    decide.decide_part(part_id=dsr.parts.get().pk, officer=officer, outcome=Outcome.GRANTED, grounds=[], reasons="", now=LATER)
    stories.work(dsr.pk, at=LATER)
    assert dsr.packages.get().state == "ready"


def told(dsr) -> list[Message]:
    return list(Message.objects.filter(kind=represented.MANDATE_KIND, reference=dsr.reference))


def test_the_person_is_told_at_the_address_on_file_once_the_mandate_is_accepted_and_the_proxy_is_not(number, dominique):
    dsr = by_mandate(number, answer_to="proxy")
    assert told(dsr) == [], "nobody is written to before the mandate is accepted"
    accept(dsr, dominique)
    assert sorted(mail.recipient for mail in told(dsr)) == HELD
    text = stories.text_of(told(dsr)[0])
    for words in (
        "Maître Alix Figurant",
        "Accès",
        dsr.reference,
        "Notre réponse ira à cette personne",
        "dpo@cesi.example",
        "CNIL",
    ):
        assert words in text
    stories.work(dsr.pk, at=LATER + timedelta(minutes=1))
    assert len(told(dsr)) == len(HELD)


@pytest.mark.parametrize(("answer_to", "follow_at"), [("proxy", PROXY), ("person", CAMILLE_EMAIL)])
@pytest.mark.parametrize(("language", "otherwise"), [("fr", "répondez à cet e-mail"), ("en", "reply to this email")])
def test_the_person_is_led_to_the_follow_page_only_at_the_address_that_its_code_goes_to(
    number, dominique, answer_to, follow_at, language, otherwise
):
    dsr = accept(by_mandate(number, answer_to=answer_to, language=language), dominique)
    tokens.send_code(dsr=dsr, purpose=TokenPurpose.FOLLOW, now=LATER)
    assert Message.objects.get(reference=dsr.reference, kind="code").recipient == follow_at
    invited = {mail.recipient: f"/{language}/follow/" in stories.text_of(mail) for mail in told(dsr)}
    assert invited == {address: address == follow_at for address in HELD}
    for mail in told(dsr):
        assert (otherwise in stories.text_of(mail)) is not invited[mail.recipient]


def test_without_the_right_to_receive_the_answer_goes_to_the_person(number, dominique):
    dsr = accept(by_mandate(number), dominique)
    assert (dsr.email, dsr.delivery_email) == (PROXY, CAMILLE_EMAIL)
    assert "Notre réponse vous sera envoyée à vous" in stories.text_of(told(dsr)[0])
    built(dsr, dominique)
    assert deliver.release(dsr_id=dsr.pk, officer=dominique, now=LATER) is None, "no representative gets anything"
    after = Message.objects.filter(reference=dsr.reference, created_at__gte=LATER)
    assert {mail.recipient for mail in after.exclude(kind=represented.MANDATE_KIND)} == {CAMILLE_EMAIL}
    assert PROXY not in {mail.recipient for mail in after}


@pytest.mark.parametrize("answer_to", ["person", "proxy"])
def test_what_was_sent_to_a_proxy_who_may_not_receive_opens_nothing_once_the_mandate_is_accepted(number, dominique, answer_to):
    """A code and a link that were still alive, and the page that was open (SECURITY T2, T18)."""
    dsr = by_mandate(number, answer_to=answer_to)
    before = LATER - timedelta(minutes=1)
    with time_machine.travel(before, tick=False) as clock:
        proxy = Client()
        _, _, opening = tokens.issue(dsr, TokenPurpose.FOLLOW, now=before)
        proxy.post(f"/fr/follow/open/{opening}/")
        assert proxy.get("/fr/status/").status_code == 200, "the check can fail"
        _, code, link = tokens.issue(dsr, TokenPurpose.FOLLOW, now=before)
        accept(dsr, dominique)
        clock.move_to(LATER)
        lives = answer_to == "proxy"
        assert (tokens.peek_link(link, TokenPurpose.FOLLOW, LATER) is not None) is lives
        assert (proxy.get("/fr/status/").status_code == 200) is lives
        if not lives:
            with pytest.raises(tokens.TokenRefused):
                tokens.redeem(purpose=TokenPurpose.FOLLOW, dsr_id=dsr.pk, code=code, now=LATER)


def test_a_mandate_that_lets_the_proxy_receive_takes_two_people_to_release(number, dominique):
    dsr = accept(by_mandate(number, answer_to="proxy"), dominique)
    assert dsr.delivery_email == PROXY
    built(dsr, dominique)
    proposal = deliver.release(dsr_id=dsr.pk, officer=dominique, now=LATER)
    assert proposal is not None
    assert proposal.act == "send_to_representative"
    assert dsr.packages.get().state == "ready"


def test_when_we_hold_no_address_the_answer_goes_by_post_and_a_colleague_is_asked_to_tell_the_person(school, dominique):
    dsr = accept(by_mandate("", RequestType.RECTIFICATION), dominique)
    assert (dsr.delivery_email, dsr.answer_email) == ("", "")
    assert told(dsr) == []
    notes = [event.text() for event in dsr.events.filter(kind=EventKind.NOTE)]
    assert notes == [represented.NOBODY_TO_TELL]
    tell.write_to_subject(dsr_id=dsr.pk, officer=dominique, words="Bonjour.", now=LATER)
    letter = Message.objects.get(reference=dsr.reference, kind="letter_to_subject")
    assert (letter.recipient, letter.state) == ("", MessageState.TO_POST)
    stories.work(dsr.pk, at=LATER + timedelta(minutes=1))
    assert len(dsr.events.filter(kind=EventKind.NOTE)) == 1


def test_when_several_people_fit_nobody_is_told_and_the_case_says_that_it_was_not_sure(number, dominique, monkeypatch):
    dsr = by_mandate(number)
    assert on_file.addresses(on_file.files(dsr)), "there are addresses that could have been written to"
    monkeypatch.setattr(on_file, "several_people", lambda found: True)
    accept(dsr, dominique)
    notes = [event.text() for event in dsr.events.filter(kind=EventKind.NOTE)]
    assert (told(dsr), notes) == ([], [represented.NOBODY_FOR_SURE])


def test_a_proxys_address_that_was_changed_is_never_a_key_to_search_with(number, dominique):
    dsr = by_mandate(number)
    address.change_delivery(dsr_id=dsr.pk, email="autre@barreau.example", officer=dominique, now=LATER)
    dsr.refresh_from_db()
    assert dsr.email == "autre@barreau.example"
    assert dsr.identifiers == {"student_number": [number]}
