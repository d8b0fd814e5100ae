"""Mail under faults (SECURITY R4, R5, R6, R10, R11): none lost, none doubled but by a lost answer, and no storm of tries."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from pytest_django import Settings

from dsar.models import DataSubjectRequest
from identity import vault
from notifications.models import Message, MessageState
from notifications.relay import RelayReport, relay_waiting, waiting_time
from tests import stories
from tests.faults.smtp import DROP_AFTER, DROP_BEFORE, HANG, MailServer, mail_server
from tests.people import DOMINIQUE_EMAIL
from tests.processes import free_port
from tests.services.mail_contexts import COMMON_CONTEXT, OWN_CONTEXT

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    with mail_server() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", running.port, 10
        yield running


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def stored(count: int, *, at: datetime = NOW) -> list[Message]:
    """Mails waiting in the outbox, all under one key."""
    vault.create_text_key("requests/one")
    content = vault.seal_text(
        "requests/one",
        '{"subject": "Votre demande CE-7K4M-2XQZ : reçue", "text": "Bonjour\\n", "html": "<p>Bonjour</p>",'
        f' "from_name": "Institut Exemple, à Paris", "reply_to": "{DOMINIQUE_EMAIL}"}}',
    )
    return Message.objects.bulk_create(
        Message(
            kind="code",
            reference="CE-7K4M-2XQZ",
            occasion=f"token-{n}",
            recipient=f"camille.{n}@etudiant.example",
            language="fr",
            key_name="requests/one",
            content=content,
            created_at=at,
            next_at=at,
        )
        for n in range(count)
    )


def relay(clock: Clock, limit: int = 100) -> RelayReport:
    return relay_waiting(unseal=vault.open_text, clock=clock, limit=limit)


def states() -> dict[str, int]:
    return dict(Counter(Message.objects.values_list("state", flat=True)))


def the_mail() -> Message:
    return Message.objects.get()


# A server that works


def test_many_mails_leave_over_one_connection(server: MailServer, clock: Clock) -> None:
    stored(20)
    assert relay(clock) == RelayReport(sent=20)
    assert server.connections == 1
    assert len(set(server.recipients())) == 20
    assert states() == {MessageState.SENT: 20}
    assert relay(clock) == RelayReport()


def test_all_that_waits_leaves_over_one_connection_while_the_run_may_go_on(server: MailServer, clock: Clock) -> None:
    stored(20)
    assert relay_waiting(unseal=vault.open_text, clock=clock, limit=7) == RelayReport(sent=7)
    assert relay_waiting(unseal=vault.open_text, clock=clock, limit=5, go_on=timedelta(minutes=1)) == RelayReport(sent=13)
    assert server.connections == 2
    assert Counter(server.ids()).most_common(1)[0][1] == 1


def test_a_mail_has_one_recipient_the_dpo_for_answers_and_its_rows_message_id(server: MailServer, clock: Clock) -> None:
    (message,) = stored(1)
    relay(clock)
    (mail,) = server.messages
    assert mail["To"] == "camille.0@etudiant.example"
    assert mail["Cc"] is mail["Bcc"] is None
    assert mail["Reply-To"] == DOMINIQUE_EMAIL
    assert mail["Message-ID"] == message.message_id
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["From"].addresses[0].display_name == "Institut Exemple, à Paris"
    assert mail["Subject"] == "Votre demande CE-7K4M-2XQZ : reçue"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_a_mail_does_not_leave_before_its_instant(server: MailServer, clock: Clock) -> None:
    stored(1, at=NOW + timedelta(hours=1))
    assert relay(clock) == RelayReport()
    clock.forward(hours=1)
    assert relay(clock) == RelayReport(sent=1)


# R4: a server that is away, or asks to come back later


def test_a_server_that_is_away_gives_every_mail_back_after_one_look(settings: Settings, clock: Clock) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    stored(50)
    assert relay(clock) == RelayReport(retried=50)
    assert states() == {MessageState.WAITING: 50}
    assert set(Message.objects.values_list("next_at", flat=True)) == {NOW + timedelta(minutes=1)}
    assert relay(clock) == RelayReport()  # nothing before its next instant


def test_waits_grow_to_four_hours_and_after_72_hours_a_person_must_see_it(settings: Settings, clock: Clock) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    stored(1)
    tries = 0
    while the_mail().state == MessageState.WAITING:
        clock.now = the_mail().next_at
        relay(clock)
        tries += 1
    waits = [waiting_time(n) for n in range(1, 12)]
    assert [wait.total_seconds() / 60 for wait in waits] == [1, 2, 4, 8, 16, 32, 64, 128, 240, 240, 240]
    assert the_mail().state == MessageState.UNDELIVERABLE
    assert "given up after 72 hours" in the_mail().error
    assert timedelta(hours=72) <= clock.now - NOW <= timedelta(hours=76)
    assert tries == 26


@pytest.mark.parametrize("verb", ["at_rcpt", "at_data"])
def test_a_451_is_tried_again_and_stops_nobody_else(verb: str, server: MailServer, clock: Clock) -> None:
    stored(10)
    setattr(
        server, verb, lambda recipient, number: "451 4.3.0 later" if recipient.startswith("camille.3@") and number < 15 else None
    )
    assert relay(clock) == RelayReport(sent=9, retried=1)
    assert Message.objects.get(state=MessageState.WAITING).error == "451 4.3.0 the server asked us to come back later"
    for _ in range(6):
        clock.forward(minutes=40)
        relay(clock)
    assert states() == {MessageState.SENT: 10}
    assert len(server.messages) == 10


def test_a_server_that_closes_in_mid_message_loses_nothing(server: MailServer, clock: Clock) -> None:
    stored(10)
    server.at_data = lambda recipient, number: DROP_BEFORE if number in (2, 5) else None
    assert relay(clock) == RelayReport(sent=8, retried=2)
    clock.forward(minutes=1)
    assert relay(clock) == RelayReport(sent=2)
    assert Counter(server.recipients()).most_common(1)[0][1] == 1


def test_a_server_that_hangs_costs_three_waits_and_gives_the_rest_back(
    server: MailServer, clock: Clock, settings: Settings
) -> None:
    settings.EMAIL_TIMEOUT = 1  # a busy machine too answers EHLO and RCPT within it
    server.seconds = 2.5
    stored(20)
    assert relay(clock) == RelayReport(retried=20)
    assert server.attempts == 3


def test_a_server_that_is_slow_blocks_no_request_that_comes_in(server: MailServer, clock: Clock) -> None:
    stored(1)
    taken: list[str] = []

    def come_in() -> None:
        """In another thread, while the relay waits for the answer to its DATA."""
        assert states() == {MessageState.SENDING: 1}
        taken.append(stories.receive(at=NOW).reference)
        connection.close()

    server.meanwhile = come_in
    relay(clock)
    (reference,) = taken
    assert DataSubjectRequest.objects.filter(reference=reference).exists()
    assert Message.objects.filter(reference=reference, kind="acknowledgement", state=MessageState.WAITING).exists()


def test_a_server_that_says_goodbye_in_the_middle_is_called_again(server: MailServer, clock: Clock) -> None:
    stored(5)
    server.at_rcpt = lambda recipient, number: "421 4.3.2 shutting down" if number == 2 else None
    assert relay(clock) == RelayReport(sent=4, retried=1)
    assert server.connections == 2


# R5: a server that refuses for good


@pytest.mark.parametrize(
    ("verb", "answer"), [("at_rcpt", "550 5.1.1 <camille.0@etudiant.example>: no such user"), ("at_data", "554 5.7.1 spam")]
)
def test_a_permanent_refusal_is_tried_once_and_shown_without_the_address(
    verb: str, answer: str, server: MailServer, clock: Clock
) -> None:
    stored(3)
    setattr(server, verb, lambda recipient, number: answer if recipient.startswith("camille.0@") else None)
    assert relay(clock) == RelayReport(sent=2, undeliverable=1)
    refused = Message.objects.get(state=MessageState.UNDELIVERABLE)
    assert refused.error == f"{answer[:9]} the server refused the recipient or the email for good"
    assert refused.attempts == 1
    clock.forward(hours=80)
    assert relay(clock) == RelayReport()
    assert server.attempts == 3


def test_a_refused_sender_is_our_fault_and_waits_for_the_operator(server: MailServer, clock: Clock, settings: Settings) -> None:
    async def refuse(*args: object) -> str:
        return "550 5.7.60 not your address"

    server.handle_MAIL = refuse  # type: ignore[attr-defined]
    stored(1)
    assert relay(clock) == RelayReport(retried=1)
    assert the_mail().error == "550 5.7.60 the server refused our sender address"


# R6: a server that takes the mail and drops its answer


def test_of_1000_mails_with_50_lost_answers_all_arrive_and_second_copies_show_as_such(server: MailServer, clock: Clock) -> None:
    stored(1000)
    server.at_data = lambda recipient, number: DROP_AFTER if number <= 1000 and number % 20 == 0 else None
    for _ in range(30):
        relay(clock)
        clock.forward(seconds=30)
    assert states() == {MessageState.SENT: 1000}
    copies = Counter(server.ids())
    assert len(copies) == 1000
    assert sum(copies.values()) - 1000 == 50
    assert max(copies.values()) == 2
    assert set(copies) == {message.message_id for message in Message.objects.all()}


# R10, R11: several relays, relays that die and relays that sleep


def test_four_relays_at_once_send_each_mail_once(server: MailServer, clock: Clock) -> None:
    stored(200)
    failures: list[BaseException] = []

    def run() -> None:
        try:
            while relay(clock, limit=15).sent:
                pass
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    relays = [threading.Thread(target=run) for _ in range(4)]
    for one in relays:
        one.start()
    for one in relays:
        one.join()
    assert failures == []
    relay(clock, limit=200)
    assert states() == {MessageState.SENT: 200}
    assert Counter(server.ids()).most_common(1)[0][1] == 1


class Killed(BaseException):
    """The process ends here."""


def test_what_a_killed_relay_held_is_sent_by_the_next_one_after_its_lease(server: MailServer, clock: Clock) -> None:
    stored(5)
    opened = 0

    def dies_at_the_third(key_name: str, content: bytes) -> str:
        nonlocal opened
        opened += 1
        if opened == 3:
            raise Killed
        return vault.open_text(key_name, content)

    with pytest.raises(Killed):
        relay_waiting(unseal=dies_at_the_third, clock=clock)
    assert states() == {MessageState.SENT: 2, MessageState.SENDING: 3}
    assert relay(clock) == RelayReport()  # the lease still runs
    clock.forward(minutes=3)
    assert relay(clock) == RelayReport(sent=3)
    assert Counter(server.ids()).most_common(1)[0][1] == 1


def test_a_relay_that_slept_through_its_lease_sends_nothing_when_it_wakes(server: MailServer, clock: Clock) -> None:
    stored(3)
    others: list[RelayReport] = []

    def sleeps(key_name: str, content: bytes) -> str:
        if not others:
            clock.forward(minutes=10)
            others.append(relay(clock))
        return vault.open_text(key_name, content)

    assert relay_waiting(unseal=sleeps, clock=clock) == RelayReport()
    assert others == [RelayReport(sent=3)]
    assert len(server.messages) == 3


def test_a_relay_that_is_slow_renews_its_lease_before_each_mail(server: MailServer, clock: Clock) -> None:
    stored(2)
    leases: list[datetime | None] = []

    def slowly(key_name: str, content: bytes) -> str:
        clock.forward(seconds=50)
        return vault.open_text(key_name, content)

    def look() -> None:
        leases.extend(Message.objects.filter(lease_until__gt=clock.now + timedelta(seconds=100)).values_list("lease_until"))
        connection.close()

    server.meanwhile = look
    assert relay_waiting(unseal=slowly, clock=clock) == RelayReport(sent=2)
    assert len(leases) == 1, "the mail that is leaving is ours for two minutes more; the other one still has the first lease"


def test_a_relay_that_slept_while_it_was_sending_cannot_write_what_became_of_it(server: MailServer, clock: Clock) -> None:
    stored(1)
    others: list[RelayReport] = []

    def another_relay() -> None:
        clock.forward(minutes=10)
        others.append(relay(clock))
        connection.close()

    server.meanwhile = another_relay
    assert relay(clock) == RelayReport()
    assert others == [RelayReport(sent=1)]
    assert (the_mail().state, the_mail().fencing) == (MessageState.SENT, 2)
    assert len(server.ids()) == 2
    assert len(set(server.ids())) == 1


# Content that cannot be opened


def test_a_mail_whose_key_is_gone_is_not_sent_and_stops_nobody_else(server: MailServer, clock: Clock) -> None:
    stored(3)
    Message.objects.filter(recipient__startswith="camille.1@").update(key_name="requests/destroyed")
    assert relay(clock) == RelayReport(sent=2, retried=1)
    assert Message.objects.get(state=MessageState.WAITING).error == "KeyDestroyed: the content could not be opened"


# Mails that are written when they leave


def test_a_mail_stored_empty_is_written_when_it_leaves_and_kept_as_it_left(server: MailServer, clock: Clock) -> None:
    stored(3)
    Message.objects.filter(occasion__in=["token-1", "token-2"]).update(content=b"", facts={"days": 5})
    context = COMMON_CONTEXT | OWN_CONTEXT["code"]

    def write(message: Message) -> dict[str, object] | None:
        return None if message.occasion == "token-2" else context | {"code_minutes": message.facts["days"]}

    report = relay_waiting(unseal=vault.open_text, seal=vault.seal_text, write=write, clock=clock)
    assert report == RelayReport(sent=2, superseded=1)
    assert sorted(server.recipients()) == ["camille.0@etudiant.example", "camille.1@etudiant.example"]
    assert Message.objects.get(state=MessageState.SUPERSEDED).occasion == "token-2"
    kept = Message.objects.get(occasion="token-1")
    assert "valable 5 minutes" in vault.open_text(kept.key_name, bytes(kept.content))


def test_a_relay_that_was_away_for_days_still_tries_for_72_hours(server: MailServer, clock: Clock) -> None:
    stored(1)
    server.at_rcpt = lambda recipient, number: "451 4.3.0 later"
    clock.forward(hours=100)
    assert relay(clock) == RelayReport(retried=1)
    first = clock.now
    while the_mail().state == MessageState.WAITING:
        clock.now = the_mail().next_at
        relay(clock)
    assert clock.now - first >= timedelta(hours=72)


# R4 and R5 together, at their numbers


def test_of_1000_mails_over_a_server_with_every_fault_none_is_lost_and_none_comes_twice(
    server: MailServer, clock: Clock, settings: Settings
) -> None:
    """First it is away; then it asks to come back at RCPT or DATA, hangs, hangs up in mid-message, and refuses 20 for good."""
    stored(1000)
    settings.EMAIL_TIMEOUT = 2  # so long that on a busy machine, too, it is only the hanging answers that do not come
    server.hangs = 5
    settings.EMAIL_PORT, port = free_port(), settings.EMAIL_PORT
    assert relay(clock, limit=1000) == RelayReport(retried=1000)
    settings.EMAIL_PORT = port
    tries: Counter[int] = Counter()

    def number(recipient: str) -> int:
        return int(recipient.removeprefix("camille.").partition("@")[0])

    def at_rcpt(recipient: str, _: int) -> str | None:
        n = number(recipient)
        tries[n] += 1
        if n % 100 == 7:
            return "550 5.1.1 no such user"
        return "451 4.3.0 later" if n % 10 == 1 and tries[n] <= 2 else None

    def at_data(recipient: str, _: int) -> str | None:
        n = number(recipient)
        if n % 100 == 17:
            return "554 5.7.1 spam"
        if tries[n] > 1:
            return None
        return "451 4.3.0 later" if n % 10 == 3 else DROP_BEFORE if n % 50 == 9 else HANG if n % 500 == 29 else None

    server.at_rcpt, server.at_data = at_rcpt, at_data
    runs = 0
    while Message.objects.filter(state__in=[MessageState.WAITING, MessageState.SENDING]).exists():
        clock.forward(minutes=1)
        relay(clock)
        runs += 1
        assert runs < 60
    assert states() == {MessageState.SENT: 980, MessageState.UNDELIVERABLE: 20}
    arrived = Counter(server.recipients())
    assert len(arrived) == 980
    assert set(arrived.values()) == {1}, "0 lost, 0 doubled"
    assert {tries[n] for n in range(1000) if n % 100 in (7, 17)} == {1}, "no storm of tries at a refusal for good"
    assert {tries[n] for n in range(1000) if n % 10 == 1} == {3}
    assert {tries[n] for n in (29, 529)} == {2}
