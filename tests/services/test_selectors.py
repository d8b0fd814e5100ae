"""The queue: the most urgent first, in few queries, and only what the reader may see."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from dsar import selectors
from dsar.domain.vocabulary import RequestType
from dsar.models import User
from dsar.selectors import lists
from tests import stories
from tests.stories import RECEIVED_AT

pytestmark = pytest.mark.django_db
TODAY = date(2026, 4, 5)  # a Sunday; requests of 10 March are due on 9 April


def test_groups_go_from_late_to_later(dominique):
    late = stories.receive(at=RECEIVED_AT - timedelta(days=20))
    soon = stories.receive()
    later = stories.receive(at=RECEIVED_AT + timedelta(days=20))
    page = selectors.queue(dominique, today=TODAY)
    assert [(group.key, [row.dsr.reference for row in group.rows]) for group in page.groups] == [
        ("late", [late.reference]),
        ("soon", [soon.reference]),
        ("later", [later.reference]),
    ]
    assert page.groups[1].rows[0].days_left == 4


def test_on_one_day_an_erasure_comes_before_an_access(dominique):
    access, erasure = stories.receive(RequestType.ACCESS), stories.receive(RequestType.ERASURE)
    (group,) = selectors.queue(dominique, today=TODAY).groups
    assert [row.dsr.reference for row in group.rows] == [erasure.reference, access.reference]


def test_fifty_requests_take_as_many_queries_as_five(school, dominique, django_assert_max_num_queries):
    stories.collected(stories.receive())
    stories.collected(stories.receive())
    for _ in range(48):
        stories.receive()
    with django_assert_max_num_queries(14):
        assert len(selectors.queue(dominique, today=TODAY)) == 50


def test_pages_follow_each_other_without_gap_or_double(dominique, monkeypatch):
    monkeypatch.setattr(lists, "PAGE", 3)
    wanted = {stories.receive(at=RECEIVED_AT + timedelta(days=day % 4)).reference for day in range(10)}
    seen, cursor = [], ""
    while True:
        page = selectors.queue(dominique, today=TODAY, after=cursor)
        seen += [row.dsr.reference for group in page.groups for row in group.rows]
        cursor = page.after
        if not cursor:
            break
    assert len(seen) == 10 and set(seen) == wanted


def test_an_officer_of_one_site_sees_nothing_of_another(bordeaux_officer, dominique):
    stories.receive(site="lyon")
    mine = stories.receive(site="bordeaux")
    assert selectors.queue(dominique, today=TODAY).total == 2
    page = selectors.queue(bordeaux_officer, today=TODAY)
    assert [row.dsr.reference for group in page.groups for row in group.rows] == [mine.reference]
    other = selectors.queue(dominique, today=TODAY, query="Camille").total
    assert other == 2 and selectors.queue(bordeaux_officer, today=TODAY, query="Camille").total == 1


def test_an_operator_sees_no_case_at_all(db):
    stories.receive()
    operator = User.objects.create_superuser("ops@cesi.example")
    assert selectors.queue(operator, today=TODAY).total == 0
    assert selectors.case(operator, "CE-0000-0000", today=TODAY) is None


def test_search_finds_by_reference_in_any_shape_by_name_and_by_exact_address(dominique):
    dsr = stories.receive()
    for words in (dsr.reference.lower().replace("-", ""), "camille", dsr.email.upper()):
        assert selectors.queue(dominique, today=TODAY, query=words).total == 1, words
    assert selectors.queue(dominique, today=TODAY, query="camille.exemple@").total == 0


def test_the_person_sees_each_step_with_its_date(school, dominique):
    dsr = stories.receive()
    states = [selectors.subject_view(dsr, today=TODAY).state]
    stories.released(dsr, dominique)
    dsr.refresh_from_db()
    view = selectors.subject_view(dsr, today=TODAY)
    states.append(view.state)
    assert states == ["received", "ready"]
    assert [(step.key, step.state) for step in view.timeline] == [
        ("received", "done"),
        ("identity", "done"),
        ("gathering", "done"),
        ("checked", "done"),
        ("ready", "done"),
    ]
