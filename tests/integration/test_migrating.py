"""Cases go over to another version of their procedure when somebody says so: values, tasks and clocks as if it had always held."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.deciding.case import ClockRun, Event, rebuild
from engine.deciding.clock_migration import played
from engine.deciding.rights import THE_SYSTEM
from engine.ground.clock import VirtualClock
from engine.ground.errors import Denied, Invalid, NotAllowed, NotFound
from engine.ground.language import speak
from engine.records import cases
from engine.usecases import acting, amending, auditing, handing_over, listing, migrating, postponing, reading, sweeping
from engine.usecases.accounting import case_accounts
from engine.usecases.clock_view import case_clocks
from engine.usecases.house import House
from engine.usecases.migrating import Migrated, Wanted
from engine.usecases.work import take_up
from tests.houses import as_, events_of, state_of
from tests.integration.test_accounts_of_cases import lived
from tests.small import DONE, HEAD, ROLES, START, do, dump, kinds, opened, put_in_force, sent, small_house

PROCEDURE = HEAD + ROLES + """
fields:
  colour: {type: choice, options: [red, blue]}
  amount: {type: money, currency: EUR}
  since: {type: date}
  words: {type: text}
states:
  received:
    actions:
      answer: {by: desk, to: done}
      look: {by: desk}
      ask: {by: desk, to: asking}
      check: {by: desk, to: checking}
  checking:
    actions: {checked: {by: desk, to: received}}
    tasks:
      weigh: {by: lab, within: 2 days}
      paint: {by: lab}
  asking:
    actions: {heard: {by: desk, to: back}}
""" + DONE + """
clocks:
  reply:
    from: opened
    until: answer
    within: 5 days
    ladder:
      - {at: 50%, remind: owner}
      - {at: due, escalate: superior of owner}
