"""Mail that arrived: one row for each message, kept for ever as the mark that it was taken in; its words are sealed."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import IntegrityError, models, transaction

if TYPE_CHECKING:
    from notifications.inbox import Arrived


class MailKind(models.TextChoices):
    """What a message is, as far as a machine can tell."""

    REQUEST = "request"
    REPLY = "reply"  # to a mail of ours, or about a case
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    LOOP = "loop"  # our own mail, or one that goes round in circles
    OTHER = "other"  # a mailing list; nobody to answer; a second copy


class MailState(models.TextChoices):
    DRAFT = "draft"  # a request whose rights nobody has named yet
    JOINED = "joined"
    REGISTERED = "registered"  # a person named the rights
    SET_ASIDE = "set_aside"  # by the machine; a person may still look
    DISCARDED = "discarded"  # by a person, or a second copy


class ReceivedMailManager(models.Manager["ReceivedMail"]):
    def claim(self, arrived: Arrived, *, fingerprint: str, stored_at: datetime, **fields: object) -> ReceivedMail | None:
        """A new row for this message, or None when it is stored already; call it in the transaction of what follows from it.

        A second copy (delivered twice, or a folder that was rebuilt) gets a row of its own, so that it is not looked at again.
        """
        place = {"account": arrived.account, "uidvalidity": arrived.uidvalidity, "uid": arrived.uid}
        known: dict[str, Any] = {
            **place,
            **fields,
            "stored_at": stored_at,
            "fingerprint": fingerprint,
            "received_at": arrived.received_at,
        }
        try:
            with transaction.atomic():
                return self.create(**known)
        except IntegrityError:
            if self.filter(**place).exists():
                return None
        try:
            with transaction.atomic():
                self.create(
                    **place,
                    fingerprint=fingerprint,
                    received_at=arrived.received_at,
                    stored_at=stored_at,
                    is_copy=True,
                    kind=MailKind.OTHER,
                    state=MailState.DISCARDED,
                    reason="second_copy",
                )
        except IntegrityError:  # another poll was quicker
            return None
        return None


class ReceivedMail(models.Model):
    """One message of one mailbox, unique by its place there and, copies apart, by what it is.

    `content` is sealed JSON: subject, text, sender_name, message_id. `reference` is the case it opened or joined;
    `named_reference` a case that it speaks of and was not let into.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.CharField(max_length=200, help_text="user@host/folder")
    uidvalidity = models.BigIntegerField()
    uid = models.BigIntegerField()
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 over Message-ID, sender, date, subject and body")
    message_id_hash = models.CharField(max_length=64, blank=True, default="", help_text="SHA-256: answers to it are found")
    is_copy = models.BooleanField(default=False)
    received_at = models.DateTimeField(help_text="INTERNALDATE: when it arrived in our mailbox; the clock starts here")
    stored_at = models.DateTimeField()
    marked_at = models.DateTimeField(null=True, blank=True, help_text="marked or moved on the server, after the commit")
    sender = models.EmailField(max_length=254, blank=True, default="", help_text="empty: not one plain mailbox")
    language = models.CharField(max_length=2, blank=True, default="")
    kind = models.CharField(max_length=10, choices=MailKind, default=MailKind.REQUEST)
    state = models.CharField(max_length=10, choices=MailState, default=MailState.SET_ASIDE)
    reason = models.CharField(max_length=24, blank=True, default="", help_text="code: by what the kind was told")
    unanswered = models.CharField(max_length=24, blank=True, default="", help_text="code: why no acknowledgement left by itself")
    reference = models.CharField(max_length=40, blank=True, default="")
    named_reference = models.CharField(max_length=40, blank=True, default="")
    key_name = models.CharField(max_length=120, blank=True, default="", help_text="the vault key that seals the content")
    content = models.BinaryField(default=bytes, blank=True)
    attachments = models.JSONField(
        default=list, blank=True, help_text="per file: type, bytes, kept (an identifier), refused (a code)"
    )
    rights = models.JSONField(default=list, blank=True, help_text="proposed by rules; a person names them")
    settled_by = models.CharField(max_length=254, blank=True, default="", help_text="the member of staff who dealt with it")
    settled_at = models.DateTimeField(null=True, blank=True)
    note = models.BinaryField(default=bytes, blank=True, help_text="sealed: why it was set aside by a person")

    objects: ClassVar[ReceivedMailManager] = ReceivedMailManager()

    class Meta:
        ordering = ("-received_at",)
        constraints = [
            models.UniqueConstraint(fields=("account", "uidvalidity", "uid"), name="mail_taken_in_once"),
            models.UniqueConstraint(fields=("account", "fingerprint"), condition=models.Q(is_copy=False), name="mail_not_a_copy"),
        ]
        indexes = [
            models.Index(fields=("state", "received_at"), name="mail_by_state"),
            models.Index(fields=("reference",), name="mail_by_reference"),
            models.Index(fields=("message_id_hash",), name="mail_by_message_id"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uidvalidity}/{self.uid}"
