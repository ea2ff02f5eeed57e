"""What a definition leaves unsaid, worked out once: what bare names mean, actions of `anywhere`, clocks of states and tasks."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

from engine.defining.definition import (
    Action,
    Anywhere,
    Case,
    ClockSpec,
    Counting,
    Definition,
    EventKind,
    FieldType,
    Happening,
    Pause,
    State,
    Task,
)
from engine.defining.problems import Problem, nearest
from engine.defining.tree import Path, Tree
from engine.ground.language import say

_Thing = TypeVar("_Thing", Action, Task)

BUILT_IN_NOTICES = frozenset({
    "reminder", "escalated", "assigned", "overdue", "impossible", "request", "request_answered", "survey", "survey_reminder",
})
"""Notices that the product brings its own texts for."""


def complete(
    definition: Definition, texts: Mapping[str, Mapping[str, str]], places: Tree | None = None
) -> tuple[Definition, list[Problem]]:
    """The definition with bare-name happenings resolved, `anywhere` merged into every state that is not final (a state's own action or
    task of the same name stands), `all_clocks` and `texts` filled; and a problem for each name that nothing bears. Pure."""
    work = _Completing(definition, places or Tree(""))
    anywhere = work.anywhere()
    clocks = {name: work.clock(clock) for name, clock in definition.clocks.items()}
    states = {name: work.state(state, anywhere) for name, state in definition.states.items()}
    every = dict(clocks)
    for state in states.values():
        for made, path in _own_clocks(state):
            if path[0] == "anywhere" and every.get(made.name) == made:
                continue     # one clock, whichever of its states the task is in
            if made.name in every:
                work.report(path, say("There are two clocks named '{name}'", name=made.name), hint=say(
                    "The time limit of a state or task is a clock of its name; rename one."))
            every.setdefault(made.name, made)
    every = {name: _counted(clock, definition.counting) for name, clock in every.items()}
    return replace(definition, anywhere=anywhere, clocks=clocks, states=states, all_clocks=every, texts=texts), work.problems


def _own_clocks(state: State) -> Iterable[tuple[ClockSpec, Path]]:
    """The clocks that a state and its tasks bring by their own `within:`."""
    if state.within:
        clock = _clock_of(state, Happening(EventKind.STATE, state.name), Happening(EventKind.LEFT, state.name))
        yield clock, ("states", state.name, "within")
    for task in state.tasks.values():
        if task.within:
            clock = _clock_of(task, Happening(EventKind.TASK_OPENED, task.name), Happening(EventKind.TASK, task.name))
            where: Path = ("anywhere",) if task.anywhere else ("states", state.name)
            yield clock, (*where, "tasks", task.name, "within")


def _clock_of(thing: State | Task, begins: Happening, ends: Happening) -> ClockSpec:
    """Its clock: begun anew whenever the task is opened afresh or the state entered anew, also while it was held."""
    clock = ClockSpec(
        name=thing.name, title=thing.title, from_=(begins,), until=(ends,), within=thing.within, restart="again", ladder=thing.ladder,
    )
    return clock if isinstance(thing, State) else replace(clock, pause=thing.pause, extend=thing.extend, calendar=thing.calendar)


def _counted(clock: ClockSpec, usual: Counting) -> ClockSpec:
    """The clock with all that its cases say of counting written to each: the nearest of case, clock and procedure."""
    mine = clock.counting.inside(usual)
    return replace(clock, within=tuple(replace(case, counting=case.counting.inside(mine)) for case in clock.within))


class _Completing:
    """One definition being completed."""

    def __init__(self, definition: Definition, tree: Tree) -> None:
        self.definition, self.tree = definition, tree
        self.problems: list[Problem] = []
        states, anywhere = definition.states.values(), definition.anywhere
        self.names: dict[str, set[str]] = {
            "action": {name for state in states for name in state.actions} | set(anywhere.actions),
            "task": {name for state in states for name in state.tasks} | set(anywhere.tasks),
            "state": set(definition.states),
            "field": {f.name for f in definition.fields.values() if f.type in (FieldType.DATE, FieldType.MOMENT)},
            "notice": set(definition.notices) | BUILT_IN_NOTICES,
        }
        self.names["clock"] = set(definition.clocks) | {clock.name for state in states for clock, _ in _own_clocks(state)}
        self.names["clock"] |= {task.name for task in anywhere.tasks.values() if task.within}

    def report(self, path: Path, what: str, *, near: str = "", hint: str = "") -> None:
        self.problems.append(self.tree.problem(path, what, nearest=near, hint=hint))

    def anywhere(self) -> Anywhere:
        """What holds anywhere, with the happenings of its tasks resolved."""
        written = self.definition.anywhere
        actions = {name: replace(action, anywhere=True) for name, action in written.actions.items()}
        tasks = {name: replace(self.task(task, ("anywhere", "tasks", name)), anywhere=True) for name, task in written.tasks.items()}
        return replace(written, actions=actions, tasks=tasks)

    def state(self, state: State, anywhere: Anywhere) -> State:
        """The state with the happenings of its tasks resolved and, unless it is final, with what holds anywhere."""
        tasks = {name: self.task(task, ("states", state.name, "tasks", name)) for name, task in state.tasks.items()}
        if state.final:
            return replace(state, tasks=tasks)
        return replace(
            state, actions=_also(state.actions, anywhere.actions, state.name), tasks=_also(tasks, anywhere.tasks, state.name)
        )

    def task(self, task: Task, path: Path) -> Task:
        """The task with its happenings resolved."""
        return replace(
            task,
            from_=tuple(self.happening(h, (*path, "from"), i) for i, h in enumerate(task.from_)),
            pause=tuple(self.pause(pause, (*path, "pause", n)) for n, pause in enumerate(task.pause)),
        )

    def clock(self, clock: ClockSpec) -> ClockSpec:
        """The clock with its happenings resolved; the limit of one that recurs is its period."""
        path = ("clocks", clock.name)
        if clock.every and clock.within:
            self.report((*path, "every"), say("The clock '{name}' has `within` and `every`", name=clock.name), hint=say(
                "Write `within` for a limit that is met once, `every` for what recurs."))
        elif not {"within", "every"} & _below(_below(self.tree.value, "clocks"), clock.name).keys() and not (clock.within or clock.every):
            self.report(path, say("The clock '{name}' has no limit", name=clock.name), hint=say(
                "Write for example `within: 3 working days`, or `every: 1 month` for what recurs."))
        return replace(
            clock,
            within=(Case(value=clock.every),) if clock.every else clock.within,
            from_=tuple(self.happening(h, (*path, "from"), i) for i, h in enumerate(clock.from_)),
            until=tuple(self.happening(h, (*path, "until"), i) for i, h in enumerate(clock.until)),
            pause=tuple(self.pause(pause, (*path, "pause", n)) for n, pause in enumerate(clock.pause)),
        )

    def pause(self, pause: Pause, path: Path) -> Pause:
        """The pause with its happenings resolved."""
        return replace(
            pause,
            from_=tuple(self.happening(h, (*path, "from"), i) for i, h in enumerate(pause.from_)),
            until=tuple(self.happening(h, (*path, "until"), i) for i, h in enumerate(pause.until)),
        )

    def happening(self, happening: Happening, path: Path, index: int) -> Happening:
        """The same happening, a bare name turned into the task or date field that it names."""
        place = (*path, index)
        match happening.kind:
            case EventKind.OPENED | EventKind.CLOSED | EventKind.TASK_OPENED | EventKind.CASE_CLOSED:
                return happening
            case EventKind.ACTION:
                return self.bare(happening.name, place)
            case EventKind.STATE | EventKind.LEFT:
                self.known("state", happening.name, place)
            case EventKind.TASK:
                self.known("task", happening.name, place)
            case EventKind.CLOCK_DUE:
                self.known("clock", happening.name, place)
            case EventKind.NOTICE_SENT:
                self.known("notice", happening.name, place)
        return happening

    def bare(self, name: str, place: Path) -> Happening:
        """What a bare name stands for: an action, else a task, else a date field."""
        is_action, is_task = name in self.names["action"], name in self.names["task"]
        if is_action and is_task:
            self.report(place, say("'{name}' is an action and a task", name=name), hint=say(
                "Write task {name} for the task, or rename one.", name=name))
        for known, kind in ((is_action, EventKind.ACTION), (is_task, EventKind.TASK), (name in self.names["field"], EventKind.FIELD)):
            if known:
                return Happening(kind, name)
        words = sorted(self.names["action"] | self.names["task"] | self.names["field"] | {"opened", "closed"})
        if name in self.names["state"]:
            self.report(place, say("'{name}' is a state, not an action", name=name), near=f"state {name}")
        elif name in self.definition.fields:
            self.report(place, say("Field '{name}' does not hold a date", name=name), hint=say("Name a field of type date or moment."))
        elif not self.misread(name):
            self.report(place, say("There is no action, task or date field '{name}'", name=name), near=nearest(name, words))
        return Happening(EventKind.ACTION, name)

    def known(self, kind: str, name: str, place: Path) -> None:
        """Report a state, task, clock or notice that nothing of its kind is named."""
        if name not in self.names[kind] and not self.misread(name):
            sentence = {
                "state": say("There is no state '{name}'", name=name),
                "task": say("There is no task '{name}'", name=name),
                "clock": say("There is no clock '{name}'", name=name),
                "notice": say("There is no notice '{name}'", name=name),
            }[kind]
            self.report(place, sentence, near=nearest(name, sorted(self.names[kind])))

    def misread(self, name: str) -> bool:
        """Whether something of that name is written but could not be read, which has been reported already."""
        return name in self.written

    @cached_property
    def written(self) -> set[str]:
        """Every name given in the file, also of what could not be read."""
        top = self.tree.value
        places = [_below(top, "states"), _below(top, "fields"), _below(top, "clocks"), _below(top, "notices"),
                  _below(_below(top, "anywhere"), "actions"), _below(_below(top, "anywhere"), "tasks")]
        for state in _below(top, "states").values():
            places += [_below(state, "actions"), _below(state, "tasks")]
        read = set().union(*self.names.values(), self.definition.fields)
        return {name for place in places for name in place} - read


def _also(own: Mapping[str, _Thing], anywhere: Mapping[str, _Thing], state: str) -> dict[str, _Thing]:
    """What a state has itself, and what holds anywhere and so also there; its own stands."""
    return {**own, **{name: one for name, one in anywhere.items() if name not in own and (not one.in_ or state in one.in_)}}


def _below(value: Any, key: str) -> dict[str, Any]:
    """The mapping under a key, empty when there is none."""
    below = value.get(key) if isinstance(value, dict) else None
    return below if isinstance(below, dict) else {}
