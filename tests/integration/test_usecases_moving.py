"""How a case moves: states held and returned to, tasks side by side, bounds of actions, who may, system actions, reopening."""

from datetime import timedelta

import pytest

from engine.deciding.case import ClockStatus, TaskStatus
from engine.ground.errors import Denied, Invalid, NotAllowed
from engine.usecases import acting, amending, sweeping
from engine.usecases.house import House
from tests.houses import as_, state_of
from tests.small import DONE, HEAD, ROLES, START, do, opened, refused, sent, small_house

BACK = (
    HEAD
    + ROLES
    + """
opening: {by: desk}
fields: {ok: {type: yes_no}}
states:
  work:
    within: 3 working days
    entry: {notice: entered}
    tasks:
      look: {by: desk, within: 10 hours, ladder: {at: due, remind: desk}}
      check: {by: lab}
      extra: {by: lab, when: ok}
    actions:
      ask: {by: desk, to: waiting}
      leave: {by: desk, to: other}
      finish: {by: desk, to: done}
  waiting:
    actions:
      again: {by: desk, to: waiting}
      deeper: {by: desk, to: deep}
      answered: {by: [desk], to: back}
      give_up: {by: desk, to: other}
      afresh: {by: desk, to: work}
      shut: {by: desk, to: done}
  deep:
    actions:
      up: {by: desk, to: back}
      over: {by: desk, to: waiting}
  other:
    actions:
      restart: {by: desk, to: work}
"""
    + DONE
    + "notices: {entered: {to: owner, via: [email]}}\n"
)


def task(house: House, number: str, name: str) -> TaskStatus:
    return state_of(house, number).tasks[name].status


def possible(house: House, number: str, who: str = "ann") -> list[str]:
    return [option.name for option in acting.possible(house, number, as_(who)) if not option.obstacles]


# --- to: back ---------------------------------------------------------------------------------------------------------


def test_back_holds_tasks_and_limits_and_resumes_them_where_they_were() -> None:
    house, clock = small_house(BACK, ["entered"])
    number = opened(house)
    do(house, number, "check", "bob")
    clock.move_to(START + timedelta(hours=4))
    do(house, number, "ask")
    held = state_of(house, number)
    assert (held.back, task(house, number, "look"), task(house, number, "check")) == (["work"], TaskStatus.HELD, TaskStatus.DONE)
    assert [(held.clocks[name].status, held.clocks[name].due_at) for name in ("work", "look")] == [(ClockStatus.PAUSED, None)] * 2
    clock.move_to(START + timedelta(hours=50))
    assert sweeping.sweep(house).events == 0, "what is held cannot fall due"
    back = do(house, number, "answered")
    assert (back.state, back.back, task(house, number, "look"), task(house, number, "check")) == (
        "work",
        [],
        TaskStatus.OPEN,
        TaskStatus.DONE,
    )
    assert back.clocks["look"].due_at == START + timedelta(hours=56), "six hours were left"
    assert back.clocks["work"].status is ClockStatus.RUNNING and back.clocks["work"].run == 1
    assert back.tasks["look"].opened_at == START


def test_going_back_enters_nothing_anew() -> None:
    house, _ = small_house(BACK, ["entered"])
    number = opened(house)
    do(house, number, "ask")
    do(house, number, "answered")
    assert sent(house, number) == [("entered", "ann")]


def test_leaving_elsewhere_cancels_what_was_held() -> None:
    house, _ = small_house(BACK, ["entered"])
    number = opened(house)
    do(house, number, "ask")
    gone = do(house, number, "give_up")
    assert (gone.back, task(house, number, "look")) == ([], TaskStatus.CANCELLED)
    assert gone.clocks["look"].status is ClockStatus.CANCELLED and gone.clocks["work"].status not in (
        ClockStatus.RUNNING,
        ClockStatus.PAUSED,
    )
    afresh = do(house, number, "restart")
    assert task(house, number, "look") is TaskStatus.OPEN and task(house, number, "check") is TaskStatus.OPEN
    assert (afresh.clocks["look"].run, afresh.clocks["look"].stops) == (2, [])


def test_a_held_state_that_is_entered_anew_has_its_whole_limit_and_its_tasks_open_afresh() -> None:
    house, clock = small_house(BACK, ["entered"])
    number = opened(house)
    do(house, number, "ask")
    clock.move_to(START + timedelta(hours=30))
    afresh = do(house, number, "afresh")
    assert (afresh.back, task(house, number, "look")) == ([], TaskStatus.OPEN)
    assert [(run.run, run.started_at, run.stops) for run in (afresh.clocks["work"], afresh.clocks["look"])] == [(2, clock.now(), [])] * 2


