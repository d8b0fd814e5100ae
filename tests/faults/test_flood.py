"""Too much at once, against the web server that `make run` starts: refused or cut, and others are served (SECURITY T26)."""

from __future__ import annotations

import gzip
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from config import bodies
from dsar.controller import controller
from tests.faults.web import Web

FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"
OTHERS = 3.0  # seconds within which everybody else is answered
# Pages that take a text or files from outside: form, mandate, papers, messages, slices of a file, the register of staff.
PAGES = (
    "/fr/request/what/",
    "/fr/request/about/",
    "/fr/request/check/",
    "/fr/identity/add/",
    "/fr/status/write/",
    "/fr/upload/mandate/",
    "/fr/follow/",
    "/fr/office/register/",
)


@pytest.mark.parametrize("path", PAGES)
def test_ten_gigabytes_declared_are_refused_at_once(web: Web, path: str):
    status, seconds, _ = web.answer(web.head(path, Content_Type=PARTS, Content_Length="10000000000"), [b"--x\r\n"])
    assert status == 413
    assert seconds < 10


def chunks(megabytes: int) -> Iterator[bytes]:
    yield b'49\r\n--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n\r\n'
    for _ in range(megabytes * 16):
        yield b"10000\r\n" + b"a" * 65536 + b"\r\n"
    yield b"0\r\n\r\n"


@pytest.mark.parametrize("path", PAGES)
def test_sixty_megabytes_streamed_without_a_length_are_cut(web: Web, path: str):
    status, _, sent = web.answer(web.head(path, Content_Type=PARTS, Transfer_Encoding="chunked"), chunks(60))
    assert sent < 20_000_000, "the sender could not go on"
    assert status in (0, 411), "told why, unless its own line had broken before"


def test_a_small_body_without_a_length_is_told_that_one_is_needed(web: Web):
    assert web.answer(web.head("/fr/request/what/", Content_Type=FORM, Transfer_Encoding="chunked"), [b"0\r\n\r\n"])[0] == 411


def test_sixty_megabytes_in_files_are_taken_in_by_nobody(web: Web):
    """Under the limit of a body, over what a file may have: read once, kept nowhere, and the page answers."""
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    pieces = (part, *(b"a" * 1_000_000 for _ in range(60)), b"\r\n--x--\r\n")
    length = str(sum(map(len, pieces)))
    status, _, _ = web.answer(web.head("/fr/request/what/", Content_Type=PARTS, Content_Length=length), pieces)
    assert 200 <= status < 500
    assert web.others_wait() < OTHERS


def sent_whole(web: Web, path: str, body: bytes, **headers: str) -> int:
    return web.answer(web.head(path, Content_Length=str(len(body)), **headers), [body])[0]


def test_fields_files_nesting_and_packed_bodies_beyond_measure_are_refused(web: Web):
    fields = urllib.parse.urlencode([(f"f{n}", "x") for n in range(20_000)]).encode()
    file = b'--x\r\nContent-Disposition: form-data; name="f%d"; filename="a"\r\n\r\nx\r\n'
    files = b"".join(file % n for n in range(300)) + b"--x--\r\n"
    deep = b"[" * 100_000 + b"]" * 100_000
    for path in PAGES:
        assert sent_whole(web, path, fields, Content_Type=FORM) == 413
        assert sent_whole(web, path, files, Content_Type=PARTS) == 413
        assert sent_whole(web, path, gzip.compress(b"a" * 9_000_000), Content_Type=FORM, Content_Encoding="gzip") == 415
        assert sent_whole(web, path, deep, Content_Type="application/json") < 500, "never parsed"
    assert "Traceback" not in web.product.log.read_text()


