"""The real ClamAV engine, and what happens when it does not answer: a file waits, and is never clean."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from config.checks import refusals
from identity import antivirus, documents
from identity.antivirus import Verdict
from identity.models import Document
from tests.identity.corpus import EICAR, JPEG, PNG
from tests.identity.portable import pdf, stream
from tests.processes import Server

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
ATTACHED = pdf(
    catalogue=b"/Names<</EmbeddedFiles<</Names[(a)6 0 R]>>>>",
    more=[b"<</Type/Filespec/F(a.com)/EF<</F 7 0 R>>>>", stream(EICAR)],
)


def receive(data: bytes) -> Document:
    return documents.receive(
        reference="IE-7K4M-2XQ9",
        purpose="identity",
        stream=io.BytesIO(data),
        declared_size=len(data),
        label_texts=["IE-7K4M-2XQ9"],
        now=NOW,
    )


@pytest.mark.parametrize(
    "data", [EICAR, JPEG + EICAR, PNG + EICAR, ATTACHED], ids=["plain", "tail of a JPEG", "tail of a PNG", "in a PDF"]
)
def test_the_engine_finds_the_test_virus(clamd: Server, data: bytes) -> None:
    assert antivirus.scan(data) is Verdict.INFECTED


@pytest.mark.parametrize("data", [JPEG, PNG, pdf()], ids=["JPEG", "PNG", "PDF"])
def test_the_engine_finds_nothing_in_honest_files(clamd: Server, data: bytes) -> None:
    assert antivirus.scan(data) is Verdict.CLEAN


def test_without_a_scanner_that_is_said() -> None:
    assert antivirus.scan(JPEG) is Verdict.NOT_CONFIGURED


@pytest.mark.django_db
def test_a_virus_is_refused_and_nothing_is_kept(clamd: Server) -> None:
    document = documents.process(receive(JPEG + EICAR).pk, lambda: NOW)
    assert (document.state, document.refusal, document.scan, document.path) == ("refused", "virus", "infected", "")


@pytest.mark.django_db
def test_a_clean_file_is_ready_and_says_that_it_was_scanned(clamd: Server) -> None:
    document = documents.process(receive(JPEG).pk, lambda: NOW)
    assert (document.state, document.scan) == ("ready", "clean")


@pytest.mark.django_db
def test_while_the_scanner_is_down_a_file_waits_and_is_scanned_later(clamd: Server, settings: SettingsWrapper) -> None:
    up, settings.CLAMD_ADDRESS = settings.CLAMD_ADDRESS, f"unix:{clamd.folder / 'nobody-listens'}"
    honest, infected = receive(JPEG), receive(JPEG + EICAR)
    for at in (NOW, NOW + timedelta(minutes=2), NOW + timedelta(minutes=4), NOW + timedelta(minutes=6)):
        assert documents.process(honest.pk, lambda at=at: at).state == "pending"
        assert documents.process(infected.pk, lambda at=at: at).state == "pending"
    settings.CLAMD_ADDRESS = up
    later = NOW + timedelta(minutes=8)
    for document in list(documents.due(later)):
        documents.process(document.pk, lambda: later)
    honest.refresh_from_db()
    infected.refresh_from_db()
    assert (honest.state, honest.scan) == ("ready", "clean")
    assert (infected.state, infected.refusal) == ("refused", "virus")


class Line:
    """A server that takes what comes and answers `answer`, or hangs up in the middle when it is None."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.answer: bytes | None = None
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            with line:
                got = line.recv(1 << 16)
                while self.answer is not None and not got.endswith(b"\0\0\0\0"):
                    got += line.recv(1 << 16)
                line.sendall(self.answer or b"")


@pytest.fixture
def odd_scanner(settings: SettingsWrapper) -> Iterator[Line]:
    line = Line()
    settings.CLAMD_ADDRESS = f"tcp:127.0.0.1:{line.listener.getsockname()[1]}"
    yield line
    line.listener.close()


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (b"stream: OK\0", Verdict.CLEAN),
        (b"stream: Own.Test FOUND\0", Verdict.INFECTED),
        (None, Verdict.DOWN),
        (b"", Verdict.DOWN),
        (b"stream: O", Verdict.DOWN),
        (b"INSTREAM size limit exceeded. ERROR\0", Verdict.DOWN),
        (b"stream: OK, or not\0", Verdict.DOWN),
        (b"x" * 20_000, Verdict.DOWN),
    ],
)
def test_only_a_whole_and_known_answer_counts(odd_scanner: Line, answer: bytes | None, verdict: Verdict) -> None:
    odd_scanner.answer = answer
    assert antivirus.scan(JPEG * 40) is verdict


@pytest.mark.parametrize("address", ["unix:/run/clamav/clamd.ctl", "tcp:clamd:3310", "tcp:[::1]:3310"])
def test_addresses_of_both_kinds_are_understood(address: str) -> None:
    assert antivirus.is_address(address)


@pytest.mark.parametrize("address", ["clamd", "/run/clamav/clamd.ctl", "tcp:clamd", "tcp:clamd:port"])
def test_an_address_of_no_kind_is_not(address: str) -> None:
    assert not antivirus.is_address(address)


def test_the_product_does_not_start_with_an_address_that_it_cannot_ask(settings: SettingsWrapper) -> None:
    assert not [sentence for sentence in refusals() if "CLAMD_ADDRESS" in sentence]
    settings.CLAMD_ADDRESS = "clamd"
    assert [sentence for sentence in refusals() if "CLAMD_ADDRESS" in sentence and "tcp:host:3310" in sentence]


def test_the_product_does_not_start_without_the_certificates_that_it_is_to_trust(settings: SettingsWrapper) -> None:
    assert not [sentence for sentence in refusals() if "IDENTITY_TRUST_CERTIFICATES" in sentence]
    settings.IDENTITY_TRUST_CERTIFICATES = "/nowhere/issuers.pem"
    assert [sentence for sentence in refusals() if "IDENTITY_TRUST_CERTIFICATES" in sentence]
