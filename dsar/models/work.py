"""Work on a request: one task per source, its part files, and the tasks that a colleague does by hand."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from dsar.domain.vocabulary import CoverageState, TaskState


class SourceTask(models.Model):
    """The search of one source for one request. Worked by whoever holds the lease; `fencing` outdates a holder that slept.

    `plan` is the plan as shown to the DPO (collections, keys, columns, unmapped), without values.
    """

    dsr = models.ForeignKey("dsar.DataSubjectRequest", on_delete=models.CASCADE, related_name="source_tasks")
    source_key = models.CharField(max_length=40)
    state = models.CharField(max_length=8, choices=[(s.value, s.value) for s in TaskState], default=TaskState.WAITING)
    plan = models.JSONField(default=dict, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    fencing = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    rows = models.PositiveBigIntegerField(default=0, help_text="read so far; the DPO sees it while it runs")
    namesakes = models.PositiveIntegerField(default=0, help_text="others of the same name, shown and never included")
    error = models.CharField(max_length=300, blank=True, default="", help_text="what happened and what to do, without values")

    class Meta:
        ordering = ("source_key",)
        constraints = [models.UniqueConstraint(fields=("dsr", "source_key"), name="one_task_per_source")]
        indexes = [
            models.Index(fields=("next_at",), condition=Q(state__in=("waiting", "running")), name="source_task_due"),
        ]

    def __str__(self) -> str:
        return f"{self.source_key} for {self.dsr_id}"


class PartFile(models.Model):
    """How the search of one collection ended, and the encrypted file that holds its rows (JSON Lines inside).

    Unique by task, collection and attempt; `current` marks the attempt that counts.
    """

    task = models.ForeignKey(SourceTask, on_delete=models.CASCADE, related_name="part_files")
    collection = models.CharField(max_length=120, help_text="dataset.collection")
    attempt = models.PositiveSmallIntegerField()
    current = models.BooleanField(default=True)
    state = models.CharField(max_length=8, choices=[(s.value, s.value) for s in CoverageState])
    reason = models.CharField(max_length=300, blank=True, default="")
    path = models.CharField(max_length=200, blank=True, default="", help_text="in the storage alias objects")
    key_name = models.CharField(max_length=120, blank=True, default="")
    rows = models.PositiveBigIntegerField(default=0)
    bytes = models.PositiveBigIntegerField(default=0, help_text="of the plain JSON Lines")
    sha256 = models.CharField(max_length=64, blank=True, default="", help_text="of the plain JSON Lines")
    columns = models.JSONField(default=list, blank=True, help_text="[{name, type}] in order")
    unmapped = models.JSONField(default=list, blank=True, help_text="column names that the map does not know")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    destroyed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("collection",)
        constraints = [
            models.UniqueConstraint(fields=("task", "collection", "attempt"), name="one_part_file_per_attempt"),
        ]

    def __str__(self) -> str:
        return f"{self.collection} {self.state} {self.rows}"


class GapJustification(models.Model):
    """A named person's reason for answering although something was not searched or not mapped."""

    dsr = models.ForeignKey("dsar.DataSubjectRequest", on_delete=models.CASCADE, related_name="gap_justifications")
    gap = models.CharField(max_length=240, help_text="source, source/collection or source/collection.column")
    reason = models.CharField(max_length=500)
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("gap",)
        constraints = [models.UniqueConstraint(fields=("dsr", "gap"), name="one_reason_per_gap")]

    def __str__(self) -> str:
        return self.gap


class HandTask(models.Model):
    """What a colleague does by hand in a system, and confirms; the step of every right that no machine carries out yet."""

    part = models.ForeignKey("dsar.RequestPart", on_delete=models.CASCADE, related_name="hand_tasks")
    owner_team = models.CharField(max_length=80, help_text="team of sources.yml")
    owner_email = models.EmailField(max_length=254, help_text="whom we write to")
    source_key = models.CharField(max_length=40)
    instructions = models.BinaryField(default=bytes, help_text="sealed by the request's key")
    created_at = models.DateTimeField()
    due_date = models.DateField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    items_changed = models.PositiveIntegerField(null=True, blank=True)
    report = models.BinaryField(default=bytes, blank=True, help_text="what was done, sealed by the request's key")

    class Meta:
        ordering = ("created_at",)
        constraints = [models.UniqueConstraint(fields=("part", "source_key"), name="one_hand_task_per_source")]

    def __str__(self) -> str:
        return f"{self.source_key} for part {self.part_id}"


class Heartbeat(models.Model):
    """When a sweep last ran. A sweep that fell silent makes /healthz say so, before a deadline does."""

    name = models.CharField(max_length=40, primary_key=True, help_text="name of the task in tasks.py")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M:%S}"
