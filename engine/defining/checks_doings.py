"""Checks of doings: branches that are never reached, `actor` where nobody acts, linked cases that cannot be opened."""

from collections.abc import Iterator

from engine.defining.checks_flow import reached
from engine.defining.checks_walk import (
    Finding,
    View,
    assigned,
    certain,
    doings,
    everybody,
    ladders,
    linked,
    opened,
    possible,
    written_actions,
)
from engine.defining.clock_parts import awaited
from engine.defining.definition import Case, Definition, Doing, DoingKind, EventKind, FieldType, LinkedCase, WhoKind
from engine.defining.problems import nearest
from engine.defining.tree import Path
from engine.ground.language import say

_ONE = frozenset({DoingKind.ASSIGN, DoingKind.REASSIGN})


def repeated_conditions(view: View) -> Iterator[Finding]:
    """Branches of a value under a condition that an earlier branch has already."""
    for cases, path in _values(view):
        seen = set()
        for index, case in enumerate(cases):
            if case.when is not None and case.when in seen:
                yield Finding(
                    (*path, index, "when"),
                    say("This branch is never reached: one before it has the same condition"),
                    hint=say("Remove it, or give it another condition."),
                )
            seen.add(case.when)


def _values(view: View) -> Iterator[tuple[tuple[Case, ...], Path]]:
    for _, within, _, path in ladders(view.definition):
        yield within, (*path, "within")
    yield from assigned(view.definition)
    for doing, path in doings(view.definition):
        if doing.kind in _ONE:
            yield doing.value, path


def nobody_acts(view: View) -> Iterator[Finding]:
    """`actor` outside of doings and the notices they send, and in ladders, where nobody acts."""
    doing_keys = {kind.value for kind in DoingKind}
    for who, path in everybody(view.definition):
        if who.kind is not WhoKind.ACTOR:
            continue
        if path[0] != "notices" and path[-1] not in doing_keys:
            yield Finding(path, say("'actor' is known only where something is done besides"), hint=say("Name a role, or use owner."))
        elif "ladder" in path:
            yield Finding(path, say("In a ladder nobody acts, so 'actor' is nobody"), hint=say("Name a role, or use owner."))


def linked_cases(view: View) -> Iterator[Finding]:
    """Linked cases of a procedure that is not there, or with fields that it does not have or does not get."""
    definition = view.definition
    known = {**view.others, definition.name: definition}
    for one, path in linked(definition):
        other = known.get(one.procedure)
        if other is None:
            yield Finding(
                (*path, "procedure"),
                say("There is no procedure '{name}' beside this one", name=one.procedure)
                if view.published is None
                else say("There is no procedure '{name}', neither published nor beside this one", name=one.procedure),
                nearest=nearest(one.procedure, sorted(known)),
                severity="warning" if view.published is None else "error",
                hint=say("Its cases are opened only once it is published."),
            )
            continue
        if view.published is not None and one.procedure not in (*view.published, definition.name):
            yield Finding(
                (*path, "procedure"),
                say("The procedure '{name}' is not published yet", name=one.procedure),
                severity="warning",
                hint=say("Its cases are opened only once it is published."),
            )
        yield from _values_of(other, one, path)


def _values_of(other: Definition, one: LinkedCase, path: Path) -> Iterator[Finding]:
    for name in one.with_:
        if name not in other.fields:
            yield Finding(
                (*path, "with", name),
                say("The procedure '{procedure}' has no field '{name}'", procedure=other.name, name=name),
                nearest=nearest(name, sorted(other.fields)),
            )
        elif other.fields[name].type is FieldType.FILE:
            yield Finding((*path, "with", name), say("A file stays with the case that it was given to"), hint=say("Leave it out."))
    needed = [name for name, field in other.fields.items() if field.required and field.default is None]
    for name in dict.fromkeys([*needed, *certain(other.opening.require)]):
        if name not in one.with_:
            yield Finding(
                path,
                say("A case of '{procedure}' needs '{name}', which is not given", procedure=other.name, name=name),
                hint=say("Write it under `with:`."),
            )


def endless_opening(view: View) -> Iterator[Finding]:
    """Procedures whose cases open each other at once, without end."""
    known = {**view.others, view.definition.name: view.definition}
    lead = {name: set(_at_once(definition)) for name, definition in known.items()}
    for procedure in _at_once(view.definition):
        if view.definition.name in reached(lead, [procedure]):
            yield Finding(
                ("states", view.definition.first_state.name, "entry", "open"),
                say("Every case would open another of its own procedure, without end"),
                hint=say("Give it a condition, or open the other case by an action."),
            )


def _at_once(definition: Definition) -> list[str]:
    """The procedures of which every new case opens one, whatever it says."""
    entry = definition.first_state.entry
    return [linked.procedure for doing in entry if doing.kind is DoingKind.OPEN for linked in certain(doing.value)]


def waiting_when_closed(view: View) -> Iterator[Finding]:
    """Waiting for a linked case in a final state, where only reopening is held up."""
    definition = view.definition
    ends: list[tuple[tuple[Doing, ...], Path]] = [
        (state.entry, ("states", state.name, "entry")) for state in definition.states.values() if state.final
    ]
    ends += [
        (action.do, path) for action, path in written_actions(definition)
        if action.to in definition.states and definition.states[str(action.to)].final
    ]
    for done, path in ends:
        for doing in done:
            if doing.kind is DoingKind.OPEN and any(linked.wait for linked in possible(doing.value)):
                yield Finding(
                    (*path, "open"),
                    say("This case is closed by then: `wait` holds nothing but its reopening"),
                    severity="warning",
                    hint=say("Remove `wait`, or open the other case in a state before."),
                )


def closings_of_nothing(view: View) -> Iterator[Finding]:
    """Events `case x closed` where no case of `x` is ever opened from here."""
    procedures = {linked.procedure for linked, _ in opened(view.definition)}
    for happening, path in awaited(view.definition):
        if happening.kind is EventKind.CASE_CLOSED and happening.name not in procedures:
            yield Finding(
                path,
                say("Nothing here opens a case of '{name}'", name=happening.name),
                nearest=nearest(happening.name, sorted(procedures)),
            )


CHECKS = (repeated_conditions, nobody_acts, linked_cases, endless_opening, waiting_when_closed, closings_of_nothing)
