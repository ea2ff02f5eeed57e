"""What is still to come in a case without anybody doing anything: rungs, breaches, ends of pauses, tasks, system actions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from engine.deciding import clocks, duties
from engine.deciding.clock_due import due_after
from engine.deciding.clocks import PendingKind
from engine.deciding.obstacles import obstacles
from engine.defining.definition import Action, Task, WhoKind
from engine.ground.duration import Duration
from engine.ground.errors import CalendarExpired
from engine.usecases.work import SYSTEM, Work


@dataclass(frozen=True, slots=True)
class Upcoming:
    """Something that falls due at `due_at` and may be carried out from `fire_at`: a point of a clock, a task, or a system action."""

    due_at: datetime
    fire_at: datetime
    point: clocks.Pending | None = None
    task: Task | None = None
    action: str = ""


def next_up(work: Work) -> Upcoming | None:
    """What comes next, worked out once for each change of the case: the earliest; at one instant a breach before the rungs at due,
    rungs in their order, then tasks that open, system actions last."""
    if work.next_up is None or work.next_up[0] != work.case.seq:
        work.next_up = work.case.seq, min(_upcoming(work), key=_order, default=None)
    return work.next_up[1]


def _order(item: Upcoming) -> tuple[datetime, int, int]:
    point = item.point
    kind = 0 if point and point.kind is PendingKind.BREACH else 1 if point else 2 if item.task else 3
    return item.fire_at, kind, point.rung if point else 0


def _upcoming(work: Work) -> Iterator[Upcoming]:
    for point in clocks.soonest(work.definition, work.case, work.calendars):
        yield Upcoming(point.due_at, point.fire_at, point)
    for task, opens in _openings(work):
        if duties.may_open(work.case, task, work.evaluate(opens)):
            yield Upcoming(opens, opens, task=task)
    for action in system_actions(work):
        if isinstance(action.after, Duration):
            at = _ripe(work, action.after)
            if at is not None and _free(work, action, at):
                yield Upcoming(at, at, action=action.name)


def ripe_task(work: Work, at: datetime) -> Task | None:
    """A task whose time has come by this moment, and whose condition holds now."""
    for task, since in _openings(work):
        if since <= at and duties.may_open(work.case, task, work.evaluate(at)):
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


def _free(work: Work, action: Action, at: datetime) -> bool:
    return not obstacles(work.situation(SYSTEM, at), action)
