"""What happened to a request: append-only, chained by hashes, without a personal value in a row."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, models, transaction

from dsar.domain.clock import ClockFacts, Pause
from dsar.domain.vocabulary import ActorKind, EventKind, PauseKind
from identity import vault

if TYPE_CHECKING:
    from dsar.models.request import DataSubjectRequest
    from dsar.models.staff import User

FIRST_PREVIOUS_HASH = "0" * 64
LONGEST_VALUE = 120
FORGOTTEN = "[forgotten]"
CLOCK_KINDS = frozenset({EventKind.RECEIVED, EventKind.PAUSED, EventKind.RESUMED, EventKind.EXTENDED})
LOOKS = (EventKind.DATA_VIEWED.value, EventKind.DOCUMENT_VIEWED.value, EventKind.DOWNLOADED.value)  # into somebody's file
_NO_VALUE = re.compile(r"[@\x00-\x1f\x7f]")  # an address, or more than one line

Plain = str | int | bool
EventData = Mapping[str, Plain | date | Sequence[Plain | date]]


class PersonalValue(ValueError):
    """An event's `data` was to hold something else than codes, dates and counts; free words belong in its sealed text."""


class RequestEventManager(models.Manager["RequestEvent"]):
    """Appends and verifies; nothing here changes a row."""

    def record(
        self,
        dsr: DataSubjectRequest,
        kind: EventKind,
        *,
        at: datetime,
        actor: User | None = None,
        actor_kind: ActorKind | None = None,
        data: EventData | None = None,
        text: str = "",
    ) -> RequestEvent:
        """Append one event to the request's chain and bring the three dates along when the clock is concerned.

        Locks the request, so that writers queue and the chain never forks. `data` holds codes, dates and counts; free words
        go into `text`, sealed by the request's key. Raises `PersonalValue`.
        """
        checked = _codes_only(data or {})
        if actor_kind is None:
            actor_kind = ActorKind.STAFF if actor else ActorKind.SYSTEM
        sealed = vault.seal_text(dsr.key_name, text) if text else b""
        with transaction.atomic():
            type(dsr).objects.select_for_update().only("pk").get(pk=dsr.pk)
            last = self.filter(dsr_id=dsr.pk).order_by("-sequence").only("sequence", "hash").first()
            event = RequestEvent(
                dsr=dsr,
                sequence=last.sequence + 1 if last else 1,
                kind=kind.value,
                at=at,
                actor_kind=actor_kind.value,
                actor=actor,
                data=checked,
                sealed_text=sealed,
                previous_hash=last.hash if last else FIRST_PREVIOUS_HASH,
            )
            event.hash = event.computed_hash()
            event.save(force_insert=True)
            dsr.__dict__.pop("clock_events", None)
            if kind in CLOCK_KINDS:
                dsr.keep_dates(at=at)
        return event

    def first_bad_row(self, dsr: DataSubjectRequest) -> RequestEvent | int | None:
        """The first row that is not what was written, the sequence number of the first that is missing, or None: all is well.

        Rows cut from the end leave a shorter chain that verifies: head hashes kept outside (`verify_events --heads`) find those.
        """
        previous, expected = FIRST_PREVIOUS_HASH, 1
        for event in self.filter(dsr_id=dsr.pk).order_by("sequence").iterator():
            if event.sequence != expected:
                return event if event.sequence < expected else expected
            if event.previous_hash != previous or event.hash != event.computed_hash():
                return event
            previous, expected = event.hash, expected + 1
        return expected if expected == 1 else None

    def of_the_clock(self) -> models.QuerySet[RequestEvent]:
        """The events from which the dates follow, in order."""
        return self.filter(kind__in=[kind.value for kind in CLOCK_KINDS]).order_by("dsr_id", "sequence")

    def clock_facts(self, dsr: DataSubjectRequest) -> ClockFacts:
        """What the chain tells about the clock: receipt, pauses and their ends, the notice of extension."""
        received_at, extended_at = dsr.received_at, None
        pauses: list[Pause] = []
        # A list of many requests brings the clock's events along, in one query for all.
        fetched: list[RequestEvent] | None = dsr.__dict__.get("clock_events")
        for event in self.of_the_clock().filter(dsr_id=dsr.pk) if fetched is None else fetched:
            match event.kind:
                case EventKind.RECEIVED:
                    received_at = datetime.fromisoformat(event.data["received_at"])
                case EventKind.PAUSED:
                    kind = PauseKind(event.data["kind"])
                    pauses.append(Pause(kind, event.at, late=bool(event.data.get("late", False))))
                case EventKind.RESUMED:
                    # The pause ends when the sufficient answer arrived, whenever somebody decided that it was sufficient.
                    arrived = event.data.get("arrived_at")
                    at = datetime.fromisoformat(arrived) if arrived else event.at
                    pauses = _answered(pauses, PauseKind(event.data["kind"]), at)
                case EventKind.EXTENDED:
                    extended_at = extended_at or event.at  # only one extension (LAW R-61)
        return ClockFacts(received_at, tuple(pauses), extended_at)


