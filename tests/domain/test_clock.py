"""LAW 5: literal dates that a lawyer can check."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dsar.domain.calendars import rule_pack
from dsar.domain.clock import (
    ClockFacts,
    Deadlines,
    ExtensionTooLate,
    ImpossibleTime,
    Pause,
    StepKind,
    add_months,
    asked_late,
    check_extension,
    deadlines,
    local_date,
)
from dsar.domain.vocabulary import PauseKind

FR = rule_pack("FR")
PARIS = ZoneInfo("Europe/Paris")


def at(year: int, month: int, day: int, hour: int = 12) -> datetime:
    return datetime(year, month, day, hour, tzinfo=PARIS)


def clock(
    received: datetime, *pauses: Pause, extended: datetime | None = None, today: date | None = None, pack: str = "FR"
) -> Deadlines:
    facts = ClockFacts(received, pauses, extended)
    return deadlines(facts, pack=rule_pack(pack), promise_days=30, today=today or received.date())


def identity(asked: datetime, answered: datetime | None = None, *, late: bool = False) -> Pause:
    return Pause(PauseKind.IDENTITY, asked, answered, late)


def clarification(asked: datetime, answered: datetime | None = None) -> Pause:
    return Pause(PauseKind.CLARIFICATION, asked, answered)


# One month (D1)


@pytest.mark.parametrize(
    ("received", "limit"),
    [
        (at(2025, 1, 31), date(2025, 2, 28)),
        (at(2024, 1, 31), date(2024, 2, 29)),
        (at(2026, 1, 31), date(2026, 3, 2)),  # Saturday 28 February, carried to Monday
        (at(2027, 1, 31), date(2027, 3, 1)),  # Sunday 28 February
        (at(2024, 2, 29), date(2024, 3, 29)),
        (at(2026, 3, 4), date(2026, 4, 7)),  # Saturday, Easter Sunday, Easter Monday
        (at(2026, 3, 5), date(2026, 4, 7)),
        (at(2026, 3, 3), date(2026, 4, 3)),  # Good Friday is no holiday at the seat in Paris
        (at(2024, 4, 8), date(2024, 5, 10)),  # 8 May and Ascension, one after the other
        (at(2026, 8, 31), date(2026, 9, 30)),
        (at(2026, 12, 1), date(2027, 1, 4)),  # New Year's Day, then a weekend
        (at(2024, 7, 14), date(2024, 8, 14)),
        (at(2025, 7, 15), date(2025, 8, 18)),  # Assumption on a Friday
        (at(2026, 11, 22), date(2026, 12, 22)),
    ],
)
def test_the_legal_limit_is_one_month_later_carried_past_weekends_and_holidays(received: datetime, limit: date) -> None:
    assert clock(received).legal_limit == limit


def test_good_friday_is_a_holiday_in_germany_and_not_in_france() -> None:
    assert clock(at(2026, 3, 3)).legal_limit == date(2026, 4, 3)
    assert clock(at(2026, 3, 3), pack="DE").legal_limit == date(2026, 4, 7)


def test_without_a_member_state_only_weekends_count() -> None:
    assert clock(at(2026, 3, 6), pack="EU").legal_limit == date(2026, 4, 6)  # Easter Monday


# The civil date at the seat (D6)


def test_half_past_ten_in_the_evening_utc_is_the_next_day_in_paris() -> None:
    late = datetime(2026, 4, 14, 22, 30, tzinfo=UTC)
    assert local_date(late, FR) == date(2026, 4, 15)
    assert clock(late).legal_limit == date(2026, 5, 15)


@pytest.mark.parametrize("fold", [0, 1])
def test_both_passes_of_the_repeated_hour_are_the_same_day(fold: int) -> None:
    repeated = datetime(2026, 10, 25, 2, 30, fold=fold, tzinfo=PARIS)
    assert clock(repeated).legal_limit == date(2026, 11, 25)


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ImpossibleTime, match="no time zone"):
        local_date(datetime(2026, 3, 10, 9, 30), FR)


def test_a_time_that_the_clocks_jumped_over_is_refused() -> None:
    with pytest.raises(ImpossibleTime, match="never was"):
        local_date(datetime(2026, 3, 29, 2, 30, tzinfo=PARIS), FR)


# Thirty days against one month (5.4)


def test_in_february_the_law_is_earlier_than_the_promise() -> None:
    dates = clock(at(2025, 1, 31))
    assert (dates.careful_date, dates.working_date) == (date(2025, 2, 28), date(2025, 2, 28))


def test_in_a_long_month_the_promise_is_earlier_than_the_law() -> None:
    dates = clock(at(2026, 3, 3))
    assert (dates.careful_date, dates.working_date, dates.legal_limit) == (date(2026, 4, 2), date(2026, 4, 2), date(2026, 4, 3))


def test_five_years_of_receipts_split_between_promise_and_law_as_counted() -> None:
    first = date(2024, 1, 1)
    rolled, unrolled = Counter[str](), Counter[str]()
    for n in range(1827):
        day = first + timedelta(days=n)
        promise = day + timedelta(days=30)
        for law, counter in ((clock(at(day.year, day.month, day.day)).legal_limit, rolled), (add_months(day, 1), unrolled)):
            counter["promise" if promise < law else "law" if law < promise else "equal"] += 1
    assert rolled == {"promise": 1262, "equal": 447, "law": 118}
    assert unrolled == {"promise": 1052, "equal": 625, "law": 150}


# Pauses (D3, 5.3)


def test_a_pause_adds_the_days_between_question_and_answer() -> None:
    dates = clock(at(2026, 3, 2), identity(at(2026, 3, 4), at(2026, 3, 11)))
    assert dates.legal_limit == date(2026, 4, 9)  # reading E1: 2 April and 7 days
    assert dates.working_date == date(2026, 4, 8)  # the promise of 1 April moves with it
    assert dates.careful_date == date(2026, 4, 1)  # no credit


def test_days_are_added_before_the_limit_is_rolled() -> None:
    dates = clock(at(2026, 4, 1), identity(at(2026, 4, 2), at(2026, 4, 5)))
    assert dates.legal_limit == date(2026, 5, 4)  # 1 May and 3 days; rolling first would give 7 May


def test_a_question_answered_the_same_day_gives_nothing() -> None:
    assert clock(at(2026, 3, 2), identity(at(2026, 3, 4, 9), at(2026, 3, 4, 18))).legal_limit == date(2026, 4, 2)


def test_overlapping_pauses_count_once() -> None:
    dates = clock(at(2026, 3, 2), identity(at(2026, 3, 4), at(2026, 3, 11)), clarification(at(2026, 3, 6), at(2026, 3, 10)))
    assert (dates.legal_limit, dates.paused_days) == (date(2026, 4, 9), 7)


def test_pauses_one_after_the_other_are_summed() -> None:
    dates = clock(at(2026, 3, 2), identity(at(2026, 3, 4), at(2026, 3, 11)), clarification(at(2026, 3, 20), at(2026, 3, 24)))
    assert (dates.legal_limit, dates.paused_days) == (date(2026, 4, 13), 11)


def test_a_question_asked_after_the_limit_gives_no_credit() -> None:
    assert clock(at(2026, 3, 3), identity(at(2026, 4, 4), at(2026, 4, 20))).legal_limit == date(2026, 4, 3)


def test_a_pause_that_begins_on_the_rolled_day_still_counts() -> None:
    dates = clock(at(2026, 3, 4), identity(at(2026, 4, 7), at(2026, 4, 14)))
    assert dates.legal_limit == date(2026, 4, 13)  # 4 April and 7 days is Saturday the 11th
    assert clock(at(2026, 3, 4), identity(at(2026, 4, 8), at(2026, 4, 14))).legal_limit == date(2026, 4, 7)


def test_a_question_inside_the_limit_that_an_earlier_pause_moved_counts() -> None:
    first = identity(at(2026, 3, 4), at(2026, 3, 11))  # limit: 9 April
    assert clock(at(2026, 3, 2), first, clarification(at(2026, 4, 9), at(2026, 4, 14))).legal_limit == date(2026, 4, 14)
    assert clock(at(2026, 3, 2), first, clarification(at(2026, 4, 10), at(2026, 4, 14))).legal_limit == date(2026, 4, 9)


def test_a_late_question_about_identity_gives_no_credit_and_pauses_nothing() -> None:
    dates = clock(at(2026, 3, 2), identity(at(2026, 3, 10), None, late=True), today=date(2026, 3, 20))
    assert (dates.legal_limit, dates.paused_since) == (date(2026, 4, 2), None)


def test_while_a_pause_is_open_the_limit_moves_with_every_day_and_the_careful_date_stays() -> None:
    open_pause = identity(at(2026, 3, 4))
    after_a_week = clock(at(2026, 3, 2), open_pause, today=date(2026, 3, 11))
    a_day_later = clock(at(2026, 3, 2), open_pause, today=date(2026, 3, 12))
    assert after_a_week.paused_since == a_day_later.paused_since == date(2026, 3, 4)
    assert (after_a_week.legal_limit, a_day_later.legal_limit) == (date(2026, 4, 9), date(2026, 4, 10))
    assert after_a_week.careful_date == a_day_later.careful_date == date(2026, 4, 1)


def test_a_question_that_left_before_receipt_pauses_from_receipt() -> None:
    assert clock(at(2026, 3, 2), identity(at(2026, 2, 20), at(2026, 3, 5))).paused_days == 3


def test_an_answer_before_its_question_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="before it was asked"):
        clock(at(2026, 3, 2), identity(at(2026, 3, 5), at(2026, 3, 4)))


def test_a_question_about_identity_is_late_after_three_working_days() -> None:
    friday = at(2026, 4, 3)  # Good Friday, then a weekend and Easter Monday
    assert not asked_late(received_at=friday, asked_at=at(2026, 4, 9), pack=FR)
    assert asked_late(received_at=friday, asked_at=at(2026, 4, 10), pack=FR)


# Extension (D2, D4, A10)


@pytest.mark.parametrize(
    ("received", "notice", "limit"),
    [
        (at(2026, 3, 5), at(2026, 3, 20), date(2026, 6, 5)),
        (at(2026, 1, 31), at(2026, 2, 20), date(2026, 4, 30)),  # one run: by way of 28 February it would be 28 April
        (at(2025, 10, 31), at(2025, 11, 20), date(2026, 2, 2)),  # Saturday 31 January
        (at(2025, 11, 30), at(2025, 12, 20), date(2026, 3, 2)),  # Saturday 28 February
        (at(2026, 5, 31), at(2026, 6, 20), date(2026, 8, 31)),
        (at(2026, 2, 10), at(2026, 3, 1), date(2026, 5, 11)),  # Sunday 10 May
    ],
)
def test_an_extension_makes_three_months_in_one_run_from_receipt(received: datetime, notice: datetime, limit: date) -> None:
    dates = clock(received, extended=notice)
    assert dates.extended
    assert (dates.legal_limit, dates.working_date) == (limit, limit)
    assert dates.careful_date == add_months(received.date(), 3)


def test_an_extension_may_be_announced_up_to_the_last_day_of_the_first_month() -> None:
    assert clock(at(2026, 3, 5), extended=at(2026, 4, 7, 23)).legal_limit == date(2026, 6, 5)


def test_an_extension_announced_a_day_late_is_void() -> None:
    dates = clock(at(2026, 3, 5), extended=at(2026, 4, 8, 0))
    assert not dates.extended
    assert dates.legal_limit == date(2026, 4, 7)
    assert StepKind.VOID_EXTENSION in [step.kind for step in dates.steps]
    with pytest.raises(ExtensionTooLate) as refused:
        check_extension(ClockFacts(at(2026, 3, 5)), pack=FR, today=date(2026, 4, 8))
    assert "2026-04-07" in refused.value.sentence("en")
    assert "2026-04-07" in refused.value.sentence("fr")


def test_a_pause_moves_the_last_day_to_announce_an_extension() -> None:
    paused = ClockFacts(at(2026, 3, 5), (identity(at(2026, 3, 6), at(2026, 3, 16)),))
    assert deadlines(paused, pack=FR, promise_days=30, today=date(2026, 3, 16)).extension_notice_by == date(2026, 4, 15)
    check_extension(paused, pack=FR, today=date(2026, 4, 15))
    with pytest.raises(ExtensionTooLate):
        check_extension(paused, pack=FR, today=date(2026, 4, 16))


def test_after_an_extension_the_credit_of_a_pause_is_added_to_three_months() -> None:
    dates = clock(at(2026, 3, 5), identity(at(2026, 3, 6), at(2026, 3, 16)), extended=at(2026, 4, 1))
    assert dates.legal_limit == date(2026, 6, 15)  # 5 June and 10 days
    assert dates.careful_date == date(2026, 6, 5)


def test_a_question_in_the_extended_time_counts() -> None:
    dates = clock(at(2026, 3, 5), clarification(at(2026, 5, 4), at(2026, 5, 11)), extended=at(2026, 4, 1))
    assert dates.legal_limit == date(2026, 6, 12)


# The reckoning shown


def test_the_reckoning_names_every_rule_it_used_and_the_days_it_passed() -> None:
    steps = clock(at(2026, 3, 2), identity(at(2026, 3, 4), at(2026, 3, 6))).steps
    assert [(step.kind, step.rule, step.source.en, step.day) for step in steps] == [
        (StepKind.RECEIPT, "EU-1M", "Regulation 1182/71 Art. 3(1)", date(2026, 3, 2)),
        (StepKind.PERIOD, "EU-1M", "GDPR Art. 12(3)", date(2026, 4, 2)),
        (StepKind.PAUSE, "EU-1M-PAUSE", "EDPB Guidelines 01/2022, s. 5.3", date(2026, 4, 4)),
        (StepKind.ROLL, "EU-1M-PAUSE", "Regulation 1182/71 Art. 3(4)", date(2026, 4, 7)),
        (StepKind.LIMIT, "EU-1M-PAUSE", "GDPR Art. 12(3)", date(2026, 4, 7)),
        (StepKind.NOTICE, "EU-3M", "GDPR Art. 12(3)", date(2026, 4, 7)),
        (StepKind.CAREFUL, "P30-MIN", "published promise", date(2026, 4, 1)),
        (StepKind.PROMISE, "P30-MIN", "published promise", date(2026, 4, 3)),
        (StepKind.WORKING, "P30-MIN", "published promise", date(2026, 4, 3)),
    ]
    assert steps[3].skipped == (date(2026, 4, 4), date(2026, 4, 5), date(2026, 4, 6))
