"""What the tests of the records share: a store in a folder, and cases made by hand without any procedure."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from engine.deciding.case import CaseState, ClockRun, ClockStatus, Event, apply, clock_json
from engine.deciding.rights import Actor
from engine.ground.canonical import digest
from engine.records import cases, library, personal, sealing
from engine.records.cases import Item, Loaded
from engine.records.store import Store
from tests import databases

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def with_a_definition(store: Store) -> None:
    """Publish an empty definition, version id 1."""
    with store.writing() as conn:
        library.publish_definition(conn, "plain", "{}", "{}", digest("{}"), Actor("owner"), NOW)


def new_store(folder: Path) -> Store:
    """A store in a folder, or on a server, with its schema and one published (empty) definition, version id 1."""
    return databases.place(folder, with_a_definition).store()


def event(case: CaseState, kind: str, at: datetime, **data: Any) -> Event:
    """The next event of a case, applied to it."""
    made = Event(f"case/{case.number}", case.seq + 1, kind, at, at, "li.na", None, data)
    apply(case, made)
    return made


def opened(
    conn: Connection, number: str, at: datetime = NOW, *, items: Sequence[Item] = (), timer: tuple[datetime, datetime] | None = None,
    origin: str | None = None, secret: str | None = None,
) -> Loaded:
    """A case opened and written: in state `registered`, owned by li.na, with one running clock, perhaps a personal value."""
    case = CaseState(number=number, version_id=1, opened_at=at)
    clock = ClockRun("reply", ClockStatus.RUNNING, at, "24 hours", at + timedelta(hours=24))
    data: dict[str, Any] = {
        "number": number, "version": 1, "to": "registered", "owner": [None, "li.na"], "set": {"amount": [None, "12.50"]},
        "clocks": {"reply": clock_json(clock)},
    }
    sealed = personal.seal(1, "findings", secret) if secret else None
    if sealed:
        data["sealed"] = {"findings": sealed.commitment}
    first = event(case, "opened", at, **data)
    loaded = cases.insert(conn, "plain", case, [first], items, 0, clock.due_at, timer, origin=origin)
    if sealed:
        personal.store(conn, loaded.id, sealing.key_of_case(conn, loaded.id, None), [sealed])
    return loaded


def moved(
    conn: Connection, number: str, to: str, at: datetime, *, items: Sequence[Item] = (), timer: tuple[datetime, datetime] | None = None
) -> Loaded:
    """A case taken to another state and written."""
    loaded = cases.load(conn, number)
    last = event(loaded.case, "acted", at, to=to, act="go")
    cases.save(conn, loaded, [last], items, 0, loaded.due_at, timer)
    return loaded
