"""The product itself, in a process of its own like its peers."""

from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from benchmarks.actions import ACKNOWLEDGE, BATCH, STAFF, START, opened
from benchmarks.databases import Database, PostgreSQL, SQLite
from benchmarks.peers.job import Place
from engine.usecases import acting, sweeping


class Peer:
    def __init__(self, place: Place) -> None:
        self.database: Database = (
            SQLite(Path(place.name)) if place.kind == "SQLite"
            else PostgreSQL(f"postgresql://{{role}}@/{{name}}?host={place.socket}", place.name, Path(place.socket))
        )

    def open(self, count: int) -> Sequence[object]:
        self.clock, self.numbers = opened(self.database, count)
        with closing(self.database.connect()) as raw:
            raw.execute("UPDATE timer SET fire_at = '9999-01-01 00:00:00.000000'")
        self.house = self.database.house(self.clock)
        self.clock.move_to(START + timedelta(hours=1))
        return range(1, count + 1)

    def act(self, cases: Sequence[object]) -> None:
        for case in cases:
            acting.act(self.house, self.numbers[int(str(case)) - 1], "acknowledge", STAFF, ACKNOWLEDGE)

    def fall_due(self, cases: Sequence[object]) -> None:
        self.clock.move_to(START + timedelta(hours=12, minutes=1))
        with closing(self.database.connect()) as raw:
            raw.execute(f"UPDATE timer SET fire_at = '2026-11-16 14:00:00.000000' WHERE case_id BETWEEN {cases[0]} AND {cases[-1]}")

    def remind(self, count: int) -> None:
        assert sweeping.sweep(self.house, limit=count, batch=BATCH).cases == count
