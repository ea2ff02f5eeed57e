"""Giving a promise more time, where its definition allows: pausing by hand, resuming, extending."""

from collections.abc import Mapping
from typing import Any, NoReturn

from engine.deciding import clocks, fields
from engine.deciding.case import ClockStatus, clock_json
from engine.deciding.rights import Actor
from engine.ground.duration import parse_duration
from engine.ground.errors import NotAllowed, NotFound
from engine.ground.language import say
from engine.usecases.amending import taking_part
from engine.usecases.door import still_open, working
from engine.usecases.extending import lengthen
from engine.usecases.filing import keep, uploads_apart
from engine.usecases.house import House
from engine.usecases.saying import words
from engine.usecases.work import Outcome, Work, standing


def pause(house: House, number: str, actor: Actor, clock: str | None, reason: str) -> Outcome:
    """Let a clock (without a name: every running one) stand still until `resume`, for a reason."""
    return _hold(house, number, actor, clock, reason, ClockStatus.RUNNING)


def resume(house: House, number: str, actor: Actor, clock: str | None, reason: str = "") -> Outcome:
    """Let a clock (without a name: every one that was paused by hand) run on."""
    return _hold(house, number, actor, clock, reason, ClockStatus.PAUSED)


def _hold(house: House, number: str, actor: Actor, clock: str | None, reason: str, status: ClockStatus) -> Outcome:
    with working(house, number, actor, "pause" if status is ClockStatus.RUNNING else "resume") as door:
        work = taking_part(door.work, actor)
        still_open(work)
        chosen = [
            name for name, run in work.case.clocks.items()
            if clock in (None, name) and run.status is status and (status is ClockStatus.RUNNING or clocks.by_hand(run))
        ]
        if not chosen:
            _no_such_clock(work, clock, status)
        runs = {
            name: clocks.hold(work.definition, work.case, name, work.now, "by hand", work.calendars)
            if status is ClockStatus.RUNNING
            else clocks.release(work.definition, work.case, name, work.now, work.calendars)
            for name in chosen
        }
        data: dict[str, Any] = {"clocks": {name: clock_json(run) for name, run in runs.items()}}
        if status is ClockStatus.RUNNING or reason:
            work.say_in(data, "reason", words(reason, "reason"))
        work.record("paused" if status is ClockStatus.RUNNING else "resumed", actor, work.now, data)
    return door.outcome


def _no_such_clock(work: Work, clock: str | None, status: ClockStatus) -> NoReturn:
    if clock is not None and clock not in work.definition.all_clocks:
        raise NotFound(
            say("{bundle} has no clock {clock}", bundle=work.definition.name, clock=clock),
            hint=say("Its clocks are: {clocks}.", clocks=", ".join(work.definition.all_clocks)), kind="clock", name=clock,
        )
    number = work.case.number
    raise NotAllowed(
        say("{case}: no such clock is running", case=number)
        if status is ClockStatus.RUNNING
        else say("{case}: no such clock was paused by hand", case=number),
        hint=say("`makegood case show {case}` shows every clock.", case=number),
        case=number, state=work.case.state, action="", possible=[],
    )


def extend(house: House, number: str, actor: Actor, clock: str, by: str, given: Mapping[str, Any] | None = None) -> Outcome:
    """Give a clock more time, within what its definition allows; whoever is to be told is told. Where that has to be approved, ask."""
    with working(house, number, actor, "extend") as door:
        work = door.work
        standing(work.organisation, actor)
        still_open(work)
        if clock not in work.definition.all_clocks:
            _no_such_clock(work, clock, ClockStatus.RUNNING)
        plain, uploads = uploads_apart(given or {})
        lengthen(work, clock, parse_duration(by), actor, work.now, fields.parse_given(work.definition, plain, work.timezone))
        keep(work, uploads)
    return door.outcome
