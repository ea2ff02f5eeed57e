"""Service cycles: a visit goes through its touchpoints, and what it shows of the standards is kept once and counted."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from engine.ground.clock import VirtualClock
from engine.ground.errors import Denied, Invalid, NotAllowed, NotFound
from engine.usecases import acting, attaining, auditing, counting, opening, standards, sweeping
from engine.usecases.health import health
from engine.usecases.house import House, Settings
from engine.usecases.reading import history as history_of
from tests import databases
from tests.cafe import CAFE, changed, seen, step, visit
from tests.houses import as_, state_of, sweeps_at_once
from tests.small import OFFICE, START, empty_house, organised, put_in_force, refused


@pytest.fixture
def cafe() -> tuple[House, VirtualClock]:
    house, clock = empty_house()
    put_in_force(house, CAFE)
    return house, clock


def wait(clock: VirtualClock, **length: float) -> None:
    clock.move_to(clock.now() + timedelta(**length))


def test_a_visit_shows_each_standard_kept_or_missed_once(cafe: tuple[House, VirtualClock]) -> None:
    house, clock = cafe
    number = visit(house)
    wait(clock, minutes=1)
    step(house, number, "greeting")
    step(house, number, "order")
    wait(clock, minutes=6)
    sweeping.sweep(house)
    assert seen(house) == [("greeting", 1, 1, 1), ("coffee", 1, 0, 1)]
    step(house, number, "served", "bob")
    step(house, number, "farewell")
    step(house, number, "rating", rating=3)
    assert seen(house)[2:] == [("rating", 1, 0, 1)]      # a mean below the target counts as missed by itself
    step(house, number, "leave")
    sweeping.sweep(house)
    assert state_of(house, number).closed_at is not None and len(seen(house)) == 3


def test_a_visit_begins_where_customers_come_in_and_nowhere_else(cafe: tuple[House, VirtualClock]) -> None:
    house, _ = cafe
    assert state_of(house, visit(house, state=None)).state == "door"
    assert state_of(house, visit(house)).state == "table"
    error = refused(house, Invalid, Invalid.exit_code, lambda: visit(house, state="served"))
    assert "No case of cafe begins in 'served'" in error.message and "door, table" in error.hint
    assert "inspecting_room" not in error.hint
    refused(house, Invalid, Invalid.exit_code, lambda: visit(house, state="inspecting_room"))
    refused(house, Denied, Denied.exit_code, lambda: visit(house, by="eve"))


def test_customers_pass_by_only_what_is_optional(cafe: tuple[House, VirtualClock]) -> None:
    house, _ = cafe
    number = visit(house)
    refused(house, NotAllowed, NotAllowed.exit_code, lambda: step(house, number, "served", "bob"))
    step(house, number, "order")
    step(house, number, "order")                         # again and again
    refused(house, NotAllowed, NotAllowed.exit_code, lambda: step(house, number, "leave"))
    step(house, number, "served", "bob")
    step(house, number, "leave", "bob")
    assert state_of(house, number).state == "left"


def test_a_forgotten_visit_ends_by_itself(cafe: tuple[House, VirtualClock]) -> None:
    house, clock = cafe
    number = visit(house)
    wait(clock, hours=1)
    step(house, number, "order")
    wait(clock, hours=1, minutes=59)
    sweeping.sweep(house)
    assert state_of(house, number).state == "order"
    wait(clock, minutes=1)
    sweeping.sweep(house)
    assert state_of(house, number).state == "left"


def test_what_is_told_late_counts_from_when_it_happened(cafe: tuple[House, VirtualClock]) -> None:
    house, clock = cafe
    number = visit(house)
    wait(clock, minutes=30)
    sweeping.sweep(house)
    assert seen(house) == [("greeting", 1, 0, 1)]
    step(house, number, "greeting", at="2026-03-02 09:01")
    assert seen(house) == [("greeting", 1, 1, 1)]        # the same observation, not another
    other = visit(house)
    wait(clock, minutes=65)
    refused(house, NotAllowed, NotAllowed.exit_code, lambda: step(house, other, "greeting", at="2026-03-02 09:31"))


def test_a_second_order_is_seen_by_itself(cafe: tuple[House, VirtualClock]) -> None:
    house, clock = cafe
    number = visit(house)
    step(house, number, "order")
    wait(clock, minutes=3)
    step(house, number, "served", "bob")
    assert seen(house) == [("coffee", 1, 1, 1)]
    report = attaining.attainment(house, "cafe", as_("ann"))
    coffee = next(one for one in report.standards if one.name == "coffee")
    assert (coffee.whole.kept, coffee.whole.of, coffee.touchpoint, coffee.need) == (1, 1, "Table", "I do not wait")


def test_attainment_is_counted_by_period_and_person(cafe: tuple[House, VirtualClock]) -> None:
    house, clock = cafe
    for day in range(3):
        clock.move_to(START + timedelta(days=day))
        for n in range(10):
            number = visit(house)
            if n >= day:
                step(house, number, "greeting", "ann" if n % 2 else "bob")
        wait(clock, minutes=5)
        sweeping.sweep(house)
    report = attaining.attainment(house, "cafe", as_("dora"))
    greeting = next(one for one in report.standards if one.name == "greeting")
    assert (greeting.whole.kept, greeting.whole.of, greeting.whole.reached) == (27, 30, False)
    assert [(one.first, one.figure.kept, one.figure.reached) for one in greeting.periods] == [
        (date(2026, 3, 2), 10, True), (date(2026, 3, 3), 9, False), (date(2026, 3, 4), 8, False),
    ]
    assert greeting.trend == pytest.approx(-0.1)
    some = attaining.attainment(house, "cafe", as_("dora"), since=date(2026, 3, 3), until=date(2026, 3, 4))
    assert next(one for one in some.standards if one.name == "greeting").whole.of == 10
    of_bob = attaining.attainment(house, "cafe", as_("dora"), person="bob")
    assert next(one for one in of_bob.standards if one.name == "greeting").whole.kept == 13


def test_standards_are_taken_together_by_touchpoint_role_and_level(cafe: tuple[House, VirtualClock]) -> None:
    house, clock = cafe
    for n in range(4):
        number = visit(house)
        step(house, number, "order")
        clock.move_to(clock.now() + timedelta(minutes=3 * n))
        step(house, number, "served", "bob")             # the third and fourth after more than five minutes, and nobody was greeted
    report = attaining.attainment(house, "cafe", as_("ann"))
    by = {what: {one.name: (one.figure.kept, one.figure.of, one.reached, one.judged) for one in attaining.grouped(report, what)}
          for what in attaining.GROUPS}
    greeted = next(one.whole for one in report.standards if one.name == "greeting")
    coffee = next(one.whole for one in report.standards if one.name == "coffee")
    assert (coffee.kept, coffee.of) == (2, 4)
    assert by["touchpoint"]["Table"] == by["level"]["expected"] == (greeted.kept + 2, greeted.of + 4, 0, greeted.of > 0)
    assert by["role"]["lab"] == by["touchpoint"]["Table"] and by["role"]["desk"] == (greeted.kept, greeted.of, 0, greeted.of > 0)
    assert by["element"]["software"] == (2, 4, 0, 0)


def test_figures_are_for_those_whose_work_they_are_and_for_overseers(cafe: tuple[House, VirtualClock]) -> None:
    house, _ = cafe
    attaining.attainment(house, "cafe", as_("bob"))
    refused(house, Denied, Denied.exit_code, lambda: attaining.attainment(house, "cafe", as_("eve")))
    refused(house, Denied, Denied.exit_code, lambda: attaining.attainment(house, "cafe", as_("bob"), person="ann"))
    refused(house, Denied, Denied.exit_code, lambda: standards.judgements(house, "cafe", as_("eve"), 10))
    refused(house, NotFound, NotFound.exit_code, lambda: attaining.attainment(house, "pub", as_("bob")))


# --- judging --------------------------------------------------------------------------------------------------------------

CAPA = """\
procedure: small
number: "C-{year}-{serial:03}"
calendar: office
languages: [en]
fields:
  about: {type: text, personal: false}
  share: {type: text, personal: false}
