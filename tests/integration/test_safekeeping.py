"""The databases as a whole: copied from one kind to the other, backed up while others write, put back, brought up to date."""

import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from alembic import command
from sqlalchemy import insert, select, text

from cli.main import main
from engine.ground.errors import Conflict, Invalid, NotFound, Unavailable
from engine.records import copying, schema, series
from engine.records.keys import KEY
from engine.records.prepared import Prepared
from engine.records.tables import SERIES
from engine.usecases import acting, amending, auditing, erasing, reading, safekeeping
from engine.usecases.house import House, Settings, open_house
from engine.usecases.revealing import Reveal
from tests import databases
from tests.databases import POSTGRESQL, SQLITE, Place
from tests.houses import CUSTOMER, as_, house_in, open_one
from tests.postgres import MISSING, binaries
from tests.small import dump

ACKNOWLEDGED = {"nature": "quality", "order_no": "AB123456"}
OFFICER = as_("helen.price")


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Complaints with everything a table can hold, one of somebody who was erased since."""
    made, _ = house_in(tmp_path)
    for name in ("王小明", "Sanne"):
        number = open_one(made, customer={**CUSTOMER, "name": name}, comment="cannot be switched on")
        acting.act(made, number, "acknowledge", as_("li.na"), ACKNOWLEDGED)
        amending.attach(made, number, as_("li.na"), "scan.bin", bytes(range(256)) * 40)
    erasing.erase(made, 2, OFFICER, "asked", even_open=True)
    return made


@pytest.fixture(params=[SQLITE, pytest.param(POSTGRESQL, marks=pytest.mark.skipif(binaries() is None, reason=MISSING))])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A database of either kind, without tables."""
    (tmp_path / "target").mkdir()
    with databases.on(request.param):
        yield databases.bare(tmp_path / "target")


def keys_of(house: House) -> list[tuple[object, ...]]:
    with house.store.keys._connected() as conn:
        return sorted((tuple(row) for row in conn.execute(select(KEY))), key=repr)


def opened(place: Place, like: House) -> House:
    return House(place.store(), like.clock, Settings(folder=like.settings.folder))


# --- copies -------------------------------------------------------------------------------------------------------------


def test_a_copy_holds_every_row_and_key_and_works_on_from_there(house: House, target: Place) -> None:
    told: list[tuple[int, int]] = []
    rows, verified = safekeeping.copy(house, *target, progress=lambda done, of: told.append((done, of)))
    copied = opened(target, house)
    assert dump(copied) == dump(house) and keys_of(copied) == keys_of(house)
    assert rows == {name: len(there) for name, there in dump(house).items()} and told[-1] == (2 * sum(rows.values()),) * 2
    assert (verified.problems, verified.erased) == ([], 1)
    third = open_one(copied)
    assert reading.show(copied, third, Reveal(as_("li.na"))).customer is not None and auditing.verify(copied).problems == []
    with pytest.raises(Conflict, match="refused to change"), copied.store.writing() as conn:
        conn.execute(text("DELETE FROM event"))
    copied.store.close()


def test_a_database_with_records_or_with_the_keys_of_others_is_refused(house: House, target: Place) -> None:
    other = opened(target, house)
    other.store.create()
    with other.store.writing() as conn:
        series.next_serial(conn, "mine")
    before = dump(other)
    with pytest.raises(Conflict, match="records in"):
        safekeeping.copy(house, *target)
    assert dump(other) == before
    with other.store.writing() as conn:
        conn.execute(text("DELETE FROM series"))
    other.store.keys.add({b"x" * 16: b"y" * 32})
    with pytest.raises(Conflict, match="keys of other data"):
        safekeeping.copy(house, *target)
    with pytest.raises(Invalid, match="itself"):
        safekeeping.copy(other, *target)
    other.store.close()


def test_a_copy_that_breaks_off_leaves_no_row_and_is_repeated(house: House, target: Place) -> None:
    half = sum(len(rows) for rows in dump(house).values())      # all is written, and nothing read back yet

    def breaks(done: int, of: int) -> None:
        if done >= half:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        safekeeping.copy(house, *target, progress=breaks)
    left = target.store()
    with left.looking() as conn:
        assert not schema.has_tables(conn)
    erasing.erase(house, 1, OFFICER, "asked meanwhile", even_open=True)
    assert safekeeping.copy(house, *target)[1].problems == []
    copied = opened(target, house)
    assert dump(copied) == dump(house) and keys_of(copied) == keys_of(house)
    copied.store.close()


