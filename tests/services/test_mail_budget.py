"""A stranger's mailbox: however many requests name it, three mails an hour and ten a day; no request is lost (SECURITY T14)."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection, connections
from django.test import Client

from dsar.domain.vocabulary import Channel, Outcome, RequestType, TokenPurpose
from dsar.models import AccessToken, DataSubjectRequest, User
from dsar.services import acknowledge, intake, post, remind, tell, tokens
from dsar.services.intake import Intake
from identity import vault
from notifications.address import same_reader
from notifications.models import Message, MessageState
from notifications.relay import RelayReport, relay_waiting
from tests import stories
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME, SACHA_EMAIL
from tests.stories import RECEIVED_AT, code_in, receive, text_of
from tests.web.desk import at_desk, words

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DOTTED = (
    "camille.exemple@gmail.com",
    "camilleexemple@gmail.com",
    "Camille.Exemple+cesi@gmail.com",
    "c.amilleexemple+2@gmail.com",
)
IN_AN_HOUR = [RECEIVED_AT + timedelta(minutes=2) * n for n in range(25)]


def relay(at: datetime) -> RelayReport:
    return relay_waiting(
        unseal=vault.open_text, seal=vault.seal_text, clock=lambda: at, write=lambda message: remind.written(message, now=at)
    )


@pytest.fixture
def flooded() -> list[DataSubjectRequest]:
    """25 requests within an hour that name one mailbox in four spellings; the relay runs after each."""
    requests = []
    for n, at in enumerate(IN_AN_HOUR):
        requests.append(receive(email=DOTTED[n % 4], at=at))
        relay(at)
    return requests


def held() -> list[Message]:
    return list(Message.objects.filter(state=MessageState.HELD))


def digest() -> Message:
    return Message.objects.get(kind=acknowledge.KIND)


def instants() -> list[datetime]:
    """When mails left or will leave, each mail once."""
    mails = Message.objects.filter(sent_in__isnull=True).exclude(state__in=[MessageState.HELD, MessageState.SUPERSEDED])
    return sorted(message.sent_at or message.next_at for message in mails)


def most_within(when: list[datetime], window: timedelta) -> int:
    return max(sum(1 for at in when if start <= at < start + window) for start in when)


def references_in(text: str) -> list[str]:
    return re.findall(r"\bCE-[0-9A-Z]{4}-[0-9A-Z]{4}\b", text)


def test_25_requests_of_one_mailbox_are_three_mails_and_one_digest_that_names_the_22_others(flooded):
    assert len(mail.outbox) == 3
    assert len(held()) == 22
    for request, at in zip(flooded, IN_AN_HOUR, strict=True):
        assert request.received_at == at, "each clock runs from its receipt"
        assert request.working_date == flooded[0].working_date
        assert request.events.get(kind="received").data["received_at"] == at.isoformat()
    relay(RECEIVED_AT + HOUR - timedelta(seconds=1))
    assert len(mail.outbox) == 3, "the first three fill the hour"
    relay(RECEIVED_AT + HOUR)
    assert len(mail.outbox) == 4
    named = references_in("\n".join(str(one.body) for one in mail.outbox[3:]))
    assert sorted(named) == sorted(request.reference for request in flooded[3:]), "none lost, none twice"
    assert all(str(one.subject).count("CE-") == 1 for one in mail.outbox[:3])
    assert most_within(instants(), HOUR) == 3
    assert {message.state for message in Message.objects.all()} == {MessageState.SENT}
    for hours in range(2, 50):
        relay(RECEIVED_AT + hours * HOUR)
    assert len(mail.outbox) == 4, "and nothing follows"


def test_the_digest_holds_what_an_acknowledgement_must_hold_and_nothing_that_anybody_typed(flooded):
    relay(RECEIVED_AT + HOUR)
    text = str(mail.outbox[3].body).replace("\u00a0", " ")
    assert mail.outbox[3].to == [DOTTED[3]], "one recipient: the spelling of the first that waited"
    assert text.count("reçue le mardi 10 mars 2026") == 22
    assert text.count("Ce que nous avons compris : Recevoir une copie des données (accès).") == 22
    assert text.count("Nous répondrons au plus tard le jeudi 9 avril 2026") == 22
    assert "Camille" not in text
    assert not re.search(r"\b\d{6}\b", text), "no code: a digest would lie about its age"


def test_each_case_shows_that_its_acknowledgement_waits_and_then_that_it_left_with_others(dominique: User, flooded):
    desk, reference = at_desk(dominique), flooded[10].reference
    page = desk.get(f"/fr/office/case/{reference}/messages/").content.decode()
    assert "retenu" in page
    assert "10 mars 2026 11:30" in page, "when it leaves, in Paris"
    relay(RECEIVED_AT + HOUR)
    page = desk.get(f"/fr/office/case/{reference}/messages/").content.decode()
    assert "en un seul message, pour 22 demandes" in page
    kept = text_of(Message.objects.get(reference=reference))
    assert set(references_in(kept)) == {reference}, "a case keeps what was said of it, and of no other"


def ask_code(dsr: DataSubjectRequest, at: datetime) -> bool:
    """Whether a code was mailed to who pressed the button."""
    try:
        tokens.send_code(dsr=dsr, purpose=TokenPurpose.FOLLOW, now=at)
    except tokens.TooSoon:
        return False
    return True


def test_a_code_leaves_at_once_or_not_at_all(flooded):
    last = flooded[-1]
    assert not ask_code(last, IN_AN_HOUR[-1]), "three mails have left in this hour"
    assert not AccessToken.objects.filter(dsr=last, purpose=TokenPurpose.FOLLOW).exists(), "who is refused leaves nothing behind"
    relay(RECEIVED_AT + HOUR)
    at = RECEIVED_AT + HOUR + timedelta(minutes=2)
    assert ask_code(last, at)
    assert Message.objects.get(kind="code").next_at == at
    relay(at)
    assert "/fr/follow/open/" in str(mail.outbox[-1].body)
    stories.verify.open_follow(dsr_id=last.pk, code=code_in(last, "code"), now=at + timedelta(minutes=14))


def test_who_asks_for_codes_as_for_requests_sends_no_more_mails_than_by_either_alone(flooded):
    left = []
    for n in range(24 * 12):  # every five minutes for a day, each time for another of the requests
        at = RECEIVED_AT + timedelta(minutes=5) * n
        if ask_code(flooded[n % len(flooded)], at):
            left.append(at)
            assert Message.objects.filter(kind="code", next_at__gt=at).count() == 0, "none waits for a later hour"
        relay(at)
    assert len(left) == 6, "ten mails in a day: three acknowledgements, a digest, and these"
    assert most_within(instants(), HOUR) == 3
    assert most_within(instants(), DAY) == 10


def test_a_confirmed_person_has_no_such_limit(flooded):
    DataSubjectRequest.objects.filter(pk=flooded[0].pk).update(email_confirmed_at=IN_AN_HOUR[-1])
    flooded[0].refresh_from_db()
    assert [ask_code(flooded[0], IN_AN_HOUR[-1] + timedelta(minutes=2 * n)) for n in range(6)] == [True] * 6


def test_beyond_it_the_page_says_when_the_next_code_can_leave(client: Client):
    from tests.web.asking import ask

    with time_machine.travel(RECEIVED_AT, tick=False) as clock:
        dsr = ask(client)
        for _ in range(2):
            clock.shift(61)
            client.post("/fr/request/sent/code/")
        assert Message.objects.filter(reference=dsr.reference, kind="code").count() == 2
        clock.shift(61)
        said = words(client.post("/fr/request/sent/code/", follow=True))
        assert "Le prochain code peut partir le 10/03/2026 à 11:30" in said
        assert Message.objects.filter(reference=dsr.reference, kind="code").count() == 2


def test_a_later_request_waits_for_the_next_digest_and_ten_mails_a_day_are_the_most():
    at = RECEIVED_AT
    for _ in range(36):  # one every ten minutes for six hours
        receive(email=CAMILLE_EMAIL, at=at)
        relay(at)
        at += timedelta(minutes=10)
    for _ in range(40):
        relay(at)
        at += HOUR
    assert most_within(instants(), HOUR) == 3
    assert most_within(instants(), DAY) == 10
    named = references_in("\n".join(f"{one.subject}" if "CE-" in str(one.subject) else str(one.body) for one in mail.outbox))
    assert sorted(named) == sorted(DataSubjectRequest.objects.values_list("reference", flat=True))
    assert {message.state for message in Message.objects.all()} == {MessageState.SENT}


def test_dots_tell_people_apart_where_a_mailbox_counts_them_and_all_share_one_budget():
    """Beyond the budget each person has a digest of their own: no reference goes to a namesake's mailbox."""
    for email in ("a.b.c@etu.example", "abc+1@etu.example", "ABC@etu.example", "ab.c+news@ETU.example", "ab.c@etu.example"):
        receive(email=email)
    namesake = receive(email="abc@etu.example")
    digests = Message.objects.filter(kind=acknowledge.KIND)
    assert {message.recipient for message in digests} == {"ab.c+news@ETU.example", "abc@etu.example"}
    relay(RECEIVED_AT)
    relay(RECEIVED_AT + HOUR)
    relay(RECEIVED_AT + HOUR)
    later = {str(one.to[0]): f"{one.subject} {one.body}" for one in mail.outbox[3:]}
    assert set(later) == {"ab.c+news@ETU.example", "abc@etu.example"}
    assert namesake.reference in later["abc@etu.example"]
    assert namesake.reference not in later["ab.c+news@ETU.example"]


