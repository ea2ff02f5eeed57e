"""The versions of calendars over time: when each came into force, and each as it was."""

import json
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from engine.ground.calendars import Calendar, calendar_from
from engine.records.in_force import in_force
from engine.records.library import CALENDAR
from engine.records.store import Store


class CalendarChanges(NamedTuple):
    """When versions of calendars came into force: of each calendar (version, instant) in order, and the latest that replaced another."""

    latest: datetime | None
    versions: dict[str, tuple[tuple[int, datetime], ...]]


def calendar_changes(store: Store, conn: Connection) -> CalendarChanges:
    """Every change of a calendar up to now."""
    key = ("calendar changes", in_force(conn).calendars)
    if key not in store.cache:
        versions: dict[str, tuple[tuple[int, datetime], ...]] = {}
        query = select(CALENDAR.c.name, CALENDAR.c.version, CALENDAR.c.published_at).order_by(CALENDAR.c.name, CALENDAR.c.version)
        for name, version, at in conn.execute(query):
            versions[name] = (*versions.get(name, ()), (version, at))
        store.cache[key] = CalendarChanges(max((at for of in versions.values() for _, at in of[1:]), default=None), versions)
    found: CalendarChanges = store.cache[key]
    return found


def calendar_version(store: Store, conn: Connection, name: str, version: int) -> Calendar:
    """A published version of a calendar, which must exist."""
    key = ("calendar", name, version)
    if key not in store.cache:
        query = select(CALENDAR.c.document).where(CALENDAR.c.name == name, CALENDAR.c.version == version)
        store.cache[key] = calendar_from(json.loads(conn.execute(query).scalar_one()))
    found: Calendar = store.cache[key]
    return found
