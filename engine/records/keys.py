"""Keys: one for each party, one for each case that has none, and one of the house; in a database of their own, apart from the data.

Whoever copies the data without the keys has nothing to read, and destroying a key here takes the value from every copy of the data. So
this database is also the ledger of erasures: what it says of a destroyed key stays, and a backup of the data that is put back finds the
key destroyed. Keys are random and named at random: no name is ever given twice, whatever is rolled back or put back.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Engine, LargeBinary, MetaData, Row, Table, Text, bindparam, delete, func, insert, select, update

from engine.ground.errors import Invalid, KeyMissing, Unavailable
from engine.ground.language import say
from engine.records import engines, trouble
from engine.records.engines import Connections
from engine.records.prepared import Prepared

HOUSE = bytes(16)
"""The name of the house's own key, by which people are found."""

AT_A_TIME = 500        # names in one statement
FILE = "keys.db"
_PRAGMAS = (
    f"PRAGMA busy_timeout = {engines.BUSY_MS}",
    "PRAGMA journal_mode = DELETE",     # a log written ahead would hold a destroyed key until it is written over
    "PRAGMA secure_delete = ON",        # what is destroyed is overwritten
    "PRAGMA synchronous = FULL",
)
_METADATA = MetaData()
KEY = Table(
    "key", _METADATA,
    Column("id", LargeBinary, primary_key=True),
    Column("key", LargeBinary),                     # 32 bytes; NULL once destroyed
    Column("destroyed", Text),                      # canonical JSON: when, by whom, why
)
_one = Prepared(select(KEY.c.id, KEY.c.key).where(KEY.c.id == bindparam("of")))
_some = select(KEY.c.id, KEY.c.key).where(KEY.c.id.in_(bindparam("of", expanding=True)))


def new() -> tuple[bytes, bytes]:
    """The name of a new key, and the key."""
    return os.urandom(16), os.urandom(32)


