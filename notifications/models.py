"""The outbox: a message is a row written in the transaction of the change it tells of."""

import uuid

from django.db import models

from notifications.inbox_models import MailKind, MailState, ReceivedMail

__all__ = ["MailKind", "MailState", "Message", "MessageState", "ReceivedMail"]


class MessageState(models.TextChoices):
    WAITING = "waiting"
    TO_POST = "to_post"  # a letter: somebody prints and posts it, and says so
    SENDING = "sending"
    SENT = "sent"
    UNDELIVERABLE = "undeliverable"  # a permanent answer of the mail server, or 72 h of tries
    HELD = "held"  # its mailbox had enough mails: it leaves together with others, in the mail `sent_in`
    SUPERSEDED = "superseded"  # an older reminder that a later one replaced


class Message(models.Model):
    """One mail to one recipient, unique by (kind, reference, occasion).

    `reference` is the request's reference or a staff key; `occasion` tells two mails of one kind apart (a date, a part, a token).
    Subject and bodies are sealed by the caller's key, so that forgetting the key forgets them.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    reference = models.CharField(max_length=40)
    occasion = models.CharField(max_length=80, default="once")
    recipient = models.EmailField(max_length=254, blank=True, help_text="empty: a letter")
    language = models.CharField(max_length=2)
    key_name = models.CharField(max_length=120, help_text="the vault key that seals the content")
    content = models.BinaryField(
        default=bytes, blank=True, help_text="sealed JSON: subject, text, html; empty: written when sent"
    )
    facts = models.JSONField(default=dict, blank=True, help_text="what a reminder tells, as codes, dates and counts only")
    state = models.CharField(max_length=14, choices=MessageState, default=MessageState.WAITING)
    created_at = models.DateTimeField()
    next_at = models.DateTimeField(help_text="not before this instant")
    lease_until = models.DateTimeField(null=True, blank=True)
    fencing = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True, help_text="a person dealt with a mail that could not be delivered")
    mailbox = models.CharField(
        max_length=64,
        blank=True,
        db_default="",
        default="",
        help_text="keyed hash of the mailbox, to count its mails",
    )
    sent_in = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="carried", help_text="the mail that tells this too"
    )
    error = models.CharField(max_length=200, blank=True, default="", help_text="the server's code and our sentence")

    class Meta:
        ordering = ("created_at",)
        constraints = [
            models.UniqueConstraint(fields=("kind", "reference", "occasion"), name="message_told_once"),
        ]
        indexes = [
            models.Index(fields=("next_at",), condition=models.Q(state__in=("waiting", "sending")), name="message_due"),
            models.Index(fields=("reference",), name="message_by_reference"),
            models.Index(fields=("mailbox",), condition=~models.Q(mailbox=""), name="message_by_mailbox"),
            models.Index(  # what a person must see to: the post room, and each page's count of it
                fields=("reference",), condition=models.Q(state__in=("to_post", "undeliverable")), name="message_to_see_to"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference} {self.occasion}"

    @property
    def message_id(self) -> str:
        """Stable over retries, so that a forced second copy is recognisable (RFC 5322 section 3.6.4)."""
        return f"<{self.id}@dsar.invalid>"
