"""What holds of due times over random calendars in five zones, however dates are counted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.deciding.case import ClockRun, ClockStatus, Stop
from engine.deciding.clock_due import due
from engine.deciding.clock_rungs import rung_at
from engine.defining.definition import Counting
from engine.ground.calendars import Calendar
from engine.ground.duration import ELAPSED, WORKED, Unit
from engine.ground.worktime import end_of_day, is_workday, local_date, measure, start_of_day
from tests.unit.test_clocks import clock, rungs
from tests.unit.test_clocks_properties import BUDGETS, Steps, Watched, spec, steps
from tests.unit.test_worktime import calendars, instants

HOURS = tuple(unit.value for unit in Unit if unit in ELAPSED | WORKED)
DATES = tuple(unit.value for unit in Unit if unit not in ELAPSED | WORKED)
MOMENT = timedelta(microseconds=1)
LONG_AGO = datetime(1980, 1, 1, tzinfo=UTC)
countings = st.builds(
    Counting, first_day=st.sampled_from([None, "included"]), ends=st.sampled_from([None, "same_time", "close_of_business"]),
    roll=st.sampled_from([None, "next", "previous"]),
)

lengths = st.tuples(st.integers(1, 60), st.sampled_from(HOURS + DATES))


def ends(budget: str, start: datetime, calendar: Calendar, counting: Counting, *stops: Stop) -> datetime:
    found = due(ClockRun("c", ClockStatus.RUNNING, start, budget, stops=list(stops), counting=counting), calendar)
    assert found is not None
    return found


@settings(max_examples=150, deadline=None)
@given(calendars(), instants, st.sampled_from(DATES), st.integers(1, 30), st.integers(1, 9), countings)
def test_more_dates_are_never_due_earlier(
    calendar: Calendar, start: datetime, unit: str, n: int, more: int, counting: Counting
) -> None:
    first, second = (ends(f"{amount} {unit}", start, calendar, counting) for amount in (n, n + more))
    assert start <= first <= second


@settings(max_examples=80, deadline=None)
@given(calendars(), instants, st.sampled_from(HOURS), st.integers(0, 200), st.integers(1, 50))
def test_more_hours_are_never_due_earlier(calendar: Calendar, start: datetime, unit: str, n: int, more: int) -> None:
    first, second = (ends(f"{amount} {unit}", start, calendar, Counting()) for amount in (n, n + more))
    assert start <= first < second


@settings(max_examples=120, deadline=None)
@given(calendars(), instants, st.sampled_from(DATES), st.integers(1, 30), countings, st.integers(0, 9 * 24 * 60))
def test_what_starts_later_is_never_due_earlier(
    calendar: Calendar, start: datetime, unit: str, n: int, counting: Counting, later: int
) -> None:
    counting = replace(counting, ends=None if counting.ends == "same_time" else counting.ends)      # a day later, at an earlier time of day
    assert ends(f"{n} {unit}", start, calendar, counting) <= ends(f"{n} {unit}", start + timedelta(minutes=later), calendar, counting)


@settings(max_examples=150, deadline=None)
@given(calendars(), instants, st.sampled_from((*DATES, "hours", "minutes")), st.integers(1, 400), countings.filter(lambda c: c.roll))
def test_what_rolls_ends_on_a_worked_day(calendar: Calendar, start: datetime, unit: str, n: int, counting: Counting) -> None:
    counting = replace(counting, ends=None if counting.ends == "close_of_business" else counting.ends)      # which may lie after midnight
    at = ends(f"{n if unit in ('hours', 'minutes', 'days') else 1 + n % 12} {unit}", start, calendar, counting)
    day = local_date(calendar, at) if counting.ends == "same_time" and unit in DATES else local_date(calendar, at - MOMENT)
    assert at == start or is_workday(calendar, day)


@settings(max_examples=100, deadline=None)
@given(calendars(), instants, st.lists(lengths, min_size=2, max_size=4, unique=True), countings)
def test_the_earliest_is_no_later_than_any_and_the_latest_no_earlier(
    calendar: Calendar, start: datetime, amounts: list[tuple[int, str]], counting: Counting
) -> None:
    texts = [f"{n} {unit}" for n, unit in amounts]
    single = [ends(text, start, calendar, counting) for text in texts]
    earliest, latest = (ends(f"{which} of ({'; '.join(texts)})", start, calendar, counting) for which in ("earliest", "latest"))
    assert (earliest, latest) == (min(single), max(single))


@settings(max_examples=150, deadline=None)
@given(calendars(), instants, st.sampled_from(DATES), st.integers(1, 30), st.booleans())
def test_counting_back_undoes_counting_on(calendar: Calendar, start: datetime, unit: str, n: int, included: bool) -> None:
    counting = Counting(first_day="included" if included else None)
    day = local_date(calendar, start)
    assume(unit in ("days", "weeks", "working days") or day.day <= 28)      # no month has lost that day on the way
    assume(unit != "working days" or is_workday(calendar, day))
    back = local_date(calendar, ends(f"{n} {unit} before {day}", LONG_AGO, calendar, counting) - MOMENT)
    assert ends(f"{n} {unit}", start_of_day(calendar, back), calendar, counting) == end_of_day(calendar, day)


@settings(max_examples=80, deadline=None)
@given(calendars(), instants, st.sampled_from(HOURS), st.integers(1, 100))
def test_hours_before_a_moment_are_as_many_hours(calendar: Calendar, moment: datetime, unit: str, n: int) -> None:
    at = ends(f"{n} {unit} before {moment.isoformat()}", LONG_AGO, calendar, Counting())
    length = timedelta(minutes=n) if "minutes" in unit else timedelta(hours=n)
    assert (measure(calendar, at, moment) if "working" in unit else moment - at) == length


@settings(max_examples=120, deadline=None)
@given(calendars(), instants, st.sampled_from(HOURS), st.integers(1, 100), st.integers(1, 3000), st.integers(1, 20_000))
def test_a_pause_shifts_the_end_of_hours_by_what_of_it_would_have_counted(
    calendar: Calendar, start: datetime, unit: str, n: int, before: int, length: int
) -> None:
    stop = Stop(start + timedelta(minutes=before), start + timedelta(minutes=before + length), "waiting")
    plain, paused = ends(f"{n} {unit}", start, calendar, Counting()), ends(f"{n} {unit}", start, calendar, Counting(), stop)
    assert stop.until is not None
    if plain < stop.since:
        assert paused == plain
    elif "working" in unit:
        assert measure(calendar, plain, paused) == measure(calendar, stop.since, stop.until) and paused >= stop.until
    else:
        assert paused - plain == stop.until - stop.since


@settings(max_examples=100, deadline=None)
@given(calendars(), instants, st.integers(2, 20), st.integers(1, 18), st.integers(1, 12))
def test_a_pause_over_whole_days_shifts_the_end_of_days_by_them(
    calendar: Calendar, start: datetime, n: int, before: int, length: int
) -> None:
    assume(before <= n)
    first = local_date(calendar, start) + timedelta(days=before)
    stop = Stop(start_of_day(calendar, first), start_of_day(calendar, first + timedelta(days=length)), "waiting")
    last = local_date(calendar, ends(f"{n} days", start, calendar, Counting()) - MOMENT)
    assert ends(f"{n} days", start, calendar, Counting(), stop) == end_of_day(calendar, last + timedelta(days=length))


LADDERS = (
    rungs("10%", "50%", "90%", "100%", "due", "1 hour after", "30 hours after"),
    rungs("9 working days before", "3 working days before", "1 working day before", "due", "1 working day after", "4 working days after"),
    rungs("20 days before", "5 days before", "1 day before", "due", "1 day after", "2 days after"),
)


@settings(max_examples=120, deadline=None)
@given(calendars(), instants, st.sampled_from(BUDGETS), countings, st.sampled_from(LADDERS), st.booleans())
def test_rungs_come_in_the_order_of_their_points(
    calendar: Calendar, start: datetime, budget: str, counting: Counting, ladder: tuple[object, ...], paused: bool
) -> None:
    specified = clock(within=budget, ladder=ladder)
    stops = [Stop(start + timedelta(hours=3), start + timedelta(hours=50), "waiting")] if paused else []
    run = ClockRun("c", ClockStatus.RUNNING, start, budget, stops=stops, counting=counting)
    at = due(run, calendar)
    assert at is not None
    placed = [rung_at(specified, run, at, index, 1, calendar) for index in range(len(ladder))]
    assert all(one is not None and two is not None and one <= two for one, two in pairwise(placed)), placed


@settings(max_examples=60, deadline=None)
@given(calendars(), st.sampled_from(BUDGETS), countings, st.sampled_from([None, "2 days"]), steps)
def test_in_every_calendar_nothing_fires_twice_early_or_out_of_order(
    calendar: Calendar, budget: str, counting: Counting, up_to: str | None, told: Steps
) -> None:
    story = Watched(spec("c", budget, up_to=up_to, counting=counting), start="2018-11-02 16:00", calendar=calendar)
    for step, minutes in told:
        story.go(step, minutes)
