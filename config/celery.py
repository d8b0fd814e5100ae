"""The Celery app and its timetable, in code.

The database is the queue of record and the broker only a bell, so every entry is an idempotent sweep by plain interval in UTC.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("dsar")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["dsar"])

app.conf.beat_schedule = {
    "advance-requests": {"task": "dsar.tasks.advance_requests", "schedule": 60.0},
    "relay-messages": {"task": "dsar.tasks.relay_messages", "schedule": 10.0},
    "poll-mailbox": {"task": "dsar.tasks.poll_mailbox", "schedule": 60.0},  # returns at once when no mailbox is configured
    "send-reminders": {"task": "dsar.tasks.send_reminders", "schedule": 60.0},
    "expire-what-is-due": {"task": "dsar.tasks.expire_what_is_due", "schedule": 3600.0},
}
