"""Working days between two dates of a case, as expressions count them."""

from datetime import date, datetime
from typing import Any

from engine.deciding.operators import Unfit, kind_of, local_day, moment
from engine.deciding.values import DayEnd
from engine.ground.calendars import Calendar
from engine.ground.errors import CalendarExpired
from engine.ground.language import say
from engine.ground.worktime import day_of_arrival, workdays_between


def worked_days(calendar: Calendar, start: Any, end: Any) -> int | None:
    """How many working days lie after `start` up to and including `end`, dates or instants; negative when `end` comes first.

    Counted as a clock counts them: from the date as of which what arrives at `start` counts, so that up to the due time of a
    clock of n working days there are n. None when one of the two is empty, or lies beyond what the calendar knows.
    """
    first, last = (_date_or_instant(value, calendar) for value in (start, end))
    if first is None or last is None:
        return None
    try:
        arrived = isinstance(first, datetime) and not isinstance(first, DayEnd)
        return workdays_between(calendar, day_of_arrival(calendar, first) if arrived else local_day(first), local_day(last))
    except CalendarExpired:
        return None


def _date_or_instant(value: Any, calendar: Calendar) -> Any:
    """A date, or an instant on the wall clock of the calendar."""
    value = moment(value) if isinstance(value, str) else value
    if value is not None and not isinstance(value, date):
        raise Unfit(say("worked_days counts between two dates or moments, not {kind}", kind=kind_of(value)))
    if isinstance(value, datetime) and not isinstance(value, DayEnd):
        return value.replace(tzinfo=calendar.zone) if value.tzinfo is None else value.astimezone(calendar.zone)
    return value
