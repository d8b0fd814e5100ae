"""What every page needs: the controller, this page in the other languages, dates and addresses in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.template import Context
from django.urls import translate_url
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language

from dsar.controller import Controller, Recipient, Text, controller
from dsar.language import language
from notifications.address import readable

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


@register.simple_tag
def conformity() -> str:
    """What the audit of controller.toml allows the pages to say of themselves today: full, partial or none (RGAA 4.1.2)."""
    return controller().conformity(timezone.localdate()).value


@register.simple_tag(takes_context=True)
def other_languages(context: Context) -> list[LanguageLink]:
    """The same page in each other language; the home page when there is no request (a server error)."""
    here = language()
    request: HttpRequest | None = context.get("request")
    path = request.get_full_path() if request else f"/{here}/"
    return [LanguageLink(code, name, _in_language(path, here, code)) for code, name in settings.LANGUAGES if code != here]


@register.filter
def local(text: Text) -> str:
    """A text of the controller's files in the reader's language."""
    return str(text)


@register.filter
def country(place: Recipient) -> str:
    """The country of a recipient in the reader's language."""
    return place.country_name(language())


def _in_language(path: str, here: str, code: str) -> str:
    """`path` under another language prefix; an unknown path keeps its tail, one without prefix gets the first page."""
    translated = translate_url(path, code)
    if translated != path:
        return translated
    return f"/{code}{path[len(here) + 1 :]}" if path.startswith(f"/{here}/") else f"/{code}/"


@register.filter(expects_localtime=True)
def day(value: date) -> str:
    """A date in words: 22 December 2026; the first of a month as French writes it. Of an instant, the day at the seat."""
    words = date_format(value, "j F Y")
    return f"1er{words[1:]}" if get_language() == "fr" and value.day == 1 else words


@register.filter(expects_localtime=True)
def weekday(value: date) -> str:
    """A date in words with its weekday: Tuesday 22 December 2026."""
    return f"{date_format(value, 'l')} {day(value)}"


@register.filter
def masked(email: str) -> str:
    """An address as its owner recognises it and nobody else learns it: c•••••@institut.example."""
    local, at, domain = readable(email).rpartition("@")
    return f"{local[:1]}•••••{at}{domain}" if local else ""


@register.filter
def dialled(phone: str) -> str:
    """A telephone number as a link dials it: +33144192345."""
    return re.sub(r"(?!^\+)\D", "", phone)


@register.filter
def digits(count: int) -> str:
    """A count in groups of three: 2,000, and with narrow spaces in French."""
    return f"{count:,}".replace(",", "\u202f") if get_language() == "fr" else f"{count:,}"
