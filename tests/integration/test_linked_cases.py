"""Cases that open others: with values, in one transaction, waited for, and told when they are closed."""

from datetime import timedelta

import pytest

from engine.deciding.case import ClockStatus, case_json, rebuild
from engine.deciding.rights import THE_SYSTEM
from engine.ground.errors import Invalid, NotAllowed
from engine.usecases import acting, auditing, linking, listing, reading, sweeping
from engine.usecases.house import House
from tests.houses import as_, events_of, state_of
from tests.small import CUSTOMER, DONE, HEAD, ROLES, START, do, kinds, messages, opened, put_in_force, sent, small_house

PARENT = (
    HEAD
    + ROLES
    + """
opening: {by: [desk, customer]}
fields:
  customer: {type: party}
  amount: {type: money, currency: EUR, default: 0}
  kind: {type: choice, options: [a, b]}
  ok: {type: yes_no}
states:
  first:
    actions:
      go: {by: [desk, customer], DOING}
      end: {by: desk, to: done, when: ok}
      note: {by: desk}
      auto: {by: system, to: done, after: 72 hours}
"""
    + DONE
    + """
clocks:
  repaired: {within: 48 hours, from: go, until: case repair closed, ladder: {at: due, remind: owner}}
"""
)
CHILD = """
procedure: repair
number: "R-{year}-{serial:03}"
calendar: office
languages: [en]
roles: {desk: {}, lab: {}, manager: {}, director: {}}
opening: {by: lab}
fields:
  customer: {type: party}
  cost: {type: money, currency: EUR, between: [0, 1000]}
  sort: {type: choice, options: [a, b, c]}
  urgent: {type: yes_no, default: "no"}
states:
  todo:
    actions:
      finish: {by: lab, to: finished}
      lapse: {by: system, to: finished, after: 24 hours}
      skip: {by: system, to: finished, when: cost == 7}
  finished:
    final: true
    actions:
      again: {by: lab, to: todo}
"""
OPEN = "open: {procedure: repair, with: {cost: amount, sort: kind, customer: customer}}"
WAIT = "open: {procedure: repair, wait: true, with: {cost: amount}}"


def house_with(doing: str = OPEN, child: str = CHILD) -> House:
    house, _ = small_house(PARENT.replace("DOING", doing))
    put_in_force(house, child)
    return house


def to(house: House, **later: float) -> None:
    house.clock.move_to(START + timedelta(**later))  # type: ignore[attr-defined]


def sound(house: House, *numbers: str) -> None:
    """Every case is the fold of its history, and the chains verify."""
    for number in numbers:
        assert case_json(rebuild(events_of(house, number))) == case_json(state_of(house, number))
    assert auditing.verify(house).problems == []


# --- opening ----------------------------------------------------------------------------------------------------------


def test_an_action_opens_a_linked_case_with_values_of_its_own() -> None:
    house = house_with()
    number = opened(house, customer=CUSTOMER)
    case = do(house, number, "go", "bob", amount="12", kind="b")
    assert case.links == [("opened", "R-2026-001")] and case.waits == []
    child = state_of(house, "R-2026-001")
    assert child.links == [("opened_by", number)] and child.state == "todo"
    assert child.fields["cost"] == "12.00" and child.fields["sort"] == "b" and child.fields["urgent"] is False
    assert child.party == case.party, "the same customer, not another of the same name"
    assert kinds(house, number)[-2:] == ["acted go", "linked"]
    sound(house, number, "R-2026-001")


def test_whoever_acted_opens_it_and_owns_it_if_they_could_have_opened_it_by_hand() -> None:
    house = house_with()
    number = opened(house)
    do(house, number, "go", "bob")
    do(house, number, "go", "ann")
    first, second = events_of(house, "R-2026-001")[0], events_of(house, "R-2026-002")[0]
    assert (first.actor, state_of(house, "R-2026-001").owner) == ("bob", "bob")
    assert (second.actor, state_of(house, "R-2026-002").owner) == ("ann", None)


def test_a_customer_who_acts_opens_it_for_nobody() -> None:
    house = house_with()
    number = opened(house, customer=CUSTOMER)
    do(house, number, "go", "customer")
    assert events_of(house, "R-2026-001")[0].actor == "customer" and state_of(house, "R-2026-001").owner is None


