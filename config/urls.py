"""Everything reachable by HTTP."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import URLPattern, URLResolver, include, path

from dsar.views import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    *i18n_patterns(path("", include("dsar.urls"))),
]

handler400 = "dsar.views.public.errors.bad_request"
handler403 = "dsar.views.public.errors.forbidden"
handler404 = "dsar.views.public.errors.not_found"
handler500 = "dsar.views.public.errors.server_error"