"""
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)      # of START, a Monday


def due_on(days: int) -> datetime:
    """The end of the date that lies so many days after the day of START."""
    return MIDNIGHT + (days + 1) * DAY


def changed(*pairs: tuple[str, str]) -> str:
    text = PROCEDURE
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


def to_next(house: House, *numbers: str, reason: str = "new law", **wanted: Any) -> Migrated:
    return migrating.migrate(house, numbers, Wanted(as_("dora"), reason, **wanted))


def over(house: House, number: str, **wanted: Any) -> migrating.Moved:
    """Let a case go over, which must be possible."""
    done = to_next(house, number, **wanted)
    assert done.refused == []
    (moved,) = done.moved
    assert auditing.verify(house).problems == []
    assert rebuild(events_of(house, number)) == state_of(house, number)
    return moved


def why_not(house: House, number: str, **wanted: Any) -> migrating.Refused:
    """Try to let a case go over, which must be refused and change nothing."""
    before = dump(house)
    done = to_next(house, number, **wanted)
    assert done.moved == [] and dump(house) == before
    (refused,) = done.refused
    return refused


def migrated(house: House, number: str) -> Event:
    (event,) = [event for event in events_of(house, number) if event.kind == "migrated"]
    return event


@pytest.fixture
def office() -> tuple[House, VirtualClock]:
    return small_house(PROCEDURE)


# --- what stays, what is told -------------------------------------------------------------------------------------------


def test_a_case_stays_on_its_version_until_somebody_says_otherwise(office: tuple[House, VirtualClock]) -> None:
    house, clock = office
    number = opened(house)
    put_in_force(house, changed(("within: 5 days", "within: 8 days")))
    clock.move_to(START + DAY)
    acting.act(house, number, "look", as_("ann"))
    assert reading.show(house, number, THE_SYSTEM).version == 1 and state_of(house, number).clocks["reply"].due_at == due_on(5)


def test_one_event_tells_versions_reason_and_due_times(office: tuple[House, VirtualClock]) -> None:
    house, clock = office
    number = opened(house)
    put_in_force(house, changed(("within: 5 days", "within: 8 days")))
    clock.move_to(START + DAY)
    moved = over(house, number)
    assert (moved.versions, moved.states, moved.due) == ((1, 2), ("received", "received"), {"reply": (due_on(5), due_on(8))})
    event = migrated(house, number)
    assert event.data["versions"] == [1, 2] and event.data["due"] == {"reply": [due_on(5).isoformat(), due_on(8).isoformat()]}
    assert (event.actor, event.occurred_at) == ("dora", START + DAY)
    case = state_of(house, number)
    assert (case.owner, case.entered_at, case.clocks["reply"].started_at) == ("ann", START, START)
    assert reading.show(house, number, THE_SYSTEM).version == 2


def test_what_does_not_differ_stays_as_it_is(office: tuple[House, VirtualClock]) -> None:
    house, clock = office
    number = opened(house, colour="red", words="as before")
    clock.move_to(START + 3 * DAY)
    sweeping.sweep(house)
    put_in_force(house, changed(("look: {by: desk}", "look: {by: [desk, lab]}")))
    before, messages = state_of(house, number), sent(house, number)
    moved = over(house, number)
    assert (moved.due, moved.clocks, moved.tasks, moved.values, moved.left) == ({}, {}, {}, (), ())
    case = state_of(house, number)
    assert (case.clocks, case.fields, case.sealed, case.state) == (before.clocks, before.fields, before.sealed, before.state)
    assert sent(house, number) == messages and do(house, number, "look", "bob").acts["look"].actors == ["bob"]


def test_there_and_back_again(office: tuple[House, VirtualClock]) -> None:
    house, clock = office
    number = opened(house)
    put_in_force(house, changed(("  reply:", "  letter:")))
    clock.move_to(START + DAY)
    over(house, number)
    assert {name: run.status for name, run in state_of(house, number).clocks.items()} == {"reply": "cancelled", "letter": "running"}
    clock.move_to(START + 2 * DAY)
    moved = to_next(house, number, to=1).moved[0]
    assert moved.versions == (2, 1) and moved.clocks["letter"] == "cancelled"


# --- clocks -------------------------------------------------------------------------------------------------------------


def test_a_longer_limit_withdraws_the_breach_and_arms_its_rungs_again(office: tuple[House, VirtualClock]) -> None:
    house, clock = office
    number = opened(house)
    clock.move_to(due_on(5) + HOUR)
    sweeping.sweep(house)
    put_in_force(house, changed(("within: 5 days", "within: 8 days")))
    over(house, number)
    assert kinds(house, number)[-2:] == ["migrated", "breach_withdrawn reply"]
    clock.move_to(due_on(8) + HOUR)
    sweeping.sweep(house)
    assert kinds(house, number)[-2:] == ["breach reply", "rung reply due"]
    assert kinds(house, number).count("rung reply due") == 2 and kinds(house, number).count("rung reply 50%") == 1


def test_a_shorter_limit_that_has_passed_is_a_breach_as_of_then_with_one_message(office: tuple[House, VirtualClock]) -> None:
    house, clock = office
    number = opened(house)
    put_in_force(house, changed(("within: 5 days", "within: 1 days")))
    clock.move_to(START + 2 * DAY)
    over(house, number)
    tail = [(event.kind, event.occurred_at) for event in events_of(house, number)][-2:]
    assert tail == [("breach", due_on(1)), ("rung", due_on(1))]
    assert sent(house, number) == [("escalated", "carl"), ("escalated", "ann")], "and no reminder of half the time on top of it"


def test_start_stops_and_extensions_are_kept(office: tuple[House, VirtualClock]) -> None:
    extend = ("within: 5 days\n", "within: 5 days\n    extend: {by: manager, up_to: 9 days}\n")
    house, clock = small_house(changed(extend))
    number = opened(house)
    postponing.pause(house, number, as_("ann"), "reply", "asked")
    clock.move_to(START + 3 * DAY)
    postponing.resume(house, number, as_("ann"), "reply")
    postponing.extend(house, number, as_("carl"), "reply", "2 days")
    put_in_force(house, changed(extend, ("within: 5 days", "within: 10 days")))
    over(house, number)
    assert state_of(house, number).clocks["reply"].due_at == due_on(10 + 2 + 2)    # two whole dates on which it stood still


def test_a_clock_that_the_version_lacks_is_cancelled(office: tuple[House, VirtualClock]) -> None:
    house, clock = office
    number = opened(house)
    put_in_force(house, PROCEDURE[: PROCEDURE.index("clocks:")])
    clock.move_to(START + DAY)
    moved = over(house, number)
    assert (moved.clocks, moved.due) == ({"reply": "cancelled"}, {"reply": (due_on(5), None)})
    clock.move_to(START + 9 * DAY)
    assert sweeping.sweep(house).events == 0


NEW = """
  seen: {from: look, until: answer, within: 4 days}
  heard: {from: opened, until: look, within: 4 days}
  dated: {from: since, until: answer, within: 30 days}
  quiet: {from: opened, until: answer, within: 3 days, pause: {in: asking}}
  later: {from: check, until: answer, within: 3 days}
