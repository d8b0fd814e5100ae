"""On whose behalf somebody asks, for the case page: what question 2b wrote down, and what must be thought of first."""

from __future__ import annotations

from django import template
from django.utils import timezone

from dsar.forms import about
from dsar.models import DataSubjectRequest
from dsar.selectors import today_at_seat

register = template.Library()


@register.simple_tag
def about_lines(dsr: DataSubjectRequest) -> list[tuple[str, str]]:
    return about.lines(dsr)


@register.simple_tag
def about_tag(dsr: DataSubjectRequest) -> str:
    return about.tag(dsr, today=today_at_seat(timezone.now()))
