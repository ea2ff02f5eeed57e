"""Why and how long a clock stands still: its state is held, its `pause:` says so, somebody paused it by hand, the case is closed."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from engine.deciding.case import CaseState, ClockRun, Stop, TaskStatus
from engine.deciding.clock_due import due_after, length_of, stood_still
from engine.defining.definition import ClockSpec, Definition, Pause
from engine.ground.calendars import Calendar
from engine.ground.duration import ELAPSED, WORKED, Unit
from engine.ground.errors import CalendarExpired
from engine.ground.worktime import add, measure

BY_HAND = "by hand"
CLOSED = "closed"
STOPPED = "stopped"        # it was over, until `restart: continue` let it go on

_LENGTHS = ELAPSED | {Unit.DAYS, Unit.WEEKS}


def is_held(definition: Definition, case: CaseState, name: str) -> bool:
    """Whether the state or task that brought this clock was left, but `to: back` leads back to it."""
    if name in definition.clocks:
        return False
    if name in definition.states:
        return name in case.back and case.state != name
    task = case.tasks.get(name)
    return task is not None and task.status is TaskStatus.HELD


def reasons(definition: Definition, spec: ClockSpec, case: CaseState, run: ClockRun, at: datetime, calendar: Calendar) -> list[str]:
    """Why the clock should stand still now, by what the case is in: names of states and tasks."""
    wanted = []
    if is_held(definition, case, spec.name):
        kept = [stop.why for stop in run.stops if stop.until is None and stop.why not in (BY_HAND, CLOSED)]
        wanted.append(kept[0] if kept else case.state)
    for pause in spec.pause:
        if _exhausted(pause, run, at, calendar):
            continue
        wanted += [name for name in pause.in_ if name not in wanted and _is_in(case, name)]
    return wanted


def _is_in(case: CaseState, name: str) -> bool:
    task = case.tasks.get(name)
    return case.state == name or (task is not None and task.status is TaskStatus.OPEN)


def _exhausted(pause: Pause, run: ClockRun, at: datetime, calendar: Calendar) -> bool:
    """Whether the longest total of this pause is used up, also when nothing of it is open now."""
    if pause.up_to is None:
        return False
    mine = [replace(stop, until=stop.until or at) for stop in run.stops if stop.why in pause.in_]
    mine.append(Stop(at, None, ""))
    try:
        end = _end_of(pause, mine, calendar)
    except CalendarExpired:
        return False     # the limit lies beyond what the calendar knows, so it has not come yet
    return end is not None and end <= at


def _end_of(pause: Pause, stops: Iterable[Stop], calendar: Calendar) -> datetime | None:
    """When the open stop among these has lasted as long as the pause may in total; None without a limit or an open stop."""
    limit, still = pause.up_to, stood_still(stops)
    if limit is None or not still or still[-1][1] is not None:
        return None
    since = still[-1][0]
    past = [(frm, to) for frm, to in still[:-1] if to is not None]
    if limit.unit in WORKED:
        used = sum((measure(calendar, frm, to) for frm, to in past), timedelta())
        return add(calendar, since, max(timedelta(), length_of(limit) - used))
    used = sum((to - frm for frm, to in past), timedelta())
    end = since + length_of(limit) if limit.unit in _LENGTHS else due_after(since, limit, calendar)
    return max(since, end - used)


def resume_at(spec: ClockSpec, run: ClockRun, calendar: Calendar) -> datetime | None:
    """When the clock runs again by itself, every pause having lasted its `up_to` in total; None when it waits for something else."""
    ends = [end for _, end in _ends(spec, run, calendar)]
    still = sum(stop.until is None for stop in run.stops)
    return max(ends) if ends and len(ends) == still else None


def _ends(spec: ClockSpec, run: ClockRun, calendar: Calendar) -> list[tuple[str, datetime]]:
    found = []
    for why in [stop.why for stop in run.stops if stop.until is None]:
        bounds = [
            _end_of(pause, [stop for stop in run.stops if stop.why in pause.in_], calendar) for pause in spec.pause if why in pause.in_
        ]
        if bounds and None not in bounds:    # a pause without bound goes on, whatever the others say
            found.append((why, max(bound for bound in bounds if bound is not None)))
    return found


def bounded(spec: ClockSpec, run: ClockRun, at: datetime, calendar: Calendar) -> ClockRun:
    """A copy in which every open stop whose pause has lasted its `up_to` by `at` ended just then."""
    if not any(pause.up_to for pause in spec.pause):
        return run
    try:
        ends = _ends(spec, run, calendar)
    except CalendarExpired:
        return run       # the limit lies beyond what the calendar knows, so it has not come yet
    for why, end in ends:
        if end <= at:
            run = closed(run, end, [why])
    return run


def opened(run: ClockRun, at: datetime, whys: Iterable[str]) -> ClockRun:
    """A copy that stands still from `at` for these reasons too."""
    standing = {stop.why for stop in run.stops if stop.until is None}
    return replace(run, stops=[*run.stops, *(Stop(at, None, why) for why in whys if why not in standing)])


def closed(run: ClockRun, at: datetime, whys: Iterable[str] | None = None) -> ClockRun:
    """A copy in which the open stops for these reasons (all, when not given) end at `at`; one without length is forgotten."""
    chosen = None if whys is None else set(whys)
    stops = [
        replace(stop, until=max(at, stop.since)) if stop.until is None and (chosen is None or stop.why in chosen) else stop
        for stop in run.stops
    ]
    return replace(run, stops=[stop for stop in stops if stop.until is None or stop.since < stop.until])
