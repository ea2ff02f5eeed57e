"""Working time: `add` and `measure`, the only two functions that compute it, and dates of workdays (clocks rules 1–8).

Instants are aware; results are in UTC, exact to the microsecond. A calendar's intervals are expanded once per local year in
its time zone, summed in UTC and cached by (calendar version, year), so that a deadline costs a binary search.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from engine.ground.calendars import DAY, Calendar, instant_at
from engine.ground.clock import aware
from engine.ground.errors import CalendarExpired
from engine.ground.language import say

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()
_MICROSECOND = timedelta(microseconds=1)
_MINUTE = 60_000_000
_MARGIN = timedelta(days=3)     # a shift of a year's last night, seen from the westernmost zone, ends before 3 January UTC
_LAST_YEAR = 9990
_FIRST_YEAR = 10


@dataclass(frozen=True, slots=True)
class _Year:
    """The working time that starts on the local dates of one year: intervals in microseconds since 1970, and their running sum."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    sums: tuple[int, ...]           # working time up to and including each interval
    workdays: tuple[int, ...]       # ordinals of the dates that are worked

    @property
    def total(self) -> int:
        return self.sums[-1] if self.sums else 0

    def before(self, at: int) -> int:
        """The working time of this year that lies before an instant."""
        index = bisect_right(self.starts, at) - 1
        if index < 0:
            return 0
        return self.sums[index] - max(0, self.ends[index] - at)


@lru_cache(maxsize=512)
def _year(calendar: Calendar, year: int) -> _Year:
    """Expand one local year of a calendar. Overlaps (a night shift that meets the next morning) count once."""
    last = date(year, 12, 31)
    if calendar.valid_through is not None:
        last = min(last, calendar.valid_through)
    days = [date.fromordinal(n) for n in range(date(year, 1, 1).toordinal(), last.toordinal() + 1)]
    spans = sorted(_all_spans(calendar, days))
    covered = max((end for _, end in _spans(calendar, date(year, 1, 1) - timedelta(days=1))), default=0)   # by last year's night
    starts: list[int] = []
    ends: list[int] = []
    for start, end in spans:
        start = max(start, covered) if covered else start
        if start >= end:
            continue
        if ends and start <= ends[-1]:
            ends[-1] = max(end, ends[-1])
        else:
            starts.append(start)
            ends.append(end)
    sums, total = [], 0
    for start, end in zip(starts, ends, strict=True):
        total += end - start
        sums.append(total)
    return _Year(tuple(starts), tuple(ends), tuple(sums), tuple(day.toordinal() for day in days if calendar.hours_on(day)))


def _all_spans(calendar: Calendar, days: list[date]) -> Iterator[tuple[int, int]]:
    """The intervals of consecutive dates. Dates without a change of clocks near are plain sums: four times faster."""
    zone = calendar.zone
    offsets = [datetime(day.year, day.month, day.day, tzinfo=zone).utcoffset() for day in days]
    for index, day in enumerate(days):
        offset = offsets[index]
        if offset is None or offset != offsets[index - 1] or offset != offsets[min(index + 1, len(days) - 1)] or index + 2 >= len(days) \
                or offset != offsets[index + 2]:
            yield from _spans(calendar, day)
            continue
        midnight = (day.toordinal() - _EPOCH_DAY) * DAY * _MINUTE - offset // _MICROSECOND
        for start, end in calendar.hours_on(day):
            yield midnight + start * _MINUTE, midnight + end * _MINUTE


def _spans(calendar: Calendar, day: date) -> list[tuple[int, int]]:
    zone = calendar.zone
    return [(_number(instant_at(zone, day, start)), _number(instant_at(zone, day, end))) for start, end in calendar.hours_on(day)]


def _number(instant: datetime) -> int:
    """Whole microseconds since 1970 (integers, since sums of floats lose instants)."""
    delta = instant - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def _instant(number: int) -> datetime:
    return _EPOCH + timedelta(microseconds=number)


