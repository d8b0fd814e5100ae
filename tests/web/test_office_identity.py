"""The officer's page about whose request it is: the ladder, both sides, the question read before it leaves, the papers."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from dsar.domain.identity_levels import NEEDED
from dsar.domain.vocabulary import Doubt, EventKind, RequestType, SubjectKind
from dsar.services import ask, attachments, on_file, papers
from identity import documents
from notifications.models import Message
from tests.people import CAMILLE_EMAIL
from tests.services.test_papers import photo
from tests.stories import receive
from tests.web.desk import at_desk, words

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = "Le nom et l’adresse ne suffisent pas à vous reconnaître."


def url(dsr, tail=""):
    return f"/fr/office/case/{dsr.reference}/whose/{tail}"


@pytest.fixture
def fresh(school):
    """Received an hour ago, so that a question pauses the clock."""
    return receive(RequestType.ACCESS, at=timezone.now() - timedelta(hours=1))


def test_the_ladder_stands_gentlest_first_with_what_each_step_shows(dominique, fresh):
    said = words(at_desk(dominique).get(url(fresh)))
    rungs = ["L’adresse donnée", "Un code à un contact du dossier", "Des faits comparés", "Un document, sur un doute écrit"]
    places = [said.index(rung) for rung in rungs]
    assert places == sorted(places)


def test_a_file_that_nobody_asked_for_is_no_step_of_the_ladder(dominique, fresh):
    attachments.send(dsr_id=fresh.pk, words="Voici.", files=[SimpleUploadedFile("a.jpg", photo())], now=timezone.now())
    desk = at_desk(dominique)
    last = words(desk.get(url(fresh))).partition("Un document, sur un doute écrit")[2][:250]
    assert "Document reçu" not in last
    assert "(fait)" not in last
    ask.ask_identity(dsr_id=fresh.pk, officer=dominique, doubt=Doubt.ADDRESS_NOT_ON_FILE, words=WORDS, now=timezone.now())
    papers.add(dsr_id=fresh.pk, stream=BytesIO(photo()), size=None, now=timezone.now())
    last = words(desk.get(url(fresh))).partition("Un document, sur un doute écrit")[2][:250]
    assert last.count("Document reçu") == 1, "the one that was asked for"


def test_both_sides_stand_beside_each_other_masked_until_a_look_is_recorded(dominique, fresh):
    desk = at_desk(dominique)
    page = desk.get(url(fresh))
    assert "Exemple" in words(page), "what the request says"
    assert CAMILLE_EMAIL not in page.content.decode(), "the address is covered like everywhere else"
    assert not fresh.events.filter(kind=EventKind.DATA_VIEWED).exists()
    birth = next(value for file in on_file.files(fresh) for value in file.values("birth_date"))
    assert birth not in page.content.decode()
    assert birth in desk.post(url(fresh, "file/")).content.decode()
    assert fresh.events.get(kind=EventKind.DATA_VIEWED).data["collection"] == "identity.on_file"
    assert birth not in desk.get(url(fresh)).content.decode()


def test_the_question_is_read_before_it_leaves_and_then_pauses_the_clock(dominique, fresh):
    desk = at_desk(dominique)
    assert desk.post(url(fresh, "ask/"), {"words": WORDS}).status_code == 422
    given = {"doubt": "address_not_on_file", "words": WORDS}
    read = desk.post(url(fresh, "ask/"), given)
    assert read.status_code == 200 and WORDS in words(read)
    assert not Message.objects.filter(kind="identity_request").exists()
    back = desk.post(url(fresh, "ask/"), {**given, "back": "1"})
    assert WORDS in back.content.decode(), "what was typed is kept"
    assert desk.post(url(fresh, "ask/"), {**given, "send": "1"}).status_code == 302
    assert Message.objects.filter(kind="identity_request").count() == 1
    fresh.refresh_from_db()
    assert fresh.waiting_for == "identity"
    assert "Attendre la preuve" in words(desk.get(f"/fr/office/case/{fresh.reference}/"))


def test_words_that_reveal_the_file_are_refused_before_the_preview(dominique, fresh):
    answer = at_desk(dominique).post(
        url(fresh, "ask/"), {"doubt": "address_not_on_file", "words": "Votre numéro finit par 4471."}
    )
    assert answer.status_code == 422
    assert "peuvent révéler" in words(answer)


def test_a_late_question_warns_before_it_is_sent(dominique):
    old = receive(RequestType.ACCESS)
    desk = at_desk(dominique)
    assert "ne mettra pas le délai en pause" in words(desk.get(url(old)))
    read = desk.post(url(old, "ask/"), {"doubt": "address_not_on_file", "words": WORDS})
    assert "ne mettra pas le délai en pause" in words(read) and "continue de courir" in words(read)


def test_an_address_on_file_is_chosen_masked(dominique, fresh):
    desk = at_desk(dominique)
    page = desk.get(url(fresh)).content.decode()
    mark = page.split('name="mark" value="')[1][:16]
    assert desk.post(url(fresh, "code/"), {"mark": mark}).status_code == 302
    assert Message.objects.get(kind="code_on_file").recipient
    assert desk.post(url(fresh, "code/"), {"mark": "f" * 16}).status_code == 422


def test_facts_and_what_arrived_are_noted(dominique, fresh):
    desk = at_desk(dominique)
    assert desk.post(url(fresh, "facts/"), {"means": "call_back"}).status_code == 422
    given = {"means": "call_back", "compared": ["name", "birth_date"], "fits": "yes", "words": "Rappelée."}
    assert desk.post(url(fresh, "facts/"), given).status_code == 302
    today = timezone.localtime().date().isoformat()
    assert desk.post(url(fresh, "proof/"), {"how": "letter", "arrived_on": today}).status_code == 302
    assert desk.post(url(fresh, "proof/"), {"how": "letter", "arrived_on": "2099-01-01"}).status_code == 422
    assert "Un courrier" in words(desk.get(url(fresh)))


@pytest.fixture
def paper(dominique, fresh):
    """A paper that was sent and made harmless."""
    from io import BytesIO

    desk = at_desk(dominique)
    desk.post(url(fresh, "ask/"), {"doubt": "address_not_on_file", "words": WORDS, "send": "1"})
    document = papers.add(dsr_id=fresh.pk, stream=BytesIO(photo()), size=None, now=timezone.now())
    documents.process(document.pk, timezone.now)
    papers.send(dsr_id=fresh.pk, now=timezone.now())
    return document


def test_a_paper_opens_for_a_reason_in_the_page_alone_and_is_gone_with_the_decision(dominique, fresh, paper):
    desk = at_desk(dominique)
    assert desk.post(url(fresh, f"paper/{paper.pk}/"), {"reason": ""}).status_code == 422
    assert not fresh.events.filter(kind=EventKind.DOCUMENT_VIEWED).exists()
    shown = desk.post(url(fresh, f"paper/{paper.pk}/"), {"reason": "Comparer le nom."})
    body = shown.content.decode()
    assert 'src="data:image/jpeg;base64,' in body and " download" not in body
    assert shown["Cache-Control"] == "no-store"
    policy = {part.strip() for part in shown["Content-Security-Policy"].split(";")}  # in no order
    assert "img-src 'self' data:" in policy, "this page carries its pictures, and no other does"
    assert desk.get(url(fresh, f"paper/{paper.pk}/")).status_code == 405
    assert fresh.events.get(kind=EventKind.DOCUMENT_VIEWED).text() == "Comparer le nom."
    done = desk.post(
        f"/fr/office/case/{fresh.reference}/identity/",
        {"page": "whose", "established": "yes", "means": "document", "compared": ["name"], "reason": "Le nom est le même."},
    )
    assert done.status_code == 302
    paper.refresh_from_db()
    assert paper.state == "destroyed"
    assert fresh.events.get(kind=EventKind.FACTS_CHECKED).data["compared"] == ["name"]
    assert desk.post(url(fresh, f"paper/{paper.pk}/"), {"reason": "Encore."}).status_code == 422


def test_asking_once_more_is_read_before_it_leaves_too(dominique, fresh, paper):
    desk = at_desk(dominique)
    read = desk.post(url(fresh, "again/"), {"words": "La photo est floue."})
    assert "La photo est floue." in words(read) and Message.objects.filter(kind="identity_request").count() == 1
    assert desk.post(url(fresh, "again/"), {"words": "La photo est floue.", "send": "1"}).status_code == 302
    assert Message.objects.filter(kind="identity_request").count() == 2
    assert fresh.events.filter(kind=EventKind.PROOF_INSUFFICIENT).count() == 1


def test_a_proxy_is_accepted_only_with_every_point_ticked(dominique, school):
    dsr = receive(RequestType.ACCESS, subject_kind=SubjectKind.MANDATE, at=timezone.now() - timedelta(hours=1))
    desk = at_desk(dominique)
    page = words(desk.get(url(dsr)))
    assert "Le mandat court encore" in page and "Il manque" not in page
    given = {"page": "whose", "established": "yes", "means": "counter", "reason": "Mandat vu."}
    where = f"/fr/office/case/{dsr.reference}/identity/"
    refused = desk.post(where, {**given, "compared": ["name"]})
    assert refused.status_code == 422 and "chaque point de la liste" in words(refused)
    points = [code.value for code in NEEDED[SubjectKind.MANDATE]]
    assert desk.post(where, {**given, "compared": points}).status_code == 302
    ask_page = desk.post(url(dsr, "ask/"), {"doubt": "mandate_incomplete", "missing": ["mandate_duration"], "words": WORDS})
    assert ask_page.status_code in (200, 422)


def test_a_changed_address_shows_a_red_notice_and_voids_the_decision(dominique, fresh):
    desk = at_desk(dominique)
    notice = '<div class="note bad"><h2>L’adresse de réponse a été changée'
    assert notice not in desk.get(url(fresh)).content.decode()
    assert desk.post(url(fresh, "address/"), {"email": CAMILLE_EMAIL}).status_code == 422
    assert desk.post(url(fresh, "address/"), {"email": "camille@nouvelle.example"}).status_code == 302
    assert notice in desk.get(url(fresh)).content.decode()


def test_a_policy_of_documents_for_all_shows_its_justification_and_recognises_nobody_alone(dominique, fresh, monkeypatch):
    from dataclasses import replace

    from dsar.controller import Documents, Text, controller
    from dsar.domain.vocabulary import IdentityMeans
    from dsar.services import verify
    from dsar.views.backoffice import identity_page, sources

    why = Text(
        "Comptes partagés entre plusieurs personnes d'un même foyer.", "Accounts shared by several people of one household."
    )
    who = controller()
    assert verify.settles_by_itself(fresh, IdentityMeans.EMAIL_ON_FILE)
    asks_everybody = replace(who, identity=replace(who.identity, documents=Documents.ALWAYS, justification=why))
    monkeypatch.setattr(verify, "controller", lambda: asks_everybody)
    monkeypatch.setattr(identity_page, "controller", lambda: asks_everybody)
    assert not verify.settles_by_itself(fresh, IdentityMeans.EMAIL_ON_FILE)
    desk = at_desk(dominique)
    assert "demande un document à tout le monde" not in words(desk.get("/fr/office/sources/"))
    monkeypatch.setattr(sources, "controller", lambda: asks_everybody)
    for page in (url(fresh), "/fr/office/sources/"):  # on the case, and where the register's systems are shown
        said = words(desk.get(page))
        assert "Comptes partagés entre plusieurs personnes" in said
        assert "demande un document à tout le monde" in said
