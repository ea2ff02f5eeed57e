"""For whom work is: the posts and people to whom it is shown, and the one to whom it is given."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from engine.deciding.case import CaseState, TaskStatus
from engine.deciding.request_record import RequestKind
from engine.deciding.rights import ANYONE, WORDS, Live, is_post, people, posts_named
from engine.defining.absences import BY_NAME
from engine.defining.definition import Definition, Who, WhoKind
from engine.defining.organisation import Organisation


def queue(
    whos: Sequence[Who], definition: Definition, case: CaseState | None, organisation: Organisation, live: Live
) -> list[tuple[str | None, str | None]]:
    """The work items that `whos` make, each as (post or group, None) or (None, person); the customer and the system have none."""
    rows: list[tuple[str | None, str | None]] = []
    for who in whos:
        if who.kind is WhoKind.ANYONE:
            rows.append((ANYONE, None))
        elif who.kind is WhoKind.NAMED and is_post(who.name, definition, organisation):
            rows += [(post, None) for post in posts_named(who.name, definition, live)]
        else:
            rows += [(None, one) for one in sorted(people(who, definition, case, organisation, live) - WORDS)]
    return list(dict.fromkeys(rows))


def choose(
    who: Who, definition: Definition, case: CaseState | None, organisation: Organisation, live: Live,
    load: Callable[[frozenset[str]], Mapping[str, int]], at: datetime, actor: str | None = None,
) -> str | None:
    """One person who works here: of several the one with the fewest open cases (`load`), of equals the first in the organisation file.
    Of several, those who are away are passed over while somebody is there."""
    candidates = people(who, definition, case, organisation, live, actor)
    known = sorted((one for one in candidates if one in organisation.people), key=organisation.posts.place.__getitem__)
    known = [one for one in known if organisation.absences.away(one, at, BY_NAME) is None] or known
    if len(known) < 2:
        return known[0] if known else None
    open_cases = load(frozenset(known))
    return min(known, key=lambda one: open_cases.get(one, 0))


def for_whom(
    definition: Definition, case: CaseState, organisation: Organisation, live: Live
) -> list[tuple[str | None, str | None]]:
    """For whom a case waits now, as `queue` gives it: its open tasks, what is asked of people and, while it is open, the actions of its
    state; and whom an escalation added."""
    state = definition.states[case.state]
    rows: list[tuple[str | None, str | None]] = []
    for task in state.tasks.values():
        run = case.tasks.get(task.name)
        if run is not None and run.status is TaskStatus.OPEN:
            rows += [(None, run.assignee)] if run.assignee else queue(task.by, definition, case, organisation, live)
    for request in case.requests.values():
        rows += [(None, request.name)] if request.kind is RequestKind.HANDOVER else queue(
            [part.of for part in request.parts], definition, case, organisation, live
        )
    if not state.final:
        acting = [who for action in state.actions.values() if not action.anywhere for who in action.by]
        rows += queue(acting, definition, case, organisation, live)
        rows += [(None, person) for person in case.added]
    return list(dict.fromkeys(rows))
