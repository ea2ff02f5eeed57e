"""A member of staff, or the customer, acts on a case."""

from collections.abc import Mapping
from typing import Any

from engine.deciding import fields
from engine.deciding.machine import Option, options
from engine.deciding.rights import Actor
from engine.records import cases
from engine.usecases.door import working
from engine.usecases.filing import keep, uploads_apart
from engine.usecases.house import House
from engine.usecases.moving import take
from engine.usecases.settling import settle
from engine.usecases.work import Outcome, standing, take_up


def act(
    house: House, number: str, action: str, actor: Actor, given: Mapping[str, Any] | None = None, *, revision: int | None = None
) -> Outcome:
    """Take an action of a case, or finish a task of it; `given` holds raw field values and `comment`.

    Raises NotFound (case), Conflict (changed since `revision`), Invalid (wrong or missing values), NotAllowed (not now),
    Denied (not this person); then nothing is changed.
    """
    with working(house, number, revision) as door:
        work = door.work
        standing(work.organisation, actor)
        plain, uploads = uploads_apart(given or {})
        take(work, action, actor, work.now, fields.parse_given(work.definition, plain, work.timezone))
        keep(work, uploads)
    return door.outcome


def possible(house: House, number: str, actor: Actor) -> list[Option]:
    """Every action and open task of the case's state, each with the reasons why this actor cannot take it now.

    Looks at the case as it would stand after settling, and writes nothing.
    """
    with house.store.reading() as conn:
        work = take_up(house, conn, cases.load(conn, number), house.clock.now())
        settle(work)
        return options(work.situation(actor))
