"""Gathering: events of visits as a till, a queue machine or a telephone system tells them, in files of CSV or JSON lines.

Each event of a source counts once, whatever is told again. What was told out of order is put in order within a part of the file, and
what could not be used then is tried once more with the next part; what still cannot is told with its line, and may come again.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
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
from engine.records.prepared import Prepared
from engine.usecases.access import note_refusal, of_rights
from engine.usecases.acting import act_within
from engine.usecases.allowing import allowed
from engine.usecases.counting import tell_within
from engine.usecases.house import House
from engine.usecases.opening import open_within
from engine.usecases.settling import at_once, settle
from engine.usecases.standards import of_cycle
from engine.usecases.work import take_up
from engine.usecases.writing import write

PART = 500              # events of one transaction, put in order among themselves
TELLING = "told"        # how somebody proved who they are, where a file says what they did
_KNOWN = ("id", "visit", "event", "at", "by")
TOLD = tables.TOLD
_insert = Prepared(insert(TOLD))
_ids = select(TOLD.c.id).where(TOLD.c.source == bindparam("of"), TOLD.c.id.in_(bindparam("ids", expanding=True)))
_visits = select(cases.CASE.c.origin, cases.CASE.c.number).where(cases.CASE.c.origin.in_(bindparam("origins", expanding=True)))


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
    bad: list[tuple[int, str]] = field(default_factory=list)     # (line, reason)


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
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(say("{file} cannot be read: {reason}", file=str(path), reason=str(error))) from error


def _json_lines(file: Iterable[str]) -> Iterator[tuple[int, Any]]:
    for line, text in enumerate(file, 1):
        if text.strip():
            try:
                row = json.loads(text, parse_float=Decimal)      # what a scale shows is exact
            except ValueError as error:
                row = (line, str(error))
            yield line, row


def _table(file: Iterable[str]) -> Iterator[tuple[int, Any]]:
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
    return done


def _part(
    house: House, cycle: str, events: list[Told], actor: Actor, source: str, done: Gathered, again: list[Told]
) -> list[Told]:
    """Let a part count; what could not be used, to be tried once more. Those of `again` were tried before."""
    now, unused, refused = house.clock.now(), list[Told](), list[MakegoodError]()
    with house.store.writing() as conn:
        definition = of_cycle(library.latest(house.store, conn, cycle)[2])
        zone = library.calendar(house.store, conn, definition.calendar).zone
        known = set(conn.execute(_ids, {"of": source, "ids": [one.id for one in events]}).scalars())
        origins = {f"{source}:{one.visit}" for one in events if one.visit}
        visits = dict(conn.execute(_visits, {"origins": list(origins)}).tuples().all())
        for one in sorted(events, key=lambda each: _when(each, zone)):
            if one.id in known:
                done.already += 1
                continue
            try:
                with house.store.savepoint(conn):
                    number = _count(house, conn, definition, one, _who(house, conn, one, actor), source, visits, now)
                    _insert.run(conn, {"source": source, "id": one.id, "told_at": now})
            except Unavailable:
                raise
            except MakegoodError as error:
                if one in again:
                    done.bad.append((one.line, error.message))
                    refused += [error] if of_rights(error) else []
                else:
                    unused.append(one)
                continue
            known.add(one.id)
            done.taken += 1
            if number is not None:
                done.opened += 1
                visits[f"{source}:{one.visit}"] = number
    for denied in refused[:1]:
        note_refusal(house, actor, "tell", denied, definition=cycle)
    return unused


def _when(one: Told, zone: Any) -> float:
    """When it happened, to put events in order; what cannot be read comes last and is refused with its reason."""
    try:
        at = datetime.fromisoformat(one.at)
    except ValueError:
        return float("inf")
    return (at if at.tzinfo else at.replace(tzinfo=zone)).timestamp()


def _who(house: House, conn: Connection, one: Told, actor: Actor) -> Actor:
    if not one.by or one.by == actor.id:
        return actor
    allowed(library.organisation(house.store, conn), actor, "tell")
    return replace(Actor(one.by), identified=TELLING)


def _count(
    house: House, conn: Connection, definition: Definition, one: Told, actor: Actor, source: str, visits: Mapping[str, str], now: datetime
) -> str | None:
    """Let one event count; the number of the visit that it began."""
    if not one.visit:
        tell_within(house, conn, definition, one.event, actor, one.values, one.at, now)
        return None
    origin = f"{source}:{one.visit}"
    if origin not in visits:
        comment = say("told by {source}", source=source)
        if one.event not in definition.ways_in:
            raise Invalid(say("the visit {visit} has not begun", visit=one.visit), hint=say("It begins at: {touchpoints}.",
                          touchpoints=", ".join(definition.ways_in)), field="event", value=one.event, expected=list(definition.ways_in))
        return open_within(
            house, conn, definition.name, actor, {"comment": comment, **one.values}, origin, now, one.at, one.event
        ).number
    work = take_up(house, conn, cases.load(conn, visits[origin]), now)
    settle(work)
    act_within(work, one.event, actor, one.values, one.at)
    at_once(work, now)
    write(work)
    return None
