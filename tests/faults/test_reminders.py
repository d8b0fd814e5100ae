"""Reminders under faults: a dead scheduler, doubled tasks, two sweeps, a jumping clock (SECURITY R2, R10, R11, R13)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
import structlog
import time_machine
from django.core import mail
from django.db import connection
from pytest_django import Settings

from dsar import tasks
from dsar.models import DataSubjectRequest, Heartbeat, User
from dsar.selectors import figures, queue
from dsar.services import remind
from dsar.services.heartbeat import beat
from identity import vault
from notifications.models import Message, MessageState
from notifications.relay import relay_waiting
from tests.faults.open_requests import open_requests

PARIS = ZoneInfo("Europe/Paris")
WAITING, SUPERSEDED, SENT = MessageState.WAITING.value, MessageState.SUPERSEDED.value, MessageState.SENT.value


def at(year: int, month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    """A time on the clocks of Paris."""
    return datetime(year, month, day, hour, minute, tzinfo=PARIS).astimezone(UTC)


def told(kind: str = "deadline_reminder") -> dict[str, dict[str, str]]:
    """By reference: each occasion and its state."""
    found: dict[str, dict[str, str]] = {}
    for reference, occasion, state in Message.objects.filter(kind=kind).values_list("reference", "occasion", "state"):
        found.setdefault(reference, {})[occasion] = state
    return found


def everything() -> set[tuple[str, str, str, str]]:
    return set(Message.objects.values_list("kind", "reference", "occasion", "state"))


@pytest.fixture
def mails(settings: Settings) -> Callable[[datetime], None]:
    """Sends what waits, as the relay does, into a list."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []

    def send(now: datetime) -> None:
        def write(message: Message) -> object:
            return remind.written(message, now=now)

        relay_waiting(unseal=lambda _key, _content: "", clock=lambda: now, write=write, limit=5_000)  # type: ignore[arg-type]

    return send


# R2


@pytest.mark.django_db
def test_after_three_days_without_scheduler_each_of_a_thousand_gets_one_mail_for_the_latest_threshold(
    dominique: User, mails: Callable[[datetime], None]
) -> None:
    """The last sweep ran on Friday 6 March before seven; the scheduler comes back on Monday 9 March."""
    back = at(2026, 3, 9)
    expected = {  # days left on Monday: the one mail, then what is superseded
        10: ("due:10", []),
        9: ("due:10", []),
        8: ("due:10", []),
        7: ("due:10", []),
        5: ("due:5", []),
        4: ("due:5", []),
        2: ("due:2", ["due:5"]),
        1: ("due:2", []),
        0: ("due:0", ["due:2"]),
        -3: ("late:2026-03-09", ["due:0", "late:2026-03-07", "late:2026-03-08"]),
    }
    days = [back.date() + timedelta(days=left) for left in expected for _ in range(100)]
    requests = open_requests(days)
    assert len(requests) == 1000
    remind.sweep(at(2026, 3, 6, 6, 30))
    assert set(Counter(occasion.rsplit(":", 1)[0] for one in told().values() for occasion in one)) == {"due:10", "due:5", "due:2"}
    before = told()
    mails(at(2026, 3, 6, 8))
    mail.outbox.clear()

    report = remind.sweep(back)
    mails(back + timedelta(minutes=1))

    assert report.looked_at == 1000
    assert report.stored == 1000 + 300, "one to each owner, and to the deputy for the two days of three hundred"
    after = told()
    for request in requests:
        left = (request.working_date - back.date()).days
        latest, older = expected[left]
        new = {key.rsplit(":", 1)[0]: state for key, state in after[request.reference].items()}
        for key in before.get(request.reference, {}):
            del new[key.rsplit(":", 1)[0]]
        assert new == {latest: SENT} | dict.fromkeys(older, SUPERSEDED), left
        assert {key.rsplit(":", 1)[1] for key in after[request.reference]} == {request.working_date.isoformat()}
    to_owner = [one for one in mail.outbox if "à suivre de près" not in one.subject]
    assert Counter(one.subject.split()[1] for one in to_owner) == Counter(request.reference for request in requests)


