"""`makegood case`: who has a case, and the answers that others wait for."""

from typing import Annotated

from cli import completion
from cli.case import CASE
from cli.case_show import print_outcome
from cli.options import For, Number, Reason, arg, opt
from cli.run import Desk
from engine.ground.language import say

__all__ = ["CASE"]

_Why = Annotated[str, opt("--reason", "TEXT", say("Why; needed to decline."))]


@CASE.verb("assign", say("Hand a case, or one open task of it, to a person."))
def assign(
    desk: Desk,
    number: Number,
    person: Annotated[str, arg("PERSON", say("Who takes it over."), completion.people)],
    task: Annotated[str | None, opt("--task", "TASK", say("Only this task."))] = None,
) -> None:
    """Another owner or assignee."""
    from engine.usecases.amending import assign as hand

    print_outcome(desk, hand(desk.house, number, desk.actor(), person, task=task), say("assigned to {person}", person=person))


@CASE.verb("handover", say("Ask somebody to take a case over; it stays with its owner until they accept."))
def handover(
    desk: Desk, number: Number, person: Annotated[str, arg("PERSON", say("Who shall take it over."), completion.people)], reason: Reason
) -> None:
    """A handover, to be accepted."""
    from engine.usecases.handing_over import hand_over

    print_outcome(desk, hand_over(desk.house, number, desk.actor(), person, reason), say("offered to {person}", person=person))


@CASE.verb("accept", say("Take over a case that was handed to you."))
def accept(desk: Desk, number: Number, for_: For = None) -> None:
    """A handover accepted."""
    from engine.usecases.handing_over import accept as take_over

    print_outcome(desk, take_over(desk.house, number, desk.actor(for_)), say("taken over"))


@CASE.verb("decline", say("Refuse to take over a case that was handed to you; it stays with its owner."))
def decline(desk: Desk, number: Number, reason: Reason, for_: For = None) -> None:
    """A handover declined."""
    from engine.usecases.handing_over import decline as refuse

    print_outcome(desk, refuse(desk.house, number, desk.actor(for_), reason), say("declined"))


@CASE.verb("vote", say("Answer what was asked for: approve it, decline it, abstain, or declare a conflict of interest."))
def vote(
    desk: Desk,
    number: Number,
    request: Annotated[int, arg("REQUEST", say("Its number; `makegood case show` lists those that wait."), completion.requests)],
    answer: Annotated[str, arg("ANSWER", say("approve, decline, abstain or conflict."), completion.answers)],
    reason: _Why = "",
    for_: For = None,
) -> None:
    """An answer; the one that decides carries out what was asked for."""
    from engine.usecases.approving import vote as give

    print_outcome(desk, give(desk.house, number, request, desk.actor(for_), answer, reason), say("answered request {id}", id=request))
