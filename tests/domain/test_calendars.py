from __future__ import annotations

from datetime import date

import pytest

from dsar.domain.calendars import PACKS, UnknownRulePack, rule_pack

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