def test_the_short_form_names_the_procedure_alone() -> None:
    house = house_with("open: repair")
    assert do(house, opened(house), "go").links == [("opened", "R-2026-001")]


def test_several_are_opened_those_whose_condition_holds() -> None:
    house = house_with("open: [repair, {when: amount > 100, is: {procedure: repair, with: {sort: \"'c'\"}}}]")
    number = opened(house)
    assert len(do(house, number, "go").links) == 1
    assert len(do(house, number, "go", amount="101").links) == 3
    assert state_of(house, "R-2026-003").fields["sort"] == "c"


def test_a_value_may_be_given_by_cases() -> None:
    house = house_with("open: {procedure: repair, with: {cost: [{when: kind == 'a', is: 1}, amount * 2]}}")
    number = opened(house, amount="4")
    do(house, number, "go", kind="a")
    do(house, number, "go", kind="b")
    assert [state_of(house, f"R-2026-00{n}").fields["cost"] for n in (1, 2)] == ["1.00", "8.00"]


def test_the_scheduler_opens_a_case_dated_when_it_fell_due() -> None:
    text = PARENT.replace("ladder: {at: due, remind: owner}", "ladder: {at: due, open: repair}").replace("DOING", "set: {ok: true}")
    house, _ = small_house(text)
    put_in_force(house, CHILD)
    number = opened(house)
    do(house, number, "go")
    to(house, days=2, hours=20)
    sweeping.sweep(house)
    (first, *_) = events_of(house, "R-2026-001")
    due = state_of(house, number).clocks["repaired"].due_at
    assert first.actor == "system" and first.occurred_at == state_of(house, "R-2026-001").opened_at == due
    assert first.recorded_at == START + timedelta(days=2, hours=20)
    sound(house, number, "R-2026-001")


def test_entering_a_state_and_finishing_a_task_open_cases_too() -> None:
    states = """states:
  first:
    entry: {open: repair}
    tasks: {look: {by: desk, open: {procedure: repair, with: {cost: amount}}}}
"""
    house, _ = small_house(PARENT.replace("states:\n  first:\n", states).replace("DOING", "set: {ok: true}"))
    put_in_force(house, CHILD)
    number = opened(house, amount="5")
    assert state_of(house, number).links == [("opened", "R-2026-001")]
    do(house, number, "look")
    assert state_of(house, "R-2026-002").fields["cost"] == "5.00"


# --- what cannot be opened --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("doing", "why"),
    [
        ("open: {procedure: repair, with: {cost: amount + 2000}}", "cost"),
        ("open: {procedure: repair, with: {price: amount}}", "repair has no field 'price'"),
        ("open: repairs", "no published definition repairs"),
        ("open: {procedure: repair, with: {sort: \"'z'\"}}", "sort"),
    ],
)
def test_what_cannot_be_opened_is_recorded_and_told_to_the_owner_and_the_case_goes_on(doing: str, why: str) -> None:
    house = house_with(doing + ", to: done")
    number = opened(house)
    case = do(house, number, "go")
    assert case.state == "done" and case.links == []
    last = events_of(house, number)[-1]
    assert last.kind == "impossible" and why in last.data["why"]
    assert sent(house, number) == [("impossible", "ann")] and why in messages(house)[-1].text
    put_in_force(house, CHILD)
    sound(house, number)


def test_a_number_is_not_used_up_by_what_could_not_be_opened() -> None:
    house = house_with("open: [{procedure: repair, with: {cost: 2000}}, repair]")
    assert do(house, opened(house), "go").links == [("opened", "R-2026-001")]


def test_what_is_required_and_not_given_keeps_it_from_being_opened() -> None:
    house = house_with("open: repair", CHILD.replace("sort: {type: choice,", "sort: {type: choice, required: true,"))
    number = opened(house)
    do(house, number, "go")
    assert "needs: sort" in events_of(house, number)[-1].data["why"]


