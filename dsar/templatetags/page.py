"""What every page needs: the controller, and this page in the other languages."""

from __future__ import annotations

from dataclasses import dataclass

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.template import Context
from django.urls import translate_url
from django.utils.translation import get_language

from dsar.controller import Controller, Text, controller

register = template.Library()


@dataclass(frozen=True)
class LanguageLink:
    """This page in another language."""

    code: str
    name: str
    url: str


@register.simple_tag
def the_controller() -> Controller:
    """The controller that this installation serves: its name, its DPO, its authority."""
    return controller()


@register.simple_tag(takes_context=True)
def other_languages(context: Context) -> list[LanguageLink]:
    """The same page in each other language; the home page when there is no request (a server error)."""
    here = get_language() or settings.LANGUAGE_CODE
    request: HttpRequest | None = context.get("request")
    path = request.get_full_path() if request else f"/{here}/"
    return [LanguageLink(code, name, _in_language(path, here, code)) for code, name in settings.LANGUAGES if code != here]


@register.filter
def local(text: Text) -> str:
    """A text of the controller's files in the reader's language."""
    return text.in_language(get_language() or settings.LANGUAGE_CODE)


def _in_language(path: str, here: str, code: str) -> str:
    """`path` under another language prefix; an unknown path (a 404 page) keeps its tail, one without prefix gets the home page."""
    translated = translate_url(path, code)
    if translated != path:
        return translated
    return f"/{code}{path[len(here) + 1 :]}" if path.startswith(f"/{here}/") else f"/{code}/"
