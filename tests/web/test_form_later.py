"""Going on later: the link by mail, seven days, another device; and what two windows do to one form."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from dsar.domain.vocabulary import EventKind
from dsar.models import DataSubjectRequest
from dsar.services import drafts
from identity import vault
from notifications.models import Message
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME, SACHA_EMAIL
from tests.stories import text_of
from tests.web.asking import answer, begin, fill, send, step_of, title_of, token_in
from tests.web.desk import at_desk

pytestmark = pytest.mark.django_db

NINE = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


def half_a_form(client: Client, language: str = "fr") -> None:
    begin(client, language)
    answer(client, "what", language, rights=["access"])
    answer(client, "who", language, kind="self")
    answer(client, "tie", language, tie="student")
    answer(client, "contact", language, name=CAMILLE_NAME, email=CAMILLE_EMAIL)


def link_sent() -> str:
    found = re.search(r"/request/resume/([\w-]+)/", text_of(Message.objects.filter(kind="draft_link").latest("created_at")))
    assert found
    return found.group(1)


def test_a_form_goes_on_on_another_device_for_seven_days():
    with time_machine.travel(NINE, tick=False) as clock:
        phone, desk = Client(), Client()
        half_a_form(phone)
        assert "Enregistrer et revenir plus tard" in phone.get("/fr/request/help/").content.decode()
        page = phone.post("/fr/request/save/", follow=True)
        assert "Un lien est en route" in page.content.decode()
        assert CAMILLE_EMAIL not in page.content.decode()
        clock.shift(timedelta(minutes=30))
        address = f"/fr/request/resume/{link_sent()}/"
        assert title_of(desk.get(address)).startswith("Reprendre votre demande")
        assert step_of(desk.post(address)) == "help"
        assert "gardées jusqu’au 17 mars 2026" in desk.get("/fr/request/help/").content.decode()
        clock.shift(timedelta(days=6))
        later = Client()
        assert step_of(later.post(address)) == "help", "the link opens as long as the answers are kept"
        assert step_of(answer(later, "help")) == "check"
        assert step_of(send(later)) == "sent"
        dsr = DataSubjectRequest.objects.get()
        assert (dsr.data_subject_name, dsr.email) == (CAMILLE_NAME, CAMILLE_EMAIL)
        assert dsr.email_confirmed_at, "nothing is asked twice: the link proved the address"
        assert dsr.events.filter(kind=EventKind.EMAIL_CONFIRMED).count() == 1
        assert later.get(address).status_code == 410, "what is sent is no longer kept"


def test_opening_the_link_changes_nothing_and_the_seven_days_are_counted_once():
    with time_machine.travel(NINE, tick=False) as clock:
        client, other = Client(), Client()
        half_a_form(client)
        client.post("/fr/request/save/")
        address = f"/fr/request/resume/{link_sent()}/"
        for _ in range(20):
            other.get(address)
        assert other.get("/fr/request/help/", follow=True).redirect_chain, "nothing came along by looking"
        clock.shift(timedelta(hours=2, seconds=1))
        assert other.post(address).status_code == 410, "not opened within two hours"
        half_a_form(client)
        client.post("/fr/request/save/")
        address = f"/fr/request/resume/{link_sent()}/"
        other.post(address)
        clock.shift(timedelta(days=5))
        other.post(address)
        clock.shift(timedelta(days=2, seconds=1))
        assert other.get(address).status_code == 410


def test_the_answers_come_back_under_another_session_key():
    """Whoever had set the key of this browser's session before must not read along."""
    client, other = Client(), Client()
    half_a_form(client)
    client.post("/fr/request/save/")
    begin(other)
    before = other.session.session_key
    assert step_of(other.post(f"/fr/request/resume/{link_sent()}/")) == "help"
    assert before and other.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def test_another_link_ends_the_first_and_a_wrong_one_opens_nothing():
    client = Client()
    half_a_form(client)
    client.post("/fr/request/save/")
    first = link_sent()
    client.post("/fr/request/save/")
    assert first != link_sent()
    assert client.get(f"/fr/request/resume/{first}/").status_code == 410
    assert client.get("/fr/request/resume/abc/").status_code == 410
    assert client.get(f"/fr/request/resume/{link_sent()}/").status_code == 200


def test_a_confirmed_link_proves_nothing_about_an_address_typed_afterwards():
    client = Client()
    half_a_form(client)
    client.post("/fr/request/save/")
    client.post(f"/fr/request/resume/{link_sent()}/")
    answer(client, "contact", name=CAMILLE_NAME, email=SACHA_EMAIL)
    answer(client, "help")
    send(client)
    dsr = DataSubjectRequest.objects.get()
    assert dsr.email == SACHA_EMAIL
    assert dsr.email_confirmed_at is None


def test_kept_answers_lie_sealed_under_a_key_that_opens_nothing():
    client = Client()
    half_a_form(client)
    client.post("/fr/request/save/")
    link = link_sent()
    stored = list(Session.objects.values_list("session_key", "session_data"))
    assert len(stored) == 2
    for key, data in stored:
        assert link not in key
        assert CAMILLE_EMAIL not in data
        thief = Client()
        thief.cookies["sessionid"] = key if key != client.session.session_key else "x" * 32
        assert "Nous n’avons plus" in thief.get("/fr/request/help/", follow=True).content.decode()


