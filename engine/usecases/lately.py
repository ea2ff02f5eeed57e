"""What happened lately, over all cases: breaches, escalations, reminders, or any other kind of event."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from engine.deciding.rights import Actor
from engine.ground.errors import Invalid
from engine.ground.language import say
from engine.records import cases, library
from engine.records.history import EVENT, event_from
from engine.usecases.access import refusals_noted
from engine.usecases.house import House
from engine.usecases.listing import bounded
from engine.usecases.telling import HistoryLine, Teller
from engine.usecases.viewing import may_audit

KINDS = (
    "opened", "acted", "task", "breach", "breach_withdrawn", "rung", "reminded", "escalated", "extended", "paused", "resumed", "ended",
    "clock_on", "clock_off", "pause_over", "migrated",
    "corrected", "assigned", "note", "contact", "attached", "linked", "linked_closed", "impossible", "sent", "unsent", "recalculated",
    "erased",
)


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of some case, in words; times of its procedure's zone."""

    number: str
    timezone: str
    line: HistoryLine


def lately(
    house: House, kinds: Sequence[str] = (), limit: int = 50, *, definition: str | None = None, actor: Actor
) -> list[Happened]:
    """The latest events of these kinds (none: of all) in cases of that definition, latest first; `reminded` and `escalated` are rungs
    that did so.

    Raises Invalid for a kind that does not exist or a limit out of range, NotFound (definition), Denied for whoever may not `audit`.
    """
    bounded(limit, 1)
    for kind in kinds:
        if kind not in KINDS:
            raise Invalid(
                say("'{kind}' is no kind of event", kind=kind), hint=say("Kinds are: {kinds}.", kinds=", ".join(KINDS)), field="kind",
                value=kind, expected=list(KINDS),
            )
    wanted = select(EVENT.c.stream, EVENT.c.seq).where(EVENT.c.stream.startswith("case/"))
    if kinds:
        wanted = wanted.where(or_(*map(_of_kind, kinds)))
    with refusals_noted(house, actor, "audit"), house.store.reading() as conn:
        may_audit(house, conn, actor)
        if definition is not None:
            name = library.latest(house.store, conn, definition)[2].name
            wanted = wanted.where(EVENT.c.stream.in_(select("case/" + cases.CASE.c.number).where(cases.CASE.c.definition == name)))
        rows = conn.execute(wanted.order_by(EVENT.c.occurred_at.desc(), EVENT.c.stream, EVENT.c.seq.desc()).limit(limit)).all()
        told = _told(house, conn, sorted({row.stream for row in rows}))
    return [told[row.stream, row.seq] for row in rows]


def _of_kind(kind: str) -> ColumnElement[bool]:
    if kind in ("reminded", "escalated"):
        return and_(EVENT.c.kind == "rung", EVENT.c.body.contains(f'"{kind}":["'))
    return EVENT.c.kind == kind


def _told(house: House, conn: Connection, streams: Sequence[str]) -> dict[tuple[str, int], Happened]:
    """Every event of these cases in words, by (stream, seq); personal values are left out."""
    numbers = [stream.removeprefix("case/") for stream in streams]
    query = select(cases.CASE.c.number, cases.CASE.c.version_id).where(cases.CASE.c.number.in_(numbers))
    versions = {row.number: row.version_id for row in conn.execute(query)}
    organisation = library.organisation(house.store, conn)
    tellers: dict[str, Teller] = {}
    told: dict[tuple[str, int], Happened] = {}
    events = select(EVENT.c.stream, EVENT.c.body).where(EVENT.c.stream.in_(streams)).order_by(EVENT.c.stream, EVENT.c.seq)
    for stream, body in conn.execute(events):
        number = stream.removeprefix("case/")
        if number not in tellers:
            definition = library.definition(house.store, conn, versions[number])
            zone = library.calendar(house.store, conn, definition.calendar).timezone
            tellers[number] = Teller(
                definition, organisation, zone, None, {}, lambda version: library.definition(house.store, conn, version)
            )
        (line,) = tellers[number].tell([event_from(json.loads(body))])
        told[stream, line.seq] = Happened(number, tellers[number].zone, line)
    return told
