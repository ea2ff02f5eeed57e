"""A calendar changes: every open case that counts by it is computed anew, once, with old, new and cause in its history (clocks rule 13)."""

import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.deciding.case import Event
from engine.deciding.rights import THE_SYSTEM, Actor
from engine.ground.clock import VirtualClock
from engine.ground.errors import DefinitionError, Invalid, NotFound
from engine.ground.language import speak
from engine.records import cases, library
from engine.usecases import acting, auditing, listing, opening, postponing, publishing, reading, reprojecting, sweeping, timekeeping
from engine.usecases.house import House, Settings
from tests import databases
from tests.houses import as_, events_of, state_of
from tests.small import (
    DONE,
    HEAD,
    OFFICE,
    ROLES,
    START,
    dump,
    kinds,
    opened,
    organised,
    put_in_force,
    sent,
    small_house,
    written,
)

PROCEDURE = HEAD + ROLES + """
states:
  received:
    actions:
      answer: {by: desk, to: done}
      look: {by: desk}
      ask: {by: desk, to: asking}
  asking:
    actions: {heard: {by: desk, to: received}}
""" + DONE + """
clocks:
  reply:
    from: opened
    until: answer
    within: 3 working days
    pause: {in: asking}
    ladder:
      - {at: 1 working day before, remind: owner}
      - {at: due, escalate: superior of owner}
  call: {from: opened, until: look, within: 48 hours}
"""
# START is Monday 2 March 2026, 09:00 UTC; three working days end with Thursday.
SHORTER = OFFICE + "closed: [2026-03-04]\n"        # Wednesday: due a day later
THURSDAY, FRIDAY = datetime(2026, 3, 6, tzinfo=UTC), datetime(2026, 3, 7, tzinfo=UTC)
ENDING = OFFICE.replace("2030-12-31", "2026-03-04")
HOUR = timedelta(hours=1)


def file(folder: Path, text: str, name: str = "office") -> Path:
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder / f"{name}.yaml"


def put(house: House, folder: Path, text: str, **more: Any) -> timekeeping.PutInForce:
    return timekeeping.publish_calendars(house, [file(folder, text)], Actor("dora"), **more)


def later(clock: VirtualClock) -> None:
    clock.move_to(clock.now() + HOUR)


def due_of(house: House, number: str, clock: str = "reply") -> datetime | None:
    return state_of(house, number).clocks[clock].due_at


def recalculated(house: House, number: str) -> list[Event]:
    return [event for event in events_of(house, number) if event.kind == "recalculated"]


@pytest.fixture
def office() -> tuple[House, VirtualClock]:
    return small_house(PROCEDURE)


