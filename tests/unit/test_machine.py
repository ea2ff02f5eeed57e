"""The state machine of a published version: one for all its cases, without a memory, with no way in but the actions of the definition."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engine.deciding.case import CaseState
from engine.deciding.machine import machine_of, move, options
from engine.deciding.obstacles import Situation
from engine.deciding.rights import Actor
from engine.defining.bundle import definition_of
from engine.defining.definition import Definition
from engine.defining.organisation import Organisation, Person
from engine.defining.yaml_file import read_tree
from engine.ground.errors import MakegoodError, NotAllowed
from tests.always import ALWAYS

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUSE = Organisation(name="o", people={"ann": Person(id="ann", name="Ann", roles=("desk",)), "eve": Person(id="eve", name="Eve", roles=())})
PROCEDURE = """
procedure: round
number: "R-{year}-{serial:03}"
calendar: office
languages: [en]
roles: {desk: {}}
states:
  new:
    actions:
      take: {by: desk, to: waiting}
      look: {by: desk}
      drop: {by: desk, to: done}
  busy:
    actions:
      take: {by: desk, to: waiting}
      drop: {by: desk, to: done}
  waiting:
    actions:
      answered: {by: desk, to: back}
  done: {final: true}
"""


def definition() -> Definition:
    return definition_of({"procedure": read_tree(PROCEDURE, "procedure.yaml").value})


def situation(of: Definition, state: str, who: str = "ann", back: tuple[str, ...] = ()) -> Situation:
    case = CaseState("R-2026-001", 1, NOW, state=state, back=list(back))
    return Situation(of, case, Actor(who), HOUSE, NOW, {}, lambda _: None, lambda _: ALWAYS)


def test_one_machine_serves_every_case_of_a_version() -> None:
    first, second = definition(), definition()
    assert machine_of(first) is machine_of(first)
    assert machine_of(first) is not machine_of(second)      # another version, though it says the same


def test_nothing_moves_a_case_but_the_actions_of_its_definition() -> None:
    of = definition()
    assert set(machine_of(of).events) == {"take", "look", "drop", "answered"}      # no to_done() or the like
    for state in of.states:
        assert {name for name in machine_of(of).events if name in machine_of(of).get_triggers(state)} == set(of.states[state].actions)


def test_the_machine_keeps_nothing_between_calls() -> None:
    of = definition()
    machine = machine_of(of)
    before = (len(machine.models), machine.initial)
    moved = situation(of, "new")
    assert move(moved, of.states["new"].actions["take"]) == "waiting"
    assert moved.case.state == "new"                        # deciding changes no case: only an event does
    with pytest.raises(MakegoodError):
        move(situation(of, "new", who="eve"), of.states["new"].actions["take"])
    assert move(situation(of, "new"), of.states["new"].actions["drop"]) == "done"
    assert (len(machine.models), machine.initial) == before == (0, None)


def test_many_threads_share_the_machine() -> None:
    of = definition()

    def once(turn: int) -> str:
        here, action, back = [("new", "take", ()), ("busy", "drop", ()), ("waiting", "answered", ("busy",)), ("new", "look", ())][turn % 4]
        return move(situation(of, here, back=back), of.states[here].actions[action])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(once, range(400))) == ["waiting", "done", "busy", "new"] * 100


def test_back_leads_to_the_state_that_was_left_and_nowhere_else() -> None:
    of = definition()
    answered = of.states["waiting"].actions["answered"]
    assert move(situation(of, "waiting", back=("new",)), answered) == "new"
    assert move(situation(of, "waiting", back=("new", "busy")), answered) == "busy"
    with pytest.raises(NotAllowed, match="no state to go back to"):
        move(situation(of, "waiting"), answered)


def test_every_action_is_listed_and_each_impossible_one_says_why() -> None:
    of = definition()
    assert [(o.name, o.obstacles) for o in options(situation(of, "new"))] == [("take", ()), ("look", ()), ("drop", ())]
    refused = options(situation(of, "new", who="eve"))
    assert [[reason.reason.value for reason in option.obstacles] for option in refused] == [["role"]] * 3
    assert all("ann" in reason.message for option in refused for reason in option.obstacles)


def test_what_is_listed_as_possible_is_taken_and_the_rest_is_refused_for_the_reasons_listed() -> None:
    of = definition()
    for state, back in (("new", ()), ("busy", ()), ("waiting", ("busy",)), ("waiting", ()), ("done", ())):
        for who in ("ann", "eve"):
            for option in options(situation(of, state, who, back)):
                here = situation(of, state, who, back)
                action = of.states[state].actions[option.name]
                if not option.obstacles:
                    assert move(here, action) in of.states
                    continue
                with pytest.raises(MakegoodError) as caught:
                    move(replace(here), action)
                assert caught.value.facts["reasons"] == [reason.reason.value for reason in option.obstacles]
