"""Checks of the flow: states that cannot be reached or never end, `to: back` without a way back, loops and dead keys."""

from collections.abc import Iterable, Iterator, Mapping

from engine.defining.checks_walk import (
    BACK,
    COMMENT,
    Finding,
    View,
    action_path,
    actions,
    assignments,
    by_system,
    doers,
    doings,
    only_system,
    possible,
    written_actions,
)
from engine.defining.definition import Action, Definition, DoingKind, State
from engine.ground.duration import Duration
from engine.ground.language import say


def steps(definition: Definition) -> dict[str, set[str]]:
    """State → the states that one action leads to; `to: back` leads to every state that one can come from."""
    lead: dict[str, set[str]] = {name: set() for name in definition.states}
    for state, action, _ in actions(definition):
        if action.to in definition.states and action.to is not None:
            lead[state.name].add(action.to)
    backs = {state.name for state, action, _ in actions(definition) if action.to == BACK}
    came = {name: {origin for origin, to in lead.items() if name in to and origin != name} for name in backs}
    for name, origins in came.items():
        lead[name] |= origins
    return lead


def reached(lead: Mapping[str, Iterable[str]], starts: Iterable[str]) -> set[str]:
    """Everything that can be reached from the starts, they included."""
    seen, todo = set(starts), list(starts)
    while todo:
        for name in lead.get(todo.pop(), ()):
            if name not in seen:
                seen.add(name)
                todo.append(name)
    return seen


def unreachable(view: View) -> Iterator[Finding]:
    """States that no case can ever come to."""
    definition = view.definition
    first = definition.first_state.name
    seen = reached(steps(definition), definition.beginnings)
    for name in definition.states:
        if name not in seen:
            yield Finding(
                ("states", name),
                say("No case can ever come to the state '{name}'", name=name),
                hint=say("Let an action lead to it with `to: {name}`, or remove it. Cases start in '{first}'.", name=name, first=first),
            )


def without_end(view: View) -> Iterator[Finding]:
    """States from which no final state can be reached."""
    definition = view.definition
    ends = [state.name for state in definition.states.values() if state.final]
    if not ends:
        yield Finding(("states",), say("No state is final, so no case ever ends"), hint=say("Mark the last state with `final: true`."))
        return
    back: dict[str, set[str]] = {name: set() for name in definition.states}
    for origin, tos in steps(definition).items():
        for to in tos:
            back[to].add(origin)
    ending = reached(back, ends)
    for name in definition.states:
        if name not in ending:
            yield Finding(
                ("states", name),
                say("A case in the state '{name}' can never end", name=name),
                hint=say("Add an action that leads towards a final state ({ends}).", ends=", ".join(ends)),
            )


def back_to_nowhere(view: View) -> Iterator[Finding]:
    """`to: back` in states that no other state leads to."""
    lead = steps(view.definition)
    for state, action, path in actions(view.definition):
        if action.to == BACK and not any(state.name in tos for origin, tos in lead.items() if origin != state.name):
            yield Finding(
                (*path, "to"),
                say("`to: back` leads nowhere: no other state leads to '{state}'", state=state.name),
                hint=say("Name the state that '{action}' leads to.", action=action.name),
            )


def after_without_tasks(view: View) -> Iterator[Finding]:
    """`after:` that waits for tasks the state does not have, or for a time that nobody waits for."""
    for state, action, path in actions(view.definition):
        after = action.after
        if after is None:
            continue
        if isinstance(after, Duration):
            if not only_system(action):
                yield Finding(
                    (*path, "after"),
                    say("A time in `after` is for actions of the scheduler, but '{name}' is for people", name=action.name),
                    hint=say("Write `by: system`, or use `when:`."),
                )
            continue
        words = after.split()
        if not state.tasks and not action.anywhere:
            yield Finding(
                (*path, "after"),
                say("'{action}' waits for tasks, but the state '{state}' has none", action=action.name, state=state.name),
            )
        elif words[0].isdigit() and int(words[0]) > len(state.tasks):
            yield Finding(
                (*path, "after"),
                say(
                    "'{action}' waits for {n} tasks, but the state '{state}' has {has}",
                    action=action.name,
                    n=words[0],
                    state=state.name,
                    has=len(state.tasks),
                ),
            )


def idle_system_actions(view: View) -> Iterator[Finding]:
    """System actions that nothing ever sets going: no `when`, no `after`, and no `act` that names them."""
    acted = {name for doing, _ in doings(view.definition) if doing.kind is DoingKind.ACT for name in possible(doing.value)}
    for action, path in written_actions(view.definition):
        if only_system(action) and action.when is None and action.after is None and action.name not in acted:
            yield Finding(
                path,
                say("The scheduler never takes '{name}': it has neither `when` nor `after`, and no `act` names it", name=action.name),
                hint=say("Say when, for example `after: 30 days`."),
            )


def system_requires(view: View) -> Iterator[Finding]:
    """Fields that a system action requires though nobody is ever asked for them: the scheduler brings no values."""
    definition = view.definition
    offered = {name for name, field in definition.fields.items() if field.required or field.default is not None}
    offered |= set(possible(definition.opening.require))
    for what, _ in doers(definition):
        if not only_system(what):
            offered |= set(possible(what.require))
    for doing, _ in doings(definition):
        if doing.fills:
            offered |= set(assignments(doing))
    for what, path in doers(definition):
        for name in possible(what.require) if only_system(what) else ():
            if name == COMMENT or (name in definition.fields and name not in offered):
                yield Finding(
                    (*path, "require"),
                    say("The scheduler takes '{action}', but '{field}' is never offered to anybody before", action=what.name, field=name),
                    hint=say("Require it of an action that people take, or remove it here."),
                )


def system_loops(view: View) -> Iterator[Finding]:
    """System actions that would follow each other without end at one moment."""
    definition = view.definition
    lead: dict[str, set[str]] = {name: set() for name in definition.states}
    quick: list[tuple[State, Action]] = []
    for state, action, path in actions(definition):
        if not by_system(action) or action.at_most is not None or _sets(action) or (action.when is None and action.after is None):
            continue
        if action.to is None or action.to == state.name:
            if action.to is None or not isinstance(action.after, Duration):
                yield Finding(
                    path,
                    say("The scheduler would take '{name}' again and again: it does not leave the state", name=action.name),
                    hint=say("Add `at_most: 1`."),
                )
        elif action.after is None and action.to in definition.states:
            lead[state.name].add(action.to)
            quick.append((state, action))
    for state, action in quick:
        if action.to is not None and state.name in reached(lead, [action.to]):
            yield Finding(
                action_path(state, action),
                say(
                    "System actions lead from '{state}' by '{name}' back to '{state}' without anybody doing anything",
                    state=state.name,
                    name=action.name,
                ),
                hint=say("Give one of them `at_most`, or a value to `set` that ends its `when`."),
            )


def _sets(action: Action) -> bool:
    return any(doing.kind is DoingKind.SET for doing in action.do)


CHECKS = (
    unreachable,
    without_end,
    back_to_nowhere,
    after_without_tasks,
    idle_system_actions,
    system_requires,
    system_loops,
)
