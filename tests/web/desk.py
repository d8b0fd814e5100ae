"""A member of staff at their desk: signed in with both factors, so that a test starts where work starts."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client

from dsar import accounts

if TYPE_CHECKING:
    from dsar.models import User

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # of an app that only the tests have
PASSWORD = "une phrase de passe assez longue"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def with_app(user: User) -> Authenticator:
    """The authenticator of this person's app, set up when it is not."""
    known = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    return known or TOTP.activate(user, SECRET).instance


def code(step: int = 0) -> str:
    """What the app shows now, or `step` half-minutes from now."""
    return format_hotp_value(hotp_value(SECRET, int(time.time()) // 30 + step))


def at_desk(user: User, *, proved_ago: float = 0, seen_ago: float = 0, began_ago: float = 0) -> Client:
    """A browser in which this person signed in with both factors; `proved_ago` seconds since the second one."""
    app = with_app(user)
    client = Client()
    client.force_login(user, backend=BACKEND)
    session, now = client.session, time.time()
    session[accounts.BEGAN_AT], session[accounts.SEEN_AT] = now - began_ago, now - seen_ago
    session["account_authentication_methods"] = [{"method": "mfa", "at": now - proved_ago, "id": app.pk, "type": "totp"}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


def words(response: Any) -> str:
    """What a reader sees, without tags and with single spaces."""
    body = response.content.decode()
    body = re.sub(r"<(script|style).*?</\1>", " ", body, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).replace("&#x27;", "'")