@pytest.mark.parametrize("half", ["body", "headers"])
def test_forty_half_sent_requests_stop_nobody(web: Web, half: str):
    with ExitStack() as open_lines:
        busy = 0
        for _ in range(40):
            line = open_lines.enter_context(web.connect())
            if half == "body":
                line.sendall(web.head("/fr/request/what/", Content_Type=FORM, Content_Length="1000") + b"rights=acc")
            else:
                line.sendall(b"POST /fr/request/what/ HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        time.sleep(1)
        assert max(web.others_wait() for _ in range(20)) < OTHERS
        if half == "body":
            for _ in range(4):  # both processes are asked
                status = sent_whole(web, "/fr/request/what/", b"rights=access", Content_Type=FORM)
                busy += status == 503
            assert busy, "this network has enough unfinished bodies"
    until = time.monotonic() + 20
    while any(sent_whole(web, "/fr/request/what/", b"rights=access", Content_Type=FORM) == 503 for _ in range(8)):
        assert time.monotonic() < until, "whoever hangs up gives the place back"
        time.sleep(0.1)


def test_three_networks_that_send_halves_stop_nobody_else_who_reads_or_sends(web: Web):
    """Each sends more than one network may have in both processes; two of them alone held every thread."""
    whole = web.head("/fr/request/what/", Content_Type=FORM, Content_Length="13") + b"rights=access"
    with ExitStack() as open_lines:
        for network in ("127.0.0.11", "127.0.0.12", "127.0.0.13"):
            for _ in range(40):
                line = open_lines.enter_context(web.connect(source=network))
                line.sendall(web.head("/fr/request/what/", Content_Type=FORM, Content_Length="1000") + b"rights=acc")
        time.sleep(1)
        assert max(web.others_wait() for _ in range(20)) < OTHERS
        for _ in range(10):
            with web.connect(source="127.0.0.14") as line:
                line.sendall(whole)
                assert web.status(line) in (200, 302)
        refused = 0
        for _ in range(8):  # both processes are asked
            with web.connect(source="127.0.0.11") as line:
                line.sendall(whole)
                refused += web.status(line) == 503
        assert refused, "the halves were there all the time"


def test_the_last_threads_are_for_networks_that_have_none_and_one_for_who_only_reads():
    """One process of 16 threads, told here what the server would tell it."""
    more, inside = threading.Event(), threading.Semaphore(0)

    class Half:
        def read(self, size: int = -1) -> bytes:
            inside.release()
            more.wait(30)
            return b"x" * 10

    def application(environ: bodies.Environ, start_response: bodies.StartResponse) -> list[bytes]:
        environ["wsgi.input"].read(10)
        start_response("200 OK", [])
        return [b""]

    guarded, threads = bodies.Bodies(application), []
    statuses: Counter[str] = Counter()

    def ask(network: str) -> None:
        environ = {"CONTENT_LENGTH": "10", "REMOTE_ADDR": network, "wsgi.input": Half()}
        guarded(environ, lambda status, headers: statuses.update([f"{network} {status[:3]}"]))

    def send(network: str, count: int) -> None:
        for _ in range(count):
            threads.append(threading.Thread(target=ask, args=[network]))
            threads[-1].start()
            assert inside.acquire(timeout=20)

    send("192.0.2.1", bodies.UNFINISHED)
    send("192.0.2.2", 2)
    ask("192.0.2.2")
    for network in ("192.0.2.3", "192.0.2.4", "192.0.2.5"):
        send(network, 1)
        ask(network)
    ask("192.0.2.6")
    assert statuses == {f"192.0.2.{n} 503": 1 for n in (2, 3, 4, 5, 6)}, "15 wait, and the sixteenth thread is free"
    more.set()
    for thread in threads:
        thread.join(20)
    ask("192.0.2.6")
    assert statuses["192.0.2.6 200"] == 1
    assert sum(statuses.values()) == 15 + 5 + 1
    assert not guarded._unfinished, "and nothing stays counted"


def test_six_hundred_idle_connections_stop_nobody(web: Web):
    with ExitStack() as open_lines:
        for _ in range(600):
            open_lines.enter_context(web.connect())
        assert max(web.others_wait() for _ in range(10)) < OTHERS


def test_half_of_a_body_is_never_taken_for_all_of_it():
    """The server gives what came before the line broke as if it were the whole; a message must not be stored cut in two."""

    class CutShort:
        def read(self, size: int = -1) -> bytes:
            return b"words=Mon adresse n"

    def application(environ: bodies.Environ, start_response: bodies.StartResponse) -> list[bytes]:
        with pytest.raises(ConnectionError):
            environ["wsgi.input"].read(1000)
        start_response("400 Bad Request", [])
        return [b"seen"]

    environ = {"CONTENT_LENGTH": "1000", "REMOTE_ADDR": "192.0.2.1", "wsgi.input": CutShort()}
    assert bodies.Bodies(application)(environ, lambda status, headers: None) == [b"seen"]


def test_who_stops_in_the_middle_loses_the_thread_and_gets_the_place_back_by_hanging_up(monkeypatch: pytest.MonkeyPatch):
    """One process, told here what the server would tell it: a body of which no further byte comes."""
    monkeypatch.setattr(bodies, "PATIENCE", 0.1)
    hung_up = threading.Event()

    class Silent:
        def read(self, size: int = -1) -> bytes:
            hung_up.wait(30)
            return b""

    seen: list[str] = []

    def application(environ: bodies.Environ, start_response: bodies.StartResponse) -> list[bytes]:
        try:
            environ["wsgi.input"].read(10)
        except OSError:
            seen.append("broken")
        start_response("400 Bad Request", [])
        return [b""]

    statuses: list[str] = []
    shown: list[bytes] = []
    guarded = bodies.Bodies(application)

    def ask(address: str) -> None:
        environ = {"CONTENT_LENGTH": "1000", "REMOTE_ADDR": address, "wsgi.input": Silent()}
        shown.extend(guarded(environ, lambda status, headers: statuses.append(status[:3])))

    for _ in range(bodies.UNFINISHED + 2):
        ask("192.0.2.1")
    ask("192.0.2.2")
    assert statuses == ["400"] * bodies.UNFINISHED + ["503", "503", "400"], "another network is not meant"
    page = next(one for one in shown if one).decode()
    for needed in ("Patientez un instant", "Please wait a moment", f'href="mailto:{controller().dpo.email}"'):
        assert needed in page
    assert len(seen) == bodies.UNFINISHED + 1
    hung_up.set()
    until = time.monotonic() + 10
    while guarded._unfinished and time.monotonic() < until:
        time.sleep(0.01)
    assert not guarded._unfinished
