"""How dates are counted: rules of law as rows of a table, each against plain date arithmetic; and every key of `counting`."""

from calendar import monthrange
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy
import pytest
from reading_samples import SMALLEST, definition_in

from engine.deciding.budgets import chosen
from engine.deciding.case import ClockRun, ClockStatus, Stop, clock_from, clock_json
from engine.deciding.clock_due import due
from engine.deciding.clock_rungs import rung_at
from engine.deciding.clock_runs import timed
from engine.deciding.clock_steps import Ended, Rolled
from engine.deciding.explaining import explain
from engine.deciding.expressions import expression
from engine.defining.checks import check
from engine.defining.completing import complete
from engine.defining.definition import ClockSpec, Counting, Definition
from engine.ground.calendars import Calendar, parse_hours
from engine.ground.wall import wall_due
from tests.unit.test_clocks import clock, rungs

Oracle = Callable[[date, int], date]


def days(*texts: str) -> frozenset[date]:
    return frozenset(date.fromisoformat(text) for text in texts)


def office(zone: str, *hours: str, closed: Collection[date] = (), opened: Collection[date] = ()) -> Calendar:
    worked = parse_hours(hours or ["09:00-17:00"])
    return Calendar(
        "office", zone, tuple(worked if day < 5 else () for day in range(7)), frozenset(closed), dict.fromkeys(opened, worked),
        valid_through=date(2028, 12, 31),
    )


US = days(
    "2007-11-12", "2007-11-22", "2008-11-11", "2008-11-27", "2008-12-25", "2026-01-01", "2026-01-19", "2026-02-16", "2026-05-25",
    "2026-06-19", "2026-07-03", "2026-09-07", "2026-10-12", "2026-11-11", "2026-11-26", "2026-12-25", "2027-01-01", "2027-01-18",
    "2027-02-15",
)
EU = days("2026-01-01", "2026-04-03", "2026-04-06", "2026-05-01", "2026-12-25", "2027-01-01", "2027-03-26", "2027-03-29")
CN = days(*(f"2026-10-{day:02}" for day in range(1, 8)), *(f"2026-02-{day}" for day in range(15, 24)), "2026-01-01", "2027-01-01")
MADE_UP = days("2026-02-14", "2026-02-28", "2026-09-20", "2026-10-10")
COURT, BRUSSELS, LONDON = office("America/New_York", closed=US), office("Europe/Brussels", closed=EU), office("Europe/London")
CHINA = office("Asia/Shanghai", "09:00-12:00", "13:30-18:00", closed=CN, opened=MADE_UP)


# --- the oracles: plain arithmetic, and numpy for business days -------------------------------------------------------


def business(closed: Collection[date]) -> Oracle:
    """The n-th business day after a date."""
    return lambda start, n: numpy.busday_offset(start, n, roll="preceding", holidays=sorted(closed)).astype(date)


def rolling(closed: Collection[date], made_up: Collection[date] = ()) -> Oracle:
    """n days on, and on to a worked day."""

    def last(start: date, n: int) -> date:
        day = start + timedelta(days=n)
        while day in closed or (day.weekday() > 4 and day not in made_up):
            day += timedelta(days=1)
        return day

    return last


def one_by_one(start: date, n: int) -> date:
    """The n-th worked day after a date in China, make-up days among them."""
    day = start
    while n:
        day += timedelta(days=1)
        n -= day in MADE_UP or (day.weekday() < 5 and day not in CN)
    return day


def by_length(short: Callable[[int], bool], one: Oracle, other: Oracle) -> Oracle:
    return lambda start, n: one(start, n) if short(n) else other(start, n)