def test_states_held_within_states_are_returned_to_one_after_the_other() -> None:
    house, _ = small_house(BACK, ["entered"])
    number = opened(house)
    for action, state, stack in (
        ("ask", "waiting", ["work"]),
        ("deeper", "deep", ["work", "waiting"]),
        ("up", "waiting", ["work"]),
        ("answered", "work", []),
    ):
        case = do(house, number, action)
        assert (case.state, case.back) == (state, stack)
    assert task(house, number, "look") is TaskStatus.OPEN


def test_staying_in_a_waiting_state_forgets_no_way_back() -> None:
    house, _ = small_house(BACK, ["entered"])
    number = opened(house)
    do(house, number, "ask")
    do(house, number, "again")
    assert do(house, number, "answered").state == "work"


def test_going_round_between_waiting_states_leads_back_to_where_it_began() -> None:
    house, _ = small_house(BACK, ["entered"])
    number = opened(house)
    do(house, number, "ask")
    for _ in range(3):
        do(house, number, "deeper")
        assert do(house, number, "over").back == ["work"]
    assert do(house, number, "answered").state == "work"


def test_without_anything_to_go_back_to_the_action_is_shown_and_refused_as_impossible() -> None:
    house, _ = small_house(
        BACK.replace(
            "states:\n  work:", "states:\n  waiting:\n    actions: {answered: {by: desk, to: back}, go: {by: desk, to: work}}\n  work:"
        )
        .replace("  waiting:\n    actions:\n      again", "  waits:\n    actions:\n      again")
        .replace("to: waiting", "to: waits"),
        ["entered"],
    )
    number = opened(house)
    assert possible(house, number) == ["go"]
    error = refused(house, NotAllowed, 5, lambda: do(house, number, "answered"))
    assert error.facts["reasons"] == ["state"] and error.facts["possible"] == ["go"]


def test_closing_ends_what_was_held_too() -> None:
    house, _ = small_house(BACK, ["entered"])
    number = opened(house)
    do(house, number, "ask")
    case = do(house, number, "shut")
    assert case.closed_at and task(house, number, "look") is TaskStatus.CANCELLED
    assert {run.status for run in case.clocks.values()} <= {ClockStatus.ENDED, ClockStatus.CANCELLED, ClockStatus.MET}


def test_reopening_by_going_back_opens_tasks_and_limits_afresh() -> None:
    house, clock = small_house(BACK.replace(DONE, "  done: {final: true, actions: {reopen: {by: manager, to: back}}}\n"), ["entered"])
    number = opened(house)
    do(house, number, "finish")
    clock.move_to(START + timedelta(hours=30))
    case = do(house, number, "reopen", "carl")
    assert (case.state, case.closed_at, case.back, task(house, number, "look")) == ("work", None, [], TaskStatus.OPEN)
    assert case.clocks["look"].status is ClockStatus.RUNNING and case.clocks["look"].due_at == START + timedelta(hours=40)


# --- tasks ------------------------------------------------------------------------------------------------------------

TASKS = (
    HEAD
    + ROLES
    + """
opening: {by: desk}
fields:
  big: {type: yes_no}
  note: {type: text, personal: false}
states:
  first:
    tasks:
      one: {by: lab, require: note, set: {big: "false"}}
      two: {by: lab, except: owner}
      three: {by: manager, when: big}
    actions:
      go: {by: desk, to: second, after: AFTER}
      skip: {by: desk, to: second}
  second:
    actions:
      return: {by: desk, to: first}
      close: {by: desk, to: done}
"""
    + DONE
)


def house_after(after: str) -> tuple[House, str]:
    house, _ = small_house(TASKS.replace("AFTER", after))
    return house, opened(house)


def test_tasks_run_side_by_side_and_a_conditional_one_opens_only_if_it_holds() -> None:
    house, plain = house_after("tasks")
    big = opened(house, big="yes")
    assert sorted(state_of(house, plain).tasks) == ["one", "two"]
    assert sorted(state_of(house, big).tasks) == ["one", "three", "two"]


