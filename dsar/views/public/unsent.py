"""The words of a message that is not sent yet, while its page is opened anew: in the session, sealed with the request's key."""

from __future__ import annotations

from django.http import HttpRequest

from dsar.models import DataSubjectRequest
from identity import vault

UNSENT = "unsent"  # session key: of which request, and the words


def keep(request: HttpRequest, dsr: DataSubjectRequest) -> bool:
    """Keep what this form was sent with; True when there is something to keep."""
    words = request.POST.get("words", "")
    if not words.strip():
        drop(request)
        return False
    try:
        sealed = vault.seal_text(dsr.key_name, words).decode()
    except vault.KeyDestroyed:
        return False
    request.session[UNSENT] = {"dsr": str(dsr.pk), "words": sealed}
    return True


def of(request: HttpRequest, dsr: DataSubjectRequest) -> str:
    """What waits to be sent about this very request."""
    kept = request.session.get(UNSENT)
    if not kept or kept["dsr"] != str(dsr.pk):
        return ""
    try:
        return vault.open_text(dsr.key_name, kept["words"].encode())
    except vault.VaultError:
        return ""


def drop(request: HttpRequest) -> None:
    request.session.pop(UNSENT, None)