def test_two_spellings_reach_one_reader_only_where_that_is_sure():
    assert same_reader("a.b@gmail.com", "AB+x@gmail.com")
    assert same_reader("a.b+x@etu.example", "A.B@ETU.example")
    assert not same_reader("a.b@etu.example", "ab@etu.example")
    assert not same_reader("ab@etu.example", "ab@other.example")


def test_another_mailbox_is_not_touched(flooded):
    other = receive(email=SACHA_EMAIL, at=IN_AN_HOUR[-1])
    relay(IN_AN_HOUR[-1])
    assert [one.to for one in mail.outbox if other.reference in str(one.subject)] == [[SACHA_EMAIL]]


def test_what_staff_register_is_acknowledged_at_once(dominique: User, flooded):
    answers = Intake(rights=(RequestType.ACCESS,), name=CAMILLE_NAME, email=DOTTED[0], language="fr")
    at = IN_AN_HOUR[-1]
    registered = intake.receive_request(answers=answers, channel=Channel.POST, received_at=at, now=at, officer=dominique)
    message = Message.objects.get(reference=registered.reference)
    assert (message.state, message.next_at) == (MessageState.WAITING, at)


def test_who_confirms_gets_the_acknowledgement_at_once_and_the_digest_without_it(flooded):
    twelfth = flooded[11]
    at = IN_AN_HOUR[-1]
    DataSubjectRequest.objects.filter(pk=twelfth.pk).update(email_confirmed_at=at)  # by a code of the page to follow it
    twelfth.refresh_from_db()
    acknowledge.release(twelfth, now=at)
    relay(at)
    assert twelfth.reference in str(mail.outbox[3].subject)
    assert "nothing" not in str(mail.outbox[3].body)
    assert "Ce que vous avez à faire maintenant : rien" in str(mail.outbox[3].body).replace("\u00a0", " ")
    assert "/fr/follow/" in str(mail.outbox[3].body)
    relay(RECEIVED_AT + HOUR)
    assert len(references_in(str(mail.outbox[4].body))) == 21
    assert twelfth.reference not in str(mail.outbox[4].body)


