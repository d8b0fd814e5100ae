"""Hostile mail is read within bounds, and people are told from machines."""

from __future__ import annotations

import random

import pytest

from notifications.inbox_kind import recognise, what_came_back, why_not_to_answer
from notifications.inbox_models import MailKind
from notifications.inbox_reading import LONGEST_TEXT, html_to_text, read
from tests.inbox.samples import SAMPLES
from tests.inbox.writing import OUR_MESSAGE, OURS, bounce, mail

CAMILLE = "camille.exemple@mail.example"


def kind_of(raw: bytes) -> tuple[str, str]:
    found = recognise(read(raw), own_addresses={OURS})
    return found.kind, found.reason


def raw(*headers: str, body: str = "Bonjour") -> bytes:
    return ("\r\n".join(headers) + "\r\n\r\n" + body).encode("utf-8", "surrogateescape")


def test_html_alone_becomes_text_without_scripts():
    html = "<style>a{}</style><p class=\"x\">Bonjour,<br>effacez &laquo;&nbsp;tout&nbsp;&raquo;</p><script>alert('x')</script>"
    html += "<!-- caché --><div>1 < 2"
    assert html_to_text(html) == "Bonjour,\neffacez « tout »\n\n1 < 2"


def test_of_two_forms_the_plain_one_is_read():
    assert read(mail(sender=CAMILLE, subject="x", text="en clair", html="<p>en HTML</p>")).text == "en clair"


@pytest.mark.parametrize(
    ("charset", "content"),
    [
        ("utf-8", "déjà".encode()),
        ("iso-8859-1", "déjà".encode("iso-8859-1")),
        ("no-such-charset", "déjà".encode()),
        ("us-ascii", "déjà".encode()),
        ("utf-8", "déjà".encode("cp1252")),
    ],
)
def test_a_wrong_or_unknown_charset_loses_no_words(charset: str, content: bytes):
    written = b"From: " + CAMILLE.encode() + b"\nContent-Type: text/plain; charset=" + charset.encode() + b"\n\n" + content
    assert read(written).text == "déjà"


@pytest.mark.parametrize(
    "subject",
    [
        "=?utf-8?B?not-base64!?=",
        "=?nowhere?Q?=C3=A9?=",
        "=?utf-8?Q?a=00b=0Ac?=",
        "\udcff\udcfe",
        "x" * 100_000,
        "=?utf-8?Q?=ED=A0=80?=",
    ],
)
def test_odd_subjects_are_one_readable_line(subject: str):
    letter = read(raw(f"From: {CAMILLE}", f"Subject: {subject}"))
    assert len(letter.subject) <= 300
    assert "\n" not in letter.subject
    assert "\x00" not in letter.subject
    letter.subject.encode()


def test_a_deep_message_keeps_its_headers_and_no_memory():
    head = f"From: {CAMILLE}\nSubject: profond\n"
    deep = head + "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(5000)) + "\nfin"
    letter = read(deep.encode())
    assert (letter.sender, letter.subject, letter.unreadable) == (CAMILLE, "profond", True)
    nested = head + "".join("Content-Type: message/rfc822\n\n" for _ in range(3000)) + "\nfin"
    assert read(nested.encode()).sender == CAMILLE


def test_many_parts_and_a_long_text_are_bounded():
    parts = "".join(f"--b\nContent-Type: text/plain\n\n{'mot ' * 500}\n" for _ in range(2000))
    letter = read(f'From: {CAMILLE}\nContent-Type: multipart/mixed; boundary="b"\n\n{parts}--b--'.encode())
    assert 1000 < len(letter.text) <= LONGEST_TEXT


@pytest.mark.parametrize(
    "evil",
    [
        "<" * 50_000,
        "<!" * 50_000,
        "<a " * 50_000,
        "<!--" * 40_000,
        "</" * 50_000,
        "&#" * 50_000,
        "<a b='" * 30_000,
        "<b>" * 60_000,
    ],
)
def test_broken_html_ends(evil: str):
    assert read(mail(sender=CAMILLE, subject="x", html=f"<p>avant</p>{evil}")).text.startswith("avant")


def test_attachments_are_counted_with_their_type_and_size():
    files = {"../../etc/passwd": ("application/pdf", b"%PDF-1.7 x"), "photo.jpg": ("image/jpeg", b"\xff\xd8")}
    letter = read(mail(sender=CAMILLE, subject="x", text="ci-joint", attachments=files))
    assert [(file.content_type, len(file.content)) for file in letter.attachments] == [("application/pdf", 10), ("image/jpeg", 2)]
    assert letter.text == "ci-joint"


def test_six_hundred_mangled_mails_are_read_without_an_error():
    dice = random.Random(1)
    for sample in SAMPLES:
        for _ in range(10):
            mangled = bytearray(sample.raw)
            for _ in range(dice.randint(1, 30)):
                place = dice.randrange(len(mangled))
                mangled[place : place + dice.randint(0, 3)] = dice.randbytes(dice.randint(0, 4))
            letter = read(bytes(mangled))
            recognise(letter, own_addresses={OURS})
            why_not_to_answer(letter)
            what_came_back(letter)
            for said in (letter.subject, letter.text, letter.sender_name, *letter.all_headers("To")):
                said.encode()
                assert "\x00" not in said


