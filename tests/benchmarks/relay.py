"""The relay into a server that takes everything, against ready bytes over one reused connection in the same run.

`make bench` runs it; alone, `.venv/bin/python tests/benchmarks/relay.py` replaces its section of docs/benchmarks.md.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import smtplib
import sys
import time
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

BASE = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(BASE))
from tests.benchmarks.harness import product, write_section  # noqa: E402

MAILS, ROUNDS, AT_A_TIME = 1000, 5, 100
NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
HEADING = "# The relay, measured"


def main() -> None:
    ours, theirs = multiprocessing.Pipe()
    sink = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    sink.start()
    port = ours.recv()
    backend = "django.core.mail.backends.smtp.EmailBackend"
    try:
        with product("relay", EMAIL_BACKEND=backend, EMAIL_HOST="127.0.0.1", EMAIL_PORT=str(port)):
            write_section(HEADING, report([one_round(port, ours) for _ in range(ROUNDS)]))
    finally:
        sink.terminate()


def serve(pipe: Connection) -> None:
    """A server in a process of its own that answers at once and keeps nothing; on a word from us it tells what it took."""
    counts = {"mails": 0, "connections": 0}

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        counts["connections"] += 1
        writer.write(b"220 sink\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                counts["mails"] += 1
            writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 sink\r\n")
            if verb == b"QUIT":
                break
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        while True:
            if pipe.poll():
                pipe.recv()
                pipe.send(dict(counts))
                counts.update(mails=0, connections=0)
            await asyncio.sleep(0.01)

    asyncio.run(run())


def taken(pipe: Connection) -> dict[str, int]:
    pipe.send("how many")
    found: dict[str, int] = pipe.recv()
    return found


def one_round(port: int, pipe: Connection) -> dict[str, Any]:
    """Floor and ours in turn, so that a noisy neighbour hits both; every mail must have arrived."""
    from identity import vault
    from notifications.models import Message, MessageState
    from notifications.relay import relay_waiting

    fill()
    ready = ready_bytes()
    started = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as connection:
        for recipient, body in ready:
            connection.sendmail("dsar@cesi.example", [recipient], body)
    floor = time.perf_counter() - started
    assert taken(pipe) == {"mails": MAILS, "connections": 1}
    started = time.perf_counter()
    relay_waiting(unseal=vault.open_text, clock=lambda: NOW, limit=AT_A_TIME, go_on=timedelta(minutes=1))  # as the task does
    ours = time.perf_counter() - started
    found = taken(pipe)
    assert found["mails"] == MAILS == Message.objects.filter(state=MessageState.SENT).count()
    return {"floor": floor, "relay": ours, "connections": found["connections"], "bytes": median(len(b) for _, b in ready)}


def fill() -> None:
    """Acknowledgements as a day of forms would leave them, each under its own request's key."""
    from identity import vault
    from notifications.models import Message
    from notifications.outbox import queue_message
    from tests.services.mail_contexts import COMMON_CONTEXT, OWN_CONTEXT

    Message.objects.all().delete()
    for number in range(MAILS):
        key = f"requests/{number}"
        if not vault.storages["keys"].exists(key):
            vault.create_text_key(key)
        queue_message(
            "acknowledgement",
            to=f"camille.{number}@etudiant.example",
            language="fr",
            reference=f"CE-{number:04d}",
            key_name=key,
            seal=vault.seal_text,
            context=COMMON_CONTEXT | OWN_CONTEXT["acknowledgement"],
            now=NOW,
        )


def ready_bytes() -> list[tuple[str, bytes]]:
    """The same mails as bytes that only need sending."""
    import json

    from django.core.mail import get_connection

    from identity import vault
    from notifications import relay
    from notifications.models import Message

    found = []
    for message in Message.objects.order_by("created_at"):
        content = json.loads(vault.open_text(message.key_name, bytes(message.content)))
        mail = relay._written(message, content, get_connection())
        found.append((message.recipient, mail.message().as_bytes(linesep="\r\n")))
    return found


def report(rounds: list[dict[str, Any]]) -> str:
    lines = [
        HEADING,
        "",
        f"{MAILS:,} acknowledgements of {rounds[0]['bytes'] / 1000:.1f} kB, text and HTML, sealed in PostgreSQL (fsync off),",
        f"sent to a server in a process of its own; this machine, {os.cpu_count()} cores, other work at a load of",
        f"{os.getloadavg()[1]:.1f}. Medians of {ROUNDS} rounds (lowest to highest), the ratio taken within each round. The floor",
        "sends ready bytes by `smtplib` over one connection; the relay claims, holds, unseals, builds, sends and marks.",
        "",
        "| what | mails a second | time x floor |",
        "|---|---|---|",
    ]
    for label, name in (("floor", "floor"), (f"relay, {AT_A_TIME} at a time", "relay")):
        rates = sorted(MAILS / one[name] for one in rounds)
        ratio = median(one[name] / one["floor"] for one in rounds)
        span = f"{median(rates):,.0f} ({rates[0]:,.0f} to {rates[-1]:,.0f})"
        lines.append(f"| {label} | {span} | {'1' if name == 'floor' else f'{ratio:.1f}'} |")
    lines += ["", f"Connections that the server saw for {MAILS:,} mails: {rounds[-1]['connections']}."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
