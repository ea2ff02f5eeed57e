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
        self._mark, self._lock = mark, " FOR UPDATE" if database.kind == "PostgreSQL" else ""
        self._insert, self._update, self._delete = {}, {}, {}
        for table, keys in KEYS.items():
            columns, where = database.columns(self.raw, table), " AND ".join(f"{key} = {mark}" for key in keys)
            self._insert[table] = f"INSERT INTO {table} VALUES ({', '.join([mark] * len(columns))})"
            self._update[table] = f"UPDATE {table} SET {', '.join(f'{name} = {mark}' for name in columns)} WHERE {where}"
            self._delete[table] = f"DELETE FROM {table} WHERE {where}"

    def write(self, items: Sequence[Written]) -> int:
        """One transaction: the cases are read by their numbers with their work items and checked to be unchanged; their rows, history
        (with hashes), work items, timers, notices and personal values are written, each table at once. Returns how many."""
        raw, marks = self._write, ", ".join([self._mark] * len(items))
        raw.execute(self._begin)
        found = raw.execute(f'SELECT * FROM "case" WHERE number IN ({marks}){self._lock}', [one.number for one in items]).fetchall()
        seen = {row[0]: row[self._revision] for row in found}
        raw.execute(f"SELECT * FROM work_item WHERE case_id IN ({marks})", [one.case_id for one in items]).fetchall()
        for one in items:
            for event in one.added["event"]:
                sha256(f"{event[-1]}{event[-2]}".encode()).hexdigest()
        self._all(self._case, [(*one.row[1:], one.case_id, seen[one.case_id]) for one in items])
        assert raw.rowcount == len(items)
        for table, keys in KEYS.items():      # the columns of a key come first in each table
            self._all(self._update[table], [(*row, *row[:len(keys)]) for one in items for row in one.changed[table]])
            self._all(self._delete[table], [key for one in items for key in one.removed[table]])
            self._all(self._insert[table], [row for one in items for row in one.added[table]])
        raw.execute("COMMIT")
        return len(items)

    def _all(self, statement: str, rows: Sequence[Row]) -> None:
        if len(rows) == 1:
            self._write.execute(statement, rows[0])
        elif rows:
            self._write.executemany(statement, rows)

    def close(self) -> None:
        """Let go of the database."""
        self.raw.close()


def differences(one: Database, other: Database) -> list[str]:
    """The tables in which two databases differ in any row."""
    with closing(one.connect()) as a, closing(other.connect()) as b:
        return [name for name in one.tables(a) if _all(a, name) != _all(b, name)]


def _all(raw: Any, table: str) -> list[str]:
    return sorted(map(repr, raw.execute(f'SELECT * FROM "{table}"')))
