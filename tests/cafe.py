"""A small service cycle for tests: a café in UTC that is open from nine to five, with the people of `tests.small`."""

from textwrap import dedent
from typing import Any

from sqlalchemy import select

from engine.records import tables
from engine.usecases import acting, opening
from engine.usecases.house import House
from tests.houses import as_

CAFE = dedent("""\
    cycle: cafe
    title: Café
    number: "V-{year}-{serial:04}"
    calendar: office
    languages: [en]
    by: [desk, lab]
    ends: 2 hours
    late: 1 hour
    fields:
      table: {type: text, pattern: "[A-Z]", required: true}
    roles: {desk: {}, lab: {}, manager: {}}
    touchpoints:
      door:
        title: Door
        need: I am seen
        optional: true
        standards:
          held:
            statement: The door is held open for 1 in 2 guests
            element: people
            by: desk
            check: Was the door held?
            target: 50%
            period: 1 day
      table:
        title: Table
        need: I do not wait
        level: expected
        standards:
          greeting:
            statement: A waiter greets within 2 minutes
            element: people
            by: [desk, lab]
            within: 2 minutes
            target: 95%
            period: 1 day
            published: true
          coffee:
            statement: Coffee comes within 5 minutes of the order
            element: software
            by: lab
            within: 5 minutes
            from: order
            until: served
          room:
            statement: The room is at 20 to 24 °C
            element: hardware
            measure: {unit: °C, between: [20, 24]}
            by: lab
            every: 4 per day
            within: 1 hour
            target: 90%
            period: 1 week
          calls:
            statement: 80 % of calls are answered in 20 seconds
            element: people
            measure: {type: share, unit: calls}
            by: desk
            target: 80%
            period: 30 minutes
            per: [office]
      order: {title: Order, repeated: true}
      served: {title: Served, by: lab}
      farewell:
        title: Farewell
        optional: true
        need: I am thanked
        standards:
          rating:
            statement: The guest rates the coffee at least 4 of 5
            element: people
            measure: {unit: points}
            by: desk
            target: ">= 4"
            period: 1 week
    """)


def visit(house: House, by: str = "ann", at: str | None = None, state: str | None = "table", **given: Any) -> str:
    """A visit begins; its number."""
    return opening.open_case(house, "cafe", as_(by), {"table": "A", **given}, at=at, state=state).number


def step(house: House, number: str, what: str, by: str = "ann", at: str | None = None, **given: Any) -> None:
    """A touchpoint is reached, or something is done there."""
    acting.act(house, number, what, as_(by), given, at=at)


def seen(house: House) -> list[tuple[str, int, int, int]]:
    """What was observed: (standard, which time, kept, of), in order."""
    o = tables.OBSERVATION.c
    with house.store.reading() as conn:
        return [tuple(row) for row in conn.execute(select(o.name, o.n, o.kept, o.of).order_by(o.at, o.name, o.n))]


def changed(*changes: tuple[str, str]) -> str:
    """The café with parts of its text replaced, each of which must be there."""
    text = CAFE
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text
