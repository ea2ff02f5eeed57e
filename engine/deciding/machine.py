"""The state machine of a published version: what is possible in a case, what is refused, and where an action leads.

The machine (`transitions`) is built once per definition, shared, and keeps nothing between calls: it moves a throw-away
`Situation`, guarded by `obstacles`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transitions import Machine, MachineError

from engine.deciding.choosing import holding
from engine.deciding.obstacles import BACK, Situation, acting, find, obstacles
from engine.deciding.reasons import DENIALS, Obstacle, Reason
from engine.defining.definition import Action, Definition, Task, WhoKind
from engine.ground.errors import Denied, Invalid, MakegoodError, NotAllowed
from engine.ground.language import say, spoken


@dataclass(frozen=True, slots=True)
class Option:
    """An action or task of the present state for one actor; possible when nothing stands in its way."""

    name: str
    title: str
    kind: str                       # "action" or "task"
    to: str | None
    require: tuple[str, ...]        # fields that must be filled as the case is now
    obstacles: tuple[Obstacle, ...]
    require_if: Mapping[str, str]   # fields that must be filled once a condition holds, as it may by what is given with the action


def options(situation: Situation) -> list[Option]:
    """Every action and open task of the present state, each with what stands in the way of this actor."""
    definition, case = situation.definition, situation.case
    state = definition.states[case.state]
    found: list[Option] = []
    for task in state.tasks.values():
        if find(definition, case, task.name) is task:
            found.append(_option(situation, task, None))
    for action in state.actions.values():
        if any(who.kind is WhoKind.SYSTEM for who in action.by) and len(action.by) == 1:
            continue
        found.append(_option(situation, action, action.to))
    return found


def _option(situation: Situation, what: Action | Task, to: str | None) -> Option:
    now = holding(what.require, situation.scope)
    later = {case.value: str(case.when) for case in what.require if case.value not in now}
    kind = "action" if isinstance(what, Action) else "task"
    found = tuple(obstacles(acting(situation, what), what))
    return Option(what.name, what.title.in_(spoken()) or what.name, kind, to, tuple(now), found, later)


def refusal(situation: Situation, name: str, found: Sequence[Obstacle]) -> MakegoodError:
    """The error that tells why `name` was refused, with what would be possible instead."""
    case = situation.case
    facts: dict[str, Any] = {"case": case.number, "state": case.state, "action": name, "reasons": [o.reason.value for o in found]}
    why = "; ".join(o.message for o in found)
    message = say("{case}: {action} is not possible: {why}", case=case.number, action=name, why=why)
    first = found[0].reason
    if first in DENIALS:
        return Denied(
            message,
            hint=say("`makegood case act {case}` lists what is possible for you, and why the rest is not.", case=case.number),
            **facts,
        )
    if first is Reason.REQUIRE:
        return Invalid(message, hint=say("Give them with --set field=value (a comment with --comment)."), **facts)
    possible = [option.name for option in options(situation) if not option.obstacles]
    hint = (
        say("Possible now: {possible}.", possible=", ".join(possible))
        if possible
        else say("Nothing is possible for {who} now.", who=situation.actor.id)
    )
    return NotAllowed(message, hint=hint, possible=possible, **facts)


def not_here(situation: Situation, name: str) -> MakegoodError:
    """The refusal of an action or task that the present state does not have (or that nothing has)."""
    import difflib

    case, definition = situation.case, situation.definition
    known = {action for state in definition.states.values() for action in (*state.actions, *state.tasks)}
    where = definition.states[case.state].title.in_(spoken()) or case.state
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        why = say("there is no action or task of that name") + (say("; did you mean '{near}'?", near=near[0]) if near else "")
        return refusal(situation, name, [Obstacle(Reason.STATE, why)])
    if definition.states[case.state].final:
        return refusal(situation, name, [Obstacle(Reason.CLOSED, say("the case is closed ({state})", state=where))])
    return refusal(situation, name, [Obstacle(Reason.STATE, say("the case is in state {state}", state=where))])


def move(situation: Situation, action: Action) -> str:
    """Run the machine: the state after the action. Raises the refusal when something stands in the way."""
    situation.state, situation.chosen = situation.case.state, action
    try:
        moved = machine_of(situation.definition).events[action.name].trigger(situation)
    except MachineError:
        raise not_here(situation, action.name) from None
    if not moved:
        raise refusal(situation, action.name, obstacles(situation, action))
    return situation.state


_machines: dict[int, tuple[Definition, Machine]] = {}


def machine_of(definition: Definition) -> Machine:
    """The machine of a definition: built at the first call, then shared by every case of that version."""
    known = _machines.get(id(definition))
    if known is not None and known[0] is definition:
        return known[1]
    if len(_machines) >= 256:
        _machines.clear()
    machine = _build(definition)
    _machines[id(definition)] = (definition, machine)
    return machine


def _free(event: Any) -> bool:
    return not obstacles(event.model, event.model.chosen)


def _leads_back_to(state: str) -> Callable[[Any], bool]:
    return lambda event: bool(event.model.case.back) and event.model.case.back[-1] == state


def _build(definition: Definition) -> Machine:
    machine = Machine(
        model=None, states=list(definition.states), initial=None, auto_transitions=False, send_event=True, queued=False,
    )
    for state in definition.states.values():
        for action in state.actions.values():
            if action.to == BACK:
                for origin in definition.states.values():
                    machine.add_transition(action.name, state.name, origin.name, conditions=[_leads_back_to(origin.name), _free])
            else:
                machine.add_transition(action.name, state.name, action.to, conditions=[_free])   # no `to`: stays (internal)
    return machine