def month_on(day: date, n: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + n, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def beginning_with(day: date, n: int) -> date:
    """The last day of n months that begin with a day: the one before its like, or the month's last when there is no such day."""
    there = month_on(day, n)
    return there - timedelta(days=1) if there.day == day.day else there


# --- the table ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """A rule of law: `within` and what else its clock says, for a period of n; where; examples (start, n, extended by) → due."""

    source: str
    clock: str
    calendar: Calendar
    oracle: Oracle | None
    examples: dict[tuple[str, int] | tuple[str, int, str], str]


RULES = [
    Rule("FRCP 6(a)(1): every day counts, a period that ends on a day off goes on to the next day that is none",
         "within: n days, counting: {roll: next}", COURT, rolling(US), {
        ("2026-11-12 10:00", 14): "2026-11-27 24:00",       # Thanksgiving
        ("2026-01-15 10:00", 30): "2026-02-17 24:00",       # Saturday, Sunday, Washington's Birthday
        ("2026-06-26 23:59", 7): "2026-07-06 24:00",        # the Friday on which the 4th of July is kept
        ("2026-11-14 10:00", 1): "2026-11-16 24:00",
    }),
    Rule("FRCP 6(a)(2): hours run at once and end at the same clock time on the next day that is not off",
         "within: n hours, counting: {roll: next}", COURT, None, {
        ("2007-11-02 10:23", 72): "2007-11-05 09:23",       # an hour later on the wall that Sunday
        ("2026-11-20 10:23", 24): "2026-11-23 10:23",
        ("2026-11-25 14:00", 24): "2026-11-27 14:00",
        ("2026-11-20 00:00", 24): "2026-11-20 24:00",       # midnight still belongs to the Friday
        ("2026-11-23 10:23", 24): "2026-11-24 10:23",
    }),
    Rule("FRCP 6(a) before 2009: fewer than 11 days leave out days off",
         "within: [{when: n < 11, is: n working days}, {is: n days, counting: {roll: next}}]", COURT,
         by_length(lambda n: n < 11, business(US), rolling(US)), {
        ("2008-11-14 12:00", 10): "2008-12-01 24:00",
        ("2008-11-14 12:00", 11): "2008-11-25 24:00",       # a day more, and due six days earlier
        ("2008-11-10 12:00", 20): "2008-12-01 24:00",
    }),
    Rule("12 CFR 622.21: up to 10 days leave out days off; three days more by mail",
         "within: [{when: n <= 10, is: n working days}, {is: n days}], counting: {roll: next}", COURT,
         by_length(lambda n: n <= 10, business(US), rolling(US)), {
        ("2026-03-02 09:00", 10): "2026-03-16 24:00",
        ("2026-03-02 09:00", 10, "3 days"): "2026-03-19 24:00",
        ("2026-03-04 09:00", 10, "3 days"): "2026-03-23 24:00",
        ("2026-03-02 09:00", 11, "3 days"): "2026-03-16 24:00",
        ("2026-03-04 09:00", 11): "2026-03-16 24:00",
    }),
    Rule("12 CFR 308.526: fewer than 7 days leave out days off; five days more by mail",
         "within: [{when: n < 7, is: n working days}, {is: n days}], counting: {roll: next}", COURT,
         by_length(lambda n: n < 7, business(US), rolling(US)), {
        ("2026-05-15 16:00", 6): "2026-05-26 24:00",        # over Memorial Day
        ("2026-05-18 16:00", 7): "2026-05-26 24:00",
        ("2026-05-18 16:00", 7, "5 days"): "2026-06-01 24:00",
    }),
    Rule("Regulation 1182/71, 3(4): what is not expressed in hours ends with the following working day",
         "within: n months, counting: {roll: next}", BRUSSELS, lambda start, n: rolling(EU)(month_on(start, n), 0), {
        ("2026-01-31 12:00", 1): "2026-03-02 24:00",        # no 31 February; the 28th is a Saturday
        ("2026-03-03 12:00", 1): "2026-04-07 24:00",        # Good Friday to Easter Monday
        ("2026-08-31 12:00", 6): "2027-03-01 24:00",
    }),
    Rule("Regulation 1182/71, 3(5): a period of two days or more has at least two working days",
         "within: {latest of: [n days, 2 working days]}, counting: {roll: next}", BRUSSELS,
         lambda start, n: max(rolling(EU)(start, n), business(EU)(start, 2)) if n > 1 else business(EU)(start, 2), {
        ("2026-04-02 12:00", 2): "2026-04-08 24:00",        # Easter between: Tuesday and Wednesday
        ("2026-03-06 12:00", 3): "2026-03-10 24:00",
        ("2026-03-02 12:00", 3): "2026-03-05 24:00",
    }),
    Rule("12 CFR 308.526 with the five days by mail as the later of two",
         "within: {latest of: [n days, n + 5 days]}, counting: {roll: next}", COURT, lambda start, n: rolling(US)(start, n + 5), {
        ("2026-05-18 16:00", 7): "2026-06-01 24:00",
    }),
    Rule("FRCP 6(a)(5): before an event days count backward, and so they go on from a day off",
         "within: {before: hearing, is: n days}, counting: {roll: previous}", COURT, None, {
        ("2026-11-02 10:00", 14): "2026-12-07 24:00",       # the hearing is on 21 December
        ("2026-11-02 10:00", 15): "2026-12-04 24:00",
        ("2026-11-02 10:00", 25): "2026-11-25 24:00",       # Thanksgiving
    }),
    Rule("民法典 200–204: 当日不计, 休假日顺延, 停止业务活动的时间为截止时间",
         "within: n days, counting: {roll: next, ends: close_of_business}", CHINA, rolling(CN, MADE_UP), {
        ("2026-09-05 09:00", 30): "2026-10-08 18:00",
        ("2026-09-05 09:00", 15): "2026-09-20 18:00",       # a Sunday that is worked
        ("2026-09-08 20:00", 1): "2026-09-09 18:00",
    }),
    Rule("民法典 202: 到期月的对应日, 没有对应日的, 月末日",
         "within: n months, counting: {roll: next}", CHINA, lambda start, n: rolling(CN, MADE_UP)(month_on(start, n), 0), {
        ("2026-01-31 09:00", 1): "2026-02-28 24:00",        # a Saturday that is worked
        ("2026-09-03 09:00", 1): "2026-10-08 24:00",
    }),
    Rule("民事诉讼法: 开始的时和日不计, 节假日后的第一日为届满日", "within: n days, counting: {roll: next}", CHINA, rolling(CN, MADE_UP), {
        ("2026-09-20 15:00", 15): "2026-10-08 24:00",
        ("2026-11-20 15:00", 15): "2026-12-07 24:00",
    }),
    Rule("行政复议法 88: 三日五日七日十日是工作日",
         "within: [{when: 'n in [3, 5, 7, 10]', is: n working days}, {is: n days, counting: {roll: next}}]", CHINA,
         by_length(lambda n: n in (3, 5, 7, 10), one_by_one, rolling(CN, MADE_UP)), {
        ("2026-09-29 10:00", 5): "2026-10-12 24:00",        # 30 September, 8, 9, 10 (made up) and 12 October
        ("2026-08-03 10:00", 60): "2026-10-08 24:00",
        ("2026-09-29 10:00", 4): "2026-10-08 24:00",
    }),
    Rule("UK SI, days commencing on the day of receipt: that day counts",
         "within: n days, counting: {first_day: included}", LONDON, lambda start, n: start + timedelta(days=n - 1), {
        ("2026-03-02 16:00", 14): "2026-03-15 24:00",
        ("2026-03-02 16:00", 1): "2026-03-02 24:00",
    }),
    Rule("UK SI, months beginning with a day", "within: n months, counting: {first_day: included}", LONDON, beginning_with, {
        ("2026-03-01 16:00", 1): "2026-03-31 24:00",
        ("2026-03-31 16:00", 6): "2026-09-30 24:00",
        ("2026-12-15 16:00", 12): "2027-12-14 24:00",
    }),
]


def spec_of(keys: str, bundle: str = "") -> ClockSpec:
    definition, problems = complete(definition_in(f"{SMALLEST}{bundle}clocks: {{c: {{from: opened, until: close, {keys}}}}}\n"), {})
    assert problems == []
    return definition.all_clocks["c"]


def run_of(rule: Rule, start: datetime, n: int, *extended: str) -> ClockRun:
    terms = chosen(spec_of(rule.clock), lambda text: expression(text)({"n": n}), {"hearing": date(2026, 12, 21)}.get)
    assert terms is not None
    return ClockRun("c", ClockStatus.RUNNING, start, terms.budget, extended=list(extended), counting=terms.counting)


def at(calendar: Calendar, text: str) -> datetime:
    if text.endswith("24:00"):
        return at(calendar, text.replace("24:00", "00:00")) + timedelta(days=1)
    return datetime.fromisoformat(text).replace(tzinfo=calendar.zone).astimezone(UTC)


@pytest.mark.parametrize(("rule", "start", "n", "more"), [(r, e[0], e[1], e[2:]) for r in RULES for e in r.examples])
def test_a_rule_of_law_ends_a_period_where_it_says(rule: Rule, start: str, n: int, more: tuple[str, ...]) -> None:
    expected = rule.examples[(start, n, *more)]  # type: ignore[index]
    found = due(run_of(rule, at(rule.calendar, start), n, *more), rule.calendar)
    assert found is not None and wall_due(found, rule.calendar.timezone) == expected
    if rule.oracle and not more:
        assert rule.oracle(date.fromisoformat(start[:10]), n).isoformat() == expected[:10]


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.oracle], ids=lambda rule: rule.source)
def test_every_start_of_a_year_agrees_with_plain_date_arithmetic(rule: Rule) -> None:
    assert rule.oracle is not None
    for n in (1, 2, 3, 6, 7, 10, 11):
        model = run_of(rule, at(rule.calendar, "2026-01-02 10:00"), n)
        for day in (date(2026, 1, 2) + timedelta(days=k) for k in range(360)):
            started = datetime(day.year, day.month, day.day, 10, tzinfo=rule.calendar.zone)
            found = due(replace(model, started_at=started.astimezone(UTC)), rule.calendar)
            assert found is not None and wall_due(found, rule.calendar.timezone)[:10] == rule.oracle(day, n).isoformat(), (day, n)


