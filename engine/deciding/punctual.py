"""Which points of clocks had to come in the life of a case, held against those recorded: none lost, none twice (clocks rules 10, 15, 16).

A point is a rung, a breach, the end of a window or period, or of a pause. Pure: the life is the case's history, and what had to come is
worked out anew after each event, from what the case was then and the calendar that was in force then.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from engine.deciding.case import CaseState, ClockStatus, Event, apply, opened
from engine.deciding.clock_scene import Calendars
from engine.deciding.clocks import Pending, PendingKind, pending, soonest
from engine.deciding.rights import SYSTEM
from engine.defining.definition import Definition

_INSTANT = timedelta(microseconds=1)
_KINDS = {
    "rung": PendingKind.RUNG, "breach": PendingKind.BREACH, "ended": PendingKind.END, "resumed": PendingKind.RESUME,
    "pause_over": PendingKind.USED_UP,
}


class Fault(StrEnum):
    """What is wrong with a point."""

    LOST = "lost"            # it had to come, and never did
    TWICE = "twice"          # it had come before
    UNCALLED = "uncalled"    # nothing asked for it
    MISDATED = "misdated"    # it came, dated otherwise than it fell due


class Kept(NamedTuple):
    """A point that was carried out: when it fell due and when it was recorded.

    It is late from when it could first be known: what somebody reports today may have been due last week.
    """

    clock: str
    kind: PendingKind
    due_at: datetime
    recorded_at: datetime
    late: timedelta


class Faulty(NamedTuple):
    """A point with something wrong; `seq` is the event that shows it."""

    fault: Fault
    clock: str
    kind: PendingKind
    point: str                           # of a rung: where it stands in its ladder
    due_at: datetime
    seq: int


class Open(NamedTuple):
    """Something still to come at the end of the history, which fell due already."""

    clock: str
    kind: PendingKind
    point: str
    due_at: datetime
    fire_at: datetime


Versions = Callable[[int], Definition]
InForce = Callable[[Definition, datetime], Calendars]
"""The calendars by which a procedure counted at an instant."""


def points(events: Iterable[Event], versions: Versions, in_force: InForce, now: datetime) -> Iterator[Kept | Faulty | Open]:
    """Every point of the life that these events tell: those recorded, in order, whatever is wrong, and what is due at the end of it."""
    life = _Life(versions, in_force)
    for event in events:
        yield from life.take(event)
    if life.case is not None:
        definition = versions(life.case.version_id)
        for item in pending(definition, life.case, in_force(definition, now)):
            if item.fire_at <= now:
                yield Open(item.clock, item.kind, _words(definition, item), item.due_at, item.fire_at)


class _Life:
    """A case as it becomes, event by event."""

    def __init__(self, versions: Versions, in_force: InForce) -> None:
        self.versions, self.in_force = versions, in_force
        self.case: CaseState | None = None
        self.last: Event | None = None
        self.by_hand = False                             # whether somebody acted in the transaction that goes on
        self.known: dict[str, datetime] = {}             # since when each clock is known to be as it is

    def take(self, event: Event) -> Iterator[Kept | Faulty]:
        """Look at the case before an event, apply it, and look again."""
        last, self.last = self.last, event
        if last is None or last.recorded_at < event.recorded_at:
            self.by_hand = False                         # a transaction of its own: recorded times are those of transactions
        point = _is_point(event)
        if self.case is None:
            self.case = opened(event)
        elif point or "clocks" in event.data:
            definition = self.versions(self.case.version_id)
            due = [] if self.by_hand else self._due(definition, event, last)
            item = None
            if point:
                item, found = self._recorded(definition, event)
                yield found
            apply(self.case, event)
            yield from self._gone(definition, event, due, item)
        else:
            apply(self.case, event)
        self.by_hand = self.by_hand or event.actor != SYSTEM
        moment = event.occurred_at if event.actor == SYSTEM else event.recorded_at
        self.known |= {name: moment for name in event.data.get("clocks", ()) if not point or name != event.data["clock"]}

    def _due(self, definition: Definition, event: Event, last: Event | None) -> list[Pending]:
        """What had to come before this event: whoever acts settles first, and what the scheduler does comes in order, on one clock also
        at one instant."""
        assert self.case is not None
        calendars, at, system = self.in_force(definition, event.occurred_at), event.occurred_at, event.actor == SYSTEM
        since = last.occurred_at if system and last is not None and last.recorded_at == event.recorded_at else None
        clock = event.data["clock"] if _is_point(event) else None

        def early(item: Pending) -> bool:
            by = at + _INSTANT if item.clock == clock else at if not system else at - _INSTANT
            return item.fire_at <= by and (since is None or item.fire_at >= since)

        if all(item.fire_at > at + _INSTANT for item in soonest(definition, self.case, calendars, {})):
            return []
        return [item for item in pending(definition, self.case, calendars) if early(item)]

    def _recorded(self, definition: Definition, event: Event) -> tuple[Pending | None, Kept | Faulty]:
        """The point that this event carries out, as it was called for, and what to tell of it."""
        assert self.case is not None
        data, clock, kind, due = event.data, event.data["clock"], _KINDS[event.kind], event.occurred_at
        place = data.get("rung", data.get("pause", -1))
        found: list[Pending] = []
        for at in (due, event.recorded_at + _INSTANT):   # a calendar may have come into force since, that first told when it falls due
            found = [
                item for item in pending(definition, self.case, self.in_force(definition, at))
                if (item.clock, item.kind) == (clock, kind) and (place < 0 or (item.rung, item.n) == (place, data.get("n", 1)))
            ]
            if any(item.due_at == due for item in found):
                late = event.recorded_at - max(due, self.known.get(clock, due))
                return found[0], Kept(clock, kind, due, event.recorded_at, max(late, timedelta()))
        fault = Fault.MISDATED if found else Fault.TWICE if self._had(kind, clock, place, data.get("n", 1), due) else Fault.UNCALLED
        return found[0] if found else None, Faulty(fault, clock, kind, str(data.get("at", "")), due, event.seq)

    def _had(self, kind: PendingKind, clock: str, place: int, n: int, due: datetime) -> bool:
        run = self.case.clocks.get(clock) if self.case else None
        match kind:
            case _ if run is None:
                return False
            case PendingKind.RUNG:
                return (place, n) in run.fired
            case PendingKind.USED_UP:
                return place in run.used_up
            case PendingKind.BREACH:
                return run.breached_at == due
            case PendingKind.END:
                return run.status is ClockStatus.ENDED and run.ended_at == due
            case PendingKind.RESUME:
                return any(stop.until == due for stop in run.stops)

    def _gone(self, definition: Definition, event: Event, due: list[Pending], item: Pending | None) -> Iterator[Faulty]:
        """What had to come before this event, did not, and now cannot come any more."""
        assert self.case is not None
        if not due:
            return
        now = self.versions(self.case.version_id)
        calendars = self.in_force(now, event.occurred_at)
        left = {_same(one) for one in pending(now, self.case, calendars)} | ({_same(item)} if item is not None else set())
        for one in due:
            if _same(one) not in left:
                yield Faulty(Fault.LOST, one.clock, one.kind, _words(definition, one), one.due_at, event.seq)


def _is_point(event: Event) -> bool:
    return event.actor == SYSTEM and event.kind in _KINDS and "clock" in event.data


def _same(item: Pending) -> tuple[object, ...]:
    """What makes two points one, whenever they may be carried out."""
    return item.clock, item.kind, item.rung, item.n, item.due_at


def _words(definition: Definition, item: Pending) -> str:
    return str(definition.all_clocks[item.clock].ladder[item.rung].at) if item.kind is PendingKind.RUNG else ""
