"""Clocks start, stop, pause, resume and move as things happen to a case."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.deciding import clocks
from engine.deciding.case import CaseState, ClockRun, ClockStatus, Stop, TaskRun, TaskStatus, clock_from, clock_json
from engine.deciding.clock_figures import consumed, remaining, share, unknown_text
from engine.deciding.clocks import PendingKind
from engine.defining.definition import (
    Case,
    ClockSpec,
    Definition,
    Doing,
    DoingKind,
    EventKind,
    Expression,
    Happening,
    Pause,
    Point,
    PointKind,
    Rung,
    State,
    Task,
    Text,
    Who,
    WhoKind,
)
from engine.ground.calendars import Calendar, parse_hours
from engine.ground.duration import parse_duration
from engine.ground.errors import NotAllowed
from engine.ground.wall import wall_due

ZONE = ZoneInfo("Asia/Shanghai")
OFFICE = tuple(parse_hours(["09:00-12:00", "13:30-18:00"]) if day < 5 else () for day in range(7))
CALENDAR = Calendar("office", "Asia/Shanghai", OFFICE, valid_through=date(2027, 12, 31))


def local(text: str) -> datetime:
    """Wall time in Shanghai as an instant; 24:00 is the midnight that follows."""
    if text.endswith("24:00"):
        return local(text.replace("24:00", "00:00")) + timedelta(days=1)
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def happening(text: str) -> Happening:
    """`opened`, `closed`, `state x`, `left x`, `task x`, `task opened x`, `clock x due`, `field x`, or an action."""
    if text in ("opened", "closed"):
        return Happening(EventKind(text))
    kind, _, name = text.rpartition(" ")
    if kind.startswith("clock"):
        return Happening(EventKind.CLOCK_DUE, kind.split()[1])
    return Happening(EventKind(kind), name) if kind else Happening(EventKind.ACTION, name)


def clock(name: str = "c", within: Any = "24 hours", start: str = "opened", until: str | None = "acknowledge", **more: Any) -> ClockSpec:
    cases = within if isinstance(within, tuple) else (Case(value=parse_duration(within)),)
    ends = tuple(happening(text) for text in until.split(", ")) if until else ()
    return ClockSpec(name=name, from_=tuple(happening(text) for text in start.split(", ")), until=ends, within=cases, **more)


def point(text: str) -> Point:
    if text == "due":
        return Point(PointKind.DUE)
    if text.endswith("%"):
        return Point(PointKind.PERCENT, Decimal(text[:-1]))
    if text.startswith("every "):
        return Point(PointKind.EVERY, duration=parse_duration(text[6:].removesuffix(" after")))
    amount, _, kind = text.rpartition(" ")
    return Point(PointKind(kind), duration=parse_duration(amount))


def rungs(*points: str, at_most: int | None = None) -> tuple[Rung, ...]:
    remind = (Doing(DoingKind.REMIND, (Case(value=Who(WhoKind.OWNER)),)),)
    return tuple(Rung(at=point(text), do=remind, at_most=at_most) for text in points)


def definition(*specs: ClockSpec) -> Definition:
    """States working (with task lab), waiting, deciding, closed; the given clocks, and those of state working and task lab."""
    states = {
        "working": State(name="working", tasks={"lab": Task(name="lab")}), "waiting": State(name="waiting"),
        "deciding": State(name="deciding"), "closed": State(name="closed", final=True),
    }
    mine = {spec.name: spec for spec in specs}
    return Definition(
        name="p", title=Text(), number="{serial}", calendar="office", languages=("en",), states=states,
        clocks={name: spec for name, spec in mine.items() if name not in ("working", "lab")}, all_clocks=mine,
    )


class Story:
    """A case whose clocks are followed as a use case would: apply what happened, then the clocks."""

    def __init__(self, *specs: ClockSpec, at: str = "2026-11-20 16:00", calendar: Calendar = CALENDAR, **fields: Any) -> None:
        self.definition = definition(*specs)
        self.calendar = calendar
        self.fields: dict[str, Any] = fields
        self.case = CaseState("K-1", 1, local(at), state="working")
        self.happen(at, "opened, state working")

    def calendars(self, name: str | None) -> Calendar:
        return self.calendar

    def evaluate(self, expression: Expression) -> Any:
        return eval(expression, {}, self.fields)

    def happen(self, at: str | datetime, what: str = "", **fields: Any) -> dict[str, ClockRun]:
        moment = local(at) if isinstance(at, str) else at
        self.fields |= fields
        happened = [happening(text) for text in what.split(", ")] if what else []
        for thing in happened:
            match thing.kind:
                case EventKind.STATE:
                    self.case.state, self.case.entered_at = thing.name, moment
                    self.case.closed_at = moment if thing.name == "closed" else None
                case EventKind.TASK_OPENED:
                    self.case.tasks[thing.name] = TaskRun(thing.name, self.case.state, TaskStatus.OPEN, moment)
                case EventKind.TASK:
                    self.case.tasks[thing.name].status = TaskStatus.DONE
        before = {name: clock_json(run) for name, run in self.case.clocks.items()}
        changed = clocks.follow(self.definition, self.case, happened, moment, self.calendars, self.evaluate, self.fields.get)
        assert before == {name: clock_json(run) for name, run in self.case.clocks.items()}, "follow must not change the case"
        self.case.clocks |= changed
        return changed

    def run(self, name: str = "c") -> ClockRun:
        return self.case.clocks[name]

    def due(self, name: str = "c") -> str | None:
        at = self.run(name).due_at
        return wall_due(at, self.calendar.timezone) if at else None

    def settle(self, until: str | datetime) -> list[tuple[str, str]]:
        """Carry out everything up to an instant; returns (what, when it fell due)."""
        moment = local(until) if isinstance(until, str) else until
        done: list[tuple[str, str]] = []
        while True:
            items = [item for item in clocks.pending(self.definition, self.case, self.calendars) if item.fire_at <= moment]
            if not items:
                return done
            item = items[0]
            self.case.clocks[item.clock] = clocks.mark(self.definition, self.case, item, self.calendars)
            ladder = self.definition.all_clocks[item.clock].ladder
            what = str(ladder[item.rung].at) if item.kind is PendingKind.RUNG else item.kind.value
            done.append((what, wall_due(item.due_at, self.calendar.timezone)))
            self.happen(item.due_at)

    def extend(self, by: str, at: str, name: str = "c") -> None:
        self.case.clocks[name] = clocks.extend(self.definition, self.case, name, parse_duration(by), local(at), self.calendars)

    def hold(self, at: str, name: str = "c") -> None:
        self.case.clocks[name] = clocks.hold(self.definition, self.case, name, local(at), clocks.BY_HAND, self.calendars)

    def release(self, at: str, name: str = "c") -> None:
        self.case.clocks[name] = clocks.release(self.definition, self.case, name, local(at), self.calendars)


# --- due times ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("within", "opened", "due"),
    [
        ("24 hours", "2026-11-20 16:00", "2026-11-21 16:00"),
        ("30 minutes", "2026-11-20 23:45", "2026-11-21 00:15"),
        ("4 working hours", "2026-11-20 16:00", "2026-11-23 11:00"),
        ("2 working hours", "2026-11-20 16:00", "2026-11-20 18:00"),       # ends at closing, not at the next opening
        ("90 working minutes", "2026-11-20 11:30", "2026-11-20 14:30"),
        ("1 day", "2026-11-20 16:00", "2026-11-21 24:00"),
        ("13 days", "2026-11-20 16:00", "2026-12-03 24:00"),
        ("3 working days", "2026-11-20 16:00", "2026-11-25 24:00"),        # a Friday: Monday, Tuesday, Wednesday
        ("1 working day", "2026-11-21 10:00", "2026-11-23 24:00"),         # a Saturday
        ("8 weeks", "2026-11-20 16:00", "2027-01-15 24:00"),
        ("1 month", "2026-01-31 10:00", "2026-02-28 24:00"),
        ("2 months", "2026-01-31 10:00", "2026-03-31 24:00"),              # from the anchor, never chained
        ("1 quarter", "2026-11-30 10:00", "2027-02-28 24:00"),
        ("1 year", "2024-02-29 10:00", "2025-02-28 24:00"),
        ("0 days", "2026-11-20 16:00", "2026-11-20 16:00"),                # a zero budget ends where it starts
        ("1 day", "2026-11-20 00:00", "2026-11-21 24:00"),                 # midnight belongs to the day that begins
    ],
)
def test_a_budget_ends_as_its_unit_counts(within: str, opened: str, due: str) -> None:
    assert Story(clock(within=within), at=opened).due() == due


def test_a_clock_beyond_its_calendar_is_flagged_and_known_once_the_calendar_is_extended() -> None:
    story = Story(clock(within="3 working days", ladder=rungs("due")), at="2027-12-30 10:00")
    assert (story.run().due_at, story.run().unknown) == (None, "office 2027-12-31")
    assert unknown_text(story.run().unknown) == "calendar office is known until 2027-12-31 only"
    assert story.settle("2028-02-01 00:00") == []
    story.calendar = replace(CALENDAR, valid_through=date(2028, 12, 31))
    story.happen("2027-12-31 10:00")
    assert (story.due(), story.run().unknown, story.run().round) == ("2028-01-04 24:00", None, 1)


def test_plain_days_need_no_calendar_beyond_its_end() -> None:
    assert Story(clock(within="13 days"), at="2027-12-30 10:00").due() == "2028-01-12 24:00"


@pytest.mark.parametrize("within", ["999999 years", "999999 weeks"])
def test_a_budget_beyond_all_calendars_is_flagged(within: str) -> None:
    story = Story(clock(within=within), calendar=replace(CALENDAR, valid_through=None))
    assert (story.run().due_at, bool(story.run().unknown)) == (None, True)


def test_a_budget_may_be_a_date_or_moment_of_the_case_and_moves_with_it() -> None:
    story = Story(clock(within=(Case(value="visit"),), start="book"))
    story.happen("2026-11-20 17:00", "book")
    assert (story.run().status, story.run().existed) == (ClockStatus.OFF, False)     # nothing to keep yet
    story.happen("2026-11-20 17:30", "field visit", visit=local("2026-11-24 14:00"))
    assert story.due() == "2026-11-24 14:00"
    story.happen("2026-11-21 09:00", "field visit", visit=date(2026, 11, 25))
    assert (story.due(), story.run().round) == ("2026-11-25 24:00", 3)


# --- starting, stopping ---------------------------------------------------------------------------------------------


def test_the_first_matching_case_counts_and_without_a_match_the_clock_is_off_until_there_is_one() -> None:
    cases = (
        Case(value=parse_duration("13 days"), when=Expression("region == 'domestic'")),
        Case(value=parse_duration("17 days"), when=Expression("region == 'overseas'")),
    )
    assert Story(clock(within=cases), region="domestic").due() == "2026-12-03 24:00"
    assert Story(clock(within=cases), region="overseas").due() == "2026-12-07 24:00"
    story = Story(clock(within=cases, ladder=rungs("50%")), region="")
    assert (story.run().status, story.settle("2026-12-01 10:00")) == (ClockStatus.OFF, [])
    story.happen("2026-12-01 10:00", "field region", region="domestic")
    assert (story.due(), story.settle("2026-12-01 10:00")) == ("2026-12-03 24:00", [("50%", "2026-11-27 08:00")])


def test_its_until_event_meets_a_clock_and_another_from_event_starts_a_new_run() -> None:
    story = Story(clock(start="opened, contact"))
    story.happen("2026-11-20 18:00", "contact")
    assert story.run().run == 1                          # while it runs it continues
    story.happen("2026-11-20 19:00", "acknowledge")
    assert (story.run().status, story.run().ended_at) == (ClockStatus.MET, local("2026-11-20 19:00"))
    story.happen("2026-11-22 10:00", "contact")
    assert (story.run().run, story.due()) == (2, "2026-11-23 10:00")


def test_one_event_can_stop_a_run_and_start_the_next() -> None:
    story = Story(clock(within="28 days", start="opened, contact", until="contact, closed"))
    story.happen("2026-12-01 10:00", "contact")
    assert (story.run().run, story.run().status, story.due()) == (2, ClockStatus.RUNNING, "2026-12-29 24:00")


def test_what_starts_and_stops_a_clock_in_one_step_leaves_it_met() -> None:
    story = Story(clock(start="acknowledge", until="state deciding"))
    story.happen("2026-11-20 17:00", "acknowledge, left working, state deciding")
    assert (story.run().status, story.run().started_at) == (ClockStatus.MET, story.run().ended_at)


def test_closing_ends_running_clocks_but_not_windows_nor_what_starts_then() -> None:
    story = Story(clock("reply"), clock("window", "60 days", until=None), clock("survey", "5 days", start="settle"),
                  clock("follow", "5 days", start="closed", until="called"))
    story.happen("2026-11-20 17:00", "settle, left working, state closed, closed")
    assert story.run("reply").status is ClockStatus.ENDED
    assert {name: story.run(name).status for name in ("window", "survey", "follow")} == dict.fromkeys(
        ("window", "survey", "follow"), ClockStatus.RUNNING)
    story.happen("2026-11-21 17:00")
    assert story.run("follow").status is ClockStatus.RUNNING


def test_a_window_ends_when_due_and_never_breaches() -> None:
    story = Story(clock(within="2 days", until=None, ladder=rungs("50%", "due")))
    assert story.settle("2026-12-30 00:00") == [("50%", "2026-11-21 20:00"), ("due", "2026-11-22 24:00"), ("end", "2026-11-22 24:00")]
    assert (story.run().status, story.run().breached_at, story.run().ended_at) == (ClockStatus.ENDED, None, local("2026-11-22 24:00"))


def test_a_clock_can_start_from_a_date_of_the_case_and_moves_with_it() -> None:
    story = Story(clock(within="1 year", start="field bought", until=None))
    story.happen("2026-11-20 16:30", "field bought", bought=date(2026, 3, 1))
    assert story.due() == "2027-03-01 24:00"
    story.happen("2026-11-21 16:30", "field bought", bought=date(2026, 5, 1))
    assert (story.due(), story.run().round, story.run().run) == ("2027-05-01 24:00", 2, 1)
    story.happen("2026-11-22 16:30", "field bought", bought=None)
    assert story.run().status is ClockStatus.OFF


def test_a_clock_can_run_from_another_falling_due() -> None:
    story = Story(clock("c"), clock("second", "2 days", start="clock c due", until="acknowledge"))
    story.happen("2026-11-21 16:00", "clock c due")
    assert story.due("second") == "2026-11-23 24:00"


def test_clocks_of_one_case_are_independent() -> None:
    story = Story(clock("a"), clock("b", "13 days", until="closed"))
    before = clock_json(story.run("b"))
    assert set(story.happen("2026-11-20 17:00", "acknowledge")) == {"a"}
    assert clock_json(story.run("b")) == before


# --- pausing --------------------------------------------------------------------------------------------------------


def test_a_pause_leaves_no_due_time_and_resuming_an_hour_clock_gives_back_the_rest() -> None:
    story = Story(clock(pause=(Pause(in_=("waiting",)),)))
    story.happen("2026-11-20 20:00", "left working, state waiting")
    assert (story.run().status, story.run().due_at, story.run().stops) == (
        ClockStatus.PAUSED, None, [Stop(local("2026-11-20 20:00"), None, "waiting")])
    assert story.settle("2026-12-30 00:00") == []        # a paused clock cannot fire
    story.happen("2026-11-25 08:00", "left waiting, state working")
    assert story.due() == "2026-11-26 04:00"             # 20 hours were left
    now = local("2026-11-25 10:00")
    assert (consumed(story.run(), now, CALENDAR), remaining(story.run(), now, CALENDAR)) == (timedelta(hours=6), timedelta(hours=18))


def test_working_hours_pause_in_working_time() -> None:
    story = Story(clock(within="4 working hours", pause=(Pause(in_=("waiting",)),)), at="2026-11-23 10:00")
    story.happen("2026-11-23 11:00", "left working, state waiting")
    story.happen("2026-11-23 17:00", "left waiting, state working")
    assert story.due() == "2026-11-24 11:00"


def test_a_day_clock_adds_only_dates_on_which_it_stood_still_throughout() -> None:
    story = Story(clock(within="13 days", pause=(Pause(in_=("waiting",)),)))
    story.happen("2026-11-23 10:00", "left working, state waiting")
    story.happen("2026-11-26 15:00", "left waiting, state working")
    assert story.due() == "2026-12-05 24:00"             # the 24th and 25th; on the 23rd and 26th it ran


def test_a_working_day_clock_adds_only_working_dates() -> None:
    story = Story(clock(within="3 working days", pause=(Pause(in_=("waiting",)),)))
    story.happen("2026-11-20 17:00", "left working, state waiting")
    story.happen("2026-11-24 09:00", "left waiting, state working")
    assert story.due() == "2026-11-26 24:00"             # Monday was lost, Saturday and Sunday do not count anyway


def test_a_day_clock_paused_at_the_end_of_its_last_date_ends_with_the_date_on_which_it_runs_again() -> None:
    story = Story(clock(within="3 days", pause=(Pause(in_=("waiting",)),)))
    story.happen("2026-11-23 12:00", "left working, state waiting")
    story.happen("2026-11-24 12:00", "left waiting, state working")
    assert story.due() == "2026-11-24 24:00"


def test_a_month_clock_adds_the_dates_on_which_it_stood_still() -> None:
    story = Story(clock(within="1 month", pause=(Pause(in_=("waiting",)),)))
    story.happen("2026-12-01 00:00", "left working, state waiting")
    story.happen("2026-12-04 00:00", "left waiting, state working")
    assert story.due() == "2026-12-23 24:00"             # 20 December and three dates


def test_a_pause_ends_by_itself_when_its_longest_total_is_reached() -> None:
    story = Story(clock(within="13 days", pause=(Pause(in_=("waiting",), up_to=parse_duration("10 days")),)))
    story.happen("2026-11-21 10:00", "left working, state waiting")
    story.happen("2026-11-25 10:00", "left waiting, state working")              # four days used
    story.happen("2026-11-26 10:00", "left working, state waiting")
    assert [item.kind for item in clocks.pending(story.definition, story.case, story.calendars)] == [PendingKind.RESUME]
    assert story.settle("2026-12-04 00:00")[0] == ("resume", "2026-12-03 24:00")     # the 22nd–24th and 27th–3rd
    assert story.run().status is ClockStatus.RUNNING
    assert story.due() == "2026-12-13 24:00"             # 13 days and those ten
    story.happen("2026-12-04 10:00", "left waiting, state working")
    story.happen("2026-12-05 10:00", "left working, state waiting")
    assert story.run().status is ClockStatus.RUNNING     # nothing is left of the pause


@pytest.mark.parametrize(
    ("up_to", "ends"),
    [
        ("30 hours", "2026-11-24 18:00"), ("9 working hours", "2026-11-24 14:00"), ("1 working day", "2026-11-24 24:00"),
        ("6 working days", "2026-12-01 24:00"), ("1 week", "2026-11-30 24:00"), ("0 days", None),
    ],
)
def test_the_longest_total_of_a_pause_is_exact_in_its_unit(up_to: str, ends: str | None) -> None:
    """Paused from Friday 17:00 to 18:00, then from Monday 13:00 on."""
    story = Story(clock(within="13 days", pause=(Pause(in_=("waiting",), up_to=parse_duration(up_to)),)))
    story.happen("2026-11-20 17:00", "left working, state waiting")
    story.happen("2026-11-20 18:00", "left waiting, state working")
    story.happen("2026-11-23 13:00", "left working, state waiting")
    assert (story.settle("2026-12-03 00:00") or [(None, None)])[0][1] == ends


def test_a_pause_by_an_open_task_and_one_by_state_that_overlap_count_once() -> None:
    story = Story(clock(pause=(Pause(in_=("waiting", "lab")),)))
    story.happen("2026-11-20 17:00", "task opened lab")
    story.happen("2026-11-20 18:00", "left working, state waiting")
    story.happen("2026-11-20 19:00", "task lab")
    assert story.run().status is ClockStatus.PAUSED
    story.happen("2026-11-20 20:00", "left waiting, state working")
    assert story.due() == "2026-11-21 19:00"             # 17:00 to 20:00, three hours


def test_a_pause_by_hand_outlasts_one_by_state_and_the_other_way_round() -> None:
    story = Story(clock(pause=(Pause(in_=("waiting",)),)))
    story.hold("2026-11-20 17:00")
    story.happen("2026-11-20 18:00", "left working, state waiting")
    story.release("2026-11-20 19:00")
    assert story.run().status is ClockStatus.PAUSED
    story.hold("2026-11-20 19:30")
    story.happen("2026-11-20 20:00", "left waiting, state working")
    assert (story.run().status, clocks.by_hand(story.run())) == (ClockStatus.PAUSED, True)
    story.release("2026-11-20 21:00")
    assert story.due() == "2026-11-21 20:00"


def test_what_does_not_run_cannot_be_held_or_extended() -> None:
    story = Story(clock())
    story.happen("2026-11-20 17:00", "acknowledge")
    for change in (lambda: story.hold("2026-11-20 18:00"), lambda: story.extend("1 hour", "2026-11-20 18:00")):
        with pytest.raises(NotAllowed):
            change()


def test_reopening_continues_without_the_closed_time_when_closing_had_stopped_the_clock() -> None:
    story = Story(clock("total", "13 days", until="closed"), clock("reply"), clock("done"))
    story.happen("2026-11-20 17:00", "acknowledge, left working, state closed, closed")
    assert story.run("total").status is ClockStatus.MET
    story.happen("2026-11-28 10:00", "reopen, left closed, state working")
    assert (story.run("total").status, story.run("total").ended_at, story.due("total")) == (ClockStatus.RUNNING, None, "2026-12-10 24:00")
    assert story.run("reply").status is ClockStatus.MET
    assert story.run("total").run == 1


# --- clocks of states and tasks -------------------------------------------------------------------------------------


def state_clock(within: str = "5 days") -> ClockSpec:
    return clock("working", within, start="state working", until="left working")


def test_leaving_its_state_meets_the_limit_and_entering_again_starts_anew() -> None:
    story = Story(state_clock())
    story.happen("2026-11-21 10:00", "left working, state working")
    assert (story.run("working").run, story.run("working").started_at) == (2, local("2026-11-21 10:00"))
    story.happen("2026-11-22 10:00", "left working, state deciding")
    assert story.run("working").status is ClockStatus.MET


def test_the_limit_of_a_state_that_is_held_stands_still_until_the_case_is_back() -> None:
    story = Story(state_clock("48 hours"))
    story.case.back = ["working"]
    story.happen("2026-11-20 20:00", "left working, state waiting")
    assert (story.run("working").status, story.run("working").stops[0].why) == (ClockStatus.PAUSED, "waiting")
    story.case.back = []
    story.happen("2026-11-23 20:00", "left waiting, state working")
    assert (story.run("working").run, story.due("working")) == (1, "2026-11-25 16:00")


def test_a_held_state_that_is_given_up_meets_its_limit() -> None:
    story = Story(state_clock())
    story.case.back = ["working"]
    story.happen("2026-11-20 20:00", "left working, state waiting")
    story.case.back = []
    story.happen("2026-11-23 20:00", "left waiting, state deciding")
    assert story.run("working").status is ClockStatus.MET


def task_clock() -> ClockSpec:
    return clock("lab", "3 working days", start="task opened lab", until="task lab", restart="again")


def test_a_task_that_is_cancelled_cancels_its_limit_and_opened_afresh_it_starts_anew() -> None:
    story = Story(task_clock())
    story.happen("2026-11-20 16:00", "task opened lab")
    story.case.tasks["lab"].status = TaskStatus.CANCELLED
    story.happen("2026-11-21 10:00", "left working, state deciding")
    assert story.run("lab").status is ClockStatus.CANCELLED
    story.happen("2026-11-22 10:00", "left deciding, state working, task opened lab")
    story.happen("2026-11-23 10:00", "left working, state working, task opened lab")   # cancelled and opened in one step
    assert (story.run("lab").run, story.run("lab").started_at) == (3, local("2026-11-23 10:00"))
    story.happen("2026-11-24 10:00", "task lab")
    assert story.run("lab").status is ClockStatus.MET


def test_a_held_task_holds_its_limit() -> None:
    story = Story(task_clock())
    story.happen("2026-11-20 16:00", "task opened lab")
    story.case.tasks["lab"].status = TaskStatus.HELD
    story.happen("2026-11-20 17:00", "left working, state waiting")
    assert story.run("lab").status is ClockStatus.PAUSED
    story.case.tasks["lab"].status = TaskStatus.OPEN
    story.happen("2026-11-24 10:00", "left waiting, state working")
    assert (story.run("lab").status, story.due("lab")) == (ClockStatus.RUNNING, "2026-11-26 24:00")


# --- ladders --------------------------------------------------------------------------------------------------------


def test_rungs_fire_once_each_in_order_dated_when_they_fell_due() -> None:
    story = Story(clock(ladder=rungs("50%", "4 hours before", "due", "1 working day after")))
    assert story.settle("2026-12-30 00:00") == [
        ("50%", "2026-11-21 04:00"), ("4 hours before", "2026-11-21 12:00"), ("breach", "2026-11-21 16:00"), ("due", "2026-11-21 16:00"),
        ("1 working day after", "2026-11-23 16:00"),
    ]
    assert story.run().breached_at == local("2026-11-21 16:00")


def test_what_is_done_exactly_at_the_due_instant_is_in_time() -> None:
    story = Story(clock(ladder=rungs("due")))
    assert story.settle("2026-11-21 16:00") == []
    story.happen("2026-11-21 16:00", "acknowledge")
    assert (story.run().breached_at, story.run().status) == (None, ClockStatus.MET)


def test_rungs_of_a_day_clock_lie_at_24_00() -> None:
    ladder = rungs("2 working days before", "due", "1 working day after", "every 5 working days after")
    story = Story(clock(within="13 days", ladder=ladder))
    assert [when for _, when in story.settle("2026-12-20 00:00")] == [
        "2026-12-01 24:00", "2026-12-03 24:00", "2026-12-03 24:00", "2026-12-04 24:00", "2026-12-10 24:00", "2026-12-17 24:00"]


def test_repeating_rungs_stop_at_their_most_or_with_the_clock() -> None:
    story = Story(clock(ladder=rungs("every 1 day after", at_most=3)))
    assert [what for what, _ in story.settle("2026-12-30 00:00")] == ["breach"] + ["every 1 day after"] * 3
    story = Story(clock(ladder=rungs("every 1 day after")))
    story.settle("2026-11-23 17:00")
    story.happen("2026-11-23 17:00", "acknowledge")
    assert (story.settle("2026-12-30 00:00"), story.run().fired) == ([], [(0, 1), (0, 2)])


def test_months_of_a_repeating_rung_count_from_due_never_chained() -> None:
    story = Story(clock(ladder=rungs("every 1 month after", at_most=3)), at="2026-01-30 12:00")
    assert [when for _, when in story.settle("2026-12-30 00:00")][1:] == ["2026-02-28 12:00", "2026-03-31 12:00", "2026-04-30 12:00"]


def test_percent_of_a_worked_budget_is_working_time() -> None:
    story = Story(clock(within="10 working hours", ladder=rungs("50%")))
    assert story.settle("2026-11-23 13:31") == [("50%", "2026-11-23 12:00")]


def test_percent_leaves_pauses_out() -> None:
    story = Story(clock(ladder=rungs("50%"), pause=(Pause(in_=("waiting",)),)))
    story.happen("2026-11-20 20:00", "left working, state waiting")
    story.happen("2026-11-21 20:00", "left waiting, state working")
    assert story.settle("2026-11-22 05:00") == [("50%", "2026-11-22 04:00")]


def test_a_rung_before_the_start_fires_at_the_start() -> None:
    story = Story(clock(ladder=rungs("5 days before")))
    assert story.settle("2026-11-20 16:00") == [("5 days before", "2026-11-20 16:00")]


def test_fired_rungs_stay_fired_over_a_pause() -> None:
    story = Story(clock(ladder=rungs("50%"), pause=(Pause(in_=("waiting",)),)))
    story.settle("2026-11-21 05:00")
    story.happen("2026-11-21 06:00", "left working, state waiting")
    story.happen("2026-11-23 06:00", "left waiting, state working")
    assert [what for what, _ in story.settle("2026-11-30 00:00")] == ["breach"]


# --- rounds ---------------------------------------------------------------------------------------------------------


def test_an_extension_adds_in_its_unit_and_arms_the_rungs_to_come_again() -> None:
    story = Story(clock(within="13 days", ladder=rungs("2 days before", "due")))
    story.settle("2026-12-02 10:00")
    assert story.run().fired == [(0, 1)]
    story.extend("5 working days", "2026-12-02 10:00")
    assert (story.due(), story.run().round, story.run().fired) == ("2026-12-10 24:00", 2, [])
    assert story.settle("2026-12-11 10:00") == [
        ("2 days before", "2026-12-08 24:00"), ("breach", "2026-12-10 24:00"), ("due", "2026-12-10 24:00")]


def test_an_extension_in_the_same_unit_adds_to_the_budget() -> None:
    story = Story(clock(within="24 hours"))
    story.extend("6 hours", "2026-11-20 18:00")
    assert story.due() == "2026-11-21 22:00"


def test_after_an_extension_of_an_overdue_clock_the_breach_stays_and_another_can_come() -> None:
    story = Story(clock(within="24 hours"))
    story.settle("2026-11-22 00:00")
    story.extend("24 hours", "2026-11-22 00:00")
    assert (story.run().breached_at, story.due()) == (local("2026-11-21 16:00"), "2026-11-22 16:00")
    story.happen("2026-11-22 01:00")
    assert story.run().breached_at == local("2026-11-21 16:00")
    assert story.settle("2026-11-23 00:00") == [("breach", "2026-11-22 16:00")]


REGION = (Case(value=parse_duration("3 days"), when=Expression("region == 'domestic'")), Case(value=parse_duration("7 days")))


def test_a_changed_field_computes_the_due_time_anew_from_the_start_with_the_pauses_kept() -> None:
    story = Story(clock(within=REGION, pause=(Pause(in_=("waiting",)),)), region="overseas")
    story.happen("2026-11-21 00:00", "left working, state waiting")
    story.happen("2026-11-22 00:00", "left waiting, state working")
    assert story.due() == "2026-11-28 24:00"
    story.happen("2026-11-22 10:00", "field region", region="domestic")
    assert (story.due(), story.run().round) == ("2026-11-24 24:00", 2)


def test_a_clock_made_overdue_by_a_correction_breaches_when_it_would_have_and_sends_one_message() -> None:
    story = Story(clock(within=REGION, ladder=rungs("50%", "1 day before", "due", "every 1 day after")), region="overseas")
    story.settle("2026-11-26 10:00")
    story.happen("2026-11-26 10:00", "field region", region="domestic")
    assert story.due() == "2026-11-23 24:00"
    assert story.settle("2026-11-26 10:00") == [("breach", "2026-11-23 24:00"), ("every 1 day after", "2026-11-25 24:00")]
    assert story.settle("2026-11-27 10:00") == [("every 1 day after", "2026-11-26 24:00")]


def test_a_correction_that_moves_due_past_a_breach_withdraws_it_and_arms_the_rungs_again() -> None:
    story = Story(clock(within=REGION, ladder=rungs("50%", "due")), region="domestic")
    story.settle("2026-11-24 10:00")
    assert story.run().breached_at is not None
    story.happen("2026-11-24 10:00", "field region", region="overseas")
    assert (story.run().breached_at, story.run().fired, story.due()) == (None, [(0, 1)], "2026-11-27 24:00")
    assert [what for what, _ in story.settle("2026-11-29 00:00")] == ["breach", "due"]


def test_a_correction_while_paused_withdraws_a_breach_too() -> None:
    story = Story(clock(within=REGION, pause=(Pause(in_=("waiting",)),)), region="domestic")
    story.settle("2026-11-24 10:00")
    story.happen("2026-11-24 10:00", "left working, state waiting")
    assert story.run().breached_at is not None
    story.happen("2026-11-24 11:00", "field region", region="overseas")
    assert (story.run().breached_at, story.run().status) == (None, ClockStatus.PAUSED)


def test_a_correction_that_leaves_no_case_puts_a_clock_off_and_undoing_it_lets_the_run_go_on() -> None:
    only = (Case(value=parse_duration("3 days"), when=Expression("region == 'domestic'")),)
    story = Story(clock(within=only, ladder=rungs("50%", "due")), region="domestic")
    story.happen("2026-11-20 17:00", "field region", region="unclear")
    assert (story.run().status, story.settle("2026-11-22 00:00")) == (ClockStatus.OFF, [])
    story.happen("2026-11-22 10:00", "field region", region="domestic")
    assert (story.run().status, story.run().run, story.due()) == (ClockStatus.RUNNING, 1, "2026-11-23 24:00")
    assert [what for what, _ in story.settle("2026-11-24 10:00")] == ["50%", "breach", "due"]


def test_a_clock_whose_until_event_came_while_it_was_off_does_not_come_back() -> None:
    only = (Case(value=parse_duration("3 days"), when=Expression("region == 'domestic'")),)
    story = Story(clock(within=only), region="domestic")
    story.happen("2026-11-20 17:00", "field region", region="unclear")
    story.happen("2026-11-20 18:00", "acknowledge")
    story.happen("2026-11-22 10:00", "field region", region="domestic")
    assert story.run().status is ClockStatus.CANCELLED


def test_what_fell_due_before_a_state_was_entered_does_not_stand_still_for_it() -> None:
    """A correction makes the limit one that had passed before the case began to wait; the wait has lasted as long as it may."""
    within = (Case(value=parse_duration("1 hour"), when=Expression("urgent")), Case(value=parse_duration("10 days")))
    story = Story(clock(within=within, pause=(Pause(in_=("waiting",), up_to=parse_duration("1 hour")),)), urgent=False)
    story.happen("2026-11-20 20:00", "left working, state waiting")
    assert [what for what, _ in story.settle("2026-11-20 22:00")] == ["resume"]
    story.happen("2026-11-20 22:00", "field urgent", urgent=True)
    assert story.settle("2026-11-20 22:01")[0] == ("breach", "2026-11-20 17:00")
    assert [(stop.since, stop.until) for stop in story.run().stops] == [(local("2026-11-20 20:00"), local("2026-11-20 21:00"))]
    assert story.due() == "2026-11-20 17:00"


def test_figures_of_a_clock_are_those_of_its_kind_of_time() -> None:
    story = Story(clock("hours", "10 working hours"), clock("days", "3 days"))
    now = local("2026-11-23 12:00")
    figures = [tuple(tell(run, now, CALENDAR) for tell in (consumed, remaining, share)) for run in story.case.clocks.values()]
    assert figures[0] == (timedelta(hours=5), timedelta(hours=5), 0.5)
    assert figures[1][:2] == (timedelta(hours=68), timedelta(hours=12))
    late = local("2026-11-24 10:30")
    assert (remaining(story.run("hours"), late, CALENDAR), share(story.run("hours"), late, CALENDAR)) == (timedelta(hours=-1), 1.1)
    story.happen("2026-11-24 10:30", "acknowledge")
    assert (consumed(story.run("hours"), local("2026-12-24 16:00"), CALENDAR), share(story.run("hours"), late, CALENDAR)) == (
        timedelta(hours=11), 1.1)
    assert remaining(story.run("hours"), late, CALENDAR) is None


def test_figures_beyond_the_calendar_are_unknown_not_an_error() -> None:
    run, late = Story(clock(within="10 working hours")).run(), local("2028-02-01 10:00")
    assert (consumed(run, late, CALENDAR), remaining(run, late, CALENDAR), share(run, late, CALENDAR)) == (None, None, None)


def test_a_changed_calendar_moves_running_clocks_and_leaves_finished_ones() -> None:
    story = Story(clock("a", "3 working days"), clock("b", "3 working days", until="closed"))
    story.happen("2026-11-20 17:00", "acknowledge")
    story.calendar = replace(CALENDAR, closed=frozenset({date(2026, 11, 24)}))
    changed = clocks.recompute(story.definition, story.case, local("2026-11-21 10:00"), story.calendars, story.evaluate, story.fields.get)
    assert set(changed) == {"b"}
    assert (wall_due(changed["b"].due_at or story.case.opened_at, story.calendar.timezone), changed["b"].round) == ("2026-11-26 24:00", 2)


def test_a_run_survives_its_canonical_form() -> None:
    story = Story(clock(ladder=rungs("50%", "due"), pause=(Pause(in_=("waiting",)),)))
    story.settle("2026-11-22 05:00")
    story.happen("2026-11-22 06:00", "left working, state waiting")
    story.extend("3 hours", "2026-11-22 07:00")
    assert clock_from(clock_json(story.run())) == story.run()
