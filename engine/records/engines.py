"""Connections to the kinds of database that makegood can use: SQLite on a file or in memory, a PostgreSQL server."""

import sqlite3
from select import select as poll
from time import monotonic, sleep
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from engine.ground.errors import Invalid, Unavailable
from engine.ground.language import say
from engine.records.prepared import carry_out, command, commit, driver, rollback

BUSY_MS = 5000
"""How long a SQLite transaction waits for another one that writes, in milliseconds."""

LOOK = 0.001
"""How long a SQLite transaction waits before it looks again whether it may write, in seconds."""

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
        engine = create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise Unavailable(
            say("The driver {driver} for this database is not installed", driver=str(error.name)),
            hint=say("Install it: `pip install 'makegood[postgresql]'`."), reason=str(error),
        ) from error
    _in_order(engine)
    return engine


def _in_order(engine: Engine) -> None:
    """Let what waits to be written be there when SQLAlchemy itself asks for anything."""
    @event.listens_for(engine, "before_cursor_execute")
    def first(conn: Connection, *_: object) -> None:
        carry_out(conn)


def _prepare(engine: Engine, pragmas: tuple[str, ...]) -> None:
    _in_order(engine)

    @event.listens_for(engine, "connect")
    def settings(raw: sqlite3.Connection, _: object) -> None:
        for pragma in pragmas:
            raw.execute(pragma)


class Connections:
    """The connections of an engine, open from one transaction to the next: taking one out of a pool, giving it options and putting it
    back costs more than what many transactions do in between. As many as were ever in use at once."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._free: list[Connection] = []     # taking from its end and adding there are each one step, whatever threads there are

    def take(self) -> Connection:
        """One without a transaction, on which nothing was `seen`."""
        while self._free:
            conn = self._free.pop()
            if _answers(conn):
                seen(conn).clear()
                return conn
            conn.invalidate()
            conn.close()
        conn = self.engine.connect()
        return conn.execution_options(seen={}, cursor=driver(conn).cursor())

    def give_back(self, conn: Connection) -> None:
        """A transaction of it is over, or was undone."""
        if conn.in_transaction():
            conn.rollback()
        if conn.invalidated:
            conn.close()
        else:
            self._free.append(conn)

    def close(self) -> None:
        """Put back into the pool all that are not in use."""
        while self._free:
            self._free.pop().close()


def _answers(conn: Connection) -> bool:
    """Whether a connection is as good as when it was last used. A server that goes says so, and one that is asked nothing says nothing
    else: that there is something to read means that it has gone."""
    if conn.dialect.name == "sqlite":
        return True
    raw = driver(conn)
    return not raw.closed and not poll([raw.fileno()], [], [], 0)[0]


def end(conn: Connection) -> None:
    """Commit what a transaction did."""
    if conn.in_transaction():     # something went through SQLAlchemy itself
        conn.commit()
    else:
        commit(conn)


def undo(conn: Connection) -> None:
    """Roll back what a transaction did; a connection that cannot even do that is of no more use."""
    try:
        conn.rollback()     # for what SQLAlchemy began
        if not conn.invalidated:     # else asking for the driver's connection would open another, to which the cursor does not belong
            rollback(conn)
    except Exception:  # noqa: BLE001  whatever it says: the error that led here is the one that counts
        conn.invalidate()


def begin(conn: Connection) -> None:
    """Begin a transaction of SQLite, which its driver leaves to us.

    One that starts by reading and then writes fails under contention whatever the timeout says, so writers begin as such.
    """
    if writes(conn):
        _begin_writing(conn)
    else:
        _wait(conn, BUSY_MS)
        command(conn, "BEGIN")


def _begin_writing(conn: Connection) -> None:
    """Wait by looking often: the driver looks ever less often, and finds no gap while somebody writes one batch after the other."""
    _wait(conn, 0)
    until = monotonic() + BUSY_MS / 1000
    while True:
        try:
            command(conn, "BEGIN IMMEDIATE")
        except DBAPIError as error:
            if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY or monotonic() > until:
                raise
        else:
            break
        sleep(LOOK)


def _wait(conn: Connection, ms: int) -> None:
    """Let the driver wait so long by itself for somebody who writes."""
    known = conn.connection.info
    if known.get("wait", BUSY_MS) != ms:
        command(conn, f"PRAGMA busy_timeout = {ms}")
        known["wait"] = ms


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
