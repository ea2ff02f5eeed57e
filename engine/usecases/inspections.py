"""Inspections: cases that look at a standard at moments which those who are inspected cannot foresee (row M3)."""

from datetime import datetime, timedelta

from engine.deciding import inspecting
from engine.defining.compiling import inspecting as state_of
from engine.ground.worktime import local_date
from engine.records import sealing
from engine.usecases.care import Care

STALE = timedelta(hours=1)
"""An inspection whose moment is longer past than that is left out: it would not see what it should have seen."""


def due(care: Care) -> bool:
    """Whether the moment of an inspection has come that was not opened."""
    moment = _latest(care)
    return moment is not None and not care.opened(_origin(care, moment))


def open_due(care: Care) -> None:
    """Open the inspection whose moment came last; those before it, which nobody opened in time, are left out."""
    moment = _latest(care)
    if moment is not None and not care.opened(_origin(care, moment)):
        _, number = care.open(care.definition.name, {}, _origin(care, moment), state_of(care.standard.name))
        care.kept.inspections.append(number)


def _latest(care: Care) -> datetime | None:
    if care.standard.every is None:
        return None
    today = local_date(care.calendar, care.now)
    first, _ = inspecting.stretch(today, care.standard.every)
    seed = sealing.fingerprint(care.conn, f"inspection {care.name} {first}")
    earliest = max(care.since, care.now - STALE)
    come = (one for one in inspecting.moments(care.calendar, today, care.standard.every, seed) if earliest < one <= care.now)
    return max(come, default=None)


def _origin(care: Care, moment: datetime) -> str:
    return f"inspection:{care.name}@{moment.isoformat()}"
