"""Notices leave the outbox once, each step recorded, whatever fails on the way."""

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from posting import (
    LI_NA,
    NOW,
    complain,
    later,
    new_house,
    put,
    set_party,
    with_channels,
)
from sqlalchemy import select, update

from engine.deciding.rights import THE_SYSTEM, Actor
from engine.ground.clock import SystemClock, VirtualClock
from engine.ground.errors import Conflict, Denied, Invalid, NotAllowed, NotFound
from engine.records import history, outbox
from engine.usecases import delivering
from engine.usecases.house import House
from engine.usecases.notices import confirm, list_notices, retry, show_notice
from engine.usecases.outgoing import Failed, Receipt, Sending, Settled
from notifications.delivery import deliver

FILES = {"email": {"kind": "file"}, "letter": {"kind": "hand"}, "sms": {"kind": "file"}}


def events(house: House, number: str) -> list[tuple[str, dict[str, object]]]:
    with house.store.reading() as conn:
        return [(event.kind, dict(event.data)) for event in history.read(conn, f"case/{number}")]


def inbox(house: House) -> list[tuple[str, str, str | None, str | None]]:
    with house.store.reading() as conn:
        table = outbox.WORK_ITEM
        rows = conn.execute(select(table.c.kind, table.c.name, table.c.role, table.c.person).where(table.c.kind == "notice"))
        return [tuple(row) for row in rows]


def test_a_notice_is_sent_once_and_its_case_knows(tmp_path: Path) -> None:
    house = new_house(tmp_path)
    number = complain(house, email="wang@example.com")
    later(house, minutes=1)
    done = deliver(house)
    assert (done.sent, done.failed, done.remaining) == (1, 0, 0)
    [file] = (tmp_path / "outbox" / "email").glob("*.eml")
    assert f"We have your complaint {number}" in file.read_text()
    [line] = list_notices(house, case=number, actor=THE_SYSTEM)
    assert (line.status, line.channel, line.sent_at, line.attempts) == ("sent", "email", NOW + timedelta(minutes=1), 1)
    assert events(house, number)[-1][0] == "sent"
    assert deliver(house).sent == 0


def test_sending_a_notice_stops_the_clock_that_waits_for_it(tmp_path: Path) -> None:
    house = new_house(tmp_path)
    number = complain(house, email="wang@example.com")
    later(house, minutes=1)
    deliver(house)
    [data] = [data for kind, data in events(house, number) if kind == "sent"]
    assert data["clocks"]["first_word"]["status"] == "met"  # type: ignore[index]


def test_the_address_is_looked_up_when_the_notice_leaves(tmp_path: Path) -> None:
    house = new_house(tmp_path)
    complain(house, email="old@example.com")
    set_party(house, email="new@example.com")
    deliver(house)
    [file] = (tmp_path / "outbox" / "email").glob("*.eml")
    assert "To: new@example.com" in file.read_text()


def test_without_an_address_the_next_channel_is_taken(tmp_path: Path) -> None:
    house = with_channels(new_house(tmp_path), **FILES)
    [notice] = put(house, via=("email", "sms"), email="")
    assert deliver(house).sent == 1
    sheet = show_notice(house, notice, THE_SYSTEM)
    assert sheet.line.channel == "sms"
    assert [(attempt.channel, attempt.outcome) for attempt in sheet.tried] == [("email", "refused"), ("sms", "accepted")]


def test_a_channel_that_is_not_set_up_is_passed_over_and_the_dead_letter_says_so(tmp_path: Path) -> None:
    house = with_channels(new_house(tmp_path), email={"kind": "file"})
    [notice] = put(house, via=("pigeon", "email"), email="")
    done = deliver(house)
    assert (done.dead, done.failures[0][0]) == (1, notice)
    line = show_notice(house, notice, THE_SYSTEM).line
    assert line.status == "dead"
    assert line.error == "pigeon: channel pigeon is not set up in makegood.toml; email: no mail address of the recipient is known"


def test_a_mandatory_notice_that_reaches_nobody_becomes_work_for_the_owner_until_confirmed(tmp_path: Path) -> None:
    house = new_house(tmp_path)
    number = complain(house)
    assert deliver(house).by_hand == 1
    assert inbox(house) == [("notice", "receipt", None, "li.na")]
    [line] = list_notices(house, status="by_hand", actor=THE_SYSTEM)
    confirmed = confirm(house, line.id, LI_NA)
    assert (confirmed.status, confirmed.channel) == ("sent", "hand")
    assert inbox(house) == []
    kind, data = events(house, number)[-1]
    assert (kind, data["sent"], data["by_hand"]) == ("sent", "receipt", True)
    with pytest.raises(NotAllowed, match="nothing left to do"):
        confirm(house, line.id, LI_NA)


