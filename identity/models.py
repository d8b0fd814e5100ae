"""The recorded identity decision: who, when, by which means, without any image."""

from django.db import models


class IdentityDecision(models.Model):
    """One decision about whose request it is (GDPR Art. 12(6)); `reference` is the request's.

    `decided_by` is a member of staff's address, or "system" for the steps of the ladder that the register allows.
    """

    reference = models.CharField(max_length=20)
    established = models.BooleanField()
    means = models.CharField(max_length=30)
    decided_by = models.CharField(max_length=254)
    decided_at = models.DateTimeField()
    delivery_email_hash = models.CharField(max_length=64, help_text="HMAC-SHA-256 of the address fixed by this decision")
    superseded_at = models.DateTimeField(null=True, blank=True, help_text="a change of address resets the decision")

    class Meta:
        ordering = ("decided_at",)
        constraints = [
            models.UniqueConstraint(
                fields=("reference",), condition=models.Q(superseded_at__isnull=True), name="one_identity_decision_in_force"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {'established' if self.established else 'not established'} by {self.means}"
