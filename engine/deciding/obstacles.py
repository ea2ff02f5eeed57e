"""Why something is not possible in a case now: the one source of reasons.

`obstacles` guards the transitions of the machine, and it makes the list of possible actions, the refusals and what the
command line completes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.deciding import approvals, authority, rights
from engine.deciding.case import CaseState, TaskStatus
from engine.deciding.choosing import holding
from engine.deciding.clock_due import due_after
from engine.deciding.clock_scene import Calendars
from engine.deciding.expressions import expression, truth
from engine.deciding.fields import empty
from engine.deciding.reasons import Obstacle, Reason
from engine.deciding.request_record import Request, RequestKind
from engine.deciding.rights import Actor
from engine.defining.absences import BY_NAME
from engine.defining.definition import Action, Approval, Case, Definition, Task, Who
from engine.defining.organisation import Organisation
from engine.ground.duration import Duration
from engine.ground.errors import CalendarExpired
from engine.ground.language import say
from engine.ground.money import Money
from engine.ground.replacing import replace

BACK = "back"


@dataclass(slots=True)
class Situation:
    """Everything a decision looks at: the case, who acts, when, and the values in reach (given ones first)."""

    definition: Definition
    case: CaseState
    actor: Actor
    organisation: Organisation
    now: datetime
    scope: Mapping[str, Any]
    live: Callable[[str], Any]
    calendars: Calendars
    state: str = ""                 # what the machine moves
    chosen: Action | Task | None = None
    approved: Request | None = None     # the request by which it was approved
    recorded: datetime | None = None    # when it is recorded, if it counts as of an earlier `now`

    @property
    def today(self) -> datetime:
        """The instant at which the actor must have been somebody's deputy: when they asked for it, else when it is recorded."""
        return self.approved.at if self.approved else self.recorded or self.now


def find(definition: Definition, case: CaseState, name: str) -> Action | Task | None:
    """The action of the present state, or the task that is open, of that name."""
    state = definition.states[case.state]
    action = state.actions.get(name)
    if action is not None:
        return action
    task = state.tasks.get(name)
    run = case.tasks.get(name)
    return task if task is not None and run is not None and run.status is TaskStatus.OPEN else None


def obstacles(situation: Situation, what: Action | Task) -> list[Obstacle]:
    """Every reason why this actor cannot take this action (or finish this task) now; empty when possible."""
    found = _rights_of(situation, what)
    if isinstance(what, Action):
        found += _bounds_of(situation, what)
    missing = wanting(what.require, situation.scope, situation.live)
    if missing:
        found.append(Obstacle(Reason.REQUIRE, say("still needed: {fields}", fields=", ".join(missing))))
    if isinstance(what, Action) and what.when is not None and not truth(expression(what.when)(situation.scope)):
        found.append(Obstacle(Reason.WHEN, say("only possible when {condition}", condition=what.when)))
    if situation.approved is not None:
        return found + not_asked(approvals.unasked(what, situation.scope, situation.approved))
    parts = approvals.needed(what, situation.scope)
    if parts:
        found += _approval_of(situation, what, parts)
    elif what.limit and situation.actor.id != "system":
        found += _authority_of(situation, what)
    return found


def not_asked(parts: Sequence[Approval]) -> list[Obstacle]:
    """That others have to approve by now than were asked."""
    people = ", ".join(str(part.of) for part in parts)
    return [Obstacle(Reason.APPROVE, say("by now others have to approve it too: {people}; ask anew", people=people))] if parts else []


def wanting(require: Sequence[Case], scope: Mapping[str, Any], live: Callable[[str], Any]) -> list[str]:
    """The fields, and `comment`, that `require` asks for as the case is now and that are empty; `scope` sees what is given first."""
    return [name for name in holding(require, scope) if empty(scope.get("comment") if name == "comment" else live(name))]


def acting(situation: Situation, what: Action | Task) -> Situation:
    """The situation with the actor in whose name it is possible: a deputy acts in the absent person's where their own right or
    authority does not suffice."""

    def possible(actor: Actor) -> bool:
        return not of_actor(replace(situation, actor=actor), what)

    actor = rights.in_whose_name(situation.actor, situation.organisation, situation.today, possible)
    return situation if actor is situation.actor else replace(situation, actor=actor)


