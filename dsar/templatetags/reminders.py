"""Template tags of what waits: the banner when a loop stands still, and what is due for the reader."""

from __future__ import annotations

from datetime import timedelta

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.translation import ngettext

from dsar import selectors
from dsar.selectors import standstill as standing

register = template.Library()


@register.simple_tag
def standstill() -> standing.Standstill | None:
    """What stands still, or None."""
    return standing.standstill(timezone.now())


@register.simple_tag(takes_context=True)
def due_for_me(context: Context) -> selectors.Duties:
    return selectors.duties(context["request"].user, today=selectors.today_at_seat(timezone.now()))


@register.filter
def long(spent: timedelta) -> str:
    """A length of time in its largest unit, rounded down."""
    minutes = int(spent.total_seconds() // 60)
    if minutes < 120:
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    if minutes < 48 * 60:
        return ngettext("%(n)s hour", "%(n)s hours", minutes // 60) % {"n": minutes // 60}
    return ngettext("%(n)s day", "%(n)s days", minutes // 1440) % {"n": minutes // 1440}
