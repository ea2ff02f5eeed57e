"""A run of a clock as a value: timed anew, ended."""

from dataclasses import replace
from datetime import datetime

from engine.deciding import clock_stops
from engine.deciding.case import ClockRun, ClockStatus
from engine.deciding.clock_due import due, standing_still
from engine.ground.calendars import Calendar
from engine.ground.errors import CalendarExpired

LIVE = (ClockStatus.RUNNING, ClockStatus.PAUSED)
"""A run that has not stopped."""


def timed(run: ClockRun, calendar: Calendar) -> ClockRun:
    """The run with its status and due time as its stops and its calendar have them; what cannot be known is flagged.

    The run itself when it is so already, which is nearly always: a copy costs as much as the arithmetic.
    """
    status = ClockStatus.PAUSED if standing_still(run) else ClockStatus.RUNNING
    due_at = unknown = None
    try:
        due_at = due(run, calendar)
    except CalendarExpired as error:
        unknown = _why_unknown(error)
    if status is run.status and due_at == run.due_at and unknown == run.unknown:
        return run
    return replace(run, status=status, due_at=due_at, unknown=unknown)


def _why_unknown(error: CalendarExpired) -> str:
    """One text whatever the language, since it is recorded: calendar and the last date it knows."""
    return f"{error.facts.get('calendar', '')} {error.facts.get('valid_through', '')}".strip()


def over(run: ClockRun, status: ClockStatus, at: datetime, why: str | None = None) -> ClockRun:
    """The run, stopped; by the closing of the case it is left standing still, so that reopening finds where it stopped."""
    stopped = replace(clock_stops.closed(run, at), status=status, ended_at=at)
    return clock_stops.opened(stopped, at, [why]) if why else stopped
