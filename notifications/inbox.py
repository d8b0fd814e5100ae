"""Polls an IMAP mailbox: each message is handed over once, and marked on the server only after it is stored. Nothing is deleted.

What is new is told by the UIDs that we have not stored, never by the mark "seen": a colleague who reads a mail first must not
hide it from us.
"""

from __future__ import annotations

import contextlib
import re
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from imaplib import IMAP4

import structlog
from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError
from imap_tools.utils import encode_folder

from notifications.inbox_models import ReceivedMail

LARGEST = 25 * 1024 * 1024  # bytes; of a larger message only the beginning is fetched
BEGINNING = 512 * 1024
TIMEOUT = 30  # seconds without an answer of the server
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ARRIVED = re.compile(rb'INTERNALDATE "\s?(\d{1,2})-(\w{3})-(\d{4}) (\d\d:\d\d:\d\d) ([+-]\d{4})"')
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


logger = structlog.get_logger(__name__)


class MailboxUnavailable(Exception):
    """The mailbox could not be read; the sentence names what failed and never a password or a person."""


@dataclass(frozen=True)
class Mailbox:
    """Where mail arrives. `tls` is "tls" (from the first byte), "starttls" or "none"; `done_folder` "" leaves mail in place.

    With a `ca_file` the server's certificate is believed on the word of that authority alone, else on those of this machine.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: str = "tls"
    ca_file: str = ""
    folder: str = "INBOX"
    done_folder: str = ""
    since: date | None = None

    @property
    def account(self) -> str:
        return f"{self.user}@{self.host}/{self.folder}"[:200]


@dataclass(frozen=True)
class Arrived:
    """One message as the server gave it."""

    account: str
    uidvalidity: int
    uid: int
    received_at: datetime
    size: int
    raw: bytes = field(repr=False)

    @property
    def is_cut(self) -> bool:
        return len(self.raw) < self.size


@dataclass(frozen=True)
class PollReport:
    taken: int = 0
    marked: int = 0
    failed: int = 0  # left for the next poll


def poll(box: Mailbox, *, take: Callable[[Arrived], None], clock: Callable[[], datetime], limit: int = 50) -> PollReport:
    """Hand over up to `limit` new messages, oldest first; `take` stores each in a transaction of its own.

    A crash after the commit leaves the mark to the next poll, a crash before it leaves the message. Raises `MailboxUnavailable`.
    """
    taken = marked = failed = 0
    try:
        with _connected(box) as server:
            uidvalidity = int(server.folder.status(box.folder, ["UIDVALIDITY"])["UIDVALIDITY"])
            present = sorted(int(uid) for uid in server.uids(_since(box), charset=None))
            known = _known(box, uidvalidity)
            for uid in (uid for uid in present if uid in known and known[uid] is None):
                marked += _mark(server, box, uidvalidity, uid, clock())
            for uid in [uid for uid in present if uid not in known][:limit]:
                arrived = _fetched(server, box, uidvalidity, uid)
                if arrived is None:  # somebody moved it meanwhile
                    continue
                if not _handed_over(arrived, take):
                    failed += 1
                    continue
                taken += 1
                marked += _mark(server, box, uidvalidity, uid, clock())
    except ssl.SSLCertVerificationError as error:  # before a password was sent
        raise MailboxUnavailable(
            f"the certificate of {box.host} was refused ({error.verify_message.rstrip('.')}): IMAP_HOST must be a name that"
            " stands in it, and IMAP_CA_FILE name the authority that signed it, unless this machine trusts that one already"
        ) from None
    except (OSError, ImapToolsError, IMAP4.error) as error:
        raise MailboxUnavailable(f"{type(error).__name__} while reading the mailbox") from None
    return PollReport(taken, marked, failed)


def _handed_over(arrived: Arrived, take: Callable[[Arrived], None]) -> bool:
    """False when it could not be stored: it stays as it is for the next poll, and the others go on."""
    try:
        take(arrived)
    except Exception as error:
        logger.warning("mail not stored", uid=arrived.uid, reason=type(error).__name__)
        return False
    return True


@contextlib.contextmanager
def _connected(box: Mailbox) -> Iterator[BaseMailBox]:
    server = _opened(box)
    try:
        server.login(box.user, box.password, initial_folder=None)
        if box.done_folder and not server.folder.exists(box.done_folder):
            server.folder.create(box.done_folder)
        server.folder.set(box.folder)
        yield server
    finally:
        with contextlib.suppress(Exception):  # a server that hangs up first has lost nothing of ours
            server.logout()


def _opened(box: Mailbox) -> BaseMailBox:
    if box.tls == "none":
        return MailBoxUnencrypted(box.host, box.port, timeout=TIMEOUT)
    context = ssl.create_default_context(cafile=box.ca_file or None)
    if box.tls == "starttls":
        return MailBoxStartTls(box.host, box.port, timeout=TIMEOUT, ssl_context=context)
    return MailBox(box.host, box.port, timeout=TIMEOUT, ssl_context=context)


def _since(box: Mailbox) -> str:
    """IMAP compares days of arrival without their time (RFC 3501 section 6.4.4)."""
    return f"SINCE {box.since.day}-{_MONTHS[box.since.month - 1]}-{box.since.year}" if box.since else "ALL"


def _known(box: Mailbox, uidvalidity: int) -> dict[int, datetime | None]:
    stored = ReceivedMail.objects.filter(account=box.account, uidvalidity=uidvalidity)
    return dict(stored.values_list("uid", "marked_at"))


def _fetched(server: BaseMailBox, box: Mailbox, uidvalidity: int, uid: int) -> Arrived | None:
    told, _ = _fetch(server, uid, "(INTERNALDATE RFC822.SIZE)")
    arrived, size = _ARRIVED.search(told), _SIZE.search(told)
    if arrived is None or size is None:
        return None
    wanted = LARGEST if int(size[1]) <= LARGEST else BEGINNING
    _, raw = _fetch(server, uid, f"(BODY.PEEK[]<0.{wanted}>)")
    if raw is None:
        return None
    # A server may count line ends otherwise than it sends them: only what we chose not to fetch is missing.
    whole = len(raw) if int(size[1]) <= LARGEST else int(size[1])
    return Arrived(box.account, uidvalidity, uid, _instant(arrived), whole, raw)


def _fetch(server: BaseMailBox, uid: int, what: str) -> tuple[bytes, bytes | None]:
    """The server's words about this message, and the literal that came with them."""
    status, answer = server.client.uid("FETCH", str(uid), what)
    if status != "OK":
        raise OSError("FETCH was refused")
    told, literal = b"", None
    for piece in answer or []:
        if isinstance(piece, tuple):
            told, literal = told + b" " + piece[0], piece[1]
        elif isinstance(piece, bytes):
            told += b" " + piece
    return told, literal


def _instant(found: re.Match[bytes]) -> datetime:
    day, month, year, time, zone = (group.decode("ascii") for group in found.groups())
    number = _MONTHS.index(month.title()) + 1
    return datetime.strptime(f"{year}-{number:02d}-{int(day):02d} {time} {zone}", "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)


def _can_move(server: BaseMailBox) -> bool:
    """Asked after the login: before it a server names but a few of its abilities (RFC 6851 needs one command and no deletion)."""
    _, told = server.client.capability()
    return b"MOVE" in b" ".join(line for line in told if isinstance(line, bytes)).upper().split()


def _mark(server: BaseMailBox, box: Mailbox, uidvalidity: int, uid: int, now: datetime) -> int:
    """Move it to the folder of what is done, or mark it seen; by plain commands, since the library's own would also expunge."""
    status = "NO"
    if box.done_folder and _can_move(server):
        status, _ = server.client.uid("MOVE", str(uid), encode_folder(box.done_folder).decode("ascii"))
    if status != "OK":
        status, _ = server.client.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")
    if status != "OK":
        return 0
    ReceivedMail.objects.filter(account=box.account, uidvalidity=uidvalidity, uid=uid).update(marked_at=now)
    return 1
