"""History: streams of events that only grow, each row carrying the hash of the one before it.

What is hashed is what is stored: `body` is the canonical text of the whole event, and `hash` is the sha256 of the hash before
it followed by that text. So nobody can change, drop or insert a row without every later hash giving it away.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, select

from engine.deciding.case import Event
from engine.deciding.rights import Actor
from engine.ground.canonical import canonical
from engine.ground.errors import Tampered
from engine.ground.language import say
from engine.records import tables
from engine.records.engines import alone
from engine.records.prepared import Prepared

EVENT = tables.EVENT

ORGANISATION, DEFINITIONS, ACCESS = "organisation", "definitions", "access"
"""The streams that do not belong to a case."""

_insert = Prepared(insert(EVENT))
_end = select(EVENT.c.seq, EVENT.c.hash, EVENT.c.recorded_at).where(EVENT.c.stream == bindparam("of"))
_last = _end.order_by(EVENT.c.seq.desc()).limit(1)
_latest = Prepared(select(EVENT.c.body, EVENT.c.seq).where(EVENT.c.stream == bindparam("of")).order_by(EVENT.c.seq.desc()).limit(1))
_read = Prepared(
    select(EVENT.c.body, EVENT.c.seq).where(EVENT.c.stream == bindparam("of"), EVENT.c.seq > bindparam("after")).order_by(EVENT.c.seq)
)


class Head(NamedTuple):
    """The end of a stream."""

    stream: str
    seq: int
    hash: str


def cycle_stream(name: str) -> str:
    """The stream of a cycle: what was told in counts, and what was judged."""
    return f"cycle/{name}"


def report_stream(name: str) -> str:
    """The stream of a scheduled report: when it was made, and what its page was."""
    return f"report/{name}"


def case_stream(number: str) -> str:
    """The stream of a case."""
    return f"case/{number}"


def event_json(event: Event) -> dict[str, Any]:
    """The canonical form of an event, as `body` holds it."""
    return {
        "stream": event.stream, "seq": event.seq, "kind": event.kind, "occurred": event.occurred_at.isoformat(),
        "recorded": event.recorded_at.isoformat(), "actor": event.actor, "on_behalf": event.on_behalf, "data": event.data,
        **({"identified": event.identified} if event.identified else {}),
    }


def event_from(form: Mapping[str, Any]) -> Event:
    """The event of a canonical form."""
    return Event(
        form["stream"], form["seq"], form["kind"], datetime.fromisoformat(form["occurred"]), datetime.fromisoformat(form["recorded"]),
        form["actor"], form["on_behalf"], form["data"], form.get("identified", ""),
    )


def chained(head: str, body: str) -> str:
    """The hash of a row whose text is `body`, after a row with the hash `head` ("" for the first)."""
    return sha256((head + body).encode()).hexdigest()


def chain(head: str, events: Sequence[Event]) -> tuple[list[dict[str, Any]], str]:
    """The rows of events of one stream that follow the row with the hash `head` ("" for none), and the hash of the last."""
    rows = []
    for event in events:
        body = canonical(event_json(event))
        head = chained(head, body)
        rows.append({
            "stream": event.stream, "seq": event.seq, "kind": event.kind, "occurred_at": event.occurred_at,
            "recorded_at": event.recorded_at, "body": body, "hash": head,
        })
    return rows, head


def write(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append rows made by `chain`. One statement, or none."""
    _insert.later(conn, rows)


def append(conn: Connection, head: str, events: Sequence[Event]) -> str:
    """Append events of one stream after the row with the hash `head`; the hash of the last one."""
    rows, head = chain(head, events)
    write(conn, rows)
    return head


def append_to(
    conn: Connection, stream: str, kind: str, actor: Actor, now: datetime, data: Mapping[str, Any]
) -> Event:
    """Append one event to a stream that belongs to no case, finding its end. Recorded time never decreases: when the clock
    was set back, the time of the last event counts. Whoever else appends to that stream waits until this transaction ends."""
    alone(conn, stream)
    last = conn.execute(_last, {"of": stream}).one_or_none()
    recorded = max(now, last.recorded_at) if last else now
    event = Event(stream, last.seq + 1 if last else 1, kind, now, recorded, actor.id, actor.on_behalf, data, actor.identified)
    append(conn, last.hash if last else "", [event])
    return event


def read(conn: Connection, stream: str, after: int = 0) -> Iterator[Event]:
    """The events of a stream in order, those after number `after`; raises Tampered for a row that is no event."""
    for body, seq in _read.all(conn, {"of": stream, "after": after}):
        yield from_body(body, stream, seq)


def last(conn: Connection, stream: str) -> Event | None:
    """The last event of a stream, None of an empty one; raises Tampered for a row that is no event."""
    row = _latest.one(conn, {"of": stream})
    return None if row is None else from_body(row.body, stream, row.seq)


def from_body(body: str, stream: str, seq: int) -> Event:
    """The event of a row; raises Tampered for a row that is no event."""
    try:
        return event_from(json.loads(body))
    except (ValueError, KeyError, TypeError) as error:
        raise unreadable(stream, seq) from error


def unreadable(stream: str, seq: int) -> Tampered:
    """The error for a row that is no event: somebody else than this program wrote it."""
    return Tampered(
        say("Row {seq} of {stream} cannot be read: it was changed behind the back of makegood", seq=seq, stream=stream),
        hint=say("`makegood audit verify` shows what else was changed; put back a backup."), stream=stream, seq=seq, reason="unreadable",
    )


def heads(conn: Connection) -> Iterator[Head]:
    """The end of every stream, in order of their names, streaming."""
    ends = select(EVENT.c.stream, func.max(EVENT.c.seq).label("seq")).group_by(EVENT.c.stream).subquery()
    query = select(EVENT.c.stream, EVENT.c.seq, EVENT.c.hash).join(ends, (EVENT.c.stream == ends.c.stream) & (EVENT.c.seq == ends.c.seq))
    for row in conn.execute(query.order_by(EVENT.c.stream), execution_options={"yield_per": 1000}):
        yield Head(*row)