@pytest.mark.parametrize(("after", "steps"), [("tasks", 3), ("any task", 1), ("2 tasks", 2), ("3 tasks", 3)])
def test_an_action_waits_for_as_many_tasks_as_it_says(after: str, steps: int) -> None:
    house, _ = house_after(after)
    number = opened(house, big="yes")
    for done, (name, who) in enumerate([("three", "carl"), ("two", "bob"), ("one", "bob")]):
        if done < steps:
            error = refused(house, NotAllowed, 5, lambda: do(house, number, "go"))
            assert error.facts["reasons"] == ["after"] and "one" in error.message
            do(house, number, name, who, **({"note": "x"} if name == "one" else {}))
    assert do(house, number, "go").state == "second"


def test_tasks_that_did_not_open_are_not_waited_for() -> None:
    house, number = house_after("3 tasks")
    do(house, number, "one", "bob", note="x")
    do(house, number, "two", "bob")
    assert do(house, number, "go").state == "second"


def test_a_task_done_on_an_earlier_stay_counts_no_more() -> None:
    house, _ = house_after("any task")
    number = opened(house, big="yes")
    do(house, number, "three", "carl")
    do(house, number, "go")
    house.clock.move_to(START + timedelta(minutes=1))  # type: ignore[attr-defined]
    do(house, number, "return", big="no")  # now the third does not open
    assert state_of(house, number).tasks["three"].status is TaskStatus.DONE
    assert refused(house, NotAllowed, 5, lambda: do(house, number, "go")).facts["reasons"] == ["after"]
    do(house, number, "two", "bob")
    assert do(house, number, "go").state == "second"


def test_leaving_cancels_open_tasks_and_coming_again_opens_them_afresh() -> None:
    house, number = house_after("tasks")
    do(house, number, "skip")
    assert task(house, number, "one") is TaskStatus.CANCELLED
    assert "task one" not in possible(house, number, "bob")
    refused(house, NotAllowed, 5, lambda: do(house, number, "one", "bob", note="x"))
    do(house, number, "return")
    assert task(house, number, "one") is TaskStatus.OPEN


def test_a_finished_task_cannot_be_finished_again() -> None:
    house, number = house_after("tasks")
    do(house, number, "two", "bob")
    refused(house, NotAllowed, 5, lambda: do(house, number, "two", "bob"))


def test_an_assigned_task_is_for_whom_it_was_assigned_and_for_the_role() -> None:
    house, number = house_after("tasks")
    amending.assign(house, number, as_("ann"), "bob", task="two")
    assert state_of(house, number).tasks["two"].assignee == "bob" and ("assigned", "bob") in sent(house, number)
    do(house, number, "two", "bob")
    assert task(house, number, "two") is TaskStatus.DONE


def test_what_a_task_excludes_is_barred_also_when_it_was_assigned_to_them() -> None:
    house, number = house_after("tasks")
    amending.assign(house, number, as_("ann"), "bob", task="two")
    amending.assign(house, number, as_("ann"), "bob")
    assert refused(house, Denied, 6, lambda: do(house, number, "two", "bob")).facts["reasons"] == ["except"]


# --- bounds and rights ------------------------------------------------------------------------------------------------

BOUNDS = (
    HEAD
    + ROLES
    + """
opening: {by: [desk, lab]}
fields:
  amount: {type: money, currency: EUR, default: 0}
  share: {type: money, currency: EUR}
  reason: {type: text, personal: false}
  region: {type: choice, options: [home, abroad]}
states:
  first:
    actions:
      twice: {by: desk, at_most: 2}
      soon: {by: desk, within: 2 hours}
      propose: {by: [desk, manager], require: reason}
      decide: {by: [desk, manager, director], limit: amount, except: "actor_of('propose')"}
      home_only: {by: desk, when: region == 'home', require: region}
      split: {by: desk, set: {share: amount / 3, amount: share * 3}}
      other: {by: desk, to: second}
  second:
    actions:
      again: {by: desk, to: first}
      end: {by: desk, to: done}
"""
    + DONE
    + "authority: {desk: {amount: 10 EUR}, manager: 100 EUR, director: unlimited}\n"
)


@pytest.fixture
def bounds() -> tuple[House, str]:
    house, _ = small_house(BOUNDS)
    return house, opened(house)


def test_at_most_counts_over_the_whole_case(bounds: tuple[House, str]) -> None:
    house, number = bounds
    do(house, number, "twice")
    do(house, number, "other")
    do(house, number, "again")
    do(house, number, "twice")
    assert refused(house, NotAllowed, 5, lambda: do(house, number, "twice")).facts["reasons"] == ["at_most"]


