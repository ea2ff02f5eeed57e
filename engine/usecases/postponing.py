"""Giving a promise more time, where its definition allows: pausing by hand, resuming, extending."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn

from engine.deciding import clocks, fields, rights
from engine.deciding.case import ClockRun, ClockStatus, clock_json
from engine.deciding.clock_figures import overdue
from engine.deciding.obstacles import Reason, wanting
from engine.deciding.rights import Actor
from engine.defining.definition import ClockSpec, Doing, DoingKind, Extension
from engine.ground.duration import Duration, parse_duration
from engine.ground.errors import Denied, Invalid, MakegoodError, NotAllowed, NotFound
from engine.ground.language import say
from engine.usecases.amending import taking_part, words
from engine.usecases.doing import carry
from engine.usecases.door import still_open, working
from engine.usecases.filing import keep, uploads_apart
from engine.usecases.house import House
from engine.usecases.parties import parties_apart
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
    """Give a clock more time, within what its definition allows; whoever is to be told is told."""
    with working(house, number, actor, "extend") as door:
        work = door.work
        standing(work.organisation, actor)
        still_open(work)
        spec = work.definition.all_clocks.get(clock)
        if spec is None:
            _no_such_clock(work, clock, ClockStatus.RUNNING)
        duration = parse_duration(by)
        plain, uploads = uploads_apart(given or {})
        work.given = fields.parse_given(work.definition, plain, work.timezone)
        place, allowed = _extension(work, spec, actor, duration)
        run = clocks.extend(work.definition, work.case, clock, duration, work.now, work.calendars, place)
        data: dict[str, Any] = {"clock": clock, "by": str(duration), "clocks": {clock: clock_json(run)}}
        if work.given.get("comment"):
            work.say_in(data, "comment", work.given["comment"])
        filled = work.put(parties_apart(work, data), data)
        notices = (Doing(DoingKind.NOTICE, allowed.notice),)
        carry(work, notices, actor, work.now, data, {"clock": clock, "due_at": run.due_at})
        work.record("extended", actor, work.now, data, filled)
        keep(work, uploads)
        work.given = {}
    return door.outcome


def _extension(work: Work, spec: ClockSpec, actor: Actor, by: Duration) -> tuple[int, Extension]:
    """The first `extend:` that allows this, with its place; raises Denied, NotAllowed or Invalid with the bounds that forbid it."""
    run = work.case.clocks.get(spec.name)
    if not spec.extend:
        raise _no(work, spec, Reason.STATE, say("its definition allows no extension"))
    if run is None or run.status not in clocks.LIVE:
        raise _no(work, spec, Reason.STATE, say("it is not running"))
    refused: list[MakegoodError] = []
    for place, allowed in enumerate(spec.extend):
        refusal = _refusal(work, spec, run, place, actor, by)
        if refusal is None:
            return place, allowed
        refused.append(refusal)
    if len(refused) == 1:
        raise refused[0]
    reasons = [reason for refusal in refused for reason in refusal.facts["reasons"]]
    raise _no(work, spec, reasons, " | ".join(refusal.message for refusal in refused))


def _no(work: Work, spec: ClockSpec, reasons: Reason | list[str], why: str) -> NotAllowed:
    number = work.case.number
    return NotAllowed(
        say("{case}: {clock} cannot be extended: {why}", case=number, clock=spec.name, why=why),
        hint=say("`makegood case show {case}` shows every clock.", case=number),
        case=number, state=work.case.state, action="extend", possible=[], reasons=reasons if isinstance(reasons, list) else [reasons.value],
    )


def _refusal(work: Work, spec: ClockSpec, run: ClockRun, place: int, actor: Actor, by: Duration) -> MakegoodError | None:
    """Why this one `extend:` does not allow it; None when it does. What was granted counts over all runs in the case."""
    allowed, number = spec.extend[place], work.case.number
    granted = [parse_duration(text) for index, text in run.granted if index == place]
    left = allowed.up_to.amount - sum(one.amount for one in granted)
    if not rights.may(actor, allowed.by, work.definition, work.case, work.organisation, work.live):
        could = ", ".join(rights.who_could(allowed.by, work.definition, work.case, work.organisation, work.live)) or say("nobody")
        return Denied(
            say("{who} may not extend {clock}; these may: {could}", who=actor.id, clock=spec.name, could=could),
            hint=say("Ask one of them, or act as yourself with --as PERSON."), who=actor.id, why="role",
            who_could=could, reasons=[Reason.ROLE.value],
        )
    if len(granted) >= allowed.at_most:
        why = say("it was extended as often as allowed ({count} of {most})", count=len(granted), most=allowed.at_most)
        return _no(work, spec, Reason.AT_MOST, why)
    if allowed.before == "due" and overdue(run, work.now, work.calendars(spec.calendar)):
        return _no(work, spec, Reason.WITHIN, say("it is overdue already; more time must be asked for before it is due"))
    if by.unit is not allowed.up_to.unit or not 0 < by.amount <= left:
        most = str(replace(allowed.up_to, amount=left))
        return Invalid(
            say("{case}: {clock} may be extended by at most {most}, not by {by}", case=number, clock=spec.name, most=most, by=str(by)),
            hint=say("Give no more than that, in the same unit."), field="by", value=str(by), expected=most, reasons=[Reason.LIMIT.value],
        )
    missing = wanting(allowed.require, work.scope(actor), work.live)
    if missing:
        return Invalid(
            say("{case}: {action} is not possible: {why}",
                case=number, action="extend", why=say("still needed: {fields}", fields=", ".join(missing))),
            hint=say("Give them with --set field=value (a comment with --comment)."), field=missing[0], missing=missing, expected="value",
            reasons=[Reason.REQUIRE.value],
        )
    return None
