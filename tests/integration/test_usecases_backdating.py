"""What was done earlier than it is recorded: bounds, clocks as of then, breaches withdrawn, what follows carried out."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.deciding.case import CaseState, ClockStatus, case_json, rebuild
from engine.deciding.rights import THE_SYSTEM
from engine.ground.errors import Denied, Invalid, MakegoodError, NotAllowed
from engine.usecases import acting, auditing, postponing, sweeping
from engine.usecases.house import House
from engine.usecases.reading import history
from tests.houses import as_, events_of, state_of
from tests.small import DONE, HEAD, ROLES, START, do, kinds, opened, refused, small_house

PROCEDURE = (
    HEAD
    + ROLES
    + """
opening: {by: desk}
fields: {result: {type: text, pattern: "[a-z]+"}, most: {type: duration, default: 3 hours}}
states:
  sent_out:
    tasks:
      look: {by: desk, within: 5 hours, backdate: 10 days}
      extra: {by: desk, from: call, within: 3 hours, backdate: 10 days}
    actions:
      arrive: {by: [desk, customer], to: there, backdate: 2 days}
      call: {by: desk, backdate: 10 days}
      phone: {by: desk, backdate: 10 days}
      ring: {by: desk, require: comment, when: not breached('arrival') and used('arrival') <= most, backdate: 10 days}
      ask: {by: desk, to: waiting, backdate: 10 days}
      now_only: {by: desk}
  waiting:
    awaits: customer
    actions:
      answered: {by: desk, to: back, backdate: 10 days}
      dropped: {by: system, to: done, after: 20 days}
  there:
    entry: {remind: manager}
    actions:
      gone: {by: system, to: done, after: 1 day}
      repair: {by: desk, to: done, backdate: 10 days}
"""
    + DONE
    + """
clocks:
  arrival:
    within: 4 hours
    from: opened
    until: arrive
    pause: {in: waiting, up_to: 6 hours}
    ladder: [{at: 50%, remind: desk}, {at: due, escalate: manager}, {at: every 2 hours after, remind: desk, at_most: 3}]
  total: {within: 9 hours, from: opened, until: closed, pause: {in: [waiting, look]}, ladder: [{at: 1 hour before, remind: desk}]}
  reply: {within: 2 hours, from: [call, phone], until: [ask, look, arrive], ladder: [{at: due, remind: desk}]}
  days: {within: 2 days, from: opened, until: repair, pause: {in: waiting}}
  window: {within: 7 hours, from: opened, pause: {in: waiting}}