def test_a_channel_by_hand_becomes_work_at_once(tmp_path: Path) -> None:
    house = with_channels(new_house(tmp_path), **FILES)
    complain(house, address="1 Zhongshan Road")
    assert deliver(house).by_hand == 1
    assert inbox(house) == [("notice", "receipt", None, "li.na")]
    [line] = list_notices(house, actor=THE_SYSTEM)
    assert confirm(house, line.id, LI_NA).channel == "letter"


def test_a_notice_to_somebody_erased_or_gone_is_cancelled_and_recorded(tmp_path: Path) -> None:
    house = new_house(tmp_path)
    number = complain(house, email="wang@example.com")
    with house.store.writing() as conn:
        conn.execute(update(outbox.NOTICE).values(party_id=None))
    put(house, person="zhao.lei", party_id=None)
    done = deliver(house)
    assert (done.sent, done.cancelled) == (0, 2)
    assert [(line.status, line.error) for line in list_notices(house, actor=THE_SYSTEM)] == [
        ("cancelled", "zhao.lei no longer works here"), ("cancelled", "the recipient's data have been erased"),
    ]
    kind, data = events(house, number)[-1]
    assert (kind, data["became"]) == ("unsent", "cancelled")


def failing(house: House, error: str = "no", permanent: bool = False) -> Settled:
    [notice] = delivering.claim(house, 1)
    sending = delivering.begin(house, notice)
    assert isinstance(sending, Sending)
    return delivering.finish(house, sending, Failed(error, permanent))


