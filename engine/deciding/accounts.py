"""Time accounts: every second of a case booked once, to whom or what had it (clocks rule 18).

A second belongs to the first of these that applies: waiting for the customer (a state with `awaits: customer`), paused (a clock of
the procedure stood still as its `pause:` says, or any clock by hand), unknown (the calendar does not reach so far), outside working
hours of the procedure's calendar, the role of whoever owned the case then. While a case is closed it has no time to book.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from engine.deciding.case import ClockRun, Event, clock_from
from engine.deciding.clock_stops import BY_HAND, CLOSED, STOPPED
from engine.defining.definition import Action, Definition, State, Task
from engine.defining.organisation import Organisation
from engine.ground.calendars import Calendar
from engine.ground.errors import CalendarExpired
from engine.ground.worktime import end_of_day, measure

NOBODY = ""
"""The role under which the time of a case without an owner is booked."""
NO_POST = "-"
"""The role of an owner who held no post of the procedure."""
NOTHING = timedelta()

Organisations = Sequence[tuple[datetime, Organisation]]
"""Versions of the organisation in order, each with the instant from which it was in force."""


@dataclass(slots=True)
class Accounts:
    """The time of one case, or the sum of several; whole seconds."""

    elapsed: timedelta = NOTHING
    waiting: timedelta = NOTHING         # for the customer
    paused: timedelta = NOTHING
    unknown: timedelta = NOTHING         # after the last date that the calendar knows
    outside: timedelta = NOTHING         # of working hours
    worked: dict[str, timedelta] = field(default_factory=dict)    # by role of the owner; NOBODY, NO_POST

    @property
    def booked(self) -> timedelta:
        """The sum of all accounts: equals `elapsed`."""
        return self.waiting + self.paused + self.unknown + self.outside + sum(self.worked.values(), NOTHING)

    def add(self, other: "Accounts") -> None:
        """Add the time of another case."""
        self.elapsed += other.elapsed
        self.waiting += other.waiting
        self.paused += other.paused
        self.unknown += other.unknown
        self.outside += other.outside
        for role, length in other.worked.items():
            self.worked[role] = self.worked.get(role, NOTHING) + length


@dataclass(frozen=True, slots=True)
class Standing:
    """Who had a case from an instant on, and where it was."""

    at: datetime
    definition: Definition
    state: str
    owner: str | None
    closed: bool


def accounts(
    versions: Callable[[int], Definition], events: Iterable[Event], organisations: Organisations, calendar: Calendar, now: datetime
) -> Accounts:
    """The accounts of one case from its whole history, up to `now`, each stretch by the version of the procedure that it was on then.
    `versions` are published versions by id, `calendar` is the procedure's own.

    Instants are taken to the second. What was recorded later to have happened earlier counts from when it happened.
    """
    standings, stops = read_standings(versions, events)
    cuts = [to_the_second(since) for since, _ in organisations]
    known = end_of_day(calendar, calendar.valid_through) if calendar.valid_through else _FOR_EVER
    booked = Accounts()
    for here, until in stretches(standings, to_the_second(now)):
        booked.elapsed += until - here.at
        if awaits_customer(here.definition, here.state):
            booked.waiting += until - here.at
            continue
        frm = here.at
        for since, to in [*((max(a, frm), min(b, until)) for a, b in stops if a < until and b > here.at), (until, until)]:
            marks = [frm, *sorted(cut for cut in (*cuts, known) if frm < cut < since), since]
            _book(booked, here, marks, organisations, cuts, calendar)
            booked.paused += to - since
            frm = to
    return booked


def _book(
    booked: Accounts, here: Standing, marks: Sequence[datetime], organisations: Organisations,
    cuts: Sequence[datetime], calendar: Calendar,
) -> None:
    """Book the stretches between these marks, in which somebody could have worked: outside hours, and by the role the owner held."""
    for since, until in pairwise(marks):
        try:
            worked = measure(calendar, since, until)
        except CalendarExpired:
            booked.unknown += until - since
            continue
        booked.outside += until - since - worked
        if worked:
            role = role_of(here.definition, here.state, here.owner, _in_force(organisations, cuts, since))
            booked.worked[role] = booked.worked.get(role, NOTHING) + worked


def role_of(definition: Definition, state: str, owner: str | None, organisation: Organisation | None) -> str:
    """The post under which somebody has a case: one that has work in its state, else the first of the procedure's that they hold."""
    if owner is None:
        return NOBODY
    held = [role for role in definition.roles if organisation and organisation.posts.holds(owner, role)]
    at_work = _posts(definition.states.get(state))
    return next((role for role in held if role in at_work), held[0] if held else NO_POST)