"""


def test_a_clock_that_only_the_version_has_runs_as_if_it_always_had(office: tuple[House, VirtualClock]) -> None:
    house, clock = office
    number = opened(house, since="2026-02-20")
    clock.move_to(START + DAY)
    do(house, number, "look")
    do(house, number, "ask")
    put_in_force(house, PROCEDURE + NEW)
    clock.move_to(START + 8 * DAY)
    moved = over(house, number)
    runs = state_of(house, number).clocks
    assert set(runs) == {"reply", "seen", "dated", "quiet"}, "heard was met, nothing of later has happened"
    assert (runs["seen"].started_at, runs["seen"].due_at) == (START + DAY, due_on(5))
    assert runs["dated"].due_at == datetime(2026, 3, 23, tzinfo=UTC)
    assert (runs["quiet"].status, runs["quiet"].stops[0].since) == ("paused", START + DAY)
    assert moved.due["seen"] == (None, due_on(5)) and moved.clocks["quiet"] == "paused"
    assert runs["seen"].breached_at == due_on(5) and runs["quiet"].breached_at is None
    clock.move_to(START + 9 * DAY)
    do(house, number, "heard")
    assert state_of(house, number).clocks["quiet"].due_at == due_on(3 + 7)


def test_another_ladder_sends_one_message_for_what_has_passed_and_repeats_nothing(office: tuple[House, VirtualClock]) -> None:
    house, clock = office
    number = opened(house)
    clock.move_to(START + 4 * DAY)
    sweeping.sweep(house)
    assert sent(house, number) == [("reminder", "ann")]
    rungs = ("      - {at: 50%, remind: owner}\n", """      - {at: 10%, remind: owner}
      - {at: 20%, remind: superior of owner}
      - {at: 50%, remind: owner}
      - {at: 90%, remind: owner}
