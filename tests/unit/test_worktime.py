"""Working time: `add` and `measure` over random calendars and zones, on nights of changed clocks, and against others' answers."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.ground.calendars import DAY, Calendar, Hours, instant_at, parse_hours
from engine.ground.errors import CalendarExpired, Invalid
from engine.ground.worktime import add, add_workdays, end_of_day, is_workday, measure, workdays_between
from tests.always import ALWAYS

ZONES = ("Europe/London", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Shanghai")
VECTORS = Path(__file__).parents[2] / "../shared/data/business-time-vectors.json"
ENDING_AT_CLOSING = {"moment", "btd", "ref_close_inclusive"}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def office(zone: str = "Europe/London", *texts: str, days: range = range(5), **more: Any) -> Calendar:
    hours = parse_hours(texts or ("09:00-17:00",))
    return Calendar("office", zone, tuple(hours if day in days else () for day in range(7)), **more)


def at(zone: str, text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


# --- random calendars -----------------------------------------------------------------------------------------------


@st.composite
def a_day(draw: st.DrawFn) -> Hours:
    """Up to three intervals of a day; the last may go past midnight."""
    marks = sorted(draw(st.lists(st.integers(0, 95), max_size=6, unique=True)))
    hours = [(a * 15, b * 15) for a, b in zip(marks[::2], marks[1::2], strict=False)]
    if hours and draw(st.booleans()):
        start = hours[-1][0]
        hours[-1] = (start, draw(st.integers(start + 1, start + DAY)))
    return tuple(hours)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    week = draw(st.lists(a_day(), min_size=7, max_size=7).filter(any))
    days = st.dates(date(2017, 12, 20), date(2019, 1, 10))
    return Calendar(
        "random", draw(st.sampled_from(ZONES)), tuple(week), frozenset(draw(st.sets(days, max_size=20))),
        draw(st.dictionaries(days, a_day(), max_size=5)),
    )


instants = st.datetimes(datetime(2017, 12, 25), datetime(2019, 1, 5), timezones=st.just(UTC))
amounts = st.integers(0, 3 * 24 * 60 * 60 * 10**6).map(lambda n: timedelta(microseconds=n))


@settings(max_examples=80, deadline=None)
@given(calendars(), instants, amounts)
def test_measure_is_the_inverse_of_add(calendar: Calendar, start: datetime, amount: timedelta) -> None:
    assert measure(calendar, start, add(calendar, start, amount)) == amount
    assert measure(calendar, add(calendar, start, -amount), start) == amount


@settings(max_examples=50, deadline=None)
@given(calendars(), instants, instants, instants)
def test_measure_is_additive_and_negative_for_reversed_instants(calendar: Calendar, a: datetime, b: datetime, c: datetime) -> None:
    assert measure(calendar, a, c) == measure(calendar, a, b) + measure(calendar, b, c)
    assert measure(calendar, a, b) == -measure(calendar, b, a)


@settings(max_examples=50, deadline=None)
@given(calendars(), instants, amounts, amounts)
def test_more_time_never_ends_earlier_and_two_parts_end_where_the_whole_does(
    calendar: Calendar, start: datetime, first: timedelta, second: timedelta
) -> None:
    assert add(calendar, start, first) <= add(calendar, start, first + second)
    assert measure(calendar, start, add(calendar, add(calendar, start, first), second)) == first + second


@settings(max_examples=50, deadline=None)
@given(calendars(), instants, instants, amounts)
def test_starting_later_never_ends_earlier(calendar: Calendar, a: datetime, b: datetime, amount: timedelta) -> None:
    first, second = sorted((a, b))
    assert add(calendar, first, amount) <= add(calendar, second, amount)


@settings(max_examples=50, deadline=None)
@given(calendars(), instants, amounts.filter(bool))
def test_a_budget_ends_within_working_time_never_at_the_next_opening(calendar: Calendar, start: datetime, amount: timedelta) -> None:
    end = add(calendar, start, amount)
    moment = timedelta(microseconds=1)
    assert measure(calendar, end - moment, end) == moment


def open_minutes(calendar: Calendar, first: date, days: int) -> Iterator[int]:
    """An oracle of another make: every minute (of UTC, since 1970) that some interval covers, one by one."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    for day in (first + timedelta(days=n) for n in range(days)):
        for start, end in calendar.hours_on(day):
            frm, to = instant_at(calendar.zone, day, start), instant_at(calendar.zone, day, end)
            yield from range(int((frm - epoch).total_seconds()) // 60, int((to - epoch).total_seconds()) // 60)


@settings(max_examples=20, deadline=None)
@given(calendars(), st.dates(date(2017, 12, 28), date(2018, 12, 30)), st.integers(0, 4 * DAY), st.integers(0, 4 * DAY))
def test_measure_counts_the_minutes_that_an_oracle_counts_one_by_one(calendar: Calendar, day: date, a: int, b: int) -> None:
    base = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) // 60
    first, last = sorted((base + a, base + b))
    counted = {minute for minute in open_minutes(calendar, day - timedelta(days=4), 12) if first <= minute < last}
    start, end = (datetime.fromtimestamp(minute * 60, UTC) for minute in (first, last))
    assert measure(calendar, start, end) == timedelta(minutes=len(counted))


