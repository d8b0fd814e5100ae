"""The package, the codes that open it, and each download."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from dsar.domain.vocabulary import PackageState, TokenPurpose


class Package(models.Model):
    """One built package. Built under an attempt, published by one commit, never overwritten."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dsr = models.ForeignKey("dsar.DataSubjectRequest", on_delete=models.CASCADE, related_name="packages")
    attempt = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=9, choices=[(s.value, s.value) for s in PackageState], default=PackageState.BUILDING)
    file_name = models.CharField(max_length=120, blank=True, default="")
    path = models.CharField(max_length=200, blank=True, default="")
    key_name = models.CharField(max_length=120, blank=True, default="")
    bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, default="", help_text="of the ZIP")
    sums_sha256 = models.CharField(max_length=64, blank=True, default="", help_text="of SHA256SUMS; shown on the status page")
    rows = models.PositiveBigIntegerField(default=0)
    inventory = models.JSONField(default=list, blank=True, help_text="[{category, rows, bytes, masked}] without values")
    created_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    fencing = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    built_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ("-created_at",)
        constraints = [
            models.UniqueConstraint(fields=("dsr", "attempt"), name="one_package_per_attempt"),
            models.UniqueConstraint(fields=("dsr",), condition=Q(state="released"), name="one_released_package"),
        ]

    def __str__(self) -> str:
        return self.file_name or str(self.id)


class AccessToken(models.Model):
    """A one-time code and link for one purpose, stored as keyed hashes; GET never spends it, only a POST does."""

    dsr = models.ForeignKey("dsar.DataSubjectRequest", on_delete=models.CASCADE, related_name="tokens")
    purpose = models.CharField(max_length=14, choices=[(p.value, p.value) for p in TokenPurpose])
    audience_hash = models.CharField(max_length=64, help_text="keyed hash of the address it was sent to")
    code_hash = models.CharField(max_length=64)
    link_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    code_expires_at = models.DateTimeField()
    link_expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        indexes = [models.Index(fields=("dsr", "purpose"), name="token_by_purpose")]

    def __str__(self) -> str:
        return f"{self.purpose} for {self.dsr_id}"


class Download(models.Model):
    """One download, counted before bytes flow; `resume_until` lets the same session pick up a cut one."""

    package = models.ForeignKey(Package, on_delete=models.CASCADE, related_name="downloads")
    at = models.DateTimeField()
    session_hash = models.CharField(max_length=64)
    resume_until = models.DateTimeField()
    bytes_sent = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ("at",)

    def __str__(self) -> str:
        return f"{self.package_id} {self.at:%Y-%m-%d}"
