"""Which tasks open, and when: on entering their state, at each event that `from:` names, one `every:` after they were last done, and on the
dates of a rule.

Nothing is scheduled: the next opening is worked out from what the case holds, so it follows whatever is done and corrected.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from engine.deciding.case import CaseState, TaskRun, TaskStatus
from engine.deciding.clock_due import due_after
from engine.deciding.clock_scene import Calendars
from engine.deciding.expressions import truth
from engine.defining.definition import Definition, EventKind, Expression, Happening, Task
from engine.ground.calendars import Calendar
from engine.ground.duration import Duration
from engine.ground.errors import CalendarExpired
from engine.ground.recurrence import Recurrence
from engine.ground.worktime import add_workdays, local_date, start_of_day


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


def by_rule(task: Task) -> bool:
    """Whether it opens on the dates of a rule, which go by whatever becomes of it: one on which its condition does not hold is left out."""
    return isinstance(task.every, Recurrence)


def left_out(case: CaseState, task: Task, at: datetime) -> TaskRun:
    """The run of a task by a rule on whose date its condition did not hold."""
    return TaskRun(task.name, case.state, TaskStatus.CANCELLED, at, at)


def _begins(definition: Definition, case: CaseState, task: Task, happened: Sequence[Happening]) -> bool:
    if by_rule(task):
        return False
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
    """When a task of the present state opens with nothing happening: an `every:` after it was last done, on the next date of its
    rule, or at a date of the case.

    Never before the state was entered. None when it waits for something else, or when the calendar does not reach so far.
    """
    if not _could_open(case, task):
        return None
    try:
        if isinstance(task.every, Recurrence):
            return _next_date(case, task, task.every, calendars(task.calendar), live)
        times = [*_again(case, task, task.every, calendars), *_dates(case, task, calendars, live)]
    except CalendarExpired:
        return None   # flagged by the clocks; taken up again when the calendar reaches further
    return max(min(times), case.entered_at or case.opened_at) if times else None


def _again(case: CaseState, task: Task, every: Duration | None, calendars: Calendars) -> list[datetime]:
    done = case.acts.get(task.name)
    if every is None or (done is None and task.from_):
        return []
    return [due_after(done.at if done else _entered(case, task), every, calendars(task.calendar))]


def _entered(case: CaseState, task: Task) -> datetime:
    everywhere = task.anywhere and not task.in_
    return case.opened_at if everywhere else case.entered_at or case.opened_at


def _next_date(
    case: CaseState, task: Task, rule: Recurrence, calendar: Calendar, live: Callable[[str], Any]
) -> datetime | None:
    """The beginning of the first date of a rule, moved to a working day, after its event and after the task was last opened or done.

    What went by before the case came into its state, or while the task was open, is not made up for."""
    events = [at for what in task.from_ for at in _happened(case, what, calendar, live)] if task.from_ else [_entered(case, task)]
    if not events:
        return None
    run, done, start = case.tasks.get(task.name), case.acts.get(task.name), max(events)
    last = max(start, _entered(case, task), *([run.opened_at] if run else ()), *([done.at] if done else ()))
    for day in rule.dates(local_date(calendar, start)):
        opens = start_of_day(calendar, add_workdays(calendar, day - timedelta(days=1), 1))
        if opens > last:
            return opens
    return None


def _happened(case: CaseState, what: Happening, calendar: Calendar, live: Callable[[str], Any]) -> Iterator[datetime]:
    """When an event last happened, as far as the case keeps it."""
    act, run = case.acts.get(what.name), case.tasks.get(what.name)
    match what.kind:
        case EventKind.OPENED:
            yield case.opened_at
        case EventKind.CLOSED if case.closed_at:
            yield case.closed_at
        case EventKind.STATE if what.name == case.state and case.entered_at:
            yield case.entered_at
        case EventKind.ACTION | EventKind.TASK if act:
            yield act.at
        case EventKind.TASK_OPENED if run:
            yield run.opened_at
        case EventKind.NOTICE_SENT if what.name in case.notices:
            yield case.notices[what.name]
        case EventKind.FIELD if (value := live(what.name)) is not None:
            yield value if isinstance(value, datetime) else start_of_day(calendar, value)


def _dates(case: CaseState, task: Task, calendars: Calendars, live: Callable[[str], Any]) -> list[datetime]:
    """The dates of the case that it opens on and has not been opened for."""
    run, found = case.tasks.get(task.name), []
    for what in task.from_:
        value = live(what.name) if what.kind is EventKind.FIELD else None
        if isinstance(value, date):
            found.append(value if isinstance(value, datetime) else start_of_day(calendars(task.calendar), value))
    return [at for at in found if run is None or run.opened_at < at]
