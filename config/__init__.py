"""Settings, their checks, the Celery app and the entry points of the processes."""

from config import checks as checks  # registers them
from config.celery import app as celery_app

__all__ = ["celery_app", "checks"]
