"""What holds for every request, whatever its dates, under every rule pack."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dsar.domain.calendars import PACKS, RulePack, rule_pack
from dsar.domain.clock import ClockFacts, Deadlines, Pause, add_months, deadlines, local_date, planning_date
from dsar.domain.explain import as_json
from dsar.domain.vocabulary import PauseKind

FR = rule_pack("FR")
INSTANTS = st.datetimes(datetime(2018, 5, 25), datetime(2060, 1, 1), timezones=st.just(UTC))
ANY_PACK = st.sampled_from(sorted(PACKS)).map(rule_pack)
ROLLING = st.sampled_from(sorted(key for key, pack in PACKS.items() if pack.roll)).map(rule_pack)
PROMISES = st.none() | st.integers(1, 90)
AS_OF = st.integers(0, 200)


@st.composite
def facts(draw: st.DrawFn, kinds: tuple[PauseKind, ...] = tuple(PauseKind)) -> ClockFacts:
    received = draw(INSTANTS)
    pauses = []
    for _ in range(draw(st.integers(0, 4))):
        asked = received + timedelta(hours=draw(st.integers(0, 24 * 120)))
        length = draw(st.none() | st.integers(0, 24 * 60))
        answered = None if length is None else asked + timedelta(hours=length)
        pauses.append(Pause(draw(st.sampled_from(kinds)), asked, answered, draw(st.booleans())))
    extended = draw(st.none() | st.integers(0, 60))
    return ClockFacts(received, tuple(pauses), None if extended is None else received + timedelta(days=extended))


def today_of(clock: ClockFacts, days: int) -> date:
    return local_date(clock.received_at, FR) + timedelta(days=days)


def of(clock: ClockFacts, *, pack: RulePack = FR, promise: int | None = 30, today: date, opt_out: bool = False) -> Deadlines:
    return deadlines(clock, pack=pack, promise_days=promise, today=today, opt_out=opt_out)


@given(INSTANTS)
def test_one_month_takes_28_to_34_days(received: datetime) -> None:
    dates = of(ClockFacts(received), today=local_date(received, FR))
    assert 28 <= (dates.legal_limit - dates.receipt_date).days <= 34


@given(facts(), AS_OF, ANY_PACK, PROMISES, st.booleans())
def test_careful_is_never_after_working_nor_working_after_the_law(
    clock: ClockFacts, days: int, pack: RulePack, promise: int | None, opt_out: bool
) -> None:
    dates = of(clock, pack=pack, promise=promise, today=today_of(clock, days), opt_out=opt_out)
    assert dates.receipt_date < dates.careful_date <= dates.working_date <= dates.legal_limit


@given(facts(), AS_OF, ROLLING)
def test_rolled_dates_are_working_days(clock: ClockFacts, days: int, pack: RulePack) -> None:
    dates = of(clock, pack=pack, today=today_of(clock, days))
    assert pack.is_working_day(dates.legal_limit)
    assert dates.extension_notice_by
    assert pack.is_working_day(dates.extension_notice_by)


@given(facts(), AS_OF, ANY_PACK, PROMISES, st.booleans())
def test_the_same_events_in_any_order_give_the_same_bytes(
    clock: ClockFacts, days: int, pack: RulePack, promise: int | None, opt_out: bool
) -> None:
    today = today_of(clock, days)
    turned = ClockFacts(clock.received_at, clock.pauses[::-1], clock.extended_at)
    one, other = (json.dumps(as_json(of(c, pack=pack, promise=promise, today=today, opt_out=opt_out))) for c in (clock, turned))
    assert one.encode() == other.encode()


@given(facts(), st.integers(1, 400), AS_OF, ANY_PACK, PROMISES, st.booleans())
def test_a_later_receipt_never_gives_an_earlier_date(
    clock: ClockFacts, hours: int, days: int, pack: RulePack, promise: int | None, opt_out: bool
) -> None:
    later = clock.received_at + timedelta(hours=hours)
    # A question follows its request: only those that both receipts precede are the same events.
    both = tuple(pause for pause in clock.pauses if pause.asked_at >= later)
    today = today_of(clock, days)
    before, after = (
        of(ClockFacts(at, both, clock.extended_at), pack=pack, promise=promise, today=today, opt_out=opt_out)
        for at in (clock.received_at, later)
    )
    for name in ("careful_date", "working_date", "legal_limit", "extension_notice_by", "acknowledge_by"):
        first, second = getattr(before, name), getattr(after, name)
        assert (first is None) == (second is None), name
        assert first is None or first <= second, name


@given(st.data(), st.integers(1, 24 * 90), AS_OF, ANY_PACK)
def test_a_longer_pause_never_gives_an_earlier_limit(data: st.DataObject, hours: int, days: int, pack: RulePack) -> None:
    # Where proof of identity restarts the month, days of another question before that start no longer count: a start in a
    # shorter month may then end earlier, by law. So each kind is looked at alone there.
    kinds = (data.draw(st.sampled_from(PauseKind)),) if pack.key == "UK" else tuple(PauseKind)
    clock = data.draw(facts(kinds))
    answered = [n for n, pause in enumerate(clock.pauses) if pause.answered_at]
    if not answered:
        return
    at = data.draw(st.sampled_from(answered))
    pause = clock.pauses[at]
    assert pause.answered_at
    longer = replace(pause, answered_at=pause.answered_at + timedelta(hours=hours))
    changed = replace(clock, pauses=(*clock.pauses[:at], longer, *clock.pauses[at + 1 :]))
    today = today_of(clock, days)
    assert of(clock, pack=pack, today=today).legal_limit <= of(changed, pack=pack, today=today).legal_limit


@given(facts(), AS_OF, ANY_PACK, PROMISES, st.booleans())
def test_an_extension_never_shortens(clock: ClockFacts, days: int, pack: RulePack, promise: int | None, opt_out: bool) -> None:
    today = today_of(clock, days)
    with_it, without = (
        of(replace(clock, extended_at=at), pack=pack, promise=promise, today=today, opt_out=opt_out)
        for at in (clock.received_at, None)
    )
    assert with_it.careful_date >= without.careful_date
    assert with_it.working_date >= without.working_date
    assert with_it.legal_limit >= without.legal_limit
    assert with_it.extension_notice_by == without.extension_notice_by


@given(facts(), AS_OF)
def test_no_pause_brings_a_limit_forward_and_none_touches_the_careful_date_of_a_month(clock: ClockFacts, days: int) -> None:
    today = today_of(clock, days)
    paused = of(ClockFacts(clock.received_at, clock.pauses), today=today)
    plain = of(ClockFacts(clock.received_at), today=today)
    assert paused.legal_limit >= plain.legal_limit
    assert paused.careful_date == plain.careful_date


@given(facts(), AS_OF)
def test_credit_never_exceeds_the_days_on_which_a_counted_question_was_open(clock: ClockFacts, days: int) -> None:
    today = today_of(clock, days)
    dates = of(clock, today=today)
    open_days = set[date]()
    for pause in clock.pauses:
        if not pause.late:
            first = local_date(pause.asked_at, FR)
            end = local_date(pause.answered_at, FR) if pause.answered_at else max(today, first)
            open_days |= {first + timedelta(days=n) for n in range((end - first).days)}
    assert dates.paused_days <= len(open_days)


@given(facts(), ANY_PACK)
def test_an_answered_clock_does_not_depend_on_today(clock: ClockFacts, pack: RulePack) -> None:
    answered = ClockFacts(
        clock.received_at, tuple(pause for pause in clock.pauses if pause.answered_at is not None), clock.extended_at
    )
    one, other = (of(answered, pack=pack, today=today_of(clock, days)) for days in (0, 500))
    assert one == other


@given(facts(), AS_OF, st.sampled_from(["CCPA", "BR", "CA", "QC", "CH"]).map(rule_pack))
def test_where_days_are_counted_flat_no_question_changes_anything(clock: ClockFacts, days: int, pack: RulePack) -> None:
    today = today_of(clock, days)
    asked, plain = (of(replace(clock, pauses=pauses), pack=pack, today=today) for pauses in (clock.pauses, ()))
    assert (asked.careful_date, asked.working_date, asked.legal_limit) == (
        plain.careful_date,
        plain.working_date,
        plain.legal_limit,
    )
    assert asked.paused_since is None


@given(st.dates(date(2018, 1, 1), date(2060, 1, 1)), st.sets(st.dates(date(2018, 1, 1), date(2060, 1, 1))), ANY_PACK)
def test_the_planning_date_is_open_and_never_later(day: date, closed: set[date], pack: RulePack) -> None:
    planned = planning_date(day, pack=pack, closed=closed)
    assert planned <= day
    assert pack.is_working_day(planned)
    assert planned not in closed


@given(st.dates(date(2018, 1, 1), date(2090, 1, 1)), st.integers(0, 24))
def test_months_later_is_the_same_number_or_the_last_of_the_month(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)
