"""Working days between two dates of a case, and the midnight that ends a day among dates."""

from datetime import UTC, date, datetime, timedelta

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from specimen import CALENDAR, DEFINITION, a_case, sight

from engine.deciding import fields
from engine.deciding.case import ClockRun, ClockStatus
from engine.deciding.clock_due import due
from engine.deciding.days import worked_days
from engine.deciding.expressions import expression
from engine.deciding.values import DayEnd, due_moment
from engine.ground.calendars import Calendar
from engine.ground.errors import CalendarExpired, Invalid

DAYS = st.dates(date(2025, 1, 1), date(2026, 12, 31))
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2026, 11, 30)).map(lambda naive: naive.replace(tzinfo=UTC))
CALENDARS = st.builds(
    lambda weekly, closed, late: Calendar("c", "Asia/Shanghai", tuple(((540, 1020),) if worked else () for worked in weekly),
                                          closed=frozenset(closed), valid_through=date(2026, 12, 31), next_day_after_closing=late),
    st.lists(st.booleans(), min_size=7, max_size=7).filter(any), st.sets(DAYS, max_size=40), st.booleans(),
)


@given(CALENDARS, DAYS, DAYS)
def test_working_days_are_those_that_numpy_counts(calendar: Calendar, one: date, other: date) -> None:
    first, last = sorted((one, other))
    counted = numpy.busday_count(
        first + timedelta(days=1), last + timedelta(days=1), weekmask=[bool(hours) for hours in calendar.hours],
        holidays=sorted(calendar.closed),
    )
    assert worked_days(calendar, first, last) == counted
    assert worked_days(calendar, last, first) == -counted


@given(CALENDARS, MOMENTS, st.integers(1, 20))
def test_up_to_the_due_time_of_a_clock_of_n_working_days_there_are_n(calendar: Calendar, start: datetime, n: int) -> None:
    try:
        due_at = due(ClockRun("c", ClockStatus.RUNNING, start, f"{n} working days"), calendar)
    except CalendarExpired:
        return
    assert due_at is not None
    assert worked_days(calendar, start, due_moment(due_at, calendar.timezone, by_days=True)) == n


@pytest.mark.parametrize(("text", "expected"), [
    ("worked_days(bought_on, today)", 15), ("worked_days(opened_at, '2026-11-26')", 3), ("worked_days('2026-11-26', opened_at)", -3),
    ("worked_days(bought_on, bought_on)", 0), ("worked_days(opened_at, due('total'))", 8), ("worked_days(due('total'), '2026-12-04')", 1),
    ("worked_days('2026-11-20 09:00', '2026-11-23 09:00')", 1), ("worked_days(bought_on, today) <= 15", True),
    ("worked_days(bought_on, visit_at)", None), ("worked_days(bought_on, visit_at) > 1", False), ("worked_days(visit_at, today)", None),
    ("worked_days(bought_on, '2027-01-01')", None), ("worked_days('2027-01-01', bought_on)", None), ("not worked_days(today, today)", True),
])
def test_worked_days_are_counted_after_the_first_date_up_to_the_second(text: str, expected: object) -> None:
    assert expression(text)(sight(a_case(bought_on="2026-11-01"))) == expected


@pytest.mark.parametrize("text", ["worked_days(region, today)", "worked_days(loss, today)", "worked_days(today, urgent)"])
def test_worked_days_lie_between_dates(text: str) -> None:
    with pytest.raises(Invalid):
        expression(text)(sight(a_case(region="domestic", loss="1.00", urgent=True)))


def test_the_midnight_that_ends_a_day_belongs_to_that_day_wherever_dates_are_meant() -> None:
    seen = sight(a_case(bought_on="2026-12-03", promised="2 hours"))      # `total` is due on 3 December at 24:00
    for text in ("due('total') == bought_on", "due('total') == '2026-12-03'", "bought_on - due('total') == 0",
                 "bought_on + 1 > due('total')"):
        assert expression(text)(seen) is True, text
    assert fields.computed(DEFINITION.fields["bought_on"], expression("due('total')")(seen), CALENDAR.timezone) == "2026-12-03"
    later = expression("due('total') + promised")(seen)
    assert not isinstance(later, DayEnd) and (later.day, later.hour) == (4, 2)
