"""Looking at a case: who may see which part of it, and the refusal of whoever may not."""

from datetime import datetime

from sqlalchemy import Connection

from engine.deciding.rights import Actor, called
from engine.deciding.seeing import Seen, seen
from engine.defining.vocabulary import Sight
from engine.ground.errors import Denied
from engine.ground.language import say
from engine.records.cases import Loaded
from engine.usecases.house import House
from engine.usecases.work import Work, take_up


def look(house: House, conn: Connection, loaded: Loaded, actor: Actor, now: datetime, part: Sight = Sight.CASE) -> tuple[Work, Seen]:
    """A loaded case, and what the actor may see of it; raises Denied when not even that part of it."""
    work = take_up(house, conn, loaded, now)
    found = seen_of(work, actor)
    if part in found.parts:
        return work, found
    definition, organisation = work.definition, work.organisation
    holders = {one for role in definition.roles for one in organisation.holders(role)} | ({work.case.owner} if work.case.owner else set())
    could = ", ".join(called(holders, organisation)) or say("nobody")
    raise Denied(
        say("{who} may not see {case}: they have no work in it and no post that sees it; these have to do with it: {could}",
            who=actor.id, case=work.case.number, could=could),
        hint=say("Ask one of them, or whoever has the right to audit."), who=actor.id, why="see", who_could=could, case=work.case.number,
    )


def seen_of(work: Work, actor: Actor) -> Seen:
    """What an actor may see of a case, now."""
    return seen(actor, work.definition, work.case, work.organisation, work.live, work.now)
