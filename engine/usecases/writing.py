"""Writing a piece of work: the case row with its events, work items and timer, personal values, the outbox."""

from collections.abc import Sequence
from datetime import UTC, datetime

from engine.deciding import queues
from engine.deciding.case import ClockStatus, TaskStatus
from engine.deciding.others import kept_values
from engine.deciding.request_record import RequestKind
from engine.defining.definition import State, Who
from engine.records import cases, others, outbox, personal, sealing, timers
from engine.records.cases import NO_DUE, Item, Loaded
from engine.usecases.asking import panel_of
from engine.usecases.notifying import messages_of
from engine.usecases.upcoming import next_up
from engine.usecases.work import Outcome, Work

UNKNOWN_DUE = datetime(1970, 1, 1, tzinfo=UTC)   # a due time that cannot be known sorts first


def write(work: Work, *, origin: str | None = None) -> Loaded:
    """Write everything recorded; raises Conflict when somebody else changed the case meanwhile.

    The case that opened this one hears of it when it was closed.
    Where nothing was, only the timer is looked after: a calendar may have moved what comes next though it moved no due time.
    """
    if work.loaded is not None and not work.events:
        timers.write(work.conn, work.loaded.id, work.loaded.timer, work.loaded.attempts, timer(work))
        return work.loaded
    due = due_at(work)
    picture = (items(work, due), breaches(work), due, timer(work))
    if work.loaded is None:
        work.loaded = cases.insert(work.conn, work.definition.name, work.case, work.events, *picture, origin=origin)
    else:
        cases.save(work.conn, work.loaded, work.events, *picture)
    messages = messages_of(work, work.loaded.id)
    if work.rows or messages:
        key = sealing.key_of_case(work.conn, work.loaded.id, work.case.party)
        personal.store(work.conn, work.loaded.id, key, work.rows)
        outbox.put(work.conn, messages, key, work.now)
    asked = others.asked(work.house.store, work.conn, work.definition.name)
    if asked and any("party" in event.data or not asked.isdisjoint(event.data.get("set", ())) for event in work.events):
        values = kept_values(work.definition, work.case.fields, work.case.party, asked)
        others.keep(work.conn, work.loaded.id, work.definition.name, work.case.opened_at, values)
    if work.shown:
        from engine.records import observations  # procedures are written without it

        observations.put(work.conn, work.loaded.id, work.definition.name, list(work.shown.items()))
    if work.definition.lesson:
        from engine.usecases import lessons  # most procedures are written without it

        lessons.keep(work, work.loaded.id)
    if work.case.surveys:
        from engine.usecases import surveying  # cases without questionnaires are written without it

        surveying.give_out(work, work.loaded.id)
        surveying.keep(work, work.loaded.id)
    work.written = [message.name for message in messages]
    if any(event.data.get("closed") for event in work.events):
        from engine.usecases.families import tell_opener  # which writes that case in turn

        tell_opener(work)
    return work.loaded


def outcome(work: Work, settled: int = 0) -> Outcome:
    """What a written work did; its first `settled` events were settling."""
    revision = work.loaded.revision if work.loaded else 1
    done, before = tuple(work.events[settled:]), tuple(work.events[:settled])
    return Outcome(work.case.number, work.case.state, revision, done, before, tuple(work.written))


def timer(work: Work) -> tuple[datetime, datetime] | None:
    """When the case next needs attention: (due, fire); None when nothing is to come. A clock whose due time cannot be known yet waits
    without end for its calendar to be extended."""
    item = next_up(work)
    if item is None:
        unknown = any(run.unknown and run.status is ClockStatus.RUNNING for run in work.case.clocks.values())
        return (NO_DUE, NO_DUE) if unknown else None
    return item.due_at, item.fire_at


def due_at(work: Work) -> datetime | None:
    """The earliest due time of a promise that runs; `UNKNOWN_DUE` when one cannot be known, None without any."""
    running = [
        run for name, run in work.case.clocks.items()
        if run.status is ClockStatus.RUNNING and (spec := work.definition.all_clocks.get(name)) is not None and spec.until
    ]
    if any(run.unknown for run in running):
        return UNKNOWN_DUE
    return min((run.due_at for run in running if run.due_at), default=None)


def breaches(work: Work) -> int:
    """How many clocks of the case stand breached."""
    return sum(run.breached_at is not None for run in work.case.clocks.values())


def items(work: Work, due: datetime | None) -> list[Item]:
    """The work items of the case as it stands: its open tasks and, while it is open, its state for each role that may act there."""
    case, state = work.case, work.definition.states[work.case.state]
    due = due or NO_DUE
    found = _task_items(work, state, due) + request_items(work, due)
    if state.final:
        return found
    entered = case.entered_at or case.opened_at
    acting = [who for action in state.actions.values() if not action.anywhere for who in action.by]
    found += [Item("state", state.name, role, person, entered, due) for role, person in _queue(work, acting)]
    known = {item.person for item in found}
    found += [Item("state", state.name, None, person, entered, due) for person in case.added if person not in known]
    return list(dict.fromkeys(found))


def request_items(work: Work, due: datetime) -> list[Item]:
    """The work items of requests that wait for an answer: for a post as long as all of it may answer, else for each who still may."""
    found: list[Item] = []
    for request in work.case.requests.values():
        panel = panel_of(work, request)
        for part in request.parts:
            open_to = panel.open_to(request, part)
            rows = queues.queue([part.of], work.definition, work.case, work.organisation, work.live)
            if request.kind is RequestKind.HANDOVER or open_to != panel.everybody(request, part):
                rows = [(None, person) for person in sorted(open_to)]
            found += [Item("request", request.name, role, person, request.at, request.due_at or due) for role, person in rows]
    return list(dict.fromkeys(found))


def _task_items(work: Work, state: State, due: datetime) -> list[Item]:
    found: list[Item] = []
    for task in state.tasks.values():
        run = work.case.tasks.get(task.name)
        if run is None or run.status is not TaskStatus.OPEN:
            continue
        clock = work.case.clocks.get(task.name)
        task_due = clock.due_at if clock and clock.due_at else due
        queue = [(None, run.assignee)] if run.assignee else _queue(work, task.by)
        found += [Item("task", task.name, role, person, run.opened_at, task_due) for role, person in queue]
    return found


def _queue(work: Work, whos: Sequence[Who]) -> list[tuple[str | None, str | None]]:
    """Roles and people to whom a work item is shown; where the owner holds the role, the item is the owner's own."""
    owner = work.case.owner
    return [
        (role, owner if person is None and owner and role and work.organisation.posts.holds(owner, role) else person)
        for role, person in queues.queue(whos, work.definition, work.case, work.organisation, work.live)
    ]
