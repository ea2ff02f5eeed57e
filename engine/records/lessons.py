"""Lessons of closed cases, and the words that they are found by: an index of words that both kinds of database keep and ask alike."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from engine.records import tables
from engine.records.prepared import Prepared

LESSON, WORD, CASE = tables.LESSON, tables.LESSON_WORD, tables.CASE
_insert, _insert_word = Prepared(insert(LESSON)), Prepared(insert(WORD))
_forget = Prepared(delete(LESSON).where(LESSON.c.case_id == bindparam("of")))
_forget_words = Prepared(delete(WORD).where(WORD.c.case_id == bindparam("of")))


class Kept(NamedTuple):
    """A lesson in the library."""

    case_id: int
    definition: str
    closed_at: datetime


def put(conn: Connection, lesson: Kept, words: Iterable[str]) -> None:
    """Enter the lesson of a case, in place of what it was before."""
    forget(conn, lesson.case_id)
    _insert.later(conn, [lesson._asdict()])
    _insert_word.later(conn, [{"word": word, "case_id": lesson.case_id} for word in words])


def forget(conn: Connection, case_id: int) -> None:
    """Take the lesson of a case out of the library."""
    _forget_words.later(conn, [{"of": case_id}])
    _forget.later(conn, [{"of": case_id}])


def latest(
    conn: Connection, limit: int, definition: str | None = None, *, since: datetime | None = None, until: datetime | None = None
) -> list[Kept]:
    """The lessons that came last, of cases closed in [since, until), latest first."""
    query = select(LESSON).order_by(LESSON.c.closed_at.desc(), LESSON.c.case_id.desc()).limit(limit)
    if definition is not None:
        query = query.where(LESSON.c.definition == definition)
    if since is not None:
        query = query.where(LESSON.c.closed_at >= since)
    if until is not None:
        query = query.where(LESSON.c.closed_at < until)
    return [Kept(*row) for row in conn.execute(query)]


def entries(conn: Connection, case_ids: Sequence[int]) -> dict[int, Kept]:
    """The lessons of these cases, of those that have one, by case."""
    return {row.case_id: Kept(*row) for row in conn.execute(select(LESSON).where(LESSON.c.case_id.in_(case_ids)))}


def size(conn: Connection) -> int:
    """How many lessons there are."""
    return int(conn.execute(select(func.count()).select_from(LESSON)).scalar_one())


def frequencies(conn: Connection, words: Sequence[str]) -> dict[str, int]:
    """In how many lessons each of these words stands, where it stands in any."""
    query = select(WORD.c.word, func.count()).where(WORD.c.word.in_(words)).group_by(WORD.c.word)
    return {row[0]: row[1] for row in conn.execute(query)} if words else {}


def holding(conn: Connection, words: Sequence[str]) -> list[tuple[int, str]]:
    """Each lesson (by its case) with each of these words that stands in it."""
    return [(row.case_id, row.word) for row in conn.execute(select(WORD.c.case_id, WORD.c.word).where(WORD.c.word.in_(words)))]


def exactly(conn: Connection, case_id: int, mark: str) -> list[str]:
    """The words of a lesson that begin with a mark, which those cut out of texts never do."""
    query = select(WORD.c.word).where(WORD.c.case_id == case_id, WORD.c.word.startswith(mark, autoescape=True)).order_by(WORD.c.word)
    return list(conn.execute(query).scalars())


def opened_between(conn: Connection, definition: str, start: datetime, end: datetime, word: str | None = None) -> int:
    """How many cases with a lesson were opened from `start` on and before `end`; with `word` those of them in which it stands."""
    query = select(func.count()).select_from(LESSON.join(CASE, CASE.c.id == LESSON.c.case_id)).where(
        LESSON.c.definition == definition, CASE.c.opened_at >= start, CASE.c.opened_at < end,
    )
    if word is not None:
        query = query.where(select(WORD.c.case_id).where(WORD.c.case_id == LESSON.c.case_id, WORD.c.word == word).exists())
    return int(conn.execute(query).scalar_one())
