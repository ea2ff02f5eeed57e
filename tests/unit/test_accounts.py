"""Time accounts over histories written by hand: whose a second is when several have a claim (clocks rule 18)."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.deciding.accounts import NO_POST, NOBODY, Accounts, accounts, role_of
from engine.deciding.case import ClockRun, ClockStatus, Event, Stop, clock_json
from engine.defining.definition import Action, Case, ClockSpec, Definition, Role, State, Who, WhoKind
from engine.defining.organisation import Organisation, Person
from engine.ground.calendars import Calendar
from engine.ground.duration import parse_duration
from tests.always import ALWAYS

START = datetime(2026, 11, 16, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
OFFICE = Calendar("office", "UTC", (((540, 1020),),) * 5 + ((), ()))
ANN = Organisation(name="x", people={"ann": Person(id="ann", name="Ann", roles=("desk", "boss"))})


def action(name: str, by: str) -> Action:
    return Action(name=name, by=(Who(WhoKind.NAMED, by),))


PROCEDURE = Definition(
    name="p", number="{serial}", calendar="office", languages=("en",), roles={name: Role(name=name) for name in ("desk", "boss")},
    states={
        "open": State(name="open", actions={"answer": action("answer", "desk")}),
        "deciding": State(name="deciding", actions={"approve": action("approve", "boss")}),
        "waiting": State(name="waiting", awaits="customer"), "closed": State(name="closed", final=True),
    },
    clocks={"total": ClockSpec(name="total", from_=(), within=(Case(value=parse_duration("5 days")),))},
)


def event(seq: int, hours: float, **data: Any) -> Event:
    at = START + hours * HOUR
    return Event("case/1", seq, "x", at, at, "ann", None, {"version": 1, **data} if seq == 1 else data)


def stopped(name: str, since: float, until: float | None, why: str) -> dict[str, Any]:
    stop = Stop(START + since * HOUR, None if until is None else START + until * HOUR, why)
    return {name: clock_json(ClockRun(name, ClockStatus.RUNNING, START, "5 days", stops=[stop]))}


def booked(*events: Event, until: float, calendar: Calendar = ALWAYS) -> Accounts:
    found = accounts(lambda _: PROCEDURE, events, [(START, ANN)], calendar, START + until * HOUR)
    assert found.booked == found.elapsed
    return found


OPENED = event(1, 0, to="open", owner=[None, "ann"])


def test_the_customer_comes_before_a_pause_and_a_pause_before_closing_time() -> None:
    found = booked(
        OPENED, event(2, 2, to="waiting", clocks=stopped("total", 2, None, "waiting")),
        event(3, 6, to="open", clocks=stopped("total", 2, 12, "waiting")), until=24, calendar=OFFICE,
    )
    assert (found.waiting, found.paused, found.outside, found.worked) == (4 * HOUR, 6 * HOUR, 12 * HOUR, {"desk": 2 * HOUR})


def test_a_limit_that_is_held_is_no_pause_unless_somebody_stopped_it() -> None:
    assert booked(OPENED, event(2, 1, clocks=stopped("open", 1, 3, "deciding")), until=4).paused == timedelta()
    assert booked(OPENED, event(2, 1, clocks=stopped("open", 1, 3, "by hand")), until=4).paused == 2 * HOUR
    assert booked(OPENED, event(2, 1, clocks=stopped("total", 1, 3, "closed")), until=4).paused == timedelta()


def test_the_post_is_the_one_with_work_in_the_state() -> None:
    found = booked(OPENED, event(2, 3, to="deciding"), event(3, 4, owner=["ann", None]), until=6)
    assert found.worked == {"desk": 3 * HOUR, "boss": HOUR, NOBODY: 2 * HOUR}
    assert role_of(PROCEDURE, "open", "somebody who left", ANN) == NO_POST


def test_what_was_recorded_late_counts_from_when_it_happened() -> None:
    found = booked(OPENED, event(2, 5, to="deciding"), event(3, 2, to="waiting"), until=8)
    assert found.waiting == 6 * HOUR and found.worked == {"desk": 2 * HOUR}


def test_closed_time_is_nobodys_and_reopening_goes_on() -> None:
    found = booked(OPENED, event(2, 2, to="closed", closed=True), event(3, 10, to="open", closed=False), until=11)
    assert found.elapsed == 3 * HOUR == found.worked["desk"]


def test_parts_of_seconds_are_lost_alike_everywhere() -> None:
    late = timedelta(microseconds=700_000) / HOUR
    found = booked(OPENED, event(2, 1 + late, to="waiting"), event(3, 2 + late / 3, to="open"), until=3 + late / 2)
    assert found.elapsed == 3 * HOUR and found.waiting == HOUR


hours = st.floats(0, 400, allow_nan=False)
states, owners = st.sampled_from(("open", "deciding", "waiting", "closed")), st.sampled_from(("ann", None))


@settings(max_examples=150, deadline=None)
@given(
    moves=st.lists(st.tuples(hours, states, owners), max_size=8), stops=st.lists(st.tuples(hours, hours), max_size=4),
    until=st.floats(0, 600),
)
def test_any_history_is_booked_once(moves: list[tuple[float, str, str | None]], stops: list[tuple[float, float]], until: float) -> None:
    events = [OPENED]
    for at, state, owner in moves:     # in any order: some were recorded late
        events.append(event(len(events) + 1, at, to=state, owner=[None, owner], closed=state == "closed"))
    for n, (since, length) in enumerate(stops):
        form = stopped("total", since, since + length, "by hand")["total"] | {"run": n + 1}
        events.append(event(len(events) + 1, 0, clocks={"total": form}))
    found = booked(*events, until=until, calendar=OFFICE)
    assert all(part >= timedelta() for part in (found.waiting, found.paused, found.outside, *found.worked.values()))
