"""Counting cases for reports: what was opened, closed, late, reopened, and by which values. The database counts; nothing loads all cases.

A case counts as closed when it was last closed; one that was reopened and is open again is open. In time is what was closed without a
limit that stands breached.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from engine.deciding.rights import Actor
from engine.defining.definition import Definition
from engine.ground.valueclass import valueclass
from engine.records.cases import CASE
from engine.records.history import EVENT
from engine.usecases.house import House
from engine.usecases.viewing import public_value, stored

AGES = (1, 3, 7, 14, 30, 90)
"""Days: the steps by which the age of open cases is counted."""
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a report is to cover: definitions, and whole local dates [since, until) of the house. Within one transaction."""

    house: House
    conn: Connection
    actor: Actor
    definitions: Sequence[Definition]
    since: date | None
    until: date | None
    now: datetime
    timezone: str
    by: Sequence[str] = ()               # fields by which complaints are counted; without any all public choices
    named: int = 20                      # how many cases are named behind one figure

    @property
    def start(self) -> datetime | None:
        """The first instant that it covers."""
        return None if self.since is None else self._midnight(self.since)

    @property
    def end(self) -> datetime:
        """The first instant after it, at most just after now."""
        just_after = self.now + timedelta(microseconds=1)
        return just_after if self.until is None else min(self._midnight(self.until), just_after)

    @property
    def begun(self) -> bool:
        """Whether the period has begun."""
        return self.start is None or self.start <= self.now

    @property
    def names(self) -> list[str]:
        """The names of the definitions."""
        return [one.name for one in self.definitions]

    def within(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """The condition for an instant of the period."""
        return and_(column < self.end, *([] if self.start is None else [column >= self.start]))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(self.timezone)).astimezone(UTC)


@valueclass(frozen=True, slots=True)
class Counts:
    """The cases of some definitions in a period."""

    opened: int
    closed: int
    in_time: int                         # of those closed
    reopened: int                        # of those closed: closed before, and taken up again
    open: int                            # at the end of the period
    over: int                            # of those: with a limit that is over


def of(asked: Asked, *names: str) -> ColumnElement[bool]:
    """The condition for cases of these definitions, or of all that are asked for."""
    return CASE.c.definition.in_(names or asked.names)


def happened(asked: Asked, *kinds: str) -> dict[tuple[str, str], int]:
    """How many events of these kinds happened in the period in cases that it is about, by definition and kind.

    They are summed by case before cases are looked up: joined at once, SQLite may look through all events for each case.
    """
    number = func.substr(EVENT.c.stream, len("case/") + 1).label("number")
    summed = select(number, EVENT.c.kind, func.count().label("many")).where(
        EVENT.c.kind.in_(kinds), EVENT.c.stream.startswith("case/"), asked.within(EVENT.c.occurred_at)
    ).group_by(EVENT.c.stream, EVENT.c.kind).subquery()
    query = select(CASE.c.definition, summed.c.kind, func.sum(summed.c.many)).join_from(
        summed, CASE, CASE.c.number == summed.c.number
    ).where(of(asked)).group_by(CASE.c.definition, summed.c.kind)
    return {(definition, kind): int(many) for definition, kind, many in asked.conn.execute(query)}


def open_at(end: datetime) -> ColumnElement[bool]:
    """The condition for cases that were open at an instant, as far as they were not closed before for the last time."""
    return and_(CASE.c.opened_at < end, or_(CASE.c.closed_at.is_(None), CASE.c.closed_at >= end))


def reopened() -> ColumnElement[bool]:
    """The condition for cases that were closed and taken up again."""
    return exists().where(EVENT.c.stream == "case/" + CASE.c.number, EVENT.c.body.contains('"closed":false'))