roles: {manager: {}}
opening: {by: [manager, system]}
states:
  open: {within: 5 working days, actions: {close: {by: manager, to: done}}}
  done: {final: true}
"""


def test_a_missed_target_opens_its_case_once(cafe: tuple[House, VirtualClock]) -> None:
    house, clock = cafe
    put_in_force(house, CAPA)
    missed = "missed: {open: small, with: {about: standard, share: share}}\n".replace("open", "procedure")
    put_in_force(house, CAFE + missed)
    for n in range(4):
        number = visit(house)
        if n:
            step(house, number, "greeting")
    wait(clock, minutes=5)
    assert sweeping.sweep(house).cycles.judged == 0      # the day is not over, and what is told late is waited for
    clock.move_to(START.replace(hour=0) + timedelta(days=1, minutes=59))
    assert sweeping.sweep(house).cycles.judged == 0
    clock.move_to(START.replace(hour=1) + timedelta(days=1))
    done = sweeping.sweep(house).cycles
    assert (done.judged, done.missed) == (1, ["C-2026-001"])
    assert state_of(house, "C-2026-001").fields == {"about": "greeting", "share": "75.0 %"}
    assert sweeping.sweep(house).cycles == type(done)()
    (told,) = standards.judgements(house, "cafe", as_("ann"), 10)
    assert (told.standard, told.kept, told.of, told.reached, told.case) == ("greeting", 3, 4, False, "C-2026-001")
    clock.move_to(START + timedelta(days=9))             # days on which nobody came are neither kept nor missed
    assert (sweeping.sweep(house).cycles.judged, len(standards.judgements(house, "cafe", as_("ann"), 99))) == (0, 1)
    assert auditing.verify(house).problems == []


def test_while_the_case_of_a_miss_is_open_the_next_misses_belong_to_it(cafe: tuple[House, VirtualClock]) -> None:
    house, clock = cafe
    put_in_force(house, CAPA)
    put_in_force(house, CAFE + "missed: {procedure: small, with: {about: standard}}\n")
    opened = []
    for day in range(1, 4):
        visit(house)                                     # nobody greets
        clock.move_to(START + timedelta(days=day))
        opened.append(sweeping.sweep(house).cycles.missed)
        if day == 2:
            acting.act(house, "C-2026-001", "close", as_("carl"), {})
    assert opened == [["C-2026-001"], [], ["C-2026-002"]]
    judged = standards.judgements(house, "cafe", as_("ann"), 9)
    assert [one.case for one in reversed(judged)] == ["C-2026-001", "C-2026-001", "C-2026-002"]
    step(house, visit(house), "greeting")
    clock.move_to(START + timedelta(days=4))
    assert sweeping.sweep(house).cycles.judged == 1      # reached at last, and the open case hears of it too
    told = [line.what for number in ("C-2026-001", "C-2026-002") for line in history_of(house, number, as_("carl"))[0]
            if line.kind == "note"]
    said = "the standard since then: "
    assert told == [f"{said}2026-03-03: 0 / 1 = 0.0 %, >= 95%", f"{said}2026-03-05: 1 / 1 = 100.0 %, >= 95%"]


def test_a_case_that_cannot_be_opened_leaves_the_period_to_the_next_time(cafe: tuple[House, VirtualClock]) -> None:
    house, clock = cafe
    put_in_force(house, CAFE + "missed: {procedure: small, with: {about: standard}}\n")
    visit(house)
    clock.move_to(START + timedelta(days=3))
    done = sweeping.sweep(house)
    assert done.cycles.judged == 0 and [what for what, _ in done.failures] == ["cafe/greeting"]
    (check,) = [one for one in health(house).checks if one.name == "standards"]
    assert not check.well and check.words == "not judged though their period is over: cafe/greeting"
    put_in_force(house, CAPA)
    assert sweeping.sweep(house).cycles.missed == ["C-2026-001"]
    assert health(house).figures.standards_unjudged == []


def test_a_calendar_that_ended_holds_up_its_own_cycle_alone(cafe: tuple[House, VirtualClock]) -> None:
    house, clock = cafe
    put_in_force(house, CAPA)
    put_in_force(house, CAFE, calendar=OFFICE.replace("2030-12-31", "2026-03-02"))
    number = opening.open_case(house, "small", as_("carl"), {}).number
    visit(house)
    clock.move_to(START + timedelta(days=1, hours=2))
    done = sweeping.sweep(house)
    assert done.cases > 0 and {what for what, _ in done.failures if "/" in what} >= {"cafe/room"}
    assert state_of(house, number).state == "open"


# --- counts that are told -------------------------------------------------------------------------------------------------


def test_counts_are_told_by_those_who_answer_for_the_standard(cafe: tuple[House, VirtualClock]) -> None:
    house, clock = cafe
    wait(clock, minutes=40)
    counting.tell(house, "cafe", "calls", as_("ann"), kept=41, of=50)
    counting.tell(house, "cafe", "calls", as_("ann"), kept=10, of=10, at="2026-03-02 09:10", part="office")
    assert seen(house) == [("calls", 2, 10, 10), ("calls", 1, 41, 50)]
    refused(house, Denied, Denied.exit_code, lambda: counting.tell(house, "cafe", "calls", as_("carl"), kept=1, of=2))
    for wrong in ({"kept": 3, "of": 2}, {"kept": 0, "of": 0}, {"kept": -1, "of": 2}, {"kept": 1, "of": 2, "at": "2026-03-02 09:41"},
                  {"kept": 1, "of": 2, "part": "night"}):
        refused(house, Invalid, Invalid.exit_code, lambda wrong=wrong: counting.tell(house, "cafe", "calls", as_("ann"), **wrong))
    refused(house, Invalid, Invalid.exit_code, lambda: counting.tell(house, "cafe", "greeting", as_("ann"), kept=1, of=2))
    refused(house, NotFound, NotFound.exit_code, lambda: counting.tell(house, "cafe", "bells", as_("ann"), kept=1, of=2))
    clock.move_to(START + timedelta(days=2))
    sweeping.sweep(house)
    judged = [one for one in standards.judgements(house, "cafe", as_("ann"), 99) if one.of]
    assert [(one.start.minute, one.kept, one.of, one.part, one.reached) for one in judged] == [
        (30, 41, 50, "office", True), (0, 10, 10, "office", True),
    ]


# --- inspections ----------------------------------------------------------------------------------------------------------


def test_inspections_come_when_nobody_expects_them_and_each_once(cafe: tuple[House, VirtualClock]) -> None:
    house, clock = cafe
    opened: list[str] = []
    for minute in range(0, 9 * 60, 5):
        clock.move_to(START + timedelta(minutes=minute))
        opened += sweeping.sweep(house).cycles.inspections
        opened += sweeping.sweep(house).cycles.inspections
    assert len(opened) == 4
    waited = [state_of(house, number).opened_at - START for number in opened]
    quarter = timedelta(hours=2)        # of the working time: one in each, taken up by the next sweep
    assert all(n * quarter <= one < (n + 1) * quarter + timedelta(minutes=5) for n, one in enumerate(waited)), waited
    first = state_of(house, opened[0])
    assert first.state == "inspecting_room" and first.owner is None
    step(house, opened[0], "room", "bob", room=25)
    assert state_of(house, opened[0]).state == "left" and seen(house) == [("room", 1, 0, 1)]


def test_moments_that_passed_unattended_are_left_out(cafe: tuple[House, VirtualClock]) -> None:
    house, clock = cafe
    clock.move_to(START + timedelta(days=1, hours=15))   # the night after
    assert sweeping.sweep(house).cycles.inspections == []
    put_in_force(house, changed(("every: 4 per day", "every: 2 hours")))
    clock.move_to(START + timedelta(days=2, hours=4, minutes=1))
    assert len(sweeping.sweep(house).cycles.inspections) == 1


def test_of_several_who_come_by_at_once_each_thing_is_done_by_one(tmp_path: Path) -> None:
    """Three sweeps of a real database at one moment: one inspection, one judgement, one case."""
    place = databases.place(tmp_path, organised)

    def house_at() -> House:
        return House(place.store(), clock, Settings(folder=tmp_path))

    clock = VirtualClock(START)
    house = house_at()
    put_in_force(house, CAPA)
    put_in_force(house, CAFE.replace("every: 4 per day", "every: 2 hours") + "missed: {procedure: small}\n")
    visit(house)
    clock.move_to(START + timedelta(days=1, hours=2, minutes=1))
    done = sweeps_at_once(3, house_at)
    assert [failure for one in done for failure in one.failures] == []
    assert len([number for one in done for number in one.cycles.inspections]) == 1
    assert [number for one in done for number in one.cycles.missed] == ["C-2026-001"] and sum(one.cycles.judged for one in done) == 1
    assert len(standards.judgements(house, "cafe", as_("ann"), 9)) == 1
    house.store.close()
