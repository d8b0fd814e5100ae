"""Mail is a channel like the form (LAW R-01): a draft with its clock running, answers in their case, no word to strangers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from dsar.domain.vocabulary import Channel, Doubt, EventKind, RequestType
from dsar.models import DataSubjectRequest
from dsar.services import ask, inbox, post
from identity import vault
from notifications.inbox_models import MailKind, MailState, ReceivedMail
from notifications.models import Message, MessageState
from tests.inbox.samples import SAMPLES, STRANGERS
from tests.inbox.writing import OURS, bounce, mail, our_mail
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME, SACHA_EMAIL
from tests.stories import receive, text_of

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 10, 22, 30, tzinfo=UTC)  # Tuesday, 23:30 in Paris
ERASE = mail(sender=CAMILLE_EMAIL, name=CAMILLE_NAME, subject="Mes données", text="Merci de supprimer mon compte. Zanzibar.")


def answer(dsr: DataSubjectRequest, text: str, *, sender: str = CAMILLE_EMAIL, kind: str = "acknowledgement") -> bytes:
    ours = Message.objects.get(reference=dsr.reference, kind=kind)
    return mail(sender=sender, name="X", subject="Re: reçue", text=text, answers=ours.message_id)


def sent(dsr: DataSubjectRequest) -> Message:
    """The acknowledgement of this request, as the relay leaves it."""
    message = Message.objects.get(reference=dsr.reference, kind="acknowledgement")
    message.state, message.sent_at = MessageState.SENT, message.created_at
    message.save()
    return message


# Drafts


def test_a_mail_is_a_draft_request_whose_clock_runs_from_its_arrival(arrive):
    arrive(ERASE, at=AT, now=AT + timedelta(days=2))
    dsr = DataSubjectRequest.objects.get()
    assert (dsr.channel, dsr.received_at, dsr.email, dsr.data_subject_name) == (Channel.EMAIL, AT, CAMILLE_EMAIL, CAMILLE_NAME)
    assert dsr.deadlines(today=AT.date()).receipt_date.isoformat() == "2026-03-10"
    part = dsr.parts.get()
    assert part.right == RequestType.UNSPECIFIED
    assert "supprimer mon compte" in vault.open_text(dsr.key_name, bytes(part.details))
    assert dsr.email_confirmed_at is None
    received = dsr.events.get(kind=EventKind.RECEIVED)
    assert "mail_headers" in f"{received.data} {received.text()}"
    draft = ReceivedMail.objects.get()
    assert (draft.state, draft.rights, draft.reference) == (MailState.DRAFT, ["erasure"], dsr.reference)


def test_nothing_personal_of_a_mail_lies_open(arrive, stored_words):
    arrive(ERASE, at=AT)
    draft = ReceivedMail.objects.get()
    assert "Zanzibar" in vault.open_text(draft.key_name, bytes(draft.content)), "the check can fail"
    assert "Zanzibar" not in stored_words()
    assert "Mes données" not in stored_words()


@pytest.fixture
def stored_words():
    def words() -> str:
        rows = [*ReceivedMail.objects.values(), *DataSubjectRequest.objects.values(), *Message.objects.values()]
        return repr(
            [{key: bytes(value) if isinstance(value, memoryview) else value for key, value in row.items()} for row in rows]
        )

    return words


def test_the_acknowledgement_goes_to_the_sender_and_repeats_nothing(arrive):
    arrive(mail(sender=CAMILLE_EMAIL, name="Zoé", subject="Zanzibar", text="Mes données ? Zanzibar https://evil.example",
                headers={"Reply-To": SACHA_EMAIL}), at=AT)  # fmt: skip
    told = Message.objects.get()
    assert (told.kind, told.recipient) == ("acknowledgement", CAMILLE_EMAIL)
    written = text_of(told)
    assert DataSubjectRequest.objects.get().reference in written
    for theirs in ("Zanzibar", "evil.example", "Zoé", SACHA_EMAIL):
        assert theirs not in written


def test_no_machine_and_no_loop_among_sixty_mails_is_answered(arrive):
    for sample in SAMPLES:
        arrive(sample.raw, at=AT)
    answered = set(Message.objects.values_list("recipient", flat=True))
    people = set(DataSubjectRequest.objects.filter(channel=Channel.EMAIL).values_list("email", flat=True))
    strangers = [sample for sample in SAMPLES if sample.kind in STRANGERS]
    print(f"{len(SAMPLES)} mails, {len(people)} drafts, {len(answered)} acknowledged; of {len(strangers)} machines 0 answered")
    assert len(strangers) == 16
    assert len(people) == 44
    assert answered == people, "each person, and nobody else"
    assert ReceivedMail.objects.filter(state=MailState.SET_ASIDE, reference="").count() == 16


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"Authentication-Results": "mx; dmarc=fail"}, "sender_not_proven"),
        ({"List-Id": "<dpo.cesi.example>", "Precedence": "list"}, "mailing_list"),
        ({"X-Auto-Response-Suppress": "All"}, "asked_not_to"),
    ],
)
def test_who_may_not_be_answered_by_a_machine_is_a_draft_all_the_same(arrive, headers, why):
    arrive(mail(sender=CAMILLE_EMAIL, subject="x", text="Merci de supprimer mon compte.", headers=headers), at=AT)
    assert ReceivedMail.objects.get().unanswered == why
    assert DataSubjectRequest.objects.get().received_at == AT
    assert not Message.objects.exists()


def test_an_old_mail_is_a_draft_from_its_arrival_and_a_person_answers(arrive):
    arrive(ERASE, at=AT, now=AT + timedelta(days=8))
    assert (DataSubjectRequest.objects.get().received_at, ReceivedMail.objects.get().unanswered) == (AT, "old")
    assert not Message.objects.exists()


def test_a_machine_that_answers_our_answers_soon_talks_to_itself(arrive):
    for minute in range(6):
        arrive(mail(sender="robot@mail.example", subject=f"n° {minute}", text="Bonjour"), at=AT + timedelta(minutes=minute))
    assert DataSubjectRequest.objects.count() == 6, "each is kept, and its clock runs"
    assert Message.objects.filter(recipient="robot@mail.example").count() == 3
    assert set(ReceivedMail.objects.filter(unanswered="many").values_list("state", flat=True)) == {"draft"}


def test_a_server_whose_clock_runs_ahead_dates_nothing_in_the_future(arrive):
    arrive(ERASE, at=AT + timedelta(minutes=5), now=AT)
    assert DataSubjectRequest.objects.get().received_at == AT


def test_a_mail_without_a_sender_to_answer_is_kept_for_a_person(arrive):
    arrive(mail(sender="root@localhost", subject="Effacez tout", text="Effacez mes données."), at=AT)
    kept = ReceivedMail.objects.get()
    assert (kept.kind, kept.reason, kept.state) == (MailKind.OTHER, "no_plain_sender", MailState.SET_ASIDE)
    assert "Effacez mes données" in vault.open_text(kept.key_name, bytes(kept.content))


def test_a_sender_in_no_letters_of_any_alphabet_is_kept_too(arrive):
    arrive(b"From: \xff\xfe\x00 <a\xed\xa0\x80b@mail.example>\nSubject: \xff\n\n\xff\xfe\x00", at=AT)
    assert ReceivedMail.objects.get().reason == "no_plain_sender"


def test_a_mail_that_breaks_the_code_is_set_aside_and_shown(arrive, monkeypatch):
    monkeypatch.setattr(inbox, "propose", lambda *args, **kwargs: 1 / 0)
    arrive(ERASE, at=AT)
    kept = ReceivedMail.objects.get()
    assert (kept.reason, kept.state) == ("not_handled", MailState.SET_ASIDE)
    assert not DataSubjectRequest.objects.exists()
    assert not Message.objects.exists()


# Once


def test_the_same_place_twice_is_one_request(arrive, db):
    from notifications.inbox import Arrived

    message = Arrived("box", 7, 1, AT, len(ERASE), ERASE)
    for _ in range(2):
        inbox.take_in(message, now=AT)
    assert (DataSubjectRequest.objects.count(), ReceivedMail.objects.count(), Message.objects.count()) == (1, 1, 1)


def test_a_second_copy_of_a_mail_is_no_second_request(arrive):
    arrive(ERASE, at=AT)
    arrive(ERASE, at=AT + timedelta(hours=1))
    assert DataSubjectRequest.objects.count() == 1
    copy = ReceivedMail.objects.get(is_copy=True)
    assert (copy.state, copy.reason, bytes(copy.content)) == (MailState.DISCARDED, "second_copy", b"")


def test_another_mail_under_the_same_message_id_is_not_lost(arrive):
    for text in ("Effacez mes données.", "Corrigez mon adresse."):
        arrive(mail(sender=CAMILLE_EMAIL, subject="x", text=text, message_id="<same@mail.example>"), at=AT)
    assert DataSubjectRequest.objects.count() == 2


def test_a_failure_half_way_leaves_neither_row_nor_key(arrive, monkeypatch, settings):
    from django.db import OperationalError

    def fails(*args: object, **kwargs: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(ReceivedMail, "save", fails)
    with pytest.raises(OperationalError):
        arrive(ERASE, at=AT)
    assert not DataSubjectRequest.objects.exists()
    assert not [file for file in (settings.VAR_DIR / "keys").rglob("*") if file.is_file()]
    monkeypatch.undo()
    arrive(ERASE, at=AT)
    assert DataSubjectRequest.objects.count() == 1


# Answers


def test_an_answer_to_our_mail_joins_its_case(arrive):
    dsr = receive(RequestType.ACCESS)
    arrive(answer(dsr, "Voici mon numéro : 4711."), at=AT)
    joined = ReceivedMail.objects.get()
    assert (joined.kind, joined.state, joined.reference) == (MailKind.REPLY, MailState.JOINED, dsr.reference)
    assert DataSubjectRequest.objects.count() == 1
    assert "4711" in dsr.events.get(kind=EventKind.MESSAGE_FROM_SUBJECT).text()
    event = dsr.events.get(kind=EventKind.MAIL_JOINED)
    assert event.data == {"mail": str(joined.pk), "arrived_at": AT.isoformat(), "attachments": 0}
    assert Message.objects.filter(reference=dsr.reference).count() == 1, "nothing is answered by itself"


def test_an_answer_while_identity_is_asked_is_a_proof_to_judge_and_ends_no_pause(arrive, dominique):
    dsr = receive(RequestType.ACCESS)
    asked_at = AT - timedelta(hours=5)
    ask.ask_identity(
        dsr_id=dsr.pk,
        officer=dominique,
        doubt=Doubt.ADDRESS_NOT_ON_FILE,
        words="Nous ne trouvons pas cette adresse dans nos fichiers.",
        now=asked_at,
    )
    arrive(mail(sender=CAMILLE_EMAIL, subject=f"Re: {dsr.reference}", text="Mon numéro d’étudiant est 4711."), at=AT)
    proof = dsr.events.get(kind=EventKind.PROOF_RECEIVED)
    assert (proof.data["how"], proof.data["arrived_at"]) == ("mail", AT.isoformat())
    dsr.refresh_from_db()
    assert dsr.waiting_for == "identity", "a person judges it"
    ask.close_unanswered(AT + timedelta(days=100))
    dsr.refresh_from_db()
    assert dsr.status != "closed", "an answer is no silence"


def test_a_reference_in_the_subject_is_enough_for_the_same_sender(arrive):
    dsr = receive(RequestType.ACCESS)
    written = f"Ma demande {dsr.reference.lower().replace('-', ' ')}"
    arrive(mail(sender=CAMILLE_EMAIL.upper(), subject=written, text="Bonjour"), at=AT)
    assert ReceivedMail.objects.get().reference == dsr.reference


def test_a_postscript_to_ones_own_mail_joins_its_draft(arrive):
    arrive(mail(sender=CAMILLE_EMAIL, subject="x", text="Effacez mes données.", message_id="<one@mail.example>"), at=AT)
    arrive(mail(sender=CAMILLE_EMAIL, subject="Re: x", text="PS : tout.", answers="<one@mail.example>"), at=AT)
    assert DataSubjectRequest.objects.count() == 1
    assert "PS" in DataSubjectRequest.objects.get().events.get(kind=EventKind.MESSAGE_FROM_SUBJECT).text()


@pytest.mark.parametrize("by", ["message_id", "reference"])
def test_somebody_else_is_let_into_no_case(arrive, by):
    dsr = receive(RequestType.ACCESS)
    raw = answer(dsr, "Envoyez-moi tout.", sender=SACHA_EMAIL)
    if by == "reference":
        raw = mail(sender=SACHA_EMAIL, subject=f"Re: {dsr.reference}", text="Envoyez-moi tout.")
    arrive(raw, at=AT)
    assert not dsr.events.filter(kind__in=[EventKind.MAIL_JOINED, EventKind.MESSAGE_FROM_SUBJECT]).exists()
    kept = ReceivedMail.objects.get()
    assert (kept.state, kept.named_reference, kept.unanswered) == (MailState.DRAFT, dsr.reference, "names_a_case")
    own = DataSubjectRequest.objects.get(email=SACHA_EMAIL)
    assert kept.reference == own.reference != dsr.reference
    assert not Message.objects.filter(recipient=SACHA_EMAIL).exists()


def test_a_colleague_who_answers_a_mail_about_a_case_opens_none(arrive, dominique):
    from dsar.services import tell

    dsr = receive(RequestType.ACCESS)
    tell.tell_staff(
        "approval_wanted", to=dominique.email, language="fr", dsr=dsr, occasion="x", now=AT,
        act_label="Effacer", case_url="https://x.example", expires_date=AT.date(),
    )  # fmt: skip
    arrive(answer(dsr, "Je regarde.", sender=dominique.email, kind="approval_wanted"), at=AT)
    kept = ReceivedMail.objects.get()
    assert (kept.state, kept.reason, kept.reference) == (MailState.SET_ASIDE, "colleague", dsr.reference)
    assert DataSubjectRequest.objects.count() == 1


def test_an_answer_to_a_forgotten_case_is_a_draft(arrive):
    dsr = receive(RequestType.ACCESS)
    raw = answer(dsr, "Et alors ?")
    vault.destroy_key(dsr.key_name)
    arrive(raw, at=AT)
    kept = ReceivedMail.objects.get()
    assert (kept.state, kept.named_reference) == (MailState.DRAFT, dsr.reference)
    assert kept.reference != dsr.reference


# What comes back


def test_a_bounce_marks_our_mail_and_shows_on_its_case(arrive):
    dsr = receive(RequestType.ACCESS)
    ours = sent(dsr)
    arrive(bounce(recipient=CAMILLE_EMAIL, message_id=ours.message_id), at=AT)
    ours.refresh_from_db()
    assert (ours.state, ours.error) == (MessageState.UNDELIVERABLE, "5.1.1 the mail came back")
    post.report_undeliverable(AT)
    assert dsr.events.filter(kind=EventKind.UNDELIVERABLE).count() == 1
    kept = ReceivedMail.objects.get()
    assert (kept.kind, kept.state, kept.reference) == (MailKind.BOUNCE, MailState.JOINED, dsr.reference)


def test_a_bounce_without_report_or_message_id_is_told_by_reference_and_address(arrive):
    dsr = receive(RequestType.ACCESS)
    ours = sent(dsr)
    arrive(bounce(report=False, recipient=CAMILLE_EMAIL, message_id=ours.message_id), at=AT)
    ours.refresh_from_db()
    assert ours.state == MessageState.UNDELIVERABLE
    sent(dsr)
    arrive(bounce(recipient=CAMILLE_EMAIL, message_id="<lost@relay.example>", subject=f"Votre demande {dsr.reference}"), at=AT)
    ours.refresh_from_db()
    assert ours.state == MessageState.SENT, "the quoted subject is in an attached part and not in the report's own words"


def test_a_delay_and_a_forged_bounce_change_nothing(arrive):
    dsr = receive(RequestType.ACCESS)
    ours = sent(dsr)
    arrive(bounce(recipient=CAMILLE_EMAIL, message_id=ours.message_id, action="delayed", status="4.4.7"), at=AT)
    arrive(bounce(recipient=CAMILLE_EMAIL, message_id=f"<{UUID(int=1)}@dsar.invalid>"), at=AT)
    arrive(bounce(recipient="autre@mail.example", message_id="<x@y.example>", subject=f"Re: {dsr.reference}"), at=AT)
    ours.refresh_from_db()
    assert ours.state == MessageState.SENT
    assert set(ReceivedMail.objects.values_list("state", flat=True)) == {MailState.SET_ASIDE}


def test_our_own_mail_that_comes_round_is_set_aside(arrive):
    dsr = receive(RequestType.ACCESS)
    ours = sent(dsr)
    arrive(our_mail(to=OURS, message_id=ours.message_id, subject=f"Votre demande {dsr.reference}").as_bytes(), at=AT)
    assert (ReceivedMail.objects.get().kind, DataSubjectRequest.objects.count()) == (MailKind.LOOP, 1)
