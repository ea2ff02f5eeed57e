"""Recurrence: whether what a lesson speaks of came again after its case was closed, held against as long a time before it was opened."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from engine.deciding.rights import Actor
from engine.records import cases, judgements, lessons, library
from engine.records.judgements import Missed
from engine.usecases.access import refusals_noted
from engine.usecases.house import House
from engine.usecases.lessons import EXACT
from engine.usecases.listing import bounded
from engine.usecases.viewing import may_see_figures


@dataclass(frozen=True, slots=True)
class Again:
    """One thing counted before and after: a standard missed in so many of the periods judged, or a value that so many cases shared."""

    what: str                            # cycle/standard, or field=value
    before: Missed
    after: Missed


@dataclass(frozen=True, slots=True)
class Recurrence:
    """What came of one lesson."""

    number: str
    opened_at: datetime
    closed_at: datetime
    days: int                            # how long it is watched, before its opening and after its closing
    over: bool                           # whether that time after its closing is over
    standards: tuple[Again, ...]
    values: tuple[Again, ...]

    @property
    def came_again(self) -> bool:
        """Whether a standard was missed again, or a cause seen again, since the case was closed."""
        return any(one.after.missed for one in (*self.standards, *self.values))


def recurrence(house: House, procedure: str, actor: Actor, *, days: int = 90, limit: int = 50) -> list[Recurrence]:
    """The latest lessons of a procedure, latest first, each with how often its standard was missed and its choices (such as a cause) were
    seen in other lessons, in so many days before the case was opened and after it was closed.

    For whoever may see the procedure's figures. Raises NotFound, Denied; Invalid for a limit out of range.
    """
    bounded(limit, 1)
    with refusals_noted(house, actor, "report", definition=procedure), house.store.reading() as conn:
        definition = library.latest(house.store, conn, procedure)[2]
        may_see_figures(house, conn, definition, actor)
        now, span = house.clock.now(), timedelta(days=days)
        choices = tuple(f"{EXACT}{name}:" for name in definition.lesson if name in definition.fields and definition.fields[name].options)
        return [_of(conn, kept, choices, span, now) for kept in lessons.latest(conn, limit, procedure)]


def _of(conn: Connection, kept: lessons.Kept, choices: tuple[str, ...], span: timedelta, now: datetime) -> Recurrence:
    (loaded,) = cases.load_batch(conn, [kept.case_id])
    opened, closed = loaded.case.opened_at, kept.closed_at
    before, after = (opened - span, opened), (closed, min(closed + span, now))
    standards = tuple(
        Again(f"{cycle}/{standard}", judgements.missed(conn, cycle, standard, *before), judgements.missed(conn, cycle, standard, *after))
        for cycle, standard in judgements.behind(conn, kept.case_id)
    )
    return Recurrence(
        loaded.case.number, opened, closed, span.days, closed + span <= now, standards,
        tuple(_values(conn, kept, choices, before, after)),
    )


def _values(
    conn: Connection, kept: lessons.Kept, choices: tuple[str, ...], before: tuple[datetime, datetime], after: tuple[datetime, datetime]
) -> Iterator[Again]:
    for word in lessons.exactly(conn, kept.case_id, EXACT):
        if word.startswith(choices) and choices:
            counts = [
                Missed(lessons.opened_between(conn, kept.definition, *span, word), lessons.opened_between(conn, kept.definition, *span))
                for span in (before, after)
            ]
            yield Again(word.removeprefix(EXACT).replace(":", "=", 1), *counts)
