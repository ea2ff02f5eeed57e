"""Checks of tasks that open by themselves, of what stands under `anywhere`, and of what may be dated back."""

from collections.abc import Iterator

from engine.defining.checks_walk import BACK, Finding, View, actions, doers
from engine.defining.clock_parts import written_tasks
from engine.defining.definition import Definition, EventKind, Happening, State, WhoKind
from engine.ground.language import say
from engine.ground.recurrence import Recurrence


def in_outside_anywhere(view: View) -> Iterator[Finding]:
    """`in:` on an action or task of one state, where it changes nothing; `in:` that names a final state."""
    for thing, path in doers(view.definition):
        if thing.in_ and path[0] != "anywhere":
            yield Finding(
                (*path, "in"),
                say("`in` is only for what stands under `anywhere`"),
                hint=say("Remove it: '{name}' stands in its state.", name=thing.name),
            )
        for name in thing.in_:
            if path[0] == "anywhere" and name in view.definition.states and view.definition.states[name].final:
                yield Finding(
                    (*path, "in"),
                    say("'{name}' is final, and what stands under `anywhere` is for states that are not", name=name),
                    hint=say("Write it in the state itself."),
                )


def tasks_that_never_open(view: View) -> Iterator[Finding]:
    """Tasks of a state whose `from` names only what cannot leave a case in that state: they open only while it is there."""
    for state, task, path in written_tasks(view.definition):
        if state is None or not task.from_ or isinstance(task.every, Recurrence):
            continue
        if not any(_leaves_in(view.definition, what, state) for what in task.from_):
            yield Finding(
                (*path, "from"),
                say("'{task}' never opens: after none of these is a case in the state '{state}'", task=task.name, state=state.name),
                hint=say("Write the task in the state where the case is then, or under `anywhere`."),
            )


_FORGOTTEN = frozenset({EventKind.LEFT, EventKind.CLOCK_DUE, EventKind.CASE_CLOSED})


def rules(view: View) -> Iterator[Finding]:
    """Rules of dates that count from what the case does not keep, that never end, or that leave out months without their day."""
    for state, task, path in written_tasks(view.definition):
        if not isinstance(task.every, Recurrence):
            continue
        for index, what in enumerate(task.from_):
            elsewhere = what.kind is EventKind.STATE and (state is None or what.name != state.name)
            if what.kind in _FORGOTTEN or elsewhere:
                found = say("A rule cannot count from '{event}', of which a case keeps no date", event=str(what))
                yield Finding((*path, "from", index), found, hint=say(
                    "Count from an action or task, or set a date field then and count from that."))
        if state is not None and state.final and not task.at_most and not task.when and not task.every.ends:
            yield Finding((*path, "every"), say("'{task}' opens for ever: nothing ends it once the case is closed", task=task.name),
                          hint=say("Give the rule COUNT or UNTIL, or write `at_most` or `when`."))
        if task.every.leaves_out_short_months:
            yield Finding((*path, "every"), say("What happens on the 31st has no date in months without one"), severity="warning",
                          hint=say("Add SKIP=BACKWARD for the last day of such a month."))


def keys_of_no_limit(view: View) -> Iterator[Finding]:
    """What a task says of its limit though it has none."""
    for _, task, path in written_tasks(view.definition):
        said = {"pause": task.pause, "extend": task.extend, "calendar": None if task.every else task.calendar}
        for key, value in said.items():
            if value and not task.within:
                yield Finding(
                    (*path, key),
                    say("`{key}` changes nothing: the task '{task}' has no limit", key=key, task=task.name),
                    hint=say("Write for example `within: 3 working days`."),
                )


def backdate_for_nobody(view: View) -> Iterator[Finding]:
    """`backdate` on what no staff may do: only they say when something was done."""
    for what, path in doers(view.definition):
        if what.backdate is not None and what.by and all(who.kind in (WhoKind.SYSTEM, WhoKind.CUSTOMER) for who in what.by):
            yield Finding(
                (*path, "backdate"),
                say("Only staff say when something was done, and no staff may take '{name}'", name=what.name),
                hint=say("Remove it, or add to `by` who may."),
            )


def _leaves_in(definition: Definition, what: Happening, state: State) -> bool:
    """Whether a case can be in the state when this has just happened."""
    match what.kind:
        case EventKind.OPENED:
            return state.name in definition.beginnings
        case EventKind.CLOSED:
            return state.final
        case EventKind.STATE:
            return what.name == state.name
        case EventKind.LEFT:
            return what.name != state.name
        case EventKind.ACTION:
            return any(
                action.name == what.name and action.to in ((state.name, None) if origin is state else (state.name, BACK))
                for origin, action, _ in actions(definition)
            )
        case EventKind.TASK | EventKind.TASK_OPENED:
            return what.name in state.tasks
    return True     # a clock, a notice, a date: whenever


CHECKS = (in_outside_anywhere, tasks_that_never_open, rules, keys_of_no_limit, backdate_for_nobody)
