"""Gathering: events of visits as a till, a queue machine or a telephone system tells them, in files of CSV or JSON lines.

Each event of a source counts once, whatever is told again. What was told out of order is put in order within a part of the file, and
what could not be used then is tried once more with the next part; what still cannot is told with its line, and may come again. The events
of one visit happen together, one after another.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select

from engine.deciding.rights import Actor
from engine.defining.definition import Definition
from engine.ground.errors import Invalid, MakegoodError, Unavailable
from engine.ground.language import say
from engine.records import cases, library, tables
from engine.records.cases import Loaded
from engine.records.prepared import Prepared
from engine.usecases.access import note_refusal, of_rights
from engine.usecases.acting import act_within
from engine.usecases.allowing import allowed
from engine.usecases.counting import tell_within
from engine.usecases.house import House
from engine.usecases.importing import LARGEST_FIELD
from engine.usecases.opening import opened
from engine.usecases.settling import at_once, settle
from engine.usecases.standards import of_cycle
from engine.usecases.sweeping import together
from engine.usecases.work import Work, take_up
from engine.usecases.writing import write

PART = 2000             # events of one transaction, put in order among themselves
TELLING = "told"        # how somebody proved who they are, where a file says what they did
_KNOWN = ("id", "visit", "event", "at", "by")
TOLD = tables.TOLD
_insert = Prepared(insert(TOLD))
_ids = select(TOLD.c.id).where(TOLD.c.source == bindparam("of"), TOLD.c.id.in_(bindparam("ids", expanding=True)))
_visits = select(cases.CASE.c.origin, cases.CASE.c.id).where(cases.CASE.c.origin.in_(bindparam("origins", expanding=True)))


class Told(NamedTuple):
    """One event as it was told."""

    line: int                            # of the file, from 1
    id: str
    visit: str                           # what the source calls the visit; "" for counts
    event: str                           # a touchpoint, a standard, or `leave`
    at: str
    by: str                              # a person, "" for whoever brings the file
    values: Mapping[str, Any]


Line = Told | tuple[int, str]
"""An event, or a line that is none with the reason."""


@dataclass(slots=True)
class Gathered:
    """What came of the events."""

    opened: int = 0
    taken: int = 0                       # events that counted, those that opened a visit included
    already: int = 0                     # told before
    bad: list[tuple[int, str]] = field(default_factory=list)     # (line, reason), in the order of the lines


def read_events(path: Path) -> Iterator[Line]:
    """The events of a file of JSON lines (`.jsonl`) or of a CSV file with a header, one by one; raises Unavailable.

    Keys: `id`, `visit`, `event`, `at` (local time, or with its offset), `by`; all others are values. Counts of a standard have `kept` and
    `of`, and perhaps `part`, instead of a visit.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = _json_lines(file) if path.suffix in (".jsonl", ".ndjson") else _table(file)
            for line, row in rows:
                yield row if isinstance(row, tuple) else _event(line, row)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Unavailable(say("{file} cannot be read: {reason}", file=str(path), reason=reason)) from error


def _json_lines(file: Iterable[str]) -> Iterator[tuple[int, Any]]:
    for line, text in enumerate(file, 1):
        if text.strip():
            try:
                row = json.loads(text, parse_float=Decimal)      # what a scale shows is exact
            except json.JSONDecodeError as error:
                row = (line, say("is not JSON from its character {n} on", n=error.colno))
            except (ValueError, RecursionError):     # a number of thousands of digits, or nested without end
                row = (line, say("is not JSON that can be read"))
            yield line, row


def _table(file: Iterable[str]) -> Iterator[tuple[int, Any]]:
    csv.field_size_limit(LARGEST_FIELD)      # it holds for the whole process: whoever reads says it
    reader = csv.DictReader(file)
    for row in reader:
        yield reader.line_num, {name: value for name, value in row.items() if name and value not in (None, "")}


def _event(line: int, row: Any) -> Line:
    if not isinstance(row, dict):
        return line, say("is not a mapping")
    missing = [key for key in ("id", "event", "at") if not row.get(key)]
    if not row.get("visit") and not ("kept" in row and "of" in row):
        missing.append("visit")
    if missing:
        return line, say("lacks {keys}", keys=", ".join(missing))
    values = {name: value for name, value in row.items() if name not in _KNOWN}
    number, visit, event, at, by = (str(row.get(key) or "") for key in _KNOWN)
    return Told(line, number, visit, event, at, by, values)


def gather(
    house: House, cycle: str, lines: Iterable[Line], actor: Actor, *, source: str, progress: Callable[[int], None] | None = None
) -> Gathered:
    """Let events count that did not before, in parts of one transaction each; memory holds one part.

    What the file says that others did needs the right to `tell`, and is refused line by line otherwise. Raises NotFound, Invalid for a
    definition that is no cycle.
    """
    done, late = Gathered(), list[Told]()
    rest = iter(lines)
    while part := list(islice(rest, PART)):
        done.bad += [line for line in part if not isinstance(line, Told)]
        late = _part(house, cycle, [*late, *(line for line in part if isinstance(line, Told))], actor, source, done, late)
        if progress:
            progress(len(part))
    if late:
        _part(house, cycle, late, actor, source, done, late)
    done.bad.sort()
    return done


