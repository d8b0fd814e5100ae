"""A data subject's request and its parts, one part per right (GDPR Art. 12; one shared receipt date)."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from dsar.controller import controller
from dsar.domain.calendars import rule_pack
from dsar.domain.clock import ClockFacts, Deadlines, deadlines, local_date
from dsar.domain.vocabulary import Channel, Outcome, PauseKind, RequestType, Status, SubjectKind, Tie

if TYPE_CHECKING:
    from dsar.models.staff import User


def _choices(vocabulary: type) -> list[tuple[str, str]]:
    return [(member.value, member.value) for member in vocabulary]  # type: ignore[attr-defined]


OPEN = [s.value for s in Status if s not in (Status.ANSWERED, Status.CLOSED)]


class RequestQuerySet(models.QuerySet["DataSubjectRequest"]):
    """Questions about requests; every one that staff sees starts with `visible_to`."""

    def open(self) -> RequestQuerySet:
        return self.filter(status__in=OPEN)

    def visible_to(self, user: User) -> RequestQuerySet:
        """Those of the user's sites; nothing for a role that reads no cases. A request without site is seen by all-site staff."""
        if not user.is_authenticated or not user.may_read_cases:
            return self.none()
        if user.all_sites:
            return self
        return self.filter(site__in=user.sites)

    def assigned_to(self, user: User) -> RequestQuerySet:
        return self.filter(assigned_to=user)

    def due_for_advance(self, now: datetime) -> RequestQuerySet:
        return self.filter(next_at__lte=now).order_by("next_at")


