"""Mail of every odd kind is stored or set aside with a word for it, and nothing is answered to who did not write."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from time import process_time

import pytest
from django.utils import translation

from dsar.domain.vocabulary import RequestType
from dsar.models import DataSubjectRequest
from dsar.services import inbox, inbox_desk
from dsar.views.backoffice.mail import REASONS, UNANSWERED
from notifications.inbox_models import MailKind, MailState, ReceivedMail
from notifications.inbox_reading import read
from notifications.models import Message, MessageState
from tests.inbox.writing import MAILER, OURS, mail, our_mail
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME, SACHA_EMAIL
from tests.stories import receive

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
ERASE = "Merci de supprimer mon compte."


def raw(*lines: str, sender: str = CAMILLE_EMAIL, subject: str = "Bonjour") -> bytes:
    """A message written line by line: what comes after the three headers, then an empty line, then the body."""
    head = [f"From: {sender}", f"To: {OURS}", f"Subject: {subject}", "MIME-Version: 1.0"]
    return "\n".join([*head, *lines]).encode("utf-8", "surrogateescape")


def parts(kind: str, *inside: str, sender: str = CAMILLE_EMAIL, subject: str = "Bonjour", more: tuple[str, ...] = ()) -> bytes:
    body = "\n".join(f"--limit\n{part}" for part in inside)
    return raw(*more, f'Content-Type: {kind}; boundary="limit"', "", body, "--limit--", "", sender=sender, subject=subject)


def plain(text: str) -> str:
    return f"Content-Type: text/plain; charset=utf-8\n\n{text}\n"


def taken(arrive: Callable[..., None], message: bytes) -> ReceivedMail:
    arrive(message, at=AT)
    return ReceivedMail.objects.get()


def says(kept: ReceivedMail) -> tuple[str, str, str]:
    return (str(kept.kind), kept.reason, str(kept.state))


# Machines


FORWARD = "Content-Type: message/rfc822\n\n" + our_mail(to="x@mail.example", message_id="<a@b.example>", subject="s").as_string()
REPORT = 'multipart/report; report-type="delivery-status"'
EXCHANGE = "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@firm.example"
MACHINES = {
    "a report of Exchange without its parts": (
        mail(
            sender=EXCHANGE,
            subject="Non remis : Votre demande",
            html="<p>Votre message n'a pas été remis. Effacez le compte.</p>",
        ),
        ("bounce", "mailer"),
    ),
    "a report of Exchange by its header": (
        mail(sender="it@firm.example", subject="Undeliverable", text="x", headers={"X-MS-Exchange-Message-Is-Ndr": " 1"}),
        ("bounce", "delivery_report"),
    ),
    "a report of Gmail": (
        parts(REPORT, plain("Adresse introuvable"), FORWARD, sender="mailer-daemon@googlemail.com", subject="Delivery Status"),
        ("bounce", "delivery_report"),
    ),
    "a report of qmail": (
        mail(sender="MAILER-DAEMON@host.example", subject="failure notice", text="Hi. This is the qmail-send program."),
        ("bounce", "mailer"),
    ),
    "a complaint about spam": (
        parts(
            'multipart/report; report-type="feedback-report"',
            plain(ERASE),
            "Content-Type: message/feedback-report\n\nx\n",
            FORWARD,
        ),
        ("auto_reply", "feedback_report"),
    ),
    "a report about our domain": (
        mail(
            sender="noreply-dmarc-support@mail.example",
            subject="Report domain: cesi.example Submitter: mail.example Report-ID: 42",
            text="",
            attachments={"r.zip": ("application/zip", b"PK")},
        ),
        ("auto_reply", "domain_report"),
    ),
    "an absence by header": (
        mail(sender=CAMILLE_EMAIL, subject="Re: x", text=ERASE, headers={"X-AutoReply-From": CAMILLE_EMAIL}),
        ("auto_reply", "auto_header"),
    ),
    "an absence by subject": (
        mail(sender=CAMILLE_EMAIL, subject="Absente du bureau jusqu'au 4", text=ERASE),
        ("auto_reply", "away_subject"),
    ),
    "a ticket system": (
        mail(sender="help@firm.example", subject="[#12] reçu", text=ERASE, headers={"Auto-Submitted": "auto-generated"}),
        ("auto_reply", "auto_submitted"),
    ),
    "a mark of a loop": (
        mail(sender=CAMILLE_EMAIL, subject="x", text=ERASE, headers={"X-Loop": OURS}),
        ("loop", "loop_header"),
    ),
    "our own address with a name": (mail(sender=OURS.upper(), name="Camille", subject="x", text=ERASE), ("loop", "own_address")),
    "an invitation": (
        parts(
            "multipart/alternative", plain("Point du jeudi"), "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\n"
        ),
        ("other", "calendar"),
    ),
    "a newsletter": (
        mail(sender="news@shop.example", subject="Mars", text="Pour vous désinscrire, un clic.", headers={"Precedence": "bulk"}),
        ("other", "bulk"),
    ),
}


@pytest.mark.parametrize(("message", "kind"), MACHINES.values(), ids=MACHINES)
def test_what_a_machine_wrote_is_set_aside_with_a_word_and_answered_by_nobody(arrive, message, kind):
    kept = taken(arrive, message)
    assert says(kept) == (*kind, MailState.SET_ASIDE)
    assert not Message.objects.exists()
    assert not DataSubjectRequest.objects.exists()
    assert inbox_desk.opened(kept).subject, "a person may read it"


def test_an_invitation_in_which_somebody_uses_a_right_is_a_draft_that_a_person_answers(arrive):
    calendar = "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\n"
    kept = taken(arrive, parts("multipart/alternative", plain(ERASE), calendar))
    assert (kept.state, kept.rights, kept.unanswered) == (MailState.DRAFT, ["erasure"], "calendar")
    assert not Message.objects.exists()


def test_every_word_for_a_mail_is_in_both_languages():
    with translation.override("fr"):
        french = {code: str(words) for code, words in UNANSWERED.items()}
    with translation.override("en"):
        same = [code for code, words in UNANSWERED.items() if str(words) == french[code]]
    assert same == []
    assert set(REASONS) >= {reason for _, (_, reason) in MACHINES.values()} | {"encrypted", "only_files", "no_text"}


# Mails of ours that came back


@pytest.mark.parametrize(
    "group",
    [
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.x\n\n"
        "Final-recipient: RFC822;{to}\nAction: failed\nStatus: 5.1.10\n",
        "Content-Type: message/global-delivery-status\nContent-Transfer-Encoding: 8bit\n\nReporting-MTA: dns; mx.x\n\n"
        "Final-Recipient: utf-8; {to}\nAction: failed\nStatus: 5.1.10\n",
    ],
    ids=["RFC 3464 as Exchange writes it", "RFC 6533, for addresses in any alphabet"],
)
def test_a_report_in_either_form_marks_our_mail(arrive, group: str):
    dsr = receive(RequestType.ACCESS)
    ours = Message.objects.get(reference=dsr.reference, kind="acknowledgement")
    ours.state, ours.sent_at = MessageState.SENT, ours.created_at
    ours.save()
    original = our_mail(to=CAMILLE_EMAIL, message_id=ours.message_id, subject="Votre demande").as_string()
    back = f"Content-Type: text/rfc822-headers\n\n{original}"
    arrive(parts(REPORT, plain("Échec"), group.format(to=CAMILLE_EMAIL), back, sender=EXCHANGE, subject="Non remis"), at=AT)
    ours.refresh_from_db()
    assert (ours.state, ours.error) == (MessageState.UNDELIVERABLE, "5.1.10 the mail came back")
    assert Message.objects.count() == 1


# People whose words are hidden


LETTER = {"lettre.docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\x03\x04 x")}
P7M = b64encode(b"0\x80\x06\x09*\x86H\x86\xf7\r\x01\x07\x03").decode()
HIDDEN = {
    "S/MIME": (
        raw("Content-Type: application/pkcs7-mime; smime-type=enveloped-data", "Content-Transfer-Encoding: base64", "", P7M),
        "encrypted",
    ),
    "PGP/MIME": (
        parts(
            'multipart/encrypted; protocol="application/pgp-encrypted"',
            "Content-Type: application/pgp-encrypted\n\nVersion: 1\n",
            "Content-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\nhQEMA\n",
        ),
        "encrypted",
    ),
    "PGP in the text": (mail(sender=CAMILLE_EMAIL, subject="x", text="-----BEGIN PGP MESSAGE-----\n\nhQEMA\n"), "encrypted"),
    "winmail.dat": (
        parts(
            "multipart/mixed", "Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\neJ8+\n"
        ),
        "only_files",
    ),
    "a letter as a file": (mail(sender=CAMILLE_EMAIL, subject="Courrier", text="", attachments=LETTER), "only_files"),
    "nothing at all": (mail(sender=CAMILLE_EMAIL, subject="", text=""), "no_text"),
}


@pytest.mark.parametrize(("message", "reason"), HIDDEN.values(), ids=HIDDEN)
def test_a_person_whose_words_are_hidden_has_a_draft_that_says_so(arrive, message, reason):
    """Any wording counts (LAW R-01): the clock runs, and only the one who wrote is told that something arrived."""
    kept = taken(arrive, message)
    assert says(kept) == (MailKind.REQUEST, reason, MailState.DRAFT)
    assert DataSubjectRequest.objects.get().received_at == AT
    assert set(Message.objects.values_list("recipient", flat=True)) == {CAMILLE_EMAIL}


def test_a_signed_mail_is_read_like_any_other(arrive):
    signature = "Content-Type: application/pkcs7-signature; name=smime.p7s\nContent-Transfer-Encoding: base64\n\nMIIB\n"
    kept = taken(arrive, parts('multipart/signed; protocol="application/pkcs7-signature"', plain(ERASE), signature))
    assert (kept.reason, kept.rights) == ("", ["erasure"])


def test_html_alone_is_read_and_proposed_from(arrive):
    kept = taken(arrive, mail(sender=CAMILLE_EMAIL, subject="x", html="<p>Merci d&#39;<b>effacer</b><br>mes donn&eacute;es</p>"))
    assert kept.rights == ["erasure"]
    assert inbox_desk.opened(kept).text == "Merci d'effacer\nmes données"


# Charsets and bytes


@pytest.mark.parametrize(
    "content_type",
    ["", "Content-Type: text/plain\n", "Content-Type: text/plain; charset=utf-8\n", "Content-Type: text/plain; charset=\n"],
    ids=["no header", "no charset", "a wrong charset", "an empty charset"],
)
def test_windows_1252_without_a_true_label_loses_no_accent(content_type: str):
    head = f"From: {CAMILLE_EMAIL}\nContent-Transfer-Encoding: 8bit\n{content_type}\n".encode()
    assert read(head + "Effacez mes données, d’accord ?".encode("cp1252")).text == "Effacez mes données, d’accord ?"


@pytest.mark.parametrize("charset", ["punycode", "idna", "unicode_escape", "undefined", "rot13", "base64"])
@pytest.mark.parametrize("encoding", ["8bit", "7bit"])
def test_a_charset_that_is_none_takes_no_time_and_loses_nothing(charset: str, encoding: str):
    """Python's punycode takes minutes for a megabyte of digits."""
    body = f"Effacez mes données. -{'9' * 1_000_000}"
    head = f"From: {CAMILLE_EMAIL}\nContent-Transfer-Encoding: {encoding}\nContent-Type: text/plain; charset={charset}\n\n"
    begun = process_time()
    assert read((head + body).encode()).text.startswith("Effacez mes données. -999")
    assert process_time() - begun < 20, "the square of a million would be minutes"