# --- each key -----------------------------------------------------------------------------------------------------------


def due_at(budget: str, start: str, calendar: Calendar = COURT, *, stops: Collection[tuple[str, str]] = (), **counting: Any) -> str:
    held = [Stop(at(calendar, since), at(calendar, until), "waiting") for since, until in stops]
    run = ClockRun("c", ClockStatus.RUNNING, at(calendar, start), budget, stops=held, counting=Counting(**counting))
    found = due(run, calendar)
    assert found is not None
    return wall_due(found, calendar.timezone)


SAO_PAULO, HOWE = office("America/Sao_Paulo"), office("Australia/Lord_Howe")


@pytest.mark.parametrize(
    ("budget", "start", "calendar", "expected"),
    [
        ("2 days", "2026-11-16 10:23", COURT, "2026-11-18 10:23"),
        ("1 day", "2026-03-07 02:30", COURT, "2026-03-08 03:30"),          # skipped that night: on over the gap
        ("1 day", "2026-10-31 01:30", COURT, "2026-11-01 01:30"),          # twice that night: the first
        ("1 day", "2018-11-03 00:30", SAO_PAULO, "2018-11-04 01:30"),      # clocks change at midnight
        ("1 day", "2026-10-03 02:15", HOWE, "2026-10-04 02:45"),           # by half an hour
        ("1 month", "2026-01-31 09:00", COURT, "2026-02-28 09:00"),
        ("3 working days", "2026-11-20 16:00", COURT, "2026-11-25 16:00"),
        ("1 day", "2026-11-20 00:00", COURT, "2026-11-20 24:00"),          # midnight to midnight
    ],
)
def test_same_time_is_the_time_of_day_at_which_the_clock_started(budget: str, start: str, calendar: Calendar, expected: str) -> None:
    assert due_at(budget, start, calendar, ends="same_time") == expected


