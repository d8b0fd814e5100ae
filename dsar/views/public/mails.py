"""The mails of the embedded product, read where they were written: only there, since a real mail server has no such page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dsar.views.public.shared import private

FOLDER_BACKEND = "notifications.folder_backend.EmailBackend"
NEWEST = 200


@dataclass(frozen=True)
class Mail:
    """One mail as its reader gets it, as text."""

    name: str
    subject: str
    to: str
    at: datetime | None
    text: str


@private
@require_safe
def mails(request: HttpRequest) -> HttpResponseBase:
    """The mails, newest first."""
    return render(request, "public/mails.html", {"mails": [_read(path) for path in _newest()]})


@private
@require_safe
def mail(request: HttpRequest, name: str) -> HttpResponseBase:
    """One mail, as text; its HTML twin is never rendered inside our own pages."""
    path = next((path for path in _newest() if path.name == name), None)
    if path is None:
        raise Http404
    return render(request, "public/mail.html", {"mail": _read(path)})


def _newest() -> list[Path]:
    if settings.EMAIL_BACKEND != FOLDER_BACKEND or settings.PRODUCTION:
        raise Http404
    folder = Path(settings.MAIL_FOLDER)
    found = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True) if folder.is_dir() else []
    return found[:NEWEST]


def _read(path: Path) -> Mail:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    body = message.get_body(preferencelist=("plain",))
    sent = message.get("Date")
    return Mail(
        name=path.name,
        subject=str(message.get("Subject", "")),
        to=str(message.get("To", "")),
        at=parsedate_to_datetime(str(sent)) if sent else None,
        text=body.get_content() if body else "",
    )
