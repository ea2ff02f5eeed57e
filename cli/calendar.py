"""`makegood calendar`: when the house works, and until when that is known."""

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cli.app import Noun
from cli.options import arg, opt
from cli.run import Desk
from cli.show import as_json, clean, heading, paint, table, width
from engine.ground.errors import DefinitionError, Invalid, MakegoodError, NotFound
from engine.ground.language import say
from engine.ground.wall import wall

if TYPE_CHECKING:
    from engine.defining.problems import Problem
    from engine.ground.calendars import Calendar, Hours
    from engine.usecases.house import House
    from engine.usecases.timekeeping import PutInForce

CALENDAR = Noun("calendar", say("Calendars: when the house works, holidays, until when that is known."))

_FilesOrNone = Annotated[list[str] | None, arg("FILE...", say("Calendar files; without one, the calendars in force."))]
_Files = Annotated[list[str], arg("FILE...", say("Calendar files, each named like its calendar."))]
_Months = Annotated[int, opt("--months", "N", say("Warn so many months before a calendar ends."), least=0)]


@CALENDAR.verb("check", say("Check calendar files or those in force; warn months before one ends, and of due times unknown by then."))
def check(desk: Desk, file: _FilesOrNone = None, months: _Months = 3) -> int | None:
    """Every problem of calendars. Exit code 8 when one of them is an error."""
    from engine.defining.problems import errors
    from engine.ground.clock import SystemClock
    from engine.usecases.watching import check_files

    house = _house_if_any(desk) if file else desk.house
    if house is None:
        problems = check_files([Path(one) for one in file or ()], (), SystemClock().now(), months)
    else:
        from engine.usecases.timekeeping import check_in_force, listing

        now = house.clock.now()
        problems = check_files([Path(one) for one in file], listing(house), now, months) if file else check_in_force(house, now, months)
    wrong = len(errors(problems))
    if desk.as_json:
        as_json({"errors": wrong, "warnings": len(problems) - wrong, "problems": [p.as_dict() for p in problems]})
    else:
        _print(problems)
        print(say("errors: {errors}, warnings: {warnings}", errors=wrong, warnings=len(problems) - wrong))
    return DefinitionError.exit_code if wrong else None


def _house_if_any(desk: Desk) -> "House | None":
    """The house, when there is one here: checking a file needs none."""
    try:
        return desk.house
    except NotFound:
        return None


def _print(problems: "list[Problem]") -> None:
    for problem in problems:
        word = paint(say("error"), "red") if problem.severity == "error" else paint(say("warning"), "yellow")
        print(f"{word}  {clean(problem)}")


@CALENDAR.verb("publish", say("Put calendar files into force, and compute every open case anew that counts by what changed."))
def publish(desk: Desk, file: _Files) -> int | None:
    """New versions of calendars. Should it break off, the next sweep goes on."""
    return _put(desk, file, extend=False)


@CALENDAR.verb("extend", say("Put calendar files into force that go further than those in force and change nothing else."))
def extend(desk: Desk, file: _Files) -> int | None:
    """New versions that only go further: due times that were unknown become known."""
    return _put(desk, file, extend=True)


def _put(desk: Desk, files: list[str], *, extend: bool) -> int | None:
    from cli.progress import progress, so_far
    from engine.usecases.timekeeping import publish_calendars

    with progress(say("Cases")) as moved:
        done = publish_calendars(desk.house, [Path(one) for one in files], desk.actor(), extend=extend, progress=so_far(moved))
    if desk.as_json:
        as_json(done)
    else:
        _print_put(done)
    return MakegoodError.exit_code if done.failures else None


def _print_put(done: "PutInForce") -> None:
    _print(list(done.warnings))
    for name, version, unchanged in done.calendars:
        if unchanged:
            print(say("{name}: nothing changed, version {version} stays in force", name=name, version=version))
        else:
            print(say("{name}: version {version} is in force", name=name, version=version))
    if done.cases:
        print(
            say(
                "{cases:open case counts|open cases count} by it, {changed:has|have} another due time",
                cases=done.cases,
                changed=done.recalculated,
            )
        )
    for number, error in done.failures:
        print(paint(say("{case} could not be settled: {error}", case=number, error=clean(error)), "red"))


@CALENDAR.verb("list", say("The calendars in force: version, zone, until when, and the open cases that count by them."))
def list_(desk: Desk) -> None:
    """Every calendar in force."""
    from engine.usecases.timekeeping import listing

    kept = listing(desk.house)
    if desk.as_json:
        as_json(kept)
        return
    rows = [
        (
            one.name, str(one.version), one.timezone, str(one.valid_through or say("for ever")), wall(one.published_at, one.timezone),
            str(one.open), (str(one.unknown), "red") if one.unknown else "0",
            (say("still to be computed anew: {count}", count=one.waiting), "red") if one.waiting else "",
        )
        for one in kept
    ]
    columns = (
        say("Calendar"), say("Version"), say("Time zone"), say("Known until"), say("In force since"), say("Open cases"), say("Due unknown"),
        say("Note"),
    )
    table(columns, rows, empty=say("No calendar is in force yet: makegood calendar publish FILE"))


