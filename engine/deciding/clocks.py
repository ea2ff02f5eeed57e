"""Clocks of a case: how they start, stop, pause, resume and move as things happen (clocks rules 9–15).

Pure: `follow` takes the case as it stands and what just happened, and gives the runs that changed, always fresh copies. Due
times come from `clock_due`, what the case says of limit and start from `clock_terms`, stops from `clock_stops`, what is to come from
`clock_rungs`, what the scheduler and staff do to a clock from `clock_moves`; all that others need is imported from here.
"""

from collections.abc import Sequence
from datetime import datetime

from engine.deciding import clock_stops
from engine.deciding.budgets import Evaluate, Live, chosen
from engine.deciding.case import CaseState, ClockRun, ClockStatus, TaskStatus
from engine.deciding.clock_moves import by_hand, extend, hold, mark, release
from engine.deciding.clock_rungs import Known, Pending, PendingKind, new_round, pending, soonest
from engine.deciding.clock_runs import LASTING, LIVE, over, timed, went_on
from engine.deciding.clock_scene import Calendars, Scene
from engine.deciding.clock_stops import BY_HAND, CLOSED, STOPPED
from engine.deciding.clock_terms import as_the_case_has_it, begun, is_dated, start_from
from engine.defining.definition import ClockSpec, Definition, EventKind, Happening
from engine.ground.replacing import replace

__all__ = [
    "BY_HAND", "CLOSED", "LIVE", "Calendars", "Evaluate", "Known", "Live", "Pending", "PendingKind", "by_hand", "chosen", "extend",
    "follow", "hold", "mark", "pending", "recompute", "release", "soonest",
]


def follow(
    definition: Definition, case: CaseState, happened: Sequence[Happening], at: datetime, calendars: Calendars, evaluate: Evaluate,
    live: Live, recount: bool = False,
) -> dict[str, ClockRun]:
    """The runs that change because of what happened at `at`, by clock; `case` already is as it stands afterwards, but its clocks.

    Every clock is judged alone (rule 11): stopped by its until event, else ended by the closing of the case or with its task or state;
    started by its from event; continued on reopening; off while there is no such clock as the case stands; computed anew when its
    budget, its date or (`recount`) its calendar changed (rules 12, 13); paused and resumed by what the case is in. With nothing happened
    only the last three can apply.
    """
    scene = Scene(definition, case, at, calendars, evaluate, live, recount)
    changed, begins = {}, frozenset(happened)
    for name, spec in definition.all_clocks.items():
        old = case.clocks.get(name)
        if (old is None or _rests(old)) and begins.isdisjoint(spec.from_):
            continue
        new = _followed(scene, spec, old, happened)
        if new is not None and new is not old and new != old:
            changed[name] = new
    return changed


def recompute(
    definition: Definition, case: CaseState, at: datetime, calendars: Calendars, evaluate: Evaluate, live: Live
) -> dict[str, ClockRun]:
    """The runs whose due time is another now that a field or a calendar changed (rules 12, 13)."""
    return follow(definition, case, (), at, calendars, evaluate, live, recount=True)


def _rests(run: ClockRun) -> bool:
    """Whether a run is over in such a way that only another start is of interest to it: no closing of the case holds it."""
    return not run.stops and run.status not in LASTING


def _followed(scene: Scene, spec: ClockSpec, old: ClockRun | None, happened: Sequence[Happening]) -> ClockRun | None:
    run, new = _stopped_and_started(scene, spec, old, happened)
    if run is old and run is not None:
        run = _ended(scene, spec, run, happened) if run.status in LASTING else _reopened(scene, spec, run)
    if run is None or run.status not in LASTING:
        return run
    if not new:
        run, new = as_the_case_has_it(scene, spec, run)
    run = _standing(scene, spec, run, happened)
    return new_round(spec, run, scene.at, scene.calendars(spec.calendar)) if new and spec.ladder and run.status in LIVE else run


# --- starting and stopping ------------------------------------------------------------------------------------------


def _stopped_and_started(
    scene: Scene, spec: ClockSpec, old: ClockRun | None, happened: Sequence[Happening]
) -> tuple[ClockRun | None, bool]:
    """The run after each thing that happened, in order, and whether it is a new one."""
    run, new = old, False
    for what in happened:
        if run is not None and run.status in LASTING and what in spec.until and _counts(scene, spec, run, what):
            by_closing = what == _CLOSING or _is_final(scene, what)
            recurs = spec.every is not None and _may_begin(spec, run) and not _closed_since(scene, run)
            run, new = over(run, ClockStatus.MET, scene.at, CLOSED if by_closing else None), False
            if recurs:
                run, new = begun(scene, spec, _next(spec, run, scene.at)), True
        if what not in spec.from_:
            continue
        if run is not None and _began_since(scene, spec, run):
            if spec.restart != "again" and (first := _begun(scene, spec, what, None)) is not None:   # not its first event, as it turns out
                earlier = replace(first, run=run.run, round=run.round + 1, stops=run.stops, extended=run.extended,
                                  granted=run.granted, used_up=run.used_up)
                run, new = timed(earlier, scene.calendars(spec.calendar)), True
        elif run is None or _starts_again(spec, run, what):
            if run is not None and run.status not in LASTING and spec.restart == "continue":
                run = went_on(run, scene.at, scene.calendars(spec.calendar))
            elif (first := _begun(scene, spec, what, run)) is not None:
                run, new = first, True
    return run, new


