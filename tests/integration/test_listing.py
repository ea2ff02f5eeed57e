"""Lists and inboxes: complete, in order of urgency, every case once, however the work is spread."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text

from engine.deciding.rights import THE_SYSTEM
from engine.ground.errors import Invalid
from engine.records import tables
from engine.records.items import NO_DUE, WORK_ITEM
from engine.usecases.finding import find
from engine.usecases.house import House
from engine.usecases.inboxes import inbox
from engine.usecases.listing import list_cases, numbers
from tests.small import START, small_house

PROCEDURE = """\
procedure: small
number: "S-{serial:03}"
calendar: office
languages: [en]
fields: {subject: {type: text, pattern: ".+"}}
roles: {desk: {}, lab: {}, manager: {}, director: {}}
states:
  new:
    tasks: {test: {by: lab, title: Test}}
    actions: {close: {by: desk, to: done}}
  done: {final: true}
"""
BODY = (
    '{{"acts":{{}},"added":[],"back":[],"clocks":{{}},"closed":null,"entered":"2026-03-02T09:00:00+00:00","fields":{{"subject":"{subject}"}},'
    '"links":[],"notices":{{}},"number":"{number}","opened":"2026-03-02T09:00:00+00:00","owner":null,"party":null,"recorded":null,"sealed":{{}},'
    '"seq":1,"state":"new","tasks":{{}},"version":1}}'
)


def fill(house: House, rows: Iterable[tuple[datetime | None, list[tuple[str, str | None]]]]) -> None:
    """Put cases with these due times and work items (role, person) straight into the tables."""
    with house.store.writing() as conn:
        version = conn.execute(select(tables.DEFINITION.c.id)).scalar_one()
        for place, (due, items) in enumerate(rows, 1):
            number = f"S-{place:03}"
            case_id = conn.execute(
                insert(tables.CASE)
                .values(
                    number=number,
                    definition="small",
                    version_id=version,
                    state="new",
                    owner=next((p for _, p in items if p), None),
                    opened_at=START,
                    due_at=due,
                    head="",
                    body=BODY.format(number=number, subject=f"case {place}"),
                )
                .returning(tables.CASE.c.id)
            ).scalar_one()
            for role, person in items:
                conn.execute(
                    insert(WORK_ITEM).values(
                        case_id=case_id, kind="state", name="new", role=role, person=person, opened_at=START, due_at=due or NO_DUE
                    )
                )


def emptied(house: House) -> None:
    with house.store.writing() as conn:
        conn.execute(text("DELETE FROM work_item"))
        conn.execute(text('DELETE FROM "case"'))


@pytest.fixture(scope="module")
def house(database: str) -> House:
    return small_house(PROCEDURE)[0]


DUE = st.one_of(st.none(), st.integers(-50, 50).map(lambda hours: START + timedelta(hours=hours)))
ITEM = st.tuples(st.sampled_from(["desk", "lab", "manager"]), st.sampled_from([None, None, "bob", "ann"]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(DUE, st.lists(ITEM, max_size=5)), max_size=25),
    own=st.sampled_from([None, True, False]),
    limit=st.integers(1, 12),
)
def test_an_inbox_is_what_a_look_at_everything_finds(
    house: House, rows: list[tuple[datetime | None, list[tuple[str, str | None]]]], own: bool | None, limit: int
) -> None:
    """bob holds desk and lab: his inbox holds every case with an item for him or for his posts, once, due soonest first."""
    emptied(house)
    fill(house, rows)
    found = inbox(house, "bob", own, limit)
    expected = []
    for place, (due, items) in enumerate(rows, 1):
        mine = any(person == "bob" for _, person in items)
        shared = any(role in ("desk", "lab") and person != "bob" for role, person in items)
        if (mine and own is not False) or (shared and own is not True):
            expected.append((due or NO_DUE, f"S-{place:03}"))
    expected.sort()
    assert [(line.due_at or NO_DUE) for line in found.lines] == [due for due, _ in expected[:limit]]
    assert {line.number for line in found.lines} <= {number for _, number in expected}
    assert len({line.number for line in found.lines}) == min(limit, len(expected)) and found.more == (len(expected) > limit)


def test_many_items_of_few_cases_do_not_hide_the_others(house: House) -> None:
    emptied(house)
    fill(
        house,
        [
            (START, [("desk", None)] * 40),
            (START + timedelta(hours=1), [("lab", None)] * 40),
            *[(START + timedelta(hours=2), [("desk", None)])] * 4,
        ],
    )
    assert [line.number for line in inbox(house, "bob", limit=4).lines] == ["S-001", "S-002", "S-003", "S-004"]


@settings(max_examples=30, deadline=None)
@given(rows=st.lists(st.tuples(DUE, st.just([])), max_size=20), size=st.integers(1, 7))
def test_pages_hold_every_open_case_once_by_urgency(
    house: House, rows: list[tuple[datetime | None, list[tuple[str, str | None]]]], size: int
) -> None:
    emptied(house)
    fill(house, rows)
    seen, page = [], 1
    while True:
        found = list_cases(house, limit=size, page=page, actor=THE_SYSTEM)
        seen += found.lines
        if not found.more:
            break
        page += 1
    assert len({line.number for line in seen}) == len(seen) == len(rows)
    assert [line.due_at or NO_DUE for line in seen] == sorted(due or NO_DUE for due, _ in rows)


def test_what_cannot_be_known_comes_first_and_says_so(house: House) -> None:
    emptied(house)
    fill(house, [(START, [("desk", None)]), (datetime(1970, 1, 1, tzinfo=UTC), [("desk", None)]), (None, [("desk", None)])])
    lines = list_cases(house, actor=THE_SYSTEM).lines
    assert [(line.number, line.due_unknown, line.due_at) for line in lines] == [
        ("S-002", True, None),
        ("S-001", False, START),
        ("S-003", False, None),
    ]
    assert [line.due_unknown for line in inbox(house, "ann").lines] == [True, False, False]


def test_looking_takes_few_statements_whatever_is_listed(house: House) -> None:
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def statements(size: int) -> int:
        emptied(house)
        fill(house, [(START, [("desk", None), ("lab", "bob")])] * size)
        asked: list[str] = []

        def count(conn: object, cursor: object, statement: str, *rest: object) -> None:
            asked.append(statement)

        event.listen(Engine, "before_cursor_execute", count)
        try:
            list_cases(house, limit=100, actor=THE_SYSTEM)
            inbox(house, "bob", limit=100)
            find(house, "case", limit=100, actor=THE_SYSTEM)
        finally:
            event.remove(Engine, "before_cursor_execute", count)
        return len(asked)

    assert statements(60) == statements(2) < 25


def test_numbers_for_completion_begin_as_typed(house: House) -> None:
    emptied(house)
    fill(house, [(None, [])] * 12)
    assert numbers(house, "s-01", 10, THE_SYSTEM) == ["S-012", "S-011", "S-010"] and numbers(house, "S-%", 10, THE_SYSTEM) == []


@pytest.mark.parametrize(("limit", "page"), [(0, 1), (1001, 1), (10, 0)])
def test_endless_pages_are_refused(house: House, limit: int, page: int) -> None:
    with pytest.raises(Invalid):
        list_cases(house, limit=limit, page=page, actor=THE_SYSTEM)
