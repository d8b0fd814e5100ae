"""A real ClamAV engine with one signature of our own, and transactions that commit."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.identity.corpus import EICAR
from tests.identity.papers import Committing
from tests.processes import Server, dies_with_us, missing

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper


def start_clamd() -> Server:
    """clamd on a socket in a folder of its own, with a signature for the scanners' test string; no download of any."""
    binary = shutil.which("clamd", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if binary is None:
        missing("ClamAV", "clamav-daemon")
    folder = Path(tempfile.mkdtemp(prefix="dsar-clamd-"))
    (folder / "signatures").mkdir()
    (folder / "signatures" / "own.ndb").write_text(f"Own.Test:0:*:{EICAR.hex()}\n")
    words = {
        "LocalSocket": folder / "socket",
        "DatabaseDirectory": folder / "signatures",
        "TemporaryDirectory": folder,
        "Foreground": "yes",
        "StreamMaxLength": "12M",
        "LogFile": folder / "log",
    }
    (folder / "clamd.conf").write_text("".join(f"{name} {value}\n" for name, value in words.items()))
    command = dies_with_us([binary, f"--config-file={folder / 'clamd.conf'}"])
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 30
    while not (folder / "socket").is_socket():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError((folder / "log").read_text()[-2000:])
        time.sleep(0.05)
    return Server(process, folder, 0)


@pytest.fixture(scope="session")
def _clamd() -> Iterator[Server]:
    server = start_clamd()
    yield server
    server.stop()


@pytest.fixture
def clamd(_clamd: Server, settings: SettingsWrapper) -> Server:
    """The engine, which the settings of this test ask."""
    settings.CLAMD_ADDRESS = f"unix:{_clamd.folder / 'socket'}"
    return _clamd


@pytest.fixture
def committing(django_capture_on_commit_callbacks: Any) -> Committing:
    """Runs what waits for a commit, as the product's transactions do."""

    @contextmanager
    def commit() -> Iterator[None]:
        with django_capture_on_commit_callbacks(execute=True):
            yield

    return commit
