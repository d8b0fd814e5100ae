"""What happened stays what happened: the chain, the clock read from it, and the database that guards both (SECURITY T20)."""

from __future__ import annotations

import hashlib
import io
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from dsar.domain.vocabulary import ActorKind, EventKind, Outcome, PauseKind
from dsar.models import RequestEvent
from dsar.models.event import PersonalValue, changes_are_refused
from identity import vault
from tests.bare_request import RECEIVED_AT, bare_request
from tests.emptying import changes_allowed
from tests.people import CAMILLE_EMAIL

if TYPE_CHECKING:
    from dsar.models import DataSubjectRequest, User

TABLE = "dsar_requestevent"
pytestmark = pytest.mark.django_db


def later(**delta: float) -> datetime:
    return RECEIVED_AT + timedelta(**delta)


def chain_of(length: int, words: str = "a note of Dominique") -> DataSubjectRequest:
    dsr = bare_request()
    for n in range(1, length):
        RequestEvent.objects.record(dsr, EventKind.NOTE, at=later(minutes=n), data={"count": n}, text=words)
    return dsr


def sequences(dsr: DataSubjectRequest) -> list[int]:
    return list(dsr.events.values_list("sequence", flat=True))


# Recording


def test_events_are_numbered_and_each_carries_the_hash_before_it(dominique: User) -> None:
    dsr = bare_request()
    RequestEvent.objects.record(dsr, EventKind.NOTE, at=later(hours=1), actor=dominique, text="rien à signaler")
    RequestEvent.objects.record(dsr, EventKind.COLLECTION_STARTED, at=later(hours=2))
    first, second, third = dsr.events.all()
    assert sequences(dsr) == [1, 2, 3]
    assert (first.previous_hash, second.previous_hash, third.previous_hash) == ("0" * 64, first.hash, second.hash)
    assert (second.actor_kind, second.actor, third.actor_kind) == (ActorKind.STAFF, dominique, ActorKind.SYSTEM)
    assert second.text() == "rien à signaler"


def test_the_hash_can_be_recomputed_by_anyone_from_the_description() -> None:
    """So that an auditor needs no code of ours."""
    dsr = bare_request()
    event = dsr.events.get()
    canonical = (
        f'{{"actor":null,"actor_kind":"data_subject","at":"2026-03-10T09:30:00.000000Z",'
        f'"data":{{"channel":"form","received_at":"2026-03-10T09:30:00+00:00"}},"dsr":"{dsr.pk}","kind":"received",'
        f'"previous_hash":"{"0" * 64}","sequence":1,"text_sha256":"{hashlib.sha256(b"").hexdigest()}"}}'
    )
    assert event.hash == hashlib.sha256(canonical.encode()).hexdigest()


def test_codes_dates_and_counts_are_stored_as_plain_values() -> None:
    dsr = bare_request()
    data = {"outcome": Outcome.GRANTED, "rows": 3, "late": False, "due": date(2026, 4, 9), "rights": ["access", "erasure"]}
    RequestEvent.objects.record(dsr, EventKind.NOTE, at=later(hours=1), data=data)
    assert dsr.events.last().data == {  # type: ignore[union-attr]
        "outcome": "granted",
        "rows": 3,
        "late": False,
        "due": "2026-04-09",
        "rights": ["access", "erasure"],
    }
    assert RequestEvent.objects.first_bad_row(dsr) is None


@pytest.mark.parametrize(
    "value", [CAMILLE_EMAIL, "x" * 121, "two\nlines", None, 1.5, {"name": "Camille"}, [["nested"]], ["ok", CAMILLE_EMAIL]]
)
def test_a_personal_value_is_refused_before_anything_is_stored(value: object) -> None:
    dsr = bare_request()
    with pytest.raises(PersonalValue):
        RequestEvent.objects.record(dsr, EventKind.NOTE, at=later(hours=1), data={"value": value})  # type: ignore[dict-item]
    assert sequences(dsr) == [1]


def test_words_lie_encrypted_and_are_forgotten_with_the_key_while_the_chain_still_verifies() -> None:
    dsr = bare_request(words="Camille Exemple demande tout")
    row = bytes(dsr.events.get().sealed_text)
    assert dsr.events.get().text() == "Camille Exemple demande tout"
    assert b"Camille" not in row
    vault.destroy_key(dsr.key_name)
    assert dsr.events.get().text() == "[forgotten]"
    assert RequestEvent.objects.first_bad_row(dsr) is None


def test_an_event_without_words_has_no_text_before_and_after_forgetting() -> None:
    dsr = bare_request()
    vault.destroy_key(dsr.key_name)
    assert dsr.events.get().text() == ""


# The clock is read from the events


def test_receipt_stores_the_three_dates() -> None:
    dsr = bare_request()
    dsr.refresh_from_db()
    assert (dsr.careful_date, dsr.working_date, dsr.legal_limit) == (date(2026, 4, 9), date(2026, 4, 9), date(2026, 4, 10))


