"""What is counted is held against history: a figure that somebody altered, added or took away is found by `audit verify`."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from engine.records import tables
from engine.usecases import auditing, counting, sweeping
from engine.usecases.house import House
from tests.cafe import CAFE, step, visit
from tests.houses import as_
from tests.small import START, empty_house, put_in_force

CYCLE = CAFE + "missed: {procedure: small, with: {about: standard}}\n"
CAPA = """\
procedure: small
number: "C-{year}-{serial:03}"
calendar: office
languages: [en]
fields: {about: {type: text, personal: false}}
roles: {manager: {}}
opening: {by: [manager, system]}
states: {open: {within: 5 working days, actions: {close: {by: manager, to: done}}}, done: {final: true}}
"""
SEEN, JUDGED = tables.OBSERVATION, tables.JUDGEMENT


@pytest.fixture
def counted() -> House:
    """A visit greeted late and served in time, calls that were counted, a day that was judged."""
    house, clock = empty_house()
    put_in_force(house, CAPA)
    put_in_force(house, CYCLE)
    number = visit(house)
    clock.move_to(START + timedelta(minutes=3))
    for what in ("greeting", "order", "served"):
        step(house, number, what, by="bob" if what == "served" else "ann")
    counting.tell(house, "cafe", "calls", as_("ann"), kept=4, of=5)
    clock.move_to(START + timedelta(days=1, hours=2))
    assert len(sweeping.sweep(house).cycles.missed) == 1
    assert auditing.verify(house).problems == []
    return house


_COLUMNS = ["case_id", "name", "definition", "at", "day", "kept", "of", "n"]
_ONCE_MORE = [*(SEEN.c[name] for name in _COLUMNS[:-1]), SEEN.c.n + 50]
FORGED: dict[str, tuple[Callable[[Connection], object], str]] = {
    "a miss made good": (lambda conn: conn.execute(update(SEEN).where(SEEN.c.name == "greeting").values(kept=1)), "case/V-2026-0001"),
    "a miss taken away": (lambda conn: conn.execute(delete(SEEN).where(SEEN.c.name == "greeting")), "case/V-2026-0001"),
    "another day": (lambda conn: conn.execute(update(SEEN).where(SEEN.c.name == "coffee").values(day="2026-03-01")), "case/V-2026-0001"),
    "somebody else": (lambda conn: conn.execute(update(SEEN).where(SEEN.c.name == "coffee").values(person="carl")), "case/V-2026-0001"),
    "another shift": (lambda conn: conn.execute(update(SEEN).where(SEEN.c.name == "coffee").values(part="night")), "case/V-2026-0001"),
    "kept once more": (lambda conn: conn.execute(insert(SEEN).from_select(
        _COLUMNS, select(*_ONCE_MORE).where(SEEN.c.name == "coffee"))), "case/V-2026-0001"),
    "a better count": (lambda conn: conn.execute(update(SEEN).where(SEEN.c.name == "calls").values(kept=5)), "cycle/cafe"),
    "a count taken away": (lambda conn: conn.execute(delete(SEEN).where(SEEN.c.name == "calls")), "cycle/cafe"),
    "a count nobody told": (lambda conn: conn.execute(insert(SEEN).values(
        name="calls", n=99, definition="cafe", at=START, day="2026-03-02", kept=9, of=9)), "cycle/cafe"),
    "a judgement turned": (lambda conn: conn.execute(update(JUDGED).where(JUDGED.c.name == "greeting").values(reached=True)), "cycle/cafe"),
    "a judgement taken away": (lambda conn: conn.execute(delete(JUDGED).where(JUDGED.c.name == "greeting")), "cycle/cafe"),
}


@pytest.mark.parametrize("how", FORGED)
def test_a_figure_that_history_does_not_make_is_found(counted: House, how: str) -> None:
    forge, stream = FORGED[how]
    with counted.store.writing() as conn:
        forge(conn)
    (found,) = auditing.verify(counted).problems
    assert found.stream == stream and ("not" in found.what or "never" in found.what)
    assert [one.stream for one in auditing.verify(counted, number="V-2026-0001").problems] == [stream] * (stream != "cycle/cafe")
