"""The page that simulates a deadline: the same clock, the same words, and nothing stored."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dsar.domain.vocabulary import Role
from dsar.models import DataSubjectRequest, User
from tests.web.desk import at_desk, words

pytestmark = pytest.mark.django_db

PAGE = "/fr/office/clock/"
MARCH = {"pack": "FR", "received_on": "2026-03-02", "promise_days": "30"}


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(datetime(2026, 3, 11, 9, 0, tzinfo=UTC), tick=False):
        yield


def test_the_page_opens_on_today_under_the_controllers_own_law(dominique):
    page = at_desk(dominique).get(PAGE).content.decode()
    assert '<option value="FR" selected>France</option>' in page
    assert 'value="2026-03-11"' in page
    assert 'value="30"' in page
    assert "Ce que dit l’horloge" not in words(at_desk(dominique).get(PAGE))


def test_it_says_dates_and_steps_in_french(dominique):
    page = words(at_desk(dominique).get(PAGE, {**MARCH, "identity_asked": "2026-03-04", "identity_answered": "2026-03-06"}))
    for said in (
        "Ce que dit l’horloge",
        "mercredi 1er avril 2026",
        "vendredi 3 avril 2026",
        "mardi 7 avril 2026",
        "2 jours de pause en plus, pendant que la réponse de la personne était attendue : samedi 4 avril 2026",
        "lundi 6 avril 2026 (Lundi de Pâques)",
        "FR-2026.1",
    ):
        assert said in page, said


def test_it_says_the_same_in_english(dominique):
    page = words(at_desk(dominique).get("/en/office/clock/", {**MARCH, "extended_on": "2026-03-20"}))
    assert "Extension announced in time: it could be until Thursday 2 April 2026" in page
    assert "Legal limit: the end of Tuesday 2 June 2026 at the seat (GDPR Art. 12(3))." in page


def test_an_open_question_shows_not_before_as_of_today(dominique):
    page = words(at_desk(dominique).get("/en/office/clock/", {**MARCH, "identity_asked": "2026-03-04"}))
    assert "Legal limit, not before Thursday 9 April 2026" in page


def test_a_late_question_about_identity_is_recognised(dominique):
    asked = {**MARCH, "identity_asked": "2026-03-06", "identity_answered": "2026-03-16"}
    page = words(at_desk(dominique).get("/en/office/clock/", asked))
    assert "The question of Friday 6 March 2026 left too late: it adds nothing" in page
    assert "Legal limit Thursday 2 April 2026" in page


def test_another_law_shows_its_own_dates(dominique):
    page = words(at_desk(dominique).get("/en/office/clock/", {"pack": "CCPA", "received_on": "2026-03-02", "promise_days": ""}))
    assert "Receipt confirmed by Monday 16 March 2026" in page
    assert "Legal limit Thursday 16 April 2026" in page
    assert "closing days" not in page, "those are of the controller's own calendar"
    opted_out = words(at_desk(dominique).get("/en/office/clock/", {"pack": "CCPA", "received_on": "2026-03-02", "opt_out": "on"}))
    assert "Legal limit Monday 23 March 2026" in opted_out
    assert "Extension announced by" not in opted_out


def test_the_controllers_closing_days_move_the_day_to_be_ready_and_nothing_else(dominique):
    page = words(at_desk(dominique).get("/en/office/clock/", {"pack": "FR", "received_on": "2026-11-28", "promise_days": "30"}))
    assert "Working date Monday 28 December 2026" in page
    assert "given your closing days Wednesday 23 December 2026" in page
    assert "Legal limit Monday 28 December 2026" in page


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"received_on": ""}, "Give the day of receipt."),
        ({"received_on": "2 March"}, "Write the day as 2026-12-24."),
        ({"received_on": "0001-01-01"}, "Write a year from 2018 to 2100."),
        ({"pack": "XX"}, "Choose a law."),
        ({"pack": ""}, "Choose a law."),
        ({"promise_days": "0"}, "Write 1 or more, or leave it empty."),
        ({"promise_days": "thirty"}, "Write a whole number."),
        ({"identity_answered": "2026-03-06"}, "Say when it was asked, too."),
        ({"identity_asked": "2026-03-01"}, "A question follows the request"),
        ({"clarification_asked": "2026-03-06", "clarification_answered": "2026-03-05"}, "An answer follows its question"),
        ({"extended_on": "2026-03-01"}, "An extension follows the request"),
    ],
)
def test_a_mistake_is_a_sentence_beside_its_field_and_what_was_typed_stays(dominique, wrong, sentence):
    answer = at_desk(dominique).get("/en/office/clock/", {**MARCH, **wrong})
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert "What the clock says" not in words(answer)
    name, typed = next(iter(wrong.items()))
    if typed and name != "pack":
        assert f'name="{name}" value="{typed}"' in answer.content.decode()


def test_nothing_is_written_and_only_readers_of_cases_come_in(dominique, noa):
    desk = at_desk(dominique)
    desk.get(PAGE)
    with CaptureQueriesContext(connection) as queries:
        assert desk.get(PAGE, MARCH).status_code == 200
    assert not [query for query in queries if query["sql"].lstrip().startswith(("INSERT", "DELETE"))]
    assert DataSubjectRequest.objects.count() == 0
    assert at_desk(noa).get(PAGE).status_code == 200
    operator = User.objects.create_user("ops@cesi.example", first_name="Ola", last_name="Gabarit", role=Role.OPERATOR)
    assert at_desk(operator).get(PAGE).status_code == 403
    assert 'href="/fr/office/clock/"' in desk.get("/fr/office/").content.decode()
