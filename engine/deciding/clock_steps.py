"""What the arithmetic of a due time did, step by step, as it says so itself when it is given a list to say it in (clocks rule 17)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from engine.deciding.budgets import Budget
from engine.ground.duration import Duration
from engine.ground.valueclass import valueclass


@valueclass(frozen=True, slots=True)
class Fixed:
    """The due time is a date (its end) or moment of the case."""

    at: datetime


@valueclass(frozen=True, slots=True)
class CountedBack:
    """A duration counted backward from a date (its end) or moment of the case; for hours `last` is on the date on which it leads to."""

    since: datetime
    duration: Duration
    last: date


@valueclass(frozen=True, slots=True)
class Picked:
    """Of several limits the earliest or latest, by its budget; the steps that follow are its own."""

    latest: bool
    budget: Budget
    of: int


@valueclass(frozen=True, slots=True)
class Ran:
    """A stretch on which elapsed or working time was used up; `left` is what remained to be used after it."""

    since: datetime
    until: datetime
    used: timedelta
    left: timedelta
    worked: bool


@valueclass(frozen=True, slots=True)
class Counted:
    """Dates counted from the day after `first`; `last` is where they lead, stops left out of account. `started` is the day after `first`
    when that is the one on which the clock started, and counts."""

    first: date
    duration: Duration
    last: date
    started: date | None = None


@valueclass(frozen=True, slots=True)
class StoodThroughout:
    """A (working) date on which the clock stood still throughout; so the last date moved on to `last`."""

    day: date
    last: date


@valueclass(frozen=True, slots=True)
class Rolled:
    """The last date is not worked, so the next or previous worked one takes its place."""

    day: date
    last: date


@valueclass(frozen=True, slots=True)
class Awaited:
    """The clock stood still at the end of its last date, so it ends with the date on which it ran again (or one after that)."""

    last: date


@valueclass(frozen=True, slots=True)
class Ended:
    """The last date does not end at midnight for this clock, but at the time of day at which it started or at the close of business."""

    ends: str
    at: datetime


@valueclass(frozen=True, slots=True)
class Longer:
    """An extension by another unit than the budget's counts on from what was due before; those in the same unit add to the budget."""

    by: Duration
    since: datetime


Step = Fixed | CountedBack | Picked | Ran | Counted | StoodThroughout | Rolled | Awaited | Ended | Longer
Tell = Callable[[Step], None]
"""Told each step."""
