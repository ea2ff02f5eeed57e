"""System actions that wait for a date: taken at the first local midnight at which they hold, and silence that is broken."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.records import cases
from engine.usecases import amending, sweeping
from engine.usecases.house import House
from tests.houses import as_, events_of, state_of
from tests.small import DONE, HEAD, ROLES, START, do, kinds, opened, put_in_force, small_house

PROCEDURE = (
    HEAD
    + ROLES
    + """
opening: {by: desk}
fields: {release_on: {type: date}, ready: {type: yes_no}}
states:
  held:
    actions:
      release: {by: system, to: free, when: ready and release_on <= today}
      note_it: {by: desk}
  free:
    tasks: {look: {by: desk, every: 3 days, when: release_on + 5 < today}}
    actions:
      lapse: {by: system, to: done, after: 10 days, when: today >= release_on}
      close: {by: desk, to: done}
"""
    + DONE
)


def at(day: int, hour: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def wakes(house: House, number: str) -> datetime | None:
    """When the case is next taken up."""
    with house.store.reading() as conn:
        loaded = cases.load(conn, number)
        return loaded.timer[1] if loaded.timer else None


def test_a_system_action_is_taken_at_the_first_midnight_at_which_its_condition_holds() -> None:
    house, clock = small_house(PROCEDURE)
    number = opened(house, release_on="2026-03-06", ready="yes")
    clock.move_to(at(5, 23))
    assert sweeping.sweep(house).events == 0
    clock.move_to(at(6, 7))
    sweeping.sweep(house)
    event = events_of(house, number)[-1]
    assert (state_of(house, number).state, event.occurred_at, event.recorded_at) == ("free", at(6), at(6, 7))


def test_after_an_outage_it_is_dated_when_it_came_true_and_what_follows_counts_from_there() -> None:
    house, clock = small_house(PROCEDURE)
    number = opened(house, release_on="2026-03-06", ready="yes")
    clock.move_to(at(25))
    sweeping.sweep(house)
    told = [(event.kind, event.data.get("act"), event.occurred_at) for event in events_of(house, number)[1:]]
    assert told == [("acted", "release", at(6)), ("task_opened", None, at(12)), ("acted", "lapse", at(17))]


def test_a_look_that_finds_nothing_writes_no_event_and_no_revision() -> None:
    house, clock = small_house(PROCEDURE)
    number = opened(house, release_on="2026-03-20", ready="yes")
    before = state_of(house, number)
    for day in range(3, 20):
        assert wakes(house, number) == at(day)
        clock.move_to(at(day, 1))
        assert (sweeping.sweep(house).cases, sweeping.sweep(house).cases) == (1, 0)
    with house.store.reading() as conn:
        assert (cases.load(conn, number).case, cases.load(conn, number).revision) == (before, 1)
    clock.move_to(at(20, 1))
    assert sweeping.sweep(house).events == 1


def test_only_states_with_such_an_action_wake_at_midnight() -> None:
    house, _ = small_house(PROCEDURE.replace("ready and release_on <= today", "ready"))
    number = opened(house, release_on="2026-03-20")
    assert wakes(house, number) is None


def test_what_is_corrected_counts_from_then_on() -> None:
    house, clock = small_house(PROCEDURE)
    number = opened(house, release_on="2026-03-06")
    clock.move_to(at(10, 9))
    sweeping.sweep(house)
    amending.correct(house, number, as_("ann"), {"ready": "yes"}, "forgotten")
    assert kinds(house, number)[1:] == ["corrected", "acted release"] and state_of(house, number).entered_at == at(10, 9)


def test_midnight_is_that_of_the_house() -> None:
    from tests.small import OFFICE

    house, clock = small_house(PROCEDURE)
    put_in_force(house, PROCEDURE, calendar=OFFICE.replace("timezone: UTC", "timezone: Asia/Shanghai"))
    number = opened(house, release_on="2026-03-06", ready="yes")
    clock.move_to(at(9))
    sweeping.sweep(house)
    assert state_of(house, number).entered_at == at(5, 16)


SILENCE = (
    HEAD
    + ROLES
    + """
opening: {by: desk}
fields: {urgent: {type: yes_no}}
states:
  waiting:
    awaits: customer
    actions:
      wrote: {by: [desk, customer], to: waiting}
      note_it: {by: desk}
      no_answer: {by: system, to: done, after: 30 days, when: not urgent}
"""
    + DONE
)


@pytest.mark.parametrize(("act", "closed"), [("wrote", at(22, month=4)), ("note_it", at(2, month=4))])
def test_silence_is_broken_by_entering_the_state_anew(act: str, closed: datetime) -> None:
    house, clock = small_house(SILENCE)
    number = opened(house)
    clock.move_to(at(22, 12))
    do(house, number, act)
    clock.move_to(at(30, month=4))
    sweeping.sweep(house)
    assert state_of(house, number).closed_at == closed


def test_after_and_when_together_wait_for_both() -> None:
    house, clock = small_house(SILENCE)
    number = opened(house, urgent="yes")
    clock.move_to(START + timedelta(days=50))
    assert sweeping.sweep(house).events == 0
    amending.correct(house, number, as_("ann"), {"urgent": "no"}, "a mistake")
    assert state_of(house, number).closed_at == START + timedelta(days=50)
