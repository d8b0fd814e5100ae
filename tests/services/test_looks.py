"""Who looks into unusually many files within an hour is noticed, by somebody else (SECURITY T21)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from dsar.domain.vocabulary import EventKind
from dsar.models import DataSubjectRequest, RequestEvent
from dsar.services import looks, remind
from identity import vault
from notifications.models import Message
from notifications.rendering import render
from tests.faults.open_requests import open_requests
from tests.stories import RECEIVED_AT

if TYPE_CHECKING:
    from dsar.models import User

pytestmark = pytest.mark.django_db

NOW = RECEIVED_AT + timedelta(hours=3)


@pytest.fixture
def cases() -> list[DataSubjectRequest]:
    made = open_requests([RECEIVED_AT.date()] * 25)
    for dsr in made:
        vault.create_text_key(dsr.key_name)
    return made


def look(officer: User, cases: list[DataSubjectRequest], *, minutes_ago: int = 10) -> None:
    for dsr in cases:
        RequestEvent.objects.record(
            dsr, EventKind.DATA_VIEWED, at=NOW - timedelta(minutes=minutes_ago), actor=officer, data={"collection": "x"}
        )


def alarms() -> list[tuple[str, int]]:
    found = Message.objects.filter(kind=looks.KIND).order_by("recipient")
    return [(message.recipient, message.facts["files"]) for message in found]


def test_twenty_files_in_an_hour_alarm_nobody_and_one_more_tells_everybody_but_who_looked(
    cases, dominique, noa, bordeaux_officer
):
    look(bordeaux_officer, cases[:20])
    look(bordeaux_officer, cases[:20], minutes_ago=5)  # the same files again
    assert looks.watch(NOW) == 0
    look(bordeaux_officer, cases[20:21])
    assert looks.watch(NOW) == 2
    assert alarms() == sorted([(dominique.email, 21), (noa.email, 21)])


def test_the_dpo_is_told_by_the_deputy_not_by_themselves(cases, dominique, noa):
    look(dominique, cases[:21])
    looks.watch(NOW)
    assert alarms() == [(noa.email, 21)]


def test_looks_spread_over_more_than_an_hour_and_what_people_or_the_system_do_are_not_counted(cases, dominique, bordeaux_officer):
    look(bordeaux_officer, cases[:15], minutes_ago=70)
    look(bordeaux_officer, cases[15:], minutes_ago=10)
    for dsr in cases:
        RequestEvent.objects.record(dsr, EventKind.DOWNLOADED, at=NOW - timedelta(minutes=1))
    assert looks.watch(NOW) == 0


def test_one_alarm_an_hour_for_one_person_however_often_the_sweep_runs(cases, dominique, bordeaux_officer):
    look(bordeaux_officer, cases[:21])
    assert [looks.watch(NOW + timedelta(minutes=minute)) for minute in range(3)] == [1, 0, 0]
    later = NOW + timedelta(minutes=40)
    look(bordeaux_officer, cases, minutes_ago=0)
    assert looks.watch(later) == 0
    assert looks.watch(NOW + timedelta(minutes=61)) == 0, "the looks of the first minutes are over an hour old"


def test_the_mail_names_who_and_how_many_and_no_data_subject(cases, dominique, bordeaux_officer):
    look(bordeaux_officer, cases[:21])
    looks.watch(NOW)
    message = Message.objects.get(kind=looks.KIND)
    written = render(message.kind, "fr", remind.written(message, now=NOW) or {})
    assert str(bordeaux_officer) in written.text
    assert "21 personnes" in written.text
    assert "Camille" not in written.text + written.subject
    assert str(bordeaux_officer) not in written.subject