"""
)


def text(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M")


def late(house: House, number: str, action: str, at: datetime, by: str = "ann", **given: Any) -> CaseState:
    """Take an action that was done at that time; the case afterwards."""
    acting.act(house, number, action, as_(by), given, at=text(at))
    return state_of(house, number)


def sound(house: House, number: str) -> None:
    """Nothing ends before it begins, and what is stored is what history says."""
    case = state_of(house, number)
    for run in case.clocks.values():
        assert run.ended_at is None or run.ended_at >= run.started_at, run
        for stop in run.stops:
            assert stop.until is None or stop.since <= stop.until, run
            assert run.ended_at is None or stop.why == "closed" or (stop.until is not None and stop.until <= run.ended_at), run
    for task in case.tasks.values():
        assert task.ended_at is None or task.ended_at >= task.opened_at, task
    assert case_json(rebuild(events_of(house, number))) == case_json(case)
    recorded = [event.recorded_at for event in events_of(house, number)]
    assert recorded == sorted(recorded)


def hours(n: float) -> datetime:
    return START + timedelta(hours=n)


# --- what may be dated back ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "at", "who", "why"),
    [
        ("arrive", hours(31), "ann", "ann cannot date it 2026-03-03 16:00: that is still to come"),
        ("now_only", hours(29), "ann", "it has no `backdate`"),
        ("arrive", START - timedelta(minutes=1), "ann", "the case came into this state only at 2026-03-02 09:00"),
        ("arrive", hours(29), "customer", "customer cannot date it 2026-03-03 14:00: only staff say when it was done"),
        ("look", START - timedelta(minutes=1), "ann", "the task was opened only at 2026-03-02 09:00"),
    ],
)
def test_another_time_is_refused_with_who_what_and_why(action: str, at: datetime, who: str, why: str) -> None:
    house, clock = small_house(PROCEDURE)
    number = opened(house)
    clock.move_to(hours(30))
    error = refused(house, NotAllowed, 5, lambda: acting.act(house, number, action, as_(who), {}, at=text(at)))
    assert why in error.message and action in error.message and error.facts["reasons"] == ["backdate"]


def test_no_further_back_than_the_bound() -> None:
    house, clock = small_house(PROCEDURE)
    number = opened(house)
    clock.move_to(START + timedelta(days=3))
    error = refused(house, NotAllowed, 5, lambda: late(house, number, "arrive", hours(1)))
    assert "more than 2 days ago" in error.message
    refused(house, Invalid, 3, lambda: acting.act(house, number, "arrive", as_("ann"), {}, at="yesterday"))
    assert late(house, number, "arrive", START + timedelta(days=2)).entered_at == START + timedelta(days=2)


def test_now_is_always_allowed_and_other_obstacles_stay() -> None:
    house, _ = small_house(PROCEDURE)
    number = opened(house)
    assert late(house, number, "now_only", START).acts["now_only"].count == 1
    error = refused(house, Denied, 6, lambda: late(house, number, "arrive", START, by="eve"))
    assert error.facts["reasons"] == ["role"]


# --- what it does -------------------------------------------------------------------------------------------------------


def test_an_act_is_dated_when_it_was_done_and_recorded_now_and_history_shows_both() -> None:
    house, clock = small_house(PROCEDURE)
    number = opened(house)
    clock.move_to(hours(3))
    case = late(house, number, "arrive", hours(2))
    event = events_of(house, number)[-1]
    assert (event.occurred_at, event.recorded_at, case.entered_at) == (hours(2), hours(3), hours(2))
    arrival = case.clocks["arrival"]
    assert (arrival.status, arrival.ended_at, arrival.breached_at) == (ClockStatus.MET, hours(2), None)
    lines, _ = history(house, number, THE_SYSTEM)
    assert [(line.occurred_at, line.recorded_at) for line in lines][-1] == (hours(2), hours(3))
    sound(house, number)


def test_a_breach_that_the_act_shows_not_to_have_been_is_withdrawn_and_its_rungs_stay_in_history() -> None:
    house, clock = small_house(PROCEDURE)
    number = opened(house)
    clock.move_to(hours(10))
    sweeping.sweep(house)
    assert state_of(house, number).clocks["arrival"].breached_at == hours(4)
    case = late(house, number, "arrive", hours(4))
    assert case.clocks["arrival"].breached_at is None, "exactly at the due instant is in time"
    told = kinds(house, number)
    assert "rung arrival due" in told and told.index("breach arrival") < told.index("acted arrive") < told.index("breach_withdrawn arrival")
    assert [event.data for event in events_of(house, number) if event.kind == "breach_withdrawn"] == [
        {"clock": name, "because": "acted"} for name in ("arrival", "look")
    ]
    assert (case.clocks["window"].status, case.clocks["window"].ended_at) == (ClockStatus.ENDED, hours(7)), "others stay as they are"
    sound(house, number)
    assert auditing.verify(house).problems == []


def test_a_late_act_that_was_late_then_too_stays_a_breach() -> None:
    house, clock = small_house(PROCEDURE)
    number = opened(house)
    clock.move_to(hours(10))
    case = late(house, number, "arrive", hours(5.5))
    assert (case.clocks["arrival"].status, case.clocks["arrival"].breached_at) == (ClockStatus.MET, hours(4))
    assert "breach_withdrawn" not in " ".join(kinds(house, number))


def test_what_starts_from_it_may_be_overdue_already_and_is_carried_out_in_the_same_act() -> None:
    house, clock = small_house(PROCEDURE)
    number = opened(house)
    clock.move_to(hours(8))
    case = late(house, number, "call", hours(1))
    assert (case.clocks["reply"].started_at, case.clocks["reply"].breached_at) == (hours(1), hours(3))
    assert (case.tasks["extra"].opened_at, case.clocks["extra"].breached_at) == (hours(1), hours(4))
    rung = [event for event in events_of(house, number) if event.kind == "rung" and event.data["clock"] == "reply"]
    assert [(event.occurred_at, event.recorded_at) for event in rung] == [(hours(3), hours(8))]
    sound(house, number)


def test_a_pause_counts_from_when_it_began_and_undoes_a_breach_after() -> None:
    house, clock = small_house(PROCEDURE)
    number = opened(house)
    clock.move_to(hours(5))
    sweeping.sweep(house)
    case = late(house, number, "ask", hours(3))
    arrival = case.clocks["arrival"]
    assert (arrival.status, arrival.breached_at, arrival.stops[0].since) == (ClockStatus.PAUSED, None, hours(3))
    clock.move_to(hours(30))
    sweeping.sweep(house)
    arrival = state_of(house, number).clocks["arrival"]
    assert (arrival.breached_at, arrival.stops[0].until) == (hours(10), hours(9)), "six hours of pause, then the last hour"
    case = late(house, number, "answered", hours(4))
    assert (case.clocks["arrival"].breached_at, case.clocks["arrival"].due_at) == (hours(5), hours(5))
    sound(house, number)


def test_requirements_are_judged_at_the_given_time_and_system_actions_follow_from_it() -> None:
    house, clock = small_house(PROCEDURE)
    number = opened(house)
    clock.move_to(hours(30))
    sweeping.sweep(house)
    refused(house, NotAllowed, 5, lambda: do(house, number, "ring", comment="x"))
    refused(house, Invalid, 3, lambda: late(house, number, "ring", hours(2)))
    assert late(house, number, "ring", hours(2), comment="x").acts["ring"].at == hours(2), "nothing was breached then"
    case = late(house, number, "arrive", hours(3))
    assert (case.state, case.entered_at) == ("there", hours(3))
    clock.move_to(START + timedelta(days=2, hours=-8))
    sweeping.sweep(house)
    assert state_of(house, number).closed_at == datetime(2026, 3, 4, tzinfo=UTC), "one day counted from arriving, not from recording"


def test_an_earlier_start_counts_and_what_was_stopped_since_stays_stopped() -> None:
    house, clock = small_house(PROCEDURE)
    number = opened(house)
    clock.move_to(hours(6))
    do(house, number, "phone")
    case = late(house, number, "call", hours(5))
    assert case.clocks["reply"].started_at == hours(5) and case.clocks["reply"].run == 1
    clock.move_to(hours(6.5))
    do(house, number, "look")
    assert late(house, number, "phone", hours(5.5)).clocks["reply"].ended_at == hours(6.5)
    assert case.acts["phone"].at == hours(6)
    sound(house, number)


def test_the_last_time_of_an_action_is_the_latest_whatever_the_order_of_recording() -> None:
    house, clock = small_house(PROCEDURE)
    number = opened(house)
    clock.move_to(hours(3))
    do(house, number, "call")
    case = late(house, number, "call", hours(1))
    assert (case.acts["call"].count, case.acts["call"].at) == (2, hours(3))


# --- properties ---------------------------------------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["call", "phone", "ask", "answered", "look", "extra", "arrive", "repair"]),
        st.integers(0, 7), st.integers(0, 20), st.booleans(),
    ),
    min_size=1, max_size=7,
)
HARD = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def figures(house: House, number: str) -> dict[str, Any]:
    """What a case and its clocks have come to, without how often it was computed."""
    case = state_of(house, number)
    clocks = {
        name: (run.status, run.started_at, run.due_at, run.ended_at, run.breached_at, run.run, sorted((s.since, s.until, s.why)
               for s in run.stops if s.until != s.since) if run.status is not ClockStatus.MET else None)
        for name, run in case.clocks.items()
    }
    tasks = {name: (run.status, run.opened_at, run.ended_at) for name, run in case.tasks.items()}
    acts = {name: (act.count, act.at, act.actors) for name, act in case.acts.items()}
    return {"state": case.state, "entered": case.entered_at, "closed": case.closed_at, "clocks": clocks, "tasks": tasks, "acts": acts}


@HARD
@given(STEPS)
def test_figures_are_those_of_a_case_in_which_every_act_was_recorded_in_time(steps: Sequence[tuple[str, int, int, bool]]) -> None:
    (prompt, clock), (tardy, other) = small_house(PROCEDURE), small_house(PROCEDURE)
    one, two = opened(prompt), opened(tardy)
    now = START
    for name, wait, delay, _ in steps:
        done = now + timedelta(hours=wait)
        now = done + timedelta(minutes=delay * 20)
        clock.move_to(done)
        other.move_to(now)
        try:
            do(prompt, one, name)
        except MakegoodError:
            clock.move_to(now)
            continue
        sweeping.sweep(tardy)
        if state_of(tardy, two).closed_at is not None and state_of(tardy, two).acts.get("repair") is None:
            return      # the scheduler has closed it meanwhile: what was done before is not taken back
        acting.act(tardy, two, name, as_("ann"), {}, at=text(done))
        sound(tardy, two)
        clock.move_to(now)
    later = now + timedelta(days=3)
    for house, at in ((prompt, clock), (tardy, other)):
        at.move_to(later)
        sweeping.sweep(house)
    assert figures(tardy, two) == figures(prompt, one)


@HARD
@given(STEPS, st.lists(st.integers(0, 60), min_size=7, max_size=7))
def test_whatever_the_order_of_recording_nothing_ends_before_it_begins(
    steps: Sequence[tuple[str, int, int, bool]], back: Sequence[int]
) -> None:
    house, clock = small_house(PROCEDURE)
    number = opened(house)
    for (name, wait, _, by_hand), ago in zip(steps, back, strict=False):
        clock.move_to(clock.now() + timedelta(hours=wait))
        sweeping.sweep(house)
        with suppress(MakegoodError):
            if by_hand:
                (postponing.pause if wait % 2 else postponing.resume)(house, number, as_("ann"), None, "x")
        with suppress(MakegoodError):
            late(house, number, name, clock.now() - timedelta(minutes=10 * ago))
        sound(house, number)
    clock.move_to(clock.now() + timedelta(days=30))
    sweeping.sweep(house)
    sound(house, number)
    assert auditing.verify(house).problems == []
