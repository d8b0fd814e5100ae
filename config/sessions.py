"""Sessions in the database: twelve hours for staff, two for everybody else, whose answers may lie sealed in them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    """The row of somebody who did not sign in goes two hours after its last change, with the next hourly sweep."""

    def get_session_cookie_age(self) -> int:
        return int(settings.SESSION_COOKIE_AGE if SESSION_KEY in self else settings.PUBLIC_SESSION_AGE)