def test_of_a_time_that_comes_twice_the_first_counts_although_the_start_was_the_second() -> None:
    start = datetime(2025, 11, 2, 1, 30, tzinfo=COURT.zone, fold=1).astimezone(UTC)
    run = ClockRun("c", ClockStatus.RUNNING, start, "364 days", counting=Counting(ends="same_time"))
    assert due(run, COURT) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_business_closes_with_the_last_hours_of_the_day_and_a_day_off_ends_at_midnight() -> None:
    assert due_at("2 days", "2026-11-23 20:00", ends="close_of_business") == "2026-11-25 17:00"
    assert due_at("1 day", "2026-11-20 10:00", ends="close_of_business") == "2026-11-21 24:00"
    assert due_at("1 day", "2026-11-20 10:00", ends="close_of_business", roll="next") == "2026-11-23 17:00"
    night = office("America/New_York", "20:00-06:00")
    assert due_at("1 day", "2026-11-23 21:00", night, ends="close_of_business") == "2026-11-25 06:00"


def test_a_limit_may_roll_back_but_nothing_is_due_before_it_starts() -> None:
    assert due_at("10 days", "2026-11-12 10:00", roll="previous") == "2026-11-20 24:00"
    assert due_at("5 hours", "2026-11-21 10:00", roll="previous") == "2026-11-21 10:00"
    assert due_at("1 day", "2026-11-14 10:00", roll="previous") == "2026-11-14 10:00"
    assert due_at("1 day", "2026-11-20 20:00", first_day="included", ends="close_of_business") == "2026-11-20 20:00"


