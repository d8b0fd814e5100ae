"""What stands between the web server and Django while a body arrives: nobody may hold a thread by sending half of one.

The server hands a request over as soon as its headers are there, and reading the body then holds a thread for as long as the
client pleases: 8 half-sent forms stopped everyone, and a phone that lost its network held a thread for ever. So one network may
have few unfinished bodies at a time, and nobody waits for a body that has stopped coming (SECURITY T26). Nor may some networks
together hold every thread: the last ones are for networks that have none, one each, and one for pages that are only read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import Any

from django.utils.html import escape

from dsar.controller import controller
from dsar.network import network_of

UNFINISHED = 10  # bodies of one network that one process waits for at a time, of its 16 threads; a campus is one network
FOR_ANYBODY, FOR_ONE_EACH = 12, 15  # unfinished bodies of all networks together, of the 16 threads
PATIENCE = 60.0  # seconds for the next 64 KB: about 1 KB/s, less than any phone sends
READERS = 256  # threads that wait for bytes, and do nothing else

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

BUSY = """<!doctype html><html lang="fr"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Patientez un instant / Please wait a moment</title>
<h1>Patientez un instant</h1><p>Trop d’envois arrivent en même temps. Revenez en arrière et réessayez dans une minute.</p>
<h1 lang="en">Please wait a moment</h1><p lang="en">Too much is being sent at once. Go back and try again in a minute.</p>
<p><a href="mailto:{email}">{email}</a></p></html>
"""  # noqa: E501  (sentences)
HEADERS = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cache-Control", "no-store"),
    ("Retry-After", "60"),
]


class BrokenOff(ConnectionError):
    """Fewer bytes came than were announced."""


class Patient:
    """The body of one request, read by a thread that can be left behind when nothing comes.

    A body that breaks off is an error, which Django takes for the broken connection that it is: the server gives the first half
    of a message as if it were all of it.
    """

    def __init__(self, stream: Any, length: int, readers: ThreadPoolExecutor, all_here: Callable[[], None]) -> None:
        self._stream, self._left, self._readers, self._all_here = stream, length, readers, all_here
        self.waiting: Future[bytes] | None = None

    def read(self, size: int = -1) -> bytes:
        data = self._soon(self._stream.read, size)
        if self._left and (size < 0 or len(data) < size):
            raise BrokenOff
        return data

    def readline(self, size: int = -1) -> bytes:
        data = self._soon(self._stream.readline, size)
        if self._left and not data:
            raise BrokenOff
        return data

    def _soon(self, read: Callable[[int], bytes], size: int) -> bytes:
        if not self._left:
            return b""
        self.waiting = self._readers.submit(read, size)
        try:
            data = self.waiting.result(PATIENCE)
        except TimeoutError:
            raise BrokenOff from None
        self._left = max(0, self._left - len(data))
        if not self._left:
            self._all_here()
        return data


class Bodies:
    """The application, behind a count of unfinished bodies for each network."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._lock, self._unfinished = Lock(), Counter[str]()
        self._held: set[object] = set()  # one for each thread that waits for bytes
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="body")

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        length = str(environ.get("CONTENT_LENGTH") or "0")
        if not length.isdecimal() or not int(length[:20]):  # none, or refused unread by dsar/middleware.py
            return self._application(environ, start_response)
        network = network_of(environ)
        with self._lock:
            mine = self._unfinished[network]
            if mine >= UNFINISHED or len(self._held) >= (FOR_ANYBODY if mine else FOR_ONE_EACH):
                if not mine:
                    del self._unfinished[network]
                page = BUSY.format(email=escape(controller().dpo.email)).encode()
                start_response("503 Service Unavailable", [*HEADERS, ("Content-Length", str(len(page)))])
                return [page]
            self._unfinished[network] += 1
            self._held.add(one := object())
        waits_no_more = partial(self._held.discard, one)
        body = environ["wsgi.input"] = Patient(environ["wsgi.input"], int(length[:20]), self._readers, waits_no_more)
        try:
            return self._application(environ, start_response)
        finally:
            waits_no_more()
            if body.waiting is None:
                self._finished(network)
            else:  # at once when it is read; else when the client hangs up, so that nobody has more of them by not answering
                body.waiting.add_done_callback(lambda _: self._finished(network))

    def _finished(self, network: str) -> None:
        with self._lock:
            self._unfinished[network] -= 1
            if not self._unfinished[network]:
                del self._unfinished[network]
