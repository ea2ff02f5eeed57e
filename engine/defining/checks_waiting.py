"""The check for states in which a case can wait without any limit.

A state that is not final is limited when one of these holds:

1. it has a `within` of its own;
2. the scheduler leaves it by itself: a system action without a condition after a time, or after tasks that all have limits;
3. a clock certainly runs there. That is followed along every way a case can take: the clock must be started on all of them and
   possibly stopped on none, nothing that can happen within the state may stop it, and it must not be paused there for ever.

A clock that nothing stops (a window) ends silently when due, so it limits only when a rung at or after due does something.
"""

from collections.abc import Iterable, Iterator

from engine.defining.checks_flow import reached, steps
from engine.defining.checks_walk import (
    BACK,
    Finding,
    Items,
    View,
    assignments,
    by_system,
    certain,
    does_something,
    ladders,
    opened,
    possible,
    sent,
)
from engine.defining.clock_parts import extensions, pauses, written_tasks
from engine.defining.definition import (
    Action,
    ClockSpec,
    Definition,
    Doing,
    EventKind,
    Happening,
    PointKind,
    State,
    Task,
)
from engine.ground.duration import Duration
from engine.ground.language import say

_OPENED = Happening(EventKind.OPENED)
_CLOSED = Happening(EventKind.CLOSED)


def waiting_without_limit(view: View) -> Iterator[Finding]:
    """States in which a case can wait without any limit; see the module for what limits."""
    definition = view.definition
    alive = reached(steps(definition), definition.beginnings)
    running = {clock.name: certainly_runs(definition, clock) for clock in definition.clocks.values() if _can_limit(clock)}
    for state in definition.states.values():
        if state.final or state.name not in alive or state.within or _leaves_by_itself(state):
            continue
        sure = [definition.clocks[name] for name, states in running.items() if state.name in states]
        paused = [clock.name for clock in sure if _paused_for_ever(clock, state)]
        if len(sure) > len(paused):
            continue
        hint = say("Give the state `within:`, let a clock run through it on every way, or let the scheduler act `after:` a time.")
        if paused:
            hint = say("The clock '{clock}' is paused there: bound the pause by `up_to:`, or give the state `within:`.", clock=paused[0])
        yield Finding(
            ("states", state.name),
            say("A case can wait in the state '{state}' without any limit", state=state.name),
            hint=hint,
            severity="warning",
        )


def tasks_without_limit(view: View) -> Iterator[Finding]:
    """Tasks without a limit of their own in a state without one; what a visit shows without a limit ends with the visit."""
    for state, task, path in written_tasks(view.definition):
        if not task.within and not (state and state.within) and task.name not in view.definition.standards:
            yield Finding(
                path,
                say("The task '{task}' has no limit", task=task.name),
                severity="warning",
                hint=say("Write for example `within: 3 working days`."),
            )


def _leaves_by_itself(state: State) -> bool:
    limited = bool(state.tasks) and all(task.within for task in state.tasks.values())
    return any(
        by_system(action)
        and action.when is None
        and action.to not in (None, state.name)
        and (isinstance(action.after, Duration) or (action.after is not None and limited))
        for action in state.actions.values()
    )


def _can_limit(clock: ClockSpec) -> bool:
    """Whether running it is a limit. Branches of `within` that leave a gap are a finding of their own."""
    if clock.when is not None:
        return False
    rungs = (rung for rung in clock.ladder if rung.when is None and does_something(rung.do))
    return bool(clock.until) or any(rung.at.kind in (PointKind.DUE, PointKind.PERCENT) for rung in rungs)


def _paused_for_ever(clock: ClockSpec, state: State) -> bool:
    return any(
        pause.up_to is None and (not pause.in_ or state.name in pause.in_ or set(pause.in_) & set(state.tasks)) for pause in clock.pause
    )


def certainly_runs(definition: Definition, clock: ClockSpec) -> set[str]:
    """The states in which the clock runs whatever way a case took, and which it cannot outlast by something stopping it there."""
    start, stop = set(clock.from_), set[Happening]() if clock.every and not clock.at_most else set(clock.until)
    again = start if clock.restart != "never" else set()   # then only the opening certainly starts it: on the way it may have run before
    runs = dict.fromkeys(definition.states, True)  # the greatest answer that agrees with every way: begin with yes, strike out
    begun = _on_opening(definition)
    inside = {state.name: bool(stop & _may_happen_in(definition, state)) for state in definition.states.values()}
    ways = list(_ways(definition))
    changed = True
    while changed:
        changed = False
        for state in definition.states.values():
            arriving = [
                _after(definition, way, again, stop, runs[way[0].name] and not inside[way[0].name]) for way in ways if way[2] is state
            ]
            if state.name in definition.beginnings:
                arriving.append(bool(start & (begun | _on_entering(state, certain))))
            value = all(arriving)
            if runs[state.name] and not value:
                runs[state.name], changed = False, True
    return {name for name, value in runs.items() if value and not inside[name]}


