"""Numbers that the installation sets are read, not written into a sentence; an end has its day, a refusal its recourse."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from dsar.controller import controller
from dsar.models import DataSubjectRequest, User
from dsar.templatetags import page
from tests.stories import RECEIVED_AT, receive
from tests.web import states
from tests.web.desk import words
from tests.web.following import opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("school")]


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(RECEIVED_AT + timedelta(days=2), tick=False):
        yield


def status_of(dsr: DataSubjectRequest) -> tuple[Client, str]:
    client = opened(dsr)
    return client, client.get("/fr/status/").content.decode()


def test_the_days_of_a_download_are_those_of_the_controller(monkeypatch):
    client, html = status_of(receive())
    assert "Pendant 30 jours, avec un code" in html
    kept = dataclasses.replace(controller().own_retention, package_days=12)
    monkeypatch.setattr(page, "controller", lambda: dataclasses.replace(controller(), own_retention=kept))
    assert "Pendant 12 jours, avec un code" in client.get("/fr/status/").content.decode()


def test_the_minutes_of_a_session_are_those_of_the_installation(settings):
    settings.SUBJECT_SESSION_MINUTES = 20
    said = words(Client().get("/fr/status/", follow=True))
    assert "cette page se ferme après 20 minutes sans activité" in said


def test_the_days_of_a_file_are_those_of_the_vault():
    assert "au plus tard après 30 jours" in status_of(receive())[1]


def test_a_request_that_ended_says_on_which_day(dominique: User, noa: User):
    assert "Close le 10 mars 2026" in words_of(status_of(states.withdrawn(RECEIVED_AT, dominique, noa))[1])


def words_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


RECOURSE = "<details open><summary>Si nous sommes en retard, ou si vous n’êtes pas d’accord"


@pytest.mark.parametrize("make", [states.refused, states.nothing_held, states.cannot_identify])
def test_after_a_negative_answer_the_authority_and_the_court_stand_open(dominique: User, noa: User, make: Any):
    assert RECOURSE in status_of(make(RECEIVED_AT, dominique, noa))[1]


def test_while_a_request_runs_they_are_one_press_away():
    html = status_of(receive())[1]
    assert RECOURSE not in html
    assert RECOURSE.replace(" open", "") in html
