"""Figures of a clock for people: consumed, remaining, due as it stands on the wall."""

from datetime import datetime, timedelta

from engine.deciding.budgets import UNCOUNTABLE
from engine.deciding.case import ClockRun, ClockStatus
from engine.deciding.clock_due import as_if_running, due_extended, is_worked, span, spent
from engine.ground.calendars import Calendar
from engine.ground.errors import CalendarExpired
from engine.ground.language import say


def consumed(run: ClockRun, now: datetime, calendar: Calendar) -> timedelta | None:
    """The time on which the clock ran until `now`, or until it stopped: working time when its budget is worked, else elapsed.

    None when it is off, or the calendar does not reach so far.
    """
    if run.status is ClockStatus.OFF or not run.existed:
        return None
    until = now if run.ended_at is None else min(now, run.ended_at)
    try:
        return spent(run, until, calendar, is_worked(run))
    except CalendarExpired:
        return None


def remaining(run: ClockRun, now: datetime, calendar: Calendar) -> timedelta | None:
    """The time from `now` to due, elapsed or working as the budget counts; negative when overdue, and when paused as if it ran on now.

    None when the clock has stopped or its due time cannot be known.
    """
    if run.status not in (ClockStatus.RUNNING, ClockStatus.PAUSED):
        return None
    try:
        due = _expected(run, now, calendar)
        return None if due is None else span(now, due, calendar, is_worked(run))
    except CalendarExpired:
        return None


def overdue(run: ClockRun, now: datetime, calendar: Calendar) -> bool:
    """Whether a run is past its due time, also while it stands still; no while that cannot be known."""
    try:
        due = _expected(run, now, calendar)
    except CalendarExpired:
        return False
    return due is not None and due < now


def _expected(run: ClockRun, now: datetime, calendar: Calendar) -> datetime | None:
    """When a run is due, or would be if it ran on now."""
    return run.due_at or due_extended(as_if_running(run, now), calendar, run.extended)


def share(run: ClockRun, now: datetime, calendar: Calendar) -> float | None:
    """The share of its time that a clock has consumed, 1.0 at due and more when overdue; None when it cannot be known."""
    used, left = consumed(run, now, calendar), remaining(run, now, calendar)
    if run.due_at is not None and run.ended_at is not None:
        try:
            whole = spent(as_if_running(run, run.ended_at), run.due_at, calendar, is_worked(run))
        except CalendarExpired:
            return None
        return None if used is None or not whole else used / whole
    if used is None or left is None or not used + left:
        return None
    return used / (used + left)


def unknown_text(unknown: str | None) -> str:
    """Why a due time is unknown (`ClockRun.unknown`, recorded alike in every language) in the language spoken; "" when it is known."""
    if not unknown:
        return ""
    if unknown.startswith(UNCOUNTABLE):
        return say("{limit} cannot be counted", limit=unknown.removeprefix(UNCOUNTABLE))
    calendar, _, until = unknown.rpartition(" ")
    return say("calendar {calendar} is known until {until} only", calendar=calendar, until=until)
