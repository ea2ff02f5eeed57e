"""The sweep: settling every case with something due, whoever else sweeps at the same time.

A batch is one transaction, and that transaction is its claim: it locks the cases and passes over those that another sweep has locked;
when it dies they are free again, with nothing half done. All its cases are written together; should one fail, the batch begins again with
each case apart, so that it fails alone. Only what has waited for long is claimed first, by a lease: there may be a case
in it that kills whoever takes it up, and the others should not die with it a second time (decision 14).
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from engine.ground.errors import stops_all
from engine.ground.language import say
from engine.records import cases
from engine.records.cases import Due
from engine.records.trouble import patiently
from engine.usecases.care import Kept
from engine.usecases.house import House
from engine.usecases.settling import settle
from engine.usecases.upkeep import upkeep
from engine.usecases.work import take_up
from engine.usecases.writing import write

Result = TypeVar("Result")
AT_A_TIME = 500    # things carried out for one case before the others have their turn
PUT_OFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=12))
LONG = timedelta(minutes=5)    # what waited longer is taken up with care


@dataclass(slots=True)
class Swept:
    """What one sweep did."""

    cases: int = 0
    events: int = 0
    recalculated: int = 0                                           # cases with another due time by a changed calendar
    failures: list[tuple[str, str]] = field(default_factory=list)   # (case number, error)
    late_by: timedelta = timedelta(0)                               # how late the oldest thing was taken up
    remaining: int = 0                                              # cases still due: only when `limit` ended the sweep
    cycles: Kept = field(default_factory=Kept)                      # inspections opened, standards judged

    @property
    def turns(self) -> int:
        """How many cases were taken up."""
        return self.cases + len(self.failures)

    def add(self, part: "Swept") -> None:
        """Count what a part of the sweep did."""
        self.cases += part.cases
        self.events += part.events
        self.recalculated += part.recalculated
        self.failures += part.failures


def sweep(house: House, *, limit: int | None = None, batch: int = 100, progress: Callable[[int], None] | None = None) -> Swept:
    """Settle every case with something due now, longest waiting first, in bounded batches, until nothing of it is left.

    A case that cannot be settled is put off with its error recorded, and the rest goes on; its cost follows what is due,
    not what is open. `limit` bounds how many cases are taken up. Raises Unavailable when the database is of no use: what was settled
    before stays. At the end the cycles are looked after.
    """
    began = house.clock.now()
    swept = Swept()
    while (size := batch if limit is None else min(batch, limit - swept.turns)) > 0:
        due, done = _together_or_apart(partial(_take, house, began, size))
        if not due:
            break
        swept.late_by = max(swept.late_by, began - min(row.due_at for row in due))
        swept.add(_together_or_apart(partial(_settle_claimed, house, due, began)) if done is None else done)
        if progress:
            progress(len(due))
        house.store.give_way()
    else:
        with house.store.reading() as conn:
            swept.remaining = cases.count_due(conn, began)
    swept.cycles = upkeep(house)
    swept.failures += swept.cycles.failures
    return swept


def _together_or_apart(turn: Callable[[bool], Result]) -> Result:
    """A turn of the sweep, in which a case that fails takes the others with it; then once more, each case apart."""
    try:
        return patiently(partial(turn, False))
    except Exception as error:
        if stops_all(error):
            raise   # the database itself: nothing can be recorded now, the next sweep takes it up
        return patiently(partial(turn, True))


def _take(house: House, began: datetime, size: int, apart: bool) -> tuple[list[Due], Swept | None]:
    """The next cases that were due when the sweep began, and what settling them did: None when they are only claimed so far.

    One whose settling failed before, or never ended, is taken alone.
    """
    now = _now(house, began)
    with house.store.writing() as conn:
        due = cases.due_cases(conn, began, size)
        due = due[:1] if due and due[0].attempts else [row for row in due if not row.attempts]
        if due and (due[0].attempts or now - due[0].fire_at > LONG):
            for row in due:
                cases.put_off(conn, row, now + _wait(row), say("a sweep took it up and did not come back") if row.attempts else None)
            return due, None
        return due, _settle(house, conn, due, now, apart)


def _settle_claimed(house: House, due: Sequence[Due], began: datetime, apart: bool) -> Swept:
    """Settle cases in a transaction of their own."""
    with house.store.writing() as conn:
        return _settle(house, conn, due, _now(house, began), apart)


def _settle(house: House, conn: Connection, due: Sequence[Due], now: datetime, apart: bool) -> Swept:
    """Settle these cases; `apart`, one that fails is put off and the rest goes on, else it raises what it failed for.

    What somebody else settled meanwhile has nothing due any more.
    """
    done = Swept()
    loaded = together(conn, [row.case_id for row in due])
    for row in due:
        try:
            with house.store.savepoint(conn) if apart else nullcontext():
                work = take_up(house, conn, loaded.get(row.case_id) or cases.load_id(conn, row.case_id), now)
                settle(work, limit=AT_A_TIME)
                write(work)
            for told in work.told:
                loaded.pop(told, None)     # it is another now than when the batch was read
            done.cases += 1
            done.events += len(work.events)
            done.recalculated += any(event.kind == "recalculated" for event in work.events)
        except Exception as error:
            if stops_all(error) or not apart:
                raise
            cases.put_off(conn, row, now + _wait(row), f"{type(error).__name__}: {error}")
            done.failures.append((row.number, str(error)))
    return done


def _now(house: House, began: datetime) -> datetime:
    """The present instant; should the clock have been set back since the sweep began, that one."""
    return max(house.clock.now(), began)


def _wait(row: Due) -> timedelta:
    """How long a case is put off whose attempt fails."""
    return PUT_OFF[min(row.attempts, len(PUT_OFF) - 1)]


def together(conn: Connection, ids: Sequence[int]) -> dict[int, cases.Loaded]:
    """The cases of a batch, read together; when one of them cannot be read, none: then each is read alone and fails alone."""
    try:
        return {one.id: one for one in cases.load_batch(conn, ids)}
    except Exception as error:
        if stops_all(error):
            raise
        return {}
