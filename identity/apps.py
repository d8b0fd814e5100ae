"""Means of proof and the vault: a library with a table, without knowledge of requests."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "identity"
    default_auto_field = "django.db.models.BigAutoField"
