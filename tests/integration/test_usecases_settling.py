"""Rule 10: whatever fell due is carried out first, in order, dated when it was due; the sweep is that and nothing else."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from engine.ground.clock import VirtualClock
from engine.ground.errors import Invalid
from engine.records import cases
from engine.usecases import acting, auditing, sweeping
from engine.usecases.house import House
from tests.houses import as_, events_of, state_of
from tests.small import (
    DONE,
    HEAD,
    OFFICE,
    ROLES,
    START,
    described,
    do,
    empty_house,
    kinds,
    messages,
    opened,
    put_in_force,
    sent,
    small_house,
)

SIMPLE = (
    HEAD
    + ROLES
    + """
fields: {customer: {type: party}, loops: {type: yes_no}, bad: {type: number}}
opening: {by: [desk, customer]}
states:
  received:
    actions:
      answer: {by: desk, to: done}
      note_it: {by: desk}
"""
    + DONE
    + """
clocks:
  reply:
    within: 8 hours
    from: opened
    until: answer
    ladder:
      - {at: 50%, remind: owner}
      - {at: due, escalate: superior of owner}
      - {at: 1 hour after, remind: [owner, lab], notice: apology}
      - {at: every 2 hours after, at_most: 3, remind: owner, notice: apology}
notices:
  apology: {to: customer, via: [email]}