def test_the_code_of_the_page_to_follow_releases_it_too(flooded):
    from dsar.services import verify

    _, code, _ = tokens.issue(flooded[5], TokenPurpose.FOLLOW, now=IN_AN_HOUR[-1])
    verify.open_follow(dsr_id=flooded[5].pk, code=code, now=IN_AN_HOUR[-1])
    message = Message.objects.get(reference=flooded[5].reference, kind=acknowledge.ONE)
    assert (message.state, message.next_at) == (MessageState.WAITING, IN_AN_HOUR[-1])


def test_a_request_withdrawn_before_the_digest_leaves_is_not_in_it(flooded):
    intake.withdraw(dsr_id=flooded[7].pk, now=IN_AN_HOUR[-1])
    assert set(flooded[7].parts.values_list("outcome", flat=True)) == {Outcome.WITHDRAWN}
    relay(RECEIVED_AT + HOUR)
    assert flooded[7].reference not in str(mail.outbox[3].body)
    assert len(references_in(str(mail.outbox[3].body))) == 21
    assert Message.objects.get(reference=flooded[7].reference, kind=acknowledge.ONE).state == MessageState.SUPERSEDED


def test_one_alone_leaves_as_an_ordinary_acknowledgement_with_a_code_that_works():
    for _ in range(4):
        dsr = receive()
    assert not AccessToken.objects.filter(dsr=dsr).exists(), "no code grows old in a drawer"
    relay(RECEIVED_AT)
    relay(RECEIVED_AT + HOUR)
    relay(RECEIVED_AT + HOUR)
    assert len(mail.outbox) == 4
    assert dsr.reference in str(mail.outbox[3].subject)
    stories.verify.confirm_email(dsr_id=dsr.pk, code=code_in(dsr), now=RECEIVED_AT + HOUR + timedelta(minutes=14))


