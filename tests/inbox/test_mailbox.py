"""The mailbox is a real Dovecot: nothing is lost, doubled or deleted, whatever dies in between."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import OperationalError, connection
from imap_tools import MailMessageFlags

from config import checks
from dsar import tasks
from dsar.models import DataSubjectRequest, Heartbeat
from dsar.selectors import standstill
from dsar.services import inbox
from identity import vault
from notifications import inbox as polling
from notifications.inbox import MailboxUnavailable
from notifications.inbox_models import MailState, ReceivedMail
from notifications.models import Message
from notifications.relay import relay_waiting
from tests.components import SQLITE
from tests.inbox.conftest import PASSWORD
from tests.inbox.samples import SAMPLES
from tests.inbox.writing import mail
from tests.people import CAMILLE_EMAIL

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 10, 22, 30, tzinfo=UTC)
NOW = datetime(2026, 3, 11, 8, 0, tzinfo=UTC)
ERASE = mail(sender=CAMILLE_EMAIL, subject="Mes données", text="Merci de supprimer mon compte.")


def poll(now: datetime = NOW) -> polling.PollReport:
    return inbox.poll_mailbox(clock=lambda: now)


def test_a_message_is_taken_in_with_the_instant_of_its_arrival_and_marked(mailbox):
    mailbox.deliver(ERASE, at=AT)
    assert mailbox.seen() == [False]
    assert poll() == polling.PollReport(taken=1, marked=1)
    assert DataSubjectRequest.objects.get().received_at == AT
    assert mailbox.seen() == [True]
    assert ReceivedMail.objects.get().marked_at == NOW


# Over TLS


def encrypted(settings, mailbox, tls: str, ca: str = "ca.pem") -> None:
    settings.IMAP_TLS, settings.IMAP_PORT = tls, mailbox.port if tls == "starttls" else mailbox.tls_port
    settings.IMAP_CA_FILE = str(mailbox.folder / ca) if ca else ""


@pytest.mark.parametrize("tls", ["tls", "starttls"])
def test_mail_is_read_over_tls_from_a_server_whose_authority_is_named(mailbox, settings, tls: str):
    mailbox.deliver(ERASE, at=AT)
    encrypted(settings, mailbox, tls)
    assert poll() == polling.PollReport(taken=1, marked=1)
    assert mailbox.seen() == [True]


@pytest.mark.parametrize("tls", ["tls", "starttls"])
@pytest.mark.parametrize(
    ("ca", "host", "why"),
    [
        ("", "127.0.0.1", "unable to get local issuer certificate|self.signed certificate"),
        ("other.pem", "127.0.0.1", "unable to get local issuer certificate|self.signed certificate"),
        ("ca.pem", "localhost", "Hostname mismatch.*'localhost'"),
    ],
)
def test_a_certificate_that_is_not_trusted_ends_it_before_the_password_and_loses_nothing(
    mailbox, settings, monkeypatch, caplog, tls: str, ca: str, host: str, why: str
):
    mailbox.deliver(ERASE, at=AT)
    encrypted(settings, mailbox, tls, ca)
    settings.IMAP_HOST = host
    with monkeypatch.context() as patch:
        patch.setattr("imap_tools.BaseMailBox.login", lambda *args, **kwargs: pytest.fail("the password was sent"))
        with pytest.raises(MailboxUnavailable, match=rf"the certificate of {host} was refused \((?:{why})"):
            poll()
        with caplog.at_level(logging.WARNING):
            tasks.poll_mailbox()
    assert "IMAP_CA_FILE" in caplog.text
    assert PASSWORD not in caplog.text
    assert not DataSubjectRequest.objects.exists()
    assert not Heartbeat.objects.filter(name="poll_mailbox").exists(), "/healthz tells"
    settings.IMAP_HOST = "127.0.0.1"
    encrypted(settings, mailbox, tls)
    assert poll().taken == 1, "once the setting is right"
    assert DataSubjectRequest.objects.get().received_at == AT


def test_a_file_of_an_authority_that_is_not_there_is_said_at_the_start(mailbox, settings):
    settings.IMAP_TLS, settings.IMAP_CA_FILE = "tls", "/nowhere/ca.pem"
    assert [one for one in checks.mailbox_refusals() if "IMAP_CA_FILE='/nowhere/ca.pem' is no file" in one]


def test_the_same_mailbox_polled_twice_gives_one_request(mailbox):
    mailbox.deliver(ERASE, at=AT)
    poll()
    assert poll() == polling.PollReport()
    assert (DataSubjectRequest.objects.count(), Message.objects.count()) == (1, 1)


def test_all_sixty_are_taken_in_once_over_several_polls(mailbox):
    for sample in SAMPLES:
        mailbox.deliver(sample.raw, at=AT)
    assert [poll().taken for _ in range(3)] == [50, 10, 0]
    assert ReceivedMail.objects.count() == 60
    assert DataSubjectRequest.objects.count() == 44
    assert mailbox.seen() == [True] * 60


def test_a_poll_that_dies_after_storing_and_before_marking_doubles_nothing(mailbox, monkeypatch):
    mailbox.deliver(ERASE, at=AT)

    class Killed(BaseException):
        pass

    def dies(*args: object) -> int:
        raise Killed

    monkeypatch.setattr(polling, "_mark", dies)
    with pytest.raises(Killed):
        poll()
    assert DataSubjectRequest.objects.count() == 1
    assert mailbox.seen() == [False], "stored and not marked"
    monkeypatch.undo()
    assert poll() == polling.PollReport(taken=0, marked=1)
    assert (DataSubjectRequest.objects.count(), Message.objects.count()) == (1, 1)
    assert mailbox.seen() == [True]


def test_a_poll_that_dies_before_storing_loses_nothing(mailbox, monkeypatch):
    mailbox.deliver(ERASE, at=AT)
    mailbox.deliver(mail(sender="autre@mail.example", subject="x", text="Bonjour"), at=AT)
    real, calls = inbox._place, []

    def fails_once(*args: object) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise OperationalError("the database went away")
        real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(inbox, "_place", fails_once)
    assert poll() == polling.PollReport(taken=1, marked=1, failed=1)
    assert mailbox.seen() == [False, True], "one that cannot be stored keeps no other waiting"
    assert poll() == polling.PollReport(taken=1, marked=1)
    assert DataSubjectRequest.objects.count() == 2


def test_a_mail_that_a_colleague_has_read_already_is_new_to_us(mailbox):
    mailbox.deliver(ERASE, at=AT)
    with mailbox.open() as box:
        box.client.uid("STORE", "1", "+FLAGS", r"(\Seen)")
    assert mailbox.seen() == [True]
    assert poll().taken == 1


def test_what_arrived_before_the_day_of_the_settings_is_history(mailbox, settings):
    mailbox.deliver(ERASE, at=datetime(2025, 12, 31, 12, tzinfo=UTC))
    assert poll() == polling.PollReport()
    settings.IMAP_SINCE = date(2025, 12, 31)
    assert poll().taken == 1


def test_done_mail_moves_to_its_folder_and_nothing_is_deleted(mailbox, settings):
    settings.IMAP_DONE_FOLDER = "Traités"
    mailbox.deliver(ERASE, at=AT)
    with mailbox.open() as box:  # a colleague marked another one as deleted and may change their mind
        box.append(mail(sender="x@mail.example", subject="y", text="z"), "INBOX", dt=AT)
        box.client.uid("STORE", "2", "+FLAGS", f"({MailMessageFlags.DELETED})")
    assert poll().taken == 2
    assert poll() == polling.PollReport()
    assert mailbox.seen() == []
    assert len(mailbox.seen("Traités")) == 2


def test_marking_removes_nothing_that_others_marked_as_deleted(mailbox):
    mailbox.deliver(ERASE, at=AT)
    with mailbox.open() as box:
        box.append(mail(sender="x@mail.example", subject="y", text="z"), "INBOX", dt=AT)
        box.client.uid("STORE", "2", "+FLAGS", f"({MailMessageFlags.DELETED})")
    poll()
    assert len(mailbox.seen()) == 2


def test_a_folder_that_was_rebuilt_gives_no_second_request(mailbox):
    mailbox.deliver(ERASE, at=AT)
    poll()
    with mailbox.open() as box:
        box.client.uid("COPY", "1", "Archive") if box.folder.exists("Archive") else box.folder.create("Archive")
        box.client.uid("COPY", "1", "Archive")
        box.folder.set("Archive")
        box.client.uid("COPY", "1:*", "INBOX")
    assert len(mailbox.seen()) >= 2, "the same mail lies there under another number"
    assert poll().taken >= 1
    assert DataSubjectRequest.objects.count() == 1
    assert poll().taken == 0


def test_a_large_mail_is_read_at_its_beginning_only(mailbox, monkeypatch):
    monkeypatch.setattr(polling, "LARGEST", 100_000)
    monkeypatch.setattr(polling, "BEGINNING", 20_000)
    big = mail(
        sender=CAMILLE_EMAIL,
        subject="gros",
        text="Effacez mes données.",
        attachments={"a.bin": ("application/x-y", b"x" * 300_000)},
    )
    mailbox.deliver(big, at=AT)
    assert poll().taken == 1
    kept = ReceivedMail.objects.get()
    assert (kept.reason, kept.state, kept.rights) == ("too_large", MailState.DRAFT, ["erasure"])


def test_a_mail_of_twenty_megabytes_is_taken_in(mailbox):
    whole = mail(
        sender=CAMILLE_EMAIL,
        subject="gros",
        text="Effacez mes données.",
        attachments={"a.pdf": ("application/pdf", b"%PDF" * 3_750_000)},
    )
    assert len(whole) > 20_000_000
    mailbox.deliver(whole, at=AT)
    assert poll().taken == 1
    assert ReceivedMail.objects.get().attachments[0]["bytes"] == 15_000_000


def test_a_mail_comes_in_an_acknowledgement_goes_out_and_the_answer_to_it_joins(mailbox, smtp_server):
    """The whole round over a real IMAP and a real SMTP server, by the Message-ID that the person's program saw."""
    mailbox.deliver(ERASE, at=AT)
    poll()
    relay_waiting(unseal=vault.open_text, clock=lambda: NOW)
    told = smtp_server.wait_for(CAMILLE_EMAIL)
    dsr = DataSubjectRequest.objects.get()
    assert dsr.reference in told["Subject"]
    answer = mail(sender=CAMILLE_EMAIL, subject="Re: merci", text="J'ajoute : 4711.", answers=told["Message-ID"])
    mailbox.deliver(answer, at=NOW)
    mailbox.deliver(told.as_bytes(), at=NOW)  # and ours comes round
    assert poll(NOW + timedelta(minutes=1)).taken == 2
    assert DataSubjectRequest.objects.count() == 1
    assert "4711" in dsr.events.get(kind="message_from_subject").text()
    relay_waiting(unseal=vault.open_text, clock=lambda: NOW + timedelta(minutes=2))
    assert len(smtp_server.to(CAMILLE_EMAIL)) == 1, "an answer is answered by a person"
    assert ReceivedMail.objects.filter(kind="loop", state=MailState.SET_ASIDE).count() == 1


