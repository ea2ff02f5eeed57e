"""Cases as rows: loading, inserting, and saving with a version check.

The hot path of the product. Loading a case takes two statements, whatever hangs on it; saving takes one for the row, one for
its events, and one each for work items and timer where these differ from what was loaded.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, func, select, update
from sqlalchemy import insert as insert_into

from engine.deciding.case import CaseState, Event, case_from, case_json
from engine.ground.canonical import canonical
from engine.ground.errors import Conflict, NotFound, Tampered
from engine.ground.language import say
from engine.records import history, in_force, items, outbox, parties, sealing, timers
from engine.records.items import NO_DUE, Item
from engine.records.prepared import Prepared
from engine.records.store import writes
from engine.records.timers import CASE, TIMER, Due, Timer, count_due, due_cases, next_fire, put_off

__all__ = [
    "CASE", "NO_DUE", "Due", "Item", "Loaded", "count_due", "due_cases", "insert", "load", "load_batch", "load_id", "next_fire",
    "open_cases_of", "put_off", "save",
]


@dataclass(slots=True)
class Loaded:
    """A case with what the database held when it was loaded; `case` is the state to change, the rest is for saving it."""

    id: int
    case: CaseState
    definition: str                      # name of the bundle
    revision: int
    head: str
    due_at: datetime | None
    seq: int = 0
    recorded_at: datetime | None = None
    owner: str | None = None
    timer: Timer | None = None
    attempts: int = 0                    # failed attempts to settle since the timer was set
    items: list[Item] = field(default_factory=list)
    item_ids: list[int] = field(default_factory=list)
    by_hand: bool = False                # has work items of kind `notice`, which the outbox keeps


# --- loading ------------------------------------------------------------------------------------------------------------

# The party and what is in force of organisation and calendars come along: every decision about a case asks for them.
_case = select(
    CASE.c.id, CASE.c.body, CASE.c.definition, CASE.c.revision, CASE.c.head, CASE.c.due_at, TIMER.c.due_at.label("timer_due"),
    TIMER.c.fire_at.label("timer_fire"), TIMER.c.attempts.label("timer_attempts"), *in_force.COLUMNS, *parties.COLUMNS,
).select_from(CASE.outerjoin(TIMER, TIMER.c.case_id == CASE.c.id).outerjoin(parties.PARTY, parties.PARTY.c.id == CASE.c.party_id))
_locked = _case.with_for_update(of=CASE)
_by_ids, _by_ids_locked = (query.where(CASE.c.id.in_(bindparam("of", expanding=True))) for query in (_case, _locked))
_by_number, _by_number_locked = (Prepared(query.where(CASE.c.number == bindparam("of"))) for query in (_case, _locked))
_by_id, _by_id_locked = (Prepared(query.where(CASE.c.id == bindparam("of"))) for query in (_case, _locked))


def load(conn: Connection, number: str) -> Loaded:
    """A case by its number, locked when this transaction writes; raises NotFound with the nearest numbers. Two statements."""
    row = (_by_number_locked if writes(conn) else _by_number).one(conn, {"of": number})
    if row is None:
        raise _not_found(conn, number)
    return _with_items(conn, row)


def load_id(conn: Connection, case_id: int) -> Loaded:
    """A case by its id, locked when this transaction writes; raises NotFound. Two statements."""
    row = (_by_id_locked if writes(conn) else _by_id).one(conn, {"of": case_id})
    if row is None:
        raise NotFound(say("There is no case with the id {id}", id=case_id), kind="case", name=str(case_id))
    return _with_items(conn, row)


def load_batch(conn: Connection, ids: Sequence[int]) -> list[Loaded]:
    """Cases by their ids, in that order, those that exist, locked when this transaction writes. Two statements in all."""
    if len(ids) < 2:
        row = (_by_id_locked if writes(conn) else _by_id).one(conn, {"of": ids[0]}) if ids else None
        return [] if row is None else [_with_items(conn, row)]
    rows = conn.execute(_by_ids_locked if writes(conn) else _by_ids, {"of": list(ids)}).all()
    sealing.fetch(conn, {row.party_key for row in rows if row.party_key is not None})
    loaded = {row.id: _loaded(conn, row) for row in rows}
    for case_id, *item in conn.execute(items.OF_CASES, {"of": list(loaded)}):
        _take_item(loaded[case_id], item)
    return [loaded[case_id] for case_id in ids if case_id in loaded]


def _with_items(conn: Connection, row: Any) -> Loaded:
    loaded = _loaded(conn, row)
    for _, *item in items.OF_CASE.all(conn, {"of": loaded.id}):
        _take_item(loaded, item)
    return loaded


def _loaded(conn: Connection, row: Any) -> Loaded:
    try:
        case = case_from(json.loads(row.body))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Tampered(
            say("The case {id} as stored cannot be read: it was changed behind the back of makegood", id=row.id),
            hint=say("`makegood audit verify` shows what else was changed; put back a backup."), stream="case", seq=0, reason="unreadable",
        ) from error
    in_force.remember(conn, row)
    if case.party is not None:
        parties.remember(conn, case.party, row)
    return Loaded(
        row.id, case, row.definition, row.revision, row.head, row.due_at, case.seq, case.recorded_at, case.owner,
        (row.timer_due, row.timer_fire) if row.timer_due else None, row.timer_attempts or 0,
    )


def _take_item(loaded: Loaded, values: Sequence[Any]) -> None:
    item = Item(*values[1:])
    if item.kind == "notice":
        loaded.by_hand = True
    else:
        loaded.item_ids.append(values[0])
        loaded.items.append(item)


def _not_found(conn: Connection, number: str) -> NotFound:
    recent = select(CASE.c.number).order_by(CASE.c.id.desc()).limit(500)
    near = get_close_matches(number.strip().upper(), conn.execute(recent).scalars().all(), 3, 0.8)
    hint = say("Did you mean {near}?", near=", ".join(near)) if near else say("`makegood case list` shows the cases.")
    return NotFound(say("There is no case {number}", number=number), hint=hint, kind="case", name=number, near=near)


# --- writing ------------------------------------------------------------------------------------------------------------

_CHANGING = ("version_id", "state", "owner", "party_id", "closed_at", "due_at", "breaches", "revision", "head", "body")
_NEW = tuple(f"new_{name}" for name in _CHANGING)
_update_case = Prepared(update(CASE).where(CASE.c.id == bindparam("of"), CASE.c.revision == bindparam("loaded")).values(
    {name: bindparam(new) for name, new in zip(_CHANGING, _NEW, strict=True)}
))
_insert_case = Prepared(
    insert_into(CASE).returning(CASE.c.id), ("number", "definition", "opened_at", "origin", *_CHANGING)
)


def insert(
    conn: Connection, definition_name: str, case: CaseState, events: Sequence[Event], work_items: Sequence[Item], breaches: int,
    due_at: datetime | None, timer: Timer | None, *, origin: str | None = None,
) -> Loaded:
    """Write a new case with its events, work items and timer; raises Conflict when its number or origin exists already.

    `due_at` is the earliest due time of a running clock, `breaches` how many clocks stand breached. Two to four statements.
    """
    _in_order(events, 0, None)
    rows, head = history.chain("", events)
    case_id = int(_insert_case.one(conn, {
        "number": case.number, "definition": definition_name, "opened_at": case.opened_at, "origin": origin,
        **dict(zip(_CHANGING, _columns(case, breaches, due_at, 1, head), strict=True)),
    }).id)
    history.write(conn, rows)
    loaded = Loaded(case_id, case, definition_name, 1, head, due_at, case.seq, case.recorded_at, case.owner)
    _write_rest(conn, loaded, work_items, timer)
    return loaded


def save(
    conn: Connection, loaded: Loaded, events: Sequence[Event], work_items: Sequence[Item], breaches: int, due_at: datetime | None,
    timer: Timer | None,
) -> None:
    """Write a changed case: its row, the events that changed it, and where they differ its work items and timer.

    Raises Conflict when somebody else saved the case since it was loaded. Two to five statements. `loaded` then holds the new
    revision and head; load the case again before saving it once more.
    """
    _in_order(events, loaded.seq, loaded.recorded_at)
    case, revision = loaded.case, loaded.revision + 1
    rows, head = history.chain(loaded.head, events)
    _update_case.later(conn, [{
        "of": loaded.id, "loaded": loaded.revision, **dict(zip(_NEW, _columns(case, breaches, due_at, revision, head), strict=True)),
    }], unless=partial(_changed_meanwhile, case.number))
    history.write(conn, rows)
    _write_rest(conn, loaded, work_items, timer)
    if loaded.by_hand and (loaded.owner != case.owner or loaded.due_at != due_at):
        outbox.refresh_work_items(conn, loaded.id)
    loaded.revision, loaded.head, loaded.due_at = revision, head, due_at
    loaded.seq, loaded.recorded_at, loaded.owner = case.seq, case.recorded_at, case.owner


def _changed_meanwhile(number: str) -> Conflict:
    return Conflict(
        say("{case} was changed by somebody else meanwhile", case=number),
        hint=say("Look again with `makegood case show {case}`, then decide.", case=number), case=number, changed="revision",
    )


def _in_order(events: Sequence[Event], seq: int, recorded: datetime | None) -> None:
    """Numbers without gaps, recorded times that never decrease: what breaks this would not verify, so it is never written."""
    for event in events:
        if event.seq != seq + 1 or (recorded is not None and event.recorded_at < recorded):
            raise ValueError(f"{event.stream}: event {event.seq} of {event.recorded_at} cannot follow {seq} of {recorded}")
        seq, recorded = event.seq, event.recorded_at


def _columns(case: CaseState, breaches: int, due_at: datetime | None, revision: int, head: str) -> tuple[Any, ...]:
    """The values of `_CHANGING`."""
    return (
        case.version_id, case.state, case.owner, case.party, case.closed_at, due_at, breaches, revision, head, canonical(case_json(case)),
    )


def _write_rest(conn: Connection, loaded: Loaded, work_items: Sequence[Item], timer: Timer | None) -> None:
    items.replace(conn, loaded.id, list(zip(loaded.item_ids, loaded.items, strict=True)), work_items)
    timers.write(conn, loaded.id, loaded.timer, loaded.attempts, timer)


def open_cases_of(conn: Connection, people: Iterable[str]) -> dict[str, int]:
    """How many open cases each of these people owns."""
    count = dict.fromkeys(people, 0)
    query = select(CASE.c.owner, func.count()).where(CASE.c.owner.in_(list(count)), CASE.c.closed_at.is_(None)).group_by(CASE.c.owner)
    return count | {row[0]: row[1] for row in conn.execute(query)}


def _dated(origin: str) -> ColumnElement[bool]:
    """Origins that begin so and end with a date: a stretch of the index."""
    return CASE.c.origin.between(f"{origin}0001-01-01", f"{origin}9999-12-31")


def any_open(conn: Connection, origin: str) -> bool:
    """Whether a case is open whose origin is these words and a date."""
    return conn.execute(select(CASE.c.id).where(_dated(origin), CASE.c.closed_at.is_(None)).limit(1)).first() is not None


def last_closed(conn: Connection, origin: str) -> str | None:
    """The origin with the latest date of a closed case whose origin is these words and a date."""
    found: str | None = conn.execute(select(func.max(CASE.c.origin)).where(_dated(origin), CASE.c.closed_at.is_not(None))).scalar_one()
    return found