@pytest.mark.django_db
def test_after_the_outage_overdue_flags_are_right_and_nothing_is_told_again(dominique: User) -> None:
    back = at(2026, 3, 9)
    late = open_requests([date(2026, 3, 6)] * 300)
    soon = open_requests([date(2026, 3, 9)] * 700)
    remind.sweep(at(2026, 3, 6, 6, 30))
    remind.sweep(back)
    first = everything()
    assert len([one for one in first if one[3] == WAITING]) >= 1000
    for minute in range(1, 4):
        assert remind.sweep(back + timedelta(minutes=minute)) == remind.SweepReport()
    assert everything() == first
    seen = figures(dominique, date(2026, 3, 9))
    assert (seen.late, seen.soon) == (len(late), len(soon))
    assert queue(dominique, today=date(2026, 3, 9), view="late").total == len(late)


@pytest.mark.django_db
def test_a_mail_that_still_waits_is_superseded_by_the_next_of_its_series(mails: Callable[[datetime], None]) -> None:
    """The relay is away, not the scheduler: each threshold is stored on its day, and only the latest leaves."""
    (request,) = open_requests([date(2026, 3, 16)])
    for day in range(6, 12):
        remind.sweep(at(2026, 3, day))
    assert told()[request.reference] == {"due:10:2026-03-16": SUPERSEDED, "due:5:2026-03-16": WAITING}
    mails(at(2026, 3, 11, 10))
    assert [one.subject for one in mail.outbox] == [f"Demande {request.reference}\u00a0: réponse au plus tard le 16 mars 2026"]


# R10, R11


