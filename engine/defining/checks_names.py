"""Checks of names: everything that a definition mentions must exist."""

from collections.abc import Iterable, Iterator

from engine.defining.checks_walk import (
    BACK,
    COMMENT,
    Finding,
    View,
    assignments,
    doers,
    doings,
    everybody,
    notices_sent,
    possible,
    requirements,
    written_actions,
)
from engine.defining.clock_parts import pauses, written_tasks
from engine.defining.definition import Definition, DoingKind, FieldType, Task, WhoKind
from engine.defining.problems import nearest
from engine.defining.tree import Path
from engine.ground.language import say


def _unknown(kind: str, name: str, known: Iterable[str], path: Path) -> Finding:
    known = list(known)
    return Finding(
        path,
        say("There is no {kind} '{name}'", kind=kind, name=name),
        nearest=nearest(name, known),
        hint=say("Known: {known}.", known=", ".join(known)) if 0 < len(known) <= 12 else "",
    )


def unknown_states(view: View) -> Iterator[Finding]:
    """States named by `to`, `in` and `pause` that do not exist."""
    definition = view.definition
    for action, path in written_actions(definition):
        if action.to is not None and action.to != BACK and action.to not in definition.states:
            yield _unknown(say("state"), action.to, [*definition.states, BACK], (*path, "to"))
    for what, path in doers(definition):
        for name in what.in_:
            if name not in definition.states:
                yield _unknown(say("state"), name, definition.states, (*path, "in"))
    tasks = _tasks(definition)
    for pause, path in pauses(definition):
        for name in pause.in_:
            if name not in definition.states and name not in tasks:
                yield _unknown(say("state or task"), name, [*definition.states, *tasks], (*path, "in"))


def unknown_fields(view: View) -> Iterator[Finding]:
    """Fields named by `require`, `limit` and `set` that do not exist; a `limit` that is not money."""
    definition = view.definition
    for wanted, path in requirements(definition):
        for index, name in enumerate(possible(wanted)):
            if name not in definition.fields and name != COMMENT:
                yield _unknown(say("field"), name, [*definition.fields, COMMENT], (*path, index))
    for what, path in doers(definition):
        if what.limit is not None and what.limit not in definition.fields:
            yield _unknown(say("field"), what.limit, _money(definition), (*path, "limit"))
        elif what.limit is not None and definition.fields[what.limit].type is not FieldType.MONEY:
            yield Finding(
                (*path, "limit"),
                say("'{name}' is not a field of money", name=what.limit),
                expected=say("a field of type money"),
                hint=_listed(_money(definition)),
            )
    for doing, path in doings(definition):
        if doing.fills:
            for name in assignments(doing):
                if name not in definition.fields:
                    yield _unknown(say("field"), name, definition.fields, (*path, name))


def unknown_notices(view: View) -> Iterator[Finding]:
    """Notices that are sent but not declared."""
    definition = view.definition
    for name, path in notices_sent(definition):
        if name not in definition.notices:
            yield _unknown(say("notice"), name, definition.notices, path)


def unknown_acts(view: View) -> Iterator[Finding]:
    """`act` of something that does not exist, or that the scheduler may not take."""
    definition = view.definition
    targets = {what.name: what for what, _ in doers(definition)}
    for doing, path in doings(definition):
        for name in possible(doing.value) if doing.kind is DoingKind.ACT else ():
            if name not in targets:
                yield _unknown(say("action or task"), name, targets, path)
            elif not any(who.kind in (WhoKind.SYSTEM, WhoKind.ANYONE) for who in targets[name].by):
                yield Finding(
                    path,
                    say("The scheduler may not take '{name}', so this `act` is always refused", name=name),
                    hint=say("Add `system` to the `by` of '{name}'.", name=name),
                )


_ALWAYS_SOMEBODY = (WhoKind.OWNER.value, WhoKind.CUSTOMER.value, WhoKind.SYSTEM.value, WhoKind.ANYONE.value)


def unknown_people(view: View) -> Iterator[Finding]:
    """Names that are neither a role of the procedure nor a field, group or person."""
    definition, organisation = view.definition, view.organisation
    people = [f.name for f in definition.fields.values() if f.type in (FieldType.PARTY, FieldType.PERSON)]
    known = [*definition.roles, *people]
    if organisation is not None:
        known += [*organisation.groups, *organisation.people]
    taken = {what.name for what, _ in doers(definition)}
    for who, path in everybody(definition):
        if who.kind is WhoKind.ACTOR_OF and who.name not in taken:
            yield _unknown(say("action or task"), who.name, taken, path)
        if who.kind is not WhoKind.NAMED or who.name in known:
            continue
        if who.name in definition.fields:
            yield Finding(
                path,
                say("The field '{name}' does not say who", name=who.name),
                expected=say("a field of type party or person"),
                hint=_listed(people),
            )
            continue
        near = nearest(who.name, [*known, *_ALWAYS_SOMEBODY])
        sure = organisation is not None or bool(near)  # without the organisation it may be one of its people or groups
        yield Finding(
            path,
            say("'{name}' is neither a role of this procedure nor a group, a person or a field that says who", name=who.name),
            nearest=near,
            hint=say("Declare it under `roles:`, or name a group or person of the organisation."),
            severity="error" if sure else "warning",
        )


def shared_names(view: View) -> Iterator[Finding]:
    """One name for two things that are counted or asked for by name: two tasks, a task and an action; titles that differ."""
    definition = view.definition
    written = list(written_actions(definition))
    action_names = {action.name for action, _ in written}
    seen: dict[str, Path] = {}
    for _, task, path in written_tasks(definition):
        if task.name in action_names:
            yield Finding(path, say("'{name}' is both a task and an action", name=task.name), hint=_rename())
        if task.name in seen:
            yield Finding(path, say("Two states have a task '{name}'", name=task.name), hint=_rename())
        seen.setdefault(task.name, path)
    titles: dict[str, str] = {}
    for action, path in written:
        title = str(sorted(action.title.items()))
        if action.title and titles.setdefault(action.name, title) != title:
            yield Finding(
                path,
                say("The action '{name}' has different titles in different states", name=action.name),
                severity="warning",
                hint=say(
                    "`at_most`, `done('{name}')` and clocks take both for the same action: rename one if they are not.", name=action.name
                ),
            )


def repeated_bounds(view: View) -> Iterator[Finding]:
    """Actions of one name with different `at_most`: they are counted together."""
    bounds: dict[str, int | None] = {}
    for action, path in written_actions(view.definition):
        if bounds.setdefault(action.name, action.at_most) != action.at_most:
            yield Finding(
                path,
                say("'{name}' has another `at_most` elsewhere, but both are counted together", name=action.name),
                hint=_rename(),
                severity="warning",
            )


def _rename() -> str:
    return say("Rename one of them.")


def _tasks(definition: Definition) -> dict[str, Task]:
    return {task.name: task for _, task in definition.tasks()}


def _money(definition: Definition) -> list[str]:
    return [f.name for f in definition.fields.values() if f.type is FieldType.MONEY]


def _listed(known: list[str]) -> str:
    return say("Known: {known}.", known=", ".join(known)) if known else ""


CHECKS = (
    unknown_states,
    unknown_fields,
    unknown_notices,
    unknown_acts,
    unknown_people,
    shared_names,
    repeated_bounds,
)
