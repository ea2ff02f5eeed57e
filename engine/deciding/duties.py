"""Which tasks open, and when: on entering their state, at each event that `from:` names, and one `every:` after they were last done.

Nothing is scheduled: the next opening is worked out from what the case holds, so it follows whatever is done and corrected.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from engine.deciding.case import CaseState, TaskRun, TaskStatus
from engine.deciding.clock_due import due_after
from engine.deciding.clock_scene import Calendars
from engine.deciding.expressions import truth
from engine.defining.definition import Definition, EventKind, Expression, Happening, Task
from engine.ground.errors import CalendarExpired
from engine.ground.worktime import start_of_day


def opened(
    definition: Definition, case: CaseState, happened: Sequence[Happening], at: datetime, evaluate: Callable[[Expression], Any]
) -> dict[str, TaskRun]:
    """The tasks that open because of what happened at `at`; `case` already is as it stands afterwards. An open task is not opened again."""
    return {
        task.name: opening(case, task, at)
        for task in definition.states[case.state].tasks.values()
        if _begins(definition, case, task, happened) and may_open(case, task, evaluate)
    }


def opening(case: CaseState, task: Task, at: datetime) -> TaskRun:
    """The run of a task that opens now."""
    return TaskRun(task.name, case.state, TaskStatus.OPEN, at)


def may_open(case: CaseState, task: Task, evaluate: Callable[[Expression], Any]) -> bool:
    """Whether the task, if its time has come, opens: it is not open, not done as often as allowed, and its condition holds."""
    return _could_open(case, task) and (task.when is None or truth(evaluate(task.when)))


def _could_open(case: CaseState, task: Task) -> bool:
    run, done = case.tasks.get(task.name), case.acts.get(task.name)
    if run is not None and run.status in (TaskStatus.OPEN, TaskStatus.HELD):
        return False
    return task.at_most is None or done is None or done.count < task.at_most


def _begins(definition: Definition, case: CaseState, task: Task, happened: Sequence[Happening]) -> bool:
    if task.from_:
        return any(what in task.from_ for what in happened if what.kind is not EventKind.FIELD)    # on the date itself: `next_opening`
    if task.every is not None or Happening(EventKind.STATE, case.state) not in happened:
        return False
    left = [what.name for what in happened if what.kind is EventKind.LEFT]
    return not (task.anywhere and left and stays(definition, task.name, left[0], case.state))


def stays(definition: Definition, task: str, left: str, entered: str) -> bool:
    """Whether a task is one under `anywhere` that both states have, so that it goes on from one to the other."""
    had, has = definition.states[left].tasks.get(task), definition.states[entered].tasks.get(task)
    return had is not None and has is not None and had.anywhere and has.anywhere


def next_opening(case: CaseState, task: Task, calendars: Calendars, live: Callable[[str], Any]) -> datetime | None:
    """When a task of the present state opens with nothing happening: an `every:` after it was last done, or at a date of the case.

    Never before the state was entered. None when it waits for something else, or when the calendar does not reach so far.
    """
    if not _could_open(case, task):
        return None
    try:
        times = [*_again(case, task, calendars), *_dates(case, task, calendars, live)]
    except CalendarExpired:
        return None   # flagged by the clocks; taken up again when the calendar reaches further
    return max(min(times), case.entered_at or case.opened_at) if times else None


def _again(case: CaseState, task: Task, calendars: Calendars) -> list[datetime]:
    done = case.acts.get(task.name)
    if task.every is None or (done is None and task.from_):
        return []
    everywhere = task.anywhere and not task.in_
    since = done.at if done else case.opened_at if everywhere else case.entered_at or case.opened_at
    return [due_after(since, task.every, calendars(task.calendar))]


def _dates(case: CaseState, task: Task, calendars: Calendars, live: Callable[[str], Any]) -> list[datetime]:
    """The dates of the case that it opens on and has not been opened for."""
    run, found = case.tasks.get(task.name), []
    for what in task.from_:
        value = live(what.name) if what.kind is EventKind.FIELD else None
        if isinstance(value, date):
            found.append(value if isinstance(value, datetime) else start_of_day(calendars(task.calendar), value))
    return [at for at in found if run is None or run.opened_at < at]
