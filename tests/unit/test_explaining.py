"""A due time explains itself: the steps told are those of the arithmetic, and they sum up to the due time (clocks rule 17)."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.deciding.case import ClockRun, ClockStatus, Event, Stop, clock_json
from engine.deciding.clock_due import is_worked, length_of
from engine.deciding.clock_runs import over, timed
from engine.deciding.clock_steps import Awaited, Counted, Fixed, Longer, Ran, Step, StoodThroughout
from engine.deciding.clock_stops import CLOSED
from engine.deciding.explaining import Change, Explanation, explain, story
from engine.ground.calendars import Calendar
from engine.ground.duration import Unit, parse_duration
from engine.ground.worktime import end_of_day, is_workday
from tests.unit.test_clocks_properties import BUDGETS as RANDOM_BUDGETS
from tests.unit.test_clocks_properties import Steps, Watched, spec, steps
from tests.unit.test_worktime import calendars

NOON = datetime(2018, 3, 1, 12, tzinfo=UTC)
OFFICE = Calendar(
    "office", "Asia/Shanghai", (((540, 1080),),) * 5 + ((), ()), frozenset({date(2026, 10, 1), date(2026, 10, 2)}),
    {date(2026, 9, 27): ((540, 1080),)}, date(2026, 12, 31),
)
BUDGETS = ("30 minutes", "24 hours", "90 working minutes", "20 working hours", "5 days", "6 working days", "2 weeks", "1 month")


def in_shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=OFFICE.zone).astimezone(UTC)


@st.composite
def runs(draw: st.DrawFn) -> ClockRun:
    """A run with stops that may overlap and extensions of any unit; now and then standing still."""
    starts = st.integers(0, 30 * 24 * 60).map(lambda n: NOON + timedelta(minutes=n))
    stops = []
    for since in draw(st.lists(starts, max_size=4)):
        length = draw(st.integers(1, 6 * 24 * 60))
        stops.append(Stop(since, since + timedelta(minutes=length), draw(st.sampled_from(("waiting", "by hand")))))
    extended = draw(st.lists(st.sampled_from(("1 working day", "2 days", "3 hours", "4 working hours")), max_size=2))
    return ClockRun("total", ClockStatus.RUNNING, NOON, draw(st.sampled_from(BUDGETS)), stops=stops, extended=list(extended))


@settings(max_examples=150, deadline=None)
@given(run=runs(), calendar=calendars())
def test_what_is_narrated_sums_up_to_the_due_time(run: ClockRun, calendar: Calendar) -> None:
    run = timed(run, calendar)
    told = explain(run, calendar, NOON)
    assert told.due_at == run.due_at and not told.supposed
    at, first, segment = run.started_at, None, parse_duration(run.budget)
    for more in run.extended:
        if parse_duration(more).unit is segment.unit:
            segment = type(segment)(segment.amount + parse_duration(more).amount, segment.unit)
    for part in split(told.steps):
        if isinstance(part[0], Longer):
            segment, first = part[0].by, part[0].since
            assert part[0].since == at
            part = part[1:]
        if isinstance(part[0], Ran):
            spent = [step for step in part if isinstance(step, Ran)]
            assert sum((step.used for step in spent), timedelta()) == length_of(segment) and spent[-1].left == timedelta()
            assert all(a.until <= b.since for a, b in zip(spent, spent[1:], strict=False)) and spent[0].since >= (first or run.started_at)
            at = spent[-1].until
        else:
            at = end_of_day(calendar, counted(part, calendar))
    assert at == run.due_at


def split(steps: tuple[Step, ...]) -> list[list[Step]]:
    """The steps of the budget, then of each extension in another unit."""
    found: list[list[Step]] = [[]]
    for step in steps:
        if isinstance(step, Longer):
            found.append([])
        found[-1].append(step)
    return found


def counted(part: list[Step], calendar: Calendar) -> date:
    """The last date by counting one by one: as many dates as budgeted, and one more for each on which the clock stood still."""
    begin = part[0]
    assert isinstance(begin, Counted)
    if begin.duration.unit in (Unit.DAYS, Unit.WORKING_DAYS):
        worked = begin.duration.unit is Unit.WORKING_DAYS
        left, day = int(begin.duration.amount) + sum(isinstance(step, StoodThroughout) for step in part), begin.first
        while left:
            day += timedelta(days=1)
            left -= not worked or is_workday(calendar, day)
        before = [step for step in part if not isinstance(step, Awaited)][-1]
        assert isinstance(before, (Counted, StoodThroughout)) and before.last == day
    last = part[-1]
    assert isinstance(last, (Counted, StoodThroughout, Awaited))
    return last.last


@settings(max_examples=60, deadline=None)
@given(run=runs(), calendar=calendars(), later=st.integers(1, 20))
def test_what_stands_still_explains_what_would_be(run: ClockRun, calendar: Calendar, later: int) -> None:
    since = NOON + timedelta(hours=5)
    now = since + timedelta(days=later)
    still = timed(ClockRun(run.name, run.status, NOON, run.budget, stops=[Stop(since, None, "waiting")]), calendar)
    told = explain(still, calendar, now)
    resumed = timed(ClockRun(run.name, run.status, NOON, run.budget, stops=[Stop(since, now, "waiting")]), calendar)
    assert told.supposed and told.due_at == resumed.due_at


@settings(max_examples=60, deadline=None)
@given(run=runs(), calendar=calendars(), hours=st.integers(0, 2000))
def test_what_is_over_explains_the_due_time_it_had(run: ClockRun, calendar: Calendar, hours: int) -> None:
    run = timed(run, calendar)
    ended = over(run, ClockStatus.MET, NOON + timedelta(days=40, hours=hours), CLOSED)
    assert explain(ended, calendar, NOON + timedelta(days=900)).due_at == run.due_at


def explained(budget: str, start: str) -> Explanation:
    run = timed(ClockRun("total", ClockStatus.RUNNING, in_shanghai(start), budget), OFFICE)
    return explain(run, OFFICE, in_shanghai(start))


def test_holidays_and_make_up_days_are_named_where_the_calendar_counts() -> None:
    told = explained("5 working days", "2026-09-25 10:00")
    assert told.passed_over.closed == (date(2026, 10, 1), date(2026, 10, 2))
    assert told.passed_over.opened == (date(2026, 9, 27),) and told.passed_over.days_off == 3
    told = explained("20 working hours", "2026-09-30 10:00")
    assert told.passed_over.closed == (date(2026, 10, 1), date(2026, 10, 2)) and told.passed_over.days_off == 2
    assert explained("10 days", "2026-09-25 10:00").passed_over.closed == ()     # all dates count alike


def test_a_date_of_the_case_is_one_step_and_a_calendar_that_ends_says_so() -> None:
    assert [type(step) for step in explained("2026-10-12", "2026-09-25 10:00").steps] == [Fixed]
    told = explained("90 working days", "2026-09-25 10:00")
    assert told.due_at is None and "2026-12-31" in told.beyond


def test_time_used_up_counts_by_what_the_budget_counts() -> None:
    assert is_worked(ClockRun("total", ClockStatus.RUNNING, NOON, "4 working hours"))
    (step,) = explained("4 working hours", "2026-09-28 16:00").steps
    assert step == Ran(in_shanghai("2026-09-28 16:00"), in_shanghai("2026-09-29 11:00"), timedelta(hours=4), timedelta(), True)


def test_a_life_of_a_clock_is_told_by_its_events() -> None:
    start = in_shanghai("2026-09-28 09:00")
    run = timed(ClockRun("total", ClockStatus.RUNNING, start, "3 working days"), OFFICE)
    stopped = timed(ClockRun("total", ClockStatus.RUNNING, start, "3 working days", stops=[Stop(start, None, "waiting")]), OFFICE)
    longer = timed(ClockRun("total", ClockStatus.RUNNING, start, "3 working days", extended=["1 working day"], round=2), OFFICE)
    shorter = timed(ClockRun("total", ClockStatus.RUNNING, start, "1 working day", extended=["1 working day"], round=3), OFFICE)
    late = timed(ClockRun("total", ClockStatus.RUNNING, start, "1 working day", extended=["1 working day"], round=3), OFFICE)
    late.breached_at = late.due_at
    kept = timed(ClockRun("total", ClockStatus.RUNNING, start, "3 working days", round=4), OFFICE)
    lives = [run, stopped, longer, shorter, late, kept, over(kept, ClockStatus.MET, start)]
    events = [
        Event("case/1", n, "x", start, start, "li.na", None, {"clocks": {"total": clock_json(life)}}) for n, life in enumerate(lives, 1)
    ]
    told = [(c.event.seq, c.change, c.why) for c in story([*events, Event("case/1", 9, "note", start, start, "x", None, {})], "total")]
    assert told == [
        (1, Change.STARTED, "3 working days"), (2, Change.PAUSED, "waiting"), (3, Change.EXTENDED, "1 working day"),
        (3, Change.RESUMED, "waiting"), (4, Change.RECOMPUTED, "1 working day"), (5, Change.BREACHED, ""),
        (6, Change.RECOMPUTED, "3 working days"), (6, Change.WITHDRAWN, ""), (7, Change.OVER, "met"),
    ]


class Explaining(Watched):
    """A story in which every clock explains itself at every step."""

    def check(self) -> None:
        super().check()
        for run in self.case.clocks.values():
            told = explain(run, self.calendar, self.now)
            assert told.supposed == (run.due_at is None)
            assert run.due_at is None or told.due_at == run.due_at


@settings(max_examples=60, deadline=None)
@given(told=steps, budget=st.sampled_from(RANDOM_BUDGETS), up_to=st.sampled_from((None, "3 days", "6 working hours")))
def test_clocks_explain_themselves_through_any_story(told: Steps, budget: str, up_to: str | None) -> None:
    story_of = Explaining(spec("total", budget, up_to=up_to))
    for step, minutes in told:
        story_of.go(step, minutes)
