"""What a definition has done: set, notice, assign, remind, escalate, reassign, act; on opening, on entering, by the scheduler."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from engine.deciding.case import ClockStatus, TaskStatus
from engine.deciding.rights import THE_SYSTEM
from engine.ground.errors import Denied, Invalid, NotAllowed
from engine.usecases import acting, amending, opening, reading, sweeping
from engine.usecases.house import House
from tests.houses import as_, events_of, state_of
from tests.small import CUSTOMER, DONE, HEAD, ROLES, START, do, kinds, messages, opened, refused, sent, small_house

BASE = (
    HEAD
    + ROLES
    + """
opening: {by: [desk, customer]}
fields:
  customer: {type: party}
  amount: {type: money, currency: EUR, default: 0}
  ok: {type: yes_no}
  helper: {type: person}
  remark: {type: text}
states:
  first:
    actions:
      go: {by: desk, DOING}
      end: {by: desk, to: done}
"""
    + DONE
    + """
notices:
  told: {to: owner, via: [email]}
  figures: {to: customer, via: [email]}
"""
)
TEXTS = {"told.en": "{{ number }} {{ owner_name }}", "figures.en": "amount {{ amount }} in {{ state }}"}


def case_with(doing: str, **given: str) -> tuple[House, str]:
    house, _ = small_house(BASE.replace("DOING", doing), TEXTS)
    return house, opened(house, **given)


# --- owner ------------------------------------------------------------------------------------------------------------


def test_a_notice_to_the_owner_after_assigning_reaches_the_new_owner() -> None:
    house, number = case_with("assign: manager, notice: told")
    assert do(house, number, "go").owner == "carl"
    assert sent(house, number) == [("told", "carl")] and "Carl Cooper" in messages(house)[0].text


def test_a_notice_to_the_owner_before_assigning_reaches_the_old_owner() -> None:
    house, number = case_with("notice: told, assign: manager")
    do(house, number, "go")
    assert sent(house, number) == [("told", "ann")]


def test_assigning_to_a_role_chooses_who_has_the_fewest_open_cases() -> None:
    house, _ = small_house(BASE.replace("DOING", "assign: desk"), TEXTS)
    numbers = [opened(house, "bob"), opened(house, "bob"), opened(house, "ann")]
    assert do(house, numbers[0], "go").owner == "ann"


def test_assigning_to_nobody_leaves_the_owner() -> None:
    house, number = case_with("assign: helper")
    assert do(house, number, "go").owner == "ann"
    assert do(house, number, "go", helper="bob").owner == "bob"
    assert [field.text for field in reading.show(house, number, THE_SYSTEM).fields if field.name == "helper"] == ["Bob Baker"]


def test_reassigning_tells_the_new_owner() -> None:
    house, number = case_with("reassign: superior of owner")
    assert do(house, number, "go").owner == "carl"
    assert sent(house, number) == [("assigned", "carl")]


def test_escalation_adds_somebody_and_tells_both() -> None:
    house, number = case_with("escalate: superior of owner")
    case = do(house, number, "go")
    assert (case.owner, case.added) == ("ann", ["carl"])
    assert sorted(sent(house, number)) == [("escalated", "ann"), ("escalated", "carl")]
    assert events_of(house, number)[-1].data["escalated"] == ["carl"]


def test_escalation_passes_over_whoever_owns_the_case() -> None:
    house, number = case_with("escalate: manager")
    amending.assign(house, number, as_("ann"), "carl")
    assert do(house, number, "go").added == ["dora"]


def test_escalation_to_several_leaves_out_the_owner_among_them() -> None:
    house, number = case_with("escalate: desk")
    assert do(house, number, "go").added == ["bob"]


def test_escalating_twice_adds_once_and_tells_again() -> None:
    house, number = case_with("escalate: manager")
    do(house, number, "go")
    assert do(house, number, "go").added == ["carl"]
    assert sent(house, number).count(("escalated", "carl")) == 2


def test_reminders_of_one_action_go_to_each_once() -> None:
    house, number = case_with("remind: [owner, desk, lab]")
    do(house, number, "go")
    assert sorted(sent(house, number)) == [("reminder", "ann"), ("reminder", "bob")]


# --- notices ----------------------------------------------------------------------------------------------------------


def test_a_notice_shows_the_figures_of_the_event_that_caused_it_whatever_follows() -> None:
    house, number = case_with("notice: figures, set: {amount: amount + 1}", customer=CUSTOMER, amount="5")
    do(house, number, "go")
    do(house, number, "go")
    assert [row.text.strip() for row in messages(house)] == ["amount EUR 6.00 in first", "amount EUR 7.00 in first"]


def test_what_was_settled_first_is_told_with_its_own_figures() -> None:
    clocks = "clocks:\n  c: {within: 1 hours, from: opened, until: end, ladder: {at: due, notice: figures}}\n"
    house, clock = small_house(BASE.replace("DOING", "to: first") + clocks, TEXTS)
    number = opened(house, customer=CUSTOMER, amount="1")
    clock.move_to(START + timedelta(hours=2))
    do(house, number, "end", amount="9")
    assert [row.text.strip() for row in messages(house)] == ["amount EUR 1.00 in first"]


def test_a_notice_that_finds_nobody_is_recorded_as_such_and_not_sent() -> None:
    house, number = case_with("notice: figures")
    do(house, number, "go")
    assert sent(house, number) == [] and events_of(house, number)[-1].data["notices"] == [["figures", ""]]


def test_a_built_in_notice_that_the_definition_does_not_declare_goes_to_the_owner() -> None:
    house, number = case_with("notice: overdue")
    do(house, number, "go")
    assert sent(house, number) == [("overdue", "ann")]


def test_a_party_given_with_an_action_is_the_customer_from_then_on() -> None:
    house, number = case_with("notice: figures")
    do(house, number, "go", customer=CUSTOMER)
    assert state_of(house, number).party == 1 and sent(house, number) == [("figures", "customer")]
    shown = reading.show(house, number, THE_SYSTEM)
    assert shown.customer and shown.customer["name"] == "R* T*"


# --- opening ----------------------------------------------------------------------------------------------------------


def test_whoever_opens_a_case_owns_it_and_a_customers_case_has_no_owner() -> None:
    house, number = case_with("to: first")
    assert state_of(house, number).owner == "ann"
    assert state_of(house, opening.open_case(house, "small", as_("customer"), {}).number).owner is None
    assert state_of(house, opening.open_case(house, "small", as_("bob", "customer"), {}).number).owner == "bob"


def test_who_may_not_open_is_told_who_may() -> None:
    house, _ = case_with("to: first")
    error = refused(house, Denied, 6, lambda: opened(house, "eve"))
    assert "Ann Archer (ann)" in error.message and "the customer" in error.message


def test_without_an_opening_whoever_may_act_in_the_first_state_may_open() -> None:
    house, _ = small_house(BASE.replace("opening: {by: [desk, customer]}\n", "").replace("DOING", "to: first"), TEXTS)
    opened(house, "bob")
    for who in ("carl", "customer", "system"):
        refused(house, Denied, 6, lambda who=who: opened(house, who))


def test_defaults_count_as_given_and_missing_values_are_all_named() -> None:
    house, _ = small_house(
        BASE.replace("DOING", "to: first")
        .replace("{by: [desk, customer]}", "{by: desk, require: [comment, helper]}")
        .replace("ok: {type: yes_no}", "ok: {type: yes_no, required: true}"),
        TEXTS,
    )
    error = refused(house, Invalid, 3, lambda: opened(house))
    assert error.facts["missing"] == ["ok", "comment", "helper"]
    assert state_of(house, opened(house, ok="no", comment="x", helper="bob")).fields["amount"] == "0.00"


def test_a_personal_field_that_is_emptied_is_empty_and_one_that_was_empty_is_not_mentioned() -> None:
    house, number = case_with("set: {remark: \"''\"}")
    do(house, number, "go")
    assert "sealed" not in events_of(house, number)[-1].data
    do(house, number, "go", remark="as it was")
    assert state_of(house, number).sealed and "remark" not in {field.name for field in reading.show(house, number, THE_SYSTEM).fields}


def test_opening_and_the_first_state_have_their_doings_in_order() -> None:
    base = BASE.replace("{by: [desk, customer]}", "{by: desk, set: {amount: 7}, assign: manager, notice: told}").replace(
        "DOING", "to: first"
    )
    house, _ = small_house(
        base.replace(
            "  first:\n",
            "  first:\n    entry: {set: {amount: amount * 2}, remind: owner}\n    tasks: {t: {by: desk, when: amount == 14}}\n",
        ),
        TEXTS,
    )
    case = state_of(house, opened(house, amount="1"))
    assert (case.owner, case.fields["amount"], list(case.tasks)) == ("carl", "14.00", ["t"])
    assert sent(house) == [("told", "carl"), ("reminder", "carl")]


# --- act --------------------------------------------------------------------------------------------------------------

ACT = (
    HEAD
    + ROLES
    + """