def test_a_pause_its_end_and_an_extension_move_the_stored_dates() -> None:
    dsr = bare_request()
    RequestEvent.objects.record(dsr, EventKind.PAUSED, at=later(days=2), data={"kind": PauseKind.IDENTITY, "late": False})
    assert dsr.deadlines(today=date(2026, 3, 15)).paused_since == date(2026, 3, 12)
    RequestEvent.objects.record(dsr, EventKind.RESUMED, at=later(days=9), data={"kind": PauseKind.IDENTITY})
    dsr.refresh_from_db()
    assert (dsr.careful_date, dsr.working_date, dsr.legal_limit) == (date(2026, 4, 9), date(2026, 4, 16), date(2026, 4, 17))
    RequestEvent.objects.record(dsr, EventKind.EXTENDED, at=later(days=20))
    dsr.refresh_from_db()
    assert (dsr.working_date, dsr.legal_limit) == (date(2026, 6, 17), date(2026, 6, 17))


def test_a_resumption_ends_the_pause_of_its_own_kind() -> None:
    dsr = bare_request()
    RequestEvent.objects.record(dsr, EventKind.PAUSED, at=later(days=1), data={"kind": "identity"})
    RequestEvent.objects.record(dsr, EventKind.PAUSED, at=later(days=2), data={"kind": "clarification"})
    RequestEvent.objects.record(dsr, EventKind.RESUMED, at=later(days=4), data={"kind": "clarification"})
    identity, clarification = dsr.clock_facts().pauses
    assert (identity.kind, identity.answered_at) == (PauseKind.IDENTITY, None)
    assert (clarification.kind, clarification.answered_at) == (PauseKind.CLARIFICATION, later(days=4))


def test_the_clock_starts_when_the_letter_reached_us_and_not_when_it_was_typed_in() -> None:
    delivered = datetime(2026, 3, 5, 23, 30, tzinfo=UTC)  # 6 March in Paris
    dsr = bare_request(received_at=delivered)
    assert dsr.deadlines(today=date(2026, 3, 20)).receipt_date == date(2026, 3, 6)


# The database refuses


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE {TABLE} SET kind = 'note'",
        f"UPDATE {TABLE} SET sealed_text = sealed_text WHERE sequence = 1",
        f"DELETE FROM {TABLE} WHERE sequence = 1",
        f"DELETE FROM {TABLE}",
    ],
)
def test_the_database_refuses_to_change_or_remove_an_event(statement: str) -> None:
    dsr = bare_request()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert RequestEvent.objects.first_bad_row(dsr) is None


@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_to_empty_the_table() -> None:
    dsr = bare_request()
    statement = f"TRUNCATE {TABLE}" if connection.vendor == "postgresql" else f"DELETE FROM {TABLE} WHERE 1"
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert sequences(dsr) == [1]


def test_the_database_refuses_to_replace_a_row_by_inserting_over_it() -> None:
    dsr = bare_request()
    event = dsr.events.get()
    columns = "id, dsr_id, sequence, kind, at, actor_kind, data, sealed_text, previous_hash, hash"
    copied = f"SELECT id, dsr_id, sequence, 'note', at, actor_kind, data, sealed_text, previous_hash, hash FROM {TABLE}"
    if connection.vendor == "sqlite":
        statements = [f"INSERT OR REPLACE INTO {TABLE} ({columns}) {copied}"]
    else:
        statements = [f"INSERT INTO {TABLE} ({columns}) {copied} ON CONFLICT (id) DO UPDATE SET kind = 'note'"]
    for statement in statements:
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert dsr.events.get() == event
    assert dsr.events.get().kind == EventKind.RECEIVED


def test_neither_the_model_nor_a_queryset_nor_the_request_can_take_an_event_away() -> None:
    dsr = bare_request()
    event = dsr.events.get()
    event.kind = EventKind.NOTE
    for attempt in (event.save, event.delete, dsr.events.all().delete, dsr.delete):
        with pytest.raises((IntegrityError, TypeError)), transaction.atomic():
            attempt()
    assert RequestEvent.objects.first_bad_row(dsr) is None


def test_the_triggers_stand_after_all_migrations_and_are_on_again_after_a_flush() -> None:
    assert changes_are_refused()
    with changes_allowed():
        assert not changes_are_refused()
    assert changes_are_refused()


# An attacker with the owner's password


