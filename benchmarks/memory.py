"""How much memory a sweep and an export take that have very much to do: the most a process of its own used after a tenth and at the end."""

import gc
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from benchmarks.actions import START, house_at
from benchmarks.databases import SQLite
from benchmarks.exporting import AUDITOR, with_history
from benchmarks.measuring import Figures
from benchmarks.reprojecting import copied_cases
from engine.ground.clock import VirtualClock
from engine.usecases import auditing, sweeping


def memory(folder: Path, rows: int, cases: int) -> dict[str, Figures]:
    """Megabytes at the most, after a tenth and at the end, for an export of so many rows of history and a sweep of so many due cases."""
    with_history(SQLite(folder / "exported.db"), rows)
    copied_cases(folder / "swept.db", cases)
    return {"export": _measured("export", folder / "exported.db", rows), "sweep": _measured("sweep", folder / "swept.db", cases)}


def _measured(what: str, path: Path, count: int) -> Figures:
    words = [sys.executable, "-m", "benchmarks.memory", what, str(path), str(count)]
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1])
    found: Figures = json.loads(done.stdout)
    return found


class _Mark:
    """A place that text is written to and forgotten, and that looks at the memory when a tenth is done."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self.tenth = total, 0, 0.0

    def write(self, text: str) -> int:
        self.passed(text.count("\n"))
        return len(text)

    def passed(self, more: int) -> None:
        self.done += more
        if not self.tenth and self.done * 10 >= self.total:
            self.tenth = _megabytes()


def _megabytes() -> float:
    """The most this program used so far (`ru_maxrss` would count what started it, too)."""
    with open("/proc/self/status", encoding="utf-8") as lines:
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def main() -> None:
    """Arguments: export or sweep, the database file, how many."""
    what, path, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    gc.set_threshold(50_000)
    mark = _Mark(count)
    house = house_at(path, VirtualClock(START + timedelta(days=3)))
    if what == "export":
        done = auditing.export(house, mark, "csv", actor=AUDITOR)  # type: ignore[arg-type]
    else:
        swept = sweeping.sweep(house, progress=mark.passed)
        assert not swept.failures, swept.failures[:3]
        done = swept.cases
    assert done >= count, done
    print(json.dumps({"done": done, "tenth_mb": round(mark.tenth, 1), "end_mb": round(_megabytes(), 1)}))


if __name__ == "__main__":
    main()
