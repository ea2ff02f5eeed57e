"""A member of staff, or the customer, acts on a case."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.deciding import fields, readers
from engine.deciding.dating import MOMENT, wrongly_dated
from engine.deciding.machine import Option, options, refusal
from engine.deciding.obstacles import find
from engine.deciding.rights import Actor
from engine.records import cases
from engine.usecases.door import working
from engine.usecases.filing import keep, uploads_apart
from engine.usecases.house import House
from engine.usecases.moving import take
from engine.usecases.settling import at_once, settle
from engine.usecases.work import Outcome, Work, standing, take_up


def act(
    house: House, number: str, action: str, actor: Actor, given: Mapping[str, Any] | None = None, *, revision: int | None = None,
    at: str | None = None,
) -> Outcome:
    """Take an action of a case, or finish a task of it; `given` holds raw field values and `comment`.

    `at` says when it was really done, where its `backdate` allows: a time without an offset is local to the procedure. It is decided and
    counts as of then; what follows from it until now is carried out at once. Raises NotFound (case), Conflict (changed since `revision`),
    Invalid (wrong or missing values), NotAllowed (not now, not dated so), Denied (not this person); then nothing is changed.
    """
    with working(house, number, actor, action, revision) as door:
        act_within(door.work, action, actor, given or {}, at)
    return door.outcome


def act_within(
    work: Work, action: str, actor: Actor, given: Mapping[str, Any], at: str | None = None, until: datetime | None = None
) -> None:
    """The same within a piece of work that is settled already, and written by whoever took it up.

    After an act of earlier only what fell due before `until` is carried out, where the next one, of that moment, is known already.
    """
    standing(work.organisation, actor)
    plain, uploads = uploads_apart(given)
    values = fields.parse_given(work.definition, plain, work.timezone)
    if at is None:
        take(work, action, actor, work.now, values)
    else:
        _take_as_of(work, action, actor, readers.instant(fields.parse(MOMENT, at, work.timezone)), values, until)
    keep(work, uploads)


def _take_as_of(work: Work, name: str, actor: Actor, at: datetime, values: Mapping[str, Any], until: datetime | None) -> None:
    """Take an action as of an earlier instant, then carry out what fell due since (until then, or now); raises as `act` does."""
    what = find(work.definition, work.case, name)
    if what is not None and at != work.now:
        situation = work.situation(actor, at)
        wrong = wrongly_dated(situation, what, work.now)
        if wrong is not None:
            raise refusal(situation, name, [wrong])
    with work.back_dated(at):
        take(work, name, actor, at, values)
        at_once(work, at)
    settle(work, until=until)


def possible(house: House, number: str, actor: Actor) -> list[Option]:
    """Every action and open task of the case's state, each with the reasons why this actor cannot take it now.

    Looks at the case as it would stand after settling, and writes nothing.
    """
    with house.store.reading() as conn:
        work = take_up(house, conn, cases.load(conn, number), house.clock.now())
        settle(work)
        return options(work.situation(actor))
