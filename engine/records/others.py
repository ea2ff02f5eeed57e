"""What cases let other cases of their procedure know: the values that `others(…)` shares, compares and sums.

Kept only for the fields that some published version asks for, written in the transaction that changes the case. A version that
begins to ask finds the values of every case there from its first moment: they are filled in when it is published.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from engine.deciding.others import Question, kept_values
from engine.defining.definition import Definition
from engine.records import tables
from engine.records.engines import alone, writes
from engine.records.in_force import in_force
from engine.records.prepared import Prepared
from engine.records.store import Store

CASE = tables.CASE
CASE_VALUE = tables.CASE_VALUE
ASKED_FIELD = tables.ASKED_FIELD

_asked = Prepared(select(ASKED_FIELD.c.name).where(ASKED_FIELD.c.definition == bindparam("of")))
_insert = Prepared(insert(CASE_VALUE))
_forget = Prepared(delete(CASE_VALUE).where(CASE_VALUE.c.case_id == bindparam("of")))


def asked(store: Store, conn: Connection, definition: str) -> frozenset[str]:
    """The fields of a procedure whose values its cases keep for each other. No statement when the store has seen it before."""
    key = ("asked", in_force(conn).definitions, definition)
    if key not in store.cache:
        store.cache[key] = _kept_for(conn, definition)
    found: frozenset[str] = store.cache[key]
    return found


def _kept_for(conn: Connection, definition: str) -> frozenset[str]:
    return frozenset(row.name for row in _asked.all(conn, {"of": definition}))


def keep(conn: Connection, case_id: int, definition: str, opened_at: datetime, values: Mapping[str, str]) -> None:
    """Make these (`kept_values`) what other cases know of a case. Two statements."""
    _forget.later(conn, [{"of": case_id}])
    _insert.later(conn, _rows(case_id, definition, opened_at, values))


def _rows(case_id: int, definition: str, opened_at: datetime, values: Mapping[str, str]) -> list[dict[str, Any]]:
    known = {"case_id": case_id, "definition": definition, "opened_at": opened_at}
    return [{**known, "name": name, "value": value} for name, value in values.items()]


def cover(conn: Connection, definition: Definition, version: Callable[[int], Definition]) -> None:
    """Keep from now on what a version asks for, and fill in what the cases there are hold; `version` gives the one each case is on.

    Part of the transaction that publishes, however many cases there are: nobody decides by half of them.
    """
    from engine.deciding.asking import fields_asked

    fresh = fields_asked(definition) - _kept_for(conn, definition.name)
    if not fresh:
        return
    conn.execute(insert(ASKED_FIELD), [{"definition": definition.name, "name": name} for name in sorted(fresh)])
    query = select(CASE.c.id, CASE.c.version_id, CASE.c.opened_at, CASE.c.body).where(CASE.c.definition == definition.name)
    for rows in conn.execute(query.order_by(CASE.c.id), execution_options={"yield_per": 1000}).partitions():
        found: list[dict[str, Any]] = []
        for row in rows:
            form = json.loads(row.body)      # a whole case need not be made of it: reading ten thousand would take twice as long
            values = kept_values(version(row.version_id), form["fields"], form["party"], fresh)
            found += _rows(row.id, definition.name, row.opened_at, values)
        _insert.later(conn, found)


def kept(conn: Connection, case_ids: list[int]) -> dict[int, dict[str, tuple[str, str, datetime]]]:
    """What is kept of these cases: id → field → (value, procedure, opened)."""
    found: dict[int, dict[str, tuple[str, str, datetime]]] = {case_id: {} for case_id in case_ids}
    for row in conn.execute(select(CASE_VALUE).where(CASE_VALUE.c.case_id.in_(case_ids))):
        found[row.case_id][row.name] = (row.value, row.definition, row.opened_at)
    return found


def answer(conn: Connection, definition: str, question: Question, but: int | None) -> Any:
    """How many cases of a procedure a question means, or the texts kept of the field that it sums; the case `but` is none of them.

    One statement, by index: it costs as much as there are cases that share the value. Whoever may act on the answer is alone with the
    question until their transaction ends: of two cases that act at once, the second sees what the first has done.
    """
    if writes(conn):
        alone(conn, f"others/{definition}/{question.field}/{question.value}")
    table = CASE_VALUE.c
    conditions = [table.definition == definition, table.name == question.field, table.value == question.value]
    conditions.append(table.opened_at <= question.until)
    if question.since is not None:
        conditions.append(table.opened_at >= question.since)
    if but is not None:
        conditions.append(table.case_id != but)
    source: Any = CASE_VALUE
    for name, value in question.like.items():
        like = CASE_VALUE.alias(f"like_{len(conditions)}")
        source = source.join(like, like.c.case_id == table.case_id)
        conditions += [like.c.name == name, like.c.value == value]
    if question.total is None:
        return conn.execute(select(func.count()).select_from(source).where(*conditions)).scalar_one()
    summed = CASE_VALUE.alias("summed")
    source = source.join(summed, summed.c.case_id == table.case_id)
    return conn.execute(select(summed.c.value).select_from(source).where(*conditions, summed.c.name == question.total)).scalars().all()
