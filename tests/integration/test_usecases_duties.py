"""Duties: tasks that open at events, on dates and again and again, in one state, anywhere, and after closing."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.deciding.case import ClockStatus, TaskStatus, case_json, rebuild
from engine.deciding.rights import THE_SYSTEM
from engine.ground.calendars import calendar_json
from engine.ground.canonical import canonical
from engine.records import library
from engine.usecases import acting, amending, auditing, postponing, sweeping
from engine.usecases.house import House
from engine.usecases.inboxes import inbox
from tests.always import ALWAYS
from tests.houses import as_, events_of, state_of
from tests.small import DONE, HEAD, ROLES, START, do, kinds, opened, small_house

VISITS = (
    HEAD
    + ROLES
    + """
opening: {by: desk}
states:
  live:
    tasks:
      visit: {by: desk, every: 30 days, at_most: 3, within: 2 days, ladder: [{at: due, remind: desk}]}
    actions:
      ask: {by: desk, to: waiting}
      close: {by: desk, to: done}
  waiting:
    actions:
      answered: {by: desk, to: back}
"""
    + DONE
)


def at(month: int, day: int, hour: int = 0) -> datetime:
    """An instant of 2026, in UTC, where the office stands."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


def status(house: House, number: str, task: str) -> TaskStatus | None:
    run = state_of(house, number).tasks.get(task)
    return run.status if run else None


def sound(house: House, *numbers: str) -> None:
    """What is stored is what history says, and nothing was changed behind its back."""
    for number in numbers:
        assert case_json(rebuild(events_of(house, number))) == case_json(state_of(house, number))
    assert auditing.verify(house).problems == []


# --- every ------------------------------------------------------------------------------------------------------------


def test_a_recurring_duty_opens_one_period_after_entering_the_state_and_after_it_was_last_done() -> None:
    house, clock = small_house(VISITS)
    number = opened(house)
    assert status(house, number, "visit") is None, "the first time after one period"
    clock.move_to(at(4, 1, 23))
    assert sweeping.sweep(house).events == 0
    clock.move_to(at(4, 2, 3))
    sweeping.sweep(house)
    case = state_of(house, number)
    assert (case.tasks["visit"].status, case.tasks["visit"].opened_at) == (TaskStatus.OPEN, at(4, 2)), "dated when it fell due"
    assert case.clocks["visit"].started_at == at(4, 2) and kinds(house, number)[-1] == "task_opened"
    clock.move_to(at(4, 3, 10))
    do(house, number, "visit")
    clock.move_to(at(5, 4))         # 30 days after 3 April, not after 2 April
    sweeping.sweep(house)
    assert state_of(house, number).tasks["visit"].opened_at == at(5, 4)
    assert state_of(house, number).clocks["visit"].run == 2
    sound(house, number)


def test_after_an_outage_a_recurring_duty_opens_once_since_it_counts_from_the_last_act() -> None:
    house, clock = small_house(VISITS)
    number = opened(house)
    clock.move_to(at(9, 1))
    sweeping.sweep(house)
    assert [kind for kind in kinds(house, number) if kind == "task_opened"] == ["task_opened"]
    assert state_of(house, number).tasks["visit"].opened_at == at(4, 2)
    assert state_of(house, number).clocks["visit"].breached_at == at(4, 5)
    do(house, number, "visit")
    assert sweeping.sweep(house).events == 0
    sound(house, number)


def test_at_most_bounds_how_often_a_duty_recurs_and_the_timer_of_the_case_knows() -> None:
    house, clock = small_house(VISITS)
    number = opened(house)
    for _ in range(3):
        clock.move_to(clock.now() + timedelta(days=31))
        sweeping.sweep(house)
        do(house, number, "visit")
    clock.move_to(clock.now() + timedelta(days=400))
    assert sweeping.sweep(house).cases == 0 and status(house, number, "visit") is TaskStatus.DONE


