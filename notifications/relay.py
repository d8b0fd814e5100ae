"""Sends what the outbox holds. Claims rows with a lease and a fencing number, so that any number of relays may run at once.

A mail may reach its recipient twice only when the server took it and its answer was lost; both copies have one Message-ID.
"""

from __future__ import annotations

import contextlib
import json
import re
import smtplib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.header import Header
from email.utils import formataddr, parseaddr
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import BadHeaderError, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection as database
from django.db import transaction
from django.db.models import F, Q

from notifications.models import Message, MessageState
from notifications.outbox import written_content

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=4)
GIVE_UP_AFTER = timedelta(hours=72)
FRESH = 6  # a lease of which at most a sixth has passed covers what one mail may take: five waits of EMAIL_TIMEOUT
BROKEN_IN_A_ROW = 3  # connections lost in mid-message, one after the other, before the rest is given back

Unseal = Callable[[str, bytes], str]
Seal = Callable[[str, str], bytes]
Write = Callable[[Message], Mapping[str, object] | None]

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class RelayReport:
    """What one run did with the mails it held."""

    sent: int = 0
    retried: int = 0
    undeliverable: int = 0
    superseded: int = 0


class _Lost(Exception):
    """Somebody else holds this mail now, or it no longer waits."""


class _Superseded(Exception):
    """What this mail was to remind of is over, or a later mail says it better."""


class _Run:
    """One run: the mails it claimed, its one connection, and the counts."""

    def __init__(self, unseal: Unseal, seal: Seal | None, write: Write | None, clock: Callable[[], datetime]) -> None:
        self.unseal, self.seal, self.write, self.clock = unseal, seal, write, clock
        self.newly_sealed: set[UUID] = set()
        self.counts = dict.fromkeys(
            (MessageState.SENT, MessageState.WAITING, MessageState.UNDELIVERABLE, MessageState.SUPERSEDED), 0
        )

    def content(self, message: Message) -> dict[str, str]:
        """What the mail says: as it was stored, or written now when it was stored empty. Raises `_Superseded`."""
        if message.content or self.write is None:
            stored: dict[str, str] = json.loads(self.unseal(message.key_name, bytes(message.content)))
            return stored
        context = self.write(message)
        if context is None:
            raise _Superseded
        content = written_content(message.kind, message.language, context)
        if self.seal and message.key_name:  # kept when it has left, so that the case shows what was sent
            message.content = self.seal(message.key_name, json.dumps(content, ensure_ascii=False))
            self.newly_sealed.add(message.pk)
        return content

    def finish(self, message: Message, state: MessageState, error: str = "") -> None:
        """Write what became of a mail, if we still hold it; a holder that slept through its lease changes nothing."""
        now = self.clock()
        if state is MessageState.WAITING and message.attempts >= LAST_TRY and now - message.created_at >= GIVE_UP_AFTER:
            state, error = MessageState.UNDELIVERABLE, f"{error} given up after 72 hours".strip()
        changes: dict[str, object] = {"state": state, "lease_until": None, "error": error[:200]}
        if state is MessageState.SENT:
            changes["sent_at"] = now
            if message.pk in self.newly_sealed:  # any other is there already, and it is the most of the row
                changes["content"] = message.content
        if state is MessageState.WAITING:
            changes["next_at"] = now + waiting_time(message.attempts)
        if self._write(message, changes):
            self.counts[state] += 1
            if error:
                logger.warning("mail not sent", kind=message.kind, reference=message.reference, state=str(state), error=error)

    def _write(self, message: Message, changes: Mapping[str, object]) -> bool:
        """One statement, at once after the server's answer: a relay that dies can double the one mail under way and no other."""
        if not message.facts.get("carries") or changes["state"] not in (MessageState.SENT, MessageState.UNDELIVERABLE):
            return _change(message, changes)
        told = {name: changes[name] for name in ("state", "error", "sent_at") if name in changes}
        with transaction.atomic():
            held = _change(message, changes)
            if held:
                message.carried.filter(state=MessageState.HELD).update(**told)
        return held

    def hold(self, message: Message) -> None:
        """Renew the lease before sending when it is no longer fresh: a batch over a slow server outlives it. Raises `_Lost`."""
        now, lease = self.clock(), _lease()
        if message.lease_until and message.lease_until - now >= lease - lease / FRESH:
            return  # nobody else takes a mail before its lease is over
        if not _change(message, {"lease_until": now + lease}):
            raise _Lost
        message.lease_until = now + lease

    def report(self) -> RelayReport:
        return RelayReport(*self.counts.values())


