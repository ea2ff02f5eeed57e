"""When things go wrong (docs/operations.md): what is promised there about disks, locks, connections, clocks and kills is so."""

import os
import select
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from engine.deciding.rights import THE_SYSTEM
from engine.ground.clock import VirtualClock
from engine.ground.errors import Busy, Unavailable
from engine.records import series
from engine.records.store import Store
from engine.records.trouble import patiently
from engine.usecases import acting, auditing, sweeping
from engine.usecases.house import House, open_house
from engine.usecases.notices import list_notices, show_notice
from notifications.delivery import deliver
from tests import databases
from tests.houses import events_of
from tests.integration.posting import LI_NA, NOW, complain, later, new_house
from tests.postgres import server

BOTH = pytest.mark.parametrize("kind", [databases.SQLITE, databases.POSTGRESQL])
REMINDED = NOW + timedelta(hours=24, seconds=30)


def kinds(house: House, number: str) -> list[str]:
    return [one.kind for one in events_of(house, number)]


# --- killed at any statement ----------------------------------------------------------------------------------------------


def until_it_comes_through(house: House, at: Callable[[int], Any], what: Callable[[House], object], look: Callable[[], None]) -> int:
    """Let processes do something at a time, the n-th killed before the n-th statement it sends to a database, and look after each; until
    one comes through. How many were killed."""
    house.store.close()
    for n in range(1, 200):
        child = os.fork()
        if child == 0:
            try:
                event.listen(Engine, "connect", Dying(n).connected)
                what(open_house(house.settings.folder, VirtualClock(at(n))))
                os._exit(0)
            finally:
                os._exit(1)
        status = os.waitpid(child, 0)[1]
        look()
        house.store.close()
        if status != signal.SIGKILL:
            assert status == 0
            return n - 1
    raise AssertionError("it never came through")


class Dying:
    """Ends the process before the n-th statement that it sends over any connection, or the n-th commit of a driver."""

    def __init__(self, n: int) -> None:
        self.left = n

    def step(self, *_: object) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def connected(self, raw: Any, _: object) -> None:
        if isinstance(raw, sqlite3.Connection):
            raw.set_trace_callback(self.step)
            return
        usual, commit = raw.cursor_factory, raw.commit
        raw.cursor_factory = type("Dying", (usual,), {
            name: lambda cursor, *given, _name=name, **named: (self.step(), getattr(usual, _name)(cursor, *given, **named))[1]
            for name in ("execute", "executemany")
        })
        raw.commit = lambda: (self.step(), commit())[1]


@BOTH
def test_an_action_killed_at_any_statement_is_there_whole_or_not_at_all(tmp_path: Path, kind: str) -> None:
    with databases.on(kind):
        house = new_house(tmp_path)
        number = complain(house, email="wang@example.com")

        def whole_or_not() -> None:
            done = kinds(house, number) == ["opened", "acted"]
            assert done or kinds(house, number) == ["opened"]
            assert len(list_notices(house, case=number, actor=THE_SYSTEM)) == 1 + done
            assert auditing.verify(house).problems == []

        killed = until_it_comes_through(
            house, lambda n: NOW, lambda child: kinds(child, number)[1:] or acting.act(child, number, "answer", LI_NA), whole_or_not,
        )
        assert killed >= 12 and kinds(house, number) == ["opened", "acted"]


@BOTH
def test_a_sweep_killed_at_any_statement_carries_out_each_thing_once(tmp_path: Path, kind: str) -> None:
    with databases.on(kind):
        house = new_house(tmp_path)
        number = complain(house, email="wang@example.com")
        later(house, hours=2.01)
        sweeping.sweep(house)       # what comes before is not late when the processes sweep, so that they take the plain way

        def once_or_not_yet() -> None:
            done = kinds(house, number)[2:]
            assert done in ([], ["breach", "rung"])
            assert len(list_notices(house, case=number, actor=THE_SYSTEM)) == (2 if done else 1)
            assert auditing.verify(house).problems == []

        assert until_it_comes_through(house, lambda n: REMINDED, sweeping.sweep, once_or_not_yet) >= 12
        assert kinds(house, number) == ["opened", "breach", "breach", "rung"]


@BOTH
def test_a_delivery_killed_at_any_statement_loses_nothing_and_repeats_under_the_same_name(tmp_path: Path, kind: str) -> None:
    with databases.on(kind):
        house = new_house(tmp_path)
        numbers = [complain(house, email="wang@example.com") for _ in range(60)]

        def sound() -> None:
            assert all(kinds(house, number) in (["opened"], ["opened", "sent"]) for number in numbers)

        killed = until_it_comes_through(house, lambda n: NOW, lambda child: deliver(child, limit=1), sound)
        assert killed >= 12
        later(house, minutes=6)
        assert deliver(house).failures == []
        assert all(kinds(house, number) == ["opened", "sent"] for number in numbers) and auditing.verify(house).problems == []
        assert len(list((tmp_path / "outbox" / "email").iterdir())) == 60, "files are called by their Message-ID"
        tried = [len(show_notice(house, line.id, THE_SYSTEM).tried) for line in list_notices(house, limit=100, actor=THE_SYSTEM)]
        assert set(tried) == {1, 2}


