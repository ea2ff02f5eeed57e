"""Amounts above what a case grants by itself: asked of those with the lowest authority that covers them, and granted on their answer."""

from datetime import datetime
from typing import Any

from engine.deciding import authority
from engine.deciding.grant_record import BEFORE_MIGRATION
from engine.deciding.machine import refusal
from engine.deciding.obstacles import above
from engine.deciding.readers import exact
from engine.deciding.request_record import Request, RequestKind
from engine.deciding.rights import SYSTEM, THE_SYSTEM
from engine.defining.definition import Approval, ClockSpec, DoingKind, Who, WhoKind
from engine.ground.language import say
from engine.ground.money import Money
from engine.usecases.asking import approval, ask, panel_of
from engine.usecases.doing import at_point, carry
from engine.usecases.granting import give, totals
from engine.usecases.later import Beyond
from engine.usecases.moving import attempt, impossible
from engine.usecases.work import Work


def ask_for(work: Work, beyond: Beyond, at: datetime) -> None:
    """Ask for amounts; where nobody has authority over them, record that and tell the owner."""
    clock, amounts = beyond.point[0], beyond.amounts
    needed = totals(work, amounts)
    part = _who_covers(work, beyond, needed, at)
    if part is None:
        why = say("nobody has authority over {amounts}", amounts=", ".join(map(str, needed)))
        spec = work.definition.all_clocks[clock]
        impossible(work, {"clock": clock, "why": why}, at_point(spec, work.case.clocks[clock], at)["clock_title"], at)
        return
    work.given = {name: format(amount, "f") for name, amount in amounts.items()}
    ask(work, RequestKind.GRANT, clock, (part,), THE_SYSTEM, at, point=beyond.point)


def _who_covers(work: Work, beyond: Beyond, needed: list[Money], at: datetime) -> Approval | None:
    """The role, or group by vote, with the lowest authority that covers all of it and somebody there to answer."""
    definition, organisation = work.definition, work.organisation

    def height(name: str) -> list[Any]:
        return [authority.height([authority.band(definition, organisation, name)], one.currency) for one in needed]

    able = [name for name in definition.authority if name != SYSTEM
            and all(most >= one.amount for most, one in zip(height(name), needed, strict=True))]
    for name in sorted(able, key=height):
        part = Approval(of=Who(WhoKind.NAMED, name), pass_=None if name in definition.roles else "majority")
        asked = Request(0, RequestKind.GRANT, beyond.point[0], SYSTEM, None, at, (part,), point=beyond.point)
        if panel_of(work, asked).open_to(asked, part):
            return part
    return None


def still_covered(work: Work, request: Request) -> None:
    """Refuse amounts that nobody of those who approve has authority over any more, since more was decided meanwhile; raises Denied."""
    panel = panel_of(work, request)
    for total in totals(work, {name: exact(value) for name, value in request.given.items()}):
        if not panel.could_cover(request, total):
            who = ", ".join(vote.by for vote in request.votes) or panel.who(request)
            situation = work.situation(THE_SYSTEM)
            raise refusal(situation, say("request {id}", id=request.id), [above(situation, total.amount, total, who)])


def grant_asked(work: Work, request: Request, at: datetime) -> None:
    """Grant what was asked for, and do what is written after it; raises Denied as `still_covered` does."""
    assert request.point is not None
    still_covered(work, request)
    clock, _, rung, n = request.point
    spec, run = work.definition.all_clocks[clock], work.case.clocks[clock]
    data: dict[str, Any] = {"clock": clock, "rung": rung, "n": n} | approval(work, request)
    filled = give(work, request.point, {name: exact(value) for name, value in request.given.items()}, data)
    after, where = ([], "") if rung == BEFORE_MIGRATION else (_after(spec, rung), str(spec.ladder[rung].at))
    more, later = carry(work, after, THE_SYSTEM, at, data, at_point(spec, run, at, where))
    work.record("granted", THE_SYSTEM, at, data, [*filled, *more])
    work.given = {}
    for one in later:
        attempt(work, one, at)


def _after(spec: ClockSpec, rung: int) -> list[Any]:
    """What a rung has done after it grants."""
    done = list(spec.ladder[rung].do)
    place = next((place for place, doing in enumerate(done) if doing.kind is DoingKind.GRANT), len(done))
    return done[place + 1:]