def test_passing_failures_are_tried_again_after_growing_pauses_and_eight_times_at_most(tmp_path: Path) -> None:
    house = new_house(tmp_path)
    put(house)
    waits = []
    for _ in range(7):
        assert failing(house).status == "waiting"
        [line] = list_notices(house, actor=THE_SYSTEM)
        assert line.fire_at is not None
        waits.append((line.fire_at - house.clock.now()) // timedelta(minutes=1))
        assert delivering.claim(house, 1) == []
        later(house, minutes=waits[-1])
    assert waits == [1, 5, 15, 60, 240, 240, 240]
    assert failing(house, "still no").status == "dead"
    [line] = list_notices(house, actor=THE_SYSTEM)
    assert (line.error, line.attempts) == ("email: still no", 8)


def test_a_permanent_failure_goes_to_the_next_channel_at_once(tmp_path: Path) -> None:
    house = with_channels(new_house(tmp_path), **FILES)
    put(house, via=("email", "sms"))
    assert failing(house, permanent=True).status == "waiting"
    assert deliver(house).sent == 1
    assert list_notices(house, actor=THE_SYSTEM)[0].channel == "sms"


def test_a_dead_letter_can_be_retried_on_all_its_channels(tmp_path: Path) -> None:
    house = new_house(tmp_path, '[channels.sms]\nkind = "file"\n')
    number = complain(house)
    with house.store.writing() as conn:
        conn.execute(update(outbox.NOTICE).values(mandatory=False))
    assert deliver(house).dead == 1
    set_party(house, email="wang@example.com")
    mended = with_channels(house, **FILES)
    [line] = list_notices(mended, status="dead", actor=THE_SYSTEM)
    assert retry(mended, line.id, LI_NA).via == ("email", "letter")
    assert events(house, number)[-1][0] == "retried"
    assert deliver(mended).sent == 1
    with pytest.raises(NotAllowed):
        retry(mended, line.id, LI_NA)


def test_who_takes_no_part_may_neither_retry_nor_confirm_and_unknown_notices_are_named(tmp_path: Path) -> None:
    house = new_house(tmp_path)
    complain(house)
    deliver(house)
    [line] = list_notices(house, actor=THE_SYSTEM)
    with pytest.raises(Invalid, match="nobody"):
        retry(house, line.id, Actor("somebody"))
    with pytest.raises((Denied, Invalid)):
        confirm(house, line.id, Actor("somebody"))
    with pytest.raises(NotFound, match="no notice 99"):
        show_notice(house, 99, THE_SYSTEM)
    with pytest.raises(Invalid, match="not a status"):
        list_notices(house, status="lost", actor=THE_SYSTEM)
    assert show_notice(house, line.id, THE_SYSTEM).line.status == "by_hand"


def test_two_deliveries_never_get_the_same_notice_and_the_slower_one_notices(tmp_path: Path) -> None:
    house = new_house(tmp_path)
    put(house)
    [mine] = delivering.claim(house, 5)
    assert delivering.claim(house, 5) == []
    later(house, minutes=6)                     # my lease is over
    [theirs] = delivering.claim(house, 5)
    assert delivering.begin(house, mine) == Settled(None)
    sending = delivering.begin(house, theirs)
    assert isinstance(sending, Sending)
    later(house, minutes=6)                     # theirs too: a third takes over and is done first
    [third] = delivering.claim(house, 5)
    again = delivering.begin(house, third)
    assert isinstance(again, Sending)
    assert delivering.finish(house, again, Receipt.ACCEPTED).status == "sent"
    assert delivering.finish(house, sending, Failed("late", permanent=True)) == Settled(None)
    assert list_notices(house, actor=THE_SYSTEM)[0].status == "sent"


def test_a_notice_under_way_cannot_be_retried(tmp_path: Path) -> None:
    house = new_house(tmp_path)
    put(house)
    [notice] = delivering.claim(house, 1)
    delivering.begin(house, notice)
    with pytest.raises(Conflict, match="being sent"):
        retry(house, notice.id, LI_NA)


def test_what_was_sent_is_never_sent_again_even_if_its_case_cannot_be_changed_then(tmp_path: Path) -> None:
    house = new_house(tmp_path)
    number = complain(house, email="wang@example.com")
    with house.store.writing() as conn:
        body = conn.execute(select(outbox.CASE.c.body)).scalar_one()
        conn.execute(update(outbox.CASE).values(body="{}"))
    done = deliver(house)
    assert (done.sent, done.failed) == (0, 1)
    assert done.failures[0][1] == number
    with house.store.writing() as conn:
        conn.execute(update(outbox.CASE).values(body=body))
    [file] = (tmp_path / "outbox" / "email").glob("*.eml")
    file.unlink()
    later(house, minutes=20)
    assert deliver(house).sent == 1
    assert not file.exists()
    [line] = list_notices(house, actor=THE_SYSTEM)
    assert (line.status, line.attempts, line.sent_at) == ("sent", 1, NOW)
    assert events(house, number)[-1][0] == "sent"


def test_one_message_that_cannot_be_sent_does_not_hold_up_the_others(tmp_path: Path) -> None:
    house = new_house(tmp_path)
    put(house, subject="Hello\nBcc: all@example.com")
    put(house, 3)
    done = deliver(house)
    assert (done.sent, done.dead) == (3, 1)
    assert "line break" in done.failures[0][2]


def test_a_limit_is_kept_and_the_rest_is_counted(tmp_path: Path) -> None:
    house = new_house(tmp_path)
    put(house, 7)
    told: list[tuple[int, int]] = []
    done = deliver(house, limit=5, progress=lambda handled, left: told.append((handled, left)))
    assert (done.sent, done.remaining) == (5, 2)
    assert told == [(5, 2)]


KILLED = """
import os, signal, sys
from pathlib import Path
from engine.usecases.house import open_house
from notifications import delivery, file
sent = file.FileChannel.send
def send(self, sending, now):
    sent(self, sending, now)
    os.kill(os.getpid(), signal.SIGKILL)        # handed over, but nobody was told
file.FileChannel.send = send
delivery.deliver(open_house(Path(sys.argv[1])))
"""


def test_a_delivery_killed_after_sending_repeats_one_message_with_the_same_message_id_once_the_lease_is_over(tmp_path: Path) -> None:
    house = new_house(tmp_path)
    notices = put(house, 3)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=Path(__file__).parents[2], check=False)
    assert killed.returncode == -signal.SIGKILL
    files = list((tmp_path / "outbox" / "email").glob("*.eml"))
    assert len(files) == 1
    first = files[0].stat().st_mtime_ns
    real = House(house.store, SystemClock(), house.settings)
    assert deliver(real).sent == 0              # all three are still leased to the dead one
    with house.store.writing() as conn:
        until = conn.execute(select(outbox.NOTICE.c.fire_at).order_by(outbox.NOTICE.c.fire_at.desc())).scalars().first()
    assert until is not None
    assert deliver(House(house.store, VirtualClock(until), house.settings)).sent == 3
    assert len(list((tmp_path / "outbox" / "email").glob("*.eml"))) == 3    # the repeated one replaced itself
    assert files[0].stat().st_mtime_ns > first
    tried = [[(a.n, a.outcome) for a in show_notice(house, notice, THE_SYSTEM).tried] for notice in notices]
    assert sorted(tried, key=len, reverse=True) == [[(1, None), (2, "accepted")], [(1, "accepted")], [(1, "accepted")]]


WORKER = """
import sys
from pathlib import Path
from engine.usecases.house import open_house
from notifications.delivery import deliver
print(deliver(open_house(Path(sys.argv[1]))).sent)
"""


def test_several_processes_deliver_every_notice_exactly_once(tmp_path: Path) -> None:
    house = new_house(tmp_path)
    put(house, 120)
    running = [
        subprocess.Popen([sys.executable, "-c", WORKER, str(tmp_path)], cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    sent = [int(process.communicate(timeout=60)[0]) for process in running]
    assert sum(sent) == 120
    assert {line.attempts for line in list_notices(house, limit=200, actor=THE_SYSTEM)} == {1}