def relay_waiting(
    *,
    unseal: Unseal,
    clock: Callable[[], datetime],
    seal: Seal | None = None,
    write: Write | None = None,
    limit: int = 100,
    go_on: timedelta = timedelta(),
) -> RelayReport:
    """Send up to `limit` mails that are due, over one connection; `unseal(key_name, content)` opens their content.

    While more are due the next `limit` are taken over the same connection, until `go_on` has passed.

    A mail stored without content is written when it leaves: `write(message)` gives what its template needs, or None when
    it is superseded. With `seal(key_name, text)` what was written so is kept with the mail.
    """
    run = _Run(unseal, seal, write, clock)
    server = get_connection()
    last = clock() + go_on
    try:
        waiting = _claim(clock(), limit)
        while _send_all(run, waiting, server) and len(waiting) == limit and clock() < last:
            waiting = _claim(clock(), limit)
    finally:
        with contextlib.suppress(Exception):  # a server that hangs up first has lost nothing of ours
            server.close()
    return run.report()


def waiting_time(attempts: int) -> timedelta:
    """1, 2, 4, 8 … minutes, and never more than four hours."""
    return min(FIRST_WAIT * 2 ** min(max(attempts, 1) - 1, 20), LONGEST_WAIT)


def _last_try() -> int:
    """The first try that comes 72 hours after the first one."""
    tries, waited = 1, timedelta()
    while waited < GIVE_UP_AFTER:
        waited += waiting_time(tries)
        tries += 1
    return tries


LAST_TRY = _last_try()  # counted in tries as well: a relay that was away for days has not tried for days


def _claim(now: datetime, limit: int) -> list[Message]:
    """Take due mails, and those whose holder died, under a fencing number of our own."""
    due = Q(state=MessageState.WAITING, next_at__lte=now) | Q(state=MessageState.SENDING, lease_until__lt=now)
    # SQLite has no row locks: there the transaction itself, IMMEDIATE, keeps other relays out.
    skip_locked = database.features.has_select_for_update_skip_locked
    until = now + _lease()
    with transaction.atomic():
        rows = list(Message.objects.select_for_update(skip_locked=skip_locked).filter(due).order_by("next_at")[:limit])
        Message.objects.filter(pk__in=[row.pk for row in rows]).update(
            state=MessageState.SENDING, lease_until=until, fencing=F("fencing") + 1, attempts=F("attempts") + 1
        )
    for row in rows:
        row.fencing += 1
        row.attempts += 1
        row.lease_until = until
    return rows


def _send_all(run: _Run, messages: Sequence[Message], server: BaseEmailBackend) -> bool:
    """Whether the server was there to the end."""
    broken = 0
    for index, message in enumerate(messages):
        try:
            _send_one(run, message, server)
            broken = 0
        except _Lost:
            continue
        except _Superseded:
            run.finish(message, MessageState.SUPERSEDED)
        except _Unreachable as unreachable:
            run.finish(message, MessageState.WAITING, str(unreachable))
            broken += 1 if unreachable.in_mid_message else BROKEN_IN_A_ROW
            if broken >= BROKEN_IN_A_ROW:  # the fault is the server's: give the rest back instead of waiting for each
                for rest in messages[index + 1 :]:
                    run.finish(rest, MessageState.WAITING, str(unreachable))
                return False
    return True


class _Unreachable(Exception):
    """The connection failed, which is not this mail's fault."""

    def __init__(self, error: Exception, *, in_mid_message: bool) -> None:
        self.in_mid_message = in_mid_message
        super().__init__(f"{_code(error)} the mail server could not be reached".strip())


