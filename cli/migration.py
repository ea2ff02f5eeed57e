"""How cases that go over to another version are asked for, and what became of them is printed."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from cli.given import given, pair
from cli.run import Desk
from cli.show import as_json, clean, paint
from engine.ground.errors import NotAllowed
from engine.ground.language import say
from engine.ground.wall import wall_due

if TYPE_CHECKING:
    from engine.usecases.going_over import Moved
    from engine.usecases.migrating import Migrated, Wanted


def wanted(desk: Desk, to: int | None, reason: str, states: Sequence[str] | None, sets: Sequence[str] | None, dry_run: bool) -> "Wanted":
    """What was typed, as the use case wants it; raises Invalid for what is not `name=value`."""
    from engine.usecases.migrating import Wanted

    return Wanted(desk.actor(), reason, to, dict(pair(text, "--state") for text in states or ()), given(sets or ()), dry_run)


def print_migrated(desk: Desk, done: "Migrated", dry_run: bool) -> int | None:
    """What became of each case, those that were refused last; the exit code."""
    if desk.as_json:
        as_json({"dry_run": dry_run, "moved": done.moved, "refused": done.refused})
    else:
        for moved in done.moved:
            print(say("{case}: version {old} → {new}", case=moved.number, old=moved.versions[0], new=moved.versions[1]))
            for line in _lines(moved):
                print(f"  {clean(line)}")
        for refused in done.refused:
            why = refused.why.removeprefix(f"{refused.number}: ")       # most reasons name the case themselves
            print(paint(clean(f"{refused.number}: {why}"), "red"))
        count, left = len(done.moved), len(done.refused)
        print(
            say("{count:case|cases} would go over, {left} cannot", count=count, left=left) if dry_run
            else say("{count:case|cases} went over, {left} could not", count=count, left=left)
        )
    return NotAllowed.exit_code if done.refused else None


def _lines(moved: "Moved") -> Iterator[str]:
    from engine.usecases.naming import clock_status, task_status

    if moved.states[0] != moved.states[1]:
        yield say("state: {old} → {new}", old=moved.states[0], new=moved.states[1])
    for name, status in moved.clocks.items():
        if name in moved.due:
            old, new = (_due(at, moved.timezone) for at in moved.due[name])
            yield say("clock {name}: {status}, due {old} → {new}", name=name, status=clock_status(status), old=old, new=new)
        else:
            yield say("clock {name}: {status}", name=name, status=clock_status(status))
    for name, status in moved.tasks.items():
        yield say("task {name}: {status}", name=name, status=task_status(status))
    if moved.values:
        yield say("values written: {fields}", fields=", ".join(moved.values))
    if moved.left:
        yield say("no longer asked for, kept in history: {fields}", fields=", ".join(moved.left))


def _due(at: datetime | None, zone: str) -> str:
    return wall_due(at, zone) if at else "-"