@pytest.mark.parametrize(
    ("counting", "first", "again"),
    [
        ({"roll": "next"}, "2026-11-23 24:00", "2026-11-24 24:00"),                            # the day that stood still is added first
        ({"ends": "same_time"}, "2026-11-21 10:00", "2026-11-22 10:00"),
        ({"ends": "close_of_business", "roll": "next"}, "2026-11-23 17:00", "2026-11-24 17:00"),
    ],
)
def test_stops_move_a_date_before_it_rolls_and_no_clock_ends_while_it_stands_still(
    counting: dict[str, str], first: str, again: str
) -> None:
    assert due_at("5 days", "2026-11-16 10:00", **counting) == first
    at_the_end = [(first.replace("24:00", "22:00").replace("10:00", "09:00").replace("17:00", "16:00"), again[:10] + " 08:00")]
    assert due_at("5 days", "2026-11-16 10:00", stops=at_the_end, **counting) == again


def test_a_clock_that_runs_again_after_the_hour_at_which_it_ends_ends_a_day_later() -> None:
    stop = [("2026-11-18 09:00", "2026-11-19 15:00")]
    assert due_at("2 days", "2026-11-16 10:00", stops=stop, ends="same_time") == "2026-11-20 10:00"
    assert due_at("24 hours", "2026-11-20 10:00", stops=[("2026-11-22 10:00", "2026-11-23 12:00")], roll="next") == "2026-11-24 10:00"


def test_dates_and_moments_of_a_case_roll_too() -> None:
    assert due_at("2026-11-21", "2026-11-16 10:00", roll="next") == "2026-11-23 24:00"
    assert due_at("2026-11-20", "2026-11-16 10:00", ends="close_of_business") == "2026-11-20 17:00"
    assert due_at("2026-11-21T15:00:00+00:00", "2026-11-16 10:00", roll="previous") == "2026-11-20 10:00"


def test_an_extension_counts_on_whole_and_ends_as_its_clock_does() -> None:
    for counting, expected in (
        (Counting(first_day="included", roll="next"), "2026-11-20 24:00"), (Counting(ends="same_time", roll="next"), "2026-11-23 10:00"),
    ):
        started = at(COURT, "2026-11-16 10:00")
        run = ClockRun("c", ClockStatus.RUNNING, started, "4 working days", extended=["1 day"], counting=counting)
        found = due(run, COURT)
        assert found is not None and wall_due(found, COURT.timezone) == expected


def test_rungs_lie_before_and_after_the_end_that_was_chosen() -> None:
    spec = clock(within="2 days", ladder=rungs("50%", "1 working day before", "due", "1 day after"))
    run = timed(
        ClockRun("c", ClockStatus.RUNNING, at(COURT, "2026-11-20 10:00"), "2 days", counting=Counting(roll="next", ends="same_time")), COURT
    )
    assert run.due_at is not None
    found = [rung_at(spec, run, run.due_at, index, 1, COURT) for index in range(4)]
    assert [wall_due(when, COURT.timezone) for when in found if when] == [
        "2026-11-21 22:00", "2026-11-20 10:00", "2026-11-23 10:00", "2026-11-24 10:00",
    ]


def test_beyond_its_calendar_a_clock_that_rolls_has_no_due_time_yet() -> None:
    run = ClockRun("c", ClockStatus.RUNNING, at(COURT, "2028-12-20 10:00"), "30 days", counting=Counting(roll="next"))
    assert (timed(run, COURT).due_at, timed(run, COURT).unknown) == (None, "office 2028-12-31")
    assert timed(replace(run, counting=Counting()), COURT).due_at is not None


# --- the nearest counts, and a run keeps it -----------------------------------------------------------------------------


