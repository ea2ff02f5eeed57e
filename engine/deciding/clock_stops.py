"""Why and how long a clock stands still: its state is held, its `pause:` says so, somebody paused it by hand, the case is closed."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from engine.deciding.case import CaseState, ClockRun, Stop, TaskStatus
from engine.deciding.clock_dates import after_whole_dates, whole_dates
from engine.deciding.clock_due import length_of, span, stood_still
from engine.deciding.clock_scene import Scene
from engine.deciding.expressions import truth
from engine.defining.definition import ClockSpec, Definition, Happening, Pause
from engine.ground.calendars import Calendar
from engine.ground.duration import ELAPSED, WORKED, Unit
from engine.ground.errors import CalendarExpired
from engine.ground.replacing import replace
from engine.ground.worktime import add

BY_HAND = "by hand"
CLOSED = "closed"
STOPPED = "stopped"        # it was over, until `restart: continue` let it go on
WHILE, FROM = "while ", "from "     # with the condition, or the event: no state or task has a blank in its name

_DATES = {Unit.DAYS: 1, Unit.WEEKS: 7, Unit.WORKING_DAYS: 1}
"""Units of dates in which the total of a pause can be counted, and how many dates each is."""


def is_held(definition: Definition, case: CaseState, name: str) -> bool:
    """Whether the state or task that brought this clock was left, but `to: back` leads back to it."""
    if name in definition.clocks:
        return False
    if name in definition.states:
        return name in case.back and case.state != name
    task = case.tasks.get(name)
    return task is not None and task.status is TaskStatus.HELD


def reasons(scene: Scene, spec: ClockSpec, run: ClockRun, happened: Sequence[Happening]) -> list[str]:
    """Why the clock should stand still now, by what the case is in and what just happened."""
    wanted = []
    if is_held(scene.definition, scene.case, spec.name):
        kept = [stop.why for stop in run.stops if stop.until is None and stop.why not in (BY_HAND, CLOSED)]
        wanted.append(kept[0] if kept else scene.case.state)
    for pause in spec.pause:
        more = [why for why in _wanted(scene, pause, run, happened) if why not in wanted]
        if more and not _exhausted(pause, run, scene.at, scene.calendars(spec.calendar)):
            wanted += more
    return wanted


def _wanted(scene: Scene, pause: Pause, run: ClockRun, happened: Sequence[Happening]) -> list[str]:
    if pause.while_ is not None:
        return [*whys(pause)] if truth(scene.evaluate(pause.while_)) else []
    if pause.from_:
        going = [stop.why for stop in run.stops if stop.until is None and stop.why in whys(pause)]
        for what in happened:
            going = [] if what in pause.until else going
            going += [_from(what)] if what in pause.from_ else []
        return going
    return [name for name in pause.in_ if _is_in(scene.case, name)]


def whys(pause: Pause) -> tuple[str, ...]:
    """Everything that a stop by this pause can give as its reason: a state, a task, `while …` or `from …`."""
    if pause.while_ is not None:
        return (f"{WHILE}{pause.while_}",)
    return pause.in_ or tuple(map(_from, pause.from_))


def _from(what: Happening) -> str:
    return f"{FROM}{what}"


def _is_in(case: CaseState, name: str) -> bool:
    task = case.tasks.get(name)
    return case.state == name or (task is not None and task.status is TaskStatus.OPEN)


def _exhausted(pause: Pause, run: ClockRun, at: datetime, calendar: Calendar) -> bool:
    """Whether the longest total of this pause is used up, also when nothing of it is open now."""
    if pause.up_to is None:
        return False
    mine = [replace(stop, until=stop.until or at) for stop in run.stops if stop.why in whys(pause)]
    mine.append(Stop(at, None, ""))
    try:
        end = _end_of(pause, mine, calendar)
    except CalendarExpired:
        return False     # the limit lies beyond what the calendar knows, so it has not come yet
    return end is not None and end <= at


def _end_of(pause: Pause, stops: Iterable[Stop], calendar: Calendar) -> datetime | None:
    """When the open stop among these has lasted as long as the pause may in total; None without a limit or an open stop.

    Hours count as they elapse or are worked; days, weeks and working days are the (working) dates on which the clock stood still
    throughout, as they are what a clock that counts days is given back.
    """
    limit, still = pause.up_to, stood_still(stops)
    if limit is None or not still or still[-1][1] is not None:
        return None
    since = still[-1][0]
    past = [(frm, to) for frm, to in still[:-1] if to is not None]
    if limit.unit in ELAPSED | WORKED:
        worked = limit.unit in WORKED
        left = max(timedelta(), length_of(limit) - sum((span(frm, to, calendar, worked) for frm, to in past), timedelta()))
        return add(calendar, since, left) if worked else since + left
    if limit.unit not in _DATES:
        return None      # a total of months has no meaning; the check refuses it
    worked = limit.unit is Unit.WORKING_DAYS
    dates = int(limit.amount) * _DATES[limit.unit] - sum(whole_dates(calendar, frm, to, worked) for frm, to in past)
    return since if dates <= 0 else after_whole_dates(calendar, since, dates, worked)


def resume_at(spec: ClockSpec, run: ClockRun, calendar: Calendar) -> datetime | None:
    """When the clock runs again by itself, every pause having lasted its `up_to` in total; None when it waits for something else."""
    ends = [end for _, end in _ends(spec, run, calendar)]
    still = sum(stop.until is None for stop in run.stops)
    return max(ends) if ends and len(ends) == still else None


def then_at(spec: ClockSpec, run: ClockRun, calendar: Calendar) -> Iterator[tuple[int, datetime]]:
    """The pauses that go on now and have a `then:` still to be done, by place, with when their longest total is used up."""
    for place, pause in enumerate(spec.pause):
        if pause.then and place not in run.used_up and (end := _end_of(pause, _stops_of(pause, run), calendar)) is not None:
            yield place, end


def _stops_of(pause: Pause, run: ClockRun) -> list[Stop]:
    return [stop for stop in run.stops if stop.why in whys(pause)]


def _ends(spec: ClockSpec, run: ClockRun, calendar: Calendar) -> list[tuple[str, datetime]]:
    found = []
    for why in [stop.why for stop in run.stops if stop.until is None]:
        bounds = [_end_of(pause, _stops_of(pause, run), calendar) for pause in spec.pause if why in whys(pause)]
        if bounds and None not in bounds:    # a pause without bound goes on, whatever the others say
            found.append((why, max(bound for bound in bounds if bound is not None)))
    return found


def ran_out(spec: ClockSpec, run: ClockRun, stop: Stop, calendar: Calendar) -> bool:
    """Whether a stop that is over ended because its pause had lasted as long as it may."""
    again = [replace(one, until=None) if one is stop else one for one in run.stops if one.since <= stop.since]
    try:
        return any(why == stop.why and end == stop.until for why, end in _ends(spec, replace(run, stops=again), calendar))
    except CalendarExpired:
        return False


def bounded(spec: ClockSpec, run: ClockRun, at: datetime, calendar: Calendar) -> ClockRun:
    """A copy in which every open stop whose pause has lasted its `up_to` by `at` ended just then."""
    if not run.stops or not any(pause.up_to for pause in spec.pause):
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