def tampered(dsr: DataSubjectRequest, how: str, dice: random.Random) -> int:
    """Change one thing about the chain as an attacker who is not careful would; returns the sequence that goes bad first."""
    rows = list(dsr.events.all())
    at = dice.randrange(len(rows) - 1)  # the last row cut off is what the heads are for
    row = rows[at]
    table = RequestEvent.objects.filter(pk=row.pk)
    match how:
        case "edit":
            column, value = dice.choice(
                [
                    ("kind", EventKind.DECIDED.value),
                    ("at", row.at + timedelta(microseconds=1)),
                    ("actor_kind", ActorKind.COLLEAGUE.value),
                    ("data", {"count": 99_999}),
                    ("sealed_text", bytes(row.sealed_text) + b"x"),
                    ("previous_hash", "f" * 64),
                    ("hash", "e" * 64),
                ]
            )
            table.update(**{column: value})
        case "delete":
            table.delete()
        case "swap":
            other = rows[dice.choice([n for n in range(len(rows)) if n != at])]
            table.update(sequence=10_000)
            RequestEvent.objects.filter(pk=other.pk).update(sequence=row.sequence)
            table.update(sequence=other.sequence)
            return min(row.sequence, other.sequence)
        case "insert":
            for later_row in reversed(rows[at:]):
                RequestEvent.objects.filter(pk=later_row.pk).update(sequence=later_row.sequence + 1)
            forged = RequestEvent(
                dsr=dsr,
                sequence=row.sequence,
                kind=EventKind.NOTE,
                at=row.at,
                actor_kind=ActorKind.SYSTEM,
                previous_hash=row.previous_hash,
                hash="d" * 64,
            )
            if careful := dice.random() < 0.5:
                forged.hash = forged.computed_hash()
            forged.save()
            return row.sequence + careful  # a well-made forgery is betrayed by the row that follows it
    return row.sequence


@pytest.mark.django_db(transaction=True)
def test_each_of_100_random_edits_deletions_swaps_and_insertions_names_the_first_bad_row() -> None:
    dice = random.Random(20261124)
    found = []
    with changes_allowed():
        for n in range(100):
            dsr = chain_of(dice.randint(3, 9))
            assert RequestEvent.objects.first_bad_row(dsr) is None
            how = ["edit", "delete", "swap", "insert"][n % 4]
            expected = tampered(dsr, how, dice)
            bad = RequestEvent.objects.first_bad_row(dsr)
            assert bad is not None, how
            found.append((how, expected, bad if isinstance(bad, int) else bad.sequence))
    assert [(how, expected) for how, expected, _ in found] == [(how, named) for how, _, named in found]


@pytest.mark.django_db(transaction=True)
def test_a_request_without_any_event_misses_its_first() -> None:
    dsr = bare_request()
    with changes_allowed():
        dsr.events.all().delete()
    assert RequestEvent.objects.first_bad_row(dsr) == 1


# manage.py verify_events


def output_of(*arguments: str) -> str:
    out = io.StringIO()
    call_command("verify_events", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_verifying_a_sound_database_says_how_much_verifies() -> None:
    chain_of(4)
    chain_of(3)
    assert output_of() == "7 events of 2 requests verify.\n"


@pytest.mark.django_db(transaction=True)
def test_verifying_names_request_and_row_and_fails() -> None:
    dsr = chain_of(4)
    with changes_allowed():
        dsr.events.filter(sequence=3).update(kind="decided")
    errors = io.StringIO()
    with pytest.raises(CommandError, match="1 problems"):
        call_command("verify_events", stderr=errors)
    assert errors.getvalue() == f"{dsr.reference}: event 3 (decided) is not what was written.\n"


@pytest.mark.django_db(transaction=True)
def test_a_tail_cut_off_is_found_by_the_heads_kept_outside(tmp_path: Path) -> None:
    dsr = chain_of(5)
    kept = tmp_path / "heads"
    kept.write_text(output_of("--heads"))
    assert kept.read_text() == f"{dsr.reference} 5 {dsr.events.last().hash}\n"  # type: ignore[union-attr]
    RequestEvent.objects.record(dsr, EventKind.NOTE, at=later(days=1))
    output_of("--against", str(kept))  # a longer chain is well
    with changes_allowed():
        dsr.events.filter(sequence__gt=3).delete()
    assert output_of() == "3 events of 1 requests verify.\n"  # what the chain alone cannot see
    errors = io.StringIO()
    with pytest.raises(CommandError):
        call_command("verify_events", "--against", str(kept), stderr=errors)
    assert f"{dsr.reference}: event 5 of the kept head" in errors.getvalue()


@pytest.mark.parametrize("content", ["CE-7K4M-2XQZ five abc\n", "nonsense\n"])
def test_a_file_that_holds_no_heads_is_one_sentence(content: str, tmp_path: Path) -> None:
    (tmp_path / "heads").write_text(content)
    with pytest.raises(CommandError, match="line 1"):
        output_of("--against", str(tmp_path / "heads"))
    with pytest.raises(CommandError, match="cannot be read"):
        output_of("--against", str(tmp_path / "absent"))


@pytest.mark.django_db(transaction=True)
def test_missing_triggers_are_a_problem_too() -> None:
    chain_of(2)
    errors = io.StringIO()
    with changes_allowed(), pytest.raises(CommandError):
        call_command("verify_events", stderr=errors)
    assert "triggers" in errors.getvalue()