def test_of_branch_clock_and_procedure_the_nearest_counts_key_by_key() -> None:
    spec = spec_of(
        "within: [{when: n, is: 2 days, counting: {ends: same_time, roll: none}}, {is: 3 days}], counting: {first_day: included}",
        "counting: {roll: next, ends: close_of_business}\n",
    )
    assert [case.counting for case in spec.within] == [
        Counting(first_day="included", ends="same_time"),
        Counting(first_day="included", ends="close_of_business", roll="next"),
    ]


def test_limits_of_states_count_as_the_procedure_says() -> None:
    limited = SMALLEST.replace("  received:\n", "  received:\n    within: {is: 2 days, counting: {ends: same_time}}\n")
    definition, _ = complete(definition_in(f"{limited}counting: {{roll: next}}\n"), {})
    assert definition.all_clocks["received"].within[0].counting == Counting(ends="same_time", roll="next")


def test_a_run_keeps_how_it_is_counted_and_says_nothing_when_that_is_usual() -> None:
    run = ClockRun("c", ClockStatus.RUNNING, at(COURT, "2026-11-20 10:00"), "5 days")
    assert "counting" not in clock_json(run) and clock_from(clock_json(run)) == run
    counted = replace(run, counting=Counting(roll="next", ends="same_time"))
    assert clock_json(counted)["counting"] == {"ends": "same_time", "roll": "next"} and clock_from(clock_json(counted)) == counted


# --- explained ----------------------------------------------------------------------------------------------------------


def test_the_roll_and_the_end_of_the_day_are_among_the_steps_and_holidays_rolled_over_among_the_days() -> None:
    counting = Counting(roll="next", ends="same_time")
    run = timed(ClockRun("c", ClockStatus.RUNNING, at(COURT, "2026-01-15 10:00"), "30 days", counting=counting), COURT)
    told = explain(run, COURT, run.started_at)
    assert told.steps[1:] == (Rolled(date(2026, 2, 14), date(2026, 2, 17)), Ended("same_time", at(COURT, "2026-02-17 10:00")))
    assert told.due_at == run.due_at and told.passed_over.closed == (date(2026, 2, 16),)


# --- checks -------------------------------------------------------------------------------------------------------------


def findings(keys: str, bundle: str = "") -> list[str]:
    text = f"{SMALLEST}{bundle}clocks: {{c: {{from: opened, until: close, {keys}}}}}\n"
    definition: Definition = complete(definition_in(text), {})[0]
    return [problem.what for problem in check(definition) if "changes nothing here" in problem.what or "moment it starts" in problem.what]


@pytest.mark.parametrize(
    ("keys", "bundle", "key"),
    [
        ("within: 24 hours, counting: {first_day: included}", "", "first_day"),
        ("within: 24 hours, counting: {ends: same_time}", "", "ends"),
        ("within: 4 working hours, counting: {roll: next}", "", "roll"),
        ("within: 4 working days, counting: {roll: next}", "", "roll"),
        ("within: [{when: n, is: 2 days}, {is: 4 hours, counting: {ends: same_time}}]", "", "ends"),
        ("within: {is: 2 days, counting: {roll: none}}, counting: {roll: next}", "", "roll"),
        ("within: 24 hours", "counting: {ends: same_time}\n", "ends"),
        ("within: 2 days, counting: {roll: none}", "counting: {roll: next}\n", "roll"),
    ],
)
def test_counting_that_changes_nothing_is_refused(keys: str, bundle: str, key: str) -> None:
    assert findings(keys, bundle) == [f"'{key}' changes nothing here: no limit that it holds for counts by it"]


@pytest.mark.parametrize(
    ("keys", "bundle"),
    [
        ("within: 24 hours, counting: {roll: next}", ""),
        ("within: [{when: n, is: 4 hours}, {is: 2 days}], counting: {first_day: included, ends: same_time, roll: next}", ""),
        ("within: 2 working days", "counting: {first_day: included, ends: close_of_business}\n"),
    ],
)
def test_counting_that_some_limit_takes_up_is_fine(keys: str, bundle: str) -> None:
    assert findings(keys, bundle) == []


def test_a_day_that_ends_as_it_starts_is_refused() -> None:
    assert findings("within: 1 day, counting: {first_day: included, ends: same_time}") == [
        "The clock 'c' is due the moment it starts: one day, the first included, at the same time"
    ]