def _microseconds(minutes: Decimal | int | timedelta) -> int:
    if isinstance(minutes, timedelta):
        return minutes // _MICROSECOND
    return int((Decimal(minutes) * _MINUTE).to_integral_value())


def expired(calendar: Calendar, wanted: date) -> CalendarExpired:
    """The error for a date beyond what a calendar knows."""
    return CalendarExpired(
        say("Calendar {calendar} is known until {until} only; {wanted} lies beyond", calendar=calendar.name,
            until=str(calendar.valid_through), wanted=wanted.isoformat()),
        hint=say("Extend the calendar (holidays, valid_through) and apply it again."),
        calendar=calendar.name, valid_through=str(calendar.valid_through), wanted=wanted.isoformat(),
    )


def add(calendar: Calendar, start: datetime, minutes: Decimal | int | timedelta) -> datetime:
    """The instant at which that much working time has passed since `start`.

    What ends exactly at closing ends at closing; zero ends where it starts (clocks rule 4). A negative amount goes back, and what
    ends exactly at an opening ends at that opening. Raises Invalid for a naive start, CalendarExpired beyond `valid_through`.
    """
    start = aware(start)
    amount = _microseconds(minutes)
    if amount == 0:
        return start
    return _forward(calendar, start, amount) if amount > 0 else _backward(calendar, start, -amount)


def _forward(calendar: Calendar, start: datetime, amount: int) -> datetime:
    at = _number(start)
    target = amount
    fruitless = 0
    for year in range((start - _MARGIN).year, _LAST_YEAR):
        _known_year(calendar, year)
        expanded = _year(calendar, year)
        reach = target + expanded.before(at)
        if reach <= expanded.total:
            index = bisect_left(expanded.sums, reach)
            return _instant(expanded.ends[index] - (expanded.sums[index] - reach))
        fruitless = fruitless + 1 if reach - expanded.total == target else 0
        target = reach - expanded.total
        if fruitless > 9:       # ten years without an open minute: it will not come
            break
    raise _never(calendar)


def _backward(calendar: Calendar, start: datetime, amount: int) -> datetime:
    at = _number(start)
    target = amount
    fruitless = 0
    first = (start + _MARGIN).year
    if calendar.valid_through is not None:
        first = min(first, calendar.valid_through.year)
        _check_known(calendar, start)
    for year in range(first, _FIRST_YEAR, -1):
        expanded = _year(calendar, year)
        available = expanded.before(at)
        if target <= available:
            reach = available - target          # working time of this year before the result
            index = bisect_right(expanded.sums, reach)
            return _instant(expanded.ends[index] - (expanded.sums[index] - reach))
        fruitless = fruitless + 1 if not available else 0
        target -= available
        if fruitless > 9:
            break
    raise _never(calendar)


def _known_year(calendar: Calendar, year: int) -> None:
    if calendar.valid_through is not None and year > calendar.valid_through.year:
        raise expired(calendar, date(year, 1, 1))


def _never(calendar: Calendar) -> CalendarExpired:
    return CalendarExpired(
        say("Calendar {calendar} has no working time there", calendar=calendar.name),
        hint=say("Give it hours."), calendar=calendar.name, valid_through=str(calendar.valid_through), wanted="",
    )


def _check_known(calendar: Calendar, instant: datetime) -> None:
    """Raise CalendarExpired when an instant lies after the last local date that the calendar knows."""
    if calendar.valid_through is not None and instant > _known_until(calendar):
        raise expired(calendar, instant.astimezone(calendar.zone).date())


@lru_cache(maxsize=128)
def _known_until(calendar: Calendar) -> datetime:
    """The end of the last date known: midnight, or the closing of the shift that started then."""
    assert calendar.valid_through is not None
    closing = max((end for _, end in calendar.hours_on(calendar.valid_through)), default=DAY)
    return instant_at(calendar.zone, calendar.valid_through, max(DAY, closing))


