"""Calendars in use: put into force, extended, listed."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path

from sqlalchemy import Connection, func, select

from engine.deciding.rights import Actor
from engine.defining.calendar_file import WEEKDAYS, read_calendar
from engine.defining.problems import Problem, errors
from engine.ground.calendars import Calendar
from engine.ground.errors import DefinitionError, Invalid, NotFound
from engine.ground.language import say
from engine.records import cases, library
from engine.usecases.access import refusals_noted
from engine.usecases.house import House
from engine.usecases.publishing import put_calendar
from engine.usecases.recalculating import calendars_of
from engine.usecases.reprojecting import waiting
from engine.usecases.sweeping import Swept, sweep
from engine.usecases.watching import MONTHS_AHEAD, Kept, warnings
from engine.usecases.writing import UNKNOWN_DUE

_CASE = cases.CASE


@dataclass(frozen=True, slots=True)
class PutInForce:
    """What publishing calendars did."""

    calendars: tuple[tuple[str, int, bool], ...]     # name, version in force, whether that was so before
    cases: int                           # cases that count by what changed and had something to come
    recalculated: int                    # of these, cases with another due time
    failures: tuple[tuple[str, str], ...] = ()       # (case number, error)
    warnings: tuple[Problem, ...] = ()


def publish_calendars(
    house: House, paths: Sequence[Path], actor: Actor, *, extend: bool = False, progress: Callable[[int, int], None] | None = None
) -> PutInForce:
    """Put calendar files into force, all or none, and compute open cases anew that count by those that changed.

    With `extend` each must go further than the one in force and change nothing of what that one knows. Should it break off, the next
    sweep goes on with what is left. `progress` hears how many of how many cases are done. Raises DefinitionError with every problem,
    Invalid or NotFound for what is no extension, Denied for whoever may not `apply` calendars.
    """
    calendars, problems = _read(paths)
    with refusals_noted(house, actor, "apply"), house.store.writing() as conn:
        now = house.clock.now()
        if extend:
            for calendar in calendars:
                _check_extension(house, conn, calendar)
        made = [(one.name, put_calendar(house, conn, one, actor, now)) for one in calendars]
        behind = waiting(house, conn, {one.name for one in calendars})
    done = sweep(house, progress=_of(behind, progress)) if behind else Swept()
    warned = tuple(problem for problem in problems if problem.severity == "warning")
    in_force = tuple((name, one.version, one.unchanged) for name, one in made)
    return PutInForce(in_force, behind, done.recalculated, tuple(done.failures), warned)


def _of(total: int, progress: Callable[[int, int], None] | None) -> Callable[[int], None] | None:
    """What hears how many cases were done each time, for one who wants to hear how many of how many are done in all."""
    done = 0

    def told(more: int) -> None:
        nonlocal done
        done += more
        if progress:
            progress(done, max(done, total))

    return told if progress else None


def _read(paths: Sequence[Path]) -> tuple[list[Calendar], list[Problem]]:
    calendars, problems = [], []
    for path in dict.fromkeys(paths):
        calendar, found = read_calendar(path)
        problems += found
        calendars += [calendar] if calendar is not None else []
    if errors(problems):
        files = ", ".join(str(path) for path in paths)
        raise DefinitionError(
            say("{files} cannot be put into force; problems: {count}", files=files, count=len(errors(problems))), problems,
            hint=say("Mend them and check again with `makegood calendar check {files}`.", files=files.replace(", ", " ")),
        )
    return calendars, problems


def _check_extension(house: House, conn: Connection, new: Calendar) -> None:
    """Refuse a calendar that is no extension of the one in force; raises NotFound, Invalid."""
    old = known(house, conn, new.name)
    end = old.valid_through
    if end is not None and new.valid_through == end and new == old:
        return      # extended already: what broke off goes on
    if end is None or (new.valid_through is not None and new.valid_through <= end):
        raise Invalid(
            say("Calendar {name} is in force until {until} already", name=new.name, until=str(end or say("for ever"))),
            hint=say("Give a later valid_through; other changes are put into force with `makegood calendar publish`."),
            field="valid_through", value=str(new.valid_through), expected=f"> {end}",
        )
    changed = _differences(old, new, end)
    if changed:
        raise Invalid(
            say("It would change what calendar {name} has said so far: {what}", name=new.name, what=", ".join(changed)),
            hint=say("If that is meant, put it into force with `makegood calendar publish`: running deadlines move then."),
            field="calendar", value=new.name, expected="extension", changed=changed,
        )


def _differences(old: Calendar, new: Calendar, end: date) -> list[str]:
    """What two calendars say differently up to a date: zone, weekdays, dates (the first ten)."""
    found = ["timezone"] if old.timezone != new.timezone else []
    found += ["after_closing"] if old.next_day_after_closing != new.next_day_after_closing else []
    found += [WEEKDAYS[day] for day in range(7) if old.hours[day] != new.hours[day]]
    dated = {*old.closed, *old.opened, *new.closed, *new.opened}
    if not found:
        days = [day.isoformat() for day in sorted(dated) if day <= end and old.hours_on(day) != new.hours_on(day)]
        found += [*days[:10], *(["…"] if len(days) > 10 else [])]
    return found


def known(house: House, conn: Connection, name: str) -> Calendar:
    """A calendar in force; raises NotFound with the nearest names."""
    calendars = library.calendars(house.store, conn)
    if name not in calendars:
        near = get_close_matches(name, list(calendars), 3)
        if near:
            hint = say("Did you mean {near}?", near=", ".join(near))
        elif calendars:
            hint = say("In force are: {known}.", known=", ".join(sorted(calendars)))
        else:
            hint = say("No calendar is in force yet: `makegood calendar publish FILE`.")
        raise NotFound(say("There is no calendar {name}", name=name), hint=hint, kind="calendar", name=name, near=near)
    return calendars[name]


def calendar_of(house: House, name: str) -> Calendar:
    """A calendar in force; raises NotFound with the nearest names."""
    with house.store.reading() as conn:
        return known(house, conn, name)


def listing(house: House) -> list[Kept]:
    """Every calendar in force, by name."""
    with house.store.reading() as conn:
        unknown, counts = _unknown(conn), _open(house, conn)
        found = []
        for name, calendar in sorted(library.calendars(house.store, conn).items()):
            row = library.calendar_then(conn, name, None)
            assert row is not None
            found.append(Kept(
                name, row.version, calendar.timezone, calendar.valid_through, row.published_at, counts.get(name, 0), unknown.get(name, 0),
                waiting(house, conn, {name}),
            ))
    return found


def _open(house: House, conn: Connection) -> dict[str, int]:
    """How many open cases count by each calendar."""
    counts: dict[str, int] = {}
    query = select(_CASE.c.version_id, func.count()).where(_CASE.c.closed_at.is_(None)).group_by(_CASE.c.version_id)
    for version_id, count in conn.execute(query):
        for name in calendars_of(library.definition(house.store, conn, version_id)):
            counts[name] = counts.get(name, 0) + count
    return counts


def _unknown(conn: Connection) -> dict[str, int]:
    """How many open cases have a due time that each calendar cannot tell."""
    counts: dict[str, int] = {}
    for body in conn.execute(select(_CASE.c.body).where(_CASE.c.closed_at.is_(None), _CASE.c.due_at == UNKNOWN_DUE)).scalars():
        unknown = (run.get("unknown") for run in json.loads(body)["clocks"].values() if run["status"] == "running")
        for name in {why.rpartition(" ")[0] for why in unknown if why}:
            counts[name] = counts.get(name, 0) + 1
    return counts


def check_in_force(house: House, now: datetime, months: int = MONTHS_AHEAD) -> list[Problem]:
    """A warning for every calendar in force that ends within so many months, and for open cases that wait for one."""
    return [problem for one in listing(house) for problem in warnings(one.name, calendar_of(house, one.name), [one], now, months)]
