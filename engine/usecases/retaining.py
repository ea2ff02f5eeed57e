"""Retention: whoever has had no open case for as long as the procedures say is erased.

Each case is kept as long as the latest published version of its procedure says (`privacy: {retain: …}`), counted from the local date on
which it was closed. A person is erased when that is over for all of their cases; with an open case, or one whose procedure says nothing,
they are kept. Reopening a case starts it anew. What was said in a case that has no party goes when its own time is over.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection, func, select

from engine.deciding.clock_dates import last_date, nth_date
from engine.deciding.rights import Actor
from engine.defining.definition import Definition
from engine.ground.clock import aware
from engine.ground.errors import NotFound
from engine.ground.language import say
from engine.ground.masking import masked_name
from engine.ground.worktime import end_of_day
from engine.records import library, parties
from engine.records.cases import CASE
from engine.usecases.access import refusals_noted
from engine.usecases.allowing import allowed
from engine.usecases.erasing import Erased, for_good
from engine.usecases.house import House

PARTY = parties.PARTY


@dataclass(frozen=True, slots=True)
class Expiring:
    """Somebody who is erased at `due_at`, or a case without a party whose words are."""

    due_at: datetime
    party: int | None
    name: str | None                     # masked
    cases: tuple[str, ...] = field(default=())


def expiring(house: House, until: datetime) -> list[Expiring]:
    """Whose time is over by then, soonest first, as things stand now."""
    with house.store.reading() as conn:
        found = [one for one in (*_people(house, conn), *_cases_alone(house, conn)) if one.due_at <= aware(until)]
        known = parties.parties(conn, [one.party for one in found if one.party is not None])
        numbers = _numbers(conn, list(known))
    named = [
        one if one.party is None else Expiring(one.due_at, one.party, masked_name(known[one.party].name or ""), tuple(numbers[one.party]))
        for one in found
    ]
    return sorted(named, key=lambda one: (one.due_at, one.party or 0, one.cases))


def preview(house: House, until: datetime, actor: Actor) -> list[Expiring]:
    """What `expiring` says, for somebody who asks; raises Denied for whoever has not the right `erase`."""
    _may_erase(house, actor)
    return expiring(house, until)


def retain(house: House, actor: Actor) -> list[Erased]:
    """Erase everybody whose time is over now; raises Denied for whoever has not the right `erase`."""
    _may_erase(house, actor)
    done = []
    for one in expiring(house, house.clock.now()):
        with house.store.reading() as conn:
            if not _still(conn, one):
                continue
            if one.party is not None:
                names = parties.keys_of(conn, one.party)
            else:
                names = list(conn.execute(select(CASE.c.key).where(CASE.c.number.in_(one.cases))).scalars())
        done.append(for_good(house, one.party, names, actor, say("retention"), () if one.party is not None else one.cases))
    return done


def _may_erase(house: House, actor: Actor) -> None:
    with refusals_noted(house, actor, "retention"), house.store.reading() as conn:
        allowed(library.organisation(house.store, conn), actor, "erase")


def _still(conn: Connection, one: Expiring) -> bool:
    """Whether no case of theirs is open by now: erasing the others before them took its time, and somebody may have come back."""
    theirs = CASE.c.number.in_(one.cases) if one.party is None else CASE.c.party_id == one.party
    return conn.execute(select(CASE.c.id).where(theirs, CASE.c.closed_at.is_(None)).limit(1)).first() is None


def _people(house: House, conn: Connection) -> Iterator[Expiring]:
    """When each person with closed cases alone, all of which are kept for a time, is due."""
    query = (
        select(CASE.c.party_id, CASE.c.definition, func.max(CASE.c.closed_at).label("closed"), func.count().label("all"),
               func.count(CASE.c.closed_at).label("closed_cases"))
        .join_from(CASE, PARTY, PARTY.c.id == CASE.c.party_id).where(PARTY.c.erased_at.is_(None))
        .group_by(CASE.c.party_id, CASE.c.definition).order_by(CASE.c.party_id)
    )
    for party_id, rows in groupby(conn.execute(query).all(), key=lambda row: row.party_id):
        due = [_due(house, conn, row.definition, row.closed) if row.all == row.closed_cases else None for row in rows]
        known = [at for at in due if at is not None]
        if len(known) == len(due):
            yield Expiring(max(known), party_id, None)


def _cases_alone(house: House, conn: Connection) -> Iterator[Expiring]:
    query = select(CASE.c.number, CASE.c.definition, CASE.c.closed_at)
    for row in conn.execute(query.where(CASE.c.party_id.is_(None), CASE.c.key.is_not(None), CASE.c.closed_at.is_not(None))).all():
        due = _due(house, conn, row.definition, row.closed_at)
        if due is not None:
            yield Expiring(due, None, None, (row.number,))


def _due(house: House, conn: Connection, bundle: str, closed_at: datetime) -> datetime | None:
    """When what was closed then is kept no longer; None when its procedure does not say."""
    definition = _latest(house, conn, bundle)
    if definition is None or definition.privacy.retain is None:
        return None
    calendar = library.calendar(house.store, conn, definition.calendar)
    return end_of_day(calendar, nth_date(calendar, last_date(calendar, closed_at), definition.privacy.retain))


def _latest(house: House, conn: Connection, bundle: str) -> Definition | None:
    try:
        return library.latest(house.store, conn, bundle)[2]
    except NotFound:
        return None


def _numbers(conn: Connection, ids: list[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {id_: [] for id_ in ids}
    for row in conn.execute(select(CASE.c.party_id, CASE.c.number).where(CASE.c.party_id.in_(ids)).order_by(CASE.c.id)) if ids else ():
        found[row.party_id].append(row.number)
    return found
