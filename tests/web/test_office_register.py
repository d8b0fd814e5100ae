"""A request that came by post, phone, mail or over the counter counts like the form's (LAW R-03, R-04)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from dsar.domain.vocabulary import Channel, EventKind
from dsar.models import DataSubjectRequest
from notifications.models import Message
from tests.stories import work
from tests.web.desk import at_desk, words

pytestmark = pytest.mark.django_db


def url(dsr: DataSubjectRequest, tail: str = "") -> str:
    return f"/fr/office/case/{dsr.reference}/{tail}"


LETTER = {
    "channel": "post", "received_on": "2026-03-06", "evidence": "delivery_slip", "evidence_note": "Recommandé 1A 203 4",
    "rights": ["access"],
    "name": "Camille Exemple", "subject_kind": "self", "tie": "student", "language": "fr",
    "postal_address": "12 rue des Essais\n33000 Bordeaux",
}  # fmt: skip


def test_a_letter_counts_from_its_delivery_and_needs_no_address_on_the_internet(dominique):
    done = at_desk(dominique).post("/fr/office/register/", LETTER)
    dsr = DataSubjectRequest.objects.get()
    assert done.url == url(dsr)
    assert dsr.channel == Channel.POST
    assert dsr.deadlines(today=timezone.now().date()).receipt_date.isoformat() == "2026-03-06"
    receipt = dsr.events.get(kind=EventKind.RECEIVED)
    assert (receipt.data["evidence"], receipt.text()) == ("delivery_slip", "Recommandé 1A 203 4")
    assert not Message.objects.exclude(recipient="").exists(), "nobody to write to by mail"


def test_a_letter_registered_twice_by_one_page_is_one_request(dominique):
    desk = at_desk(dominique)
    for _ in range(2):
        assert desk.post("/fr/office/register/", {**LETTER, "once": "une-page-ouverte-une-fois"}).status_code == 302
    assert DataSubjectRequest.objects.count() == 1


@pytest.mark.parametrize(
    ("channel", "stored"),
    [("email", "mail_headers"), ("phone", "call_note"), ("counter", "counter_receipt")],
)
def test_a_channel_has_its_usual_evidence(dominique, channel, stored):
    letter = {**LETTER, "channel": channel, "evidence": ""}
    assert at_desk(dominique).post("/fr/office/register/", letter).status_code == 302
    assert DataSubjectRequest.objects.get().events.get(kind=EventKind.RECEIVED).data["evidence"] == stored


def test_what_a_campus_had_first_counts_from_their_day(dominique):
    """LAW R-05: the campus of Lyon had the letter on 6 March, whenever it reached the registered office."""
    letter = {**LETTER, "evidence": "forwarded", "evidence_note": "Reçue par le campus de Lyon"}
    desk = at_desk(dominique)
    assert desk.post("/fr/office/register/", letter).status_code == 302
    dsr = DataSubjectRequest.objects.get()
    assert dsr.careful_date.isoformat() == "2026-04-05"
    assert "Reçue d'abord par un sous-traitant ou un campus" in words(desk.get(url(dsr))).replace("\u2019", "'")


def test_the_page_says_that_a_postmark_does_not_count(dominique):
    assert "jamais le cachet de la poste" in words(at_desk(dominique).get("/fr/office/register/"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"postal_address": ""}, "Donnez un e-mail ou une adresse postale"),
        ({"received_on": "2096-03-06"}, "ne peut pas être dans l'avenir"),
        ({"received_on": "vendredi"}, "Écrivez le jour ainsi"),
        ({"rights": []}, "Cochez au moins une demande"),
        ({"email": "root@localhost"}, "Cette adresse e-mail n'est pas valable"),
        ({"evidence_note": ""}, "Notez ce qui prouve le jour de réception."),
        ({"evidence": ""}, "Dites ce qui montre le jour de distribution."),
        ({"evidence": "call_note"}, "Cette preuve ne va pas avec ce mode d'arrivée."),
    ],
)
def test_a_mistake_at_the_counter_is_one_sentence_and_keeps_the_rest(dominique, change, said):
    answer = at_desk(dominique).post("/fr/office/register/", {**LETTER, **change})
    assert answer.status_code == 422
    assert said in words(answer)
    assert 'value="Camille Exemple"' in answer.content.decode()
    assert not DataSubjectRequest.objects.exists()


def test_an_officer_of_one_site_registers_for_that_site_only(bordeaux_officer):
    desk = at_desk(bordeaux_officer)
    assert desk.post("/fr/office/register/", {**LETTER, "site": "lyon"}).status_code == 422
    assert desk.post("/fr/office/register/", {**LETTER, "site": "bordeaux"}).status_code == 302


def test_a_person_without_email_gets_the_copy_by_post_once_two_people_agree(dominique, noa, school):
    """Camille has a namesake and no proven address, so the release is flagged."""
    desk = at_desk(dominique)
    desk.post("/fr/office/register/", {**LETTER, "student_number": "202200001"})
    dsr = DataSubjectRequest.objects.get()
    desk.post(url(dsr, "identity/"), {"established": "yes", "means": "post_on_file", "reason": "Adresse du dossier."})
    work(dsr.pk, at=timezone.now())
    desk.post(url(dsr, f"decide/{dsr.parts.get().pk}/"), {"outcome": "granted", "decide": "1"})
    work(dsr.pk, at=timezone.now() + timedelta(seconds=1))
    assert "Une deuxième personne doit valider" in words(desk.get(url(dsr, "release/")))
    desk.post(url(dsr, "release/"), {"compared": "on"})
    assert dsr.packages.get().state == "ready", "only proposed"
    at_desk(noa).post(url(dsr, f"proposal/{dsr.approvals.get().pk}/"), {"verdict": "approve"})
    desk.post(url(dsr, "release/"), {"compared": "on"})
    copy = desk.post(url(dsr, "release/copy/"))
    assert copy.status_code == 200, words(copy)
    assert b"".join(copy.streaming_content).startswith(b"PK")
    assert dsr.events.filter(kind=EventKind.DOWNLOADED, actor=dominique).exists()
