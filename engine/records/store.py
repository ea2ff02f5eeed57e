"""The store: the only place that opens a transaction."""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import cached_property
from pathlib import Path
from time import sleep
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from engine.ground.errors import Unavailable
from engine.ground.language import say
from engine.records import engines, schema, sealing, trouble
from engine.records.engines import Connections, seen, writes
from engine.records.keys import Keys, beside, in_memory
from engine.records.prepared import carry_out, command

__all__ = ["Cache", "MemoryStore", "Store", "seen", "writes"]

Cache = dict[Any, Any]
"""Immutable values read before, by kind and key: published definitions, calendars, organisations."""


class Store:
    """The records of a house behind a database URL. Nothing is opened before the first transaction."""

    def __init__(self, url: str, keys: str = "") -> None:
        self._url = engines.understood(url)
        self.keys = Keys(keys or beside(url))
        self.cache: Cache = {}

    @property
    def where(self) -> str:
        """The database as a person knows it: the path of a SQLite file, or the URL without its password."""
        if self._is_sqlite:
            return self._url.database or ":memory:"
        return self._url.set(drivername="postgresql").render_as_string(hide_password=True)

    def reading(self) -> AbstractContextManager[Connection]:
        """A transaction that only reads: one consistent view. Raises Unavailable."""
        return self._transaction(writes=False)

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction that may write: committed at the end, rolled back on any error. On SQLite writers queue up here,
        for at most `engines.BUSY_MS`. Raises Unavailable, Conflict."""
        return self._transaction(writes=True)

    @contextmanager
    def savepoint(self, conn: Connection) -> Iterator[None]:
        """Part of a transaction that can fail alone: rolled back on any error, which is raised again."""
        with self._plain_words():
            memo = seen(conn)
            name = f"part_{len(memo.setdefault('savepoints', []))}"
            command(conn, f"SAVEPOINT {name}")
            memo["savepoints"].append(name)
            try:
                yield
                command(conn, f"RELEASE SAVEPOINT {name}")
            except BaseException:
                self._forget(memo)
                with suppress(DBAPIError):   # after some errors the database has rolled back everything by itself: the first error counts
                    command(conn, f"ROLLBACK TO SAVEPOINT {name}")
                    command(conn, f"RELEASE SAVEPOINT {name}")
                raise
            finally:
                memo["savepoints"].remove(name)

    def create(self, progress: schema.Progress | None = None) -> str:
        """Make the database and that of its keys, or bring the tables up to date, keeping what is in it.

        Returns the revision they were at, "" for none. Raises Unavailable, Invalid.
        """
        with self._opened(create=True) as engine:
            with self._changing(engine) as (conn, before):
                schema.migrate(conn, progress)
            if before and before < schema.SEALED_SINCE:
                engines.scrub(engine)
        return before

    @contextmanager
    def filling(self) -> Iterator[Connection]:
        """A transaction that fills a database without records; tables that are lacking are made. Raises Conflict for one with records."""
        with self._opened(create=True) as engine, self._changing(engine) as (conn, _):
            schema.migrate(conn)
            if schema.occupied(conn):
                raise trouble.occupied(self.where)
            yield conn

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """A transaction that only reads, whatever tables there are: those of an earlier makegood or a later one, or none."""
        with self._opened(create=False) as engine, engine.execution_options(**self._for_reading).connect() as conn:
            if self._is_sqlite:
                engines.begin(conn)
            yield conn

    def close(self) -> None:
        """Let go of every connection; the next transaction opens anew."""
        if "_engines" in self.__dict__:
            for connections in self._engines:
                connections.close()
            self._engines[0].engine.dispose()
            del self._engines
        self.keys.close()
        self.cache.clear()

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        with self._plain_words():
            connections = self._engines[writes]
            conn = connections.take()
            try:
                if self._is_sqlite:
                    engines.begin(conn)
                yield conn
                carry_out(conn)
                sealing.keep_new_keys(conn)     # before what they seal: a crash in between leaves a key that nothing needs
                with trouble.committing(self.where) if writes else nullcontext():
                    engines.end(conn)
            except BaseException:
                self._forget(seen(conn))
                engines.undo(conn)
                raise
            finally:
                connections.give_back(conn)

    def give_way(self) -> None:
        """Between two transactions of many: on SQLite let somebody else write, who looks every `engines.LOOK` seconds."""
        if self._is_sqlite:
            sleep(2 * engines.LOOK)

    def _forget(self, memo: Cache) -> None:
        """What was read in a transaction may not hold once it is rolled back: ids of versions published in it are given again."""
        if memo.pop("published", False):
            self.cache.clear()
        for key in [key for key in memo if key not in ("savepoints", sealing.NEW)]:
            del memo[key]

    @property
    def file(self) -> Path | None:
        """The SQLite file, None for a server."""
        return Path(self._url.database or "") if self._is_sqlite else None

    # --- inside ------------------------------------------------------------------------------------------------------

    @cached_property
    def _is_sqlite(self) -> bool:
        return self._url.get_backend_name() == "sqlite"

    @cached_property
    def _engines(self) -> tuple[Connections, Connections]:
        """The connections of readers and those of writers, from one pool; the schema is known to fit this code."""
        with self._plain_words():
            engine = self._connected(create=False)
            with engine.connect() as conn:
                self._check_revision(schema.revision(conn))
        return (
            Connections(engine.execution_options(cache=self.cache, keys=self.keys, writes=False, **self._for_reading)),
            Connections(engine.execution_options(cache=self.cache, keys=self.keys, writes=True)),
        )

    @property
    def _for_reading(self) -> dict[str, Any]:
        return {} if self._is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

    def _check_revision(self, found: str) -> None:
        wanted = schema.SCHEMA_REVISION
        if found == "":
            raise trouble.schema_missing(self.where)
        if found < wanted:
            raise trouble.schema_older(self.where, found, wanted)
        if found > wanted:
            raise trouble.schema_newer(self.where, found, wanted)

    def _connected(self, *, create: bool) -> Engine:
        if not self._is_sqlite:
            return engines.on_server(self._url)
        path = self._url.database or ""
        try:
            missing = not create and not Path(path).exists()
        except OSError as error:   # a folder on the way is closed to this account
            raise trouble.cannot_open(path, str(error)) from error
        if missing:
            raise trouble.database_missing(path)
        mode = "rwc" if create else "rw"      # a mistyped path must not leave an empty database behind
        return engines.on_file(self._url, path, mode)

    @contextmanager
    def _opened(self, *, create: bool) -> Iterator[Engine]:
        """Connections for what is not done from one moment to the next."""
        self.close()
        with self._plain_words():
            engine = self._connected(create=create)
            try:
                yield engine
            finally:
                engine.dispose()

    @contextmanager
    def _changing(self, engine: Engine) -> Iterator[tuple[Connection, str]]:
        """A transaction that may change tables, and the revision they are at, "" for none."""
        found = ""
        with engine.execution_options(writes=True, keys=self.keys, seen={}).connect() as conn:
            if schema.has_tables(conn):
                found = schema.revision(conn)
                if found > schema.SCHEMA_REVISION:
                    raise trouble.schema_newer(self.where, found, schema.SCHEMA_REVISION)
            conn.rollback()
            if found < schema.SEALED_SINCE:     # later, keys that are gone must not be replaced by others without a word
                self.keys.create()
            if self._is_sqlite:   # rebuilding a table would otherwise count as deleting its rows; only changes outside a transaction
                driver = conn.connection.driver_connection
                assert driver is not None
                driver.execute("PRAGMA foreign_keys = OFF")
            with conn.begin():
                if self._is_sqlite:
                    engines.begin(conn)
                engines.alone(conn, "schema")
                yield conn, found
                carry_out(conn)
                sealing.keep_new_keys(conn)
                if self._is_sqlite and (broken := conn.exec_driver_sql("PRAGMA foreign_key_check").first()):
                    raise Unavailable(say("Bringing {database} up to date would break references", database=self.where), reason=str(broken))

    def _plain_words(self) -> AbstractContextManager[None]:
        return trouble.in_plain_words(self.where)


class MemoryStore(Store):
    """Records in memory, for scenarios: one connection, set back to an image in much less than a millisecond."""

    def __init__(self, image: bytes) -> None:
        super().__init__("sqlite://")
        self.keys = in_memory()
        self._image = image
        self._kept: Cache = {}
        self._raw = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False, cached_statements=256)
        self._raw.deserialize(image)

    def reset(self) -> None:
        """Forget everything since the image given at the start or taken by `keep`. No transaction may be open."""
        self._raw.deserialize(self._image)
        self.cache.clear()
        self.cache.update(self._kept)

    def keep(self) -> bytes:
        """Make the present content what `reset` comes back to, and return its image."""
        self._image = self._raw.serialize()
        self._kept = dict(self.cache)
        return self._image

    def create(self, progress: schema.Progress | None = None) -> str:
        """Nothing to do: the image brings its schema."""
        return schema.SCHEMA_REVISION

    def give_way(self) -> None:
        """Nobody else is there."""

    def _connected(self, *, create: bool) -> Engine:
        return engines.in_memory(self._raw)
