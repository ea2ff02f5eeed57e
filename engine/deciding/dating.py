"""What was done earlier than it is recorded: whether it may be dated so, and how the clocks stood then (clocks rules 10, 12, 15)."""

from dataclasses import replace
from datetime import datetime

from engine.deciding.case import CaseState, ClockRun, ClockStatus, Stop
from engine.deciding.clock_due import as_if_running, due_after, due_extended
from engine.deciding.clock_rungs import fire_at, rung_at
from engine.deciding.clock_runs import timed
from engine.deciding.clock_scene import Calendars
from engine.deciding.clock_stops import ran_out
from engine.deciding.obstacles import Situation
from engine.deciding.reasons import Obstacle, Reason
from engine.deciding.rights import Actor
from engine.defining.definition import Action, ClockSpec, Definition, Field, FieldType, Task
from engine.ground.calendars import Calendar
from engine.ground.duration import Duration
from engine.ground.errors import CalendarExpired
from engine.ground.language import say
from engine.ground.wall import wall

MOMENT = Field(name="at", type=FieldType.MOMENT)
"""How people write when something was done."""


def wrongly_dated(situation: Situation, what: Action | Task, now: datetime) -> Obstacle | None:
    """Why this actor, now, cannot say that it was done at `situation.now`; None when they can."""
    at, case, zone = situation.now, situation.case, situation.calendars(None).timezone
    since = case.tasks[what.name].opened_at if isinstance(what, Task) else case.entered_at or case.opened_at
    why = _wrong(what.backdate, situation.actor, at, now, situation.calendars(None))
    if not why and at < since:
        when = wall(since, zone)
        why = (
            say("the task was opened only at {when}", when=when)
            if isinstance(what, Task)
            else say("the case came into this state only at {when}", when=when)
        )
    return _dated(situation.actor, at, zone, why)


def wrongly_opened(definition: Definition, actor: Actor, at: datetime, now: datetime, calendars: Calendars) -> Obstacle | None:
    """Why this actor, now, cannot say that a case began at `at`; None when they can."""
    calendar = calendars(None)
    return _dated(actor, at, calendar.timezone, "" if at == now else _wrong(definition.opening.backdate, actor, at, now, calendar))


def _dated(actor: Actor, at: datetime, zone: str, why: str) -> Obstacle | None:
    if not why:
        return None
    return Obstacle(Reason.BACKDATE, say("{who} cannot date it {at}: {why}", who=actor.id, at=wall(at, zone), why=why))


def _wrong(most: Duration | None, actor: Actor, at: datetime, now: datetime, calendar: Calendar) -> str:
    if at > now:
        return say("that is still to come")
    if most is None:
        return say("it counts from when it is recorded (it has no `backdate`)")
    if actor.id == "customer":
        return say("only staff say when it was done")
    return say("that is more than {duration} ago", duration=str(most)) if _too_long_ago(at, most, now, calendar) else ""


def _too_long_ago(at: datetime, most: Duration, now: datetime, calendar: Calendar) -> bool:
    try:
        return due_after(at, most, calendar) < now
    except CalendarExpired:
        return False     # it ends where nobody knows the calendar, so after today


# --- clocks -----------------------------------------------------------------------------------------------------------


def as_they_stood(definition: Definition, case: CaseState, at: datetime, calendars: Calendars) -> dict[str, ClockRun]:
    """The runs that went on by themselves after `at`, or were stopped since, as they stood then.

    Breaches, rungs, ends of windows and of bounded pauses after `at` have not come yet; what people did to a clock since stays, but that
    they stopped it. A run that began since is left as it is.
    """
    stood = {}
    for name, run in case.clocks.items():
        spec = definition.all_clocks.get(name)
        if spec is not None and run.started_at <= at and not _had_ended(spec, run, at):
            before = _as_it_stood(spec, run, at, calendars(spec.calendar))
            if before != run:
                stood[name] = before
    return stood


def _had_ended(spec: ClockSpec, run: ClockRun, at: datetime) -> bool:
    """Whether the run was over then, or is off; a window that ends just then is not, since what is done at the due instant is in time."""
    if run.ended_at is None:
        return run.status is ClockStatus.OFF
    return run.ended_at < at or run.status is ClockStatus.CANCELLED or (run.ended_at == at and bool(spec.until))


def _as_it_stood(spec: ClockSpec, run: ClockRun, at: datetime, calendar: Calendar) -> ClockRun:
    stops = [replace(stop, until=None) if _stood_still(spec, run, stop, at, calendar) else stop for stop in run.stops]
    breached = run.breached_at if run.breached_at is not None and run.breached_at < at else None
    before = timed(replace(run, status=ClockStatus.RUNNING, ended_at=None, stops=stops, breached_at=breached), calendar)
    fired = [one for one in run.fired if _had_fired(spec, before, one, at, calendar)]
    if fired == run.fired and breached == run.breached_at:
        return before
    return replace(before, fired=fired, round=run.round + 1)     # what is undone may come again


def _stood_still(spec: ClockSpec, run: ClockRun, stop: Stop, at: datetime, calendar: Calendar) -> bool:
    """Whether a stop that has ended was still open then: it ended with the run, or because its pause had lasted as long as it may."""
    if stop.until is None or stop.until <= at or stop.since > at:
        return False
    return stop.until == run.ended_at or ran_out(spec, run, stop, calendar)


def _had_fired(spec: ClockSpec, run: ClockRun, one: tuple[int, int], at: datetime, calendar: Calendar) -> bool:
    try:
        due = run.due_at or due_extended(as_if_running(run, at), calendar, run.extended)
    except CalendarExpired:
        return True
    when = rung_at(spec, as_if_running(run, at), due, *one, calendar) if due is not None else None
    return due is None or when is None or fire_at(when, due) <= at


def met_since(run: ClockRun, original: ClockRun) -> ClockRun:
    """A run that a back-dated act changed, stopped again where it had been stopped since; the run itself where nothing had."""
    if original.status is not ClockStatus.MET or original.ended_at is None or run.ended_at is not None:
        return run
    due = run.due_at if run.due_at is not None and run.due_at < original.ended_at else None
    stops = [replace(stop, until=stop.until or original.ended_at) for stop in run.stops]
    return replace(run, status=ClockStatus.MET, ended_at=original.ended_at, breached_at=run.breached_at or due, stops=stops)
