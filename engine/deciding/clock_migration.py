"""Clocks of a case that goes over to another version of its procedure: as if that version had held from the start (clocks rule 12).

A clock that runs keeps its start, its stops and its extensions and gets the new limit. A clock that only the new version has is played
from the history of the case, by the same `follow` as everything else.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from engine.deciding.case import CaseState, ClockRun, ClockStatus, Event, apply, opened
from engine.deciding.clock_moves import mark
from engine.deciding.clock_rungs import Pending, PendingKind, new_round
from engine.deciding.clock_runs import LASTING, LIVE, over
from engine.deciding.clock_scene import Calendars
from engine.deciding.clocks import Evaluate, Live, follow
from engine.defining.definition import ClockSpec, Definition, EventKind, Happening, Rung

History = Callable[[], Sequence[Event]]
"""The events of the case from the first on; asked for only where a clock has to be played."""


def carried_over(
    old: Definition, new: Definition, case: CaseState, renamed: Mapping[str, str], history: History, at: datetime, calendars: Calendars,
    evaluate: Evaluate, live: Live,
) -> dict[str, ClockRun]:
    """The runs that differ under the new version, by clock; `case` is as it stands under it, but its clocks.

    `renamed` says as which states of the new version states of the old one count. Whatever a clock says under `recompute:`, it is computed
    from its start. A clock that the new version lacks is cancelled; one that stopped stays as it is, but that of a state that is another
    now. One that the new version would have stopped is stopped as of then.
    """
    running = {name: run for name, run in case.clocks.items() if run.status in LASTING}
    gone = [name for name in running if name not in new.all_clocks or name in renamed]
    kept = [name for name in running if name not in gone and name in old.all_clocks]
    fresh = [name for name in new.all_clocks if name not in running and (name not in case.clocks or name in renamed.values())]
    stopping = [name for name in kept if not set(new.all_clocks[name].until) <= set(old.all_clocks[name].until)]
    past = played(new, [*fresh, *stopping], history(), renamed, calendars, evaluate, live) if fresh or stopping else {}

    runs = {name: over(running[name], ClockStatus.CANCELLED, at) for name in gone}
    for name in kept:
        runs[name] = _rearmed(new.all_clocks[name], old.all_clocks[name], running[name], at, calendars)
    for name, run in past.items():
        spec = new.all_clocks[name]
        if name in fresh and run.status in LASTING:
            had = case.clocks.get(name)
            run = _present(new, case, replace(run, run=had.run + 1) if had else run, at, calendars)
            runs[name] = new_round(spec, run, at, calendars(spec.calendar)) if run.status in LIVE else run
        elif name in stopping and run.ended_at is not None:
            runs[name] = _met(running[name], run.ended_at)
    specs = {name: replace(spec, recompute="retroactive") for name, spec in new.all_clocks.items()}
    then = replace(case, clocks={**case.clocks, **runs})
    runs |= follow(replace(new, all_clocks=specs), then, (), at, calendars, evaluate, live)
    return {name: run for name, run in runs.items() if run != case.clocks.get(name)}


def _present(definition: Definition, case: CaseState, run: ClockRun, at: datetime, calendars: Calendars) -> ClockRun:
    """The run of the period that recurs by itself and has not ended yet: those before it are over, and nobody is told of them."""
    spec = definition.all_clocks[run.name]
    while spec.every is not None and not spec.until and run.status is ClockStatus.RUNNING and run.due_at is not None and run.due_at < at:
        ended = Pending(run.due_at, run.due_at, PendingKind.END, run.name)
        run = mark(definition, replace(case, clocks={run.name: run}), ended, calendars)
    return run


def _met(run: ClockRun, at: datetime) -> ClockRun:
    """The run, stopped at an instant that may lie before a breach on record, which then was none."""
    late = run.breached_at is not None and run.breached_at < at
    return replace(over(run, ClockStatus.MET, at), breached_at=run.breached_at if late else None)


def _rearmed(spec: ClockSpec, before: ClockSpec, run: ClockRun, at: datetime, calendars: Calendars) -> ClockRun:
    """The run with the rungs of another ladder: those carried out at the same point stay so, of the others that have passed one fires;
    what was granted under the version before stands, and nothing is granted for what has passed."""
    if spec.ladder == before.ladder:
        return run
    places = {point: index for index, point in enumerate(_points(spec.ladder))}
    points = list(_points(before.ladder))
    fired = sorted((places[points[index]], n) for index, n in run.fired if points[index] in places)
    again = replace(run, fired=fired, round=run.round + 1)
    return new_round(spec, again, at, calendars(spec.calendar), owed=False) if run.status in LIVE else again


def _points(ladder: Sequence[Rung]) -> Iterator[tuple[str, int]]:
    """Where each rung lies, and the how manieth it is there."""
    seen: Counter[str] = Counter()
    for rung in ladder:
        seen[str(rung.at)] += 1
        yield str(rung.at), seen[str(rung.at)]


# --- history once more ----------------------------------------------------------------------------------------------


def played(
    definition: Definition, names: Iterable[str], events: Sequence[Event], renamed: Mapping[str, str], calendars: Calendars,
    evaluate: Evaluate, live: Live,
) -> dict[str, ClockRun]:
    """The runs that these clocks would have, had the definition held from the first event on, with the values of the case as they are.

    Events count in the order in which they happened, which for what was dated back is not that of their recording.
    """
    events = sorted(events, key=lambda event: event.occurred_at)
    only = replace(definition, all_clocks={name: definition.all_clocks[name] for name in names})
    case, runs = opened(events[0]), dict[str, ClockRun]()
    for event in events:
        if event is not events[0]:
            apply(case, event)
        case.state, case.back = renamed.get(case.state, case.state), [renamed.get(state, state) for state in case.back]
        case.clocks = runs
        runs = runs | follow(only, case, list(happenings(event, renamed)), event.occurred_at, calendars, evaluate, live)
    return runs


def happenings(event: Event, renamed: Mapping[str, str]) -> Iterator[Happening]:
    """What happened with a recorded event, in the order in which clocks follow it; states by their new names."""
    data = event.data
    if event.kind in ("opened", "acted", "task"):
        yield Happening(EventKind.OPENED) if event.kind == "opened" else Happening(
            EventKind.TASK if event.kind == "task" else EventKind.ACTION, data["act"]
        )
    if event.kind in ("breach", "ended"):
        yield Happening(EventKind.CLOCK_DUE, data["clock"])
    for name in (*data.get("set", ()), *data.get("sealed", ())):
        yield Happening(EventKind.FIELD, name)
    if "sent" in data:
        yield Happening(EventKind.NOTICE_SENT, data["sent"])
    if "to" in data:
        if "from" in data:
            yield Happening(EventKind.LEFT, renamed.get(data["from"], data["from"]))
        yield Happening(EventKind.STATE, renamed.get(data["to"], data["to"]))
    for name, form in data.get("tasks", {}).items():
        if form["status"] == "open" and form["opened"] == event.occurred_at.isoformat():
            yield Happening(EventKind.TASK_OPENED, name)
    if data.get("closed"):
        yield Happening(EventKind.CLOSED)
