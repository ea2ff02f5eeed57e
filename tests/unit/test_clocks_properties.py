"""What holds for clocks whatever happens to a case: random stories, told twice or in other steps."""

from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.deciding import clocks
from engine.deciding.case import USUAL, ClockStatus, clock_json
from engine.deciding.clock_due import due_after
from engine.deciding.clock_runs import timed
from engine.deciding.clocks import PendingKind
from engine.defining.definition import Case, ClockSpec, Counting, Expression, Pause
from engine.ground.calendars import Calendar
from engine.ground.duration import parse_duration
from engine.ground.worktime import end_of_day, is_workday, local_date, start_of_day
from tests.unit.test_clocks import CALENDAR, Story, clock, local, rungs

START = "2026-11-20 16:00"
LADDER = rungs("50%", "90%", "4 working hours before", "1 day before", "due", "3 hours after", "1 working day after", "every 2 days after")
BUDGETS = ("24 hours", "6 working hours", "5 days", "3 working days", "1 week", "1 month")
STEPS = ("wait", "leave", "return", "hold", "release", "extend", "correct", "contact")

Steps = list[tuple[str, int]]
steps: st.SearchStrategy[Steps] = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 3 * 24 * 60)), max_size=12)


def spec(name: str, budget: str, *, up_to: str | None = None, counting: Counting = USUAL) -> ClockSpec:
    """A clock with everything: two cases, a pause, a ladder."""
    limits = (
        Case(value=parse_duration(budget), when=Expression("usual"), counting=counting),
        Case(value=parse_duration("8 days"), counting=counting),
    )
    pause = Pause(in_=("waiting",), up_to=parse_duration(up_to) if up_to else None)
    return clock(name, limits, until="acknowledge", pause=(pause,), ladder=LADDER)


class Watched(Story):
    """A story that checks at every step what must always hold."""

    def __init__(self, *specs: ClockSpec, start: str = START, calendar: Calendar = CALENDAR) -> None:
        self.fired: list[tuple[str, int, int, int, int]] = []
        self.now = local(start)
        super().__init__(*specs, at=start, calendar=calendar, usual=True, applies=True)

    def go(self, step: str, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.carry_out()
        match step:
            case "leave" if self.case.state == "working":
                self.happen(self.now, "left working, state waiting")
            case "return" if self.case.state == "waiting":
                self.happen(self.now, "left waiting, state working")
            case "hold" | "release" | "extend":
                for name in list(self.case.clocks):
                    self.by_staff(step, name)
            case "correct":
                self.happen(self.now, "field usual", usual=not self.fields["usual"])
            case "contact":
                self.happen(self.now, "contact")
        self.check()

    def by_staff(self, step: str, name: str) -> None:
        args: tuple[Any, ...] = (self.definition, self.case, name)
        match step:
            case "hold" if self.run(name).status is ClockStatus.RUNNING:
                self.case.clocks[name] = clocks.hold(*args, self.now, clocks.BY_HAND, self.calendars)
            case "release":
                self.case.clocks[name] = clocks.release(*args, self.now, self.calendars)
            case "extend":
                self.case.clocks[name] = clocks.extend(*args, parse_duration("2 days"), self.now, self.calendars)

    def carry_out(self, until: datetime | None = None) -> None:
        """Settle, watching that nothing fires twice, out of order, too early, or while its clock stands still."""
        last = None
        while items := [i for i in clocks.pending(self.definition, self.case, self.calendars) if i.fire_at <= (until or self.now)]:
            item = items[0]
            assert last is None or item.fire_at >= last
            last = None if item.kind is PendingKind.RESUME else item.fire_at   # what a correction during the pause made pass comes now
            run = self.run(item.clock)
            assert run.status is (ClockStatus.PAUSED if item.kind is PendingKind.RESUME else ClockStatus.RUNNING)
            if item.kind is PendingKind.RUNG:
                mark = (item.clock, run.run, run.round, item.rung, item.n)
                assert mark not in self.fired
                self.fired.append(mark)
                stood = any(stop.since <= item.due_at < (stop.until or item.due_at) for stop in run.stops)
                assert not stood or item.due_at == run.due_at
            self.case.clocks[item.clock] = clocks.mark(self.definition, self.case, item, self.calendars)
            self.happen(item.due_at)

    def check(self) -> None:
        self.happen(self.now)
        for run in self.case.clocks.values():
            assert (run.due_at is None) == (run.status in (ClockStatus.PAUSED, ClockStatus.OFF)), "they have no due time, others do"
            assert timed(run, self.calendar) == run, "a due time can be computed again from the run alone"
            assert run.due_at is None or run.due_at >= run.started_at
            assert run.breached_at is None or run.breached_at < self.now
        assert self.happen(self.now) == {}, "following twice changes nothing"


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(BUDGETS), st.sampled_from([None, "2 days", "10 working hours"]), steps)
def test_nothing_fires_twice_early_out_of_order_or_while_a_clock_stands_still(budget: str, up_to: str | None, told: Steps) -> None:
    story = Watched(spec("c", budget, up_to=up_to))
    for step, minutes in told:
        story.go(step, minutes)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(BUDGETS), st.sampled_from(BUDGETS), steps)