def measure(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """The working time between two instants; negative when `end` comes first.

    Inverse of `add`: `measure(c, s, add(c, s, x)) == x`; additive over adjacent stretches. Raises Invalid for naive instants,
    CalendarExpired when one of them lies after the last date that the calendar knows.
    """
    start, end = aware(start), aware(end)
    if end < start:
        return -measure(calendar, end, start)
    _check_known(calendar, end)
    first, last = _number(start), _number(end)
    total = 0
    for year in range((start - _MARGIN).year, (end + _MARGIN).year + 1):
        if calendar.valid_through is not None and year > calendar.valid_through.year:
            break
        expanded = _year(calendar, year)
        total += expanded.before(last) - expanded.before(first)
    return timedelta(microseconds=total)


# --- dates ----------------------------------------------------------------------------------------------------------


def local_date(calendar: Calendar, instant: datetime) -> date:
    """The date on the wall at an instant, where the calendar's house stands."""
    return instant.astimezone(calendar.zone).date()


@lru_cache(maxsize=4096)      # the days on which cases are due are few, and each is asked for again and again
def end_of_day(calendar: Calendar, day: date) -> datetime:
    """24:00 of a local date, as an instant in UTC: the midnight that follows it."""
    return instant_at(calendar.zone, day, DAY)


def start_of_day(calendar: Calendar, day: date) -> datetime:
    """00:00 of a local date, as an instant in UTC."""
    return instant_at(calendar.zone, day)


def day_of_arrival(calendar: Calendar, instant: datetime) -> date:
    """The local date as of which what arrived then counts (clocks rule 6): that of the wall clock.

    Where the calendar says `after_closing: next_working_day`, what arrives when no more work is done on that date counts from the next
    working day; exactly at closing is still in time. Raises CalendarExpired when that day lies beyond `valid_through`.
    """
    day = local_date(calendar, instant)
    if not calendar.next_day_after_closing:
        return day
    at = _number(instant)
    late = all(end < at for near in (day - timedelta(days=1), day) for _, end in _spans(calendar, near))
    return add_workdays(calendar, day, 1) if late else day


def is_workday(calendar: Calendar, day: date) -> bool:
    """Whether any working time starts on a local date; raises CalendarExpired beyond `valid_through`."""
    if calendar.valid_through is not None and day > calendar.valid_through:
        raise expired(calendar, day)
    return bool(calendar.hours_on(day))


def add_workdays(calendar: Calendar, day: date, n: int) -> date:
    """The n-th workday after a date, itself not counted and worked or not (clocks rule 6); before it for a negative n.

    n = 0 gives the date itself. Raises CalendarExpired beyond `valid_through`.
    """
    if n == 0:
        return day
    step = 1 if n > 0 else -1
    left, year, ordinal, fruitless = abs(n), day.year, day.toordinal(), 0
    if calendar.valid_through is not None and n < 0 and day > calendar.valid_through:
        raise expired(calendar, day)
    while _FIRST_YEAR < year < _LAST_YEAR and fruitless < 10:
        _known_year(calendar, year)
        days = _year(calendar, year).workdays
        at = bisect_right(days, ordinal) if n > 0 else bisect_left(days, ordinal)
        available = len(days) - at if n > 0 else at
        if left <= available:
            return date.fromordinal(days[at + left - 1] if n > 0 else days[at - left])
        left -= available
        fruitless = 0 if available else fruitless + 1
        year += step
    raise _never(calendar)


def workdays_between(calendar: Calendar, start: date, end: date) -> int:
    """How many workdays lie after `start` up to and including `end`; negative when `end` comes first.

    Inverse of `add_workdays`. Raises CalendarExpired beyond `valid_through`.
    """
    if end < start:
        return -workdays_between(calendar, end, start)
    if calendar.valid_through is not None and end > calendar.valid_through:
        raise expired(calendar, end)
    total = 0
    for year in range(start.year, end.year + 1):
        days = _year(calendar, year).workdays
        total += bisect_right(days, end.toordinal()) - bisect_right(days, start.toordinal())
    return total