""")
    put_in_force(house, changed(rungs))
    over(house, number)
    assert sent(house, number) == [("reminder", "ann"), ("reminder", "carl")]
    clock.move_to(due_on(5) + HOUR)
    sweeping.sweep(house)
    assert [kind for kind in kinds(house, number) if kind.startswith("rung")] == [
        "rung reply 50%", "rung reply 20%", "rung reply 90%", "rung reply due"
    ]


def test_what_would_have_stopped_a_clock_stops_it_as_of_then(office: tuple[House, VirtualClock]) -> None:
    house, clock = office
    number = opened(house)
    clock.move_to(START + DAY)
    do(house, number, "look")
    clock.move_to(due_on(5) + HOUR)
    sweeping.sweep(house)
    put_in_force(house, changed(("until: answer", "until: [answer, look]")))
    over(house, number)
    run = state_of(house, number).clocks["reply"]
    assert (run.status, run.ended_at, run.breached_at) == ("met", START + DAY, None)
    assert kinds(house, number)[-2:] == ["migrated", "breach_withdrawn reply"]


def test_a_clock_that_was_met_late_stays_late(office: tuple[House, VirtualClock]) -> None:
    house, clock = office
    number = opened(house)
    clock.move_to(due_on(5) + HOUR)
    do(house, number, "look")
    put_in_force(house, changed(("until: answer", "until: [answer, look]")))
    over(house, number)
    assert state_of(house, number).clocks["reply"].breached_at == due_on(5) and "breach_withdrawn reply" not in kinds(house, number)


def test_finished_clocks_stay_finished(office: tuple[House, VirtualClock]) -> None:
    house, clock = small_house(changed(("until: answer", "until: look")))
    number = opened(house)
    clock.move_to(START + DAY)
    do(house, number, "look")
    before = state_of(house, number).clocks
    put_in_force(house, changed(("within: 5 days", "within: 8 days")))
    assert over(house, number).clocks == {} and state_of(house, number).clocks == before


# --- states and tasks ---------------------------------------------------------------------------------------------------

RENAMED = changed(("checking:", "testing:"), ("to: checking", "to: testing"))


def test_a_state_that_the_version_lacks_must_be_replaced(office: tuple[House, VirtualClock]) -> None:
    house, clock = office
    number = opened(house)
    do(house, number, "check")
    put_in_force(house, RENAMED.replace("weigh: {by: lab, within: 2 days}", "weigh: {by: lab, within: 3 days}\n      smell: {by: lab}"))
    clock.move_to(START + DAY)
    refused = why_not(house, number)
    assert refused.problems == ({"field": "state", "value": "checking", "expected": refused.problems[0]["expected"]},)
    assert "version 2" in refused.why and "checking=" in refused.why
    moved = over(house, number, states={"checking": "testing"})
    assert (moved.states, moved.tasks) == (("checking", "testing"), {"weigh": "open", "paint": "open", "smell": "open"})
    case = state_of(house, number)
    assert (case.state, case.entered_at) == ("testing", START)
    assert {name: (run.state, run.opened_at) for name, run in case.tasks.items()} == {
        "weigh": ("testing", START), "paint": ("testing", START), "smell": ("testing", START + DAY)
    }
    assert case.clocks["weigh"].due_at == due_on(3)
    assert do(house, number, "weigh", "bob").tasks["weigh"].status == "done" and do(house, number, "checked").state == "received"


def test_the_limit_of_a_renamed_state_counts_from_when_it_was_entered() -> None:
    limit = ("    actions: {checked: {by: desk, to: received}}\n", "    within: 3 days\n    actions: {checked: {by: desk, to: received}}\n")
    house, clock = small_house(changed(limit))
    number = opened(house)
    clock.move_to(START + DAY)
    do(house, number, "check")
    put_in_force(house, changed(limit, ("checking:", "testing:"), ("to: checking", "to: testing"), ("within: 3 days", "within: 4 days")))
    clock.move_to(START + 2 * DAY)
    over(house, number, states={"checking": "testing"})
    runs = state_of(house, number).clocks
    assert (runs["checking"].status, runs["testing"].status, runs["testing"].due_at) == ("cancelled", "running", due_on(5))


def test_what_waits_for_approval_is_to_be_asked_for_anew_and_whoever_asked_hears_of_it() -> None:
    asking = PROCEDURE.replace("answer: {by: desk, to: done}", "answer: {by: desk, to: done, approve: manager}")
    house, _ = small_house(asking)
    number = opened(house)
    do(house, number, "answer")
    handing_over.hand_over(house, number, as_("ann"), "bob", "on leave")
    answer, offer = state_of(house, number).requests
    put_in_force(house, asking.replace("approve: manager", "approve: [manager, director]"))
    migrating.migrate(house, [number], Wanted(as_("dora"), reason="new"))
    assert list(state_of(house, number).requests) == [offer]
    assert events_of(house, number)[-1].data["ended"] == {str(answer): "left"} and sent(house, number)[-1] == ("request_answered", "ann")
    assert any("no longer possible" in line for line in reading.history(house, number, THE_SYSTEM)[0][-1].details)


def test_states_that_are_held_go_over_too(office: tuple[House, VirtualClock]) -> None:
    house, _ = office
    number = opened(house)
    do(house, number, "check")
    put_in_force(house, PROCEDURE.replace("actions: {checked:", "actions: {ask: {by: desk, to: asking}, checked:"))
    over(house, number)
    do(house, number, "ask")
    put_in_force(house, RENAMED.replace("actions: {checked:", "actions: {ask: {by: desk, to: asking}, checked:"))
    assert why_not(house, number).problems[0]["value"] == "checking"
    over_again = to_next(house, number, states={"checking": "testing"})
    assert over_again.refused == [] and state_of(house, number).back == ["testing"]
    case = do(house, number, "heard")
    assert case.state == "testing" and {run.status for run in case.tasks.values()} == {"open"}


def test_tasks_come_and_go_with_the_version(office: tuple[House, VirtualClock]) -> None:
    house, clock = office
    number = opened(house, colour="red")
    do(house, number, "check")
    amending.assign(house, number, as_("ann"), "bob", task="paint")
    put_in_force(house, changed(("      weigh: {by: lab, within: 2 days}\n", """      dry: {by: lab, within: 2 days}
      burn: {by: lab, when: colour == 'blue'}
