"""How much memory a sweep, an export, a file of events and the report of a month take that have very much to do: the most a process of its
own used after a tenth and at the end; of the report at its beginning and at the end."""

import gc
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from time import process_time

from benchmarks.actions import START, house_at
from benchmarks.databases import SQLite
from benchmarks.exporting import AUDITOR, with_history
from benchmarks.measuring import Figures
from benchmarks.reprojecting import copied_cases
from benchmarks.visits import month_reported, told
from engine.ground.clock import VirtualClock
from engine.usecases import auditing, sweeping
from engine.usecases.house import House


def memory(folder: Path, rows: int, cases: int, events: int) -> dict[str, Figures]:
    """Megabytes at the most, after a tenth and at the end, for an export of so many rows of history, a sweep of so many due cases and so
    many events of visits; of events also the milliseconds of CPU each took, in the first tenth and after nine tenths."""
    with_history(SQLite(folder / "exported.db"), rows)
    copied_cases(folder / "swept.db", cases)
    (folder / "visits").mkdir()
    return {
        "export": _measured("export", folder / "exported.db", rows), "sweep": _measured("sweep", folder / "swept.db", cases),
        "events": _measured("events", folder / "visits" / "house.db", events),
        "report": _measured("report", folder / "visits" / "house.db", events),      # of the month in which these came in
    }


def _measured(what: str, path: Path, count: int) -> Figures:
    words = [sys.executable, "-m", "benchmarks.memory", what, str(path), str(count)]
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1])
    found: Figures = json.loads(done.stdout)
    return found


class _Mark:
    """A place that text is written to and forgotten, and that looks at the memory when a tenth is done, and at the time."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self.tenth = total, 0, 0.0
        self.times = [(0, process_time())]

    def write(self, text: str) -> int:
        self.passed(text.count("\n"))
        return len(text)

    def passed(self, more: int) -> None:
        self.done += more
        if not self.tenth and self.done * 10 >= self.total:
            self.tenth = _megabytes()
        if self.done * 10 >= self.total * (1, 9, 10)[min(len(self.times), 3) - 1]:
            self.times.append((self.done, process_time()))

    def ms(self, since: int, until: int) -> float:
        """Milliseconds of CPU for each item from one look at the time to another."""
        (before, began), (after, ended) = self.times[since], self.times[until]
        return round((ended - began) / max(after - before, 1) * 1000, 4)


def _megabytes() -> float:
    """The most this program used so far (`ru_maxrss` would count what started it, too)."""
    with open("/proc/self/status", encoding="utf-8") as lines:
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def main() -> None:
    """Arguments: export, sweep, events or report, the database file, how many."""
    what, path, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    gc.set_threshold(50_000)
    mark = _Mark(count)
    if what == "events":
        done = told(SQLite(path), count, mark.passed)
    elif what == "report":
        done = month_reported(SQLite(path), mark.passed, count)
    elif what == "export":
        done = auditing.export(_later(path), mark, "csv", actor=AUDITOR)  # type: ignore[arg-type]
    else:
        swept = sweeping.sweep(_later(path), progress=mark.passed)
        assert not swept.failures, swept.failures[:3]
        done = swept.cases
    assert done >= count, done
    times = {"ms": mark.ms(0, -1)} if what in ("events", "report") else {}
    times |= {"first_ms": mark.ms(0, 1), "last_ms": mark.ms(-2, -1)} if what == "events" else {}
    print(json.dumps({"done": done, "tenth_mb": round(mark.tenth, 1), "end_mb": round(_megabytes(), 1), **times}))


def _later(path: Path) -> House:
    return house_at(path, VirtualClock(START + timedelta(days=3)))


if __name__ == "__main__":
    main()
