"""What was published is stored whole, never changes, and is read once."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from recording import NOW, opened
from sqlalchemy import text

from engine.deciding.rights import Actor
from engine.ground.calendars import calendar_json
from engine.ground.canonical import canonical, digest
from engine.ground.errors import NotFound
from engine.records import cases, history, library
from engine.records.store import Store
from tests import databases


def procedure(title: str) -> str:
    return canonical({
        "procedure": {
            "procedure": "returns", "title": title, "number": "R-{serial}", "calendar": "office", "languages": ["en"],
            "roles": {"clerk": {"title": "Clerk"}},
            "states": {"open": {"actions": {"finish": {"by": "clerk", "to": "done"}}}, "done": {"final": True}},
        },
        "notices": {}, "scenarios": {},
    })


def office(timezone: str = "UTC") -> str:
    from tests.always import ALWAYS

    return canonical({**calendar_json(ALWAYS), "name": "office", "timezone": timezone})


def organisation(*people: str) -> str:
    return canonical({"organisation": {"organisation": "acme", "people": {person: {"name": person} for person in people}}})


@pytest.fixture
def store() -> Store:
    return databases.quick()


def publish(store: Store, title: str, name: str = "returns") -> library.Published:
    document = procedure(title)
    with store.writing() as conn:
        return library.publish_definition(conn, name, document, '{"procedure.yaml":"…"}', digest(document), Actor("owner"), NOW)


def test_a_case_stays_on_its_version_and_the_next_one_gets_the_latest(store: Store) -> None:
    assert [publish(store, title) for title in ("one", "two", "two", "one")] == [(1, 1, False), (2, 2, False), (2, 2, True), (3, 3, False)]
    with store.reading() as conn:
        assert [library.definition(store, conn, n).title.in_("en") for n in (1, 2, 3)] == ["one", "two", "one"]
        version_id, version, latest = library.latest(store, conn, "returns")
        assert (version_id, version) == (3, 3) and latest is library.definition(store, conn, 3)
        assert [(one.version, one.hash) for one in library.versions(conn, "returns")][1] == (2, digest(procedure("two")))
        stored = library.document(conn, "returns", 2)
        assert (stored.document, stored.source, stored.published_at) == (json.loads(procedure("two")), {"procedure.yaml": "…"}, NOW)
        assert library.document(conn, "returns").version == 3
        said = [(one.kind, one.data["definition"], one.data["version"]) for one in history.read(conn, "definitions")]
    assert said == [("published", "returns", 1), ("published", "returns", 2), ("published", "returns", 3)]


def test_an_unknown_definition_is_refused_with_the_nearest_name(store: Store) -> None:
    with store.reading() as conn, pytest.raises(NotFound) as caught:
        library.latest(store, conn, "returns")
    assert "definition publish" in caught.value.hint
    publish(store, "one")
    with store.reading() as conn:
        for name, words in (("retruns", "Did you mean returns?"), ("x", "Published are: returns.")):
            with pytest.raises(NotFound) as caught:
                library.latest(store, conn, name)
            assert caught.value.hint == words
        with pytest.raises(NotFound, match="no version 7"):
            library.document(conn, "returns", 7)
        for ask in (lambda: library.versions(conn, "x"), lambda: library.document(conn, "x"), lambda: library.definition(store, conn, 9)):
            with pytest.raises(NotFound):
                ask()


def test_the_latest_calendar_of_each_name_is_in_force_at_once(store: Store) -> None:
    with store.writing() as conn:
        with pytest.raises(NotFound):
            library.calendar(store, conn, "office")
        assert library.publish_calendar(conn, "office", office(), Actor("owner"), NOW) == (1, 1, False)
        assert library.calendar(store, conn, "office").timezone == "UTC"
        assert library.publish_calendar(conn, "office", office("Asia/Shanghai"), Actor("owner"), NOW) == (2, 2, False)
        assert library.publish_calendar(conn, "office", office("Asia/Shanghai"), Actor("owner"), NOW).unchanged
        assert library.calendar(store, conn, "office").timezone == "Asia/Shanghai"
        with pytest.raises(NotFound) as caught:
            library.calendar(store, conn, "ofice")
        assert caught.value.hint == "Did you mean office?"
        assert list(library.calendars(store, conn)) == ["office"]


def test_without_an_organisation_there_is_an_empty_one_then_the_latest(store: Store) -> None:
    with store.writing() as conn:
        assert library.organisation(store, conn).people == {}
        library.apply_organisation(conn, organisation("li.na"), Actor("owner"), NOW)
        assert list(library.organisation(store, conn).people) == ["li.na"]
        assert library.apply_organisation(conn, organisation("li.na"), Actor("owner"), NOW).unchanged
        assert library.apply_organisation(conn, organisation("li.na", "wang.fang"), Actor("owner"), NOW) == (2, 2, False)
    with store.reading() as conn:
        assert list(library.organisation(store, conn).people) == ["li.na", "wang.fang"]
        assert [one.kind for one in history.read(conn, "organisation")] == ["applied", "applied"]


def test_what_was_read_before_costs_no_statement_but_the_look_at_what_is_in_force(store: Store) -> None:
    with store.writing() as conn:
        library.publish_definition(conn, "returns", procedure("one"), "{}", digest(procedure("one")), Actor("owner"), NOW)
        library.publish_calendar(conn, "office", office(), Actor("owner"), NOW)
        library.apply_organisation(conn, organisation("li.na"), Actor("owner"), NOW)
        opened(conn, "A-1")
    for expected in (7, 2):
        with store.writing() as conn, databases.statements(conn) as sent:
            loaded = cases.load(conn, "A-1")
            for _ in range(3):
                library.definition(store, conn, loaded.case.version_id)
                library.calendar(store, conn, "office")
                library.organisation(store, conn)
        assert len(sent) <= expected, sent
    assert len(sent) == 2


def test_another_process_publishing_is_seen_by_the_next_transaction(tmp_path: Path) -> None:
    place = databases.place(tmp_path)
    one, other = place.store(), place.store()
    with one.reading() as conn:
        assert library.organisation(one, conn).people == {}
        with other.writing() as writing:
            library.apply_organisation(writing, organisation("li.na"), Actor("owner"), NOW)
        assert library.organisation(one, conn).people == {}, "one transaction sees one organisation"
    with one.reading() as conn:
        assert list(library.organisation(one, conn).people) == ["li.na"]


def test_times_of_publishing_are_kept_in_utc(store: Store) -> None:
    with store.writing() as conn:
        library.publish_calendar(conn, "office", office(), Actor("owner"), NOW + timedelta(hours=1))
        kept = conn.execute(text("SELECT published_at FROM calendar_version")).scalar_one()
        assert kept in ("2026-11-20 09:00:00.000000", datetime(2026, 11, 20, 9, tzinfo=UTC))
        assert next(history.read(conn, "definitions")).recorded_at.tzinfo == UTC