def test_within_ends_after_its_last_instant_and_begins_again_on_entering_again(bounds: tuple[House, str]) -> None:
    house, number = bounds
    house.clock.move_to(START + timedelta(hours=2))  # type: ignore[attr-defined]
    do(house, number, "soon")
    house.clock.move_to(START + timedelta(hours=2, microseconds=1))  # type: ignore[attr-defined]
    assert refused(house, NotAllowed, 5, lambda: do(house, number, "soon")).facts["reasons"] == ["within"]
    do(house, number, "other")
    do(house, number, "again")
    do(house, number, "soon")


def test_a_bound_beyond_the_calendar_has_not_come_yet() -> None:
    house, clock = small_house(BOUNDS.replace("within: 2 hours", "within: 60 working days"))
    clock.move_to(START.replace(year=2030, month=12, day=20))
    number = opened(house)
    assert "soon" in possible(house, number)
    do(house, number, "soon")


def test_whoever_did_it_once_is_excluded_for_good(bounds: tuple[House, str]) -> None:
    house, number = bounds
    do(house, number, "propose", "ann", reason="x")
    do(house, number, "propose", "carl")
    for who in ("ann", "carl"):
        assert refused(house, Denied, 6, lambda who=who: do(house, number, "decide", who)).facts["reasons"] == ["except"]
    do(house, number, "decide", "bob")


def test_an_amount_above_ones_authority_is_denied_and_the_next_who_may_is_named(bounds: tuple[House, str]) -> None:
    house, number = bounds
    do(house, number, "decide", "ann", amount="10")
    error = refused(house, Denied, 6, lambda: do(house, number, "decide", "ann", amount="0.01"))
    assert error.facts["reasons"] == ["limit"] and "Carl Cooper (carl)" in error.message and "Dora" not in error.message
    do(house, number, "decide", "carl", amount="90")      # what was decided in the case before counts with it
    refused(house, Denied, 6, lambda: do(house, number, "decide", "carl", amount="0.01"))
    do(house, number, "decide", "dora", amount="1000000")


def test_who_is_excluded_is_not_named_among_those_who_could(bounds: tuple[House, str]) -> None:
    house, number = bounds
    do(house, number, "propose", "carl", reason="x")
    error = refused(house, Denied, 6, lambda: do(house, number, "decide", "ann", amount="50"))
    assert "dora" in error.message and "carl" not in error.message


def test_values_given_with_the_action_count_before_what_it_requires_and_when(bounds: tuple[House, str]) -> None:
    house, number = bounds
    error = refused(house, Invalid, 3, lambda: do(house, number, "home_only"))
    assert error.facts["reasons"] == ["require", "when"]
    assert refused(house, NotAllowed, 5, lambda: do(house, number, "home_only", region="abroad")).facts["reasons"] == ["when"]
    assert do(house, number, "home_only", region="home").fields["region"] == "home"


def test_a_value_emptied_with_the_action_is_missing(bounds: tuple[House, str]) -> None:
    house, number = bounds
    do(house, number, "home_only", region="home")
    refused(house, Invalid, 3, lambda: do(house, number, "home_only", region=""))


def test_set_is_exact_rounds_money_half_up_and_later_sets_see_it(bounds: tuple[House, str]) -> None:
    house, number = bounds
    case = do(house, number, "split", amount="100.01")
    assert (case.fields["share"], case.fields["amount"]) == ("33.34", "100.02")
    assert do(house, number, "split", amount="0.01").fields["share"] == "0.00"
    house, _ = small_house(BOUNDS.replace("amount / 3", "amount / 2"))
    assert do(house, opened(house), "split", amount="0.05").fields["share"] == "0.03", "half a cent is rounded up"


def test_what_set_puts_back_as_it_was_does_not_take_the_given_value() -> None:
    house, _ = small_house(BOUNDS.replace("twice: {by: desk, at_most: 2}", "twice: {by: desk, set: {amount: 0}}"))
    number = opened(house)
    assert do(house, number, "twice", amount="500").fields["amount"] == "0.00"


def test_the_system_and_the_customer_take_no_action_of_staff(bounds: tuple[House, str]) -> None:
    house, number = bounds
    for who in ("system", "customer", "eve"):
        error = refused(house, Denied, 6, lambda who=who: do(house, number, "twice", who))
        assert error.facts["reasons"] == ["role"] and "Ann Archer (ann)" in error.message
