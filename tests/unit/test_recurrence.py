"""Dates by rules of RFC 5545, beside the library that most programs use for them."""

from calendar import monthrange
from datetime import date, datetime
from itertools import islice
from time import process_time

import pytest
from dateutil.rrule import rruleset, rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.ground.errors import Invalid
from engine.ground.recurrence import YEARS_AHEAD, parse_recurrence

DAYS = st.dates(date(1999, 1, 1), date(2101, 1, 1))
INTERVALS = st.integers(1, 14).map(lambda n: f";INTERVAL={n}")
ENDS = st.one_of(st.just(""), st.integers(2, 40).map(lambda n: f";COUNT={n}"), DAYS.map(lambda day: f";UNTIL={day:%Y%m%d}"))
SHAPES = st.sampled_from([
    "FREQ=DAILY", "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=MO,TH;WKST=SU", "FREQ=MONTHLY", "FREQ=MONTHLY;BYDAY=2TU", "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=3,9;BYMONTHDAY=15", "FREQ=YEARLY;BYYEARDAY=100",
    "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
])
RULES = st.tuples(SHAPES, INTERVALS, ENDS).map("".join)


@given(st.lists(RULES, min_size=1, max_size=3), DAYS)
@settings(max_examples=60, deadline=None)
def test_dates_are_those_of_the_rules_put_together_after_the_event(rules: list[str], start: date) -> None:
    try:
        read = parse_recurrence(" and ".join(rules))
    except Invalid as error:
        assert "gives no date" in error.message      # an UNTIL of long ago
        return
    together = rruleset()
    for rule in rules:
        together.rrule(rrulestr(rule, dtstart=datetime(start.year, start.month, start.day)))
    horizon = datetime(start.year + YEARS_AHEAD, 1, 1)
    wanted = [day.date() for day in together.between(datetime(start.year, start.month, start.day), horizon)][:50]
    assert list(islice(read.dates(start), len(wanted))) == wanted
    assert parse_recurrence(str(read)) == read


@given(DAYS, st.integers(1, 6))
@settings(max_examples=40, deadline=None)
def test_with_skip_a_month_without_the_day_gives_its_last_one(start: date, interval: int) -> None:
    found = islice(parse_recurrence(f"FREQ=MONTHLY;INTERVAL={interval};SKIP=BACKWARD").dates(start), 20)
    for n, day in enumerate(found, 1):
        months = start.year * 12 + start.month - 1 + n * interval
        assert (day.year * 12 + day.month - 1) == months
        assert day.day == min(start.day, monthrange(day.year, day.month)[1])


def test_monthly_in_the_first_year_and_quarterly_afterwards_is_two_rules_whose_common_dates_count_once() -> None:
    rule = parse_recurrence("RRULE:FREQ=MONTHLY;COUNT=12;SKIP=BACKWARD and freq=monthly;interval=3;skip=backward")
    assert [f"{day:%y-%m-%d}" for day in islice(rule.dates(date(2027, 1, 31)), 15)] == [
        "27-02-28", "27-03-31", "27-04-30", "27-05-31", "27-06-30", "27-07-31", "27-08-31", "27-09-30", "27-10-31", "27-11-30", "27-12-31",
        "28-01-31", "28-04-30", "28-07-31", "28-10-31",
    ]


@pytest.mark.parametrize(("rule", "why"), [
    ("FREQ=SECONDLY", "speaks of hours"), ("FREQ=HOURLY;COUNT=3", "speaks of hours"), ("FREQ=DAILY;BYHOUR=3", "speaks of hours"),
    ("FREQ=MONTHLY;COUNT=0", "COUNT is a whole number from 1 to 1000"), ("FREQ=DAILY;INTERVAL=99999999", "INTERVAL is a whole number"),
    ("FREQ=MONTHLY;COUNT=1", "gives no date after the event"), ("FREQ=DAILY;UNTIL=20200101", "gives no date"),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "gives no date"), ("FREQ=MONTHLY;BYDAY=6MO", "gives no date"),
    ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=40", "gives no date"), ("FREQ=YEARLY;INTERVAL=1000", "gives no date"),
    ("FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6", "gives no date"), ("FREQ=DAILY;BYMONTHDAY=30;BYMONTH=2", "BYMONTHDAY does not go with"),
    ("FREQ=WEEKLY;BYDAY=2MO", "BYDAY=2MO does not go with FREQ=WEEKLY"), ("FREQ=DAILY;INTERVAL=7;BYDAY=MO", "counted in weeks"),
    ("FREQ=DAILY;COUNT=2;UNTIL=20271231", "not by both"), ("FREQ=DAILY;UNTIL=20279999", "UNTIL is a date"),
    ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY is a whole number from 1 to 31"), ("FREQ=YEARLY;BYMONTH=13", "BYMONTH is a whole number"),
    ("FREQ=WEEKLY;BYDAY=XX", "cannot be read"), ("FREQ=DAILY;BYSETPOS=1", "BYSETPOS chooses"),
    ("FREQ=MONTHLY;SKIP=OMIT", "SKIP=BACKWARD is"),
    ("FREQ=MONTHLY;BYDAY=1MO;SKIP=BACKWARD", "SKIP=BACKWARD is"), ("FREQ=MONTHLY;FREQ=DAILY", "is not a rule"), ("FREQ=", "is not a rule"),
    ("FREQ=MONTHLY DTSTART:20260101", "is not a rule"), ("FREQ=MONTHLY;X=1", "is not a rule"), ("FREQ=MONTHLY and soon", "is not a rule"),
])
def test_a_rule_that_nobody_could_want_is_refused_soon_and_says_why(rule: str, why: str) -> None:
    began = process_time()
    with pytest.raises(Invalid, match=why) as refused:
        parse_recurrence(rule)
    assert process_time() - began < 1 and refused.value.hint


def test_a_picture_says_a_rule_in_few_words() -> None:
    steps = parse_recurrence("FREQ=MONTHLY;COUNT=12 and FREQ=MONTHLY;INTERVAL=3 and FREQ=DAILY").steps
    assert [(str(step), times) for step, times in steps] == [("1 month", 12), ("3 months", None), ("1 day", None)]


def test_a_rule_knows_whether_it_ends_and_what_it_leaves_out() -> None:
    assert parse_recurrence("FREQ=MONTHLY;COUNT=3 and FREQ=DAILY;UNTIL=20991231").ends
    assert not parse_recurrence("FREQ=MONTHLY;COUNT=3 and FREQ=DAILY").ends
    assert parse_recurrence("FREQ=MONTHLY").leaves_out_short_months and parse_recurrence("FREQ=YEARLY").leaves_out_short_months
    assert not parse_recurrence("FREQ=MONTHLY;SKIP=BACKWARD and FREQ=WEEKLY and FREQ=MONTHLY;BYDAY=1MO").leaves_out_short_months
