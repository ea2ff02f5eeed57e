"""How punctual the scheduler was, and that it lost nothing and did nothing twice: worked out from all histories. Writes nothing."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, or_, select

from engine.deciding.clock_scene import Calendars
from engine.deciding.punctual import Fault, Faulty, Kept, Open, points
from engine.deciding.rights import Actor
from engine.deciding.spread import Spread
from engine.defining.definition import Definition
from engine.ground.calendars import Calendar
from engine.ground.clock import aware
from engine.ground.language import say, spoken
from engine.ground.lengths import length_text
from engine.ground.wall import wall_due
from engine.records import library
from engine.records.calendar_versions import calendar_changes, calendar_version
from engine.records.cases import CASE
from engine.records.history import EVENT
from engine.records.timers import TIMER
from engine.usecases.access import refusals_noted
from engine.usecases.histories import History, histories
from engine.usecases.house import House
from engine.usecases.viewing import may_oversee

WITHIN = tuple(timedelta(seconds=n) for n in (1, 10, 60, 300, 3600, 86_400))
"""The steps of the distribution."""

NAMED = 200
"""How many faults are named; all are counted."""

_INSTANT = timedelta(microseconds=1)
Progress = Callable[[int, int], None]
"""Told how many cases are done, of how many."""


@dataclass(frozen=True, slots=True)
class Latest:
    """The point that was carried out latest of all."""

    number: str
    clock: str
    due_at: datetime
    late: timedelta


@dataclass(slots=True)
class Punctuality:
    """The points of one definition that fell due in the period."""

    definition: str
    title: str
    cases: int = 0                                   # whose history was gone over
    waiting: int = 0                                 # due, and the timer of the case will bring them
    late: Spread = field(default_factory=Spread)     # how late they came
    worst: Latest | None = None
    faults: Counter[Fault] = field(default_factory=Counter)

    @property
    def carried_out(self) -> int:
        """How many points came."""
        return self.late.many

    def within(self) -> dict[timedelta, int]:
        """How many came within each of the steps."""
        return {step: self.late.within(step) for step in WITHIN}

    def share(self, of: float) -> timedelta | None:
        """How late that share of them came at most: 0.5 is the median. To three figures; None without any."""
        return self.late.most(of)

    def add(self, kept: Kept, number: str) -> None:
        """Count a point that was carried out."""
        self.late.add(kept.late)
        if self.worst is None or kept.late > self.worst.late:
            self.worst = Latest(number, kept.clock, kept.due_at, kept.late)


class Found(NamedTuple):
    """Something wrong with a point of a case."""

    number: str
    fault: Fault
    clock: str
    kind: str
    point: str
    due_at: datetime
    seq: int                                         # of the event that shows it, 0 when nothing was recorded since


@dataclass(frozen=True, slots=True)
class Report:
    """Punctuality by definition. `proven`: every point that had to come came once."""

    at: datetime
    since: datetime | None
    until: datetime
    definitions: tuple[Punctuality, ...]
    faults: tuple[Found, ...]

    @property
    def proven(self) -> bool:
        """Whether nothing is wrong."""
        return not any(one.faults.total() for one in self.definitions)

    def form(self) -> dict[str, Any]:
        """The report as data with stable keys; lengths in seconds."""
        return {
            "at": self.at, "since": self.since, "until": self.until, "proven": self.proven,
            "definitions": [
                {
                    "definition": one.definition, "title": one.title, "cases": one.cases, "carried_out": one.carried_out,
                    "waiting": one.waiting, "within": {f"{step.total_seconds():.0f}": count for step, count in one.within().items()},
                    "median": one.share(0.5), "most": one.share(0.95), "worst": one.worst,
                    "faults": {fault.value: one.faults[fault] for fault in Fault},
                }
                for one in self.definitions
            ],
            "faults": [one._asdict() for one in self.faults],
        }

    def lines(self, zone: str) -> Iterator[str]:
        """The report in words; times are on the wall clock of that zone."""
        for one in self.definitions:
            yield say("{title}: {count:case|cases}, {points:point|points} of clocks carried out, {waiting} due and waiting",
                      title=one.title or one.definition, count=one.cases, points=one.carried_out, waiting=one.waiting)
            if one.carried_out:
                steps = ", ".join(f"{length_text(step)} {count}" for step, count in one.within().items())
                yield "  " + say("late at most: {steps}", steps=steps)
            if one.worst is not None:
                yield "  " + say("half of them {median}, 95 % {most}, worst {worst} ({case}, {clock}, due {due})",
                                 median=_short(one.share(0.5)), most=_short(one.share(0.95)), worst=_short(one.worst.late),
                                 case=one.worst.number, clock=one.worst.clock, due=wall_due(one.worst.due_at, zone))
        for fault in self.faults:
            what = f"{fault.clock} {fault.point or fault.kind}"
            yield "  ".join((fault.number, _FAULTS[fault.fault](), what, wall_due(fault.due_at, zone)))
        count = sum(one.faults.total() for one in self.definitions)
        if count:
            yield say("{count:point is|points are} not as the histories demand", count=count)
        else:
            yield say("Every point that had to come came, and none twice.")


def _short(length: timedelta | None) -> str:
    """A length to the second, what is shorter in milliseconds."""
    if length is None or length >= timedelta(seconds=1):
        return length_text(length or timedelta())
    return f"{length // timedelta(milliseconds=1)} ms"


_FAULTS: dict[Fault, Callable[[], str]] = {
    Fault.LOST: lambda: say("lost"), Fault.TWICE: lambda: say("came twice"), Fault.UNCALLED: lambda: say("uncalled"),
    Fault.MISDATED: lambda: say("misdated"),
}


def report(
    house: House, *, definition: str | None = None, since: datetime | None = None, until: datetime | None = None, actor: Actor,
    progress: Progress | None = None,
) -> Report:
    """Go over the history of every case in which a point fell due from `since` on and before `until` (else now), and of every open one.

    What had to come is worked out again from each history, held against what is recorded, and what is due and still to come against the
    timers. One case is looked at after another; memory does not grow with them. Raises NotFound for an unknown definition, Tampered
    for history that cannot be read, Denied for whoever may neither `audit`, `publish` nor `apply`.
    """
    now = house.clock.now()
    end = min(aware(until) if until else now + _INSTANT, now + _INSTANT)     # now is still in it
    start = aware(since) if since else None
    with refusals_noted(house, actor, "punctuality"), house.store.reading() as conn:
        may_oversee(house, conn, actor)
        if definition is not None:
            library.latest(house.store, conn, definition)
        which = [] if definition is None else [CASE.c.definition == definition]
        return gone_over(house, conn, now, start, end, *which, progress=progress)


def gone_over(
    house: House, conn: Connection, now: datetime, start: datetime | None, end: datetime, *which: ColumnElement[bool],
    progress: Progress | None = None,
) -> Report:
    """The same of the cases for which these conditions hold, for somebody who may see it."""
    found: dict[str, Punctuality] = {}
    wrong: list[Found] = []
    which = (*which, *_touched(start, end))
    total = conn.execute(select(func.count()).select_from(CASE).where(*which)).scalar_one()
    versions, in_force = partial(library.definition, house.store, conn), _in_force(house, conn)
    for done, one in enumerate(histories(conn, *which), 1):
        title = versions(one.version_id).title.in_(spoken())
        of = found.setdefault(one.definition, Punctuality(one.definition, title))
        of.cases += 1
        for point in points(one.events, versions, in_force, now):
            if point.due_at < end and (start is None or point.due_at >= start):
                _take(conn, one, point, of, wrong)
        if progress:
            progress(done, total)
    return Report(now, start, min(end, now), tuple(found[name] for name in sorted(found)), tuple(wrong))


def _take(conn: Connection, one: History, point: Kept | Faulty | Open, of: Punctuality, wrong: list[Found]) -> None:
    if isinstance(point, Kept):
        of.add(point, one.number)
        return
    if isinstance(point, Open) and _brought(conn, one.id, point.fire_at):
        of.waiting += 1
        return
    fault, seq = (Fault.LOST, 0) if isinstance(point, Open) else (point.fault, point.seq)
    of.faults[fault] += 1
    if len(wrong) < NAMED:
        wrong.append(Found(one.number, fault, point.clock, point.kind.value, point.point, point.due_at, seq))


def _brought(conn: Connection, case_id: int, by: datetime) -> bool:
    """Whether the timer of a case brings the sweep to what may be carried out from then on."""
    timer = conn.execute(select(TIMER.c.due_at).where(TIMER.c.case_id == case_id)).scalar_one_or_none()
    return timer is not None and timer <= by


def _touched(since: datetime | None, until: datetime) -> Iterator[ColumnElement[bool]]:
    """Cases that may hold a point of the period: begun before its end, and open or with something recorded as of then or later."""
    yield CASE.c.opened_at < until
    if since is not None:
        later = select(EVENT.c.seq).where(EVENT.c.stream == "case/" + CASE.c.number, EVENT.c.occurred_at >= since)
        yield or_(CASE.c.closed_at.is_(None), later.exists())


def _in_force(house: House, conn: Connection) -> Callable[[Definition, datetime], Calendars]:
    """The calendars by which cases counted at an instant: a change of it counts from then on, not for what fell due at that very moment."""
    known = calendar_changes(house.store, conn).versions

    def calendars(definition: Definition, at: datetime) -> Calendars:
        @cache
        def named(name: str | None) -> Calendar:
            versions = known[name or definition.calendar]
            number = max((version for version, since in versions if since < at), default=versions[0][0])
            return calendar_version(house.store, conn, name or definition.calendar, number)

        return named

    return calendars
