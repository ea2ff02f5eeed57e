"""When a clock is due: budgets, the stretches on which a clock ran, and what of them is consumed (clocks rules 4–6, 9).

Everything here is worked out from a run (start, budget, stops, extensions) and a calendar, so that any figure can be
computed again. Minutes and hours elapse, working hours follow the calendar, days and longer are local dates.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from engine.deciding.budgets import Among, Before, Budget, Uncountable, read
from engine.deciding.case import ClockRun, Stop
from engine.deciding.clock_dates import (
    DAYS,
    Stretch,
    add_paused,
    at_time_of,
    beyond,
    end_of_run,
    last_date,
    nth_date,
    on_workday,
)
from engine.deciding.clock_steps import Counted, CountedBack, Fixed, Longer, Picked, Ran, Tell
from engine.ground.calendars import Calendar
from engine.ground.duration import WORKED, Duration, Unit, parse_duration
from engine.ground.replacing import replace
from engine.ground.worktime import add, day_of_arrival, end_of_day, local_date, measure, start_of_day

_MINUTES = {Unit.MINUTES: 1, Unit.HOURS: 60, Unit.WORKING_MINUTES: 1, Unit.WORKING_HOURS: 60}


_read = lru_cache(maxsize=512)(parse_duration)      # few texts, read for every due time


def due(run: ClockRun, calendar: Calendar) -> datetime | None:
    """When a run is due, in UTC; None while it stands still. Raises CalendarExpired when the calendar does not reach so far.

    Hours run only on stretches on which the clock ran: after a pause, due is the remainder from then on. Days, weeks and months
    count local dates and end at the end of the last; only dates on which the clock stood still throughout are added. A clock
    that stands still at the end of its last date ends with the date on which it runs again (it cannot fall due while paused).
    """
    return None if standing_still(run) else due_extended(run, calendar, run.extended)


def due_extended(run: ClockRun, calendar: Calendar, extended: Iterable[str], tell: Tell | None = None) -> datetime | None:
    """When a run would be due with these extensions: those in the budget's unit add to it, others count on from there.

    `tell` hears each step of the arithmetic, for whoever wants to explain it.
    """
    budget = read(run.budget)
    others = []
    for more in map(_read, extended):
        if isinstance(budget, Duration) and more.unit is budget.unit:
            budget = Duration(budget.amount + more.amount, budget.unit)
        else:
            others.append(more)
    at = _due_of(run, budget, calendar, tell)
    for more in others:
        if at and tell:
            tell(Longer(more, at))
        at = reach(run, at, more, calendar, first=last_date(calendar, at), tell=tell) if at else None
    return at


def _due_of(run: ClockRun, budget: Budget, calendar: Calendar, tell: Tell | None) -> datetime | None:
    """When a budget of this run ends; None when the run stops before that, or when no amount can be made of it."""
    match budget:
        case Duration():
            return reach(run, run.anchor, budget, calendar, tell=tell)
        case Before():
            return _backward(run, budget, calendar, tell)
        case Among():
            return _picked(run, budget, calendar, tell)
        case Uncountable():
            return None
    return _fixed(run, budget, calendar, tell)


def due_after(start: datetime, duration: Duration, calendar: Calendar) -> datetime:
    """The end of a duration that begins at an instant and is never paused; raises CalendarExpired."""
    if duration.unit in _MINUTES:
        length = length_of(duration)
        return add(calendar, start, length) if duration.unit in WORKED else _plus(start, length, calendar)
    if duration.amount == 0:
        return start.astimezone(UTC)
    return end_of_day(calendar, nth_date(calendar, local_date(calendar, start), duration))


def reach(
    run: ClockRun, start: datetime, duration: Duration, calendar: Calendar, *, first: date | None = None, tell: Tell | None = None
) -> datetime | None:
    """Where a duration from `start` ends when it runs only while the run does; None when the run stops before that.

    Dates count from the day after `first`, by default the date as of which what arrives at `start` counts, or with that date.
    """
    stops = stood_still(run.stops)
    if duration.unit in _MINUTES or duration.amount == 0:
        length = length_of(duration) if duration.amount else timedelta()
        worked = duration.unit in WORKED
        at = walk(stretches(run, start), length, calendar, worked, tell)
        return at if at is None or worked or not length else on_workday(run, at, start, calendar, stops, tell)
    included = first is None and run.counting.first_day == "included"
    first = first or day_of_arrival(calendar, start)
    workdays = duration.unit is Unit.WORKING_DAYS
    day = nth_date(calendar, first, duration, included=included)
    started = first if included else None
    if started:
        first -= timedelta(days=1)
    if tell:
        tell(Counted(first, duration, day, started))
    day = add_paused(calendar, first, day, stops, workdays, tell)
    return end_of_run(run, day, run.counting.ends, start, start, calendar, stops, workdays, tell)


def _fixed(run: ClockRun, day: date, calendar: Calendar, tell: Tell | None) -> datetime | None:
    """The due time of a budget that is a date (its end) or an instant rather than a duration: pauses do not move it."""
    at = day.astimezone(UTC) if isinstance(day, datetime) else end_of_day(calendar, day)
    if tell:
        tell(Fixed(at))
    if isinstance(day, datetime):
        return max(run.anchor, on_workday(run, at, run.anchor, calendar, (), tell) or at)
    return end_of_run(run, day, run.counting.ends, run.anchor, run.anchor, calendar, (), False, tell)


def _backward(run: ClockRun, budget: Before, calendar: Calendar, tell: Tell | None) -> datetime | None:
    """The due time of a duration before a date or instant, of which the day itself does not count: pauses do not move it."""
    anchor, by = budget.anchor, budget.by
    moment = anchor.astimezone(UTC) if isinstance(anchor, datetime) else None
    if by.unit in _MINUTES:
        at = shift(moment or start_of_day(calendar, anchor), by, calendar, -1)
        if tell and at:
            tell(CountedBack(moment or start_of_day(calendar, anchor), by, local_date(calendar, at)))
        return at and max(run.anchor, on_workday(run, at, run.anchor, calendar, (), tell) or at)
    first = local_date(calendar, moment) if moment else anchor
    day = nth_date(calendar, first, by, -1, included=run.counting.first_day == "included" and by.amount > 0)
    if tell:
        tell(CountedBack(moment or end_of_day(calendar, first), by, day))
    return end_of_run(run, day, run.counting.ends, moment or run.anchor, run.anchor, calendar, (), False, tell)


def _picked(run: ClockRun, budget: Among, calendar: Calendar, tell: Tell | None) -> datetime | None:
    """The earliest or latest of several due times; None while one of them cannot be known."""
    found = [(at, one) for one in budget.of if (at := _due_of(run, one, calendar, None))]
    if len(found) < len(budget.of):
        return None
    at, one = (max if budget.latest else min)(found, key=lambda pair: pair[0])
    if tell:
        tell(Picked(budget.latest, one, len(found)))
        _due_of(run, one, calendar, tell)
    return at


def budget_unit(run: ClockRun) -> Unit | None:
    """The unit a run counts in; None when its due time hangs on a date of the case, or on the earliest or latest of several."""
    budget = read(run.budget)
    return budget.unit if isinstance(budget, Duration) else None


def is_worked(run: ClockRun) -> bool:
    """Whether time on this clock is working time (working minutes, hours and days) rather than elapsed time."""
    unit = budget_unit(run)
    return unit in WORKED or unit is Unit.WORKING_DAYS


# --- stretches ------------------------------------------------------------------------------------------------------


def standing_still(run: ClockRun) -> bool:
    """Whether a stop is open."""
    return bool(run.stops) and any(stop.until is None for stop in run.stops)


def stood_still(stops: Iterable[Stop]) -> list[Stretch]:
    """When a clock stood still, in order; overlapping stops count once."""
    found: list[Stretch] = []
    if not stops:       # nearly always
        return found
    for since, until in sorted(((stop.since, stop.until) for stop in stops), key=lambda pair: pair[0]):
        if found and (found[-1][1] is None or since <= found[-1][1]):
            before = found[-1]
            end = None if before[1] is None or until is None else max(before[1], until)
            found[-1] = (before[0], end)
        elif until is None or since < until:
            found.append((since, until))
    return found


def stretches(run: ClockRun, start: datetime | None = None) -> list[Stretch]:
    """When a run ran, from `start` (whence its limit counts) on: the last stretch is open unless it stands still now."""
    frm = start or run.anchor
    found: list[Stretch] = []
    for since, until in stood_still(run.stops):
        if until is not None and until <= frm:
            continue
        if since > frm:
            found.append((frm, since))
        if until is None:
            return found
        frm = until
    return [*found, (frm, None)]


def span(frm: datetime, to: datetime, calendar: Calendar, worked: bool) -> timedelta:
    """The elapsed or working time between two instants."""
    return measure(calendar, frm, to) if worked else to - frm


def walk(on: Sequence[Stretch], left: timedelta, calendar: Calendar, worked: bool, tell: Tell | None = None) -> datetime | None:
    """The instant at which that much elapsed or working time has passed on these stretches; None when they end before.

    Time that is used up exactly when a stretch ends is carried to the beginning of the next, as rule 9 has it.
    """
    for frm, to in on:
        available = left if to is None else span(frm, to, calendar, worked)
        if available >= left:
            at = add(calendar, frm, left) if worked else _plus(frm, left, calendar)
            if to is None or at < to:
                if tell:
                    tell(Ran(frm, at, left, timedelta(), worked))
                return at
        used = min(left, available)
        left -= used
        if tell and to is not None:
            tell(Ran(frm, to, used, left, worked))
    return None


def spent(run: ClockRun, until: datetime, calendar: Calendar, worked: bool) -> timedelta:
    """The elapsed or working time on which a run ran up to an instant."""
    total = timedelta()
    for frm, to in stretches(run):
        end = until if to is None else min(to, until)
        if end > frm:
            total += span(frm, end, calendar, worked)
    return total


def as_if_running(run: ClockRun, at: datetime) -> ClockRun:
    """A copy in which whatever stands still runs on from `at`: for asking what would be."""
    return replace(run, stops=[replace(stop, until=max(at, stop.since)) if stop.until is None else stop for stop in run.stops])


# --- amounts ---------------------------------------------------------------------------------------------------------


def shift(at: datetime, duration: Duration, calendar: Calendar, sign: int, run: ClockRun | None = None) -> datetime | None:
    """A point that many units before (-1) or after (1) an instant, for rungs: days keep the wall time, 24:00 stays 24:00.

    Forwards it passes over what `run` stood still. Raises CalendarExpired.
    """
    if duration.unit in _MINUTES:
        worked = duration.unit in WORKED
        if sign < 0 or run is None:
            length = length_of(duration) * sign
            return add(calendar, at, length) if worked else _plus(at, length, calendar)
        return walk(stretches(run, at), length_of(duration), calendar, worked)
    local = at.astimezone(calendar.zone)
    first = last_date(calendar, at)
    day = nth_date(calendar, first, duration, sign)
    if sign > 0 and run is not None:
        day = add_paused(calendar, first, day, stood_still(run.stops), duration.unit is Unit.WORKING_DAYS)
    if first != local.date():
        return end_of_day(calendar, day)
    return at_time_of(calendar, day, at)


def length_of(duration: Duration) -> timedelta:
    """Minutes, hours, days and weeks as elapsed time (a day 24 hours)."""
    if duration.unit in _MINUTES:
        return timedelta(microseconds=int((duration.amount * _MINUTES[duration.unit] * 60_000_000).to_integral_value()))
    return timedelta(days=int(duration.amount) * DAYS[duration.unit])


def times(duration: Duration, n: int) -> Duration:
    """A duration n times over: counted from the anchor, never chained."""
    return Duration(duration.amount * Decimal(n), duration.unit)


def _plus(at: datetime, length: timedelta, calendar: Calendar) -> datetime:
    try:
        return at.astimezone(UTC) + length
    except OverflowError as error:
        raise beyond(calendar) from error