# --- clocks, locks, disks ---------------------------------------------------------------------------------------------------


@BOTH
def test_when_the_clock_is_set_back_nothing_is_done_early_and_history_stays_in_order(tmp_path: Path, kind: str) -> None:
    with databases.on(kind):
        house = new_house(tmp_path)
        first, second = complain(house, email="wang@example.com"), complain(house, email="wang@example.com")
        clock = house.clock
        assert isinstance(clock, VirtualClock)
        clock.move_to(NOW + timedelta(hours=25))
        sweeping.sweep(house)
        clock.move_to(NOW + timedelta(hours=1))
        assert sweeping.sweep(house).cases == 0 and deliver(house).sent == 2, "the receipts; the reminders were written later than it is"
        acting.act(house, first, "answer", LI_NA)
        at = [one.recorded_at for one in events_of(house, first)]
        assert at == sorted(at) and auditing.verify(house).problems == []
        clock.move_to(NOW + timedelta(hours=25, minutes=1))
        assert (deliver(house).sent, deliver(house).remaining) == (3, 0)
        assert kinds(house, second).count("rung") == kinds(house, first).count("rung") == 1


def test_while_somebody_else_keeps_the_database_locked_staff_are_told_and_nothing_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = new_house(tmp_path)
    number = complain(house)
    monkeypatch.setattr("engine.records.engines.BUSY_MS", 200)
    raw = sqlite3.connect(tmp_path / "makegood.db", isolation_level=None)
    raw.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy, match="locked by somebody else"):
        acting.act(house, number, "answer", LI_NA)
    assert kinds(house, number) == ["opened"], "reading goes on"
    raw.execute("COMMIT")
    acting.act(house, number, "answer", LI_NA)


@contextmanager
def small_disk(house: House) -> Iterator[Callable[[], None]]:
    """The files of a house on a disk that is nearly full; called, it gets more room. A disk of its own where we may mount one, else SQLite
    is told so."""
    folder = house.settings.folder
    house.store.close()
    if os.geteuid() == 0:
        kept = {path.name: path.read_bytes() for path in folder.glob("*.db*")}
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder], check=True)
        try:
            for name, content in kept.items():
                (folder / name).write_bytes(content)
            yield lambda: subprocess.run(["mount", "-o", "remount,size=50m", folder], check=True) and None
        finally:
            house.store.close()
            subprocess.run(["umount", folder], check=True)
    else:
        most = [100]
        event.listen(Engine, "connect", lambda raw, _: raw.execute(f"PRAGMA max_page_count = {most[0]}"))
        yield lambda: (most.__setitem__(0, 10_000), house.store.close())[1]


def test_on_a_full_disk_nothing_is_half_written_and_work_goes_on_when_there_is_room(tmp_path: Path) -> None:
    house = new_house(tmp_path)
    number = complain(house, email="wang@example.com")
    with small_disk(house) as more_room:
        with pytest.raises(Unavailable, match="disk is full"):
            for _ in range(2000):
                complain(house, email="wang@example.com")
        later(house, hours=25)
        with pytest.raises(Unavailable, match="disk is full"):
            sweeping.sweep(house)
            complain(house, email="x" * 100_000)
        assert auditing.verify(house).problems == []
        more_room()
        sweeping.sweep(house)
        acting.act(house, number, "answer", LI_NA)
        assert auditing.verify(house).problems == []


# --- connections --------------------------------------------------------------------------------------------------------------


