"""The histories of many cases, one after another, for whoever goes over them all: a few hundred cases are in memory at a time."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, select

from engine.deciding.case import Event
from engine.records import history
from engine.records.cases import CASE
from engine.records.history import EVENT

AT_A_TIME = 500     # cases whose events one statement reads


class History(NamedTuple):
    """A case and its events, to be read before the next history is taken."""

    id: int
    number: str
    definition: str                      # name of the bundle
    version_id: int                      # that the case is on now
    events: Iterator[Event]


def histories(conn: Connection, *which: ColumnElement[bool]) -> Iterator[History]:
    """The history of each case for which these conditions hold, in the order of their opening but for those read together.

    Raises Tampered for a row that is no event.
    """
    last = 0
    query = select(CASE.c.id, CASE.c.number, CASE.c.definition, CASE.c.version_id).where(*which).order_by(CASE.c.id).limit(AT_A_TIME)
    while rows := conn.execute(query.where(CASE.c.id > last)).all():
        last = rows[-1].id
        known = {history.case_stream(row.number): row for row in rows}
        events = select(EVENT.c.stream, EVENT.c.seq, EVENT.c.body).where(EVENT.c.stream.in_(known)).order_by(EVENT.c.stream, EVENT.c.seq)
        for stream, group in groupby(conn.execute(events, execution_options={"yield_per": 2000}), lambda row: str(row.stream)):
            row = known[stream]
            yield History(row.id, row.number, row.definition, row.version_id, map(_event, group))


def _event(row: Any) -> Event:
    return history.from_body(row.body, row.stream, row.seq)