def _send_one(run: _Run, message: Message, server: BaseEmailBackend) -> None:
    try:
        mail = _written(message, run.content(message), server)
    except _Superseded:
        raise
    except Exception as error:  # whatever keeps the content closed may be mended by the operator: try again
        run.finish(message, MessageState.WAITING, f"{type(error).__name__}: the content could not be opened")
        return
    try:
        server.open()
    except (OSError, smtplib.SMTPException) as error:
        raise _Unreachable(error, in_mid_message=False) from error
    run.hold(message)
    try:
        server.send_messages([mail])
    except smtplib.SMTPRecipientsRefused as refused:
        code, answer = next(iter(refused.recipients.values()))
        _refused(run, message, server, smtplib.SMTPResponseException(code, answer))
    except smtplib.SMTPSenderRefused as refused:
        # Our own address is refused, which no recipient can help: wait until the operator has mended it.
        run.finish(message, MessageState.WAITING, f"{_code(refused)} the server refused our sender address")
    except smtplib.SMTPResponseException as refused:
        _refused(run, message, server, refused)
    except (OSError, smtplib.SMTPException) as error:  # hung, or hung up: whether it took the mail, nobody knows
        _hang_up(server)
        raise _Unreachable(error, in_mid_message=True) from error
    else:
        run.finish(message, MessageState.SENT)


def _refused(run: _Run, message: Message, server: BaseEmailBackend, refused: smtplib.SMTPResponseException) -> None:
    if refused.smtp_code == 421:  # RFC 5321 section 3.8: the server is closing the connection
        _hang_up(server)
    permanent = 500 <= refused.smtp_code < 600
    sentence = "the server refused the recipient or the email for good" if permanent else "the server asked us to come back later"
    run.finish(message, MessageState.UNDELIVERABLE if permanent else MessageState.WAITING, f"{_code(refused)} {sentence}")


def _hang_up(server: BaseEmailBackend) -> None:
    with contextlib.suppress(Exception):
        server.close()


def _change(message: Message, changes: Mapping[str, object]) -> bool:
    """Whether we still held it."""
    held = Message.objects.filter(pk=message.pk, state=MessageState.SENDING, fencing=message.fencing)
    return held.update(**changes) == 1


def _lease() -> timedelta:
    return timedelta(seconds=settings.LEASE_SECONDS)


def _code(error: Exception) -> str:
    """The server's numbers, "550 5.1.1", and never its words: they quote the recipient."""
    code = getattr(error, "smtp_code", None)
    if code is None:
        return type(error).__name__
    answer = getattr(error, "smtp_error", b"")
    words = answer.decode("ascii", "replace") if isinstance(answer, bytes) else str(answer)
    enhanced = re.match(r"[245]\.\d{1,3}\.\d{1,3}\b", words)
    return f"{code} {enhanced[0]}" if enhanced else str(code)


class _Mail(EmailMultiAlternatives):
    """Django folds a long subject right after its colon, which readers then show with a space before it, and writes it twice,
    which is most of the work of a mail."""

    def message(self, *args: Any, **kwargs: Any) -> Any:
        words, self.subject = str(self.subject), ""
        if len(words.splitlines()) > 1:
            raise BadHeaderError(f"A subject is one line, not {words!r}.")
        mail = super().message(*args, **kwargs)
        mail.replace_header("Subject", Header(words, "utf-8", header_name="Subject").encode())
        self.subject = words
        return mail


def _written(message: Message, content: Mapping[str, str], server: BaseEmailBackend) -> EmailMultiAlternatives:
    mail = _Mail(
        subject=content["subject"],
        body=content["text"],
        from_email=formataddr((content["from_name"], parseaddr(settings.DEFAULT_FROM_EMAIL)[1])),
        to=[message.recipient],
        reply_to=[content["reply_to"]],
        headers={
            "Message-ID": message.message_id,
            "Auto-Submitted": "auto-generated",  # RFC 3834: no out-of-office answers back
            "Content-Language": message.language,
        },
        connection=server,
    )
    mail.attach_alternative(content["html"], "text/html")
    return mail
