"""What the checks of a definition share: findings with their path, and walks over everything that names something."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any, Literal

from engine.defining.clock_parts import extensions, pauses, written_tasks
from engine.defining.definition import (
    Action,
    Case,
    Definition,
    Doing,
    DoingKind,
    LinkedCase,
    Rung,
    State,
    Task,
    Who,
    WhoKind,
)
from engine.defining.limits import expressions_of
from engine.defining.organisation import Organisation
from engine.defining.tree import Path
from engine.ground.valueclass import valueclass

_WHO_DOINGS = frozenset({DoingKind.ASSIGN, DoingKind.REASSIGN, DoingKind.REMIND, DoingKind.ESCALATE})
BACK = "back"
COMMENT = "comment"


@valueclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong (`error`: cannot be published) or doubtful (`warning`), where, and what to do about it.

    `path` leads through `procedure.yaml`; with `file` (relative to the bundle) it is that file at `line` instead.
    """

    path: Path
    what: str
    expected: str = ""
    nearest: str = ""
    hint: str = ""
    severity: Literal["error", "warning"] = "error"
    file: str = ""
    line: int = 0


@valueclass(frozen=True, slots=True)
class View:
    """What the checks look at: a definition after `complete`, and what is known of the house it shall work in."""

    definition: Definition
    organisation: Organisation | None = None
    calendars: Collection[str] | None = None
    others: Mapping[str, Definition] = field(default_factory=dict)   # procedures that it opens cases of, as far as they can be seen
    published: Collection[str] | None = None                         # which procedures are, where it is to be published


# --- actions, tasks, ladders ----------------------------------------------------------------------------------------


def action_path(state: State, action: Action) -> Path:
    """Where an action is written: in its state, or once under `anywhere`."""
    return ("anywhere", "actions", action.name) if action.anywhere else ("states", state.name, "actions", action.name)


def task_path(state: State, task: Task) -> Path:
    """Where a task is written: in its state, or once under `anywhere`."""
    return ("anywhere", "tasks", task.name) if task.anywhere else ("states", state.name, "tasks", task.name)


def actions(definition: Definition) -> Iterator[tuple[State, Action, Path]]:
    """Every action in every state that has it, with where it is written; those under `anywhere` once per state."""
    for state in definition.states.values():
        for action in state.actions.values():
            yield state, action, action_path(state, action)


def written_actions(definition: Definition) -> Iterator[tuple[Action, Path]]:
    """Every action once, as written."""
    for action in definition.anywhere.actions.values():
        yield action, ("anywhere", "actions", action.name)
    yield from ((action, path) for _, action, path in actions(definition) if not action.anywhere)


def doers(definition: Definition) -> Iterator[tuple[Action | Task, Path]]:
    """Every action and every task once, as written."""
    yield from written_actions(definition)
    for _, task, path in written_tasks(definition):
        yield task, path


def doings(definition: Definition) -> Iterator[tuple[Doing, Path]]:
    """Every doing with where it is written (path ends in its key)."""
    yield from _keyed(definition.opening.do, ("opening",))
    for what, path in doers(definition):
        yield from _keyed(what.do, path)
    for state in definition.states.values():
        yield from _keyed(state.entry, ("states", state.name, "entry"))
    for _, _, rungs, path in ladders(definition):
        for index, rung in enumerate(rungs):
            yield from _keyed(rung.do, (*path, "ladder", index))
    for pause, path in pauses(definition):
        yield from _keyed(pause.then, (*path, "then"))


def _keyed(done: Iterable[Doing], path: Path) -> Iterator[tuple[Doing, Path]]:
    for doing in done:
        yield doing, (*path, doing.kind.value)


# --- who -------------------------------------------------------------------------------------------------------------


def everybody(definition: Definition) -> Iterator[tuple[Who, Path]]:
    """Every mention of somebody, with where it is written; `superior of x` also yields x."""
    for who, path in _mentions(definition):
        inner: Who | None = who
        while inner is not None:
            yield inner, path
            inner = inner.of