# --- the rules ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-11-20 16:30", 30, "2026-11-20 17:00"),      # ends at closing, not at the next opening
        ("2026-11-20 16:30", 31, "2026-11-23 09:01"),
        ("2026-11-21 10:00", 0, "2026-11-21 10:00"),       # zero ends where it starts, also outside hours
        ("2026-11-20 17:00", 60, "2026-11-23 10:00"),
        ("2026-11-23 10:00", -60, "2026-11-23 09:00"),     # backwards it ends at the opening
        ("2026-11-23 10:00", -61, "2026-11-20 16:59"),
        ("2026-12-31 16:00", 120, "2027-01-01 10:00"),     # over the end of a year
    ],
)
def test_a_budget_ends_where_the_rules_say(start: str, minutes: int, end: str) -> None:
    assert add(office("UTC"), at("UTC", start), minutes) == at("UTC", end)


def test_midnight_loses_no_minute_and_always_is_always() -> None:
    calendar = office("UTC", "00:00-24:00", days=range(7))
    assert measure(calendar, at("UTC", "2026-01-01 00:00"), at("UTC", "2027-01-01 00:00")) == timedelta(days=365)
    assert measure(ALWAYS, at("UTC", "2026-01-01 00:00"), at("UTC", "2027-01-01 00:00")) == timedelta(days=365)
    assert add(ALWAYS, at("UTC", "2026-12-31 23:59"), Decimal("1.5")) == at("UTC", "2027-01-01 00:00") + timedelta(seconds=30)


def test_a_shift_past_midnight_belongs_to_the_day_on_which_it_starts() -> None:
    calendar = office("UTC", "20:00-04:00", closed=frozenset({date(2026, 11, 24)}))
    assert measure(calendar, at("UTC", "2026-11-24 00:00"), at("UTC", "2026-11-24 12:00")) == timedelta(hours=4)   # Monday's night
    assert measure(calendar, at("UTC", "2026-11-24 12:00"), at("UTC", "2026-11-25 12:00")) == timedelta()
    assert measure(calendar, at("UTC", "2026-11-28 00:00"), at("UTC", "2026-11-28 12:00")) == timedelta(hours=4)   # Friday's


