"""The records of a house in another database: all or none of them, whatever breaks off, and checked before they count.

Keys go first, each batch by itself: keys that nothing needs do no harm, and are taken over anew when the copy is repeated. Then every row
of every table goes over in one transaction, is read back there, and only if all are what they were does that transaction commit.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Table, func, insert, select, text

from engine.ground.canonical import canonical
from engine.ground.errors import Conflict, Unavailable
from engine.ground.language import say
from engine.records.keys import HOUSE, Keys
from engine.records.schema import Progress
from engine.records.store import Store
from engine.records.tables import FILE, METADATA

_ROWS, _FILES = 1000, 5         # held in memory at a time


class Sum(NamedTuple):
    """What is in a table, in whatever order: how many rows, and the sum of their hashes."""

    rows: int
    hashes: int


def copy(source: Store, target: Store, progress: Progress | None = None) -> dict[str, int]:
    """Put the records that `source` holds at this moment, and its keys, into `target`, which must be empty; the rows of each table.

    Rows are read and written some at a time. Raises Conflict for a target with records or keys of others, Unavailable.
    """
    with source.reading() as conn:
        total = 2 * sum(conn.execute(select(func.count()).select_from(table)).scalar_one() for table in METADATA.sorted_tables)
        done = 0

        def counted(rows: Iterable[list[Row[Any]]]) -> Iterator[list[Row[Any]]]:
            nonlocal done
            for some in rows:
                yield some
                done += len(some)
                if progress:
                    progress(done, total)

        _copy_keys(source.keys, target.keys)
        with target.filling() as there:
            sent = {table.name: _send(counted(_rows(conn, table)), there, table) for table in METADATA.sorted_tables}
            for table in METADATA.sorted_tables:
                if _sum(counted(_rows(there, table))) != sent[table.name]:
                    raise Unavailable(
                        say("What arrived in table {table} of {database} is not what was sent: nothing was copied", table=table.name,
                            database=target.where), reason="copy differs",
                    )
            _go_on_counting(there)
    return {name: one.rows for name, one in sent.items()}


def _copy_keys(source: Keys, target: Keys) -> None:
    target.create()
    for rows in target.every():
        names = {row.id for row in rows} - {HOUSE}
        if names - source.read(sorted(names)).keys():
            raise Conflict(
                say("There are keys of other data in {database}", database=target.where), hint=say("Name a database that is empty."),
                changed="keys",
            )
    for rows in source.every():
        target.take_over(rows)


def _rows(conn: Connection, table: Table) -> Iterator[list[Row[Any]]]:
    size = _FILES if table is FILE else _ROWS
    yield from (list(some) for some in conn.execute(select(table), execution_options={"yield_per": size}).partitions())


def _send(rows: Iterable[list[Row[Any]]], there: Connection, table: Table) -> Sum:
    """Write rows, and say what they are."""

    def written() -> Iterator[list[Row[Any]]]:
        for some in rows:
            there.execute(insert(table), [dict(row._mapping) for row in some])
            yield some

    return _sum(written())


def _sum(rows: Iterable[list[Row[Any]]]) -> Sum:
    count = hashes = 0
    for some in rows:
        count += len(some)
        hashes += sum(int.from_bytes(sha256(canonical([_plain(value) for value in row]).encode()).digest()) for row in some)
    return Sum(count, hashes % 2**256)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, datetime) else value


def _go_on_counting(conn: Connection) -> None:
    """Let new rows get numbers after those that came with theirs; SQLite looks by itself."""
    if conn.dialect.name != "postgresql":
        return
    for table in METADATA.sorted_tables:
        if "id" in table.primary_key.columns and table.c.id.type.python_type is int:
            name = conn.dialect.identifier_preparer.format_table(table)
            conn.execute(
                text(f"SELECT setval(pg_get_serial_sequence(:name, 'id'), max(id)) FROM {name} HAVING max(id) IS NOT NULL"), {"name": name}
            )
