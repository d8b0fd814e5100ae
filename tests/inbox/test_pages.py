"""The page of incoming mail: a person names the rights, joins, sets aside; what a stranger wrote is inert and seen by few."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from dsar.domain.vocabulary import EventKind, RequestType, Role, Status
from dsar.models import DataSubjectRequest, User
from dsar.services import inbox_desk
from identity import vault
from identity.models import Document
from notifications.inbox_models import MailState, ReceivedMail
from notifications.models import Message
from tests.inbox.writing import mail
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME, SACHA_EMAIL
from tests.stories import receive
from tests.web.desk import at_desk, words
from tests.web.sentences import in_python, in_templates, without_french

pytestmark = pytest.mark.django_db

TEXT = "Bonjour, merci de supprimer mon compte. <script>alert(1)</script> https://evil.example"


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def draft(arrive, now) -> ReceivedMail:
    arrive(mail(sender=CAMILLE_EMAIL, name=CAMILLE_NAME, subject="Mes données", text=TEXT), at=now - timedelta(hours=1), now=now)
    return ReceivedMail.objects.get()


@pytest.fixture
def aside(arrive, now) -> ReceivedMail:
    """An absence that is no absence: a person's words under an unlucky subject."""
    arrive(
        mail(sender=CAMILLE_EMAIL, subject="Absence du bureau", text="Effacez mes données."), at=now - timedelta(days=2), now=now
    )
    return ReceivedMail.objects.get()


def at(received: ReceivedMail, tail: str = "") -> str:
    return f"/fr/office/mail/{received.pk}/{tail}"


def test_the_list_names_what_to_read_and_the_menu_counts_it(dominique, draft):
    page = words(at_desk(dominique).get("/fr/office/mail/"))
    assert "Mes données" in page
    assert "Proposé : Effacement" in page.replace("\xa0", " ")
    assert "Courrier électronique 1" in page


def test_a_mail_is_shown_as_inert_text_with_the_words_that_led_to_the_proposal(dominique, draft):
    page = at_desk(dominique).get(at(draft)).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert 'href="https://evil.example' not in page
    assert '<q lang="fr">supprimer mon compte</q>' in page
    assert CAMILLE_EMAIL not in page, "the address is masked, as on the case"


def test_no_right_is_ticked_before_a_person_ticks_it(dominique, draft):
    page = at_desk(dominique).get(at(draft)).content.decode()
    assert page.count('type="checkbox"') == len(RequestType) - 1
    assert "checked" not in page
    assert at_desk(dominique).post(at(draft, "rights/"), {}).status_code == 422


def test_a_person_names_the_rights(dominique, draft):
    done = at_desk(dominique).post(at(draft, "rights/"), {"rights": ["erasure", "access"]})
    assert done.url == f"/fr/office/case/{draft.reference}/"
    dsr = DataSubjectRequest.objects.get()
    assert set(dsr.parts.values_list("right", flat=True)) == {"erasure", "access"}
    assert all("supprimer mon compte" in vault.open_text(dsr.key_name, bytes(part.details)) for part in dsr.parts.all())
    draft.refresh_from_db()
    assert (draft.state, draft.settled_by) == (MailState.REGISTERED, dominique.email)
    assert at_desk(dominique).post(at(draft, "rights/"), {"rights": ["access"]}).status_code == 422, "once"


def test_a_draft_leads_from_its_case_to_its_mail_and_back(dominique, draft):
    desk = at_desk(dominique)
    assert at(draft) in desk.get(f"/fr/office/case/{draft.reference}/").content.decode()
    assert f"/fr/office/case/{draft.reference}/" in desk.get(at(draft)).content.decode()
    assert draft.reference in desk.get("/fr/office/").content.decode(), "in the queue like others"


def test_rights_named_on_the_case_page_leave_the_list_of_what_to_read(dominique, draft):
    part = DataSubjectRequest.objects.get().parts.get()
    desk = at_desk(dominique)
    assert "Mes données" in words(desk.get("/fr/office/mail/")), "the check can fail"
    desk.post(f"/fr/office/case/{draft.reference}/qualify/{part.pk}/", {"rights": ["erasure"]})
    assert "Mes données" not in words(desk.get("/fr/office/mail/"))