""")))
    clock.move_to(START + DAY)
    moved = over(house, number)
    case = state_of(house, number)
    assert moved.tasks == {"weigh": "cancelled", "dry": "open"} and case.tasks["paint"].assignee == "bob"
    assert (case.clocks["weigh"].status, case.clocks["dry"].started_at) == ("cancelled", START + DAY)
    assert {task.name: task.title for task in reading.show(house, number, THE_SYSTEM).tasks}["weigh"] == "weigh"


@pytest.mark.parametrize("state", ["nowhere", "done"])
def test_a_state_can_only_be_replaced_by_an_open_one_of_the_version(office: tuple[House, VirtualClock], state: str) -> None:
    house, _ = office
    number = opened(house)
    put_in_force(house, RENAMED)
    with pytest.raises(Invalid, match=f"{state} is no open state of small version 2"):
        to_next(house, number, states={"checking": state})


# --- values -------------------------------------------------------------------------------------------------------------


def test_values_of_fields_that_the_version_lacks_are_kept_and_told(office: tuple[House, VirtualClock]) -> None:
    house, _ = office
    number = opened(house, colour="red", words="old words")
    put_in_force(house, changed(("  colour: {type: choice, options: [red, blue]}\n", ""), ("  words: {type: text}\n", "")))
    moved = over(house, number)
    assert moved.left == ("colour", "words") == tuple(migrated(house, number).data["left"])
    assert state_of(house, number).fields["colour"] == "red" and "words" in state_of(house, number).sealed
    assert to_next(house, number, to=1).refused == []
    assert {view.name: view.value for view in reading.show(house, number, THE_SYSTEM).fields} == {"colour": "red", "words": "•••"}


@pytest.mark.parametrize(
    ("given", "old", "new", "field", "value", "expected"),
    [
        ({"colour": "red"}, "options: [red, blue]", "options: [green, blue]", "colour", "red", "green"),
        ({"colour": "red"}, "{type: choice, options: [red, blue]}", "{type: number}", "colour", "red", "number"),
        ({"amount": "12.50"}, "currency: EUR", "currency: USD", "amount", "12.50", "USD"),
        ({"words": "many words"}, "words: {type: text}", "words: {type: text, length: 3}", "words", "many words", "3"),
        ({"words": "mine"}, "words: {type: text}", "words: {type: text, personal: false}", "words", "mine", "personal data as before"),
        ({"colour": "red"}, "colour: {type: choice,", "colour: {personal: true, type: choice,", "colour", "red", "no personal data"),
        ({}, "words: {type: text}", "words: {type: text, required: true}", "words", "", "each case of version 2 has one"),
    ],
)
def test_a_value_that_does_not_fit_is_told_with_what_would(
    office: tuple[House, VirtualClock], given: dict[str, Any], old: str, new: str, field: str, value: str, expected: str
) -> None:
    house, _ = office
    number = opened(house, **given)
    put_in_force(house, changed((old, new)))
    (problem,) = why_not(house, number).problems
    assert (problem["field"], problem["value"]) == (field, value) and expected in problem["expected"]


def test_all_that_is_in_the_way_is_told_at_once(office: tuple[House, VirtualClock]) -> None:
    house, _ = office
    number = opened(house, colour="red", amount="12.50")
    do(house, number, "check")
    put_in_force(house, RENAMED.replace("[red, blue]", "[green]").replace("EUR", "USD"))
    assert [problem["field"] for problem in why_not(house, number).problems] == ["state", "colour", "amount"]


def test_given_values_replace_those_that_do_not_fit_and_no_others(office: tuple[House, VirtualClock]) -> None:
    house, _ = office
    fits, fits_not, empty = opened(house, colour="blue"), opened(house, colour="red"), opened(house)
    put_in_force(house, changed(("options: [red, blue]}", "options: [green, blue], required: true}")))
    done = to_next(house, fits, fits_not, empty, given={"colour": "green"})
    assert done.refused == [] and [moved.values for moved in done.moved] == [(), ("colour",), ("colour",)]
    assert [state_of(house, number).fields["colour"] for number in (fits, fits_not, empty)] == ["blue", "green", "green"]
    assert migrated(house, fits_not).data["set"] == {"colour": ["red", "green"]}


def test_a_given_value_that_the_version_refuses_is_refused_before_anything_changes(office: tuple[House, VirtualClock]) -> None:
    house, _ = office
    number = opened(house)
    put_in_force(house, changed(("[red, blue]", "[green]")))
    with pytest.raises(Invalid) as refused:
        to_next(house, number, given={"colour": "red"})
    assert refused.value.facts["field"] == "colour"


def test_values_that_read_otherwise_are_written_anew_and_new_fields_get_their_defaults(office: tuple[House, VirtualClock]) -> None:
    house, _ = office
    number = opened(house, colour="red", since="2026-02-20")
    put_in_force(house, changed(
        ("options: [red, blue]}", "options: [red, blue], many: true}\n  size: {type: number, default: 3}")
    ))
    assert over(house, number).values == ("colour", "size")
    assert state_of(house, number).fields == {"colour": ["red"], "since": "2026-02-20", "size": "3"}


# --- who, when, which ---------------------------------------------------------------------------------------------------


def test_a_closed_case_and_one_that_is_there_already_are_refused(office: tuple[House, VirtualClock]) -> None:
    house, _ = office
    number, closed = opened(house), opened(house)
    do(house, closed, "answer")
    assert "is on version 1 already" in why_not(house, number).why
    put_in_force(house, RENAMED)
    assert "was closed" in why_not(house, closed).why


def test_what_had_fallen_due_is_settled_first_by_the_old_version(office: tuple[House, VirtualClock]) -> None:
    house, clock = office
    number = opened(house)
    put_in_force(house, PROCEDURE[: PROCEDURE.index("clocks:")])
    clock.move_to(due_on(5) + HOUR)
    over(house, number)
    assert kinds(house, number)[-4:] == ["rung reply 50%", "breach reply", "rung reply due", "migrated"]


def test_reason_version_number_and_person_are_checked_before_anything_changes(office: tuple[House, VirtualClock]) -> None:
    house, _ = office
    number = opened(house)
    put_in_force(house, RENAMED)
    before = dump(house)
    with pytest.raises(Invalid):
        to_next(house, number, reason=" ")
    with pytest.raises(NotFound, match="version 7"):
        to_next(house, number, to=7)
    with pytest.raises(NotFound):
        to_next(house, number, "S-1999-001")
    with pytest.raises(Invalid, match="nobody"):
        migrating.migrate(house, [number], Wanted(as_("nobody"), "x"))
    assert dump(house) == before


def test_from_then_on_the_new_version_decides(office: tuple[House, VirtualClock]) -> None:
    house, clock = office
    number = opened(house)
    close = "      see: {by: manager}\n      close: {by: system, after: 2 days, to: done}\n"
    put_in_force(house, changed(("      look: {by: desk}\n", close)))
    clock.move_to(START + DAY)
    over(house, number)
    with pytest.raises(NotAllowed):
        do(house, number, "look")
    with pytest.raises(Denied):
        do(house, number, "see")
    assert do(house, number, "see", "carl").acts["see"].count == 1
    clock.move_to(START + 4 * DAY)
    sweeping.sweep(house)
    assert state_of(house, number).state == "done"


def test_actions_of_the_scheduler_that_the_version_makes_possible_are_taken_at_once(office: tuple[House, VirtualClock]) -> None:
    house, _ = office
    number = opened(house, colour="red")
    put_in_force(house, changed(("      look: {by: desk}\n", "      close: {by: system, when: colour == 'red', to: done}\n")))
    over(house, number)
    assert state_of(house, number).state == "done"


# --- many ---------------------------------------------------------------------------------------------------------------


class Crash(BaseException):
    """The machine goes down."""


def test_every_open_case_of_a_bundle_goes_over_and_a_refused_one_holds_up_nobody(office: tuple[House, VirtualClock]) -> None:
    house, _ = office
    numbers = [opened(house, colour="red" if n == 1 else "blue") for n in range(4)]
    do(house, numbers[3], "answer")
    put_in_force(house, changed(("[red, blue]", "[green, blue]"), ("within: 5 days", "within: 8 days")))
    new = opened(house)
    told: list[tuple[int, int]] = []
    done = migrating.migrate_all(house, "small", Wanted(as_("dora"), "new law"), progress=lambda *so_far: told.append(so_far))
    assert [moved.number for moved in done.moved] == [numbers[0], numbers[2]]
    assert [refused.number for refused in done.refused] == [numbers[1]] and told == [(3, 3)]
    assert [reading.show(house, number, THE_SYSTEM).version for number in (*numbers, new)] == [2, 1, 2, 1, 2]
    again = migrating.migrate_all(house, "small", Wanted(as_("dora"), "new law", given={"colour": "green"}))
    assert [moved.number for moved in again.moved] == [numbers[1]] and again.refused == []
    assert auditing.verify(house).problems == []


def test_a_crash_in_the_middle_is_made_good_by_doing_it_again(
    office: tuple[House, VirtualClock], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrating, "BATCH", 2)
    house, _ = office
    numbers = [opened(house) for _ in range(5)]
    put_in_force(house, changed(("within: 5 days", "within: 8 days")))

    def crash(done: int, _: int) -> None:
        if done == 4:
            raise Crash

    with pytest.raises(Crash):
        migrating.migrate_all(house, "small", Wanted(as_("dora"), "new law"), progress=crash)
    assert [kinds(house, number).count("migrated") for number in numbers] == [1, 1, 1, 1, 0]
    assert len(migrating.migrate_all(house, "small", Wanted(as_("dora"), "new law")).moved) == 1
    assert [kinds(house, number).count("migrated") for number in numbers] == [1] * 5


def test_only_those_on_one_version_can_be_chosen(office: tuple[House, VirtualClock]) -> None:
    house, _ = office
    first = opened(house)
    put_in_force(house, RENAMED)
    second = opened(house)
    put_in_force(house, changed(("within: 5 days", "within: 8 days")))
    done = migrating.migrate_all(house, "small", Wanted(as_("dora"), "new law"), since=2)
    assert [moved.number for moved in done.moved] == [second] and reading.show(house, first, THE_SYSTEM).version == 1


def test_a_dry_run_tells_everything_and_changes_nothing(office: tuple[House, VirtualClock]) -> None:
    house, clock = office
    fits, fits_not = opened(house), opened(house, colour="red")
    put_in_force(house, changed(("[red, blue]", "[green, blue]"), ("within: 5 days", "within: 1 days")))
    clock.move_to(START + 3 * DAY)
    before = dump(house)
    dry = migrating.migrate_all(house, "small", Wanted(as_("dora"), "", dry_run=True))
    assert dump(house) == before
    assert [(moved.number, moved.due) for moved in dry.moved] == [(fits, {"reply": (due_on(5), due_on(1))})]
    assert [refused.number for refused in dry.refused] == [fits_not]
    assert migrating.migrate_all(house, "small", Wanted(as_("dora"), "new law")).moved == dry.moved


# --- looking at it afterwards -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "what", "details"),
    [
        ("en", "moved the case from version 1 of its procedure to version 2", [
            "•••", "state: checking → testing", "no longer asked for, kept in history: colour", "paint: open", "weigh: open",
            "quick: due 2026-03-04 24:00", "reply: due 2026-03-10 24:00, it was 2026-03-07 24:00",
        ]),
        ("zh", "将案件从流程第 1 版转到第 2 版", [
            "•••", "状态：checking → testing", "不再要求填写，保留在历史中：colour", "paint: 在办", "weigh: 在办",
            "quick：2026-03-04 24:00 到期", "reply：到期时间 2026-03-10 24:00，原为 2026-03-07 24:00",
        ]),
    ],
)
def test_history_tells_it_in_words(office: tuple[House, VirtualClock], language: str, what: str, details: list[str]) -> None:
    house, clock = office
    number = opened(house, colour="red")
    do(house, number, "check")
    put_in_force(house, RENAMED.replace("  colour: {type: choice, options: [red, blue]}\n", "").replace("within: 5 days", "within: 8 days")
                 + "  quick: {from: opened, until: answer, within: 2 days}\n")
    clock.move_to(START + DAY)
    over(house, number, states={"checking": "testing"})
    speak(language)
    try:
        line = reading.history(house, number, THE_SYSTEM)[0][-1]
    finally:
        speak("en")
    assert line.what == what and list(line.details) == details


def test_clocks_of_former_versions_and_how_due_times_came_about_can_be_seen(office: tuple[House, VirtualClock]) -> None:
    house, clock = office
    number = opened(house)
    put_in_force(house, changed(("  reply:", "  letter:"), ("within: 5 days", "within: 8 days")))
    clock.move_to(START + DAY)
    over(house, number)
    put_in_force(house, changed(("  reply:", "  letter:"), ("within: 5 days", "within: 9 days")))
    to_next(house, number)
    figures = {one.name: one for one in case_clocks(house, number, explained=True, actor=THE_SYSTEM).clocks}
    assert figures["reply"].status == "cancelled" and figures["letter"].due_at == due_on(9)
    text = list((figures["letter"].explanation or {})["text"])
    assert any("moved the case from version 2 of its procedure to version 3" in line for line in text), text
    clocks = reading.show(house, number, THE_SYSTEM).clocks
    assert {view.name: view.status for view in clocks} == {"reply": "cancelled", "letter": "running"}
    assert listing.list_cases(house, actor=THE_SYSTEM).lines[0].due_at == due_on(9)


def test_time_is_booked_by_the_version_of_then(office: tuple[House, VirtualClock]) -> None:
    house, clock = office
    number = opened(house)
    do(house, number, "ask")
    clock.move_to(START + DAY)
    put_in_force(house, changed(("  asking:\n", "  asking:\n    awaits: customer\n")))
    over(house, number)
    clock.move_to(START + 3 * DAY)
    assert case_accounts(house, number, THE_SYSTEM).accounts.waiting_for_customer == 2 * DAY


# --- history played once more -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_clocks_played_from_history_are_those_that_ran(seed: int) -> None:
    house, numbers = lived(seed)
    for number in numbers:
        events = events_of(house, number)
        with house.store.reading() as conn:
            work = take_up(house, conn, cases.load(conn, number), house.clock.now())
            runs = played(work.definition, work.definition.all_clocks, events, {}, work.calendars, work.evaluate(work.now), work.live)
        assert runs.keys() == work.case.clocks.keys()
        for name, ran in work.case.clocks.items():
            if not ran.extended and all(stop.why != "by hand" for stop in ran.stops):     # what people did to a clock alone is not played
                assert _course(runs[name]) == _course(ran)


def _course(run: ClockRun) -> tuple[Any, ...]:
    """How a run went; the limit of one that stopped may have been another, since it is played with the values of now."""
    limit = (run.budget, run.due_at) if run.status in ("running", "paused") else ()
    return (run.status, run.run, run.started_at, run.ended_at, *limit, *((stop.since, stop.until, stop.why) for stop in run.stops))


# --- with what else a clock can say ---------------------------------------------------------------------------------------


def test_whatever_a_clock_says_of_later_changes_a_new_version_counts_from_the_start(office: tuple[House, VirtualClock]) -> None:
    house, clock = office
    forward, reset = opened(house), opened(house)
    clock.move_to(START + 2 * DAY)
    put_in_force(house, changed(("within: 5 days", "within: 8 days\n    recompute: forward")))
    over(house, forward)
    put_in_force(house, changed(("within: 5 days", "within: 8 days\n    recompute: reset")))
    over(house, reset)
    runs = [state_of(house, number).clocks["reply"] for number in (forward, reset)]
    assert [(run.due_at, run.run, run.started_at) for run in runs] == [(due_on(8), 1, START)] * 2


def test_a_clock_that_does_not_apply_under_the_version_is_off_until_it_does(office: tuple[House, VirtualClock]) -> None:
    house, clock = office
    number = opened(house, colour="blue")
    put_in_force(house, changed(("within: 5 days", "within: 5 days\n    when: colour == 'red'"))
                 + "  quick: {from: opened, until: answer, within: 2 days, when: colour == 'red'}\n")
    clock.move_to(START + DAY)
    moved = over(house, number)
    assert moved.clocks == {"reply": "off", "quick": "off"} and kinds(house, number)[-2:] == ["migrated", "clock_off reply"]
    amending.correct(house, number, as_("ann"), {"colour": "red"}, "it was red")
    runs = state_of(house, number).clocks
    assert (runs["reply"].due_at, runs["quick"].due_at) == (due_on(5), due_on(2))


def test_tasks_that_open_at_a_time_open_when_it_comes(office: tuple[House, VirtualClock]) -> None:
    house, clock = office
    number = opened(house)
    do(house, number, "check")
    put_in_force(house, changed(("      paint: {by: lab}\n", "      paint: {by: lab}\n      stir: {by: lab, every: 3 days}\n")))
    clock.move_to(START + DAY)
    assert over(house, number).tasks == {}
    clock.move_to(START + 4 * DAY)
    sweeping.sweep(house)
    assert state_of(house, number).tasks["stir"].status == "open"


def test_what_was_dated_back_counts_as_of_then_for_a_new_clock() -> None:
    dated = ("look: {by: desk}", "look: {by: desk, backdate: 5 days}")
    house, clock = small_house(changed(dated))
    number = opened(house)
    clock.move_to(START + 2 * DAY)
    acting.act(house, number, "look", as_("ann"), at=(START + DAY).isoformat())
    more = "  seen: {from: look, until: answer, within: 4 days}\n  first: {from: opened, until: look, within: 4 days}\n"
    put_in_force(house, changed(dated) + more)
    over(house, number)
    runs = state_of(house, number).clocks
    assert set(runs) == {"reply", "seen"} and (runs["seen"].started_at, runs["seen"].due_at) == (START + DAY, due_on(5))


def test_a_clock_that_recurs_runs_in_its_present_period_without_a_message_for_those_past(office: tuple[House, VirtualClock]) -> None:
    house, clock = office
    number = opened(house)
    put_in_force(house, PROCEDURE + """
  care: {from: opened, every: 2 days, ladder: [{at: due, remind: owner}]}
  visit: {every: 3 days, from: opened, until: look}
""")
    clock.move_to(START + DAY)
    do(house, number, "look")
    clock.move_to(START + 7 * DAY)
    before = sent(house, number)
    over(house, number)
    runs = state_of(house, number).clocks
    assert (runs["care"].run, runs["care"].due_at) == (4, due_on(8)) and "ended care" not in kinds(house, number)
    assert (runs["visit"].run, runs["visit"].started_at, runs["visit"].breached_at) == (2, START + DAY, due_on(4))
    assert len(sent(house, number)) == len(before) + 3, "half the time of the reply, then its two escalations"
