"""Observations: which standards a visit kept or missed, as rows that can be counted. What they say follows from the visit's history."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, select

from engine.deciding.attainment import Share
from engine.deciding.observing import Observation, Seen
from engine.records import tables
from engine.records.prepared import Prepared

OBSERVATION = tables.OBSERVATION
_insert = Prepared(insert(OBSERVATION), [column.name for column in OBSERVATION.c if column.name != "id"])
_forget = Prepared(delete(OBSERVATION).where(*(OBSERVATION.c[key] == bindparam(f"of_{key}") for key in ("case_id", "name", "n"))))


class Counted(NamedTuple):
    """The share of one standard on one local date, in one part of what is judged apart."""

    name: str
    day: date
    part: str | None
    share: Share


def put(conn: Connection, case_id: int | None, definition: str, changed: Sequence[tuple[Seen, Observation | None]]) -> None:
    """Make these the observations of a case (None: counts that were told), instead of what it showed of the same standards at the same
    times before."""
    for (name, n), _ in changed if case_id is not None else ():
        _forget.later(conn, [{"of_case_id": case_id, "of_name": name, "of_n": n}])
    _insert.later(conn, [
        {
            "case_id": case_id, "name": one.name, "n": one.n, "definition": definition, "at": one.at, "day": one.day.isoformat(),
            "kept": one.kept, "of": one.of, "value": one.value, "person": one.person, "part": one.part,
        }
        for _, one in changed if one is not None
    ])


def counted(
    conn: Connection, definition: str, *, since: date | None = None, until: date | None = None, person: str | None = None
) -> Iterator[Counted]:
    """Sums by standard, local date and part, in that order: one statement over an index, a row for each day however many visits came.

    `since` is the first local date, `until` the first one after.
    """
    o = OBSERVATION.c
    query: Select[tuple[str, str, str | None, int, int, float | None, int]] = select(
        o.name, o.day, o.part, func.sum(o.kept), func.sum(o.of), func.sum(o.value), func.count(o.value)
    ).where(o.definition == definition).group_by(o.name, o.day, o.part).order_by(o.name, o.day, o.part.nulls_first())
    for name, day, part, yes, of, total, measured in conn.execute(_within(query, since, until, person)):
        yield Counted(name, date.fromisoformat(day), part, Share(int(yes), int(of), total or 0.0, measured))


def _within(query: Select[tuple[str, str, str | None, int, int, float | None, int]], since: date | None, until: date | None,
            person: str | None) -> Select[tuple[str, str, str | None, int, int, float | None, int]]:
    o = OBSERVATION.c
    if since is not None:
        query = query.where(o.day >= since.isoformat())
    if until is not None:
        query = query.where(o.day < until.isoformat())
    return query if person is None else query.where(o.person == person)


def of_case(conn: Connection, case_id: int) -> list[tuple[str, int, datetime, int]]:
    """What one case shows: (standard, which time, when, kept), oldest first."""
    o = OBSERVATION.c
    rows: Iterable[tuple[str, int, datetime, int]] = conn.execute(
        select(o.name, o.n, o.at, o.kept).where(o.case_id == case_id).order_by(o.at, o.name, o.n)
    ).tuples()
    return list(rows)
