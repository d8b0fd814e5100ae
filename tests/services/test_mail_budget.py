"""A stranger's mailbox: however many requests name it, three mails an hour and ten a day; no request is lost (SECURITY T14)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from dsar.models import DataSubjectRequest
from dsar.services import tell
from notifications.models import Message
from tests import stories
from tests.people import CAMILLE_EMAIL
from tests.stories import RECEIVED_AT, receive

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def departures() -> list[datetime]:
    return sorted(Message.objects.values_list("next_at", flat=True))


def most_within(instants: list[datetime], window: timedelta) -> int:
    return max(sum(1 for at in instants if start <= at < start + window) for start in instants)


def test_thirty_requests_in_a_minute_are_kept_and_their_mails_never_flood():
    for second in range(30):
        receive(at=RECEIVED_AT + timedelta(seconds=second))
    assert DataSubjectRequest.objects.filter(received_at__lt=RECEIVED_AT + HOUR).count() == 30, "the clock runs for each"
    instants = departures()
    assert len(instants) == 30
    assert most_within(instants, HOUR) == 3
    assert most_within(instants, DAY) == 10


def test_spellings_of_one_mailbox_are_one_mailbox():
    for email in ("a.b.c@etu.example", "abc+1@etu.example", "ABC@etu.example", "ab.c+news@ETU.example", "someone@etu.example"):
        receive(email=email)
    assert departures() == [RECEIVED_AT] * 4 + [RECEIVED_AT + HOUR], "the fifth mailbox is another one"


def test_a_confirmed_address_is_written_to_at_once():
    dsr = receive()
    stories.confirm(dsr)
    for _ in range(5):
        receive(email=CAMILLE_EMAIL)
    held = [at for at in departures() if at > RECEIVED_AT]
    assert len(held) == 2, "of the five others, which nobody confirmed, three leave"
    dsr.refresh_from_db()
    later = RECEIVED_AT + timedelta(minutes=3)
    message = tell.tell(dsr, "letter_to_subject", now=later, words="Bonjour")
    assert message is not None
    assert message.next_at == later
