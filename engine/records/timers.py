"""Timers: when each case next needs attention. One row for each case with something to come; the sweep reads nothing else."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, case, delete, func, insert, literal, select, union, update

from engine.records import tables
from engine.records.prepared import Prepared

CASE = tables.CASE
TIMER = tables.TIMER

Timer = tuple[datetime, datetime]
"""When something of a case falls due, and when a sweep should take it."""

_insert = Prepared(insert(TIMER), ("case_id", "due_at", "fire_at", "attempts"))
_update = Prepared(update(TIMER).where(TIMER.c.case_id == bindparam("of")).values(
    due_at=bindparam("due"), fire_at=bindparam("fire"), attempts=0, error=None
))
_put_off = Prepared(update(TIMER).where(TIMER.c.case_id == bindparam("of")).values(
    fire_at=bindparam("fire"), attempts=bindparam("tried"), error=bindparam("why")
))
_delete = Prepared(delete(TIMER).where(TIMER.c.case_id == bindparam("of")))
_next_fire = Prepared(select(func.min(TIMER.c.fire_at).label("fire_at")))
_due = Prepared(select(TIMER.c.case_id, CASE.c.number, TIMER.c.due_at, TIMER.c.fire_at, TIMER.c.attempts).join_from(TIMER, CASE).where(
    TIMER.c.fire_at <= bindparam("now")
).order_by(TIMER.c.fire_at, TIMER.c.case_id).limit(bindparam("size")).with_for_update(of=[CASE, TIMER], skip_locked=True))


class Due(NamedTuple):
    """A case with something due."""

    case_id: int
    number: str
    due_at: datetime
    fire_at: datetime
    attempts: int


def write(conn: Connection, case_id: int, had: Timer | None, attempts: int, wanted: Timer | None) -> None:
    """Make the timer of a case the one wanted; no statement where it is that already and no attempt failed."""
    if wanted is None:
        if had is not None:
            _delete.later(conn, [{"of": case_id}])
    elif had is None:
        _insert.later(conn, [{"case_id": case_id, "due_at": wanted[0], "fire_at": wanted[1], "attempts": 0}])
    elif had != wanted or attempts:
        _update.later(conn, [{"of": case_id, "due": wanted[0], "fire": wanted[1]}])


def due_cases(conn: Connection, now: datetime, limit: int) -> list[Due]:
    """Cases with something to settle by `now`, longest waiting first, at most `limit`, in a transaction that writes.

    On PostgreSQL the cases are locked, and passed over where somebody else has locked them. So are their timers, or what another sweep has
    settled since this statement began would be taken as it was before.
    """
    return [Due(*row) for row in _due.all(conn, {"now": now, "size": limit})]


def count_due(conn: Connection, now: datetime) -> int:
    """How many cases have something to settle by `now`."""
    return conn.execute(select(func.count()).select_from(TIMER).where(TIMER.c.fire_at <= now)).scalar_one()


def next_fire(conn: Connection) -> datetime | None:
    """When the next thing of any case is to be taken up; None when nothing is to come."""
    fire: datetime | None = _next_fire.one(conn, {}).fire_at
    return fire


class PutOff(NamedTuple):
    """A case that could not be settled: why, how often it was tried, when something of it fell due, and when it is tried again."""

    number: str
    due_at: datetime
    fire_at: datetime
    attempts: int
    error: str


_failing = select(CASE.c.number, TIMER.c.due_at, TIMER.c.fire_at, TIMER.c.attempts, TIMER.c.error).join_from(TIMER, CASE)


def count_failing(conn: Connection, until: datetime) -> int:
    """How many cases wait after an attempt to settle them failed, to be tried again by `until`: reads what falls due until then."""
    return conn.execute(select(func.count()).select_from(TIMER).where(TIMER.c.fire_at <= until, TIMER.c.error.is_not(None))).scalar_one()


def failing(conn: Connection, until: datetime, limit: int) -> list[PutOff]:
    """Those cases, the one that fell due first at the top."""
    query = _failing.where(TIMER.c.fire_at <= until, TIMER.c.error.is_not(None)).order_by(TIMER.c.due_at, TIMER.c.case_id).limit(limit)
    return [PutOff(*row) for row in conn.execute(query)]


def put_off(conn: Connection, row: Due, until: datetime, error: str | None) -> None:
    """Let a case be taken up again at `until`, one attempt counted, with the reason if it is known. When it fell due stays known."""
    _put_off.later(conn, [{"of": row.case_id, "fire": until, "tried": row.attempts + 1, "why": error and error[:2000]}])


# --- waking -------------------------------------------------------------------------------------------------------------

# Open, or closed with a window that still runs.
_TO_COME = union(
    select(CASE.c.id, CASE.c.version_id).where(CASE.c.closed_at.is_(None)), select(CASE.c.id, CASE.c.version_id).join_from(TIMER, CASE)
).subquery()


def versions_to_come(conn: Connection) -> Sequence[int]:
    """The ids of the definitions that cases with something to come are on."""
    return conn.execute(select(_TO_COME.c.version_id).distinct().order_by(_TO_COME.c.version_id)).scalars().all()


def wake(conn: Connection, version_ids: Sequence[int], at: datetime) -> None:
    """Let every case of these definitions with something to come fall due at `at`, those that are due before excepted. Two statements."""
    of = select(_TO_COME.c.id).where(_TO_COME.c.version_id.in_(version_ids))
    new = select(_TO_COME.c.id, literal(at, TIMER.c.due_at.type), literal(at, TIMER.c.fire_at.type), literal(0)).where(
        _TO_COME.c.version_id.in_(version_ids), _TO_COME.c.id.not_in(select(TIMER.c.case_id))
    )
    conn.execute(update(TIMER).where(TIMER.c.case_id.in_(of), TIMER.c.fire_at > at).values(
        fire_at=at, due_at=case((TIMER.c.due_at > at, at), else_=TIMER.c.due_at)
    ))
    conn.execute(insert(TIMER).from_select(["case_id", "due_at", "fire_at", "attempts"], new))


def count_behind(conn: Connection, version_ids: Sequence[int], at: datetime) -> int:
    """How many cases of these definitions have not been settled since `at`, at which they were woken."""
    query = select(func.count()).select_from(TIMER.join(CASE)).where(CASE.c.version_id.in_(version_ids), TIMER.c.due_at <= at)
    return conn.execute(query).scalar_one()
