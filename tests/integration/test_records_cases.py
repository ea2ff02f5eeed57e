"""Cases are loaded and saved whole, in few statements, and by one at a time."""

import random
from datetime import timedelta
from pathlib import Path

import pytest
from recording import NOW, event, moved, new_store, opened
from sqlalchemy import func, text, update

from engine.deciding.case import rebuild
from engine.ground.errors import Conflict, NotFound
from engine.records import cases, history, models, parties, personal
from engine.records.cases import NO_DUE, Item
from engine.records.store import Store
from engine.records.tables import CASE
from tests.databases import POSTGRESQL, present, statements

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return new_store(tmp_path)


def item(name: str, role: str | None = "intake", person: str | None = None, due: object = NO_DUE) -> Item:
    return Item("state", name, role, person, NOW, due)  # type: ignore[arg-type]


def test_a_case_comes_back_as_it_was_written(store: Store) -> None:
    items = [item("registered"), item("registered", None, "li.na", LATER)]
    with store.writing() as conn:
        made = opened(conn, "A-1", items=items, timer=(LATER, LATER), origin="crm:7")
    with store.reading() as conn:
        found = cases.load(conn, "A-1")
        assert found.case == made.case
        assert (found.id, found.revision, found.head, found.due_at) == (made.id, 1, made.head, NOW + timedelta(hours=24))
        assert (found.definition, found.timer, found.items) == ("plain", (LATER, LATER), items)
        assert cases.load_id(conn, made.id) == found


def test_a_saved_case_comes_back_as_saved_and_equals_the_fold_of_its_history(store: Store) -> None:
    with store.writing() as conn:
        opened(conn, "A-1", items=[item("registered")], timer=(LATER, LATER))
        loaded = cases.load(conn, "A-1")
        closing = event(loaded.case, "acted", LATER, to="closed", closed=True, act="close", owner=["li.na", None])
        cases.save(conn, loaded, [closing], [], 1, None, None)
        assert (loaded.revision, loaded.seq, loaded.owner) == (2, 2, None)
    with store.reading() as conn:
        found = cases.load(conn, "A-1")
        assert (found.revision, found.timer, found.items, found.due_at) == (2, None, [], None)
        assert found.case == rebuild(list(history.read(conn, "case/A-1")))
        row = conn.execute(text('SELECT state, owner, breaches, closed_at, head FROM "case"')).one()
        assert (row.state, row.owner, row.breaches, row.head) == ("closed", None, 1, found.head)
        assert [head.hash for head in history.heads(conn) if head.stream == "case/A-1"] == [found.head]


def test_an_action_on_the_hot_path_takes_few_statements(store: Store) -> None:
    with store.writing() as conn:
        party = parties.add_party(conn, {"name": "Wang"}, NOW)
        opened(conn, "A-1", items=[item("registered")], timer=(LATER, LATER), secret="x")
        body = func.replace(CASE.c.body, '"party":null', f'"party":{party}')
        assert f'"party":{party}' in conn.execute(update(CASE).values(party_id=party, body=body).returning(CASE.c.body)).scalar_one()
    with store.writing() as conn, statements(conn) as sent:
        loaded = cases.load(conn, "A-1")
        assert personal.open_(conn, loaded.id, loaded.case.sealed) == {"findings": "x"}
        customer = parties.customer(conn, party)
        assert customer is not None and customer.name == "Wang"
        events = [event(loaded.case, "acted", LATER, to=f"s{n}", act="go") for n in range(3)]
        cases.save(conn, loaded, events, [item("s2"), item("s2", "quality")], 0, None, (LATER, NO_DUE))
    # case with party, timer and what is in force · work items · personal values · case · events · items twice · timer
    together = present() == POSTGRESQL      # there the last five are one
    assert len(sent) == (4 if together else 8) and sum("INSERT INTO event" in one for one in sent) == 1
    with store.writing() as conn, statements(conn) as sent:
        loaded = cases.load(conn, "A-1")
        cases.save(conn, loaded, [event(loaded.case, "noted", LATER)], loaded.items, 0, None, loaded.timer)
    assert len(sent) == (3 if together else 4)


def test_a_batch_is_loaded_in_two_statements_in_the_order_asked_for(store: Store) -> None:
    with store.writing() as conn:
        ids = [opened(conn, f"A-{n}", items=[item(f"s{n}")]).id for n in range(20)]
    random.Random(1).shuffle(ids)
    with store.reading() as conn, statements(conn) as sent:
        found = cases.load_batch(conn, [*ids, 999])
        assert [one.id for one in found] == ids and all(len(one.items) == 1 for one in found)
        assert found[3] == cases.load_id(conn, ids[3])
        assert cases.load_batch(conn, []) == []
    assert len(sent) == 4


def test_whoever_saves_second_is_refused_and_changes_nothing(store: Store) -> None:
    with store.writing() as conn:
        opened(conn, "A-1")
        first, second = cases.load(conn, "A-1"), cases.load(conn, "A-1")
        cases.save(conn, first, [event(first.case, "acted", LATER, to="s1")], [], 0, None, None)
    with pytest.raises(Conflict, match="A-1 was changed"), store.writing() as conn:
        cases.save(conn, second, [event(second.case, "acted", LATER, to="s2")], [], 0, None, None)
    with store.reading() as conn:
        assert cases.load(conn, "A-1").case.state == "s1"


