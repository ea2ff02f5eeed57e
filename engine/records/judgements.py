"""Judgements: whether standards reached their targets, period by period, each judged once."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, select

from engine.deciding.attainment import Share
from engine.records import tables
from engine.records.observations import OBSERVATION
from engine.records.prepared import Prepared

JUDGEMENT = tables.JUDGEMENT
_j, _o = JUDGEMENT.c, OBSERVATION.c
_CASE = tables.CASE.c
_insert = Prepared(insert(JUDGEMENT))
_open = Prepared(
    select(_CASE.id, _CASE.number).join(JUDGEMENT, _CASE.id == _j.case_id)
    .where(_j.definition == bindparam("of"), _j.name == bindparam("standard"), _j.part == bindparam("part"), _CASE.closed_at.is_(None))
    .order_by(_j.start.desc()).limit(1)
)
_until = Prepared(select(func.max(_j.end).label("until")).where(_j.definition == bindparam("of"), _j.name == bindparam("standard")))
_first = Prepared(
    select(_o.at).where(
        _o.definition == bindparam("of"), _o.name == bindparam("standard"), _o.day >= bindparam("day"), _o.at >= bindparam("since")
    ).order_by(_o.day, _o.at).limit(1)
)
_slot = Prepared(
    select(_o.part, func.sum(_o.kept).label("kept"), func.sum(_o.of).label("n"), func.sum(_o.value).label("total"),
           func.count(_o.value).label("measured"))
    .where(
        _o.definition == bindparam("of"), _o.name == bindparam("standard"), _o.day >= bindparam("day"), _o.day <= bindparam("last_day"),
        _o.at >= bindparam("start"), _o.at < bindparam("end"),
    ).group_by(_o.part).order_by(_o.part)
)


class Judgement(NamedTuple):
    """One judgement as it is kept."""

    definition: str
    name: str
    part: str
    start: datetime
    end: datetime
    kept: int
    of: int
    value: float | None
    reached: bool | None
    judged_at: datetime
    case_id: int | None


def judged_until(conn: Connection, definition: str, standard: str) -> datetime | None:
    """The end of the last period that was judged."""
    found: datetime | None = _until.one(conn, {"of": definition, "standard": standard}).until
    return found


def first_seen(conn: Connection, definition: str, standard: str, since: datetime, day: str) -> datetime | None:
    """When the standard was first seen kept or missed from an instant on, which lies on that local date."""
    row = _first.one(conn, {"of": definition, "standard": standard, "since": since, "day": day})
    return None if row is None else row.at


def shares(conn: Connection, definition: str, standard: str, start: datetime, end: datetime, days: tuple[str, str]) -> dict[str, Share]:
    """What was seen from `start` on and before `end`, by part; `days` are the first and the last local date of that."""
    rows = _slot.all(conn, {"of": definition, "standard": standard, "start": start, "end": end, "day": days[0], "last_day": days[1]})
    return {row.part or "": Share(int(row.kept), int(row.n), row.total or 0.0, row.measured) for row in rows}


def open_case(conn: Connection, definition: str, standard: str, part: str) -> tuple[int, str] | None:
    """Id and number of the case that an earlier miss of the standard in that part opened, while it is open."""
    row = _open.one(conn, {"of": definition, "standard": standard, "part": part})
    return None if row is None else (row.id, row.number)


def put(conn: Connection, made: list[Judgement]) -> None:
    """Keep judgements; raises Conflict when one of these periods was judged already."""
    _insert.later(conn, [one._asdict() for one in made])


def listed(conn: Connection, definition: str, limit: int) -> list[Judgement]:
    """The latest judgements of a cycle, latest first."""
    query = select(JUDGEMENT).where(_j.definition == definition).order_by(_j.start.desc(), _j.name, _j.part).limit(limit)
    return [Judgement(*row) for row in conn.execute(query)]


@dataclass(frozen=True, slots=True)
class Missed:
    """How many missed it, of how many."""

    missed: int
    of: int


def missed(conn: Connection, definition: str, standard: str, start: datetime, end: datetime) -> Missed:
    """In how many of the periods that ended after `start` and by `end` a standard was missed, of those in which anything was seen."""
    query = select(_j.reached).where(
        _j.definition == definition, _j.name == standard, _j.end > start, _j.end <= end, _j.reached.is_not(None)
    )
    found = list(conn.execute(query).scalars())
    return Missed(sum(not one for one in found), len(found))


def behind(conn: Connection, case_id: int) -> list[tuple[str, str]]:
    """The standards whose misses a case was opened for, or belongs to: (cycle, standard)."""
    query = select(_j.definition, _j.name).where(_j.case_id == case_id).distinct().order_by(_j.definition, _j.name)
    return [(definition, name) for definition, name in conn.execute(query)]


def of_standard(conn: Connection, definition: str, standard: str, since: datetime) -> list[Judgement]:
    """What was judged of a standard in periods that ended after `since`, those in which nothing was seen left out."""
    query = select(JUDGEMENT).where(_j.definition == definition, _j.name == standard, _j.end > since, _j.reached.is_not(None))
    return [Judgement(*row) for row in conn.execute(query.order_by(_j.start, _j.part))]


def cases_behind(conn: Connection, definition: str) -> set[int]:
    """The cases that a cycle opened for its own misses."""
    return set(conn.execute(select(_j.case_id).where(_j.definition == definition, _j.case_id.is_not(None)).distinct()).scalars())
