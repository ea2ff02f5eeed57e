"""What a sweep or a delivery takes up is its own for a while, and nothing that is wrong with one holds up the others."""

import os
import signal
import sqlite3
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from posting import NOW, complain, later, new_house, put, with_channels
from sqlalchemy import text

from engine.deciding.rights import THE_SYSTEM
from engine.ground.clock import VirtualClock
from engine.records import timers
from engine.usecases import auditing, delivering, sweeping
from engine.usecases.house import House, open_house
from engine.usecases.notices import list_notices, show_notice
from notifications.delivery import deliver
from tests.houses import events_of


def forked(house: House, hours: float, what: Callable[[House], object]) -> int:
    """Do something in a process of its own, so many hours after `NOW`; how the process ended."""
    house.store.close()     # nobody may share a connection with a child
    child = os.fork()
    if child == 0:
        try:
            what(open_house(house.settings.folder, VirtualClock(NOW + timedelta(hours=hours))))
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1]


def killed_by(number: str) -> Callable[[House], object]:
    """A sweep that dies when it comes to settle that case."""
    def run(house: House) -> object:
        settle = sweeping.settle
        sweeping.settle = lambda work, limit: os.kill(os.getpid(), signal.SIGKILL) if work.case.number == number else settle(work, limit)
        return sweeping.sweep(house)

    return run


def reminded(house: House, numbers: list[str]) -> list[bool]:
    """Of each case, whether its reminder has been carried out."""
    return [any(event.kind == "rung" for event in events_of(house, number)) for number in numbers]


def test_a_case_that_kills_every_sweep_takes_the_others_of_its_batch_with_it_only_twice(tmp_path: Path) -> None:
    house = new_house(tmp_path)
    numbers = [complain(house) for _ in range(5)]
    late = 24.1
    assert forked(house, 2.01, killed_by(numbers[0])) == signal.SIGKILL, "at once: it leaves no trace"
    assert forked(house, late, killed_by(numbers[0])) == signal.SIGKILL, "after a while: each attempt is counted before"
    assert reminded(house, numbers) == [False] * 5, "a batch is one transaction"
    assert forked(house, late + 0.05, killed_by(numbers[0])) == signal.SIGKILL, "alone now"
    assert forked(house, late + 0.06, killed_by(numbers[0])) == 0, "it is put off, and the others have their turn"
    assert reminded(house, numbers) == [False, True, True, True, True]
    later(house, hours=late + 0.06)
    with house.store.reading() as conn:
        [put_off] = timers.failing(conn, house.clock.now() + timedelta(days=1), 10)
    assert (put_off.number, put_off.error) == (numbers[0], "a sweep took it up and did not come back")
    later(house, minutes=6)
    assert sweeping.sweep(house).failures == []
    assert all(reminded(house, numbers)) and auditing.verify(house).problems == []


BROKEN = {
    "sqlite": ["CREATE TRIGGER broken BEFORE INSERT ON event WHEN new.stream = 'case/{number}' BEGIN SELECT RAISE(ABORT, 'broken'); END"],
    "postgresql": [
        "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''broken''; END'",
        "CREATE TRIGGER broken BEFORE INSERT ON event FOR EACH ROW WHEN (new.stream = 'case/{number}') EXECUTE FUNCTION broken()",
    ],
}
MENDED = {"sqlite": ["DROP TRIGGER broken"], "postgresql": ["DROP TRIGGER broken ON event", "DROP FUNCTION broken"]}


def test_a_case_that_cannot_be_written_is_put_off_alone(tmp_path: Path) -> None:
    house = new_house(tmp_path)
    numbers = [complain(house) for _ in range(4)]
    with house.store.writing() as conn:
        for statement in BROKEN[conn.dialect.name]:
            conn.execute(text(statement.format(number=numbers[1])))
    later(house, hours=24.01)
    swept = sweeping.sweep(house)
    assert (swept.cases, [number for number, _ in swept.failures]) == (3, [numbers[1]])
    assert reminded(house, numbers) == [True, False, True, True]
    with house.store.writing() as conn:
        for statement in MENDED[conn.dialect.name]:
            conn.execute(text(statement))
    later(house, minutes=6)
    assert sweeping.sweep(house).failures == [] and all(reminded(house, numbers)) and auditing.verify(house).problems == []


