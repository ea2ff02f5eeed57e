"""What a due time costs, with a calendar that has been expanded already, beside a date worked out by hand."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from statistics import median

from benchmarks.measuring import Figures, cpu
from engine.deciding.case import ClockRun, ClockStatus, Stop
from engine.deciding.clock_due import due
from engine.defining.definition import Counting
from engine.ground.calendars import Calendar, parse_hours

_WORKED = parse_hours(["09:00-12:00", "13:30-18:00"])
OFFICE = Calendar(
    "office", "Asia/Shanghai", tuple(_WORKED if day < 5 else () for day in range(7)),
    closed=frozenset(date(2026, 10, day) for day in range(1, 8)), valid_through=date(2027, 12, 31),
)
START = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
LAW = Counting(roll="next", ends="close_of_business")
KINDS = {
    "5 days": (Counting(), False), "3 working days": (Counting(), False), "1 month": (Counting(), False), "24 hours": (Counting(), False),
    "4 working hours": (Counting(), False), "14 days": (LAW, False), "10 days": (Counting(), True), "8 working hours": (Counting(), True),
}
"""Limits, how their dates are counted, and whether the clock stood still once."""


def deadlines(chunks: int, size: int) -> dict[str, Figures]:
    """Microseconds of CPU for each kind of limit, median and best of the chunks, and how many dates by hand that is."""
    starts = [START + timedelta(minutes=371 * n) for n in range(size)]
    found = {}
    for limit, (counting, stopped) in KINDS.items():
        runs = [_run(limit, start, counting, stopped) for start in starts]
        for run in runs:        # the first time expands the calendar
            due(run, OFFICE)
        pairs = [(cpu(partial(_all, runs)), cpu(partial(_all_by_hand, starts))) for _ in range(chunks)]
        times = [mine / size * 1_000_000 for mine, _ in pairs]
        name = limit + (", rolled, close of business" if counting != Counting() else "") + (", stopped once" if stopped else "")
        found[name] = {
            "us": round(median(times), 2), "best_us": round(min(times), 2),
            "ratio": round(median(mine / other for mine, other in pairs), 1),
        }
    return found


def _run(limit: str, start: datetime, counting: Counting, stopped: bool) -> ClockRun:
    stops = [Stop(start + timedelta(hours=5), start + timedelta(hours=60), "waiting")] if stopped else []
    return ClockRun("c", ClockStatus.RUNNING, start, limit, stops=stops, counting=counting)


def _all(runs: Sequence[ClockRun]) -> None:
    for run in runs:
        due(run, OFFICE)


def _all_by_hand(starts: Sequence[datetime]) -> None:
    """The end of the fifth day after each: what the standard library alone needs."""
    for start in starts:
        day = start.astimezone(OFFICE.zone).date() + timedelta(days=6)
        datetime.combine(day, time(), OFFICE.zone).astimezone(UTC)
