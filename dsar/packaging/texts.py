"""The template engine of letters: our folder alone, no context processors, no tag libraries of the site."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.template import Context, Engine

from dsar.packaging.words import TEMPLATES


@cache
def _engine() -> Engine:
    return Engine(dirs=[str(TEMPLATES)], autoescape=True)


def render(name: str, context: Mapping[str, Any]) -> str:
    """The template with `context`; values are escaped, and times are never localised."""
    text: str = _engine().get_template(name).render(Context(dict(context), use_l10n=False, use_tz=False))
    return text
