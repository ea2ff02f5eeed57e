"""History only grows, in order, and says the same whoever reads it."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recording import NOW, event, moved, new_store, opened, with_a_definition

from engine.deciding.case import CaseState, Event, case_json, rebuild
from engine.deciding.rights import Actor
from engine.ground.canonical import canonical, digest
from engine.ground.clock import VirtualClock
from engine.ground.errors import Conflict
from engine.records import cases, history
from engine.records.store import Store
from engine.usecases import auditing
from engine.usecases.house import House, Settings
from tests import databases


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return new_store(tmp_path)


plain = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3), max_leaves=5)


@given(st.dictionaries(st.text(), plain, max_size=4), st.text(), st.none() | st.text(), st.datetimes())
def test_an_event_comes_back_from_its_text(data: dict[str, object], actor: str, on_behalf: str | None, at: object) -> None:
    made = Event("case/A-1", 1, "noted", NOW, NOW, actor, on_behalf, data)
    import json

    assert history.event_from(json.loads(canonical(history.event_json(made)))) == made


def test_each_row_is_hashed_with_the_one_before_it(store: Store) -> None:
    with store.writing() as conn:
        opened(conn, "A-1")
        moved(conn, "A-1", "s1", NOW)
        events = list(history.read(conn, "case/A-1"))
        first, second = (canonical(history.event_json(one)) for one in events)
        assert [head.hash for head in history.heads(conn) if head.stream == "case/A-1"] == [digest(digest(first) + second)]
        assert list(history.read(conn, "case/A-1", after=1)) == events[1:]


def test_streams_without_a_case_find_their_own_end(store: Store) -> None:
    with store.writing() as conn:
        made = [history.append_to(conn, history.ACCESS, "looked", Actor("li.na", "customer", "password"), NOW, {"n": n}) for n in range(3)]
        assert [one.seq for one in made] == [1, 2, 3]
        assert list(history.read(conn, history.ACCESS)) == made
        assert [(head.stream, head.seq) for head in history.heads(conn)] == [("access", 3), ("definitions", 1)]


def test_recorded_time_never_decreases_when_the_clock_was_set_back(store: Store) -> None:
    with store.writing() as conn:
        for minutes in (0, -5, 3):
            history.append_to(conn, history.ACCESS, "looked", Actor("li.na"), NOW + timedelta(minutes=minutes), {})
        found = list(history.read(conn, history.ACCESS))
    assert [one.recorded_at - NOW for one in found] == [timedelta(0), timedelta(0), timedelta(minutes=3)]
    assert found[1].occurred_at == NOW - timedelta(minutes=5)


def test_the_same_row_cannot_be_written_twice(store: Store) -> None:
    with store.writing() as conn:
        rows, _ = history.chain("", [Event("access", 1, "looked", NOW, NOW, "li.na", None, {})])
        history.write(conn, rows)
        with pytest.raises(Conflict), store.savepoint(conn):
            history.write(conn, rows)


changes = st.lists(
    st.fixed_dictionaries({}, optional={
        "to": st.sampled_from(["a", "b", "c"]), "owner": st.sampled_from(["x", "y", None]), "act": st.sampled_from(["go", "stop"]),
        "set": st.dictionaries(st.sampled_from(["f", "g"]), plain, max_size=2), "closed": st.booleans(),
        "added": st.lists(st.sampled_from(["x", "y"]), max_size=2), "link": st.just(["about", "B-1"]), "sent": st.sampled_from(["n", "m"]),
    }),
    max_size=12,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(changes, st.lists(st.integers(1, 4), min_size=12, max_size=12))
def test_whatever_happens_to_a_case_its_row_is_the_fold_of_its_history_and_verifies(
    tmp_path: Path, done: list[dict[str, object]], together: list[int]
) -> None:
    with databases.again():
        kept_and_verified(databases.quick(with_a_definition), tmp_path, done, together)


def kept_and_verified(store: Store, folder: Path, done: list[dict[str, object]], together: list[int]) -> None:
    with store.writing() as conn:
        opened(conn, "A-1")
    at, waiting = NOW, list(done)
    while waiting:
        taken, waiting = waiting[: together[0]], waiting[together[0]:]
        together = together[1:] + together[:1]
        with store.writing() as conn:
            loaded = cases.load(conn, "A-1")
            made = []
            for data in taken:
                at += timedelta(minutes=7)
                if "owner" in data:
                    data = {**data, "owner": [loaded.case.owner, data["owner"]]}
                if "set" in data:
                    data = {**data, "set": {name: [None, value] for name, value in data["set"].items()}}  # type: ignore[attr-defined]
                made.append(event(loaded.case, "acted", at, **data))
            cases.save(conn, loaded, made, [], 0, None, None)
    with store.reading() as conn:
        stored, events = cases.load(conn, "A-1"), list(history.read(conn, "case/A-1"))
    assert same(stored.case, rebuild(events))
    assert auditing.verify(House(store, VirtualClock(NOW), Settings(folder))).problems == []


def same(one: CaseState, other: CaseState) -> bool:
    return canonical(case_json(one)) == canonical(case_json(other))


