"""Local dates of clocks that count days, weeks or months: the n-th date, and dates on which a clock stood still (clocks rules 5, 6, 9)."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta

from engine.deciding.case import ClockRun
from engine.deciding.clock_steps import Awaited, Ended, Rolled, StoodThroughout, Tell
from engine.ground.calendars import Calendar, instant_at
from engine.ground.duration import Duration, Unit
from engine.ground.errors import CalendarExpired
from engine.ground.language import say
from engine.ground.worktime import add_workdays, end_of_day, is_workday, local_date, start_of_day, workdays_between

Stretch = tuple[datetime, datetime | None]
"""From, to; without an end while it goes on."""

DAYS = {Unit.DAYS: 1, Unit.WEEKS: 7}
_MONTHS = {Unit.MONTHS: 1, Unit.QUARTERS: 3, Unit.YEARS: 12}
_INSTANT = timedelta(microseconds=1)
_LAST_YEAR = 9990       # some room before the last date that can be written, for time zones and pauses


def last_date(calendar: Calendar, at: datetime) -> date:
    """The local date of an instant; midnight is 24:00 of the day before."""
    return local_date(calendar, at - _INSTANT)


def nth_date(calendar: Calendar, first: date, duration: Duration, sign: int = 1, *, included: bool = False) -> date:
    """The last date of a duration counted from the day after `first` (months: the same day of the month, or its last).

    With `included` the first day counts too, so that a month from 1 March ends on 31 March. Raises CalendarExpired.
    """
    n = int(duration.amount) * sign
    if included and duration.unit not in _MONTHS:
        first -= timedelta(days=sign)
    try:
        if duration.unit is Unit.WORKING_DAYS:
            return add_workdays(calendar, first, n)
        if duration.unit in DAYS:
            day = first + timedelta(days=n * DAYS[duration.unit])
        else:
            day = _add_months(first, n * _MONTHS[duration.unit])
            if included and (sign < 0 or day.day == first.day):      # without that day of the month, its last is the end already
                day -= timedelta(days=sign)
    except (OverflowError, ValueError) as error:
        raise beyond(calendar) from error
    if day.year > _LAST_YEAR:
        raise beyond(calendar)
    return day


def _add_months(day: date, months: int) -> date:
    """Month arithmetic from the anchor (clocks rule 5): 31 January + 1 month is the last of February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + month // 11, (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))


def add_paused(
    calendar: Calendar, first: date, day: date, stops: Sequence[Stretch], workdays: bool, tell: Tell | None = None
) -> date:
    """Add the (working) dates after `first` on which the clock stood still throughout."""
    for since, until in stops:
        if until is None:
            break
        still = local_date(calendar, since)
        if start_of_day(calendar, still) < since:
            still += timedelta(days=1)
        still = max(still, first + timedelta(days=1))
        after = local_date(calendar, until)     # the first date on which it ran again
        while still < after and still <= day:
            if not workdays or is_workday(calendar, still):
                day = add_workdays(calendar, day, 1) if workdays else day + timedelta(days=1)
                if tell:
                    tell(StoodThroughout(still, day))
            still += timedelta(days=1)
    return day


def rolled(calendar: Calendar, day: date, roll: str, tell: Tell | None = None) -> date:
    """That date, or the next or previous one that is worked. Raises CalendarExpired."""
    if is_workday(calendar, day):
        return day
    last = add_workdays(calendar, day, 1 if roll == "next" else -1)
    if tell:
        tell(Rolled(day, last))
    return last


def end_on(calendar: Calendar, day: date, ends: str | None, like: datetime) -> datetime:
    """When a last date ends: with the day, at the time of day that the wall showed at `like`, or when the last work of the day is over.

    A date that is not worked has no close of business and ends with the day; a shift of the night before that goes on is still business.
    """
    if ends == "same_time":
        return at_time_of(calendar, day, like)
    if ends == "close_of_business" and is_workday(calendar, day):
        return max(instant_at(calendar.zone, near, end) for near in (day - timedelta(days=1), day) for _, end in calendar.hours_on(near))
    return end_of_day(calendar, day)


def at_time_of(calendar: Calendar, day: date, like: datetime) -> datetime:
    """The instant at which the wall shows on a date what it showed at `like`; one that is skipped moves on, of two it is the first."""
    return datetime.combine(day, like.astimezone(calendar.zone).time().replace(fold=0), calendar.zone).astimezone(UTC)


def end_while_running(
    calendar: Calendar, day: date, end: Callable[[date], datetime], stops: Sequence[Stretch], workdays: bool, tell: Tell | None = None
) -> datetime | None:
    """The end of that date, or of the first (working) date that ends when the clock runs again, should it stand still just then."""
    for since, until in stops:
        if since <= end(day) and (until is None or end(day) < until):
            if until is None:
                return None
            day = local_date(calendar, until)
            while end(day) < until or (workdays and not is_workday(calendar, day)):
                day += timedelta(days=1)
            if tell:
                tell(Awaited(day))
    return end(day)


def whole_dates(calendar: Calendar, since: datetime, until: datetime, workdays: bool) -> int:
    """How many (working) local dates lie within a stretch from their beginning to their end."""
    before, last = _before_whole(calendar, since), local_date(calendar, until) - timedelta(days=1)
    if last <= before:
        return 0
    return workdays_between(calendar, before, last) if workdays else (last - before).days


def after_whole_dates(calendar: Calendar, since: datetime, count: int, workdays: bool) -> datetime:
    """The end of the last of so many whole (working) dates from an instant on; raises CalendarExpired."""
    before = _before_whole(calendar, since)
    try:
        return end_of_day(calendar, add_workdays(calendar, before, count) if workdays else before + timedelta(days=count))
    except OverflowError as error:
        raise beyond(calendar) from error


def _before_whole(calendar: Calendar, since: datetime) -> date:
    """The date before the first whole one."""
    day = local_date(calendar, since)
    return day - timedelta(days=1) if start_of_day(calendar, day) == since else day


def end_of_run(
    run: ClockRun, day: date, ends: str | None, like: datetime, start: datetime, calendar: Calendar, stops: Sequence[Stretch],
    workdays: bool, tell: Tell | None,
) -> datetime | None:
    """When a run ends whose last date is that one, by its counting: never before `start`, nor while it stands still."""
    roll = run.counting.roll
    if roll:
        day = rolled(calendar, day, roll, tell)

    def end(last: date) -> datetime:
        return max(start, end_on(calendar, last, ends, like))

    at = end_while_running(calendar, day, end, stops, workdays or roll is not None, tell) if stops else end(day)
    if tell and at and run.counting.ends:
        tell(Ended(run.counting.ends, at))
    return at


def on_workday(
    run: ClockRun, at: datetime, start: datetime, calendar: Calendar, stops: Sequence[Stretch], tell: Tell | None
) -> datetime | None:
    """An instant, at the same time of day on another day when its own is not worked and the run rolls; 24:00 stays 24:00."""
    day = last_date(calendar, at)
    if not run.counting.roll or is_workday(calendar, day):
        return at
    return end_of_run(run, day, "same_time" if day == local_date(calendar, at) else None, at, start, calendar, stops, False, tell)


def beyond(calendar: Calendar) -> CalendarExpired:
    """The error for what lies after every date there is."""
    return CalendarExpired(
        say("That lies beyond the year 9999"), hint=say("Write a shorter duration."), calendar=calendar.name, valid_through="9999-12-31",
        wanted="",
    )