def of_actor(situation: Situation, what: Action | Task) -> list[Obstacle]:
    """What lies in who acts: rights, denials, exclusions, authority; empty when nothing does."""
    found = _rights_of(situation, what)
    if what.limit and situation.actor.id != "system" and situation.approved is None and not approvals.needed(what, situation.scope):
        found += _authority_of(situation, what)
    return found


def _rights_of(situation: Situation, what: Action | Task) -> list[Obstacle]:
    """Why the actor may not. Whoever asked for what is approved now had the right then; a denial or exclusion since counts."""
    actor, reach = situation.actor, (situation.definition, situation.case, situation.organisation, situation.live)
    if situation.approved is None and not _assigned(situation, what) and not rights.may(actor, what.by, *reach, situation.today):
        could = ", ".join(rights.who_could(what.by, *reach, what.except_, what.name)) or say("nobody")
        return [Obstacle(Reason.ROLE, say("{who} may not; these may: {could}", who=named(actor), could=could))]
    denied = rights.denied(actor, what.name, situation.definition, situation.organisation, situation.today)
    if denied is not None:
        return [Obstacle(Reason.DENY, say("the organisation denies it to {who}", who=denied))]
    barred = rights.excluded(actor, what.except_, *reach, situation.today)
    if barred is not None:
        return [Obstacle(Reason.EXCEPT, say("{who} is excluded here as {role}", who=named(actor), role=str(barred)))]
    return []


def _assigned(situation: Situation, what: Action | Task) -> bool:
    """Whether the task is assigned to the actor, or to the one in whose name they act; not where they are denied a post that it names."""
    run = situation.case.tasks.get(what.name) if isinstance(what, Task) else None
    if run is None or run.assignee is None:
        return False
    actor, organisation = situation.actor, situation.organisation
    if actor.on_behalf is None:
        mine = run.assignee == actor.id
    else:
        lent = rights.lent_to(actor, organisation, situation.today)
        mine = run.assignee == actor.on_behalf and lent is not None and BY_NAME in lent.chains
    asked = rights.names(actor, organisation, situation.today) if mine else ()
    return mine and not any(organisation.posts.may_not_hold(one, who.name) for one in asked for who in what.by)


def named(actor: Actor) -> str:
    """Who acts, and in whose name: "zhou.min for wang.fang"."""
    return say("{who} for {other}", who=actor.id, other=actor.on_behalf) if actor.on_behalf else actor.id


def _bounds_of(situation: Situation, action: Action) -> list[Obstacle]:
    case, found = situation.case, []
    if action.to == BACK and not case.back:
        found.append(Obstacle(Reason.STATE, say("there is no state to go back to")))
    if case.waits and action.to not in (None, case.state):
        found.append(Obstacle(Reason.WAITS, say("waits for the closing of {cases}", cases=", ".join(case.waits))))
    act = case.acts.get(action.name)
    if action.at_most is not None and act is not None and act.count >= action.at_most:
        found.append(
            Obstacle(Reason.AT_MOST, say("already done as often as allowed ({count} of {most})", count=act.count, most=action.at_most))
        )
    entered = case.entered_at or case.opened_at
    if action.within is not None:
        end = _end(entered, action.within, situation)
        if end is not None and situation.now > end:
            found.append(
                Obstacle(Reason.WITHIN, say("was possible only within {duration} of entering the state", duration=str(action.within)))
            )
    if isinstance(action.after, Duration):
        end = _end(entered, action.after, situation)
        if end is None or situation.now < end:
            found.append(Obstacle(Reason.AFTER, say("only after {duration} in this state", duration=str(action.after))))
    elif action.after is not None:
        wanting = tasks_wanting(situation.definition, case, action.after)
        if wanting:
            found.append(Obstacle(Reason.AFTER, say("tasks must be done first; still open: {tasks}", tasks=", ".join(wanting))))
    return found


def _end(entered: datetime, duration: Duration, situation: Situation) -> datetime | None:
    """When a duration from entering the state is over; None when that lies beyond what the calendar knows, so it has not come yet."""
    try:
        return due_after(entered, duration, situation.calendars(None))
    except CalendarExpired:
        return None


