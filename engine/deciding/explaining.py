"""How a due time came about (clocks rule 17): the steps of its own arithmetic, the dates it passed over, and what made it change.

Pure values; `engine.usecases.clock_words` puts them into sentences.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum

from engine.deciding.case import ClockRun, ClockStatus, Event, clock_from
from engine.deciding.clock_due import as_if_running, due_extended
from engine.deciding.clock_runs import LASTING, LIVE
from engine.deciding.clock_steps import Awaited, Counted, CountedBack, Ran, Rolled, Step, StoodThroughout
from engine.ground.calendars import Calendar
from engine.ground.duration import Duration, Unit
from engine.ground.errors import CalendarExpired
from engine.ground.valueclass import valueclass
from engine.ground.worktime import local_date

_INSTANT = timedelta(microseconds=1)


@valueclass(frozen=True, slots=True)
class PassedOver:
    """Local dates between start and due that the calendar treats otherwise than its usual week, and how many usual days off."""

    closed: tuple[date, ...] = ()        # usually worked, but not that day: holidays and dated closings
    opened: tuple[date, ...] = ()        # usually off, but worked that day
    days_off: int = 0


@valueclass(frozen=True, slots=True)
class Explanation:
    """How a due time came about. `due_at` is the end of the steps; None when the calendar does not reach so far."""

    steps: tuple[Step, ...]
    due_at: datetime | None
    supposed: bool                       # the clock stands still: this is what would be if it ran on from now (or from its end)
    passed_over: PassedOver
    beyond: str = ""                     # why the due time is unknown


def explain(run: ClockRun, calendar: Calendar, now: datetime) -> Explanation:
    """The steps to the due time of a run, told by the functions that compute it.

    Of a run that is over, those to the due time it had at its end; of one that stands still or is off, those to the due time it would
    have if it ran on from `now`. One that never was but off has none.
    """
    if not run.existed:
        return Explanation((), None, True, PassedOver())
    asked = as_if_running(run, now if run.status in LASTING else run.ended_at or now)
    steps: list[Step] = []
    try:
        due = due_extended(asked, calendar, run.extended, steps.append)
    except CalendarExpired as error:
        return Explanation(tuple(steps), None, False, PassedOver(), error.message)
    if due is None:
        return Explanation(tuple(steps), None, False, PassedOver())
    return Explanation(tuple(steps), due, run.due_at is None, passed_over(calendar, counted_by_calendar(calendar, steps)))


def counted_by_calendar(calendar: Calendar, steps: Iterable[Step]) -> set[date]:
    """The local dates over which working time or working days were counted: only there does the calendar pass over anything."""
    found: set[date] = set()
    after: date | None = None       # dates follow it, when working days are being counted
    for step in steps:
        match step:
            case Ran(worked=True):
                found |= _dates(local_date(calendar, step.since), local_date(calendar, step.until - _INSTANT))
            case Counted():
                after = step.first if step.duration.unit is Unit.WORKING_DAYS else None
            case CountedBack(duration=Duration(unit=Unit.WORKING_DAYS)):
                found |= _dates(step.last, local_date(calendar, step.since - _INSTANT))
            case Rolled():
                found |= _dates(min(step.day, step.last), max(step.day, step.last))
        if after is not None and isinstance(step, (Counted, StoodThroughout, Awaited)):
            found |= _dates(after + timedelta(days=1), step.last)
    return found


def _dates(first: date, last: date) -> set[date]:
    return {first + timedelta(days=n) for n in range((last - first).days + 1)}


def passed_over(calendar: Calendar, days: Iterable[date]) -> PassedOver:
    """Those of these dates that the calendar treats otherwise than its usual week, and how many are usual days off."""
    closed, opened, off = [], [], 0
    for day in sorted(days):
        usual, hours = calendar.hours[day.weekday()], calendar.hours_on(day)
        if usual and not hours:
            closed.append(day)
        elif hours and not usual:
            opened.append(day)
        elif not hours:
            off += 1
    return PassedOver(tuple(closed), tuple(opened), off)


# --- what made it change --------------------------------------------------------------------------------------------


class Change(StrEnum):
    """What an event did to a clock."""

    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    EXTENDED = "extended"
    RECOMPUTED = "recomputed"            # another budget, start or calendar
    CUT_SHORT = "cut_short"              # the run before was going when this one began
    OFF = "off"                          # as the case stood there was no such clock
    ON = "on"
    BREACHED = "breached"
    WITHDRAWN = "withdrawn"
    OVER = "over"                        # met, ended or cancelled
    REVIVED = "revived"                  # goes on after it was over


@valueclass(frozen=True, slots=True)
class Chapter:
    """One event in the life of a run: what it did to the clock, and the due time before and after."""

    event: Event
    change: Change
    before: datetime | None
    after: datetime | None
    why: str = ""                        # of a stop: the state, task, "by hand"; of an extension: by how much; of a change: the budget


def story(events: Iterable[Event], clock: str) -> list[Chapter]:
    """The life of the latest run of a clock, from the whole history of its case."""
    found: list[Chapter] = []
    run: ClockRun | None = None
    for event in events:
        form = event.data.get("clocks", {}).get(clock)
        if form is None:
            continue
        old, run = run, clock_from(form)
        if old is None or old.run != run.run:
            found = [Chapter(event, Change.STARTED, None, run.due_at, run.budget)]
            if old is not None and old.status in LASTING:
                found.append(Chapter(event, Change.CUT_SHORT, old.due_at, run.due_at))
            old = None
        before = old.due_at if old else None
        found += [Chapter(event, change, before, run.due_at, why) for change, why in _changes(old, run)]
    return found


def _changes(old: ClockRun | None, run: ClockRun) -> Iterable[tuple[Change, str]]:
    """What differs between two states of one run; `old` is None when it has just begun."""
    stops = {(stop.since, stop.why): stop.until for stop in run.stops}
    had = {(stop.since, stop.why): stop.until for stop in old.stops} if old else {}
    alive = run.status in LASTING
    if run.status is ClockStatus.OFF and (old is None or old.status is not ClockStatus.OFF):
        yield Change.OFF, ""
    if old is not None:
        if old.status not in LASTING and alive:
            yield Change.REVIVED, ""
        if old.status is ClockStatus.OFF and run.status in LIVE:
            yield Change.ON, ""
        for by in run.extended[len(old.extended):]:
            yield Change.EXTENDED, by
        moved = old.due_at != run.due_at and None not in (old.due_at, run.due_at) and len(old.extended) == len(run.extended)
        limited = (old.budget, old.counting) != (run.budget, run.counting)
        started = (old.started_at, old.counts_from) != (run.started_at, run.counts_from)
        if limited or started or (moved and stops == had):
            yield Change.RECOMPUTED, run.budget if limited else ""
        for key, until in had.items():
            if until is None and stops.get(key, run.started_at) is not None and alive:
                yield Change.RESUMED, key[1]
    if alive:
        for key, until in stops.items():
            if key not in had and until is None:
                yield Change.PAUSED, key[1]
    if run.breached_at is not None and (old is None or old.breached_at != run.breached_at):
        yield Change.BREACHED, ""
    if old is not None and old.breached_at is not None and run.breached_at is None:
        yield Change.WITHDRAWN, ""
    if not alive and (old is None or old.status in LASTING):
        yield Change.OVER, run.status.value
