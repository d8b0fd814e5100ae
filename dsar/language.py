"""The reader's language: the one in which a page is being written."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import get_language


def language() -> str:
    """The active one; the product's own where none is, as in a command."""
    return get_language() or settings.LANGUAGE_CODE
