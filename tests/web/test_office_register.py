"""A request that came by post, phone, mail or over the counter counts like the form's (LAW R-03, R-04)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from dsar.domain.vocabulary import Channel, EventKind
from dsar.models import DataSubjectRequest
from dsar.services import intake
from notifications.models import Message
from tests.stories import receive, work
from tests.web.desk import at_desk, words

pytestmark = pytest.mark.django_db


def url(dsr: DataSubjectRequest, tail: str = "") -> str:
    return f"/fr/office/case/{dsr.reference}/{tail}"


LETTER = {
    "channel": "post", "received_on": "2026-03-06", "evidence": "delivery_slip", "evidence_note": "Recommandé 1A 203 4",
    "rights": ["access"],
    "name": "Camille Exemple", "subject_kind": "self", "tie": "student", "language": "fr",
    "postal_address": "12 rue des Essais\n33000 Bordeaux",
    "sure": "2026-03-06",  # months ago, when these tests run
}  # fmt: skip


def test_a_letter_counts_from_its_delivery_and_needs_no_address_on_the_internet(dominique):
    done = at_desk(dominique).post("/fr/office/register/", LETTER)
    dsr = DataSubjectRequest.objects.get()
    assert done.url == url(dsr, "registered/")
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
    assert "Reçue d’abord par un sous-traitant ou un campus" in words(desk.get(url(dsr)))


def test_the_page_says_that_a_postmark_does_not_count(dominique):
    assert "jamais le cachet de la poste" in words(at_desk(dominique).get("/fr/office/register/"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"postal_address": ""}, "Donnez un e-mail ou une adresse postale"),
        ({"received_on": "2096-03-06"}, "ne peut pas être dans l’avenir"),
        ({"received_on": "vendredi"}, "Écrivez le jour ainsi"),
        ({"rights": []}, "Cochez au moins une demande"),
        ({"email": "root@localhost"}, "Cette adresse e-mail n’est pas valable"),
        ({"evidence_note": ""}, "Notez ce qui prouve le jour de réception."),
        ({"evidence": ""}, "Dites ce qui montre le jour de distribution."),
        ({"evidence": "call_note"}, "Cette preuve ne va pas avec ce mode d’arrivée."),
    ],
)
def test_a_mistake_at_the_counter_is_one_sentence_and_keeps_the_rest(dominique, change, said):
    answer = at_desk(dominique).post("/fr/office/register/", {**LETTER, **change})
    assert answer.status_code == 422
    assert said in words(answer)
    assert 'value="Camille Exemple"' in answer.content.decode()
    assert not DataSubjectRequest.objects.exists()


def test_a_request_that_came_to_the_wrong_campus_is_registered_there_for_the_right_one(bordeaux_officer):
    """LAW R-01: receipt at any official channel starts the clock; whoever took it in gets the receipt, and not the case."""
    desk = at_desk(bordeaux_officer)
    done = desk.post("/fr/office/register/", {**LETTER, "site": "lyon"})
    dsr = DataSubjectRequest.objects.get()
    assert (dsr.site, dsr.careful_date.isoformat()) == ("lyon", "2026-04-05")
    page = words(desk.get(done.url))
    assert "Un autre guichet reprend ce dossier" in page
    assert "Ouvrir le dossier" not in page
    assert desk.get(url(dsr, "receipt/"))["Content-Type"] == "application/pdf"
    for tail in ("", "files/", "messages/"):
        assert desk.get(url(dsr, tail)).status_code == 404, "the case itself is Lyon's"


def test_the_receipt_of_another_campus_is_the_desk_s_for_a_day_and_nobody_else_s(bordeaux_officer, django_user_model):
    at_desk(bordeaux_officer).post("/fr/office/register/", {**LETTER, "site": "lyon"})
    dsr = DataSubjectRequest.objects.get()
    colleague = django_user_model.objects.create_user("sol@cesi.example", role="officer", sites=["bordeaux"])
    for tail in ("receipt/", "registered/"):
        assert at_desk(bordeaux_officer).get(url(dsr, tail)).status_code == 200
        assert at_desk(colleague).get(url(dsr, tail)).status_code == 404
        with time_machine.travel(timezone.now() + timedelta(hours=25)):
            assert at_desk(bordeaux_officer).get(url(dsr, tail)).status_code == 404


def test_an_officer_of_one_site_finds_their_own_site_chosen(bordeaux_officer):
    page = at_desk(bordeaux_officer).get("/fr/office/register/").content.decode()
    assert '<option value="bordeaux" selected>' in page
    assert page.index('value="bordeaux"') < page.index("Un autre guichet reprend le dossier") < page.index('value="lyon"')


@pytest.mark.parametrize("role", ["officer", "auditor"])
def test_the_receipt_is_printed_again_from_the_case_by_whoever_may_see_it(dominique, django_user_model, role):
    at_desk(dominique).post("/fr/office/register/", LETTER)
    dsr = DataSubjectRequest.objects.get()
    reader = at_desk(django_user_model.objects.create_user("lecture@cesi.example", role=role, all_sites=True))
    assert f'href="{url(dsr, "receipt/")}"' in reader.get(url(dsr)).content.decode()
    answer = reader.get(url(dsr, "receipt/"))
    assert answer.content.startswith(b"%PDF")
    assert dsr.reference in answer["Content-Disposition"]
    assert answer["Cache-Control"] == "no-store"


# The day of receipt


TODAY = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
EASTER_MONDAY = datetime(2026, 4, 6, 9, 30, tzinfo=UTC)


def register(officer, day: datetime = TODAY, **change):
    with time_machine.travel(day, tick=False):
        return at_desk(officer).post("/fr/office/register/", {**LETTER, "sure": "", **change})


def test_the_page_after_says_what_the_person_is_told(dominique):
    done = register(dominique, rights=["access", "erasure"])
    with time_machine.travel(TODAY, tick=False):
        page = words(at_desk(dominique).get(done.url))
    for said in ("Enregistrée sous la référence CE-", "Accès, Effacement", "vendredi 6 mars 2026", "dimanche 5 avril 2026"):
        assert said in page
    assert "Limite légale mardi 7 avril 2026" in page
    assert "Aucun e-mail n’a été donné" in page
    assert "En retard dès son premier jour" not in page


@pytest.mark.parametrize(
    ("today", "change", "said"),
    [
        (TODAY, {"received_on": "2026-01-12"}, "en retard dès son premier jour : la limite légale était le 12 février 2026"),
        (TODAY, {"received_on": "2025-03-06"}, "ne peut plus être prolongée"),
        (TODAY, {"received_on": "2026-01-01"}, "Le 1er janvier 2026 est un dimanche ou un jour férié"),
        (EASTER_MONDAY, {"received_on": "2026-03-06"}, "sa réponse le 5 avril 2026 au plus tard, selon notre promesse"),
        (TODAY, {"received_on": "2026-03-08"}, "Le 8 mars 2026 est un dimanche ou un jour férié"),
    ],
)
def test_an_odd_day_is_said_what_it_means_and_counts_once_it_is_confirmed(dominique, today, change, said):
    asked = register(dominique, today, **change)
    assert asked.status_code == 422
    assert said in words(asked).replace("\N{NO-BREAK SPACE}", " ")
    assert not DataSubjectRequest.objects.exists()
    assert register(dominique, today, **change, sure="2026-03-09").status_code == 422, "sure of another day"
    assert register(dominique, today, **change, sure=change["received_on"]).status_code == 302
    dsr = DataSubjectRequest.objects.get()
    assert dsr.deadlines(today=today.date()).receipt_date.isoformat() == change["received_on"]


def test_a_letter_that_a_campus_forwards_may_have_reached_it_on_a_sunday(dominique):
    sunday = {"received_on": "2026-03-08"}
    assert register(dominique, **sunday).status_code == 422, "no letter is delivered on a Sunday"
    assert register(dominique, **sunday, evidence="forwarded", evidence_note="Reçue par le campus de Lyon").status_code == 302


@pytest.mark.parametrize("typed", ["0001-01-01", "0026-03-06", "1926-03-06"])
def test_a_year_that_was_mistyped_is_no_day_of_receipt(dominique, typed):
    answer = register(dominique, received_on=typed, sure=typed)
    assert answer.status_code == 422
    assert "Écrivez le jour ainsi" in words(answer)


def test_a_name_is_what_a_reader_can_see(dominique):
    assert register(dominique, name="\u200b\u202e ").status_code == 422
    register(dominique, name="  مريم\u202e\u00a0O’Neil ", other_names="\u200bDupont", student_number=" 2022\u200b1 ")
    dsr = DataSubjectRequest.objects.get()
    assert (dsr.data_subject_name, dsr.other_names) == ("مريم O’Neil", "Dupont")
    assert dsr.identifiers == {"student_number": ["20221"]}


def test_what_is_late_from_its_first_day_stands_so_on_the_page_after(dominique):
    done = register(dominique, received_on="2026-01-12", sure="2026-01-12")
    with time_machine.travel(TODAY, tick=False):
        assert "En retard dès son premier jour" in words(at_desk(dominique).get(done.url))


@pytest.mark.parametrize("change", [{"received_on": "2026-03-10"}, {"received_on": "2026-03-07"}, {"received_on": "2026-03-03"}])
def test_an_ordinary_day_is_not_asked_about(dominique, change):
    """Today, last Saturday (letters are delivered), a week ago."""
    assert register(dominique, **change).status_code == 302


@pytest.mark.parametrize("change", [{"received_on": "2026-03-11"}, {"received_on": "2026-03-10", "received_time": "11:00"}])
def test_a_day_or_an_hour_to_come_is_refused(dominique, change):
    """It is 10:30 in Paris."""
    answer = register(dominique, **change)
    assert answer.status_code == 422
    assert "La date de réception ne peut pas être dans l’avenir." in words(answer)


# The same person again


def test_an_open_request_of_the_same_name_or_address_is_shown_and_never_joined(dominique):
    same_name = receive(name="camille exemple", email="autre@mail.example", at=TODAY)
    same_email = receive(name="C. Exemple", email="c.exemple@mail.example", at=TODAY)
    other = receive(name="Sacha Modèle", email="sacha@mail.example", at=TODAY)
    closed = receive(email="fini@mail.example", at=TODAY)
    intake.withdraw(dsr_id=closed.pk, now=TODAY)
    desk = at_desk(dominique)
    page = desk.post("/fr/office/register/", {**LETTER, "email": "C.Exemple@mail.example"}, follow=True)
    assert "2 demandes ouvertes ressemblent à celle-ci" in words(page)
    assert "Rien n’est réuni tout seul" in words(page)
    for shown, there in ((same_name, True), (same_email, True), (other, False), (closed, False)):
        assert (f"/case/{shown.reference}/" in page.content.decode()) is there
    assert DataSubjectRequest.objects.open().count() == 4
    assert same_name.parts.count() == 1


def test_what_another_site_holds_of_the_person_is_not_shown(bordeaux_officer, dominique):
    theirs = receive(email="autre@mail.example", at=TODAY, site="lyon")
    data = {**LETTER, "site": "bordeaux"}
    assert theirs.reference in at_desk(dominique).post("/fr/office/register/", data, follow=True).content.decode(), "it can fail"
    page = at_desk(bordeaux_officer).post("/fr/office/register/", {**data, "name": "Camille  Exemple"}, follow=True)
    assert theirs.reference not in page.content.decode()


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
