"""The messages of a case in the back office: read as they were sent, printed, posted, tried again; and who may do which."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone, translation

from dsar import selectors
from dsar.domain.vocabulary import EventKind, RequestType
from dsar.models import DataSubjectRequest, User
from dsar.templatetags.office import mail_kind
from notifications.kinds import KINDS
from notifications.models import Message, MessageState
from tests.people import CAMILLE_EMAIL
from tests.stories import code_in, receive
from tests.web.desk import at_desk, words
from tests.web.sentences import in_python, in_templates, without_french

pytestmark = pytest.mark.django_db


def url(dsr: DataSubjectRequest, tail: str = "") -> str:
    return f"/fr/office/case/{dsr.reference}/messages/{tail}"


@pytest.fixture
def by_post(dominique: User) -> DataSubjectRequest:
    return receive(RequestType.ACCESS, email="", postal_address="12 rue de l'Essai\n33000 Bordeaux", at=timezone.now())


def test_each_message_is_listed_with_a_masked_address_and_how_it_stands(dominique: User) -> None:
    dsr = receive(RequestType.ACCESS)
    Message.objects.update(state=MessageState.SENDING, attempts=3, error="451 4.3.0 the server asked us to come back later")
    page = at_desk(dominique).get(url(dsr))
    assert CAMILLE_EMAIL not in page.content.decode()
    said = words(page)
    for word in ("Accusé de réception", "c•••••@etu.cesi.example", "451 4.3.0", "3"):
        assert word in said
    case = at_desk(dominique).get(f"/fr/office/case/{dsr.reference}/").content.decode()
    assert url(dsr) in case


def test_a_message_reads_as_it_was_sent_without_its_code_and_the_look_is_noted(dominique: User) -> None:
    dsr = receive(RequestType.ACCESS)
    message = Message.objects.get()
    page = at_desk(dominique).post(url(dsr, f"{message.pk}/"))
    said = words(page)
    assert "Nous vous répondrons au plus tard le" in said.replace("\u00a0", " ")
    assert f"Votre demande {dsr.reference} : reçue" in said
    assert code_in(dsr) not in page.content.decode()
    look = dsr.events.get(kind=EventKind.DATA_VIEWED)
    assert (look.actor, look.data["collection"], look.data["message"]) == (dominique, "message.acknowledgement", str(message.pk))
    assert at_desk(dominique).get(url(dsr, f"{message.pk}/")).status_code == 405


def test_its_html_stands_alone_in_a_sandbox_that_loads_and_runs_nothing(dominique: User) -> None:
    dsr = receive(RequestType.ACCESS)
    message = Message.objects.get()
    page = at_desk(dominique).post(url(dsr, f"{message.pk}/html/"))
    policy = page["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "'self'" not in policy
    assert page.content.decode().lstrip().startswith("<!doctype html>")
    assert code_in(dsr) not in page.content.decode()


def test_a_letter_is_printed_posted_and_then_waits_no_more(by_post: DataSubjectRequest, dominique: User) -> None:
    desk = at_desk(dominique)
    message = Message.objects.get()
    assert "Imprimez et postez 1 lettre" in words(desk.get(f"/fr/office/case/{by_post.reference}/"))
    assert by_post.reference in words(desk.get("/fr/office/post/"))
    pdf = desk.post(url(by_post, f"{message.pk}/letter/"))
    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert by_post.data_subject_name not in pdf["Content-Disposition"]
    today = selectors.today_at_seat(timezone.now())
    field = f"posted-{message.pk}-posted_on"
    tomorrow = desk.post(url(by_post, f"{message.pk}/posted/"), {field: (today + timedelta(days=1)).isoformat()})
    assert tomorrow.status_code == 422
    assert "ni après aujourd’hui" in words(tomorrow)
    assert desk.post(url(by_post, f"{message.pk}/posted/"), {field: ""}).status_code == 422
    assert desk.post(url(by_post, f"{message.pk}/posted/"), {field: today.isoformat()}).status_code == 302
    assert by_post.events.get(kind=EventKind.LETTER_POSTED).data["posted_on"] == today.isoformat()
    case = words(desk.get(f"/fr/office/case/{by_post.reference}/"))
    assert "Imprimez et postez" not in case
    assert "Lettre postée" in case
    assert "Rien à poster" in words(desk.get("/fr/office/post/"))


def test_what_could_not_be_delivered_is_tried_again_written_by_post_or_settled(dominique: User) -> None:
    dsr = receive(RequestType.ACCESS, at=timezone.now())
    desk, message = at_desk(dominique), Message.objects.get()
    Message.objects.update(state=MessageState.UNDELIVERABLE, error="550 5.1.1 refused", attempts=1)
    page = words(desk.get(url(dsr)))
    assert all(word in page for word in ("Réessayer", "Écrire par la poste", "Réglé autrement", "550 5.1.1"))
    assert "n’a pas pu être remis" in words(desk.get(f"/fr/office/case/{dsr.reference}/"))
    assert desk.post(url(dsr, f"{message.pk}/see-to/"), {"how": "burn"}).status_code == 422
    assert desk.post(url(dsr, f"{message.pk}/see-to/"), {"how": "again"}).status_code == 302
    message.refresh_from_db()
    assert message.state in (MessageState.WAITING, MessageState.SENT)
    Message.objects.update(state=MessageState.UNDELIVERABLE)
    assert desk.post(url(dsr, f"{message.pk}/see-to/"), {"how": "by_post"}).status_code == 302
    assert Message.objects.filter(state=MessageState.TO_POST).count() == 1
    assert desk.post(url(dsr, f"{message.pk}/see-to/"), {"how": "settled"}).status_code == 422, "somebody has dealt with it"
    assert "traité" in words(desk.get(url(dsr)))


def test_an_auditor_reads_and_does_nothing(by_post: DataSubjectRequest) -> None:
    desk = at_desk(User.objects.create_user("auditeur@cesi.example", role="auditor", all_sites=True))
    page = desk.get(url(by_post))
    assert page.status_code == 200
    assert "Imprimée et postée" not in words(page)
    assert desk.post(url(by_post, f"{Message.objects.get().pk}/posted/")).status_code == 403


def test_a_message_of_another_case_is_not_there(by_post: DataSubjectRequest, dominique: User) -> None:
    other = receive(RequestType.ACCESS)
    message = Message.objects.get(reference=other.reference)
    assert at_desk(dominique).post(url(by_post, f"{message.pk}/")).status_code == 404


def test_the_post_room_shows_cases_of_ones_own_sites_only(by_post: DataSubjectRequest, bordeaux_officer: User) -> None:
    assert not re.search(by_post.reference, at_desk(bordeaux_officer).get("/fr/office/post/").content.decode())
    DataSubjectRequest.objects.update(site="bordeaux")
    assert re.search(by_post.reference, at_desk(bordeaux_officer).get("/fr/office/post/").content.decode())


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_mail_has_a_name_in_both_languages(kind: str) -> None:
    names = []
    for language in ("fr", "en"):
        with translation.override(language):
            names.append(mail_kind(kind))
    assert kind not in names
    assert names[0] != names[1] or names[0] in ("Code", "Extension")


def test_every_sentence_of_these_pages_is_french_too() -> None:
    base = Path(settings.BASE_DIR)
    parts = ("message_to", "message_state", "message_waiting", "post_table")
    office = base / "templates" / "backoffice"
    templates = [office / f"{name}.html" for name in ("messages", "message", "post", *(f"parts/{part}" for part in parts))]
    python = ("views/backoffice/messages.py", "views/backoffice/words.py", "forms/post.py", "selectors/actions.py")
    asked = in_templates(templates) | in_python([base / "dsar" / name for name in python])
    assert (None, "Printed and posted") in asked, "the reading finds something"
    assert without_french(asked) == []
