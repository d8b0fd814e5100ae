"""How sure we must be follows from what is at stake (GDPR Art. 12(6))."""

from __future__ import annotations

import pytest

from dsar.domain.identity_levels import NEEDED, Level, required_level, settles_alone
from dsar.domain.vocabulary import IdentityMeans, RequestType, SubjectKind

MINE = SubjectKind.SELF
MAIL, ACCOUNT, DOCUMENT = IdentityMeans.EMAIL_ON_FILE, IdentityMeans.SCHOOL_ACCOUNT, IdentityMeans.DOCUMENT


@pytest.mark.parametrize("kind", SubjectKind)
def test_stopping_advertising_and_withdrawing_consent_need_no_identity_whoever_asks(kind):
    assert required_level([RequestType.MARKETING_OBJECTION, RequestType.WITHDRAWAL], kind, high_stake=True) is Level.NONE


@pytest.mark.parametrize(
    "right",
    [RequestType.ACCESS, RequestType.PORTABILITY, RequestType.RECTIFICATION, RequestType.ERASURE, RequestType.UNSPECIFIED],
)
def test_opening_or_changing_data_of_high_stake_needs_more(right):
    assert required_level([right], MINE, high_stake=False) is Level.CONTACT
    assert required_level([right], MINE, high_stake=True) is Level.HIGH


def test_limiting_a_use_discloses_nothing():
    assert required_level([RequestType.RESTRICTION, RequestType.OBJECTION], MINE, high_stake=True) is Level.CONTACT


def test_the_highest_right_of_a_request_counts():
    assert required_level([RequestType.RESTRICTION, RequestType.ACCESS], MINE, high_stake=True) is Level.HIGH


@pytest.mark.parametrize("kind", [SubjectKind.CHILD, SubjectKind.MANDATE, SubjectKind.DECEASED])
def test_who_asks_for_somebody_else_is_always_read_by_a_person(kind):
    assert required_level([RequestType.RESTRICTION], kind, high_stake=False) is Level.PERSON
    assert not settles_alone(MAIL, Level.PERSON, automatic=list(IdentityMeans), automatic_high_stake=list(IdentityMeans))
    assert NEEDED[kind], "they have a checklist of their own"


def test_a_minor_who_asks_is_asked_no_more_than_an_adult():
    assert required_level([RequestType.ACCESS], SubjectKind.SELF_MINOR, high_stake=False) is Level.CONTACT


def test_the_system_settles_only_what_the_controller_lists():
    def alone(means: IdentityMeans, level: Level) -> bool:
        return settles_alone(means, level, automatic=[MAIL, ACCOUNT], automatic_high_stake=[ACCOUNT])

    assert alone(MAIL, Level.CONTACT)
    assert not alone(MAIL, Level.HIGH), "enough for ordinary data, not for data of high stake"
    assert alone(ACCOUNT, Level.HIGH)
    assert not alone(IdentityMeans.CALL_BACK, Level.CONTACT)


@pytest.mark.parametrize("level", Level)
def test_a_document_is_never_accepted_by_the_system(level):
    everything = list(IdentityMeans)
    assert not settles_alone(DOCUMENT, level, automatic=everything, automatic_high_stake=everything)