opening: {by: [desk, customer]}
fields:
  ok: {type: yes_no}
states:
  first:
    tasks:
      t: {by: lab, require: ok, act: move_on}
    actions:
      move_on: {title: Move on, by: manager, to: second, when: ok}
      aside: {by: desk, to: third}
  second:
    entry: {act: pass_by}
    actions:
      pass_by: {by: desk, to: third}
  third:
    actions:
      end: {by: desk, to: done}
"""
    + DONE
    + """
clocks:
  c: {within: 1 hours, from: opened, until: closed, ladder: {at: due, act: ACTED}}
"""
)


def test_act_takes_an_action_without_its_role_and_what_it_leads_to() -> None:
    house, clock = small_house(ACT.replace("ACTED", "move_on"))
    number = opened(house, ok="yes")
    clock.move_to(START + timedelta(hours=3))
    sweeping.sweep(house)
    assert kinds(house, number)[1:] == ["breach c", "rung c due", "acted move_on", "acted pass_by"]
    assert {event.occurred_at for event in events_of(house, number)[1:]} == {START + timedelta(hours=1)}
    assert state_of(house, number).state == "third"


def test_a_task_that_is_done_may_act() -> None:
    house, _ = small_house(ACT.replace("ACTED", "move_on"))
    number = opened(house)
    assert do(house, number, "t", "bob", ok="yes").state == "third"


def test_act_finishes_a_task() -> None:
    house, clock = small_house(ACT.replace("ACTED", "t"))
    number = opened(house, ok="yes")
    clock.move_to(START + timedelta(hours=3))
    sweeping.sweep(house)
    assert state_of(house, number).tasks["t"].status is TaskStatus.DONE


@pytest.mark.parametrize("acted", ["move_on", "end"])
def test_an_impossible_act_is_recorded_and_told_to_the_owner(acted: str) -> None:
    house, clock = small_house(ACT.replace("ACTED", acted))
    number = opened(house)
    clock.move_to(START + timedelta(hours=3))
    assert sweeping.sweep(house).failures == []
    event = events_of(house, number)[-1]
    assert (event.kind, event.data["action"], event.occurred_at) == ("impossible", acted, START + timedelta(hours=1))
    assert state_of(house, number).state == "first" and sent(house, number) == [("impossible", "ann")]
    body = messages(house)[0].text
    assert ("Move on" if acted == "move_on" else "end") in body and event.data["why"] in body


def test_an_impossible_act_of_a_case_without_owner_is_recorded() -> None:
    house, clock = small_house(ACT.replace("ACTED", "move_on"))
    number = opened(house, "customer")
    clock.move_to(START + timedelta(hours=3))
    assert sweeping.sweep(house).failures == []
    assert kinds(house, number)[-1] == "impossible move_on" and sent(house) == []


# --- actions of the scheduler -----------------------------------------------------------------------------------------

SYSTEM = (
    HEAD
    + ROLES
    + """
