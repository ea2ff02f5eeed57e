"""Cases that open others: a linked case is opened by a doing of this one, and its closing is an event of this one.

Everything happens in one transaction. A case is always locked before the one that opened it, never the other way round.
"""

from datetime import datetime

from engine.deciding import fields
from engine.deciding.case import CaseState
from engine.deciding.rights import THE_SYSTEM
from engine.defining.definition import EventKind, Happening
from engine.ground.errors import Invalid, MakegoodError, Unavailable
from engine.ground.language import say
from engine.records import cases
from engine.records.store import writes
from engine.usecases.later import Wanted
from engine.usecases.moving import impossible
from engine.usecases.opening import OPENED_BY, begin, blank
from engine.usecases.settling import at_once, settle
from engine.usecases.work import Work, take_up
from engine.usecases.writing import write

OPENED = "opened"                             # link: a case that this one opened; that one has `OPENED_BY`
DEEPEST = 8                                   # cases that open each other at one moment: more is a loop in the definitions


class _Endless(Invalid):
    """Cases open each other without end: nothing of what they opened stays."""


def open_linked(work: Work, wanted: Wanted, at: datetime) -> None:
    """Open the linked case that a doing of this one wants, by whoever acted, dated when that was.

    Whoever acted need not have the right to open it: the definition says it. When it cannot be opened (a wrong value, something
    missing) that is recorded and told to the owner, and this case goes on.
    """
    procedure = wanted.spec.procedure
    try:
        with work.house.store.savepoint(work.conn):
            opened = _begun(work, wanted, at)
    except Unavailable:
        raise
    except MakegoodError as error:
        if isinstance(error, _Endless) and work.openers:
            raise
        impossible(work, {"open": procedure, "why": str(error)}, procedure, at)
        return
    data = {"link": [OPENED, opened.number], "procedure": procedure} | ({"wait": True} if wanted.spec.wait else {})
    work.record("linked", wanted.actor, at, data)
    if opened.closed_at is not None:
        _closed(work, procedure, opened.number, opened.closed_at)


def _begun(work: Work, wanted: Wanted, at: datetime) -> CaseState:
    """The linked case, opened and written; in a look ahead, which writes nothing, only named."""
    procedure = wanted.spec.procedure
    if not writes(work.conn):
        return CaseState(number=f"({procedure})", version_id=0, opened_at=at)
    line = (*work.openers, work)
    if len(line) >= DEEPEST:
        names = " → ".join([*(one.definition.name for one in line), procedure])
        raise _Endless(say("cases open each other without end: {procedures}", procedures=names), field="open", expected="end")
    linked = blank(work.house, work.conn, procedure, work.now, at)
    linked.openers = line
    unknown = [name for name in wanted.given if name not in linked.definition.fields]
    if unknown:
        raise Invalid(say("{procedure} has no field '{name}'", procedure=procedure, name=unknown[0]), field=unknown[0])
    given = {name: fields.computed(linked.definition.fields[name], value, linked.timezone) for name, value in wanted.given.items()}
    begin(linked, wanted.actor, given, work.case.number)
    write(linked)
    return linked.case


def tell_opener(work: Work) -> None:
    """Let the case that opened this one know that it was closed, if it just was; what follows there is done and written too.

    Whatever fell due there before comes first. While this case is still being opened, `open_linked` tells its opener.
    """
    opener = next((number for kind, number in work.case.links if kind == OPENED_BY), None)
    if opener is None or work.openers:
        return
    for at in [event.occurred_at for event in work.events if event.data.get("closed")]:
        other = take_up(work.house, work.conn, cases.load(work.conn, opener), work.now)
        settle(other, until=at)
        with other.back_dated(at):
            _closed(other, work.definition.name, work.case.number, at)
            at_once(other, at)
        settle(other)
        work.told += [write(other).id, *other.told]


def _closed(work: Work, procedure: str, number: str, at: datetime) -> None:
    """Record that a case which this one opened was closed."""
    work.record("linked_closed", THE_SYSTEM, at, {"case_closed": [procedure, number]}, [Happening(EventKind.CASE_CLOSED, procedure)])