def test_a_changed_calendar_moves_the_due_time_with_old_new_and_cause(office: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, clock = office
    number = opened(house)
    assert due_of(house, number) == THURSDAY
    later(clock)
    done = put(house, tmp_path, SHORTER)
    assert (done.calendars, done.cases, done.recalculated, done.failures) == ((("office", 2, False),), 1, 1, ())
    (event,) = recalculated(house, number)
    assert event.data["due"] == {"reply": [THURSDAY.isoformat(), FRIDAY.isoformat()]}     # and not the clock of elapsed hours
    assert event.data["calendars"] == {"office": [1, 2]} and set(event.data["clocks"]) == {"reply"}
    assert (event.actor, event.occurred_at, event.recorded_at) == ("system", START + HOUR, START + HOUR)
    assert (due_of(house, number), state_of(house, number).clocks["reply"].round) == (FRIDAY, 2)
    assert auditing.verify(house).problems == []


def test_published_again_nothing_happens(office: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, clock = office
    opened(house)
    later(clock)
    put(house, tmp_path, SHORTER)
    before = dump(house)
    later(clock)
    again = put(house, tmp_path, SHORTER)
    assert (again.calendars, again.cases) == ((("office", 2, True),), 0)
    assert dump(house) == before


def test_cases_that_are_woken_again_are_not_changed_again(office: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, clock = office
    numbers = [opened(house) for _ in range(3)]
    later(clock)
    put(house, tmp_path, SHORTER)
    before = dump(house)
    with house.store.writing() as conn:
        reprojecting.wake(house, conn, "office")
        assert reprojecting.waiting(house, conn, ["office"]) == 3
    done = sweeping.sweep(house)
    assert (done.cases, done.events, done.recalculated) == (3, 0, 0) and dump(house) == before
    assert all(len(recalculated(house, number)) == 1 for number in numbers)


def test_what_the_change_does_not_reach_is_left_alone(office: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, clock = office
    opened(house)
    before = {name: rows for name, rows in dump(house).items() if name not in ("event", "calendar_version")}
    later(clock)
    done = put(house, tmp_path, OFFICE + "closed: [2026-07-01]\n")
    assert (done.cases, done.recalculated) == (1, 0)
    assert {name: rows for name, rows in dump(house).items() if name not in ("event", "calendar_version")} == before


def test_finished_clocks_and_closed_cases_never_change(office: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, clock = office
    closed, called = opened(house), opened(house)
    acting.act(house, closed, "answer", as_("ann"))
    acting.act(house, called, "look", as_("ann"))
    before = events_of(house, closed)
    later(clock)
    done = put(house, tmp_path, SHORTER)
    assert (done.cases, done.recalculated) == (1, 1)
    assert events_of(house, closed) == before
    assert set(recalculated(house, called)[0].data["clocks"]) == {"reply"}


def test_only_definitions_that_use_the_calendar_are_touched(office: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, clock = office
    other = PROCEDURE.replace("procedure: small", "procedure: small").replace("calendar: office", "calendar: shop")
    number = opened(house)
    timekeeping.publish_calendars(house, [file(tmp_path, OFFICE.replace("office", "shop"), "shop")], Actor("dora"))
    put_in_force(house, other)
    elsewhere = opened(house)
    later(clock)
    done = put(house, tmp_path, SHORTER)
    assert done.cases == 1 and recalculated(house, number) and not recalculated(house, elsewhere)
    assert {(kept.name, kept.open) for kept in timekeeping.listing(house)} == {("office", 1), ("shop", 1)}


def test_a_clock_with_a_calendar_of_its_own_moves_and_the_others_do_not(tmp_path: Path) -> None:
    house, clock = small_house(PROCEDURE + "  check: {from: opened, until: look, within: 3 working days, calendar: shop}\n")
    timekeeping.publish_calendars(house, [file(tmp_path, OFFICE.replace("office", "shop"), "shop")], Actor("dora"))
    number = opened(house)
    later(clock)
    timekeeping.publish_calendars(house, [file(tmp_path, SHORTER.replace("office", "shop"), "shop")], Actor("dora"))
    assert (due_of(house, number, "check"), due_of(house, number)) == (FRIDAY, THURSDAY)
    assert recalculated(house, number)[0].data["calendars"] == {"shop": [1, 2]}


# --- breaches and rungs ---------------------------------------------------------------------------------------------


def test_a_breach_that_the_new_calendar_shows_to_be_none_is_withdrawn_and_its_rungs_come_again(
    office: tuple[House, VirtualClock], tmp_path: Path
) -> None:
    house, clock = office
    number = opened(house)
    clock.move_to(THURSDAY + HOUR)
    sweeping.sweep(house)
    assert state_of(house, number).clocks["reply"].breached_at == THURSDAY
    put(house, tmp_path, SHORTER)        # the office had been closed on Wednesday: a storm
    assert kinds(house, number)[-2:] == ["recalculated", "breach_withdrawn reply"]
    assert (due_of(house, number), state_of(house, number).clocks["reply"].breached_at) == (FRIDAY, None)
    clock.move_to(FRIDAY + HOUR)
    sweeping.sweep(house)
    assert kinds(house, number)[-2:] == ["breach reply", "rung reply due"]
    assert state_of(house, number).clocks["reply"].breached_at == FRIDAY
    assert sum(kind == "rung reply due" for kind in kinds(house, number)) == 2


def test_what_the_new_calendar_makes_late_at_once_is_a_breach_dated_when_it_would_have_been_due(
    office: tuple[House, VirtualClock], tmp_path: Path
) -> None:
    house, clock = small_house(PROCEDURE.replace("3 working days", "5 working days"))
    number = opened(house)           # due on Monday the 9th
    saturday = datetime(2026, 3, 8, 9, tzinfo=UTC)
    clock.move_to(saturday)
    sweeping.sweep(house)
    count = len(sent(house, number))
    put(house, tmp_path, OFFICE.replace("mon-fri", "mon-sun"))
    assert due_of(house, number) == datetime(2026, 3, 8, tzinfo=UTC)
    assert [event.occurred_at for event in events_of(house, number) if event.kind == "breach" and event.data["clock"] == "reply"] == [
        datetime(2026, 3, 8, tzinfo=UTC)
    ]
    late = sent(house, number)[count:]
    assert late == [("escalated", "carl"), ("escalated", "ann")]     # one message to each, no burst


def test_a_paused_clock_counts_by_the_new_calendar_when_it_runs_again(office: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, clock = office
    number = opened(house)
    acting.act(house, number, "ask", as_("ann"))
    later(clock)
    assert put(house, tmp_path, SHORTER).recalculated == 0
    later(clock)
    acting.act(house, number, "heard", as_("ann"))
    assert due_of(house, number) == FRIDAY


def test_a_rung_before_due_moves_though_the_due_time_does_not(office: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, clock = small_house(PROCEDURE.replace("within: 3 working days", "within: 72 hours"))
    number = opened(house)               # due on Thursday 09:00; a working day before is Wednesday
    acting.act(house, number, "look", as_("ann"))
    later(clock)
    assert put(house, tmp_path, SHORTER).recalculated == 0
    assert recalculated(house, number) == []
    with house.store.reading() as conn:
        assert cases.next_fire(conn) == datetime(2026, 3, 3, 9, tzinfo=UTC)      # Wednesday is closed now


# --- unknown due times ----------------------------------------------------------------------------------------------


def test_what_was_unknown_becomes_known_when_the_calendar_is_extended(tmp_path: Path) -> None:
    house, clock = small_house(PROCEDURE)
    later(clock)
    put(house, tmp_path, ENDING)
    number = opened(house)
    run = state_of(house, number).clocks["reply"]
    assert (run.due_at, run.unknown) == (None, "office 2026-03-04")
    assert [(kept.open, kept.unknown) for kept in timekeeping.listing(house)] == [(1, 1)]
    (ending, waiting) = timekeeping.check_in_force(house, clock.now())
    assert "ends on 2026-03-04, in 2 days" in ending.what and "1 open case has" in waiting.what
    later(clock)
    done = put(house, tmp_path, OFFICE, extend=True)
    assert done.recalculated == 1
    run = state_of(house, number).clocks["reply"]
    assert (run.due_at, run.unknown, run.round) == (THURSDAY, None, 1)
    assert recalculated(house, number)[0].data["due"] == {"reply": [None, THURSDAY.isoformat()]}
    assert timekeeping.check_in_force(house, clock.now()) == []
    clock.move_to(THURSDAY + HOUR)
    sweeping.sweep(house)
    assert [kind for kind in kinds(house, number) if "reply" in kind] == [
        "rung reply 1 working day before", "breach reply", "rung reply due"
    ]


EVERYTHING = PROCEDURE.replace("      look: {by: desk}\n", """      look: {by: desk}
      close: {by: system, after: 10 working days, to: done}
""") + """
  check: {from: opened, until: look, within: 8 working hours, ladder: [{at: 50%, remind: owner}]}
  week: {from: opened, until: answer, within: 7 days, ladder: [{at: 1 working day before, remind: owner}]}
  bounded: {from: opened, until: answer, within: 2 working days, pause: {in: asking, up_to: 3 working days}}
  objection: {from: closed, within: 3 working days}
"""


def test_a_year_that_is_missing_from_the_calendar_refuses_nothing_and_all_becomes_known_with_it(tmp_path: Path) -> None:
    house, clock = small_house(EVERYTHING)
    later(clock)
    put(house, tmp_path, ENDING.replace("2026-03-04", "2025-12-31"))      # ended before today
    first = opened(house)
    later(clock)
    closed, asking, looked = opened(house), opened(house), opened(house)
    acting.act(house, closed, "answer", as_("ann"))
    acting.act(house, asking, "ask", as_("ann"))
    acting.act(house, looked, "look", as_("ann"))
    for number in (first, looked):
        postponing.pause(house, number, as_("carl"), "reply", "asked")
        postponing.resume(house, number, as_("carl"), "reply", "heard")
    put_in_force(house, PROCEDURE.replace("3 working days", "1 hours"), calendar=ENDING.replace("2026-03-04", "2025-12-31"))
    urgent = opened(house)
    assert [(line.number, line.due_unknown, line.overdue) for line in listing.list_cases(house, actor=THE_SYSTEM).lines] == [
        (first, True, False), (asking, True, False), (looked, True, False), (urgent, False, False)
    ]
    acting.act(house, urgent, "answer", as_("ann"))
    clock.move_to(datetime(2026, 3, 6, 9, tzinfo=UTC))
    assert sweeping.sweep(house).failures == []
    done = put(house, tmp_path, OFFICE, extend=True)
    assert (done.recalculated, done.failures) == (4, ())
    case = state_of(house, first)
    assert {name: run.due_at for name, run in case.clocks.items()} == {
        "reply": THURSDAY, "check": datetime(2026, 3, 3, 10, tzinfo=UTC), "week": datetime(2026, 3, 10, tzinfo=UTC),
        "call": START + 49 * HOUR, "bounded": datetime(2026, 3, 5, tzinfo=UTC),
    }
    assert {name for name, run in case.clocks.items() if run.breached_at} == {"reply", "check", "call", "bounded"}
    assert due_of(house, closed, "objection") == THURSDAY and not any(
        run.unknown and run.status in ("running", "paused")
        for number in (first, closed, asking, looked) for run in state_of(house, number).clocks.values()
    )
    clock.move_to(datetime(2026, 3, 17, tzinfo=UTC))     # the tenth working day after Monday the 2nd is over
    assert sweeping.sweep(house).failures == []
    assert [state_of(house, number).state for number in (first, closed, asking, looked)] == ["done", "done", "asking", "done"]
    assert auditing.verify(house).problems == []


def test_a_calendar_that_ends_earlier_makes_due_times_unknown_and_says_so(office: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, clock = office
    number = opened(house)
    later(clock)
    put(house, tmp_path, ENDING)
    assert state_of(house, number).clocks["reply"].unknown == "office 2026-03-04"
    assert recalculated(house, number)[0].data["due"] == {"reply": [THURSDAY.isoformat(), None]}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (OFFICE, "in force until 2030-12-31 already"),
        (SHORTER.replace("2030", "2029"), "in force until 2030-12-31 already"),
        (OFFICE.replace("2030", "2031"), "2026-03-04"),
        (SHORTER.replace("2030", "2031").replace("03-04", "03-05"), "2026-03-04, 2026-03-05"),
        (SHORTER.replace("2030", "2031").replace("17:00", "16:00"), "mon, tue, wed, thu, fri"),
        (SHORTER.replace("2030", "2031").replace("UTC", "Europe/London"), "timezone"),
        (SHORTER.replace("2030", "2031") + "after_closing: next_working_day\n", "after_closing"),
    ],
)
def test_an_extension_only_goes_further(office: tuple[House, VirtualClock], tmp_path: Path, text: str, what: str) -> None:
    house, _ = office
    put(house, tmp_path, SHORTER)
    before = dump(house)
    with pytest.raises(Invalid) as refused:
        put(house, tmp_path, text, extend=True)
    assert what in refused.value.message and dump(house) == before
    put(house, tmp_path, SHORTER.replace("2030", "2031"), extend=True)
    assert put(house, tmp_path, SHORTER.replace("2030", "2031"), extend=True).calendars == (("office", 3, True),)


def test_only_what_is_in_force_can_be_extended(office: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, _ = office
    with pytest.raises(NotFound, match="officer"):
        timekeeping.publish_calendars(house, [file(tmp_path, OFFICE.replace("office", "officer"), "officer")], Actor("dora"), extend=True)


def test_of_several_files_none_is_put_into_force_when_one_is_wrong(office: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, _ = office
    before = dump(house)
    with pytest.raises(DefinitionError) as refused:
        timekeeping.publish_calendars(house, [file(tmp_path, SHORTER), file(tmp_path, "calendar: shop\n", "shop")], Actor("dora"))
    assert len(refused.value.problems) == 3 and dump(house) == before


# --- crashes and what happens in between ----------------------------------------------------------------------------


class Crash(BaseException):
    """The machine goes down."""


def crash_after(count: int) -> Any:
    def progress(done: int, _: int) -> None:
        if done >= count:
            raise Crash

    return progress


def test_a_crash_in_the_middle_is_made_good_by_the_next_sweep(office: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, clock = office
    numbers = [opened(house) for _ in range(105)]
    later(clock)
    changed = clock.now()
    with pytest.raises(Crash):
        put(house, tmp_path, SHORTER, progress=crash_after(100))
    assert [kept.waiting for kept in timekeeping.listing(house)] == [5]
    assert "5 cases still count by calendar office as it was" in timekeeping.check_in_force(house, clock.now())[-1].what
    later(clock)
    assert sweeping.sweep(house).recalculated == 5
    assert [len(recalculated(house, number)) for number in numbers] == [1] * 105
    assert {due_of(house, number) for number in numbers} == {FRIDAY}
    assert recalculated(house, numbers[-1])[0].occurred_at == changed
    assert [kept.waiting for kept in timekeeping.listing(house)] == [0]
    assert put(house, tmp_path, SHORTER).cases == 0


def test_publishing_again_takes_up_what_broke_off_too(office: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, clock = office
    number = opened(house)
    later(clock)
    in_force_only(house, tmp_path, SHORTER, clock)
    later(clock)
    again = put(house, tmp_path, SHORTER)
    assert (again.calendars, again.cases, again.recalculated) == ((("office", 2, True),), 1, 1) and due_of(house, number) == FRIDAY


def test_progress_tells_how_many_of_how_many(office: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, clock = office
    for _ in range(105):
        opened(house)
    later(clock)
    told: list[tuple[int, int]] = []
    put(house, tmp_path, SHORTER, progress=lambda done, of: told.append((done, of)))
    assert told == [(100, 105), (105, 105)]


def test_a_case_that_was_overdue_before_keeps_when_it_fell_due(office: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, clock = office
    opened(house)
    clock.move_to(THURSDAY + HOUR)       # a rung of Wednesday waits for a sweep that did not come by
    in_force_only(house, tmp_path, SHORTER, clock)
    later(clock)
    assert sweeping.sweep(house).late_by == clock.now() - datetime(2026, 3, 4, 9, tzinfo=UTC)    # the 48 hours of the call


def test_a_clock_set_back_does_not_keep_a_calendar_from_counting(office: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, _ = office
    number = opened(house)
    house = House(house.store, VirtualClock(START - HOUR), house.settings)
    assert put(house, tmp_path, SHORTER).recalculated == 1 and due_of(house, number) == FRIDAY
    assert auditing.verify(house).problems == []


def in_force_only(house: House, folder: Path, text: str, clock: VirtualClock) -> None:
    """Put a calendar into force as if the machine went down before the first case was computed anew."""
    from engine.defining.calendar_file import read_calendar

    calendar, _ = read_calendar(file(folder, text))
    assert calendar is not None
    with house.store.writing() as conn:
        publishing.put_calendar(house, conn, calendar, Actor("dora"), clock.now())


def test_an_act_before_the_re_projection_came_by_computes_the_case_anew_first(office: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, clock = office
    number = opened(house)
    later(clock)
    in_force_only(house, tmp_path, SHORTER, clock)
    changed = clock.now()
    later(clock)
    outcome = acting.act(house, number, "look", as_("ann"))
    assert [event.kind for event in outcome.settled] == ["recalculated"]
    event = outcome.settled[0]
    assert (event.occurred_at, event.recorded_at, event.data["calendars"]) == (changed, clock.now(), {"office": [1, 2]})
    assert sweeping.sweep(house).cases == 0, "acting was all it took"


def test_what_fell_due_before_the_change_is_settled_by_the_calendar_of_then(office: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, clock = office
    number = opened(house)
    clock.move_to(THURSDAY + HOUR)                 # nobody swept: the breach of Thursday is not recorded yet
    in_force_only(house, tmp_path, SHORTER, clock)
    clock.move_to(FRIDAY + HOUR)
    sweeping.sweep(house)
    reply = [
        (event.kind, event.occurred_at) for event in events_of(house, number)
        if "reply" in (event.data.get("clock"), *event.data.get("due", ()))
    ]
    wednesday = datetime(2026, 3, 5, tzinfo=UTC)
    assert reply == [
        ("rung", wednesday), ("breach", THURSDAY), ("rung", THURSDAY), ("recalculated", THURSDAY + HOUR),
        ("breach_withdrawn", THURSDAY + HOUR), ("breach", FRIDAY), ("rung", FRIDAY),
    ]


def test_two_changes_that_nobody_carried_out_come_one_after_the_other(office: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, clock = office
    number = opened(house)
    for text in (SHORTER, OFFICE + "closed: [2026-03-04, 2026-03-05]\n"):
        later(clock)
        in_force_only(house, tmp_path, text, clock)
    sweeping.sweep(house)
    told = [(event.data["calendars"]["office"], event.data["due"]["reply"][1], event.occurred_at) for event in recalculated(house, number)]
    monday = datetime(2026, 3, 10, tzinfo=UTC)
    assert told == [([1, 2], FRIDAY.isoformat(), START + HOUR), ([2, 3], monday.isoformat(), START + 2 * HOUR)]


def test_a_pause_by_hand_and_an_extension_survive(office: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, clock = office
    number = opened(house)
    later(clock)
    postponing.pause(house, number, as_("carl"), "reply", "asked")
    later(clock)
    put(house, tmp_path, SHORTER)
    later(clock)
    postponing.resume(house, number, as_("carl"), "reply", "heard")
    assert due_of(house, number) == FRIDAY


def test_a_case_that_cannot_be_read_is_told_and_the_others_go_on(office: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, clock = office
    broken, sound = opened(house), opened(house)
    with house.store.writing() as conn:
        conn.execute(cases.CASE.update().where(cases.CASE.c.number == broken).values(body="{}"))
    later(clock)
    done = put(house, tmp_path, SHORTER)
    assert [number for number, _ in done.failures] == [broken] and due_of(house, sound) == FRIDAY
    assert [kept.waiting for kept in timekeeping.listing(house)] == [1]


# --- publishing a bundle, holidays, words ---------------------------------------------------------------------------


def test_publishing_a_bundle_brings_its_changed_calendar_along(tmp_path: Path) -> None:
    house, clock = small_house(PROCEDURE)
    number = opened(house)
    later(clock)
    bundle = written(tmp_path, PROCEDURE)
    (tmp_path / "calendars" / "office.yaml").write_text(SHORTER, encoding="utf-8")
    done = publishing.publish(house, bundle, Actor("dora"))
    assert (done.unchanged, done.calendars, done.recalculated, done.failures) == (True, ("office",), 1, ())
    assert due_of(house, number) == FRIDAY
    assert publishing.publish(house, bundle, Actor("dora")).recalculated == 0 and len(recalculated(house, number)) == 1


def test_an_upgrade_of_the_holiday_data_moves_no_running_deadline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import holidays

    text = OFFICE + "holidays: {country: GB, subdivision: ENG}\n"
    house, clock = small_house(PROCEDURE)
    later(clock)
    put(house, tmp_path, text)
    number = opened(house)
    assert due_of(house, number) == THURSDAY

    of_before = holidays.country_holidays

    def of_the_next_release(*args: Any, **named: Any) -> Any:
        found = of_before(*args, **named)
        if named.get("years"):
            found[date(2026, 3, 4)] = "Coronation"
        return found

    monkeypatch.setattr(holidays, "country_holidays", of_the_next_release)     # the data set of others, upgraded
    house.store.cache.clear()                                                  # as after a restart
    later(clock)
    acting.act(house, number, "look", as_("ann"))
    sweeping.sweep(house)
    with house.store.reading() as conn:
        assert library.calendar(house.store, conn, "office").hours_on(date(2026, 3, 4))
    assert due_of(house, number) == THURSDAY and not recalculated(house, number)
    done = put(house, tmp_path, text)       # only whoever publishes moves it, and history says so
    assert (done.recalculated, due_of(house, number)) == (1, FRIDAY)
    assert recalculated(house, number)[0].data["calendars"] == {"office": [2, 3]}


def test_where_holidays_came_from_makes_no_new_version(office: tuple[House, VirtualClock], tmp_path: Path) -> None:
    house, clock = office
    put(house, tmp_path, OFFICE + "holidays: {country: GB, subdivision: ENG}\n")
    upgraded = replace(timekeeping.calendar_of(house, "office"), sources=("holidays 99.0 GB/ENG",))
    with house.store.writing() as conn:
        made = publishing.put_calendar(house, conn, upgraded, Actor("dora"), clock.now())
    assert (made.version, made.unchanged) == (2, True)


@pytest.mark.parametrize(
    ("language", "what", "detail"),
    [
        ("en", "the calendar changed (office version 1 → 2): due times were computed anew",
         "reply: due 2026-03-06 24:00, it was 2026-03-05 24:00"),
        ("zh", "工作日历变更（office 第 1 版 → 第 2 版）：期限已重新计算", "reply：到期时间 2026-03-06 24:00，原为 2026-03-05 24:00"),
    ],
)
def test_history_tells_it_in_words(office: tuple[House, VirtualClock], tmp_path: Path, language: str, what: str, detail: str) -> None:
    house, clock = office
    number = opened(house)
    later(clock)
    put(house, tmp_path, SHORTER)
    speak(language)
    try:
        line = reading.history(house, number, THE_SYSTEM)[0][-1]
    finally:
        speak("en")
    assert (line.what, line.details) == (what, (detail,))




def test_a_window_that_still_runs_in_a_closed_case_moves_too(tmp_path: Path) -> None:
    house, clock = small_house(PROCEDURE + "  objection: {from: closed, within: 3 working days}\n")
    number = opened(house)
    acting.act(house, number, "answer", as_("ann"))
    later(clock)
    assert put(house, tmp_path, SHORTER).recalculated == 1
    assert due_of(house, number, "objection") == FRIDAY and due_of(house, number) == THURSDAY
    clock.move_to(FRIDAY + HOUR)
    sweeping.sweep(house)
    assert [(event.kind, event.occurred_at) for event in events_of(house, number)][-1] == ("ended", FRIDAY)


def test_a_deadline_of_the_scheduler_in_working_days_moves_with_the_calendar(tmp_path: Path) -> None:
    closing = "      look: {by: desk}\n      close: {by: system, after: 4 working days, to: done}\n"
    house, clock = small_house(PROCEDURE.replace("      look: {by: desk}\n", closing))
    number = opened(house)
    acting.act(house, number, "look", as_("ann"))
    later(clock)
    put(house, tmp_path, SHORTER)
    clock.move_to(FRIDAY + HOUR)         # the fourth working day is Friday no more but Monday
    sweeping.sweep(house)
    assert state_of(house, number).state == "received"
    clock.move_to(datetime(2026, 3, 10, tzinfo=UTC) + HOUR)
    sweeping.sweep(house)
    assert state_of(house, number).state == "done"


# --- a process that is killed -----------------------------------------------------------------------------------------

KILLED = """
import sys
from datetime import datetime
from pathlib import Path
from engine.deciding.rights import Actor
from engine.ground.clock import VirtualClock
from engine.usecases import timekeeping
from engine.usecases.house import open_house

folder = Path(sys.argv[1])
house = open_house(folder, VirtualClock(datetime.fromisoformat(sys.argv[2])))
timekeeping.publish_calendars(house, [folder / "office.yaml"], Actor("dora"), progress=lambda done, of: print(done, of, flush=True))
"""


def test_a_process_killed_in_the_middle_loses_nothing_and_the_next_sweep_finishes_its_work(tmp_path: Path) -> None:
    clock, place = VirtualClock(START), databases.place(tmp_path, organised)
    (tmp_path / "makegood.toml").write_text(place.settings(), encoding="utf-8")
    house = House(place.store(), clock, Settings(folder=tmp_path))
    put_in_force(house, PROCEDURE)
    numbers: list[str] = []
    opening.open_many(house, "small", as_("ann"), [(None, {})] * 400, lambda _, done: numbers.append(getattr(done, "number", "")))
    house.store.close()
    later(clock)
    file(tmp_path, SHORTER)
    words = [sys.executable, "-c", KILLED, str(tmp_path), clock.now().isoformat()]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "100 400\n"
        process.kill()
    assert process.returncode == -signal.SIGKILL
    house = House(place.store(), clock, Settings(folder=tmp_path))
    done = sum(len(recalculated(house, number)) for number in numbers)
    assert 100 <= done < 400 and [kept.waiting for kept in timekeeping.listing(house)] == [400 - done]
    later(clock)
    swept = sweeping.sweep(house)
    assert (swept.cases, swept.recalculated, swept.failures) == (400 - done, 400 - done, [])
    for number in numbers:
        (event,) = recalculated(house, number)
        assert event.occurred_at == START + HOUR and due_of(house, number) == FRIDAY
    assert auditing.verify(house).problems == []
    assert sweeping.sweep(house).cases == 0
