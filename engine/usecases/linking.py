"""Linking two cases: each keeps its own history, and both point at each other."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from engine.deciding.case import Event
from engine.deciding.rights import Actor
from engine.ground.errors import Conflict, Invalid
from engine.ground.language import say
from engine.records import cases
from engine.usecases.access import refusals_noted
from engine.usecases.amending import taking_part
from engine.usecases.house import House
from engine.usecases.settling import settle
from engine.usecases.work import Outcome, Work, take_up
from engine.usecases.writing import outcome, write

BACKWARDS = {"related": "related", "duplicate": "has_duplicate", "follow_up": "followed_by"}   # what the other case says


def link(house: House, number: str, actor: Actor, kind: str, other: str) -> Outcome:
    """Link a case with another: `related`, `duplicate` (of the other), `follow_up` (to the other). Both histories say so.

    Raises Invalid (unknown kind, a case with itself), Conflict (linked so already), NotFound, Denied.
    """
    if kind not in BACKWARDS or number == other:
        raise Invalid(
            say("{case} cannot be linked with {other} as '{kind}'", case=number, other=other, kind=kind),
            hint=say("Kinds of links between two cases: {kinds}.", kinds=", ".join(BACKWARDS)),
            field="kind", value=kind, expected=list(BACKWARDS),
        )
    now = house.clock.now()
    with refusals_noted(house, actor, "link", case=number), house.store.writing() as conn:
        both = sorted((number, other))   # always locked in the same order
        before = {name: _settled(house, conn, name, now) for name in both}   # what falls due in one may change the other
        works = {name: take_up(house, conn, cases.load(conn, name), now) for name in both}
        if (kind, other) in works[number].case.links:
            already = say("{case} is already linked with {other} as '{kind}'", case=number, other=other, kind=kind)
            raise Conflict(already, case=number, changed="link")
        _record(works[number], actor, kind, other)
        _record(works[other], actor, BACKWARDS[kind], number)
        for work in works.values():
            write(work)
        return replace(outcome(works[number]), settled=before[number])


def _settled(house: House, conn: Connection, number: str, now: datetime) -> tuple[Event, ...]:
    work = take_up(house, conn, cases.load(conn, number), now)
    if settle(work):
        write(work)
    return tuple(work.events)


def _record(work: Work, actor: Actor, kind: str, other: str) -> None:
    data: dict[str, Any] = {"link": [kind, other]}
    taking_part(work, actor).record("linked", actor, work.now, data)
