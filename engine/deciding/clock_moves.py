"""What the scheduler and staff do to a clock: carry out what fell due, extend, pause and resume by hand."""

from datetime import datetime

from engine.deciding import clock_stops
from engine.deciding.case import CaseState, ClockRun, ClockStatus
from engine.deciding.clock_rungs import Pending, PendingKind, new_round
from engine.deciding.clock_runs import LIVE, over, timed
from engine.deciding.clock_scene import Calendars
from engine.deciding.clock_stops import BY_HAND
from engine.defining.definition import Definition
from engine.ground.calendars import Calendar
from engine.ground.duration import Duration, parse_duration
from engine.ground.errors import NotAllowed
from engine.ground.language import say
from engine.ground.replacing import replace


def mark(definition: Definition, case: CaseState, item: Pending, calendars: Calendars) -> ClockRun:
    """The run after carrying out what was pending: breached, rung passed, pause used up, resumed or ended."""
    run, spec = case.clocks[item.clock], definition.all_clocks[item.clock]
    match item.kind:
        case PendingKind.BREACH:
            return replace(run, breached_at=item.due_at)
        case PendingKind.RUNG:
            return replace(run, fired=[*run.fired, (item.rung, item.n)])
        case PendingKind.END:
            if spec.every is None or (spec.at_most is not None and run.run >= spec.at_most):
                return over(run, ClockStatus.ENDED, item.due_at)
            return _next_period(spec.every, run, calendars(spec.calendar))
        case PendingKind.USED_UP:
            run = replace(run, used_up=[*run.used_up, item.rung])
    calendar = calendars(spec.calendar)
    return timed(clock_stops.bounded(spec, run, item.due_at, calendar), calendar)


def _next_period(every: Duration, run: ClockRun, calendar: Calendar) -> ClockRun:
    """The run of the next period: one more is counted from the start, never chained (clocks rule 5)."""
    periods = parse_duration(run.budget).amount + every.amount
    return timed(replace(run, run=run.run + 1, round=1, fired=[], extended=[], budget=str(Duration(periods, every.unit))), calendar)


def extend(
    definition: Definition, case: CaseState, name: str, by: Duration, at: datetime, calendars: Calendars, place: int = 0
) -> ClockRun:
    """The run with more time, by the `extend:` at that place: a new round, in which rungs whose time lies in the future fire again.

    A recorded breach stays one.
    """
    run, spec = _live(case, name), definition.all_clocks[name]
    calendar = calendars(spec.calendar)
    granted = [*run.granted, (place, str(by))]
    longer = timed(replace(run, extended=[*run.extended, str(by)], granted=granted, round=run.round + 1), calendar)
    return new_round(spec, longer, at, calendar)


def hold(definition: Definition, case: CaseState, name: str, at: datetime, why: str, calendars: Calendars) -> ClockRun:
    """The run standing still from `at` until `release`, whatever else pauses or resumes it; `why` is BY_HAND."""
    return timed(clock_stops.opened(_live(case, name), at, [why]), calendars(definition.all_clocks[name].calendar))


def release(definition: Definition, case: CaseState, name: str, at: datetime, calendars: Calendars) -> ClockRun:
    """The run without its pause by hand; it stays paused while something else pauses it, and as it is when nobody paused it."""
    run = _live(case, name)
    return timed(clock_stops.closed(run, at, [BY_HAND]), calendars(definition.all_clocks[name].calendar)) if by_hand(run) else replace(run)


def by_hand(run: ClockRun) -> bool:
    """Whether somebody paused this clock by hand and has not resumed it."""
    return any(stop.until is None and stop.why == BY_HAND for stop in run.stops)


def _live(case: CaseState, name: str) -> ClockRun:
    run = case.clocks.get(name)
    if run is None or run.status not in LIVE:
        raise NotAllowed(
            say("{case}: clock {clock} does not run", case=case.number, clock=name),
            hint=say("`makegood case show {case}` shows every clock.", case=case.number), case=case.number, state=case.state, clock=name,
        )
    return run
