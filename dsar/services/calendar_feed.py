"""The calendar feed of one officer (RFC 5545): references and dates, behind a secret link that can be renewed and revoked."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, datetime, timedelta

from django.utils import translation
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from dsar.controller import controller
from dsar.models import DataSubjectRequest, User
from dsar.services.tell import absolute

KEY_BYTES = 16  # 128 random bits: nobody guesses them, so their SHA-256 needs no salt
MOST_EVENTS = 1_000  # the nearest ones


def make_key(user: User) -> str:
    """A new key, shown once and stored as its hash; the one before opens nothing from now on."""
    key = secrets.token_urlsafe(KEY_BYTES)
    user.calendar_key_hash = _hash(key)
    user.save(update_fields=["calendar_key_hash"])
    return key


def revoke_key(user: User) -> None:
    user.calendar_key_hash = ""
    user.save(update_fields=["calendar_key_hash"])


def holder(key: str) -> User | None:
    """Whose calendar this key opens: an active colleague who may read cases, or nobody."""
    user = User.objects.filter(calendar_key_hash=_hash(key), is_active=True).first() if key else None
    return user if user is not None and user.may_read_cases else None


def feed(user: User, *, now: datetime) -> bytes:
    """The open cases of the user's sites, each on the day by which it must be answered."""
    calendar = Calendar()
    calendar.add("prodid", "-//dsar//deadlines//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    with translation.override(user.language):
        calendar.add("x-wr-calname", _("Data requests"))
        calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
        cases = DataSubjectRequest.objects.visible_to(user).open().order_by("working_date", "pk")
        rows = cases.values_list("reference", "working_date", "waiting_since")[:MOST_EVENTS]
        for reference, due, waiting in rows:
            calendar.add_component(_event(user, reference, due, paused=waiting is not None, now=now))
    return calendar.to_ical()


def _event(user: User, reference: str, due: date, *, paused: bool, now: datetime) -> Event:
    said = _("%(reference)s: answer by today, a question is open") if paused else _("%(reference)s: answer by today")
    event = Event()
    event.add("uid", f"{reference}@{controller().slug}.dsar.invalid")
    event.add("dtstamp", now)
    event.add("dtstart", due)
    event.add("dtend", due + timedelta(days=1))  # whole days end before the next one
    event.add("summary", said % {"reference": reference})
    event.add("url", absolute("backoffice:case", user.language, reference))
    event.add("class", "CONFIDENTIAL")
    event.add("transp", "TRANSPARENT")
    return event


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
