"""The databases on which things are measured: a SQLite file, and a database of a PostgreSQL server that makes every commit durable."""

import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from engine.ground.clock import Clock
from engine.records.store import Store
from engine.usecases.house import House, Settings
from tests import postgres

PRAGMAS = ("busy_timeout = 5000", "journal_mode = WAL", "foreign_keys = ON", "recursive_triggers = ON", "synchronous = FULL")
FAR = {"SQLite": "'9999-01-01 00:00:00.000000'", "PostgreSQL": "timestamptz '9999-01-01 00:00:00+00'"}


@dataclass(frozen=True)
class SQLite:
    """A file, with the settings that the product gives it."""

    path: Path
    kind, mark, locking = "SQLite", "?", "BEGIN IMMEDIATE"

    @property
    def name(self) -> str:
        return self.path.stem

    def connect(self) -> Any:
        """A connection of the driver on which transactions are begun by hand."""
        raw = sqlite3.connect(self.path, isolation_level=None, cached_statements=256)
        for pragma in PRAGMAS:
            raw.execute(f"PRAGMA {pragma}")
        return raw

    def house(self, clock: Clock) -> House:
        return House(Store(f"sqlite:///{self.path}"), clock, Settings(folder=self.path.parent))

    def copied(self, name: str) -> "SQLite":
        """Another copy, with everything in its main file."""
        with closing(self.connect()) as raw:
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return SQLite(Path(shutil.copy(self.path, self.path.with_stem(name))))

    def columns(self, raw: Any, table: str) -> list[str]:
        return [row[1] for row in raw.execute(f'PRAGMA table_info("{table}")')]

    def tables(self, raw: Any) -> list[str]:
        return [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]

    def carelessly(self, raw: Any) -> None:
        """Do not wait for the disk on this connection: for what is only prepared."""
        raw.execute("PRAGMA synchronous = OFF")
        raw.execute("PRAGMA cache_size = -500000")

    def settled(self, raw: Any, counted: Sequence[str]) -> None:
        """After many rows came by hand: what the database knows of its tables fits again, and ids of new rows follow the highest."""
        raw.execute("ANALYZE")

    def server_seconds(self) -> float:
        """There is no server."""
        return 0.0


@dataclass(frozen=True)
class PostgreSQL:
    """A database of a server on this machine, reached by a socket."""

    address: str        # with room for {role} and {name}
    name: str
    folder: Path        # of files beside the database
    kind, mark, locking = "PostgreSQL", "%s", "BEGIN"

    @property
    def socket(self) -> str:
        """The folder in which the server is reached, beside its data."""
        return parse_qs(urlsplit(self.address).query)["host"][0]

    @property
    def version(self) -> str:
        """Of the server."""
        with closing(PostgreSQL(self.address, "postgres", self.folder).connect()) as raw:
            return str(raw.execute("SHOW server_version").fetchone()[0])

    def url(self, name: str) -> str:
        return self.address.format(role="owner", name=name)

    def connect(self) -> Any:
        """A connection of the driver on which transactions are begun by hand."""
        import psycopg

        return psycopg.connect(self.url(self.name), autocommit=True)

    def house(self, clock: Clock) -> House:
        return House(Store(self.url(self.name), self.url("keys")), clock, Settings(folder=self.folder))

    def made(self) -> "PostgreSQL":
        """The same, once it and the database of its keys are there, empty."""
        self._admin(f'CREATE DATABASE "{self.name}"')
        with closing(PostgreSQL(self.address, "postgres", self.folder).connect()) as raw:
            if not raw.execute("SELECT 1 FROM pg_database WHERE datname = 'keys'").fetchone():
                raw.execute("CREATE DATABASE keys")
        return self

    def copied(self, name: str) -> "PostgreSQL":
        self._admin(f'CREATE DATABASE "{name}" TEMPLATE "{self.name}" STRATEGY = FILE_COPY')
        return PostgreSQL(self.address, name, self.folder)

    def columns(self, raw: Any, table: str) -> list[str]:
        query = "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position"
        return [name for (name,) in raw.execute(query, (table,))]

    def tables(self, raw: Any) -> list[str]:
        return [name for (name,) in raw.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")]

    def carelessly(self, raw: Any) -> None:
        raw.execute("SET synchronous_commit = off")

    def settled(self, raw: Any, counted: Sequence[str]) -> None:
        for table in counted:
            raw.execute(f"SELECT setval(pg_get_serial_sequence('\"{table}\"', 'id'), (SELECT max(id) FROM \"{table}\"))")
        raw.execute("VACUUM (ANALYZE)")
        raw.execute("CHECKPOINT")

    def server_seconds(self) -> float:
        """CPU seconds of all processes of the server so far, those that ended included."""
        postmaster = int((Path(self.socket) / "data" / "postmaster.pid").read_text().split()[0])
        ticks = 0
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    fields = (entry / "stat").read_text().rpartition(")")[2].split()
                except OSError:         # it ended meanwhile
                    continue
                if int(entry.name) == postmaster:
                    ticks += sum(map(int, fields[11:15]))      # with those of children that ended
                elif int(fields[1]) == postmaster:
                    ticks += sum(map(int, fields[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def _admin(self, command: str) -> None:
        with closing(PostgreSQL(self.address, "postgres", self.folder).connect()) as raw:
            raw.execute(command)


Database = SQLite | PostgreSQL


@contextmanager
def server(folder: Path, *, durable: bool = True) -> Iterator[PostgreSQL | None]:
    """A server of our own, as a database to be made; None where PostgreSQL is not installed. One that is not durable measures nothing."""
    if postgres.binaries() is None:
        yield None
        return
    with postgres.server(durable=durable) as address:
        yield PostgreSQL(address, "start", folder)


def grown(database: Database, cases: int) -> None:
    """Copies of the open cases that are there until there are at least so many: rows copied by SQL with their tasks, timers (due in a
    far year), personal values and history, under other numbers. Nobody ever touches a copy, so its history need not verify."""
    with closing(database.connect()) as raw:
        database.carelessly(raw)
        there = raw.execute('SELECT max(id) FROM "case"').fetchone()[0]
        items = raw.execute("SELECT max(id) FROM work_item").fetchone()[0]
        of_case = {"case_id": f"case_id + k * {there}"}
        changed = {
            "case": {"id": f"id + k * {there}", "number": "number || '-' || k"}, "timer": {**of_case, "fire_at": FAR[database.kind]},
            "work_item": {**of_case, "id": f"id + k * {items}"}, "personal": of_case, "event": {"stream": "stream || '-' || k"},
        }
        times = f"WITH RECURSIVE times(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM times WHERE k < {-(-cases // there) - 1})"
        raw.execute(database.locking)
        for table, new in changed.items():
            names = database.columns(raw, table)
            into, taken = ", ".join(f'"{name}"' for name in names), ", ".join(new.get(name, f'"{name}"') for name in names)
            which = "stream LIKE 'case/%'" if table == "event" else "true"
            raw.execute(f'INSERT INTO "{table}" ({into}) {times} SELECT {taken} FROM times, "{table}" WHERE {which}')
        raw.execute("COMMIT")
        database.settled(raw, ("case", "work_item"))
