"""Connections to the kinds of database that makegood can use: SQLite on a file or in memory, a PostgreSQL server."""

import sqlite3
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from engine.ground.errors import Invalid, Unavailable
from engine.ground.language import say
from engine.records.prepared import command

BUSY_MS = 5000
"""How long a SQLite transaction waits for another one that writes, in milliseconds."""

_PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_MS}",   # first: the next one may already have to wait
    "PRAGMA journal_mode = WAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",     # without it REPLACE deletes without asking the triggers
    "PRAGMA synchronous = FULL",          # history must survive a power cut
)


def on_file(url: URL, path: str, mode: str, pragmas: tuple[str, ...] = _PRAGMAS) -> Engine:
    """A SQLite file; `mode` rw, or rwc to make it when it is not there."""

    def connect() -> sqlite3.Connection:
        name = f"file:{quote(path)}?mode={mode}"
        return sqlite3.connect(name, uri=True, isolation_level=None, check_same_thread=False, cached_statements=256)

    engine = create_engine(url, creator=connect)
    _prepare(engine, pragmas)
    return engine


def in_memory(raw: sqlite3.Connection) -> Engine:
    """A SQLite database in memory on its one connection: no journal on disk, nobody to wait for."""
    engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
    _prepare(engine, tuple(pragma for pragma in _PRAGMAS if "journal" not in pragma and "synchronous" not in pragma))
    return engine


def on_server(url: URL) -> Engine:
    """A PostgreSQL server; raises Unavailable when its driver is not installed."""
    try:
        return create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise Unavailable(
            say("The driver {driver} for this database is not installed", driver=str(error.name)),
            hint=say("Install it, for example `pip install 'psycopg[binary]'`."), reason=str(error),
        ) from error


def _prepare(engine: Engine, pragmas: tuple[str, ...]) -> None:
    @event.listens_for(engine, "connect")
    def settings(raw: sqlite3.Connection, _: object) -> None:
        for pragma in pragmas:
            raw.execute(pragma)


def begin(conn: Connection) -> None:
    """Begin a transaction of SQLite, which its driver leaves to us.

    One that starts by reading and then writes fails under contention whatever the timeout says, so writers begin as such.
    """
    command(conn, "BEGIN IMMEDIATE" if writes(conn) else "BEGIN")


def scrub(engine: Engine) -> None:
    """Let nothing remain in the files of a database of what its tables no longer hold; no transaction may be open."""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as conn:
        if engine.dialect.name == "sqlite":
            command(conn, "VACUUM")
            command(conn, "PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            command(conn, "VACUUM FULL")


def writes(conn: Connection) -> bool:
    """Whether this transaction may write, so that what it reads must be locked."""
    return bool(conn.get_execution_options().get("writes"))


def alone(conn: Connection, name: str) -> None:
    """Let whoever else asks for this name wait until the transaction ends; on SQLite every writer waits for the one before anyway.

    Unlike a lock on a row it needs no right to change that row, and holds for a row that is not there yet.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def seen(conn: Connection) -> dict[Any, Any]:
    """What was read in this transaction and holds until it ends."""
    memo: dict[Any, Any] = conn.get_execution_options()["seen"]
    return memo


def understood(text: str) -> URL:
    """The URL of a database; raises Invalid when it names none that makegood can use."""
    try:
        url = make_url(text)
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        if url.get_backend_name() not in ("sqlite", "postgresql"):
            raise ArgumentError(url.drivername)
        url.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise Invalid(
            say("'{url}' is not a database that makegood can use", url=text.partition("://")[0] + "://…"),
            hint=say("Write sqlite:///makegood.db, or postgresql://user@host/name."), field="database", expected="sqlite or postgresql URL",
        ) from error
    except ModuleNotFoundError:
        pass  # the driver is looked for when it is needed
    return url
