"""Tokens: with one of these a program acts as the person who made it, until its time is over or it is revoked."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from unicodedata import category

from sqlalchemy import Connection, Row

from engine.deciding.rights import Actor
from engine.ground.errors import Conflict, Denied, Invalid, NotFound
from engine.ground.language import say
from engine.records import credentials, library
from engine.records.credentials import Kind
from engine.usecases.access import note, refusals_noted
from engine.usecases.allowing import allowed
from engine.usecases.house import House, span
from engine.usecases.identity import BY_TOKEN
from engine.usecases.work import standing

LONGEST_LIFE = timedelta(days=366)
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class TokenLine:
    """A token that was not revoked, without its secret."""

    person: str
    name: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    expired: bool


def create(house: House, actor: Actor, name: str, expires: str) -> tuple[str, datetime]:
    """A new token of the actor's own, told here and nowhere else, and until when it counts.

    Raises Invalid (name, time), Conflict (a token of that name), Denied for whoever came by a token: it would never end.
    """
    now, life = house.clock.now(), span(expires, "expires", LONGEST_LIFE)
    if not 1 <= len(name) <= LONGEST_NAME or any(category(letter).startswith(("C", "Z")) and letter != " " for letter in name):
        raise Invalid(
            say("The name of a token has 1 to {most} characters on one line", most=LONGEST_NAME),
            hint=say("Name what will use it, for example nightly-report."), field="name", expected=f"1..{LONGEST_NAME}",
        )
    with refusals_noted(house, actor, "token create"), house.store.writing() as conn:
        standing(library.organisation(house.store, conn), actor)
        if actor.identified == BY_TOKEN:
            raise Denied(
                say("A token cannot make further tokens"), hint=say("Log in with your password first."), who=actor.id, why="token",
            )
        if _of_name(conn, actor.id, name, now):
            raise Conflict(
                say("You have a token called '{name}' already", name=name),
                hint=say("Choose another name, or revoke that one: makegood token revoke NAME."), changed="token",
            )
        words, until = credentials.secret(), now + life
        mark = credentials.add(conn, Kind.TOKEN, actor.id, credentials.hashed(words), now, actor.id, name=name, expires_at=until)
        note(conn, now, "token_created", actor, {"token": name, "until": until.isoformat(), "credential": mark})
    return words, until


def tokens(house: House, actor: Actor, *, everybody: bool = False) -> list[TokenLine]:
    """The actor's tokens that were not revoked, or everybody's; raises Denied for whoever may not `apply` and asks for all."""
    now = house.clock.now()
    with refusals_noted(house, actor, "token list"), house.store.reading() as conn:
        if everybody:
            allowed(library.organisation(house.store, conn), actor, "apply")
        rows = credentials.listed(conn, [Kind.TOKEN], holder=None if everybody else actor.id)
    return [
        TokenLine(row.holder, row.name, row.created_at, row.expires_at, row.used_at, not credentials.live(row, now)) for row in rows
    ]


def revoke(house: House, actor: Actor, name: str, person: str | None = None) -> None:
    """Let a token count no more: an own one, or with the right to `apply` that of a person. Raises NotFound, Denied."""
    now, whose = house.clock.now(), person or actor.id
    with refusals_noted(house, actor, "token revoke"), house.store.writing() as conn:
        if whose != actor.id:
            allowed(library.organisation(house.store, conn), actor, "apply")
        rows = _of_name(conn, whose, name, None)
        if not rows:
            raise NotFound(
                say("There is no token '{name}' of {person}", name=name, person=whose),
                hint=say("`makegood token list` shows them."), kind="token", name=name,
            )
        credentials.end(conn, rows, now)
        note(conn, now, "token_revoked", actor, {"token": name, "person": whose})


def _of_name(conn: Connection, person: str, name: str, now: datetime | None) -> list[Row[Any]]:
    rows = credentials.listed(conn, [Kind.TOKEN], holder=person)
    return [row for row in rows if row.name == name and (now is None or credentials.live(row, now))]