def tasks_wanting(definition: Definition, case: CaseState, after: str) -> list[str]:
    """The tasks still open that `after: tasks | any task | N tasks` waits for; empty when enough are done.

    What was done on an earlier stay in the state does not count: the tasks that entering it opens, open together.
    """
    tasks = definition.states[case.state].tasks
    known = [case.tasks[name] for name in tasks if name in case.tasks and case.tasks[name].state == case.state]
    entering = [run.opened_at for run in known if not tasks[run.name].from_ and not tasks[run.name].every]
    since = max(entering, default=case.entered_at or case.opened_at)
    done = sum(run.status is TaskStatus.DONE and run.opened_at >= since for run in known)
    still = [run.name for run in known if run.status is TaskStatus.OPEN]
    if after == "tasks":
        return still
    wanted = 1 if after == "any task" else int(after.split()[0])
    return still if done < wanted else []


def _approval_of(situation: Situation, what: Action | Task, parts: tuple[Approval, ...]) -> list[Obstacle]:
    """Whether it cannot be asked for: somebody did so already, too few could approve it, or nobody with authority over the amount."""
    case, actor = situation.case, situation.actor
    for known in case.requests.values():
        if (known.kind, known.name) == (RequestKind.ACTION, what.name) and known.by != actor.id:
            return [Obstacle(Reason.APPROVE, say("{who} has asked for it (request {id})", who=known.by, id=known.id))]
    asked = Request(0, RequestKind.ACTION, what.name, actor.id, actor.on_behalf, situation.now, parts)
    panel = approvals.Panel(situation.definition, case, situation.organisation, situation.live, situation.today, what.except_)
    if panel.outcome(asked) is approvals.Outcome.TOO_FEW:
        return [Obstacle(Reason.APPROVE, say("too few could approve it: {people}", people=panel.who(asked)))]
    total = total_of(situation, what)
    if total is not None and not panel.could_cover(asked, total):
        return [uncovered(situation, what, total, panel.who(asked))]
    return []


def total_of(situation: Situation, what: Action | Task) -> Money | None:
    """What an action or task decides under its `limit`, with all that was decided in the case before; None when it is no amount."""
    amount = situation.live(what.limit) if what.limit else None
    if amount is None or what.limit is None:
        return None
    currency = situation.definition.fields[what.limit].currency or ""
    return Money(max(amount, Decimal(0)) + authority.decided(situation.case, currency), currency)


def _authority_of(situation: Situation, what: Action | Task) -> list[Obstacle]:
    """Whether the actor's own authority does not cover the amount."""
    total = total_of(situation, what)
    if total is None or authority.covers(situation.definition, situation.organisation, situation.actor, total, situation.today):
        return []
    return [uncovered(situation, what, total, named(situation.actor), what.by)]


def uncovered(situation: Situation, what: Action | Task, total: Money, who: str, by: Sequence[Who] = ()) -> Obstacle:
    """That an amount is above the authority of somebody, with the next who may: of those named, or of everybody."""
    return above(situation, situation.live(what.limit or ""), total, who, by, what.except_)


def above(situation: Situation, amount: Any, total: Money, who: str, by: Sequence[Who] = (), excepts: Sequence[Who] = ()) -> Obstacle:
    """That an amount, with what was decided before, is above the authority of somebody, with the next who may."""
    definition, organisation = situation.definition, situation.organisation
    reach = (definition, situation.case, organisation, situation.live)
    granted = frozenset[str]().union(*(rights.people(one, *reach) for one in by)) if by else frozenset(organisation.people)
    barred = frozenset[str]().union(*(rights.people(one, *reach) for one in excepts))
    could = ", ".join(authority.next_who(definition, organisation, total, granted - barred)) or say("nobody")
    before = authority.decided(situation.case, total.currency)
    facts = {"amount": amount, "currency": total.currency, "who": who, "could": could, "before": before}
    return Obstacle(
        Reason.LIMIT,
        say("{amount} {currency}, with {before} decided before, is above the authority of {who}; next who may decide it: {could}", **facts)
        if before
        else say("{amount} {currency} is above the authority of {who}; next who may decide it: {could}", **facts),
    )
