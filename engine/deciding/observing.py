"""What a visit shows of the standards of its cycle: each kept or missed, once for each time that it was at stake.

Pure: an observation is worked out from the case as it stands, so that history alone makes the same ones again.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from engine.deciding import readers
from engine.deciding.case import CaseState, ClockRun, ClockStatus, Event, TaskStatus
from engine.defining.cycle import Standard
from engine.defining.definition import Definition, Field
from engine.ground.calendars import Calendar
from engine.ground.errors import CalendarExpired
from engine.ground.valueclass import valueclass
from engine.ground.worktime import local_date, measure

Calendars = Callable[[str | None], Calendar]
_INSTANT = timedelta(microseconds=1)


@valueclass(frozen=True, slots=True)
class Observation:
    """One standard, kept or missed in one visit, or as often as somebody counted."""

    name: str                            # of the standard
    n: int                               # which time in this visit, from 1
    at: datetime                         # when it was done, or fell due without having been
    day: date                            # the local date of that
    kept: int                            # how many times it was kept …
    of: int = 1                          # … of how many
    value: float | None = None           # what was measured
    person: str | None = None            # whoever did it or, where it was missed, owned the visit
    part: str | None = None              # of what is judged apart: a shift's calendar, or the value of a field


Seen = tuple[str, int]
"""A standard and which time it was at stake: what an observation is known by."""


def observed(definition: Definition, case: CaseState, event: Event, calendars: Calendars) -> Iterator[tuple[Seen, Observation | None]]:
    """What the last event of a case changed of its observations: each as it now is; None where it is none (any more)."""
    changed = {name for key in ("clocks", "tasks") for name in event.data.get(key, ())}
    asked = event.data.get("surveys", ())
    changed |= {one.name for one in definition.standards.values() if one.survey and one.survey.partition(".")[0] in asked}
    for name in definition.standards.keys() & changed:
        standard: Standard = definition.standards[name]
        if standard.survey:
            found = _rated(definition, standard, case)
        else:
            found = _in_time(standard, case) if standard.within and standard.every is None else _answered(standard, case)
        if found is None:
            continue
        n, at, kept, value, person = found
        if at is None or kept is None:
            yield (name, n), None
            continue
        day = local_date(calendars(None), at)
        yield (name, n), Observation(name, n, at, day, int(kept), 1, value, person, _part(definition, standard, case, at, calendars))


_Found = tuple[int, datetime | None, bool | None, float | None, str | None]


def _in_time(standard: Standard, case: CaseState) -> _Found | None:
    run: ClockRun | None = case.clocks.get(standard.name)
    if run is None:
        return None
    if run.breached_at is not None:
        return run.run, run.breached_at, False, None, case.owner
    if run.status is ClockStatus.MET:
        return run.run, run.ended_at, True, None, _last_actor(standard, case)
    return run.run, None, None, None, None


def _rated(definition: Definition, standard: Standard, case: CaseState) -> _Found | None:
    """The mean of what the customer answered about it; a customer who answered nothing of it shows nothing."""
    name, _, factor = (standard.survey or "").partition(".")
    run, survey = case.surveys.get(name), definition.surveys.get(name)
    if run is None or survey is None or factor not in survey.factors:
        return None
    scores = [run.scores[question] for question in survey.factors[factor].items if question in run.scores]
    if not scores or standard.target is None:
        return None
    mean = Decimal(sum(scores)) / len(scores)
    return run.n, run.ended_at, standard.target.reached(mean), float(mean), case.owner


def _answered(standard: Standard, case: CaseState) -> _Found | None:
    task, act = case.tasks.get(standard.name), case.acts.get(standard.name)
    if task is None or act is None:
        return None
    if task.status is not TaskStatus.DONE:
        return None     # opened once more, or given up: what was seen before remains
    answer = case.fields.get(standard.name)
    value = readers.exact(answer) if standard.measure and answer is not None else None
    read = None if value is None else float(value)
    return act.count, task.ended_at, _keeps(standard, answer, value), read, _last_actor(standard, case)


def _keeps(standard: Standard, answer: Any, value: Decimal | None) -> bool | None:
    if standard.measure is None:
        return answer if isinstance(answer, bool) else None
    if value is None:
        return None
    if standard.measure.between is not None:
        low, high = standard.measure.between
        return low <= value <= high
    return standard.target is None or standard.target.reached(value)


def _last_actor(standard: Standard, case: CaseState) -> str | None:
    act = case.acts.get(standard.name)
    return act.actors[-1] if act is not None and act.actors else case.owner


def _part(definition: Definition, standard: Standard, case: CaseState, at: datetime, calendars: Calendars) -> str | None:
    """The part in which it is judged: what the visit's field says, or the shift that is open then."""
    field = said_by(definition, standard)
    if field is None:
        return open_part(standard, at, calendars)
    value = case.fields.get(field.name)
    return None if value is None else str(value)


def said_by(definition: Definition, standard: Standard) -> Field | None:
    """The field of the visit that says in which part the standard is judged; without one it is the shift that is open."""
    return next((definition.fields[name] for name in standard.per if name in definition.fields), None)


def open_part(standard: Standard, at: datetime, calendars: Calendars) -> str | None:
    """The first of the standard's shifts whose calendar is open at that moment."""
    for name in standard.per:
        try:
            if measure(calendars(name), at, at + _INSTANT):
                return name
        except CalendarExpired:
            continue
    return None