def test_no_link_without_an_address_and_no_loss_by_asking_for_one():
    client = Client()
    begin(client)
    answer(client, "what", rights=["access"])
    assert step_of(client.get("/fr/request/save/")) == "who"
    assert step_of(client.post("/fr/request/save/")) == "who"
    assert Message.objects.count() == 0


def test_links_share_the_budget_of_an_address_that_nobody_confirmed():
    """Spellings of one mailbox are one: the fourth mail within the hour waits (SECURITY T14)."""
    with time_machine.travel(NINE, tick=False):
        for email in (
            "camille.exemple@etu.example",
            "Camille.Exemple+1@etu.example",
            "camilleexemple@ETU.example",
            "camilleexemple+2@etu.example",
        ):
            client = Client()
            half_a_form(client)
            answer(client, "contact", name=CAMILLE_NAME, email=email)
            client.post("/fr/request/save/")
        waits = [message.next_at - NINE for message in Message.objects.order_by("next_at")]
        assert waits == [timedelta(0)] * 3 + [timedelta(hours=1)]


def test_mails_with_a_link_are_forgotten_after_their_form():
    with time_machine.travel(NINE, tick=False):
        client = Client()
        half_a_form(client)
        client.post("/fr/request/save/")
    message = Message.objects.get()
    for later in (timedelta(hours=1), timedelta(days=1)):  # it counts for a day, so that nobody floods a mailbox
        assert drafts.forget_old_links(NINE + later) == 0
    assert drafts.forget_old_links(NINE + timedelta(days=1, seconds=1)) == 1, "its form was over after two hours"
    assert Message.objects.count() == 0
    with pytest.raises(vault.KeyDestroyed):
        vault.open_text(message.key_name, bytes(message.content))


def test_a_mail_whose_link_was_opened_stays_as_long_as_the_form_it_leads_to():
    with time_machine.travel(NINE, tick=False):
        client = Client()
        half_a_form(client)
        client.post("/fr/request/save/")
        Client().post(f"/fr/request/resume/{link_sent()}/")
    assert drafts.forget_old_links(NINE + timedelta(days=6, hours=23)) == 0
    assert drafts.forget_old_links(NINE + timedelta(days=7, seconds=1)) == 1


def test_a_window_with_older_answers_sends_nothing_that_it_does_not_show(client: Client):
    fill(client)
    old = token_in(client.get("/fr/request/check/"))
    fill(client, contact={"name": "Camille Autrement", "email": CAMILLE_EMAIL})  # in another window
    page = client.post("/fr/request/check/", {"token": old})
    assert page.status_code == 200
    assert "Une autre fenêtre contient des réponses plus récentes" in page.content.decode()
    assert "Camille Autrement" in page.content.decode()
    assert DataSubjectRequest.objects.count() == 0
    assert step_of(client.post("/fr/request/check/", {"token": token_in(page)})) == "sent"
    assert DataSubjectRequest.objects.get().data_subject_name == "Camille Autrement"


def test_going_back_and_answering_again_harms_nothing(client: Client):
    fill(client)
    for _ in range(2):
        assert step_of(answer(client, "tie", tie="graduate")) in ("contact", "check")
    assert step_of(send(client)) == "sent"
    assert DataSubjectRequest.objects.get().tie == "graduate"


def test_the_confirmation_says_when_our_mail_could_not_leave(client: Client):
    fill(client)
    send(client)
    assert "n’a pas encore pu partir" not in client.get("/fr/request/sent/").content.decode()
    Message.objects.filter(kind="acknowledgement").update(attempts=1)
    page = client.get("/fr/request/sent/").content.decode()
    assert "Notre message n’a pas encore pu partir" in page
    assert page.count(DataSubjectRequest.objects.get().reference) > 1


def test_advertising_is_stopped_when_the_confirmation_shows(client: Client):
    fill(client, what={"rights": ["marketing_objection"]})
    assert "La publicité s’arrête aussitôt" in client.get("/fr/request/contact/").content.decode().replace(
        "tout ce qu’il nous faut\u00a0: la", "La"
    )
    send(client)
    assert "La publicité est arrêtée" in client.get("/fr/request/sent/").content.decode()


def test_the_answers_of_a_form_that_is_left_are_in_no_table_after_the_next_sweep(client: Client):
    fill(client)
    with time_machine.travel(timezone.now() + timedelta(minutes=119), tick=False):
        call_command("clearsessions")
        assert Session.objects.count() == 1, "two hours are not over"
    with time_machine.travel(timezone.now() + timedelta(minutes=121), tick=False):
        call_command("clearsessions")
        assert not Session.objects.exists()


def test_the_day_of_a_member_of_staff_is_not_cut_short(dominique):
    at_desk(dominique)
    with time_machine.travel(timezone.now() + timedelta(hours=11), tick=False):
        call_command("clearsessions")
        assert Session.objects.count() == 1