def _mentions(definition: Definition) -> Iterator[tuple[Who, Path]]:
    for who in definition.opening.by:
        yield who, ("opening", "by")
    for what, path in doers(definition):
        yield from ((who, (*path, "by")) for who in what.by)
        yield from ((who, (*path, "except")) for who in what.except_)
    for extension, path in extensions(definition):
        yield from ((who, (*path, "by")) for who in extension.by)
    for asked, path in approvals(definition):
        yield from ((one.of, path) for one in possible(asked))
    for spec in definition.fields.values():
        yield from ((who, ("fields", spec.name, "sees")) for who in spec.sees)
    for notice in definition.notices.values():
        yield from ((who, ("notices", notice.name, "to")) for who in possible(notice.to))
    for survey in definition.surveys.values():
        yield from ((who, ("surveys", survey.name, "by")) for who in survey.by)
    for doing, path in doings(definition):
        if doing.kind in _WHO_DOINGS:
            yield from ((who, path) for who in possible(doing.value))


def approvals(definition: Definition) -> Iterator[tuple[tuple[Case, ...], Path]]:
    """Every `approve`, with where it is written."""
    for what, path in (*doers(definition), *extensions(definition)):
        if what.approve:
            yield what.approve, (*path, "approve")


def roles_of(definition: Definition, who: Iterable[Who]) -> list[str]:
    """The roles of the procedure among these, by name."""
    return [one.name for one in who if one.kind is WhoKind.NAMED and one.name in definition.roles]


def by_system(what: Action | Task) -> bool:
    """Whether the scheduler may take it."""
    return any(who.kind is WhoKind.SYSTEM for who in what.by)


def only_system(what: Action | Task) -> bool:
    """Whether nobody but the scheduler may take it."""
    return bool(what.by) and all(who.kind is WhoKind.SYSTEM for who in what.by)


# --- values -----------------------------------------------------------------------------------------------------------


def possible(items: Iterable[Case]) -> tuple[Any, ...]:
    """The values of every case, whatever its condition."""
    return tuple(case.value for case in items)


def certain(items: Iterable[Case]) -> tuple[Any, ...]:
    """The values of the cases without a condition."""
    return tuple(case.value for case in items if case.when is None)


Items = Callable[[Iterable[Case]], tuple[Any, ...]]
"""Which cases are meant: all that are `possible`, or those that are `certain`."""


def requirements(definition: Definition) -> Iterator[tuple[tuple[Case, ...], Path]]:
    """Every `require`, with where it is written."""
    yield definition.opening.require, ("opening", "require")
    for what, path in doers(definition):
        yield what.require, (*path, "require")
    for extension, path in extensions(definition):
        yield extension.require, (*path, "require")


def sent(done: Iterable[Doing], items: Items = possible) -> set[str]:
    """The notices that these doings send; with `certain` only those that they send whatever the case."""
    return {name for doing in done if doing.kind is DoingKind.NOTICE for name in items(doing.value)}


def does_something(done: Iterable[Doing]) -> bool:
    """Whether one of these doings is not under a condition."""
    return any(doing.fills or certain(doing.value) for doing in done)


def notices_sent(definition: Definition) -> Iterator[tuple[str, Path]]:
    """Every mention of a notice that is sent, with where it is written."""
    for doing, path in doings(definition):
        if doing.kind is DoingKind.NOTICE:
            yield from ((name, path) for name in possible(doing.value))
    for extension, path in extensions(definition):
        yield from ((name, (*path, "notice")) for name in possible(extension.notice))


