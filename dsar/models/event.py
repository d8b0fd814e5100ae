"""What happened to a request: append-only, chained by hashes, without a personal value in a row."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from dsar.domain.vocabulary import ActorKind, EventKind


class RequestEvent(models.Model):
    """One thing that happened. `data` holds codes, dates and counts; text lies in `sealed_text` under the request's key.

    `hash` covers the row and `previous_hash`, with `sealed_text` by its SHA-256: destroying the key leaves the chain verifying.
    UPDATE and DELETE are refused by triggers on both databases.
    """

    dsr = models.ForeignKey("dsar.DataSubjectRequest", on_delete=models.PROTECT, related_name="events")
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=24, choices=[(kind.value, kind.value) for kind in EventKind])
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in ActorKind])
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    data = models.JSONField(default=dict, blank=True)
    sealed_text = models.BinaryField(default=bytes, blank=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("dsr_id", "sequence")
        constraints = [models.UniqueConstraint(fields=("dsr", "sequence"), name="one_unforked_chain")]

    def __str__(self) -> str:
        return f"{self.sequence} {self.kind}"