def test_a_night_shift_that_meets_the_next_morning_counts_once() -> None:
    calendar = office("UTC", "08:00-10:00", "20:00-09:00", days=range(7))
    assert measure(calendar, at("UTC", "2026-11-23 12:00"), at("UTC", "2026-11-24 12:00")) == timedelta(hours=14)
    assert measure(calendar, at("UTC", "2026-12-31 12:00"), at("UTC", "2027-01-01 12:00")) == timedelta(hours=14)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [("Europe/London", "2026-03-29", 23), ("Europe/London", "2026-10-25", 25), ("America/New_York", "2026-03-08", 23),
     ("America/New_York", "2026-11-01", 25), ("Australia/Lord_Howe", "2026-04-05", 24.5), ("Australia/Lord_Howe", "2026-10-04", 23.5),
     ("America/Sao_Paulo", "2018-11-04", 23), ("America/Sao_Paulo", "2018-02-17", 25), ("Asia/Shanghai", "2026-03-29", 24)],
)
def test_a_day_around_the_clock_is_as_long_as_the_wall_makes_it(zone: str, day: str, hours: float) -> None:
    calendar, that = office(zone, "00:00-24:00", days=range(7)), date.fromisoformat(day)
    assert measure(calendar, end_of_day(calendar, that - timedelta(days=1)), end_of_day(calendar, that)) == timedelta(hours=hours)


def test_a_time_that_does_not_exist_moves_forward_over_the_gap() -> None:
    calendar = office("Europe/London", "01:30-05:00", days=range(7))      # on 29 March 2026 it is 01:00, then 02:00
    assert add(calendar, at("UTC", "2026-03-29 00:00"), 1) == at("Europe/London", "2026-03-29 02:31")
    assert instant_at(ZoneInfo("America/Sao_Paulo"), date(2018, 11, 4)) == at("UTC", "2018-11-04 03:00")   # midnight does not exist


def test_a_time_that_comes_twice_is_the_first() -> None:
    calendar = office("Europe/London", "01:30-05:00", days=range(7))      # on 25 October 2026 it is 01:30 twice
    first, second = at("Europe/London", "2026-10-25 01:30"), at("Europe/London", "2026-10-25 01:30", fold=1)
    assert second - first == timedelta(hours=1)
    assert add(calendar, at("UTC", "2026-10-24 12:00"), 1) == first + timedelta(minutes=1)
    assert measure(calendar, first, second) == timedelta(hours=1)
    assert measure(calendar, first, at("Europe/London", "2026-10-25 05:00")) == timedelta(hours=4.5)


def test_hours_that_end_before_the_gap_has_passed_are_not_worked() -> None:
    calendar = office("Europe/London", "01:15-01:45", days=range(7))
    assert measure(calendar, at("UTC", "2026-03-29 00:00"), at("UTC", "2026-03-29 04:00")) == timedelta(minutes=30)


def test_past_the_last_date_known_nothing_is_guessed() -> None:
    calendar = office("Europe/London", valid_through=date(2026, 12, 31))
    last = at("Europe/London", "2026-12-31 16:00")
    assert add(calendar, last, 60) == at("Europe/London", "2026-12-31 17:00")
    for late in (
        lambda: add(calendar, last, 61), lambda: measure(calendar, last, at("UTC", "2027-01-04 12:00")),
        lambda: add(calendar, at("UTC", "2027-02-01 12:00"), -60), lambda: is_workday(calendar, date(2027, 1, 1)),
        lambda: add_workdays(calendar, date(2026, 12, 30), 2), lambda: workdays_between(calendar, date(2026, 12, 1), date(2027, 1, 1)),
        lambda: add_workdays(calendar, date(2027, 1, 5), -1),
    ):
        with pytest.raises(CalendarExpired) as told:
            late()
        assert told.value.facts["calendar"] == "office"


def test_the_last_known_night_shift_is_known_to_its_end() -> None:
    calendar = office("UTC", "20:00-04:00", valid_through=date(2026, 12, 31))
    start = at("UTC", "2026-12-31 22:00")
    assert measure(calendar, start, add(calendar, start, 360)) == timedelta(hours=6)
    with pytest.raises(CalendarExpired):
        add(calendar, start, 361)