class Proxy:
    """Stands before a PostgreSQL server; told to `cut`, it breaks a connection before a commit gets there or before its answer is back."""

    def __init__(self, database: str) -> None:
        before, _, real = database.partition("host=")
        self.folder = Path(mkdtemp(prefix="mg-px-"))
        self.real = f"{real.partition('&')[0]}/.s.PGSQL.5432"
        self.database = f"{before}host={self.folder}"
        self.cut, self.after = "", 0          # "before" or "after", and how many commits pass until then
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(str(self.folder / ".s.PGSQL.5432"))
        self.listening.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            client = self.listening.accept()[0]
            threading.Thread(target=self.pass_on, args=(client,), daemon=True).start()

    def pass_on(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as behind:
            behind.connect(self.real)
            while True:
                for ready in select.select([client, behind], [], [])[0]:
                    data = ready.recv(65536)
                    if not data:
                        return
                    if ready is client and b"COMMIT" in data and self.cut:
                        self.after -= 1
                        if self.after < 0:
                            when, self.cut = self.cut, ""
                            if when == "after":
                                behind.sendall(data)
                                assert b"COMMIT" in behind.recv(65536)
                            return
                    (behind if ready is client else client).sendall(data)


def before_a_proxy(folder: Path) -> tuple[House, Proxy]:
    """A house on PostgreSQL, and what stands between."""
    house = new_house(folder)
    proxy = Proxy(house.settings.database)
    return House(Store(proxy.database, house.settings.keys), house.clock, house.settings), proxy


@pytest.mark.parametrize(("when", "recorded"), [("before", False), ("after", True)])
def test_when_the_answer_to_a_commit_is_lost_staff_are_told_to_look(tmp_path: Path, when: str, recorded: bool) -> None:
    with databases.on(databases.POSTGRESQL):
        house, proxy = before_a_proxy(tmp_path)
        number = complain(house)
        proxy.cut = when
        with pytest.raises(Unavailable, match="may have been recorded, or not") as told:
            acting.act(house, number, "answer", LI_NA)
        assert told.value.facts["reason"] == "unsure" and "makegood case show" in told.value.hint
        assert kinds(house, number) == (["opened", "acted"] if recorded else ["opened"]), "looking shows it"
        assert auditing.verify(house).problems == []


@pytest.mark.parametrize("when", ["before", "after"])
def test_sweep_and_delivery_find_out_by_themselves_what_was_recorded(tmp_path: Path, when: str) -> None:
    with databases.on(databases.POSTGRESQL):
        house, proxy = before_a_proxy(tmp_path)
        number = complain(house, email="wang@example.com")
        for after in range(5):      # the claim, the attempt, its end, and what is only read
            proxy.cut, proxy.after = when, after
            try:
                deliver(house)
            except Unavailable as error:
                assert error.facts["reason"] == "unsure" or "cannot be reached" in error.message
            later(house, minutes=6)
        proxy.cut, proxy.after = "", 0
        deliver(house)
        later(house, hours=25)
        proxy.cut = when
        with pytest.raises(Unavailable, match="may have been recorded"):
            sweeping.sweep(house)
        later(house, days=1)
        assert sweeping.sweep(house).failures == []
        assert [kinds(house, number).count(one) for one in ("sent", "breach", "rung")] == [1, 1, 1]
        assert len(list((tmp_path / "outbox" / "email").iterdir())) == 1 and auditing.verify(house).problems == []


def test_a_connection_that_is_lost_before_the_commit_leaves_nothing_and_the_next_one_works(tmp_path: Path) -> None:
    with databases.on(databases.POSTGRESQL):
        house = new_house(tmp_path)
        other = Store(house.settings.database, house.settings.keys)
        with pytest.raises(Unavailable, match="cannot be reached"), house.store.writing() as conn:
            series.next_serial(conn, "x")
            mine = conn.execute(text("SELECT pg_backend_pid()")).scalar()
            with other.writing() as killer:
                killer.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
            time.sleep(0.1)
            series.next_serial(conn, "x")
        with house.store.writing() as conn:
            assert series.next_serial(conn, "x") == 1


def test_what_was_confirmed_survives_the_crash_of_a_server_and_nothing_else(tmp_path: Path) -> None:
    with server(durable=True) as url:
        store = Store(url.format(role="owner", name="postgres"), f"sqlite:///{tmp_path / 'keys.db'}")
        store.create()
        with store.writing() as conn:
            assert series.next_serial(conn, "x") == 1
        with pytest.raises(Unavailable, match="cannot be reached"), store.writing() as conn:
            assert series.next_serial(conn, "x") == 2
            os.kill(conn.execute(text("SELECT pg_backend_pid()")).scalar_one(), signal.SIGKILL)     # the server takes that for a crash
            time.sleep(0.2)
            series.next_serial(conn, "x")
        for _ in range(100):
            try:
                with store.writing() as conn:
                    assert series.next_serial(conn, "x") == 2
                break
            except Unavailable:     # it is still coming up
                time.sleep(0.1)
        else:
            raise AssertionError("it did not come back")


def test_two_transactions_that_wait_for_each_other_are_done_again(tmp_path: Path) -> None:
    with databases.on(databases.POSTGRESQL):
        house = new_house(tmp_path)
        numbers = [complain(house), complain(house)]
        meet, tries = threading.Barrier(2), []

        def both(first: str, second: str) -> None:
            def once() -> None:
                tries.append(first)
                with house.store.writing() as conn:
                    conn.execute(text('SELECT id FROM "case" WHERE number = :n FOR UPDATE'), {"n": first})
                    if len(tries) <= 2:
                        meet.wait(10)
                    conn.execute(text('SELECT id FROM "case" WHERE number = :n FOR UPDATE'), {"n": second})

            patiently(once)

        threads = [threading.Thread(target=both, args=pair) for pair in (numbers, numbers[::-1])]
        for one in threads:
            one.start()
        for one in threads:
            one.join(30)
        assert len(tries) == 3, "one came through at once, the other at its second attempt"