def test_a_recurring_duty_is_held_with_its_state_and_one_that_fell_due_meanwhile_opens_on_the_way_back() -> None:
    house, clock = small_house(VISITS)
    number = opened(house)
    clock.move_to(at(4, 3, 10))
    sweeping.sweep(house)
    do(house, number, "ask")
    assert status(house, number, "visit") is TaskStatus.HELD
    do(house, number, "answered")
    do(house, number, "visit")
    do(house, number, "ask")
    clock.move_to(at(6, 1, 9))
    assert sweeping.sweep(house).events == 0, "not while the case is elsewhere"
    assert do(house, number, "answered").tasks["visit"].opened_at == at(6, 1, 9)
    do(house, number, "close")
    clock.move_to(at(9, 1))
    assert sweeping.sweep(house).cases == 0 and status(house, number, "visit") is TaskStatus.CANCELLED


def test_a_condition_is_looked_at_when_the_duty_falls_due_and_again_whenever_something_happens() -> None:
    house, clock = small_house(VISITS.replace("every: 30 days", "when: wanted, every: 30 days").replace(
        "states:", "fields: {wanted: {type: yes_no}}\nstates:", 1))
    number = opened(house)
    clock.move_to(at(4, 10))
    assert sweeping.sweep(house).events == 0
    amending.correct(house, number, as_("ann"), {"wanted": "yes"}, "asked for")
    assert state_of(house, number).tasks["visit"].opened_at == at(4, 10)


def test_visits_after_closing_each_have_their_own_limit_and_ladder_and_stand_in_the_worklist() -> None:
    procedure = HEAD + ROLES + """
opening: {by: desk}
states:
  work: {actions: {close: {by: desk, to: done}}}
  done:
    final: true
    tasks: {maintenance: {by: lab, every: 6 months, within: 2 weeks, ladder: [{at: due, remind: lab}]}}
"""
    house, clock = small_house(procedure)
    number = opened(house)
    do(house, number, "close")
    clock.move_to(at(9, 3, 1))
    sweeping.sweep(house)
    case = state_of(house, number)
    assert case.closed_at == START and case.tasks["maintenance"].opened_at == at(9, 3)
    assert (case.clocks["maintenance"].status, case.clocks["maintenance"].due_at) == (ClockStatus.RUNNING, at(9, 18))
    assert [line.number for line in inbox(house, "bob").lines] == [number]
    clock.move_to(at(9, 20))
    sweeping.sweep(house)
    assert state_of(house, number).clocks["maintenance"].breached_at == at(9, 18)
    done = do(house, number, "maintenance", "bob")
    assert (done.tasks["maintenance"].status, done.clocks["maintenance"].status) == (TaskStatus.DONE, ClockStatus.MET)
    assert inbox(house, "bob").lines == ()
    clock.move_to(datetime(2027, 3, 21, tzinfo=UTC))
    sweeping.sweep(house)
    assert state_of(house, number).tasks["maintenance"].opened_at == datetime(2027, 3, 21, tzinfo=UTC)
    sound(house, number)


# --- from -------------------------------------------------------------------------------------------------------------

EVENTS = (
    HEAD
    + ROLES
    + """
opening: {by: desk}
fields: {visit_on: {type: date}, amount: {type: number}}
states:
  work:
    tasks:
      plain: {by: desk}
      check: {by: lab, from: [ship, clock total due], within: 1 day}
      call: {by: desk, from: check, when: amount > 5}
      visit: {by: desk, from: visit_on, every: 10 days}
    actions:
      ship: {by: desk}
      plan: {by: desk, require: visit_on}
      finish: {by: desk, to: other, after: tasks}
  other:
    tasks: {thanks: {by: desk, from: finish, at_most: 1}}
    actions: {ship: {by: desk}, again: {by: desk, to: work}, close: {by: desk, to: done}}
"""
    + DONE
    + "clocks: {total: {from: opened, until: closed, within: 5 days}}\n"
)


