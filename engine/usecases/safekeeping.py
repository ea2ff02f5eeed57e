"""What operators do with the records as a whole: look at them, bring them up to date, copy them, back them up and put them back.

None of this asks who does it: whoever runs it holds the database itself (docs/security.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, func, select, text

from engine.ground.errors import Conflict, Invalid, NotFound, Unavailable
from engine.ground.language import say
from engine.records import backups, history, schema, trouble
from engine.records.history import EVENT, Head
from engine.records.keys import KEY, Keys
from engine.records.schema import Progress
from engine.records.store import Store
from engine.records.tables import METADATA
from engine.usecases import erasing
from engine.usecases.auditing import Verified, verify
from engine.usecases.erasing import Erased
from engine.usecases.house import House


@dataclass(frozen=True, slots=True)
class Status:
    """What a house's databases are."""

    database: str                        # where it is
    keys: str                            # and that of its keys
    found: str                           # the revision of its tables, "" for none
    wanted: str                          # the revision that this makegood needs
    size: int | None                     # bytes; None where the database does not say
    rows: Mapping[str, int]              # of each table
    live: int | None                     # keys that open something; None when the keys cannot be had
    destroyed: int                       # keys of people who were erased
    cases: int                           # histories of cases
    heads: tuple[Head, ...]              # the last row of every other history


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back."""

    revision: str                        # that the tables were at
    erased: list[Erased]                 # erasures carried out again
    verified: Verified


def status(house: House) -> Status:
    """What there is, also where the tables are those of another makegood. Raises Unavailable."""
    store = house.store
    with store.looking() as conn:
        found = schema.revision(conn) if schema.has_tables(conn) else ""
        there = [table for name, table in METADATA.tables.items() if found and conn.dialect.has_table(conn, name)]
        rows = {table.name: conn.execute(select(func.count()).select_from(table)).scalar_one() for table in there}
        cases, heads = _heads(conn) if found else (0, ())
        live, destroyed = _count(store.keys)
        return Status(
            store.where, store.keys.where, found, schema.SCHEMA_REVISION, _size(conn), rows, live, destroyed, cases, heads
        )


def _heads(conn: Connection) -> tuple[int, tuple[Head, ...]]:
    of_case = EVENT.c.stream.like(history.case_stream("%"))
    cases = conn.execute(select(func.count()).where(of_case, EVENT.c.seq == 1)).scalar_one()
    last = select(EVENT.c.stream, func.max(EVENT.c.seq).label("seq")).where(~of_case).group_by(EVENT.c.stream).subquery()
    query = select(EVENT.c.stream, EVENT.c.seq, EVENT.c.hash).join(last, (EVENT.c.stream == last.c.stream) & (EVENT.c.seq == last.c.seq))
    return cases, tuple(Head(*row) for row in conn.execute(query.order_by(EVENT.c.stream)))


def _count(keys: Keys) -> tuple[int | None, int]:
    try:
        return keys.count()
    except (Unavailable, Invalid):
        return None, 0


def _size(conn: Connection) -> int | None:
    if conn.dialect.name == "sqlite":
        pages, size = (conn.execute(text(f"PRAGMA {name}")).scalar_one() for name in ("page_count", "page_size"))
        return int(pages * size)
    return int(conn.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


def upgrade(house: House, progress: Progress | None = None) -> tuple[str, str]:
    """Bring the tables up to date, keeping what is in them: the revision they were at ("" for none), and that they are at now."""
    return house.store.create(progress), schema.SCHEMA_REVISION


def copy(house: House, to: str, keys: str, progress: Progress | None = None) -> tuple[dict[str, int], Verified]:
    """Put everything into another, empty database (URLs of it and of its keys), and check all history there: rows by table, and what
    the check found.

    Raises Conflict for a database with records, Invalid for URLs, Unavailable; what is broken off has put nothing but keys there.
    """
    from engine.records.copying import copy as copied

    target = Store(to, keys)
    if (target.where, target.keys.where) == (house.store.where, house.store.keys.where):
        raise Invalid(say("That is the database of this house itself"), hint=say("Name a database that is empty."), field="to")
    try:
        rows = copied(house.store, target, progress)
        return rows, verify(replace(house, store=target))
    finally:
        target.close()


def backup(house: House, to: Path | None, keys: Path | None, progress: Progress | None = None) -> None:
    """Copy the files of the database, and then of its keys, each to a file if one is named; others may go on writing.

    Raises Invalid on a server, Conflict for a file that exists, Unavailable.
    """
    for source, place in ((house.store.file, to), (house.store.keys.file, keys)):
        if place is not None:
            backups.save(_file(source), place, progress)


def restore(house: House, file: Path, keys: Path | None, progress: Progress | None = None) -> Restored:
    """Put a backup into a house without records, bring it up to date, apply erasures that it does not know, and check all history.

    `keys` is a backup of the keys, None when those in place count. Raises Invalid on a server, NotFound and Unavailable for files that
    are no backups, Conflict where there are records or keys.
    """
    data, of_keys = _file(house.store.file), house.store.keys.file
    _check(file, "event")
    if data.exists():
        with house.store.looking() as conn:
            if schema.has_tables(conn) and schema.occupied(conn):
                raise trouble.occupied(house.store.where)
    if keys is not None:
        _check(keys, KEY.name)
        if (_count(house.store.keys)[0] or 0) > 1:
            raise Conflict(
                say("There are keys in {database} already", database=house.store.keys.where),
                hint=say("Leave out --keys if they belong to these data; else move them away."), changed="keys",
            )
    house.store.close()
    if keys is not None:
        backups.put_back(keys, _file(of_keys))
    backups.put_back(file, data, progress)
    before = house.store.create()
    return Restored(before, erasing.reapply(house), verify(house))


def _check(file: Path, table: str) -> None:
    if not file.is_file():
        raise NotFound(say("There is no file {path}", path=str(file)), kind="file", name=str(file))
    if not backups.holds(file, table):
        raise Invalid(say("{file} is not a backup of that", file=str(file)), field="FILE", expected=table)


def _file(found: Path | None) -> Path:
    if found is None:
        raise Invalid(
            say("A database on a server is backed up and restored with its own programs"),
            hint=say("docs/postgresql.md says how; afterwards `makegood audit verify` checks what was restored."), field="database",
        )
    return found