def test_a_strangers_answer_wears_a_red_notice_and_joins_when_a_person_says_so(dominique, arrive, now):
    dsr = receive(RequestType.ACCESS, at=now - timedelta(days=1))
    arrive(mail(sender=SACHA_EMAIL, subject=f"Re: {dsr.reference}", text="C'est moi, depuis ma nouvelle adresse."), at=now)
    stray = ReceivedMail.objects.get()
    desk = at_desk(dominique)
    page = desk.get(at(stray)).content.decode()
    assert 'class="note bad"' in page
    assert dsr.reference in page
    assert CAMILLE_NAME not in page, "nothing of the case"
    assert desk.post(at(stray, "join/"), {"reference": "CE-0000-0000"}).status_code == 422
    draft_reference = stray.reference
    assert desk.post(at(stray, "join/"), {"reference": dsr.reference.lower()}).url == f"/fr/office/case/{dsr.reference}/"
    stray.refresh_from_db()
    assert (stray.state, stray.reference, stray.key_name) == (MailState.JOINED, dsr.reference, dsr.key_name)
    assert "nouvelle adresse" in inbox_desk.opened(stray).text
    assert "nouvelle adresse" in dsr.events.get(kind=EventKind.MESSAGE_FROM_SUBJECT).text()
    closed = DataSubjectRequest.objects.get(reference=draft_reference)
    assert closed.status == Status.CLOSED
    assert closed.events.get(kind=EventKind.CLOSED).text() == dsr.reference


def test_an_answer_brings_its_case_to_the_top_of_the_queue_until_it_is_read(dominique, arrive, now):
    urgent = receive(RequestType.ACCESS, name="Max Sosie", email="max@mail.example", at=now - timedelta(days=25))
    calm = receive(RequestType.ERASURE, at=now - timedelta(days=1))
    desk = at_desk(dominique)

    def first_in_the_queue() -> str:
        page = desk.get("/fr/office/").content.decode()
        return min((urgent.reference, calm.reference), key=page.index)

    assert first_in_the_queue() == urgent.reference
    arrive(mail(sender=CAMILLE_EMAIL, subject=f"Re: {calm.reference}", text="Un mot de plus."), at=now)
    assert first_in_the_queue() == calm.reference
    assert "La personne nous a écrit" in words(desk.get("/fr/office/"))
    answer = ReceivedMail.objects.get()
    case_page = desk.get(f"/fr/office/case/{calm.reference}/").content.decode()
    assert at(answer) in case_page
    assert "Un mot de plus." in case_page
    assert desk.post(at(answer, "read/")).url == f"/fr/office/case/{calm.reference}/"
    assert first_in_the_queue() == urgent.reference
    assert ReceivedMail.objects.get().settled_by == dominique.email


def test_an_answer_to_a_closed_case_comes_back_into_the_queue(dominique, arrive, draft, now):
    inbox_desk.set_aside(mail_id=draft.pk, officer=dominique, reason="Rien.", now=now)
    desk = at_desk(dominique)
    assert draft.reference not in desk.get("/fr/office/").content.decode()
    arrive(mail(sender=CAMILLE_EMAIL, subject=f"Re: {draft.reference}", text="Si, j'insiste."), at=now)
    assert draft.reference in desk.get("/fr/office/").content.decode()


def test_a_draft_that_asks_for_nothing_is_closed_with_a_reason(dominique, draft):
    desk = at_desk(dominique)
    assert desk.post(at(draft, "aside/"), {"reason": " "}).status_code == 422
    desk.post(at(draft, "aside/"), {"reason": "Publicité d'un fournisseur."})
    dsr = DataSubjectRequest.objects.get()
    assert dsr.status == Status.CLOSED
    assert dsr.events.get(kind=EventKind.CLOSED).text() == "Publicité d'un fournisseur."
    draft.refresh_from_db()
    assert draft.state == MailState.DISCARDED
    assert "Publicité d'un fournisseur." in words(desk.get(at(draft)))


def test_a_draft_whose_rights_are_named_is_not_closed_from_here(dominique, draft, now):
    inbox_desk.name_rights(mail_id=draft.pk, officer=dominique, rights=[RequestType.ACCESS], now=now)
    assert at_desk(dominique).post(at(draft, "aside/"), {"reason": "non"}).status_code == 422
    assert DataSubjectRequest.objects.get().status != Status.CLOSED


