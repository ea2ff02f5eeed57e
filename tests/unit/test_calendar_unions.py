"""Unions of calendars, what arrives after closing, and weeks that are not like an office's."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.deciding.case import ClockRun, ClockStatus
from engine.deciding.clock_due import due
from engine.defining.calendar_file import read_calendar
from engine.defining.problems import errors
from engine.ground.calendars import DAY, Calendar, Hours, calendar_from, calendar_json, parse_hours
from engine.ground.errors import CalendarExpired
from engine.ground.unions import union_of
from engine.ground.worktime import add, add_workdays, day_of_arrival, is_workday, measure
from tests.always import ALWAYS
from tests.unit.test_worktime import a_day, instants

LONDON = ZoneInfo("Europe/London")
ENGLAND = """\
calendar: england
timezone: Europe/London
hours: {mon-fri: ["09:00-12:30", "13:30-17:00"]}
holidays: {country: GB, subdivision: ENG}
valid_through: 2027-12-31
"""
SCOTLAND = ENGLAND.replace("calendar: england", "calendar: scotland").replace("ENG", "SCT").replace("2027-12-31", "2026-12-31")
UNION = "calendar: both\nunion: [england, scotland]\n"


def office(*texts: str, days: range = range(5), zone: str = "Europe/London", **more: object) -> Calendar:
    hours = parse_hours(texts)
    return Calendar("office", zone, tuple(hours if day in days else () for day in range(7)), **more)  # type: ignore[arg-type]


def at(text: str, zone: ZoneInfo = LONDON) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def laid(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder / "both.yaml"


# --- unions in files ------------------------------------------------------------------------------------------------


def test_a_union_is_worked_only_where_all_of_its_calendars_are(tmp_path: Path) -> None:
    union, problems = read_calendar(laid(tmp_path, england=ENGLAND, scotland=SCOTLAND, both=UNION))
    assert problems == [] and union is not None
    assert union.hours_on(date(2026, 11, 30)) == ()         # Saint Andrew's: Scotland alone
    assert union.hours_on(date(2026, 8, 31)) == ()          # the summer holiday of England alone
    assert union.hours_on(date(2026, 8, 3)) == ()           # and of Scotland alone
    assert union.hours_on(date(2026, 11, 27)) == ((540, 750), (810, 1020))
    assert (union.name, union.timezone, union.valid_through) == ("both", "Europe/London", date(2026, 12, 31))
    assert [source.split()[-1] for source in union.sources] == ["GB/ENG", "GB/SCT"]
    assert calendar_from(calendar_json(union)) == union


def test_a_union_has_dates_of_its_own_and_may_end_earlier(tmp_path: Path) -> None:
    more = 'closed: [2026-11-27]\nopen: {2026-11-28: "10:00-12:00"}\nvalid_through: 2026-11-29\n'
    union, problems = read_calendar(laid(tmp_path, england=ENGLAND, scotland=SCOTLAND, both=UNION + more))
    assert problems == [] and union is not None
    assert (union.hours_on(date(2026, 11, 27)), union.hours_on(date(2026, 11, 28))) == ((), ((600, 720),))
    assert union.valid_through == date(2026, 11, 29)


def test_a_union_closes_a_date_that_its_calendars_open_specially(tmp_path: Path) -> None:
    extra = 'open: {2026-07-04: "10:00-12:00"}\n'
    files = {"england": ENGLAND + extra, "scotland": SCOTLAND + extra, "both": UNION}
    union, _ = read_calendar(laid(tmp_path, **files))
    assert union is not None and union.hours_on(date(2026, 7, 4)) == ((600, 720),)
    union, _ = read_calendar(laid(tmp_path, **{**files, "both": UNION + "closed: [2026-07-04]\n"}))
    assert union is not None and union.hours_on(date(2026, 7, 4)) == ()


def test_unions_may_be_of_unions(tmp_path: Path) -> None:
    northern = ENGLAND.replace("calendar: england", "calendar: northern").replace("ENG", "NIR")
    laid(tmp_path, england=ENGLAND, scotland=SCOTLAND, northern=northern, both=UNION)
    (tmp_path / "kingdom.yaml").write_text("calendar: kingdom\nunion: [both, northern]\n", encoding="utf-8")
    kingdom, problems = read_calendar(tmp_path / "kingdom.yaml")
    assert problems == [] and kingdom is not None
    assert kingdom.hours_on(date(2026, 7, 13)) == () and kingdom.hours_on(date(2026, 11, 30)) == ()
    assert kingdom.hours_on(date(2026, 7, 14)) == ((540, 750), (810, 1020))


@pytest.mark.parametrize(
    ("union", "scotland", "place", "what"),
    [
        ("union: [england, scotlnd]", SCOTLAND, "both.yaml:2:18", "no file scotlnd.yaml"),
        ("union: [england, ../england]", SCOTLAND, "both.yaml:2:18", "no file"),
        ("union: [england]", SCOTLAND, "both.yaml:2:1", "two calendars"),
        ("union: [england, england]", SCOTLAND, "both.yaml:2:1", "two calendars"),
        ("union: [england, scotland]\nhours: {mon: 09:00-10:00}", SCOTLAND, "both.yaml:3:1", "takes 'hours' from its calendars"),
        ("union: [england, scotland]\nholidays: {country: GB}", SCOTLAND, "both.yaml:3:1", "takes 'holidays' from its calendars"),
        ("union: [england, scotland]\nvalid_through: 2027-06-30", SCOTLAND, "both.yaml:3:16", "known until 2026-12-31 only"),
        ("union: [england, scotland]\ntimezone: Europe/Paris", SCOTLAND, "both.yaml:2:9", "not in Europe/Paris"),
        ("union: [england, scotland]", SCOTLAND.replace("London", "Paris"), "both.yaml:2:18", "stands in Europe/Paris"),
        ("union: [england, scotland]", SCOTLAND.replace("mon-fri", "sat-sun"), "both.yaml:2:1", "No day is worked"),
        ("union: [england, scotland]", SCOTLAND.replace("mon-fri", "mon-fry"), "scotland.yaml:3:9", "no weekday"),
        ("union: [england, scotland]", "calendar: scotland\nunion: [both, england]\n", "scotland.yaml:2:9", "both → scotland → both"),
        ("union: [both, england]", SCOTLAND, "both.yaml:2:9", "both → both"),
        ("after_closing: tomorrow", SCOTLAND, "both.yaml:2:16", "next_working_day"),
    ],
)
def test_what_is_wrong_with_a_union_is_told_with_its_place(tmp_path: Path, union: str, scotland: str, place: str, what: str) -> None:
    calendar, problems = read_calendar(laid(tmp_path, england=ENGLAND, scotland=scotland, both=f"calendar: both\n{union}\n"))
    assert calendar is None
    assert any(place in str(problem) and what in str(problem) for problem in errors(problems)), [str(p) for p in problems]


# --- unions as working time -----------------------------------------------------------------------------------------


def test_a_night_shift_of_both_stays_one_shift_of_the_day_on_which_it_starts() -> None:
    union = union_of("u", [office("20:00-08:00", zone="UTC"), office("22:00-06:00", zone="UTC")])
    assert union.hours[4] == ((1320, 1800),) and union.hours[5] == ()
    through = union_of("u", [office("20:00-08:00", zone="UTC"), ALWAYS])
    assert through.hours[4] == ((1200, 1920),) and through.hours[5] == ()


def test_a_night_that_meets_anothers_morning_belongs_to_the_morning() -> None:
    union = union_of("u", [office("20:00-08:00", zone="UTC"), office("06:00-14:00", zone="UTC")])
    assert union.hours == ((), ((360, 480),), ((360, 480),), ((360, 480),), ((360, 480),), (), ())


def test_a_closed_day_takes_away_what_its_night_shift_had_in_common_with_the_next() -> None:
    night = office("20:00-08:00", zone="UTC", closed=frozenset({date(2026, 3, 3)}))
    union = union_of("u", [night, office("06:00-14:00", zone="UTC")])
    assert (union.hours_on(date(2026, 3, 3)), union.hours_on(date(2026, 3, 4))) == (((360, 480),), ())


@st.composite
def of_one_zone(draw: st.DrawFn) -> list[Calendar]:
    zone = draw(st.sampled_from(("Europe/London", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe")))
    days = st.dates(date(2018, 3, 1), date(2018, 4, 15))

    def one() -> Calendar:
        week: list[Hours] = draw(st.lists(a_day(), min_size=7, max_size=7))
        closed, opened = draw(st.sets(days, max_size=6)), draw(st.dictionaries(days, a_day(), max_size=4))
        return Calendar("random", zone, tuple(week), frozenset(closed), opened)

    return [one() for _ in range(draw(st.integers(2, 3)))]


@settings(max_examples=60, deadline=None)
@given(of_one_zone(), instants, instants)
def test_a_union_works_no_more_than_any_of_its_calendars(calendars: list[Calendar], start: datetime, end: datetime) -> None:
    start, end = sorted((start, end))
    worked = measure(union_of("u", calendars), start, end)
    assert all(worked <= measure(one, start, end) for one in calendars)


@settings(max_examples=40, deadline=None)
@given(of_one_zone(), st.integers(0, 45 * 96))
def test_a_quarter_of_an_hour_is_worked_exactly_when_all_work(calendars: list[Calendar], n: int) -> None:
    start = datetime(2018, 3, 1, tzinfo=UTC) + n * timedelta(minutes=15)
    end = start + timedelta(minutes=15)
    all_work = all(measure(one, start, end) == end - start for one in calendars)
    assert (measure(union_of("u", calendars), start, end) == end - start) == all_work


@settings(max_examples=30, deadline=None)
@given(of_one_zone())
def test_the_order_of_a_union_and_naming_a_calendar_twice_change_no_working_time(calendars: list[Calendar]) -> None:
    start, end = datetime(2018, 2, 20, tzinfo=UTC), datetime(2018, 5, 1, tzinfo=UTC)
    worked = measure(union_of("u", calendars), start, end)
    assert worked == measure(union_of("u", calendars[::-1]), start, end) == measure(union_of("u", [*calendars, calendars[0]]), start, end)


# --- what arrives after closing -------------------------------------------------------------------------------------

LATE = office("09:00-12:30", "13:30-17:00", next_day_after_closing=True, closed=frozenset({date(2026, 12, 25)}))


@pytest.mark.parametrize(
    ("arrival", "day", "three_working_days", "three_days"),
    [
        ("2026-03-03 08:00", "2026-03-03", "2026-03-06", "2026-03-06"),      # a Tuesday, before opening
        ("2026-03-03 13:00", "2026-03-03", "2026-03-06", "2026-03-06"),      # in the break
        ("2026-03-03 17:00", "2026-03-03", "2026-03-06", "2026-03-06"),      # exactly at closing
        ("2026-03-03 17:00:01", "2026-03-04", "2026-03-09", "2026-03-07"),
        ("2026-03-06 18:00", "2026-03-09", "2026-03-12", "2026-03-12"),      # Friday evening counts as Monday
        ("2026-03-07 10:00", "2026-03-09", "2026-03-12", "2026-03-12"),      # so does Saturday
        ("2026-12-24 17:30", "2026-12-28", "2026-12-31", "2026-12-31"),      # over a holiday
    ],
)
def test_what_arrives_after_closing_counts_from_the_next_working_day(
    arrival: str, day: str, three_working_days: str, three_days: str
) -> None:
    assert day_of_arrival(LATE, at(arrival)) == date.fromisoformat(day)
    for budget, last in (("3 working days", three_working_days), ("3 days", three_days)):
        run = ClockRun("c", ClockStatus.RUNNING, at(arrival), budget)
        assert due(run, LATE) == at(f"{last} 00:00") + timedelta(days=1), budget


def test_without_it_what_arrives_after_closing_counts_as_arrived_that_day() -> None:
    usual = office("09:00-17:00")
    assert day_of_arrival(usual, at("2026-03-06 18:00")) == date(2026, 3, 6)
    assert due(ClockRun("c", ClockStatus.RUNNING, at("2026-03-06 18:00"), "1 working day"), usual) == at("2026-03-10 00:00")


def test_hours_do_not_wait_for_the_next_working_day() -> None:
    run = ClockRun("c", ClockStatus.RUNNING, at("2026-03-06 18:00"), "24 hours")
    assert due(run, LATE) == at("2026-03-07 18:00")


def test_a_night_shift_is_not_closed_after_midnight() -> None:
    night = office("20:00-08:00", next_day_after_closing=True)
    assert day_of_arrival(night, at("2026-03-07 02:00")) == date(2026, 3, 7)     # Friday's shift still works
    assert day_of_arrival(night, at("2026-03-07 09:00")) == date(2026, 3, 9)
    assert day_of_arrival(night, at("2026-03-03 09:00")) == date(2026, 3, 3)     # tonight it opens


def test_what_arrives_after_the_last_closing_known_is_refused() -> None:
    with pytest.raises(CalendarExpired):
        day_of_arrival(office("09:00-17:00", next_day_after_closing=True, valid_through=date(2026, 3, 6)), at("2026-03-06 18:00"))


def test_the_file_says_what_happens_after_closing_and_it_is_part_of_the_version(tmp_path: Path) -> None:
    plain, _ = read_calendar(laid(tmp_path, both=ENGLAND.replace("england", "both")))
    late, problems = read_calendar(laid(tmp_path, both=ENGLAND.replace("england", "both") + "after_closing: next_working_day\n"))
    assert problems == [] and plain is not None and late is not None
    assert late.next_day_after_closing and not plain.next_day_after_closing and late.version != plain.version
    assert calendar_from(calendar_json(late)).next_day_after_closing


def test_a_union_does_so_when_one_of_its_calendars_does(tmp_path: Path) -> None:
    union, _ = read_calendar(laid(tmp_path, england=ENGLAND + "after_closing: next_working_day\n", scotland=SCOTLAND, both=UNION))
    assert union is not None and union.next_day_after_closing


# --- other weeks ----------------------------------------------------------------------------------------------------


def test_a_weekend_on_friday_and_saturday() -> None:
    hours = parse_hours(["08:00-16:00"])
    sunday_to_thursday = Calendar("riyadh", "Asia/Riyadh", (hours, hours, hours, hours, (), (), hours))
    thursday = date(2026, 3, 5)
    assert add_workdays(sunday_to_thursday, thursday, 1) == date(2026, 3, 8)      # a Sunday
    assert not is_workday(sunday_to_thursday, date(2026, 3, 6))
    start = at("2026-03-05 15:00", ZoneInfo("Asia/Riyadh"))
    assert add(sunday_to_thursday, start, 120) == at("2026-03-08 09:00", ZoneInfo("Asia/Riyadh"))


def test_a_weekend_of_one_day() -> None:
    six = office("10:00-19:00", days=range(6), zone="Asia/Kolkata")
    assert add_workdays(six, date(2026, 3, 6), 2) == date(2026, 3, 9)


def test_around_the_clock_every_minute_and_every_date_counts() -> None:
    always = Calendar("always-open", "Europe/London", (((0, DAY),),) * 7)
    start, end = at("2026-03-28 12:00"), at("2026-03-30 12:00")
    assert measure(always, start, end) == end - start == timedelta(hours=47)       # a night of 23 hours
    assert add_workdays(always, date(2026, 3, 28), 2) == date(2026, 3, 30)


def test_a_shift_past_midnight_counts_whole_and_belongs_to_the_day_on_which_it_starts() -> None:
    night = office("20:00-08:00")
    assert measure(night, at("2026-03-06 00:00"), at("2026-03-09 00:00")) == timedelta(hours=8 + 4 + 8)
    assert is_workday(night, date(2026, 3, 6)) and not is_workday(night, date(2026, 3, 7))
    assert add(night, at("2026-03-06 22:00"), 8 * 60) == at("2026-03-07 06:00")


def test_a_break_stands_still() -> None:
    broken = office("09:00-12:00", "13:30-17:00")
    assert measure(broken, at("2026-03-03 09:00"), at("2026-03-03 17:00")) == timedelta(hours=6, minutes=30)
    assert measure(broken, at("2026-03-03 12:00"), at("2026-03-03 13:30")) == timedelta(0)
    assert add(broken, at("2026-03-03 11:00"), 60) == at("2026-03-03 12:00")       # ends at the beginning of the break
    assert add(broken, at("2026-03-03 11:00"), 61) == at("2026-03-03 13:31")