opening: {by: desk}
fields: {ok: {type: yes_no}}
states:
  first:
    tasks:
      t: {by: desk}
    actions:
      auto: {by: system, to: second, COND}
      touch: {by: desk}
  second: {actions: {end: {by: desk, to: done}}}
"""
    + DONE
)


def system_case(condition: str) -> tuple[House, str]:
    house, _ = small_house(SYSTEM.replace("COND", condition))
    return house, opened(house)


def test_a_system_action_is_taken_after_its_duration_and_dated_then() -> None:
    house, number = system_case("after: 2 working days")
    house.clock.move_to(START + timedelta(days=9))  # type: ignore[attr-defined]
    sweeping.sweep(house)
    event = events_of(house, number)[-1]
    assert (event.data["act"], event.actor, event.occurred_at) == ("auto", "system", START + timedelta(days=2, hours=15))


def test_a_system_action_is_taken_as_soon_as_its_condition_holds() -> None:
    house, number = system_case("when: ok")
    assert do(house, number, "touch", ok="no").state == "first"
    assert do(house, number, "touch", ok="yes").state == "second"
    assert kinds(house, number)[-1] == "acted auto"


def test_a_condition_that_holds_on_opening_acts_at_once() -> None:
    house, _ = small_house(SYSTEM.replace("COND", "when: ok"))
    assert state_of(house, opened(house, ok="yes")).state == "second"


def test_a_system_action_after_tasks_is_taken_with_the_last_task() -> None:
    house, number = system_case("after: tasks")
    assert state_of(house, number).state == "first"
    assert do(house, number, "t").state == "second"


def test_duration_and_condition_must_both_hold() -> None:
    house, number = system_case("after: 2 hours, when: ok")
    house.clock.move_to(START + timedelta(hours=5))  # type: ignore[attr-defined]
    sweeping.sweep(house)
    assert state_of(house, number).state == "first"
    assert do(house, number, "touch", ok="yes").state == "second"
    other = opened(house)
    do(house, other, "touch", ok="yes")
    assert state_of(house, other).state == "first"
    house.clock.move_to(START + timedelta(hours=7))  # type: ignore[attr-defined]
    sweeping.sweep(house)
    assert state_of(house, other).state == "second"


def test_a_system_action_without_either_waits_to_be_acted() -> None:
    house, number = system_case("set: {ok: true}")
    house.clock.move_to(START + timedelta(days=90))  # type: ignore[attr-defined]
    sweeping.sweep(house)
    do(house, number, "touch")
    assert state_of(house, number).state == "first"
    assert "auto" not in [option.name for option in acting.possible(house, number, as_("ann"))]


def test_nobody_takes_a_system_action_by_hand() -> None:
    house, number = system_case("after: 2 hours")
    for who in ("ann", "customer", "eve"):
        refused(house, Denied, 6, lambda who=who: do(house, number, "auto", who))


# --- closing and reopening --------------------------------------------------------------------------------------------

CLOSE = (
    HEAD
    + ROLES
    + """
