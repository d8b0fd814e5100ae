"""Error pages: what happened, what to do, and whom to write to, in both languages and under the same strict policy."""

from __future__ import annotations

import sys

import structlog
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import TemplateDoesNotExist
from django.utils.html import escape

from dsar.controller import controller

logger = structlog.get_logger(__name__)
TOO_BIG = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
LAST_WORDS = """<!doctype html><html lang="fr"><meta charset="utf-8"><title>Erreur / Error</title>
<h1>Un problème est survenu de notre côté</h1><p>Réessayez dans quelques minutes.</p>
<h1 lang="en">Something went wrong on our side</h1><p lang="en">Try again in a few minutes.</p>
<p><a href="mailto:{email}">{email}</a></p></html>"""


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, TOO_BIG):
        return page(request, 413)
    return page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """A database that does not answer is a pause (503), everything else our mistake (500)."""
    return page(request, 503 if isinstance(sys.exc_info()[1], OperationalError) else 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's own secret is missing: cookies are blocked, or the page was open for very long."""
    return page(request, 403, "403_csrf.html")


def page(request: HttpRequest, status: int, template: str = "") -> HttpResponse:
    """The page of a status, or of `template`; also for what never reaches a view."""
    try:
        response = render(request, template or f"{status}.html", status=status)
    except Exception as error:  # the page itself cannot be built: say the least in plain HTML
        if isinstance(error, TemplateDoesNotExist):
            raise
        logger.error("error page failed", status=status, reason=type(error).__name__)
        response = HttpResponse(LAST_WORDS.format(email=escape(controller().dpo.email)), status=status)
    response["Cache-Control"] = "no-store"
    return response
