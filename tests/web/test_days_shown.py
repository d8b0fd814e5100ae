"""The day beside an hour is the day at the seat: half past midnight in Paris is still yesterday in UTC (LAW section 5.2)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.template import Context, Template
from django.utils import translation

from dsar.domain.vocabulary import RequestType
from dsar.models import User
from tests.stories import receive
from tests.web.desk import at_desk, words

LATE_ON_THE_24TH = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)  # 00:30 on the 25th in Paris
SUMMER = datetime(2026, 7, 31, 22, 15, tzinfo=UTC)  # 00:15 on 1 August in Paris


@pytest.mark.parametrize(
    ("value", "language", "said"),
    [
        (LATE_ON_THE_24TH, "fr", "25 novembre 2026|mercredi 25 novembre 2026|2026-11-25 00:30"),
        (LATE_ON_THE_24TH, "en", "25 November 2026|Wednesday 25 November 2026|2026-11-25 00:30"),
        (SUMMER, "fr", "1er août 2026|samedi 1er août 2026|2026-08-01 00:15"),
        (date(2026, 11, 24), "fr", "24 novembre 2026|mardi 24 novembre 2026|2026-11-24 00:00"),
    ],
)
def test_an_instant_shows_the_day_of_its_hour_at_the_seat(value: date, language: str, said: str):
    template = Template("{% load page %}{{ at|day }}|{{ at|weekday }}|{{ at|date:'Y-m-d' }} {{ at|time:'H:i'|default:'00:00' }}")
    with translation.override(language):
        assert template.render(Context({"at": value})) == said


@pytest.mark.django_db
def test_the_path_of_a_case_names_the_day_at_the_seat(dominique: User):
    dsr = receive(RequestType.ACCESS, at=LATE_ON_THE_24TH)
    said = words(at_desk(dominique).get(f"/fr/office/case/{dsr.reference}/"))
    assert "Recevoir (fait) 25 nov." in said
    assert "24 nov." not in said
