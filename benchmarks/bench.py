"""`make bench`: what an action, a sweep, a scenario and a command cost, each beside a measure taken in the same run.

Absolute times belong to one machine and one moment; the ratios are what counts. docs/benchmarks.md says what is measured and how.
"""

import argparse
import gc
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Collection
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.actions import START, founded, w1, w2, w2_growing
from benchmarks.authority import full_inbox, rights_check
from benchmarks.databases import Database, PostgreSQL, SQLite, server
from benchmarks.deadlines import deadlines
from benchmarks.exporting import w4
from benchmarks.measuring import machine
from benchmarks.memory import memory
from benchmarks.peers.beside import peers
from benchmarks.rehearsing import rates
from benchmarks.reprojecting import expansion, reprojection
from benchmarks.showing import shown
from benchmarks.starting import starts
from benchmarks.visits import taken_in
from benchmarks.volumes import volumes
from engine.ground.clock import VirtualClock

FULL = {"chunks": 20, "size": 50, "cases": 10_000, "most_cases": 1_000_000, "due": 1000, "tasks": 1_000_000, "rows": 160_000,
        "most_rows": 1_000_000, "swept": 20_000, "told": 1000, "most_told": 100_000, "runs": 5, "starts": 11, "peer_chunks": 8,
        "scenario_runs": 10, "reprojected": 5000, "deadlines": 500, "people": 10_000}
QUICK = {"chunks": 2, "size": 5, "cases": 40, "most_cases": 160, "due": 10, "tasks": 2000, "rows": 300, "most_rows": 4000, "swept": 300,
         "told": 20, "most_told": 600, "runs": 1, "starts": 1, "peer_chunks": 1, "scenario_runs": 1, "reprojected": 40, "deadlines": 5,
         "people": 300}


def measure(
    sizes: dict[str, int], only: Collection[str] = (), done: Callable[[str, Any], None] = lambda part, row: None, durable: bool = True,
) -> dict[str, Any]:
    """Every figure, or those named, by name, told as they come; raises AssertionError when the floor wrote other rows than the product."""
    before, found = machine(), dict[str, Any]()
    with tempfile.TemporaryDirectory() as name, server(Path(name), durable=durable) as postgresql:
        parts = _parts(Path(name), postgresql, sizes)
        for part, work in parts.items():
            if not only or part.split()[0] in only:
                found[part] = work()
                done(part, found[part])
        about = {**before, "load_after": machine()["load"], "postgresql": postgresql.version if postgresql else "none"}
    return {"machine": about, "sizes": sizes, **found}


def _parts(folder: Path, postgresql: PostgreSQL | None, sizes: dict[str, int]) -> dict[str, Callable[[], Any]]:
    kinds = ["SQLite", "PostgreSQL"] if postgresql else ["SQLite"]

    @cache
    def first(kind: str) -> Database:
        """What the others are copies of."""
        (folder / "founded").mkdir(exist_ok=True)
        made = SQLite(folder / "founded" / "house.db") if postgresql is None or kind == "SQLite" else PostgreSQL(
            postgresql.address, "founded", folder).made()
        founded(made, VirtualClock(START)).store.close()
        return made

    def new(kind: str, name: str) -> Database:
        model = first(kind)
        if isinstance(model, PostgreSQL):
            return model.copied(name)
        shutil.copytree(model.path.parent, folder / name)       # with its keys
        return SQLite(folder / name / "house.db")

    def on_both(name: str, work: Callable[[Database], Any]) -> Callable[[], dict[str, Any]]:
        return lambda: {kind: work(new(kind, name)) for kind in kinds}

    chunks, size, due = sizes["chunks"], sizes["size"], sizes["due"]
    among = [round(sizes["cases"] * (sizes["most_cases"] / sizes["cases"]) ** (n / 2)) for n in range(3)]   # 10, 100 and 1,000 thousand
    return {
        "W1 staff action": on_both("w1", lambda start: w1(start, chunks, size)),
        "W2 sweep": on_both("w2", lambda start: w2(start, chunks, size, sizes["cases"])),
        "more open cases": lambda: {
            kind: w2_growing([new(kind, f"among{cases}") for cases in among], among, min(chunks, 10), due // 10) for kind in kinds
        },
        "W3 inbox": lambda: full_inbox(folder, sizes["tasks"], chunks),
        "W4 export": on_both("w4", lambda start: w4(start, folder, sizes["rows"], sizes["runs"])),
        "W5 cold start": lambda: starts(folder, sizes["starts"]),
        "events": on_both("told", lambda start: taken_in(start, max(chunks // 2, 1), sizes["told"])),
        "memory": lambda: memory(folder, sizes["most_rows"], sizes["swept"], sizes["most_told"]),
        "peers W1": lambda: peers(folder, postgresql, "W1", sizes["peer_chunks"], size),
        "peers W2": lambda: peers(folder, postgresql, "W2", sizes["peer_chunks"], size),
        **({"volumes": lambda: volumes(new("PostgreSQL", "volumes"), due)} if postgresql else {}),
        "due times": lambda: deadlines(chunks, sizes["deadlines"]),
        "calendar year": lambda: expansion(sizes["scenario_runs"]),
        "re-projection": lambda: reprojection(folder, sizes["reprojected"], _told),
        "rights": lambda: rights_check(sizes["people"], chunks),
        "scenarios": lambda: rates(sizes["scenario_runs"]),
    }


def _told(done: int, of: int) -> None:
    """Progress of the one part that may take minutes, where somebody watches."""
    if sys.stderr.isatty():
        print(f"\rre-projection {done} of {of}", end="\n" if done == of else "", file=sys.stderr, flush=True)


def main() -> None:
    """Run the benchmarks and print their figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few items only: shows that it works, says nothing about speed")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", action="append", default=[], help="only this part: W1 to W5, more, memory, peers, volumes, …; again")
    for name in FULL:
        parser.add_argument(f"--{name.replace('_', '-')}", type=int)
    options = vars(parser.parse_args())
    sizes = {name: options[name] or value for name, value in (QUICK if options["quick"] else FULL).items()}
    gc.set_threshold(50_000)   # as `makegood` does
    if options["json"]:
        print(json.dumps(measure(sizes, options["only"], durable=not options["quick"]), indent=2, ensure_ascii=False))
        return
    found = measure(sizes, options["only"], lambda part, row: print(shown(part, row), flush=True), not options["quick"])
    print("\n".join(f"{name:<14} {value}" for name, value in found["machine"].items()))


if __name__ == "__main__":
    main()
