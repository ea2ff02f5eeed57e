"""How well a standard was kept: shares with their interval, means, and whether periods differ by more than chance.

Pure arithmetic over counts. Sources: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the
American Statistical Association 22 (1927), for the interval; W. A. Shewhart, "Economic Control of Quality of Manufactured Product" (1931),
for limits of three standard errors around the mean share (p chart).
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from math import sqrt

from engine.ground.calendars import Calendar
from engine.ground.duration import ELAPSED, Duration, Unit
from engine.ground.valueclass import valueclass
from engine.ground.worktime import local_date, start_of_day

Z95 = 1.959963984540054
"""The normal deviate between ±which 95 % lie."""
SIGMAS = 3.0


@valueclass(frozen=True, slots=True)
class Share:
    """How many of how many kept a standard, and the mean of what was measured."""

    kept: int
    of: int
    total: float = 0.0                   # the sum of measured values
    measured: int = 0                    # how many values it sums

    def __add__(self, other: "Share") -> "Share":
        return Share(self.kept + other.kept, self.of + other.of, self.total + other.total, self.measured + other.measured)

    @property
    def value(self) -> float | None:
        """The share kept, from 0 to 1; None of nothing, which is neither met nor missed."""
        return self.kept / self.of if self.of else None

    @property
    def mean(self) -> float | None:
        """The mean of the values measured."""
        return self.total / self.measured if self.measured else None


def wilson(kept: int, of: int, z: float = Z95) -> tuple[float, float]:
    """The interval in which the true share lies, by Wilson's score: (low, high), each from 0 to 1; (0, 1) of nothing."""
    if not of:
        return 0.0, 1.0
    share, square = kept / of, z * z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = z / (1 + square / of) * sqrt(share * (1 - share) / of + square / (4 * of * of))
    return (0.0 if not kept else max(0.0, middle - half)), (1.0 if kept == of else min(1.0, middle + half))


def control_limits(shares: Sequence[Share], which: Share) -> tuple[float, float] | None:
    """The limits within which the share of one period lies by chance alone, given all periods; None without any observation."""
    whole = sum(shares, Share(0, 0))
    if not whole.of or not which.of:
        return None
    mean = whole.kept / whole.of
    half = SIGMAS * sqrt(mean * (1 - mean) / which.of)
    return max(0.0, mean - half), min(1.0, mean + half)


def slope(values: Iterable[float | None]) -> float | None:
    """By how much the value changes from period to period, by least squares over the periods that have one; None for fewer than two."""
    points = [(float(n), value) for n, value in enumerate(values) if value is not None]
    if len(points) < 2:
        return None
    x, y = sum(n for n, _ in points) / len(points), sum(value for _, value in points) / len(points)
    return sum((n - x) * (value - y) for n, value in points) / sum((n - x) ** 2 for n, _ in points)


def period_of(day: date, period: Duration) -> tuple[date, date]:
    """The period that a local date lies in: (first date, first date after it). Weeks begin on Monday, months, quarters and years with
    those of the calendar; several of a unit are counted from year 1 on. Of a shorter period than a day, the day."""
    many = max(1, int(period.amount))
    match period.unit:
        case Unit.WEEKS:
            first = day - timedelta(days=(day.toordinal() - 1) % (7 * many))
            return first, first + timedelta(days=7 * many)
        case Unit.MONTHS | Unit.QUARTERS | Unit.YEARS:
            length = many * {Unit.MONTHS: 1, Unit.QUARTERS: 3, Unit.YEARS: 12}[period.unit]
            month = ((day.year - 1) * 12 + day.month - 1) // length * length
            return _month(month), _month(month + length)
        case Unit.DAYS | Unit.WORKING_DAYS:
            first = day - timedelta(days=(day.toordinal() - 1) % many)
            return first, first + timedelta(days=many)
    return day, day + timedelta(days=1)


def slot_of(instant: datetime, period: Duration, calendar: Calendar) -> tuple[datetime, datetime]:
    """The period that an instant lies in, as instants: [start, end). Minutes and hours are counted from the local midnight, and the
    last of a day ends with it."""
    day = local_date(calendar, instant)
    if period.unit not in ELAPSED:
        first, after = period_of(day, period)
        return start_of_day(calendar, first), start_of_day(calendar, after)
    midnight, next_midnight = start_of_day(calendar, day), start_of_day(calendar, day + timedelta(days=1))
    length = timedelta(minutes=float(period.amount) * (60 if period.unit is Unit.HOURS else 1))
    start = midnight + (instant - midnight) // length * length
    return start, min(start + length, next_midnight)


def _month(number: int) -> date:
    return date(number // 12 + 1, number % 12 + 1, 1)
