"""The floor: hand-written SQL that writes the same rows as the product did, with the same durability, and nothing else.

The product works on one copy of a database; what it wrote for each case is read back, and the floor writes those very rows
into another copy, by prepared statements, one transaction for each item (or batch) just as the product did. What the product has to
find out (who may act, what is due when, what a notice says) the floor is told.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

Row = tuple[object, ...]
KEYS = {"event": ("stream", "seq"), "personal": ("case_id", "seq", "name"), "notice": ("id",), "work_item": ("id",), "timer": ("case_id",)}
PRAGMAS = ("busy_timeout = 5000", "journal_mode = WAL", "foreign_keys = ON", "recursive_triggers = ON", "synchronous = FULL")


@dataclass(slots=True)
class Written:
    """What the product wrote for one case."""

    case_id: int
    number: str
    row: Row = ()
    added: dict[str, list[Row]] = field(default_factory=dict)
    changed: dict[str, list[Row]] = field(default_factory=dict)
    removed: dict[str, list[Row]] = field(default_factory=dict)    # their keys


def connect(path: Path) -> sqlite3.Connection:
    """A connection with the same settings as the product's."""
    raw = sqlite3.connect(path, isolation_level=None, cached_statements=256)
    for pragma in PRAGMAS:
        raw.execute(f"PRAGMA {pragma}")
    return raw


def written(before: Path, after: Path, case_ids: Sequence[int]) -> list[Written]:
    """What the product wrote for each of these cases between two copies of a database."""
    with closing(connect(before)) as old, closing(connect(after)) as new:
        return [_of_case(old, new, case_id) for case_id in case_ids]


def _of_case(old: sqlite3.Connection, new: sqlite3.Connection, case_id: int) -> Written:
    row = new.execute('SELECT * FROM "case" WHERE id = ?', (case_id,)).fetchone()
    number = new.execute('SELECT number FROM "case" WHERE id = ?', (case_id,)).fetchone()[0]
    one = Written(case_id, number, row)
    for table, keys in KEYS.items():
        had, has = (_rows(raw, table, keys, one) for raw in (old, new))
        one.added[table] = [row for key, row in has.items() if key not in had]
        one.changed[table] = [row for key, row in has.items() if key in had and had[key] != row]
        one.removed[table] = [key for key in had if key not in has]
    return one


def _rows(raw: sqlite3.Connection, table: str, keys: Sequence[str], one: Written) -> dict[Row, Row]:
    column, value = ("stream", f"case/{one.number}") if table == "event" else ("case_id", one.case_id)
    query = f"SELECT {', '.join(keys)}, * FROM {table} WHERE {column} = ? ORDER BY {', '.join(keys)}"
    return {row[:len(keys)]: row[len(keys):] for row in raw.execute(query, (value,))}


class Floor:
    """Writes what the product wrote, by hand."""

    def __init__(self, path: Path) -> None:
        self.raw = connect(path)
        columns = self._columns("case")
        self._revision = columns.index("revision")
        self._case = f'UPDATE "case" SET {", ".join(f"{name} = ?" for name in columns[1:])} WHERE id = ? AND revision = ?'
        self._insert, self._update, self._delete = {}, {}, {}
        for table, keys in KEYS.items():
            columns, where = self._columns(table), " AND ".join(f"{key} = ?" for key in keys)
            self._insert[table] = f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})"
            self._update[table] = f"UPDATE {table} SET {', '.join(f'{name} = ?' for name in columns)} WHERE {where}"
            self._delete[table] = f"DELETE FROM {table} WHERE {where}"

    def _columns(self, table: str) -> list[str]:
        return [row[1] for row in self.raw.execute(f'PRAGMA table_info("{table}")')]

    def write(self, items: Sequence[Written]) -> int:
        """One transaction: each case is read by its number with its work items and checked to be unchanged; its row, history (with
        hashes), work items, timer, notices and personal values are written. Returns how many."""
        raw = self.raw
        raw.execute("BEGIN IMMEDIATE")
        for one in items:
            seen = raw.execute('SELECT * FROM "case" WHERE number = ?', (one.number,)).fetchone()
            raw.execute("SELECT * FROM work_item WHERE case_id = ?", (one.case_id,)).fetchall()
            for event in one.added["event"]:
                sha256(f"{event[-1]}{event[-2]}".encode()).hexdigest()
            assert raw.execute(self._case, (*one.row[1:], one.case_id, seen[self._revision])).rowcount == 1
            for table, keys in KEYS.items():
                for row in one.changed[table]:
                    raw.execute(self._update[table], (*row, *row[:len(keys)]))   # the columns of a key come first in each table
                for key in one.removed[table]:
                    raw.execute(self._delete[table], key)
                if one.added[table]:
                    raw.executemany(self._insert[table], one.added[table])
        raw.execute("COMMIT")
        return len(items)

    def close(self) -> None:
        """Let go of the database."""
        self.raw.close()


def differences(one: Path, other: Path) -> list[str]:
    """The tables in which two databases differ in any row."""
    with closing(connect(one)) as a, closing(connect(other)) as b:
        names = [name for (name,) in a.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return [name for name in names if _all(a, name) != _all(b, name)]


def _all(raw: sqlite3.Connection, table: str) -> list[str]:
    return sorted(map(repr, raw.execute(f'SELECT * FROM "{table}"')))
