"""Calendar files: hours, holidays pinned as dates, and what is wrong with a file."""

from datetime import date
from pathlib import Path

import pytest

from engine.defining.calendar_file import read_calendar
from engine.ground.calendars import Calendar, calendar_from, calendar_json, parse_hours, parse_interval
from engine.ground.errors import Invalid
from tests.always import ALWAYS

OFFICE = """\
calendar: office
timezone: Asia/Shanghai
hours: {mon-fri: ["09:00-12:00", "13:30-18:00"], sat: "20:00-02:00"}
valid_through: 2026-12-31
closed: [2026-06-30]
open: {2026-07-05: ["09:00-12:00"]}
"""


def written(folder: Path, text: str, name: str = "office") -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def calendar_of(folder: Path, text: str) -> Calendar:
    calendar, problems = read_calendar(written(folder, text))
    assert problems == []
    assert calendar is not None
    return calendar


def test_hours_closings_and_openings_are_read(tmp_path: Path) -> None:
    calendar = calendar_of(tmp_path, OFFICE)
    assert calendar.hours_on(date(2026, 7, 1)) == ((540, 720), (810, 1080))
    assert calendar.hours_on(date(2026, 7, 4)) == ((1200, 1560),)      # past midnight
    assert calendar.hours_on(date(2026, 6, 30)) == ()
    assert calendar.hours_on(date(2026, 7, 5)) == ((540, 720),)        # a Sunday
    assert calendar.valid_through == date(2026, 12, 31)


@pytest.mark.parametrize("days", ["sat-mon", "sat-sun"])
def test_a_range_of_weekdays_may_go_over_the_end_of_the_week(tmp_path: Path, days: str) -> None:
    calendar = calendar_of(tmp_path, OFFICE.replace('mon-fri: ["09:00-12:00", "13:30-18:00"], sat', days))
    assert [bool(hours) for hours in calendar.hours] == [days == "sat-mon", False, False, False, False, True, True]


def test_chinese_holidays_come_with_their_make_up_workdays_at_mondays_hours(tmp_path: Path) -> None:
    calendar = calendar_of(tmp_path, OFFICE.replace('sat: "20:00-02:00"', "").replace("18:00\"], ", "18:00\"]")
                           + "holidays: {country: CN, make_up_workdays: true}\n")
    assert calendar.hours_on(date(2026, 10, 1)) == ()
    assert calendar.hours_on(date(2026, 10, 10)) == calendar.hours[0]      # a Saturday
    assert calendar.hours_on(date(2026, 9, 20)) == calendar.hours[0]       # a Sunday
    assert calendar.sources[0].startswith("chinesecalendar ")


def test_without_make_up_workdays_a_saturday_stays_free(tmp_path: Path) -> None:
    text = OFFICE.replace(', sat: "20:00-02:00"', "") + "holidays: {country: CN}\n"
    assert calendar_of(tmp_path, text).hours_on(date(2026, 10, 10)) == ()


def test_ten_years_of_chinese_days_agree_with_the_data_set(tmp_path: Path) -> None:
    import chinese_calendar

    text = OFFICE.replace(', sat: "20:00-02:00"', "").replace("closed: [2026-06-30]\n", "").replace(
        'open: {2026-07-05: ["09:00-12:00"]}\n', "") + "holidays: {country: CN, make_up_workdays: true}\n"
    calendar = calendar_of(tmp_path, text)
    for ordinal in range(date(2017, 1, 1).toordinal(), date(2027, 1, 1).toordinal()):
        day = date.fromordinal(ordinal)
        assert bool(calendar.hours_on(day)) == chinese_calendar.is_workday(day), day


def test_english_bank_holidays_are_not_worked(tmp_path: Path) -> None:
    calendar = calendar_of(tmp_path, OFFICE.replace("Asia/Shanghai", "Europe/London") + "holidays: {country: GB, subdivision: ENG}\n")
    assert calendar.hours_on(date(2026, 8, 31)) == ()
    assert calendar.hours_on(date(2026, 12, 28)) == ()
    assert calendar.hours_on(date(2026, 11, 30)) != ()                 # Saint Andrew's is Scotland's


