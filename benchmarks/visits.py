"""Events of visits taken in: the tills of a restaurant tell of its guests, day by day, beside plain SQL that writes the same rows."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from json import dumps
from random import Random
from typing import Any

from benchmarks.actions import DEFINITIONS
from benchmarks.databases import Database
from benchmarks.floor import Row, differences
from benchmarks.measuring import Figures, beside
from engine.deciding.rights import THE_SYSTEM
from engine.ground.clock import VirtualClock
from engine.records.tables import METADATA
from engine.usecases import gathering, publishing
from engine.usecases.gathering import Told
from engine.usecases.house import House
from engine.usecases.reporting import make

Changes = dict[str, tuple[list[Row], list[Row], list[Row]]]
"""By table the rows added, changed (with their keys) and the keys of those removed."""

CYCLE, SOURCE = "restaurant-visit", "till"
FIRST_DAY = datetime(2026, 11, 16, tzinfo=UTC)      # a Monday; 03:00 is 11:00 in Shanghai
A_DAY = 20_000                                       # events
STEPS = (       # what a till tells of a visit: minutes after the guests sat down, event, who did it, value
    (0, "seated", "tian.yu", None), (1, "greeting", "bai.xue", None), (2, "table_clean", "bai.xue", True), (6, "ordered", "bai.xue", None),
    (18, "served", "bai.xue", None), (19, "soup_hot", "bai.xue", 70), (50, "paid", "kong.li", None), (52, "bill", "kong.li", None),
    (54, "farewell", "tian.yu", None), (55, "leave", "tian.yu", None),
)


def restaurant(database: Database, clock: VirtualClock) -> House:
    """A house with the shipped restaurant in a database without tables."""
    house = database.house(clock)
    house.store.create()
    publishing.apply_organisation(house, DEFINITIONS / "organisation.yaml", THE_SYSTEM)
    for name in ("corrective-action", CYCLE):
        publishing.publish(house, DEFINITIONS / name, THE_SYSTEM)
    return house


def day_of(day: int, count: int) -> list[Told]:
    """The events of one day, in the order in which they happened: visits overlap, a tenth of the guests wait too long for their dish."""
    dice, found = Random(day), []
    for visit in range(count // len(STEPS)):
        sat = FIRST_DAY + timedelta(days=day, hours=3, seconds=dice.randrange(10 * 3600))
        slow = dice.random() < 0.1
        for n, (minutes, event, by, value) in enumerate(STEPS):
            at = sat + timedelta(minutes=minutes + (9 if slow and minutes >= 18 else 0), seconds=dice.randrange(20))
            values: dict[str, Any] = {"table": f"A{visit % 60}", "guests": 2} if not n else {} if value is None else {event: value}
            found.append((at, Told(0, f"{day}-{visit}-{n}", f"{day}-{visit}", event, at.isoformat(), by, values)))
    return [told for _, told in sorted(found, key=lambda one: one[0])]


def taken_in(start: Database, chunks: int, size: int) -> Figures:
    """So many events at a time, beside plain SQL that writes, in one transaction, the rows that they left in the end."""
    clock = VirtualClock(FIRST_DAY)
    restaurant(start, clock).store.close()
    model, ours, by_hand = (start.copied(f"{start.name}-{name}") for name in ("model", "ours", "floor"))
    days = [day_of(day, size) for day in range(chunks + 1)]
    written = _learned(model, clock, days)
    house = ours.house(clock)
    with closing(by_hand.connect()) as raw:
        def product(day: int) -> None:
            _take_in(house, clock, days[day], day)

        def floor(day: int) -> None:
            _write(raw, by_hand, written[day])

        product(0), floor(0)
        chunk = range(1, chunks + 1)
        figures = beside([partial(product, day) for day in chunk], [partial(floor, day) for day in chunk], size, start.server_seconds)
    house.store.close()
    wrong = differences(model, by_hand)
    if wrong:
        raise AssertionError(f"plain SQL did not write what the product wrote: {', '.join(wrong)}")
    return figures


def told(start: Database, events: int, progress: Callable[[int], None]) -> int:
    """So many events taken in, `A_DAY` a day; how many were."""
    clock = VirtualClock(FIRST_DAY)
    house, done, day = restaurant(start, clock), 0, 0
    while done < events:
        done, day = done + _take_in(house, clock, day_of(day, min(A_DAY, events - done)), day, progress), day + 1
    house.store.close()
    return done


def month_reported(database: Database, progress: Callable[[int], None], events: int) -> int:
    """The supervision report of the first thirty days of so many events, as JSON; the same number when it is made."""
    clock = VirtualClock(FIRST_DAY + timedelta(days=60))
    house, first = database.house(clock), FIRST_DAY.date()
    progress(events // 10)               # what is there before it begins
    report = make(house, "monthly", THE_SYSTEM, definitions=[CYCLE], since=first, until=first + timedelta(days=30))
    (kept,) = [section for section in report.sections if section.name == f"{CYCLE}.kept"]
    counted = max(int(str(row[3])) for row in kept.rows)
    house.store.close()
    progress(events - events // 10)
    visits = min(events, 30 * A_DAY) // len(STEPS)
    assert dumps(report.form(), default=str) and counted == visits, (counted, visits)      # each of them was greeted, in time or not
    return events


def _take_in(house: House, clock: VirtualClock, events: list[Told], day: int, progress: Callable[[int], None] | None = None) -> int:
    clock.move_to(FIRST_DAY + timedelta(days=day, hours=15))
    done = gathering.gather(house, CYCLE, events, THE_SYSTEM, source=SOURCE, progress=progress)
    assert (done.taken, done.bad) == (len(events), []), done.bad[:3]
    return done.taken


def _learned(model: Database, clock: VirtualClock, days: list[list[Told]]) -> list[Changes]:
    """What each day's events changed in the end, by table in the order in which rows refer to each other."""
    house, found = model.house(clock), []
    before = _rows(model)
    for day, events in enumerate(days):
        _take_in(house, clock, events, day)
        after = _rows(model)
        found.append({
            table: (
                [row for key, row in rows.items() if key not in before[table]],
                [(*row, *key) for key, row in rows.items() if key in before[table] and before[table][key] != row],
                [key for key in before[table] if key not in rows],
            ) for table, rows in after.items()
        })
        before = after
    house.store.close()
    return found


def _rows(database: Database) -> dict[str, dict[Row, Row]]:
    """All rows by their keys."""
    found = {}
    with closing(database.connect()) as raw:
        for table in METADATA.sorted_tables:
            keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
            width = len(table.primary_key)
            found[table.name] = {row[:width]: row[width:] for row in raw.execute(f'SELECT {keys}, * FROM "{table.name}"')}
    return found


def _write(raw: Any, database: Database, changes: Changes) -> None:
    mark, cursor = database.mark, raw.cursor()
    cursor.execute(database.locking)
    for name, (added, changed, removed) in changes.items():
        columns = database.columns(raw, name)
        where = " AND ".join(f'"{column.name}" = {mark}' for column in METADATA.tables[name].primary_key)
        to = ", ".join(f'"{column}" = {mark}' for column in columns)
        for statement, rows in (
            (f'DELETE FROM "{name}" WHERE {where}', removed), (f'UPDATE "{name}" SET {to} WHERE {where}', changed),
            (f'INSERT INTO "{name}" VALUES ({", ".join([mark] * len(columns))})', added),
        ):
            if rows:
                cursor.executemany(statement, rows)
    cursor.execute("COMMIT")
