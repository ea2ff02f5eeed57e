"""Auditing: proving that history was not altered, and handing it out.

`verify` walks every stream once and reports the first broken row of each. A chain alone shows changes inside it; whoever
holds the database could recompute it or cut off its end. So `anchor` writes the heads of all streams outside the database, and
`verify` demands that every anchored row is still there.
"""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TextIO

from sqlalchemy import Connection, Row, select

from engine.deciding.rights import Actor
from engine.ground.clock import aware
from engine.ground.errors import NotFound
from engine.ground.language import say
from engine.records import anchors, credentials, history, parties, verifying
from engine.records.cases import CASE
from engine.records.history import EVENT
from engine.records.verifying import Broken, Stream
from engine.usecases.access import refusals_noted
from engine.usecases.house import House
from engine.usecases.viewing import may_audit

BATCH = 500   # streams whose cases are compared at a time

Progress = Callable[[int, int], None]
"""Told how many events are done, of how many."""


@dataclass(slots=True)
class Verified:
    """What a verification found; sound when there are no problems."""

    streams: int = 0
    events: int = 0
    anchored: int = 0                    # rows named by anchor files that are still as anchored
    erased: int = 0                      # people who were erased, whose values say nothing any more
    problems: list[Broken] = field(default_factory=list)    # the first of each stream, in the order found


def verify(house: House, *, number: str | None = None, progress: Progress | None = None) -> Verified:
    """Check all history, or that of one case, against itself, the cases, the personal values and the anchors.

    Checked are: the chain of hashes, numbers without gaps, columns that say what their row says, recorded times that never
    decrease; the head and the whole state of each case against the fold of its events; what is counted of standards and questionnaires
    against the events that show it; each personal value against its commitment; files and published versions against their hashes;
    credentials against the record of who got them; every anchored row. Nothing is changed.
    Raises NotFound for an unknown case, Unavailable when an anchor file cannot be read.
    """
    known = anchors.read(_folder(house))
    result = Verified(problems=[Broken(f"anchors/{file}", 0, what) for file, what in known.problems])
    with house.store.reading() as conn:
        only = None if number is None else _stream_of(conn, number)
        total = verifying.count(conn, only)
        missing = {only} & known.heads.keys() if only else set(known.heads)
        waiting: list[Stream] = []
        for taken, stream in verifying.walk(conn, only, known.heads, house.store):
            result.events += taken
            if stream is not None:
                missing.discard(stream.name)
                waiting.append(stream)
            if len(waiting) == BATCH:
                _compare(house, conn, waiting, result)
            if progress:
                progress(result.events, total)
        _compare(house, conn, waiting, result)
        result.problems += [Broken(name, 1, say("is missing: the whole stream was anchored, and is gone")) for name in sorted(missing)]
        broken = {problem.stream for problem in result.problems}
        result.problems += [one for one in _beside(conn, only, broken) if one.stream not in missing]
        if only is None:
            result.erased = len(parties.erased(conn))
            result.problems += _erasures_wrong(conn, broken)
    return result


def _compare(house: House, conn: Connection, waiting: list[Stream], result: Verified) -> None:
    verifying.compare(conn, waiting, house.store)
    result.streams += len(waiting)
    result.anchored += sum(stream.upheld for stream in waiting)
    result.problems += [stream.broken for stream in waiting if stream.broken is not None]
    waiting.clear()


def _beside(conn: Connection, only: str | None, broken: set[str]) -> Iterator[Broken]:
    yield from verifying.files_wrong(conn, only)
    if only is None:
        yield from verifying.cases_without_history(conn)
        yield from verifying.published_wrong(conn, broken)
        if history.ACCESS not in broken:
            yield from _credentials_wrong(conn)


def _credentials_wrong(conn: Connection) -> Iterator[Broken]:
    """Passwords, sessions, tokens and the like that count, but that history does not know so."""
    marks = {event.data["credential"] for event in history.read(conn, history.ACCESS) if "credential" in event.data}
    for row in credentials.unknown(conn, marks):
        what = say("the {kind} of {who} was made or changed without a record", kind=row.kind, who=row.holder)
        yield Broken(f"credential/{row.id}", 0, what)