def test_a_digest_whose_answer_was_lost_leaves_again_under_the_same_message_id_and_says_the_same(flooded):
    relay(RECEIVED_AT + HOUR)
    first = digest()
    # The relay died after the server took the mail and before it wrote that down.
    Message.objects.filter(pk=first.pk).update(state=MessageState.SENDING, sent_at=None, lease_until=RECEIVED_AT + HOUR)
    first.carried.update(state=MessageState.HELD, sent_at=None)
    late = receive(email=DOTTED[0], at=RECEIVED_AT + HOUR + timedelta(minutes=1))
    relay(RECEIVED_AT + HOUR + timedelta(minutes=5))
    relay(RECEIVED_AT + HOUR + timedelta(minutes=5))
    copies = [one for one in mail.outbox if one.extra_headers["Message-ID"] == first.message_id]
    assert len(copies) == 2
    assert copies[0].body == copies[1].body
    assert late.reference in str(mail.outbox[-1].subject), "who came since then is told alone"
    assert not held()


def test_a_request_that_comes_while_a_digest_is_leaving_waits_for_another_one(flooded):
    Message.objects.filter(kind=acknowledge.KIND).update(state=MessageState.SENDING, attempts=1)
    first = digest()
    receive(email=DOTTED[0], at=IN_AN_HOUR[-1])
    assert Message.objects.filter(kind=acknowledge.KIND).exclude(pk=first.pk).count() == 1


def test_a_digest_that_cannot_be_delivered_is_on_each_case_to_see_to(dominique: User, flooded):
    relay(RECEIVED_AT + HOUR)
    Message.objects.filter(kind=acknowledge.KIND).update(state=MessageState.SENDING, lease_until=RECEIVED_AT)
    Message.objects.filter(sent_in=digest()).update(state=MessageState.HELD)
    from notifications import relay as module

    message = digest()
    run = module._Run(vault.open_text, vault.seal_text, None, lambda: RECEIVED_AT + HOUR)
    run.finish(message, MessageState.UNDELIVERABLE, "550 5.1.1")
    assert Message.objects.filter(sent_in=message, state=MessageState.UNDELIVERABLE).count() == 22
    assert post.report_undeliverable(RECEIVED_AT + HOUR) == 22
    one = Message.objects.get(reference=flooded[9].reference)
    letter = post.write_by_post(dsr_id=flooded[9].pk, message_id=one.pk, officer=dominique, now=RECEIVED_AT + DAY)
    assert letter.state == MessageState.TO_POST


def test_a_digest_row_with_its_address_goes_after_eight_days_and_the_cases_keep_theirs(flooded):
    relay(RECEIVED_AT + HOUR)
    assert acknowledge.forget_old(RECEIVED_AT + timedelta(days=7)) == 0
    assert acknowledge.forget_old(RECEIVED_AT + timedelta(days=9)) == 1
    kept = Message.objects.get(reference=flooded[9].reference)
    assert (kept.state, kept.facts) == (MessageState.SENT, {"together": 22})


def test_a_confirmed_request_is_written_to_at_once():
    dsr = receive()
    stories.confirm(dsr)
    for _ in range(5):
        receive(email=CAMILLE_EMAIL)
    assert len(held()) == 2, "of the five others, which nobody confirmed, three leave: anybody can type an address that is known"
    dsr.refresh_from_db()
    later = RECEIVED_AT + timedelta(minutes=3)
    message = tell.tell(dsr, "letter_to_subject", now=later, words="Bonjour")
    assert message is not None
    assert message.next_at == later


def test_the_page_after_sending_says_that_a_message_can_take_a_day(client: Client):
    from tests.web.asking import ask

    for _ in range(3):
        ask(client)
    assert "un seul message" not in client.get("/fr/request/sent/").content.decode(), "it is on its way"
    ask(client)
    page = client.get("/fr/request/sent/").content.decode()
    assert "un seul message les confirme toutes" in page


@pytest.mark.django_db(transaction=True)
def test_twelve_requests_at_one_instant_are_still_three_mails_and_one_digest():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets in one writer at a time")
    ready = threading.Barrier(12)

    def send() -> None:
        try:
            ready.wait()
            receive(at=datetime(2026, 3, 10, 9, 30, tzinfo=UTC))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Message.objects.filter(kind=acknowledge.ONE, state=MessageState.WAITING).count() == 3
    assert len(held()) == 9
    assert Message.objects.filter(kind=acknowledge.KIND).count() == 1