# Who wrote


@pytest.mark.parametrize(
    ("header", "sender"),
    [
        (f"From: Camille Exemple <{CAMILLE}>", CAMILLE),
        (f'From: "Exemple, Camille" <{CAMILLE}>', CAMILLE),
        (f"From: {CAMILLE}, sacha@mail.example", ""),
        (f"From: sacha@mail.example <{CAMILLE}>", ""),
        (f"From: {CAMILLE}\r\nFrom: sacha@mail.example", ""),
        ("From: root@localhost", ""),
        ("From: x@[127.0.0.1]", ""),
        ("From: =?utf-8?Q?camille=40mail.example?=", ""),
        ("From: <>", ""),
        ("From:", ""),
        ("Subject: rien", ""),
        (f"From: {CAMILLE}\r\nReply-To: sacha@mail.example", CAMILLE),
    ],
)
def test_the_sender_is_one_plain_mailbox_or_nobody(header: str, sender: str):
    letter = read(raw(header))
    assert letter.sender == sender
    assert (why_not_to_answer(letter) == "no_plain_sender") is (sender == "")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, ("request", "")),
        ({"Auto-Submitted": "no"}, ("request", "")),
        ({"X-Auto-Response-Suppress": "OOF"}, ("request", "")),
        ({"Auto-Submitted": "auto-replied (vacation)"}, ("auto_reply", "auto_submitted")),
        ({"X-Autorespond": "absence"}, ("auto_reply", "auto_header")),
        ({"Precedence": "auto_reply"}, ("auto_reply", "precedence")),
        ({"Return-Path": "<>"}, ("auto_reply", "null_sender")),
        ({"Return-Path": f"<{CAMILLE}>"}, ("request", "")),
        ({"Precedence": "list", "List-Id": "<dpo.school.example>"}, ("other", "mailing_list")),
        ({"Precedence": "junk"}, ("other", "bulk")),
        ({"X-Failed-Recipients": "a@b.example"}, ("bounce", "failed_recipients")),
    ],
)
def test_machines_are_told_by_their_headers(headers: dict[str, str], expected: tuple[str, str]):
    assert kind_of(mail(sender=CAMILLE, subject="Bonjour", text="Bonjour", headers=headers)) == expected


@pytest.mark.parametrize(
    "subject", ["Automatic reply: x", "Out of office", "RÉPONSE AUTOMATIQUE : x", "Absence du bureau", "Auto: x"]
)
def test_machines_without_headers_are_told_by_their_subject(subject: str):
    assert kind_of(mail(sender=CAMILLE, subject=subject, text="x"))[0] == MailKind.AUTO_REPLY


def test_a_person_who_writes_about_automatic_replies_is_a_person():
    about = mail(sender=CAMILLE, subject="Votre réponse automatique du 3 mars", text="Effacez mes données.")
    assert kind_of(about) == (MailKind.REQUEST, "")


def test_our_own_mail_is_a_loop_whatever_it_says():
    assert (
        kind_of(mail(sender="x@mail.example", subject="x", text="x", message_id=f"<{OUR_MESSAGE}@dsar.invalid>"))[1]
        == "own_message"
    )
    assert kind_of(mail(sender=OURS.upper(), subject="x", text="x"))[1] == "own_address"
    hops = raw(*[f"Received: from a{n}" for n in range(50)], f"From: {CAMILLE}")
    assert kind_of(hops) == (MailKind.LOOP, "too_many_hops")


def test_a_read_receipt_is_no_bounce():
    receipt = raw(
        f"From: {CAMILLE}", 'Content-Type: multipart/report; report-type=disposition-notification; boundary="b"', body="--b--"
    )
    assert kind_of(receipt) == (MailKind.AUTO_REPLY, "read_receipt")


def test_a_bounce_tells_for_whom_and_whether_for_good():
    (failed,) = what_came_back(read(bounce()))
    assert (failed.recipient, failed.for_good, failed.status) == ("parti@mail.example", True, "5.1.1")
    (delayed,) = what_came_back(read(bounce(action="delayed", status="4.4.7")))
    assert (delayed.for_good, delayed.status) == (False, "4.4.7")
    assert read(bounce()).quoted == (OUR_MESSAGE,)


@pytest.mark.parametrize(
    ("headers", "sender", "why"),
    [
        ({}, CAMILLE, ""),
        ({"X-Auto-Response-Suppress": "DR, OOF, AutoReply"}, CAMILLE, "asked_not_to"),
        ({"Authentication-Results": "mx.cesi.example; spf=pass; dmarc=pass"}, CAMILLE, ""),
        ({"Authentication-Results": "mx.cesi.example; dmarc=fail header.from=mail.example"}, CAMILLE, "sender_not_proven"),
        ({}, "no-reply@mail.example", "no_reply_address"),
        ({}, "ne-pas-repondre@mail.example", "no_reply_address"),
    ],
)
def test_some_senders_are_answered_by_people_only(headers: dict[str, str], sender: str, why: str):
    assert why_not_to_answer(read(mail(sender=sender, subject="x", text="x", headers=headers))) == why