# The task


def test_the_task_beats_only_for_a_mailbox_that_answers(mailbox, settings, caplog):
    mailbox.deliver(ERASE, at=AT)
    settings.IMAP_PASSWORD = "not-the-password"
    with caplog.at_level(logging.WARNING):
        tasks.poll_mailbox()
    assert not Heartbeat.objects.filter(name="poll_mailbox").exists()
    assert "mailbox not read" in caplog.text
    for secret in ("not-the-password", PASSWORD, CAMILLE_EMAIL, mailbox.user):
        assert secret not in caplog.text
    settings.IMAP_PASSWORD = PASSWORD
    tasks.poll_mailbox()
    assert Heartbeat.objects.filter(name="poll_mailbox").exists()
    assert DataSubjectRequest.objects.count() == 1


def test_a_server_that_is_not_there_is_one_sentence(mailbox, settings):
    settings.IMAP_PORT = 1
    with pytest.raises(MailboxUnavailable, match="ConnectionRefusedError while reading the mailbox"):
        poll()


def test_tls_is_asked_of_a_server_that_has_none(mailbox, settings):
    for way in ("tls", "starttls"):
        settings.IMAP_TLS = way
        with pytest.raises(MailboxUnavailable):
            poll()


def test_without_a_mailbox_the_task_does_nothing(db, settings):
    assert not settings.IMAP_HOST
    tasks.poll_mailbox()
    assert not Heartbeat.objects.filter(name="poll_mailbox").exists()


