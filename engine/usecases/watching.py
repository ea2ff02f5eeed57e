"""Watching calendars for the day on which they end, and for due times that they cannot tell. Touches no database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from engine.deciding.clock_dates import nth_date
from engine.defining.calendar_file import read_calendar
from engine.defining.problems import Problem
from engine.ground.calendars import Calendar
from engine.ground.duration import Duration, Unit
from engine.ground.errors import Invalid
from engine.ground.language import say

MONTHS_AHEAD = 3


@dataclass(frozen=True, slots=True)
class Kept:
    """A calendar as it is in force. `unknown` counts open cases with a due time that it cannot tell."""

    name: str
    version: int
    timezone: str
    valid_through: date | None
    published_at: datetime
    open: int
    unknown: int
    waiting: int                         # cases that the next sweep will compute anew


def check_files(paths: Sequence[Path], kept: Sequence[Kept], now: datetime, months: int = MONTHS_AHEAD) -> list[Problem]:
    """Every problem of calendar files, and a warning for each that ends within so many months; also for open cases whose due times the
    calendar of that name among those in force (`kept`) cannot tell."""
    problems = []
    for path in dict.fromkeys(paths):
        calendar, found = read_calendar(path)
        problems += found
        if calendar is not None:
            problems += warnings(str(path), calendar, [one for one in kept if one.name == calendar.name], now, months)
    return problems


def warnings(file: str, calendar: Calendar, kept: Iterable[Kept], now: datetime, months: int) -> Iterable[Problem]:
    """What to tell about a calendar that ends within so many months, and about open cases that wait for it."""
    yield from _ending(file, calendar, now, months)
    yield from _waiting(file, kept)


def _ending(file: str, calendar: Calendar, now: datetime, months: int) -> Iterable[Problem]:
    name, end, today = calendar.name, calendar.valid_through, now.astimezone(calendar.zone).date()
    if end is None or end > nth_date(calendar, today, _ahead(months)):
        return
    what = (
        say("Calendar {name} ended on {until}", name=name, until=end.isoformat()) if end < today
        else say("Calendar {name} ends on {until}, in {days:day|days}", name=name, until=end.isoformat(), days=(end - today).days)
    )
    hint = say("Deadlines beyond are unknown. Move valid_through when the dates are announced, then `makegood calendar extend`.")
    yield Problem(file, 0, 0, what, severity="warning", hint=hint)


def _ahead(months: int) -> Duration:
    if not 0 <= months <= 1200:
        raise Invalid(
            say("{months} is not a number of months from 0 to 1200", months=months), hint=say("Usual is 3."), field="months", value=months,
            expected="0..1200",
        )
    return Duration(Decimal(months), Unit.MONTHS)


def _waiting(file: str, kept: Iterable[Kept]) -> Iterable[Problem]:
    for one in kept:
        if one.unknown:
            what = say("{count:open case has a due time|open cases have due times} that calendar {name} cannot tell: it ends on {until}",
                       count=one.unknown, name=one.name, until=str(one.valid_through))
            yield Problem(file, 0, 0, what, severity="warning", hint=say("Extend it: `makegood calendar extend FILE`."))
        if one.waiting:
            what = say("{count:case still counts|cases still count} by calendar {name} as it was", count=one.waiting, name=one.name)
            yield Problem(file, 0, 0, what, severity="warning", hint=say("The next `makegood sweep` computes them anew."))
