"""A mail server that misbehaves as told: answers, hangs, or drops the line before or after it took a mail."""

from __future__ import annotations

import asyncio
import email.policy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from tests.processes import free_port

DROP_BEFORE, DROP_AFTER, HANG = "drop-before", "drop-after", "hang"


@dataclass
class MailServer:
    """`at_rcpt` and `at_data` see the recipient and the running number of the attempt, and say how to answer (None: 250)."""

    port: int
    messages: list[EmailMessage] = field(default_factory=list)
    connections: int = 0
    attempts: int = 0
    at_rcpt: Callable[[str, int], str | None] = lambda recipient, number: None
    at_data: Callable[[str, int], str | None] = lambda recipient, number: None
    seconds: float = 0.0
    hangs: float = 2.0
    meanwhile: Callable[[], None] | None = None  # done once while the next DATA waits

    def ids(self) -> list[str]:
        return [str(message["Message-ID"]) for message in self.messages]

    def recipients(self) -> list[str]:
        return [str(message["To"]) for message in self.messages]

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        self.attempts += 1
        if answer := self.at_rcpt(address, self.attempts):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        if meanwhile := self.meanwhile:
            self.meanwhile = None
            await asyncio.to_thread(meanwhile)
        await asyncio.sleep(self.seconds)
        answer = self.at_data(envelope.rcpt_tos[0], self.attempts)
        if answer in (None, DROP_AFTER):
            self.messages.append(message_from_bytes(envelope.content, policy=email.policy.default))  # type: ignore[arg-type]
        if answer == HANG:
            await asyncio.sleep(self.hangs)  # longer than the caller waits
        if answer in (DROP_BEFORE, DROP_AFTER, HANG):
            server.transport.abort()
            return "250 nobody hears this"
        return answer or "250 OK"


@contextmanager
def mail_server() -> Iterator[MailServer]:
    server = MailServer(free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
