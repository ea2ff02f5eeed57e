"""`report punctuality` tells how late deadlines were carried out, and finds whatever was lost, came twice or came uncalled."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from engine.deciding.case import Event
from engine.deciding.punctual import Fault
from engine.deciding.rights import THE_SYSTEM
from engine.ground.clock import VirtualClock
from engine.records import cases, history
from engine.records.cases import CASE
from engine.records.history import EVENT
from engine.records.timers import TIMER
from engine.usecases.house import House
from engine.usecases.punctuality import Found, Punctuality, Report, report
from engine.usecases.settling import _point  # the very thing that must not happen twice
from engine.usecases.sweeping import sweep
from engine.usecases.upcoming import next_up
from engine.usecases.work import take_up
from engine.usecases.writing import write
from tests import databases
from tests.houses import events_of
from tests.small import DONE, HEAD, ROLES, do, kinds, opened, small_house

PROCEDURE = HEAD + ROLES + """\
opening: {by: desk}
states:
  new: {actions: {finish: {by: desk, to: done}}}
""" + DONE + """\
clocks:
  reply:
    within: 4 hours
    from: opened
    until: closed
    ladder:
      - {at: 50%, remind: actor}
      - {at: due, remind: actor}
      - {at: every 1 day after, remind: actor, at_most: 3}
