"""The store opens transactions that hold, and says in plain words when it cannot."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from recording import NOW, new_store, opened, with_a_definition
from sqlalchemy import text

from engine.deciding.rights import Actor
from engine.ground.errors import Conflict, Invalid, Unavailable
from engine.records import cases, library, schema, series
from engine.records.store import MemoryStore, Store
from tests import databases


def test_a_connection_waits_first_and_keeps_references_triggers_and_power_cuts_in_mind(tmp_path: Path) -> None:
    with new_store(tmp_path).reading() as conn:
        found = {name: conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in (
            "busy_timeout", "journal_mode", "foreign_keys", "recursive_triggers", "synchronous")}
    assert found == {"busy_timeout": 5000, "journal_mode": "wal", "foreign_keys": 1, "recursive_triggers": 1, "synchronous": 2}


def test_what_is_written_stays_and_what_fails_leaves_nothing(tmp_path: Path) -> None:
    place = databases.place(tmp_path, with_a_definition)
    store = place.store()
    with store.writing() as conn:
        opened(conn, "A-1")
    with pytest.raises(RuntimeError), store.writing() as conn:
        opened(conn, "A-2")
        raise RuntimeError
    with place.store().reading() as conn:
        assert [row.number for row in conn.execute(text('SELECT number FROM "case"'))] == ["A-1"]
        assert conn.execute(text("SELECT count(*) FROM event WHERE stream LIKE 'case/%'")).scalar() == 1


def test_a_folder_may_be_called_anything(tmp_path: Path) -> None:
    folder = tmp_path / "客户 投诉 100%41 #1 'x'"
    folder.mkdir()
    with new_store(folder).writing() as conn:
        opened(conn, "A-1")
    assert (folder / "makegood.db").exists()


def test_what_was_published_in_a_transaction_that_failed_is_forgotten(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    store.cache["definition", 1] = "kept"
    with pytest.raises(RuntimeError), store.writing() as conn:
        opened(conn, "A-1")
        raise RuntimeError
    assert store.cache == {("definition", 1): "kept"}
    with store.writing() as conn:
        with pytest.raises(RuntimeError), store.savepoint(conn):
            made = library.publish_definition(conn, "other", "{}", "{}", "x", Actor("owner"), NOW)
            store.cache["definition", made.id] = "never published"
            raise RuntimeError
        assert library.publish_definition(conn, "third", "{}", "{}", "x", Actor("owner"), NOW).id == made.id
        assert store.cache == {}


def test_a_savepoint_fails_alone(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    with store.writing() as conn:
        opened(conn, "A-1")
        with pytest.raises(RuntimeError), store.savepoint(conn):
            opened(conn, "A-2")
            raise RuntimeError
        with pytest.raises(Conflict), store.savepoint(conn):
            opened(conn, "A-1")
        opened(conn, "A-3")
    with store.reading() as conn:
        assert [row.number for row in conn.execute(text('SELECT number FROM "case" ORDER BY id'))] == ["A-1", "A-3"]


def test_a_reader_sees_one_moment_while_others_write(tmp_path: Path) -> None:
    place = databases.place(tmp_path, with_a_definition)
    store, other = place.store(), place.store()
    with store.reading() as conn:
        before = conn.execute(text('SELECT count(*) FROM "case"')).scalar()
        with other.writing() as writer:
            opened(writer, "A-1")
        assert conn.execute(text('SELECT count(*) FROM "case"')).scalar() == before


# --- plain words --------------------------------------------------------------------------------------------------------


def refusal(store: Store, *, write: bool = False) -> Unavailable:
    with pytest.raises(Unavailable) as caught, (store.writing() if write else store.reading()) as conn:
        series.next_serial(conn, "x") if write else conn.execute(text('SELECT 1 FROM "case"'))
    assert caught.value.hint
    return caught.value


def test_a_missing_database_is_named_and_not_created(tmp_path: Path) -> None:
    error = refusal(Store(f"sqlite:///{tmp_path / 'typo.db'}"))
    assert "There is no database at" in error.message and "makegood init" in error.hint
    assert not (tmp_path / "typo.db").exists()


def test_a_file_that_is_no_database_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("Dear Sir or Madam, " * 100)
    assert "is not a database" in refusal(Store(f"sqlite:///{tmp_path / 'x.db'}")).message


def test_an_empty_file_has_no_tables(tmp_path: Path) -> None:
    (tmp_path / "x.db").touch()
    error = refusal(Store(f"sqlite:///{tmp_path / 'x.db'}"))
    assert "holds no tables of makegood" in error.message and "makegood init" in error.hint


@pytest.mark.parametrize(("revision", "words", "way_out"), [("0000", "earlier", "db upgrade"), ("9999", "later", "later makegood")])
def test_tables_of_another_release_are_refused_with_the_way_out(tmp_path: Path, revision: str, words: str, way_out: str) -> None:
    new_store(tmp_path).close()
    raw = sqlite3.connect(tmp_path / "makegood.db")
    raw.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    raw.commit()
    error = refusal(Store(f"sqlite:///{tmp_path / 'makegood.db'}"))
    assert words in error.message and way_out in error.hint
    if revision == "9999":
        with pytest.raises(Unavailable):
            Store(f"sqlite:///{tmp_path / 'makegood.db'}").create()


def test_a_database_locked_for_too_long_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_store(tmp_path).close()
    monkeypatch.setattr("engine.records.engines.BUSY_MS", 50)
    raw = sqlite3.connect(tmp_path / "makegood.db", isolation_level=None)
    raw.execute("BEGIN IMMEDIATE")
    assert "locked" in refusal(Store(f"sqlite:///{tmp_path / 'makegood.db'}"), write=True).message


def test_a_full_disk_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    with pytest.raises(Unavailable, match="disk is full"), store.writing() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar()
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}")   # what SQLite reports when the disk has no room
        for n in range(500):
            opened(conn, f"A-{n}")
    with store.reading() as conn:
        assert conn.execute(text('SELECT count(*) FROM "case"')).scalar() == 0


def test_a_folder_that_is_not_there_cannot_hold_a_database(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be opened"):
        Store(f"sqlite:///{tmp_path / 'nowhere' / 'x.db'}").create()


def test_somebody_without_the_right_to_write_is_told_so(tmp_path: Path) -> None:
    new_store(tmp_path).close()
    (tmp_path / "makegood.db").chmod(0o444)
    tmp_path.chmod(0o555)
    program = (
        "import os, sys\n"
        "from engine.records.store import Store\n"
        "from engine.records import series\n"
        "from engine.ground.errors import Unavailable\n"
        f"store = Store('sqlite:///{tmp_path / 'makegood.db'}')\n"
        "if os.getuid() == 0:\n"   # root may write anywhere: become nobody
        "    os.setgid(65534); os.setuid(65534)\n"
        "try:\n"
        "    with store.writing() as conn: series.next_serial(conn, 'x')\n"
        "except Unavailable as error: print(error.message)\n"
    )
    for folder in tmp_path.parents:   # pytest's own folders are closed to others
        if folder.name.startswith(("pytest", "popen")):
            folder.chmod(0o755)
    try:
        said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    finally:
        tmp_path.chmod(0o755)
    assert "is read-only" in said.stdout or "cannot be opened" in said.stdout


def test_a_folder_closed_to_ones_account_is_told_as_such(tmp_path: Path) -> None:
    closed = tmp_path / "closed" / "house"
    closed.mkdir(parents=True)
    new_store(closed).close()
    program = (
        "import os, sys\n"
        "from engine.records.store import Store\n"
        "from engine.ground.errors import Unavailable\n"
        f"store = Store('sqlite:///{closed / 'makegood.db'}')\n"
        "if os.getuid() == 0:\n"
        "    os.setgid(65534); os.setuid(65534)\n"
        "try:\n"
        "    with store.reading() as conn: pass\n"
        "except Unavailable as error: print(error.message)\n"
    )
    (tmp_path / "closed").chmod(0o000)
    try:
        said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    finally:
        (tmp_path / "closed").chmod(0o755)
    assert "cannot be opened" in said.stdout


@pytest.mark.parametrize("url", ["", "makegood.db", "mysql://h/x", "sqlite+nonsense:///x", "postgresql+nonsense://h/x"])
def test_a_url_that_names_no_database_we_know_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match="not a database that makegood can use"):
        Store(url)


def test_a_password_never_shows() -> None:
    assert "secret" not in Store("postgresql://u:secret@h/x").where


# --- in memory ----------------------------------------------------------------------------------------------------------


def test_a_memory_store_comes_back_to_its_image_with_everything_in_force() -> None:
    store = MemoryStore(schema.memory_template())
    with store.writing() as conn:
        assert series.next_serial(conn, "a") == 1
    store.reset()
    with store.writing() as conn:
        assert series.next_serial(conn, "a") == 1
        assert conn.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert conn.exec_driver_sql("PRAGMA recursive_triggers").scalar() == 1
    store.keep()
    for _ in range(3):
        with store.writing() as conn:
            assert series.next_serial(conn, "a") == 2
        store.reset()


def test_what_a_store_remembers_goes_with_what_it_held() -> None:
    store = MemoryStore(schema.memory_template())
    store.cache["definition", 1] = "kept"
    store.keep()
    store.cache["definition", 2] = "made later"
    store.reset()
    assert store.cache == {("definition", 1): "kept"}


def test_cases_of_an_unknown_version_are_refused_by_the_database() -> None:
    store = MemoryStore(schema.memory_template())
    with pytest.raises(Exception, match="FOREIGN KEY"), store.writing() as conn:
        opened(conn, "A-1", NOW)
    with store.reading() as conn:
        assert cases.count_due(conn, NOW) == 0
