"""The classes that parties had, each with its date and, sealed under the party's own key, its reason: gone with the party."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select

from engine.records import sealing, tables
from engine.records.prepared import Prepared

PARTY, CLASS, CASE, SURVEYED = tables.PARTY, tables.PARTY_CLASS, tables.CASE, tables.SURVEYED
_insert = Prepared(insert(CLASS))
_latest = Prepared(select(CLASS.c.name).where(CLASS.c.party_id == bindparam("of")).order_by(CLASS.c.n.desc()).limit(1))


@dataclass(frozen=True, slots=True)
class Given:
    """A class that a party was given. `by` is a person, or `system` for the rules; one without a name lets the rules decide again."""

    party: int
    n: int
    name: str
    at: datetime
    by: str
    reason: Any = None


def present(conn: Connection, party_id: int) -> str | None:
    """The class of a party; None when it has none."""
    row = _latest.one(conn, {"of": party_id})
    return (row.name or None) if row is not None else None


def history(conn: Connection, party_id: int) -> list[Given]:
    """The classes of a party, latest first."""
    rows = conn.execute(select(CLASS).where(CLASS.c.party_id == party_id).order_by(CLASS.c.n.desc())).all()
    reasons = sealing.open_json(conn, [row.reason for row in rows])
    return [Given(row.party_id, row.n, row.name, row.at, row.by, reason) for row, reason in zip(rows, reasons, strict=True)]


def latest(conn: Connection, ids: Sequence[int]) -> dict[int, Given]:
    """The last class of each of these parties that has one, without its reason."""
    last = select(CLASS.c.party_id, func.max(CLASS.c.n).label("n")).where(CLASS.c.party_id.in_(ids)).group_by(CLASS.c.party_id).subquery()
    rows = conn.execute(select(CLASS).join(last, (CLASS.c.party_id == last.c.party_id) & (CLASS.c.n == last.c.n)))
    return {row.party_id: Given(row.party_id, row.n, row.name, row.at, row.by) for row in rows}


def give(conn: Connection, given: Given) -> None:
    """Keep a class; raises Conflict when another was given at the same time. Nothing for a party that was erased."""
    key = conn.execute(select(PARTY.c.key).where(PARTY.c.id == given.party, PARTY.c.erased_at.is_(None))).scalar()
    if key is not None:
        _insert.later(conn, [{
            "party_id": given.party, "n": given.n, "name": given.name, "at": given.at, "by": given.by,
            "reason": sealing.seal_json(conn, key, given.reason),
        }])


def parties_after(conn: Connection, last: int, count: int) -> list[int]:
    """The next parties by number, those erased left out."""
    query = select(PARTY.c.id).where(PARTY.c.id > last, PARTY.c.erased_at.is_(None)).order_by(PARTY.c.id).limit(count)
    return list(conn.execute(query).scalars())


def cases_of(conn: Connection, ids: Sequence[int], *, with_bodies: bool) -> Iterator[Any]:
    """Party, opening, closing, version and (with bodies) body of every case of these parties."""
    columns = [CASE.c.party_id, CASE.c.opened_at, CASE.c.closed_at, CASE.c.version_id, *([CASE.c.body] if with_bodies else [])]
    yield from conn.execute(select(*columns).where(CASE.c.party_id.in_(ids)).order_by(CASE.c.id))


def answers_of(conn: Connection, ids: Sequence[int]) -> Iterator[Any]:
    """Party, instant, version of the case, questionnaire and answers of everything that these parties answered."""
    s = SURVEYED.c
    query = select(CASE.c.party_id, s.at, CASE.c.version_id, s.name, s.answers).join(CASE, CASE.c.id == s.case_id)
    yield from conn.execute(query.where(CASE.c.party_id.in_(ids), s.answers.is_not(None)).order_by(s.case_id, s.n))