@pytest.mark.parametrize(
    "header",
    [
        "Content-Type: text/plain; charset*=punycode''{}",
        "Content-Type: multipart/mixed; boundary*0*=puny; boundary*1*=code''{}",
        "Content-Type: application/pdf\nContent-Disposition: attachment; filename*=punycode''{}",
        'Content-Type: multipart/report; a="{}',
    ],
)
def test_a_parameter_that_never_ends_or_is_in_a_charset_of_its_own_takes_no_time(header: str):
    begun = process_time()
    letter = read(f"From: {CAMILLE_EMAIL}\nSubject: x\n{header.format('9;' * 500_000)}\n\nEffacez".encode())
    assert (letter.sender, letter.unreadable) == (CAMILLE_EMAIL, True)
    assert process_time() - begun < 20, "the square of a million would be minutes"


def test_nul_and_control_characters_are_kept_out_of_rows_and_pages(arrive):
    head = b"From: Cam\x00ill\xc3\xa9\x07 <" + CAMILLE_EMAIL.encode() + b">\nSubject: Mes\x00 donn\xc3\xa9es\x07\n"
    kept = taken(arrive, head + b"Content-Type: text/plain; charset=utf-8\n\nEffacez\x00 mes donn\xc3\xa9es\x1b[2J\x08.\n")
    assert kept.rights == ["erasure"]
    words = inbox_desk.opened(kept)
    assert (words.subject, words.sender_name) == ("Mes données", "Camillé"), "bytes without a label are read"
    for said in (words.subject, words.text, words.sender_name, DataSubjectRequest.objects.get().data_subject_name):
        assert re.search(r"[\x00-\x08\x0b-\x1f]", said) is None