def test_what_does_not_arrive_as_it_was_sent_undoes_the_copy(house: House, target: Place) -> None:
    other = opened(target, house)
    other.store.create()
    with other.store.writing() as conn:
        conn.exec_driver_sql(
            "CREATE TRIGGER lost BEFORE INSERT ON series BEGIN SELECT RAISE(IGNORE); END" if conn.dialect.name == SQLITE
            else "CREATE RULE lost AS ON INSERT TO series DO INSTEAD NOTHING"
        )
    with pytest.raises(Unavailable, match="table series"):
        safekeeping.copy(house, *target)
    assert not any(dump(other).values())
    other.store.close()


def test_a_copy_is_of_one_moment_whoever_writes_meanwhile(house: House, target: Place) -> None:
    before, others = dump(house), open_house(house.settings.folder, house.clock)
    opened_by_others: list[str] = []

    def meanwhile(done: int, of: int) -> None:
        if not opened_by_others:
            opened_by_others.append(open_one(others))

    _, verified = safekeeping.copy(house, *target, progress=meanwhile)
    copied = opened(target, house)
    assert (dump(copied), verified.problems, len(opened_by_others)) == (before, [], 1)
    copied.store.close()
    others.store.close()


_series = Prepared(insert(SERIES))


def test_a_copy_holds_few_rows_in_memory(house: House, target: Place) -> None:
    """Eight thousand rows of a thousand signs take a fraction of the memory that they would fill."""
    with house.store.writing() as conn:
        _series.later(conn, [{"key": f"{n:01000}", "last": n} for n in range(8_000)])
    tracemalloc.start()
    try:
        copying.copy(house.store, target.store())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8_000_000, peak


# --- upgrade and status -------------------------------------------------------------------------------------------------


def test_the_state_of_the_tables_is_told_and_brought_up_to_date(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = databases.bare(tmp_path)
    (tmp_path / "makegood.toml").write_text(place.settings(), encoding="utf-8")
    store = place.store()
    store.keys.create()
    with store._connected(create=True).execution_options(writes=True).begin() as conn:
        command.upgrade(schema.alembic_config(conn), "0002")

    def said(*words: str, code: int = 0) -> str:
        capsys.readouterr()
        assert main(["db", *words, "--house", str(tmp_path)]) == code
        return capsys.readouterr().out

    assert f"revision 0002; needed is {schema.SCHEMA_REVISION}" in said("status", "--lang", "en")
    assert main(["sweep", "--house", str(tmp_path), "--lang", "en"]) == 11 and "makegood db upgrade" in capsys.readouterr().err
    steps: list[tuple[int, int]] = []
    safekeeping.upgrade(open_house(tmp_path), lambda done, of: steps.append((done, of)))
    assert steps == [(n, len(steps)) for n in range(1, len(steps) + 1)] and len(steps) == int(schema.SCHEMA_REVISION) - 2
    assert json.loads(said("upgrade", "--json")) == {"before": schema.SCHEMA_REVISION, "now": schema.SCHEMA_REVISION}
    assert f"版本 {schema.SCHEMA_REVISION}" in said("status", "--lang", "zh")
    with store.writing() as conn:
        command.check(schema.alembic_config(conn))
    store.close()


def test_status_tells_rows_keys_and_the_ends_of_the_histories(house: House) -> None:
    said = safekeeping.status(house)
    assert said.found == said.wanted == schema.SCHEMA_REVISION and (said.size or 0) > 100_000
    assert said.rows == {name: len(rows) for name, rows in dump(house).items()}
    assert (said.live, said.destroyed, said.cases) == (2, 1, 2)
    with house.store.reading() as conn:
        ends = {head for head in auditing.history.heads(conn) if not head.stream.startswith("case/")}
    assert set(said.heads) == ends


# --- backups ------------------------------------------------------------------------------------------------------------


def empty(folder: Path) -> House:
    folder.mkdir()
    assert main(["init", str(folder), "--lang", "en"]) == 0
    return open_house(folder)


def test_a_backup_made_while_others_write_is_restored_and_verifies(house: House, tmp_path: Path) -> None:
    stop, numbers = Event(), []

    def writes() -> None:
        mine = open_house(house.settings.folder, house.clock)
        while not stop.is_set():
            numbers.append(open_one(mine))
        mine.store.close()

    writer = Thread(target=writes)
    writer.start()
    try:
        while len(numbers) < 3:
            stop.wait(0.01)
        safekeeping.backup(house, tmp_path / "data.backup", tmp_path / "keys.backup")
    finally:
        stop.set()
        writer.join()
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in tmp_path.glob("*.backup"))
    fresh = empty(tmp_path / "fresh")
    done = safekeeping.restore(fresh, tmp_path / "data.backup", tmp_path / "keys.backup")
    assert (done.verified.problems, done.erased, done.revision) == ([], [], schema.SCHEMA_REVISION)
    found = dump(fresh)["case"]
    assert 5 <= len(found) <= len(dump(house)["case"])
    acting.act(fresh, numbers[0], "acknowledge", as_("li.na"), ACKNOWLEDGED)
    assert auditing.verify(fresh).problems == []


