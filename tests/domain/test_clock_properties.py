"""What holds for every request, whatever its dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dsar.domain.calendars import rule_pack
from dsar.domain.clock import ClockFacts, Pause, add_months, deadlines, local_date
from dsar.domain.vocabulary import PauseKind

FR = rule_pack("FR")
INSTANTS = st.datetimes(datetime(2018, 5, 25), datetime(2060, 1, 1), timezones=st.just(UTC))


@st.composite
def facts(draw: st.DrawFn) -> ClockFacts:
    received = draw(INSTANTS)
    pauses = []
    for _ in range(draw(st.integers(0, 4))):
        asked = received + timedelta(hours=draw(st.integers(0, 24 * 120)))
        length = draw(st.none() | st.integers(0, 24 * 60))
        answered = None if length is None else asked + timedelta(hours=length)
        pauses.append(Pause(draw(st.sampled_from(PauseKind)), asked, answered, draw(st.booleans())))
    extended = draw(st.none() | st.integers(0, 60))
    return ClockFacts(received, tuple(pauses), None if extended is None else received + timedelta(days=extended))


def today_of(clock: ClockFacts, days: int) -> date:
    return local_date(clock.received_at, FR) + timedelta(days=days)


@given(INSTANTS)
def test_one_month_takes_28_to_34_days(received: datetime) -> None:
    dates = deadlines(ClockFacts(received), pack=FR, promise_days=30, today=local_date(received, FR))
    assert 28 <= (dates.legal_limit - dates.receipt_date).days <= 34


@given(facts(), st.integers(0, 200))
def test_careful_is_never_after_working_nor_working_after_the_law(clock: ClockFacts, days: int) -> None:
    dates = deadlines(clock, pack=FR, promise_days=30, today=today_of(clock, days))
    assert dates.receipt_date < dates.careful_date <= dates.working_date <= dates.legal_limit


@given(facts(), st.integers(0, 200))
def test_the_legal_limit_is_a_working_day(clock: ClockFacts, days: int) -> None:
    dates = deadlines(clock, pack=FR, promise_days=30, today=today_of(clock, days))
    assert FR.is_working_day(dates.legal_limit)
    assert FR.is_working_day(dates.extension_notice_by)


@given(facts(), st.integers(0, 200))
def test_the_order_of_the_pauses_does_not_matter(clock: ClockFacts, days: int) -> None:
    today = today_of(clock, days)
    turned = ClockFacts(clock.received_at, clock.pauses[::-1], clock.extended_at)
    assert deadlines(clock, pack=FR, promise_days=30, today=today) == deadlines(turned, pack=FR, promise_days=30, today=today)


@given(facts(), st.integers(0, 200))
def test_no_pause_brings_a_limit_forward_and_none_touches_the_careful_date_of_a_month(clock: ClockFacts, days: int) -> None:
    today = today_of(clock, days)
    paused = deadlines(ClockFacts(clock.received_at, clock.pauses), pack=FR, promise_days=30, today=today)
    plain = deadlines(ClockFacts(clock.received_at), pack=FR, promise_days=30, today=today)
    assert paused.legal_limit >= plain.legal_limit
    assert paused.careful_date == plain.careful_date


@given(facts(), st.integers(0, 200))
def test_credit_never_exceeds_the_days_on_which_a_counted_question_was_open(clock: ClockFacts, days: int) -> None:
    today = today_of(clock, days)
    dates = deadlines(clock, pack=FR, promise_days=30, today=today)
    open_days = set[date]()
    for pause in clock.pauses:
        if not pause.late:
            first = local_date(pause.asked_at, FR)
            end = local_date(pause.answered_at, FR) if pause.answered_at else max(today, first)
            open_days |= {first + timedelta(days=n) for n in range((end - first).days)}
    assert dates.paused_days <= len(open_days)


@given(facts())
def test_an_answered_clock_does_not_depend_on_today(clock: ClockFacts) -> None:
    answered = ClockFacts(
        clock.received_at, tuple(pause for pause in clock.pauses if pause.answered_at is not None), clock.extended_at
    )
    one, other = (deadlines(answered, pack=FR, promise_days=30, today=today_of(clock, days)) for days in (0, 500))
    assert one == other


@given(st.dates(date(2018, 1, 1), date(2090, 1, 1)), st.integers(0, 24))
def test_months_later_is_the_same_number_or_the_last_of_the_month(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)
