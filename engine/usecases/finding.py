"""Finding a case by whatever is known of it: its number, the customer, a word somebody wrote. Writes nothing."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, select

from engine.deciding.rights import SYSTEM, Actor
from engine.ground.canonical import canonical
from engine.ground.errors import Denied, Invalid
from engine.ground.language import say
from engine.ground.masking import masked_party
from engine.records import library, parties
from engine.records.parties import Party
from engine.usecases.house import House
from engine.usecases.listing import CASE, COLUMNS, WITH_PARTY, Page, bounded, lines_of, only
from engine.usecases.revealing import Looker, Reveal, may_reveal_one, on_record
from engine.usecases.viewing import visible


def find(house: House, text: str, limit: int = 50, *, actor: Actor) -> Page:
    """Cases that the actor may see whose number or public entries contain the text, in any case, or whose customer has what it asks
    for (`engine.ground.terms`).

    Numbers first, then customers, then entries; latest case first within each. What is personal besides the customer's name, mail address
    and telephone number is sealed, and not found. Raises Invalid for an empty text.
    """
    bounded(limit, 1)
    wanted = text.strip()
    if not wanted:
        raise Invalid(
            say("There is nothing to look for"), hint=say("Give a number, a name, an address or a word."), field="text", expected="text"
        )
    with house.store.reading() as conn:
        found: dict[int, tuple[Row[Any], list[str]]] = {}
        for row, where in _matches(house, conn, wanted, limit + 1, actor):
            found.setdefault(row.id, (row, []))[1].append(where)
        chosen = list(found.values())[: limit + 1]
        lines = lines_of(house, conn, [row for row, _ in chosen[:limit]], house.clock.now(), [tuple(dict.fromkeys(w)) for _, w in chosen])
        return Page(tuple(lines), 1, len(chosen) > limit, house.clock.now())


def _matches(house: House, conn: Connection, text: str, limit: int, actor: Actor) -> Iterator[tuple[Row[Any], str]]:
    base = only(select(*COLUMNS).select_from(WITH_PARTY), visible(house, conn, actor)).order_by(CASE.c.id.desc()).limit(limit)
    for row in conn.execute(base.where(CASE.c.number.icontains(text, autoescape=True))):
        yield row, "number"
    known = parties.ids_of(conn, text, limit)
    for row in conn.execute(base.where(CASE.c.party_id.in_(known))) if known else ():
        yield row, "customer"
    inside = canonical(text)[1:-1]  # as it stands within a JSON text
    for row in conn.execute(base.add_columns(CASE.c.body).where(CASE.c.body.icontains(inside, autoescape=True))):
        fields = library.definition(house.store, conn, row.version_id).fields
        for name, value in _public(row.body):
            if name in fields and fields[name].sees and actor.id != SYSTEM:
                continue     # for its own readers, who look into the case
            if text.casefold() in value.casefold():
                yield row, name


def _public(body: str) -> Iterator[tuple[str, str]]:
    for name, value in json.loads(body)["fields"].items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str):
                yield name, one


def find_parties(house: House, text: str = "", limit: int = 50, *, actor: Actor) -> list[Party]:
    """Parties, masked, whose name, e-mail or telephone has what the text asks for, by name; without a text the latest.

    Of those found only whoever has a case that the actor may see. Raises Invalid for a limit out of range.
    """
    bounded(limit, 1)
    with house.store.reading() as conn:
        found, seen = parties.find_parties(conn, text.strip(), limit), visible(house, conn, actor)
        if seen is not None:
            theirs = select(CASE.c.party_id).where(CASE.c.party_id.in_([one.id for one in found]), seen)
            known = set(conn.execute(theirs).scalars())
            found = [one for one in found if one.id in known]
        return [_masked(one) for one in found]


def party(house: House, party_id: int, by: Looker, limit: int = 50) -> tuple[Party, Page]:
    """A party, masked, and its cases that the actor may see, latest first; raises NotFound, Invalid for a limit out of range, Denied for
    whoever sees none of them.

    To a `Reveal` it is shown as it is, which is recorded first; raises Denied for somebody without work in any of these cases.
    """
    bounded(limit, 1)
    actor, now = by.actor if isinstance(by, Reveal) else by, house.clock.now()
    with on_record(house, by, "party", party=party_id), house.store.reading() as conn:
        found = parties.party(conn, party_id)
        seen = visible(house, conn, actor)
        query = only(select(*COLUMNS).select_from(WITH_PARTY), seen).where(CASE.c.party_id == party_id)
        rows = conn.execute(query.order_by(CASE.c.id.desc()).limit(limit + 1)).all()
        if isinstance(by, Reveal):
            may_reveal_one(house, conn, [row.id for row in rows], actor)
        elif seen is not None and not rows:
            raise Denied(
                say("{who} may not see party {id}: it has no case that they see", who=actor.id, id=party_id),
                hint=say("Ask whoever works on its cases, or has the right to audit."), who=actor.id, why="see",
            )
        page = Page(tuple(lines_of(house, conn, rows[:limit], now)), 1, len(rows) > limit, now)
    return found if isinstance(by, Reveal) else _masked(found), page


def _masked(one: Party) -> Party:
    details: dict[str, Any] = masked_party(one.known)
    return replace(one, **details)