# Long and many


def test_a_very_long_thread_is_a_draft_by_its_first_words_alone(arrive):
    thread = "\n".join(f"> Pour effacer vos données, écrivez-nous ({line})." for line in range(40_000))
    kept = taken(
        arrive, mail(sender=CAMILLE_EMAIL, subject="Re: x", text=f"Corrigez mon nom.\n\nLe 2 mars, X a écrit :\n{thread}")
    )
    assert kept.rights == ["rectification"]
    assert len(inbox_desk.opened(kept).text) <= 20_000


def test_a_mail_with_sixty_files_notes_fifty_and_hands_on_ten(arrive):
    files = {f"{number}.png": ("image/png", b"\x89PNG\r\n\x1a\n" + bytes(20)) for number in range(60)}
    kept = taken(arrive, mail(sender=CAMILLE_EMAIL, subject="x", text=ERASE, attachments=files))
    assert (len(kept.attachments), sum(bool(one["kept"] or one["refused"]) for one in kept.attachments)) == (50, 10)


# Who did not write


def test_a_forged_sender_gets_nothing_and_neither_does_whom_the_mail_names(arrive):
    headers = {
        "Authentication-Results": "mx.cesi.example; spf=fail; dkim=none; dmarc=fail header.from=etu.cesi.example",
        "Reply-To": SACHA_EMAIL,
        "Return-Path": "<forger@mail.example>",
        "Disposition-Notification-To": "spy@mail.example",
        "Cc": "third@mail.example",
    }
    kept = taken(arrive, mail(sender=CAMILLE_EMAIL, name=CAMILLE_NAME, subject="x", text=ERASE, headers=headers))
    assert (kept.state, kept.unanswered) == (MailState.DRAFT, "sender_not_proven")
    assert not Message.objects.exists()


def test_nothing_of_all_this_is_answered_to_anybody_but_who_wrote_in_person(arrive):
    for message in [*(message for message, _ in MACHINES.values()), *(message for message, _ in HIDDEN.values())]:
        arrive(message, at=AT)
    told = list(Message.objects.values_list("recipient", flat=True))
    assert set(told) == {CAMILLE_EMAIL}
    assert len(told) == 3, "one address is acknowledged three times a day at most"
    assert MAILER not in told
    assert ReceivedMail.objects.filter(state=MailState.SET_ASIDE).count() == len(MACHINES)


def test_all_of_them_come_through_a_real_server(mailbox):
    odd = [*(message for message, _ in MACHINES.values()), *(message for message, _ in HIDDEN.values())]
    for message in odd:
        mailbox.deliver(message, at=AT)
    assert inbox.poll_mailbox(clock=lambda: AT).taken == len(odd)
    assert {(str(kept.kind), kept.reason) for kept in ReceivedMail.objects.all()} == {
        *(kind for _, kind in MACHINES.values()),
        *(("request", reason) for _, reason in HIDDEN.values()),
    }
    assert mailbox.seen() == [True] * len(odd)
