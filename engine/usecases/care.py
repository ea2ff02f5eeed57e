"""One standard of a cycle in force, as the scheduler looks after it, and what came of looking after all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from engine.deciding import fields
from engine.deciding.choosing import first
from engine.deciding.expressions import expression
from engine.deciding.rights import THE_SYSTEM
from engine.defining.cycle import Standard
from engine.defining.definition import Definition, LinkedCase
from engine.ground.calendars import Calendar
from engine.ground.errors import Invalid
from engine.ground.language import say
from engine.records import cases, library
from engine.records.cases import CASE
from engine.usecases.house import House
from engine.usecases.opening import begin, blank
from engine.usecases.settling import settle
from engine.usecases.work import take_up
from engine.usecases.writing import write


@dataclass(frozen=True, slots=True)
class Made:
    """A report that was made because it was due: its file in the house, and the same in Markdown."""

    name: str
    title: str
    file: str
    page: str


@dataclass(slots=True)
class Kept:
    """What looking after the cycles did."""

    inspections: list[str] = field(default_factory=list)             # numbers of the cases opened
    judged: int = 0                                                  # standards held against their target, for one period and part each
    missed: list[str] = field(default_factory=list)                  # numbers of the cases opened because a target was missed
    reports: list[Made] = field(default_factory=list)                # made because they were due
    reviews: list[str] = field(default_factory=list)                 # numbers of the cases opened to look at standards again
    failures: list[tuple[str, str]] = field(default_factory=list)    # (cycle/standard or report/name, error)

    def add(self, done: "Kept") -> None:
        """Count what was done in one transaction."""
        self.inspections += done.inspections
        self.judged += done.judged
        self.missed += done.missed
        self.reviews += done.reviews


@dataclass(frozen=True, slots=True)
class Care:
    """One standard of a cycle in force, looked after in one transaction."""

    house: House
    conn: Connection
    definition: Definition
    standard: Standard
    since: datetime                      # when this version of the cycle was published
    now: datetime
    kept: Kept

    @property
    def name(self) -> str:
        """The standard as it is spoken of outside its cycle."""
        return f"{self.definition.name}/{self.standard.name}"

    @property
    def calendar(self) -> Calendar:
        """The calendar of the cycle, as now in force."""
        return library.calendar(self.house.store, self.conn, self.definition.calendar)

    def opened(self, origin: str) -> bool:
        """Whether a case of that origin was opened before."""
        return self.conn.execute(select(CASE.c.id).where(CASE.c.origin == origin)).first() is not None

    def open_linked(self, linked: LinkedCase, told: Mapping[str, Any], origin: str) -> tuple[int, str]:
        """Open the case that the cycle names for this, with what its expressions make of what they are told."""
        seen = {**self.definition.values, **told}
        return self.open(linked.procedure, {name: expression(first(cases, seen))(seen) for name, cases in linked.with_.items()}, origin)

    def open(self, procedure: str, given: dict[str, Any], origin: str, state: str | None = None) -> tuple[int, str]:
        """Open a case by the scheduler, as the definition says; its id and number. Its origin keeps it from being opened twice."""
        work = blank(self.house, self.conn, procedure, self.now, self.now)
        work.case.state = state or work.case.state
        unknown = [name for name in given if name not in work.definition.fields]
        if unknown:
            raise Invalid(say("{procedure} has no field '{name}'", procedure=procedure, name=unknown[0]), field=unknown[0])
        known = work.definition.fields
        begin(work, THE_SYSTEM, {name: fields.computed(known[name], value, work.timezone) for name, value in given.items()})
        return write(work, origin=origin).id, work.case.number

    def note(self, number: str, figures: str) -> None:
        """Tell a case what its standard showed since: an event of the scheduler, which says nothing of anybody."""
        work = take_up(self.house, self.conn, cases.load(self.conn, number), self.now)
        settle(work)
        work.record("note", THE_SYSTEM, self.now, {"figures": figures})
        write(work)
