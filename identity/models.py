"""The recorded identity decision, the papers that a person sent, and who looked at them: `reference` is the request's."""

import uuid

from django.db import models

from identity.refusals import Refusal


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


class Purpose(models.TextChoices):
    """What a file was sent for."""

    IDENTITY = "identity"
    MANDATE = "mandate"
    EVIDENCE = "evidence"
    ATTACHMENT = "attachment"
    SCAN = "scan"


class DocumentState(models.TextChoices):
    """Where a file stands: only READY ones can be looked at."""

    PENDING = "pending", "sealed as it came, waits for the scanner or the sanitiser"
    CHECKING = "checking", "a worker has it, under a lease"
    READY = "ready", "page images are in the vault, the original is gone"
    REFUSED = "refused", "not accepted; nothing is kept"
    DESTROYED = "destroyed", "key and object are gone, or go with the next sweep"


class Scan(models.TextChoices):
    """What the virus scanner said about the original."""

    WAITING = "waiting"
    NOT_CONFIGURED = "not_configured"
    CLEAN = "clean"
    INFECTED = "infected"


class Signature(models.TextChoices):
    """The electronic signature of a PDF, checked before its pages become images; never implied."""

    NONE = "none"
    NOT_CHECKED = "not_checked", "signed, and no trust certificate is configured: an officer must check it elsewhere"
    VALID = "valid"
    INVALID = "invalid"


class Document(models.Model):
    """One file that somebody sent. No name of theirs, no byte of theirs: page images under a key of their own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=20, db_index=True)
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    state = models.CharField(max_length=12, choices=DocumentState.choices, default=DocumentState.PENDING)
    refusal = models.CharField(max_length=12, blank=True, choices=[(code, code) for code in Refusal])
    kind = models.CharField(max_length=4, blank=True, help_text="jpeg, png, heic or pdf, by content")
    pages = models.PositiveSmallIntegerField(default=0)
    bytes = models.PositiveIntegerField(default=0, help_text="of the file as it came")
    label = models.CharField(max_length=200, help_text="the watermark: reference, date and purpose as the caller words them")
    path = models.CharField(max_length=80, blank=True)
    key_name = models.CharField(max_length=80, blank=True)
    scan = models.CharField(max_length=14, choices=Scan.choices, default=Scan.WAITING)
    signature = models.CharField(max_length=11, choices=Signature.choices, default=Signature.NONE)
    uploaded_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True, help_text="first seen by a member of staff")
    destroy_by = models.DateTimeField(help_text="gone then, whatever happens")
    destroyed_at = models.DateTimeField(null=True, blank=True, help_text="key and object were looked for, and are gone")
    next_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    fencing = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0, help_text="how often the sanitiser was started on it")

    class Meta:
        ordering = ("uploaded_at",)
        indexes = [
            models.Index(fields=("next_at",), condition=models.Q(next_at__isnull=False), name="document_due"),
            models.Index(fields=("destroy_by",), condition=models.Q(destroyed_at__isnull=True), name="document_to_destroy"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="refused", refusal__gt="") | (~models.Q(state="refused") & models.Q(refusal="")),
                name="a_refused_document_says_why",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="ready") | models.Q(scan__in=["clean", "not_configured"]),
                name="no_document_is_ready_before_the_scanner_answered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} of {self.reference}: {self.state}"

    def why(self, language: str) -> str:
        """The sentence for the person whose file was refused; empty for others."""
        return Refusal(self.refusal).sentence(language) if self.refusal else ""


class Upload(models.Model):
    """A file that is still on its way, in slices that are each sealed under a key of their own (`identity.slices`).

    The row goes with its slices, some hours after the last one: it holds nothing that is needed later.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=20)
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    mark = models.CharField(max_length=64, help_text="HMAC-SHA-256 of the file's own SHA-256, as its sender announced it")
    bytes = models.PositiveIntegerField(help_text="of the whole file, as announced")
    held = models.PositiveIntegerField(default=0, help_text="bytes that have arrived, from the first")
    heard_at = models.DateTimeField(help_text="when it began, or its last slice arrived")
    taken_at = models.DateTimeField(null=True, blank=True, help_text="used as a whole: its slices are gone or go")

    class Meta:
        ordering = ("heard_at",)
        constraints = [
            models.UniqueConstraint(
                fields=("reference", "purpose", "mark"), condition=models.Q(taken_at__isnull=True), name="one_upload_of_a_file"
            ),
            models.CheckConstraint(condition=models.Q(held__lte=models.F("bytes")), name="no_more_arrives_than_was_announced"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} of {self.reference}: {self.held} of {self.bytes} bytes"


class DocumentView(models.Model):
    """Somebody looked at a document: written before the first byte flows."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="views")
    by = models.CharField(max_length=254)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ("at",)

    def __str__(self) -> str:
        return f"{self.document_id} at {self.at:%Y-%m-%d %H:%M}"
