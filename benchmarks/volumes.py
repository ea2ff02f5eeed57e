"""How much disk a case takes, and how much log what is done to it: what docs/scale.md reckons with."""

from contextlib import closing
from datetime import timedelta
from typing import Any

from benchmarks.actions import ACKNOWLEDGE, STAFF, START, opened
from benchmarks.databases import PostgreSQL
from benchmarks.measuring import Figures
from engine.usecases import acting, sweeping

TABLES = ("case", "event", "work_item", "timer", "notice", "personal", "party", "party_word")


def volumes(start: PostgreSQL, cases: int) -> dict[str, Figures]:
    """Bytes on PostgreSQL: a row of each table with its share of the indexes and how many rows a case has, after opening, an action and
    a sweep with one reminder; and what each of these three writes to the log ahead of the tables, without the first image of each page."""
    with closing(start.connect()) as raw:
        raw.execute("ALTER SYSTEM SET full_page_writes = off")
        raw.execute("SELECT pg_reload_conf()")
        before = _log(raw)
        clock, numbers = opened(start, cases, cases)
        steps: dict[str, Figures] = {"log of an opening": {"bytes": round((_log(raw) - before) / cases)}}
        house = start.house(clock)
        clock.move_to(START + timedelta(hours=1))
        before = _log(raw)
        for number in numbers:
            acting.act(house, number, "acknowledge", STAFF, ACKNOWLEDGE)
        steps["log of an action"] = {"bytes": round((_log(raw) - before) / len(numbers))}
        clock.move_to(START + timedelta(days=3))
        before = _log(raw)
        swept = sweeping.sweep(house)
        steps["log of a sweep"] = {"bytes": round((_log(raw) - before) / swept.cases), "events": round(swept.events / swept.cases, 2)}
        house.store.close()
        raw.execute("VACUUM (FULL, ANALYZE)")
        for table in TABLES:
            size, rows = raw.execute(f"SELECT pg_total_relation_size('\"{table}\"'), (SELECT count(*) FROM \"{table}\")").fetchone()
            steps[f"rows of {table}"] = {"bytes": round(size / max(1, rows)), "of a case": round(rows / len(numbers), 2)}
        raw.execute("ALTER SYSTEM RESET full_page_writes")
        raw.execute("SELECT pg_reload_conf()")
    return steps


def _log(raw: Any) -> int:
    """How far the log ahead of the tables has come, in bytes."""
    return int(raw.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()[0])