def test_the_health_page_asks_for_the_mailbox_only_when_there_is_one(db, settings):
    now = datetime.now(UTC)
    Heartbeat.objects.update_or_create(name="poll_mailbox", defaults={"at": now - timedelta(minutes=6)})
    assert "poll_mailbox" not in standstill.silent_loops(now)
    settings.IMAP_HOST = "imap.cesi.example"
    assert "poll_mailbox" in standstill.silent_loops(now)
    Heartbeat.objects.update_or_create(name="poll_mailbox", defaults={"at": now})
    assert "poll_mailbox" not in standstill.silent_loops(now)


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("IMAP_PASSWORD", "", "IMAP_HOST is set without IMAP_USER and IMAP_PASSWORD"),
        ("IMAP_SINCE", None, "IMAP_SINCE is not set"),
        ("IMAP_TLS", "ssl", "IMAP_TLS='ssl' is no way to connect"),
        ("IMAP_TLS", "none", "IMAP_TLS=none would send the password over the network"),
    ],
)
def test_half_a_mailbox_is_refused_in_one_sentence(settings, name: str, value: object, named: str):
    assert list(checks.mailbox_refusals()) == [], "no mailbox, nothing to say"
    settings.IMAP_HOST, settings.IMAP_USER, settings.IMAP_PASSWORD = "imap.cesi.example", "dpo", "x"
    settings.IMAP_SINCE, settings.IMAP_TLS = date(2026, 1, 1), "tls"
    assert list(checks.mailbox_refusals()) == []
    setattr(settings, name, value)
    (sentence,) = checks.mailbox_refusals()
    assert sentence.startswith(named)


def test_a_password_is_no_part_of_what_a_mailbox_says_of_itself(mailbox):
    assert PASSWORD not in repr(inbox.mailbox())


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(SQLITE, reason="SQLite lets one poll write at a time anyway")
def test_two_polls_at_once_take_each_mail_in_once(mailbox):
    for sample in SAMPLES[:12]:
        mailbox.deliver(sample.raw, at=AT)
    reports: list[polling.PollReport] = []

    def one() -> None:
        try:
            reports.append(poll())
        finally:
            connection.close()

    both = [threading.Thread(target=one) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert len(reports) == 2
    assert ReceivedMail.objects.count() == 12
    assert not ReceivedMail.objects.filter(is_copy=True).exists()
    assert DataSubjectRequest.objects.count() == 12
    assert Message.objects.filter(kind="acknowledgement").count() == 12
