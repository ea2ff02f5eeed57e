"""What is still to come in a case without anybody doing anything: rungs, breaches, ends of pauses, tasks, system actions."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from engine.deciding import clocks, duties
from engine.deciding.clock_due import due_after
from engine.deciding.clocks import PendingKind
from engine.deciding.expressions import expression
from engine.deciding.obstacles import obstacles
from engine.deciding.rights import THE_SYSTEM
from engine.defining.definition import Action, Task, WhoKind
from engine.ground.duration import Duration
from engine.ground.errors import CalendarExpired
from engine.ground.worktime import local_date, start_of_day
from engine.usecases.work import Work


class Upcoming(NamedTuple):
    """Something that falls due at `due_at` and may be carried out from `fire_at`: a point of a clock, a task, the end of the time
    for answers to a request, or a system action.

    None of them: a midnight, still to come, at which a condition that reads `today` is to be looked at again.
    """

    due_at: datetime
    fire_at: datetime
    point: clocks.Pending | None = None
    task: Task | None = None
    action: str = ""
    request: int = 0


def next_up(work: Work) -> Upcoming | None:
    """What comes next, worked out once for each change of the case: the earliest; at one instant a breach before the rungs at due,
    rungs in their order, then tasks that open, system actions last."""
    if work.next_up is None or work.next_up[0] != work.case.seq:
        work.next_up = work.case.seq, min(_upcoming(work), key=_order, default=None)
    return work.next_up[1]


def _order(item: Upcoming) -> tuple[datetime, int, int]:
    point = item.point
    kind = 0 if point and point.kind is PendingKind.BREACH else 1 if point else 2 if item.task else 3 if item.request else 4
    return item.fire_at, kind, point.rung if point else 0


def _upcoming(work: Work) -> Iterator[Upcoming]:
    for point in clocks.soonest(work.definition, work.case, work.calendars, work.to_come):
        yield Upcoming(point.due_at, point.fire_at, point)
    for task, opens in _openings(work):
        if duties.by_rule(task):
            yield Upcoming(opens, opens, task=task)      # whether its condition holds is asked on that date alone
            continue
        at, now = _first(work, opens, task.when, partial(may_open, work, task))
        if at is not None:
            yield Upcoming(at, at, task=task if now else None)
    for request in work.case.requests.values():
        if request.due_at is not None:
            yield Upcoming(request.due_at, request.due_at, request=request.id)
    for action in system_actions(work):
        ripe = _ripe(work, action.after) if isinstance(action.after, Duration) else None
        if ripe is not None or not isinstance(action.after, Duration):
            at, now = _first(work, ripe, action.when, partial(_free, work, action))
            if at is not None:
                yield Upcoming(at, at, action=action.name if now else "")


def _first(
    work: Work, since: datetime | None, when: str | None, holds: Callable[[datetime], bool]
) -> tuple[datetime | None, bool]:
    """The first instant, from `since` on, at which something that waits for time holds, and that it does; else when to look again.

    With nothing happening a condition changes only where it reads `today`: at midnight in the zone of the procedure. The midnights up to
    now are looked at in order, so that after an outage it is dated when it came true; the next one is still to come.
    """
    if since is not None and holds(since):
        return since, True
    if when is None or "today" not in expression(when).names:
        return None, False
    last = work.events[-1].occurred_at if work.events else work.case.recorded_at or work.case.opened_at
    calendar = work.calendars(None)
    day = local_date(calendar, max(last, since or last))
    while True:
        day += timedelta(days=1)
        midnight = start_of_day(calendar, day)
        if midnight > work.now or holds(midnight):
            return midnight, midnight <= work.now


def ripe_task(work: Work, at: datetime) -> Task | None:
    """A task whose time has come by this moment, and whose condition holds now."""
    for task, since in _openings(work):
        if since <= at and not duties.by_rule(task) and may_open(work, task, at):
            return task
    return None


def _openings(work: Work) -> Iterator[tuple[Task, datetime]]:
    """The tasks of the present state that open at a time, with that time."""
    for task in work.definition.states[work.case.state].tasks.values():
        if task.every is not None or task.from_:
            at = duties.next_opening(work.case, task, work.calendars, work.live)
            if at is not None:
                yield task, at


def ripe_actions(work: Work, at: datetime) -> Iterator[Action]:
    """System actions to be taken at once: their conditions hold at this moment, and their duration, if they have one, is over."""
    for action in system_actions(work):
        if isinstance(action.after, Duration):
            ripe = _ripe(work, action.after)   # strictly before: what ripens just now waits for its turn in `settle`
            due = ripe is not None and ripe < at
        else:
            due = bool(action.when or action.after)
        if due and _free(work, action, at):
            yield action


def system_actions(work: Work) -> Iterator[Action]:
    """The actions of the present state that the scheduler may take."""
    for action in work.definition.states[work.case.state].actions.values():
        for who in action.by:
            if who.kind is WhoKind.SYSTEM:
                yield action
                break


def _ripe(work: Work, after: Duration) -> datetime | None:
    try:
        return due_after(work.case.entered_at or work.case.opened_at, after, work.calendars(None))
    except CalendarExpired:
        return None   # flagged by the clocks; taken up again when the calendar reaches further


def may_open(work: Work, task: Task, at: datetime) -> bool:
    """Whether a task whose time has come opens now."""
    return duties.may_open(work.case, task, work.evaluate(at))


def _free(work: Work, action: Action, at: datetime) -> bool:
    return not obstacles(work.situation(THE_SYSTEM, at), action)
