"""Intake: one form is one request, nothing is half-stored, the clock starts on the day at the seat."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from dsar.domain.vocabulary import Channel, EventKind, ReceiptEvidence, RequestType
from dsar.models import DataSubjectRequest, RequestEvent
from dsar.services import intake, tell, tokens, verify
from identity import vault
from notifications.models import Message
from tests import stories
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME
from tests.stories import RECEIVED_AT

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_request_has_a_reference_a_date_a_receipt_and_an_acknowledgement():
    dsr = stories.receive(RequestType.ACCESS, RequestType.ERASURE)
    assert dsr.reference.startswith("CE-")
    assert (dsr.careful_date, dsr.working_date, dsr.legal_limit) == (date(2026, 4, 9), date(2026, 4, 9), date(2026, 4, 10))
    assert [part.right for part in dsr.parts.all()] == ["access", "erasure"]
    assert [event.kind for event in dsr.events.all()] == ["received"]
    mail = Message.objects.get(reference=dsr.reference)
    assert (mail.kind, mail.recipient) == ("acknowledgement", CAMILLE_EMAIL)
    assert "9 avril 2026" in stories.text_of(mail) and dsr.reference in stories.text_of(mail)


def test_half_past_midnight_in_paris_counts_from_that_day_whatever_utc_says():
    dsr = stories.receive(at=datetime(2026, 4, 14, 22, 30, tzinfo=UTC))
    assert dsr.legal_limit == date(2026, 5, 15)


def test_thirty_copies_of_one_form_are_one_request_with_one_acknowledgement():
    found: list[str] = []

    def send() -> None:
        try:
            found.append(stories.receive(key="f" * 32).reference)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 30 and len(set(found)) == 1
    assert DataSubjectRequest.objects.count() == 1
    assert Message.objects.count() == 1
    assert RequestEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"rights": ()}, intake.NothingAsked),
        ({"email": "", "postal_address": ""}, intake.NoWayToAnswer),
    ],
)
def test_what_cannot_be_answered_is_refused_and_nothing_is_half_stored(change, refusal):
    from django.core.files.storage import storages

    answers = {"rights": (RequestType.ACCESS,), "name": "Camille Exemple", "email": CAMILLE_EMAIL, "language": "fr"} | change
    with pytest.raises(refusal):
        intake.receive_request(answers=intake.Intake(**answers), channel=Channel.FORM, received_at=RECEIVED_AT, now=RECEIVED_AT)
    assert not DataSubjectRequest.objects.exists() and not Message.objects.exists()
    assert not storages["keys"].exists("requests") or not storages["keys"].listdir("requests")[1]


def test_a_date_of_receipt_in_the_future_is_refused():
    with pytest.raises(intake.ReceivedInTheFuture):
        intake.receive_request(
            answers=intake.Intake(rights=(RequestType.ACCESS,), name="C", email=CAMILLE_EMAIL, language="fr"),
            channel=Channel.POST,
            received_at=RECEIVED_AT + timedelta(hours=1),
            now=RECEIVED_AT,
        )


def test_the_persons_words_lie_sealed_and_the_key_opens_them():
    dsr = stories.receive(RequestType.ERASURE, details={RequestType.ERASURE: "tout sauf mon diplôme"})
    part = dsr.parts.get()
    assert "diplôme".encode() not in bytes(part.details)
    assert vault.open_text(dsr.key_name, bytes(part.details)) == "tout sauf mon diplôme"


def test_a_code_works_once_within_a_quarter_of_an_hour_and_five_wrong_tries_end_it():
    dsr = stories.receive()
    code = stories.code_in(dsr)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    with pytest.raises(tokens.TokenRefused, match="not right"):
        verify.confirm_email(dsr_id=dsr.pk, code=wrong, now=RECEIVED_AT)
    with pytest.raises(tokens.TokenRefused, match="no longer valid"):
        verify.confirm_email(dsr_id=dsr.pk, code=code, now=RECEIVED_AT + timedelta(minutes=15))
    verify.confirm_email(dsr_id=dsr.pk, code=f"{code[:3]} {code[3:]}", now=RECEIVED_AT + timedelta(minutes=14))
    with pytest.raises(tokens.TokenRefused, match="already been used"):
        verify.confirm_email(dsr_id=dsr.pk, code=code, now=RECEIVED_AT + timedelta(minutes=14))

    other = stories.receive()
    for _ in range(5):
        with pytest.raises(tokens.TokenRefused, match="not right"):
            verify.confirm_email(
                dsr_id=other.pk, code="000000" if stories.code_in(other) != "000000" else "111111", now=RECEIVED_AT
            )
    with pytest.raises(tokens.TokenRefused, match="Too many"):
        verify.confirm_email(dsr_id=other.pk, code=stories.code_in(other), now=RECEIVED_AT)


def test_opening_a_link_a_thousand_times_changes_nothing_and_one_post_spends_it():
    from dsar.domain.vocabulary import TokenPurpose

    dsr = stories.receive()
    _, _, link = tokens.issue(dsr, TokenPurpose.CONFIRM_EMAIL, now=RECEIVED_AT)
    for _ in range(1000):
        assert tokens.peek_link(link, TokenPurpose.CONFIRM_EMAIL, RECEIVED_AT) == dsr
    dsr.refresh_from_db()
    assert dsr.email_confirmed_at is None
    verify.confirm_email(dsr_id=dsr.pk, link=link, now=RECEIVED_AT)
    dsr.refresh_from_db()
    assert dsr.email_confirmed_at == RECEIVED_AT
    assert tokens.peek_link(link, TokenPurpose.CONFIRM_EMAIL, RECEIVED_AT) is None


def test_a_strangers_mailbox_gets_three_mails_an_hour_and_every_request_is_kept():
    for minute in range(5):
        stories.receive(at=RECEIVED_AT + timedelta(minutes=minute))
    assert DataSubjectRequest.objects.count() == 5
    soon = Message.objects.filter(next_at__lte=RECEIVED_AT + timedelta(minutes=10)).count()
    assert (soon, Message.objects.filter(kind="acknowledgement").count()) == (3, 5)


def test_mails_of_a_confirmed_request_do_not_delay_the_code_of_the_next_one():
    first = stories.receive()
    stories.confirm(first)
    for minute in range(2, 5):
        tell.tell(first, "letter_to_subject", now=RECEIVED_AT, occasion=str(minute), words="bonjour")
    assert Message.objects.count() == 4
    second = stories.receive(at=RECEIVED_AT + timedelta(minutes=10))
    assert Message.objects.get(reference=second.reference).next_at == RECEIVED_AT + timedelta(minutes=10)


def test_withdrawing_closes_what_is_open():
    dsr = stories.receive(RequestType.ACCESS, RequestType.ERASURE)
    intake.withdraw(dsr_id=dsr.pk, now=RECEIVED_AT)
    dsr.refresh_from_db()
    assert (dsr.status, {part.outcome for part in dsr.parts.all()}) == ("closed", {"withdrawn"})
    intake.withdraw(dsr_id=dsr.pk, now=RECEIVED_AT)
    assert dsr.events.filter(kind=EventKind.WITHDRAWN_BY_SUBJECT).count() == 1, "the button was pressed twice"
    assert Message.objects.get(kind="withdrawn").recipient == CAMILLE_EMAIL, "told, and once"


def test_a_withdrawal_keeps_to_the_budget_of_an_address_and_is_no_letter():
    dsr = stories.receive()
    for minute in range(2):
        tell.tell(dsr, "letter_to_subject", now=RECEIVED_AT, occasion=str(minute), words="bonjour")
    intake.withdraw(dsr_id=dsr.pk, now=RECEIVED_AT)
    assert Message.objects.get(kind="withdrawn").next_at == RECEIVED_AT + timedelta(hours=1), "nobody confirmed this address"
    on_paper = stories.receive(email="", postal_address="1 rue du Modèle, 69000 Lyon")
    intake.withdraw(dsr_id=on_paper.pk, now=RECEIVED_AT)
    assert on_paper.events.filter(kind=EventKind.WITHDRAWN_BY_SUBJECT).exists()
    assert not Message.objects.filter(reference=on_paper.reference, kind="withdrawn").exists()


@pytest.mark.parametrize(
    ("channel", "usual"),
    [
        (Channel.FORM, "form_sent"),
        (Channel.EMAIL, "mail_headers"),
        (Channel.POST, "post_stamp"),
        (Channel.PHONE, "call_note"),
        (Channel.COUNTER, "counter_receipt"),
        (Channel.API, "api_call"),
    ],
)
def test_the_receipt_tells_what_shows_its_day(now, channel, usual):
    answers = intake.Intake(rights=(RequestType.ACCESS,), name=CAMILLE_NAME, language="fr", email=CAMILLE_EMAIL)
    dsr = intake.receive_request(answers=answers, channel=channel, received_at=now, now=now, evidence_note="Tampon n° 4")
    event = dsr.events.get(kind="received")
    assert (event.data["evidence"], event.text()) == (usual, "Tampon n° 4")


def test_evidence_goes_with_the_channel(now):
    answers = intake.Intake(rights=(RequestType.ACCESS,), name=CAMILLE_NAME, language="fr", email=CAMILLE_EMAIL)
    with pytest.raises(intake.EvidenceDoesNotFit):
        intake.receive_request(
            answers=answers, channel=Channel.POST, received_at=now, now=now, evidence=ReceiptEvidence.CALL_NOTE
        )
    assert not DataSubjectRequest.objects.exists()