def conditional(definition: Definition) -> Iterator[tuple[tuple[Case, ...], Path]]:
    """Every list and value, other than limits, that may hold conditions, with where it is written."""
    yield from requirements(definition)
    yield from approvals(definition)
    for notice in definition.notices.values():
        yield notice.to, ("notices", notice.name, "to")
    for extension, path in extensions(definition):
        yield extension.notice, (*path, "notice")
    for doing, path in doings(definition):
        if not doing.fills:
            yield doing.value, path
    yield from assigned(definition)


def assigned(definition: Definition) -> Iterator[tuple[tuple[Case, ...], Path]]:
    """Every expression, by cases, that a field becomes: of this case by `set` and `grant`, of a linked case by `open`; with its place."""
    for doing, path in doings(definition):
        if doing.fills:
            yield from ((cases, (*path, name)) for name, cases in assignments(doing).items())
    for linked, path in opened(definition):
        yield from ((cases, (*path, "with", name)) for name, cases in linked.with_.items())


def opened(definition: Definition) -> Iterator[tuple[LinkedCase, Path]]:
    """Every linked case that is opened, with where it is written."""
    for doing, path in doings(definition):
        if doing.kind is DoingKind.OPEN:
            several = len(doing.value) > 1
            yield from ((case.value, (*path, index) if several else path) for index, case in enumerate(doing.value))


def linked(definition: Definition) -> Iterator[tuple[LinkedCase, Path]]:
    """Every case of a procedure that is opened: linked with one of this procedure, or by looking after the standards of a cycle."""
    yield from opened(definition)
    yield from ((one, (key,)) for key, one in by_upkeep(definition))


def by_upkeep(definition: Definition) -> Iterator[tuple[str, LinkedCase]]:
    """The cases that looking after a cycle opens, each with its key."""
    every = (("missed", definition.missed), ("reviewing", definition.reviewing))
    yield from ((key, one) for key, one in every if one is not None)


def expressions(definition: Definition) -> Iterator[tuple[str, Path]]:
    """Every condition and value in the expression language, with where it is written."""
    for what, path in doers(definition):
        if what.when is not None:
            yield what.when, (*path, "when")
    for cases, path in conditional(definition):
        yield from ((case.when, (*path, index, "when")) for index, case in enumerate(cases) if case.when is not None)
    yield from clock_conditions(definition)
    for survey in definition.surveys.values():
        for index, sample in enumerate(survey.sample):
            if sample.when is not None:
                yield sample.when, ("surveys", survey.name, "sample", index, "when")
    for _, _, rungs, path in ladders(definition):
        for index, rung in enumerate(rungs):
            if rung.when is not None:
                yield rung.when, (*path, "ladder", index, "when")
    for cases, path in assigned(definition):
        yield from ((case.value, (*path, index)) for index, case in enumerate(cases))


def assignments(doing: Doing) -> Mapping[str, tuple[Case, ...]]:
    """The field → expression pairs of a `set`, each by cases."""
    fields: Mapping[str, tuple[Case, ...]] = doing.value
    return fields


def ladders(definition: Definition) -> Iterator[tuple[str, tuple[Case, ...], tuple[Rung, ...], Path]]:
    """Every limit with its ladder, as written: (name of the clock, its `within`, its rungs, path of its owner)."""
    for clock in definition.clocks.values():
        yield clock.name, clock.within, clock.ladder, ("clocks", clock.name)
    for state in definition.states.values():
        yield state.name, state.within, state.ladder, ("states", state.name)
    for _, task, path in written_tasks(definition):
        yield task.name, task.within, task.ladder, path


def clock_conditions(definition: Definition) -> Iterator[tuple[str, Path]]:
    """Conditions by which clocks exist and stand still, and what their limits read: judged whenever something happens in the case."""
    for clock in definition.clocks.values():
        if clock.when is not None:
            yield clock.when, ("clocks", clock.name, "when")
    for pause, path in pauses(definition):
        if pause.while_ is not None:
            yield pause.while_, (*path, "while")
    for _, within, _, path in ladders(definition):
        yield from expressions_of(within, path)
