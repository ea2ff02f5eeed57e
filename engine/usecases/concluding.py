"""What the answers to a request lead to: it is carried out, or it ends and whoever asked is told why."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from engine.deciding.approvals import Outcome
from engine.deciding.machine import refusal
from engine.deciding.obstacles import find, total_of, uncovered
from engine.deciding.request_record import Request, RequestKind
from engine.deciding.rights import THE_SYSTEM, Actor
from engine.ground.duration import parse_duration
from engine.ground.errors import MakegoodError, NotAllowed
from engine.ground.language import say
from engine.usecases.asking import approval, end, given_with, panel_of
from engine.usecases.doing import own
from engine.usecases.extending import lengthen
from engine.usecases.granting_asked import grant_asked, still_covered
from engine.usecases.moving import take
from engine.usecases.work import Work


def conclude(work: Work, request: Request, at: datetime, why: str = "") -> None:
    """Carry a request out that is approved by the answers given, end one that is declined, else let it wait; `why` is told then.

    Raises what forbids it now: its guards are judged again when it is carried out.
    """
    outcome = panel_of(work, request).outcome(request)
    if outcome is Outcome.APPROVED:
        _carry_out(work, request, at)
    elif outcome is not Outcome.PENDING:
        _end(work, request, outcome.value, at, why)


def lapse(work: Work, request: Request, at: datetime) -> None:
    """The time for answers is over: the votes decide if they are enough, else the request ends."""
    outcome = panel_of(work, request).outcome(request, closing=True)
    if outcome is not Outcome.APPROVED:
        _end(work, request, "declined" if outcome is Outcome.DECLINED else "lapsed", at)
        return
    before = work.case.seq
    try:
        _carry_out(work, request, at)
    except MakegoodError as error:     # approved, but not possible any more
        if work.case.seq != before:
            raise
        work.given, work.outgoing = {}, []
        _end(work, request, "impossible", at, error.message)


def _end(work: Work, request: Request, how: str, at: datetime, why: str = "") -> None:
    data: dict[str, Any] = {"why": why} if how == "impossible" else {}
    end(work, request, how, data, why)
    work.record("request_ended", THE_SYSTEM, at, data)


def _carry_out(work: Work, request: Request, at: datetime) -> None:
    asker = Actor(request.by, request.on_behalf)
    match request.kind:
        case RequestKind.ACTION:
            given = given_with(work, request)
            within_authority(work, request, at, given)
            take(work, request.name, asker, at, given, request)
        case RequestKind.EXTENSION:
            lengthen(work, request.name, parse_duration(request.more), asker, at, given_with(work, request), request)
        case RequestKind.GRANT:
            grant_asked(work, request, at)
        case RequestKind.HANDOVER:
            _hand_over(work, request, asker, at)


def within_authority(work: Work, request: Request, at: datetime, given: dict[str, Any]) -> None:
    """Refuse a request whose amount nobody of those who approved it, or still may, has authority over; raises Denied."""
    if request.kind is RequestKind.GRANT:
        still_covered(work, request)
    what = find(work.definition, work.case, request.name) if request.kind is RequestKind.ACTION else None
    if what is None:
        return
    work.given = given
    situation = replace(work.situation(Actor(request.by, request.on_behalf), at), approved=request)
    total, panel = total_of(situation, what), panel_of(work, request)
    if total is not None and not panel.could_cover(request, total):
        approvers = ", ".join(vote.by for vote in request.votes) or panel.who(request)
        raise refusal(situation, request.name, [uncovered(situation, what, total, approvers)])
    work.given = {}


def _hand_over(work: Work, request: Request, giver: Actor, at: datetime) -> None:
    if work.case.owner not in (request.by, request.on_behalf):
        raise NotAllowed(
            say("{case} has another owner by now", case=work.case.number),
            hint=say("`makegood case show {case}` says who.", case=work.case.number),
            case=work.case.number, state=work.case.state, action="handover", possible=[], reasons=["state"],
        )
    data = approval(work, request)
    with work.foreseen(data, giver, at):
        own(work, request.name, data)
    work.record("handed_over", giver, at, data)