def clock_facts(dsr: DataSubjectRequest) -> ClockFacts:
    """What happened to the clock of `dsr`, from its events alone."""
    return RequestEvent.objects.clock_facts(dsr)


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

    objects = RequestEventManager()

    class Meta:
        ordering = ("dsr_id", "sequence")
        constraints = [models.UniqueConstraint(fields=("dsr", "sequence"), name="one_unforked_chain")]
        indexes = [models.Index(fields=("at",), condition=models.Q(kind__in=LOOKS), name="event_looks")]

    def __str__(self) -> str:
        return f"{self.sequence} {self.kind}"

    def text(self) -> str:
        """The sealed words; "[forgotten]" once the request's key is destroyed, and "" when there never were any."""
        if not self.sealed_text:
            return ""
        try:
            return vault.open_text(self.dsr.key_name, bytes(self.sealed_text))
        except vault.KeyDestroyed:
            return FORGOTTEN

    def computed_hash(self) -> str:
        """SHA-256 over the row as canonical JSON (sorted keys, UTF-8, no spaces; the instant in RFC 3339 with microseconds)."""
        row = {
            "dsr": str(self.dsr_id),
            "sequence": self.sequence,
            "kind": str(self.kind),
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "actor_kind": str(self.actor_kind),
            "actor": self.actor_id,
            "data": self.data,
            "text_sha256": hashlib.sha256(bytes(self.sealed_text)).hexdigest(),
            "previous_hash": self.previous_hash,
        }
        canonical = json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


def _answered(pauses: list[Pause], kind: PauseKind, at: datetime) -> list[Pause]:
    """The pauses with the oldest open one of that kind answered."""
    for index, pause in enumerate(pauses):
        if pause.kind is kind and pause.answered_at is None:
            return [*pauses[:index], Pause(kind, pause.asked_at, at, pause.late), *pauses[index + 1 :]]
    return pauses


def _codes_only(data: EventData) -> dict[str, Plain | list[Plain]]:
    checked: dict[str, Plain | list[Plain]] = {}
    for key, value in data.items():
        is_list = isinstance(value, Sequence) and not isinstance(value, str)
        checked[str(_code(key, key))] = [_code(key, item) for item in value] if is_list else _code(key, value)  # type: ignore[union-attr,arg-type]
    return checked


def _code(key: str, value: object) -> Plain:
    """The value as it is stored, or `PersonalValue` when it is no code, date or count."""
    if isinstance(value, bool | int):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, str) and len(value) <= LONGEST_VALUE and not _NO_VALUE.search(value):
        return str(value)  # a member of a vocabulary by its value
    raise PersonalValue(f"data[{key!r}] takes codes, dates and counts of at most {LONGEST_VALUE} characters; words go into text.")


def changes_are_refused() -> bool:
    """Whether the triggers of migration 0002 stand in this database, all of them and switched on."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'dsar_requestevent'")
            return bool(cursor.fetchone()[0] == 3)
        cursor.execute(
            "SELECT count(*) FROM pg_trigger"
            " WHERE tgrelid = 'dsar_requestevent'::regclass AND NOT tgisinternal AND tgenabled <> 'D'"
        )
        return bool(cursor.fetchone()[0] == 1)
