"""A line that breaks while the form is sent: one request, one reference, one acknowledgement, or none of all (SECURITY R17)."""

from __future__ import annotations

import http.client
import re
import socket
import struct
import urllib.parse
from contextlib import closing

import pytest

from tests.faults.web import CSRF, Web
from tests.web.asking import ANSWERS

RETRIES = 3
# Of all the bytes of the sending, headers and body; 1 is all of them, and nobody listens to the answer.
CUTS = (0.0, 0.2, 0.5, 0.8, 0.9, 0.97, 0.99, 0.998, 1.0)


class Form:
    """One browser that has answered every question and stands before the last button."""

    def __init__(self, web: Web, email: str) -> None:
        self.web, self.email, self.cookies = web, email, {"csrftoken": CSRF}
        self.post("/fr/", {})
        step = "what"
        while step != "check":
            answers = ANSWERS[step] | ({"email": email} if step == "contact" else {})
            step = self.post(f"/fr/request/{step}/", answers)[1].rstrip("/").rsplit("/", 1)[-1]
        found = re.search(r'name="token" value="([^"]+)"', self.get("/fr/request/check/"))
        assert found
        self.token = found.group(1)

    def _ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, str, str]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.web.port, timeout=20)) as line:
            headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), "X-CSRFToken": CSRF}
            if body is not None:
                headers |= {"Content-Type": "application/x-www-form-urlencoded"}
            line.request(method, path, body, headers)
            answer = line.getresponse()
            for cookie in answer.headers.get_all("Set-Cookie") or []:
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
            return answer.status, answer.headers.get("Location", ""), answer.read().decode()

    def post(self, path: str, values: dict[str, object]) -> tuple[int, str, str]:
        return self._ask("POST", path, urllib.parse.urlencode(values, doseq=True).encode())

    def get(self, path: str) -> str:
        return self._ask("GET", path)[2]

    def send(self) -> tuple[int, str, str]:
        return self.post("/fr/request/check/", {"token": self.token})

    def send_and_break(self, part: float) -> None:
        """Send so much of it and drop the line, as a phone in a tunnel does."""
        body = urllib.parse.urlencode({"token": self.token}).encode()
        form = {"Content_Type": "application/x-www-form-urlencoded", "Content_Length": str(len(body))}
        whole = self.web.head("/fr/request/check/", cookies=self.cookies, **form) + body
        with self.web.connect() as line:
            line.sendall(whole[: int(len(whole) * part)])
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, not a farewell

    def stored(self) -> tuple[list[str], int]:
        """The references of the requests that it made, and how many acknowledgements of theirs there are."""
        made = self.web.rows("SELECT reference FROM dsar_datasubjectrequest WHERE email = ?", self.email)
        references = [str(row[0]) for row in made]
        told = "SELECT id FROM notifications_message WHERE kind = 'acknowledgement' AND reference = ?"
        return references, sum(len(self.web.rows(told, reference)) for reference in references)


@pytest.mark.parametrize("part", CUTS)
def test_a_sending_cut_at_any_byte_and_tried_three_times_more_is_one_request(web: Web, part: float):
    form = Form(web, f"coupe.{int(part * 1000)}@etu.example")
    form.send_and_break(part)
    references, told = form.stored()
    assert (len(references), told) in ((0, 0), (1, 1)), "all of it, or nothing"
    for _ in range(RETRIES - 1):
        form.send_and_break(1.0)
    status, where, _ = form.send()
    assert (status, where.endswith("/request/sent/")) == (302, True)
    references, told = form.stored()
    assert (len(references), told) == (1, 1)
    assert references[0] in form.get("/fr/request/sent/")


@pytest.mark.parametrize("part", [0.5, 0.99])
def test_a_sending_that_never_came_whole_leaves_nothing(web: Web, part: float):
    form = Form(web, f"jamais.{int(part * 1000)}@etu.example")
    for _ in range(RETRIES + 1):
        form.send_and_break(part)
    assert "Vérifiez vos réponses" in form.get("/fr/request/check/"), "the answers are still there"
    assert form.stored() == ([], 0)


def test_a_sending_that_came_whole_is_one_request(web: Web):
    """So that the counts above can fail."""
    form = Form(web, "entiere@etu.example")
    assert form.stored() == ([], 0)
    status, _, page = form.send()
    assert status == 302, page
    assert form.stored()[1] == 1
