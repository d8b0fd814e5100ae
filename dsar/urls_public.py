"""The data subject's pages. One URL per page and language, the same in every language after its prefix."""

from django.urls import path

from dsar.views.public import pages

app_name = "public"

urlpatterns = [
    path("", pages.contact, name="start"),
    path("follow/", pages.contact, name="follow"),
    path("notice/", pages.notice, name="notice"),
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("contact/", pages.contact, name="contact"),
]
