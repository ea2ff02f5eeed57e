"""Settling: carrying out, in order, whatever fell due in a case before now.

Every use case settles first (clocks rule 10), so a late answer never hides a breach because no sweep had come by.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from engine.deciding import clocks, duties
from engine.deciding.case import ClockRun, clock_json, task_json
from engine.deciding.clocks import Pending, PendingKind
from engine.deciding.expressions import expression, truth
from engine.deciding.rights import THE_SYSTEM
from engine.defining.definition import ClockSpec, Doing, EventKind, Happening, Task
from engine.usecases import recalculating
from engine.usecases.concluding import lapse
from engine.usecases.doing import at_point, carry
from engine.usecases.moving import AT_ONCE, attempt, endless, take
from engine.usecases.upcoming import may_open, next_up, ripe_actions, ripe_task
from engine.usecases.work import Work


def settle(work: Work, limit: int | None = None, until: datetime | None = None) -> int:
    """Carry out everything due at `until` (else at `work.now`), oldest first, each dated when it fell due; returns how many.

    At most `limit` things, when given: a sweep takes the rest next time, so that one case cannot hold up all others. Where a calendar
    changed since the case's last event, its clocks are computed anew at that instant, after whatever fell due before (rule 13).
    """
    changes, end = recalculating.behind(work), until or work.now
    for at in changes:
        recalculating.count_as_before(work, at)
        then = min(at, work.now)       # the computer's clock may have been set back since
        if not _nothing_due(work, then):
            carry_out(work, then)
        if recalculating.recalculate(work, at):
            at_once(work, then)
    if not changes and _nothing_due(work, end):
        return 0
    return carry_out(work, end, limit)


def carry_out(work: Work, until: datetime, limit: int | None = None) -> int:
    """Carry out what is due until then by the calendars that the case counts by, oldest first; returns how many things."""
    count = 0
    while limit is None or count < limit:
        due = next_up(work)
        if due is None or due.fire_at > until:
            break
        if due.point is not None:
            _point(work, due.point)
        elif due.task is not None:
            _open(work, due.task, due.due_at)
        elif due.request:
            lapse(work, work.case.requests[due.request], due.due_at)
        else:
            take(work, due.action, THE_SYSTEM, due.due_at, {})
        at_once(work, due.due_at)
        count += 1
    return count


def _nothing_due(work: Work, until: datetime) -> bool:
    """Whether the timer kept with the case says that nothing is due: so an action need not look at every clock."""
    loaded = work.loaded
    return loaded is not None and not work.events and (loaded.timer is None or loaded.timer[0] > until)


def at_once(work: Work, at: datetime) -> None:
    """Open the tasks and take the system actions that have become possible, until there is none; raises Invalid for a loop."""
    for _ in range(AT_ONCE):
        task = ripe_task(work, at)
        if task is not None:
            _open(work, task, at)
            continue
        action = next(ripe_actions(work, at), None)
        if action is None:
            return
        take(work, action.name, THE_SYSTEM, at, {})
    raise endless(work)


def _open(work: Work, task: Task, at: datetime) -> None:
    if duties.by_rule(task) and not may_open(work, task, at):
        work.record("left_out", THE_SYSTEM, at, {"tasks": {task.name: task_json(duties.left_out(work.case, task, at))}})
        return
    run = duties.opening(work.case, task, at)
    work.record("task_opened", THE_SYSTEM, at, {"tasks": {task.name: task_json(run)}}, [Happening(EventKind.TASK_OPENED, task.name)])


def _point(work: Work, item: Pending) -> None:
    spec = work.definition.all_clocks[item.clock]
    run = clocks.mark(work.definition, work.case, item, work.calendars)
    data: dict[str, Any] = {"clock": item.clock, "clocks": {item.clock: clock_json(run)}}
    match item.kind:
        case PendingKind.BREACH:
            work.record("breach", THE_SYSTEM, item.due_at, data, [Happening(EventKind.CLOCK_DUE, item.clock)])
        case PendingKind.END:
            work.record("ended", THE_SYSTEM, item.due_at, data, [Happening(EventKind.CLOCK_DUE, item.clock)])
        case PendingKind.RESUME:
            work.record("resumed", THE_SYSTEM, item.due_at, data)
        case PendingKind.USED_UP:
            pause = spec.pause[item.rung]
            data |= {"pause": item.rung, "after": str(pause.up_to)}
            _carry_point(work, "pause_over", pause.then, item, data, at_point(spec, run, item.due_at))
        case PendingKind.RUNG:
            _rung(work, item, data, spec, run)


def _rung(work: Work, item: Pending, data: dict[str, Any], spec: ClockSpec, run: ClockRun) -> None:
    rung = spec.ladder[item.rung]
    data |= {"rung": item.rung, "at": str(rung.at), "n": item.n}
    extra = at_point(spec, run, item.due_at, str(rung.at))
    if rung.when is not None and not truth(expression(rung.when)(work.scope(THE_SYSTEM, item.due_at, extra))):
        data["skipped"] = True
        work.record("rung", THE_SYSTEM, item.due_at, data)
        return
    _carry_point(work, "rung", rung.do, item, data, extra)


def _carry_point(
    work: Work, kind: str, doings: Sequence[Doing], item: Pending, data: dict[str, Any], extra: Mapping[str, Any]
) -> None:
    filled, acts = carry(work, doings, THE_SYSTEM, item.due_at, data, extra)
    work.record(kind, THE_SYSTEM, item.due_at, data, filled)
    work.given = {}
    for act in acts:
        attempt(work, act, item.due_at)
