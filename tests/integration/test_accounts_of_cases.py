"""Time accounts (clocks rule 18): every second of a case is booked once, whatever happens to it."""

import random
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from engine.deciding.accounts import accounts
from engine.deciding.rights import THE_SYSTEM, Actor
from engine.ground.errors import MakegoodError, NotFound
from engine.records import library
from engine.usecases import acting, amending, postponing, publishing, sweeping
from engine.usecases.accounting import Booked, case_accounts, report
from engine.usecases.house import House
from tests.houses import DEFINITIONS, MONDAY, as_, events_of, memory_house, open_one, state_of
from tests.integration.test_rebuilding import _step

ZERO = timedelta()
HOUR = timedelta(hours=1)


def lived(seed: int) -> tuple[House, list[str]]:
    """A house in which anything happened to two cases, one of them without an owner."""
    house, clock = memory_house()
    chance = random.Random(seed)
    numbers = [open_one(house), open_one(house, by="customer", channel="web")]
    for _ in range(60):
        clock.move_to(clock.now() + timedelta(seconds=chance.choice([1, 61, 420, 5400, 36_001, 180_000])))
        try:
            if chance.random() < 0.2:
                sweeping.sweep(house)
            else:
                _step(house, chance.choice(numbers), chance)
        except MakegoodError:
            continue
    return house, numbers


def parts(booked: Booked) -> list[timedelta]:
    return [booked.waiting_for_customer, booked.paused, booked.outside_hours, booked.unknown, *(one.time for one in booked.worked)]


@pytest.mark.parametrize("seed", range(10))
def test_every_second_is_booked_once(seed: int) -> None:
    house, numbers = lived(seed)
    now = house.clock.now()
    total: Counter[str] = Counter()
    for number in numbers:
        found = case_accounts(house, number, THE_SYSTEM)
        booked = found.accounts
        assert sum(parts(booked), ZERO) == booked.elapsed and all(part >= ZERO and not part.microseconds for part in parts(booked))
        reopened = any(event.data.get("act") == "reopen" for event in events_of(house, number))
        if not reopened:
            assert booked.elapsed == (found.closed_at or now).replace(microsecond=0) - found.opened_at.replace(microsecond=0)
        total.update({one.role or "": int(one.time.total_seconds()) for one in booked.worked})
        total["elapsed"] += int(booked.elapsed.total_seconds())
    (summed,) = report(house, actor=THE_SYSTEM).definitions
    assert summed.cases == 2 and summed.accounts.elapsed.total_seconds() == total.pop("elapsed")
    assert {one.role or "": one.time.total_seconds() for one in summed.accounts.worked} == {k: v for k, v in total.items() if v}


@pytest.mark.parametrize("seed", range(3))
def test_accounts_only_grow_with_time(seed: int) -> None:
    house, numbers = lived(seed)
    case = state_of(house, numbers[0])
    with house.store.reading() as conn:
        definition = library.definition(house.store, conn, case.version_id)
        calendar = library.calendar(house.store, conn, definition.calendar)
        organisations = library.organisations(conn)
    events, before = events_of(house, numbers[0]), None
    last = events[-1].recorded_at
    for minutes in (0, 1, 600, 6000):
        booked = accounts(lambda _: definition, events, organisations, calendar, last + timedelta(minutes=minutes))
        assert booked.booked == booked.elapsed
        if before is not None:
            assert booked.elapsed >= before.elapsed and booked.outside >= before.outside and booked.paused >= before.paused
        before = booked


