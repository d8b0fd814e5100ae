"""Every page of the product, below its language prefix: the public's and the back office's."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("dsar.urls_office")),  # office/ and accounts/
    path("", include("dsar.urls_public", namespace="public")),
]
