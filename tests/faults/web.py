"""The web process of `make run` alone, with its example data, on a port of its own: no worker, no broker."""

from __future__ import annotations

import contextlib
import http.client
import re
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from dsar.management.commands import serve
from tests.faults.test_serve import Product
from tests.processes import BASE_DIR

CSRF = "a" * 32


class Web:
    """A running web process, spoken to over plain sockets."""

    def __init__(self, product: Product) -> None:
        self.port, self.product = product.port, product

    def connect(self, seconds: float = 20, *, source: str = "127.0.0.1") -> socket.socket:
        """A line, from another network of this machine if need be."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=seconds, source_address=(source, 0))

    def head(self, path: str, *, cookies: Mapping[str, str] | None = None, **headers: str) -> bytes:
        """The first lines of a POST that passes for a form of ours."""
        origin = f"http://127.0.0.1:{self.port}"
        carried = "; ".join(f"{name}={value}" for name, value in {"csrftoken": CSRF, **(cookies or {})}.items())
        lines = {"Host": origin[7:], "Origin": origin, "Cookie": carried, "X-CSRFToken": CSRF, **headers}
        named = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
        return f"POST {path} HTTP/1.1\r\n{named}\r\n".encode()

    def answer(self, head: bytes, body: Iterable[bytes] = ()) -> tuple[int, float, int]:
        """The status (0 when the line was cut), the seconds that it took, and how many bytes of the body went out."""
        began, out = time.monotonic(), 0
        with self.connect() as line:
            with contextlib.suppress(OSError):  # the server has hung up; what it said before may still be there
                line.sendall(head)
                for piece in body:
                    line.sendall(piece)
                    out += len(piece)
            return self.status(line), time.monotonic() - began, out

    def status(self, line: socket.socket) -> int:
        """What was answered; 0 when the line was cut."""
        try:
            found = re.match(rb"HTTP/1\.1 (\d{3})", line.recv(200))
        except OSError:
            return 0
        return int(found.group(1)) if found else 0

    def others_wait(self) -> float:
        """How long somebody else waits for the start page now."""
        began = time.monotonic()
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as line:
            line.request("GET", "/fr/")
            assert line.getresponse().status == 200
        return time.monotonic() - began

    def rows(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """What its database holds."""
        file = Path(self.product.environment["DSAR_VAR"]) / "dsar.sqlite3"
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=20)) as database:
            return database.execute(statement, values).fetchall()


@contextlib.contextmanager
def running_web(folder: Path) -> Iterator[Web]:
    product = Product(folder)
    product.environment["FORM_SECONDS"] = "0"
    done = product.manage("setup_embedded")
    assert done.returncode == 0, done.stdout + done.stderr
    start = ["sh", "-c", serve.commands(product.port)["web"]]
    with product.log.open("wb") as lines:
        process = subprocess.Popen(start, env=product.environment, stdout=lines, stderr=lines, cwd=BASE_DIR)
    try:
        until = time.monotonic() + 60
        while not serve.answers(f"http://127.0.0.1:{product.port}/readyz"):
            assert time.monotonic() < until, product.log.read_text()
            assert process.poll() is None, product.log.read_text()
            time.sleep(0.1)
        yield Web(product)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
