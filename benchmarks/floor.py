"""The floor: hand-written SQL that writes the same rows as the product did, with the same durability, and nothing else.

The product works on one copy of a database; what it wrote for each case is read back, and the floor writes those very rows
into another copy, by prepared statements, one transaction for each item (or batch) just as the product did.
"""

import sqlite3
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

Row = tuple[object, ...]
TABLES = {"event": ("stream", "seq"), "personal": ("case_id", "seq"), "notice": ("id",), "work_item": ("id",)}


@dataclass(slots=True)
class Written:
    """What the product wrote for one case."""

    case_id: int
    row: Row = ()
    timer: Row | None = None
    rows: dict[str, list[Row]] = field(default_factory=dict)


def connect(path: Path) -> sqlite3.Connection:
    """A connection with the same settings as the product's."""
    raw = sqlite3.connect(path, isolation_level=None)
    for pragma in ("busy_timeout = 5000", "journal_mode = WAL", "foreign_keys = ON", "recursive_triggers = ON", "synchronous = FULL"):
        raw.execute(f"PRAGMA {pragma}")
    return raw


def written(before: Path, after: Path, case_ids: list[int]) -> list[Written]:
    """What the product wrote for each case between two copies of the database."""
    old, new = connect(before), connect(after)
    result = []
    for case_id in case_ids:
        (number,) = new.execute('SELECT number FROM "case" WHERE id = ?', (case_id,)).fetchone()
        one = Written(case_id, new.execute('SELECT * FROM "case" WHERE id = ?', (case_id,)).fetchone())
        one.timer = new.execute("SELECT * FROM timer WHERE case_id = ?", (case_id,)).fetchone()
        for table in TABLES:
            where, key = ("stream = ?", f"case/{number}") if table == "event" else ("case_id = ?", case_id)
            query = f"SELECT * FROM {table} WHERE {where}"
            had = set(old.execute(query, (key,)))
            one.rows[table] = [row for row in new.execute(query, (key,)) if row not in had]
        result.append(one)
    old.close()
    new.close()
    return result


class Floor:
    """Writes what the product wrote, by hand."""

    def __init__(self, path: Path) -> None:
        self.raw = connect(path)
        columns = [row[1] for row in self.raw.execute('PRAGMA table_info("case")')]
        self.revision = columns.index("revision")
        self._update = f'UPDATE "case" SET {", ".join(f"{name} = ?" for name in columns[1:])} WHERE id = ? AND revision = ?'
        self._insert = {
            table: f"INSERT INTO {table} VALUES ({', '.join('?' * len(self.raw.execute(f'PRAGMA table_info({table})').fetchall()))})"
            for table in (*TABLES, "timer")
        }

    def write(self, items: list[Written]) -> None:
        """One transaction that reads and writes these cases: row, history with its hashes, work items, timer, notices, personal values."""
        raw = self.raw
        raw.execute("BEGIN IMMEDIATE")
        for one in items:
            seen = raw.execute('SELECT * FROM "case" WHERE id = ?', (one.case_id,)).fetchone()
            raw.execute("SELECT * FROM work_item WHERE case_id = ?", (one.case_id,)).fetchall()
            for event in one.rows["event"]:
                sha256(f"{event[-1]}{event[-2]}".encode()).hexdigest()
            raw.execute(self._update, (*one.row[1:], one.case_id, seen[self.revision]))
            raw.executemany(self._insert["event"], one.rows["event"])
            if one.rows["work_item"]:
                raw.execute("DELETE FROM work_item WHERE case_id = ?", (one.case_id,))
                raw.executemany(self._insert["work_item"], one.rows["work_item"])
            if one.timer:
                raw.execute("DELETE FROM timer WHERE case_id = ?", (one.case_id,))
                raw.execute(self._insert["timer"], one.timer)
            raw.executemany(self._insert["notice"], one.rows["notice"])
            raw.executemany(self._insert["personal"], one.rows["personal"])
        raw.execute("COMMIT")
