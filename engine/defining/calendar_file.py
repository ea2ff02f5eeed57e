"""A calendar file: hours, holidays, dated openings and closings, unions. Holidays are looked up now and pinned as plain dates.

They come from data sets that others keep (`holidays`; for China `chinesecalendar`, which knows the make-up workdays). A
published calendar holds the dates themselves, so no upgrade of a library ever moves a running deadline.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from engine.defining import kinds
from engine.defining.definition import item
from engine.defining.files import read_file
from engine.defining.holiday_data import Unknown, dates_off
from engine.defining.kinds import WRONG, Reading
from engine.defining.problems import Problem, errors, nearest
from engine.defining.reader import read_with
from engine.defining.tree import Path as TreePath
from engine.defining.yaml_file import read_tree
from engine.ground.calendars import Calendar, Hours, parse_hours, parse_interval, zone_of
from engine.ground.errors import Invalid
from engine.ground.language import say
from engine.ground.unions import union_of
from engine.ground.valueclass import valueclass

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@valueclass(frozen=True, slots=True, kw_only=True)
class HolidaySpec:
    """Whose public holidays are not worked."""

    country: str = item("the country, ISO 3166: `CN`, `GB`, `US`")
    subdivision: str | None = item("a part of the country with holidays of its own: `ENG`, `CA`", None)
    make_up_workdays: bool = item("work on the days off that are moved for a holiday, with the hours of the first working weekday", False)


@valueclass(frozen=True, slots=True, kw_only=True)
class CalendarSpec:
    """A calendar as its owner writes it."""

    name: str = item("the name of the calendar, and of its file", key="calendar")
    timezone: str | None = item(
        "where its house stands: an IANA time zone such as `Asia/Shanghai`; needed unless it is a union, which stands where its calendars "
        "do", None,
    )
    hours: Any = item(
        'opening hours by weekday: `{mon-fri: ["09:00-12:00", "13:30-18:00"], sat: "20:00-08:00"}`; `00:00-24:00` is all day; '
        "needed unless it is a union", None,
    )
    valid_through: str | None = item(
        "the last date it is known for; a deadline beyond is flagged, never guessed. Needed unless it is a union, which is known as long "
        "as all of its calendars", None,
    )
    union: tuple[str, ...] = item("calendars in files beside it, of one time zone: worked only while all of them work", ())
    after_closing: Literal["next_working_day"] | None = item(
        "what arrives when no more work is done that day counts from the next working day, for clocks that count days, weeks or months",
        None,
    )
    holidays: HolidaySpec | None = item("public holidays, from maintained data sets", None)
    closed: tuple[str, ...] = item("further dates that are not worked", ())
    open_: Any = item("dates that are worked, with their hours, whatever the weekday: `{2026-07-04: [\"09:00-12:00\"]}`", None)


def read_calendar(path: Path) -> tuple[Calendar | None, list[Problem]]:
    """Read a calendar file. Gives the calendar, its holidays pinned (None when a problem keeps it from being used), and every problem,
    also those of the files that a union names."""
    return _read(path, ())


def _read(path: Path, within: tuple[str, ...]) -> tuple[Calendar | None, list[Problem]]:
    content, problem = read_file(path, str(path))
    if problem or content is None:
        return None, [problem] if problem else []
    tree = read_tree(content, str(path))
    reading = Reading(tree)
    spec = read_with(reading, CalendarSpec, tree.value) if tree.value is not None or not tree.problems else None
    calendar = _calendar(spec, reading, path, (*within, path.stem)) if isinstance(spec, CalendarSpec) else None
    if isinstance(spec, CalendarSpec) and spec.name != path.stem:
        reading.report(("calendar",), say("The calendar is called '{name}', its file '{file}'", name=spec.name, file=path.name),
                       hint=say("Give both the same name, since procedures find it by its file."))
    problems = [*tree.problems, *reading.problems]
    return (None if errors(problems) else calendar), problems


def _calendar(spec: CalendarSpec, reading: Reading, path: Path, within: tuple[str, ...]) -> Calendar | None:
    through = _date(spec.valid_through, ("valid_through",), reading) if spec.valid_through is not None else None
    closed = {day for index, text in enumerate(spec.closed) if (day := _date(text, ("closed", index), reading))}
    opened = dict(_opened(spec.open_, reading))
    _too_late(spec, through, reading)
    for day in sorted(closed & opened.keys()):
        reading.report(("open", day.isoformat()), say("{day} is both closed and open", day=day.isoformat()), at_key=True,
                       hint=say("Remove one of them."))
    base = _union(spec, through, reading, path, within) if spec.union else _own(spec, through, closed, reading)
    if base is None or errors(reading.problems):
        return None
    dated = {day: hours for day, hours in base.opened.items() if day not in closed} | opened
    return replace(base, closed=base.closed | closed, opened=dated,
                   next_day_after_closing=base.next_day_after_closing or spec.after_closing is not None)


def _own(spec: CalendarSpec, through: date | None, closed: set[date], reading: Reading) -> Calendar | None:
    """Zone, hours and holidays of a calendar that is no union."""
    for key, value in (("timezone", spec.timezone), ("hours", spec.hours), ("valid_through", spec.valid_through)):
        if value is None:
            reading.report((), say("'{key}' is missing", key=key), hint=say("Only a union takes it from its calendars."))
    if spec.timezone is not None:
        _zone(spec.timezone, reading)
    hours = _hours(spec.hours, reading) if spec.hours is not None else ()
    off: frozenset[date] = frozenset()
    made_up: dict[date, Hours] = {}
    sources: tuple[str, ...] = ()
    if spec.holidays is not None and through is not None:
        try:
            pinned = dates_off(spec.holidays.country, spec.holidays.subdivision, spec.holidays.make_up_workdays, through)
        except Unknown as unknown:
            where = ("valid_through",) if unknown.key == "valid_through" else ("holidays", unknown.key)
            reading.report(where, unknown.message, near=unknown.nearest, hint=unknown.hint)
            return None
        off, sources = pinned.off, pinned.sources
        usual = next((day for day in hours if day), ())
        made_up = {day: usual for day in pinned.worked if hours and not hours[day.weekday()] and day not in closed}
    if errors(reading.problems) or through is None or spec.timezone is None:
        return None
    return Calendar(spec.name, spec.timezone, hours, off, made_up, through, sources)


def _zone(name: str, reading: Reading) -> None:
    try:
        zone_of(name)
    except Invalid as error:
        reading.report(("timezone",), error.message, hint=error.hint)


def _union(spec: CalendarSpec, through: date | None, reading: Reading, path: Path, within: tuple[str, ...]) -> Calendar | None:
    """What the calendars of a union have in common, known until `through` at most."""
    for key, value in (("hours", spec.hours), ("holidays", spec.holidays)):
        if value is not None:
            reading.report((key,), say("A union takes '{key}' from its calendars", key=key), at_key=True,
                           hint=say("Remove it, or remove union."))
    if len(set(spec.union)) < 2:
        reading.report(("union",), say("A union needs two calendars"), expected="[uk-england, uk-scotland]")
    members = [one for index, name in enumerate(spec.union) if (one := _member(name, ("union", index), reading, path, within)) is not None]
    zone = spec.timezone or (members[0].timezone if members else "")
    for index, one in enumerate(members):
        if one.timezone != zone:
            told = say("{calendar} stands in {zone}, not in {other}", calendar=one.name, zone=one.timezone, other=zone)
            reading.report(("union", index), told, hint=say("Unite calendars of one time zone."))
    if len(members) < 2 or errors(reading.problems):
        return None
    union = union_of(spec.name, members)
    if not any(union.hours) and not any(union.opened.values()):
        reading.report(("union",), say("No day is worked"), hint=say("These calendars have no working time in common."))
    if through is not None and union.valid_through is not None and through > union.valid_through:
        known = say("The calendars of the union are known until {until} only", until=union.valid_through.isoformat())
        reading.report(("valid_through",), known, hint=say("Extend them first, or remove valid_through here."))
    return replace(union, valid_through=through or union.valid_through)


def _member(name: str, place: TreePath, reading: Reading, path: Path, within: tuple[str, ...]) -> Calendar | None:
    beside = sorted(other.stem for other in path.parent.glob("*.yaml") if other != path)
    if name in within:
        reading.report(place, say("The union goes in a circle: {names}", names=" → ".join((*within, name))),
                       hint=say("Remove one of them."))
    elif name not in beside:
        reading.report(place, say("There is no file {file} beside it", file=f"{name}.yaml"[:80]), near=nearest(name, beside))
    else:
        calendar, problems = _read(path.parent / f"{name}.yaml", within)
        reading.problems.extend(problems)
        return calendar
    return None


def _too_late(spec: CalendarSpec, through: date | None, reading: Reading) -> None:
    """Warn of dated closings and openings beyond the last date known: they change nothing."""
    places: list[tuple[str, TreePath, bool]] = [(text, ("closed", index), False) for index, text in enumerate(spec.closed)]
    places += [(str(text), ("open", text), True) for text in (spec.open_ if isinstance(spec.open_, Mapping) else ())]
    for text, path, at_key in places:
        if through is not None and text[:4].isdigit() and text > through.isoformat():
            reading.problems.append(reading.tree.problem(
                path, say("{day} lies after valid_through and changes nothing", day=text), severity="warning", at_key=at_key,
                hint=say("Move valid_through, or remove the date.")))


def _hours(value: Any, reading: Reading) -> tuple[Hours, ...]:
    """The hours of the seven weekdays; a weekday that is not named is not worked."""
    week: list[Hours] = [()] * 7
    if not isinstance(value, dict) or not value:
        kinds.expected(value, ("hours",), reading, say("a mapping weekdays → hours"))
        return tuple(week)
    seen: set[int] = set()
    for name, texts in value.items():
        days = _weekdays(name, reading)
        hours = _day(texts, ("hours", name), reading)
        for day in days:
            if day in seen:
                reading.report(("hours", name), say("{day} has hours already", day=WEEKDAYS[day]), at_key=True,
                               hint=say("Name each weekday once."))
            seen.add(day)
            week[day] = hours
    if not reading.problems and not any(week):
        reading.report(("hours",), say("No day is worked"), hint=say("Give at least one weekday hours."))
    return tuple(week)


def _weekdays(name: str, reading: Reading) -> list[int]:
    """`mon`, `mon-fri`, or over the end of the week `sat-mon`."""
    first, _, last = name.partition("-")
    last = last or first
    for word in (first, last):
        if word not in WEEKDAYS:
            reading.report(("hours", name), say("'{name}' is no weekday", name=name), expected="mon-fri, sat, sun",
                           near=nearest(word.lower()[:3], WEEKDAYS), at_key=True)
            return []
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last)
    return [day % 7 for day in range(start, end + 1 if end >= start else end + 8)]


_INTERVAL = kinds.parsed(parse_interval, lambda: say("working time such as 09:00-12:00"))


def _day(value: Any, path: TreePath, reading: Reading) -> Hours:
    """The hours of one day: one stretch or a list of them."""
    texts = value if isinstance(value, list) else [value]
    places = [(*path, index) for index in range(len(texts))] if isinstance(value, list) else [path]
    read = [_INTERVAL(text, place, reading) for text, place in zip(texts, places, strict=True)]
    if WRONG in read:
        return ()
    try:
        return parse_hours(str(text) for text in texts)
    except Invalid as error:
        reading.report(path, error.message, hint=error.hint)
        return ()


def _opened(value: Any, reading: Reading) -> Iterator[tuple[date, Hours]]:
    if value is None:
        return
    if not isinstance(value, Mapping):
        kinds.expected(value, ("open",), reading, say("a mapping date → hours"))
        return
    for text, hours in value.items():
        day = _date(text, ("open", text), reading, at_key=True)
        told = _day(hours, ("open", text), reading)
        if day is not None:
            yield day, told


def _date(text: str, path: TreePath, reading: Reading, *, at_key: bool = False) -> date | None:
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
    except ValueError:
        pass
    reading.report(path, say("'{text}' is not a date", text=text[:40]), expected="2026-12-31", at_key=at_key)
    return None
