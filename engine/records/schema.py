"""The schema: its revision, the triggers that guard history, and the ways to make it.

The migrations are what a house gets; a scenario's database in memory is made from the tables at once, because alembic
alone costs more than all its scenarios. A test holds the two equal.
"""

import sqlite3
from collections.abc import Callable
from functools import cache
from io import StringIO
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, create_engine, select, text
from sqlalchemy.pool import StaticPool

from engine.records.tables import METADATA
from engine.records.trouble import APPEND_ONLY

if TYPE_CHECKING:  # alembic takes longer to import than most commands take
    from alembic.config import Config

Progress = Callable[[int, int], None]
"""Told how much is done, of how much."""

SCHEMA_REVISION = "0009"
"""The migration this code needs: always the latest in `migrations/versions`."""

SEALED_SINCE = "0004"
"""The migration since which personal data are encrypted."""

MIGRATIONS = Path(__file__).parent / "migrations"

GUARDED: dict[str, tuple[tuple[str, ...], ...]] = {
    "event": (("stream", "seq"),),
    "definition_version": (("id",), ("name", "version")),
    "calendar_version": (("id",), ("name", "version")),
    "organisation_version": (("id",), ("version",)),
}
"""Tables that only grow, with the keys under which a row could be replaced."""


def trigger_statements(dialect: str) -> list[str]:
    """SQL that (re-)creates the triggers which refuse to change or remove history, for "sqlite" or "postgresql"."""
    return _sqlite_triggers() if dialect == "sqlite" else _postgresql_triggers()


def _sqlite_triggers() -> list[str]:
    """UPDATE and DELETE are refused; so is REPLACE, by `recursive_triggers` on our connections and by a look before each
    INSERT on anybody else's."""
    refuse = f"SELECT RAISE(ABORT, '{APPEND_ONLY}')"
    statements = []
    for table, keys in GUARDED.items():
        exists = " OR ".join(
            f"EXISTS (SELECT 1 FROM {table} WHERE {' AND '.join(f'{column} = NEW.{column}' for column in key)})" for key in keys
        )
        for moment, when in (("UPDATE", ""), ("DELETE", ""), ("INSERT", f"WHEN {exists} ")):
            name = f"{table}_no_{'replace' if moment == 'INSERT' else moment.lower()}"
            statements.append(f"DROP TRIGGER IF EXISTS {name}")
            statements.append(f"CREATE TRIGGER {name} BEFORE {moment} ON {table} {when}BEGIN {refuse}; END")
    return statements


def _postgresql_triggers() -> list[str]:
    """UPDATE, DELETE and TRUNCATE are refused, even when they would touch no row."""
    refuse = f"$$ BEGIN RAISE EXCEPTION '{APPEND_ONLY}'; END $$"
    statements = [f"CREATE OR REPLACE FUNCTION makegood_append_only() RETURNS trigger LANGUAGE plpgsql AS {refuse}"]
    for table in GUARDED:
        statements.append(f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}")
        statements.append(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION makegood_append_only()"
        )
    return statements


def put_triggers(conn: Connection) -> None:
    """Create the triggers, or put them back after a migration rebuilt a table (which drops them with it)."""
    for statement in trigger_statements(conn.dialect.name):
        conn.exec_driver_sql(statement)


def revision(conn: Connection) -> str:
    """The revision the database is at; "" for a version table without a row. Raises the driver's error without tables."""
    return conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none() or ""


def alembic_config(conn: Connection) -> "Config":
    """Alembic's settings for work on this connection."""
    from alembic.config import Config

    config = Config(stdout=StringIO())   # what alembic has to say is for nobody who runs a command
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = conn
    return config


def migrate(conn: Connection, progress: Progress | None = None) -> None:
    """Bring the schema to the latest revision, inside the transaction of `conn`."""
    from alembic import command
    from alembic.script import ScriptDirectory

    config = alembic_config(conn)
    found = revision(conn) if has_tables(conn) else ""
    steps = len(list(ScriptDirectory.from_config(config).iterate_revisions("head", found or "base")))
    done = count(1)
    config.attributes["applied"] = lambda **_: progress(next(done), steps) if progress else None
    command.upgrade(config, "head")
    put_triggers(conn)


def has_tables(conn: Connection) -> bool:
    """Whether these are the tables of some makegood."""
    return conn.dialect.has_table(conn, "alembic_version")


def occupied(conn: Connection) -> str:
    """The first table that holds a row, "" when all are empty; they must be there."""
    return next((name for name, table in METADATA.tables.items() if conn.execute(select(1).select_from(table).limit(1)).first()), "")


@cache
def memory_template() -> bytes:
    """An empty database of the present schema, triggers included, as bytes for `sqlite3.Connection.deserialize`."""
    raw = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    raw.execute("PRAGMA page_size = 1024")  # a small image: most tables of a scenario hold a row or two
    engine: Engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
    with engine.begin() as conn:
        METADATA.create_all(conn)
        conn.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        conn.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (SCHEMA_REVISION,))
        put_triggers(conn)
    image = raw.serialize()
    raw.close()
    return image