Way = tuple[State, Action, State]


def _ways(definition: Definition) -> Iterator[Way]:
    lead = steps(definition)
    alive = reached(lead, definition.beginnings)
    for state in definition.states.values():
        if state.name not in alive:
            continue
        for action in state.actions.values():
            if action.to == BACK:
                origins = (
                    o for o in definition.states.values() if o.name != state.name and any(a.to == state.name for a in o.actions.values())
                )
                yield from ((state, action, origin) for origin in origins)
            elif action.to in definition.states and action.to is not None:
                yield state, action, definition.states[action.to]


def _after(definition: Definition, way: Way, start: set[Happening], stop: set[Happening], runs: bool) -> bool:
    """Whether the clock certainly runs after this way, when it did (or not) before."""
    origin, action, to = way
    taken, entering = Happening(EventKind.ACTION, action.name), action.to != BACK
    sure = {taken} | _filled(definition, certain(action.require)) | _sending(action.do, certain)
    if start & (sure | (_on_entering(to, certain) if entering else set())):
        return True
    if origin.final and not to.final:  # reopened: what closing ended goes on, what was met before stays met
        return runs
    may = {taken} | _filled(definition, possible(action.require)) | _sending(action.do) | _touched(action.do)
    may |= {Happening(EventKind.LEFT, origin.name)} if origin is not to else set()
    if to.final:
        may -= {_CLOSED} | _on_entering(to)  # closing is undone by reopening
    elif entering:
        may |= _on_entering(to)
    return runs and not stop & may


def _on_opening(definition: Definition) -> set[Happening]:
    given = {name for name, field in definition.fields.items() if field.required or field.default is not None}
    return (
        {_OPENED}
        | _filled(definition, (*given, *certain(definition.opening.require)))
        | _sending(definition.opening.do, certain)
    )


def _on_entering(state: State, items: Items = possible) -> set[Happening]:
    opened = {
        Happening(EventKind.TASK_OPENED, task.name)
        for task in state.tasks.values()
        if not (task.when or task.from_ or task.every or task.at_most or task.anywhere)
    }
    return {Happening(EventKind.STATE, state.name)} | opened | _sending(state.entry, items)


def _may_happen_in(definition: Definition, state: State) -> set[Happening]:
    """Everything that can happen while a case stays in the state."""
    found: set[Happening] = set()
    stay: list[Action | Task] = [action for action in state.actions.values() if action.to is None]
    stay += state.tasks.values()
    for what in stay:
        found.add(Happening(EventKind.ACTION if isinstance(what, Action) else EventKind.TASK, what.name))
        found |= _filled(definition, possible(what.require)) | _touched(what.do) | _sending(what.do)
    for name, _, rungs, _ in ladders(definition):
        found.add(Happening(EventKind.CLOCK_DUE, name))
        for rung in rungs:
            found |= _touched(rung.do) | _sending(rung.do)
    found |= {Happening(EventKind.CASE_CLOSED, linked.procedure) for linked, _ in opened(definition)}
    for pause, _ in pauses(definition):
        found |= _touched(pause.then) | _sending(pause.then)
    for extension, _ in extensions(definition):
        found |= {Happening(EventKind.NOTICE_SENT, name) for name in possible(extension.notice)}
    return found | _touched(state.entry)


def _filled(definition: Definition, required: Iterable[str]) -> set[Happening]:
    return {Happening(EventKind.FIELD, name) for name in required if name in definition.fields}


def _touched(done: tuple[Doing, ...]) -> set[Happening]:
    return {Happening(EventKind.FIELD, name) for doing in done if doing.fills for name in assignments(doing)}


def _sending(done: tuple[Doing, ...], items: Items = possible) -> set[Happening]:
    return {Happening(EventKind.NOTICE_SENT, name) for name in sent(done, items)}


CHECKS = (waiting_without_limit, tasks_without_limit)
