"""Walks over tasks and the parts of clocks: what extends them and what pauses them, each with where it is written."""

from collections.abc import Iterator
from typing import TypeVar

from engine.defining.definition import ClockSpec, Definition, Extension, Happening, Pause, State, Task
from engine.defining.tree import Path

_Written = TypeVar("_Written", Extension, Pause)


def clocks_and_tasks(definition: Definition) -> Iterator[tuple[ClockSpec | Task, Path]]:
    """Everything that says of a clock when it stands still, how it is extended, and by which calendar it counts."""
    for clock in definition.clocks.values():
        yield clock, ("clocks", clock.name)
    for _, task, path in written_tasks(definition):
        yield task, path


def calendars(definition: Definition) -> Iterator[tuple[str, Path]]:
    """Every mention of a calendar, the procedure's own first, with where it is written."""
    yield definition.calendar, ("calendar",)
    for one, path in clocks_and_tasks(definition):
        if one.calendar:
            yield one.calendar, (*path, "calendar")
    for standard in definition.standards.values():
        for index, name in enumerate(standard.per):
            if name not in definition.fields:
                yield name, ("touchpoints", standard.touchpoint, "standards", standard.name, "per", index)


def written_tasks(definition: Definition) -> Iterator[tuple[State | None, Task, Path]]:
    """Every task once, as written, with the state it stands in (None under `anywhere`)."""
    for task in definition.anywhere.tasks.values():
        yield None, task, ("anywhere", "tasks", task.name)
    for state, task in definition.tasks():
        if not task.anywhere:
            yield state, task, ("states", state.name, "tasks", task.name)


def awaited(definition: Definition) -> Iterator[tuple[Happening, Path]]:
    """Every event that starts, stops or pauses a clock or opens a task, with where it is written."""
    for clock in definition.clocks.values():
        for key, happenings in (("from", clock.from_), ("until", clock.until)):
            yield from ((happening, ("clocks", clock.name, key, index)) for index, happening in enumerate(happenings))
    for pause, path in pauses(definition):
        for key, happenings in (("from", pause.from_), ("until", pause.until)):
            yield from ((happening, (*path, key, index)) for index, happening in enumerate(happenings))
    for _, task, path in written_tasks(definition):
        yield from ((happening, (*path, "from", index)) for index, happening in enumerate(task.from_))


def extensions(definition: Definition) -> Iterator[tuple[Extension, Path]]:
    """Every `extend` of a clock or task, with where it is written."""
    for clock, path in clocks_and_tasks(definition):
        yield from _listed(clock.extend, (*path, "extend"))


def pauses(definition: Definition) -> Iterator[tuple[Pause, Path]]:
    """Every `pause` of a clock or task, with where it is written."""
    for clock, path in clocks_and_tasks(definition):
        yield from _listed(clock.pause, (*path, "pause"))


def _listed(written: tuple[_Written, ...], path: Path) -> Iterator[tuple[_Written, Path]]:
    """One may stand alone, several stand in a list."""
    for index, one in enumerate(written):
        yield one, (*path, index) if len(written) > 1 else path