class Keys:
    """The keys behind a database URL ("" for none: then any use is refused). Nothing is opened before the first use."""

    def __init__(self, url: str, raw: sqlite3.Connection | None = None) -> None:
        self._url = engines.understood(url) if url else None
        self._raw = raw

    @property
    def where(self) -> str:
        """The database as a person knows it: the path of a SQLite file, or the URL without its password."""
        if self._url is None:
            return ""
        if self._url.get_backend_name() == "sqlite":
            return self._url.database or ":memory:"
        return self._url.set(drivername="postgresql").render_as_string(hide_password=True)

    def create(self, house: bytes | None = None) -> None:
        """Make the database, for this account alone, with the key of the house (else a random one); what is there is
        kept. Raises Unavailable, Invalid."""
        path = self.file
        if path is not None:
            try:
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            except OSError as error:
                raise trouble.cannot_open(str(path), error.strerror or str(error)) from error
        with self._connected() as conn:
            _METADATA.create_all(conn)
            if conn.execute(select(KEY.c.id).where(KEY.c.id == HOUSE)).first() is None:
                conn.execute(insert(KEY).values(id=HOUSE, key=house or os.urandom(32)))

    def read(self, names: Sequence[bytes]) -> dict[bytes, bytes | None]:
        """The keys of these names, None for a destroyed one; names there never were are left out."""
        found: dict[bytes, bytes | None] = {}
        with self._connected() as conn:
            if len(names) == 1:
                found = {row.id: row.key for row in _one.all(conn, {"of": names[0]})}
            else:
                for first in range(0, len(names), AT_A_TIME):
                    found |= {row.id: row.key for row in conn.execute(_some, {"of": names[first:first + AT_A_TIME]})}
        return found

    def add(self, made: Mapping[bytes, bytes]) -> None:
        """Keep new keys."""
        with self._connected() as conn:
            rows = [{"id": name, "key": key} for name, key in made.items()]
            for first in range(0, len(rows), AT_A_TIME):
                conn.execute(insert(KEY).values(rows[first:first + AT_A_TIME]))      # one statement, so that it counts whole

    def destroy(self, names: Sequence[bytes], why: str) -> int:
        """Destroy keys for good, noting why (canonical JSON); those destroyed before keep their note. Returns how many were there.

        Of each batch all or none; the first name comes first.
        """
        count = 0
        with self._connected() as conn:
            for first in range(0, len(names), AT_A_TIME):
                some = update(KEY).where(KEY.c.id.in_(names[first:first + AT_A_TIME]), KEY.c.key.is_not(None), KEY.c.id != HOUSE)
                count += conn.execute(some.values(key=None, destroyed=why)).rowcount
        return count

    def ledger(self) -> dict[bytes, str]:
        """Every key that was destroyed, and what was noted then."""
        with self._connected() as conn:
            return {row.id: row.destroyed for row in conn.execute(select(KEY.c.id, KEY.c.destroyed).where(KEY.c.key.is_(None)))}

    def count(self) -> tuple[int, int]:
        """How many keys there are, and how many were destroyed."""
        with self._connected() as conn:
            live, destroyed = conn.execute(select(func.count(KEY.c.key), func.count(KEY.c.destroyed))).one()
            return live, destroyed

    def every(self) -> Iterator[Sequence[Row[Any]]]:
        """All that is in this database, some rows at a time."""
        some = select(KEY).order_by(KEY.c.id).limit(AT_A_TIME)
        with self._connected() as conn:
            rows = conn.execute(some).all()
            while rows:
                yield rows
                rows = conn.execute(some.where(KEY.c.id > rows[-1].id)).all()

    def take_over(self, rows: Sequence[Row[Any]]) -> None:
        """Keep these rows of other keys, in place of those of the same names."""
        with self._connected() as conn:
            conn.execute(delete(KEY).where(KEY.c.id.in_([row.id for row in rows])))
            conn.execute(insert(KEY).values([dict(row._mapping) for row in rows]))

    def lost(self) -> KeyMissing:
        """The error for a name there never was: these are not the keys of these data."""
        return KeyMissing(
            say("The keys in {database} do not belong to these data", database=self.where),
            hint=say("Put back the copy of the keys that was made with or after that of the data."), reason="key missing",
        )

    def close(self) -> None:
        """Let go of every connection; the next use opens anew."""
        if "_connections" in self.__dict__ and self._raw is None:
            self._connections.close()
            self._connections.engine.dispose()
            del self._connections

    # --- inside ------------------------------------------------------------------------------------------------------

    @property
    def file(self) -> Path | None:
        """The SQLite file, None for a server, for keys in memory, or where none are named."""
        if self._url is None or self._raw is not None or self._url.get_backend_name() != "sqlite":
            return None
        return Path(self._url.database or "")

    @cached_property
    def _connections(self) -> Connections:
        return Connections(self._engine())

    def _engine(self) -> Engine:
        if self._raw is not None:
            return engines.in_memory(self._raw)
        if self._url is None:
            raise Invalid(
                say("makegood.toml does not say where the keys of personal data are kept"),
                hint=say('With a database on a server, write keys = "postgresql://user@host/name": a database of its own.'),
                field="keys", expected="URL",
            )
        path = self.file
        if path is None:
            return engines.on_server(self._url).execution_options(isolation_level="AUTOCOMMIT")
        if not path.exists():
            raise Unavailable(
                say("The keys of personal data are not at {path}", path=str(path)),
                hint=say("Put back the copy of the keys that was made with or after that of the data."), reason="missing",
            )
        return engines.on_file(self._url, str(path), "rw", _PRAGMAS)

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """A connection on which each statement stands for itself."""
        connections = self._connections
        with trouble.in_plain_words(self.where):
            conn = connections.take()
            try:
                yield conn
            except BaseException:
                engines.undo(conn)
                raise
            finally:
                connections.give_back(conn)


def beside(url: str) -> str:
    """Where the keys of a database are kept unless somebody says so: on a file beside a file; for a server nowhere."""
    path = engines.understood(url)
    if path.get_backend_name() != "sqlite" or not path.database:
        return ""
    return f"sqlite:///{Path(path.database).parent / FILE}"


def in_memory() -> Keys:
    """Keys for records in memory; that of the house is always the same, so that a scenario draws the same samples each time."""
    keys = Keys("", sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False))
    keys.create(bytes(32))
    return keys
