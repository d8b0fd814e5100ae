"""Follows a request as its person does: its reference, the code of the mail, its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.test import Client

from tests.stories import code_in
from tests.web.asking import step_of

if TYPE_CHECKING:
    from dsar.models import DataSubjectRequest


def enter(client: Client, dsr: DataSubjectRequest, *, known_by: str = "", language: str = "fr") -> str:
    """Type the code in this browser; returns the page that opens: status, or requests when the mailbox has several."""
    client.post(f"/{language}/follow/", {"known_by": known_by or dsr.reference})
    opens = step_of(client.post(f"/{language}/follow/code/", {"code": code_in(dsr, "code")}))  # type: ignore[arg-type]
    assert opens in ("status", "requests"), opens
    return opens


def opened(dsr: DataSubjectRequest, *, language: str = "fr") -> Client:
    """A browser in which the status page is open."""
    client = Client()
    assert enter(client, dsr, language=language) == "status"
    return client