"""
Forge = Callable[[list[Event]], list[Event]]


@pytest.fixture
def small() -> tuple[House, VirtualClock]:
    return small_house(PROCEDURE.replace("remind: actor", "remind: owner"))


def passed(clock: VirtualClock, **by: float) -> None:
    clock.move_to(clock.now() + timedelta(**by))


def told(house: House, **period: Any) -> Report:
    return report(house, actor=THE_SYSTEM, **period)


def only(found: Report) -> Punctuality:
    (one,) = found.definitions
    return one


def rewrite(house: House, number: str, forge: Forge) -> None:
    """What somebody with the database in their hands could do: another history, its chain made to fit."""
    events = [replace(event, seq=seq) for seq, event in enumerate(forge(events_of(house, number)), 1)]
    rows, head = history.chain("", events)
    with databases.forging(house.store) as conn:
        conn.execute(delete(EVENT).where(EVENT.c.stream == history.case_stream(number)))
        history.write(conn, rows)
        conn.execute(CASE.update().where(CASE.c.number == number).values(head=head))


def at_point(event: Event, at: str) -> bool:
    return event.kind == "rung" and event.data["at"] == at


def test_lateness_is_told_from_due_to_recorded_with_its_spread_and_its_worst(small: tuple[House, VirtualClock]) -> None:
    house, clock = small
    first = opened(house)
    passed(clock, hours=2, seconds=30)          # 50% was due half a minute ago
    sweep(house)
    second = opened(house)
    passed(clock, hours=3)                      # of the first the end came an hour late, and the half of the second
    sweep(house)
    one = only(told(house))
    assert (one.cases, one.carried_out, one.waiting) == (2, 4, 0)
    assert list(one.within().values()) == [0, 0, 1, 1, 2, 4]
    assert one.share(0.25) == timedelta(seconds=30)
    assert one.worst is not None and (one.worst.number, one.worst.clock) == (first, "reply")
    assert one.worst.late == timedelta(hours=1, seconds=30) and one.share(1) == one.worst.late
    assert told(house).proven and second in {row.number for row in _all(house)}


def _all(house: House) -> list[Any]:
    with house.store.reading() as conn:
        return list(conn.execute(CASE.select()))


def test_a_period_holds_what_fell_due_in_it_and_what_is_due_now_but_waits_is_not_lost(small: tuple[House, VirtualClock]) -> None:
    house, clock = small
    opened(house)
    start = clock.now()
    passed(clock, hours=5)
    assert (only(told(house)).carried_out, only(told(house)).waiting) == (0, 3) and told(house).proven
    sweep(house)
    assert only(told(house)).carried_out == 3
    assert only(told(house, since=start + timedelta(hours=3))).carried_out == 2
    assert only(told(house, until=start + timedelta(hours=3))).carried_out == 1
    assert told(house, until=start).definitions == ()


def test_what_is_reported_late_is_late_from_when_it_was_known() -> None:
    house, clock = small_house(PROCEDURE.replace("remind: actor", "remind: owner").replace(
        "opening: {by: desk}", "opening: {by: desk}\nfields: {since: {type: moment}}").replace("from: opened", "from: since"))
    opened(house, since=(clock.now() - timedelta(hours=100)).isoformat())
    sweep(house)
    one = only(told(house))
    assert one.carried_out == 2 and one.worst is not None and one.worst.late == timedelta()     # the breach, and one rung for all


def test_a_case_that_no_timer_brings_to_the_sweep_any_more_is_found_to_have_lost_its_points(small: tuple[House, VirtualClock]) -> None:
    house, clock = small
    number = opened(house)
    opened(house)
    with house.store.writing() as conn:
        conn.execute(delete(TIMER).where(TIMER.c.case_id == cases.load(conn, number).id))
    passed(clock, hours=3)
    sweep(house)
    found = told(house)
    assert [(one.number, one.fault, one.kind, one.point, one.seq) for one in found.faults] == [(number, Fault.LOST, "rung", "50%", 0)]
    assert not found.proven and only(found).carried_out == 1


def test_a_rung_that_came_twice_is_found(small: tuple[House, VirtualClock]) -> None:
    house, clock = small
    number = opened(house)
    passed(clock, hours=3)
    with house.store.writing() as conn:
        work = take_up(house, conn, cases.load(conn, number), clock.now())
        due = next_up(work)
        assert due is not None and due.point is not None
        _point(work, due.point)
        _point(work, due.point)          # as if two sweeps had believed it to be theirs
        write(work)
    assert kinds(house, number).count("rung reply 50%") == 2
    (fault,) = told(house).faults
    assert (fault.number, fault.fault, fault.point, fault.seq) == (number, Fault.TWICE, "50%", 3)


def test_a_history_from_which_somebody_took_a_point_is_found_though_its_chain_fits(small: tuple[House, VirtualClock]) -> None:
    house, clock = small
    number = opened(house)
    passed(clock, hours=5)
    do(house, number, "finish")
    assert told(house).proven
    rewrite(house, number, lambda events: [event for event in events if event.kind != "breach"])
    assert [(one.fault, one.kind) for one in told(house).faults] == [(Fault.LOST, "breach")]


def test_the_last_word_on_a_case_that_never_heard_of_its_rung_is_found(small: tuple[House, VirtualClock]) -> None:
    house, clock = small
    number = opened(house)
    passed(clock, hours=3)
    do(house, number, "finish")
    rewrite(house, number, lambda events: [event for event in events if not at_point(event, "50%")])
    assert [(one.fault, one.point, one.seq) for one in told(house).faults] == [(Fault.LOST, "50%", 2)]


@pytest.mark.parametrize(("moved", "data", "faults"), [
    (timedelta(minutes=1), {}, [Fault.MISDATED]),
    (timedelta(), {"rung": 2, "n": 2, "at": "every 1 day after"}, [Fault.UNCALLED, Fault.LOST]),
])
def test_a_point_at_another_time_or_that_nothing_called_for_is_found(
    small: tuple[House, VirtualClock], moved: timedelta, data: dict[str, Any], faults: list[Fault]
) -> None:
    house, clock = small
    number = opened(house)
    passed(clock, hours=3)
    sweep(house)

    def forge(events: list[Event]) -> list[Event]:
        *before, last = events
        return [*before, replace(last, occurred_at=last.occurred_at + moved, data={**last.data, **data})]

    rewrite(house, number, forge)
    assert [one.fault for one in told(house).faults] == faults


def test_figures_of_any_number_of_points_take_little_memory(small: tuple[House, VirtualClock]) -> None:
    house, _ = small
    one = Punctuality("d", "")
    at = datetime.fromisoformat("2026-11-22T00:00+00:00")
    from engine.deciding.clocks import PendingKind
    from engine.deciding.punctual import Kept

    for n in range(50_000):
        one.add(Kept("c", PendingKind.RUNG, at, at, timedelta(milliseconds=n * n)), "S-1")
    assert len(one.late.counts) < 6000
    exact = timedelta(milliseconds=25_000**2)
    assert exact <= (one.share(0.5) or timedelta()) <= exact * 1.01
    assert json.dumps(told(house).form(), default=str) and Found._fields[0] == "number"
