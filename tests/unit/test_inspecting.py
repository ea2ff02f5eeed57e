"""Inspections: irregular, within working time, the same for the same seed, another for another."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.deciding.inspecting import moments, stretch
from engine.defining.words import parse_inspections
from engine.ground.calendars import Calendar
from engine.ground.errors import Invalid
from engine.ground.worktime import measure

DAY = ((9 * 60, 12 * 60), (13 * 60, 17 * 60))
OFFICE = Calendar("office", "UTC", (DAY,) * 5 + ((),) * 2)
TICK = timedelta(microseconds=1)


OFTEN = ["1 per day", "4 per day", "9 per week", "20 per month"]


@given(st.dates(date(2026, 1, 1), date(2027, 1, 1)), st.binary(min_size=8, max_size=8), st.sampled_from(OFTEN))
def test_one_lies_in_each_equal_part_of_the_working_time(day: date, seed: bytes, text: str) -> None:
    every = parse_inspections(text)
    first, after = stretch(day, every)
    start, end = (datetime(one.year, one.month, one.day, tzinfo=UTC) for one in (first, after))
    worked = measure(OFFICE, start, end)
    found = list(moments(OFFICE, day, every, seed))
    assert len(found) == (every.times if worked else 0) and found == list(moments(OFFICE, day, every, seed))  # type: ignore[union-attr]
    for n, one in enumerate(found):
        assert start <= one < end and measure(OFFICE, one, one + TICK)
        part = worked / len(found)
        assert part * n - timedelta(seconds=1) <= measure(OFFICE, start, one) <= part * (n + 1)


def test_another_seed_gives_other_moments() -> None:
    every = parse_inspections("4 per day")
    day = date(2026, 11, 23)
    assert len({tuple(moments(OFFICE, day, every, bytes([n]))) for n in range(50)}) == 50
    hours = [one.hour for n in range(200) for one in moments(OFFICE, day, every, bytes([n]))]
    assert set(hours) == {9, 10, 11, 13, 14, 15, 16}


def test_a_duration_is_kept_within_working_time() -> None:
    found = list(moments(OFFICE, date(2026, 11, 23), parse_inspections("2 hours"), b""))
    assert [one.hour for one in found] == [11, 14, 16]
    assert list(moments(OFFICE, date(2026, 11, 22), parse_inspections("2 hours"), b"")) == []


@pytest.mark.parametrize("text", ["0 per day", "4 per hour", "often", "2 working days", "0 hours"])
def test_what_says_not_how_often_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_inspections(text)
