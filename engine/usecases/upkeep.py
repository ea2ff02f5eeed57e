"""Upkeep: what the scheduler does for the cycles in force beside settling cases. Inspections are opened as their moments come, and the
standards are judged as their periods end and reviewed as their dates come; then the reports that are due are made. Each once, whoever
comes by how often.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from engine.ground.errors import Conflict, MakegoodError, stops_all
from engine.records import library
from engine.records.trouble import patiently
from engine.usecases import inspections, judging, reviewing
from engine.usecases.care import Care, Kept
from engine.usecases.house import House

DUTIES = (
    (inspections.due, inspections.open_due), (judging.due, judging.judge_due), (reviewing.due, reviewing.open_due),
)
"""For each: whether there is something to do, and doing it."""


def upkeep(house: House) -> Kept:
    """Open the inspections and reviews whose time has come and judge the periods that ended, of every cycle in force; make the reports
    that are due. What cannot be done is told, holds up nothing else, and is tried again next time. Where there is nothing to do, nothing
    is locked."""
    kept, now = Kept(), house.clock.now()
    todo: list[tuple[Care, Callable[[Care], None]]] = []
    with house.store.reading() as conn:
        for definition, since in library.cycles(house.store, conn):
            for standard in definition.standards.values():
                care = Care(house, conn, definition, standard, since, now, kept)
                with _alone(kept, care.name):
                    todo += [(care, do) for due, do in DUTIES if due(care)]
        reporting = bool(library.organisation(house.store, conn).reports)
    for care, do in todo:
        with _alone(kept, care.name):
            patiently(partial(_carry_out, house, care, do))
    if reporting:
        _report(house, kept)
    return kept


def unjudged(house: House, conn: Connection, at: datetime) -> list[str]:
    """The standards (`cycle/standard`) that ought to have been judged at that instant and are not, or cannot be: a calendar ended."""
    found: list[str] = []
    for definition, since in library.cycles(house.store, conn):
        for standard in definition.standards.values():
            care = Care(house, conn, definition, standard, since, at, Kept())
            with _alone(care.kept, care.name):
                found += [care.name] if judging.due(care) else []
            found += [name for name, _ in care.kept.failures]
    return found


def _report(house: House, kept: Kept) -> None:
    from engine.usecases import scheduled  # which few houses need at each sweep

    with house.store.reading() as conn:
        due = scheduled.due(house, conn, house.clock.now())
    for one in due:
        with _alone(kept, f"report/{one.declared.name}"):
            made = scheduled.make(house, one)
            kept.reports += [made] if made else []


def unmade(house: House, conn: Connection, at: datetime) -> list[str]:
    """The reports that ought to have been made at that instant and are not."""
    if not library.organisation(house.store, conn).reports:
        return []
    from engine.usecases import scheduled

    return [one.declared.name for one in scheduled.due(house, conn, at)]


@contextmanager
def _alone(kept: Kept, what: str) -> Iterator[None]:
    """What is wrong with one standard or report, such as a calendar that ended, is told and no reason to leave the others alone."""
    try:
        yield
    except Conflict:
        return               # somebody else came by at the same time, and did it
    except MakegoodError as error:
        if stops_all(error):
            raise
        kept.failures.append((what, str(error)))


def _carry_out(house: House, care: Care, do: Callable[[Care], None]) -> None:
    done = Kept()
    with house.store.writing() as conn:
        do(replace(care, conn=conn, kept=done))
    care.kept.add(done)      # not before it is committed: it may be done again
