"""`make bench`: W1, a staff action, and W2, a sweep, each beside hand-written SQL that writes the same rows, alternating in one run.

Reports CPU per item (user and system, of this process) and the ratio. Absolute times belong to one machine; the ratio is what counts.
"""

import argparse
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import process_time

from benchmarks.floor import Floor, Written, connect, written
from engine.deciding.rights import Actor
from engine.ground.clock import VirtualClock
from engine.records.store import Store
from engine.usecases import acting, opening, publishing, settling
from engine.usecases.house import House, Settings

DEFINITIONS = Path(__file__).parent.parent / "definitions"
START = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)     # a Monday, 10:00 in Shanghai
CUSTOMER = {"name": "王小明", "email": "wang@customer.example", "language": "zh"}
OPEN = {"region": "domestic", "channel": "phone", "customer": CUSTOMER}
ACKNOWLEDGE = {"order_no": "AB123456", "nature": "quality"}


def house_at(path: Path, clock: VirtualClock) -> House:
    """A house on a database file."""
    return House(Store(f"sqlite:///{path}"), clock, Settings(folder=path.parent))


def prepare(path: Path, count: int) -> tuple[House, VirtualClock, list[str]]:
    """A database with the shipped complaint procedure and `count` open cases; their numbers."""
    clock = VirtualClock(START)
    house = house_at(path, clock)
    house.store.create()
    publishing.apply_organisation(house, DEFINITIONS / "organisation.yaml", "system")
    publishing.publish(house, DEFINITIONS / "product-complaint", "system")
    numbers: list[str] = []
    for first in range(0, count, 200):
        batch = [(None, OPEN) for _ in range(first, min(first + 200, count))]
        opening.open_many(house, "product-complaint", Actor("li.na"), batch, lambda _, done: numbers.append(_number(done)))
    house.store.close()
    return house, clock, numbers


def _number(done: object) -> str:
    if isinstance(done, Exception):
        raise done
    return str(getattr(done, "number"))


def copied(path: Path, name: str) -> Path:
    """Another copy of a database, with everything in its main file."""
    with connect(path) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    return Path(shutil.copy(path, path.parent / name))


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of a piece of work."""
    began = process_time()
    work()
    return process_time() - began


def alternate(product: Sequence[Callable[[], object]], floor: Callable[[int], Callable[[], object]], items: int) -> tuple[list[float], list[float]]:
    """Run chunks of the product and of the floor in turn; CPU seconds per item of each chunk."""
    ours, theirs = [], []
    for index, chunk in enumerate(product):
        ours.append(cpu(chunk) / items)
        theirs.append(cpu(floor(index)) / items)
    return ours, theirs


def w1(folder: Path, chunks: int, size: int) -> dict[str, float]:
    """A staff action: rights, machine, clocks, history with chain, tasks, notice; one durable transaction each."""
    start = folder / "w1.db"
    _, clock, numbers = prepare(start, chunks * size + size)
    actor, ids = Actor("li.na"), list(range(1, len(numbers) + 1))
    model = house_at(copied(start, "w1-model.db"), clock)
    clock.move_to(START + timedelta(hours=1))
    for number in numbers:
        acting.act(model, number, "acknowledge", actor, ACKNOWLEDGE)
    model.store.close()
    rows = written(start, folder / "w1-model.db", ids)
    ours, floor = house_at(copied(start, "w1-ours.db"), clock), Floor(copied(start, "w1-floor.db"))

    def act(part: list[str]) -> Callable[[], object]:
        return lambda: [acting.act(ours, number, "acknowledge", actor, ACKNOWLEDGE) for number in part]

    def by_hand(part: list[Written]) -> Callable[[], object]:
        return lambda: [floor.write([one]) for one in part]

    act(numbers[:size])(), by_hand(rows[:size])()       # warm up: statements compiled, caches filled
    parts = [slice(size * n, size * (n + 1)) for n in range(1, chunks + 1)]
    return figures(*alternate([act(numbers[p]) for p in parts], lambda i: by_hand(rows[parts[i]]), size))


def w2(folder: Path, chunks: int, size: int, opened: int) -> dict[str, float]:
    """A sweep: `size` due reminders in each chunk among `opened` cases, in batches of 100."""
    start = folder / "w2.db"
    _, clock, _ = prepare(start, opened)
    wanted = chunks * size + size
    with connect(start) as raw:   # only these are due: one cost follows what is due, not what is open
        raw.execute("UPDATE timer SET fire_at = '9999-01-01 00:00:00.000000' WHERE case_id > ?", (wanted,))
    raw.close()
    clock.move_to(START + timedelta(hours=12, minutes=1))   # half of the 24 hours of the first reply
    model = house_at(copied(start, "w2-model.db"), clock)
    settling.sweep(model)
    model.store.close()
    order = [row[0] for row in connect(start).execute("SELECT case_id FROM timer WHERE case_id <= ? ORDER BY fire_at, case_id", (wanted,))]
    rows = written(start, folder / "w2-model.db", order)
    ours, floor = house_at(copied(start, "w2-ours.db"), clock), Floor(copied(start, "w2-floor.db"))

    def by_hand(part: list[Written]) -> Callable[[], object]:
        return lambda: [floor.write(part[n:n + 100]) for n in range(0, len(part), 100)]

    settling.sweep(ours, limit=size), by_hand(rows[:size])()
    parts = [slice(size * n, size * (n + 1)) for n in range(1, chunks + 1)]
    return figures(*alternate([lambda: settling.sweep(ours, limit=size)] * chunks, lambda i: by_hand(rows[parts[i]]), size))


def figures(ours: list[float], floor: list[float]) -> dict[str, float]:
    """Medians in milliseconds, and the median of the ratios chunk by chunk."""
    return {
        "ms_per_item": round(median(ours) * 1000, 4), "floor_ms_per_item": round(median(floor) * 1000, 4),
        "ratio": round(median(a / b for a, b in zip(ours, floor, strict=True)), 2),
    }


def main() -> None:
    """Run the benchmarks and print their figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=10)
    parser.add_argument("--size", type=int, default=100)
    parser.add_argument("--opened", type=int, default=5000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        results = {
            "W1 staff action": w1(Path(name), options.chunks, options.size),
            f"W2 sweep among {options.opened} open cases": w2(Path(name), options.chunks, options.size, options.opened),
        }
    if options.json:
        print(json.dumps(results, indent=2))
        return
    for title, row in results.items():
        print(f"{title:<40} {row['ms_per_item']:>8.3f} ms   by hand {row['floor_ms_per_item']:>8.3f} ms   ratio {row['ratio']:.2f}")


if __name__ == "__main__":
    main()
