"""Every page of the product, and three that fail: how the tests see the error pages that nobody should ever see."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path

import config.urls
from dsar.access import public


@public
def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("planted")


@public
def resting(request: HttpRequest) -> HttpResponse:
    raise OperationalError("planted")


@public
def forbidden(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


urlpatterns = [
    path("planted/broken/", broken),
    path("planted/resting/", resting),
    path("planted/forbidden/", forbidden),
    *config.urls.urlpatterns,
]
handler400, handler403 = config.urls.handler400, config.urls.handler403
handler404, handler500 = config.urls.handler404, config.urls.handler500