def test_cases_that_open_each_other_without_end_open_nothing_and_say_so() -> None:
    house = house_with("open: repair", CHILD.replace("  todo:\n", "  todo:\n    entry: {open: repair}\n"))
    number = opened(house)
    do(house, number, "go")
    last = events_of(house, number)[-1]
    assert last.kind == "impossible" and "small → repair → repair" in last.data["why"]
    assert [line.number for line in listing.list_cases(house, actor=THE_SYSTEM).lines] == [number]


# --- waiting ------------------------------------------------------------------------------------------------------------


def test_a_case_that_waits_does_not_leave_its_state_until_the_other_is_closed() -> None:
    house = house_with(WAIT)
    number = opened(house)
    assert do(house, number, "go", ok="yes").waits == ["R-2026-001"]
    with pytest.raises(NotAllowed, match="waits for the closing of R-2026-001") as refusal:
        do(house, number, "end")
    assert refusal.value.facts["reasons"] == ["waits"]
    do(house, number, "note")
    do(house, "R-2026-001", "finish", "bob")
    assert state_of(house, number).waits == []
    assert do(house, number, "end").state == "done"
    sound(house, number, "R-2026-001")


def test_a_system_action_waits_too_and_is_taken_when_the_other_is_closed() -> None:
    house = house_with(WAIT, CHILD.replace("after: 24 hours", "after: 30 days"))
    number = opened(house)
    do(house, number, "go")
    to(house, days=5)
    sweeping.sweep(house)
    assert state_of(house, number).state == "first"
    do(house, "R-2026-001", "finish", "bob")
    assert state_of(house, number).state == "done"
    assert events_of(house, number)[-1].occurred_at == START + timedelta(days=5)


def test_every_case_that_is_waited_for_must_be_closed() -> None:
    house = house_with(WAIT)
    number = opened(house)
    do(house, number, "go", ok="yes")
    do(house, number, "go")
    do(house, "R-2026-001", "finish", "bob")
    with pytest.raises(NotAllowed, match="R-2026-002"):
        do(house, number, "end")
    do(house, "R-2026-002", "finish", "bob")
    assert do(house, number, "end").state == "done"


def test_one_that_is_closed_as_soon_as_it_is_opened_holds_nothing() -> None:
    house = house_with(WAIT)
    number = opened(house, amount="7")
    case = do(house, number, "go", ok="yes")
    assert state_of(house, "R-2026-001").closed_at and case.waits == []
    assert kinds(house, number)[-3:] == ["acted go", "linked", "linked_closed"]
    assert do(house, number, "end").state == "done"
    sound(house, number, "R-2026-001")


def test_what_is_reopened_is_not_waited_for_again() -> None:
    house = house_with(WAIT)
    number = opened(house)
    do(house, number, "go", ok="yes")
    do(house, "R-2026-001", "finish", "bob")
    do(house, "R-2026-001", "again", "bob")
    assert state_of(house, number).waits == []
    do(house, "R-2026-001", "finish", "bob")
    assert kinds(house, number).count("linked_closed") == 2
    assert do(house, number, "end").state == "done"


def test_a_look_at_what_is_possible_opens_nothing() -> None:
    text = PARENT.replace("ladder: {at: due, remind: owner}", "ladder: {at: due, open: {procedure: repair, wait: true}}")
    house, _ = small_house(text.replace("DOING", "set: {ok: true}"))
    put_in_force(house, CHILD)
    number = opened(house)
    do(house, number, "go")
    to(house, days=2, hours=12)
    (end,) = [option for option in acting.possible(house, number, as_("ann")) if option.name == "end"]
    assert [obstacle.message for obstacle in end.obstacles] == ["waits for the closing of (repair)"]
    assert state_of(house, number).links == []


# --- closing ------------------------------------------------------------------------------------------------------------


def test_the_closing_stops_a_clock_dated_when_it_was() -> None:
    house = house_with()
    number = opened(house)
    do(house, number, "go")
    to(house, hours=30)
    sweeping.sweep(house)
    run = state_of(house, number).clocks["repaired"]
    assert (run.status, run.ended_at, run.breached_at) == (ClockStatus.MET, START + timedelta(days=1), None)
    told = events_of(house, number)[-1]
    assert told.kind == "linked_closed" and told.occurred_at == state_of(house, "R-2026-001").closed_at
    assert told.recorded_at == START + timedelta(hours=30)


