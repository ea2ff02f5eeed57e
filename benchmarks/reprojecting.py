"""What a changed calendar costs: expanding a year of it, and computing every open case anew on a file."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from benchmarks.actions import ACKNOWLEDGE, DEFINITIONS, STAFF, START, house_at, prepare
from benchmarks.databases import SQLite
from benchmarks.floor import Row
from benchmarks.measuring import Figures, cpu
from engine.deciding.rights import Actor
from engine.defining.calendar_file import read_calendar
from engine.ground.calendars import Calendar
from engine.ground.clock import VirtualClock
from engine.ground.worktime import measure
from engine.records import library
from engine.usecases import acting, publishing, sweeping

MODELS = 20                         # cases that are really opened; the others are copies of them
CLOSED = date(2026, 11, 18)         # the Wednesday of that week: limits in working days move
TABLES = {"case": "id", "personal": "case_id", "work_item": "case_id", "timer": "case_id"}


def expansion(runs: int) -> Figures:
    """CPU milliseconds to expand one year of each shipped calendar: the median, and the worst."""
    spent = []
    for path in sorted((DEFINITIONS / "calendars").glob("*.yaml")):
        calendar, _ = read_calendar(path)
        assert calendar is not None
        for n in range(runs):
            fresh = replace(calendar, name=f"{calendar.name}-{n}")      # not expanded yet
            spent.append(cpu(partial(measure, fresh, START, START + timedelta(days=1))) * 1000)
    return {"ms": round(median(spent), 3), "worst_ms": round(max(spent), 3)}


def reprojection(folder: Path, cases: int, told: Callable[[int, int], None] = lambda done, of: None) -> Figures:
    """A working day is closed: every open case is woken and computed anew, with one event each; CPU a case, and what all took."""
    clock = copied_cases(folder / "reprojection.db", cases)
    clock.move_to(START + timedelta(hours=2))
    house = house_at(folder / "reprojection.db", clock)
    with house.store.reading() as conn:
        calendar: Calendar = library.calendars(house.store, conn)["cn-office"]
    changed = replace(calendar, closed=calendar.closed | {CLOSED})
    done = 0

    def progress(more: int) -> None:
        nonlocal done
        done += more
        told(done, cases)

    wall, began = perf_counter(), process_time()
    with house.store.writing() as conn:
        publishing.put_calendar(house, conn, changed, Actor("wu.ting"), clock.now())
    woken = process_time()
    swept = sweeping.sweep(house, progress=progress)
    ended = process_time()
    house.store.close()
    if (swept.cases, swept.recalculated, swept.failures) != (cases, cases, []):
        raise AssertionError(f"{swept.cases} cases settled, {swept.recalculated} computed anew, {swept.failures[:3]}")
    return {
        "cases": cases, "ms": round((ended - woken) / cases * 1000, 4), "wake_seconds": round(woken - began, 3),
        "cpu_seconds": round(ended - began, 1), "wall_seconds": round(perf_counter() - wall, 1),
    }


def copied_cases(path: Path, count: int) -> VirtualClock:
    """A database with so many open cases in work: some opened by hand, the rest copies with histories of their own that verify."""
    clock, numbers = prepare(path, MODELS)
    clock.move_to(START + timedelta(hours=1))
    house = house_at(path, clock)
    for number in numbers:
        acting.act(house, number, "acknowledge", STAFF, ACKNOWLEDGE)
    house.store.close()
    with closing(SQLite(path).connect()) as raw:
        raw.execute("PRAGMA synchronous = OFF")
        raw.execute("BEGIN")
        events = {number: raw.execute("SELECT * FROM event WHERE stream = ? ORDER BY seq", (f"case/{number}",)).fetchall()
                  for number in numbers}
        rows = {table: {key: raw.execute(f'SELECT * FROM "{table}" WHERE {column} = ?', (key,)).fetchall()
                        for key in range(1, MODELS + 1)} for table, column in TABLES.items()}
        names = [row[1] for row in raw.execute('PRAGMA table_info("case")')]
        items = max(row[0] for found in rows["work_item"].values() for row in found)
        for new in range(MODELS + 1, count + 1):
            model = (new - 1) % MODELS + 1
            number, copy = numbers[model - 1], f"{numbers[model - 1]}-{new}"
            head = _copy_events(raw, events[number], number, copy)
            case = dict(zip(names, rows["case"][model][0], strict=True))
            case |= {"id": new, "number": copy, "head": head, "body": case["body"].replace(json.dumps(number), json.dumps(copy))}
            _insert(raw, "case", [tuple(case.values())])
            for table in ("personal", "timer"):
                _insert(raw, table, [(new, *row[1:]) for row in rows[table][model]])
            _insert(raw, "work_item", [(items := items + 1, new, *row[2:]) for row in rows["work_item"][model]])
        raw.execute("COMMIT")
    return clock


def _copy_events(raw: sqlite3.Connection, events: Sequence[Row], number: str, copy: str) -> str:
    head, made = "", []
    for stream, *rest, body, _ in events:
        body = body.replace(f'"{stream}"', f'"case/{copy}"').replace(json.dumps(number), json.dumps(copy))
        head = sha256((head + body).encode()).hexdigest()
        made.append((f"case/{copy}", *rest, body, head))
    _insert(raw, "event", made)
    return head


def _insert(raw: sqlite3.Connection, table: str, rows: Sequence[Row]) -> None:
    if rows:
        raw.executemany(f'INSERT INTO "{table}" VALUES ({", ".join("?" * len(rows[0]))})', rows)