def _part(
    house: House, cycle: str, events: list[Told], actor: Actor, source: str, done: Gathered, again: list[Told]
) -> list[Told]:
    """Let a part count; what could not be used, to be tried once more. Those of `again` were tried before."""
    now, unused, refused = house.clock.now(), list[Told](), list[MakegoodError]()
    with house.store.writing() as conn:
        definition = of_cycle(library.latest(house.store, conn, cycle)[2])
        known = set(conn.execute(_ids, {"of": source, "ids": [one.id for one in events]}).scalars())
        origins = {f"{source}:{one.visit}" for one in events if one.visit}
        visits = dict(conn.execute(_visits, {"origins": list(origins)}).tuples().all())
        telling = _Telling(house, conn, definition, actor, source, now, visits, together(conn, list(visits.values())))
        for visit in _by_visit(events, library.calendar(house.store, conn, definition.calendar).zone):
            rest = _first_of_each_id([each for each in visit if each[0].id not in known])
            done.already += len(visit) - len(rest)
            while rest:
                try:
                    with house.store.savepoint(conn):
                        begun = telling.count(rest)
                        _insert.later(conn, [{"source": source, "id": one.id, "told_at": now} for one, _ in rest])
                except Unavailable:
                    raise
                except MakegoodError as error:
                    one, _ = rest.pop(telling.reached)       # the others of the visit are told without it
                    if one in again:
                        done.bad.append((one.line, error.message))
                        refused += [error] if of_rights(error) else []
                    else:
                        unused.append(one)
                    continue
                known.update(one.id for one, _ in rest)
                done.taken += len(rest)
                done.opened += begun
                break
    for denied in refused[:1]:
        note_refusal(house, actor, "tell", denied, definition=cycle)
    return unused


Timed = tuple[Told, datetime | None]
"""An event with its instant; None for one that nobody can read, which is refused with its reason."""


def _by_visit(events: Iterable[Told], zone: tzinfo) -> Iterator[list[Timed]]:
    """The events of each visit together, in the order in which they happened; counts, which belong to none, one by one."""
    visits: dict[tuple[str, str], list[Timed]] = {}
    timed = [(one, _instant(one, zone)) for one in events]
    for one, at in sorted(timed, key=lambda each: (each[1] is None, each[1] or 0)):
        visits.setdefault((one.visit, "" if one.visit else one.id), []).append((one, at))
    yield from visits.values()


def _first_of_each_id(events: Iterable[Timed]) -> list[Timed]:
    found: dict[str, Timed] = {}
    for one, at in events:
        found.setdefault(one.id, (one, at))
    return list(found.values())


def _instant(one: Told, zone: tzinfo) -> datetime | None:
    try:
        at = datetime.fromisoformat(one.at)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=zone)


@dataclass(slots=True)
class _Telling:
    """Letting events count in one transaction."""

    house: House
    conn: Connection
    definition: Definition
    actor: Actor
    source: str
    now: datetime
    visits: dict[str, int]               # those that have begun, by origin
    loaded: dict[int, Loaded]            # as they were when the transaction began
    reached: int = 0                     # which of the events was looked at last

    def count(self, events: Sequence[Timed]) -> int:
        """Let one count be told, or the next events of one visit happen; gives how many visits began.

        What falls due between two events is carried out between them: whoever was served in time was never late, though it is told later.
        """
        self.reached = 0
        (one, _), origin = events[0], f"{self.source}:{events[0][0].visit}"
        if not one.visit:
            tell_within(self.house, self.conn, self.definition, one.event, self._who(one), one.values, one.at, self.now)
            return 0
        known = self.visits.get(origin)
        work = self._begun(one, self._moment(events, 1)) if known is None else self._taken_up(known, self._moment(events, 0))
        self.reached = first = int(known is None)
        while self.reached < len(events):
            one, _ = events[self.reached]
            act_within(work, one.event, self._who(one), one.values, one.at, self._moment(events, self.reached + 1))
            self.reached += 1
        self.reached -= 1
        if self.reached >= first:
            at_once(work, self.now)
        self.visits[origin] = write(work, origin=origin if known is None else None).id
        return first

    def _begun(self, one: Told, until: datetime | None) -> Work:
        """The visit that an event begins, still to be written."""
        if one.event not in self.definition.ways_in:
            raise Invalid(
                say("the visit {visit} has not begun", visit=one.visit),
                hint=say("It begins at: {touchpoints}.", touchpoints=", ".join(self.definition.ways_in)), field="event", value=one.event,
                expected=list(self.definition.ways_in),
            )
        given = {"comment": say("told by {source}", source=self.source), **one.values}
        return opened(self.house, self.conn, self.definition.name, self._who(one), given, self.now, one.at, one.event, until)[0]

    def _taken_up(self, known: int, until: datetime | None) -> Work:
        loaded = self.loaded.pop(known, None) or cases.load_id(self.conn, known)    # tried once more, it is read again
        work = take_up(self.house, self.conn, loaded, self.now)
        settle(work, until=until)
        return work

    def _moment(self, events: Sequence[Timed], number: int) -> datetime | None:
        """When the event of that number happened; None, which is now, after the last."""
        at = events[number][1] if number < len(events) else None
        return None if at is None or at > self.now else at

    def _who(self, one: Told) -> Actor:
        if not one.by or one.by == self.actor.id:
            return self.actor
        allowed(library.organisation(self.house.store, self.conn), self.actor, "tell")
        return replace(Actor(one.by), identified=TELLING)