"""
)
Opened = tuple[House, VirtualClock, str]
HOUR = timedelta(hours=1)
TEXTS = {"apology.en": "{{ number }} is late by {{ overdue }}"}


@pytest.fixture
def case() -> Opened:
    house, clock = small_house(SIMPLE, TEXTS)
    return house, clock, opened(house, customer={"name": "Rose", "email": "rose@customer.example"})


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def test_a_late_answer_records_the_breach_first_and_dates_it_when_it_was_due(case: Opened) -> None:
    house, clock, number = case
    clock.move_to(at(8.5))
    outcome = acting.act(house, number, "answer", as_("ann"))
    assert [described(event) for event in outcome.settled] == ["rung reply 50%", "breach reply", "rung reply due"]
    assert [described(event) for event in outcome.events] == ["acted answer"]
    breach = outcome.settled[1]
    assert (breach.occurred_at, breach.recorded_at, breach.actor) == (at(8), at(8.5), "system")
    assert state_of(house, number).clocks["reply"].breached_at == at(8)


def test_what_is_done_exactly_at_the_due_instant_is_in_time(case: Opened) -> None:
    house, clock, number = case
    clock.move_to(at(8))
    assert "breach reply" not in kinds(house, number)
    do(house, number, "answer")
    assert kinds(house, number) == ["opened", "rung reply 50%", "acted answer"]
    assert state_of(house, number).clocks["reply"].breached_at is None


def test_a_microsecond_later_is_late(case: Opened) -> None:
    house, clock, number = case
    clock.move_to(at(8) + timedelta(microseconds=1))
    do(house, number, "answer")
    assert "breach reply" in kinds(house, number)


def test_a_sweep_at_the_due_instant_breaches_nothing_yet(case: Opened) -> None:
    house, clock, number = case
    clock.move_to(at(8))
    assert sweeping.sweep(house).events == 1  # the reminder at 50%
    assert state_of(house, number).clocks["reply"].breached_at is None


def test_after_an_outage_every_rung_comes_once_in_order_with_both_times(case: Opened) -> None:
    house, clock, number = case
    clock.move_to(at(24 * 3))
    swept = sweeping.sweep(house)
    events = events_of(house, number)[1:]
    assert [(described(event), event.occurred_at) for event in events] == [
        ("rung reply 50%", at(4)),
        ("breach reply", at(8)),
        ("rung reply due", at(8)),
        ("rung reply 1 hour after", at(9)),
        ("rung reply every 2 hours after", at(10)),
        ("rung reply every 2 hours after", at(12)),
        ("rung reply every 2 hours after", at(14)),
    ]
    assert {event.recorded_at for event in events} == {at(72)}
    assert (swept.cases, swept.events, swept.failures, swept.late_by) == (1, 7, [], timedelta(hours=68))
    assert sweeping.sweep(house).cases == 0 and len(events_of(house, number)) == 8


def test_after_an_outage_reminders_to_one_person_are_one_message_and_notices_to_customers_are_not_merged(case: Opened) -> None:
    house, clock, number = case
    clock.move_to(at(24 * 3))
    sweeping.sweep(house)
    written = sent(house, number)
    assert written.count(("reminder", "ann")) == 1 and written.count(("reminder", "bob")) == 1
    assert written.count(("apology", "customer")) == 4
    late = [row.text for row in messages(house, number) if row.name == "apology"]
    assert len(set(late)) == 4, "each says how late it was when it fell due"
    reminder = next(row for row in messages(house, number) if row.person == "ann" and row.name == "reminder")
    assert reminder.text.count("reply") == 5, "the one message names every reminder that it stands for"


def test_sweeping_often_or_once_gives_the_same_history() -> None:
    often, once = small_house(SIMPLE, TEXTS), small_house(SIMPLE, TEXTS)
    numbers = [opened(house) for house, _ in (often, once)]
    for minute in range(0, 24 * 60, 7):
        often[1].move_to(START + timedelta(minutes=minute))
        sweeping.sweep(often[0])
    once[1].move_to(at(24))
    sweeping.sweep(once[0])
    left, right = (
        [(described(e), e.occurred_at) for e in events_of(house, number)] for (house, _), number in zip((often, once), numbers, strict=True)
    )
    assert left == right


POISON = SIMPLE.replace("{at: 50%, remind: owner}", "{at: 50%, set: {bad: 1 / bad}}")


def test_a_case_that_cannot_be_settled_is_put_off_with_its_error_and_the_rest_goes_on() -> None:
    house, clock = small_house(POISON, TEXTS)
    poisoned, sound = opened(house, bad="0"), opened(house, bad="2")
    clock.move_to(at(4))
    swept = sweeping.sweep(house)
    assert (swept.cases, [number for number, _ in swept.failures]) == (1, [poisoned])
    assert kinds(house, sound) == ["opened", "rung reply 50%"] and kinds(house, poisoned) == ["opened"]
    with house.store.reading() as conn:
        row = conn.execute(text("select attempts, error, due_at from timer where case_id = 1")).one()
        assert row[0] == 1 and "1 / bad" in row[1] and cases.count_due(conn, at(4)) == 0


def test_the_wait_of_a_case_that_keeps_failing_grows_and_a_cure_ends_it() -> None:
    house, clock = small_house(POISON, TEXTS)
    number = opened(house, bad="0")
    waits, now = [], at(4)
    for _ in range(7):
        clock.move_to(now)
        assert len(sweeping.sweep(house).failures) == 1
        with house.store.reading() as conn:
            fire = cases.next_fire(conn)
        assert fire is not None
        waits.append(fire - now)
        now = fire
    assert waits == sorted(waits) and waits[0] == timedelta(minutes=1) and waits[-1] == timedelta(hours=12)
    with house.store.writing() as conn:  # the cure
        conn.execute(text('update "case" set body = replace(body, \'"bad":"0"\', \'"bad":"4"\')'))
    clock.move_to(now)
    assert sweeping.sweep(house).failures == []
    assert "breach reply" in kinds(house, number)


def test_an_unreadable_case_body_holds_up_no_sweep(case: Opened) -> None:
    house, clock, number = case
    other = opened(house)
    with house.store.writing() as conn:
        conn.execute(text("update \"case\" set body = '{' where number = :n"), {"n": number})
    clock.move_to(at(5))
    swept = sweeping.sweep(house)
    assert [failed for failed, _ in swept.failures] == [number] and swept.cases == 1
    assert "rung reply 50%" in kinds(house, other)
    assert sweeping.sweep(house).failures == [], "put off, not tried again at once"


def test_a_case_put_off_is_still_settled_first_when_somebody_acts_on_it() -> None:
    house, clock = small_house(POISON, TEXTS)
    number = opened(house, bad="0")
    clock.move_to(at(4))
    sweeping.sweep(house)
    with pytest.raises(Invalid, match="1 / bad"):
        do(house, number, "answer")
    assert kinds(house, number) == ["opened"]


def test_a_sweep_with_a_limit_takes_the_longest_waiting_and_says_how_many_remain() -> None:
    house, clock = small_house(SIMPLE, TEXTS)
    numbers = []
    for minute in range(5):
        clock.move_to(START + timedelta(minutes=minute))
        numbers.append(opened(house))
    clock.move_to(at(5))
    first = sweeping.sweep(house, limit=2)
    assert (first.cases, first.remaining) == (2, 3)
    assert [number for number in numbers if len(kinds(house, number)) > 1] == numbers[:2]
    second = sweeping.sweep(house, limit=100)
    assert (second.cases, second.remaining) == (3, 0)


def test_the_size_of_batches_changes_nothing_but_their_number() -> None:
    house, clock = small_house(SIMPLE, TEXTS)
    for _ in range(5):
        opened(house)
    clock.move_to(at(5))
    steps: list[int] = []
    swept = sweeping.sweep(house, batch=2, progress=steps.append)
    assert (swept.cases, steps) == (5, [2, 2, 1])


def test_late_by_is_the_oldest_due_time_taken_up_whatever_was_put_off() -> None:
    house, clock = small_house(POISON, TEXTS)
    opened(house, bad="0")
    clock.move_to(at(4))
    sweeping.sweep(house)
    clock.move_to(at(2))
    opened(house, bad="1")
    clock.move_to(at(6))
    assert sweeping.sweep(house).late_by == 2 * HOUR


def test_recorded_time_never_decreases_when_the_clock_is_set_back(case: Opened) -> None:
    house, clock, number = case
    clock.move_to(at(3))
    do(house, number, "note_it")
    clock.move_to(at(1))
    do(house, number, "note_it")
    events = events_of(house, number)
    assert [event.occurred_at for event in events] == [at(0), at(3), at(1)]
    assert [event.recorded_at for event in events] == [at(0), at(3), at(3)]
    assert auditing.verify(house).problems == []


def test_two_clocks_due_at_one_instant_both_breach_before_their_rungs() -> None:
    second = SIMPLE.replace(
        "clocks:\n", "clocks:\n  other: {within: 8 hours, from: opened, until: answer, ladder: {at: due, remind: owner}}\n"
    )
    house, clock = small_house(second, TEXTS)
    number = opened(house)
    clock.move_to(at(8) + timedelta(seconds=1))
    sweeping.sweep(house)
    assert kinds(house, number)[2:] == ["breach other", "breach reply", "rung other due", "rung reply due"]


def test_of_rungs_passed_before_a_case_was_opened_the_last_tells_and_those_that_change_the_case_are_carried_out() -> None:
    procedure = SIMPLE
    for old, new in (
        ("loops: {type: yes_no}", "sent: {type: date}"), ("from: opened", "from: sent"), ("within: 8 hours", "within: 10 days"),
        ("      note_it:", "      fall_back: {by: system, to: late}\n      note_it:"),
        ("  done:", "  late: {actions: {answer: {by: desk, to: done}}}\n  done:"), ("1 hour after", "2 days after"), ("2 hours", "2 days"),
        ("escalate: superior of owner}", "escalate: superior of owner, act: fall_back}\n      - {at: 1 day after, set: {bad: 7}}"),
    ):
        procedure = procedure.replace(old, new)
    house, clock = small_house(procedure, TEXTS)
    number = opened(house, sent="2026-02-01", customer={"name": "Rose", "email": "rose@customer.example"})
    clock.move_to(at(0.1))
    sweeping.sweep(house)
    assert kinds(house, number) == [
        "opened", "breach reply", "rung reply due", "acted fall_back", "rung reply 1 day after", "rung reply every 2 days after",
    ]
    case = state_of(house, number)
    assert (case.state, case.fields["bad"]) == ("late", "7") and auditing.verify(house).problems == []


@pytest.mark.parametrize("second", ["+02:00", "+01:00"])     # 02:30 came twice in Amsterdam on 31 October 2027
def test_a_clock_from_a_moment_in_the_hour_that_comes_twice_is_computed_once(second: str) -> None:
    house, clock = empty_house()
    procedure = SIMPLE.replace("bad: {type: number}", "came: {type: moment}").replace("from: opened", "from: came")
    put_in_force(house, procedure, TEXTS, OFFICE.replace("timezone: UTC", "timezone: Europe/Amsterdam"))
    clock.move_to(datetime.fromisoformat("2027-10-31T03:00+01:00"))
    number = opened(house, came=f"2027-10-31T02:30{second}")
    clock.move_to(datetime.fromisoformat("2027-10-31T15:00+01:00"))
    sweeping.sweep(house)
    assert kinds(house, number) == [
        "opened", "rung reply 50%", "breach reply", "rung reply due", "rung reply 1 hour after", "rung reply every 2 hours after",
        "rung reply every 2 hours after",
    ]
    assert {run.round for run in state_of(house, number).clocks.values()} == {1}


def test_system_actions_that_follow_each_other_without_end_are_refused_and_put_off() -> None:
    looping = SIMPLE.replace("      note_it:", "      again: {by: system, when: loops}\n      note_it:")
    house, _ = small_house(looping, TEXTS)
    with pytest.raises(Invalid, match="without end"):
        opened(house, loops="yes")
    number = opened(house)
    with pytest.raises(Invalid, match="without end"):
        do(house, number, "note_it", loops="yes")
    assert kinds(house, number) == ["opened"]


def test_acts_that_call_each_other_without_end_are_refused() -> None:
    looping = SIMPLE.replace(
        "note_it: {by: desk}",
        "note_it: {by: desk, to: spinning}\n  spinning:\n    entry: {act: turn}\n    actions:\n      turn: {by: desk, to: spinning}",
    )
    house, _ = small_house(looping, TEXTS)
    number = opened(house)
    with pytest.raises(Invalid, match="without end"):
        do(house, number, "note_it")
    assert kinds(house, number) == ["opened"]


def test_one_case_with_very_much_due_lets_the_others_have_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "AT_A_TIME", 60)
    busy = SIMPLE.replace(
        "{at: every 2 hours after, at_most: 3, remind: owner, notice: apology}", "{at: every 1 minutes after, remind: owner}"
    )
    house, clock = small_house(busy, TEXTS)
    first, second = opened(house), opened(house)
    clock.move_to(at(12))
    turns: list[tuple[int, int]] = []
    swept = sweeping.sweep(house, progress=lambda _: turns.append((len(events_of(house, first)), len(events_of(house, second)))))
    assert turns[:2] == [(61, 61), (121, 121)] and turns[-1] == (244, 244), "it catches up in one sweep, yet in turns"
    assert swept.events == 2 * 243 and sweeping.sweep(house).cases == 0
    assert all(e.recorded_at == at(12) for e in events_of(house, first)[1:])
