"""Messages stored before they are sent, and the relay: a library with a table, without knowledge of requests."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"