opening: {by: desk}
states:
  first:
    within: 5 days
    tasks:
      t: {by: lab, within: 2 days}
    actions:
      end: {by: desk, to: done}
  done:
    final: true
    actions:
      reopen: {by: manager, to: first, within: 60 days}
      thank: {by: desk}
clocks:
  total: {within: 10 days, from: opened, until: closed}
  window: {within: 20 days, from: opened}
  follow: {within: 3 days, from: closed}
"""
)


def test_closing_ends_tasks_and_clocks_but_windows_and_what_starts_with_it_run() -> None:
    house, clock = small_house(CLOSE)
    number = opened(house)
    clock.move_to(START + timedelta(days=1))
    case = do(house, number, "end")
    assert case.closed_at == START + timedelta(days=1) and case.tasks["t"].status is TaskStatus.CANCELLED
    live = {name for name, run in case.clocks.items() if run.status is ClockStatus.RUNNING}
    assert live == {"window", "follow"} and case.clocks["total"].status is ClockStatus.MET
    with house.store.reading() as conn:
        assert conn.execute(text("select count(*) from work_item")).scalar_one() == 0
    clock.move_to(START + timedelta(days=40))
    sweeping.sweep(house)
    assert kinds(house, number)[2:] == ["ended follow", "ended window"]


def test_a_closed_case_takes_the_actions_of_its_state_and_stays_closed() -> None:
    house, _ = small_house(CLOSE)
    number = opened(house)
    do(house, number, "end")
    assert do(house, number, "thank").closed_at is not None


def test_reopening_goes_on_with_the_clock_without_the_closed_time() -> None:
    house, clock = small_house(CLOSE)
    number = opened(house)
    due = state_of(house, number).clocks["total"].due_at
    clock.move_to(START + timedelta(days=1))
    do(house, number, "end")
    clock.move_to(START + timedelta(days=31))
    case = do(house, number, "reopen", "carl")
    assert case.closed_at is None and case.tasks["t"].status is TaskStatus.OPEN
    assert due and case.clocks["total"].due_at == due + timedelta(days=29), "only dates closed throughout are added"
    assert case.clocks["first"].run == 2 and case.clocks["first"].status is ClockStatus.RUNNING


def test_reopening_too_late_is_refused() -> None:
    house, clock = small_house(CLOSE)
    number = opened(house)
    do(house, number, "end")
    clock.move_to(START + timedelta(days=70))
    with pytest.raises(NotAllowed, match="60 days"):
        do(house, number, "reopen", "carl")