def test_a_task_with_from_opens_at_each_such_event_and_not_on_entering() -> None:
    house, clock = small_house(EVENTS)
    number = opened(house, amount=9)
    assert set(state_of(house, number).tasks) == {"plain"}
    clock.move_to(clock.now() + timedelta(hours=1))
    case = do(house, number, "ship")
    assert case.tasks["check"].opened_at == case.clocks["check"].started_at == START + timedelta(hours=1)
    clock.move_to(clock.now() + timedelta(hours=1))
    assert do(house, number, "ship").tasks["check"].opened_at == START + timedelta(hours=1), "what is open is not opened again"
    case = do(house, number, "check", "bob")
    assert case.tasks["call"].status is TaskStatus.OPEN and case.clocks["check"].status is ClockStatus.MET
    case = do(house, number, "ship")
    assert (case.tasks["check"].status, case.clocks["check"].run) == (TaskStatus.OPEN, 2)
    do(house, number, "check", "bob")
    clock.move_to(at(3, 20))
    sweeping.sweep(house)
    assert state_of(house, number).tasks["check"].opened_at == at(3, 8), "the scheduler's events open tasks too, when they fell due"
    sound(house, number)


def test_an_event_opens_a_task_only_while_the_case_is_in_its_state() -> None:
    house, _ = small_house(EVENTS)
    number = opened(house)
    do(house, number, "plain")
    case = do(house, number, "finish")
    assert case.tasks["thanks"].status is TaskStatus.OPEN, "after the action the case is there"
    do(house, number, "ship")
    assert status(house, number, "check") is None
    do(house, number, "thanks")
    do(house, number, "again")
    do(house, number, "plain")
    assert do(house, number, "finish").tasks["thanks"].status is TaskStatus.DONE, "at most once per case"


def test_after_tasks_waits_for_whatever_is_open() -> None:
    house, _ = small_house(EVENTS)
    number = opened(house)
    do(house, number, "plain")
    do(house, number, "ship")
    assert_waits(house, number)
    do(house, number, "check", "bob")
    assert do(house, number, "finish").state == "other"


def assert_waits(house: House, number: str) -> None:
    (finish,) = [option for option in acting.possible(house, number, as_("ann")) if option.name == "finish"]
    assert [obstacle.reason.value for obstacle in finish.obstacles] == ["after"]


def test_a_task_opens_on_a_date_of_the_case_and_with_every_again_after_it_was_done() -> None:
    house, clock = small_house(EVENTS)
    number = opened(house)
    do(house, number, "plan", visit_on="2026-03-10")
    clock.move_to(at(3, 9, 12))
    sweeping.sweep(house)
    assert status(house, number, "visit") is None
    clock.move_to(at(3, 12))
    sweeping.sweep(house)
    assert state_of(house, number).tasks["visit"].opened_at == at(3, 10)
    do(house, number, "visit")
    clock.move_to(at(3, 23))
    sweeping.sweep(house)
    assert state_of(house, number).tasks["visit"].opened_at == at(3, 23), "10 days after 12 March"
    do(house, number, "visit")
    do(house, number, "plan", visit_on="2026-03-25")
    clock.move_to(at(3, 25))
    sweeping.sweep(house)
    assert state_of(house, number).tasks["visit"].opened_at == at(3, 25), "another date opens it once more"
    sound(house, number)


# --- anywhere ---------------------------------------------------------------------------------------------------------

ANYWHERE = (
    HEAD
    + ROLES
    + """
opening: {by: desk}
anywhere:
  tasks:
    file: {by: desk, within: 5 days}
    report: {by: desk, every: 10 days}
    inform: {by: desk, from: [one, two]}
    narrow: {by: lab, in: [first, second]}
states:
  first: {actions: {one: {by: desk, to: second}, hop: {by: desk, to: third}}}
  second: {actions: {two: {by: desk, to: third}, ask: {by: desk, to: waiting}}}
  third: {actions: {three: {by: desk, to: first}, close: {by: desk, to: done}}}
  waiting: {actions: {answered: {by: desk, to: back}}}
  done: {final: true, actions: {reopen: {by: desk, to: third}}}
"""
)


