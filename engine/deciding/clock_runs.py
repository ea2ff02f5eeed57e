"""A run of a clock as a value: timed anew, ended."""

from datetime import datetime

from engine.deciding import clock_stops
from engine.deciding.budgets import UNCOUNTABLE
from engine.deciding.case import ClockRun, ClockStatus, Stop
from engine.deciding.clock_due import due, standing_still
from engine.deciding.clock_stops import CLOSED, STOPPED
from engine.ground.calendars import Calendar
from engine.ground.errors import CalendarExpired
from engine.ground.replacing import replace

LIVE = (ClockStatus.RUNNING, ClockStatus.PAUSED)
"""A run that has not stopped."""

LASTING = (*LIVE, ClockStatus.OFF)
"""A run that is not over: one that is off is followed too, so that it goes on as if it had always been there."""


def timed(run: ClockRun, calendar: Calendar) -> ClockRun:
    """The run with its status and due time as its stops and its calendar have them; what cannot be known is flagged.

    The run itself when it is so already, which is nearly always: a copy costs as much as the arithmetic. One that is off has no due time.
    """
    if run.status is ClockStatus.OFF:
        return run
    status = ClockStatus.PAUSED if standing_still(run) else ClockStatus.RUNNING
    due_at = unknown = None
    try:
        due_at = due(run, calendar)
    except CalendarExpired as error:
        unknown = _why_unknown(error)
    else:
        if due_at is None and status is ClockStatus.RUNNING:
            unknown = UNCOUNTABLE + run.budget
    if status is run.status and due_at == run.due_at and unknown == run.unknown:
        return run
    return replace(run, status=status, due_at=due_at, unknown=unknown)


def _why_unknown(error: CalendarExpired) -> str:
    """One text whatever the language, since it is recorded: calendar and the last date it knows."""
    return f"{error.facts.get('calendar', '')} {error.facts.get('valid_through', '')}".strip()


def over(run: ClockRun, status: ClockStatus, at: datetime, why: str | None = None) -> ClockRun:
    """The run, stopped; by the closing of the case it is left standing still, so that reopening finds where it stopped.

    It ends no earlier than it began, and nothing of it lies after its end, also when that was recorded late. What was off is not met: it
    is cancelled.
    """
    status, at = ClockStatus.CANCELLED if run.status is ClockStatus.OFF else status, max(at, run.started_at)
    stops = [stop if stop.until is None or stop.until <= at else replace(stop, until=at) for stop in run.stops if stop.since < at]
    stopped = replace(clock_stops.closed(replace(run, stops=stops), at), status=status, ended_at=at)
    return clock_stops.opened(stopped, at, [why]) if why else stopped


def off(run: ClockRun) -> ClockRun:
    """The run as one that the case, as it stands, does not have: no due time, no rungs. A breach on record stays one."""
    return run if run.status is ClockStatus.OFF else replace(run, status=ClockStatus.OFF, due_at=None, unknown=None)


def went_on(run: ClockRun, at: datetime, calendar: Calendar) -> ClockRun:
    """A run that was over and goes on, without the time in which it was over."""
    ended = run.ended_at
    last = clock_stops.closed(run, at, [CLOSED])
    if last.stops == run.stops and ended is not None and ended < at:
        last = replace(last, stops=[*last.stops, Stop(ended, at, STOPPED)])
    # what was cancelled while off is off still, until the case is looked at
    status = ClockStatus.OFF if run.status is ClockStatus.CANCELLED else ClockStatus.RUNNING
    return timed(replace(last, ended_at=None, status=status), calendar)
