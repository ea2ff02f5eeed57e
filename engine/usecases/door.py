"""The one door: every change of a case by staff, customer or scheduler goes through a `working` block."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from engine.deciding.rights import THE_SYSTEM, Actor
from engine.defining.clock_parts import awaited
from engine.defining.definition import EventKind, Happening
from engine.ground.errors import Conflict, NotAllowed
from engine.ground.language import say
from engine.records import cases
from engine.usecases.access import refusals_noted
from engine.usecases.house import House
from engine.usecases.settling import at_once, settle
from engine.usecases.work import Outcome, Work, take_up
from engine.usecases.writing import outcome, write


class Door(NamedTuple):
    """An open door: the work, and its outcome once the block has ended."""

    work: Work
    done: list[Outcome]

    @property
    def outcome(self) -> Outcome:
        """What was done; only after the block."""
        return self.done[0]


@contextmanager
def working(house: House, number: str, actor: Actor, what: str, revision: int | None = None) -> Iterator[Door]:
    """One transaction on one case: load and lock it, settle what fell due (rule 10), and write when the block ends.

    `revision` is what the caller looked at: Conflict is raised when the case has changed since. When the block refuses
    (raises), nothing is written; what had fallen due stays due and is settled by the next sweep or action. That the actor
    may not do it (`what`: the action or command) is recorded apart, in the stream of accesses.
    """
    now = house.clock.now()
    with refusals_noted(house, actor, what, case=number), house.store.writing() as conn:
        loaded = cases.load(conn, number)
        if revision is not None and loaded.revision != revision:
            raise Conflict(
                say("{case} was changed meanwhile: you looked at revision {seen}, it is now at {now}, in state {state}",
                    case=number, seen=revision, now=loaded.revision, state=loaded.case.state),
                hint=say("Look again with `makegood case show {case}`, then decide.", case=number),
                case=number, revision=loaded.revision, state=loaded.case.state,
            )
        work = take_up(house, conn, loaded, now)
        settle(work)
        settled = len(work.events)
        door = Door(work, [])
        yield door
        if len(work.events) > settled:
            at_once(work, now)
        write(work)
        door.done.append(outcome(work, settled))


def record_delivery(
    house: House, conn: Connection, case_id: int, kind: str, data: dict[str, Any], *, notice: str, staff: bool = False,
    at: datetime | None = None,
) -> None:
    """Let a case know what became of a notice, in the delivery's own transaction: `sent`, or `unsent` with what it became.

    That staff were written to is said by the event that caused it; the sending itself is of no interest, unless something waits for it.
    """
    work = take_up(house, conn, cases.load_id(conn, case_id), house.clock.now())
    happened = [Happening(EventKind.NOTICE_SENT, notice)] if kind == "sent" else []
    waited = any(what in happened for what, _ in awaited(work.definition))
    if kind == "sent" and staff and not waited:
        return
    settle(work)
    work.record(kind, THE_SYSTEM, at or work.now, data, happened)
    at_once(work, work.now)
    write(work)


def still_open(work: Work) -> None:
    """Refuse what makes no sense in a closed case; raises NotAllowed."""
    if work.case.closed_at is not None:
        raise NotAllowed(
            say("{case} was closed on {at}", case=work.case.number, at=work.case.closed_at.isoformat(" ", "minutes")),
            hint=say("Reopen it first, if its procedure allows: `makegood case show {case}`.", case=work.case.number),
            case=work.case.number, state=work.case.state, action="", possible=[],
        )
