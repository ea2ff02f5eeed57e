"""Re-projection: a changed calendar wakes every case that counts by it (clocks rule 13).

A woken case is due, so settling it, which computes it anew, is the sweep's ordinary work: in batches, side by side with others, and by
any sweep that comes by after one broke off. A case that was computed anew has its next timer, which is all the progress there is to keep.
"""

from collections.abc import Collection

from sqlalchemy import Connection

from engine.records import library, timers
from engine.records.calendar_versions import calendar_changes
from engine.usecases.house import House
from engine.usecases.recalculating import calendars_of


def wake(house: House, conn: Connection, name: str) -> None:
    """Let every case with something still to come that counts by this calendar fall due as of the version in force."""
    _, since = calendar_changes(house.store, conn).versions[name][-1]
    timers.wake(conn, _versions_by(house, conn, {name}), since)


def waiting(house: House, conn: Connection, names: Collection[str]) -> int:
    """How many cases have not been settled since one of these calendars changed."""
    changes = [versions[-1][1] for name in names if len(versions := calendar_changes(house.store, conn).versions.get(name, ())) > 1]
    return timers.count_behind(conn, _versions_by(house, conn, names), max(changes)) if changes else 0


def _versions_by(house: House, conn: Connection, names: Collection[str]) -> list[int]:
    """The ids of the published definitions that count by one of these calendars and that cases with something to come are on."""
    return [
        id_ for id_ in timers.versions_to_come(conn) if not calendars_of(library.definition(house.store, conn, id_)).isdisjoint(names)
    ]
