"""The product itself: requests, parts, work and packages."""

from django.apps import AppConfig


class DsarConfig(AppConfig):
    name = "dsar"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from dsar import checks  # noqa: F401  registers them