def _posts(state: State | None) -> set[str]:
    if state is None:
        return set()
    things: list[Action | Task] = [*state.tasks.values(), *(action for action in state.actions.values() if not action.anywhere)]
    return {who.name for thing in things for who in thing.by}


# --- reading history ------------------------------------------------------------------------------------------------


def read_standings(
    versions: Callable[[int], Definition], events: Iterable[Event]
) -> tuple[list[Standing], list[tuple[datetime, datetime]]]:
    """Where the case was and who owned it, in order of what happened; and when it was paused, overlaps counted once."""
    standings: list[Standing] = []
    runs: dict[tuple[str, int], tuple[ClockRun, bool]] = {}      # each run, and whether it is of a clock of the procedure
    for event in events:
        data, last = event.data, standings[-1] if standings else None
        definition = versions(data["version"]) if last is None or "version" in data else last.definition
        state = data.get("to", last.state if last else "")
        owner = data["owner"][1] if "owner" in data else last.owner if last else None
        closed = bool(data["closed"]) if "closed" in data else bool(last and last.closed)
        if last is None or definition is not last.definition or (state, owner, closed) != (last.state, last.owner, last.closed):
            at = to_the_second(event.occurred_at)
            while len(standings) > 1 and standings[-1].at >= at:
                standings.pop()
            at = max(at, standings[0].at) if standings else at
            if standings and standings[-1].at == at:
                standings.pop()
            standings.append(Standing(at, definition, state, owner, closed))
        for name, form in data.get("clocks", {}).items():
            run = clock_from(form)
            runs[name, run.run] = run, name in definition.clocks
    stops = sorted(stop for run, of_procedure in runs.values() for stop in _pauses(run, of_procedure))
    return standings, list(_joined(stops))


def _pauses(run: ClockRun, of_procedure: bool) -> Iterator[tuple[datetime, datetime]]:
    """When a clock stood still because somebody or its `pause:` said so; a limit of a state or task that is held is no pause."""
    for stop in run.stops:
        if stop.why not in (CLOSED, STOPPED) and (of_procedure or stop.why == BY_HAND):
            until = stop.until or run.ended_at or _FOR_EVER
            yield to_the_second(stop.since), to_the_second(until)


_FOR_EVER = datetime.max.replace(tzinfo=UTC)


def _joined(stretches: Iterable[tuple[datetime, datetime]]) -> Iterator[tuple[datetime, datetime]]:
    frm = end = None
    for since, until in stretches:
        if frm is not None and end is not None and since <= end:
            end = max(end, until)
            continue
        if frm is not None and end is not None:
            yield frm, end
        frm, end = since, until
    if frm is not None and end is not None:
        yield frm, end


def stretches(standings: Sequence[Standing], now: datetime) -> Iterator[tuple[Standing, datetime]]:
    """Each stretch on which the case was open, with its end."""
    for here, after in pairwise([*standings, None]):
        assert here is not None
        until = after.at if after else max(now, here.at)
        if not here.closed and until > here.at:
            yield here, until


def _in_force(organisations: Organisations, cuts: Sequence[datetime], at: datetime) -> Organisation | None:
    """The organisation at an instant; before the first was applied, the first."""
    found = organisations[0][1] if organisations else None
    for since, (_, organisation) in zip(cuts, organisations, strict=True):
        if since <= at:
            found = organisation
    return found


def awaits_customer(definition: Definition, state: str) -> bool:
    """Whether in that state the customer is waited for."""
    spec = definition.states.get(state)
    return spec is not None and spec.awaits == "customer"


def to_the_second(at: datetime) -> datetime:
    """The instant without what is below a second."""
    return at.replace(microsecond=0)
