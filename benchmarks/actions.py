"""W1, an action of staff, and W2, a sweep: the product beside hand-written SQL that writes the same rows."""

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import mean, median

from benchmarks.databases import Database, SQLite, grown
from benchmarks.floor import Floor, Written, differences, written
from benchmarks.measuring import Figures, Work, beside, spent
from engine.deciding.rights import THE_SYSTEM, Actor
from engine.ground.clock import VirtualClock
from engine.ground.errors import MakegoodError
from engine.usecases import acting, opening, publishing, sweeping
from engine.usecases.house import House
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
    return SQLite(path).house(clock)


def prepare(path: Path, count: int, customers: int = 1) -> tuple[VirtualClock, list[str]]:
    """A database file with the shipped complaint procedure and `count` open cases of so many customers; their numbers."""
    return opened(SQLite(path), count, customers)


def opened(database: Database, count: int, customers: int = 1) -> tuple[VirtualClock, list[str]]:
    """The shipped complaint procedure and so many open cases in a database without any: the clock of its house, their numbers."""
    clock = VirtualClock(START)
    house = founded(database, clock)
    numbers: list[str] = []

    def told(_: str | None, done: Outcome | MakegoodError) -> None:
        if isinstance(done, MakegoodError):
            raise done
        numbers.append(done.number)

    for first in range(0, count, 200):
        opening.open_many(
            house, "product-complaint", STAFF, [(None, _form(n % customers)) for n in range(first, min(first + 200, count))], told
        )
    house.store.close()
    return clock, numbers


def founded(database: Database, clock: VirtualClock) -> House:
    """A house with the shipped complaint procedure; in a database that has tables already, that one."""
    house = database.house(clock)
    if not house.store.create():
        publishing.apply_organisation(house, DEFINITIONS / "organisation.yaml", THE_SYSTEM)
        publishing.publish(house, DEFINITIONS / "product-complaint", THE_SYSTEM)
    return house


def _form(customer: int) -> dict[str, object]:
    return {**OPEN, "customer": {**CUSTOMER, "email": f"wang{customer or ''}@customer.example"}}


def w1(start: Database, chunks: int, size: int) -> Figures:
    """An action of staff: rights, machine, clocks, chained history, work items, a comment, a notice; one durable transaction each."""
    clock, numbers = opened(start, (chunks + 1) * size)
    clock.move_to(START + timedelta(hours=1))

    def acts(house: House, part: Sequence[str]) -> Work:
        return lambda: [acting.act(house, number, "acknowledge", STAFF, ACKNOWLEDGE) for number in part]

    return _beside(
        start, clock, range(1, len(numbers) + 1), size, lambda house, part: acts(house, numbers[part]),
        lambda floor, part: lambda: [floor.write([one]) for one in part],
    )


def w2(start: Database, chunks: int, size: int, cases: int) -> Figures:
    """A sweep: `size` cases with a reminder due in each chunk, among so many open ones, in transactions of at most `BATCH`."""
    clock, order = due_among(start, (chunks + 1) * size, cases)
    return _beside(
        start, clock, order, size, lambda house, part: lambda: sweeping.sweep(house, limit=size, batch=BATCH),
        lambda floor, part: lambda: [floor.write(part[n:n + BATCH]) for n in range(0, len(part), BATCH)],
    )


def due_among(start: Database, due: int, cases: int) -> tuple[VirtualClock, list[int]]:
    """So many cases with a reminder due, among so many open ones that have nothing due; their ids in the order in which they are due."""
    clock, _ = opened(start, due)
    grown(start, cases)
    with closing(start.connect()) as raw:
        order = [id_ for (id_,) in raw.execute(f"SELECT case_id FROM timer WHERE case_id <= {due} ORDER BY fire_at, case_id")]
    clock.move_to(START + timedelta(hours=12, minutes=1))   # half of the 24 hours of the first reply
    return clock, order


def w2_growing(databases: Sequence[Database], sizes: Sequence[int], chunks: int, size: int) -> dict[str, Figures]:
    """The sweep among ever more open cases, by number of cases, taking turns; how many times that among the fewest, chunk by chunk."""
    houses = []
    for database, cases in zip(databases, sizes, strict=True):
        clock, _ = due_among(database, (chunks + 1) * size, cases)
        houses.append(database.house(clock))
    rounds = []
    for _ in range(chunks + 1):
        rounds.append([spent(partial(sweeping.sweep, house, limit=size, batch=BATCH), database.server_seconds)
                       for house, database in zip(houses, databases, strict=True)])
    for house in houses:
        house.store.close()
    found = {}
    for n, cases in enumerate(sizes):
        found[str(cases)] = {
            "ms": round(median(one[n][0] for one in rounds[1:]) / size * 1000, 4),
            "server_ms": round(mean(one[n][1] for one in rounds[1:]) / size * 1000, 4),
            "growth": round(median(one[n][0] / one[0][0] for one in rounds[1:]), 2),
        }
    return found


def _beside(
    start: Database, clock: VirtualClock, order: Sequence[int], size: int, product: Callable[[House, slice], Work],
    by_hand: Callable[[Floor, Sequence[Written]], Work],
) -> Figures:
    """The product on one copy of a database, the floor on another; the first chunk warms both up.

    What the floor has to write is learned from a run of the product on a third copy, to which the floor's must then be equal.
    """
    parts = [slice(n, n + size) for n in range(0, len(order), size)]
    model = start.copied(f"{start.name}-model")
    learning = model.house(clock)
    for part in parts:
        product(learning, part)()
    learning.store.close()
    rows = written(start, model, order)
    copy, other = start.copied(f"{start.name}-ours"), start.copied(f"{start.name}-floor")
    ours, floor = copy.house(clock), Floor(other)
    mine, theirs = [product(ours, part) for part in parts], [by_hand(floor, rows[part]) for part in parts]
    mine[0](), theirs[0]()
    figures = beside(mine[1:], theirs[1:], size, start.server_seconds)
    ours.store.close()
    floor.close()
    wrong = differences(model, other)
    if wrong:
        raise AssertionError(f"the floor did not write what the product wrote: {', '.join(wrong)}")
    return figures
