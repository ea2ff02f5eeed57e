"""W1, an action of staff, and W2, a sweep: the product beside hand-written SQL that writes the same rows."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.floor import Floor, Written, connect, differences, written
from benchmarks.measuring import Figures, Work, beside
from engine.deciding.rights import THE_SYSTEM, Actor
from engine.ground.clock import VirtualClock
from engine.ground.errors import MakegoodError
from engine.records.store import Store
from engine.usecases import acting, opening, publishing, sweeping
from engine.usecases.house import House, Settings
from engine.usecases.work import Outcome

DEFINITIONS = Path(__file__).parent.parent / "definitions"
START = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)     # a Monday, 10:00 in Shanghai
CUSTOMER = {"name": "王小明", "email": "wang@customer.example", "language": "zh"}
OPEN = {"region": "domestic", "channel": "phone", "customer": CUSTOMER}
ACKNOWLEDGE = {"order_no": "AB123456", "nature": "quality", "comment": "包装完好，无法开机"}
STAFF = Actor("li.na")
BATCH = 100     # cases in one transaction of a sweep


def house_at(path: Path, clock: VirtualClock) -> House:
    """A house on a database file."""
    return House(Store(f"sqlite:///{path}"), clock, Settings(folder=path.parent))


def prepare(path: Path, count: int, customers: int = 1) -> tuple[VirtualClock, list[str]]:
    """A database with the shipped complaint procedure and `count` open cases of so many customers; their numbers."""
    clock = VirtualClock(START)
    house = house_at(path, clock)
    house.store.create()
    publishing.apply_organisation(house, DEFINITIONS / "organisation.yaml", THE_SYSTEM)
    publishing.publish(house, DEFINITIONS / "product-complaint", THE_SYSTEM)
    numbers: list[str] = []

    def opened(_: str | None, done: Outcome | MakegoodError) -> None:
        if isinstance(done, MakegoodError):
            raise done
        numbers.append(done.number)

    for first in range(0, count, 200):
        opening.open_many(
            house, "product-complaint", STAFF, [(None, _form(n % customers)) for n in range(first, min(first + 200, count))], opened
        )
    house.store.close()
    return clock, numbers


def _form(customer: int) -> dict[str, object]:
    return {**OPEN, "customer": {**CUSTOMER, "email": f"wang{customer or ''}@customer.example"}}


def copied(path: Path, name: str) -> Path:
    """Another copy of a database, with everything in its main file."""
    with closing(connect(path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Path(shutil.copy(path, path.parent / name))


def w1(folder: Path, chunks: int, size: int) -> Figures:
    """An action of staff: rights, machine, clocks, chained history, work items, a comment, a notice; one durable transaction each."""
    clock, numbers = prepare(folder / "w1.db", (chunks + 1) * size)
    clock.move_to(START + timedelta(hours=1))

    def acts(house: House, part: Sequence[str]) -> Work:
        return lambda: [acting.act(house, number, "acknowledge", STAFF, ACKNOWLEDGE) for number in part]

    return _beside(
        folder / "w1.db", clock, range(1, len(numbers) + 1), size, lambda house, part: acts(house, numbers[part]),
        lambda floor, part: lambda: [floor.write([one]) for one in part],
    )


def w2(folder: Path, chunks: int, size: int, opened: int) -> Figures:
    """A sweep: `size` cases with a reminder due in each chunk, among `opened` open ones, in transactions of at most `BATCH`."""
    wanted = (chunks + 1) * size
    clock, _ = prepare(folder / "w2.db", max(opened, wanted))
    with closing(connect(folder / "w2.db")) as raw:   # the others have nothing due: the cost follows what is due, not what is open
        raw.execute("UPDATE timer SET fire_at = '9999-01-01 00:00:00.000000' WHERE case_id > ?", (wanted,))
        order = [row[0] for row in raw.execute("SELECT case_id FROM timer WHERE case_id <= ? ORDER BY fire_at, case_id", (wanted,))]
    clock.move_to(START + timedelta(hours=12, minutes=1))   # half of the 24 hours of the first reply
    return _beside(
        folder / "w2.db", clock, order, size, lambda house, part: lambda: sweeping.sweep(house, limit=size, batch=BATCH),
        lambda floor, part: lambda: [floor.write(part[n:n + BATCH]) for n in range(0, len(part), BATCH)],
    )


def _beside(
    start: Path, clock: VirtualClock, order: Sequence[int], size: int, product: Callable[[House, slice], Work],
    by_hand: Callable[[Floor, Sequence[Written]], Work],
) -> Figures:
    """The product on one copy of a database, the floor on another; the first chunk warms both up.

    What the floor has to write is learned from a run of the product on a third copy, to which the floor's must then be equal.
    """
    parts = [slice(n, n + size) for n in range(0, len(order), size)]
    model = house_at(copied(start, f"{start.stem}-model.db"), clock)
    for part in parts:
        product(model, part)()
    model.store.close()
    rows = written(start, start.parent / f"{start.stem}-model.db", order)
    ours, floor = house_at(copied(start, f"{start.stem}-ours.db"), clock), Floor(copied(start, f"{start.stem}-floor.db"))
    mine, theirs = [product(ours, part) for part in parts], [by_hand(floor, rows[part]) for part in parts]
    mine[0](), theirs[0]()
    figures = beside(mine[1:], theirs[1:], size)
    ours.store.close()
    floor.close()
    wrong = differences(start.parent / f"{start.stem}-model.db", start.parent / f"{start.stem}-floor.db")
    if wrong:
        raise AssertionError(f"the floor did not write what the product wrote: {', '.join(wrong)}")
    return figures
