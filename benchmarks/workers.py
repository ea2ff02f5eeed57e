"""`python -m benchmarks.workers --due 100000`: several sweeps at once against one PostgreSQL; each thing is carried out once, and how fast.

The cases are copies of one, each with a history of its own that verifies; every number of workers begins with a copy of the same database.
"""

import argparse
import gc
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.actions import START, opened
from benchmarks.databases import PostgreSQL, server
from benchmarks.measuring import Figures, machine
from engine.ground.clock import VirtualClock
from engine.usecases import auditing, sweeping

DUE = START + timedelta(hours=12, minutes=1)     # half of the 24 hours of the first reply, and a minute
TABLES = {"case": "id", "personal": "case_id", "timer": "case_id", "work_item": "case_id", "event": "stream"}


def measure(database: PostgreSQL, due: int, workers: Sequence[int]) -> Iterator[tuple[int, Figures]]:
    """Seconds and cases a second of sweeps by each of these numbers of workers, as soon as it is known; raises AssertionError when anything
    was lost or doubled."""
    filled(database, due)
    for count in workers:
        house = database.copied(f"{database.name}_{count}")
        before = house.server_seconds()
        seconds, swept = _raced(house, count)
        assert sum(one["cases"] for one in swept) == due and not any(one["failures"] for one in swept), swept
        _once_each(house, due)
        yield count, {
            "seconds": round(seconds, 2), "per_second": round(due / seconds),
            "worker_ms": round(sum(one["cpu"] for one in swept) / due * 1000, 3),
            "server_ms": round((house.server_seconds() - before) / due * 1000, 3),
            "least": min(one["cases"] for one in swept), "most": max(one["cases"] for one in swept),
        }


def filled(database: PostgreSQL, due: int) -> None:
    """So many open cases whose reminder is about to fall due."""
    opened(database, 1)
    with closing(database.connect()) as raw:
        names = {table: database.columns(raw, table) for table in TABLES}
        number, case_id = raw.execute('SELECT number, id FROM "case"').fetchone()
        rows = {
            table: [dict(zip(names[table], row, strict=True)) for row in raw.execute(
                f'SELECT {", ".join(names[table])} FROM "{table}" WHERE {key} = %s', (case_id if key != "stream" else f"case/{number}",)
            )] for table, key in TABLES.items()
        }
        rows["event"].sort(key=lambda row: row["seq"])
        copies = [f"{number}-{n}" for n in range(1, due)]
        heads = [_chained(rows["event"], number, copy) for copy in copies]
        items = max(row["id"] for row in rows["work_item"]) if rows["work_item"] else 0
        for table in TABLES:
            with raw.cursor().copy(f'COPY "{table}" ({", ".join(names[table])}) FROM STDIN') as out:
                for n, copy in enumerate(copies, start=1):
                    for row in rows[table]:
                        new = dict(row)
                        if table == "event":
                            new |= {"stream": f"case/{copy}", "body": heads[n - 1][row["seq"]][0], "hash": heads[n - 1][row["seq"]][1]}
                        elif table == "case":
                            body = row["body"].replace(json.dumps(number), json.dumps(copy))
                            new |= {"id": case_id + n, "number": copy, "body": body, "head": heads[n - 1][len(rows["event"])][1]}
                        else:
                            new["case_id"] = case_id + n
                            if table == "work_item":
                                items += 1
                                new["id"] = items
                        out.write_row(list(new.values()))
        database.settled(raw, ("case", "work_item"))


def _chained(events: Sequence[dict[str, Any]], number: str, copy: str) -> dict[int, tuple[str, str]]:
    """Of each event of a copy, by its number, the text and the hash."""
    head, found = "", {}
    for event in events:
        body = event["body"].replace(f'"case/{number}"', f'"case/{copy}"').replace(json.dumps(number), json.dumps(copy))
        head = sha256((head + body).encode()).hexdigest()
        found[event["seq"]] = body, head
    return found


def _raced(database: PostgreSQL, count: int) -> tuple[float, list[dict[str, Any]]]:
    """What so many processes that sweep at once took, from the moment they were let go until the last was done, and what each did."""
    begin, go = os.pipe()
    told, tell = os.pipe()
    children = [_forked(database, begin, go, tell) for _ in range(count)]
    os.close(tell)
    os.close(begin)
    with os.fdopen(told, encoding="utf-8") as lines:
        for _ in children:
            assert lines.readline() == "ready\n"
        began = perf_counter()
        os.close(go)
        swept = [json.loads(line) for line in lines]
        seconds = perf_counter() - began
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    return seconds, swept


def _forked(database: PostgreSQL, begin: int, go: int, tell: int) -> int:
    child = os.fork()
    if child:
        return child
    try:
        os.close(go)
        house = database.house(VirtualClock(START))
        assert sweeping.sweep(house).cases == 0         # connected, and everything imported
        house = type(house)(house.store, VirtualClock(DUE), house.settings)
        os.write(tell, b"ready\n")
        os.read(begin, 1)
        before = os.times()
        swept = sweeping.sweep(house)
        cpu = sum(os.times()[:2]) - sum(before[:2])
        os.write(tell, (json.dumps({"cases": swept.cases, "failures": swept.failures, "cpu": cpu}) + "\n").encode())
        os._exit(0)
    finally:
        os._exit(1)


def _once_each(database: PostgreSQL, due: int) -> None:
    """Each reminder stands once in history, and all of it verifies."""
    with closing(database.connect()) as raw:
        once = raw.execute("SELECT count(*), count(DISTINCT stream) FROM event WHERE kind = 'rung'").fetchone()
        late = raw.execute("SELECT count(*) FROM timer WHERE fire_at <= %s OR attempts > 0", (DUE,)).fetchone()
    assert (once, late) == ((due, due), (0,)), f"{once} reminders of {due} cases, {late} left"
    house = database.house(VirtualClock(DUE))
    problems = auditing.verify(house).problems
    house.store.close()
    assert not problems, problems[:3]


def main() -> None:
    """Measure with 1, 2 and 4 workers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--due", type=int, default=100_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    options = parser.parse_args()
    gc.set_threshold(50_000)   # as `makegood` does
    before = machine()
    with tempfile.TemporaryDirectory() as name, server(Path(name)) as postgresql:
        assert postgresql is not None, "PostgreSQL is not installed"
        database = PostgreSQL(postgresql.address, "due", Path(name)).made()
        for workers, row in measure(database, options.due, options.workers):
            print(f"{workers} workers: {options.due} cases in {row['seconds']} s, {row['per_second']} a second; CPU of a case "
                  f"{row['worker_ms']} ms in the workers, {row['server_ms']} ms in the server; each took {row['least']} to {row['most']}",
                  flush=True)
    print(f"{before}, load after {machine()['load']}")


if __name__ == "__main__":
    main()
