"""What was published: definitions, calendars, the organisation. Each version is stored whole and never changes.

Versions are read once for each store and kept; which are in force says `engine.records.in_force`.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from difflib import get_close_matches
from functools import cache, partial
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, select

from engine.deciding.rights import Actor
from engine.defining.definition import Definition
from engine.defining.organisation import Organisation
from engine.ground.calendars import Calendar, calendar_from
from engine.ground.canonical import digest
from engine.ground.errors import NotFound
from engine.ground.language import say
from engine.records import history, others, tables
from engine.records.in_force import in_force
from engine.records.prepared import Prepared
from engine.records.store import Store, seen

DEFINITION = tables.DEFINITION
CALENDAR = tables.CALENDAR
ORGANISATION = tables.ORGANISATION

_latest = Prepared(select(DEFINITION.c.id, DEFINITION.c.version, DEFINITION.c.hash).where(DEFINITION.c.name == bindparam("of")).order_by(
    DEFINITION.c.version.desc()
).limit(1))
_latest_calendar = select(CALENDAR.c.id, CALENDAR.c.version, CALENDAR.c.hash).where(CALENDAR.c.name == bindparam("of")).order_by(
    CALENDAR.c.version.desc()
).limit(1)


_CYCLE = '{"cycle":%'
"""How the document of a cycle begins: canonical JSON sorts its keys."""


class Published(NamedTuple):
    """A version as published; `unchanged` when the latest version already said the same, and nothing was written."""

    id: int
    version: int
    unchanged: bool


class Version(NamedTuple):
    """A published version of a definition, without its text."""

    id: int
    name: str
    version: int
    hash: str
    published_at: datetime
    published_by: str


class Document(NamedTuple):
    """A published version of a definition as it was published."""

    id: int
    name: str
    version: int
    hash: str
    published_at: datetime
    published_by: str
    document: dict[str, Any]             # the plain tree: {"procedure": …, "notices": …, "scenarios": …}
    source: dict[str, str]               # file name → text


# --- definitions --------------------------------------------------------------------------------------------------------


def publish_definition(
    conn: Connection, name: str, document_text: str, source_text: str, hash_: str, actor: Actor, now: datetime
) -> Published:
    """Store a bundle as the next version of its name, and say so in the stream `definitions`."""
    last = _latest.one(conn, {"of": name})
    if last is not None and last.hash == hash_:
        return Published(last.id, last.version, True)
    version = last.version + 1 if last else 1
    data = {"definition": name, "version": version, "hash": hash_}
    history.append_to(conn, history.DEFINITIONS, "published", actor, now, data)   # first: whoever appends waits for us here
    made = conn.execute(insert(DEFINITION).values(
        name=name, version=version, hash=hash_, document=document_text, source=source_text, published_at=now,
        published_by=actor.id,
    ).returning(DEFINITION.c.id))
    version_id = int(made.scalar_one())
    if "others" in document_text:      # else it asks nothing of other cases, and need not be read
        read = cache(partial(_definition, conn))
        others.cover(conn, read(version_id), read)
    return _published(conn, version_id, version)


def definition(store: Store, conn: Connection, version_id: int) -> Definition:
    """A published version by id; raises NotFound. No statement when the store has seen it before."""
    key = ("definition", version_id)
    if key not in store.cache:
        store.cache[key] = _definition(conn, version_id)
    found: Definition = store.cache[key]
    return found


def _definition(conn: Connection, version_id: int) -> Definition:
    from engine.defining.bundle import definition_of

    text = conn.execute(select(DEFINITION.c.document).where(DEFINITION.c.id == version_id)).scalar_one_or_none()
    if text is None:
        raise NotFound(say("There is no published definition with the id {id}", id=version_id), kind="definition", name=str(version_id))
    return definition_of(json.loads(text))


def version_number(store: Store, conn: Connection, version_id: int) -> int:
    """Which version of its bundle the definition with this id is, counted from 1. No statement when the store has seen it before."""
    key = ("version number", version_id)
    if key not in store.cache:
        store.cache[key] = conn.execute(select(DEFINITION.c.version).where(DEFINITION.c.id == version_id)).scalar_one()
    found: int = store.cache[key]
    return found


def latest(store: Store, conn: Connection, name: str) -> tuple[int, int, Definition]:
    """The latest version of a bundle: id, version, definition; raises NotFound with the nearest names."""
    row = _latest.one(conn, {"of": name})
    if row is None:
        raise _unknown(name, conn)
    return row.id, row.version, definition(store, conn, row.id)


def cycles(store: Store, conn: Connection) -> list[tuple[Definition, datetime]]:
    """The cycles in force, each with when this version was published. No statement when the store has seen them before."""
    key = ("cycles", in_force(conn).definitions)
    if key not in store.cache:
        newest = select(func.max(DEFINITION.c.id)).group_by(DEFINITION.c.name)
        query = select(DEFINITION.c.id, DEFINITION.c.published_at).where(DEFINITION.c.id.in_(newest), DEFINITION.c.document.like(_CYCLE))
        rows = conn.execute(query.order_by(DEFINITION.c.name)).all()
        store.cache[key] = [(definition(store, conn, row.id), row.published_at) for row in rows]
    found: list[tuple[Definition, datetime]] = store.cache[key]
    return found


def versions(conn: Connection, name: str | None = None) -> list[Version]:
    """Every published version, or those of one bundle (raises NotFound when there are none); by name, latest first."""
    query = select(*(DEFINITION.c[column] for column in Version._fields)).order_by(DEFINITION.c.name, DEFINITION.c.version.desc())
    found = [Version(*row) for row in conn.execute(query.where(DEFINITION.c.name == name) if name is not None else query)]
    if name is not None and not found:
        raise _unknown(name, conn)
    return found


def names(conn: Connection) -> list[str]:
    """The names of everything published, sorted."""
    return list(conn.execute(select(DEFINITION.c.name).distinct().order_by(DEFINITION.c.name)).scalars())


def definitions(store: Store, conn: Connection) -> list[Definition]:
    """The latest version of everything published, by name."""
    return [latest(store, conn, name)[2] for name in names(conn)]


def document(conn: Connection, name: str, version: int | None = None) -> Document:
    """A version (the latest without a number) as it was published; raises NotFound."""
    query = select(*(DEFINITION.c[column] for column in Document._fields)).where(DEFINITION.c.name == name)
    query = query.order_by(DEFINITION.c.version.desc()).limit(1) if version is None else query.where(DEFINITION.c.version == version)
    row = conn.execute(query).one_or_none()
    if row is None:
        known = versions(conn, name)
        raise NotFound(
            say("There is no version {version} of {name}", version=version, name=name),
            hint=say("Versions so far: {last}.", last=known[0].version), kind="definition", name=name,
        )
    return Document(**{**row._mapping, "document": json.loads(row.document), "source": json.loads(row.source)})


def _unknown(name: str, conn: Connection) -> NotFound:
    known: Sequence[str] = conn.execute(select(DEFINITION.c.name).distinct().order_by(DEFINITION.c.name)).scalars().all()
    near = get_close_matches(name, known, 3)
    if near:
        hint = say("Did you mean {near}?", near=", ".join(near))
    elif known:
        hint = say("Published are: {known}.", known=", ".join(known))
    else:
        hint = say("Nothing is published yet: `makegood definition publish FOLDER`.")
    return NotFound(say("There is no published definition {name}", name=name), hint=hint, kind="definition", name=name, near=near)


def _published(conn: Connection, version_id: int, version: int) -> Published:
    memo = seen(conn)
    memo.pop("in force", None)
    memo["published"] = True    # should the transaction be rolled back, the store must forget what it read of it
    return Published(version_id, version, False)


# --- calendars and the organisation ---------------------------------------------------------------------------------------


def publish_calendar(conn: Connection, name: str, document_text: str, actor: Actor, now: datetime) -> Published:
    """Store a calendar (canonical text of `calendar_json`) as the next version of its name; it is in force at once."""
    last = conn.execute(_latest_calendar, {"of": name}).one_or_none()
    hash_ = digest(document_text)
    if last is not None and last.hash == hash_:
        return Published(last.id, last.version, True)
    version = last.version + 1 if last else 1
    history.append_to(conn, history.DEFINITIONS, "calendar", actor, now, {"calendar": name, "version": version, "hash": hash_})
    made = conn.execute(insert(CALENDAR).values(
        name=name, version=version, hash=hash_, document=document_text, published_at=now, published_by=actor.id,
    ).returning(CALENDAR.c.id))
    return _published(conn, int(made.scalar_one()), version)


def apply_organisation(conn: Connection, document_text: str, actor: Actor, now: datetime) -> Published:
    """Store the organisation (canonical text of its plain tree) as its next version; it is in force at once."""
    query = select(ORGANISATION.c.id, ORGANISATION.c.version, ORGANISATION.c.hash).order_by(ORGANISATION.c.version.desc()).limit(1)
    last = conn.execute(query).one_or_none()
    hash_ = digest(document_text)
    if last is not None and last.hash == hash_:
        return Published(last.id, last.version, True)
    version = last.version + 1 if last else 1
    history.append_to(conn, history.ORGANISATION, "applied", actor, now, {"version": version, "hash": hash_})
    made = conn.execute(insert(ORGANISATION).values(
        version=version, hash=hash_, document=document_text, applied_at=now, applied_by=actor.id,
    ).returning(ORGANISATION.c.id))
    return _published(conn, int(made.scalar_one()), version)


def organisation(store: Store, conn: Connection) -> Organisation:
    """The organisation in force; an empty one when none was applied yet."""
    version_id = in_force(conn).organisation
    key = ("organisation", version_id)
    if key not in store.cache:
        store.cache[key] = Organisation(name="") if version_id is None else _organisation(conn, version_id)
    found: Organisation = store.cache[key]
    return found


def organisation_document(conn: Connection) -> dict[str, Any]:
    """The plain tree of the organisation in force; empty when none was applied yet."""
    version_id = in_force(conn).organisation
    return {} if version_id is None else _document_of_organisation(conn, version_id)


def _document_of_organisation(conn: Connection, version_id: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(conn.execute(select(ORGANISATION.c.document).where(ORGANISATION.c.id == version_id)).scalar_one())
    return found


def _organisation(conn: Connection, version_id: int) -> Organisation:
    from engine.defining.organisation_file import organisation_of

    return organisation_of(_document_of_organisation(conn, version_id))


def calendar(store: Store, conn: Connection, name: str) -> Calendar:
    """The calendar of that name in force; raises NotFound with the nearest names."""
    known = calendars(store, conn)
    if name not in known:
        near = get_close_matches(name, list(known), 3)
        hint = say("Did you mean {near}?", near=", ".join(near)) if near else say("Publish a calendar of that name first.")
        raise NotFound(say("There is no calendar {name}", name=name), hint=hint, kind="calendar", name=name, near=near)
    return known[name]


def calendars(store: Store, conn: Connection) -> dict[str, Calendar]:
    """Every calendar in force by name."""
    key = ("calendars", in_force(conn).calendars)
    if key not in store.cache:
        newest = select(func.max(CALENDAR.c.id)).group_by(CALENDAR.c.name)
        rows = conn.execute(select(CALENDAR.c.id, CALENDAR.c.name, CALENDAR.c.document).where(CALENDAR.c.id.in_(newest)))
        store.cache[key] = {row.name: calendar_from(json.loads(row.document)) for row in rows}
    found: dict[str, Calendar] = store.cache[key]
    return found


class PastCalendar(NamedTuple):
    """A published version of a calendar."""

    version: int
    published_at: datetime
    calendar: Calendar


def calendar_then(conn: Connection, name: str, at: datetime | None) -> PastCalendar | None:
    """The version of a calendar in force at an instant (None: now); the first when it is older than that, None when there is none."""
    query = select(CALENDAR.c.version, CALENDAR.c.published_at, CALENDAR.c.document).where(CALENDAR.c.name == name)
    latest = query.order_by(CALENDAR.c.version.desc()).limit(1)
    row = conn.execute(latest if at is None else latest.where(CALENDAR.c.published_at <= at)).one_or_none()
    row = row or conn.execute(query.order_by(CALENDAR.c.version).limit(1)).one_or_none()
    return PastCalendar(row.version, row.published_at, calendar_from(json.loads(row.document))) if row else None


def organisations(conn: Connection) -> list[tuple[datetime, Organisation]]:
    """Every version of the organisation with the instant from which it was in force, in order."""
    from engine.defining.organisation_file import organisation_of

    query = select(ORGANISATION.c.applied_at, ORGANISATION.c.document).order_by(ORGANISATION.c.version)
    return [(row.applied_at, organisation_of(json.loads(row.document))) for row in conn.execute(query)]