@pytest.mark.django_db
def test_a_task_that_is_delivered_ten_times_tells_once(dominique: User) -> None:
    open_requests([date(2026, 3, 11 + left % 12) for left in range(120)])
    with time_machine.travel(at(2026, 3, 11), tick=False):
        tasks.send_reminders()
    once = everything()
    assert Counter(state for *_, state in once)[WAITING] > 100
    assert "daily_digest" in {kind for kind, *_ in once}
    with time_machine.travel(at(2026, 3, 11), tick=False):
        DataSubjectRequest.objects.update(remind_at=at(2026, 3, 11, 8))  # as if each delivery found everything again
        for _ in range(10):
            tasks.send_reminders()
    assert everything() == once


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_tasks_in_any_order_and_number_end_as_one_round_does(dominique: User, settings: Settings, seed: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    for dsr in open_requests([date(2026, 3, 11 + left % 12) for left in range(40)]):
        vault.create_text_key(dsr.key_name)
    round_of_tasks = [tasks.send_reminders, tasks.relay_messages, tasks.advance_requests, tasks.expire_what_is_due]
    with time_machine.travel(at(2026, 3, 11), tick=False):
        for task in round_of_tasks:
            task()
        once, sent = everything(), len(mail.outbox)
        assert sent > 30
        again = round_of_tasks * 2 + [task for task in round_of_tasks for _ in range(10)]  # twice each, and ten times each
        Random(seed).shuffle(again)
        for task in again:
            task()
    assert everything() == once
    assert len(mail.outbox) == sent


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_tell_once() -> None:
    open_requests([date(2026, 3, 10 + left % 12) for left in range(400)])
    start, failures, reports = threading.Barrier(4), [], []

    def run() -> None:
        try:
            start.wait()
            reports.append(remind.sweep(at(2026, 3, 10), batch=25))
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    remind.sweep(at(2026, 3, 10, 9, 1))  # what one skipped because another held it
    assert sum(report.stored for report in reports) > 400
    per_request = Message.objects.filter(kind="deadline_reminder", state=WAITING).values_list("reference", flat=True)
    assert max(Counter(per_request).values()) == 1
    kinds = Message.objects.values_list("kind", "reference", "occasion")
    assert max(Counter(kinds).values()) == 1
    assert not DataSubjectRequest.objects.filter(remind_at__lte=at(2026, 3, 10, 9, 1)).exists()


# R13


def every(start: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    while start <= end:
        yield start
        start += step


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("first", "last", "due"),
    [
        (at(2026, 3, 27, 0), at(2026, 3, 31, 0), date(2026, 3, 29)),
        (at(2026, 10, 23, 0), at(2026, 10, 27, 0), date(2026, 10, 25)),
        (at(2028, 2, 27, 0), at(2028, 3, 2, 0), date(2028, 2, 29)),
        (at(2026, 4, 28, 0), at(2026, 5, 2, 0), date(2026, 4, 30)),
        (at(2026, 12, 29, 0), at(2027, 1, 2, 0), date(2026, 12, 31)),
    ],
    ids=["the night an hour is missing", "the night an hour comes twice", "29 February", "end of April", "end of the year"],
)
def test_each_threshold_is_told_once_on_its_civil_day_from_seven_on(first: datetime, last: datetime, due: date) -> None:
    (request,) = open_requests([due], remind_at=first)
    remind.sweep(first)  # what lay before
    for now in every(first, last, timedelta(minutes=20)):
        remind.sweep(now)
    rows = Message.objects.filter(reference=request.reference, kind="deadline_reminder").order_by("created_at")
    days = [(row.occasion, row.created_at.astimezone(PARIS)) for row in rows if row.created_at > first]
    late = [due + timedelta(days=n) for n in (1, 2) if due + timedelta(days=n) < last.astimezone(PARIS).date()]
    assert [occasion for occasion, _ in days] == [f"due:2:{due}", f"due:0:{due}", *(f"late:{day}:{due}" for day in late)]
    assert [local.date() for _, local in days] == [due - timedelta(days=2), due, *late]
    assert {(local.hour, local.minute) for _, local in days} == {(7, 0)}


@pytest.mark.django_db
def test_a_clock_that_jumps_back_an_hour_doubles_nothing_and_ahead_skips_nothing() -> None:
    requests = open_requests([date(2026, 3, 10 + n % 14) for n in range(140)])
    quiet, moved = {}, {}
    straight = every(at(2026, 3, 9, 6), at(2026, 3, 13, 12), timedelta(hours=1))
    for now in straight:
        remind.sweep(now)
    quiet = {(reference, occasion) for reference, one in told().items() for occasion in one}
    states = Counter(state for one in told().values() for state in one.values())
    Message.objects.all().delete()
    DataSubjectRequest.objects.update(remind_at=at(2026, 3, 9, 5))
    for now in every(at(2026, 3, 9, 6), at(2026, 3, 13, 12), timedelta(hours=1)):
        remind.sweep(now)
        if now.hour == 6:  # seven in Paris, when reminders leave
            remind.sweep(now - timedelta(hours=1))
            remind.sweep(now)
            remind.sweep(now + timedelta(hours=1))
    moved = {(reference, occasion) for reference, one in told().items() for occasion in one}
    assert len(quiet) > 300
    assert moved == quiet
    assert Counter(state for one in told().values() for state in one.values()) == states
    for request in requests:
        request.refresh_from_db()
        assert request.remind_at is not None and request.remind_at > at(2026, 3, 13, 12)


@pytest.mark.django_db
def test_three_days_ahead_and_back_again_tells_early_but_never_twice() -> None:
    (request,) = open_requests([date(2026, 3, 16)])
    remind.sweep(at(2026, 3, 8))
    remind.sweep(at(2026, 3, 11))  # the clock is three days ahead
    assert set(told()[request.reference]) == {"due:10:2026-03-16", "due:5:2026-03-16"}
    for now in every(at(2026, 3, 8), at(2026, 3, 16), timedelta(hours=6)):
        remind.sweep(now)
    assert set(told()[request.reference]) == {f"due:{days}:2026-03-16" for days in (10, 5, 2, 0)}
    assert [*told()[request.reference].values()].count(WAITING) == 1


@pytest.mark.django_db
def test_the_deadline_itself_does_not_move_with_the_clock() -> None:
    (request,) = open_requests([date(2026, 3, 16)])
    for now in (at(2026, 3, 16), at(2026, 3, 15), at(2026, 3, 19), at(2026, 3, 16)):
        remind.sweep(now)
        request.refresh_from_db()
        assert (request.working_date, request.legal_limit) == (date(2026, 3, 16), date(2026, 3, 16))


@pytest.mark.django_db
def test_a_jump_of_the_clock_is_logged() -> None:
    beat("send_reminders", at(2026, 3, 10, 9))
    with structlog.testing.capture_logs() as lines:
        beat("send_reminders", at(2026, 3, 10, 9, 1))
    assert lines == []
    with structlog.testing.capture_logs() as lines:
        beat("send_reminders", at(2026, 3, 10, 8, 1))
        beat("send_reminders", at(2026, 3, 13, 8, 1))
    assert [(line["event"], line["seconds"]) for line in lines] == [
        ("the clock was set back", 3600),
        ("the loop was silent, or the clock jumped ahead", 3 * 86400),
    ]
    assert Heartbeat.objects.get(name="send_reminders").at == at(2026, 3, 13, 8, 1)