def test_a_value_whose_key_is_not_at_hand_holds_up_neither_sweep_nor_delivery(tmp_path: Path) -> None:
    house = new_house(tmp_path)
    first, second = complain(house, email="first@example.com"), complain(house, email="second@example.com")
    with sqlite3.connect(tmp_path / "keys.db") as raw, sqlite3.connect(tmp_path / "makegood.db") as data:
        (party,) = data.execute("SELECT min(id) FROM party").fetchone()
        (name,) = data.execute("SELECT key FROM party WHERE id = ?", (party,)).fetchone()
        (key,) = raw.execute("SELECT key FROM key WHERE id = ?", (name,)).fetchone()
        raw.execute("DELETE FROM key WHERE id = ?", (name,))
    done = deliver(house)
    assert (done.sent, [case for _, case, _ in done.failures]) == (1, [first])
    later(house, hours=24.01)
    swept = sweeping.sweep(house)
    assert [number for number, _ in swept.failures] == [first] and reminded(house, [first, second]) == [False, True]
    with sqlite3.connect(tmp_path / "keys.db") as raw:      # the right copy of the keys is put back
        raw.execute("INSERT INTO key (id, key) VALUES (?, ?)", (name, key))
    later(house, minutes=15)
    assert (sweeping.sweep(house).failures, deliver(house).failures) == ([], [])
    assert reminded(house, [first, second]) == [True, True] and auditing.verify(house).problems == []


def test_a_notice_that_kills_every_delivery_lets_the_others_of_its_batch_go_first_from_then_on(tmp_path: Path) -> None:
    house = new_house(tmp_path)
    put(house, email="killer@example.com")
    put(house, 3)

    def killed(child: House) -> object:
        from notifications import file

        send = file.FileChannel.send
        file.FileChannel.send = lambda self, sending, now: (      # type: ignore[method-assign]
            os.kill(os.getpid(), signal.SIGKILL) if "killer" in sending.address else send(self, sending, now)
        )
        return deliver(child)

    assert forked(house, 0, killed) == signal.SIGKILL
    assert len(list_notices(house, status="sent", actor=THE_SYSTEM)) == 0
    assert forked(house, 0.1, killed) == signal.SIGKILL, "all four are due again when the lease is over"
    assert len(list_notices(house, status="sent", actor=THE_SYSTEM)) == 3
    for n in range(2, 8):
        assert forked(house, n / 10, killed) == signal.SIGKILL
    assert forked(house, 0.8, killed) == 0, "after eight attempts it is given up"
    [line] = list_notices(house, status="dead", actor=THE_SYSTEM)
    assert (line.attempts, line.error) == (9, "email: gave up after 8 attempts")


def test_while_a_mail_server_is_away_for_a_day_no_notice_is_lost_and_none_counts_as_tried(tmp_path: Path) -> None:
    away = {"kind": "smtp", "host": "127.0.0.1", "port": 9, "security": "none", "from": "service@acme.example", "timeout": 1}
    house = with_channels(new_house(tmp_path), email=away, sms={"kind": "file"})
    put(house, 3)
    [elsewhere] = put(house, via=("email", "sms"))
    [mandatory] = put(house, mandatory=True)
    for _ in range(23):
        done = deliver(house)
        assert (done.sent, done.failed, done.dead, done.by_hand) == (0, 1, 0, 0)
        later(house, hours=1)
    assert {line.status for line in list_notices(house, actor=THE_SYSTEM)} == {"waiting"}
    assert all(show_notice(house, line.id, THE_SYSTEM).tried == () for line in list_notices(house, actor=THE_SYSTEM))
    later(house, hours=1)
    for _ in range(3):      # what has somewhere else to go, or must be conveyed, has waited long enough
        deliver(house)
        later(house, minutes=2)
    assert show_notice(house, elsewhere, THE_SYSTEM).line.channel == "sms"
    assert show_notice(house, mandatory, THE_SYSTEM).line.status == "by_hand"
    back = with_channels(house, email={"kind": "file"}, sms={"kind": "file"})
    later(house, minutes=1)
    assert deliver(back).sent == 3
    assert {line.status for line in list_notices(house, actor=THE_SYSTEM)} == {"sent", "by_hand"}


