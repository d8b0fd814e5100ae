"""Tells people from machines: bounces, automatic replies, loops and lists (RFC 3834, RFC 3464, RFC 2919)."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from email.utils import getaddresses

from notifications.inbox_models import MailKind
from notifications.inbox_reading import OUR_ID, Letter, status_blocks

MOST_HOPS = 40  # Received headers; more is a loop

_MACHINES = re.compile(
    r"(mailer-?daemon|postmaster|mail-?delivery|bounces?([+=-].*)?|microsoftexchange[0-9a-f]{32})@", re.IGNORECASE
)
_NO_REPLY = re.compile(
    r"(no-?_?\.?reply|do-?_?not-?_?reply|ne-?_?pas-?_?repondre|sans-?reponse|notifications?|alerts?)([+=._-].*)?@", re.IGNORECASE
)
_RETURNED = re.compile(
    r"(undeliver|returned mail|delivery (status notification|failure)|mail delivery (failed|system)|failure notice|non remis|"
    r"echec de la remise|échec de la remise|message non distribu)",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"\s*\[?(auto(matic|-)? ?-?reply\b|auto ?:|out of (the )?office\b|ooo ?:|r[ée]ponse automatique\b|absence du bureau\b|"
    r"absente? du bureau\b|(message|r[ée]ponse) d.absence\b|message automatique\b|automated (reply|response)\b|"
    r"notification d.absence\b|vacation\b|on (annual )?leave\b)",
    re.IGNORECASE,
)
_AUTO_HEADERS = ("X-Autorespond", "X-AutoReply-From", "X-Mail-Autoreply", "X-FC-MachineGenerated")
_DOMAIN_REPORT = re.compile(r"\s*report domain:", re.IGNORECASE)  # RFC 7489 section 7.2.1.1
_SEALED = ("application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted")
_SEALED_TEXT = "-----BEGIN PGP MESSAGE-----"


@dataclass(frozen=True)
class Recognised:
    """A kind, and the code of the mark that told it; "" for what looks like a person."""

    kind: MailKind
    reason: str = ""


@dataclass(frozen=True)
class CameBack:
    """What a bounce says of a mail of ours: for whom, whether for good, and the enhanced status code."""

    recipient: str
    for_good: bool
    status: str


def recognise(letter: Letter, *, own_addresses: Collection[str]) -> Recognised:
    """What this message is. `own_addresses` are those that we write from or read at, in lower case."""
    if OUR_ID.fullmatch(letter.message_id):
        return Recognised(MailKind.LOOP, "own_message")
    if any(address.lower() in own_addresses for _, address in letter.senders):
        return Recognised(MailKind.LOOP, "own_address")
    if any(address.lower() in own_addresses for _, address in getaddresses(letter.all_headers("X-Loop"))):
        return Recognised(MailKind.LOOP, "loop_header")
    if len(letter.all_headers("Received")) > MOST_HOPS:
        return Recognised(MailKind.LOOP, "too_many_hops")
    return (
        _returned(letter)
        or _automatic(letter)
        or _not_personal(letter)
        or Recognised(MailKind.REQUEST, _what_hides_its_words(letter))
    )


def _returned(letter: Letter) -> Recognised | None:
    kind, report = letter.headers.get_content_type(), str(letter.headers.get_param("report-type") or "").lower()
    if kind == "multipart/report" and report == "disposition-notification":
        return Recognised(MailKind.AUTO_REPLY, "read_receipt")
    if (kind == "multipart/report" and report in ("", "delivery-status")) or any(status_blocks(letter)):
        return Recognised(MailKind.BOUNCE, "delivery_report")
    if (
        kind == "multipart/report" and report == "feedback-report"
    ):  # RFC 5965; it encloses a mail of ours, whose words ask for nothing
        return Recognised(MailKind.AUTO_REPLY, "feedback_report")
    if letter.header("X-MS-Exchange-Message-Is-Ndr"):
        return Recognised(MailKind.BOUNCE, "delivery_report")
    if letter.header("X-Failed-Recipients"):
        return Recognised(MailKind.BOUNCE, "failed_recipients")
    if any(_MACHINES.match(address) for _, address in letter.senders):
        return Recognised(MailKind.BOUNCE, "mailer")
    if letter.returned_to == "" and _RETURNED.search(letter.subject):
        return Recognised(MailKind.BOUNCE, "returned")
    return None


def _automatic(letter: Letter) -> Recognised | None:
    if letter.header("Auto-Submitted").split(";")[0].strip().lower() not in ("", "no"):
        return Recognised(MailKind.AUTO_REPLY, "auto_submitted")
    if letter.header("X-Autoreply").lower() not in ("", "no") or any(letter.header(name) for name in _AUTO_HEADERS):
        return Recognised(MailKind.AUTO_REPLY, "auto_header")
    if letter.header("Precedence").lower() == "auto_reply":
        return Recognised(MailKind.AUTO_REPLY, "precedence")
    if _AWAY.match(letter.subject):
        return Recognised(MailKind.AUTO_REPLY, "away_subject")
    if letter.returned_to == "":
        return Recognised(MailKind.AUTO_REPLY, "null_sender")
    if _DOMAIN_REPORT.match(letter.subject):
        return Recognised(MailKind.AUTO_REPLY, "domain_report")
    return None


def _not_personal(letter: Letter) -> Recognised | None:
    if letter.header("List-Id") or letter.header("List-Unsubscribe"):
        return Recognised(MailKind.OTHER, "mailing_list")
    if letter.header("Precedence").lower() in ("bulk", "list", "junk"):
        return Recognised(MailKind.OTHER, "bulk")
    if "text/calendar" in _types(letter):
        return Recognised(MailKind.OTHER, "calendar")
    return None


def _types(letter: Letter) -> set[str]:
    return {part.get_content_type() for part in letter.headers.walk()} if not letter.unreadable else set()


def _what_hides_its_words(letter: Letter) -> str:
    """The code of why a person finds little or nothing to read here; the clock of such a mail runs all the same."""
    if _types(letter).intersection(_SEALED) or _SEALED_TEXT in letter.text:
        return "encrypted"
    if letter.unreadable or letter.is_cut or letter.text:
        return ""
    return "only_files" if letter.attachments else "no_text"


def why_not_to_answer(letter: Letter) -> str:
    """The code of the reason why nothing may be sent to this sender without a person; "" when an acknowledgement may leave.

    Reply-To is never looked at: it would let anybody choose whom we write to.
    """
    if not letter.sender:
        return "no_plain_sender"
    if _MACHINES.match(letter.sender) or _NO_REPLY.match(letter.sender):
        return "no_reply_address"
    suppressed = {word.strip().lower() for word in letter.header("X-Auto-Response-Suppress").split(",")}
    if suppressed & {"all", "oof", "autoreply"}:
        return "asked_not_to"
    checks = " ".join(letter.all_headers("Authentication-Results")).lower()
    # Our own server adds what it found; a forger who adds a failure only silences the answer to himself.
    if re.search(r"\bdmarc\s*=\s*(fail|permerror)", checks):
        return "sender_not_proven"
    return "unreadable" if letter.unreadable else ""


def what_came_back(letter: Letter) -> list[CameBack]:
    """Each recipient of a delivery report; a delay is not for good."""
    found = []
    for block in status_blocks(letter):
        written = str(block.get("Original-Recipient") or block.get("Final-Recipient") or "")
        recipient = written.rpartition(";")[2].strip().strip("<>")
        if not recipient:
            continue
        status = re.match(r"[245]\.\d{1,3}\.\d{1,3}", str(block.get("Status", "")).strip())
        for_good = str(block.get("Action", "")).strip().lower() == "failed"
        found.append(CameBack(recipient, for_good, status[0] if status else ""))
    return found