def test_a_closing_starts_a_clock() -> None:
    text = PARENT.replace("from: go, until: case repair closed", "from: case repair closed, until: end").replace("DOING", OPEN)
    house, _ = small_house(text)
    put_in_force(house, CHILD)
    number = opened(house)
    do(house, number, "go")
    assert "repaired" not in state_of(house, number).clocks
    do(house, "R-2026-001", "finish", "bob")
    assert state_of(house, number).clocks["repaired"].status is ClockStatus.RUNNING


def test_after_an_outage_both_cases_are_settled_in_the_order_of_what_fell_due() -> None:
    """The other closes after one day by itself, the limit of this one would have passed after two: it is kept."""
    house = house_with(OPEN.replace("repair,", "repair, wait: true,"))
    number = opened(house)
    do(house, number, "go")
    to(house, days=30)
    swept = sweeping.sweep(house)
    assert swept.failures == []
    case = state_of(house, number)
    assert case.clocks["repaired"].breached_at is None and case.clocks["repaired"].ended_at == START + timedelta(days=1)
    assert case.state == "done" and case.closed_at == START + timedelta(days=3)
    sound(house, number, "R-2026-001")


def test_a_closing_that_is_heard_of_late_withdraws_the_breach() -> None:
    """Somebody acts on this case before any sweep has come by; then the sweep finds that the other was closed in time."""
    house = house_with()
    number = opened(house)
    do(house, number, "go")
    to(house, days=2, hours=12)
    assert do(house, number, "note").clocks["repaired"].breached_at is not None
    sweeping.sweep(house)
    run = state_of(house, number).clocks["repaired"]
    assert run.breached_at is None and run.ended_at == START + timedelta(days=1)
    assert "breach_withdrawn repaired" in kinds(house, number)
    sound(house, number, "R-2026-001")


def test_a_case_may_close_its_opener_and_that_one_its_own() -> None:
    """Three in a row: the last one's closing lets the scheduler close the middle one, and that the first."""
    middle = CHILD.replace("skip: {by: system, to: finished, when: cost == 7}", "go: {by: lab, open: {procedure: part, wait: true}}")
    part = CHILD.replace("procedure: repair", "procedure: part").replace("R-{year}", "P-{year}").replace("24 hours", "20 days")
    house = house_with(WAIT, middle)
    put_in_force(house, part)
    number = opened(house)
    do(house, number, "go")
    do(house, "R-2026-001", "go", "bob")
    to(house, days=10)
    sweeping.sweep(house)
    assert [state_of(house, one).closed_at is None for one in (number, "R-2026-001", "P-2026-001")] == [True, True, True]
    do(house, "P-2026-001", "finish", "bob")
    assert [state_of(house, one).closed_at is None for one in (number, "R-2026-001", "P-2026-001")] == [False, False, False]
    sound(house, number, "R-2026-001", "P-2026-001")


def test_linking_by_hand_settles_both_first() -> None:
    house = house_with()
    number = opened(house)
    do(house, number, "go")
    to(house, days=1, hours=5)
    linking.link(house, "R-2026-001", as_("bob"), "follow_up", number)
    assert state_of(house, "R-2026-001").closed_at == START + timedelta(days=1)
    assert "linked_closed" in kinds(house, number)
    sound(house, number, "R-2026-001")


def test_history_says_which_case_was_opened_and_closed() -> None:
    house = house_with(WAIT)
    number = opened(house)
    do(house, number, "go")
    do(house, "R-2026-001", "finish", "bob")
    told = [line.what for line in reading.history(house, number, THE_SYSTEM)[0]]
    assert told[-2:] == ["opened R-2026-001 (repair)", "R-2026-001 (repair) was closed"]
    assert "opened by case S-2026-001" in reading.history(house, "R-2026-001", THE_SYSTEM)[0][0].details


def test_a_wrong_action_of_the_linked_case_changes_neither() -> None:
    house = house_with(WAIT)
    number = opened(house)
    do(house, number, "go")
    with pytest.raises(Invalid):
        do(house, "R-2026-001", "finish", "bob", cost="-1")
    assert kinds(house, number)[-1] == "linked"