class DataSubjectRequest(models.Model):
    """One request, whatever the channel. Personal fields that outlive it: none; see `dsar/domain/retention.py`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=16, unique=True, help_text="shown to people: IE-7K4M-2XQ9")
    status = models.CharField(max_length=12, choices=_choices(Status), default=Status.RECEIVED)
    channel = models.CharField(max_length=8, choices=_choices(Channel))
    language = models.CharField(max_length=2)
    received_at = models.DateTimeField(help_text="when it reached an official channel of the controller")

    subject_kind = models.CharField(max_length=10, choices=_choices(SubjectKind), default=SubjectKind.SELF)
    data_subject_name = models.CharField(max_length=200)
    email = models.EmailField(max_length=254, blank=True, help_text="where we answer, as given at intake")
    delivery_email = models.EmailField(max_length=254, blank=True, help_text="fixed by the identity decision")
    postal_address = models.TextField(blank=True, default="", help_text="only when the answer goes by post")
    other_names = models.CharField(max_length=200, blank=True, default="")
    identifiers = models.JSONField(
        default=dict, blank=True, help_text="further identifiers, kind to list of values: email, student_number, _ga"
    )
    about = models.JSONField(default=dict, blank=True, help_text="child, mandate or deceased: what question 2b asked")
    tie = models.CharField(max_length=10, choices=_choices(Tie), default=Tie.OTHER)
    site = models.CharField(max_length=40, blank=True, default="", help_text="site key of controller.toml")
    years = models.CharField(max_length=40, blank=True, default="")

    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="assigned_requests"
    )
    email_confirmed_at = models.DateTimeField(null=True, blank=True, help_text="control of the address proven by a code")
    identified_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    # Derived from the events by the clock and stored for ordering only; `RequestEvent.objects.record` keeps them true.
    careful_date = models.DateField()
    working_date = models.DateField()
    legal_limit = models.DateField()
    extension_notice_by = models.DateField(null=True, blank=True)
    waiting_since = models.DateField(null=True, blank=True, help_text="day of the oldest question still unanswered")
    waiting_for = models.CharField(max_length=14, choices=_choices(PauseKind), blank=True, default="")
    remind_at = models.DateTimeField(null=True, blank=True, help_text="when the sweep of reminders must look; null: never")
    opened_at = models.DateTimeField(null=True, blank=True, help_text="when a member of staff last opened the case")
    address_frozen_until = models.DateTimeField(
        null=True, blank=True, help_text="no download before: the address for the answer was changed"
    )

    pass_phrase = models.CharField(max_length=128, blank=True, default="", help_text="slow hash of what opens a high-stake copy")
    pass_phrase_from = models.DateTimeField(null=True, blank=True, help_text="the pass-phrase opens nothing before")

    next_at = models.DateTimeField(null=True, blank=True, help_text="when advance_requests must look; null: never")
    idempotency_key = models.CharField(max_length=64, blank=True, default="", help_text="one form sent twice is one request")

    objects = RequestQuerySet.as_manager()

    class Meta:
        ordering = ("working_date", "id")
        constraints = [
            models.UniqueConstraint(
                fields=("idempotency_key",), condition=~Q(idempotency_key=""), name="one_request_per_sent_form"
            ),
            models.CheckConstraint(
                condition=Q(email_confirmed_at__isnull=False) | Q(delivery_email="") | Q(identified_at__isnull=False),
                name="delivery_only_after_proof",
            ),
        ]
        indexes = [
            models.Index(fields=("next_at",), condition=Q(next_at__isnull=False), name="request_due"),
            models.Index(fields=("working_date", "id"), name="request_by_date"),
            models.Index(fields=("status", "working_date", "id"), name="request_by_status"),
            models.Index(fields=("email",), name="request_by_email"),
            models.Index(Upper("email"), name="request_by_email_typed"),
            models.Index(Upper("delivery_email"), name="request_by_delivery"),
            models.Index(fields=("remind_at",), condition=Q(remind_at__isnull=False), name="request_to_remind"),
            models.Index(fields=("waiting_since",), condition=Q(waiting_since__isnull=False), name="request_waiting"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def key_name(self) -> str:
        """The vault's name of the key that seals this request's free text and messages."""
        return f"requests/{self.pk}"

    @property
    def answer_email(self) -> str:
        """Where we write: the address given at intake, and from the identity decision on the one that it fixed ("": by post)."""
        return self.delivery_email if self.identified_at else self.email

    def clock_facts(self) -> ClockFacts:
        """What happened to the clock, from the events alone."""
        from dsar.models.event import clock_facts

        return clock_facts(self)

    def deadlines(self, *, today: date) -> Deadlines:
        """The three dates as of `today`, under the controller's rule pack and promise."""
        who = controller()
        return deadlines(self.clock_facts(), pack=rule_pack(who.rule_pack), promise_days=who.promise_days, today=today)

    def keep_dates(self, *, at: datetime) -> None:
        """Store what the clock says as of `at`, for lists and sweeps; the events stay the truth.

        The sweep of reminders looks again at once: what is due follows from the dates.
        """
        pack = rule_pack(controller().rule_pack)
        dates = self.deadlines(today=local_date(at, pack))
        self.careful_date, self.working_date, self.legal_limit = dates.careful_date, dates.working_date, dates.legal_limit
        self.extension_notice_by = dates.extension_notice_by
        question = min((p for p in self.clock_facts().pauses if p.answered_at is None), key=lambda p: p.asked_at, default=None)
        self.waiting_since = local_date(question.asked_at, pack) if question else None
        self.waiting_for = question.kind.value if question else ""
        self.remind_at = at
        stored = (
            "careful_date",
            "working_date",
            "legal_limit",
            "extension_notice_by",
            "waiting_since",
            "waiting_for",
            "remind_at",
        )
        type(self).objects.filter(pk=self.pk).update(**{name: getattr(self, name) for name in stored})


class RequestPart(models.Model):
    """One right asked for in a request, with its own step, outcome and grounds."""

    dsr = models.ForeignKey(DataSubjectRequest, on_delete=models.CASCADE, related_name="parts")
    right = models.CharField(max_length=20, choices=_choices(RequestType))
    step = models.CharField(max_length=12, choices=_choices(Status), default=Status.RECEIVED)
    details = models.BinaryField(default=bytes, blank=True, help_text="the person's words, sealed by the request's key")
    outcome = models.CharField(max_length=16, choices=_choices(Outcome), blank=True, default="")
    grounds = models.JSONField(default=list, blank=True, help_text="members of Ground")
    reasons = models.BinaryField(default=bytes, blank=True, help_text="facts told to the person, sealed by the request's key")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=("dsr", "right"), name="one_part_per_right"),
            models.CheckConstraint(condition=Q(answered_at__isnull=True) | ~Q(outcome=""), name="an_answer_has_an_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.right} of {self.dsr_id}"
