"""Sweeps, deliveries and staff die by SIGKILL at random moments, against a real mail server, and nothing is lost or doubled.

Short in the suite; `make soak` lets ten times as many die. Processes are forked from one that has everything imported, so that a kill costs
milliseconds and hits work, not imports.
"""

import gc
import mmap
import os
import random
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from engine.deciding.rights import Actor
from engine.defining.bundle import read_bundle
from engine.defining.organisation_file import read_organisation
from engine.ground.calendars import calendar_json
from engine.ground.canonical import canonical
from engine.ground.clock import VirtualClock
from engine.records import library
from engine.records.store import Store
from engine.usecases import acting, auditing, sweeping
from engine.usecases.house import House, Settings
from engine.usecases.opening import open_case
from notifications import apprise, file, hand, smtp  # noqa: F401  imported before anybody is forked
from notifications.delivery import deliver
from tests import databases
from tests.always import ALWAYS
from tests.houses import events_of
from tests.integration.mailserver import mail_server

KILLS = int(os.environ.get("MAKEGOOD_KILLS", "200"))
CASES = max(8, KILLS // 10)
LONGEST = 2.0                                       # seconds that a process may live
AT_ONCE = 3                                         # processes side by side
KINDS = ("sweep", "deliver", "deliver", "act")
WIDE = 16                                           # bytes of a mark
START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
LI_NA = Actor("li.na")
ORGANISATION = """
organisation: acme
people: {li.na: {name: 李娜, roles: [intake], email: li.na@acme.example}}
rights: {apply: li.na}
"""
PROCEDURE = """
procedure: storm
number: "T-{serial:04}"
calendar: always
languages: [en]
fields: {customer: {type: party, required: true}}
roles: {intake: {title: Intake}}
opening: {by: intake}
states:
  registered: {actions: {note: {by: intake, notice: noted}, answer: {by: intake, to: closed}}}
  closed: {final: true}
clocks:
  reply:
    within: 1 hour
    from: opened
    until: closed
    ladder:
      - {at: 50%, notice: soon}
      - {at: due, remind: owner}
      - {at: every 10 minutes after, at_most: 20, notice: late}
notices: {soon: {to: customer, via: [email]}, late: {to: customer, via: [email]}, noted: {to: customer, via: [email]}}
"""
RUNGS = {(0, 1): 1, (1, 1): 1} | {(2, n): 1 for n in range(1, 21)}      # (rung, time that it came round) → how often in history
LASTS = timedelta(hours=5)                          # from the opening to after the last rung
STARTING, IN_TRANSACTION, COMMITTING, IN_CONVERSATION, BETWEEN = b"starting", b"transaction", b"commit", b"mail", b"between"


class Marked(Store):
    """A store that leaves a mark of where its process is, for those who kill it."""

    mark: Callable[[bytes], None]

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with super().writing() as conn:
            self.mark(IN_TRANSACTION)
            yield conn
            self.mark(COMMITTING)
        self.mark(BETWEEN)


@dataclass
class Storm:
    """What was let loose, and what became of it."""

    place: databases.Place
    settings: Settings
    numbers: list[str]
    chance: random.Random
    known: dict[Any, Any]                                       # what a store remembers
    marks: mmap.mmap = field(default_factory=lambda: mmap.mmap(-1, AT_ONCE * WIDE))
    killed: Counter[str] = field(default_factory=Counter)       # by kind of process
    where: Counter[bytes] = field(default_factory=Counter)      # by mark
    life: dict[str, float] = field(default_factory=lambda: dict.fromkeys(KINDS, 0.5))      # seconds at most, so that every other is killed

    def rage(self, kills: int) -> None:
        """Let processes work and kill each at a random moment of its life, until so many were killed."""
        running: dict[int, tuple[int, str, float]] = {}      # slot → process, kind, end
        while self.killed.total() < kills:
            for slot in set(range(AT_ONCE)) - running.keys():
                kind = self.chance.choice(KINDS)
                pid = self.spawn(slot, kind, START + LASTS * (self.killed.total() / kills))
                running[slot] = pid, kind, time.monotonic() + self.chance.uniform(0, self.life[kind])
            slot, (pid, kind, end) = min(running.items(), key=lambda item: item[1][2])
            while (status := os.waitpid(pid, os.WNOHANG)) == (0, 0) and time.monotonic() < end:
                time.sleep(0.002)
            if status == (0, 0):
                os.kill(pid, signal.SIGKILL)
                status = os.waitpid(pid, 0)
            if os.WIFSIGNALED(status[1]):
                self.killed[kind] += 1
                self.where[self.marks[slot * WIDE:(slot + 1) * WIDE].rstrip()] += 1
                self.life[kind] = min(1.03 * self.life[kind], LONGEST)
            else:
                assert status[1] == 0, f"a {kind} went wrong"
                self.life[kind] *= 0.97
            del running[slot]
        for pid, *_ in running.values():
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def spawn(self, slot: int, kind: str, at: datetime) -> int:
        """A process that does one kind of work at that time; its id."""
        seed = self.chance.random()
        self.mark(slot, STARTING)
        pid = os.fork()
        if pid == 0:
            try:
                self.work(slot, kind, at, random.Random(seed))
                os._exit(0)
            except BaseException:  # noqa: BLE001  the one below it knows no end but this
                traceback.print_exc(file=sys.__stderr__)
            finally:
                os._exit(1)
        return pid

    def mark(self, slot: int, where: bytes) -> None:
        """Note where a process is."""
        self.marks[slot * WIDE:(slot + 1) * WIDE] = where.ljust(WIDE)

    def work(self, slot: int, kind: str, at: datetime, chance: random.Random) -> None:
        """What a process does."""
        mark = partial(self.mark, slot)
        send = smtp.SmtpChannel.send

        def marked(channel, sending, now):  # type: ignore[no-untyped-def]
            mark(IN_CONVERSATION)
            return send(channel, sending, now)

        smtp.SmtpChannel.send = marked      # type: ignore[method-assign]
        store = Marked(self.place.database, self.place.keys)
        store.mark = mark
        store.cache |= self.known
        house = House(store, VirtualClock(at), self.settings)
        if kind == "sweep":
            sweeping.sweep(house, batch=4)
        elif kind == "deliver":
            deliver(house, limit=8)
        else:
            for number in chance.sample(self.numbers, 3):
                acting.act(house, number, "note", LI_NA)


def founded(place: databases.Place, folder: Path, port: int) -> House:
    """A house with open cases, and a mail server to write to."""
    channel = {"kind": "smtp", "host": "127.0.0.1", "port": port, "security": "none", "from": "service@acme.example", "timeout": 20}
    house = House(place.store(), VirtualClock(START), Settings(folder=folder, channels={"email": channel}))
    (folder / "organisation.yaml").write_text(ORGANISATION, encoding="utf-8")
    (folder / "storm" / "notices").mkdir(parents=True)
    (folder / "storm" / "procedure.yaml").write_text(PROCEDURE, encoding="utf-8")
    for name in ("soon", "late", "noted"):
        (folder / "storm" / "notices" / f"{name}.en.j2").write_text(f"Subject: {name} {{{{ number }}}}\n\nDear customer.\n")
    _, _, people = read_organisation(folder / "organisation.yaml")
    bundle, problems = read_bundle(folder / "storm")
    assert bundle is not None, problems
    with house.store.writing() as conn:
        library.publish_calendar(conn, "always", canonical(calendar_json(ALWAYS)), LI_NA, START)
        library.apply_organisation(conn, canonical(people), LI_NA, START)
        library.publish_definition(conn, bundle.name, bundle.text, "{}", bundle.hash, LI_NA, START)
    for n in range(CASES):
        open_case(house, "storm", LI_NA, {"customer": {"name": "Wang", "email": f"c{n}@customer.example"}})
    return house


def calm(house: House, clock: VirtualClock) -> None:
    """What is left is done by one sweep and one delivery after another, when the leases of the dead are over and what was put off since it
    seemed to kill has its turn."""
    clock.move_to(START + LASTS)
    for _ in range(2):
        clock.move_to(clock.now() + sweeping.PUT_OFF[-1])
        assert sweeping.sweep(house).failures == []
        assert deliver(house).failures == []
    assert (sweeping.sweep(house).cases, deliver(house).remaining) == (0, 0)


@pytest.mark.parametrize("kind", [databases.SQLITE, databases.POSTGRESQL])
def test_whatever_dies_whenever_every_rung_is_there_once_and_every_notice_arrives(tmp_path: Path, kind: str) -> None:
    with databases.on(kind), mail_server(tmp_path / "mail") as port:
        place = databases.place(tmp_path)
        house = founded(place, tmp_path, port)
        clock = house.clock
        assert isinstance(clock, VirtualClock)
        with house.store.reading() as conn:
            numbers = list(conn.execute(text('SELECT number FROM "case" ORDER BY id')).scalars())
        acting.act(house, numbers[0], "note", LI_NA)        # once each, so that all that is imported or read late is there before the forks
        assert (deliver(house).sent, sweeping.sweep(house).cases) == (1, 0)
        storm = Storm(place, house.settings, numbers, random.Random(KILLS), dict(house.store.cache))
        house.store.close()
        gc.freeze()
        storm.rage(KILLS)
        gc.unfreeze()
        calm(house, clock)
        _nothing_lost_nothing_doubled(house, storm, received(tmp_path / "mail"))


def received(folder: Path) -> list[Message]:
    """What the mail server took."""
    return [message_from_bytes(path.read_bytes()) for path in folder.glob("*.eml")]


def _nothing_lost_nothing_doubled(house: House, storm: Storm, mails: list[Message]) -> None:
    assert storm.killed.total() == KILLS and min(storm.killed[kind] for kind in ("sweep", "deliver", "act")) >= KILLS / 20
    assert storm.where[IN_TRANSACTION] + storm.where[COMMITTING] >= KILLS / 5 and storm.where[IN_CONVERSATION] >= KILLS / 20, storm.where
    assert auditing.verify(house).problems == []
    with house.store.reading() as conn:
        notices = conn.execute(text("SELECT id, case_id, name, person, status, message_id FROM notice")).all()
        ids = {row.number: row.id for row in conn.execute(text('SELECT number, id FROM "case"'))}
    assert {notice.status for notice in notices} == {"sent"}
    told: Counter[int] = Counter()
    for number in storm.numbers:
        events = events_of(house, number)
        rungs = Counter((event.data["rung"], event.data["n"]) for event in events if event.kind == "rung")
        assert rungs == RUNGS and [event.kind for event in events].count("breach") == 1, number
        noted = [event.kind for event in events].count("acted")
        written = Counter(notice.name for notice in notices if notice.case_id == ids[number])
        assert (written["soon"], written["late"], written["noted"], written.total()) == (1, 20, noted, 22 + noted), number
        told.update(event.data["notice"] for event in events if event.kind == "sent")
    assert told == Counter(notice.id for notice in notices if notice.person is None), "each once, and each"
    by_id: dict[str, set[bytes]] = {}
    for mail in mails:
        by_id.setdefault(mail["Message-ID"].strip("<>"), set()).add(f"{mail['To']} {mail['Subject']} {mail.get_payload()}".encode())
    assert by_id.keys() == {notice.message_id for notice in notices}, "nothing lost, and nothing that nobody wrote"
    assert all(len(said) == 1 for said in by_id.values()), "a repeat says the same"
    repeats = len(mails) - len(by_id)
    assert repeats <= storm.killed["deliver"] + AT_ONCE
    print(f"{storm.killed} {storm.where} notices {len(notices)} repeats {repeats} life {storm.life}", file=sys.__stderr__)