@pytest.mark.parametrize(
    ("old", "new", "place", "what"),
    [
        ("Asia/Shanghai", "Asia/Shanghi", "2:11", "not a time zone"),
        ("09:00-12:00\", \"13", "09:00-25:00\", \"13", "3:19", "not a stretch of working time"),
        ("13:30-18:00", "11:30-18:00", "3:9", "overlap"),
        ("mon-fri", "mon-fry", "3:9", "no weekday"),
        ("sat:", "fri:", "3:50", "has hours already"),
        ("2026-06-30", "2026-06-31", "5:10", "not a date"),
        ("2026-07-05", "2026-06-30", "6:8", "both closed and open"),
        ("valid_through: 2026-12-31\n", "", "", "'valid_through' is missing"),
        ("closed", "closd", "5:1", "not known"),
        ("calendar: office", "calendar: offices", "1:11", "its file"),
        ("open:", "holidays: {country: XX}\nopen:", "6:21", "not known"),
        ("open:", "holidays: {country: GB, subdivision: EN}\nopen:", "6:38", "no part of GB"),
        ("open:", "holidays: {country: GB, make_up_workdays: true}\nopen:", "6:43", "No make-up workdays"),
        ("valid_through: 2026-12-31", "holidays: {country: CN, make_up_workdays: true}\nvalid_through: 2099-01-01", "5:16", "known until"),
        ("valid_through: 2026-12-31", "holidays: {country: GB}\nvalid_through: 9999-12-31", "5:16", "known until"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_place(tmp_path: Path, old: str, new: str, place: str, what: str) -> None:
    calendar, problems = read_calendar(written(tmp_path, OFFICE.replace(old, new, 1)))
    assert calendar is None
    assert [(place in str(problem), what in str(problem)) for problem in problems] == [(True, True)], [str(p) for p in problems]


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = OFFICE.replace("mon-fri", "mon-fry").replace("2026-06-30", "soon").replace("Asia", "Asien")
    _, problems = read_calendar(written(tmp_path, text))
    assert len(problems) == 3


def test_a_closing_beyond_the_last_date_known_is_warned_of(tmp_path: Path) -> None:
    calendar, problems = read_calendar(written(tmp_path, OFFICE.replace("2026-06-30", "2027-06-30")))
    assert calendar is not None
    assert [problem.severity for problem in problems] == ["warning"]


def test_a_missing_or_empty_file_is_a_problem_not_an_exception(tmp_path: Path) -> None:
    assert read_calendar(tmp_path / "none.yaml")[0] is None
    assert read_calendar(written(tmp_path, ""))[0] is None
    assert read_calendar(written(tmp_path, "[1, 2]"))[0] is None


def test_a_calendar_survives_its_canonical_form_and_keeps_its_version(tmp_path: Path) -> None:
    calendar = calendar_of(tmp_path, OFFICE)
    again = calendar_from(calendar_json(calendar))
    assert (again, again.version, again.hours, again.opened) == (calendar, calendar.version, calendar.hours, calendar.opened)
    assert calendar_from(calendar_json(ALWAYS)) == ALWAYS


def test_the_version_follows_what_a_calendar_says_not_where_it_came_from() -> None:
    base = Calendar("c", "UTC", ALWAYS.hours, sources=("a",))
    assert base.version == Calendar("c", "UTC", ALWAYS.hours, sources=("b",)).version
    assert base.version != Calendar("c", "UTC", ALWAYS.hours, closed=frozenset({date(2026, 1, 1)})).version


@pytest.mark.parametrize(
    ("text", "interval"),
    [("09:00-12:00", (540, 720)), ("20:00-08:00", (1200, 1920)), ("00:00-24:00", (0, 1440)), ("22:00-24:00", (1320, 1440)),
     ("22:00-00:00", (1320, 1440)), (" 9:00 - 12:30 ", (540, 750))],
)
def test_an_interval_is_read(text: str, interval: tuple[int, int]) -> None:
    assert parse_interval(text) == interval


@pytest.mark.parametrize(
    "text", ["", "09:00", "09:00-09:00", "24:00-08:00", "09:60-10:00", "09:00-24:30", "9-12", "09:00-12:00-13:00", "０９:00-12:00"]
)
def test_what_is_no_interval_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_interval(text)


def test_hours_that_touch_are_fine_and_those_that_overlap_are_not() -> None:
    assert parse_hours(["12:00-14:00", "09:00-12:00"]) == ((540, 720), (720, 840))
    with pytest.raises(Invalid):
        parse_hours(["09:00-12:00", "11:59-14:00"])