def _began_since(scene: Scene, spec: ClockSpec, run: ClockRun) -> bool:
    """Whether what happened is recorded late, and the run began since at an event of the case."""
    return run.status in LASTING and not is_dated(spec) and scene.at < run.started_at <= (scene.case.recorded_at or scene.at)


def _may_begin(spec: ClockSpec, run: ClockRun) -> bool:
    """Whether another run may follow this one."""
    return spec.at_most is None or run.run < spec.at_most


def _closed_since(scene: Scene, run: ClockRun) -> bool:
    """Whether the case was closed, or is just being closed, while this run went on."""
    return scene.case.closed_at is not None and _going_since(run) < scene.case.closed_at


def _starts_again(spec: ClockSpec, run: ClockRun, what: Happening) -> bool:
    """Whether its from event counts once more: `restart:` says so. That the date it runs from is another, `recompute:` looks after."""
    if run.status in LASTING:
        return spec.restart == "again" and _may_begin(spec, run) and not (what.kind is EventKind.FIELD and is_dated(spec))
    return spec.restart != "never" and _may_begin(spec, run)


def _is_final(scene: Scene, what: Happening) -> bool:
    """Whether this is entering a final state: the closing of the case by another name."""
    state = scene.definition.states.get(what.name) if what.kind is EventKind.STATE else None
    return state is not None and state.final


def _counts(scene: Scene, spec: ClockSpec, run: ClockRun, what: Happening) -> bool:
    """Whether an until event stops the clock: not one before it began, nor leaving a state that is only held, nor emptying a field."""
    if _began_since(scene, spec, run):
        return False
    if what.kind is EventKind.LEFT and what.name == spec.name:
        return not clock_stops.is_held(scene.definition, scene.case, spec.name)
    if what.kind is EventKind.FIELD:
        return scene.live(what.name) is not None
    return True


def _begun(scene: Scene, spec: ClockSpec, what: Happening, before: ClockRun | None) -> ClockRun | None:
    """A new run, off when as the case stands there is no such clock; None when the date to start from is empty."""
    start = start_from(scene, spec, what.name) if what.kind is EventKind.FIELD else scene.at
    if start is None:
        return None
    return begun(scene, spec, _next(spec, before, start))


def _next(spec: ClockSpec, before: ClockRun | None, start: datetime) -> ClockRun:
    """A run after another, still off; what was granted before counts in it."""
    number, granted = (before.run + 1, before.granted) if before else (1, [])
    return ClockRun(spec.name, ClockStatus.OFF, start, "", run=number, granted=list(granted))


def _ended(scene: Scene, spec: ClockSpec, run: ClockRun, happened: Sequence[Happening]) -> ClockRun:
    """The run, ended by the closing of the case, or with the task or state that brought it."""
    case = scene.case
    if (spec.until or spec.every) and case.closed_at is not None and (_CLOSING in happened or _closed_since(scene, run)):
        return over(run, ClockStatus.ENDED, scene.at, CLOSED)
    if spec.name in scene.definition.clocks:
        return run
    if spec.name in scene.definition.states:
        return run if case.state == spec.name or spec.name in case.back else over(run, ClockStatus.MET, scene.at)
    task = case.tasks.get(spec.name)
    return over(run, ClockStatus.CANCELLED, scene.at) if task is not None and task.status is TaskStatus.CANCELLED else run


_CLOSING = Happening(EventKind.CLOSED)


def _going_since(run: ClockRun) -> datetime:
    """When a run started, or last went on after it was over."""
    return max([run.anchor, *(stop.until for stop in run.stops if stop.until is not None and stop.why in (CLOSED, STOPPED))])


def _reopened(scene: Scene, spec: ClockSpec, run: ClockRun) -> ClockRun:
    """The run goes on, without the closed time, when the case was reopened and only its closing had stopped the clock (rule 14)."""
    still_closed = any(stop.until is None and stop.why == CLOSED for stop in run.stops)
    if scene.case.closed_at is not None or not still_closed or spec.name not in scene.definition.clocks:
        return run
    return went_on(run, scene.at, scene.calendars(spec.calendar))


# --- standing still --------------------------------------------------------------------------------------------------


def _standing(scene: Scene, spec: ClockSpec, run: ClockRun, happened: Sequence[Happening]) -> ClockRun:
    """The run with its stops as the case has it: opened and closed by states, tasks, conditions and events; those by hand stay.

    What fell due before the present state was entered, and is heard of only now, finds the case in a state that it was not in then.
    """
    if scene.case.entered_at is not None and scene.at < scene.case.entered_at:
        return run
    calendar = scene.calendars(spec.calendar)
    still = clock_stops.bounded(spec, run, scene.at, calendar)
    wanted = clock_stops.reasons(scene, spec, still, happened)
    standing = [stop.why for stop in still.stops if stop.until is None]
    end = [why for why in standing if why not in wanted and why != BY_HAND]
    if still is run and not end and all(why in standing for why in wanted):
        return run
    return timed(clock_stops.opened(clock_stops.closed(still, scene.at, end), scene.at, wanted), calendar)
