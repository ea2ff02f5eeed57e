"""The floor: hand-written SQL that writes the same rows as the product did, with the same durability, and nothing else.

The product works on one copy of a database; what it wrote for each case is read back, and the floor writes those very rows
into another copy, by prepared statements, one transaction for each item (or batch) just as the product did. What the product has to
find out (who may act, what is due when, what a notice says) the floor is told.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from benchmarks.databases import Database

Row = tuple[object, ...]
KEYS = {"event": ("stream", "seq"), "personal": ("case_id", "seq", "name"), "notice": ("id",), "work_item": ("id",), "timer": ("case_id",)}


@dataclass(slots=True)
class Written:
    """What the product wrote for one case."""

    case_id: int
    number: str
    row: Row = ()
    added: dict[str, list[Row]] = field(default_factory=dict)
    changed: dict[str, list[Row]] = field(default_factory=dict)
    removed: dict[str, list[Row]] = field(default_factory=dict)    # their keys


def written(before: Database, after: Database, case_ids: Sequence[int]) -> list[Written]:
    """What the product wrote for each of these cases between two copies of a database."""
    with closing(before.connect()) as old, closing(after.connect()) as new:
        return [_of_case(before.mark, old, new, case_id) for case_id in case_ids]


def _of_case(mark: str, old: Any, new: Any, case_id: int) -> Written:
    row = new.execute(f'SELECT * FROM "case" WHERE id = {mark}', (case_id,)).fetchone()
    number = new.execute(f'SELECT number FROM "case" WHERE id = {mark}', (case_id,)).fetchone()[0]
    one = Written(case_id, number, row)
    for table, keys in KEYS.items():
        had, has = (_rows(mark, raw, table, keys, one) for raw in (old, new))
        one.added[table] = [row for key, row in has.items() if key not in had]
        one.changed[table] = [row for key, row in has.items() if key in had and had[key] != row]
        one.removed[table] = [key for key in had if key not in has]
    return one


def _rows(mark: str, raw: Any, table: str, keys: Sequence[str], one: Written) -> dict[Row, Row]:
    column, value = ("stream", f"case/{one.number}") if table == "event" else ("case_id", one.case_id)
    query = f"SELECT {', '.join(keys)}, * FROM {table} WHERE {column} = {mark} ORDER BY {', '.join(keys)}"
    return {row[:len(keys)]: row[len(keys):] for row in raw.execute(query, (value,))}


class Floor:
    """Writes what the product wrote, by hand."""

    def __init__(self, database: Database) -> None:
        self.raw, self._begin = database.connect(), database.locking
        self._write = self.raw.cursor()
        columns, mark = database.columns(self.raw, "case"), database.mark
        self._revision = columns.index("revision")
        self._case = f'UPDATE "case" SET {", ".join(f"{name} = {mark}" for name in columns[1:])} WHERE id = {mark} AND revision = {mark}'
        self._read = f'SELECT * FROM "case" WHERE number = {mark}' + (" FOR UPDATE" if database.kind == "PostgreSQL" else "")
        self._items = f"SELECT * FROM work_item WHERE case_id = {mark}"
        self._insert, self._update, self._delete = {}, {}, {}
        for table, keys in KEYS.items():
            columns, where = database.columns(self.raw, table), " AND ".join(f"{key} = {mark}" for key in keys)
            self._insert[table] = f"INSERT INTO {table} VALUES ({', '.join([mark] * len(columns))})"
            self._update[table] = f"UPDATE {table} SET {', '.join(f'{name} = {mark}' for name in columns)} WHERE {where}"
            self._delete[table] = f"DELETE FROM {table} WHERE {where}"

    def write(self, items: Sequence[Written]) -> int:
        """One transaction: each case is read by its number with its work items and checked to be unchanged; its row, history (with
        hashes), work items, timer, notices and personal values are written. Returns how many."""
        raw = self._write
        raw.execute(self._begin)
        for one in items:
            seen = raw.execute(self._read, (one.number,)).fetchone()
            raw.execute(self._items, (one.case_id,)).fetchall()
            for event in one.added["event"]:
                sha256(f"{event[-1]}{event[-2]}".encode()).hexdigest()
            assert raw.execute(self._case, (*one.row[1:], one.case_id, seen[self._revision])).rowcount == 1
            for table, keys in KEYS.items():
                for row in one.changed[table]:
                    raw.execute(self._update[table], (*row, *row[:len(keys)]))   # the columns of a key come first in each table
                for key in one.removed[table]:
                    raw.execute(self._delete[table], key)
                if len(one.added[table]) == 1:
                    raw.execute(self._insert[table], one.added[table][0])
                elif one.added[table]:
                    raw.executemany(self._insert[table], one.added[table])
        raw.execute("COMMIT")
        return len(items)

    def close(self) -> None:
        """Let go of the database."""
        self.raw.close()


def differences(one: Database, other: Database) -> list[str]:
    """The tables in which two databases differ in any row."""
    with closing(one.connect()) as a, closing(other.connect()) as b:
        return [name for name in one.tables(a) if _all(a, name) != _all(b, name)]


def _all(raw: Any, table: str) -> list[str]:
    return sorted(map(repr, raw.execute(f'SELECT * FROM "{table}"')))
