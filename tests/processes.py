"""Processes that tests start: a port that is theirs, a wait until somebody listens, an end with the test run at the latest."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

BASE_DIR = Path(__file__).resolve().parent.parent


def missing(what: str, package: str) -> NoReturn:
    """Skip, or fail where CI=true: a green run must not hide that something was never tested."""
    sentence = f"{what} is not installed; `python3 config/bootstrap.py --test` installs it (Debian package {package})."
    if os.environ.get("CI") == "true":
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


_our_ports: list[socket.socket] = []


def free_port() -> int:
    """A port of ours until this process ends, whether its server listens already or not.

    Below those that the kernel gives to outgoing connections (from 32768), which could take it before the server does; a name
    that only one process can hold keeps it from every other run on this machine.
    """
    while True:
        port = random.randrange(20_000, 32_000)
        name = socket.socket(socket.AF_UNIX)
        try:
            name.bind(f"\0dsar-tests-port-{port}")
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            name.close()
            continue
        _our_ports.append(name)
        return port


def wait_for_port(port: int, process: subprocess.Popen[bytes], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with status {process.returncode} before it listened.")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise RuntimeError(f"{process.args!r} did not listen on port {port} within {seconds} s.")


def dies_with_us(command: list[str]) -> list[str]:
    """The command, ended by the kernel when the test run is killed before it can tidy up."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "INT", "--", *command] if setpriv else command


@dataclass
class Server:
    """A process that is ended by its own id, with a folder of its own."""

    process: subprocess.Popen[bytes]
    folder: Path
    port: int

    def stop(self, sign: signal.Signals = signal.SIGINT) -> None:
        if self.process.poll() is None:
            self.process.send_signal(sign)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
