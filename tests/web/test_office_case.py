"""The case page and its acts: one next step, everything typed kept, a second writer told, two people where two are needed."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from dsar.domain.vocabulary import EventKind, Ground, IdentityMeans, Outcome, RequestType
from dsar.models import DataSubjectRequest, PartFile, User
from dsar.services import decide, intake, review, verify
from notifications.models import Message
from tests.people import CAMILLE_EMAIL
from tests.stories import collected, packaged, receive, released, text_of
from tests.web.desk import at_desk, code, words

pytestmark = pytest.mark.django_db


def url(dsr: DataSubjectRequest, tail: str = "") -> str:
    return f"/fr/office/case/{dsr.reference}/{tail}"


def identified(*rights: RequestType, by: User, **answers: object) -> DataSubjectRequest:
    dsr = receive(*rights, **answers)  # type: ignore[arg-type]
    verify.record_identity(
        dsr_id=dsr.pk, officer=by, established=True, means=IdentityMeans.COUNTER, reason="vu au guichet", now=timezone.now()
    )
    dsr.refresh_from_db()
    return dsr


@pytest.fixture
def rectification(dominique):
    return identified(RequestType.RECTIFICATION, by=dominique, details={RequestType.RECTIFICATION: "Mon nom prend un accent."})


# Reading


def test_the_page_shows_one_next_action_with_what_happens_otherwise(dominique):
    dsr = receive(RequestType.ACCESS)
    page = at_desk(dominique).get(url(dsr))
    assert page.content.decode().count('class="next"') == 1
    assert "Attendre que la personne confirme son adresse" in words(page)
    assert re.search(r'<li class="now" aria-current="step"><strong>Identifier', page.content.decode())


def test_the_address_is_masked_until_asked_for_and_the_look_is_noted(dominique):
    dsr = receive(RequestType.ACCESS)
    desk = at_desk(dominique)
    assert CAMILLE_EMAIL not in desk.get(url(dsr)).content.decode()
    assert CAMILLE_EMAIL in desk.post(url(dsr, "email/")).content.decode()
    look = dsr.events.get(kind=EventKind.DATA_VIEWED)
    assert (look.actor, look.data["collection"]) == (dominique, "request.email")
    assert CAMILLE_EMAIL not in desk.get(url(dsr)).content.decode(), "shown once"


def test_hostile_words_come_out_inert(dominique):
    dsr = receive(
        RequestType.RECTIFICATION,
        name='<script>alert(1)</script> "Camille"',
        details={RequestType.RECTIFICATION: '<img src=x onerror="alert(2)">{{ 7|add:7 }}'},
    )
    for page in (at_desk(dominique).get(url(dsr)), at_desk(dominique).get("/fr/office/")):
        body = page.content.decode()
        assert "<script>alert" not in body
        assert "<img src=x" not in body
        assert "unsafe" not in page["Content-Security-Policy"]
    assert "{{ 7|add:7 }}" in at_desk(dominique).get(url(dsr)).content.decode()


def test_the_clock_explains_its_dates(dominique):
    dsr = receive(RequestType.ACCESS)
    page = words(at_desk(dominique).get(url(dsr)))
    assert "Comment les dates sont calculées" in page
    assert "Reçue le mardi 10 mars 2026, date civile au siège (Europe/Paris)." in page
    assert "vendredi 10 avril 2026 (RGPD, art. 12, § 3)." in page


# Identity


def test_a_named_person_decides_on_identity_with_a_reason(dominique):
    dsr = receive(RequestType.ACCESS)
    desk = at_desk(dominique)
    kept = desk.post(url(dsr, "identity/"), {"established": "yes", "means": "counter", "reason": ""})
    assert kept.status_code == 422
    assert 'value="yes" id="identity_established_0" checked' in kept.content.decode(), "what was chosen is kept"
    done = desk.post(url(dsr, "identity/"), {"established": "yes", "means": "counter", "reason": "Vue au guichet de Lyon."})
    assert done.status_code == 302
    event = dsr.events.get(kind=EventKind.IDENTITY_VERIFIED)
    assert (event.actor, event.data["means"], event.text()) == (dominique, "counter", "Vue au guichet de Lyon.")


def test_who_cannot_be_identified_is_told_what_would_be_enough_once_a_second_person_agrees(dominique, noa):
    dsr = receive(RequestType.ACCESS)
    at_desk(dominique).post(
        url(dsr, "identity/"), {"established": "no", "means": "known_details", "reason": "Deux réponses fausses."}
    )
    assert not Message.objects.filter(reference=dsr.reference, kind="cannot_identify").exists()
    proposal = dsr.approvals.get()
    page = at_desk(noa).get(url(dsr, f"proposal/{proposal.pk}/"))
    assert "Deux réponses fausses." in words(page)
    done = at_desk(noa).post(url(dsr, f"proposal/{proposal.pk}/"), {"verdict": "approve", "reason": ""})
    assert done.status_code == 302
    assert Message.objects.filter(reference=dsr.reference, kind="cannot_identify").exists()


# What is asked


def test_free_wording_becomes_rights(dominique):
    dsr = receive(RequestType.UNSPECIFIED, details={RequestType.UNSPECIFIED: "Je veux tout voir et tout effacer."})
    desk = at_desk(dominique)
    part = dsr.parts.get()
    assert "Lire la demande et nommer le droit" in words(desk.get(url(dsr)))
    assert desk.post(url(dsr, f"qualify/{part.pk}/"), {}).status_code == 422
    assert desk.post(url(dsr, f"qualify/{part.pk}/"), {"rights": ["access", "erasure"]}).status_code == 302
    assert set(dsr.parts.values_list("right", flat=True)) == {"access", "erasure"}


# Deciding


def test_the_letter_is_read_before_it_leaves(dominique, noa, rectification):
    part = rectification.parts.get()
    desk = at_desk(dominique)
    form = {"outcome": "refused", "grounds": ["art_16_accurate"], "reasons": "Votre nom est déjà écrit ainsi."}
    preview = desk.post(url(rectification, f"decide/{part.pk}/"), {**form, "preview": "1"})
    assert "Votre nom est déjà écrit ainsi." in words(preview)
    assert "CNIL" in words(preview)
    part.refresh_from_db()
    assert part.step == "reviewing", "a preview decides nothing"


def test_going_back_from_the_preview_keeps_every_word(dominique, rectification):
    part = rectification.parts.get()
    form = {"outcome": "refused", "grounds": ["art_16_accurate"], "reasons": "Écrit ainsi.", "back": "1"}
    page = at_desk(dominique).post(url(rectification, f"decide/{part.pk}/"), form).content.decode()
    assert "Écrit ainsi." in page
    assert re.search(r'value="art_16_accurate"[^>]*checked', page)


def test_a_refusal_without_ground_is_refused_in_the_readers_language(dominique, rectification):
    part = rectification.parts.get()
    for language, said in (("fr", "Choisissez un motif"), ("en", "Choose a ground")):
        path = url(rectification, f"decide/{part.pk}/").replace("/fr/", f"/{language}/")
        answer = at_desk(dominique).post(path, {"outcome": "refused", "reasons": "Trop de travail.", "preview": "1"})
        assert answer.status_code == 422
        assert said in words(answer)
        assert "Trop de travail." in answer.content.decode(), "what was typed is kept"


def test_only_grounds_that_fit_the_right_are_offered(dominique, rectification):
    page = at_desk(dominique).get(url(rectification, f"decide/{rectification.parts.get().pk}/")).content.decode()
    assert Ground.ART_16_ACCURATE.value in page
    assert Ground.ART_17_3_B.value not in page


def test_a_granted_rectification_becomes_a_task_and_its_confirmation_the_answer(dominique, rectification):
    desk, part = at_desk(dominique), rectification.parts.get()
    desk.post(url(rectification, f"decide/{part.pk}/"), {"outcome": "granted", "reasons": "Nom corrigé.", "decide": "1"})
    task = part.hand_tasks.get()
    path = f"/fr/office/tasks/{task.pk}/"
    kept = desk.post(path, {"items_changed": "beaucoup", "report": "Corrigé partout.", "from": "case"})
    assert kept.status_code == 422
    assert "Écrivez un nombre entier." in words(kept)
    assert "Corrigé partout." in kept.content.decode()
    assert desk.post(path, {"items_changed": "0", "report": "Corrigé partout.", "from": "case"}).status_code == 302
    part.refresh_from_db()
    assert part.step == "answered"
    letter = desk.get(url(rectification, f"letter/{part.pk}/"))
    assert letter["Content-Type"] == "application/pdf"
    assert letter.content.startswith(b"%PDF-")


def test_a_colleague_without_cases_confirms_their_own_task_and_no_other(dominique, rectification):
    part = rectification.parts.get()
    decide.decide_part(
        part_id=part.pk, officer=dominique, outcome=Outcome.GRANTED, grounds=[], reasons="Nom corrigé.", now=timezone.now()
    )
    task = part.hand_tasks.get()
    colleague = User.objects.create_user("registrar@cesi.example", role="operator")
    desk = at_desk(colleague)
    assert rectification.reference not in desk.get("/fr/office/tasks/").content.decode()
    at_desk(dominique).post(url(rectification, f"task/{task.pk}/reassign/"), {"owner_email": colleague.email})
    page = words(desk.get("/fr/office/tasks/"))
    assert rectification.reference in page
    assert "Mon nom prend un accent." in page
    assert desk.get(url(rectification)).status_code == 403, "the task opens no case"
    assert desk.post(f"/fr/office/tasks/{task.pk}/", {"items_changed": "1", "report": "Fait."}).status_code == 302


# Two people


@pytest.fixture
def proposal(noa):
    dsr = identified(RequestType.ERASURE, by=noa)
    return decide.decide_part(
        part_id=dsr.parts.get().pk, officer=noa, outcome=Outcome.GRANTED, grounds=[], reasons="Effacé.", now=timezone.now()
    )


def test_the_proposer_sees_that_another_person_is_needed_and_cannot_answer(noa, proposal):
    path = url(proposal.dsr, f"proposal/{proposal.pk}/")
    page = at_desk(noa).get(path)
    assert "une autre personne doit répondre" in words(page)
    assert 'value="approve"' not in page.content.decode()
    forced = at_desk(noa).post(path, {"verdict": "approve"})
    assert forced.status_code == 422
    assert "une autre personne doit la valider" in words(forced)
    proposal.refresh_from_db()
    assert proposal.state == "proposed"


def test_the_second_person_finds_it_reads_it_and_approves(dominique, proposal):
    desk = at_desk(dominique)
    assert proposal.dsr.reference in words(desk.get("/fr/office/approvals/"))
    page = words(desk.get(url(proposal.dsr, f"proposal/{proposal.pk}/")))
    assert "Effacé." in page
    assert desk.post(url(proposal.dsr, f"proposal/{proposal.pk}/"), {"verdict": "approve"}).status_code == 302
    proposal.refresh_from_db()
    assert (proposal.state, proposal.decided_by) == ("approved", dominique)


def test_sending_back_needs_a_reason(dominique, proposal):
    desk, path = at_desk(dominique), url(proposal.dsr, f"proposal/{proposal.pk}/")
    assert desk.post(path, {"verdict": "refuse"}).status_code == 422
    assert desk.post(path, {"verdict": "refuse", "reason": "Il manque les factures."}).status_code == 302
    assert proposal.dsr.parts.get().step == "reviewing"


def test_approval_wants_a_proof_of_the_last_five_minutes_and_keeps_the_words(dominique, proposal):
    desk, path = at_desk(dominique, proved_ago=301), url(proposal.dsr, f"proposal/{proposal.pk}/")
    assert 'name="code"' in desk.get(path).content.decode()
    without = desk.post(path, {"verdict": "refuse", "reason": "Il manque les factures."})
    assert without.status_code == 422
    assert "Il manque les factures." in without.content.decode()
    proposal.refresh_from_db()
    assert proposal.state == "proposed"
    assert desk.post(path, {"verdict": "approve", "code": code()}).status_code == 302


def test_an_officer_who_is_neither_dpo_nor_deputy_does_not_answer(proposal):
    officer = User.objects.create_user("alix@cesi.example", role="officer", all_sites=True)
    assert at_desk(officer).post(url(proposal.dsr, f"proposal/{proposal.pk}/"), {"verdict": "approve"}).status_code == 422


# The search


def test_collected_rows_are_shown_after_the_look_is_noted(dominique, school):
    dsr = collected(receive(RequestType.ACCESS))
    part = PartFile.objects.get(task__dsr=dsr, collection="school.students")
    desk = at_desk(dominique)
    page = desk.post(url(dsr, f"rows/{part.pk}/"))
    assert "Camille" in page.content.decode()
    assert dsr.events.get(kind=EventKind.DATA_VIEWED).data["collection"] == "school.students"


def test_a_column_that_the_map_does_not_know_blocks_until_somebody_gives_a_reason(dominique, school):
    dsr = collected(receive(RequestType.ACCESS))
    PartFile.objects.filter(task__dsr=dsr, collection="school.students").update(unmapped=["nickname"])
    desk, part = at_desk(dominique), dsr.parts.get()
    assert "Combler les trous" in words(desk.get(url(dsr)))
    refused = desk.post(url(dsr, f"decide/{part.pk}/"), {"outcome": "granted", "decide": "1"})
    assert refused.status_code == 422
    assert "La recherche a des trous" in words(refused)
    gap = "school/school.students.nickname"
    assert desk.post(url(dsr, "gap/"), {"gap": gap, "reason": ""}).status_code == 422
    assert desk.post(url(dsr, "gap/"), {"gap": gap, "reason": "Surnom de test, vide partout."}).status_code == 302
    assert desk.post(url(dsr, f"decide/{part.pk}/"), {"outcome": "granted", "decide": "1"}).status_code == 302


def test_a_source_that_failed_is_searched_again_or_left_out_with_a_reason(dominique, school):
    dsr = collected(receive(RequestType.ACCESS))
    task = dsr.source_tasks.get()
    task.state, task.error = "failed", "unreachable|school"
    task.save()
    desk = at_desk(dominique)
    assert desk.post(url(dsr, f"source/{task.pk}/skip/"), {"reason": ""}).status_code == 422
    assert desk.post(url(dsr, f"source/{task.pk}/retry/")).status_code == 302
    task.refresh_from_db()
    assert task.state == "waiting"
    assert desk.post(url(dsr, f"source/{task.pk}/skip/"), {"reason": "Le système est éteint."}).status_code == 302
    assert dsr.gap_justifications.get(gap="school").reason == "Le système est éteint."


# Release


def test_release_shows_both_sides_and_wants_the_box_and_a_fresh_code(dominique, school):
    dsr = receive(RequestType.ACCESS)
    packaged(dsr, dominique)
    desk = at_desk(dominique, proved_ago=301)
    page = words(desk.get(url(dsr, "release/")))
    assert page.count(CAMILLE_EMAIL) >= 2
    assert desk.post(url(dsr, "release/"), {"code": code()}).status_code == 422, "the box was not ticked"
    assert desk.post(url(dsr, "release/"), {"compared": "on"}).status_code == 302, "the proof of a minute ago still counts"
    assert dsr.packages.get().state == "released"


def test_a_copy_of_somebody_else_does_not_leave(dominique, school):
    dsr = receive(RequestType.ACCESS)
    packaged(dsr, dominique)
    DataSubjectRequest.objects.filter(pk=dsr.pk).update(data_subject_name="Sacha Modèle", delivery_email="sacha@mail.example")
    desk = at_desk(dominique)
    assert "La copie ne peut pas être remise" in words(desk.get(url(dsr, "release/")))
    assert desk.post(url(dsr, "release/"), {"compared": "on"}).status_code == 422
    assert dsr.packages.get().state == "ready"


def test_a_release_is_withdrawn_with_a_reason(dominique, school):
    dsr = receive(RequestType.ACCESS)
    released(dsr, dominique)
    desk = at_desk(dominique)
    assert desk.post(url(dsr, "release/withdraw/"), {"reason": ""}).status_code == 422
    assert desk.post(url(dsr, "release/withdraw/"), {"reason": "Mauvaise période."}).status_code == 302
    assert dsr.packages.filter(state="withdrawn").exists()
    assert dsr.events.get(kind=EventKind.RELEASE_WITHDRAWN).text() == "Mauvaise période."


# Words


def test_words_to_the_person_are_read_once_more_then_sent(dominique):
    dsr = receive(RequestType.ACCESS)
    desk = at_desk(dominique)
    preview = desk.post(url(dsr, "write/"), {"words": "Nous avançons."})
    assert "Nous avançons." in words(preview)
    assert not Message.objects.filter(kind="letter_to_subject").exists()
    assert "Nous avançons." in desk.post(url(dsr, "write/"), {"words": "Nous avançons.", "back": "1"}).content.decode()
    desk.post(url(dsr, "write/"), {"words": "Nous avançons.", "send": "1"})
    assert "Nous avançons." in text_of(Message.objects.get(kind="letter_to_subject"))


def test_a_note_stays_inside(dominique):
    dsr = receive(RequestType.ACCESS)
    desk = at_desk(dominique)
    assert desk.post(url(dsr, "note/"), {"words": "Campus de Lyon avant 2023."}).status_code == 302
    page = desk.get(url(dsr))
    assert 'class="inside">Campus de Lyon avant 2023.' in page.content.decode()
    assert "peut être communiquée en cas de contrôle" in words(page)
    assert not Message.objects.exclude(kind="acknowledgement").exists()


def test_a_second_writer_is_told_and_loses_nothing(dominique, noa):
    dsr = receive(RequestType.ACCESS)
    desk = at_desk(dominique)
    seen = re.search(r'name="seen" value="(\d+)"', desk.get(url(dsr)).content.decode()).group(1)  # type: ignore[union-attr]
    review.note(dsr_id=dsr.pk, officer=noa, words="J'ai appelé la personne.", now=timezone.now())
    stale = desk.post(url(dsr, "note/"), {"words": "Je vais l'appeler.", "seen": seen})
    assert stale.status_code == 409
    assert "Noa Specimen a modifié ce dossier" in words(stale)
    assert "Je vais l" in stale.content.decode()
    assert dsr.events.filter(kind=EventKind.NOTE).count() == 1
    again = re.search(r'name="seen" value="(\d+)"', stale.content.decode()).group(1)  # type: ignore[union-attr]
    assert desk.post(url(dsr, "note/"), {"words": "Je vais l'appeler.", "seen": again}).status_code == 302


def test_the_machine_working_meanwhile_is_no_conflict(dominique, school):
    dsr = receive(RequestType.ACCESS)
    desk = at_desk(dominique)
    seen = re.search(r'name="seen" value="(\d+)"', desk.get(url(dsr)).content.decode()).group(1)  # type: ignore[union-attr]
    collected(dsr)
    assert desk.post(url(dsr, "note/"), {"words": "Vu.", "seen": seen}).status_code == 302


# Whose, and the end


def test_a_case_is_given_to_a_colleague_who_may_see_it(dominique, noa, bordeaux_officer):
    dsr = receive(RequestType.ACCESS, site="lyon")
    desk = at_desk(dominique)
    assert str(bordeaux_officer) not in desk.get(url(dsr)).content.decode()
    assert desk.post(url(dsr, "assign/"), {"to": str(bordeaux_officer.pk)}).status_code == 404
    assert desk.post(url(dsr, "assign/"), {"to": str(noa.pk)}).status_code == 302
    dsr.refresh_from_db()
    assert dsr.assigned_to == noa


def test_closing_and_reopening_want_a_reason(dominique):
    dsr = receive(RequestType.ACCESS)
    intake.withdraw(dsr_id=dsr.pk, now=timezone.now())
    desk = at_desk(dominique)
    assert "Rouvrir le dossier" in words(desk.get(url(dsr)))
    assert desk.post(url(dsr, "reopen/"), {"reason": ""}).status_code == 422
    assert desk.post(url(dsr, "reopen/"), {"reason": "Retrait envoyé par erreur."}).status_code == 302
    assert desk.post(url(dsr, "close/"), {"reason": "Rien."}).status_code == 422, "a part is still open"


def test_the_sources_page_says_whether_each_system_answers(dominique, school):
    page = words(at_desk(dominique).get("/fr/office/sources/"))
    assert "répond" in page
    assert "14 tables, toutes connues de la carte des données." in page
