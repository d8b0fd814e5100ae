"""Sending: once whatever happens, never lost, and no personal value in clear where nobody looks for one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client

from dsar.models import DataSubjectRequest
from notifications.models import Message
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME
from tests.stories import code_in
from tests.web.asking import answer, ask, begin, errors_in, fill, send, step_of, title_of, token_in

pytestmark = pytest.mark.django_db


def test_the_confirmation_names_the_reference_the_date_and_what_comes_next(client: Client):
    with time_machine.travel(datetime(2026, 11, 22, 17, 4, tzinfo=UTC), tick=False):
        dsr = ask(client)
        page = client.get("/fr/request/sent/").content.decode()
    assert dsr.reference in page
    assert "mardi 22 décembre 2026" in page
    assert "Accusé de réception" in page
    assert CAMILLE_EMAIL not in page, "only its owner recognises the masked address"
    assert f"c•••••@{CAMILLE_EMAIL.partition('@')[2]}" in page


def test_one_form_sent_twice_is_one_request_and_the_same_confirmation(client: Client):
    fill(client)
    token = token_in(client.get("/fr/request/check/"))
    session = client.session
    draft = session["draft"]
    assert step_of(client.post("/fr/request/check/", {"token": token})) == "sent"
    assert step_of(client.post("/fr/request/check/", {"token": token})) == "sent"
    session = client.session
    session["draft"] = draft  # the second press left before the first was answered
    session.save()
    assert step_of(client.post("/fr/request/check/", {"token": token})) == "sent"
    assert DataSubjectRequest.objects.count() == 1
    assert Message.objects.filter(kind="acknowledgement").count() == 1


def test_back_after_sending_shows_that_it_is_sent(client: Client):
    dsr = ask(client)
    for page in ("/fr/request/check/", "/fr/request/what/", "/fr/request/contact/"):
        shown = client.get(page, follow=True)
        assert title_of(shown).startswith("Votre demande est déjà envoyée")
        assert dsr.reference in shown.content.decode()


def test_another_request_starts_from_an_empty_form(client: Client):
    ask(client)
    begin(client)
    assert CAMILLE_NAME not in client.get("/fr/request/what/", follow=True).content.decode()
    ask(client)
    assert DataSubjectRequest.objects.count() == 2


def test_the_draft_lies_sealed_and_goes_when_it_is_sent(client: Client):
    fill(client, contact={"name": CAMILLE_NAME, "email": CAMILLE_EMAIL})
    stored = "".join(str(row.get_decoded()) for row in Session.objects.all())
    assert "draft" in stored
    assert CAMILLE_EMAIL not in stored
    assert CAMILLE_NAME not in stored
    send(client)
    assert "draft" not in client.session


def test_a_form_left_for_two_hours_is_forgotten_and_says_so(client: Client):
    with time_machine.travel(datetime(2026, 3, 10, 9, 0, tzinfo=UTC), tick=False):
        begin(client)
        answer(client, "what", rights=["access"])
        answer(client, "who", kind="self")
    with time_machine.travel(datetime(2026, 3, 10, 11, 0, 1, tzinfo=UTC), tick=False):
        page = client.get("/fr/request/tie/", follow=True)
        assert "Nous n’avons plus vos réponses précédentes" in page.content.decode()
        assert title_of(page).startswith("Que souhaitez-vous")


def test_two_hours_are_counted_from_the_last_answer_whatever_else_the_browser_does(client: Client):
    with time_machine.travel(datetime(2026, 3, 10, 9, 0, tzinfo=UTC), tick=False) as clock:
        begin(client)
        answer(client, "what", rights=["access"])
        clock.move_to(datetime(2026, 3, 10, 10, 30, tzinfo=UTC))
        client.post("/fr/follow/", {"known_by": "personne@nulle-part.example"})  # keeps the session on, and not the form
        clock.move_to(datetime(2026, 3, 10, 10, 59, tzinfo=UTC))
        assert client.get("/fr/request/who/").status_code == 200, "the check can fail"
        clock.move_to(datetime(2026, 3, 10, 11, 0, 1, tzinfo=UTC))
        assert "Nous n’avons plus vos réponses précédentes" in client.get("/fr/request/who/", follow=True).content.decode()


def test_what_was_just_written_outlives_a_lost_session(client: Client):
    page = client.post("/fr/request/contact/", {"name": CAMILLE_NAME, "email": CAMILLE_EMAIL}, follow=True)
    assert "Nous n’avons plus vos réponses précédentes" in page.content.decode()
    assert step_of(answer(client, "what", rights=["marketing_objection"])) == "contact"
    assert CAMILLE_NAME in client.get("/fr/request/contact/").content.decode()


def test_a_question_that_does_not_exist_is_not_found(client: Client):
    begin(client)
    assert client.get("/fr/request/passport/").status_code == 404


def test_nothing_can_be_sent_before_every_question_is_answered(client: Client):
    begin(client)
    answer(client, "what", rights=["access"])
    assert step_of(client.post("/fr/request/check/", {"token": "x"})) == "who"
    assert DataSubjectRequest.objects.count() == 0


def test_a_form_filled_faster_than_it_can_be_read_is_asked_to_be_read(client: Client, settings):
    settings.FORM_SECONDS = 2
    with time_machine.travel(datetime(2026, 3, 10, 9, 0, 0, tzinfo=UTC), tick=False):
        fill(client)
        page = client.post("/fr/request/check/", {"token": token_in(client.get("/fr/request/check/"))})
        assert title_of(page).startswith("Erreur")
        assert DataSubjectRequest.objects.count() == 0
    with time_machine.travel(datetime(2026, 3, 10, 9, 0, 3, tzinfo=UTC), tick=False):
        assert step_of(send(client)) == "sent"


def test_the_sixty_first_request_of_one_network_in_an_hour_waits_and_keeps_what_was_written(client: Client, monkeypatch):
    monkeypatch.setattr("dsar.views.public.form.REQUESTS_PER_HOUR", 2)
    with time_machine.travel(datetime(2026, 3, 10, 9, 20, tzinfo=UTC), tick=False):
        for _ in range(2):
            ask(Client(), contact={"name": CAMILLE_NAME, "email": CAMILLE_EMAIL})
        fill(client)
        page = send(client)
        assert page.status_code == 429
        assert "réessayez dans 41 minutes" in page.content.decode()
        assert page["Retry-After"] == str(41 * 60)
        assert CAMILLE_NAME in client.get("/fr/request/check/").content.decode()
    with time_machine.travel(datetime(2026, 3, 10, 10, 1, tzinfo=UTC), tick=False):
        assert step_of(send(client)) == "sent"


def test_a_forged_forwarded_header_does_not_make_another_network(monkeypatch):
    monkeypatch.setattr("dsar.views.public.form.REQUESTS_PER_HOUR", 1)
    for number, status in ((1, 302), (2, 429)):
        client = Client(headers={"X-Forwarded-For": f"203.0.113.{number}"})
        fill(client)
        assert send(client).status_code == status


def test_the_code_of_the_mail_confirms_the_address_on_the_spot(client: Client):
    dsr = ask(client)
    code = code_in(dsr)
    page = client.post("/fr/request/sent/", {"code": f"{code[:3]} {code[3:]}"}, follow=True)
    dsr.refresh_from_db()
    assert dsr.email_confirmed_at is not None
    assert "Votre e-mail est confirmé" in page.content.decode()


def test_a_wrong_code_is_said_and_the_fifth_closes_the_door(client: Client):
    dsr = ask(client)
    wrong = f"{(int(code_in(dsr)) + 1) % 1_000_000:06d}"
    for _ in range(5):
        assert "n’est pas le bon" in errors_in(client.post("/fr/request/sent/", {"code": wrong}))[0]
    assert errors_in(client.post("/fr/request/sent/", {"code": code_in(dsr)}))[0].startswith("Trop d")
    dsr.refresh_from_db()
    assert dsr.email_confirmed_at is None


def test_a_new_code_waits_a_minute(client: Client):
    with time_machine.travel(datetime(2026, 3, 10, 9, 0, tzinfo=UTC), tick=False) as clock:
        dsr = ask(client)
        assert "Attendez une minute" in client.post("/fr/request/sent/code/", follow=True).content.decode()
        clock.shift(61)
        assert "Un nouveau code est en route" in client.post("/fr/request/sent/code/", follow=True).content.decode()
        assert Message.objects.filter(reference=dsr.reference, kind="code").count() == 1


def test_without_its_session_the_confirmation_leads_to_following(client: Client):
    page = client.get("/fr/request/sent/", follow=True)
    assert title_of(page).startswith("Suivre ma demande")
    assert "Pour votre sécurité" in page.content.decode()


def test_the_receipt_is_a_pdf_with_reference_and_date(client: Client):
    import io

    from pypdf import PdfReader

    dsr = ask(client, help={"access": "secret de Camille"})
    pdf = client.get("/fr/request/receipt/")
    assert pdf["Content-Type"] == "application/pdf"
    reader = PdfReader(io.BytesIO(pdf.content))
    text = "".join(page.extract_text() for page in reader.pages)
    assert dsr.reference in text
    assert "CNIL" in text
    assert "secret de Camille" not in text
    assert reader.trailer["/Root"]["/Lang"] == "fr"


def test_nobody_else_gets_the_receipt(client: Client):
    ask(client)
    assert Client().get("/fr/request/receipt/").status_code == 302


def test_pages_of_the_form_stay_in_no_cache_and_pass_no_address_on(client: Client):
    begin(client)
    for path in ("/fr/request/what/", "/fr/request/check/", "/fr/request/sent/", "/fr/follow/"):
        response = client.get(path)
        assert response["Cache-Control"] == "no-store"
        assert response["Referrer-Policy"] == "same-origin"
        assert "noindex" in response["X-Robots-Tag"]
    cookie = client.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"], cookie["domain"]) == (True, "Lax", "")


def test_a_form_from_elsewhere_is_refused_with_a_page_that_helps():
    client = Client(enforce_csrf_checks=True)
    page = client.post("/fr/request/what/", {"rights": "access"})
    assert page.status_code == 403
    assert "Nous n’avons pas reconnu ce formulaire" in page.content.decode()