# --- a month ------------------------------------------------------------------------------------------------------------


@CALENDAR.verb("show", say("Draw a month of a calendar: what is worked, closed and opened."))
def show(
    desk: Desk,
    name: Annotated[str, arg("NAME", say("A calendar in force, or a calendar file."))],
    month: Annotated[str | None, opt("--month", "YYYY-MM", say("Which month; otherwise this one."))] = None,
) -> None:
    """One month of a calendar."""
    calendar = _calendar(desk, name)
    first = _month(month, desk, calendar, is_file=name.endswith(".yaml"))
    days = [day for n in range(31) if (day := first + timedelta(days=n)).month == first.month]
    if desk.as_json:
        as_json({
            "calendar": calendar.name, "timezone": calendar.timezone, "valid_through": calendar.valid_through,
            "month": first.isoformat()[:7],
            "days": [{"date": day, "kind": _kind(calendar, day), "hours": _hours(calendar.hours_on(day))} for day in days],
        })
        return
    heading(f"{clean(calendar.name)} · {first.isoformat()[:7]} · {calendar.timezone}")
    _draw(calendar, days)
    _legend(calendar, days)


def _calendar(desk: Desk, name: str) -> "Calendar":
    if not name.endswith(".yaml"):
        from engine.usecases.timekeeping import calendar_of

        return calendar_of(desk.house, name)
    from engine.defining.calendar_file import read_calendar
    from engine.defining.problems import errors

    calendar, problems = read_calendar(Path(name))
    if calendar is None:
        raise DefinitionError(say("{file} has {count:problem|problems}", file=name, count=len(errors(problems))), errors(problems),
                              hint=say("Mend them and check again with `makegood calendar check {files}`.", files=name))
    return calendar


def _month(text: str | None, desk: Desk, calendar: "Calendar", *, is_file: bool) -> date:
    if text is None:
        from engine.ground.clock import SystemClock

        now = SystemClock().now() if is_file else desk.house.clock.now()
        return now.astimezone(calendar.zone).date().replace(day=1)
    try:
        if len(text) == 7 and text[4] == "-" and text.isascii():
            return date.fromisoformat(f"{text}-01")
    except ValueError:
        pass
    raise Invalid(say("'{text}' is not a month", text=text[:40]), hint=say("Write year and month, for example 2026-10."), field="month",
                  value=text[:40], expected="YYYY-MM")


def _kind(calendar: "Calendar", day: date) -> str:
    """What is special about a date: `worked` and `off` are as usual on that weekday."""
    if calendar.valid_through is not None and day > calendar.valid_through:
        return "unknown"
    hours, usual = calendar.hours_on(day), calendar.hours[day.weekday()]
    if not hours:
        return "closed" if usual else "off"
    return "worked" if hours == usual else "opened"


_MARKS = {
    "worked": (" {} ", "green"), "off": (" {}·", "dim"), "closed": ("({})", "red"), "opened": ("[{}]", "yellow"),
    "unknown": (" {}?", "dim"),
}


def _draw(calendar: "Calendar", days: list[date]) -> None:
    print("  " + "".join(" " * (4 - width(word)) + word + " " for word in say("Mo Tu We Th Fr Sa Su").split()).rstrip())
    line = "  " + "     " * days[0].weekday()
    for day in days:
        mark, colour = _MARKS[_kind(calendar, day)]
        line += " " + paint(mark.format(f"{day.day:>2}"), colour)
        if day.weekday() == 6 or day == days[-1]:
            print(line.rstrip())
            line = "  "


def _legend(calendar: "Calendar", days: list[date]) -> None:
    kinds = [_kind(calendar, day) for day in days]
    words = {
        "worked": say("12 worked"), "off": say("12· usual day off"), "closed": say("(12) closed"),
        "opened": say("[12] opened, other hours"),
        "unknown": say("12? not known: the calendar ends before"),
    }
    print()
    print("  " + "   ".join(paint(text, _MARKS[kind][1]) for kind, text in words.items() if kind in kinds))
    names = say("Mo Tu We Th Fr Sa Su").split()
    print()
    for n, hours in enumerate(calendar.hours):
        if hours and (n == 0 or hours != calendar.hours[n - 1]):
            last = next((m for m in range(n, 7) if m == 6 or calendar.hours[m + 1] != hours), n)
            print(f"  {names[n] if n == last else f'{names[n]}–{names[last]}'}  {', '.join(_hours(hours))}")
    for day, kind in zip(days, kinds, strict=True):
        if kind == "opened":
            print(f"  {day.isoformat()}  {', '.join(_hours(calendar.hours_on(day)))}")
    worked = kinds.count("worked") + kinds.count("opened")
    known = say("for ever") if calendar.valid_through is None else calendar.valid_through.isoformat()
    print(say("  {count:working day|working days}; known until {until}", count=worked, until=known))


def _hours(hours: "Hours") -> list[str]:
    from engine.ground.calendars import clock_text

    return [f"{clock_text(start)}-{clock_text(end)}" for start, end in hours]