def test_events_can_neither_be_left_out_nor_recorded_before_their_time(store: Store) -> None:
    with store.writing() as conn:
        loaded = opened(conn, "A-1")
        loaded.case.seq += 1
        with pytest.raises(ValueError, match="cannot follow"):
            cases.save(conn, loaded, [event(loaded.case, "acted", LATER)], [], 0, None, None)
        loaded = cases.load(conn, "A-1")
        with pytest.raises(ValueError, match="cannot follow"):
            cases.save(conn, loaded, [event(loaded.case, "acted", NOW - timedelta(seconds=1))], [], 0, None, None)


def test_an_unknown_number_is_refused_with_the_nearest(store: Store) -> None:
    with store.writing() as conn:
        for n in (1, 2, 31):
            opened(conn, f"KS-202611-{n:04}")
    with store.reading() as conn:
        with pytest.raises(NotFound) as caught:
            cases.load(conn, "ks-202611-0030")
        assert "KS-202611-0031" in caught.value.hint and caught.value.facts["name"] == "ks-202611-0030"
        with pytest.raises(NotFound, match="There is no case 7"):
            cases.load(conn, "7")
        with pytest.raises(NotFound):
            cases.load_id(conn, 77)


@pytest.mark.parametrize(("number", "origin"), [("A-1", None), ("A-2", "crm:1")])
def test_a_number_or_an_origin_is_taken_once(store: Store, number: str, origin: str | None) -> None:
    with store.writing() as conn:
        opened(conn, "A-1", origin="crm:1")
    with pytest.raises(Conflict), store.writing() as conn:
        opened(conn, number, origin=origin)


def test_work_items_become_exactly_those_wanted_whatever_they_were(store: Store) -> None:
    chosen = random.Random(3)
    pool = [item(f"s{n % 3}", f"r{n % 4}", None, NOW + timedelta(days=n)) for n in range(12)]
    with store.writing() as conn:
        opened(conn, "A-0", items=[item("other")])
        opened(conn, "A-1")
        for _ in range(60):
            wanted = chosen.sample(pool, chosen.randrange(6))
            loaded = cases.load(conn, "A-1")
            with statements(conn) as sent:
                cases.save(conn, loaded, [event(loaded.case, "noted", LATER)], wanted, 0, None, None)
            assert sum("work_item" in one for one in sent) <= 2
            assert sorted(cases.load(conn, "A-1").items, key=str) == sorted(wanted, key=str)
        assert cases.load(conn, "A-0").items == [item("other")]


def test_notices_to_convey_by_hand_stay_among_the_work_items_and_follow_the_owner(store: Store) -> None:
    with store.writing() as conn:
        made = opened(conn, "A-1", items=[item("registered")])
        notice = {
            "case_id": made.id, "name": "decision", "via": "", "language": "en", "words": b"", "mandatory": True,
            "status": "by_hand", "message_id": "m", "created_at": NOW, "attempts": 0, "tries": 0,
        }
        conn.execute(models.NoticeRow.__table__.insert(), notice)  # type: ignore[attr-defined]
        conn.execute(models.WorkItemRow.__table__.insert(), {  # type: ignore[attr-defined]
            "case_id": made.id, "kind": "notice", "name": "decision", "role": None, "person": "li.na", "opened_at": NOW, "due_at": NO_DUE})
        loaded = moved(conn, "A-1", "s1", LATER, items=[item("s1")])
        loaded = cases.load(conn, "A-1")
        assert loaded.items == [item("s1")]
        handed = event(loaded.case, "assigned", LATER, owner=["li.na", "wang.fang"])
        cases.save(conn, loaded, [handed], [item("s1")], 0, loaded.due_at, None)
        assert conn.execute(text("SELECT person FROM work_item WHERE kind = 'notice'")).scalars().all() == ["wang.fang"]


# --- what is due --------------------------------------------------------------------------------------------------------


def test_due_cases_come_longest_waiting_first(store: Store) -> None:
    with store.writing() as conn:
        for n in range(7):
            at = NOW + timedelta(minutes=n // 2)
            opened(conn, f"A-{n}", timer=(at, at))
        opened(conn, "B-1", timer=(NOW, NOW + timedelta(days=1)))
    with store.writing() as conn:
        assert cases.count_due(conn, LATER) == 7
        assert [due.number for due in cases.due_cases(conn, LATER, 100)] == [f"A-{n}" for n in range(7)]
        assert [due.number for due in cases.due_cases(conn, LATER, 2)] == ["A-0", "A-1"]


def test_a_case_that_cannot_be_settled_is_put_off_and_taken_afresh_once_it_was(store: Store) -> None:
    with store.writing() as conn:
        opened(conn, "A-1", timer=(NOW, NOW))
        for n in range(1, 3):
            due, = cases.due_cases(conn, LATER, 10)
            cases.put_off(conn, due, LATER, "calendar ends")
            due, = cases.due_cases(conn, LATER, 10)
            assert (due.due_at, due.fire_at, due.attempts) == (NOW, LATER, n)
        assert cases.due_cases(conn, NOW, 10) == []
        loaded = cases.load(conn, "A-1")
        cases.save(conn, loaded, [event(loaded.case, "breach", LATER)], [], 1, None, (NOW, LATER))   # the same times, yet a new chance
        assert cases.due_cases(conn, LATER, 10)[0].attempts == 0
        assert conn.execute(text("SELECT error FROM timer")).scalar() is None


def test_open_cases_are_counted_for_each_owner(store: Store) -> None:
    with store.writing() as conn:
        for n in range(3):
            opened(conn, f"A-{n}")
        loaded = cases.load(conn, "A-0")
        cases.save(conn, loaded, [event(loaded.case, "acted", LATER, closed=True, to="closed")], [], 0, None, None)
        assert cases.open_cases_of(conn, ["li.na", "wang.fang"]) == {"li.na": 2, "wang.fang": 0}