def test_a_calendar_that_is_never_open_says_so_instead_of_searching_for_ever() -> None:
    never = Calendar("never", "UTC", ((),) * 7)
    for search in (lambda: add(never, at("UTC", "2026-01-01 00:00"), 1), lambda: add(never, at("UTC", "2026-01-01 00:00"), -1),
                   lambda: add_workdays(never, date(2026, 1, 1), 1), lambda: add_workdays(never, date(2026, 1, 1), -1)):
        with pytest.raises(CalendarExpired):
            search()


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(Invalid):
        add(office(), datetime(2026, 1, 1), 60)
    with pytest.raises(Invalid):
        measure(office(), datetime(2026, 1, 1), at("UTC", "2026-01-02 00:00"))


# --- workdays -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "n", "result"),
    [("2026-11-20", 1, "2026-11-23"), ("2026-11-21", 1, "2026-11-23"), ("2026-11-20", 0, "2026-11-20"), ("2026-11-21", 0, "2026-11-21"),
     ("2026-11-23", -1, "2026-11-20"), ("2026-11-22", -1, "2026-11-20"), ("2026-12-30", 3, "2027-01-04")],
)
def test_the_nth_workday_counts_from_the_day_after(day: str, n: int, result: str) -> None:
    assert add_workdays(office(), date.fromisoformat(day), n) == date.fromisoformat(result)


@settings(max_examples=30, deadline=None)
@given(calendars(), st.dates(date(2018, 1, 1), date(2018, 12, 31)), st.integers(1, 40))
def test_workdays_between_is_the_inverse_of_add_workdays(calendar: Calendar, day: date, n: int) -> None:
    later, earlier = add_workdays(calendar, day, n), add_workdays(calendar, day, -n)
    assert workdays_between(calendar, day, later) == n
    assert is_workday(calendar, later)
    assert is_workday(calendar, earlier)
    assert workdays_between(calendar, earlier, day) == n - 1 + is_workday(calendar, day)
    assert workdays_between(calendar, later, day) == -n


def test_ten_years_of_workdays_agree_with_numpy() -> None:
    import numpy

    closed = frozenset(date(2017, 1, 1) + timedelta(days=37 * n) for n in range(99))
    calendar = office(closed=closed)
    days = [date(2017, 1, 1) + timedelta(days=n) for n in range(0, 3650, 7)]
    for n in (1, 2, 5, 13, 60):
        offsets = numpy.busday_offset(days, n, roll="preceding", holidays=sorted(closed)).astype(object)
        assert [add_workdays(calendar, day, n) for day in days] == list(offsets)


# --- others' answers ------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not VECTORS.exists(), reason="the vectors lie beside the project, not in it")
def test_five_independent_implementations_agree_once_each_convention_is_applied() -> None:
    """Those that end at closing must agree exactly; those that end at the next opening after moving ours there.

    Skipped: answers that an implementation could not give, and zero budgets outside hours, which all the others move to the next
    opening while ours end where they start (rule 4). The one that counts to closing's last second (`perlBH`) is compared to the minute.
    """
    told = json.loads(VECTORS.read_text(encoding="utf-8"))
    compared = 0
    for case in told["cases"]:
        hours = tuple(parse_hours(f"{a}-{b}" for a, b in case["hours"].get(day, ())) for day in WEEKDAYS)
        calendar = Calendar("v", case["tz"], hours, frozenset(map(date.fromisoformat, case["holidays"])))
        start = at(case["tz"], case["start"])
        if case["op"] == "between":
            minutes = measure(calendar, start, at(case["tz"], case["end"])) / timedelta(minutes=1)
            assert minutes == told["results"]["moment"][case["id"]]
            continue
        mine = add(calendar, start, case["minutes"])
        opening = add(calendar, mine, timedelta(microseconds=1)) - timedelta(microseconds=1)
        for name, answers in told["results"].items():
            answer = answers.get(case["id"])
            if not answer or answer == "n/a" or not answer[0].isdigit() or case["minutes"] == 0:
                continue
            expected = mine if name in ENDING_AT_CLOSING else opening
            assert answer[:16] == f"{expected:%Y-%m-%d %H:%M}", (case["id"], name, answer, mine)
            compared += 1
    assert compared > 500
