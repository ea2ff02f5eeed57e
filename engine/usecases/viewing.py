"""Looking at cases: who may see which part of one, and which cases somebody's lists hold."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import JSON, ColumnElement, Connection, and_, cast, false, or_, select, type_coerce

from engine.deciding.rights import SYSTEM, Actor, called, has_right
from engine.deciding.seeing import Seen, of_post, seen, standing_of
from engine.defining.definition import Definition
from engine.defining.organisation import Organisation
from engine.defining.posts import role_of
from engine.defining.vocabulary import Sight
from engine.ground.errors import Denied
from engine.ground.language import say
from engine.records import library
from engine.records.cases import CASE, Loaded
from engine.records.items import WORK_ITEM
from engine.usecases.allowing import allowed
from engine.usecases.house import House


def look(
    house: House, conn: Connection, loaded: Loaded, actor: Actor, part: Sight = Sight.CASE, values: Mapping[str, Any] | None = None
) -> Seen:
    """What somebody may see of a case; raises Denied when not even that part of it. `values` are those of sealed fields, where known."""
    definition = library.definition(house.store, conn, loaded.case.version_id)
    organisation = library.organisation(house.store, conn)
    found = seen_of(house, definition, organisation, loaded, actor, values)
    if part in found.parts:
        return found
    holders = {one for role in definition.roles for one in organisation.holders(role)} | {loaded.case.owner or ""}
    could = ", ".join(called(holders, organisation)) or say("nobody")
    raise Denied(
        say("{who} may not see {case}: they have no work in it and no post that sees it; these have to do with it: {could}",
            who=actor.id, case=loaded.case.number, could=could),
        hint=say("Ask one of them, or whoever has the right to audit."), who=actor.id, why="see", who_could=could, case=loaded.case.number,
    )


def may_audit(house: House, conn: Connection, actor: Actor) -> None:
    """Refuse whoever has not the right to `audit`; raises Denied."""
    if actor.id != SYSTEM:
        allowed(library.organisation(house.store, conn), actor, "audit")


_OVERSEEING = ("audit", "publish", "apply")


def may_oversee(house: House, conn: Connection, actor: Actor) -> None:
    """Refuse whoever answers neither for the audit nor for what is in force to see figures of the whole house; raises Denied."""
    if actor.id != SYSTEM:
        allowed(library.organisation(house.store, conn), actor, *_OVERSEEING)


def oversees(house: House, conn: Connection, actor: Actor) -> bool:
    """Whether somebody may see figures of the whole house."""
    organisation = library.organisation(house.store, conn)
    return actor.id == SYSTEM or any(has_right(organisation, actor, right) for right in _OVERSEEING)


def may_see_figures(house: House, conn: Connection, definition: Definition, actor: Actor, *, of_one: bool = False) -> None:
    """Whoever holds a post of a procedure or cycle sees its figures; others, and whoever asks for the figures of one person, need the right
    to audit, publish or apply. Raises Denied."""
    posts = library.organisation(house.store, conn).posts
    if of_one or not any(posts.holds(actor.id, role) for role in definition.roles):
        may_oversee(house, conn, actor)


def seen_of(
    house: House, definition: Definition, organisation: Organisation, loaded: Loaded, actor: Actor,
    values: Mapping[str, Any] | None = None,
) -> Seen:
    """What somebody may see of a case, now."""
    known = {**loaded.case.fields, **(values or {})}     # people and units stand in cases as they are read
    return seen(actor, definition, loaded.case, organisation, known.get, house.clock.now())


def visible(house: House, conn: Connection, actor: Actor) -> ColumnElement[bool] | None:
    """The condition for cases that somebody may see, to be added to a query over cases; None when they see all.

    Cases they own or have work in; those of procedures in force of which they hold a post that sees them, of its own units alone.
    """
    organisation = library.organisation(house.store, conn)
    if actor.id == SYSTEM or has_right(organisation, actor, "audit"):
        return None
    if actor.id not in organisation.people:
        return false()
    asked = standing_of(actor, organisation, house.clock.now())
    posts = {name for post in asked.posts for name in (post, role_of(post))}
    work = select(WORK_ITEM.c.id).where(
        WORK_ITEM.c.case_id == CASE.c.id, or_(WORK_ITEM.c.person.in_(asked.people), WORK_ITEM.c.role.in_(posts))
    )
    found: list[ColumnElement[bool]] = [CASE.c.owner.in_(asked.people), work.exists()]
    for definition in library.definitions(house.store, conn):
        name = definition.name
        for role in definition.roles.values():
            if Sight.CASE not in of_post(role, at_work=False):
                continue
            if role.of is None and asked.holds([role.name]):
                found.append(CASE.c.definition == name)
            elif role.of is not None:
                units = [post.removeprefix(f"{role.name} of ") for post in asked.posts if post.startswith(f"{role.name} of ")]
                found += [and_(CASE.c.definition == name, public_value(conn, role.of).in_(units))] if units else []
    return or_(*found)


def public_value(conn: Connection, name: str) -> ColumnElement[str]:
    """The public value of a field, out of the case as it is stored."""
    found: ColumnElement[str] = stored(conn)["fields"][name].as_string()
    return found


def stored(conn: Connection) -> Any:
    """The case as it is stored, for looking into it within a statement."""
    return cast(CASE.c.body, JSON) if conn.dialect.name == "postgresql" else type_coerce(CASE.c.body, JSON)