def _erasures_wrong(conn: Connection, broken: set[str]) -> Iterator[Broken]:
    """People whose key is destroyed without all that follows, or who are said to be erased without a record of it."""
    what = say("the key is destroyed, but not all that follows was carried out: `makegood party erase --reapply`")
    for party_id, _ in parties.half_erased(conn):
        yield Broken(f"party/{party_id}", 0, what)
    for number, _ in parties.half_erased_cases(conn):
        yield Broken(history.case_stream(number), 0, what)
    if history.ACCESS not in broken:
        recorded = {event.data.get("party") for event in history.read(conn, history.ACCESS) if event.kind == "erased"}
        for party_id in parties.erased(conn):
            if party_id not in recorded:
                yield Broken(f"party/{party_id}", 0, say("is said to be erased, but nobody recorded it"))


def anchor(house: House) -> Path:
    """Write the head of every stream into a new file of the folder `anchors` (settings), and return its path.

    Raises Conflict when there is one of this moment or a later one, Unavailable when the folder cannot be written.
    """
    with house.store.reading() as conn:
        return anchors.write(_folder(house), history.heads(conn), house.clock.now())


def _folder(house: House) -> Path:
    return house.settings.folder / house.settings.anchors


def _stream_of(conn: Connection, number: str) -> str:
    stream = history.case_stream(number)
    for found in (select(CASE.c.id).where(CASE.c.number == number), select(EVENT.c.seq).where(EVENT.c.stream == stream)):
        if conn.execute(found.limit(1)).first():
            return stream
    raise NotFound(
        say("There is no case {number}", number=number), hint=say("`makegood case list` shows the cases."), kind="case", name=number,
    )


# --- handing history out --------------------------------------------------------------------------------------------------

COLUMNS = ("stream", "seq", "occurred", "recorded", "kind", "actor", "on_behalf", "identified", "act", "to", "data", "hash")


def export(
    house: House, out: TextIO, form: Literal["csv", "jsonl"], *, number: str | None = None, since: datetime | None = None,
    until: datetime | None = None, actor: Actor,
) -> int:
    """Write history to `out`, stream by stream in order, and return how many events: those recorded within [since, until).

    JSON lines hold each event exactly as hashed, with its hash; CSV holds the columns `COLUMNS`, with `data` as JSON, and is
    safe to open in a spreadsheet (open the file with `newline=""`). Personal values are not in history, only commitments to them.
    Raises NotFound, Invalid, Denied for whoever may not `audit`, and for CSV Tampered at a row that is no event.
    """
    with refusals_noted(house, actor, "export"), house.store.reading() as conn:
        may_audit(house, conn, actor)
    query = select(EVENT.c.body, EVENT.c.hash, EVENT.c.stream, EVENT.c.seq).order_by(EVENT.c.stream, EVENT.c.seq)
    if since is not None:
        query = query.where(EVENT.c.recorded_at >= aware(since))
    if until is not None:
        query = query.where(EVENT.c.recorded_at < aware(until))
    count = 0
    with house.store.reading() as conn:
        if number is not None:
            query = query.where(EVENT.c.stream == _stream_of(conn, number))
        rows = csv.writer(out)   # ends lines with CR LF: only then does it quote both
        if form == "csv":
            rows.writerow(COLUMNS)
        for part in conn.execute(query, execution_options={"yield_per": 500}).partitions():
            count += len(part)
            if form == "csv":
                rows.writerows(map(_cells, part))
            else:
                out.write("".join([f'{body[:-1]},"hash":"{hash_}"}}\n' for body, hash_, _, _ in part]))
    return count


def _cells(row: Row[Any]) -> list[Any]:
    body, hash_, stream, seq = row
    try:
        event = json.loads(body)
        data = event["data"]
        # Keys of a canonical text stand in order, and no text inside it can hold a bare quote: so this is `data` as it was hashed.
        text = body[body.index(',"data":') + 8:body.rindex(',"kind":')]
        return [
            harmless(event["stream"]), event["seq"], event["occurred"], event["recorded"], harmless(event["kind"]),
            harmless(event["actor"]), harmless(event["on_behalf"]),
            harmless(event.get("identified")), harmless(data.get("act")), harmless(data.get("to")), text, hash_,
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise history.unreadable(stream, seq) from error


def harmless(text: str | None) -> str | None:
    """A cell that no spreadsheet takes for a formula: what begins like one gets an apostrophe in front."""
    return "'" + text if text and text[0] in "=+-@\t\r\n" else text
