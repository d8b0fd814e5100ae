from __future__ import annotations

import hashlib
from datetime import date

import pytest

from dsar.domain.calendars import PACKS, UnknownRulePack, rule_pack
from dsar.domain.clock import planning_date

FR = rule_pack("FR")


def test_france_has_eleven_holidays_in_2026() -> None:
    assert sorted(FR.holidays(2026)) == [
        date(2026, 1, 1),
        date(2026, 4, 6),
        date(2026, 5, 1),
        date(2026, 5, 8),
        date(2026, 5, 14),
        date(2026, 5, 25),
        date(2026, 7, 14),
        date(2026, 8, 15),
        date(2026, 11, 1),
        date(2026, 11, 11),
        date(2026, 12, 25),
    ]


def test_the_day_after_christmas_and_good_friday_are_working_days_in_paris() -> None:
    assert FR.is_working_day(date(2025, 12, 26))
    assert FR.is_working_day(date(2026, 4, 3))


def test_a_holiday_on_a_sunday_has_no_substitute_day() -> None:
    assert not FR.is_working_day(date(2026, 11, 1))
    assert FR.is_working_day(date(2026, 11, 2))


def test_whit_monday_is_a_holiday_even_where_people_work() -> None:
    assert not FR.is_working_day(date(2026, 5, 25))


def test_holidays_have_names_in_both_languages() -> None:
    assert FR.holiday_name(date(2026, 5, 25), "fr") == "Lundi de Pentecôte"
    assert FR.holiday_name(date(2026, 5, 25), "en") == "Whit Monday"
    assert FR.holiday_name(date(2026, 5, 26), "en") is None


@pytest.mark.parametrize("year", range(2018, 2061))
def test_every_french_holiday_has_an_english_name(year: int) -> None:
    for day, french in FR.holidays(year).items():
        assert FR.holiday_name(day, "en") not in (None, french)


def test_three_working_days_pass_over_easter() -> None:
    assert FR.add_working_days(date(2026, 4, 2), 3) == date(2026, 4, 8)


def test_an_unknown_pack_names_those_that_exist() -> None:
    with pytest.raises(UnknownRulePack, match="BR, CA, CCPA, CH, DE, EU, FR, QC, UK"):
        rule_pack("XX")
    assert set(PACKS) == {"FR", "DE", "EU", "UK", "CCPA", "BR", "CA", "QC", "CH"}


# The other packs


@pytest.mark.parametrize(
    ("pack", "day", "french", "english"),
    [
        ("DE", date(2026, 4, 3), "Vendredi saint", "Good Friday"),
        ("DE", date(2026, 10, 3), "Jour de l’unité allemande", "German Unity Day"),
        ("UK", date(2026, 12, 28), "Lendemain de Noël (jour de remplacement)", "Boxing Day (substitute day)"),
        ("UK", date(2028, 1, 3), "Jour de l’an (jour de remplacement)", "New Year’s Day (substitute day)"),
        ("CCPA", date(2026, 7, 3), "Fête de l’Indépendance (jour de remplacement)", "Independence Day (substitute day)"),
        ("CCPA", date(2027, 12, 31), "Jour de l’an (jour de remplacement)", "New Year’s Day (substitute day)"),
        ("QC", date(2026, 6, 24), "Fête nationale du Québec", "Fête nationale du Québec"),
    ],
)
def test_a_holiday_elsewhere_has_a_name_and_substitute_days_say_so(pack: str, day: date, french: str, english: str) -> None:
    assert not rule_pack(pack).is_working_day(day)
    assert rule_pack(pack).holiday_name(day, "en") == english
    assert rule_pack(pack).holiday_name(day, "fr") == french


@pytest.mark.parametrize("pack", ["DE", "UK", "CCPA"])
def test_the_holidays_of_a_rolling_or_counting_pack_are_named_in_both_languages(pack: str) -> None:
    for year in range(2024, 2061):
        for day, local in rule_pack(pack).holidays(year).items():
            assert "(observed)" not in str(rule_pack(pack).holiday_name(day, "en")), local
            assert rule_pack(pack).holiday_name(day, "fr") != rule_pack(pack).holiday_name(day, "en"), local


def test_the_german_holidays_are_the_nine_that_every_land_keeps() -> None:
    assert len(rule_pack("DE").holidays(2026)) == 9


def test_each_pack_names_its_version_once() -> None:
    versions = [pack.version for pack in PACKS.values()]
    assert len(set(versions)) == len(versions)
    assert all(version.startswith(f"{key}-") for key, version in zip(PACKS, versions, strict=True))


# The holidays that move dates of the law, 2024 to 2035. When a new calendar library changes one, dates change: give the pack a
# new version, and write the new digest here.
HOLIDAYS = {
    "FR-2026.1": "dd63e69ed904e19c",
    "DE-2026.1": "991bdbb2f4f93530",
    "UK-2026.1": "611629bc457289c0",
    "CCPA-2026.1": "de66410272aa0e3e",
}


@pytest.mark.parametrize("version", HOLIDAYS)
def test_a_change_of_holidays_wants_a_new_version(version: str) -> None:
    (pack,) = (pack for pack in PACKS.values() if pack.version == version)
    days = sorted(day.isoformat() for year in range(2024, 2036) for day in pack.holidays(year))
    assert hashlib.sha256(" ".join(days).encode()).hexdigest()[:16] == HOLIDAYS[version]


# Planning


@pytest.mark.parametrize(
    ("due", "ready"),
    [
        (date(2026, 12, 23), date(2026, 12, 23)),  # a Wednesday, open
        (date(2026, 12, 28), date(2026, 12, 23)),  # closed from Christmas Eve to New Year's Day
        (date(2027, 1, 4), date(2027, 1, 4)),  # the Monday after
        (date(2026, 5, 15), date(2026, 5, 13)),  # the bridge Friday after Ascension
        (date(2026, 5, 17), date(2026, 5, 13)),  # a Sunday after both
    ],
)
def test_the_planning_date_is_the_last_open_working_day(due: date, ready: date) -> None:
    closed = {date(2026, 12, day) for day in range(24, 32)} | {date(2027, 1, 1), date(2026, 5, 15)}
    assert planning_date(due, pack=FR, closed=closed) == ready