def test_what_the_machine_set_aside_is_shown_with_its_reason_and_may_become_a_request(dominique, aside):
    desk = at_desk(dominique)
    page = words(desk.get("/fr/office/mail/?view=aside"))
    assert "Absence du bureau" in page
    assert "Son objet est celui d’une absence." in page
    old_key = aside.key_name
    assert desk.post(at(aside, "request/")).status_code == 302
    dsr = DataSubjectRequest.objects.get()
    assert dsr.received_at == aside.received_at, "the clock runs from the arrival"
    aside.refresh_from_db()
    assert (aside.state, aside.rights, aside.unanswered) == (MailState.DRAFT, ["erasure"], "away_subject")
    assert not Message.objects.exists(), "a person says whether it is acknowledged"
    assert old_key.startswith("mails/")
    assert inbox_desk.opened(aside).text == "Effacez mes données."
    assert desk.post(at(aside, "acknowledge/")).status_code == 302
    assert Message.objects.get().recipient == CAMILLE_EMAIL
    assert desk.post(at(aside, "acknowledge/")).status_code == 422, "once"
    assert desk.post(at(aside, "request/")).status_code == 422, "once"


def test_the_words_of_what_was_set_aside_go_a_month_after_a_person_saw_it(dominique, aside, now):
    inbox_desk.set_aside(mail_id=aside.pk, officer=dominique, reason="Rien.", now=now)
    assert inbox_desk.forget_set_aside(now + timedelta(days=29)) == 0
    assert inbox_desk.opened(ReceivedMail.objects.get()).text
    assert inbox_desk.forget_set_aside(now + timedelta(days=31)) == 1
    kept = ReceivedMail.objects.get()
    assert (kept.sender, bytes(kept.content), bytes(kept.note), kept.key_name) == ("", b"", b"", "")
    with pytest.raises(vault.KeyDestroyed):
        vault.open_text(aside.key_name, b"x")
    assert kept.fingerprint, "or the mail would come back as new"


def test_what_nobody_has_seen_is_never_forgotten(aside, now):
    assert inbox_desk.forget_set_aside(now + timedelta(days=4000)) == 0


def test_files_go_through_the_sanitiser_or_are_not_kept(dominique, arrive, now):
    pdf = (Path(__file__).parent / "../identity/none.pdf").name.encode()  # a name is no PDF
    files = {"carte.pdf": ("application/pdf", b"%PDF-1.7\n" + pdf), "virus.exe": ("application/x-msdownload", b"MZ\x00\x01")}
    arrive(mail(sender=CAMILLE_EMAIL, subject="x", text="Effacez mes données.", attachments=files), at=now)
    kept = ReceivedMail.objects.get()
    assert [bool(file["kept"]) for file in kept.attachments] == [True, False]
    assert kept.attachments[1]["refused"]
    document = Document.objects.get(pk=kept.attachments[0]["kept"])
    assert (document.reference, document.purpose, document.state) == (kept.reference, "attachment", "pending")
    page = words(at_desk(dominique).get(at(kept)))
    assert "2 fichiers joints" in page
    assert "pas gardé" in page
    assert "virus.exe" not in page, "a name is the sender's word"


def test_mail_without_a_site_is_for_those_who_see_all_sites(draft, aside_reader, bordeaux_officer):
    assert at_desk(aside_reader).get(at(draft)).status_code == 200, "the check can fail"
    desk = at_desk(bordeaux_officer)
    assert desk.get(at(draft)).status_code == 404
    assert "Mes données" not in words(desk.get("/fr/office/mail/"))
    assert desk.post(at(draft, "rights/"), {"rights": ["access"]}).status_code == 404


@pytest.fixture
def aside_reader(db) -> User:
    return User.objects.create_user("lecture@cesi.example", role=Role.AUDITOR, all_sites=True)


def test_an_auditor_reads_and_does_nothing(draft, aside_reader):
    desk = at_desk(aside_reader)
    page = desk.get(at(draft)).content.decode()
    assert "/rights/" not in page
    assert desk.post(at(draft, "rights/"), {"rights": ["access"]}).status_code == 403


def test_every_sentence_of_the_page_is_french_too():
    root = Path(settings.BASE_DIR)
    asked = in_templates([root / "templates/backoffice" / name for name in ("mail.html", "mail_one.html", "case.html")])
    asked |= in_python([root / "dsar/forms/mail.py", root / "dsar/views/backoffice/mail.py"])
    assert (None, "Incoming mail") in asked, "the reading finds something"
    assert without_french(asked, "inbox", "backoffice") == []
