"""Taking an action or finishing a task: the one way in which a case moves, for staff, customer and scheduler alike."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.deciding.approvals import needed
from engine.deciding.case import CaseState, TaskRun, TaskStatus, task_json
from engine.deciding.choosing import holding
from engine.deciding.duties import stays
from engine.deciding.machine import move, not_here, refusal
from engine.deciding.obstacles import BACK, acting, find, obstacles
from engine.deciding.request_record import Request, RequestKind
from engine.deciding.rights import THE_SYSTEM, Actor
from engine.defining.checks_authority import decides
from engine.defining.definition import Action, EventKind, Happening, State, Task
from engine.ground.errors import Invalid
from engine.ground.language import say, spoken
from engine.ground.replacing import replace
from engine.usecases.asking import approval, ask, end
from engine.usecases.doing import carry, tell
from engine.usecases.later import Beyond, Later, Wanted
from engine.usecases.parties import parties_apart
from engine.usecases.work import Work

AT_ONCE = 50       # actions of the scheduler in a row at one moment: more is a loop in the definition


def take(work: Work, name: str, actor: Actor, at: datetime, given: Mapping[str, Any], approved: Request | None = None) -> None:
    """Take the action, or finish the task, of that name; `given` are canonical values, `comment` among them.

    Given values count first, then `require`, `when`, `limit`; then the case moves, then the doings in their order. What has to be
    approved is only asked for, unless `approved` is the request by which it was.
    Raises NotAllowed, Denied or Invalid (what is still needed) and records nothing.
    """
    work.given = dict(given)
    what = find(work.definition, work.case, name)
    situation = replace(work.situation(actor, at), approved=approved)
    if what is None:
        raise not_here(situation, name)
    situation = acting(situation, what)
    actor = situation.actor
    parts = needed(what, situation.scope) if approved is None else ()
    if parts or isinstance(what, Task):
        found = obstacles(situation, what)
        if found:
            raise refusal(situation, name, found)
    if parts:
        none_emptied(work)
        ask(work, RequestKind.ACTION, name, parts, actor, at)
        return
    if isinstance(what, Task):
        acts = _finish(work, what, actor, at, approved)
    else:
        acts = _go(work, what, move(situation, what), actor, at, approved)
    work.given = {}
    for act in acts:
        attempt(work, act, at)


def attempt(work: Work, name: Later, at: datetime, after: int = 0) -> None:
    """An `act:` of the definition, by the scheduler, or an `open:`; an impossible one is recorded and told to the owner.

    `after` counts how many of them led here; raises Invalid when they call each other without end.
    """
    if after >= AT_ONCE:
        raise endless(work)
    work.given = {}
    if isinstance(name, Wanted):
        from engine.usecases.families import open_linked  # it takes system actions of the case that it opens, so it needs this module

        open_linked(work, name, at)
        return
    if isinstance(name, Beyond):
        from engine.usecases.granting_asked import ask_for  # what it carries out may take actions, so it needs this module

        ask_for(work, name, at)
        return
    situation = work.situation(THE_SYSTEM, at)
    what = find(work.definition, work.case, name)
    found = obstacles(situation, dataclasses.replace(what, by=())) if what else []
    found = [obstacle for obstacle in found if obstacle.reason.value != "role"]   # `act` needs no role: the definition says it
    if what is None or found:
        why = str(not_here(situation, name)) if what is None else "; ".join(obstacle.message for obstacle in found)
        impossible(work, {"action": name, "why": why}, _title(work, name), at)
        return
    if parts := needed(what, situation.scope):
        ask(work, RequestKind.ACTION, name, parts, THE_SYSTEM, at)
        return
    acts = _finish(work, what, THE_SYSTEM, at) if isinstance(what, Task) else _go(work, what, _target(work, what), THE_SYSTEM, at)
    for act in acts:
        attempt(work, act, at, after + 1)


def impossible(work: Work, data: dict[str, Any], what: str, at: datetime) -> None:
    """Record that something the definition wants cannot be done (`why` in the data), and tell the owner."""
    if work.case.owner and work.case.owner in work.organisation.people:
        tell(work, "impossible", work.case.owner, data, {"comment": f"{what}: {data['why']}"})
    work.record("impossible", THE_SYSTEM, at, data)


def endless(work: Work) -> Invalid:
    """The error for a definition that never comes to rest."""
    return Invalid(
        say("{case}: system actions follow each other without end in state {state}", case=work.case.number, state=work.case.state),
        hint=say("Give one of them a condition that ends the loop, and publish; new cases follow it."), field="state", expected="end",
    )


def _title(work: Work, name: str) -> str:
    for state in work.definition.states.values():
        known = state.actions.get(name) or state.tasks.get(name)
        if known is not None:
            return known.title.in_(spoken()) or name
    return name


def _target(work: Work, action: Action) -> str:
    return work.case.back[-1] if action.to == BACK else action.to or work.case.state


def _finish(work: Work, task: Task, actor: Actor, at: datetime, approved: Request | None = None) -> list[Later]:
    run = work.case.tasks[task.name]
    data: dict[str, Any] = {"act": task.name, "tasks": {task.name: task_json(replace(run, status=TaskStatus.DONE, ended_at=at))}}
    data |= approval(work, approved) | decision(work, task, actor, at)
    filled = _write_given(work, data)
    more, acts = carry(work, task.do, actor, at, data)
    work.record("task", actor, at, data, [Happening(EventKind.TASK, task.name), *filled, *more])
    return acts


def _go(work: Work, action: Action, to: str, actor: Actor, at: datetime, approved: Request | None = None) -> list[Later]:
    definition, case = work.definition, work.case
    left, entered = definition.states[case.state], definition.states[to]
    data: dict[str, Any] = {"act": action.name, "from": left.name}
    happened = [Happening(EventKind.ACTION, action.name)]
    data |= approval(work, approved) | decision(work, action, actor, at)
    filled = _write_given(work, data)
    more, acts = carry(work, action.do, actor, at, data)
    happened += filled + more
    if action.to is not None:
        back = action.to == BACK and not left.final
        happened += enter(work, left, entered, data, at, back=back)
        if not back:
            more, entry_acts = carry(work, entered.entry, actor, at, data)
            happened += more
            acts += entry_acts
    work.record("acted", actor, at, data, happened)
    return acts


def decision(work: Work, what: Action | Task, actor: Actor, at: datetime) -> dict[str, Any]:
    """What an event says of the decision that an action or task is, by what was given with it: the amount under its `limit`, and the
    fields decided, those that it `covers` or else all that it asks for and was given; and whose decisions it takes back."""
    said: dict[str, Any] = {}
    if decides(what):
        amount = work.live(what.limit) if what.limit else None
        asked = [*holding(what.require, work.scope(actor, at)), *work.given, *([what.limit] if what.limit else [])]
        covers = what.covers or [name for name in dict.fromkeys(asked) if name != "comment"]
        said["decided"] = {"covers": list(covers)}
        if amount is not None:
            said["decided"] |= {"amount": format(amount, "f"), "currency": work.definition.fields[what.limit or ""].currency}
    revoked = {one.act for one in work.case.decided}.intersection(what.revokes)
    return said | ({"revokes": sorted(revoked)} if revoked else {})


def none_emptied(work: Work) -> None:
    """Refuse values that would empty a field which every case must have; raises Invalid."""
    missing = [name for name, value in work.given.items() if value is None and name != "comment" and work.definition.fields[name].required]
    if missing:
        raise Invalid(
            say("A case of {bundle} needs: {fields}", bundle=work.definition.name, fields=", ".join(missing)),
            hint=say("Give another value, or leave it as it is."), field=missing[0], missing=missing, expected="value",
        )


def _write_given(work: Work, data: dict[str, Any]) -> list[Happening]:
    none_emptied(work)
    if work.given.get("comment"):
        work.say_in(data, "comment", work.given["comment"])
    return work.put(parties_apart(work, data), data)


def enter(work: Work, left: State | None, entered: State, data: dict[str, Any], at: datetime, *, back: bool = False) -> list[Happening]:
    """Write leaving one state and entering another into an event: tasks held, cancelled or resumed; closing, reopening."""
    case = work.case
    happened: list[Happening] = []
    tasks: dict[str, Any] = {}
    stack = _stack(case.back, left, entered, back) if left is not None else []
    data["to"] = entered.name
    if left is not None:
        happened.append(Happening(EventKind.LEFT, left.name))
        for name, run in case.tasks.items():
            if run.status is TaskStatus.OPEN and stays(work.definition, name, left.name, entered.name):
                tasks[name] = task_json(replace(run, state=entered.name))
                continue
            status = _after_leaving(run, [] if entered.final else stack, entered.name if back else None)
            if status is not run.status:
                ended = max(at, run.opened_at) if status is TaskStatus.CANCELLED else None
                tasks[name] = task_json(replace(run, status=status, ended_at=ended))
    if stack != case.back:
        data["back"] = stack
    if not back:   # a state that was held is gone on with, not entered anew
        happened.append(Happening(EventKind.STATE, entered.name))
    if left is not None:
        for request in over_on_leaving(case, left, entered):
            if str(request.id) not in data.get("ended", ()):
                end(work, request, "left", data)
    if tasks:
        data["tasks"] = {**data.get("tasks", {}), **tasks}
    if entered.final != (case.closed_at is not None):
        data["closed"] = entered.final
        if entered.final:
            happened.append(Happening(EventKind.CLOSED))
    return happened


def over_on_leaving(case: CaseState, left: State, entered: State) -> list[Request]:
    """The requests that end with the state they were made in: for its own actions and tasks; when the case is closed, all but for what
    was missed: that is owed as before."""
    return [
        one for one in case.requests.values() if one.kind is not RequestKind.GRANT
        if entered.final or (one.kind is RequestKind.ACTION and not _goes_on(one.name, left, entered))
    ]


def _goes_on(name: str, left: State, entered: State) -> bool:
    both: list[Action | Task | None] = [state.actions.get(name) or state.tasks.get(name) for state in (left, entered)]
    return all(one is not None and one.anywhere for one in both)


def _stack(stack: list[str], left: State, entered: State, back: bool) -> list[str]:
    """The states that are held, latest last, after leaving one and entering another."""
    if back:
        return stack[:-1]
    if not _leads_back(entered):
        return []
    if entered.name in stack:   # entered anew, so no longer held; what was left on the way from there is not either
        return stack[:stack.index(entered.name)]
    return stack if left.name == entered.name else [*stack, left.name]


def _leads_back(state: State) -> bool:
    return any(action.to == BACK for action in state.actions.values())


def _after_leaving(run: TaskRun, stack: list[str], back_to: str | None) -> TaskStatus:
    if run.status not in (TaskStatus.OPEN, TaskStatus.HELD):
        return run.status
    if back_to == run.state:
        return TaskStatus.OPEN
    return TaskStatus.HELD if run.state in stack else TaskStatus.CANCELLED
