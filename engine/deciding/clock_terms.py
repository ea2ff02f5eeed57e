"""What a case, as it stands, says of a clock: whether there is one, its limit and its start; and what becomes of a run when that changes.

Clocks rules 12 and 13, and the keys `when:`, `within:` and `recompute:`.
"""

from datetime import UTC, date, datetime
from typing import NamedTuple

from engine.deciding.budgets import chosen
from engine.deciding.case import ClockRun, ClockStatus
from engine.deciding.clock_due import as_if_running, due_extended
from engine.deciding.clock_rungs import new_round
from engine.deciding.clock_runs import off, timed
from engine.deciding.clock_scene import Scene
from engine.deciding.expressions import truth
from engine.defining.definition import ClockSpec, Counting, EventKind
from engine.ground.calendars import Calendar
from engine.ground.errors import CalendarExpired
from engine.ground.replacing import replace
from engine.ground.worktime import start_of_day


class Terms(NamedTuple):
    """What the case says of a run; named as the run has it."""

    budget: str
    counting: Counting
    started_at: datetime


def terms(scene: Scene, spec: ClockSpec, run: ClockRun) -> Terms | None:
    """Limit and start of a run as the case has them now; None when as it stands there is no such clock."""
    if spec.when is not None and not truth(scene.evaluate(spec.when)):
        return None
    limit = chosen(spec, scene.evaluate, scene.live)
    start = start_from(scene, spec, spec.from_[0].name) if is_dated(spec) else run.started_at
    if limit is None or start is None:
        return None
    periods = spec.every is not None and not spec.until and run.existed     # as many as have begun, counted from the start
    return Terms(run.budget if periods else limit.budget, limit.counting, start)


def is_dated(spec: ClockSpec) -> bool:
    """Whether the clock runs from a date of the case and so moves with it."""
    return len(spec.from_) == 1 and spec.from_[0].kind is EventKind.FIELD and spec.every is None


def start_from(scene: Scene, spec: ClockSpec, field: str) -> datetime | None:
    """The instant that a date or moment of the case gives a clock to start from; None when it is empty."""
    value = scene.live(field)
    if isinstance(value, datetime):     # on the wall clock, where an instant of the hour that comes twice equals no other
        return value.astimezone(UTC)
    return start_of_day(scene.calendars(spec.calendar), value) if isinstance(value, date) else None


def begun(scene: Scene, spec: ClockSpec, run: ClockRun) -> ClockRun:
    """A new run with what the case says of it; off while that is nothing."""
    said = terms(scene, spec, run)
    return timed(replace(run, status=ClockStatus.RUNNING, **said._asdict()), scene.calendars(spec.calendar)) if said else run


def as_the_case_has_it(scene: Scene, spec: ClockSpec, run: ClockRun) -> tuple[ClockRun, bool]:
    """The run off or on, with its limit and start, as the case has them now; and whether that made it a new one.

    Another limit begins a round and may withdraw a breach, or counts as `recompute:` says.
    """
    said = terms(scene, spec, run)
    if said is None:
        return off(run), False
    calendar = scene.calendars(spec.calendar)
    changed = run.status is ClockStatus.OFF or said != Terms(run.budget, run.counting, run.started_at)
    if changed and spec.recompute != "retroactive":
        run = timed(_from_now_on(scene, spec, run, said), calendar)
        new = spec.recompute == "reset"
        return run if new else new_round(spec, run, scene.at, calendar), new
    if changed:
        status = ClockStatus.RUNNING if run.status is ClockStatus.OFF else run.status
        return _round(scene, spec, run, replace(run, status=status, **said._asdict())), False
    if not scene.recount and run.unknown is None:
        return run, False       # a due time hangs on its run and its calendar, and on nothing else
    again = timed(run, calendar)
    if run.due_at is None or again.due_at is None or again.due_at == run.due_at:
        return again, False
    return _round(scene, spec, run, run), False


def _from_now_on(scene: Scene, spec: ClockSpec, run: ClockRun, said: Terms) -> ClockRun:
    """The limit counts in full from now, or from a date that is still to come: in the same run, or in a new one that stands still for
    whatever the old one stood still for."""
    since = max(scene.at, said.started_at)
    if spec.recompute == "reset":
        begins = said.started_at if is_dated(spec) else since
        stops = [replace(stop, since=scene.at) for stop in run.stops if stop.until is None]
        number = run.run + 1 if run.existed else run.run
        new = ClockRun(spec.name, ClockStatus.RUNNING, begins, said.budget, run=number, stops=stops, counting=said.counting)
        new = replace(new, granted=run.granted)
    else:
        new = replace(run, status=ClockStatus.RUNNING, round=run.round + 1, **said._asdict())
    return replace(new, counts_from=since if since != new.started_at else None)


def _round(scene: Scene, spec: ClockSpec, old: ClockRun, run: ClockRun) -> ClockRun:
    """The run with its due time computed anew: rungs are armed again, and a breach that was none by that is withdrawn (rule 12)."""
    calendar = scene.calendars(spec.calendar)
    new = replace(timed(run, calendar), round=run.round + 1)
    if old.breached_at is not None and not _still_breached(new, old.breached_at, scene.at, calendar):
        new = replace(new, breached_at=None)
    return new_round(spec, new, scene.at, calendar)


def _still_breached(run: ClockRun, breached_at: datetime, at: datetime, calendar: Calendar) -> bool:
    """Whether a breach recorded for that instant is one by the due times as computed now, of this round or one before an extension.

    When the due time is another but also past, the breach is recorded again, dated by it. What lies before the instant from which the
    limit counts was by another limit, and stands.
    """
    if run.counts_from is not None and breached_at <= run.counts_from:
        return True
    asked = as_if_running(run, at)
    try:
        return any(due_extended(asked, calendar, run.extended[:count]) == breached_at for count in range(len(run.extended) + 1))
    except CalendarExpired:
        return True     # nobody can tell
