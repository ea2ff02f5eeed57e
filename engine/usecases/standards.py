"""The register of standards and their judgements, for whoever looks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import Connection, select

from engine.deciding.clock_due import due_after
from engine.deciding.rights import Actor
from engine.defining.cycle import Standard
from engine.defining.definition import Definition
from engine.ground.calendars import Calendar
from engine.ground.duration import Duration
from engine.ground.errors import Invalid
from engine.ground.language import say, spoken
from engine.ground.worktime import local_date
from engine.records import judgements as kept
from engine.records import library
from engine.records.cases import CASE, last_closed
from engine.usecases.access import refusals_noted
from engine.usecases.house import House
from engine.usecases.viewing import may_see_figures
from engine.usecases.work import standing

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Described:
    """A standard as people read it, in the language spoken."""

    name: str
    statement: str
    touchpoint: str
    need: str
    level: str | None
    element: str
    by: tuple[str, ...]
    target: str | None
    period: str | None
    review: str | None                   # how long after publication it is looked at again
    published: bool


@dataclass(frozen=True, slots=True)
class Registered(Described):
    """One standard in force."""

    cycle: str
    version: datetime                    # when this version of the cycle was published
    review_on: date | None               # when it is to be looked at again, in the cycle's time zone


@dataclass(frozen=True, slots=True)
class Kept:
    """One judgement: a standard in one period and part."""

    standard: str
    part: str
    start: datetime
    end: datetime
    kept: int
    of: int
    mean: float | None
    reached: bool | None
    judged_at: datetime
    case: str | None                     # the number of the case opened because it was missed


def register(house: House, cycle: str | None, actor: Actor, *, published: bool = False) -> list[Registered]:
    """The standards in force, of one cycle or of all, in the customers' order: they are no secret to anybody who works here.

    Raises NotFound, Invalid for a definition that is no cycle and for somebody whom the organisation does not know."""
    with house.store.reading() as conn:
        standing(library.organisation(house.store, conn), actor)
        cycles = library.cycles(house.store, conn)
        if cycle is not None:
            wanted = of_cycle(library.latest(house.store, conn, cycle)[2])
            cycles = [(one, since) for one, since in cycles if one.name == wanted.name]
        found = [(one, since, library.calendar(house.store, conn, one.calendar), reviewed(conn, one.name)) for one, since in cycles]
    return [
        Registered(**described(definition, one), cycle=definition.name, version=since, review_on=review_on(one, since, calendar, last))
        for definition, since, calendar, last in found for one in definition.standards.values() if one.published or not published
    ]


def worded(key: str | None) -> str:
    """An element of service or a level of need as people call it; empty for None."""
    words = {
        "hardware": say("hardware"), "software": say("software"), "people": say("people"), "basic": say("basic"),
        "expected": say("expected"), "desired": say("desired"), "unexpected": say("unexpected"),
    }
    return words[key] if key else ""


def described(definition: Definition, standard: Standard) -> dict[str, Any]:
    """The fields of `Described` for a standard of this cycle."""
    language = spoken()
    return {
        "name": standard.name, "statement": standard.statement.in_(language), "need": standard.need.in_(language),
        "touchpoint": definition.states[standard.touchpoint].title.in_(language) or standard.touchpoint, "level": standard.level,
        "element": standard.element, "by": tuple(map(str, standard.by)), "target": str(standard.target) if standard.target else None,
        "period": str(standard.period) if standard.period else None, "review": str(standard.review) if standard.review else None,
        "published": standard.published,
    }


REVIEW = "review:{cycle}@"
"""What the origin of a review begins with; its date follows."""


def reviewed(conn: Connection, cycle: str) -> date:
    """The date of the last review of a cycle that is over; long ago where there was none."""
    prefix = REVIEW.format(cycle=cycle)
    last = last_closed(conn, prefix)
    return date.fromisoformat(last.removeprefix(prefix)) if last else date.min


def review_on(standard: Standard, published: datetime, calendar: Calendar, last: date = date.min) -> date | None:
    """When a standard is to be looked at again, counted from the publication of the version in force, after the `last` review; None where
    nothing says so."""
    return next((on for on in review_dates(standard, published, calendar) if on > last), None)


def review_dates(standard: Standard, published: datetime, calendar: Calendar) -> Iterator[date]:
    """When a standard is to be looked at again, and again as long as no other version is published: counted from publication."""
    every = standard.review
    if every is None or not every.amount:
        return
    for times in count(1):
        yield local_date(calendar, due_after(published, Duration(every.amount * times, every.unit), calendar) - _INSTANT)


def judgements(house: House, cycle: str, actor: Actor, limit: int) -> list[Kept]:
    """The latest judgements of a cycle, latest first; for whom its attainment is. Raises NotFound, Invalid, Denied."""
    with refusals_noted(house, actor, "report", definition=cycle), house.store.reading() as conn:
        may_see_figures(house, conn, of_cycle(library.latest(house.store, conn, cycle)[2]), actor)
        rows = kept.listed(conn, cycle, limit)
        ids = {row.case_id for row in rows if row.case_id is not None}
        numbers = {row.id: row.number for row in conn.execute(select(CASE.c.id, CASE.c.number).where(CASE.c.id.in_(ids)))}
    return [
        Kept(row.name, row.part, row.start, row.end, row.kept, row.of, row.value, row.reached, row.judged_at, numbers.get(row.case_id or 0))
        for row in rows
    ]


def of_cycle(definition: Definition) -> Definition:
    """The definition, if it executes a cycle; raises Invalid otherwise."""
    if not definition.standards:
        raise Invalid(
            say("'{name}' is a procedure, not a cycle: it has no standards", name=definition.name),
            hint=say("`makegood report accounts` shows figures of procedures."), field="cycle", value=definition.name, expected="cycle",
        )
    return definition
