"""When reports are due, and which dates they cover: no date twice, none left out."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.defining.rhythm import WEEKDAYS, Rhythm, parse_rhythm
from engine.ground.errors import Invalid

RHYTHMS = st.one_of(
    st.builds(lambda at: Rhythm("day", 0, at), st.times()), st.builds(lambda on, at: Rhythm("week", on, at), st.integers(0, 6), st.times()),
    st.builds(lambda on, at: Rhythm("month", on, at), st.integers(1, 28), st.times()),
)


@given(RHYTHMS, st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
       st.sampled_from(["UTC", "Asia/Shanghai", "America/New_York"]))
def test_periods_follow_each_other_without_gap_or_overlap(rhythm: Rhythm, instant: datetime, zone: str) -> None:
    day, moment = rhythm.after(instant, zone)
    assert moment > instant
    for _ in range(15):
        since, until = rhythm.covered(day)
        assert since < until == day and moment.date() == day
        following, later = rhythm.after(moment, zone)
        assert later > moment and rhythm.covered(following)[0] == until
        day, moment = following, later


@given(RHYTHMS, st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_the_latest_is_the_last_that_is_not_later(rhythm: Rhythm, today: date) -> None:
    latest = rhythm.latest(today)
    assert latest <= today < rhythm.following(latest) and rhythm.before(rhythm.following(latest)) == latest


@pytest.mark.parametrize(("text", "covers"), [
    ("day 07:00", ("2026-11-19", "2026-11-20")), ("friday 16:00", ("2026-11-13", "2026-11-20")),
    ("Month 1  8:05", ("2026-10-01", "2026-11-01")),
    ("month 28 00:00", ("2026-09-28", "2026-10-28")), ("monday 23:59", ("2026-11-09", "2026-11-16")),
])
def test_what_an_owner_writes_is_read(text: str, covers: tuple[str, str]) -> None:
    rhythm = parse_rhythm(text)
    assert tuple(map(str, rhythm.covered(rhythm.latest(date(2026, 11, 20))))) == covers
    assert parse_rhythm(str(rhythm)) == rhythm


@pytest.mark.parametrize("text", [
    "", "day", "7:00", "day 24:00", "month 29 08:00", "month 08:00", "week 08:00", "friday 4pm", "fri 16:00", "day 07:60",
])
def test_what_says_no_time_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as error:
        parse_rhythm(text)
    assert "friday 16:00" in error.value.hint


def test_a_day_without_its_hour_still_has_its_report() -> None:
    rhythm = parse_rhythm("day 02:30")      # skipped in New York on 8 March 2026
    day, moment = rhythm.after(datetime(2026, 3, 8, 5, tzinfo=UTC), "America/New_York")
    assert (day, moment.astimezone(UTC)) == (date(2026, 3, 8), datetime(2026, 3, 8, 7, 30, tzinfo=UTC))
    assert WEEKDAYS[day.weekday()] == "sunday" and rhythm.covered(day)[0] == day - timedelta(days=1)