def test_a_task_anywhere_goes_on_from_state_to_state_as_if_they_were_one() -> None:
    house, clock = small_house(ANYWHERE)
    number = opened(house)
    assert {status(house, number, name) for name in ("file", "narrow")} == {TaskStatus.OPEN}
    clock.move_to(clock.now() + timedelta(days=1))
    case = do(house, number, "one")
    assert (case.tasks["file"].status, case.tasks["file"].opened_at, case.tasks["file"].state) == (TaskStatus.OPEN, START, "second")
    assert case.clocks["file"].run == 1 and case.clocks["file"].due_at == at(3, 8)
    assert case.tasks["inform"].status is TaskStatus.OPEN
    do(house, number, "ask")
    assert (status(house, number, "narrow"), status(house, number, "file")) == (TaskStatus.HELD, TaskStatus.OPEN)
    do(house, number, "answered")
    assert (status(house, number, "narrow"), status(house, number, "file")) == (TaskStatus.OPEN, TaskStatus.OPEN)
    do(house, number, "file")
    do(house, number, "two")
    assert (status(house, number, "narrow"), status(house, number, "file")) == (TaskStatus.CANCELLED, TaskStatus.DONE), "not opened anew"
    do(house, number, "three")
    assert status(house, number, "narrow") is TaskStatus.OPEN, "its states are entered again"
    sound(house, number)


def test_a_recurring_duty_anywhere_counts_from_the_opening_whatever_state_the_case_is_in() -> None:
    house, clock = small_house(ANYWHERE)
    number = opened(house)
    clock.move_to(at(3, 9))
    do(house, number, "hop")
    clock.move_to(at(3, 14))
    sweeping.sweep(house)
    assert state_of(house, number).tasks["report"].opened_at == at(3, 13)
    case = do(house, number, "close")
    assert {run.status for run in case.tasks.values()} == {TaskStatus.CANCELLED}
    clock.move_to(at(5, 1))
    assert sweeping.sweep(house).events == 0
    case = do(house, number, "reopen")
    assert case.tasks["report"].opened_at == at(5, 1) and case.tasks["file"].status is TaskStatus.OPEN


@pytest.mark.parametrize("times", range(3))
def test_the_order_of_sweeps_changes_nothing(times: int) -> None:
    histories = []
    for step in (1, 7, 41):
        house, clock = small_house(ANYWHERE)
        number = opened(house)
        for _ in range(times):
            do(house, number, "hop")
            do(house, number, "three")
        target = clock.now() + timedelta(days=41)
        while clock.now() < target:
            clock.move_to(min(target, clock.now() + timedelta(days=step)))
            sweeping.sweep(house)
        histories.append([(event.kind, event.occurred_at, event.data.get("tasks")) for event in events_of(house, number)])
    assert histories[0] == histories[1] == histories[2]


# --- clocks that recur --------------------------------------------------------------------------------------------------

RECURRING = (
    HEAD
    + ROLES
    + """
opening: {by: desk}
states:
  live:
    actions:
      visit: {by: desk}
      last_visit: {by: desk, to: done}
      close: {by: desk, to: done}
  done: {final: true, actions: {reopen: {by: desk, to: live}}}
clocks:
  visits: {every: 10 days, from: opened, until: [visit, last_visit], ladder: [{at: due, remind: desk}]}
  twice: {every: 5 days, at_most: 2, from: opened, until: visit}
  report: {every: 1 month, from: opened, ladder: [{at: 2 days before, remind: desk}]}
  few: {every: 1 week, at_most: 3, from: opened}
  answer: {within: 2 days, from: clock report due, until: visit}
"""
)


