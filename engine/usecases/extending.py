"""Giving a clock more time, within what its definition allows, and by those who have to approve it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from engine.deciding import clocks, rights
from engine.deciding.approvals import Outcome, needed, unasked
from engine.deciding.case import ClockRun, clock_json
from engine.deciding.clock_figures import overdue
from engine.deciding.obstacles import not_asked, wanting
from engine.deciding.reasons import Reason
from engine.deciding.request_record import Request, RequestKind
from engine.deciding.rights import Actor
from engine.defining.definition import Approval, ClockSpec, Doing, DoingKind, Extension
from engine.ground.duration import Duration, parse_duration
from engine.ground.errors import Denied, Invalid, MakegoodError, NotAllowed
from engine.ground.language import say
from engine.usecases.asking import approval, ask, panel_of
from engine.usecases.doing import carry
from engine.usecases.parties import parties_apart
from engine.usecases.work import Work


def lengthen(
    work: Work, clock: str, duration: Duration, actor: Actor, at: datetime, given: Mapping[str, Any], approved: Request | None = None
) -> None:
    """Give a clock more time as of `at`, or ask for it where that has to be approved; `approved` is the request by which it was.

    Raises Denied, NotAllowed or Invalid with the bounds that forbid it.
    """
    work.given = dict(given)
    spec = work.definition.all_clocks[clock]
    if approved is None:
        actor = rights.in_whose_name(
            actor, work.organisation, work.now, lambda one: any(_may_extend(work, spec, allowed, one) for allowed in spec.extend)
        )
    place, allowed = _extension(work, spec, actor, duration, asked=approved is not None)
    if approved is not None and (others := not_asked(unasked(allowed, work.scope(actor, at), approved))):
        raise _no(work, spec, Reason.APPROVE, others[0].message)
    parts = needed(allowed, work.scope(actor, at)) if approved is None else ()
    if parts:
        _askable(work, spec, parts, actor, at)
        ask(work, RequestKind.EXTENSION, clock, parts, actor, at, more=str(duration))
        return
    run = clocks.extend(work.definition, work.case, clock, duration, at, work.calendars, place)
    data: dict[str, Any] = {"clock": clock, "by": str(duration), "clocks": {clock: clock_json(run)}} | approval(work, approved)
    if work.given.get("comment"):
        work.say_in(data, "comment", work.given["comment"])
    filled = work.put(parties_apart(work, data), data)
    notices = (Doing(DoingKind.NOTICE, allowed.notice),)
    carry(work, notices, actor, at, data, {"clock": clock, "due_at": run.due_at})
    work.record("extended", actor, at, data, filled)
    work.given = {}


def _askable(work: Work, spec: ClockSpec, parts: tuple[Approval, ...], actor: Actor, at: datetime) -> None:
    """Refuse to ask for what somebody else has asked for, or what too few could approve; raises NotAllowed."""
    for known in work.case.requests.values():
        if (known.kind, known.name) == (RequestKind.EXTENSION, spec.name) and known.by != actor.id:
            raise _no(work, spec, Reason.APPROVE, say("{who} has asked for it (request {id})", who=known.by, id=known.id))
    asked = Request(0, RequestKind.EXTENSION, spec.name, actor.id, actor.on_behalf, at, parts)
    panel = panel_of(work, asked)
    if panel.outcome(asked) is Outcome.TOO_FEW:
        raise _no(work, spec, Reason.APPROVE, say("too few could approve it: {people}", people=panel.who(asked)))


def _extension(work: Work, spec: ClockSpec, actor: Actor, by: Duration, *, asked: bool) -> tuple[int, Extension]:
    """The first `extend:` that allows this, with its place; raises Denied, NotAllowed or Invalid with the bounds that forbid it."""
    run = work.case.clocks.get(spec.name)
    if not spec.extend:
        raise _no(work, spec, Reason.STATE, say("its definition allows no extension"))
    if run is None or run.status not in clocks.LIVE:
        raise _no(work, spec, Reason.STATE, say("it is not running"))
    refused: list[MakegoodError] = []
    for place, allowed in enumerate(spec.extend):
        refusal = _refusal(work, spec, run, place, actor, by, asked)
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


def _may_extend(work: Work, spec: ClockSpec, allowed: Extension, actor: Actor) -> bool:
    """Whether an `extend:` grants it to the actor, and the organisation does not deny it."""
    if rights.denied(actor, spec.name, work.definition, work.organisation, work.now) is not None:
        return False
    return rights.may(actor, allowed.by, work.definition, work.case, work.organisation, work.live, work.now)


def _refusal(
    work: Work, spec: ClockSpec, run: ClockRun, place: int, actor: Actor, by: Duration, asked: bool
) -> MakegoodError | None:
    """Why this one `extend:` does not allow it; None when it does. What was granted counts over all runs in the case."""
    allowed, number = spec.extend[place], work.case.number
    granted = [parse_duration(text) for index, text in run.granted if index == place]
    left = allowed.up_to.amount - sum(one.amount for one in granted)
    if not _may_extend(work, spec, allowed, actor):
        reach = (work.definition, work.case, work.organisation, work.live)
        could = ", ".join(rights.who_could(allowed.by, *reach, what=spec.name)) or say("nobody")
        return Denied(
            say("{who} may not extend {clock}; these may: {could}", who=actor.id, clock=spec.name, could=could),
            hint=say("Ask one of them, or act as yourself with --as PERSON."), who=actor.id, why="role",
            who_could=could, reasons=[Reason.ROLE.value],
        )
    if len(granted) >= allowed.at_most:
        why = say("it was extended as often as allowed ({count} of {most})", count=len(granted), most=allowed.at_most)
        return _no(work, spec, Reason.AT_MOST, why)
    if not asked and allowed.before == "due" and overdue(run, work.now, work.calendars(spec.calendar)):
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
