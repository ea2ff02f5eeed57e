"""The sweep: settling every case with something due, whoever else sweeps at the same time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from engine.ground.errors import Unavailable
from engine.records import cases
from engine.usecases.house import House
from engine.usecases.settling import settle
from engine.usecases.work import take_up
from engine.usecases.writing import write

AT_A_TIME = 500    # things carried out for one case before the others have their turn
PUT_OFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=12))


@dataclass(slots=True)
class Swept:
    """What one sweep did."""

    cases: int = 0
    events: int = 0
    recalculated: int = 0                                           # cases with another due time by a changed calendar
    failures: list[tuple[str, str]] = field(default_factory=list)   # (case number, error)
    late_by: timedelta = timedelta(0)                               # how late the oldest thing was taken up
    remaining: int = 0                                              # cases still due: only when `limit` ended the sweep


def sweep(house: House, *, limit: int | None = None, batch: int = 100, progress: Callable[[int], None] | None = None) -> Swept:
    """Settle every case with something due, oldest first, in bounded batches of one transaction each.

    A case that cannot be settled is put off with its error recorded, and the rest goes on; its cost follows what is due,
    not what is open. `limit` bounds the number of cases.
    """
    now = house.clock.now()
    swept = Swept()
    while limit is None or swept.cases + len(swept.failures) < limit:
        size = batch if limit is None else min(batch, limit - swept.cases - len(swept.failures))
        taken = _batch(house, now, size, swept)
        if progress:
            progress(taken)
        if taken < size:
            break
    else:
        with house.store.reading() as conn:
            swept.remaining = cases.count_due(conn, now)
    return swept


def _batch(house: House, now: datetime, size: int, swept: Swept) -> int:
    with house.store.writing() as conn:
        due = cases.due_cases(conn, now, size)
        if due:
            swept.late_by = max(swept.late_by, now - min(row.due_at for row in due))
        loaded = together(conn, [row.case_id for row in due])
        for row in due:
            try:
                with house.store.savepoint(conn):
                    work = take_up(house, conn, loaded.get(row.case_id) or cases.load_id(conn, row.case_id), now)
                    settle(work, limit=AT_A_TIME)
                    write(work)
                for told in work.told:
                    loaded.pop(told, None)     # it is another now than when the batch was read
                swept.cases += 1
                swept.events += len(work.events)
                swept.recalculated += any(event.kind == "recalculated" for event in work.events)
            except Unavailable:
                raise   # the database itself: nothing can be recorded now, the next sweep takes it up
            except Exception as error:  # noqa: BLE001  whatever one case has wrong must not hold up the others
                put_off = PUT_OFF[min(row.attempts, len(PUT_OFF) - 1)]
                cases.put_off(conn, row.case_id, now + put_off, f"{type(error).__name__}: {error}")
                swept.failures.append((row.number, str(error)))
    return len(due)


def together(conn: Connection, ids: Sequence[int]) -> dict[int, cases.Loaded]:
    """The cases of a batch, read together; when one of them cannot be read, none: then each is read alone and fails alone."""
    try:
        return {one.id: one for one in cases.load_batch(conn, ids)}
    except Unavailable:
        raise
    except Exception:  # noqa: BLE001  which of them it is, and why, shows when each is read alone
        return {}