def test_the_act_that_meets_a_recurring_clock_starts_its_next_run() -> None:
    house, clock = small_house(RECURRING)
    number = opened(house)
    assert state_of(house, number).clocks["visits"].due_at == at(3, 13)
    clock.move_to(at(3, 7, 9))
    run = do(house, number, "visit").clocks["visits"]
    assert (run.status, run.run, run.started_at, run.due_at) == (ClockStatus.RUNNING, 2, at(3, 7, 9), at(3, 18))
    clock.move_to(at(3, 20))
    sweeping.sweep(house)
    assert state_of(house, number).clocks["visits"].breached_at == at(3, 18)
    run = do(house, number, "visit").clocks["visits"]
    assert (run.run, run.breached_at, run.due_at) == (3, None, at(3, 31)), "counted from the last act"
    twice = state_of(house, number).clocks["twice"]
    assert (twice.status, twice.run) == (ClockStatus.MET, 2), "no third run"
    sound(house, number)


@pytest.mark.parametrize("closing", ["close", "last_visit"])
def test_a_recurring_clock_ends_with_the_case_also_by_the_act_that_meets_it(closing: str) -> None:
    house, clock = small_house(RECURRING)
    number = opened(house)
    clock.move_to(at(3, 7, 9))
    case = do(house, number, closing)
    assert {name: run.status.value for name, run in case.clocks.items()} == {
        "visits": "met" if closing == "last_visit" else "ended", "twice": "ended", "report": "ended", "few": "ended",
    }
    clock.move_to(at(6, 1))
    assert sweeping.sweep(house).events == 0
    case = do(house, number, "reopen")
    assert case.clocks["report"].status is ClockStatus.RUNNING
    sound(house, number)


def test_without_until_runs_follow_each_other_on_the_anchor_never_chained() -> None:
    house, clock = small_house(RECURRING)
    clock.move_to(datetime(2026, 3, 31, 9, tzinfo=UTC))
    number = opened(house)
    clock.move_to(at(7, 2))
    sweeping.sweep(house)
    ends = [event.occurred_at for event in events_of(house, number) if event.kind == "ended" and event.data["clock"] == "report"]
    assert ends == [at(5, 1), at(6, 1), at(7, 1)], "30 April, 31 May, 30 June: the ends of months counted from 31 March"
    run = state_of(house, number).clocks["report"]
    assert (run.run, run.started_at, run.due_at) == (4, datetime(2026, 3, 31, 9, tzinfo=UTC), at(8, 1))
    rungs = [event.occurred_at for event in events_of(house, number) if event.kind == "rung" and event.data["clock"] == "report"]
    assert rungs == [at(4, 29), at(5, 30), at(6, 29)]
    assert state_of(house, number).clocks["answer"].started_at == at(5, 1), "each end is `clock report due`"
    few = state_of(house, number).clocks["few"]
    assert (few.status, few.run, few.ended_at) == (ClockStatus.ENDED, 3, at(4, 22))
    amending.note(house, number, as_("ann"), "nothing changes it")
    assert state_of(house, number).clocks["report"] == run
    sound(house, number)


def test_the_limit_of_a_task_stands_still_is_extended_and_counts_by_a_calendar_as_the_task_says() -> None:
    procedure = HEAD + ROLES + """
opening: {by: desk}
anywhere: {tasks: {file: {by: desk, within: 2 working days, calendar: sundays, pause: {in: waiting}, extend: {by: manager, up_to: 1 day}}}}
states:
  work: {actions: {ask: {by: desk, to: waiting}, close: {by: desk, to: done}}}
  waiting: {actions: {answered: {by: desk, to: work}}}
""" + DONE
    house, clock = small_house(procedure)
    with house.store.writing() as conn:
        library.publish_calendar(conn, "sundays", canonical(calendar_json(ALWAYS)), THE_SYSTEM, clock.now())
    clock.move_to(at(3, 6, 9))      # a Friday
    number = opened(house)
    assert state_of(house, number).clocks["file"].due_at == at(3, 9), "Saturday and Sunday are worked there"
    assert do(house, number, "ask").clocks["file"].status is ClockStatus.PAUSED
    clock.move_to(at(3, 6, 12))
    do(house, number, "answered")
    postponing.extend(house, number, as_("carl"), "file", "1 day")
    assert state_of(house, number).clocks["file"].due_at == at(3, 10)