def counts(asked: Asked, *names: str) -> Counts:
    """The cases of these definitions, or of all that are asked for. Two statements."""
    closed, still = asked.within(CASE.c.closed_at), open_at(asked.end)
    row = asked.conn.execute(select(
        func.count().filter(asked.within(CASE.c.opened_at)), func.count().filter(closed),
        func.count().filter(closed, CASE.c.breaches == 0), func.count().filter(still), func.count().filter(still, CASE.c.breaches > 0),
    ).where(of(asked, *names))).one()
    again = asked.conn.execute(select(func.count()).select_from(CASE).where(of(asked, *names), closed, reopened())).scalar_one()
    return Counts(row[0], row[1], row[2], again, row[3], row[4])


def by_field(asked: Asked, definition: Definition, field: str) -> dict[str | None, int]:
    """The cases of a definition opened in the period, by the public value of a field; None for those without."""
    value = public_value(asked.conn, field).label("value")
    query = select(value, func.count()).where(of(asked, definition.name), asked.within(CASE.c.opened_at)).group_by("value")
    return dict(asked.conn.execute(query).tuples().all())


def by_class(asked: Asked, definition: Definition) -> dict[str | None, int]:
    """The cases of a definition opened in the period, by the class that their customer had then; None for those without."""
    value = stored(asked.conn)["class"].as_string().label("value")
    query = select(value, func.count()).where(of(asked, definition.name), asked.within(CASE.c.opened_at)).group_by("value")
    return dict(asked.conn.execute(query).tuples().all())


def by_owner(asked: Asked, definition: Definition) -> dict[str | None, int]:
    """The cases of a definition opened in the period, by who owns them now or owned them last."""
    query = select(CASE.c.owner, func.count()).where(of(asked, definition.name), asked.within(CASE.c.opened_at)).group_by(CASE.c.owner)
    return dict(asked.conn.execute(query).tuples().all())


def by_end(asked: Asked, definition: Definition) -> dict[str, tuple[int, int]]:
    """The cases of a definition closed in the period, by the state in which they ended: how many, and how many of them in time."""
    query = select(CASE.c.state, func.count(), func.count().filter(CASE.c.breaches == 0)).where(
        of(asked, definition.name), asked.within(CASE.c.closed_at)
    ).group_by(CASE.c.state)
    return {state: (many, well) for state, many, well in asked.conn.execute(query)}


def ages(asked: Asked, definition: Definition) -> Iterator[tuple[int | None, int, int]]:
    """The cases of a definition open at the end of the period by their age: (at most so many days, None for more; how many; how many of
    them with a limit that is over)."""
    edges = [asked.end, *(asked.end - timedelta(days=days) for days in AGES), None]
    columns: list[ColumnElement[int]] = []
    for younger, older in pairwise(edges):
        assert younger is not None
        conditions = [CASE.c.opened_at <= younger, *([] if older is None else [CASE.c.opened_at > older])]
        columns += [func.count().filter(*conditions), func.count().filter(*conditions, CASE.c.breaches > 0)]
    row = asked.conn.execute(select(*columns).where(of(asked, definition.name), open_at(asked.end))).one()
    for n, days in enumerate((*AGES, None)):
        yield days, row[2 * n], row[2 * n + 1]


def breached(asked: Asked) -> dict[str, int]:
    """How many limits were breached in the period, by definition, as history has it."""
    return {definition: many for (definition, _), many in happened(asked, "breach").items()}


def by_span(asked: Asked, spans: Sequence[tuple[date, date]]) -> list[tuple[int, int, int]]:
    """For each of these spans of local dates how many cases were opened, closed, and closed in time. One statement."""
    columns: list[ColumnElement[int]] = []
    for since, until in spans:
        one = replace(asked, since=since, until=until)
        closed = one.within(CASE.c.closed_at)
        columns += [
            func.count().filter(one.within(CASE.c.opened_at)), func.count().filter(closed),
            func.count().filter(closed, CASE.c.breaches == 0),
        ]
    row = asked.conn.execute(select(*columns).where(of(asked))).one()
    return [(row[n], row[n + 1], row[n + 2]) for n in range(0, len(row), 3)]