def test_a_long_outage_costs_each_run_one_batch_and_no_more(tmp_path: Path) -> None:
    away = {"kind": "smtp", "host": "127.0.0.1", "port": 9, "security": "none", "from": "service@acme.example", "timeout": 1}
    house = with_channels(new_house(tmp_path), email=away, sms={"kind": "file"})
    put(house, 120)
    put(house, 2, via=("sms",))
    done = deliver(house)
    assert (done.sent, done.failed, done.put_back, done.remaining) == (2, 1, 49, 70), "what goes by another way is not held up"


def test_whoever_wants_to_write_has_a_turn_between_the_batches_of_a_long_sweep(tmp_path: Path) -> None:
    house = new_house(tmp_path)
    for _ in range(150):
        complain(house)
    house.store.close()
    child = os.fork()
    if child == 0:
        sweeping.sweep(open_house(tmp_path, VirtualClock(NOW + timedelta(days=2))), batch=3)
        os._exit(0)
    turns = 0
    while os.waitpid(child, os.WNOHANG)[0] == 0:
        with house.store.writing() as conn:
            conn.execute(text("UPDATE series SET last = last"))
        turns += 1
        time.sleep(0.01)
    assert turns >= 10


def test_a_sweep_waits_for_somebody_who_writes_for_longer_than_one_transaction_may_take(tmp_path: Path, monkeypatch: object) -> None:
    house = new_house(tmp_path)
    number = complain(house)
    house.store.close()
    locked, told = os.pipe()
    child = os.fork()
    if child == 0:
        raw = sqlite3.connect(tmp_path / "makegood.db", isolation_level=None)
        raw.execute("BEGIN IMMEDIATE")
        os.write(told, b"!")
        time.sleep(0.6)
        os._exit(0)
    os.read(locked, 1)
    later(house, hours=24.01)
    monkeypatch.setattr("engine.records.engines.BUSY_MS", 100)      # type: ignore[attr-defined]
    assert sweeping.sweep(house).failures == [] and reminded(house, [number]) == [True]
    os.waitpid(child, 0)


def test_a_delivery_never_records_the_end_of_an_attempt_twice(tmp_path: Path) -> None:
    house = with_channels(new_house(tmp_path), email={"kind": "hand"})
    number = complain(house, email="wang@example.com")
    [notice] = delivering.claim(house, 1)
    sending = delivering.begin(house, notice)
    assert isinstance(sending, delivering.Sending)
    said = delivering.Receipt.HANDED
    assert delivering.finish(house, sending, said).status == "by_hand"
    assert delivering.finish(house, sending, said).status is None, "the answer to the first was lost, say"
    assert [event.kind for event in events_of(house, number)].count("unsent") == 1


def test_what_is_due_at_one_moment_is_not_read_whole_for_each_batch(tmp_path: Path) -> None:
    """Its index has it in the order in which it is taken, so nothing is left to be sorted."""
    with new_house(tmp_path).store.writing() as conn:
        form = timers._due._form(conn)
        given = tuple({"now": NOW, "size": 100}.get(name, fixed) for name, fixed in form.given)
        given = tuple(convert(given[n]) if (convert := dict(form.into).get(n)) else given[n] for n in range(len(given)))
        notices = ("SELECT id FROM notice WHERE status = 'waiting' AND fire_at <= %s ORDER BY fire_at, id LIMIT %s", (given[0], 100))
        sqlite = conn.dialect.name == "sqlite"
        if not sqlite:
            for other in ("seqscan", "bitmapscan", "sort"):      # tables as small as these are read whole and sorted otherwise
                conn.exec_driver_sql(f"SET LOCAL enable_{other} = off")
        for sql, values in ((form.sql, given), (notices[0].replace("%s", "?") if sqlite else notices[0], notices[1])):
            plan = conn.exec_driver_sql(f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{sql}", values).all()
            said = "\n".join(str(row[-1]) for row in plan)
            assert "INDEX ix_" in said or "Scan using ix_" in said, said
            assert "Sort" not in said and "ORDER BY" not in said, said
