"""Which versions of what was published are in force: read once in each transaction, along with the first case where there is one.

The three tables only grow, so their highest ids say it, and whatever is worked out from a version may be kept under its id.
"""

from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from engine.records import tables
from engine.records.prepared import Prepared
from engine.records.store import seen


class InForce(NamedTuple):
    """The highest ids of what was published; None before the first."""

    organisation: int | None
    calendars: int | None
    definitions: int | None


COLUMNS = tuple(
    select(func.max(table.c.id)).scalar_subquery().label(f"latest_{name}")
    for name, table in zip(InForce._fields, (tables.ORGANISATION, tables.CALENDAR, tables.DEFINITION), strict=True)
)
"""Columns that say what is in force, to be read along with a case."""

_alone = Prepared(select(*COLUMNS))


def in_force(conn: Connection) -> InForce:
    """What is in force for the rest of this transaction, unless it publishes something itself."""
    memo = seen(conn)
    if "in force" not in memo:
        remember(conn, _alone.one(conn, {}))
    found: InForce = memo["in force"]
    return found


def remember(conn: Connection, row: Any) -> None:
    """Keep what is in force, read as `COLUMNS`, for the rest of the transaction."""
    if "in force" not in seen(conn):
        seen(conn)["in force"] = InForce(row.latest_organisation, row.latest_calendars, row.latest_definitions)