def test_clocks_of_one_case_do_not_move_each_other(first: str, second: str, told: Steps) -> None:
    both, alone = Watched(spec("a", first), spec("b", second, up_to="2 days")), Watched(spec("b", second, up_to="2 days"))
    for step, minutes in told:
        both.go(step, minutes)
        alone.go(step, minutes)
        assert clock_json(both.run("b")) == clock_json(alone.run("b"))


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(BUDGETS), steps, st.lists(st.integers(1, 5 * 24 * 60), min_size=1, max_size=6))
def test_one_sweep_after_an_outage_does_what_many_would_have_done(budget: str, told: Steps, pauses: list[int]) -> None:
    often = Watched(spec("c", budget, up_to="2 days"))
    for step, minutes in told:
        often.go(step, minutes)
    once = deepcopy(often)
    for minutes in pauses:
        often.go("wait", minutes)
    once.go("wait", sum(pauses))
    assert (clock_json(once.run()), once.fired) == (clock_json(often.run()), often.fired)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 6), st.booleans(), st.lists(st.tuples(st.integers(30, 4000), st.integers(30, 12_000)), min_size=1, max_size=5))
def test_a_pause_of_so_many_days_stands_still_throughout_that_many_at_most(most: int, worked: bool, waits: list[tuple[int, int]]) -> None:
    """Counted date by date, which the arithmetic does not."""
    limit = parse_duration(f"{most} {'working days' if worked else 'days'}")
    story, now = Story(clock(within="1 year", pause=(Pause(in_=("waiting",), up_to=limit),))), local(START)
    for run_for, wait_for in waits:
        for minutes, what in ((run_for, "left working, state waiting"), (wait_for, "left waiting, state working")):
            now += timedelta(minutes=minutes)
            story.settle(now)
            story.happen(now, what)
    days = [local_date(CALENDAR, local(START)) + timedelta(days=n) for n in range(80)]
    still = [
        day
        for day in days
        for stop in story.run().stops
        if stop.until and stop.since <= start_of_day(CALENDAR, day) and end_of_day(CALENDAR, day) <= stop.until
        if not worked or is_workday(CALENDAR, day)
    ]
    assert len(still) <= most
    now += timedelta(minutes=1)
    story.happen(now, "left working, state waiting")
    if len(still) < most:
        ((what, _),) = story.settle(now + timedelta(days=60))
        until = story.run().stops[-1].until
        assert what == "resume" and until is not None
        whole = [day for day in days if now <= start_of_day(CALENDAR, day) and end_of_day(CALENDAR, day) <= until]
        assert len(still) + sum(not worked or is_workday(CALENDAR, day) for day in whole) == most


WHEN = Expression("applies")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(BUDGETS), st.sampled_from([None, "2 days"]), steps, st.lists(st.booleans(), min_size=12, max_size=12))
def test_a_clock_that_comes_and_goes_is_in_the_end_as_one_that_was_always_there(
    budget: str, up_to: str | None, told: Steps, applies: list[bool]
) -> None:
    """What staff do to a clock needs one that runs, so here they do nothing."""
    always, flips = Watched(spec("c", budget, up_to=up_to)), Watched(replace(spec("c", budget, up_to=up_to), when=WHEN))
    steps_of = [(step, minutes) for step, minutes in told if step not in ("hold", "release", "extend")]
    for (step, minutes), holds in zip([*steps_of, ("return", 60)], [*applies[: len(steps_of)], True], strict=True):
        always.go(step, minutes)
        flips.go(step, minutes)
        flips.happen(flips.now, "field applies", applies=holds)
        assert (flips.run().status is ClockStatus.OFF) is not holds
        assert holds or not any(item.clock == "c" for item in clocks.pending(flips.definition, flips.case, flips.calendars))
    for story in (always, flips):
        story.go("wait", 0)
    assert replace(flips.run(), round=0, fired=[]) == replace(always.run(), round=0, fired=[])
    if not any(step == "leave" for step, _ in told):    # a pause after it carries a rung before due, which fired, past now again
        assert dict(sorted(flips.run().fired)) == dict(sorted(always.run().fired))     # of a repeating rung the furthest stands for all


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(BUDGETS), steps)
def test_a_limit_that_counts_from_its_change_is_never_due_earlier_than_counted_in_full_from_there(budget: str, told: Steps) -> None:
    story = Watched(replace(spec("c", budget), recompute="forward"))
    for step, minutes in told:
        story.go(step, minutes)
        run = story.run()
        if step == "correct" and run.due_at is not None:
            assert run.due_at >= due_after(story.now, parse_duration(run.budget), CALENDAR) and run.counts_from == story.now


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200), st.lists(st.tuples(st.integers(1, 600), st.integers(1, 6000)), max_size=5))
def test_pausing_an_hour_clock_equals_shifting_its_due_time(hours: int, pauses: list[tuple[int, int]]) -> None:
    story = Story(clock(within=f"{hours} hours", pause=(Pause(in_=("waiting",)),)))
    due, now = story.run().due_at, local(START)
    assert due is not None
    for run_for, pause_for in pauses:
        now += timedelta(minutes=run_for)
        if now > due:
            break
        story.happen(now, "left working, state waiting")
        now += timedelta(minutes=pause_for)
        story.happen(now, "left waiting, state working")
        due += timedelta(minutes=pause_for)
        assert story.run().due_at == due


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(BUDGETS), st.integers(1, 20_000), st.integers(0, 20_000))
def test_a_pause_never_makes_a_clock_due_earlier_and_a_longer_one_never_earlier_still(budget: str, before: int, length: int) -> None:
    dues = []
    for pause in (0, length, length + 60):
        story = Story(clock(within=budget, pause=(Pause(in_=("waiting",)),)))
        left = local(START) + timedelta(minutes=before)
        story.happen(left, "left working, state waiting")
        story.happen(left + timedelta(minutes=pause), "left waiting, state working")
        dues.append(story.run().due_at)
    assert all(due is not None for due in dues)
    assert sorted(dues) == dues  # type: ignore[type-var]
