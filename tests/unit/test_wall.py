"""Times and lengths as people read them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from engine.ground.language import speak
from engine.ground.lengths import dates_text, length_text
from engine.ground.wall import wall, wall_done, wall_due

MIDNIGHT = datetime(2026, 11, 24, 16, tzinfo=UTC)


def test_the_midnight_that_ends_a_day_is_24_of_that_day() -> None:
    assert wall_due(MIDNIGHT, "Asia/Shanghai") == "2026-11-24 24:00"
    assert wall_due(MIDNIGHT + timedelta(minutes=1), "Asia/Shanghai") == "2026-11-25 00:01"
    assert wall(MIDNIGHT, "Asia/Shanghai") == "2026-11-25 00:00" and wall(None, "UTC") == wall_due(None, "UTC") == ""


def test_midnight_after_a_change_of_clocks_is_24_of_the_day_before() -> None:
    """In London the day of 25 hours ends as any other."""
    assert wall_due(datetime(2026, 10, 26, 0, tzinfo=UTC), "Europe/London") == "2026-10-25 24:00"


def test_what_the_scheduler_did_at_midnight_fell_due_with_the_day_before() -> None:
    assert wall_done(MIDNIGHT, "system", "Asia/Shanghai") == "2026-11-24 24:00"
    assert wall_done(MIDNIGHT, "li.na", "Asia/Shanghai") == "2026-11-25 00:00"


@pytest.mark.parametrize(("length", "text", "worked"), [
    (timedelta(days=2, hours=3, minutes=5), "2 d 3 h 5 min", "51 h 5 min"), (timedelta(), "0 min", "0 min"),
    (timedelta(seconds=61), "1 min 1 s", "1 min 1 s"), (timedelta(hours=-30), "-1 d 6 h", "-30 h"),
])
def test_lengths_leave_out_what_is_empty(length: timedelta, text: str, worked: str) -> None:
    speak("en")
    assert (length_text(length), length_text(length, days=False)) == (text, worked)


def test_dates_that_follow_each_other_are_one_run() -> None:
    days = [date(2026, 10, 3), date(2026, 10, 1), date(2026, 10, 2), date(2026, 12, 25)]
    assert dates_text(days) == "2026-10-01 – 2026-10-03, 2026-12-25" and dates_text([]) == ""
