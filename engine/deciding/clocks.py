"""Clocks of a case: how they start, stop, pause, resume and move as things happen (clocks rules 9–15).

Pure: `follow` takes the case as it stands and what just happened, and gives the runs that changed, always fresh copies. Due
times come from `clock_due`, stops from `clock_stops`, what is to come from `clock_rungs`, what the scheduler and staff do to a
clock from `clock_moves`; all that others need is imported from here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from engine.deciding import clock_stops
from engine.deciding.budgets import Evaluate, Limit, Live, chosen
from engine.deciding.case import CaseState, ClockRun, ClockStatus, TaskStatus
from engine.deciding.clock_due import as_if_running, due_extended
from engine.deciding.clock_moves import by_hand, extend, hold, mark, release
from engine.deciding.clock_rungs import Calendars, Pending, PendingKind, new_round, pending, soonest
from engine.deciding.clock_runs import LIVE, over, timed
from engine.deciding.clock_stops import BY_HAND, CLOSED
from engine.defining.definition import ClockSpec, Definition, EventKind, Happening
from engine.ground.calendars import Calendar
from engine.ground.errors import CalendarExpired
from engine.ground.worktime import start_of_day

__all__ = [
    "BY_HAND", "CLOSED", "Calendars", "Evaluate", "Live", "Pending", "PendingKind", "by_hand", "chosen", "extend", "follow", "hold", "mark",
    "pending", "recompute", "release", "soonest",
]


@dataclass(frozen=True, slots=True)
class _Step:
    """What the clocks of a case look at when something has happened to it."""

    definition: Definition
    case: CaseState
    at: datetime
    calendars: Calendars
    evaluate: Evaluate
    live: Live


def follow(
    definition: Definition, case: CaseState, happened: Sequence[Happening], at: datetime, calendars: Calendars, evaluate: Evaluate,
    live: Live,
) -> dict[str, ClockRun]:
    """The runs that change because of what happened at `at`, by clock; `case` already is as it stands afterwards, but its clocks.

    Every clock is judged alone (rule 11): stopped by its until event, else ended by the closing of the case or with its task or state;
    started by its from event; continued on reopening; computed anew when its budget, its date or its calendar changed (rules 12, 13);
    paused and resumed by what the case is in. With nothing happened only the last two can apply.
    """
    step = _Step(definition, case, at, calendars, evaluate, live)
    changed = {}
    for name, spec in definition.all_clocks.items():
        old = case.clocks.get(name)
        if old is None and not happened:
            continue
        new = _followed(step, spec, old, happened)
        if new is not None and new is not old and new != old:
            changed[name] = new
    return changed


def recompute(
    definition: Definition, case: CaseState, at: datetime, calendars: Calendars, evaluate: Evaluate, live: Live
) -> dict[str, ClockRun]:
    """The runs whose due time is another now that a field or a calendar changed (rules 12, 13)."""
    return follow(definition, case, (), at, calendars, evaluate, live)


def _followed(step: _Step, spec: ClockSpec, old: ClockRun | None, happened: Sequence[Happening]) -> ClockRun | None:
    run, fresh = _stopped_and_started(step, spec, old, happened)
    if run is None:
        return None
    if not fresh and run.status in LIVE:
        run = _ended(step, spec, run, happened)
    elif not fresh and run is old:
        run = _revived(step, spec, _reopened(step, spec, run))
    if run.status not in LIVE:
        return run
    if not fresh:
        run = _computed_anew(step, spec, run)
    if run.status not in LIVE:
        return run
    run = _standing(step, spec, run)
    return new_round(spec, run, step.at, step.calendars(spec.calendar)) if fresh and spec.ladder else run


# --- starting and stopping ------------------------------------------------------------------------------------------


def _stopped_and_started(
    step: _Step, spec: ClockSpec, old: ClockRun | None, happened: Sequence[Happening]
) -> tuple[ClockRun | None, bool]:
    """The run after each thing that happened, in order, and whether it began just now."""
    run, fresh = old, False
    for what in happened:
        if run is not None and run.status in LIVE:
            if _restarts_task(step, spec, run, what):
                run, fresh = over(run, ClockStatus.CANCELLED, step.at), False
            elif what in spec.until and _counts(step, spec, what):
                by_closing = what == _CLOSING or _is_final(step, what)
                run, fresh = over(run, ClockStatus.MET, step.at, CLOSED if by_closing else None), False
        if (run is None or run.status not in LIVE) and what in spec.from_:
            started = _begun(step, spec, what, run)
            if started is not None:
                run, fresh = started, True
    return run, fresh


def _is_final(step: _Step, what: Happening) -> bool:
    """Whether this is entering a final state: the closing of the case by another name."""
    state = step.definition.states.get(what.name) if what.kind is EventKind.STATE else None
    return state is not None and state.final


def _restarts_task(step: _Step, spec: ClockSpec, run: ClockRun, what: Happening) -> bool:
    """Whether the task of this clock was opened afresh, its former opening having been cancelled."""
    if what.kind is not EventKind.TASK_OPENED or what.name != spec.name or what not in spec.from_:
        return False
    task = step.case.tasks.get(spec.name)
    return task is not None and task.opened_at > run.started_at


def _counts(step: _Step, spec: ClockSpec, what: Happening) -> bool:
    """Whether an until event stops the clock: not leaving a state that is only held, nor emptying a field."""
    if what.kind is EventKind.LEFT and what.name == spec.name:
        return not clock_stops.is_held(step.definition, step.case, spec.name)
    if what.kind is EventKind.FIELD:
        return step.live(what.name) is not None
    return True


def _begun(step: _Step, spec: ClockSpec, what: Happening, before: ClockRun | None) -> ClockRun | None:
    """A new run; None when no case of `within:` matches, or the date to start from is empty."""
    start = _start_from(step, spec, what.name) if what.kind is EventKind.FIELD else step.at
    limit = _limit(step, spec)
    if start is None or limit is None:
        return None
    run = ClockRun(
        spec.name, ClockStatus.RUNNING, start, limit.budget, run=before.run + 1 if before else 1, counting=limit.counting
    )
    return timed(run, step.calendars(spec.calendar))


def _start_from(step: _Step, spec: ClockSpec, field: str) -> datetime | None:
    value = step.live(field)
    if isinstance(value, datetime):
        return value
    return start_of_day(step.calendars(spec.calendar), value) if isinstance(value, date) else None


def _limit(step: _Step, spec: ClockSpec) -> Limit | None:
    return chosen(spec, step.evaluate, step.live)


def _ended(step: _Step, spec: ClockSpec, run: ClockRun, happened: Sequence[Happening]) -> ClockRun:
    """The run, ended by the closing of the case, or with the task or state that brought it."""
    case, closed = step.case, step.case.closed_at
    if spec.until and closed is not None and (run.started_at < closed or _CLOSING in happened):
        return over(run, ClockStatus.ENDED, step.at, CLOSED)
    if spec.name in step.definition.clocks:
        return run
    if spec.name in step.definition.states:
        return run if case.state == spec.name or spec.name in case.back else over(run, ClockStatus.MET, step.at)
    task = case.tasks.get(spec.name)
    return over(run, ClockStatus.CANCELLED, step.at) if task is not None and task.status is TaskStatus.CANCELLED else run


_CLOSING = Happening(EventKind.CLOSED)


def _reopened(step: _Step, spec: ClockSpec, run: ClockRun) -> ClockRun:
    """The run goes on, without the closed time, when the case was reopened and only its closing had stopped the clock (rule 14)."""
    still_closed = any(stop.until is None and stop.why == CLOSED for stop in run.stops)
    if step.case.closed_at is not None or not still_closed or spec.name not in step.definition.clocks:
        return run
    return timed(replace(clock_stops.closed(run, step.at, [CLOSED]), ended_at=None), step.calendars(spec.calendar))


def _revived(step: _Step, spec: ClockSpec, run: ClockRun) -> ClockRun:
    """The run goes on when a correction had cancelled it and another undoes that, unless it would have been met meanwhile."""
    if run.status is not ClockStatus.CANCELLED or spec.name not in step.definition.clocks or step.case.closed_at is not None:
        return run
    acts = [step.case.acts.get(what.name) for what in spec.until]
    met = any(act is not None and run.ended_at is not None and act.at >= run.ended_at for act in acts)
    if met or _limit(step, spec) is None or _start(step, spec, run) is None:
        return run
    again = timed(replace(run, ended_at=None, round=run.round + 1), step.calendars(spec.calendar))
    return new_round(spec, again, step.at, step.calendars(spec.calendar))


# --- due times ------------------------------------------------------------------------------------------------------


def _start(step: _Step, spec: ClockSpec, run: ClockRun) -> datetime | None:
    """When a run starts as the case is now: a clock from a date of the case moves with it; None when that is empty."""
    if len(spec.from_) == 1 and spec.from_[0].kind is EventKind.FIELD:
        return _start_from(step, spec, spec.from_[0].name)
    return run.started_at


def _computed_anew(step: _Step, spec: ClockSpec, run: ClockRun) -> ClockRun:
    """The run with its budget and start as the case has them now. Another due time begins a round and may withdraw a breach."""
    limit = _limit(step, spec)
    start = _start(step, spec, run)
    if limit is None or start is None:      # as it stands now this clock would not have started
        return over(run, ClockStatus.CANCELLED, step.at)
    calendar = step.calendars(spec.calendar)
    same = (limit.budget, limit.counting, start) == (run.budget, run.counting, run.started_at)
    new = timed(run if same else replace(run, budget=limit.budget, counting=limit.counting, started_at=start), calendar)
    if same and (run.due_at is None or new.due_at is None or new.due_at == run.due_at):
        return new
    new = replace(new, round=run.round + 1)
    if run.breached_at is not None and not _still_breached(new, run.breached_at, step.at, calendar):
        new = replace(new, breached_at=None)
    return new_round(spec, new, step.at, calendar)


def _still_breached(run: ClockRun, breached_at: datetime, at: datetime, calendar: Calendar) -> bool:
    """Whether a breach recorded for that instant is one by the due times as computed now, of this round or one before an extension.

    When the due time is another but also past, the breach is recorded again, dated by it.
    """
    asked = as_if_running(run, at)
    try:
        return any(due_extended(asked, calendar, run.extended[:count]) == breached_at for count in range(len(run.extended) + 1))
    except CalendarExpired:
        return True     # nobody can tell


def _standing(step: _Step, spec: ClockSpec, run: ClockRun) -> ClockRun:
    """The run with its stops as the case has it: opened and closed by states and tasks; those by hand stay."""
    calendar = step.calendars(spec.calendar)
    still = clock_stops.bounded(spec, run, step.at, calendar)
    wanted = clock_stops.reasons(step.definition, spec, step.case, still, step.at, calendar)
    standing = [stop.why for stop in still.stops if stop.until is None]
    end = [why for why in standing if why not in wanted and why != BY_HAND]
    if still is run and not end and all(why in standing for why in wanted):
        return run
    return timed(clock_stops.opened(clock_stops.closed(still, step.at, end), step.at, wanted), calendar)