def test_erasures_since_the_backup_are_carried_out_again(house: House, tmp_path: Path) -> None:
    safekeeping.backup(house, tmp_path / "data.backup", None)
    erasing.erase(house, 1, OFFICER, "asked later", even_open=True)
    safekeeping.backup(house, None, tmp_path / "keys.backup")
    fresh = empty(tmp_path / "fresh")
    done = safekeeping.restore(fresh, tmp_path / "data.backup", tmp_path / "keys.backup")
    assert ([one.party for one in done.erased], done.verified.problems, done.verified.erased) == ([1], [], 2)


@pytest.mark.parametrize(("spoil", "error"), [
    (lambda path: path.unlink(), NotFound), (lambda path: path.write_bytes(b"Dear Sir or Madam, " * 100), Unavailable),
    (lambda path: path.write_bytes(b""), Invalid), (lambda path: path.write_bytes(path.read_bytes()[:100_000]), Unavailable),
])
def test_what_is_no_backup_is_refused_and_nothing_put_back(
    house: House, tmp_path: Path, spoil: Callable[[Path], object], error: type[Exception]
) -> None:
    safekeeping.backup(house, tmp_path / "data.backup", tmp_path / "keys.backup")
    spoil(tmp_path / "data.backup")
    fresh = empty(tmp_path / "fresh")
    with pytest.raises(error):
        safekeeping.restore(fresh, tmp_path / "data.backup", tmp_path / "keys.backup")
    assert not any(dump(fresh).values()) and len(keys_of(fresh)) == 1


def test_nothing_is_overwritten(house: House, tmp_path: Path) -> None:
    safekeeping.backup(house, tmp_path / "data.backup", None)
    kept = (tmp_path / "data.backup").read_bytes()
    with pytest.raises(Conflict, match="already a file"):
        safekeeping.backup(house, tmp_path / "data.backup", None)
    with pytest.raises(Unavailable, match="cannot be written"):
        safekeeping.backup(house, tmp_path / "nowhere" / "data.backup", None)
    with pytest.raises(Conflict, match="records in"):
        safekeeping.restore(house, tmp_path / "data.backup", None)
    assert (tmp_path / "data.backup").read_bytes() == kept and not list(tmp_path.glob("*.partial"))


def test_history_cut_off_in_a_backup_is_named_and_the_exit_code_says_so(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    safekeeping.backup(house, tmp_path / "data.backup", tmp_path / "keys.backup")
    spoilt = Place(f"sqlite:///{tmp_path / 'data.backup'}", "").store()
    with databases.forging(spoilt) as raw:
        raw.execute(text("DELETE FROM event WHERE seq = 2 AND stream LIKE 'case/%'"))
    empty(tmp_path / "fresh")
    words = [str(tmp_path / "data.backup"), "--keys", str(tmp_path / "keys.backup"), "--house", str(tmp_path / "fresh")]
    assert main(["db", "restore", *words, "--lang", "en"]) == 12
    assert ", row 2: is missing" in capsys.readouterr().out


def test_a_server_is_backed_up_by_its_own_programs(house: House, tmp_path: Path) -> None:
    if databases.present() == POSTGRESQL:
        with pytest.raises(Invalid):
            safekeeping.backup(house, tmp_path / "data.backup", None)
        with pytest.raises(Invalid):
            safekeeping.restore(house, tmp_path / "data.backup", None)
    else:
        safekeeping.backup(house, tmp_path / "data.backup", None)
    assert (tmp_path / "data.backup").exists() == (databases.present() == SQLITE)


def test_the_commands_answer_in_both_languages_and_as_json(
    house: House, target: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*words: str, code: int = 0) -> str:
        capsys.readouterr()
        assert main(["db", *words, "--house", str(tmp_path)]) == code
        return capsys.readouterr().out

    copied = json.loads(said("copy", "--to", target.database, "--keys", target.keys, "--json"))
    assert copied["sound"] and copied["rows"]["case"] == 2 and copied["problems"] == []
    assert said("copy", "--to", target.database, "--keys", target.keys, "--lang", "en", code=7) == ""
    assert "2 cases" in said("status", "--lang", "en") and "2 个案件" in said("status", "--lang", "zh")
    assert said("backup", "--lang", "en", code=3) == ""
