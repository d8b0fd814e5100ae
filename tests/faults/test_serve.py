"""`make run` as an operator sees it: what it prints, how it stops, and what it says when a process dies."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import BASE_DIR, free_port

MANAGE = [sys.executable, str(BASE_DIR / "manage.py")]


class Product:
    """The embedded product in a folder and on a port of its own."""

    def __init__(self, folder: Path) -> None:
        self.port, self.log = free_port(), folder / "log"
        forgotten = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "MASTER_KEYS", "LOG_LEVEL")
        self.environment = {name: value for name, value in os.environ.items() if name not in forgotten}
        self.environment |= {"DSAR_MODE": "embedded", "DSAR_VAR": str(folder / "var"), "PORT": str(self.port)}

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*MANAGE, *arguments], env=self.environment, capture_output=True, text=True)

    def serve(self) -> subprocess.Popen[bytes]:
        with self.log.open("wb") as lines:
            return subprocess.Popen([*MANAGE, "serve"], env=self.environment, stdout=lines, stderr=lines, start_new_session=True)

    def wait_until_it_says(self, words: str, process: subprocess.Popen[bytes], seconds: float = 60) -> str:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and process.poll() is None:
            if words in self.log.read_text():
                return self.log.read_text()
            time.sleep(0.1)
        raise AssertionError(f"{words!r} was never said:\n{self.log.read_text()}")


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Product:
    product = Product(tmp_path_factory.mktemp("product"))
    done = product.manage("setup_embedded")
    assert done.returncode == 0, done.stdout + done.stderr
    return product


@pytest.fixture
def running(product: Product) -> Iterator[subprocess.Popen[bytes]]:
    process = product.serve()
    yield process
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def status_of(address: str) -> int:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return int(answer.status)


def test_it_says_where_everything_is_and_ctrl_c_stops_all(product: Product, running: subprocess.Popen[bytes]):
    said = product.wait_until_it_says("Ctrl-C stops everything", running)
    for line in ("Public form    http://127.0.0.1:", "Back office    http://127.0.0.1:", "Mails          http://127.0.0.1:"):
        assert line in said
    assert "dominique.temoin@cesi.example" in said
    for page in ("/fr/", "/en/", "/fr/mails/", "/readyz", "/healthz"):
        assert status_of(f"http://127.0.0.1:{product.port}{page}") == 200
    started = {int(pid) for pid in re.findall(r"started \(pid=(\d+)\)", said)}
    assert len(started) == 4
    running.send_signal(signal.SIGINT)
    assert running.wait(20) == 0
    assert not [pid for pid in started if Path(f"/proc/{pid}").exists()]


def lives(pid: str) -> bool:
    """Whether the process runs; one that has ended and is not yet buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_process_that_dies_is_named_and_stops_the_rest(product: Product, running: subprocess.Popen[bytes]):
    said = product.wait_until_it_says("Ctrl-C stops everything", running)
    found = re.search(r"worker started \(pid=(\d+)\)", said)
    assert found
    children = Path(f"/proc/{found.group(1)}/task/{found.group(1)}/children").read_text().split()
    assert children
    os.kill(int(found.group(1)), signal.SIGKILL)
    assert running.wait(20) == 1
    until = time.monotonic() + 20  # orphans are told to end, and whoever inherits them takes its time to bury them
    while any(lives(pid) for pid in children) and time.monotonic() < until:
        time.sleep(0.1)
    assert not [pid for pid in children if lives(pid)]
    assert "serve: worker ended by itself with status -9, so the rest was stopped" in product.log.read_text()


def test_a_second_set_up_keeps_what_is_there(product: Product):
    folder = Path(product.environment["DSAR_VAR"])
    kept = {name: (folder / name).read_bytes() for name in ("secret_key", "master_key", "example_accounts.json")}
    school = next(folder.rglob("school.sqlite3"))
    made = school.stat().st_mtime_ns
    assert product.manage("setup_embedded").returncode == 0
    assert school.stat().st_mtime_ns == made, "nothing is generated anew"
    assert {name: (folder / name).read_bytes() for name in kept} == kept


def test_a_taken_port_is_one_sentence(product: Product):
    import socket

    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", product.port))
        other.listen()
        done = product.manage("serve")
    assert done.returncode == 1
    assert done.stderr.strip().endswith(f"Port {product.port} is taken by another program; try PORT={product.port + 1} make run.")


def test_the_code_of_an_account_that_is_none_is_one_sentence(product: Product):
    assert re.search(r"dominique\.temoin@cesi\.example +\d{6} ", product.manage("example_code", "dominique").stdout)
    assert "No example account begins with 'nobody'" in product.manage("example_code", "nobody").stderr


@pytest.mark.timeout(300)
def test_the_demonstration_starts_the_product_walks_the_journey_and_stops_it(product: Product):
    done = product.manage("demo")
    assert done.returncode == 0, done.stdout + done.stderr
    for line in ("product started on", "asked on the public form", "package built by the worker", "every checksum verified"):
        assert line in done.stdout
    found = re.search(r"package +(\S+\.zip)", done.stdout)
    assert found
    assert Path(found.group(1)).stat().st_size > 10_000
    with pytest.raises(urllib.error.URLError, match="refused"):
        status_of(f"http://127.0.0.1:{product.port}/readyz")


@pytest.mark.timeout(300)
def test_the_demonstration_says_where_it_stopped(product: Product):
    """Nobody recognises an address that the school does not know: a person must look first, so nothing can be decided yet."""
    done = product.manage("demo", "--name", "Personne Inconnue", "--email", "inconnue@nulle-part.example", "--wait", "3")
    assert done.returncode == 1
    assert "The demonstration stopped: /fr/office/case/" in done.stderr
    assert "has no decision to take after 3 s" in done.stderr
