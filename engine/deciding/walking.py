"""A procedure walked through: how long cases stayed in each state and at each task, how much of that they waited, how often they were
handed over. Instants are taken to the second, as in time accounts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.deciding.accounts import NOTHING, awaits_customer, read_standings, stretches, to_the_second
from engine.deciding.case import Event, TaskStatus, task_from
from engine.deciding.spread import Spread
from engine.defining.definition import Definition


@dataclass(slots=True)
class Step:
    """A state, or a task, as cases went through it."""

    stays: Spread = field(default_factory=Spread)    # from entering to leaving it, or from opening to doing the task; by the calendar
    longest: str = ""                                # the number of the case that stayed longest
    elapsed: timedelta = NOTHING                     # of all stays, also of those that go on
    waited: timedelta = NOTHING                      # part of it: for the customer, paused, or while nobody owned the case
    handovers: int = 0                               # how often a case came to another owner here
    there: int = 0                                   # cases there now

    def stay(self, length: timedelta, number: str) -> None:
        """Count a stay that is over."""
        if not self.longest or length > self.stays.worst:
            self.longest = number
        self.stays.add(length)


@dataclass(slots=True)
class Walk:
    """The steps of a procedure by name."""

    cases: int = 0
    states: dict[str, Step] = field(default_factory=dict)
    tasks: dict[str, Step] = field(default_factory=dict)

    def add(self, versions: Callable[[int], Definition], history: Iterable[Event], number: str, now: datetime) -> None:
        """Walk one case, up to `now`; `versions` are published versions by id."""
        self.cases += 1
        events = list(history)
        standings, stops = read_standings(versions, events)
        found, last = list(stretches(standings, to_the_second(now))), standings[-1]
        owner, length = None, NOTHING
        for n, (here, until) in enumerate(found):
            step = self.states.setdefault(here.state, Step())
            idle = until - here.at if here.owner is None or awaits_customer(here.definition, here.state) else _within(stops, here.at, until)
            step.elapsed, step.waited, length = step.elapsed + (until - here.at), step.waited + idle, length + (until - here.at)
            step.handovers += here.owner is not None and owner is not None and here.owner != owner
            owner = here.owner or owner
            if n + 1 < len(found) and found[n + 1][0].state == here.state and found[n + 1][0].at == until:
                continue
            if here is not last or last.closed:
                step.stay(length, number)
            length = NOTHING
        if not last.closed:
            self.states.setdefault(last.state, Step()).there += 1
        self._tasks(events, number)

    def _tasks(self, events: Iterable[Event], number: str) -> None:
        runs = {(name, form["opened"]): task_from(form) for event in events for name, form in event.data.get("tasks", {}).items()}
        for run in runs.values():
            step = self.tasks.setdefault(run.name, Step())
            if run.status is TaskStatus.DONE and run.ended_at is not None:
                step.stay(to_the_second(run.ended_at) - to_the_second(run.opened_at), number)
            step.there += run.status is TaskStatus.OPEN


def _within(stops: Sequence[tuple[datetime, datetime]], since: datetime, until: datetime) -> timedelta:
    """How much of a stretch these stops cover; they do not overlap."""
    return sum((max(NOTHING, min(to, until) - max(frm, since)) for frm, to in stops), NOTHING)
