"""Acts that need two people; the database itself refuses one person alone."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from dsar.domain.vocabulary import Act, ApprovalState

APPROVAL_LIFE = timedelta(days=7)


class Approval(models.Model):
    """A proposal by one member of staff and the answer of another, superuser included; a proposal lives 7 days."""

    dsr = models.ForeignKey("dsar.DataSubjectRequest", on_delete=models.CASCADE, related_name="approvals")
    part = models.ForeignKey("dsar.RequestPart", null=True, blank=True, on_delete=models.CASCADE, related_name="approvals")
    act = models.CharField(max_length=24, choices=[(act.value, act.value) for act in Act])
    state = models.CharField(max_length=8, choices=[(s.value, s.value) for s in ApprovalState], default=ApprovalState.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="proposals")
    proposed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    payload = models.JSONField(default=dict, blank=True, help_text="codes of what is proposed: outcome, grounds")
    sealed_reason = models.BinaryField(default=bytes, blank=True)

    class Meta:
        ordering = ("-proposed_at",)
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by")), name="two_people_differ"
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | Q(decided_by__isnull=False, decided_at__lte=F("expires_at")),
                name="approved_by_someone_in_time",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__lte=F("proposed_at") + APPROVAL_LIFE, expires_at__gt=F("proposed_at")),
                name="a_proposal_lives_seven_days",
            ),
            models.UniqueConstraint(
                fields=("dsr", "act"), condition=Q(state="proposed", part__isnull=True), name="one_open_proposal_per_request"
            ),
            models.UniqueConstraint(
                fields=("part", "act"), condition=Q(state="proposed", part__isnull=False), name="one_open_proposal_per_part"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.state}"
