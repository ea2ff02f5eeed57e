"""What a case remembers of amounts that it granted by itself: which point of which clock brought each, so that it can be taken back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.deciding.clock_record import ClockRun

Point = tuple[str, int, int, int]
"""A point of a clock: its name, which run, which rung of its ladder, the how manieth time."""
BEFORE_MIGRATION = -1
"""In place of the rung: granted under a version before, whose ladder is gone; it stands."""


@dataclass(frozen=True, slots=True)
class Grant:
    """An amount that a rung granted."""

    point: Point
    field: str
    amount: Decimal
    currency: str


def follow(grants: list[Grant], data: Mapping[str, Any]) -> list[Grant]:
    """The grants of a case after an event: `granted` are added, those `taken_back` are gone, a version moved to leaves them standing."""
    if "versions" in data:
        grants = [Grant(before_migration(one.point), one.field, one.amount, one.currency) for one in grants]
    gone = [grant_from(row) for row in data.get("taken_back", ())]
    return [*(one for one in grants if one not in gone), *(grant_from(row) for row in data.get("granted", ()))]


def before_migration(point: Point) -> Point:
    """A point as it is called once the case is on another version."""
    return point[0], point[1], BEFORE_MIGRATION, 0


def undone(point: Point, run: ClockRun) -> bool:
    """Whether a point of this clock, as it now stands, has not come (any more): it was earlier than recorded that the promise was kept."""
    clock, of_run, rung, n = point
    return clock == run.name and of_run == run.run and rung != BEFORE_MIGRATION and (rung, n) not in run.fired


def total(grants: Iterable[Grant], currency: str) -> Decimal:
    """What they come to in a currency."""
    return sum((one.amount for one in grants if one.currency == currency), Decimal(0))


def grant_json(one: Grant) -> list[Any]:
    """Canonical form of a grant."""
    return [*one.point, one.field, format(one.amount, "f"), one.currency]


def grant_from(row: Iterable[Any]) -> Grant:
    """The grant from its canonical form."""
    clock, run, rung, n, field, amount, currency = row
    return Grant((clock, run, rung, n), field, Decimal(amount), currency)
