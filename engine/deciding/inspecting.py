"""When inspections happen: irregularly, so that nobody who is inspected can foresee them, and yet so that an auditor can work them out.

Pure: the moments follow from a seed that only the keys of the house give.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from hashlib import sha256

from engine.defining.cycle import Inspection
from engine.ground.calendars import Calendar
from engine.ground.duration import Duration, Unit
from engine.ground.worktime import add, measure, start_of_day

_LENGTH = {"day": 1, "week": 7}


def stretch(day: date, every: Inspection | Duration) -> tuple[date, date]:
    """The day, week (from Monday) or month that a date lies in: (first date, first date after it)."""
    unit = every.unit if isinstance(every, Inspection) else "day"
    if unit == "month":
        after = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
        return day.replace(day=1), after
    first = day - timedelta(days=day.weekday()) if unit == "week" else day
    return first, first + timedelta(days=_LENGTH[unit])


def moments(calendar: Calendar, day: date, every: Inspection | Duration, seed: bytes) -> Iterator[datetime]:
    """The inspections of the stretch that a date lies in, earliest first; raises CalendarExpired.

    `4 per day`: the working time is cut into four equal parts, and one moment is drawn evenly from each. `6 hours`: each time so much
    has passed within working time, counted from its beginning; then the seed changes nothing.
    """
    first, after = stretch(day, every)
    start = start_of_day(calendar, first)
    worked = measure(calendar, start, start_of_day(calendar, after))
    if isinstance(every, Duration):
        step = timedelta(minutes=float(every.amount) * (60 if every.unit is Unit.HOURS else 1))
        yield from (add(calendar, start, step * n) for n in range(1, int(worked / step) + 1))
        return
    for n in range(every.times if worked else 0):
        drawn = int.from_bytes(sha256(seed + n.to_bytes(4, "big")).digest()[:6], "big") / 2**48
        yield add(calendar, start, worked * ((n + drawn) / every.times)).replace(microsecond=0)
