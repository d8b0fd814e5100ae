"""Writes messages as other people's programs would: charsets, encodings, reports of delivery, and our own mails come back."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import EmailMessage
from uuid import UUID
from zlib import crc32

OURS = "donnees-personnelles@cesi.example"  # MAIL_FROM of the tests
SENDER_DOMAINS = ("mail.example", "etu.cesi.example", "firm.example")
OUR_MESSAGE = UUID("5f0c7d0e-1111-4222-8333-944455556666")
MAILER = "MAILER-DAEMON@mx.elsewhere.example"


def mail(
    *,
    sender: str,
    name: str = "",
    subject: str,
    text: str = "",
    html: str = "",
    charset: str = "utf-8",
    headers: Mapping[str, str] | None = None,
    answers: str = "",
    message_id: str = "",
    attachments: Mapping[str, tuple[str, bytes]] | None = None,
) -> bytes:
    """One message as bytes; `answers` is the Message-ID that it replies to."""
    written = EmailMessage()
    written["From"] = f"{name} <{sender}>" if name else sender
    written["To"] = OURS
    written["Subject"] = subject
    written["Date"] = "Tue, 10 Mar 2026 09:00:00 +0100"
    written["Message-ID"] = message_id or f"<{crc32(repr((sender, subject, text, html)).encode())}@{sender.rpartition('@')[2]}>"
    if answers:
        written["In-Reply-To"] = answers
        written["References"] = f"<first@mail.example> {answers}"
    for header, value in (headers or {}).items():
        written[header] = value
    if html and not text:
        written.set_content(html, subtype="html", charset=charset)
    else:
        written.set_content(text, charset=charset)
        if html:
            written.add_alternative(html, subtype="html")
    for file, (kind, content) in (attachments or {}).items():
        main, _, sub = kind.partition("/")
        written.add_attachment(content, maintype=main, subtype=sub, filename=file)
    return written.as_bytes()


def our_mail(*, to: str, message_id: str, subject: str) -> EmailMessage:
    written = EmailMessage()
    written["From"] = f"CESI <{OURS}>"
    written["To"] = to
    written["Subject"] = subject
    written["Message-ID"] = message_id
    written["Auto-Submitted"] = "auto-generated"
    written.set_content("Bonjour,\n\nNous avons bien reçu votre demande.\n")
    return written


def our_own(*, french: bool) -> bytes:
    """What we wrote, sent back to us by somebody's forwarding rule."""
    subject = "Votre demande CE-0000-0000 : reçue" if french else "Your request CE-0000-0000: received"
    return our_mail(to="ancien@mail.example", message_id=f"<{OUR_MESSAGE}@dsar.invalid>", subject=subject).as_bytes()


def bounce(
    *,
    french: bool = True,
    report: bool = True,
    recipient: str = "parti@mail.example",
    message_id: str = f"<{OUR_MESSAGE}@dsar.invalid>",
    action: str = "failed",
    status: str = "5.1.1",
    subject: str = "Votre demande CE-0000-0000 : reçue",
) -> bytes:
    """A report of RFC 3464, or (`report=False`) the plain text of older servers."""
    said = "Votre message n'a pas pu être remis." if french else "Your message could not be delivered."
    original = our_mail(to=recipient, message_id=message_id, subject=subject)
    title = "Non remis : " if french else "Undelivered Mail Returned to Sender: "
    if not report:
        return mail(
            sender=MAILER,
            subject=title + subject,
            text=f"{said}\n\n<{recipient}>: 550 {status} unknown user\n\n--- original ---\n{original.as_string()}",
            headers={"Return-Path": "<>"},
        )
    lines = [
        "Return-Path: <>",
        f"From: Mail Delivery System <{MAILER}>",
        f"To: {OURS}",
        "Subject: Undelivered Mail Returned to Sender" if not french else "Subject: Echec de la remise",
        "Message-ID: <20260310.report@mx.elsewhere.example>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="limit"',
        "",
        "--limit",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        said,
        "",
        "--limit",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.elsewhere.example",
        "",
        f"Final-Recipient: rfc822; {recipient}",
        f"Action: {action}",
        f"Status: {status}",
        "Diagnostic-Code: smtp; 550 no such user here",
        "",
        "--limit",
        "Content-Type: message/rfc822",
        "",
        original.as_string(),
        "--limit--",
        "",
    ]
    return "\r\n".join(lines).replace("\r\n", "\n").encode()