def test_each_account_has_its_time() -> None:
    house, clock = memory_house()                                    # Monday 09:00; the office works 09:00–12:00 and 13:30–18:00
    number = open_one(house)
    clock.move_to(MONDAY + 2 * HOUR)
    acting.act(house, number, "acknowledge", as_("li.na"), {"order_no": "AB123456", "nature": "quality"})
    clock.move_to(MONDAY + 3 * HOUR)                                 # 12:00: three hours worked by sales
    acting.act(house, number, "ask_customer", as_("li.na"), {"question": "照片？"})
    clock.move_to(MONDAY + 24 * HOUR)                                # Tuesday 09:00: 21 hours the customer's
    acting.act(house, number, "answered", as_("li.na"), {"comment": "好"})
    clock.move_to(MONDAY + 25 * HOUR)                                # one more hour worked by sales
    postponing.pause(house, number, as_("li.na"), None, "停电")
    clock.move_to(MONDAY + 27 * HOUR)                                # two hours paused, until 12:00
    postponing.resume(house, number, as_("li.na"), None)
    clock.move_to(MONDAY + 29 * HOUR)                                # 90 minutes of break, then half an hour
    amending.assign(house, number, as_("wang.fang"), "liu.yang")
    clock.move_to(MONDAY + 30 * HOUR)                                # one hour worked by the next owner
    booked = case_accounts(house, number, THE_SYSTEM).accounts
    assert booked.waiting_for_customer == 21 * HOUR and booked.paused == 2 * HOUR and booked.outside_hours == 1.5 * HOUR
    assert [(one.role, one.time) for one in booked.worked] == [("intake", 4.5 * HOUR), ("quality", HOUR)]
    assert booked.elapsed == 30 * HOUR and booked.unknown == ZERO


def test_a_case_without_an_owner_is_worked_by_nobody_and_a_closed_one_stands_still() -> None:
    house, clock = memory_house()
    number = open_one(house, by="customer", channel="web")
    clock.move_to(MONDAY + 2 * HOUR)
    acting.act(house, number, "withdraw", as_("li.na"), {"comment": "撤回"})
    clock.move_to(MONDAY + 200 * HOUR)
    found = case_accounts(house, number, THE_SYSTEM)
    assert found.accounts.elapsed == 2 * HOUR and [one.role for one in found.accounts.worked] == [None]
    acting.act(house, number, "reopen", as_("wu.ting"), {"comment": "重新立案", "order_no": "AB123456", "nature": "quality"})
    clock.move_to(MONDAY + 201 * HOUR)
    assert case_accounts(house, number, THE_SYSTEM).accounts.elapsed == 3 * HOUR     # the closed time is nobody's


def test_an_owner_who_changes_posts_is_booked_under_the_post_of_the_time(tmp_path: Path) -> None:
    house, clock = memory_house()
    number = open_one(house)
    clock.move_to(MONDAY + HOUR)
    text = (DEFINITIONS / "organisation.yaml").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.strip().startswith("li.na:"))
    changed = tmp_path / "organisation.yaml"
    changed.write_text(text.replace(line, line.replace("[intake]", "[warehouse]")), encoding="utf-8")
    publishing.apply_organisation(house, changed, Actor("zhao.lei"))
    clock.move_to(MONDAY + 3 * HOUR)
    booked = case_accounts(house, number, THE_SYSTEM).accounts
    assert [(one.role, one.time) for one in booked.worked] == [("intake", HOUR), ("warehouse", 2 * HOUR)]


def test_time_beyond_the_calendar_is_unknown_not_guessed() -> None:
    house, clock = memory_house()
    number = open_one(house)
    clock.move_to(MONDAY + timedelta(days=60))                       # the calendar ends with the year
    booked = case_accounts(house, number, THE_SYSTEM).accounts
    assert booked.unknown == timedelta(days=14, hours=9) and sum(parts(booked), ZERO) == timedelta(days=60)


def test_a_report_takes_the_cases_opened_in_a_period_and_few_statements() -> None:
    house, clock = memory_house()
    for day in range(6):
        clock.move_to(MONDAY + timedelta(days=day))
        open_one(house)
    assert report(house, since=MONDAY + timedelta(days=2), until=MONDAY + timedelta(days=4), actor=THE_SYSTEM).definitions[0].cases == 2
    assert report(house, since=MONDAY + timedelta(days=30), actor=THE_SYSTEM).definitions == ()
    assert statements(house) == statements_with_more_cases(house)
    with pytest.raises(NotFound):
        report(house, definition="product-complain", actor=THE_SYSTEM)


def statements(house: House) -> int:
    count = 0

    def counted(*_: object) -> None:
        nonlocal count
        count += 1

    report(house, actor=THE_SYSTEM)
    with house.store.reading() as conn:
        engine = conn.engine
    event.listen(engine, "before_cursor_execute", counted)
    report(house, actor=THE_SYSTEM)
    event.remove(engine, "before_cursor_execute", counted)
    return count


def statements_with_more_cases(house: House) -> int:
    for _ in range(20):
        open_one(house)
    return statements(house)
