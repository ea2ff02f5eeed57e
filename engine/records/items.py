"""Work items: what the inbox shows, rewritten only where a change of the case makes them differ."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from engine.records import tables
from engine.records.prepared import Prepared

WORK_ITEM = tables.WORK_ITEM

NO_DUE = datetime(9999, 12, 31, tzinfo=UTC)
"""The due time of a work item that has none: it sorts last."""


class Item(NamedTuple):
    """A work item: one thing somebody could do now."""

    kind: str                            # state, task
    name: str
    role: str | None
    person: str | None
    opened_at: datetime
    due_at: datetime                     # NO_DUE when there is none


_NAMES = Item._fields
_NEW = tuple(f"new_{name}" for name in _NAMES)
_columns = select(WORK_ITEM.c.case_id, WORK_ITEM.c.id, *(WORK_ITEM.c[name] for name in _NAMES))
OF_CASE = Prepared(_columns.where(WORK_ITEM.c.case_id == bindparam("of")))
OF_CASES = _columns.where(WORK_ITEM.c.case_id.in_(bindparam("of", expanding=True)))
_insert = Prepared(insert(WORK_ITEM), ("case_id", *_NAMES))
_update = Prepared(update(WORK_ITEM).where(WORK_ITEM.c.id == bindparam("of")).values(
    {name: bindparam(new) for name, new in zip(_NAMES, _NEW, strict=True)}
))
_delete = Prepared(delete(WORK_ITEM).where(WORK_ITEM.c.id == bindparam("of")))


def replace(conn: Connection, case_id: int, had: Sequence[tuple[int, Item]], wanted: Sequence[Item]) -> None:
    """Make the items `had` (with their ids) those `wanted`: none, one or two statements.

    Rows that must go are given to items that must come, so most changes of state are one UPDATE.
    """
    if [item for _, item in had] == list(wanted):
        return
    coming = Counter(wanted)
    going: list[int] = []
    for item_id, item in had:
        if coming[item] > 0:
            coming[item] -= 1
        else:
            going.append(item_id)
    new = list(coming.elements())
    both = min(len(going), len(new))
    _update.later(conn, [dict(zip(_NEW, item, strict=True), of=item_id) for item_id, item in zip(going, new, strict=False)])
    _delete.later(conn, [{"of": item_id} for item_id in going[both:]])
    _insert.later(conn, [dict(zip(_NAMES, item, strict=True), case_id=case_id) for item in new[both:]])
