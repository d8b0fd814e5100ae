"""On whose behalf somebody asks, as the case shows it: the fields of question 2b, and what must be thought of first."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import translation

from dsar.domain.vocabulary import RequestType, Status, SubjectKind
from dsar.forms import about
from tests.people import CAMILLE_NAME, SACHA_NAME
from tests.stories import receive
from tests.web.desk import at_desk, words

pytestmark = pytest.mark.django_db

MANDATE = {"rights_covered": "une copie", "data_covered": "tout", "duration": "un an", "answer_to": "person"}


def test_the_case_shows_what_a_mandate_says(dominique):
    dsr = receive(name=SACHA_NAME, subject_kind=SubjectKind.MANDATE, about={"requester_name": CAMILLE_NAME, **MANDATE})
    page = words(at_desk(dominique).get(f"/fr/office/case/{dsr.reference}/"))
    for shown in (f"Demandé par {CAMILLE_NAME}", "Quelles données couvre-t-il", "un an", "À la personne"):
        assert shown in page


@pytest.mark.parametrize(
    ("today", "warned"), [(date(2026, 3, 30), False), (date(2026, 3, 31), True)], ids=["a day before 15", "on the day of 15"]
)
def test_from_fifteen_the_child_s_own_view_is_to_be_weighed(today: date, warned: bool):
    child = {"requester_name": CAMILLE_NAME, "birth_date": "2011-03-31", "tie": "parent"}
    dsr = receive(name=SACHA_NAME, subject_kind=SubjectKind.CHILD, about=child)
    with translation.override("fr"):
        assert about.tag(dsr, today=today).startswith("Mineur, 15 ans et plus") is warned
        assert ("Date de naissance", "31 mars 2011") in about.lines(dsr)


@pytest.mark.parametrize(
    ("language", "hint"), [("fr", "Mineur, 15 ans et plus"), ("en", "A minor, 15 or over: weigh their own view")]
)
def test_the_case_of_such_a_child_says_so_in_both_languages(dominique, language: str, hint: str):
    child = {"requester_name": CAMILLE_NAME, "birth_date": "2010-03-10", "tie": "parent"}
    dsr = receive(name=SACHA_NAME, subject_kind=SubjectKind.CHILD, about=child)
    assert hint in words(at_desk(dominique).get(f"/{language}/office/case/{dsr.reference}/"))


def test_who_decides_about_such_a_child_reads_it_again_where_the_decision_is_made(dominique):
    child = {"requester_name": CAMILLE_NAME, "birth_date": "2010-03-10", "tie": "parent"}
    for about_them, warned in ((child, True), ({**child, "birth_date": "2015-03-10"}, False)):
        dsr = receive(RequestType.RECTIFICATION, name=SACHA_NAME, subject_kind=SubjectKind.CHILD, about=about_them)
        dsr.parts.update(step=Status.REVIEWING)
        page = at_desk(dominique).get(f"/fr/office/case/{dsr.reference}/decide/{dsr.parts.get().pk}/")
        assert page.status_code == 200
        assert ("Mineur, 15 ans et plus" in words(page)) is warned


def test_a_minor_who_asks_alone_and_somebody_who_died_carry_a_tag_and_anybody_else_none():
    with translation.override("en"):
        assert "do not write to the parents" in about.tag(receive(subject_kind=SubjectKind.SELF_MINOR), today=date(2026, 3, 10))
        assert "not the GDPR" in about.tag(receive(subject_kind=SubjectKind.DECEASED), today=date(2026, 3, 10))
        assert about.tag(receive(), today=date(2026, 3, 10)) == ""
        assert about.lines(receive()) == []
