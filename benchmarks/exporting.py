"""W4: all history handed out, beside the driver of the database and the module csv or json alone."""

import csv
import json
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.actions import START, opened
from benchmarks.databases import Database, grown
from benchmarks.measuring import Figures, cpu
from engine.deciding.rights import Actor
from engine.ground.clock import VirtualClock
from engine.usecases import auditing
from engine.usecases.house import House

AUDITOR = Actor("xu.jing")
MODELS = 20         # cases that are really opened; the others are copies of them
COLUMNS = ("stream", "seq", "occurred_at", "recorded_at", "kind", "body", "hash")
AT_A_TIME = 2000


def w4(start: Database, folder: Path, rows: int, runs: int) -> dict[str, Figures]:
    """CPU seconds of both forms of the export to a file, and of the floor, in turn; the ratio is the median of those of neighbours."""
    with_history(start, rows)
    house = start.house(VirtualClock(START))
    found = {}
    for form, by_hand in (("jsonl", _json), ("csv", _csv)):
        pairs, count = [], 0
        for _ in range(runs + 1):
            with open(folder / f"ours.{form}", "w", encoding="utf-8", newline="") as out:
                ours = cpu(partial(_export, house, out, form))
            with open(folder / f"floor.{form}", "w", encoding="utf-8", newline="") as out, closing(start.connect()) as raw:
                pairs.append((ours, cpu(partial(by_hand, start, raw, out))))
            count = max(count, sum(1 for _ in open(folder / f"ours.{form}", encoding="utf-8", newline="")))  # noqa: SIM115
        found[form] = {
            "rows": count, "seconds": round(median(ours for ours, _ in pairs[1:]), 3),
            "floor_seconds": round(median(floor for _, floor in pairs[1:]), 3),
            "ratio": round(median(ours / floor for ours, floor in pairs[1:]), 2),
        }
    house.store.close()
    return found


def with_history(start: Database, rows: int) -> None:
    """A database with at least so many rows of history: copies of the history of a few cases under other numbers."""
    opened(start, MODELS)
    with closing(start.connect()) as raw:
        each = raw.execute("SELECT count(*) FROM event WHERE stream LIKE 'case/%'").fetchone()[0] / MODELS
    grown(start, int(rows / each) + 1)


def _export(house: House, out: Any, form: Any) -> None:
    auditing.export(house, out, form, actor=AUDITOR)


def _csv(database: Database, raw: Any, out: Any) -> None:
    rows = csv.writer(out)
    rows.writerow(COLUMNS)
    rows.writerows(_rows(database, raw))


def _json(database: Database, raw: Any, out: Any) -> None:
    dumps = json.JSONEncoder(ensure_ascii=False, default=str).encode
    for row in _rows(database, raw):
        out.write(dumps(dict(zip(COLUMNS, row, strict=True))) + "\n")


def _rows(database: Database, raw: Any) -> Any:
    query = f"SELECT {', '.join(COLUMNS)} FROM event ORDER BY stream, seq"
    if database.kind == "SQLite":
        return raw.execute(query)
    raw.execute("BEGIN")
    cursor = raw.cursor("history")      # rows come as they are asked for
    cursor.itersize = AT_A_TIME
    return cursor.execute(query)
